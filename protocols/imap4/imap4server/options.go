package imap4server

import (
	"time"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Options of a Server. In every field zero and less mean the default.
type Options struct {
	// LoginDisabled refuses LOGIN with NO [PRIVACYREQUIRED] and advertises LOGINDISABLED, for connections in the clear
	// (RFC 3501 section 6.2.3). False: LOGIN is allowed.
	LoginDisabled bool

	// LineBytes: bytes of one command outside its literals. Default 64 KiB. Above: BYE.
	LineBytes int

	// LiteralBytes: octets of one literal of a command. Default 64 KiB. Above, "+" is not sent and the answer is
	// NO [TOOBIG]; a literal that does not wait for "+" is skipped and the answer is BAD [TOOBIG].
	// A command as a whole may have LineBytes and twice this; a longer line ends in BYE, too.
	LiteralBytes int

	// LoginTimeout: from the connection to the end of LOGIN, whatever the client sends meanwhile. Default 60 s. Then: BYE.
	LoginTimeout time.Duration

	// IdleTimeout: after LOGIN, since the last complete command. Default 30 min, the least that RFC 3501 section 5.4 allows.
	// Then: BYE.
	IdleTimeout time.Duration

	// LoginTries: LOGIN commands that fail. Default 3. With the last of them: BYE.
	LoginTries int

	// BadCommands: how many commands in a row may be answered BAD or [TOOBIG] before LOGIN. Default 10. Above: BYE.
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
	// maxAnswerBytes is how many bytes of answers may wait for the client to read before no more commands are read.
	maxAnswerBytes = 64 << 10
)

// withDefaults fills in what is not set.
func (o Options) withDefaults() Options {
	o.LineBytes = orDefault(o.LineBytes, DefaultLineBytes)
	o.LiteralBytes = orDefault(o.LiteralBytes, DefaultLiteralBytes)
	o.LoginTimeout = orDefault(o.LoginTimeout, DefaultLoginTimeout)
	o.IdleTimeout = orDefault(o.IdleTimeout, DefaultIdleTimeout)
	o.LoginTries = orDefault(o.LoginTries, DefaultLoginTries)
	o.BadCommands = orDefault(o.BadCommands, DefaultBadCommands)
	return o
}

func orDefault[T int | time.Duration](v, byDefault T) T {
	if v <= 0 {
		return byDefault
	}
	return v
}

// limits are those of the scanner.
func (o Options) limits() *wire.Limits {
	line, literal := int64(o.LineBytes), int64(o.LiteralBytes)
	return &wire.Limits{Line: line, Literal: literal, Response: line + 2*literal, Literals: maxLiterals}
}
