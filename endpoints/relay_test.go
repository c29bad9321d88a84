package endpoints_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// limited is an endpoint whose transport can do only what keep leaves of it.
type limited struct {
	*memory
	keep func(tr *reactortest.Transport) reactor.Transport
}

func (e limited) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	return e.memory.Connect(reactor.FactoryFunc(func(a net.Addr) reactor.Protocol {
		return &limiting{Protocol: f.BuildProtocol(a), keep: e.keep}
	}))
}

type limiting struct {
	reactor.Protocol
	keep func(tr *reactortest.Transport) reactor.Transport
}

func (p *limiting) MakeConnection(t reactor.Transport) {
	p.Protocol.MakeConnection(p.keep(t.(*reactortest.Transport)))
}

func TestViewHasWhatItsTransportHas(t *testing.T) {
	for _, c := range []struct {
		name     string
		keep     func(tr *reactortest.Transport) reactor.Transport
		tcp, tls bool
	}{
		{"neither", func(tr *reactortest.Transport) reactor.Transport { return struct{ reactor.Transport }{tr} }, false, false},
		{"TCP", func(tr *reactortest.Transport) reactor.Transport { return struct{ reactor.TCPTransport }{tr} }, true, false},
		{"TLS", func(tr *reactortest.Transport) reactor.Transport { return struct{ reactor.TLSTransport }{tr} }, false, true},
		{"both", func(tr *reactortest.Transport) reactor.Transport { return tr }, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, p := newMemory(), newProbe()
			header := endpoints.ProxyHeader{Version: 1, Local: true}
			o := observe(endpoints.SendPROXY(limited{m, c.keep}, header).Connect(serve(p)))
			o.wantProto(t, p)
			tr := p.Transport()
			_, isTCP := tr.(reactor.TCPTransport)
			secure, isTLS := tr.(reactor.TLSTransport)
			if isTCP != c.tcp || isTLS != c.tls {
				t.Errorf("TCPTransport is %v, TLSTransport is %v; want %v and %v", isTCP, isTLS, c.tcp, c.tls)
			}
			if isTLS {
				secure.StartTLS(trusting()).Handle(nil, func(error) {})
				if _, ok := m.tr.Starting(); !ok {
					t.Error("StartTLS did not reach the transport")
				}
			}
			m.tr.Lose(nil)
		})
	}
	t.Run("WrapTLS of what cannot", func(t *testing.T) {
		m, p := newMemory(), newProbe()
		keep := func(tr *reactortest.Transport) reactor.Transport { return struct{ reactor.TCPTransport }{tr} }
		o := observe(endpoints.WrapTLS(limited{m, keep}, "a", nil).Connect(serve(p)))
		m.clock.Turn()
		o.wantErr(t, reactor.ErrTLS, reactor.ErrConnect)
		if p.happened() != "" {
			t.Errorf("the protocol got %s, want nothing", p.happened())
		}
	})
}

func TestPlaintextBehindProxiesMeetsTheHandshake(t *testing.T) {
	// Both proxies answer in one piece with words of the server in the clear: the bytes have passed two relays when TLS starts.
	peer := netPeer(t, func(c net.Conn) {
		_, _ = io.WriteString(c, "\x05\x00"+socksOK+"HTTP/1.1 200 OK\r\n\r\n* OK hello\r\n")
		hold(c)
	})
	l := start(t)
	socks := endpoints.SOCKS5(endpoints.TCP(l.Reactor, "127.0.0.1", peer.Port), "inner.example", 3128, endpoints.SOCKS5Options{})
	web := endpoints.HTTPConnect(socks, "server.example", 993, endpoints.HTTPConnectOptions{})
	p := newProbe()
	o := l.connect(endpoints.WrapTLS(web, "server.example", trusting()), p)
	wait(t, o.done, "the failure")
	o.wantErr(t, reactor.ErrNotTLS, reactor.ErrConnect)
	if got := p.happened(); got != "" {
		t.Errorf("the protocol got %s, want nothing", got)
	}
}

func TestPanicsOutsideDataReceived(t *testing.T) {
	t.Run("in the bytes that waited", func(t *testing.T) {
		l := start(t)
		addr := netPeer(t, func(c net.Conn) { _, _ = io.WriteString(c, "\x05\x00"+socksOK+"hello"); hold(c) })
		p := newProbe()
		p.made = func(p *probe) { p.Transport().PauseProducing() }
		p.data = func(*probe, []byte) { panic("boom") }
		o := l.connect(endpoints.SOCKS5(endpoints.TCP(l.Reactor, "127.0.0.1", addr.Port), "a", 1, endpoints.SOCKS5Options{}), p)
		wait(t, o.done, "the connection")
		o.wantProto(t, p)
		l.do(func() { p.Transport().ResumeProducing() })
		wantPanic(t, wait(t, p.lost, "the loss"))
	})
	t.Run("in ConnectionMade after a handshake", func(t *testing.T) {
		t.Cleanup(deferred.OnUnhandled(func(*deferred.Unhandled) {})) // where the panic is reported in the end
		l := start(t)
		port := portOf(l.listen(endpoints.TLSServer(l.Reactor, 0, serverConfig(), reactor.Interface("127.0.0.1")), serve(newProbe())))
		p := newProbe()
		p.made = func(*probe) { panic("boom") }
		o := l.connect(endpoints.WrapTLS(endpoints.TCP(l.Reactor, "127.0.0.1", port), "server.example", trusting()), p)
		wait(t, o.done, "the failure")
		wantPanic(t, o.err)
		wantPanic(t, wait(t, p.lost, "the loss"))
		deferred.ReportUnhandled()
	})
}

func wantPanic(t testing.TB, err error) {
	t.Helper()
	var panicked *reactor.PanicError
	if !errors.As(err, &panicked) || panicked.Value != "boom" || !strings.Contains(string(panicked.Stack), "endpoints_test") {
		t.Errorf("got %v, want a *PanicError with the stack of who panicked", err)
	}
}
