package imap4server

import (
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/tconn/tconn/deferred"
)

// OneUser gives the Authenticate of a server with one user.
func OneUser(user, password string, account Account) Authenticate {
	return func(l Login) *deferred.Deferred[Account] {
		right := sameText(l.User, user) & sameText(l.Password, password)
		if right != 1 {
			return deferred.Fail[Account](ErrAuthenticationFailed)
		}
		return deferred.Succeed(account)
	}
}

// sameText is 1 or 0, and the time it takes does not tell where the difference is.
func sameText(a, b string) int { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) }

// MemoryAccount is an Account whose mailboxes lie in memory. The zero value has none. Any number of sessions of one reactor may
// share it.
//
// Goroutine: reactor, or before it runs. Source: twisted.mail.imap4.MemoryAccount.
type MemoryAccount struct {
	mailboxes map[string]*MemoryMailbox
}

// AddMailbox adds a mailbox; name is in UTF-8, and INBOX is INBOX in any case. The messages get UIDs from 1.
// Errors: ErrMailboxExists.
func (a *MemoryAccount) AddMailbox(name string, messages ...Message) (*MemoryMailbox, error) {
	key := memoryKey(name)
	if a.mailboxes[key] != nil {
		return nil, ErrMailboxExists
	}
	if a.mailboxes == nil {
		a.mailboxes = make(map[string]*MemoryMailbox)
	}
	m := &MemoryMailbox{}
	for _, message := range messages {
		m.Add(message)
	}
	a.mailboxes[key] = m
	return m, nil
}

// Mailbox is the mailbox of that name, nil if there is none.
func (a *MemoryAccount) Mailbox(name string) *MemoryMailbox { return a.mailboxes[memoryKey(name)] }

// Select opens a mailbox. Fails with ErrNoSuchMailbox.
func (a *MemoryAccount) Select(name string, readOnly bool) *deferred.Deferred[Mailbox] {
	m := a.Mailbox(name)
	if m == nil {
		return deferred.Fail[Mailbox](ErrNoSuchMailbox)
	}
	session := &memorySession{box: m, readOnly: readOnly, recentFrom: m.recentFrom, recentTo: m.uidNext()}
	if !readOnly {
		m.recentFrom = m.uidNext()
	}
	return deferred.Succeed[Mailbox](session)
}

func memoryKey(name string) string {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	return name
}

// Message is a message of a MemoryMailbox.
type Message struct {
	// UID is given by MemoryMailbox.Add.
	UID uint32
	// Flags such as \Seen; \Recent is not among them.
	Flags []string
	// InternalDate is when the server got it.
	InternalDate time.Time
	// Data is the message as in RFC 5322, with CRLF.
	Data []byte
}

// MemoryMailbox is a mailbox of a MemoryAccount. Its UIDVALIDITY is 1.
//
// Goroutine: reactor, or before it runs.
type MemoryMailbox struct {
	messages   []Message
	lastUID    uint32
	recentFrom uint32 // the first UID of which no session that can write has been told
}

// Add puts a message at the end and answers its UID.
func (m *MemoryMailbox) Add(message Message) uint32 {
	m.lastUID++
	message.UID = m.lastUID
	m.messages = append(m.messages, message)
	return message.UID
}

// Messages are those in the mailbox, in the order of their UIDs. The slice is the caller's, what it refers to is not.
func (m *MemoryMailbox) Messages() []Message { return slices.Clone(m.messages) }

func (m *MemoryMailbox) uidNext() uint32 { return m.lastUID + 1 }

// systemFlags of RFC 3501 section 2.3.2 but \Recent, in Twisted's order.
var systemFlags = []string{`\Seen`, `\Answered`, `\Flagged`, `\Deleted`, `\Draft`}

// memorySession is a MemoryMailbox as one session has it open.
type memorySession struct {
	box      *MemoryMailbox
	readOnly bool
	// UIDs from recentFrom on and before recentTo are recent in this session.
	recentFrom, recentTo uint32
}

// Status tells what is in the mailbox.
func (v *memorySession) Status() MailboxStatus {
	st := MailboxStatus{
		Flags:          systemFlags,
		PermanentFlags: systemFlags,
		MessageCount:   uint32(len(v.box.messages)),
		UIDValidity:    1,
		UIDNext:        v.box.uidNext(),
		IsWriteable:    !v.readOnly,
	}
	for i, m := range v.box.messages {
		if m.UID >= v.recentFrom && m.UID < v.recentTo {
			st.RecentCount++
		}
		if st.FirstUnseen == 0 && !slices.Contains(m.Flags, `\Seen`) {
			st.FirstUnseen = uint32(i) + 1
		}
	}
	return st
}

// Expunge removes what is flagged \Deleted.
func (v *memorySession) Expunge() *deferred.Deferred[[]uint32] {
	var removed []uint32
	seq := uint32(1)
	v.box.messages = slices.DeleteFunc(v.box.messages, func(m Message) bool {
		gone := slices.Contains(m.Flags, `\Deleted`)
		if gone {
			removed = append(removed, seq)
		} else {
			seq++
		}
		return gone
	})
	return deferred.Succeed(removed)
}

// Close has nothing to do.
func (v *memorySession) Close() {}
