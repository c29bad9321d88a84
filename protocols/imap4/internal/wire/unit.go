package wire

// Kind tells what a Unit is.
type Kind uint8

// Kinds of a Unit.
const (
	None         Kind = iota // the bytes were used up, more are needed
	Line                     // a complete response or command
	LiteralStart             // a literal has been announced
	LiteralData              // a piece of a streamed literal
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case None:
		return "None"
	case Line:
		return "Line"
	case LiteralStart:
		return "LiteralStart"
	case LiteralData:
		return "LiteralData"
	}
	return "Kind?"
}

// Unit is one thing read from the peer.
//
// Lifetime: Bytes and Literals are borrowed, valid until the scanner's next call (or until the input it was
// given changes); but see Owned.
type Unit struct {
	Kind Kind

	// Last: LiteralData only, this piece ends the literal.
	Last bool

	// Owned: Line only, nobody will write to Bytes any more, so that they can be kept.
	Owned bool

	// Bytes.
	// Line: the whole unit without its line end. A kept literal stands in it after its announcement
	// "{n}" and line end; of a streamed or skipped one only announcement and line end are there.
	// LiteralStart: the unit so far, up to and without the announcement.
	// LiteralData: the piece; empty for the one piece of an empty literal.
	Bytes []byte

	// Literals lists, for Line, all literals in their order; for LiteralStart those before the announced one.
	Literals []Literal

	// Literal: LiteralStart and LiteralData only, the literal in question.
	Literal Literal
}

// set makes u one without a literal of its own. It, and all that makes units and literals, sets fields one by one: a processor waits when
// bytes are loaded in larger pieces than those in which they were stored just before, as copies of whole structs do.
func (u *Unit) set(kind Kind, b []byte, literals []Literal) {
	u.Kind, u.Last, u.Owned = kind, false, false
	u.Bytes, u.Literals = b, literals
	u.Literal = Literal{}
}

// Decode makes d, which is empty, the unit's Decoder where it lies.
func (u *Unit) Decode(d *Decoder, l *Limits) {
	d.b, d.all, d.literals, d.limits, d.owned = u.Bytes, u.Literals, u.Literals, l, u.Owned
}

// Err tells that a literal of a complete unit was dropped because of a limit: *LimitError or nil.
// The unit can be decoded nevertheless, up to that literal's value.
func (u Unit) Err(l *Limits) error {
	for _, lit := range u.Literals {
		if lit.State == LiteralTooLarge {
			return &LimitError{Limit: LimitLiteral, Max: l.literal()}
		}
	}
	return nil
}

// LiteralState tells what became of a literal.
type LiteralState uint8

// States of a Literal.
const (
	LiteralKept     LiteralState = iota // its octets stand in the unit's bytes
	LiteralStreamed                     // its octets were handed out as LiteralData
	LiteralSkipped                      // its octets were dropped because the caller asked for it
	LiteralTooLarge                     // its octets were dropped because of Limits.Literal or Limits.Response
)

// String names the state.
func (s LiteralState) String() string {
	switch s {
	case LiteralKept:
		return "kept"
	case LiteralStreamed:
		return "streamed"
	case LiteralSkipped:
		return "skipped"
	case LiteralTooLarge:
		return "too large"
	}
	return "LiteralState?"
}

// Literal describes one literal of a unit (RFC 3501 section 4.3, RFC 7888, RFC 3516 for literal8).
type Literal struct {
	Start   int          // where the announcement stands in the unit's bytes: index of "{" or of "~"
	Offset  int          // where the octets stand, or would stand
	Size    int64        // octets, as announced
	State   LiteralState // what became of it; meaningless in LiteralStart, where it is still open
	NonSync bool         // {n+}: the sender does not wait for "+"
	Binary  bool         // ~{n}: may hold NUL
}

// announced makes l a literal that was just announced, as a says, whose octets would stand at offset.
func (l *Literal) announced(start, offset int, a announcement) {
	l.Start, l.Offset, l.Size = start, offset, a.size
	l.State, l.NonSync, l.Binary = 0, a.nonSync, a.binary
}
