package imap4

import (
	"math"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Body sections as servers send them.

// readSection reads an item whose name goes on in brackets.
//
//	msg-att-static =/ "BODY" section ["<" number ">"] SP nstring / "BINARY" section-binary SP (nstring / literal8) /
//	                  "BINARY.SIZE" section-binary SP number
//
// Accepted beyond it: RFC822[] for RFC822, BODY.PEEK[] for BODY[], and the whole partial in the angle brackets; see partial.
func (f *fetchDecoder) readSection(name []byte) {
	from := f.d.Offset() - len(name)
	var s BodySection
	f.sectionSpec(&s)
	switch {
	case string(name) == "BINARY.SIZE":
		f.d.SP()
		s.Binary = true
		n, _ := f.d.OptNumber64()
		f.addSection(&s, SectionSizeOnly, int64(min(n, math.MaxInt64)), nil)
	case sectionName(name, true, &s):
		f.d.SP()
		f.readSectionValue(&s)
	default:
		full := f.d.Upper(f.d.Since(from))
		f.d.SP()
		f.readExtra(full)
	}
}

// readSectionValue reads the bytes of a section, which may have gone another way.
func (f *fetchDecoder) readSectionValue(s *BodySection) {
	if lit, ok := f.d.PeekLiteral(); ok && lit.State != wire.LiteralKept {
		f.d.PassLiteral()
		f.addSection(s, literalState(lit.State), lit.Size, nil)
		return
	}
	b, ok := f.d.NString()
	state := SectionKept
	if !ok {
		state = SectionNil
	}
	f.addSection(s, state, int64(len(b)), b)
}

func (f *fetchDecoder) addSection(s *BodySection, state SectionState, size int64, b []byte) {
	if f.d.Err() == nil && f.spend(costSection) {
		f.sections = append(f.sections, Section{BodySection: *s, State: state, Size: size, Bytes: b})
	}
}

func literalState(s wire.LiteralState) SectionState {
	switch s {
	case wire.LiteralStreamed:
		return SectionStreamed
	case wire.LiteralTooLarge:
		return SectionTooLarge
	}
	return SectionSkipped
}

// sectionSpec reads the brackets, and what follows them up to the space, into s, which is empty.
//
//	section = "[" [section-spec] "]"
//	section-spec = section-msgtext / (section-part ["." section-text])
//	section-part = nz-number *("." nz-number)
func (f *fetchReader) sectionSpec(s *BodySection) {
	if !f.wholeMessage() {
		f.usualSpec(s)
	}
}

// wholeMessage takes the empty brackets of all of a message, which is what most often is asked for, and reports that.
func (f *fetchReader) wholeMessage() bool {
	rest := f.d.Rest()
	if len(rest) < 3 || rest[0] != '[' || rest[1] != ']' || rest[2] == '<' {
		return false
	}
	f.d.SkipTo(f.d.Offset() + len("[]"))
	return true
}

// usualSpec is sectionSpec for any section.
func (f *fetchReader) usualSpec(s *BodySection) {
	d := &f.d
	d.Byte('[')
	from := len(f.numbers)
	for c, _ := d.Peek(); c-'0' <= 9 && f.spend(costNumber); c, _ = d.Peek() {
		f.numbers = append(f.numbers, int(d.Digits()))
		if !d.TryByte('.') {
			break
		}
	}
	if to := len(f.numbers); to > from {
		s.Part = f.numbers[from:to:to]
	}
	if c, ok := d.Peek(); ok && c != ']' {
		s.Specifier = internSpecifier(d.Upper(d.AtomBefore("]")))
		s.Fields = f.headerList()
	}
	d.Byte(']')
	s.Offset, s.Count = partial(d)
}

// headerList: header-list = "(" header-fld-name *(SP header-fld-name) ")"
func (f *fetchReader) headerList() []string {
	d := &f.d
	if d.TrySP(); d.Err() == nil {
		if c, ok := d.Peek(); !ok || c != '(' {
			return nil
		}
	}
	from := len(f.fields)
	for d.Open(); f.more(costText); {
		f.fields = append(f.fields, textview(d.AString()))
	}
	return f.fields[from:len(f.fields):len(f.fields)]
}

// partial: ["<" number ">"]. Accepted beyond it: <offset.count>, as in the command.
func partial(d *wire.Decoder) (offset, count int64) {
	if !d.TryByte('<') {
		return 0, 0
	}
	offset = int64(d.Digits())
	if d.TryByte('.') {
		count = int64(d.Digits())
	}
	d.Byte('>')
	return offset, count
}

func internSpecifier(b []byte) Specifier {
	switch s := Specifier(textview(b)); s {
	case SpecifierHeader:
		return SpecifierHeader
	case SpecifierHeaderFields:
		return SpecifierHeaderFields
	case SpecifierHeaderFieldsNot:
		return SpecifierHeaderFieldsNot
	case SpecifierMIME:
		return SpecifierMIME
	case SpecifierText:
		return SpecifierText
	default:
		return s
	}
}
