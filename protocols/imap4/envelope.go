package imap4

import (
	"net/mail"
	"strings"
	"time"
)

// Envelope is what a server read in a message's header (RFC 9051 section 7.5.2, ENVELOPE). What is not there is empty. Texts are
// as sent: the methods decode them.
type Envelope struct {
	Date      string // see Time
	Subject   string // see DecodedSubject
	From      []Address
	Sender    []Address // servers put From here when there is none: it may be that very list
	ReplyTo   []Address // the same
	To        []Address
	Cc        []Address
	Bcc       []Address
	InReplyTo string
	MessageID string // with its angle brackets
}

// Time reads Date as RFC 5322 has it, with the obsolete forms and some of those that mailers make up; ok is false if it cannot be read.
func (e *Envelope) Time() (t time.Time, ok bool) {
	date := strings.Join(strings.Fields(e.Date), " ")
	if t, err := mail.ParseDate(date); err == nil {
		return t, true
	}
	if _, behind, found := strings.Cut(date, ","); found { // the day of the week may be in any language
		date = strings.TrimSpace(behind)
	}
	if i := strings.IndexByte(date, '('); i >= 0 { // a comment
		date = strings.TrimSpace(date[:i])
	}
	date = zoneWords.Replace(date)
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, date); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// dateLayouts are forms that mail.ParseDate does not know.
var dateLayouts = []string{
	"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 -07:00", "2 Jan 2006 15:04:05", "2 Jan 2006 15:04 -0700", "2 January 2006 15:04:05 -0700", "Mon Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05 2006 -0700",
	time.RFC3339,
}

// zoneWords leaves the words out that stand before an offset.
var zoneWords = strings.NewReplacer("GMT+", "+", "GMT-", "-", "UTC+", "+", "UTC-", "-")

// DecodedSubject is the subject as people read it: see DecodeText.
func (e *Envelope) DecodedSubject() string { return DecodeText(e.Subject) }

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

// DecodedName is the name as people read it: see DecodeText.
func (a *Address) DecodedName() string { return DecodeText(a.Name) }

// String is the address as a header has it, "name <mailbox@host>", with the name decoded and quoted if it has to be.
func (a Address) String() string {
	switch {
	case a.mark == markGroupStart:
		return a.Mailbox + ":"
	case a.mark == markGroupEnd:
		return ";"
	case a.Name == "":
		return a.Addr()
	}
	name := a.DecodedName()
	if strings.ContainsAny(name, `()<>[]:;@\,."`) {
		name = `"` + quoteEscapes.Replace(name) + `"`
	}
	return name + " <" + a.Addr() + ">"
}

var quoteEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// IsGroupStart reports whether a begins a group whose name is a.Mailbox.
func (a *Address) IsGroupStart() bool { return a.mark == markGroupStart }

// IsGroupEnd reports whether a ends a group.
func (a *Address) IsGroupEnd() bool { return a.mark == markGroupEnd }
