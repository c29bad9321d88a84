package wire

import "math"

// Default limits, used for every field of Limits that is zero or less.
const (
	DefaultLineBytes    = 8 << 10
	DefaultMessageBytes = 256 << 20
	DefaultLines        = 4_000_000
	DefaultListing      = 1_000_000
	DefaultCapabilities = 1_000
)

// Limits bounds what a server can make the client hold or take. A nil *Limits and a field that is zero or less mean the default.
// One Limits may serve any number of clients; it must not change while they use it.
type Limits struct {
	// Line: octets of a status line, or of a line of a listing (LIST, UIDL, CAPA), without its end. Lines of messages have no limit.
	// Default 8 KiB. Above: ErrLineTooLong, the connection is closed.
	Line int
	// Message: octets of a message, or of the answer to a SendMultiline. Default 256 MiB. Above: ErrMessageTooLarge, the connection is closed.
	Message int64
	// Lines: lines of a message that is asked for as lines, because each costs memory of its own. Default 4,000,000. Above: ErrTooManyLines; the
	// connection goes on.
	Lines int
	// Listing: lines of the answer to LIST or UIDL, or to LANG, each of 128 octets on the average, and Line more. Default 1,000,000. Above:
	// ErrListingTooLong, the connection is closed.
	Listing int
	// Capabilities: lines of the answer to CAPA. Default 1,000. Above: ErrListingTooLong, the connection is closed.
	Capabilities int
}

// MaxLine is Line or its default.
func (l *Limits) MaxLine() int {
	if l == nil || l.Line <= 0 {
		return DefaultLineBytes
	}
	return l.Line
}

// MaxMessage is Message or its default.
func (l *Limits) MaxMessage() int64 {
	if l == nil || l.Message <= 0 {
		return DefaultMessageBytes
	}
	return l.Message
}

// MaxLines is Lines or its default.
func (l *Limits) MaxLines() int {
	if l == nil || l.Lines <= 0 {
		return DefaultLines
	}
	return l.Lines
}

// MaxListing is Listing or its default.
func (l *Limits) MaxListing() int {
	if l == nil || l.Listing <= 0 {
		return DefaultListing
	}
	return l.Listing
}

// MaxListingBytes is how many octets the lines of a listing may have together.
func (l *Limits) MaxListingBytes() int64 {
	const average = 128 // a unique-id has 70 at most
	lines, line := int64(l.MaxListing()), int64(l.MaxLine())
	if lines > (math.MaxInt64-line)/average {
		return math.MaxInt64
	}
	return average*lines + line
}

// MaxCapabilities is Capabilities or its default.
func (l *Limits) MaxCapabilities() int {
	if l == nil || l.Capabilities <= 0 {
		return DefaultCapabilities
	}
	return l.Capabilities
}
