package imap4

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// BodyStructure is a node of the tree of a message's parts (RFC 9051 section 7.5.2, BODY and BODYSTRUCTURE).
//
// Type, Subtype, Encoding, the disposition's Value and the names of parameters are in lower case; all else is as sent.
type BodyStructure struct {
	Type    string // "text", "multipart", ...; "application" if the server sent none
	Subtype string // "plain", "mixed", ...; "octet-stream" if the server sent none
	Params  Params

	// Of a part that is no multipart.
	ID          string
	Description string
	Encoding    string // "7bit", "base64", ...; empty if the server sent none
	Size        int64  // octets in that encoding; 0 if not known
	Lines       int64  // of text/* and message/rfc822

	// Envelope and Body of a message/rfc822; nil of other types, and if the server sent none.
	Envelope *Envelope
	Body     *BodyStructure

	// Children are the parts of a multipart.
	Children []BodyStructure

	// Extension is what only BODYSTRUCTURE has; nil if the server sent none of it.
	Extension *BodyExtension
}

// BodyExtension is what RFC 9051 section 7.5.2 calls extension data of a part. Some servers leave it out, or its end.
type BodyExtension struct {
	MD5         string
	Disposition Disposition
	Language    []string
	Location    string
	Rest        string // what the server sent behind these, as it stands
}

// Disposition is that of the extension data, empty if there is none.
func (b *BodyStructure) Disposition() Disposition {
	if b.Extension == nil {
		return Disposition{}
	}
	return b.Extension.Disposition
}

// Params are parameters in the order sent.
type Params []Param

// Param is one of them.
type Param struct {
	Name  string // in lower case
	Value string
}

// Disposition says how a part is meant to be shown (RFC 2183): "inline", "attachment", or "" if the server did not tell.
type Disposition struct {
	Value  string
	Params Params
}

// IsMultipart reports whether b is a multipart, also one without parts.
func (b *BodyStructure) IsMultipart() bool { return b.Type == "multipart" }

// Walk calls visit for b and each part in it, from the outside to the inside and in their order, with the number that FETCH asks for
// the part by, as in BodySection.Part. When visit answers false, what is in that part is left out.
//
// The numbers are those of RFC 9051 section 6.4.5: a message that is no multipart is part 1 of itself, a multipart message has none,
// and the parts of a message within the message count on from its own number; its outermost multipart shows under that number, too.
// Lifetime: path is valid until visit returns.
func (b *BodyStructure) Walk(visit func(path []int, part *BodyStructure) bool) {
	var room [8]int
	b.walkMessage(room[:0], visit)
}

// walkMessage visits b as the body of the message with number path.
func (b *BodyStructure) walkMessage(path []int, visit func(path []int, part *BodyStructure) bool) {
	if !b.IsMultipart() {
		path = append(path, 1)
	}
	b.walk(path, visit)
}

func (b *BodyStructure) walk(path []int, visit func(path []int, part *BodyStructure) bool) {
	if !visit(path, b) {
		return
	}
	if b.Body != nil {
		b.Body.walkMessage(path, visit)
	}
	for i := range b.Children {
		b.Children[i].walk(append(path, i+1), visit)
	}
}

// Part returns the part with that number, nil if there is none. No number means b itself; of a message within the message it is the
// message, not its body.
func (b *BodyStructure) Part(path ...int) *BodyStructure {
	if len(path) > 0 && !b.IsMultipart() {
		if path[0] != 1 {
			return nil
		}
		path = path[1:]
	}
	for _, n := range path {
		if b.Body != nil && !b.Body.IsMultipart() && n == 1 {
			b = b.Body
			continue
		}
		if b.Body != nil {
			b = b.Body
		}
		if n < 1 || n > len(b.Children) {
			return nil
		}
		b = &b.Children[n-1]
	}
	return b
}

// Filename is the name that the sender gave the part, decoded; "" if there is none. It is not fit to be a path: it may be anything.
//
// Source: RFC 2183 (filename), RFC 2045 (name), RFC 2231 for long and non-ASCII ones, RFC 2047 where mailers use that instead.
func (b *BodyStructure) Filename() string {
	if name := b.Disposition().Params.decoded("filename"); name != "" {
		return name
	}
	return b.Params.decoded("name")
}

// Get is the value of the first parameter of that name, in letters of any case, as sent; "" if there is none.
func (p Params) Get(name string) string {
	for _, param := range p {
		if strings.EqualFold(param.Name, name) {
			return param.Value
		}
	}
	return ""
}

// decoded is the value of a parameter, put together from its pieces if it comes in pieces.
//
//	name*0*=utf-8'en'caf%C3%A9; name*1=" au lait"  (RFC 2231 sections 3 and 4)
func (p Params) decoded(name string) string {
	if value := p.Get(name + "*"); value != "" {
		return decodeExtended(value)
	}
	if value := p.Get(name); value != "" {
		return DecodeText(value)
	}
	var text strings.Builder
	extended := false
	for i := 0; i < len(p); i++ {
		piece := name + "*" + strconv.Itoa(i)
		if value := p.Get(piece + "*"); value != "" {
			if i == 0 {
				extended = true
			}
			text.WriteString(value)
		} else if value := p.Get(piece); value != "" {
			if extended {
				value = strings.ReplaceAll(value, "%", "%25") // it is decoded together with the others
			}
			text.WriteString(value)
		} else {
			break
		}
	}
	if extended {
		return decodeExtended(text.String())
	}
	return DecodeText(text.String())
}

// decodeExtended: extended-parameter value = charset "'" language "'" *(%XX / attribute-char). A charset other than UTF-8 that
// makes no UTF-8 is taken for ISO-8859-1.
func decodeExtended(value string) string {
	if _, rest, ok := strings.Cut(value, "'"); ok {
		if _, text, ok := strings.Cut(rest, "'"); ok {
			value = text
		}
	}
	b := make([]byte, 0, len(value))
	for i := 0; i < len(value); i++ {
		if n, ok := hexByte(value[i:]); ok {
			b = append(b, n)
			i += 2
			continue
		}
		b = append(b, value[i])
	}
	if utf8.Valid(b) {
		return string(b)
	}
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

// hexByte reads %XX.
func hexByte(s string) (n byte, ok bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	value, err := strconv.ParseUint(s[1:3], 16, 8)
	return byte(value), err == nil
}
