package imap4

import (
	"slices"
	"strings"
)

// taker is what a command wants of the FETCH data that comes, which does not say for whom it is.
type taker struct {
	set      MessageSet
	items    Items // asked for, and what servers send along with them
	sections []BodySection
	sizes    [][]int  // parts of which BINARY.SIZE was asked
	extra    []string // names, in capitals
	sink     func(LiteralMeta) LiteralSink
	deliver  func(m *Message, size int) // size is that of the response, in bytes
	borrow   bool                       // deliver is content with a borrowed message
	gone     bool                       // nobody waits for it any more; it goes on taking its data away
	claimed  bool                       // of the message in hand
	lowest   uint32                     // sequence number delivered
	last     uint32                     // of the mailbox when the command was sent: its sequence number now, zero if it is not known
}

// covers tells whether a message can be in the set. It is not certain when a server keeps back the UID that would tell, and of one below a
// set such as 100:* that was not the last.
func (t *taker) covers(seq, uid uint32) (in, certain bool) {
	switch {
	case t.set.IsOpen():
		return true, t.reaches(seq, uid)
	case !t.set.IsUID():
		return t.contains(seq), true
	case uid != 0:
		return t.contains(uid), true
	}
	return true, false
}

// reaches is covers for an open set: Star is the last message, however low its number.
func (t *taker) reaches(seq, uid uint32) bool {
	n := seq
	if t.set.IsUID() {
		n = uid
	}
	return n != 0 && (t.set.saved || t.contains(n) || seq == 0 || seq >= t.last)
}

// contains is set.Contains; most sets have one range.
func (t *taker) contains(n uint32) bool {
	if len(t.set.ranges) == 1 {
		r := t.set.ranges[0]
		return n != 0 && r.from() <= uint64(n) && uint64(n) <= r.to()
	}
	return t.set.Contains(n)
}

// unaskedItems is what servers tell of a message although nobody has asked.
const unaskedItems = ItemUID | ItemFlags | ItemModSeq

// claims tells whether m is an answer to what was asked, and which of its items are.
func (t *taker) claims(m *Message) (asked Items, ok bool) {
	in, certain := t.covers(m.SeqNum, m.UID)
	if !in {
		return 0, false
	}
	asked = m.items & t.items
	switch {
	case m.Err != nil:
		return asked, true // what was damaged may be the asked part
	case t.hasAnySection(m.Sections), slices.ContainsFunc(m.Extra, t.hasExtra):
		return asked, true
	case asked&^unaskedItems != 0, m.named&t.items&^unaskedItems != 0:
		return asked, true
	case !certain:
		return 0, false
	}
	return asked, asked&^ItemUID != 0 || asked != 0 && t.plain()
}

// plain: nothing but the UID was asked for.
func (t *taker) plain() bool { return t.items == ItemUID && !t.hasBytes() }

// hasBytes: sections were asked for, or may have been.
func (t *taker) hasBytes() bool { return len(t.sections)+len(t.sizes)+len(t.extra) > 0 }

func (t *taker) hasAnySection(sections []Section) bool {
	for i := range sections {
		if t.hasSection(&sections[i]) {
			return true
		}
	}
	return false
}

func (t *taker) hasSection(s *Section) bool {
	if s.State == SectionSizeOnly {
		return slices.ContainsFunc(t.sizes, func(part []int) bool { return slices.Equal(part, s.Part) })
	}
	return t.asked(&s.BodySection)
}

func (t *taker) asked(s *BodySection) bool {
	for i := range t.sections {
		if s.matches(&t.sections[i]) {
			return true
		}
	}
	return false
}

func (t *taker) hasExtra(x ExtraItem) bool {
	return slices.ContainsFunc(t.extra, func(asked string) bool {
		name, _, _ := strings.Cut(asked, " ")
		return strings.EqualFold(name, x.Name) || strings.EqualFold(asked, x.Name)
	})
}

// meets tells whether data could be for the one or for the other. A sink gets octets before it is certain whose they are, unless the server
// tells the UID before them.
func (t *taker) meets(other *taker, uidFirst bool) bool {
	switch {
	case t == nil || other == nil:
		return false
	case !t.overlaps(other):
		return !uidFirst && (t.sink != nil || other.sink != nil) && t.set.IsUID() && t.sharesBytes(other)
	}
	return t.plain() || other.plain() || (t.items&other.items)&^ItemUID != 0 || t.sharesBytes(other)
}

func (t *taker) overlaps(other *taker) bool {
	if t.set.IsUID() != other.set.IsUID() || t.set.IsOpen() || other.set.IsOpen() {
		return true
	}
	return !t.set.Intersect(other.set).IsEmpty()
}

func (t *taker) sharesBytes(other *taker) bool {
	if len(t.extra) > 0 && other.hasBytes() || len(other.extra) > 0 && t.hasBytes() {
		return true
	}
	return slices.ContainsFunc(t.sections, func(s BodySection) bool { return other.asked(&s) }) ||
		slices.ContainsFunc(t.sizes, func(part []int) bool {
			return other.hasSection(&Section{BodySection: BodySection{Part: part}, State: SectionSizeOnly})
		})
}
