package imap4

import (
	"slices"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// StatusItems is a set of what a STATUS can ask about a mailbox.
type StatusItems uint32

// What STATUS can ask; add them up with |. Those with a capability behind them need it.
const (
	StatusMessages       StatusItems = 1 << iota
	StatusRecent                     // RFC 3501 only
	StatusUIDNext                    //
	StatusUIDValidity                //
	StatusUnseen                     // how many, other than in MailboxInfo
	StatusDeleted                    // QUOTA=RES-MESSAGE (RFC 9208) or IMAP4rev2
	StatusSize                       // STATUS=SIZE (RFC 8438) or IMAP4rev2
	StatusHighestModSeq              // CONDSTORE
	StatusAppendLimit                // APPENDLIMIT (RFC 7889); one that says APPENDLIMIT=n has said it of all mailboxes
	StatusMailboxID                  // OBJECTID (RFC 8474)
	StatusDeletedStorage             // QUOTA=RES-STORAGE (RFC 9208)

	allStatus = 1<<iota - 1
)

// statusItem is the name of an item on the wire, and the capabilities of which one makes it legal.
type statusItem struct {
	name     string
	requires []string
}

// statusNames are the items in the order of their bits.
var statusNames = [...]statusItem{
	{"MESSAGES", nil},
	{"RECENT", nil},
	{"UIDNEXT", nil},
	{"UIDVALIDITY", nil},
	{"UNSEEN", nil},
	{"DELETED", []string{"QUOTA=RES-MESSAGE", "IMAP4rev2"}},
	{"SIZE", []string{"STATUS=SIZE", "IMAP4rev2"}},
	{"HIGHESTMODSEQ", []string{"CONDSTORE", "QRESYNC"}},
	{"APPENDLIMIT", []string{"APPENDLIMIT"}},
	{"MAILBOXID", []string{"OBJECTID"}},
	{"DELETED-STORAGE", []string{"QUOTA=RES-STORAGE"}},
}

// Names are the items' names as a STATUS command has them, in a fixed order.
func (i StatusItems) Names() []string {
	var names []string
	for bit, item := range statusNames {
		if i&(1<<bit) != 0 {
			names = append(names, item.name)
		}
	}
	return names
}

// String is Names with spaces between.
func (i StatusItems) String() string { return strings.Join(i.Names(), " ") }

// StatusData is what one STATUS response tells of a mailbox. Has says which items it tells; the fields of the others are zero.
type StatusData struct {
	Mailbox string // its name, decoded if it can be
	RawName string // as the server wrote it

	Messages       uint32
	Recent         uint32
	UIDNext        uint32
	UIDValidity    uint32
	Unseen         uint32 // how many
	Deleted        uint32 // how many are \Deleted
	Size           uint64 // octets of all messages
	HighestModSeq  uint64
	AppendLimit    int64 // octets of the largest message that can be appended; -1: there is no limit
	MailboxID      string
	DeletedStorage uint64 // octets that an Expunge would set free

	// Extra are the items of which this package knows nothing, in the order sent.
	Extra []ExtraItem

	items StatusItems
}

// Has reports whether the response told all of items. A value that is no number counts as not there.
func (s StatusData) Has(items StatusItems) bool { return s.items&items == items }

// Items is what the response told.
func (s StatusData) Items() StatusItems { return s.items }

// Status asks about a mailbox that is not open. Several items may be given one by one or added up with |.
//
// Command: STATUS (RFC 9051 section 6.3.11). Legal in: authenticated, selected.
// Fires with: what the server told, which can be less than was asked for: see StatusData.Has.
// Fails with: *ResponseError (ErrNonexistent, ...), *UnsupportedError for an item that the server does not offer, *ArgumentError,
// *CommandError.
func (c *Client) Status(name string, items ...StatusItems) *deferred.Deferred[StatusData] {
	wanted, err := statusWanted("STATUS", items)
	if err != nil {
		return deferred.Fail[StatusData](err)
	}
	data := StatusData{Mailbox: name}
	told := false
	cmd := &command{name: "STATUS", answers: answerStatus, key: mailboxKey(name), needs: inAuthenticated}
	cmd.detour = func() bool { return c.learnStatus(wanted) }
	cmd.ready = func() error { return c.missingStatus(wanted) }
	cmd.arguments = func(b *wire.CommandBuilder) {
		c.appendMailbox(b.SP(), name).SP().List(wanted.append)
	}
	cmd.untagged = func(r *wire.Response) bool {
		if r.Name != "STATUS" || r.HasNumber {
			return false
		}
		answer, ok := c.decodeStatus(r.Args)
		switch {
		case !ok:
		case sameMailbox(answer.Mailbox, name):
			data, told = answer, true
			return true
		case !told && strings.EqualFold(answer.Mailbox, name): // for want of a better one: the server may not care about case
			data = answer
		}
		return false
	}
	return issue(c, cmd, func(*wire.Response) (StatusData, error) { return data, nil })
}

// statusWanted adds the items up.
func statusWanted(verb string, items []StatusItems) (wanted StatusItems, err error) {
	for _, i := range items {
		wanted |= i
	}
	if wanted == 0 || wanted&^allStatus != 0 {
		return 0, &ArgumentError{Command: verb, Arg: 2, Reason: "holds no item of STATUS, or one that is none"}
	}
	return wanted, nil
}

// append appends the names, as the inside of a list.
func (i StatusItems) append(b *wire.CommandBuilder) {
	for n, name := range i.Names() {
		if n > 0 {
			b.SP()
		}
		b.Atom(name)
	}
}

// learnStatus asks for the capabilities if it is not known whether the server offers an item; true when that has to go first.
func (c *Client) learnStatus(wanted StatusItems) (wait bool) {
	return c.missingStatus(wanted) != nil && c.learnAll()
}

// missingStatus is an *UnsupportedError for the first item that the server does not offer, nil if there is none.
func (c *Client) missingStatus(wanted StatusItems) error {
	for bit, item := range statusNames {
		if wanted&(1<<bit) != 0 && !c.offers(item.requires) {
			return &UnsupportedError{Capability: strings.Join(item.requires, " or ")}
		}
	}
	return nil
}

// onMailboxStatus takes what nobody has asked for.
func (c *Client) onMailboxStatus(r *wire.Response) bool {
	l := c.Listener
	if l == nil || r.HasNumber {
		return l == nil
	}
	s, ok := c.decodeStatus(r.Args)
	if ok {
		l.Status(s)
	}
	return ok
}

// decodeStatus reads a STATUS response.
//
//	mailbox-data =/ "STATUS" SP mailbox SP "(" [status-att-list] ")"
func (c *Client) decodeStatus(d wire.Decoder) (s StatusData, ok bool) {
	raw := d.AString()
	d.SP()
	d.List(func(d *wire.Decoder) {
		name := strings.ToUpper(string(d.Atom()))
		d.SP()
		value := *d
		raw := d.SkipValue()
		if d.Err() == nil && !s.set(name, &value) && len(s.Extra) < maxWords {
			s.Extra = append(s.Extra, ExtraItem{Name: name, Raw: string(raw)})
		}
	})
	if d.Err() != nil {
		return StatusData{}, false
	}
	s.RawName = string(raw)
	s.Mailbox, _ = c.mailboxName(raw)
	if s.Has(StatusAppendLimit) {
		c.noteAppendLimit(s.Mailbox, s.AppendLimit)
	}
	return s, true
}

// set takes one item; false for one that is not known, or has no value.
//
//	status-att-val = ("MESSAGES" SP number) / ("UIDNEXT" SP nz-number) / ... / ("SIZE" SP number64)
func (s *StatusData) set(name string, d *wire.Decoder) bool {
	bit := slices.IndexFunc(statusNames[:], func(item statusItem) bool { return item.name == name })
	if bit < 0 {
		return false
	}
	item := StatusItems(1) << bit
	told := true
	switch item {
	case StatusMessages:
		told = setCount(&s.Messages, d)
	case StatusRecent:
		told = setCount(&s.Recent, d)
	case StatusUIDNext:
		told = setCount(&s.UIDNext, d)
	case StatusUIDValidity:
		told = setCount(&s.UIDValidity, d)
	case StatusUnseen:
		told = setCount(&s.Unseen, d)
	case StatusDeleted:
		told = setCount(&s.Deleted, d)
	case StatusSize:
		s.Size, told = d.OptNumber64()
	case StatusHighestModSeq:
		s.HighestModSeq, told = d.OptNumber64()
	case StatusDeletedStorage:
		s.DeletedStorage, told = d.OptNumber64()
	case StatusAppendLimit:
		s.AppendLimit, told = readAppendLimit(d)
	case StatusMailboxID:
		s.MailboxID = readObjectID(d)
		told = s.MailboxID != ""
	}
	if told {
		s.items |= item
	}
	return told
}

// setCount takes a number of 32 bits, if that is what there is.
func setCount(field *uint32, d *wire.Decoder) bool {
	n, ok := d.OptNumber64()
	if !ok || n > 1<<32-1 {
		return false
	}
	*field = uint32(n)
	return true
}

// readAppendLimit takes the limit, or NIL for none.
//
//	status-att-val =/ "APPENDLIMIT" SP (number / nil) (RFC 7889 section 5)
func readAppendLimit(d *wire.Decoder) (limit int64, ok bool) {
	if d.Nil() {
		return -1, true
	}
	n, ok := d.OptNumber64()
	return int64(min(n, 1<<63-1)), ok
}
