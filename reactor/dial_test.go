package reactor_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// attempted is how an Attempt or Dial ended.
type attempted[P reactor.Protocol] struct {
	proto P
	err   error
}

// outcomeOf answers a channel that has how d ends, each time it does.
func outcomeOf[P reactor.Protocol](d *deferred.Deferred[P]) <-chan attempted[P] {
	ch := make(chan attempted[P], 4)
	d.Handle(func(p P) { ch <- attempted[P]{proto: p} }, func(err error) { ch <- attempted[P]{err: err} })
	return ch
}

// attempt connects to addr.
func (l *loop) attempt(addr *net.TCPAddr, f reactor.Factory) (d *deferred.Deferred[reactor.Protocol], ch <-chan attempted[reactor.Protocol]) {
	l.t.Helper()
	l.do(func() {
		d = reactor.Attempt(f, func(c reactor.ClientFactory) *reactor.Connector { return l.ConnectTCP("127.0.0.1", addr.Port, c) })
		ch = outcomeOf(d)
	})
	return d, ch
}

// startStop counts what a factory hears of its use.
type startStop struct {
	reactor.Factory
	log journal
}

func (f *startStop) StartFactory()      { f.log.add("start") }
func (f *startStop) StopFactory() error { f.log.add("stop"); return nil }

// wrapped is a factory in front of another one.
type wrapped struct{ reactor.Factory }

func (f *wrapped) Unwrap() reactor.Factory { return f.Factory }

func TestAttempt(t *testing.T) {
	t.Run("fires with the protocol after ConnectionMade and before DataReceived", func(t *testing.T) {
		l := start(t)
		addr := rawPeer(t, func(c net.Conn) { send(t, c, "hello"); _, _ = io.Copy(io.Discard, c) })
		var log journal
		p := newProbe()
		p.made = func(*probe) { log.add("made") }
		p.data = func(p *probe, data []byte) { log.add("data"); p.Transport().LoseConnection() }
		p.gone = func(*probe, error) { log.add("lost") }
		l.do(func() {
			reactor.Attempt(p.serve(), func(c reactor.ClientFactory) *reactor.Connector {
				return l.ConnectTCP("127.0.0.1", addr.Port, c)
			}).Handle(func(got reactor.Protocol) {
				log.add("fired")
				if got != reactor.Protocol(p) {
					t.Errorf("got %v, want the protocol that the factory built", got)
				}
			}, func(err error) { t.Errorf("failed with %v", err) })
		})
		wait(t, p.lost, "the loss")
		l.do(func() {})
		log.want(t, "made", "fired", "data", "lost")
	})
	t.Run("a factory that declines", func(t *testing.T) {
		l := start(t)
		ended := make(chan error, 1)
		addr := rawPeer(t, func(c net.Conn) { _, err := io.Copy(io.Discard, c); ended <- err })
		_, ch := l.attempt(addr, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil }))
		err := wait(t, ch, "the failure").err
		wantIs(t, err, reactor.ErrNoProtocol, reactor.ErrConnect)
		var ce *reactor.ConnectError
		if !errors.As(err, &ce) || ce.Port != addr.Port {
			t.Errorf("got %#v, want a *ConnectError for port %d", err, addr.Port)
		}
		wantText(t, err, "The factory built no protocol for the connection.")
		if err := wait(t, ended, "the end of the connection"); err != nil {
			t.Errorf("the peer got %v, want a clean end", err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		l := start(t)
		_, ch := l.attempt(closedPort(t), newProbe().serve())
		wantIs(t, wait(t, ch, "the failure").err, reactor.ErrConnectionRefused)
	})
	t.Run("panics fail it", func(t *testing.T) {
		for _, where := range []string{"BuildProtocol", "ConnectionMade"} {
			option, logs := observed()
			l := start(t, option)
			addr := rawPeer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
			p := newProbe()
			f := p.serve()
			if where == "BuildProtocol" {
				f = reactor.FactoryFunc(func(net.Addr) reactor.Protocol { panic("boom") })
			} else {
				p.made = func(*probe) { panic("boom") }
			}
			_, ch := l.attempt(addr, f)
			var panicked *reactor.PanicError
			if err := wait(t, ch, "the failure").err; !errors.As(err, &panicked) {
				t.Errorf("%s: got %v, want a *PanicError", where, err)
			}
			wantPanicLogged(t, logs, where, "boom")
		}
	})
	t.Run("on a stopped reactor", func(t *testing.T) {
		r := reactor.New()
		l := run(t, r)
		l.finish()
		d := reactor.Attempt(newProbe().serve(), func(c reactor.ClientFactory) *reactor.Connector { return r.ConnectTCP("127.0.0.1", 1, c) })
		wantIs(t, wait(t, outcomeOf(d), "the failure").err, reactor.ErrStopped, reactor.ErrUserAbort)
	})
	t.Run("stop while connecting", func(t *testing.T) {
		names := newBlockingResolver()
		l := start(t, reactor.WithResolver(names))
		var ch <-chan attempted[reactor.Protocol]
		l.do(func() {
			ch = outcomeOf(reactor.Attempt(newProbe().serve(), func(c reactor.ClientFactory) *reactor.Connector {
				return l.ConnectTCP("slow.example", 25, c)
			}))
		})
		wait(t, names.asked, "the lookup")
		l.finish()
		wantIs(t, wait(t, ch, "the failure").err, reactor.ErrUserAbort)
	})
	t.Run("T14 the factory hears of its first and last use, also behind another one", func(t *testing.T) {
		l := start(t)
		addr := rawPeer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
		f := &startStop{Factory: reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return newProbe() })}
		_, first := l.attempt(addr, f)
		_, second := l.attempt(addr, &wrapped{&wrapped{f}})
		a, b := wait(t, first, "a connection").proto.(*probe), wait(t, second, "a connection").proto.(*probe)
		f.log.want(t, "start")
		l.do(func() { a.Transport().LoseConnection() })
		wait(t, a.lost, "the loss")
		l.do(func() {})
		f.log.want(t, "start")
		l.do(func() { b.Transport().LoseConnection() })
		wait(t, b.lost, "the loss")
		l.do(func() {})
		f.log.want(t, "start", "stop")
	})
	t.Run("the Connector can be used again", func(t *testing.T) {
		l := start(t)
		addr := rawPeer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
		p := newProbe()
		_, ch := l.attempt(addr, p.serve())
		wait(t, ch, "the connection")
		wait(t, p.up, "ConnectionMade")
		l.do(func() { p.Transport().LoseConnection() })
		wait(t, p.lost, "the loss")
		l.do(func() {
			if err := p.Transport().Connector().Connect(); err != nil {
				t.Errorf("Connect answered %v, want nil", err)
			}
		})
		wait(t, p.up, "ConnectionMade")
		nothing(t, ch, "a second result")
	})
}

func TestAttemptCancelled(t *testing.T) {
	check := func(t *testing.T, err error, address string) {
		t.Helper()
		wantIs(t, err, deferred.ErrCancelled, context.Canceled)
		var ce *reactor.ConnectingCancelledError
		if !errors.As(err, &ce) || ce.Address.String() != address {
			t.Errorf("got %#v, want a *ConnectingCancelledError for %s", err, address)
		}
		wantText(t, err, "reactor: connecting to "+address+" was cancelled")
	}
	t.Run("T41 while the name is looked up", func(t *testing.T) {
		names := newBlockingResolver()
		l := start(t, reactor.WithResolver(names))
		var d *deferred.Deferred[reactor.Protocol]
		p := newProbe()
		l.do(func() {
			d = reactor.Attempt(p.serve(), func(c reactor.ClientFactory) *reactor.Connector { return l.ConnectTCP("slow.example", 25, c) })
		})
		ch := outcomeOf(d)
		wait(t, names.asked, "the lookup")
		d.Cancel() // from a goroutine of the test
		check(t, wait(t, ch, "the failure").err, "slow.example:25")
		wantIs(t, wait(t, names.cancelled, "the end of the lookup"), context.Canceled)
		l.do(func() {})
		nothing(t, ch, "a second result")
		nothing(t, p.up, "a connection")
	})
	t.Run("T41 while connecting: the socket is closed", func(t *testing.T) {
		hole := blackHole(t, "127.0.0.1", 0)
		l := start(t)
		p := newProbe()
		d, ch := l.attempt(hole, p.serve())
		before := len(descriptors())
		l.do(d.Cancel)
		check(t, wait(t, ch, "the failure").err, hole.String())
		if after := len(descriptors()); before > 0 && after != before-1 {
			t.Errorf("got %d descriptors open after the cancel, want %d", after, before-1)
		}
		l.do(func() {})
		nothing(t, p.up, "a connection")
	})
	t.Run("T41 in BuildProtocol and in ConnectionMade", func(t *testing.T) {
		for _, where := range []string{"BuildProtocol", "ConnectionMade"} {
			l := start(t)
			ended := make(chan error, 1)
			addr := rawPeer(t, func(c net.Conn) { _, err := io.Copy(io.Discard, c); ended <- err })
			var d *deferred.Deferred[reactor.Protocol]
			p := newProbe()
			cancel := func(in string) {
				if in == where {
					d.Cancel()
				}
			}
			p.made = func(*probe) { cancel("ConnectionMade") }
			f := reactor.FactoryFunc(func(net.Addr) reactor.Protocol { cancel("BuildProtocol"); return p })
			var ch <-chan attempted[reactor.Protocol]
			l.do(func() {
				d = reactor.Attempt(f, func(c reactor.ClientFactory) *reactor.Connector { return l.ConnectTCP("127.0.0.1", addr.Port, c) })
				ch = outcomeOf(d)
			})
			check(t, wait(t, ch, "the failure").err, addr.String())
			wait(t, ended, "the end of the connection")
			l.do(func() {})
			nothing(t, ch, "a second result")
			if got, want := len(p.up), map[string]int{"ConnectionMade": 1}[where]; got != want {
				t.Errorf("%s: got %d connections, want %d", where, got, want)
			}
		}
	})
	t.Run("T41 cancelled stays cancelled when the Connector is used again", func(t *testing.T) {
		l := start(t)
		addr := rawPeer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
		built := 0
		var d *deferred.Deferred[reactor.Protocol]
		p := newProbe()
		p.made = func(*probe) { d.Cancel() }
		var ch <-chan attempted[reactor.Protocol]
		l.do(func() {
			f := reactor.FactoryFunc(func(net.Addr) reactor.Protocol { built++; return p })
			d = reactor.Attempt(f, func(c reactor.ClientFactory) *reactor.Connector { return l.ConnectTCP("127.0.0.1", addr.Port, c) })
			ch = outcomeOf(d)
		})
		wait(t, ch, "the failure")
		wait(t, p.lost, "the loss")
		again := make(chan struct{})
		l.do(func() {
			k := p.Transport().Connector()
			_ = k.Connect()
			var look func()
			look = func() {
				if k.State() == reactor.Disconnected {
					close(again)
					return
				}
				l.CallLater(0, look)
			}
			look()
		})
		wait(t, again, "the end of the second connection")
		l.do(func() {
			if built != 1 {
				t.Errorf("BuildProtocol was called %d times, want once", built)
			}
		})
	})
	t.Run("after the connection stands it does nothing", func(t *testing.T) {
		l := start(t)
		addr := rawPeer(t, func(c net.Conn) { expect(t, c, "x"); send(t, c, "y") })
		p := newProbe()
		d, ch := l.attempt(addr, p.serve())
		wait(t, ch, "the connection")
		l.do(d.Cancel)
		l.do(func() { _, _ = p.Transport().Write([]byte("x")) })
		p.in.wait(t, 1)
	})
}

func TestDial(t *testing.T) {
	t.Run("tcp and unix", func(t *testing.T) {
		l := start(t)
		path := filepath.Join(t.TempDir(), "s")
		var places [][2]string
		l.do(func() {
			tcp, err := l.ListenTCP(0, echoFactory, reactor.Interface("127.0.0.1"))
			unix, err2 := l.ListenUNIX(path, echoFactory)
			if err := errors.Join(err, err2); err != nil {
				t.Error(err)
				return
			}
			places = [][2]string{{"tcp", tcp.Addr().String()}, {"unix", unix.Addr().String()}}
		})
		for _, place := range places {
			p := newProbe()
			p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("hello")) }
			var ch <-chan attempted[*probe]
			l.do(func() { ch = outcomeOf(reactor.Dial(l.Reactor, place[0], place[1], p)) })
			if got := wait(t, ch, "the connection"); got.proto != p || got.err != nil {
				t.Fatalf("%s: got %v and %v, want the protocol", place[0], got.proto, got.err)
			}
			if got := p.in.wait(t, 5); got != "hello" {
				t.Errorf("%s: got %q, want %q", place[0], got, "hello")
			}
		}
	})
	t.Run("tls verifies the server", func(t *testing.T) {
		l := start(t)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) { _ = c.Handshake() })
		var ch <-chan attempted[*probe]
		l.do(func() { ch = outcomeOf(reactor.Dial(l.Reactor, "tls", addr.String(), newProbe())) })
		wantIs(t, wait(t, ch, "the failure").err, reactor.ErrTLSUnknownAuthority, reactor.ErrConnect)
	})
	t.Run("T41 cancelled", func(t *testing.T) {
		names := newBlockingResolver()
		l := start(t, reactor.WithResolver(names))
		var d *deferred.Deferred[*probe]
		l.do(func() { d = reactor.Dial(l.Reactor, "tcp", "slow.example:25", newProbe()) })
		ch := outcomeOf(d)
		wait(t, names.asked, "the lookup")
		d.Cancel()
		err := wait(t, ch, "the failure").err
		wantIs(t, err, deferred.ErrCancelled)
		var ce *reactor.ConnectingCancelledError
		if !errors.As(err, &ce) {
			t.Errorf("got %v, want a *ConnectingCancelledError", err)
		}
		wait(t, names.cancelled, "the end of the lookup")
	})
	for _, c := range []struct{ network, addr, want string }{
		{"udp", "a:1", "reactor: Dial: unknown network udp"},
		{"tcp", "a", "reactor: Dial: address a: missing port in address"},
		{"tcp", "a:imap", "reactor: Dial: address a:imap: invalid port"},
		{"tls", "a:0", "reactor: Dial: address a:0: invalid port"},
	} {
		t.Run(c.network+" "+c.addr, func(t *testing.T) {
			wantText(t, wait(t, outcomeOf(reactor.Dial(reactor.New(), c.network, c.addr, newProbe())), "the failure").err, c.want)
		})
	}
	t.Run("no protocol is a panic", func(t *testing.T) {
		defer func() {
			if got := recover(); got != "reactor: Dial: nil protocol" {
				t.Errorf("got panic %v", got)
			}
		}()
		reactor.Dial[reactor.Protocol](reactor.New(), "tcp", "a:1", nil)
	})
}

func TestSettingsOf(t *testing.T) {
	if got, want := reactor.ConnectSettingsOf(), (reactor.ConnectSettings{Timeout: reactor.DefaultConnectTimeout}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	got := reactor.ConnectSettingsOf(reactor.Timeout(5), reactor.BindAddress("127.0.0.2"))
	if want := (reactor.ConnectSettings{Timeout: 5, BindAddress: "127.0.0.2"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := reactor.ListenSettingsOf(), (reactor.ListenSettings{Backlog: reactor.DefaultBacklog}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	all := reactor.ListenSettingsOf(reactor.Interface("::1"), reactor.Backlog(5), reactor.Mode(0o660), reactor.ReusePort())
	if want := (reactor.ListenSettings{Interface: "::1", Backlog: 5, Mode: 0o660, ReusePort: true}); all != want {
		t.Errorf("got %+v, want %+v", all, want)
	}
}

// feeder starts TLS as the server when it has read a line in the clear, and gives the handshake what came behind it.
type feeder struct {
	probe
	config *tls.Config
	line   []byte
	fed    error
	early  error // of a FeedTLS before StartTLS
}

func (p *feeder) DataReceived(data []byte) {
	if p.config == nil {
		p.probe.DataReceived(data)
		return
	}
	p.line = append(p.line, data...)
	end := slices.Index(p.line, '\n') + 1
	if end == 0 {
		return
	}
	t := p.Transport().(reactor.TLSFeeder)
	p.early = t.FeedTLS([]byte("x"))
	config := p.config
	p.config = nil
	t.(reactor.TLSTransport).StartTLS(config).Handle(nil, func(error) {})
	p.fed = t.FeedTLS(p.line[end:])
}

func TestFeedTLS(t *testing.T) {
	l := start(t)
	p := &feeder{probe: *newProbe(), config: serverConfig()}
	port := l.listen(p.serveFeeder())
	raw := dial(t, port.Addr())
	session := tls.Client(&prefixed{Conn: raw, prefix: "line\n"}, &tls.Config{RootCAs: self().pool, ServerName: "server.example"})
	send(t, session, "hello")
	if got := p.in.wait(t, 5); got != "hello" {
		t.Errorf("got %q, want %q", got, "hello")
	}
	l.do(func() {
		if p.fed != nil || p.early == nil {
			t.Errorf("FeedTLS answered %v before StartTLS and %v after it, want an error and nil", p.early, p.fed)
		}
	})
}

func (p *feeder) serveFeeder() reactor.Factory {
	return reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return p })
}

// prefixed sends a prefix together with the first bytes that are written.
type prefixed struct {
	net.Conn
	prefix string
}

func (c *prefixed) Write(b []byte) (int, error) {
	if c.prefix == "" {
		return c.Conn.Write(b)
	}
	all := append([]byte(c.prefix), b...)
	n, err := c.Conn.Write(all)
	n = max(n-len(c.prefix), 0)
	c.prefix = ""
	return n, err
}
