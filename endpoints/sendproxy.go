package endpoints

import (
	"net"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// SendPROXY is an endpoint whose connections begin with a PROXY header, as a load balancer would send it. Of header a Version 0 is
// 2, and a nil Source or Destination is that address of the connection itself. Over an endpoint with TLS (TLS, WrapTLS) the
// header comes before the handshake, where receivers expect it.
//
// Connect fails with *ArgumentError, before anything is sent, for a header that cannot be written, and with what the endpoint
// underneath answers. Goroutine: reactor, for Connect. Source: The PROXY protocol, versions 1 and 2 (HAProxy).
func SendPROXY(ep ClientEndpoint, header ProxyHeader) ClientEndpoint {
	if ep == nil {
		panic("endpoints: SendPROXY: nil endpoint")
	}
	if t, ok := ep.(interface {
		beneath() (ClientEndpoint, func(ClientEndpoint) ClientEndpoint)
	}); ok {
		plain, wrap := t.beneath()
		return wrap(SendPROXY(plain, header))
	}
	return &sendPROXY{under: ep, header: header}
}

type sendPROXY struct {
	under  ClientEndpoint
	header ProxyHeader
}

// Host is the host to connect to.
func (e *sendPROXY) Host() string {
	if h, ok := e.under.(interface{ Host() string }); ok {
		return h.Host()
	}
	return ""
}

// Reactor is that of the endpoint underneath.
func (e *sendPROXY) Reactor() *reactor.Reactor { return reactorOf(e.under) }

func (e *sendPROXY) String() string { return spell(e) }

func (e *sendPROXY) spell() []spelling {
	places := spellingOf(e.under)
	version := "2"
	if e.header.Version == 1 {
		version = "1"
	}
	return append([]spelling{places[0].with("sendproxy", version)}, places[1:]...)
}

// Connect connects and sends the header.
func (e *sendPROXY) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	if err := e.check(); err != nil {
		return deferred.Fail[reactor.Protocol](err)
	}
	return through(e.under, f, way{
		timeout: noTimeout,
		host:    e.Host(),
		talk:    func() talk { return &headerTalk{e.header} },
		failed: func(kind, cause error) error {
			if kind == nil {
				kind = reactor.ErrConnect
			}
			return &reactor.ConnectError{Kind: kind, Host: e.Host(), Err: cause}
		},
	})
}

// check finds what is wrong with the header whatever the addresses of the connection will be.
func (e *sendPROXY) check() error {
	h := e.header
	if h.Source == nil && h.Destination == nil {
		h.Source, h.Destination = &net.TCPAddr{IP: net.IPv4zero}, &net.TCPAddr{IP: net.IPv4zero}
	}
	if h.Source == nil || h.Destination == nil {
		return nil
	}
	_, err := h.Append(nil)
	return err
}

// headerTalk says its one word and is done.
type headerTalk struct{ header ProxyHeader }

func (k *headerTalk) begin(t *tunnel) {
	h := k.header
	if h.Source == nil {
		h.Source = t.transport.LocalAddr()
	}
	if h.Destination == nil {
		h.Destination = t.transport.RemoteAddr()
	}
	b, err := h.Append(nil)
	if err != nil {
		t.fail(reactor.ErrConnect, err)
		return
	}
	_, _ = t.transport.Write(b)
	t.stands(nil)
}

func (k *headerTalk) receive(*tunnel, []byte) {}
