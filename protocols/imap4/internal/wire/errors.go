package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// What a *LimitError matches with errors.Is.
var (
	ErrLineTooLong      = errors.New("imap4: line too long")
	ErrResponseTooLarge = errors.New("imap4: response too large")
	ErrLiteralTooLarge  = errors.New("imap4: literal too large")
	ErrTooDeep          = errors.New("imap4: lists nested too deep")
)

// Names of limits, as in LimitError.Limit: the fields of Limits, the words of a capability list, and what a unit may take in memory.
const (
	LimitLine         = "Line"
	LimitResponse     = "Response"
	LimitLiteral      = "Literal"
	LimitLiteralSize  = "LiteralSize"
	LimitLiterals     = "Literals"
	LimitDepth        = "Depth"
	LimitUntagged     = "Untagged"
	LimitCapabilities = "Capabilities"
	LimitBudget       = "Budget" // Decoder.Budget
)

// LimitError tells which limit the peer exceeded. It matches ErrLineTooLong, ErrResponseTooLarge (limits Response and Budget),
// ErrLiteralTooLarge (limits Literal and LiteralSize) or ErrTooDeep.
type LimitError struct {
	Limit string // one of the Limit... names
	Max   int64  // the limit's value: bytes or a count
}

// Error names the limit and its value.
func (e *LimitError) Error() string {
	return "imap4: limit " + e.Limit + " of " + strconv.FormatInt(e.Max, 10) + " exceeded"
}

// Is reports whether target is the sentinel of this limit.
func (e *LimitError) Is(target error) bool {
	switch e.Limit {
	case LimitLine:
		return target == ErrLineTooLong
	case LimitResponse, LimitBudget:
		return target == ErrResponseTooLarge
	case LimitLiteral, LimitLiteralSize:
		return target == ErrLiteralTooLarge
	case LimitDepth:
		return target == ErrTooDeep
	}
	return false
}

// SyntaxError tells where the peer broke the grammar.
// Got is quoted (%q) and cut to 64 bytes of input, never reaches into a literal, and is *** in a command,
// where it might be a password.
type SyntaxError struct {
	Offset int    // byte of the unit
	Want   string // what the grammar has there
	Got    string // what stood there
}

// Error tells place, want and got in one line.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("imap4: syntax error at byte %d: want %s, got %s", e.Offset, e.Want, e.Got)
}

// ArgumentError refuses an argument of a command or of a status line before any byte of it is sent.
// It never holds the value.
type ArgumentError struct {
	Command string // the command's name, "" outside a command
	Arg     int    // 1 is the first behind the command's name; 0 is the tag, the name, or no command at all
	Reason  string
}

// Error names the argument by its position only.
func (e *ArgumentError) Error() string {
	if e.Command == "" {
		return "imap4: bad argument: " + e.Reason
	}
	return fmt.Sprintf("imap4: bad argument %d of %s: %s", e.Arg, e.Command, e.Reason)
}

const (
	maxGotBytes = 64
	gotEnd      = "end of line"
	gotSecret   = "***"
)

// quoteGot shows the start of b, up to its line end, as it may stand in an error.
func quoteGot(b []byte) string {
	b = b[:min(len(b), maxGotBytes)]
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 { // a literal's octets can only lie behind it
		b = b[:max(i, 1)]
	}
	if len(b) == 0 {
		return gotEnd
	}
	return strconv.Quote(string(b))
}
