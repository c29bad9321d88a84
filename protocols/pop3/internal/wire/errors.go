package wire

import (
	"errors"
	"fmt"
	"strconv"
)

// What a *LimitError matches with errors.Is.
var (
	ErrLineTooLong     = errors.New("pop3: line too long")
	ErrMessageTooLarge = errors.New("pop3: message too large")
	ErrTooManyLines    = errors.New("pop3: message has too many lines")
	ErrListingTooLong  = errors.New("pop3: listing too long")
)

// Names of limits, as in LimitError.Limit: the fields of Limits.
const (
	LimitLine         = "Line"
	LimitMessage      = "Message"
	LimitLines        = "Lines"
	LimitListing      = "Listing"
	LimitCapabilities = "Capabilities"
)

// LimitError tells which limit the server exceeded. It matches ErrLineTooLong, ErrMessageTooLarge, ErrTooManyLines or
// ErrListingTooLong.
type LimitError struct {
	Limit string // one of the Limit... names
	Max   int64  // the limit's value: octets or lines
}

// Error names the limit and its value.
func (e *LimitError) Error() string {
	return "pop3: limit " + e.Limit + " of " + strconv.FormatInt(e.Max, 10) + " exceeded"
}

// Is reports whether target is the sentinel of this limit.
func (e *LimitError) Is(target error) bool {
	switch e.Limit {
	case LimitLine:
		return target == ErrLineTooLong
	case LimitMessage:
		return target == ErrMessageTooLarge
	case LimitLines:
		return target == ErrTooManyLines
	}
	return target == ErrListingTooLong
}

// SyntaxError tells how the server broke the protocol. Got is quoted (%q) and cut to 64 octets.
type SyntaxError struct {
	Want string // what has to stand there
	Got  string // what stood there
}

// Error tells want and got in one line.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("pop3: the server breaks the protocol: want %s, got %s", e.Want, e.Got)
}

// ArgumentError refuses an argument of a command before any byte of it is sent. It never holds the value.
type ArgumentError struct {
	Command string // the command's name
	Arg     int    // 1 is the first behind the name; 0 is the name
	Reason  string
}

// Error names the argument by its position only.
func (e *ArgumentError) Error() string {
	switch {
	case e.Command == "":
		return "pop3: bad argument: " + e.Reason
	case e.Arg == 0:
		return "pop3: " + e.Command + " is refused: " + e.Reason
	}
	return fmt.Sprintf("pop3: bad argument %d of %s: %s", e.Arg, e.Command, e.Reason)
}

const maxGotBytes = 64

// Quote shows the start of b as it may stand in an error.
func Quote(b []byte) string {
	if len(b) == 0 {
		return "an empty line"
	}
	return strconv.Quote(string(b[:min(len(b), maxGotBytes)]))
}
