package imap4

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// author makes messages up and writes them down as a server does: the oracle of the decoder, which reads them back.
type author struct {
	*rand.Rand
	line []byte
}

func (a *author) write(s string) { a.line = append(a.line, s...) }

func (a *author) pick(texts ...string) string { return texts[a.IntN(len(texts))] }

// text makes up a text that is not empty.
func (a *author) text() string {
	return a.pick("plain", "two words", `has "quotes" in it`, `back\slash`, "(parens)", "caf\u00e9", "{3}", "x", "NIL", "line\r\nend", "\xff\x00",
		"a rather long subject that takes more than some eight bytes, with a comma", `\`, `"`, "]", "*", "a{5}")
}

// nstring writes s in one of the forms it can have; "" as NIL or as "".
func (a *author) nstring(s string) {
	if s == "" && a.IntN(4) > 0 {
		a.write("NIL")
		return
	}
	a.str(s)
}

func (a *author) str(s string) {
	if a.IntN(5) == 0 || strings.ContainsAny(s, "\r\n\x00") {
		a.write(fmt.Sprintf("{%d}\r\n%s", len(s), s))
		return
	}
	a.write(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`)
}

// anyCase writes a word in lower case or in capitals.
func (a *author) anyCase(word string) {
	if a.IntN(2) == 0 {
		word = strings.ToUpper(word)
	}
	a.nstring(word)
}

func (a *author) optional() string {
	if a.IntN(2) == 0 {
		return ""
	}
	return a.text()
}

func (a *author) message() *Message {
	m := &Message{SeqNum: 1 + a.Uint32N(1000)}
	a.write(fmt.Sprintf("* %d FETCH (", m.SeqNum))
	items := []func(m *Message){a.uid, a.flags, a.size, a.date, a.envelopeItem, a.bodyItem, a.modSeq, a.section, a.extra}
	a.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	for i, item := range items[:1+a.IntN(len(items))] {
		if i > 0 {
			a.write(" ")
		}
		item(m)
	}
	a.write(")\r\n")
	return m
}

func (a *author) uid(m *Message) {
	m.UID = 1 + a.Uint32()>>1
	m.items |= ItemUID
	a.write(fmt.Sprintf("UID %d", m.UID))
}

func (a *author) flags(m *Message) {
	m.items |= ItemFlags
	a.write("FLAGS (")
	for i := range a.IntN(7) {
		f := Flag(a.pick(`\Seen`, `\Answered`, `\Draft`, "$Forwarded", "custom", `\Deleted`, "kw[1]"))
		m.Flags = append(m.Flags, f)
		if i > 0 {
			a.write(" ")
		}
		a.write(string(f))
	}
	a.write(")")
}

func (a *author) size(m *Message) {
	m.items |= ItemSize
	m.Size = a.Int64N(1 << 40)
	a.write(fmt.Sprintf("RFC822.SIZE %d", m.Size))
}

func (a *author) modSeq(m *Message) {
	m.items |= ItemModSeq
	m.ModSeq = 1 + a.Uint64()>>1
	a.write(fmt.Sprintf("MODSEQ (%d)", m.ModSeq))
}

func (a *author) date(m *Message) {
	m.items |= ItemInternalDate
	zone := (a.IntN(2*maxOffset) - maxOffset) * 60
	m.InternalDate = time.Unix(a.Int64N(1<<32), 0).In(time.FixedZone("", zone))
	a.write(`INTERNALDATE "` + m.InternalDate.Format("_2-Jan-2006 15:04:05 -0700") + `"`)
}

func (a *author) section(m *Message) {
	s := Section{Size: 0}
	if s.Part = []int{1, 2, 3}[:a.IntN(4)]; len(s.Part) == 0 {
		s.Part = nil
	}
	if a.IntN(3) == 0 {
		s.Specifier, s.Fields = SpecifierHeaderFields, []string{"From", "X-Spam"}
	}
	a.write(s.String() + " ")
	if a.IntN(4) == 0 {
		s.State = SectionNil
		a.write("NIL")
	} else {
		s.Bytes = []byte(a.text())
		s.Size = int64(len(s.Bytes))
		a.str(string(s.Bytes))
	}
	m.Sections = append(m.Sections, s)
}

func (a *author) extra(m *Message) {
	x := ExtraItem{Name: "X-OTHER", Raw: a.pick("12", "NIL", `(a (b "c)") "d")`, `"x y"`)}
	m.Extra = append(m.Extra, x)
	a.write(x.Name + " " + x.Raw)
}

func (a *author) envelopeItem(m *Message) {
	m.items |= ItemEnvelope
	a.write("ENVELOPE ")
	m.Envelope = a.envelope()
}

func (a *author) envelope() *Envelope {
	e := &Envelope{Date: a.optional(), Subject: a.optional(), InReplyTo: a.optional(), MessageID: a.optional()}
	a.write("(")
	a.nstring(e.Date)
	a.write(" ")
	a.nstring(e.Subject)
	for _, list := range e.lists() {
		a.write(" ")
		*list = a.addressList()
	}
	a.write(" ")
	a.nstring(e.InReplyTo)
	a.write(" ")
	a.nstring(e.MessageID)
	a.write(")")
	return e
}

func (a *author) addressList() (list []Address) {
	n := a.IntN(4)
	if n == 0 {
		a.write("NIL")
		return nil
	}
	a.write("(")
	for range n {
		x := Address{Name: a.optional(), Route: a.pick("", "", "@a,@b:"), Mailbox: a.text(), Host: a.text()}
		switch a.IntN(8) {
		case 0:
			x = Address{Mailbox: a.text(), mark: markGroupStart}
		case 1:
			x = Address{mark: markGroupEnd}
		}
		list = append(list, x)
		a.write("(")
		for i, s := range []string{x.Name, x.Route, x.Mailbox, x.Host} {
			if i > 0 {
				a.write(" ")
			}
			if s == "" {
				a.write("NIL")
			} else {
				a.str(s)
			}
		}
		a.write(")")
	}
	a.write(")")
	return list
}

func (a *author) bodyItem(m *Message) {
	m.items |= ItemBodyStructure
	a.write("BODYSTRUCTURE ")
	b := a.body(3)
	m.BodyStructure = &b
}

func (a *author) body(deep int) (b BodyStructure) {
	a.write("(")
	extended := a.IntN(3) > 0
	switch kind := a.IntN(4); {
	case deep > 0 && kind == 0:
		b.Type, b.Subtype = "multipart", a.pick("mixed", "alternative", "x-odd")
		for range 1 + a.IntN(3) {
			b.Children = append(b.Children, a.body(deep-1))
		}
		a.write(" ")
		a.anyCase(b.Subtype)
		if extended {
			a.write(" ")
			b.Params = a.params()
		}
	default:
		b.Type, b.Subtype = a.pick("text", "image", "application"), a.pick("plain", "pdf", "x-odd")
		if deep > 0 && kind == 1 {
			b.Type, b.Subtype = "message", "rfc822"
		}
		a.basic(&b)
		if b.Type == "message" {
			if a.IntN(4) == 0 {
				a.write(" NIL ")
			} else {
				a.write(" ")
				b.Envelope = a.envelope()
				a.write(" ")
			}
			inner := a.body(deep - 1)
			b.Body = &inner
		}
		if b.Type == "message" || b.Type == "text" {
			b.Lines = a.Int64N(1000)
			a.write(fmt.Sprintf(" %d", b.Lines))
		}
	}
	if extended {
		a.extension(&b)
	}
	a.write(")")
	return b
}

func (a *author) basic(b *BodyStructure) {
	a.anyCase(b.Type)
	a.write(" ")
	a.anyCase(b.Subtype)
	a.write(" ")
	b.Params = a.params()
	b.ID, b.Description, b.Encoding, b.Size = a.optional(), a.optional(), a.pick("7bit", "base64", "x-odd"), a.Int64N(1<<33)
	for _, s := range []string{b.ID, b.Description} {
		a.write(" ")
		a.nstring(s)
	}
	a.write(" ")
	a.anyCase(b.Encoding)
	a.write(fmt.Sprintf(" %d", b.Size))
}

func (a *author) extension(b *BodyStructure) {
	var e BodyExtension
	if !b.IsMultipart() {
		e.MD5 = a.optional()
		a.write(" ")
		a.nstring(e.MD5)
	}
	if a.IntN(2) == 0 {
		a.write(" NIL")
	} else {
		e.Disposition.Value = a.pick("inline", "attachment", "x-odd")
		a.write(" (")
		a.anyCase(e.Disposition.Value)
		a.write(" ")
		e.Disposition.Params = a.params()
		a.write(")")
	}
	switch a.IntN(3) {
	case 0:
		a.write(" NIL")
	case 1:
		e.Language = []string{a.text()}
		a.write(" ")
		a.str(e.Language[0])
	case 2:
		e.Language = []string{"en", "de"}
		a.write(` ("en" "de")`)
	}
	e.Location = a.optional()
	a.write(" ")
	a.nstring(e.Location)
	if a.IntN(4) == 0 {
		e.Rest = `(1 "x y") NIL`
		a.write(" " + e.Rest)
	}
	if !e.isEmpty() {
		b.Extension = &e
	}
}

func (a *author) params() (params Params) {
	n := a.IntN(4)
	if n == 0 {
		a.write("NIL")
		return nil
	}
	a.write("(")
	for i := range n {
		p := Param{a.pick("charset", "name", "x-odd"), a.optional()}
		params = append(params, p)
		if i > 0 {
			a.write(" ")
		}
		a.anyCase(p.Name)
		a.write(" ")
		a.nstring(p.Value)
	}
	a.write(")")
	return params
}

// What is written down is read back: whole, cut anywhere, owned, borrowed, and cloned.
func TestFetchReadsWhatServersWrite(t *testing.T) {
	for seed := range uint64(500) {
		a := &author{Rand: rand.New(rand.NewPCG(seed, 4))}
		var want []fetched
		for range 1 + a.IntN(3) {
			want = append(want, fetched{msg: a.message()})
		}
		input, all := string(a.line), showAll(want)
		for name, got := range map[string][]fetched{
			"whole":    fetch(t, input),
			"cut":      fetch(t, input, randomCuts(a.Rand, len(input))...),
			"borrowed": fetchBorrowed(t, input, randomCuts(a.Rand, len(input))...),
		} {
			if got := showAll(got); got != all {
				t.Fatalf("seed %d, %s, of\n%s\n got %s\nwant %s", seed, name, input, got, all)
			}
		}
		if t.Failed() {
			t.FailNow()
		}
	}
}

// An owned message does not change when the bytes do that it was read from, or when the next one is read.
func TestOwnedMessagesStay(t *testing.T) {
	var f fetchDecoder
	a := &author{Rand: rand.New(rand.NewPCG(5, 6))}
	var got, want []fetched
	for range 50 {
		want = append(want, fetched{msg: a.message()})
	}
	units(t, string(a.line), nil, func(u wire.Unit) {
		r, err := wire.DecodeResponse(u, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := f.own(r.Number, &r.Args)
		got = append(got, fetched{m, err})
		if !u.Owned {
			clear(u.Bytes)
		}
	})
	if got, want := showAll(got), showAll(want); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
