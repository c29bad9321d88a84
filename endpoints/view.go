package endpoints

import (
	"crypto/tls"
	"net"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// view is the transport of a relay as its protocol sees it: the same, but for the addresses and for bytes that wait in the relay.
type view struct {
	reactor.Transport
	relay *relay
}

// LocalAddr is this side's address.
func (v *view) LocalAddr() net.Addr {
	if v.relay.local != nil {
		return v.relay.local
	}
	return v.Transport.LocalAddr()
}

// RemoteAddr is the peer's address.
func (v *view) RemoteAddr() net.Addr {
	if v.relay.remote != nil {
		return v.relay.remote
	}
	return v.Transport.RemoteAddr()
}

// PauseProducing stops what comes from the peer, and what waits.
func (v *view) PauseProducing() { v.relay.pause() }

// ResumeProducing goes on with both.
func (v *view) ResumeProducing() { v.relay.unpause() }

// Unwrap gives the transport underneath.
func (v *view) Unwrap() reactor.Transport { return v.Transport }

func (v *view) proxyHeader() *ProxyHeader { return v.relay.header }

// A protocol finds out by type assertion what else a transport can do, so a view must have exactly what its transport has. The
// methods that a view does not define come from the interfaces embedded below. They are embedded at different depths: of methods
// with one name Go takes the one that lies highest, so those of view win.
type (
	tcpView struct {
		*view
		tcp2
	}
	tlsView struct {
		*view
		tls2
	}
	tcpTLSView struct {
		*view
		tcp2
		tls3
	}

	tcp1 struct{ reactor.TCPTransport }
	tcp2 struct{ tcp1 }
	tls1 struct{ reactor.TLSTransport }
	tls2 struct{ tls1 }
	tls3 struct{ tls2 }
)

// StartTLS is the relay's, because bytes may wait there.
func (v tlsView) StartTLS(config *tls.Config) *deferred.Deferred[tls.ConnectionState] {
	return v.relay.startTLS(config)
}

// StartTLS is the relay's, because bytes may wait there.
func (v tcpTLSView) StartTLS(config *tls.Config) *deferred.Deferred[tls.ConnectionState] {
	return v.relay.startTLS(config)
}

// FeedTLS is the relay's, because the transport may not have it.
func (v tlsView) FeedTLS(p []byte) error { return v.relay.feedTLS(p) }

// FeedTLS is the relay's, because the transport may not have it.
func (v tcpTLSView) FeedTLS(p []byte) error { return v.relay.feedTLS(p) }

var (
	_ reactor.Transport    = (*view)(nil)
	_ reactor.TCPTransport = tcpView{}
	_ reactor.TLSTransport = tlsView{}
	_ reactor.TCPTransport = tcpTLSView{}
	_ reactor.TLSTransport = tcpTLSView{}
)

func newView(r *relay) reactor.Transport {
	v := &view{Transport: r.transport, relay: r}
	tcp, isTCP := r.transport.(reactor.TCPTransport)
	secure, isTLS := r.transport.(reactor.TLSTransport)
	switch {
	case isTCP && isTLS:
		return tcpTLSView{v, tcp2{tcp1{tcp}}, tls3{tls2{tls1{secure}}}}
	case isTCP:
		return tcpView{v, tcp2{tcp1{tcp}}}
	case isTLS:
		return tlsView{v, tls2{tls1{secure}}}
	}
	return v
}
