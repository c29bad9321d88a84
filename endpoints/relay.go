package endpoints

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"runtime/debug"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// relay is a protocol that has something to settle with the peer first (a proxy, TLS, a header) and then hands the connection to
// another protocol, which knows nothing of it. From then on it passes everything on.
//
// Bytes that came right behind what was settled belong to the protocol. They wait if it has paused the connection by then.
type relay struct {
	transport reactor.Transport // the real one
	proto     reactor.Protocol  // nil until open

	local, remote net.Addr     // what the protocol sees; nil: those of the transport
	name          *serverName  // for StartTLS; nil: the transport knows a good one
	header        *ProxyHeader // that came first, if one did

	rest     []byte // waits for the protocol
	paused   bool   // by the protocol
	resuming bool   // resume will be called
}

// MakeConnection keeps the transport.
func (r *relay) MakeConnection(t reactor.Transport) { r.transport = t }

// Unwrap gives the protocol that has the connection; nil if it is not that far.
func (r *relay) Unwrap() reactor.Protocol { return r.proto }

// open gives the connection to p; made is called after its ConnectionMade. rest is borrowed.
func (r *relay) open(p reactor.Protocol, rest []byte, made func()) {
	r.proto, r.rest = p, rest
	p.MakeConnection(newView(r))
	p.ConnectionMade()
	made()
	r.deliverRest()
	r.rest = bytes.Clone(r.rest)
}

// deliverRest hands over what waits, unless the protocol has paused; if it has closed, nobody wants it.
func (r *relay) deliverRest() {
	if r.transport.Disconnecting() {
		r.rest = nil
	}
	if len(r.rest) == 0 || r.paused {
		return
	}
	rest := r.rest
	r.rest = nil
	r.proto.DataReceived(rest)
}

// DataReceived passes on.
func (r *relay) DataReceived(data []byte) { r.proto.DataReceived(data) }

// ConnectionLost passes on.
func (r *relay) ConnectionLost(reason error) {
	r.rest = nil
	if r.proto != nil {
		r.proto.ConnectionLost(reason)
	}
}

// pause is the protocol's PauseProducing.
func (r *relay) pause() {
	r.paused = true
	r.transport.PauseProducing()
}

// unpause is the protocol's ResumeProducing. What waits comes before anything new, and not inside this call.
func (r *relay) unpause() {
	r.paused = false
	switch {
	case len(r.rest) == 0:
		r.transport.ResumeProducing()
	case !r.resuming:
		r.resuming = true
		_ = r.transport.Reactor().CallFromThread(func() { r.guard(r.resume) })
	}
}

func (r *relay) resume() {
	r.resuming = false
	r.deliverRest()
	if !r.paused {
		r.transport.ResumeProducing()
	}
}

// startTLS puts TLS on the connection. What has waited is the first that the handshake gets: the protocol has not seen it.
func (r *relay) startTLS(config *tls.Config) *deferred.Deferred[tls.ConnectionState] {
	t, ok := r.transport.(reactor.TLSTransport)
	if !ok {
		return deferred.Fail[tls.ConnectionState](errNoTLS)
	}
	rest := r.rest
	r.rest = nil
	d := t.StartTLS(r.name.in(config))
	if len(rest) == 0 {
		return d
	}
	feeder, ok := t.(reactor.TLSFeeder)
	if !ok {
		t.AbortWith(errNoTLS)
	} else if err := feeder.FeedTLS(rest); err != nil { // StartTLS has failed, and d tells why
		r.rest = rest
	}
	return d
}

var errNoTLS = errors.New("endpoints: the connection cannot be put under TLS")

// feedTLS passes on what a relay above this one has held back.
func (r *relay) feedTLS(p []byte) error {
	if t, ok := r.transport.(reactor.TLSFeeder); ok {
		return t.FeedTLS(p)
	}
	return errNoTLS
}

// serverName puts a name into configurations that have none. The same configuration gives the same one again, because a reactor
// keeps sessions to resume for each.
type serverName struct {
	name     string
	of, with *tls.Config
}

func (n *serverName) in(config *tls.Config) *tls.Config {
	if n == nil || config != nil && config.ServerName != "" {
		return config
	}
	if n.with == nil || n.of != config {
		n.of, n.with = config, &tls.Config{}
		if config != nil {
			n.with = config.Clone()
		}
		n.with.ServerName = n.name
	}
	return n.with
}

// guard calls f where the reactor would not notice that a panic has to end this connection.
func (r *relay) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			r.transport.AbortWith(&reactor.PanicError{Value: v, Stack: debug.Stack()})
			panic(v)
		}
	}()
	f()
}
