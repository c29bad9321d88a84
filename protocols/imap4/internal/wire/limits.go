package wire

// Default limits, used for every field of Limits that is zero.
const (
	DefaultLineBytes     = 64 << 10
	DefaultResponseBytes = 64 << 20
	DefaultLiteralBytes  = 64 << 20
	DefaultLiteralSize   = 1<<63 - 1
	DefaultLiterals      = 10_000
	DefaultDepth         = 100
	DefaultUntagged      = 1_000_000
)

// What the values of one unit may take in memory: see Decoder.Budget.
const (
	maxExpansion     = 16      // bytes for each byte of the unit
	smallUnit        = 8 << 10 // and so many in any case,
	maxLineExpansion = 64      // but not more than this for each byte of Limits.Line
)

// MaxCapabilities is how many words Capabilities takes from one list.
const MaxCapabilities = 1000

// Limits bounds what a peer can make us hold. A nil *Limits and a field that is zero or less mean the default.
// One Limits may be shared by any number of scanners and decoders; it must not change while they use it.
type Limits struct {
	// Line: bytes of one unit outside literals. Digits, SP and the characters , : * ( ) are not counted, so
	// that a SEARCH answer with 100,000 numbers passes. Default 64 KiB. Above: ErrLineTooLong, scanner failed.
	Line int64

	// Response: bytes of one unit, line ends and kept literals included, streamed and skipped literals not.
	// Default 64 MiB. Above, in lines: ErrResponseTooLarge, scanner failed. A literal that would lead above it
	// is skipped like one above Literal.
	Response int64

	// Literal: octets of one literal kept in memory. Default 64 MiB. A larger one that the caller does not
	// stream is skipped and marked LiteralTooLarge; the scanner goes on.
	Literal int64

	// LiteralSize: largest size a literal may announce at all. Default 1<<63-1. Above: *LimitError, scanner failed.
	LiteralSize int64

	// Literals in one unit. Default 10,000. Above: *LimitError, scanner failed.
	Literals int

	// Depth: lists within lists that a Decoder follows. Default 100. Above: *LimitError of that unit only.
	Depth int

	// Untagged: what one command collects of untagged data: mailboxes of a LIST, ranges of UIDs that vanished, and so on.
	// Default 1,000,000. Above: the rest is dropped and the command fails with *LimitError; the connection goes on.
	Untagged int
}

// MaxUntagged is Untagged or its default.
func (l *Limits) MaxUntagged() int {
	if l == nil || l.Untagged <= 0 {
		return DefaultUntagged
	}
	return l.Untagged
}

// MaxResponse is Response or its default.
func (l *Limits) MaxResponse() int64 { return l.response() }

func (l *Limits) line() int64 {
	if l == nil || l.Line <= 0 {
		return DefaultLineBytes
	}
	return l.Line
}

func (l *Limits) response() int64 {
	if l == nil || l.Response <= 0 {
		return DefaultResponseBytes
	}
	return l.Response
}

func (l *Limits) literal() int64 {
	if l == nil || l.Literal <= 0 {
		return DefaultLiteralBytes
	}
	return l.Literal
}

func (l *Limits) literalSize() int64 {
	if l == nil || l.LiteralSize <= 0 {
		return DefaultLiteralSize
	}
	return l.LiteralSize
}

func (l *Limits) literals() int {
	if l == nil || l.Literals <= 0 {
		return DefaultLiterals
	}
	return l.Literals
}

func (l *Limits) depth() int {
	if l == nil || l.Depth <= 0 {
		return DefaultDepth
	}
	return l.Depth
}
