package imap4

import (
	"slices"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// fetchDecoder reads FETCH responses, one after the other. The lists of a message it puts into rooms. Those of a borrowed message are
// used again by the next, so that in the long run it costs no memory. An owned message keeps its rooms.
//
// Goroutine: one at a time. The zero value is ready.
type fetchDecoder struct {
	fetchReader
	msg *Message // the one that is being read
	err error    // the first item that could not be read

	lent     Message // the borrowed message
	borrowed int     // size of the response that it is of
	last     held    // what the last owned message had
	kept     int     // parts of this one
	light    bool    // the last owned message was light
	bodies   int     // structures of this one
	envelope []byte  // where that of this one is written
	found    foundBody

	messages  int // that have been read
	forms     learned[bodyForm]
	flagLists learned[flagList]
	pieces    []wire.Piece // of the form that was found last

	texts      []byte
	flags      []Flag
	labels     []string
	languages  []string
	addresses  []Address
	envelopes  []Envelope
	params     []Param
	extensions []BodyExtension
	parts      []BodyStructure // of all trees; the parts of one multipart stand side by side
	open       []BodyStructure // parts whose multipart is not complete yet
	sections   []Section
	extra      []ExtraItem
}

// held tells how many things of each kind a message has.
type held struct{ envelopes, params, extensions, parts int }

// maxExpected is how many parts are expected at most, because the last message had so many.
const maxExpected = 32

// fetchReader is as much of a fetchDecoder as it takes to read the name of a section.
type fetchReader struct {
	d       wire.Decoder
	budget  int // bytes that may still be spent on what follows
	numbers []int
	fields  []string
}

// roomBytes is what a fetchDecoder begins with for texts that are not in the response as they are.
const roomBytes = 256

// own reads what stands behind "n FETCH" in args and answers a message that is the caller's. A message comes with an error, too: it
// has all items that could be read.
// Errors: *SyntaxError, *LimitError: of the first item that could not be read.
//
//	message-data = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att))
func (f *fetchDecoder) own(seq uint32, args *wire.Decoder) (*Message, error) {
	if f.borrowed > 0 { // the rooms hold what is not for ever
		*f = fetchDecoder{}
	}
	f.makeOwned()
	f.d = *args
	light := f.light && args.IsPlain()
	if !light {
		f.d.Own()
	}
	f.read(seq)
	m := f.msg
	switch f.light = f.isLight(); {
	case light && f.light:
		f.keepTexts(args.Rest())
	case light:
		m = m.Clone()
	}
	f.giveAway()
	if len(args.Rest()) > maxHeld { // its rooms are larger than they need be
		m = m.detach()
		f.open = nil
	}
	return m, f.err
}

// borrow is own for a message whose texts lie in the response's bytes.
//
// Lifetime: until the bytes change, or the next call.
func (f *fetchDecoder) borrow(seq uint32, args *wire.Decoder) (*Message, error) {
	f.empty()
	if f.texts == nil {
		f.texts = make([]byte, 0, roomBytes)
	}
	f.borrowed = max(1, len(args.Rest()))
	f.msg = &f.lent
	f.d = *args
	f.d.SetRoom(f.texts)
	f.read(seq)
	f.texts = f.d.Room()
	return f.msg, f.err
}

// note, letter and parcel are messages with room for what most of their kind have, so that they are one piece of memory each, apart
// from texts and parts.
type (
	note struct {
		Message
		flags [5]Flag
	}
	letter struct {
		sheet
		params [2]Param
	}
	parcel struct {
		sheet
		params     [6]Param
		extensions [1]BodyExtension
	}
	sheet struct {
		Message
		envelope  [1]Envelope
		addresses [4]Address
		flags     [4]Flag
	}
)

// makeOwned makes the next message, with room for as much as the last one had: those of a mailbox are alike.
func (f *fetchDecoder) makeOwned() {
	switch {
	case f.last.extensions > 0 || f.last.params > len(letter{}.params):
		c := new(parcel)
		f.write(&c.sheet)
		f.params, f.extensions = c.params[:0], c.extensions[:0]
	case f.last.envelopes > 0:
		c := new(letter)
		f.write(&c.sheet)
		f.params = c.params[:0]
	default:
		c := new(note)
		f.msg, f.flags = &c.Message, c.flags[:0]
	}
	if f.last.parts > 0 {
		f.parts = make([]BodyStructure, 0, f.last.parts)
	}
}

// write makes s the message that is being read.
func (f *fetchDecoder) write(s *sheet) {
	f.msg, f.envelopes, f.addresses, f.flags = &s.Message, s.envelope[:0], s.addresses[:0], s.flags[:0]
}

// room answers list if it has room for n things more, else an empty one that has: the things in list stay where they are. The rooms of
// borrowed messages grow until one is large enough for a whole message.
func room[T any](list []T, n int) []T {
	if cap(list)-len(list) >= n {
		return list
	}
	return make([]T, 0, n+2*cap(list))
}

// giveAway lets the message keep the rooms, and notes what they hold.
func (f *fetchDecoder) giveAway() {
	f.last = held{len(f.envelopes), len(f.params), len(f.extensions), min(f.kept, maxExpected)}
	f.d = wire.Decoder{}
	f.msg, f.kept, f.bodies, f.envelope, f.found = nil, 0, 0, nil, foundBody{}
	f.flags, f.labels, f.languages = nil, nil, nil
	f.addresses, f.envelopes = nil, nil
	f.params, f.extensions, f.parts = nil, nil, nil
	f.sections, f.numbers, f.fields, f.extra = nil, nil, nil, nil
}

// empty makes the rooms ready for the next borrowed message.
func (f *fetchDecoder) empty() {
	f.lent = Message{}
	if f.borrowed > maxHeld {
		f.letGo()
	}
	f.flags, f.labels, f.languages = f.flags[:0], f.labels[:0], f.languages[:0]
	f.addresses, f.envelopes = f.addresses[:0], f.envelopes[:0]
	f.params, f.extensions, f.parts, f.open = f.params[:0], f.extensions[:0], f.parts[:0], f.open[:0]
	f.sections, f.numbers, f.fields, f.extra = f.sections[:0], f.numbers[:0], f.fields[:0], f.extra[:0]
}

// maxHeld is the largest response, in bytes, that the rooms may hold in memory until others have taken its place: to let go of it
// costs time. maxKept is the largest room that is kept behind a larger response.
const (
	maxHeld = 4 << 10
	maxKept = 1 << 10
)

// letGo makes the rooms hold nothing of a response, and drops those that it has made large.
func (f *fetchDecoder) letGo() {
	f.texts = emptied(f.texts)
	f.flags = emptied(f.flags)
	f.labels = emptied(f.labels)
	f.languages = emptied(f.languages)
	f.addresses = emptied(f.addresses)
	f.envelopes = emptied(f.envelopes)
	f.params = emptied(f.params)
	f.extensions = emptied(f.extensions)
	f.parts = emptied(f.parts)
	f.open = nil
	f.sections = emptied(f.sections)
	f.numbers = emptied(f.numbers)
	f.fields = emptied(f.fields)
	f.extra = emptied(f.extra)
}

func emptied[T any](room []T) []T {
	if cap(room) > maxKept {
		return nil
	}
	clear(room)
	return room[:0]
}

// read reads the list of items into f.msg, which is empty. One that cannot be read is passed over if it can be seen where it ends.
//
//	msg-att = "(" (msg-att-dynamic / msg-att-static) *(SP (msg-att-dynamic / msg-att-static)) ")"
func (f *fetchDecoder) read(seq uint32) {
	f.err = nil
	f.messages++
	f.msg.SeqNum = seq
	d := &f.d
	f.budget = d.Budget()
	for d.Open(); d.More(); {
		var before wire.Mark
		usual := d.TryUsualItem()
		if usual != wire.NoUsualItem {
			before = d.Mark()
			f.usualItem(usual)
		} else {
			name := d.UpperName()
			before = d.Mark()
			f.item(name)
		}
		if d.Err() != nil {
			f.note(d.Err())
			d.Return(before)
			f.pass(usual != wire.NoUsualItem)
		}
	}
	f.note(d.Err())
	f.msg.Sections, f.msg.Extra = listed(f.sections), listed(f.extra)
}

// listed is list without the room behind it, nil if it is empty.
func listed[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return slices.Clip(list)
}

// What things cost in memory, in bytes, about.
const (
	costNumber    = 8
	costText      = 16
	costParam     = 32
	costExtra     = 32
	costAddress   = 72
	costExtension = 112
	costSection   = 128
	costPart      = 168
	costEnvelope  = 208
)

// spend takes what a thing costs from the budget, and fails if there is not so much left.
func (f *fetchReader) spend(cost int) bool {
	if f.budget -= cost; f.budget < 0 {
		f.d.Overspent()
		return false
	}
	return true
}

// more is d.More for lists whose values cost something.
func (f *fetchReader) more(cost int) bool { return f.d.More() && f.spend(cost) }

func (f *fetchDecoder) note(err error) {
	if f.err == nil {
		f.err = err
	}
}

// pass goes behind the value of an item, whatever it is. atValue says that the space behind the name has been taken.
func (f *fetchDecoder) pass(atValue bool) {
	if c, ok := f.d.Peek(); ok && c == '[' && !atValue { // it is not known where that ends
		f.d.Fail(f.err)
		return
	}
	f.d.TrySP()
	f.d.SkipValue()
}

// usualItem reads one item behind its name and the space.
func (f *fetchDecoder) usualItem(item wire.UsualItem) {
	switch item {
	case wire.UID:
		f.readUID()
	case wire.Flags:
		f.readFlags()
	case wire.InternalDate:
		f.readInternalDate()
	case wire.Size:
		f.readSize()
	case wire.Envelope:
		f.readEnvelope()
	case wire.BodyStructure:
		f.readBodyStructure(ItemBodyStructure)
	}
}

// item reads one item behind its name.
func (f *fetchDecoder) item(name []byte) {
	if c, ok := f.d.Peek(); ok && c == '[' {
		f.readSection(name)
		return
	}
	f.d.SP()
	switch string(name) {
	case "FLAGS":
		f.readFlags()
	case "UID":
		f.readUID()
	case "RFC822.SIZE":
		f.readSize()
	case "INTERNALDATE":
		f.readInternalDate()
	case "ENVELOPE":
		f.readEnvelope()
	case "BODYSTRUCTURE":
		f.readBodyStructure(ItemBodyStructure)
	case "BODY":
		f.readBodyStructure(ItemBody)
	case "MODSEQ":
		f.readModSeq()
	case "RFC822", "RFC822.HEADER", "RFC822.TEXT":
		var s BodySection
		sectionName(name, false, &s)
		f.readSectionValue(&s)
	default:
		f.extensionItem(name)
	}
}

// extensionItem reads items that few servers have, and keeps those that are not known as they stand.
func (f *fetchDecoder) extensionItem(name []byte) {
	switch string(name) {
	case "EMAILID":
		f.objectID(ItemEmailID, &f.msg.EmailID)
	case "THREADID":
		f.objectID(ItemThreadID, &f.msg.ThreadID)
	case "SAVEDATE":
		f.readSaveDate()
	case "PREVIEW":
		f.readPreview()
	case "X-GM-MSGID":
		f.gmailID(ItemGmailMsgID, &f.msg.GmailMsgID)
	case "X-GM-THRID":
		f.gmailID(ItemGmailThreadID, &f.msg.GmailThreadID)
	case "X-GM-LABELS":
		f.readLabels()
	default:
		f.readExtra(name)
	}
}
