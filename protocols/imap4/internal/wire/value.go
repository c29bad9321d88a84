package wire

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// Atom takes an atom; it is not empty. Lenient: see Decoder.
//
//	atom = 1*ATOM-CHAR
func (d *Decoder) Atom() []byte { return d.chars("atom", classAtom) }

// AtomBefore is Atom that also ends before any byte of stops: BODY[TEXT]<0> is AtomBefore("["), and so on.
func (d *Decoder) AtomBefore(stops string) []byte {
	from := d.pos
	token := d.chars("atom", classAtom)
	for i, c := range token {
		if isOneOf(c, stops) {
			d.pos = from + i
			if i == 0 {
				d.Expected("atom")
				return nil
			}
			return token[:i:i]
		}
	}
	return token
}

// UpperName is Atom that also ends before "[", as the names of FETCH items do, in capitals: a view of the unit if it is in capitals
// there, else a copy.
func (d *Decoder) UpperName() []byte {
	if d.err != nil {
		return nil
	}
	b := d.b[:d.tokenEnd()]
	end, seen := d.pos, class(0)
	for ; end < len(b); end++ {
		of := classes[b[end]]
		if of&className == 0 {
			break
		}
		seen |= of
	}
	if end == d.pos {
		d.Expected("name")
		return nil
	}
	name := d.take(end)
	if seen&classLower != 0 {
		return d.Upper(name)
	}
	return name
}

// Flag takes a flag, a keyword or a mailbox attribute, with its backslash if it has one, also "\*".
//
//	flag = "\Answered" / ... / flag-keyword / flag-extension;  flag-perm = flag / "\*"
func (d *Decoder) Flag() []byte {
	if c, ok := d.Peek(); !d.Strict || !ok || c != '\\' {
		return d.chars("flag", classAtom)
	}
	from := d.pos
	d.pos++
	if !d.TryByte('*') {
		d.chars("flag", classAtom)
	}
	return d.Since(from)
}

// chars takes one or more bytes that strict allows, or, lenient, that an atom in the wild is made of.
func (d *Decoder) chars(want string, strict class) []byte {
	if !d.Strict {
		strict = classLenient
	}
	return d.token(want, strict)
}

// token takes one or more bytes of a class.
func (d *Decoder) token(want string, of class) []byte {
	if d.err != nil {
		return nil
	}
	b := d.b[:d.tokenEnd()]
	end := d.pos
	for end < len(b) && classes[b[end]]&of != 0 {
		end++
	}
	if end == d.pos {
		d.Expected(want)
		return nil
	}
	return d.take(end)
}

// Since returns what was taken since the next byte was at offset, nil after an error.
func (d *Decoder) Since(offset int) []byte {
	if d.err != nil {
		return nil
	}
	return d.b[offset:d.pos:d.pos]
}

// AString takes an atom or a string. NIL is an atom here.
//
//	astring = 1*ASTRING-CHAR / string
func (d *Decoder) AString() []byte {
	if d.atString() {
		return d.String()
	}
	return d.chars("atom or string", classAString)
}

// String takes a quoted string or a kept literal. Lenient: also an atom.
// A literal that was streamed or skipped fails with *SyntaxError, one that was too large with *LimitError: ask
// PeekLiteral first where they can occur.
//
//	string = quoted / literal
func (d *Decoder) String() []byte {
	if _, ok := d.PeekLiteral(); ok {
		return d.literal()
	}
	if c, ok := d.Peek(); ok && c == '"' {
		return d.quoted()
	}
	if d.Strict {
		d.Expected("string")
		return nil
	}
	return d.chars("string", classAString)
}

// NString takes a string or NIL, for which ok is false. Lenient: also an atom, and a value that is left out
// before ")" or the end counts as NIL.
//
//	nstring = string / nil
func (d *Decoder) NString() (s []byte, ok bool) {
	c, more := d.Peek()
	if c == '"' && len(d.literals) == 0 {
		s = d.quoted()
		return s, d.err == nil
	}
	if d.Nil() {
		return nil, false
	}
	if !d.Strict && d.err == nil && (!more || c == ')') {
		return nil, false
	}
	s = d.String()
	return s, d.err == nil
}

// atString reports whether a quoted string or a literal is next.
func (d *Decoder) atString() bool {
	if _, ok := d.PeekLiteral(); ok {
		return true
	}
	c, ok := d.Peek()
	return ok && c == '"'
}

func (d *Decoder) literal() []byte {
	lit, _ := d.PeekLiteral()
	switch lit.State {
	case LiteralTooLarge:
		d.Fail(&LimitError{Limit: LimitLiteral, Max: d.limits.literal()})
		return nil
	case LiteralKept:
		d.PassLiteral()
		return d.b[lit.Offset:d.pos:d.pos]
	}
	d.Expected("literal that was kept")
	return nil
}

// quoted takes a quoted string. Lenient: one that begins with quotes it should have escaped, as in """ab"" c", ends at the quote
// that a space or a parenthesis follows.
//
//	quoted = DQUOTE *QUOTED-CHAR DQUOTE
//	QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials / UTF8-2 / UTF8-3 / UTF8-4
func (d *Decoder) quoted() []byte {
	from := d.pos + 1
	b := d.b[:d.tokenEnd()]
	escapes := false
	for end := from; ; end++ {
		end += nextQuoteOrEscape(b[min(end, len(b)):])
		switch {
		case end >= len(b):
			d.expectedAt(from-1, "quoted string with its end")
			return nil
		case b[end] == '\\':
			escapes = true
			end++
		case end == from && !d.Strict && end+1 < len(b) && b[end+1] == '"':
			end++
		default:
			d.pos = end + 1
			if escapes || d.Strict {
				return d.unquote(from, end, escapes)
			}
			return b[from:end:end]
		}
	}
}

// nextQuoteOrEscape is the index of the first quote or backslash of b, len(b) if there is none.
func nextQuoteOrEscape(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		if hit := quotesOrEscapes(w); hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' {
		i++
	}
	return i
}

// quotesOrEscapes marks the bytes of w that are a quote or a backslash: see bytesEqual.
func quotesOrEscapes(w uint64) uint64 {
	quotes, escapes := w^lowBits*'"', w^lowBits*'\\'
	return ((quotes-lowBits)&^quotes | (escapes-lowBits)&^escapes) & highBits
}

// bytesEqual marks the bytes of w that are c with their highest bit. Only the lowest mark is sure.
func bytesEqual(w uint64, c byte) uint64 {
	w ^= lowBits * uint64(c)
	return (w - lowBits) &^ w & highBits
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// unquote returns the value of the quoted string whose inside lies in from:end.
func (d *Decoder) unquote(from, end int, escapes bool) []byte {
	inside := d.b[from:end:end]
	if d.Strict && !strictQuoted(inside) {
		d.expectedAt(from-1, "quoted string of text and known escapes")
		return nil
	}
	if !escapes {
		return inside
	}
	value := d.makeRoom(len(inside))
	for i := 0; i < len(inside); i++ {
		if inside[i] == '\\' && i+1 < len(inside) && isQuotedSpecial(inside[i+1]) {
			i++
		}
		value = append(value, inside[i])
	}
	return d.keepRoom(value)
}

func strictQuoted(inside []byte) bool {
	if !utf8.Valid(inside) {
		return false
	}
	for i := 0; i < len(inside); i++ {
		switch inside[i] {
		case 0, '\r', '\n':
			return false
		case '\\':
			i++
			if i == len(inside) || !isQuotedSpecial(inside[i]) {
				return false
			}
		}
	}
	return true
}

// Number takes a number of 32 bits.
//
//	number = 1*DIGIT ; unsigned, 0 <= n < 4,294,967,296
func (d *Decoder) Number() uint32 {
	from := d.pos
	n := d.Number64()
	if d.err == nil && n > 1<<32-1 {
		d.expectedAt(from, "number of at most 32 bits")
		return 0
	}
	return uint32(n)
}

// Digits takes a number of 32 bits that is digits and nothing else: what follows it may be a point.
func (d *Decoder) Digits() uint32 {
	if d.err != nil {
		return 0
	}
	n, ok := parseNumber(d.b[d.pos:skipDigits(d.b[:d.tokenEnd()], d.pos)])
	if !ok || n > 1<<32-1 {
		d.Expected("number of at most 32 bits")
		return 0
	}
	d.pos = skipDigits(d.b, d.pos)
	return uint32(n)
}

// Number64 takes a number of 63 bits. Lenient: of 64 bits, and one like 9.37e+06 that has an integer value.
//
//	number64 = 1*DIGIT ; unsigned, 0 <= n <= 9,223,372,036,854,775,807
func (d *Decoder) Number64() uint64 {
	if d.err != nil {
		return 0
	}
	from, end := d.pos, skipDigits(d.b[:d.tokenEnd()], d.pos)
	if end == from {
		d.Expected("number")
		return 0
	}
	digits := d.take(end)
	if c, ok := d.Peek(); ok && !d.Strict && (c == '.' || c == 'e' || c == 'E') {
		return d.float(from)
	}
	n, ok := parseNumber(digits)
	if !ok || d.Strict && n >= 1<<63 {
		d.expectedAt(from, "number of at most 63 bits")
		return 0
	}
	return n
}

// float takes a number written with a point or an exponent. Seen from mail.ru: STATUS (MESSAGES 9.3736e+06).
func (d *Decoder) float(from int) uint64 {
	const exact = 1 << 53 // above, a float64 is no count any more
	d.pos = from
	n, err := strconv.ParseFloat(string(d.chars("number", classAtom)), 64)
	if d.err == nil && (err != nil || !(n >= 0 && n <= exact)) {
		d.expectedAt(from, "number")
	}
	if d.err != nil {
		return 0
	}
	return uint64(n)
}

// OptNumber64 takes a number, or what servers send for none: NIL or a negative number, for which ok is false.
func (d *Decoder) OptNumber64() (n uint64, ok bool) {
	if d.Nil() {
		return 0, false
	}
	negative := d.TryByte('-')
	n = d.Number64()
	if negative || d.err != nil {
		return 0, false
	}
	return n, true
}
