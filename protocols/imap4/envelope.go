package imap4

// Envelope is what a server read in a message's header (RFC 9051 section 7.5.2, ENVELOPE). What is not there is empty. Texts are
// as sent: the methods decode them.
type Envelope struct {
	Date      string // see Time
	Subject   string // see DecodedSubject
	From      []Address
	Sender    []Address // servers put From here when there is none
	ReplyTo   []Address // the same
	To        []Address
	Cc        []Address
	Bcc       []Address
	InReplyTo string
	MessageID string // with its angle brackets
}

// Address is one address of an Envelope.
//
// A group, "friends: a@b, c@d;", is its members between two entries that are no addresses: see IsGroupStart.
type Address struct {
	Name    string // for people, as sent: see DecodedName
	Route   string // source route, obsolete
	Mailbox string // what stands before the @; of a group's start, the name of the group
	Host    string // what stands behind it; empty if the message has none
	mark    addressMark
}

// addressMark tells entries that are no addresses.
type addressMark uint8

const (
	markAddress addressMark = iota
	markGroupStart
	markGroupEnd
)

// Addr is mailbox@host; without a host the mailbox alone, and for a group's start and end nothing.
func (a *Address) Addr() string {
	switch {
	case a.mark != markAddress:
		return ""
	case a.Host == "":
		return a.Mailbox
	}
	return a.Mailbox + "@" + a.Host
}

// IsGroupStart reports whether a begins a group whose name is a.Mailbox.
func (a *Address) IsGroupStart() bool { return a.mark == markGroupStart }

// IsGroupEnd reports whether a ends a group.
func (a *Address) IsGroupEnd() bool { return a.mark == markGroupEnd }
