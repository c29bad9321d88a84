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
	// CommandTimeout is how long a command may take from its first byte to the last of its answer, whatever trickles
	// in meanwhile. Zero is 60 s, negative no limit. At the limit the connection is closed, because it is not known what the server has
	// done, and every command fails with *TimeoutError.
	CommandTimeout time.Duration
	// Limits bounds what the server can make the client hold; nil and zero fields are the defaults.
	Limits *Limits
	// AllowInsecureAuth lets Login send a password over a connection without TLS. False refuses with ErrInsecureAuth.
	AllowInsecureAuth bool
	// Trace is shown every byte of the session, with secrets as ***. Nil shows nothing.
	Trace Trace
}

// Limits bounds what a peer can make this side hold, in bytes and counts, with a default for each zero field.
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

func orDefault(d, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return d
}
