package wire

import (
	"encoding/binary"
	"math/bits"
)

// FieldKind tells what the next value of a list is.
type FieldKind uint8

// Kinds of a field.
const (
	FieldNone   FieldKind = iota // NIL, or left out at the end of the list
	FieldString                  // a string
	FieldList                    // a list, which has not been taken
)

// Field takes the next value of a list that consists of different ones, such as an envelope, with the spaces before it: a string, or
// NIL. A list it leaves where it is. To lists that are long because there are many messages it is the fast way.
// Lenient: as NString, and no space.
func (d *Decoder) Field() (s []byte, kind FieldKind) {
	b, i := d.b, d.pos
	if len(d.literals) > 0 {
		b = b[:d.tokenEnd()]
	}
	if i < len(b) && b[i] == ' ' {
		i++
	}
	if i+3 >= len(b) || d.err != nil || d.Strict {
		return d.slowField()
	}
	switch b[i] {
	case '"':
		from := i + 1
		if end := from + nextQuoteOrEscape(b[from:]); end > from && end < len(b) && b[end] == '"' {
			d.pos = end + 1
			return b[from:end:end], FieldString
		}
	case 'N':
		if b[i+1] == 'I' && b[i+2] == 'L' && (b[i+3] == ' ' || b[i+3] == ')') {
			d.pos = i + 3
			return nil, FieldNone
		}
	case '(':
		d.pos = i
		return nil, FieldList
	}
	return d.slowField()
}

func (d *Decoder) slowField() (s []byte, kind FieldKind) {
	if c, ok := d.Peek(); d.Strict && (!ok || d.b[d.pos-1] != '(' && c != ')') {
		d.Byte(' ')
	} else {
		d.TrySP()
	}
	if c, ok := d.Peek(); ok && c == '(' {
		return nil, FieldList
	}
	s, ok := d.NString()
	if !ok {
		return nil, FieldNone
	}
	return s, FieldString
}

// Strings takes the next values of such a list, as many as there is room for, if all of them are strings or NIL, for which it answers nil,
// and written as most servers do. Else it takes none and answers false: Field takes any.
func (d *Decoder) Strings(values [][]byte) bool {
	if !d.IsPlain() {
		return false
	}
	end := plainStrings(d.b, d.pos, values)
	if end < 0 {
		return false
	}
	d.pos = end
	return true
}

// Tuple is Strings for a list within the list that has these values and no more: it takes its parentheses, too.
func (d *Decoder) Tuple(values [][]byte) bool {
	i := d.pos
	if i < len(d.b) && d.b[i] == ' ' {
		i++
	}
	if i >= len(d.b) || d.b[i] != '(' || !d.IsPlain() || d.depth >= d.limits.depth() {
		return false
	}
	end := plainStrings(d.b, i+1, values)
	if end < 0 || d.b[end] != ')' {
		return false
	}
	d.pos = end + 1
	return true
}

// plainStrings reads values from b[i:] on and answers where they end, a byte that is there; -1 if one is not plain: it is no string and
// no NIL, is empty, has an escape, or stands too close to the end of b.
func plainStrings(b []byte, i int, values [][]byte) int {
	for k := range values {
		if i < len(b) && b[i] == ' ' {
			i++
		}
		if i+8 > len(b) {
			return -1
		}
		switch b[i] {
		case '"':
			from := i + 1
			hit := uint64(0)
			for i = from; i+8 < len(b); i += 8 {
				if hit = quotesOrEscapes(binary.LittleEndian.Uint64(b[i:])); hit != 0 {
					break
				}
			}
			if i += bits.TrailingZeros64(hit) / 8; hit == 0 || i == from || b[i] != '"' {
				return -1
			}
			values[k] = b[from:i:i]
			i++
		case 'N':
			if b[i+1] != 'I' || b[i+2] != 'L' || b[i+3] != ' ' && b[i+3] != ')' {
				return -1
			}
			values[k] = nil
			i += len("NIL")
		default:
			return -1
		}
	}
	return i
}

// TryAddress takes the next value if it is an address of an envelope written as nearly all are: with a name or with NIL for it, no route, a
// mailbox and a host. Else it takes nothing and host is nil.
//
//	("Ada Lovelace" NIL "ada" "example.org")
func (d *Decoder) TryAddress() (name, mailbox, host []byte) {
	const (
		beforeName, behindName = `("`, `" NIL "`
		noName                 = `(NIL NIL "`
		beforeHost, behindHost = `" "`, `")`
	)
	b, i := d.b, d.pos
	if !d.IsPlain() || d.depth >= d.limits.depth() || len(b)-i < len(noName) {
		return nil, nil, nil
	}
	if string(b[i:i+len(beforeName)]) == beforeName {
		from := i + len(beforeName)
		if i = quoteFrom(b, from); len(b)-i < len(behindName) || string(b[i:i+len(behindName)]) != behindName {
			return nil, nil, nil
		}
		name = b[from:i:i]
		i += len(behindName)
	} else if string(b[i:i+len(noName)]) == noName {
		i += len(noName)
	} else {
		return nil, nil, nil
	}
	from := i
	if i = quoteFrom(b, from); len(b)-i < len(beforeHost) || string(b[i:i+len(beforeHost)]) != beforeHost {
		return nil, nil, nil
	}
	mailbox = b[from:i:i]
	from = i + len(beforeHost)
	if i = quoteFrom(b, from); len(b)-i < len(behindHost) || string(b[i:i+len(behindHost)]) != behindHost {
		return nil, nil, nil
	}
	d.pos = i + len(behindHost)
	return name, mailbox, b[from:i:i]
}

// quoteFrom is the index of the first quote or backslash of b from i on; len(b) if there is none, and perhaps if it is one of the last.
func quoteFrom(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		if hit := quotesOrEscapes(binary.LittleEndian.Uint64(b[i:])); hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	return len(b)
}

// FieldNumber takes the next value of such a list, a number. What servers send for one they do not know counts as 0: NIL, a negative
// number, none at the end of the list. One above 63 bits counts as the largest.
// Lenient: as Number64.
func (d *Decoder) FieldNumber() int64 {
	from := d.pos
	if from < len(d.b) && d.b[from] == ' ' {
		d.pos++
	}
	if n, ok := d.PlainNumber(); ok {
		return n
	}
	d.pos = from
	return d.slowNumber()
}

// maxPlainDigits is how many digits a number can have that is surely no more than 63 bits.
const maxPlainDigits = 18

// PlainNumber takes the next value if it is a number of at most maxPlainDigits with a space or a parenthesis behind it, as nearly all are. Else
// it takes nothing and ok is false: Number64 takes any.
func (d *Decoder) PlainNumber() (n int64, ok bool) {
	if !d.IsPlain() {
		return 0, false
	}
	b := d.b[d.pos:]
	for i := 0; i < len(b) && i <= maxPlainDigits; i++ {
		c := b[i]
		if c-'0' <= 9 {
			n = n*10 + int64(c-'0')
			continue
		}
		if i == 0 || c != ' ' && c != ')' {
			break
		}
		d.pos += i
		return n, true
	}
	return 0, false
}

func (d *Decoder) slowNumber() int64 {
	if c := d.NextByte(); c == 0 || c == ')' {
		return 0
	}
	n, _ := d.OptNumber64()
	return int64(min(n, 1<<63-1))
}

// NextByte answers the first byte of the next value, behind spaces; 0 if there is none.
func (d *Decoder) NextByte() byte {
	if d.err != nil {
		return 0
	}
	for d.pos < len(d.b) {
		if c := d.b[d.pos]; !isSpace(c) {
			return c
		}
		d.pos++
	}
	return 0
}

// TryText takes the bytes of text if they are next, outside of literals, and reports that.
func (d *Decoder) TryText(text string) bool {
	end := d.pos + len(text)
	if d.err != nil || end > d.tokenEnd() || string(d.b[d.pos:end]) != text {
		return false
	}
	d.pos = end
	return true
}

// TryNested is TryText for a text with lists in it, which have none in them.
func (d *Decoder) TryNested(text string) bool { return d.depth < d.limits.depth() && d.TryText(text) }

// TryEnd is TryText for a text that ends a list that was opened.
func (d *Decoder) TryEnd(text string) bool {
	if !d.TryText(text) {
		return false
	}
	d.depth--
	return true
}

// TryClose takes ")" if it is next, the end of a list that was opened, and reports that.
func (d *Decoder) TryClose() bool {
	if d.err != nil || d.pos >= len(d.b) || d.b[d.pos] != ')' {
		return false
	}
	d.pos++
	d.depth--
	return true
}

// Mark is a place to come back to.
type Mark struct {
	pos, depth int
	literals   int // at or behind pos
}

// Mark answers the place of the next byte.
func (d *Decoder) Mark() Mark { return Mark{d.pos, d.depth, len(d.literals)} }

// Return goes back to a place, also after an error. Err forgets it, but later syntax errors are this one again: the first is what matters,
// and a peer could have many made.
func (d *Decoder) Return(m Mark) {
	if d.past == nil {
		d.past = d.err
	}
	d.pos, d.depth, d.literals = m.pos, m.depth, d.all[len(d.all)-m.literals:]
	d.item, d.err = 0, nil
}
