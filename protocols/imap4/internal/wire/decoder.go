package wire

import "encoding/binary"

// Decoder reads values from one unit by the grammar's own words. Its first error stays: every later call answers
// zero values, so a caller may read a whole form and ask Err once.
//
// It is lenient unless Strict: several spaces for one, none next to a parenthesis, spaces before ")" and at the
// end, any byte but SP ( ) " and controls in an atom, an atom for a string, NIL for a list, 8-bit and unescaped
// backslashes in quoted strings, numbers like 9.37e+06.
//
// Decoders are values: a copy reads on by itself, but for SetRoom. All bytes returned are views of the unit and share its lifetime,
// except a quoted string with escapes, which is a copy.
type Decoder struct {
	// Strict takes only what RFC 9051 section 9 allows.
	Strict bool
	// Fault, if not nil, gets the first error of this decoder and of its copies.
	Fault *error

	secret   bool // never show what was got
	owned    bool // b stays as it is
	b        []byte
	all      []Literal // of the unit
	literals []Literal // those that begin at or behind pos
	pos      int
	depth    int
	item     int // where the value began that More has told of
	limits   *Limits
	room     []byte // nil, or for values that do not lie in b as they are
	err      error
	past     error // the first that Return has forgotten
}

// NewDecoder returns a decoder for b, in which the literals lie, as in Unit. Limits: nil means the defaults.
func NewDecoder(b []byte, literals []Literal, l *Limits) Decoder {
	return Decoder{b: b, all: literals, literals: literals, limits: l}
}

// Decoder returns a decoder for the unit's bytes: for LiteralStart those before the announcement.
func (u Unit) Decoder(l *Limits) Decoder {
	return Decoder{b: u.Bytes, all: u.Literals, literals: u.Literals, limits: l, owned: u.Owned}
}

// Err is the first error: *SyntaxError, *LimitError, or what Fail was given; nil while there was none.
func (d *Decoder) Err() error { return d.err }

// IsPlain tells that what is left can be read the fast way: no literal is in it, nothing has failed, and d is not Strict.
func (d *Decoder) IsPlain() bool { return len(d.literals) == 0 && d.err == nil && !d.Strict }

// Offset is the index in the unit of the next byte.
func (d *Decoder) Offset() int { return d.pos }

// Fail ends decoding with err, unless it has failed before.
func (d *Decoder) Fail(err error) {
	if d.err != nil {
		return
	}
	d.err = err
	if d.Fault != nil && *d.Fault == nil {
		*d.Fault = err
	}
}

// Expected ends decoding with a *SyntaxError at the next byte, unless it has failed before.
func (d *Decoder) Expected(want string) { d.expectedAt(d.pos, want) }

func (d *Decoder) expectedAt(pos int, want string) {
	if d.err != nil {
		return
	}
	if d.past != nil {
		d.Fail(d.past)
		return
	}
	got := quoteGot(d.b[pos:])
	if d.secret && pos < len(d.b) {
		got = gotSecret
	}
	d.Fail(&SyntaxError{Offset: pos, Want: want, Got: got})
}

// Peek returns the next byte without taking it; false at the end and after an error.
func (d *Decoder) Peek() (byte, bool) {
	if d.err != nil || d.pos >= len(d.b) {
		return 0, false
	}
	return d.b[d.pos], true
}

// TryByte takes the next byte if it is c, and reports that.
func (d *Decoder) TryByte(c byte) bool {
	if next, ok := d.Peek(); !ok || next != c {
		return false
	}
	d.pos++
	return true
}

// Byte takes the next byte, which must be c.
func (d *Decoder) Byte(c byte) {
	if !d.TryByte(c) {
		d.Expected(string([]byte{'"', c, '"'}))
	}
}

// SP takes the space between two values. Lenient: several, and none next to a parenthesis or at the end.
func (d *Decoder) SP() {
	if !d.TrySP() && (d.Strict || !d.besideParen()) {
		d.Expected("space")
	}
}

// TrySP takes the space between two values if there is one, and reports that. Lenient: several.
func (d *Decoder) TrySP() bool {
	if d.Strict {
		return d.TryByte(' ')
	}
	from := d.pos
	d.skipSpaces()
	return d.pos > from
}

func (d *Decoder) skipSpaces() {
	if d.err == nil {
		d.pos = skipSpaces(d.b, d.pos)
	}
}

// besideParen reports whether a space can be left out here.
func (d *Decoder) besideParen() bool {
	if d.pos >= len(d.b) || d.b[d.pos] == '(' || d.b[d.pos] == ')' {
		return true
	}
	return d.pos > 0 && (d.b[d.pos-1] == '(' || d.b[d.pos-1] == ')')
}

// EOL takes the end of the unit. Lenient: spaces before it.
func (d *Decoder) EOL() {
	if !d.Strict {
		d.skipSpaces()
	}
	if d.err == nil && d.pos < len(d.b) {
		d.Expected(gotEnd)
	}
}

// Text takes the rest of the unit as it is, and never fails.
func (d *Decoder) Text() []byte {
	rest := d.Rest()
	if d.err == nil {
		d.pos = len(d.b)
	}
	return rest
}

// Rest returns the rest of the unit without taking it; nil after an error.
func (d *Decoder) Rest() []byte {
	if d.err != nil {
		return nil
	}
	return d.b[d.pos:]
}

// PeekLiteral returns the literal that begins at the next byte, without taking it.
func (d *Decoder) PeekLiteral() (Literal, bool) {
	for len(d.literals) > 0 && d.literals[0].Start < d.pos {
		d.literals = d.literals[1:]
	}
	if d.err != nil || len(d.literals) == 0 || d.literals[0].Start != d.pos {
		return Literal{}, false
	}
	return d.literals[0], true
}

// PassLiteral takes the literal that begins at the next byte, whatever became of its octets.
func (d *Decoder) PassLiteral() {
	lit, ok := d.PeekLiteral()
	if !ok {
		d.Expected("literal")
		return
	}
	d.pos = lit.Offset
	if lit.State == LiteralKept {
		d.pos += int(lit.Size)
	}
}

// tokenEnd is how far a token can reach: to the next literal or the end of the unit.
func (d *Decoder) tokenEnd() int {
	if len(d.literals) == 0 {
		return len(d.b)
	}
	d.PeekLiteral()
	if len(d.literals) > 0 {
		return d.literals[0].Start
	}
	return len(d.b)
}

// take returns the view from the next byte up to end and goes there.
func (d *Decoder) take(end int) []byte {
	token := d.b[d.pos:end:end]
	d.pos = end
	return token
}

// isNil reports whether NIL stands at the next byte as a whole atom.
//
//	nil = "NIL"
func (d *Decoder) isNil() bool {
	if d.err != nil || d.pos+3 > len(d.b) || d.b[d.pos]|0x20 != 'n' {
		return false
	}
	if d.pos+3 > d.tokenEnd() || !equalFold(d.b[d.pos:d.pos+3], "NIL") {
		return false
	}
	end := d.pos + 3
	return end == len(d.b) || !classLenient.has(d.b[end]) || d.b[end] == ']'
}

// Nil takes NIL if it is next, and reports that.
func (d *Decoder) Nil() bool {
	if !d.isNil() {
		return false
	}
	d.pos += 3
	return true
}

// Own makes the unit's bytes stay as they are when the scanner goes on: with a copy, unless they do anyway and lie in memory that is
// not much larger than they are.
func (d *Decoder) Own() {
	if d.owned && cap(d.b) <= len(d.b)+len(d.b)/4+restRoom {
		return
	}
	b := make([]byte, len(d.b))
	copy(b, d.b)
	d.b, d.owned = b, true
}

// SetRoom gives the decoder room for copies that it must make: it appends them to room[:0], and Room answers what became of it. So
// it can be reused when the values are not needed any more. Of a decoder with room and its copies, one only may read on.
func (d *Decoder) SetRoom(room []byte) { d.room = room[:0] }

// Room is what SetRoom was given, or the larger one that had to be made.
func (d *Decoder) Room() []byte { return d.room }

// makeRoom answers an empty slice for a value of at most n bytes; keepRoom takes the value that has been appended to it.
func (d *Decoder) makeRoom(n int) []byte {
	if d.room == nil {
		return make([]byte, 0, n)
	}
	if cap(d.room)-len(d.room) < n { // values that lie in the old room stay there
		d.room = make([]byte, 0, max(2*cap(d.room), n))
	}
	return d.room[len(d.room):]
}

func (d *Decoder) keepRoom(value []byte) []byte {
	if d.room != nil {
		d.room = d.room[:len(d.room)+len(value)]
	}
	return value[:len(value):len(value)]
}

// Lower returns word with ASCII letters in lower case: word itself if it is, else a copy.
func (d *Decoder) Lower(word []byte) []byte {
	if !hasUpper(word) {
		return word
	}
	return d.inCase(word, classUpper)
}

// Upper returns word with ASCII letters in capitals: word itself if it is, else a copy.
func (d *Decoder) Upper(word []byte) []byte { return d.inCase(word, classLower) }

// hasUpper reports whether a capital is in word.
func hasUpper(word []byte) bool {
	n := len(word)
	if n < 8 {
		for _, c := range word {
			if c-'A' <= 'Z'-'A' {
				return true
			}
		}
		return false
	}
	found := uint64(0)
	for i := 0; i+8 < n; i += 8 {
		found |= uppers(binary.LittleEndian.Uint64(word[i:]))
	}
	return found|uppers(binary.LittleEndian.Uint64(word[n-8:])) != 0
}

// uppers marks the bytes of w that are capitals with their highest bit. Each sum stays in its byte, because it is of 7 bits and less.
func uppers(w uint64) uint64 {
	low := w &^ highBits
	fromA, beyondZ := low+lowBits*(0x80-'A'), low+lowBits*(0x80-'Z'-1)
	return fromA &^ beyondZ &^ w & highBits
}

// inCase returns word with the other case for letters of class wrong.
func (d *Decoder) inCase(word []byte, wrong class) []byte {
	i := 0
	for i < len(word) && !wrong.has(word[i]) {
		i++
	}
	if i == len(word) {
		return word
	}
	other := append(d.makeRoom(len(word)), word...)
	for ; i < len(other); i++ {
		if wrong.has(other[i]) {
			other[i] ^= 'a' ^ 'A'
		}
	}
	return d.keepRoom(other)
}

// SkipTo goes on at offset, which lies at or behind the next byte.
func (d *Decoder) SkipTo(offset int) {
	if d.err == nil {
		d.pos = min(max(offset, d.pos), len(d.b))
	}
}

// Budget is how many bytes of memory may be spent on what the unit holds, texts apart: in proportion to its bytes, so that a peer
// does not get much for little, as it could with lists of empty lists. It is up to the caller to keep to it, and to call Overspent
// when it does not suffice.
func (d *Decoder) Budget() int {
	return int(min(int64(len(d.b))*maxExpansion+smallUnit, d.limits.line()*maxLineExpansion))
}

// Overspent ends decoding with a *LimitError, unless it has failed before.
func (d *Decoder) Overspent() { d.Fail(&LimitError{Limit: LimitBudget, Max: int64(d.Budget())}) }
