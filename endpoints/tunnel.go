package endpoints

import (
	"errors"
	"net"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// DefaultTimeout is how long a proxy may take to make a tunnel once the connection to it stands.
// Bytes that trickle in do not extend it.
const DefaultTimeout = 30 * time.Second

// noTimeout leaves the time to the talk itself.
const noTimeout time.Duration = -1

// way is how a connection that stands is made into the one that was asked for.
type way struct {
	timeout time.Duration // noTimeout, or a limit; 0: DefaultTimeout
	peer    net.Addr      // what the protocol sees as its peer; nil: the peer of the connection
	host    string        // for errors
	name    *serverName   // for StartTLS
	talk    func() talk
	// failed makes the error of the Connect: kind may be nil if only a cause is known.
	failed func(kind, cause error) error
}

// talk is what is said before the protocol has its turn. It ends with one call of stands or fail.
type talk interface {
	begin(t *tunnel)
	// receive gets what the peer says.
	receive(t *tunnel, data []byte)
}

// through connects to ep, and there goes the way to a connection for f.
func through(ep ClientEndpoint, f reactor.Factory, w way) *deferred.Deferred[reactor.Protocol] {
	if f == nil {
		panic("endpoints: Connect: nil factory")
	}
	u := &tunnels{f: f, way: &w}
	d := deferred.Then(ep.Connect(u), func(reactor.Protocol) (reactor.Protocol, error) {
		return deferred.Chain(u.last.done)
	})
	return d.AddErrback(func(err error) (reactor.Protocol, error) {
		var cancelled *reactor.ConnectingCancelledError
		if w.peer != nil && errors.As(err, &cancelled) {
			err = &reactor.ConnectingCancelledError{Address: w.peer}
		}
		return nil, err
	})
}

// tunnels is the factory that the endpoint underneath gets.
type tunnels struct {
	f    reactor.Factory
	way  *way
	last *tunnel
}

// BuildProtocol makes a tunnel.
func (u *tunnels) BuildProtocol(net.Addr) reactor.Protocol {
	t := &tunnel{f: u.f, way: u.way}
	t.name = u.way.name
	t.remote = u.way.peer
	t.done = deferred.New(func(*deferred.Deferred[reactor.Protocol]) { t.cancel() })
	u.last = t
	return t
}

// Unwrap gives the factory of the protocols.
func (u *tunnels) Unwrap() reactor.Factory { return u.f }

// tunnel goes the way on one connection.
type tunnel struct {
	relay
	f    reactor.Factory
	way  *way
	talk talk // nil once it is over
	done *deferred.Deferred[reactor.Protocol]
	err  error // why it failed
	stop func() bool
	told bool // done has fired
}

// ConnectionMade begins the talk, and the time it may take.
func (t *tunnel) ConnectionMade() {
	t.talk = t.way.talk()
	if d := t.way.timeout; d != noTimeout {
		if d <= 0 {
			d = DefaultTimeout
		}
		t.stop = t.transport.Reactor().AfterFunc(d, func() { t.fail(reactor.ErrTimeout, nil) })
	}
	t.talk.begin(t)
}

// DataReceived goes to the talk, and when that is over to the protocol.
func (t *tunnel) DataReceived(data []byte) {
	switch {
	case t.proto != nil:
		t.relay.DataReceived(data)
	case t.talk != nil:
		t.talk.receive(t, data)
	}
}

// stands ends the talk: the protocol gets the connection, and first what came behind the last word of the talk (borrowed).
func (t *tunnel) stands(rest []byte) {
	if t.talk == nil {
		return
	}
	t.end()
	p := t.f.BuildProtocol(t.transportPeer())
	switch {
	case t.told: // cancelled by the factory
	case p == nil:
		t.err = &reactor.ConnectError{Kind: reactor.ErrNoProtocol, Host: t.way.host}
		t.transport.LoseConnection()
	default:
		t.open(p, rest, func() { t.tell(p, nil) })
	}
}

func (t *tunnel) transportPeer() net.Addr {
	if t.remote != nil {
		return t.remote
	}
	return t.transport.RemoteAddr()
}

// fail gives up. The Deferred hears of it when the connection is closed.
func (t *tunnel) fail(kind, cause error) {
	if t.talk != nil {
		t.end()
		t.err = t.way.failed(kind, cause)
		t.transport.AbortWith(t.err)
	}
}

func (t *tunnel) end() {
	t.talk = nil
	if t.stop != nil {
		t.stop()
	}
}

// cancel is the canceller of done.
func (t *tunnel) cancel() {
	if t.talk != nil {
		t.end()
	}
	t.transport.AbortConnection()
	t.tell(nil, &reactor.ConnectingCancelledError{Address: t.transportPeer()})
}

// ConnectionLost passes on, and settles a talk that is not over.
func (t *tunnel) ConnectionLost(reason error) {
	if t.talk != nil {
		t.end()
		t.err = t.way.failed(nil, reason)
	}
	t.relay.ConnectionLost(reason)
	if t.err == nil {
		t.err = reason
	}
	t.tell(nil, t.err)
}

func (t *tunnel) tell(p reactor.Protocol, err error) {
	switch {
	case t.told:
		return
	case err != nil:
		t.told = true
		t.done.Errback(err)
	default:
		t.told = true
		t.done.Callback(p)
	}
}
