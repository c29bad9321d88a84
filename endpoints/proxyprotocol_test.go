package endpoints_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// everybody trusts the addresses of reactortest.Transport and the loopback.
var everybody = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("127.0.0.0/8")}

// proxied is a connection, in memory, to a server behind a proxy.
type proxied struct {
	*memory
	p       *probe
	built   []string
	refused []error
}

func newProxied(options endpoints.PROXYOptions) *proxied {
	x := &proxied{memory: newMemory(), p: newProbe()}
	if options.Trusted == nil {
		options.Trusted = everybody
	}
	options.Refused = func(_ net.Addr, err error) { x.refused = append(x.refused, err) }
	f := reactor.FactoryFunc(func(a net.Addr) reactor.Protocol {
		x.built = append(x.built, a.String())
		return x.p
	})
	x.Connect(endpoints.PROXYFactory(f, options)).Handle(nil, func(error) {}) // it fails if the factory declines
	return x
}

func TestPROXYFactory(t *testing.T) {
	for _, c := range goodHeaders {
		t.Run(c.name, func(t *testing.T) {
			eachChunking(t, func(t *testing.T, cut reactortest.Chunking) {
				x := newProxied(endpoints.PROXYOptions{})
				remote, local := "192.0.2.2:143", "192.0.2.1:49152"
				if !c.want.Local {
					remote, local = c.want.Source.String(), c.want.Destination.String()
				}
				x.feed(c.text+"A1 NOOP\r\n", cut)
				if len(x.built) != 1 || x.built[0] != remote {
					t.Fatalf("BuildProtocol got %q, want %q", x.built, remote)
				}
				if got := x.p.got(); got != "A1 NOOP\r\n" {
					t.Errorf("the protocol got %q, want the first line", got)
				}
				tr := x.p.Transport()
				if tr.RemoteAddr().String() != remote || tr.LocalAddr().String() != local {
					t.Errorf("got addresses %v and %v, want %s and %s", tr.RemoteAddr(), tr.LocalAddr(), remote, local)
				}
				h, ok := endpoints.ProxyHeaderOf(tr)
				if !ok || h.Version != c.want.Version || h.Local != c.want.Local || len(h.TLVs) != len(c.want.TLVs) {
					t.Errorf("ProxyHeaderOf answers %+v and %v, want %+v", h, ok, c.want)
				}
				x.clock.Advance(time.Hour)
				x.tr.Lose(nil)
				if got := x.p.happened(); got != "MakeConnection ConnectionMade DataReceived ConnectionLost" {
					t.Errorf("got %s", got)
				}
			})
		})
	}
	t.Run("a Refused that panics: aborted all the same, also when the time is up", func(t *testing.T) {
		for _, refuse := range []func(m *memory){
			func(m *memory) { m.clock.Advance(endpoints.DefaultPROXYTimeout) },
			func(m *memory) { m.tr.Receive([]byte("no header")) },
		} {
			m := newMemory()
			options := endpoints.PROXYOptions{Trusted: everybody, Refused: func(net.Addr, error) { panic("oh") }}
			m.Connect(endpoints.PROXYFactory(serve(newProbe()), options)).Handle(nil, func(error) {})
			func() {
				defer func() { _ = recover() }()
				refuse(m)
			}()
			if !m.tr.Aborted() {
				t.Error("got an open connection, want it aborted")
			}
		}
	})
	t.Run("malformed: aborted, and the factory hears nothing", func(t *testing.T) {
		for _, text := range []string{"A1 NOOP\r\n", "PROXY TCP4 1 2 3 4\r\n", v2(0x21, 0x12, v4Body), v2Sig + "\x21\x11\xff\xff", strings.Repeat("x", 7000)} {
			eachChunking(t, func(t *testing.T, cut reactortest.Chunking) {
				x := newProxied(endpoints.PROXYOptions{})
				x.feed(text, cut)
				x.clock.Turn()
				var e *endpoints.ProxyHeaderError
				if len(x.built) != 0 || !x.tr.Aborted() || !errors.As(x.tr.Reason(), &e) {
					t.Errorf("%.20q: built %q, aborted is %v, reason is %v", text, x.built, x.tr.Aborted(), x.tr.Reason())
				}
				if len(x.refused) != 1 || x.clock.Pending() != 0 {
					t.Errorf("%.20q: refused %v, %d timers; want one refusal and no timer", text, x.refused, x.clock.Pending())
				}
			})
		}
	})
	t.Run("a proxy that trickles meets the deadline", func(t *testing.T) {
		for _, c := range []struct{ set, want time.Duration }{{0, endpoints.DefaultPROXYTimeout}, {time.Second, time.Second}} {
			x := newProxied(endpoints.PROXYOptions{Timeout: c.set})
			for i := range 10 {
				x.clock.Advance(c.want / 20)
				x.feed("PROXY UNKNOWN"[i:i+1], reactortest.Whole)
			}
			x.clock.Advance(c.want/2 - 1)
			if x.tr.Reason() != nil {
				t.Fatalf("ended for %v before the time", x.tr.Reason())
			}
			x.clock.Advance(1)
			wantIs(t, x.tr.Reason(), reactor.ErrTimeout, reactor.ErrConnectionAborted)
			if len(x.refused) != 1 {
				t.Errorf("refused %v, want one", x.refused)
			}
		}
	})
	t.Run("lost before the header is whole", func(t *testing.T) {
		x := newProxied(endpoints.PROXYOptions{})
		x.feed("PROXY", reactortest.Whole)
		x.tr.Lose(nil)
		if len(x.built) != 0 || x.clock.Pending() != 0 {
			t.Errorf("built %q, %d timers; want none", x.built, x.clock.Pending())
		}
	})
	t.Run("a source that is not trusted speaks for itself", func(t *testing.T) {
		x := newProxied(endpoints.PROXYOptions{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
		x.feed("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", reactortest.Whole)
		if got := x.p.got(); got != "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" {
			t.Errorf("the protocol got %q, want all of it", got)
		}
		if got := x.p.Transport().RemoteAddr().String(); got != "192.0.2.2:143" {
			t.Errorf("got peer %s, want the real one", got)
		}
		if _, ok := endpoints.ProxyHeaderOf(x.p.Transport()); ok {
			t.Error("ProxyHeaderOf answers a header, want none")
		}
	})
	t.Run("or is refused", func(t *testing.T) {
		x := newProxied(endpoints.PROXYOptions{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, RefuseOthers: true})
		if len(x.built) != 0 || len(x.refused) != 1 || x.tr.Reason() != nil {
			t.Errorf("built %q, refused %v", x.built, x.refused)
		}
	})
	t.Run("T08 a factory that declines", func(t *testing.T) {
		m := newMemory()
		f := reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil })
		m.Connect(endpoints.PROXYFactory(f, endpoints.PROXYOptions{Trusted: everybody}))
		m.feed("PROXY UNKNOWN\r\nx", reactortest.Whole)
		m.clock.Turn()
		if got := m.tr.Reason(); got != reactor.ErrConnectionDone {
			t.Errorf("ended for %v, want %v", got, reactor.ErrConnectionDone)
		}
	})
	t.Run("the factory hears of its first and last use", func(t *testing.T) {
		f := &startStop{}
		outer := endpoints.PROXYFactory(f, endpoints.PROXYOptions{Trusted: everybody})
		outer.(reactor.Starter).StartFactory()
		err := outer.(reactor.Stopper).StopFactory()
		if f.started != 1 || f.stopped != 1 || err != io.EOF {
			t.Errorf("started %d times, stopped %d times with %v", f.started, f.stopped, err)
		}
	})
	t.Run("nobody trusted", func(t *testing.T) {
		for _, trusted := range [][]netip.Prefix{nil, {{}}} {
			ep := endpoints.PROXYProtocol(endpoints.TCPServer(reactor.New(), 0), endpoints.PROXYOptions{Trusted: trusted})
			ep.Listen(serve(newProbe())).Handle(func(*reactor.Port) { t.Error("listens, want an error") }, func(err error) { wantArgumentError(t, err) })
		}
	})
}

type startStop struct {
	started, stopped int
}

func (f *startStop) BuildProtocol(net.Addr) reactor.Protocol { return nil }
func (f *startStop) StartFactory()                           { f.started++ }
func (f *startStop) StopFactory() error                      { f.stopped++; return io.EOF }

// greeter is a server that tells its clients who they are.
func greeter(net.Addr) reactor.Protocol {
	p := newProbe()
	p.made = func(p *probe) { _, _ = io.WriteString(p.Transport(), p.Transport().RemoteAddr().String()+" ") }
	p.data = func(p *probe, data []byte) { _, _ = p.Transport().Write(data) }
	return p
}

func TestPROXYOverSockets(t *testing.T) {
	l := start(t)
	path := filepath.Join(t.TempDir(), "s")
	loopback := reactor.Interface("127.0.0.1")
	trust := endpoints.PROXYOptions{Trusted: everybody}
	f := reactor.FactoryFunc(greeter)
	plain := portOf(l.listen(endpoints.PROXYProtocol(endpoints.TCPServer(l.Reactor, 0, loopback), trust), f))
	secure := portOf(l.listen(endpoints.PROXYProtocol(endpoints.TLSServer(l.Reactor, 0, serverConfig(), loopback), trust), f))
	l.listen(endpoints.PROXYProtocol(endpoints.UNIXServer(l.Reactor, path), trust), f)
	header := endpoints.ProxyHeader{Source: tcp("198.51.100.7:1234"), Destination: tcp("198.51.100.8:143")}
	v1 := header
	v1.Version = 1
	client := "198.51.100.7:1234 "
	for _, c := range []struct {
		name string
		ep   endpoints.ClientEndpoint
		want string
	}{
		{"v1", endpoints.SendPROXY(endpoints.TCP(l.Reactor, "127.0.0.1", plain), v1), client},
		{"v2", endpoints.SendPROXY(endpoints.TCP(l.Reactor, "127.0.0.1", plain), header), client},
		{"before TLS", endpoints.SendPROXY(endpoints.TLS(l.Reactor, "127.0.0.1", secure, trusting()), header), client},
		{"before TLS that is put on later", endpoints.SendPROXY(endpoints.WrapTLS(endpoints.TCP(l.Reactor, "127.0.0.1", secure), "server.example", trusting()), v1), client},
		{"inside", endpoints.WrapTLS(endpoints.SendPROXY(endpoints.TCP(l.Reactor, "127.0.0.1", secure), v1), "server.example", trusting()), client},
		{"UNIX", endpoints.SendPROXY(endpoints.UNIX(l.Reactor, path), header), client},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProbe()
			p.made = func(p *probe) { _, _ = io.WriteString(p.Transport(), "hello") }
			o := l.connect(c.ep, p)
			wait(t, o.done, "the connection")
			o.wantProto(t, p)
			p.waitFor(t, c.want+"hello")
		})
	}
	t.Run("the connection's own addresses", func(t *testing.T) {
		p := newProbe()
		o := l.connect(endpoints.SendPROXY(endpoints.TCP(l.Reactor, "127.0.0.1", plain), endpoints.ProxyHeader{}), p)
		wait(t, o.done, "the connection")
		o.wantProto(t, p)
		p.waitFor(t, p.Transport().LocalAddr().String()+" ")
	})
	t.Run("header and ClientHello in one piece", func(t *testing.T) {
		raw, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: secure})
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		_ = raw.SetDeadline(time.Now().Add(guard))
		config := trusting()
		config.ServerName = "server.example"
		session := tls.Client(&prefixed{Conn: raw, prefix: "PROXY TCP4 198.51.100.7 198.51.100.8 1234 143\r\n"}, config)
		got := make([]byte, len(client))
		if _, err := io.ReadFull(session, got); err != nil || string(got) != client {
			t.Errorf("got %q and %v, want %q", got, err, client)
		}
		_ = session.Close()
	})
	t.Run("a header that cannot be written", func(t *testing.T) {
		for _, bad := range []endpoints.ProxyHeader{{Version: 3}, {Source: tcp("[::1]:1"), Destination: tcp("1.1.1.1:1")}, {Version: 1, TLVs: []endpoints.TLV{{}}}} {
			m := newMemory()
			o := observe(endpoints.SendPROXY(m, bad).Connect(serve(newProbe())))
			o.wantErr(t)
			wantArgumentError(t, o.err)
			if m.count != 0 {
				t.Errorf("got %d connections, want none", m.count)
			}
		}
	})
	t.Run("addresses of two families, found when the connection stands", func(t *testing.T) {
		m, p := newMemory(), newProbe()
		o := observe(endpoints.SendPROXY(m, endpoints.ProxyHeader{Source: tcp("[::1]:1")}).Connect(serve(p)))
		m.clock.Turn()
		o.wantErr(t, reactor.ErrConnect)
		wantArgumentError(t, o.err)
		m.take(t, "")
	})
}

// prefixed sends a prefix in one piece with the first bytes that are written.
type prefixed struct {
	net.Conn
	prefix string
}

func (c *prefixed) Write(b []byte) (int, error) {
	all := append([]byte(c.prefix), b...)
	n, err := c.Conn.Write(all)
	n = max(n-len(c.prefix), 0)
	c.prefix = ""
	return n, err
}
