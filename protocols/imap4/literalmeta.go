package imap4

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// LiteralMeta tells of which message and section a literal is that has just been announced.
type LiteralMeta struct {
	SeqNum  uint32
	UID     uint32 // 0 if the server has not told yet: it may come behind the literal
	Section BodySection
	Size    int64 // octets
	Binary  bool  // ~{n}: may hold NUL
}

// literalPrefix finds out which section a literal belongs to that has just been announced. One serves all literals of a response, one
// after the other, and then those of the next; it looks at each byte once. The zero value is ready.
type literalPrefix struct {
	offset int // what has been looked at of the response; there stands the literal that was announced last
	depth  int // lists that are open there, within the list of items
	seq    uint32
	uid    uint32
	lost   bool // it is no FETCH response, or one whose items cannot be followed
}

// read answers what the literal of a LiteralStart unit is, in meta, which is empty; false if it is no body section of a FETCH response.
func (p *literalPrefix) read(u *wire.Unit, l *wire.Limits, meta *LiteralMeta) (ok bool) {
	var f fetchReader
	if len(u.Literals) == 0 {
		p.begin(&f.d, u, l)
	} else {
		f.d = wire.NewDecoder(u.Bytes, u.Literals[len(u.Literals)-1:], l)
		f.d.SkipTo(p.offset)
		f.d.PassLiteral()
	}
	if p.lost {
		return false
	}
	f.budget = f.d.Budget()
	ok = p.items(&f, len(u.Bytes), &meta.Section)
	p.offset = len(u.Bytes)
	p.lost = p.lost || f.d.Err() != nil
	meta.SeqNum, meta.UID, meta.Size, meta.Binary = p.seq, p.uid, u.Literal.Size, u.Literal.Binary
	if s := &meta.Section; len(s.Part)+len(s.Specifier)+len(s.Fields) > 0 {
		*s = s.Clone()
	}
	return ok && !p.lost
}

// begin reads up to the list of items; d, which is empty, goes on there.
func (p *literalPrefix) begin(d *wire.Decoder, u *wire.Unit, l *wire.Limits) {
	p.offset, p.depth, p.uid = 0, 0, 0
	if number, list := wire.PlainFetch(u.Bytes); list > 0 {
		p.seq, p.lost = number, false
		u.Decode(d, l)
		d.SkipTo(list + len("("))
		return
	}
	whole := *u
	whole.Kind = wire.Line
	r, err := wire.DecodeResponse(whole, l)
	p.seq, p.lost = r.Number, err != nil || !r.HasNumber
	switch r.Name {
	case "FETCH":
	case "UIDFETCH": // RFC 9586
		p.seq, p.uid = 0, r.Number
	default:
		p.lost = true
	}
	r.Args.Byte('(')
	*d = r.Args
}

// items goes on to the end of what is there; ok tells that a section's bytes are next.
func (p *literalPrefix) items(f *fetchReader, end int, section *BodySection) (ok bool) {
	d := &f.d
	for p.skip(d); d.Err() == nil && d.Offset() < end; p.skip(d) {
		*section = BodySection{}
		if string(d.Rest()) == "BODY[] " { // what most sections are called
			return true
		}
		name := d.UpperName()
		c, _ := d.Peek()
		inBrackets := c == '['
		if inBrackets {
			f.sectionSpec(section)
		}
		if d.TrySP(); d.Offset() == end {
			return d.Err() == nil && sectionName(name, inBrackets, section)
		}
		if string(name) == "UID" {
			p.uid = d.Number()
			continue
		}
		p.value(d)
	}
	return false
}

// skip goes to the next item: behind what is open and spaces.
func (p *literalPrefix) skip(d *wire.Decoder) {
	for d.TrySP(); p.depth > 0; d.TrySP() {
		if _, more := d.Peek(); !more {
			return
		}
		p.value(d)
	}
}

// value takes one value, or one parenthesis.
func (p *literalPrefix) value(d *wire.Decoder) {
	switch {
	case d.TryByte('('):
		p.depth++
	case p.depth > 0 && d.TryByte(')'):
		p.depth--
	default:
		d.SkipValue()
	}
}

// sectionName tells whether an item of that name is a section, and completes it.
func sectionName(name []byte, inBrackets bool, s *BodySection) bool {
	switch string(name) {
	case "BODY", "BODY.PEEK":
		return inBrackets
	case "BINARY", "BINARY.PEEK":
		s.Binary = true
		return inBrackets
	case "RFC822":
		return true
	case "RFC822.HEADER":
		s.Specifier = SpecifierHeader
		return !inBrackets
	case "RFC822.TEXT":
		s.Specifier = SpecifierText
		return !inBrackets
	}
	return false
}
