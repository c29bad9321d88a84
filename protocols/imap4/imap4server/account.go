package imap4server

import (
	"fmt"
	"net"

	"github.com/tconn/tconn/deferred"
)

// Login is who wants in: what a client sent with LOGIN, and over which connection. It prints with the password as ***.
// Fields may be added: name those you set.
type Login struct {
	// User and Password come as the client sent them, without NUL; keep the password out of errors and logs.
	User     string
	Password string `json:"-"`
	// Peer is the client's address, as Transport.RemoteAddr tells it.
	Peer net.Addr
	// Encrypted is true for a connection under TLS.
	Encrypted bool
}

// String is the login in one line, the password as ***.
func (l Login) String() string {
	return fmt.Sprintf("{User:%q Password:*** Peer:%v Encrypted:%t}", l.User, l.Peer, l.Encrypted)
}

// GoString is the same for %#v.
func (l Login) GoString() string { return "imap4server.Login" + l.String() }

// Authenticate decides on a LOGIN: the Deferred fires with the account that the user may see.
//
// Fails with: ErrAuthenticationFailed for a wrong name or password; any other *Refusal is sent as it is. Every other
// error, a panic, and a nil Account are answered NO [UNAVAILABLE] without a detail, and the error is left unhandled in the
// Deferred, which reports it (deferred.OnUnhandled).
// Goroutine: reactor, and the Deferred must be fired there. Fired after the connection was lost, its result is dropped.
// Source: twisted.cred.portal.Portal.login.
type Authenticate func(l Login) *deferred.Deferred[Account]

// Account is what a user sees after LOGIN. Source: twisted.mail.interfaces.IAccountIMAP.
type Account interface {
	// Select opens a mailbox: readOnly for EXAMINE. Name is in UTF-8, and INBOX in capitals whatever the client wrote.
	//
	// Fails with: ErrNoSuchMailbox, another *Refusal, or as Authenticate does. A Mailbox that comes after
	// the connection was lost is closed at once.
	Select(name string, readOnly bool) *deferred.Deferred[Mailbox]
}

// Mailbox is a mailbox as one session has it open. Source: twisted.mail.interfaces.IMailboxIMAP.
type Mailbox interface {
	// Status tells what is in it now.
	Status() MailboxStatus
	// Close is called exactly once, when the session leaves the mailbox or ends. It removes no messages.
	//
	// Source: twisted.mail.interfaces.ICloseableMailboxIMAP.
	Close()
}

// Expunger is a Mailbox that can remove messages. CLOSE calls it before Close, unless the mailbox is open read-only
// (RFC 3501 section 6.4.2); UNSELECT and LOGOUT do not.
type Expunger interface {
	Mailbox
	// Expunge removes the messages flagged \Deleted for good. The Deferred fires with their sequence numbers, each as it is after
	// the removals before it. If it fails CLOSE is answered NO and the mailbox stays open.
	//
	// Source: twisted.mail.interfaces.IMailboxIMAP.expunge.
	Expunge() *deferred.Deferred[[]uint32]
}

// MailboxStatus is what SELECT and EXAMINE tell (RFC 3501 section 6.3.1).
type MailboxStatus struct {
	// Flags that exist in the mailbox, such as \Seen or a keyword.
	Flags []string
	// PermanentFlags are those the client can change for good; \* among them allows new keywords. Read-only: not sent.
	PermanentFlags []string
	// MessageCount is the number of messages; RecentCount of those first seen by this session.
	MessageCount, RecentCount uint32
	// FirstUnseen is the sequence number of the first message without \Seen; 0 for none.
	FirstUnseen uint32
	// UIDValidity and UIDNext as in RFC 3501 section 2.3.1.1; 0 for not known, which is not sent.
	UIDValidity, UIDNext uint32
	// IsWriteable is false for a mailbox that cannot be changed even with SELECT.
	IsWriteable bool
}
