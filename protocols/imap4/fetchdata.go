package imap4

import (
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// fetchDecoder reads FETCH responses, one after the other. What it reads it first puts together in rooms that it keeps from
// response to response, so that in the long run a borrowed message costs no memory, and an owned one exactly what it needs.
//
// Goroutine: one at a time. The zero value is ready.
type fetchDecoder struct {
	fetchReader
	msg Message
	err error // the first item that could not be read

	borrowed  int // size of the response that the borrowed message is of
	room      []byte
	flags     []Flag
	labels    []string
	languages []string
	addresses []Address
	envelopes []Envelope
	params    []Param
	parts     []BodyStructure // of all trees; the parts of one multipart stand side by side
	open      []BodyStructure // parts whose multipart is not complete yet
	sections  []Section
	extra     []ExtraItem
}

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
func (f *fetchDecoder) own(seq uint32, args wire.Decoder) (*Message, error) {
	f.d = args
	f.d.Own()
	f.read(seq)
	m := f.msg.detach(extent{len(f.addresses), len(f.params), len(f.parts)})
	f.reset(len(args.Rest()))
	return m, f.err
}

// borrow is own for a message whose texts lie in the response's bytes.
//
// Lifetime: until the bytes change, or the next call.
func (f *fetchDecoder) borrow(seq uint32, args wire.Decoder) (*Message, error) {
	if f.room == nil {
		f.room = make([]byte, 0, roomBytes)
	}
	f.reset(f.borrowed)
	f.borrowed = len(args.Rest())
	f.d = args
	f.d.SetRoom(f.room)
	f.read(seq)
	f.room = f.d.Room()
	return &f.msg, f.err
}

// reset empties the rooms behind a response of size bytes.
func (f *fetchDecoder) reset(size int) {
	f.d = wire.Decoder{}
	f.msg = Message{}
	if size > maxHeld {
		f.letGo()
	}
	f.flags, f.labels, f.languages = f.flags[:0], f.labels[:0], f.languages[:0]
	f.addresses, f.envelopes = f.addresses[:0], f.envelopes[:0]
	f.params, f.parts, f.open = f.params[:0], f.parts[:0], f.open[:0]
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
	f.flags = emptied(f.flags)
	f.labels = emptied(f.labels)
	f.languages = emptied(f.languages)
	f.addresses = emptied(f.addresses)
	f.envelopes = emptied(f.envelopes)
	f.params = emptied(f.params)
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

// read reads the list of items. One that cannot be read is passed over if it can be seen where it ends.
//
//	msg-att = "(" (msg-att-dynamic / msg-att-static) *(SP (msg-att-dynamic / msg-att-static)) ")"
func (f *fetchDecoder) read(seq uint32) {
	f.err = nil
	f.msg.SeqNum = seq
	d := &f.d
	f.budget = d.Budget()
	for d.Open(); d.More(); {
		name := d.UpperName()
		before := d.Mark()
		f.item(name)
		if d.Err() != nil {
			f.note(d.Err())
			d.Return(before)
			f.pass()
		}
	}
	f.note(d.Err())
	f.msg.Sections, f.msg.Extra = f.sections, f.extra
}

// What things cost in memory, in bytes, about.
const (
	costNumber   = 8
	costText     = 16
	costParam    = 32
	costExtra    = 32
	costAddress  = 72
	costSection  = 128
	costEnvelope = 208
	costPart     = 272
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

// pass goes behind the value of an item, whatever it is.
func (f *fetchDecoder) pass() {
	if c, ok := f.d.Peek(); ok && c == '[' { // it is not known where that ends
		f.d.Fail(f.err)
		return
	}
	f.d.TrySP()
	f.d.SkipValue()
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
