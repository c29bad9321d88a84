package reactor

import "net"

// Factory makes a Protocol for each connection; what outlives a single connection lives in it.
//
// Source: twisted.internet.interfaces.IProtocolFactory.
type Factory interface {
	// BuildProtocol answers the protocol for a new connection to or from addr (a *net.TCPAddr). Nil declines: the connection is
	// closed at once.
	//
	// Goroutine: reactor.
	BuildProtocol(addr net.Addr) Protocol
}

// FactoryFunc lets a plain function be a Factory:
//
//	reactor.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &Echo{} }))
type FactoryFunc func(addr net.Addr) Protocol

// BuildProtocol calls f.
func (f FactoryFunc) BuildProtocol(addr net.Addr) Protocol { return f(addr) }

// ClientFactory makes protocols for outgoing connections and hears how each attempt goes.
//
// Every attempt ends in exactly one call: ClientConnectionFailed if no connection came about, ClientConnectionLost
// (after the protocol's ConnectionLost) if one did. Both may call Connector.Connect to try again.
// Embed BaseClientFactory and write only the methods you need. Source: twisted.internet.protocol.ClientFactory.
type ClientFactory interface {
	Factory
	// StartedConnecting is called when an attempt begins; Connector.StopConnecting ends it.
	StartedConnecting(c *Connector)
	// ClientConnectionFailed is called when no connection came about; reason is a *ConnectError.
	ClientConnectionFailed(c *Connector, reason error)
	// ClientConnectionLost is called after an established connection ended, with the reason its protocol got.
	ClientConnectionLost(c *Connector, reason error)
}

// BaseClientFactory implements the three notifications of ClientFactory with nothing in them.
type BaseClientFactory struct{}

// StartedConnecting does nothing.
func (BaseClientFactory) StartedConnecting(*Connector) {}

// ClientConnectionFailed does nothing.
func (BaseClientFactory) ClientConnectionFailed(*Connector, error) {}

// ClientConnectionLost does nothing.
func (BaseClientFactory) ClientConnectionLost(*Connector, error) {}

// Starter is implemented by a Factory that wants to know when its first port or connector comes into use.
//
// Source: twisted.internet.protocol.Factory.startFactory.
type Starter interface {
	StartFactory()
}

// Stopper is implemented by a Factory that wants to know when its last port or connector went out of use.
// An error fails the Deferred of the StopListening that caused it, and is logged otherwise.
//
// Source: twisted.internet.protocol.Factory.stopFactory.
type Stopper interface {
	StopFactory() error
}
