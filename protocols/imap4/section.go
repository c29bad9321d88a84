package imap4

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Specifier says which bytes of a message or of one of its parts are meant (RFC 9051 section 6.4.5).
type Specifier string

// Specifiers.
const (
	SpecifierWhole           Specifier = ""                  // all of the message, or the contents of the part
	SpecifierHeader          Specifier = "HEADER"            // of the message, or of a part of type message/rfc822
	SpecifierHeaderFields    Specifier = "HEADER.FIELDS"     // the named fields of it only
	SpecifierHeaderFieldsNot Specifier = "HEADER.FIELDS.NOT" // all but those
	SpecifierMIME            Specifier = "MIME"              // the header of a part
	SpecifierText            Specifier = "TEXT"              // all behind the header
)

// BodySection names bytes of a message, to be asked for in a FETCH and to be found in what comes back. The zero value is the whole
// message, BODY[], and marks it \Seen; BodySection{Peek: true} does not.
//
// Source: RFC 9051 section 6.4.5, RFC 3516 for Binary; Twisted's arguments of fetchSpecific.
type BodySection struct {
	// Part is the number of the part, as BodyStructure.Walk tells it; nil means the message itself.
	Part []int
	// Specifier says what of it.
	Specifier Specifier
	// Fields are the names of header fields, for SpecifierHeaderFields and SpecifierHeaderFieldsNot only.
	Fields []string
	// Offset and Count ask for Count bytes from Offset on. A Count of zero means all there are. In what a server sent, Count is
	// zero: servers tell the offset only.
	Offset, Count int64
	// Peek leaves \Seen alone. It is no part of what a server sends.
	Peek bool
	// Binary asks the server to undo the part's transfer encoding (BINARY). Legal without Specifier only.
	Binary bool
}

// SectionState says what became of a section's bytes.
type SectionState uint8

// States of a Section.
const (
	SectionKept     SectionState = iota // they are in Bytes
	SectionNil                          // the server sent NIL: there is no such part
	SectionStreamed                     // they went to a sink as they came
	SectionSkipped                      // they were dropped because nobody wanted them
	SectionTooLarge                     // they were dropped because of Limits.Literal or Limits.Response
	SectionSizeOnly                     // BINARY.SIZE: only the size was asked for
)

// Section is a body section as a server sent it.
type Section struct {
	BodySection
	State SectionState
	Size  int64  // octets, as announced
	Bytes []byte // nil unless State is SectionKept
}

// String is the section as a FETCH command asks for it, such as BODY.PEEK[1.2.MIME]<0.512>.
func (s BodySection) String() string { return string(s.appendItem(nil)) }

// appendItem appends String. Without a fault it holds no byte that ends an item or a line.
func (s BodySection) appendItem(dst []byte) []byte {
	name := "BODY"
	if s.Binary {
		name = "BINARY"
	}
	dst = append(dst, name...)
	if s.Peek {
		dst = append(dst, ".PEEK"...)
	}
	dst = append(dst, '[')
	for i, n := range s.Part {
		if i > 0 {
			dst = append(dst, '.')
		}
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	if len(s.Part) > 0 && s.Specifier != "" {
		dst = append(dst, '.')
	}
	dst = append(dst, s.Specifier...)
	if s.hasFields() {
		dst = appendFields(append(dst, ' '), s.Fields)
	}
	return s.appendPartial(append(dst, ']'))
}

func (s BodySection) hasFields() bool {
	return s.Specifier == SpecifierHeaderFields || s.Specifier == SpecifierHeaderFieldsNot
}

// appendFields: header-list = "(" header-fld-name *(SP header-fld-name) ")"; header-fld-name = astring
func appendFields(dst []byte, fields []string) []byte {
	dst = append(dst, '(')
	for i, field := range fields {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst, _ = wire.AppendAString(dst, field)
	}
	return append(dst, ')')
}

// maxCount is the largest count a partial can have: partial = "<" number "." nz-number ">".
const maxCount = 1<<32 - 1

func (s BodySection) appendPartial(dst []byte) []byte {
	if s.Offset == 0 && s.Count == 0 {
		return dst
	}
	count := s.Count
	if count == 0 {
		count = maxCount
	}
	dst = strconv.AppendInt(append(dst, '<'), s.Offset, 10)
	dst = strconv.AppendInt(append(dst, '.'), count, 10)
	return append(dst, '>')
}

// fault tells why s cannot be asked for, "" if it can.
func (s BodySection) fault() string {
	switch {
	case slices.ContainsFunc(s.Part, func(n int) bool { return n < 1 || n > maxCount }):
		return "the number of a part is none"
	case s.Offset < 0 || s.Offset > maxCount || s.Count < 0 || s.Count > maxCount:
		return "the offset or count of a section is out of range"
	case s.Binary && s.Specifier != SpecifierWhole:
		return "BINARY goes without a specifier"
	case s.hasFields() != (len(s.Fields) > 0):
		return "HEADER.FIELDS needs names of fields, and nothing else takes them"
	case slices.ContainsFunc(s.Fields, func(f string) bool { return !isFieldName(f) }):
		return "the name of a header field is none"
	}
	switch s.Specifier {
	case SpecifierWhole, SpecifierHeader, SpecifierHeaderFields, SpecifierHeaderFieldsNot, SpecifierText:
		return ""
	case SpecifierMIME:
		if len(s.Part) > 0 {
			return ""
		}
		return "MIME is of a part, not of the message"
	}
	return "the specifier of a section is none"
}

// isFieldName: field-name = 1*ftext; ftext = %d33-57 / %d59-126 (RFC 5322 section 3.6.8)
func isFieldName(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' || s[i] == ':' {
			return false
		}
	}
	return s != ""
}

// Matches reports whether a server that sent s means what was asked for with asked: the same bytes. Peek and Count do not matter,
// nor the case of letters or the order of fields.
func (s BodySection) Matches(asked BodySection) bool { return s.matches(&asked) }

func (s *BodySection) matches(asked *BodySection) bool {
	return s.Specifier == asked.Specifier && s.Binary == asked.Binary && s.Offset == asked.Offset && slices.Equal(s.Part, asked.Part) &&
		sameFields(s.Fields, asked.Fields)
}

func sameFields(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, field := range a {
		if !slices.ContainsFunc(b, func(other string) bool { return strings.EqualFold(field, other) }) {
			return false
		}
	}
	return true
}

// Section returns the section that the server sent for what was asked, and whether there is one. Of several that match, the first
// that has bytes.
func (m *Message) Section(asked BodySection) (*Section, bool) {
	var found *Section
	for i := range m.Sections {
		s := &m.Sections[i]
		if s.State != SectionSizeOnly && s.Matches(asked) && (found == nil || found.State != SectionKept && s.State == SectionKept) {
			found = s
		}
	}
	return found, found != nil
}

// Body is the bytes of the whole message, BODY[] or RFC822; nil if they are not there.
func (m *Message) Body() []byte {
	if s, ok := m.Section(BodySection{}); ok {
		return s.Bytes
	}
	return nil
}
