package endpoints

import (
	"crypto/tls"
	"net"

	"github.com/tconn/tconn/reactor"
)

// secured is a factory that serves TLS on connections that begin in the clear, behind a PROXY header.
type secured struct {
	outer
	config *tls.Config
}

// BuildProtocol makes what shakes hands. The protocol comes afterwards.
func (f *secured) BuildProtocol(net.Addr) reactor.Protocol { return &securedProtocol{f: f} }

// securedProtocol shakes hands and then becomes a relay. The reactor limits the time this takes.
type securedProtocol struct {
	relay
	f *secured
}

// ConnectionMade starts the handshake.
func (p *securedProtocol) ConnectionMade() {
	p.startTLS(p.f.config).Handle(func(tls.ConnectionState) { p.guard(p.accept) }, p.transport.AbortWith)
}

func (p *securedProtocol) accept() {
	inner := p.f.inner.BuildProtocol(p.transport.RemoteAddr())
	if inner == nil {
		p.transport.LoseConnection()
		return
	}
	p.open(inner, nil, func() {})
}

// DataReceived passes on.
func (p *securedProtocol) DataReceived(data []byte) {
	if p.proto != nil {
		p.relay.DataReceived(data)
	}
}
