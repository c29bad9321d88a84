package endpoints

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// ClientEndpoint is a place to connect to.
//
// Goroutine: reactor. Source: twisted.internet.interfaces.IStreamClientEndpoint.
type ClientEndpoint interface {
	// Connect makes a connection and has f build its protocol. The Deferred fires with that protocol once its ConnectionMade has
	// returned; it fails when no connection came about. Cancel gives the attempt up.
	Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol]
}

// ServerEndpoint is a place to listen on.
//
// Goroutine: reactor, or before Run. Source: twisted.internet.interfaces.IStreamServerEndpoint.
type ServerEndpoint interface {
	// Listen has f build a protocol for each connection that comes in. The Deferred fires with the port, or fails with a
	// *reactor.ListenError.
	Listen(f reactor.Factory) *deferred.Deferred[*reactor.Port]
}
