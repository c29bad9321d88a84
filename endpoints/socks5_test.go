package endpoints_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

const (
	socksOK   = "\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38"
	socksName = "\x05\x01\x00\x03\x0fimap.example.ne\x00\x8f"
)

func TestSOCKS5(t *testing.T) {
	for _, c := range []struct {
		name, host, user string
		password         endpoints.Secret
		lines            []string // what the client writes and the proxy answers, by turns
		peer             string
	}{
		{"a name, looked up by the proxy", "imap.example.ne", "", "", []string{"\x05\x01\x00", "\x05\x00", socksName, socksOK}, "imap.example.ne:143"},
		{"IPv4", "192.0.2.7", "", "", []string{"\x05\x01\x00", "\x05\x00", "\x05\x01\x00\x01\xc0\x00\x02\x07\x00\x8f", socksOK}, "192.0.2.7:143"},
		{"IPv6", "[2001:db8::1]", "", "", []string{"\x05\x01\x00", "\x05\x00",
			"\x05\x01\x00\x04\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x01\x00\x8f", socksOK}, "[2001:db8::1]:143"},
		{"user and password", "imap.example.ne", "joe", "secret",
			[]string{"\x05\x02\x00\x02", "\x05\x02", "\x01\x03joe\x06secret", "\x01\x00", socksName, socksOK}, "imap.example.ne:143"},
		{"user and password that nobody asks for", "imap.example.ne", "joe", "secret",
			[]string{"\x05\x02\x00\x02", "\x05\x00", socksName, socksOK}, "imap.example.ne:143"},
		{"user without password, odd version in the verdict", "imap.example.ne", "joe", "",
			[]string{"\x05\x02\x00\x02", "\x05\x02", "\x01\x03joe\x00", "\x05\x00", socksName, socksOK}, "imap.example.ne:143"},
		{"bound to IPv6", "imap.example.ne", "", "", []string{"\x05\x01\x00", "\x05\x00", socksName,
			"\x05\x00\x00\x04" + strings.Repeat("\x01", 16) + "\x00\x01"}, "imap.example.ne:143"},
		{"bound to a name, and to an empty one", "imap.example.ne", "", "", []string{"\x05\x01\x00", "\x05\x00", socksName,
			"\x05\x00\x00\x03\x03foo\x00\x01"}, "imap.example.ne:143"},
		{"bound to an empty name", "imap.example.ne", "", "", []string{"\x05\x01\x00", "\x05\x00", socksName, "\x05\x00\xff\x03\x00\x00\x01"}, "imap.example.ne:143"},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachChunking(t, func(t *testing.T, cut reactortest.Chunking) {
				m := newMemory()
				p := newProbe()
				var addr net.Addr
				f := reactor.FactoryFunc(func(a net.Addr) reactor.Protocol { addr = a; return p })
				ep := endpoints.SOCKS5(m, c.host, 143, endpoints.SOCKS5Options{User: c.user, Password: c.password})
				early := "not fired"
				o := observe(ep.Connect(f).AddCallback(func(p reactor.Protocol) (reactor.Protocol, error) {
					early = p.(*probe).happened()
					return p, nil
				}))
				for i, line := range c.lines {
					o.pending(t)
					switch {
					case i%2 == 0:
						m.take(t, line)
					case i == len(c.lines)-1:
						m.feed(line+"* OK hello\r\n", cut) // the first words of the server come right behind
					default:
						m.feed(line, cut)
					}
				}
				o.wantProto(t, p)
				if want := "MakeConnection ConnectionMade"; early != want {
					t.Errorf("Connect fired after %s, want %s", early, want)
				}
				if got := p.got(); got != "* OK hello\r\n" {
					t.Errorf("the protocol got %q, want the server's greeting", got)
				}
				if got, want := p.happened(), "MakeConnection ConnectionMade DataReceived"; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if addr.String() != c.peer || p.Transport().RemoteAddr().String() != c.peer {
					t.Errorf("BuildProtocol got %v and RemoteAddr is %v, want %s", addr, p.Transport().RemoteAddr(), c.peer)
				}
				_, _ = p.Transport().Write([]byte("a noop\r\n"))
				m.take(t, "a noop\r\n")
				m.clock.Advance(time.Hour) // the deadline is over with the talk
				m.tr.Lose(nil)
				if got := wait(t, p.lost, "the loss"); got != reactor.ErrConnectionDone {
					t.Errorf("lost with %v, want %v", got, reactor.ErrConnectionDone)
				}
			})
		})
	}
}

func TestSOCKS5Refuses(t *testing.T) {
	target := "endpoints: socks5 proxy: no connection to imap.example.ne:143: "
	replies := []string{"\x05\x00"}
	for _, c := range []struct {
		name    string
		answers []string
		code    int
		want    []error
		text    string
	}{
		{"1", []string{"\x05\x01\x00\x01"}, 1, nil, "1: general SOCKS server failure"},
		{"2", []string{"\x05\x02\x00\x01"}, 2, []error{endpoints.ErrProxyDenied}, "2: connection not allowed by ruleset"},
		{"3", []string{"\x05\x03\x00\x01"}, 3, []error{reactor.ErrNoRoute}, "3: network unreachable"},
		{"4", []string{"\x05\x04\x00\x01"}, 4, []error{reactor.ErrNoRoute}, "4: host unreachable"},
		{"5", []string{"\x05\x05\x00\x01"}, 5, []error{reactor.ErrConnectionRefused}, "5: connection refused"},
		{"6", []string{"\x05\x06\x00\x01"}, 6, []error{reactor.ErrNoRoute}, "6: TTL expired"},
		{"7", []string{"\x05\x07\x00\x01"}, 7, nil, "7: command not supported"},
		{"8", []string{"\x05\x08\x00\x01"}, 8, nil, "8: address type not supported"},
		{"9", []string{"\x05\x09\x00\x01"}, 9, nil, "9: a reply without a meaning"},
		{"version of the reply", []string{"\x04\x00\x00\x01"}, 0, []error{endpoints.ErrProxyReply}, "its version is 4, not 5"},
		{"address type of the reply", []string{"\x05\x00\x00\x02"}, 0, []error{endpoints.ErrProxyReply}, "it uses address type 2"},
	} {
		t.Run("reply "+c.name, func(t *testing.T) {
			refuses(t, append(replies, c.answers...), "", c.code, c.want, target+c.text)
		})
	}
	for _, c := range []struct {
		name, user string
		answers    []string
		want       []error
		text       string
	}{
		{"no method", "", []string{"\x05\xff"}, []error{endpoints.ErrProxyAuth}, "it accepts none of the ways to log in that were offered"},
		{"a method that was not offered", "", []string{"\x05\x02"}, []error{endpoints.ErrProxyReply}, "it has chosen way 2 to log in, which was not offered"},
		{"GSSAPI", "joe", []string{"\x05\x01"}, []error{endpoints.ErrProxyReply}, "it has chosen way 1 to log in, which was not offered"},
		{"SOCKS4", "", []string{"\x00\x5a"}, []error{endpoints.ErrProxyReply}, "its version is 0, not 5"},
		{"HTTP", "", []string{"HTTP/1.1 400"}, []error{endpoints.ErrProxyReply}, "its version is 72, not 5"},
		{"wrong password", "joe", []string{"\x05\x02", "\x01\x01"}, []error{endpoints.ErrProxyAuth}, "user or password is wrong: status 1"},
	} {
		t.Run(c.name, func(t *testing.T) { refuses(t, c.answers, c.user, 0, c.want, target+c.text) })
	}
}

// refuses has a proxy give these answers, and wants the error.
func refuses(t *testing.T, answers []string, user string, code int, want []error, text string) {
	t.Helper()
	eachChunking(t, func(t *testing.T, cut reactortest.Chunking) {
		m, p := newMemory(), newProbe()
		options := endpoints.SOCKS5Options{User: user}
		if user != "" {
			options.Password = "hunter2"
		}
		o := observe(endpoints.SOCKS5(m, "imap.example.ne", 143, options).Connect(serve(p)))
		for _, answer := range answers {
			o.pending(t)
			m.feed(answer, cut)
		}
		m.clock.Turn()
		o.wantErr(t, append(want, reactor.ErrConnect)...)
		wantText(t, o.err, text)
		wantNoSecret(t, fmt.Sprintf("%v %+v %#v", o.err, o.err, o.err), "hunter2")
		var e *endpoints.ProxyError
		if !errors.As(o.err, &e) || e.Code != code || e.Proxy != "socks5" || e.Target != "imap.example.ne:143" {
			t.Errorf("got %#v, want a *ProxyError with code %d", o.err, code)
		}
		if got := p.happened(); got != "" {
			t.Errorf("the protocol got %s, want nothing", got)
		}
		if m.tr.Reason() == nil || m.clock.Pending() != 0 {
			t.Errorf("connection closed for %v, %d timers; want it closed, and no timer", m.tr.Reason(), m.clock.Pending())
		}
	})
}

func TestProxyArguments(t *testing.T) {
	long := strings.Repeat("a", 256)
	for _, c := range []struct {
		name, host, user string
		password         endpoints.Secret
		port             int
		header           map[string][]string
		argument         string
		socks, http      bool
	}{
		{"CR LF in the host", "a\r\nX: y", "", "", 143, nil, "host", true, true},
		{"NUL in the host", "a\x00b", "", "", 143, nil, "host", true, true},
		{"space in the host", "a b", "", "", 143, nil, "host", true, true},
		{"no host", "", "", "", 143, nil, "host", true, true},
		{"a URL", "http://a", "", "", 143, nil, "host", true, true},
		{"user in the host", "joe@a", "", "", 143, nil, "host", true, true},
		{"long host", long, "", "", 143, nil, "host", true, true},
		{"another script", "bücher.example", "", "", 143, nil, "host", true, true},
		{"zone", "fe80::1%eth0", "", "", 143, nil, "host", true, true},
		{"port 0", "a", "", "", 0, nil, "port", true, true},
		{"port 65536", "a", "", "", 65536, nil, "port", true, true},
		{"LF in the user", "a", "joe\n", "", 143, nil, "user", true, true},
		{"NUL in the user", "a", "joe\x00", "", 143, nil, "user", true, true},
		{"colon in the user", "a", "jo:e", "", 143, nil, "user", false, true},
		{"long user", "a", long, "", 143, nil, "user", true, false},
		{"CR in the password", "a", "joe", "hunter2\r", 143, nil, "password", true, true},
		{"long password", "a", "joe", endpoints.Secret("hunter2" + long), 143, nil, "password", true, false},
		{"password without user", "a", "", "hunter2", 143, nil, "password", true, true},
		{"CR LF in a header", "a", "", "", 143, map[string][]string{"X": {"y\r\nZ: hunter2"}}, "header", false, true},
		{"NUL in a header", "a", "", "", 143, map[string][]string{"X": {"ok", "hunter2\x00"}}, "header", false, true},
		{"LF in the name of a header", "a", "", "", 143, map[string][]string{"X\n": {"y"}}, "header", false, true},
		{"no name of a header", "a", "", "", 143, map[string][]string{"": {"y"}}, "header", false, true},
		{"Host", "a", "", "", 143, map[string][]string{"hOST": {"y"}}, "header", false, true},
		{"Transfer-Encoding", "a", "", "", 143, map[string][]string{"Transfer-Encoding": {"chunked"}}, "header", false, true},
		{"Proxy-Authorization twice", "a", "joe", "", 143, map[string][]string{"proxy-authorization": {"Basic x"}}, "header", false, true},
	} {
		check := func(t *testing.T, m *memory, ep endpoints.ClientEndpoint) {
			o := observe(ep.Connect(serve(newProbe())))
			o.wantErr(t)
			if e := wantArgumentError(t, o.err); e.Argument != c.argument {
				t.Errorf("got %v, want it about %s", e, c.argument)
			}
			wantNoSecret(t, o.err.Error(), "hunter2")
			if m.count != 0 {
				t.Errorf("got %d connections to the proxy, want none", m.count)
			}
		}
		if c.socks {
			t.Run("socks5 "+c.name, func(t *testing.T) {
				m := newMemory()
				check(t, m, endpoints.SOCKS5(m, c.host, c.port, endpoints.SOCKS5Options{User: c.user, Password: c.password}))
			})
		}
		if c.http {
			t.Run("http "+c.name, func(t *testing.T) {
				m := newMemory()
				check(t, m, endpoints.HTTPConnect(m, c.host, c.port, endpoints.HTTPConnectOptions{User: c.user, Password: c.password, Header: c.header}))
			})
		}
	}
}

// proxy is a kind of proxy with what it says before the tunnel stands, cut where the client has to answer.
type proxy struct {
	name    string
	way     func(ep endpoints.ClientEndpoint, timeout time.Duration) endpoints.ClientEndpoint
	answers []string
}

var proxies = []proxy{
	{"socks5", func(ep endpoints.ClientEndpoint, timeout time.Duration) endpoints.ClientEndpoint {
		return endpoints.SOCKS5(ep, "imap.example.ne", 143, endpoints.SOCKS5Options{User: "joe", Password: "secret", Timeout: timeout})
	}, []string{"\x05\x02", "\x01\x00", socksOK}},
	{"http", func(ep endpoints.ClientEndpoint, timeout time.Duration) endpoints.ClientEndpoint {
		return endpoints.HTTPConnect(ep, "imap.example.ne", 143, endpoints.HTTPConnectOptions{User: "joe", Password: "secret", Timeout: timeout})
	}, []string{"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n"}},
}

// make is the place behind a proxy in memory.
func (x proxy) make(m *memory, timeout time.Duration) endpoints.ClientEndpoint {
	return x.way(m, timeout)
}

// over is the place behind a proxy at ep.
func (x proxy) over(ep endpoints.ClientEndpoint) endpoints.ClientEndpoint { return x.way(ep, 0) }

// blocking is a resolver that never answers; it tells when it is asked, and when it is cancelled.
type blocking chan struct{}

func (b blocking) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	b <- struct{}{}
	<-ctx.Done()
	close(b)
	return nil, ctx.Err()
}

func TestProxyLifecycle(t *testing.T) {
	for _, x := range proxies {
		whole := strings.Join(x.answers, "")
		t.Run(x.name+": a proxy that trickles meets the deadline", func(t *testing.T) {
			for _, c := range []struct{ set, want time.Duration }{{0, endpoints.DefaultTimeout}, {-1, endpoints.DefaultTimeout}, {7 * time.Second, 7 * time.Second}} {
				m, p := newMemory(), newProbe()
				o := observe(x.make(m, c.set).Connect(serve(p)))
				for i := range len(whole) - 1 {
					m.clock.Advance(c.want / time.Duration(len(whole)))
					m.feed(whole[i:i+1], reactortest.Whole)
				}
				left := c.want - c.want/time.Duration(len(whole))*time.Duration(len(whole)-1)
				m.clock.Advance(left - 1)
				o.pending(t)
				m.clock.Advance(1)
				o.wantErr(t, reactor.ErrTimeout, context.DeadlineExceeded, os.ErrDeadlineExceeded)
				var ne net.Error
				if !errors.As(o.err, &ne) || !ne.Timeout() {
					t.Errorf("got %#v, want a net.Error that is a timeout", o.err)
				}
				if got := p.happened(); got != "" || m.tr.Reason() == nil {
					t.Errorf("the protocol got %s and the connection ended for %v; want nothing, and an end", got, m.tr.Reason())
				}
			}
		})
		t.Run(x.name+": lost after each byte fails once", func(t *testing.T) {
			for n := range len(whole) {
				m, p := newMemory(), newProbe()
				o := observe(x.make(m, 0).Connect(serve(p)))
				m.feed(whole[:n], reactortest.Bytewise)
				o.pending(t)
				m.tr.Lose(nil)
				o.wantErr(t, reactor.ErrConnectionDone, reactor.ErrConnect)
				if got := p.happened(); got != "" || m.clock.Pending() != 0 {
					t.Errorf("after %d bytes the protocol got %s and %d timers are left; want none", n, got, m.clock.Pending())
				}
			}
		})
		t.Run(x.name+": T41 cancelled after each byte fails once", func(t *testing.T) {
			for n := range len(whole) {
				m, p := newMemory(), newProbe()
				o := observe(x.make(m, 0).Connect(serve(p)))
				m.feed(whole[:n], reactortest.Bytewise)
				o.d.Cancel()
				o.wantErr(t, deferred.ErrCancelled, context.Canceled)
				var e *reactor.ConnectingCancelledError
				if !errors.As(o.err, &e) || e.Address.String() != "imap.example.ne:143" {
					t.Errorf("got %#v, want a *ConnectingCancelledError for the place", o.err)
				}
				m.clock.Turn()
				if !m.tr.Aborted() || m.tr.Reason() == nil || p.happened() != "" || m.clock.Pending() != 0 {
					t.Errorf("after %d bytes: aborted is %v, the protocol got %q, %d timers", n, m.tr.Aborted(), p.happened(), m.clock.Pending())
				}
				if o.times != 1 {
					t.Errorf("got %d results, want 1", o.times)
				}
			}
		})
		t.Run(x.name+": a proxy that hangs up", func(t *testing.T) {
			m := newMemory()
			o := observe(x.make(m, 0).Connect(serve(newProbe())))
			m.tr.Lose(nil)
			o.wantErr(t, reactor.ErrConnect, reactor.ErrConnectionDone)
			wantText(t, o.err, "endpoints: "+x.name+" proxy: no connection to imap.example.ne:143: the connection to the proxy has ended: Connection was closed cleanly.")
		})
		t.Run(x.name+": T41 cancelled by the factory", func(t *testing.T) {
			m, p := newMemory(), newProbe()
			var o *outcome
			o = observe(x.make(m, 0).Connect(reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
				o.d.Cancel()
				return p
			})))
			m.feed(whole+"x", reactortest.Whole)
			m.clock.Turn()
			o.wantErr(t, deferred.ErrCancelled)
			if got := p.happened(); got != "" || !m.tr.Aborted() {
				t.Errorf("the protocol got %q, aborted is %v; want nothing, and true", got, m.tr.Aborted())
			}
		})
		t.Run(x.name+": T41 cancelled while the proxy is looked up", func(t *testing.T) {
			names := make(blocking)
			l := start(t, reactor.WithResolver(names))
			o := l.connect(x.over(endpoints.TCP(l.Reactor, "proxy.example", 1080)), newProbe())
			wait(t, names, "the lookup")
			o.d.Cancel()
			wait(t, o.done, "the failure")
			var e *reactor.ConnectingCancelledError
			if !errors.As(o.err, &e) || e.Address.String() != "imap.example.ne:143" {
				t.Errorf("got %v, want a *ConnectingCancelledError for the place, not for the proxy", o.err)
			}
			wait(t, names, "the end of the lookup")
		})
		t.Run(x.name+": a factory that declines", func(t *testing.T) {
			m := newMemory()
			o := observe(x.make(m, 0).Connect(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil })))
			m.feed(whole, reactortest.Whole)
			m.clock.Turn()
			o.wantErr(t, reactor.ErrNoProtocol, reactor.ErrConnect)
			if got := m.tr.Reason(); got != reactor.ErrConnectionDone {
				t.Errorf("the connection ended for %v, want %v", got, reactor.ErrConnectionDone)
			}
		})
		t.Run(x.name+": what came behind waits while the protocol pauses", func(t *testing.T) {
			m, p := newMemory(), newProbe()
			p.made = func(p *probe) { p.Transport().PauseProducing() }
			o := observe(x.make(m, 0).Connect(serve(p)))
			m.feed(whole+"first ", reactortest.Whole)
			o.wantProto(t, p)
			m.tr.Receive([]byte("second"))
			m.clock.Turn()
			if got := p.got(); got != "" || !m.tr.Paused() {
				t.Errorf("got %q while paused, paused is %v; want nothing, and true", got, m.tr.Paused())
			}
			p.Transport().ResumeProducing()
			if got := p.got(); got != "" {
				t.Errorf("got %q inside ResumeProducing, want nothing", got)
			}
			m.clock.Turn()
			m.clock.Turn()
			if got := p.got(); got != "first second" || m.tr.Paused() {
				t.Errorf("got %q, paused is %v; want %q, and false", got, m.tr.Paused(), "first second")
			}
		})
		t.Run(x.name+": paused again before it could come", func(t *testing.T) {
			m, p := newMemory(), newProbe()
			p.made = func(p *probe) { p.Transport().PauseProducing() }
			observe(x.make(m, 0).Connect(serve(p)))
			m.feed(whole+"first ", reactortest.Whole)
			p.Transport().ResumeProducing()
			p.Transport().PauseProducing()
			m.clock.Turn()
			if got := p.got(); got != "" || !m.tr.Paused() {
				t.Errorf("got %q while paused, paused is %v; want nothing, and true", got, m.tr.Paused())
			}
			p.Transport().ResumeProducing()
			m.clock.Turn()
			if got := p.got(); got != "first " {
				t.Errorf("got %q, want %q", got, "first ")
			}
		})
		t.Run(x.name+": T17 what came behind is dropped when the protocol closes", func(t *testing.T) {
			m, p := newMemory(), newProbe()
			p.made = func(p *probe) { p.Transport().LoseConnection() }
			o := observe(x.make(m, 0).Connect(serve(p)))
			m.feed(whole+"first", reactortest.Whole)
			m.clock.Turn()
			o.wantProto(t, p)
			if got, want := p.happened(), "MakeConnection ConnectionMade ConnectionLost"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
		t.Run(x.name+": the protocol hears all, and is found behind", func(t *testing.T) {
			m, p := newMemory(), newProbe()
			observe(x.make(m, 0).Connect(serve(p)))
			m.feed(whole, reactortest.Whole)
			tr := p.Transport()
			tcp, isTCP := tr.(reactor.TCPTransport)
			if _, isTLS := tr.(reactor.TLSTransport); !isTCP || !isTLS {
				t.Fatalf("TCPTransport is %v, TLSTransport is %v; want both, as the transport below is", isTCP, isTLS)
			}
			if err := tcp.SetKeepAlive(true); err != nil || !m.tr.KeepAlive() {
				t.Errorf("SetKeepAlive answered %v, and keep-alive is %v", err, m.tr.KeepAlive())
			}
			if got := tr.(interface{ Unwrap() reactor.Transport }).Unwrap(); got != reactor.Transport(m.tr) {
				t.Errorf("Unwrap of the transport answers %v, want the one below", got)
			}
			if tr.LocalAddr().String() != m.tr.LocalAddr().String() {
				t.Errorf("got local address %v, want %v", tr.LocalAddr(), m.tr.LocalAddr())
			}
		})
		t.Run(x.name+": STARTTLS verifies the place, not the proxy", func(t *testing.T) {
			m, p := newMemory(), newProbe()
			observe(x.make(m, 0).Connect(serve(p)))
			m.feed(whole, reactortest.Whole)
			p.Transport().(reactor.TLSTransport).StartTLS(nil).Handle(nil, func(error) {})
			if config, ok := m.tr.Starting(); !ok || config.ServerName != "imap.example.ne" {
				t.Errorf("StartTLS got %v, want a configuration with the name imap.example.ne", config)
			}
			m.tr.FailTLS(io.ErrUnexpectedEOF)
		})
		t.Run(x.name+": a panic ends the connection and fails the Deferred", func(t *testing.T) {
			l := start(t)
			addr := netPeer(t, func(c net.Conn) { _, _ = io.WriteString(c, whole); hold(c) })
			p := newProbe()
			p.made = func(*probe) { panic("boom") }
			o := l.connect(x.over(endpoints.TCP(l.Reactor, "127.0.0.1", addr.Port)), p)
			wait(t, o.done, "the failure")
			var panicked *reactor.PanicError
			if !errors.As(o.err, &panicked) || panicked.Value != "boom" {
				t.Errorf("got %v, want a *PanicError", o.err)
			}
			wait(t, p.lost, "the loss")
		})
	}
}

func TestTLSBehindAProxy(t *testing.T) {
	for _, x := range proxies {
		t.Run(x.name, func(t *testing.T) {
			m, p := newMemory(), newProbe()
			o := observe(endpoints.WrapTLS(x.make(m, 0), "imap.example.ne", nil).Connect(serve(p)))
			m.feed(strings.Join(x.answers, ""), reactortest.Bytewise)
			o.pending(t)
			config, ok := m.tr.Starting()
			if !ok || config.ServerName != "imap.example.ne" {
				t.Fatalf("StartTLS got %v, want a configuration with the name imap.example.ne", config)
			}
			m.tr.FinishTLS(tls.ConnectionState{})
			o.wantProto(t, p)
			if _, ok := p.Transport().(reactor.TLSTransport).TLSState(); !ok {
				t.Error("TLSState says that the connection is in the clear")
			}
			if got := p.Transport().RemoteAddr().String(); got != "imap.example.ne:143" {
				t.Errorf("got peer %s, want the place", got)
			}
		})
		t.Run(x.name+": bytes in the clear before the handshake", func(t *testing.T) {
			m, p := newMemory(), newProbe()
			o := observe(endpoints.WrapTLS(x.make(m, 0), "imap.example.ne", nil).Connect(serve(p)))
			m.feed(strings.Join(x.answers, "")+"injected", reactortest.Whole)
			m.clock.Turn()
			o.wantErr(t, reactor.ErrConnect)
			if got := p.happened(); got != "" {
				t.Errorf("the protocol got %s, want nothing", got)
			}
		})
	}
}

func TestSecretsStayHidden(t *testing.T) {
	m := newMemory()
	s := endpoints.SOCKS5(m, "a", 1, endpoints.SOCKS5Options{User: "joe", Password: "hunter2"})
	h := endpoints.HTTPConnect(m, "a", 1, endpoints.HTTPConnectOptions{User: "joe", Password: "hunter2"})
	w := endpoints.WrapTLS(h, "a", nil)
	secret := endpoints.Secret("hunter2")
	text, _ := secret.MarshalText()
	shown := fmt.Sprintf("%v %+v %s %q %x %d %#v ", secret, secret, secret, secret, secret, secret, secret) + string(text) + secret.LogValue().String()
	for _, v := range []any{s, h, w, endpoints.SOCKS5Options{Password: secret}, &endpoints.HTTPConnectOptions{Password: secret}, []any{s, secret}} {
		shown += fmt.Sprintf(" %v %+v %#v %s %q %x", v, v, v, v, v, v)
	}
	wantNoSecret(t, shown, "hunter2", "68756e74657232", "104 117")
}
