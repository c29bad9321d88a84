package endpoints

import (
	"crypto/tls"
	"errors"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// WrapTLS is an endpoint with TLS on top: behind a proxy, for example, where the proxy is to see nothing of what is said. The
// server is verified for host unless config names another one; nil is a default configuration, and config must not be changed
// afterwards. The handshake has the time that reactor.WithHandshakeTimeout gives it.
//
// Connect fails with *reactor.ConnectError that matches reactor.ErrTLS when the handshake fails, and with what the endpoint
// underneath answers. Goroutine: reactor, for Connect. Source: twisted.internet.endpoints.wrapClientTLS.
func WrapTLS(ep ClientEndpoint, host string, config *tls.Config) ClientEndpoint {
	if ep == nil {
		panic("endpoints: WrapTLS: nil endpoint")
	}
	return wrapTLS(ep, unbracket(host), config, nil)
}

func wrapTLS(ep ClientEndpoint, host string, config *tls.Config, files []argument) *wrappedTLS {
	return &wrappedTLS{under: ep, host: host, name: &serverName{name: host}, config: config, files: files}
}

type wrappedTLS struct {
	under  ClientEndpoint
	host   string // to verify
	name   *serverName
	config *tls.Config
	files  []argument
}

// Host is the host to connect to.
func (e *wrappedTLS) Host() string {
	if h, ok := e.under.(interface{ Host() string }); ok {
		return h.Host()
	}
	return e.host
}

// Reactor is that of the endpoint underneath.
func (e *wrappedTLS) Reactor() *reactor.Reactor { return reactorOf(e.under) }

func (e *wrappedTLS) String() string { return spell(e) }

func (e *wrappedTLS) spell() []spelling {
	places := spellingOf(e.under)
	first := places[0]
	if first.scheme != "tcp" {
		first = form("tls", spell(e.under)) // nothing that could be parsed
	}
	first.scheme = "tls"
	if name := e.config == nil || e.config.ServerName == ""; name && e.host != e.Host() {
		first = first.with("servername", e.host)
	}
	return append([]spelling{spellTLS(first, e.Host(), e.config, e.files)}, places[1:]...)
}

// beneath is the endpoint without the TLS, and what puts it on.
func (e *wrappedTLS) beneath() (ClientEndpoint, func(ClientEndpoint) ClientEndpoint) {
	return e.under, func(ep ClientEndpoint) ClientEndpoint {
		return wrapTLS(ep, e.host, e.config, e.files)
	}
}

// Connect connects and shakes hands.
func (e *wrappedTLS) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	return through(e.under, f, way{
		timeout: noTimeout,
		host:    e.host,
		name:    e.name,
		talk:    func() talk { return &tlsTalk{e.config} },
		failed:  e.failed,
	})
}

func (e *wrappedTLS) failed(kind, cause error) error {
	if kind == nil {
		kind = reactor.ErrTLS
	}
	var fault *reactor.TLSError
	if errors.As(cause, &fault) {
		kind, cause = fault.Kind, fault.Err
	}
	return &reactor.ConnectError{Kind: kind, Host: e.host, Err: cause}
}

// tlsTalk is the handshake.
type tlsTalk struct{ config *tls.Config }

func (k *tlsTalk) begin(t *tunnel) {
	d := t.startTLS(k.config)
	d.Handle(func(tls.ConnectionState) { t.guard(func() { t.stands(nil) }) }, func(err error) { t.fail(reactor.ErrTLS, err) })
}

// receive is not called during a handshake.
func (k *tlsTalk) receive(t *tunnel, _ []byte) {
	t.fail(reactor.ErrTLS, errors.New("endpoints: the peer speaks in the clear"))
}
