package endpoints_test

import (
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/reactor"
)

// inTheWay are policies whose protocols put a transport of their own before the real one.
func inTheWay() []policies.Policy {
	return []policies.Policy{
		policies.Limit(5), policies.IdleTimeout(time.Hour), policies.Throttle(policies.ThrottleOptions{ReadPerSecond: 1 << 30, WritePerSecond: 1 << 30}),
		policies.Trace(io.Discard, policies.Server),
	}
}

func TestProxyHeaderThroughPolicies(t *testing.T) {
	m, p := newMemory(), newProbe()
	f := policies.Wrap(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return p }), inTheWay()...)
	m.Connect(endpoints.PROXYFactory(f, endpoints.PROXYOptions{Trusted: everybody})).Handle(nil, func(error) {})
	m.tr.Receive([]byte("PROXY TCP4 198.51.100.7 198.51.100.8 4711 143\r\n"))
	h, ok := endpoints.ProxyHeaderOf(p.Transport())
	if !ok || h.Source.String() != "198.51.100.7:4711" {
		t.Errorf("ProxyHeaderOf: got %+v, %v; want the header of 198.51.100.7:4711", h, ok)
	}
}

// TestPoliciesAroundPROXYAndTLS: the header of a proxy and the beginning of TLS come in one piece, and policies stand between the socket
// and what reads the header.
func TestPoliciesAroundPROXYAndTLS(t *testing.T) {
	l := start(t)
	implicit := reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
		p := newProbe()
		p.made = func(p *probe) {
			p.Transport().(reactor.TLSTransport).StartTLS(serverConfig()).Handle(nil, func(error) {})
			_, _ = io.WriteString(p.Transport(), p.Transport().RemoteAddr().String())
		}
		return p
	})
	f := policies.Wrap(endpoints.PROXYFactory(implicit, endpoints.PROXYOptions{Trusted: everybody}), inTheWay()...)
	port := portOf(l.listen(endpoints.TCPServer(l.Reactor, 0, reactor.Interface("127.0.0.1")), f))
	raw, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	_ = raw.SetDeadline(time.Now().Add(guard))
	config := trusting()
	config.ServerName = "server.example"
	session := tls.Client(&prefixed{Conn: raw, prefix: "PROXY TCP4 198.51.100.7 198.51.100.8 1234 143\r\n"}, config)
	const want = "198.51.100.7:1234"
	got := make([]byte, len(want))
	if _, err := io.ReadFull(session, got); err != nil || string(got) != want {
		t.Errorf("got %q and %v, want %q", got, err, want)
	}
	_ = session.Close()
}
