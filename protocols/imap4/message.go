package imap4

import (
	"slices"
	"strings"
	"time"
)

// Message is what one FETCH response tells of a message. Has says which items it tells; the fields of the others are zero.
//
// An item that a server sent as NIL, or with a value that means none (a date in the year 0, a mod-sequence of -1), counts as not
// there; a body section sent as NIL is in Sections and says so.
//
// Lifetime: a message is the caller's for ever, unless it was asked for with FetchOptions.Borrow: then it is valid during the call
// it is handed to, and Clone keeps it.
type Message struct {
	SeqNum uint32
	UID    uint32

	Flags         []Flag
	InternalDate  time.Time // when it came to the mailbox
	Size          int64     // RFC822.SIZE, octets
	Envelope      *Envelope
	BodyStructure *BodyStructure // of BODYSTRUCTURE, or of BODY without a section

	ModSeq   uint64    // CONDSTORE (RFC 7162)
	EmailID  string    // OBJECTID (RFC 8474)
	ThreadID string    // the same
	SaveDate time.Time // SAVEDATE (RFC 8514)
	Preview  string    // PREVIEW (RFC 8970)

	// Of Gmail's X-GM-EXT-1.
	GmailMsgID    uint64
	GmailThreadID uint64
	GmailLabels   []string

	// Sections are the parts of the message's bytes, in the order sent; see Section and Body.
	Sections []Section
	// Extra are the items of which this package knows nothing, in the order sent.
	Extra []ExtraItem

	// Err is why the response could not be read as a whole, *SyntaxError or *LimitError: of the first item that is missing. Nil when
	// all is there.
	Err error

	items Items
	named Items // those of which the response said at least that there is no value
}

// ExtraItem is an item that this package does not know.
type ExtraItem struct {
	Name string // in capitals
	Raw  string // its value as it stands in the response
}

// Items is a set of what a FETCH can ask about messages, body sections apart.
type Items uint32

// Items. ItemUID and ItemFlags and so on are one each; add them up with |.
const (
	ItemUID Items = 1 << iota
	ItemFlags
	ItemInternalDate
	ItemSize // RFC822.SIZE
	ItemEnvelope
	ItemBody          // BODY: a BodyStructure without what only BODYSTRUCTURE has
	ItemBodyStructure // BODYSTRUCTURE
	ItemModSeq
	ItemEmailID
	ItemThreadID
	ItemSaveDate
	ItemPreview
	ItemGmailMsgID
	ItemGmailThreadID
	ItemGmailLabels

	// ItemsFast is FAST, ItemsAll is ALL, ItemsFull is FULL (RFC 9051 section 6.4.5).
	ItemsFast = ItemFlags | ItemInternalDate | ItemSize
	ItemsAll  = ItemsFast | ItemEnvelope
	ItemsFull = ItemsAll | ItemBody
)

// itemNames are the names of the items on the wire, in the order of their bits.
var itemNames = [...]string{
	"UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE", "MODSEQ", "EMAILID", "THREADID", "SAVEDATE", "PREVIEW",
	"X-GM-MSGID", "X-GM-THRID", "X-GM-LABELS",
}

// Names are the items' names as a FETCH command has them, in a fixed order.
func (i Items) Names() []string {
	var names []string
	for bit, name := range itemNames {
		if i&(1<<bit) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// String is Names with spaces between.
func (i Items) String() string { return strings.Join(i.Names(), " ") }

// Has reports whether the response told all of items.
func (m *Message) Has(items Items) bool { return m.items&items == items }

// Items is what the response told, body sections apart.
func (m *Message) Items() Items { return m.items }

// HasFlag reports whether f is among the message's flags, in letters of any case.
func (m *Message) HasFlag(f Flag) bool { return slices.ContainsFunc(m.Flags, f.Is) }
