package clientservice

import (
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
)

// Defaults of Options.
const (
	// DefaultConnectTimeout is long because endpoints have a deadline of their own; it is there for those which have none.
	DefaultConnectTimeout = 2 * time.Minute
	DefaultPrepareTimeout = time.Minute
	DefaultCloseTimeout   = 30 * time.Second
)

// Options are the settings of a Service. The zero value is all defaults. All functions are called on the reactor goroutine.
type Options struct {
	// Reactor is where the service lives; it must be that of the endpoint. Nil is what the endpoint's method Reactor() answers, if it has
	// one, and reactor.Default() otherwise.
	Reactor *reactor.Reactor
	// RetryPolicy says how long to wait after so many failures in a row, from 1 on; a lost connection counts as one. Nil is Backoff{}.Delay.
	// Zero and less are at once, in a later turn.
	RetryPolicy func(failures int) time.Duration
	// Prepare makes a new connection ready for use: it logs in, or looks whether the server is well. It is called after ConnectionMade, as a
	// part of connecting. If it fails, the connection is closed and that counts as a failure. Nil, and a nil answer, mean that there is
	// nothing to do.
	Prepare func(p reactor.Protocol) *deferred.Deferred[struct{}]
	// ConnectTimeout is how long the endpoint may take. Zero is DefaultConnectTimeout, negative no limit. At the limit the attempt is
	// cancelled and fails with *TimeoutError.
	ConnectTimeout time.Duration
	// PrepareTimeout is how long Prepare may take, whatever trickles in meanwhile. Zero is DefaultPrepareTimeout, negative no limit. At the
	// limit it is cancelled, and the attempt fails with *TimeoutError.
	PrepareTimeout time.Duration
	// CloseTimeout is how long a connection may take to end after LoseConnection, before it is aborted. Zero is DefaultCloseTimeout,
	// negative no limit.
	CloseTimeout time.Duration

	// Governor says when this service may connect, beside others. Nil is whenever it likes.
	Governor *Governor
	// Host is the name by which the governor counts. "" is what the endpoint's method Host() string answers, if it has one.
	Host string

	// OnConnected is told of each connection that is ready for use, before those who wait in WhenConnected. It may be nil.
	OnConnected func(p reactor.Protocol, n Counts)
	// OnLost is told of the end of each connection that OnConnected was told of, whoever ended it, after its ConnectionLost. It may be nil.
	OnLost func(reason error, n Counts)
	// OnFailure is told of each attempt that came to nothing, unless Stop ended it. It may call Stop, for instance because a
	// password was refused. It may be nil.
	OnFailure func(err error, n Counts)
}

// Counts is what a Service has seen so far.
type Counts struct {
	Attempts  int // connections begun
	Connected int // ready for use
	Lost      int // ended after they were ready
	Failures  int // attempts that came to nothing
	InARow    int // failures and losses since the last connection that was ready, as RetryPolicy gets them
}

// filled answers o with its defaults; ep may know its host.
func (o Options) filled(ep endpoints.ClientEndpoint) Options {
	own := reactorOf(ep)
	switch {
	case own != nil && o.Reactor != nil && own != o.Reactor:
		panic("clientservice: New with an endpoint of another reactor than Options.Reactor")
	case own != nil:
		o.Reactor = own
	case o.Reactor == nil:
		o.Reactor = reactor.Default()
	}
	if o.RetryPolicy == nil {
		o.RetryPolicy = Backoff{}.Delay
	}
	if named, ok := ep.(interface{ Host() string }); ok && o.Host == "" {
		o.Host = named.Host()
	}
	o.ConnectTimeout = orDefault(o.ConnectTimeout, DefaultConnectTimeout)
	o.PrepareTimeout = orDefault(o.PrepareTimeout, DefaultPrepareTimeout)
	o.CloseTimeout = orDefault(o.CloseTimeout, DefaultCloseTimeout)
	return o
}

// reactorOf answers where the connections of ep live; nil if it does not tell.
func reactorOf(ep endpoints.ClientEndpoint) *reactor.Reactor {
	if e, ok := ep.(interface{ Reactor() *reactor.Reactor }); ok {
		return e.Reactor()
	}
	return nil
}
