package imap4

import (
	"time"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
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
	// MinRate is how many bytes a second must move, on the average of each CommandTimeout, for a command to last longer than that: a long
	// answer, or a long message that is sent. Zero is 16 KiB.
	MinRate int
	// MaxNonSync is how many octets a message may have at most to be sent without asking the server first, where it takes that
	// (LITERAL+, LITERAL-, IMAP4rev2): a larger one that it refuses costs nothing then. Zero is 4,096, above which LITERAL- and
	// IMAP4rev2 want to be asked in any case; negative always asks.
	MaxNonSync int64
	// Pipelining says how many commands may be out at a time: Safe, the default, Serial or Unsafe.
	Pipelining PipelineMode
	// Window is how many commands may be out at most. Zero is 8.
	Window int
	// IdleRenewal is after how long an IDLE is renewed at the latest. Zero is 28 minutes, negative never.
	IdleRenewal time.Duration
	// PollInterval is how often Idle asks a server that has no IDLE. Zero is 2 minutes.
	PollInterval time.Duration
	// ID is what the client says of itself to a server that offers ID (RFC 2971), after the login. Nil says its name.
	ID map[string]string
	// NoID keeps ID from being sent by itself.
	NoID bool
	// NoRev2 keeps IMAP4rev2 from being enabled by itself.
	NoRev2 bool
	// MaxBacklog is how many bytes a loop over FetchSeq or FetchBodies may be behind while it waits for something else on the same
	// connection; without that it is never more than 1 MiB behind. Zero is 64 MiB. Above, the loop ends with a *LimitError.
	MaxBacklog int64
	// Limits bounds what the server can make the client hold; nil and zero fields are the defaults.
	Limits *Limits
	// AllowInsecureAuth lets Login, SignIn and Authenticate send passwords and tokens over a connection without TLS. False refuses with
	// ErrInsecureAuth.
	AllowInsecureAuth bool
	// Strict closes the connection at the first response that breaks the grammar of RFC 9051, with *SyntaxError. It is for tests of
	// servers: false passes over what is broken and takes what is meant.
	Strict bool
	// Trace is shown every byte of the session, with secrets as ***. Nil shows nothing.
	Trace Trace
}

// Limits bounds what a peer can make this side hold, in bytes and counts, with a default for each zero field.
//
//	Line        int64 // bytes of a response outside literals; digits and what stands between numbers do not count: 64 KiB
//	Response    int64 // bytes of a response, streamed literals apart; a literal that would lead above it is dropped: 64 MiB
//	Literal     int64 // octets of a literal that is kept; a larger one is dropped, and its section is SectionTooLarge: 64 MiB
//	LiteralSize int64 // octets that a literal may announce at all: no limit
//	Literals    int   // literals in a response: 10,000
//	Depth       int   // lists within lists; above, that response is lost: 100
//	Untagged    int   // results that a command collects; above, the command fails: 1,000,000
//
// Above Line, Response, LiteralSize and Literals the connection is closed, with *LimitError.
// Lifetime: it must not change while a client uses it.
type Limits = wire.Limits

// Trace is shown a session as it happens, in the order of the wire.
//
// policies.Transcript is one; it writes the session as text that can be replayed. Goroutine: reactor.
// Lifetime: p is borrowed until the call returns.
type Trace interface {
	// Client is shown what this side sends, in whole commands or parts of them.
	Client(p []byte)
	// Server is shown what comes, cut as it came.
	Server(p []byte)
}

const (
	defaultGreetingTimeout = 30 * time.Second
	defaultCommandTimeout  = 60 * time.Second
	defaultMinRate         = 16 << 10
	defaultWindow          = 8
	// byeGrace is how long a server that has said BYE may take to close the connection, or to answer what is pending first.
	byeGrace = 5 * time.Second
)

var defaults Options

func (o *Options) greetingTimeout() time.Duration {
	return orDefault(o.GreetingTimeout, defaultGreetingTimeout)
}

func (o *Options) commandTimeout() time.Duration {
	return orDefault(o.CommandTimeout, defaultCommandTimeout)
}

func (o *Options) minRate() int { return orDefault(max(o.MinRate, 0), defaultMinRate) }

func (o *Options) maxNonSync() int64 { return orDefault(o.MaxNonSync, wire.MaxNonSyncSmall) }

func (o *Options) window() int { return orDefault(max(o.Window, 0), defaultWindow) }

func (o *Options) idleRenewal() time.Duration { return orDefault(o.IdleRenewal, idleRenewal) }

func (o *Options) pollInterval() time.Duration {
	return orDefault(max(o.PollInterval, 0), pollInterval)
}

func (o *Options) maxBacklog() int64 { return orDefault(max(o.MaxBacklog, 0), maxBacklogBytes) }

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
