package imap4

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// AppendData is what a server tells of messages that were added to a mailbox.
type AppendData struct {
	// UIDValidity is that of the mailbox, and UIDs has one UID for each message, in their order (UIDPLUS, RFC 4315). Both are zero if the server
	// has not told all of them.
	UIDValidity uint32
	UIDs        UIDList
	// Stored is how many messages were added.
	Stored int
}

// add is d with what one more command has added.
func (d AppendData) add(more AppendData) AppendData {
	if d.Stored > 0 && d.UIDValidity != more.UIDValidity { // zero where there are no UIDs
		return AppendData{Stored: d.Stored + more.Stored}
	}
	ranges := append(d.UIDs.ranges, more.UIDs.ranges...)
	return AppendData{UIDValidity: more.UIDValidity, UIDs: UIDList{ranges}, Stored: d.Stored + more.Stored}
}

// AppendError is an Append of several messages, or a Replace, that failed when some of it was done already.
type AppendError struct {
	Done AppendData // what was stored, and stays
	Err  error      // why the rest failed
}

// Error tells how many messages were stored, and the reason.
func (e *AppendError) Error() string {
	return fmt.Sprintf("imap4: after %d stored messages: %v", e.Done.Stored, e.Err)
}

// Unwrap is the reason.
func (e *AppendError) Unwrap() error { return e.Err }

// TooLargeError is a message that was not sent because the server says that it does not take so much (APPENDLIMIT, RFC 7889), of
// all mailboxes in its capabilities or of this one in an answer to STATUS. It matches ErrTooLarge, and comes in a *CommandError.
type TooLargeError struct{ Size, Limit int64 }

// Error tells both sizes.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("imap4: the message has %d octets, and the server takes at most %d", e.Size, e.Limit)
}

// Is matches ErrTooLarge.
func (e *TooLargeError) Is(target error) bool { return target == ErrTooLarge }

// Append adds messages to the end of a mailbox:
//
//	c.Append("INBOX", imap4.Bytes(message))
//
// Several go in one command, all or none, where the server has MULTIAPPEND; elsewhere one after the other, and a failure leaves those
// before it stored (*AppendError). Octets are sent as they are, no faster than the server takes them; lines should end in CRLF. A
// message larger than Options.MaxNonSync is sent when the server has agreed, so that a refusal costs nothing.
//
// A Body that lies in memory (*bytes.Reader, *strings.Reader, *bytes.Buffer) is read on the reactor goroutine, any other one in a
// goroutine of its own, 64 KiB at a time. The clock of Options.CommandTimeout stands still while such a Read lasts. When the connection
// ends meanwhile the Deferred fails at once, and Read may go on to its return: close the source if that may take for ever. After Cancel
// a message that has begun is still sent to its end. A Body is not closed.
//
// Command: APPEND (RFC 9051 section 6.3.12, RFC 3502, RFC 3516, RFC 4469, RFC 6855). Legal in: authenticated, selected.
// Fires with: what the server tells of the new messages.
// Fails with: *ResponseError (ErrTryCreate, ErrOverQuota, ErrTooLarge, ErrBadURL), *ArgumentError, *AppendError, and *CommandError with
// *TooLargeError or *UnsupportedError before anything is sent, or with *ShortBodyError, which closes the connection.
// Source: Twisted's append.
func (c *Client) Append(mailbox string, messages ...AppendMessage) *deferred.Deferred[AppendData] {
	messages = slices.Clone(messages)
	if err := checkMessages("APPEND", 1, messages); err != nil {
		return deferred.Fail[AppendData](err)
	}
	a := &appending{c: c, mailbox: mailbox, messages: messages}
	if len(messages) == 1 {
		return a.issue()
	}
	a.all = deferred.New(func(*deferred.Deferred[AppendData]) { a.now.Cancel() })
	if c.transport != nil {
		a.all.BindTo(c.transport.Reactor())
	}
	a.goOn(a.issue())
	return a.all
}

// appending is an Append of several messages.
type appending struct {
	c        *Client
	mailbox  string
	messages []AppendMessage // that are not stored
	done     AppendData
	now      *deferred.Deferred[AppendData] // the command that is out
	all      *deferred.Deferred[AppendData]
}

// issue sends the messages that are left, or the first of them: as many as the command can hold.
func (a *appending) issue() *deferred.Deferred[AppendData] {
	cmd := a.c.appendCommand("APPEND", a.mailbox, a.messages)
	var data AppendData
	sent := 0
	cmd.arguments = func(b *wire.CommandBuilder) {
		sent = 1
		if a.c.caps.Has("MULTIAPPEND") {
			sent = len(a.messages)
		}
		a.c.appendMailbox(b.SP(), a.mailbox)
		cmd.body = a.c.appendMessages(b, cmd, a.messages[:sent])
	}
	cmd.untagged = data.take
	return issue(a.c, cmd, func(r *wire.Response) (AppendData, error) {
		data.onAnswer(r, sent)
		return data, nil
	})
}

// goOn waits for the command that is out now, and stores the next messages until none is left.
func (a *appending) goOn(now *deferred.Deferred[AppendData]) {
	a.now = now
	now.Handle(func(data AppendData) {
		a.done = a.done.add(data)
		a.messages = a.messages[data.Stored:]
		if len(a.messages) == 0 {
			a.all.TryCallback(a.done)
			return
		}
		a.goOn(inSteps(a.c, a.issue))
	}, func(err error) {
		if a.done.Stored > 0 {
			err = &AppendError{Done: a.done, Err: err}
		}
		a.all.TryErrback(err)
	})
}

// appendCommand is a command that adds messages, without its arguments.
func (c *Client) appendCommand(name, mailbox string, messages []AppendMessage) *command {
	cmd := &command{name: name, needs: inAuthenticated, adapts: true}
	for i := range messages {
		for _, capability := range messages[i].demands() {
			cmd.also = append(cmd.also, []string{capability})
		}
	}
	cmd.ready = func() error {
		limit, limited := c.appendLimit(mailbox)
		for i := range messages {
			m := &messages[i]
			switch size := m.octets(); {
			case m.UTF8 && !c.isEnabled("UTF8=ACCEPT"):
				return &UnsupportedError{Capability: "UTF8=ACCEPT in this session: Enable switches it on"}
			case limited && size > limit:
				return &TooLargeError{Size: size, Limit: limit}
			}
		}
		return nil
	}
	return cmd
}

// maxAppendLimits bounds the mailboxes whose limits are remembered.
const maxAppendLimits = 1000

// noteAppendLimit remembers what STATUS has told of a mailbox; -1 is no limit.
func (c *Client) noteAppendLimit(mailbox string, limit int64) {
	r := c.unusual()
	if r.appendLimits == nil {
		r.appendLimits = make(map[string]int64)
	}
	key := mailboxKey(mailbox)
	if _, known := r.appendLimits[key]; known || len(r.appendLimits) < maxAppendLimits {
		r.appendLimits[key] = limit
	}
}

// appendLimit is how many octets a message may have, if the server has said so: of this mailbox, or of all.
//
//	capability =/ "APPENDLIMIT" ["=" number] (RFC 7889)
func (c *Client) appendLimit(mailbox string) (octets int64, ok bool) {
	if c.rare != nil {
		if limit, known := c.rare.appendLimits[mailboxKey(mailbox)]; known {
			return limit, limit >= 0
		}
	}
	capability, _ := c.caps.Get("APPENDLIMIT")
	for _, value := range capability.Values() {
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && n >= 0 {
			return n, true
		}
	}
	return 0, false
}

// take reads the code where it stands in an untagged OK: a server which replaces a message tells the new one before the old one goes.
func (d *AppendData) take(r *wire.Response) bool {
	if !r.IsStatus || r.Code != "APPENDUID" || r.Name != "OK" || d.UIDValidity != 0 {
		return false
	}
	d.decode(r)
	return true
}

// onAnswer takes the tagged OK of a command that has added n messages.
func (d *AppendData) onAnswer(r *wire.Response, n int) {
	if r.Code == "APPENDUID" {
		d.decode(r)
	}
	if d.UIDs.Len() != int64(n) || d.UIDValidity == 0 {
		*d = AppendData{}
	}
	d.Stored = n
}

// decode reads where the messages are. What is broken tells nothing.
//
//	resp-code-apnd = "APPENDUID" SP nz-number SP append-uid (RFC 4315)
func (d *AppendData) decode(r *wire.Response) {
	args := r.CodeDecoder(nil)
	validity := args.Number()
	args.SP()
	uids, err := ParseUIDList(string(args.Atom()))
	if args.Err() == nil && err == nil {
		d.UIDValidity, d.UIDs = validity, uids
	}
}
