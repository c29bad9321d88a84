package imap4

// WatchHandler hears what happens in the mailboxes of a Watch, in order. Embed BaseWatchHandler and write only the methods you need: this
// interface may grow.
//
// What is told of messages is told exactly once, over all connections of the Watch: New once for each message, then Flags for each change
// of its flags, then Vanished. Only flags may be told twice, and only in these cases: after WatchOptions.Resume, those that changed shortly
// before; there on servers without CONDSTORE, those of all messages; without CONDSTORE those that the program itself has set; and when
// HIGHESTMODSEQ has become less, because the mailbox has gone back to a backup, those of all messages. A change that was undone while there
// was no connection is not told, and neither is a message that came and went meanwhile.
//
// Goroutine: reactor. Every method may call Stop, and issue commands on the client that Up has given. After Stop nothing is told.
type WatchHandler interface {
	// Up: there is a connection, and the login is done. c may be used until Down, but must not open another mailbox or change its
	// Listener (WatchOptions.Listener is yours). Flags that are changed on this connection are not told before the next one catches up;
	// messages that are expunged on it are.
	Up(c *Client)
	// Down: a connection has ended, or an attempt has come to nothing, for the reason err. Another attempt follows, later each time.
	Down(err error)
	// Synced: everything is told that has happened up to now. w.State() is worth being stored.
	Synced(w *Watch)

	// New: there is a message, with what WatchOptions.Fetch asks for, its UID and its flags; with Err, and less, if the server could
	// not tell all. The messages that are there at first are New, too, unless WatchOptions.SkipExisting is set.
	// Lifetime: m is the handler's for ever.
	New(mailbox string, m *Message)
	// Flags: the flags of a message are those in m now; m has its UID. Lifetime: m is the handler's for ever.
	Flags(mailbox string, m *Message)
	// Vanished: these messages are gone. Each was New before.
	Vanished(mailbox string, uids MessageSet)
	// Reset: the mailbox has another UIDVALIDITY now, or keeps no UIDs from one connection to the next (uidValidity is zero then if the server
	// tells none). All that was told of its messages is void, without Vanished. What is there now is New.
	Reset(mailbox string, uidValidity uint32)

	// Mailbox: there is a mailbox; told once for each, before all else of it. With WatchOptions.All only, as are those below.
	Mailbox(e *ListEntry)
	// MailboxRenamed: a mailbox has another name now; its messages have stayed. Where the server has no NOTIFY this comes as
	// MailboxGone and Mailbox.
	MailboxRenamed(from, to string)
	// MailboxGone: a mailbox is there no more, nor are its messages, without Vanished.
	MailboxGone(mailbox string)
	// Skipped: the server refuses to open the mailbox, with err. It is tried again when something happens there.
	Skipped(mailbox string, err error)
}

// BaseWatchHandler implements WatchHandler with nothing in it; embed it in your own.
type BaseWatchHandler struct{}

// Up does nothing.
func (BaseWatchHandler) Up(*Client) {}

// Down does nothing.
func (BaseWatchHandler) Down(error) {}

// Synced does nothing.
func (BaseWatchHandler) Synced(*Watch) {}

// New does nothing.
func (BaseWatchHandler) New(string, *Message) {}

// Flags does nothing.
func (BaseWatchHandler) Flags(string, *Message) {}

// Vanished does nothing.
func (BaseWatchHandler) Vanished(string, MessageSet) {}

// Reset does nothing.
func (BaseWatchHandler) Reset(string, uint32) {}

// Mailbox does nothing.
func (BaseWatchHandler) Mailbox(*ListEntry) {}

// MailboxRenamed does nothing.
func (BaseWatchHandler) MailboxRenamed(string, string) {}

// MailboxGone does nothing.
func (BaseWatchHandler) MailboxGone(string) {}

// Skipped does nothing.
func (BaseWatchHandler) Skipped(string, error) {}
