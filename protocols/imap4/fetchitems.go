package imap4

import (
	"math"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// The items of a FETCH response that are one value each. What a server sends for "none" leaves an item out, and so does what cannot be
// read.

func (f *fetchDecoder) has(item Items) { f.msg.items |= item }

// readFlags: "FLAGS" SP "(" [flag-fetch *(SP flag-fetch)] ")". Accepted beyond it: NIL, quoted flags; lists among them are dropped.
func (f *fetchDecoder) readFlags() {
	d := &f.d
	from, at, budget := len(f.flags), d.Offset(), f.budget
	if f.knownFlags() {
		// they are in f.flags
	} else if !d.Nil() {
		for d.Open(); f.more(costText); {
			switch c, _ := d.Peek(); c {
			case '(':
				d.SkipValue()
			case '"':
				f.flags = append(f.flags, internFlag(d.String()))
			default:
				f.flags = append(f.flags, internFlag(d.Flag()))
			}
		}
		f.learnFlags(d.Since(at), f.flags[from:], budget-f.budget)
	}
	if d.Err() != nil {
		f.flags = f.flags[:from]
		return
	}
	f.msg.Flags = f.flags[from:len(f.flags):len(f.flags)]
	f.has(ItemFlags)
}

// readUID: "UID" SP uniqueid
func (f *fetchDecoder) readUID() {
	if n := f.d.Number(); n > 0 {
		f.msg.UID = n
		f.has(ItemUID)
	}
}

// readSize: "RFC822.SIZE" SP number64
func (f *fetchDecoder) readSize() {
	f.msg.named |= ItemSize
	if n, ok := f.d.PlainNumber(); ok {
		f.msg.Size = n
		f.has(ItemSize)
		return
	}
	if n, ok := f.d.OptNumber64(); ok && n <= math.MaxInt64 {
		f.msg.Size = int64(n)
		f.has(ItemSize)
	}
}

// readModSeq: "MODSEQ" SP "(" permsg-modsequence ")". Accepted beyond it: no parentheses, NIL, a negative number.
func (f *fetchDecoder) readModSeq() {
	n, ok := uint64(0), false
	f.perhapsInList(func(d *wire.Decoder) { n, ok = d.OptNumber64() })
	if ok {
		f.msg.ModSeq = n
		f.has(ItemModSeq)
	}
}

// objectID: "EMAILID" SP "(" objectid ")"; "THREADID" SP ("(" objectid ")" / NIL) (RFC 8474). Accepted beyond it: no parentheses.
func (f *fetchDecoder) objectID(item Items, to *string) {
	f.msg.named |= item
	id := ""
	f.perhapsInList(func(d *wire.Decoder) {
		if s, ok := d.NString(); ok {
			id = textview(s)
		}
	})
	if id != "" && f.d.Err() == nil {
		*to = id
		f.has(item)
	}
}

// perhapsInList takes one value, which may stand in parentheses.
func (f *fetchDecoder) perhapsInList(value func(d *wire.Decoder)) {
	if c, ok := f.d.Peek(); !ok || c != '(' {
		value(&f.d)
		return
	}
	for f.d.Open(); f.d.More(); {
		value(&f.d)
	}
}

// readInternalDate: "INTERNALDATE" SP date-time
func (f *fetchDecoder) readInternalDate() {
	f.msg.named |= ItemInternalDate
	if text, ok := f.d.NString(); ok {
		if t, ok := parseDateTime(text); ok {
			f.msg.InternalDate = t
			f.has(ItemInternalDate)
		}
	}
}

// readSaveDate: "SAVEDATE" SP (date-time / nil) (RFC 8514)
func (f *fetchDecoder) readSaveDate() {
	f.msg.named |= ItemSaveDate
	if text, ok := f.d.NString(); ok {
		if t, ok := parseDateTime(text); ok {
			f.msg.SaveDate = t
			f.has(ItemSaveDate)
		}
	}
}

// readPreview: "PREVIEW" SP nstring (RFC 8970)
func (f *fetchDecoder) readPreview() {
	f.msg.named |= ItemPreview
	if text, ok := f.d.NString(); ok {
		f.msg.Preview = textview(text)
		f.has(ItemPreview)
	}
}

func (f *fetchDecoder) gmailID(item Items, to *uint64) {
	f.msg.named |= item
	if n, ok := f.d.OptNumber64(); ok {
		*to = n
		f.has(item)
	}
}

// readLabels: "X-GM-LABELS" SP "(" [label *(SP label)] ")"; label = flag / astring, in modified UTF-7. NIL is no label.
func (f *fetchDecoder) readLabels() {
	d := &f.d
	from := len(f.labels)
	if !d.Nil() {
		for d.Open(); f.more(costText); {
			if d.Nil() {
				continue
			}
			label := textview(d.AString())
			if name, err := wire.DecodeUTF7(label); err == nil {
				label = name
			}
			f.labels = append(f.labels, label)
		}
	}
	if d.Err() != nil {
		f.labels = f.labels[:from]
		return
	}
	f.msg.GmailLabels = f.labels[from:len(f.labels):len(f.labels)]
	f.has(ItemGmailLabels)
}

// readExtra keeps an item that is not known. Its value may be missing.
func (f *fetchDecoder) readExtra(name []byte) {
	item := ExtraItem{Name: textview(name)}
	if c, ok := f.d.Peek(); ok && c != ')' {
		item.Raw = textview(f.d.SkipValue())
	}
	if f.d.Err() == nil && f.spend(costExtra) {
		f.extra = append(f.extra, item)
	}
}
