package imap4

// Listener hears what the server says without having been asked, in the order of the wire.
//
// Embed BaseListener and write only the methods you need: this interface grows with the commands of the client, and what now
// comes as Untagged may get a method of its own. A type that embeds Client cannot be its own Listener: Client has other methods of the names
// Capabilities, Expunge and Status. Goroutine: reactor.
// Source: the methods of twisted.mail.imap4.IMAP4Client that are there to be overridden.
type Listener interface {
	// ServerGreeting: the server has greeted, with text; preauth says that it needs no login.
	ServerGreeting(text string, preauth bool)
	// Capabilities: the server has said what it can do, asked or not.
	Capabilities(caps Capabilities)
	// Alert: text must be shown to the user (RFC 9051 section 7.1).
	Alert(text string)
	// Warning: an untagged NO or BAD: something went wrong, and it is no command's answer. code is "" if it gave none.
	Warning(status, code, text string)
	// Referral: the server says that url is where to go instead (RFC 2221, RFC 2193).
	Referral(url string)
	// Progress: a command that takes long has come so far (RFC 9585).
	Progress(p Progress)
	// Bye: the server closes the connection, not on our LOGOUT; code is "" if it gave none.
	Bye(code, text string)

	// Exists: the selected mailbox has n messages now.
	Exists(n uint32)
	// Recent: n of them are new to this session (RFC 3501).
	Recent(n uint32)
	// Expunge: message seq is gone; those behind it move up by one.
	Expunge(seq uint32)

	// MessageData: what the server tells of a message although no command has asked for it, mostly that somebody else has changed its
	// flags (Twisted's flagsChanged). m is the Listener's for ever; m.Has says what there is.
	MessageData(m *Message)

	// Metadata: these annotations of a mailbox have changed, of the server if it is "" (RFC 5464).
	Metadata(mailbox string, entries []string)

	// NotificationOverflow: the server tells nothing more of what Notify asked for (RFC 5465 section 5.8).
	NotificationOverflow()

	// Vanished: the messages with these UIDs are gone from the selected mailbox (QRESYNC, RFC 7162); those behind them move up. earlier says
	// that this was so before, and Exists has told the number without them.
	Vanished(uids MessageSet, earlier bool)
	// MailboxFlags: these are the flags that messages of the selected mailbox can have, or, if permanent, those that can be changed for
	// good; FlagAny among them says that keywords can be made up.
	MailboxFlags(flags []Flag, permanent bool)
	// ModeChanged: the selected mailbox can be changed from now on, or cannot any more.
	ModeChanged(writeable bool)
	// UIDValidity: the selected mailbox has another UIDVALIDITY now. UIDs from before say nothing any more.
	UIDValidity(n uint32)
	// Status: something has happened to a mailbox, most likely one that is not selected (NOTIFY, RFC 5465).
	Status(s StatusData)
	// Listed: a mailbox is there, or has changed; one with AttrNonExistent is gone, one with an OldName has been renamed (NOTIFY). What comes
	// so while a List with * or % is out is told in the list, too.
	Listed(e ListEntry)

	// Untagged: anything that no command claimed and that has no method of its own above.
	Untagged(u Untagged)
}

// Progress is how far a command is (RFC 9585). Goal zero is not known.
type Progress struct {
	Tag        string // of the command, "" if the server does not say
	Done, Goal uint64
	Text       string // for people
}

// Untagged is a response that the client passes on as it is.
type Untagged struct {
	Number    uint32 // as in "* 23 EXISTS", if HasNumber
	HasNumber bool
	Name      string // in capitals: EXISTS, FLAGS, OK, ...
	Text      string // what follows the name, as it was sent
}

// BaseListener implements Listener with nothing in it; embed it in your own.
type BaseListener struct{}

// ServerGreeting does nothing.
func (BaseListener) ServerGreeting(string, bool) {}

// Capabilities does nothing.
func (BaseListener) Capabilities(Capabilities) {}

// Alert does nothing.
func (BaseListener) Alert(string) {}

// Warning does nothing.
func (BaseListener) Warning(string, string, string) {}

// Referral does nothing.
func (BaseListener) Referral(string) {}

// Progress does nothing.
func (BaseListener) Progress(Progress) {}

// Bye does nothing.
func (BaseListener) Bye(string, string) {}

// Exists does nothing.
func (BaseListener) Exists(uint32) {}

// Recent does nothing.
func (BaseListener) Recent(uint32) {}

// Expunge does nothing.
func (BaseListener) Expunge(uint32) {}

// MessageData does nothing.
func (BaseListener) MessageData(*Message) {}

// Metadata does nothing.
func (BaseListener) Metadata(string, []string) {}

// NotificationOverflow does nothing.
func (BaseListener) NotificationOverflow() {}

// Vanished does nothing.
func (BaseListener) Vanished(MessageSet, bool) {}

// MailboxFlags does nothing.
func (BaseListener) MailboxFlags([]Flag, bool) {}

// ModeChanged does nothing.
func (BaseListener) ModeChanged(bool) {}

// UIDValidity does nothing.
func (BaseListener) UIDValidity(uint32) {}

// Status does nothing.
func (BaseListener) Status(StatusData) {}

// Listed does nothing.
func (BaseListener) Listed(ListEntry) {}

// Untagged does nothing.
func (BaseListener) Untagged(Untagged) {}
