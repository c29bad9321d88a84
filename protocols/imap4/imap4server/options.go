package imap4server

import (
	"time"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Options of a Server. The zero value is all defaults. Sizes and counts: zero or less is the default. Timeouts: zero is the
// default, negative no limit.
type Options struct {
	// AllowInsecureAuth lets a client LOGIN over a connection without TLS; false refuses with NO [PRIVACYREQUIRED] and advertises
	// LOGINDISABLED there (RFC 3501 sections 6.2.3 and 11.2). A server behind a proxy that ends TLS needs it, too.
	AllowInsecureAuth bool

	// LineBytes: bytes of one command outside its literals. Zero or less is 64 KiB. Above: BYE.
	LineBytes int

	// LiteralBytes: octets of one literal of a command. Zero or less is 64 KiB. Above, "+" is not sent and the answer is
	// NO [TOOBIG]; a literal that does not wait for "+" is skipped and the answer is BAD [TOOBIG].
	// A command as a whole may have LineBytes and twice this; a longer line ends in BYE, too.
	LiteralBytes int

	// LoginTimeout: from the connection to the end of LOGIN, whatever the client sends meanwhile. Zero is 60 s, negative no limit.
	// Then: BYE.
	LoginTimeout time.Duration

	// IdleTimeout: after LOGIN, since the last complete command. Zero is 30 min, the least that RFC 3501 section 5.4 allows,
	// negative no limit. Then: BYE.
	IdleTimeout time.Duration

	// LoginTries: LOGIN commands that fail. Zero or less is 3. With the last of them: BYE.
	LoginTries int

	// BadCommands: how many commands in a row may be answered BAD or [TOOBIG] before LOGIN. Zero or less is 10. Above: BYE.
	BadCommands int
}

// Defaults of Options.
const (
	DefaultLineBytes    = 64 << 10
	DefaultLiteralBytes = 64 << 10
	DefaultLoginTimeout = 60 * time.Second
	DefaultIdleTimeout  = 30 * time.Minute
	DefaultLoginTries   = 3
	DefaultBadCommands  = 10
)

const (
	// maxLiterals of one command.
	maxLiterals = 16
	// maxAnswerBytes is how many bytes of answers may wait for the client to read before no more commands are read. It must not be
	// below the mark at which a Transport pauses a producer: only a producer that was paused is told when all has gone.
	maxAnswerBytes = 64 << 10
)

// withDefaults fills in what is not set.
func (o Options) withDefaults() Options {
	o.LineBytes = orDefault(max(o.LineBytes, 0), DefaultLineBytes)
	o.LiteralBytes = orDefault(max(o.LiteralBytes, 0), DefaultLiteralBytes)
	o.LoginTimeout = orDefault(o.LoginTimeout, DefaultLoginTimeout)
	o.IdleTimeout = orDefault(o.IdleTimeout, DefaultIdleTimeout)
	o.LoginTries = orDefault(max(o.LoginTries, 0), DefaultLoginTries)
	o.BadCommands = orDefault(max(o.BadCommands, 0), DefaultBadCommands)
	return o
}

func orDefault[T int | time.Duration](v, byDefault T) T {
	if v == 0 {
		return byDefault
	}
	return v
}

// limits are those of the scanner.
func (o Options) limits() *wire.Limits {
	line, literal := int64(o.LineBytes), int64(o.LiteralBytes)
	return &wire.Limits{Line: line, Literal: literal, Response: line + 2*literal, Literals: maxLiterals}
}
