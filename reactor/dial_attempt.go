package reactor

import (
	"net"

	"github.com/tconn/tconn/deferred"
)

// ErrNoProtocol: the factory's BuildProtocol answered nil, so the connection was closed again. It is the Kind of a *ConnectError and
// matches ErrConnect. Source: twisted.internet.error.NoProtocol.
var ErrNoProtocol error = &kind{text: "The factory built no protocol for the connection", also: []error{ErrConnect}}

// ConnectingCancelledError is the result of an attempt to connect whose Deferred was cancelled. It matches deferred.ErrCancelled and
// context.Canceled. Source: twisted.internet.error.ConnectingCancelledError.
type ConnectingCancelledError struct {
	Address net.Addr // where the connection was to go, as it was asked for
}

// Error names the address.
func (e *ConnectingCancelledError) Error() string {
	return "reactor: connecting to " + e.Address.String() + " was cancelled"
}

// Unwrap gives deferred.ErrCancelled.
func (e *ConnectingCancelledError) Unwrap() error { return deferred.ErrCancelled }

// Attempt makes one connection and answers its protocol as a Deferred. connect is called once, now, with a factory that
// has f build the protocol; it passes that to ConnectTCP or another function that makes a Connector:
//
//	d := reactor.Attempt(f, func(c reactor.ClientFactory) *reactor.Connector { return r.ConnectTCP(host, port, c) })
//
// Of f only BuildProtocol, StartFactory and StopFactory are called: what a ClientFactory would be told is told by the Deferred. A
// factory that only wraps another one has a method Unwrap() Factory, so that the uses of the inner one are counted.
//
// Fires with: the protocol that f built, once its ConnectionMade has returned and before its first DataReceived.
// Fails with: *ConnectError (Kind ErrNoProtocol when f answered nil); the *PanicError of a panic in BuildProtocol,
// MakeConnection or ConnectionMade; *ConnectingCancelledError after Cancel, which leaves nothing open. Except for a Cancel
// the socket is closed by then.
// Goroutine: reactor, or before Run; Cancel from any. Source: twisted.internet.endpoints._WrappingFactory.
func Attempt(f Factory, connect func(ClientFactory) *Connector) *deferred.Deferred[Protocol] {
	if f == nil || connect == nil {
		panic("reactor: Attempt: nil factory or function")
	}
	w := &waiter{f: f}
	w.done = deferred.New(func(*deferred.Deferred[Protocol]) { w.cancel() })
	k := connect(w)
	w.done.BindTo(k.r)
	if w.k == nil { // nothing was attempted
		w.fail(&ConnectError{Kind: ErrUserAbort, Host: k.host, Port: int(k.port), Err: ErrStopped})
	}
	return w.done
}

// waiter is the factory of an Attempt.
type waiter struct {
	f         Factory
	done      *deferred.Deferred[Protocol]
	k         *Connector // set by StartedConnecting
	transport Transport  // while ConnectionMade runs
	over      bool       // done has fired
	cancelled bool
	declined  bool // f built nothing
}

// StartedConnecting counts f as used, as it would be if it had been passed to ConnectTCP itself.
func (w *waiter) StartedConnecting(k *Connector) {
	w.k = k
	k.r.useFactory(innermost(w.f))
}

// BuildProtocol has f build. When the Connector is used again later, the Deferred has had its say and is not involved.
func (w *waiter) BuildProtocol(addr net.Addr) Protocol {
	if w.cancelled {
		return nil
	}
	p := w.f.BuildProtocol(addr)
	switch {
	case w.cancelled: // by f
		return nil
	case p == nil:
		w.declined = true
		return nil
	}
	return &awaited{Protocol: p, w: w}
}

// ClientConnectionFailed fails the Deferred.
func (w *waiter) ClientConnectionFailed(k *Connector, reason error) {
	w.fail(reason)
	w.release(k)
}

// ClientConnectionLost fails the Deferred of a connection that ended before its protocol was up.
func (w *waiter) ClientConnectionLost(k *Connector, reason error) {
	if w.declined {
		reason = &ConnectError{Kind: ErrNoProtocol, Host: k.host, Port: int(k.port)}
	}
	w.fail(reason)
	w.release(k)
}

func (w *waiter) release(k *Connector) {
	if err := k.r.releaseFactory(innermost(w.f)); err != nil {
		k.r.logStopFactory(err)
	}
}

func (w *waiter) fail(reason error) {
	if !w.over {
		w.over = true
		w.done.Errback(reason)
	}
}

func (w *waiter) cancel() {
	w.cancelled = true
	_ = w.k.StopConnecting()
	if w.transport != nil {
		w.transport.AbortConnection()
	}
	w.fail(&ConnectingCancelledError{Address: w.k.Destination()})
}

// innermost is the factory whose uses count: one that wraps another for the length of one Attempt says so with Unwrap.
func innermost(f Factory) Factory {
	for {
		w, ok := f.(interface{ Unwrap() Factory })
		if !ok {
			return f
		}
		f = w.Unwrap()
	}
}

// awaited is a protocol whose ConnectionMade somebody waits for. Afterwards it only passes on.
type awaited struct {
	Protocol
	w *waiter // nil once ConnectionMade has returned
}

// MakeConnection notes the transport, so that a Cancel from here on closes it.
func (p *awaited) MakeConnection(t Transport) {
	p.w.transport = t
	p.Protocol.MakeConnection(t)
}

// ConnectionMade fires the Deferred after the protocol's own.
func (p *awaited) ConnectionMade() {
	w := p.w
	p.w = nil
	p.Protocol.ConnectionMade()
	w.transport = nil
	if !w.over {
		w.over = true
		w.done.Callback(p.Protocol)
	}
}

// Unwrap gives the protocol that the factory built.
func (p *awaited) Unwrap() Protocol { return p.Protocol }
