package pop3

import (
	"time"

	"github.com/tconn/tconn/protocols/pop3/internal/wire"
)

// Options are the settings of a Client. The zero value is all defaults.
type Options struct {
	// GreetingTimeout is how long the server may take to greet, whatever trickles in meanwhile. Zero is 30 s, negative no limit.
	// At the limit the connection is closed and every command fails with *TimeoutError.
	GreetingTimeout time.Duration
	// CommandTimeout is how long the server may take to answer a command, or the next of several that are out. Zero is 60 s, negative no
	// limit. At the limit the connection is closed, because it is not known what the server has done, and every command fails
	// with *TimeoutError.
	CommandTimeout time.Duration
	// MinRate is how many bytes a second must come, on the average of each CommandTimeout, for a message to last longer than that. Zero is
	// 16 KiB.
	MinRate int
	// Pipelining says whether commands go out before those before them are answered: PipelineAuto, the default, or PipelineNever.
	Pipelining PipelineMode
	// Window is how many commands may be out at most. Zero is 50.
	Window int
	// NoInitialResponse makes AUTH wait for the server's first challenge always (RFC 5034 section 4). False sends the initial response with the
	// command, where it has one, the line has at most 255 octets, and the mechanism is not XOAUTH2: some servers take that in two steps only.
	NoInitialResponse bool
	// AllowInsecureAuth lets Login, Pass, SignIn and Authenticate send passwords and tokens over a connection without TLS. False refuses
	// with ErrInsecureAuth.
	AllowInsecureAuth bool
	// Limits bounds what the server can make the client hold; nil and zero fields are the defaults.
	Limits *Limits
	// Trace is shown every byte of the session, with secrets as ***. Nil shows nothing.
	Trace Trace
}

// PipelineMode says when commands go out before those before them are answered (RFC 2449 section 6.6).
type PipelineMode uint8

const (
	// PipelineAuto sends up to Options.Window commands ahead where the server offers PIPELINING. It is asked by CAPA when a second command waits
	// and it is not known what it offers.
	PipelineAuto PipelineMode = iota
	// PipelineNever sends a command when the one before it was answered.
	PipelineNever
)

// Limits bounds what a peer can make this side hold, in bytes and counts, with a default for each zero field.
//
//	Line         int   // octets of a status line, or of a line of a listing; lines of messages have no limit: 8 KiB
//	Message      int64 // octets of a message, or of the answer to a SendMultiline: 256 MiB
//	Lines        int   // lines of a message that is asked for as lines; the connection goes on: 4,000,000
//	Listing      int   // lines of the answer to LIST or UIDL, or to LANG, each of 128 octets on the average, and Line more: 1,000,000
//	Capabilities int   // lines of the answer to CAPA: 1,000
//
// Above any but Lines the connection is closed. Lifetime: it must not change while a client uses it.
type Limits = wire.Limits

// Trace is shown a session as it happens, in the order of the wire.
//
// policies.Transcript is one; it writes the session as text that can be replayed. Goroutine: reactor.
// Lifetime: p is borrowed until the call returns.
type Trace interface {
	// Client is shown what this side sends, in whole commands.
	Client(p []byte)
	// Server is shown what comes, cut as it came.
	Server(p []byte)
}

const (
	defaultGreetingTimeout = 30 * time.Second
	defaultCommandTimeout  = 60 * time.Second
	defaultMinRate         = 16 << 10
	defaultWindow          = 50
	// closeGrace is how long a server that has answered QUIT may take to close the connection.
	closeGrace = 5 * time.Second
)

var defaults Options

func (o *Options) greetingTimeout() time.Duration {
	return orDefault(o.GreetingTimeout, defaultGreetingTimeout)
}

func (o *Options) commandTimeout() time.Duration {
	return orDefault(o.CommandTimeout, defaultCommandTimeout)
}

func (o *Options) minRate() int { return orDefault(max(o.MinRate, 0), defaultMinRate) }

func (o *Options) window() int { return orDefault(max(o.Window, 0), defaultWindow) }

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
