package imap4server

import (
	"net"

	"github.com/tconn/tconn/reactor"
)

// Factory makes a Server for each connection that comes in: reactor.ListenTCP(1143, &imap4server.Factory{...}).
//
// Both fields go to each Server as they are when the connection comes. Source: Twisted's ServerFactory for an IMAP4Server.
type Factory struct {
	// Authenticate decides on LOGIN; nil: LOGIN is refused and LOGINDISABLED advertised, also under TLS.
	Authenticate Authenticate
	// Options of every connection; the zero value is ready for use.
	Options Options
}

// BuildProtocol answers a new *Server. Goroutine: reactor.
func (f *Factory) BuildProtocol(net.Addr) reactor.Protocol {
	return &Server{Authenticate: f.Authenticate, Options: f.Options}
}
