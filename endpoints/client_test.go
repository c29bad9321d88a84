package endpoints_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
)

// resolver answers every name with the same addresses.
type resolver []netip.Addr

func (r resolver) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) { return r, nil }

func resolverOf(texts ...string) (r resolver) {
	for _, s := range texts {
		r = append(r, netip.MustParseAddr(s))
	}
	return r
}

// silent is a socket at ip that never answers: its queue is full.
func silent(t testing.TB, ip string, port int) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux drops what does not fit in the queue of a socket, and has all of 127.0.0.0/8")
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fd)
	t.Cleanup(func() { _ = syscall.Close(fd) })
	at := &syscall.SockaddrInet4{Port: port, Addr: netip.MustParseAddr(ip).As4()}
	if err := errors.Join(syscall.Bind(fd, at), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port = name.(*syscall.SockaddrInet4).Port
	c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.ParseIP(ip), Port: port}) // takes the only place there is
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return port
}

func closedPort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	return portOf(l.Addr())
}

// hold keeps a connection open until its client closes.
func hold(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func TestClientsTellTheirReactor(t *testing.T) {
	r := reactor.New()
	tcp := endpoints.TCP(r, "a", 1)
	for name, ep := range map[string]endpoints.ClientEndpoint{
		"TCP": tcp, "TLS": endpoints.TLS(r, "a", 1, nil), "UNIX": endpoints.UNIX(r, "/a"), "WrapTLS": endpoints.WrapTLS(tcp, "a", nil),
		"SOCKS5":      endpoints.SOCKS5(tcp, "b", 2, endpoints.SOCKS5Options{}),
		"HTTPConnect": endpoints.HTTPConnect(tcp, "b", 2, endpoints.HTTPConnectOptions{}),
		"SendPROXY":   endpoints.SendPROXY(tcp, endpoints.ProxyHeader{}),
	} {
		if e, ok := ep.(interface{ Reactor() *reactor.Reactor }); !ok || e.Reactor() != r {
			t.Errorf("%s: got no reactor or another one, want its own", name)
		}
	}
	if got := endpoints.SOCKS5(newMemory(), "b", 2, endpoints.SOCKS5Options{}).(interface{ Reactor() *reactor.Reactor }).Reactor(); got != nil {
		t.Errorf("over an endpoint that does not tell: got %v, want nil", got)
	}
}

func TestHostname(t *testing.T) {
	t.Run("T40 first address silent: the second attempt starts after 0.25 s, and the winner is kept", func(t *testing.T) {
		good := netPeer(t, hold)
		silent(t, "127.0.0.100", good.Port)
		now := new(handClock)
		l := start(t, reactor.WithClock(now.Now), reactor.WithResolver(resolverOf("127.0.0.100", "127.0.0.1")))
		p := newProbe()
		o := l.connect(endpoints.Hostname(l.Reactor, "name.example", good.Port), p)
		l.lookedUp()
		now.advance(250*time.Millisecond - 1)
		l.do(func() {})
		l.do(func() { o.pending(t) })
		now.advance(1)
		l.do(func() {})
		wait(t, o.done, "the connection")
		o.wantProto(t, p)
		if got, want := p.Transport().RemoteAddr().String(), good.String(); got != want {
			t.Errorf("connected to %s, want %s", got, want)
		}
	})
	t.Run("T40 all fail: the last error", func(t *testing.T) {
		l := start(t, reactor.WithResolver(resolverOf("127.0.0.1", "255.255.255.255")))
		o := l.connect(endpoints.Hostname(l.Reactor, "name.example", closedPort(t)), newProbe())
		wait(t, o.done, "the failure")
		o.wantErr(t, reactor.ErrNoRoute, reactor.ErrConnect)
	})
	t.Run("T41 cancelled in the middle of the race", func(t *testing.T) {
		port := silent(t, "127.0.0.100", 0)
		silent(t, "127.0.0.101", port)
		now := new(handClock)
		l := start(t, reactor.WithClock(now.Now), reactor.WithResolver(resolverOf("127.0.0.100", "127.0.0.101")))
		p := newProbe()
		o := l.connect(endpoints.Hostname(l.Reactor, "name.example", port), p)
		l.lookedUp()
		now.advance(250 * time.Millisecond)
		l.do(func() {})
		o.d.Cancel() // it is not the chain's end, but it is what Connect answered
		wait(t, o.done, "the failure")
		o.wantErr(t, deferred.ErrCancelled, context.Canceled)
		var e *reactor.ConnectingCancelledError
		if !errors.As(o.err, &e) || e.Address.Network() != "tcp" {
			t.Errorf("got %#v, want a *ConnectingCancelledError", o.err)
		}
		if got := p.happened(); got != "" {
			t.Errorf("the protocol got %s, want nothing", got)
		}
	})
}

func TestClientEndpoints(t *testing.T) {
	l := start(t)
	echo := reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
		p := newProbe()
		p.data = func(p *probe, data []byte) { _, _ = p.Transport().Write(data) }
		return p
	})
	path := filepath.Join(t.TempDir(), "s")
	loopback := reactor.Interface("127.0.0.1")
	plain := l.listen(endpoints.TCPServer(l.Reactor, 0, loopback), echo)
	secure := l.listen(endpoints.TLSServer(l.Reactor, 0, serverConfig(), loopback), echo)
	l.listen(endpoints.UNIXServer(l.Reactor, path), echo)
	for _, c := range []struct {
		name string
		ep   endpoints.ClientEndpoint
	}{
		{"TCP", endpoints.TCP(l.Reactor, "127.0.0.1", portOf(plain))},
		{"TLS", endpoints.TLS(l.Reactor, "127.0.0.1", portOf(secure), trusting())},
		{"UNIX", endpoints.UNIX(l.Reactor, path)},
		{"WrapTLS", endpoints.WrapTLS(endpoints.TCP(l.Reactor, "127.0.0.1", portOf(secure)), "server.example", trusting())},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProbe()
			p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("hello")) }
			o := l.connect(c.ep, p)
			wait(t, o.done, "the connection")
			o.wantProto(t, p)
			p.waitFor(t, "hello")
		})
	}
	t.Run("Listen fails with a *ListenError", func(t *testing.T) {
		for _, ep := range []endpoints.ServerEndpoint{
			endpoints.TCPServer(l.Reactor, portOf(plain), loopback),
			endpoints.TLSServer(l.Reactor, 0, nil, loopback),
			endpoints.UNIXServer(l.Reactor, ""),
		} {
			l.do(func() {
				ep.Listen(echo).Handle(func(*reactor.Port) { t.Errorf("%v listens, want an error", ep) }, func(err error) {
					wantIs(t, err, reactor.ErrCannotListen)
				})
			})
		}
	})
}

func TestWrapTLSFails(t *testing.T) {
	l := start(t)
	server := l.listen(endpoints.TLSServer(l.Reactor, 0, serverConfig(), reactor.Interface("127.0.0.1")), serve(newProbe()))
	plain := netPeer(t, func(c net.Conn) { _, _ = io.WriteString(c, "* OK hello\r\n"); hold(c) })
	tcp := endpoints.TCP(l.Reactor, "127.0.0.1", portOf(server))
	for _, c := range []struct {
		name string
		ep   endpoints.ClientEndpoint
		want []error
	}{
		{"wrong name", endpoints.WrapTLS(tcp, "other.example", trusting()), []error{reactor.ErrTLSWrongName}},
		{"unknown authority", endpoints.WrapTLS(tcp, "server.example", nil), []error{reactor.ErrTLSUnknownAuthority}},
		{"plain text", endpoints.WrapTLS(endpoints.TCP(l.Reactor, "127.0.0.1", plain.Port), "server.example", trusting()), []error{reactor.ErrNotTLS}},
		{"TLS inside TLS", endpoints.WrapTLS(endpoints.TLS(l.Reactor, "127.0.0.1", portOf(server), trusting()), "server.example", trusting()),
			[]error{reactor.ErrTLSStarted}},
		{"refused", endpoints.WrapTLS(endpoints.TCP(l.Reactor, "127.0.0.1", closedPort(t)), "server.example", nil), []error{reactor.ErrConnectionRefused}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProbe()
			o := l.connect(c.ep, p)
			wait(t, o.done, "the failure")
			o.wantErr(t, append(c.want, reactor.ErrConnect)...)
			if got := p.happened(); got != "" {
				t.Errorf("the protocol got %s, want nothing", got)
			}
		})
	}
}

func TestWrapTLSInMemory(t *testing.T) {
	m := newMemory()
	config := trusting()
	ep := endpoints.WrapTLS(m, "server.example", config)
	p := newProbe()
	o := observe(ep.Connect(serve(p)))
	first, ok := m.tr.Starting()
	if !ok || first.ServerName != "server.example" || first.RootCAs != config.RootCAs {
		t.Fatalf("StartTLS got %v, want the configuration with the name server.example", first)
	}
	o.pending(t)
	m.tr.FinishTLS(tls.ConnectionState{ServerName: "server.example"})
	o.wantProto(t, p)
	if got, want := p.happened(), "MakeConnection ConnectionMade"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	observe(ep.Connect(serve(newProbe())))
	if second, _ := m.tr.Starting(); second != first {
		t.Error("a second connection has a configuration of its own, want the same for the sake of session resumption")
	}
	if config.ServerName != "" {
		t.Error("the caller's configuration was changed")
	}
	m.tr.FailTLS(io.ErrUnexpectedEOF)
}
