package policies

import (
	"net"

	"github.com/tconn/tconn/reactor"
)

// Policy makes of a factory one whose connections keep a policy. What a Policy counts it counts over all factories that it is
// applied to: make one for what shares a budget. A Policy may be used on several reactors.
//
// The new factory is a reactor.ClientFactory if the old one is, and passes StartFactory and StopFactory on.
type Policy func(reactor.Factory) reactor.Factory

// Wrap applies policies to a factory. The first one stands next to the connection, the last one next to the protocol.
func Wrap(f reactor.Factory, policies ...Policy) reactor.Factory {
	mustHaveFactory("Wrap", f)
	for i := len(policies) - 1; i >= 0; i-- {
		f = policies[i](f)
	}
	return f
}

// WrapClient is Wrap for outgoing connections: the result is what ConnectTCP takes. f hears how each attempt goes, as before, also
// when a policy of your own does not pass that on.
func WrapClient(f reactor.ClientFactory, policies ...Policy) reactor.ClientFactory {
	mustHaveFactory("WrapClient", f)
	wrapped := Wrap(f, policies...)
	if c, ok := wrapped.(reactor.ClientFactory); ok {
		return c
	}
	return keepKind(f, wrapped.BuildProtocol).(reactor.ClientFactory)
}

// WrapFactory makes of f a factory that puts a protocol in front of each one that f builds: wrap gets that and answers the one for
// the connection, often with a ProtocolWrapper in it. It is the way to write a Policy. When f declines a connection, wrap is not
// asked; when wrap answers nil, the connection is declined.
//
// Source: twisted.protocols.policies.WrappingFactory.
func WrapFactory(f reactor.Factory, wrap func(p reactor.Protocol, addr net.Addr) reactor.Protocol) reactor.Factory {
	mustHaveFactory("WrapFactory", f)
	if wrap == nil {
		panic("policies: WrapFactory with a nil function")
	}
	return keepKind(f, func(addr net.Addr) (front reactor.Protocol) {
		p := f.BuildProtocol(addr)
		if p == nil {
			return nil
		}
		defer func() {
			if front == nil { // declined, or a panic
				neverMade(p)
			}
		}()
		return wrap(p, addr)
	})
}

// neverMade gives back what is held for the connection of p, of which nothing will come.
func neverMade(p reactor.Protocol) {
	for c, ok := reactor.As[*counted](p); ok; c, ok = reactor.As[*counted](c.inner) {
		c.leave()
	}
}

func mustHaveFactory(verb string, f reactor.Factory) {
	if f == nil {
		panic("policies: " + verb + " with a nil factory")
	}
}

// wrappingFactory builds in its own way and passes on to the factory behind what concerns all of its connections.
type wrappingFactory struct {
	behind reactor.Factory
	build  func(addr net.Addr) reactor.Protocol
}

// wrappingClientFactory is one whose factory behind hears of attempts, too.
type wrappingClientFactory struct {
	wrappingFactory
	client reactor.ClientFactory
}

// keepKind makes a factory that builds with build and is for the rest what f is.
func keepKind(f reactor.Factory, build func(net.Addr) reactor.Protocol) reactor.Factory {
	w := wrappingFactory{behind: f, build: build}
	if c, ok := f.(reactor.ClientFactory); ok {
		return &wrappingClientFactory{wrappingFactory: w, client: c}
	}
	return &w
}

// BuildProtocol builds the protocol of the factory behind, with the policy in front.
func (w *wrappingFactory) BuildProtocol(addr net.Addr) reactor.Protocol { return w.build(addr) }

// StartFactory tells the factory behind, if it wants to know.
func (w *wrappingFactory) StartFactory() {
	if s, ok := w.behind.(reactor.Starter); ok {
		s.StartFactory()
	}
}

// StopFactory tells the factory behind, if it wants to know, and answers what that does.
func (w *wrappingFactory) StopFactory() error {
	if s, ok := w.behind.(reactor.Stopper); ok {
		return s.StopFactory()
	}
	return nil
}

// StartedConnecting passes on.
func (w *wrappingClientFactory) StartedConnecting(c *reactor.Connector) {
	w.client.StartedConnecting(c)
}

// ClientConnectionFailed passes on.
func (w *wrappingClientFactory) ClientConnectionFailed(c *reactor.Connector, reason error) {
	w.client.ClientConnectionFailed(c, reason)
}

// ClientConnectionLost passes on.
func (w *wrappingClientFactory) ClientConnectionLost(c *reactor.Connector, reason error) {
	w.client.ClientConnectionLost(c, reason)
}
