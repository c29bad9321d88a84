package policies_test

import (
	"bytes"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// marker writes its letter on everything that passes.
type marker struct {
	policies.ProtocolWrapper
	letter string
}

func (m *marker) DataReceived(data []byte) {
	m.ProtocolWrapper.DataReceived(append([]byte(m.letter), data...))
}

func (m *marker) Write(p []byte) (int, error) {
	_, err := m.ProtocolWrapper.Write(append([]byte(m.letter), p...))
	return len(p), err
}

func mark(letter string) policies.Policy {
	return func(f reactor.Factory) reactor.Factory {
		return policies.WrapFactory(f, func(p reactor.Protocol, _ net.Addr) reactor.Protocol {
			m := &marker{letter: letter}
			m.Init(m, p)
			return m
		})
	}
}

func TestWrapOrder(t *testing.T) {
	p := &plain{}
	tr := open(t, nil, policies.Wrap(of(p), mark("a"), mark("b")))
	tr.Receive([]byte("in"))
	p.write("out")
	_, _ = p.Transport().WriteSequence([]byte("1"), []byte("2"))
	if got, want := string(tr.Take()), "about"+"ab1"+"ab2"; got != want {
		t.Errorf("written: got %q, want %q", got, want)
	}
	tr.Lose(nil)
	expect(t, "events", p.events, []string{"transport", "made", "data bain", "lost Connection was closed cleanly."})
}

func TestWrappersAreSeenThrough(t *testing.T) {
	p := &plain{}
	f := policies.Wrap(of(p), policies.Limit(1), policies.LimitPerHost(1), policies.IdleTimeout(time.Hour), policies.Throttle(policies.ThrottleOptions{}), policies.Trace(&bytes.Buffer{}, policies.Client))
	if got, ok := reactor.As[*plain](f.BuildProtocol(nil)); !ok || got != p {
		t.Errorf("reactor.As: got %v, %v; want the protocol", got, ok)
	}
}

// declining is a policy that lets nobody through, or panics.
func declining(panics bool) policies.Policy {
	return func(f reactor.Factory) reactor.Factory {
		return policies.WrapFactory(f, func(reactor.Protocol, net.Addr) reactor.Protocol {
			if panics {
				panic("no")
			}
			return nil
		})
	}
}

// TestDeclinedAfterLimit: a connection that another policy declines does not count for a Limit behind it.
func TestDeclinedAfterLimit(t *testing.T) {
	for _, panics := range []bool{false, true} {
		limit := policies.Wrap(fresh, policies.LimitPerHost(1), mark("a"), policies.Limit(1))
		closed := policies.Wrap(limit, mark("b"), declining(panics))
		for range 3 {
			func() {
				defer func() { _ = recover() }()
				if p := closed.BuildProtocol(addr("192.0.2.1")); p != nil {
					t.Errorf("declined: got %v, want nil", p)
				}
			}()
		}
		if _, ok := fits(limit, addr("192.0.2.1")); !ok {
			t.Errorf("after declined connections (panic: %v): got no place, want one", panics)
		}
	}
}

// aborter tells how the protocol's ends arrive at a wrapper.
type aborter struct {
	policies.ProtocolWrapper
	events []string
}

func (a *aborter) AbortWith(err error) {
	a.events = append(a.events, "abort")
	a.ProtocolWrapper.AbortWith(err)
}

func (a *aborter) LoseConnection() {
	a.events = append(a.events, "lose")
	a.ProtocolWrapper.LoseConnection()
}

func TestEndsPassTheWrapper(t *testing.T) {
	cause := errors.New("because")
	for _, tc := range []struct {
		name string
		end  func(reactor.Transport)
		want string
		is   error
	}{
		{"LoseConnection", reactor.Transport.LoseConnection, "lose", reactor.ErrConnectionDone},
		{"StopProducing", reactor.Transport.StopProducing, "lose", reactor.ErrConnectionDone},
		{"AbortConnection", reactor.Transport.AbortConnection, "abort", reactor.ErrConnectionAborted},
		{"AbortWith", func(t reactor.Transport) { t.AbortWith(cause) }, "abort", cause},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, a := &plain{}, &aborter{}
			a.Init(a, p)
			tr := open(t, nil, of(a))
			tc.end(p.Transport())
			tr.Clock().Turn()
			expect(t, "seen", a.events, []string{tc.want})
			if !errors.Is(tr.Reason(), tc.is) {
				t.Errorf("reason: got %v, want %v", tr.Reason(), tc.is)
			}
		})
	}
}

// TestWhatATransportCanDo: what the protocol gets can do what the connection can, and no more.
func TestWhatATransportCanDo(t *testing.T) {
	real := reactortest.NewTransport(nil)
	for _, tc := range []struct {
		name     string
		tr       reactor.Transport
		tcp, tls bool
	}{
		{"nothing more", struct{ reactor.Transport }{real}, false, false},
		{"TCP", struct{ reactor.TCPTransport }{real}, true, false},
		{"TLS", struct{ reactor.TLSTransport }{real}, false, true},
		{"both", real, true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &plain{}
			f := policies.Wrap(of(p), mark("a"), policies.IdleTimeout(time.Hour), mark("b"), policies.Limit(1))
			f.BuildProtocol(nil).MakeConnection(tc.tr)
			tcp, isTCP := p.Transport().(reactor.TCPTransport)
			tls, isTLS := p.Transport().(reactor.TLSTransport)
			if isTCP != tc.tcp || isTLS != tc.tls {
				t.Errorf("TCP, TLS: got %v, %v; want %v, %v", isTCP, isTLS, tc.tcp, tc.tls)
			}
			if _, isProtocol := p.Transport().(reactor.Protocol); isProtocol {
				t.Error("the transport is a protocol, too; want a transport and no more")
			}
			real.Clear()
			if isTCP {
				_ = tcp.SetKeepAlive(true)
				_, _ = tcp.Write([]byte("x"))
				if got := string(real.Take()); got != "abx" || !real.KeepAlive() {
					t.Errorf("as TCP: got %q, keep-alive %v; want %q, true", got, real.KeepAlive(), "abx")
				}
			}
			if isTLS {
				_, _ = tls.Write([]byte("y"))
				if _, ok := tls.TLSState(); ok || string(real.Take()) != "aby" {
					t.Error("as TLS: want the wrapper's Write and the connection's TLSState")
				}
			}
		})
	}
}

// events is a factory that notes what it is told.
type events struct {
	reactor.BaseClientFactory
	seen []string
	err  error
}

func (e *events) BuildProtocol(net.Addr) reactor.Protocol        { return &plain{} }
func (e *events) StartFactory()                                  { e.seen = append(e.seen, "start") }
func (e *events) StopFactory() error                             { e.seen = append(e.seen, "stop"); return e.err }
func (e *events) StartedConnecting(*reactor.Connector)           { e.seen = append(e.seen, "connecting") }
func (e *events) ClientConnectionLost(*reactor.Connector, error) { e.seen = append(e.seen, "lost") }
func (e *events) ClientConnectionFailed(*reactor.Connector, error) {
	e.seen = append(e.seen, "failed")
}

// all are the policies of this package.
func all() []policies.Policy {
	return []policies.Policy{
		mark("x"), policies.Limit(100), policies.LimitPerHost(100), policies.IdleTimeout(time.Hour),
		policies.Throttle(policies.ThrottleOptions{}), policies.Trace(&bytes.Buffer{}, policies.Client),
	}
}

func TestFactoriesKeepTheirKind(t *testing.T) {
	t.Run("client factory", func(t *testing.T) {
		e := &events{err: errors.New("not yet")}
		f := policies.WrapClient(e, all()...)
		f.(reactor.Starter).StartFactory()
		f.StartedConnecting(nil)
		f.ClientConnectionFailed(nil, nil)
		f.ClientConnectionLost(nil, nil)
		if err := f.(reactor.Stopper).StopFactory(); err != e.err {
			t.Errorf("StopFactory: got %v, want %v", err, e.err)
		}
		expect(t, "told", e.seen, []string{"start", "connecting", "failed", "lost", "stop"})
	})
	t.Run("client factory behind a policy that forgets it", func(t *testing.T) {
		e := &events{}
		f := policies.WrapClient(e, func(f reactor.Factory) reactor.Factory { return reactor.FactoryFunc(f.BuildProtocol) })
		f.ClientConnectionLost(nil, nil)
		expect(t, "told", e.seen, []string{"lost"})
		if f.BuildProtocol(nil) == nil {
			t.Error("BuildProtocol: got nil, want a protocol")
		}
	})
	t.Run("plain factory", func(t *testing.T) {
		f := policies.Wrap(of(&plain{}), all()...)
		if _, ok := f.(reactor.ClientFactory); ok {
			t.Error("got a ClientFactory, want a Factory and no more")
		}
		f.(reactor.Starter).StartFactory()
		if err := f.(reactor.Stopper).StopFactory(); err != nil {
			t.Errorf("StopFactory: got %v, want nil", err)
		}
	})
	t.Run("a factory that declines", func(t *testing.T) {
		f := policies.Wrap(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil }), all()...)
		if got := f.BuildProtocol(nil); got != nil {
			t.Errorf("got %v, want nil", got)
		}
	})
	t.Run("no policies", func(t *testing.T) {
		e := &events{}
		if got := policies.WrapClient(e); got != reactor.ClientFactory(e) {
			t.Errorf("got %v, want the factory itself", got)
		}
	})
}

func TestMisuseOfWrappers(t *testing.T) {
	tr := reactortest.NewTransport(nil)
	mustPanic(t, "policies: a ProtocolWrapper was not initialised; call w.Init(w, protocol) where the wrapper w is made", func() { tr.Connect(&marker{}) })
	mustPanic(t, "policies: ProtocolWrapper.Init with a nil wrapper or protocol", func() { m := &marker{}; m.Init(m, nil) })
	mustPanic(t, "policies: Wrap with a nil factory", func() { policies.Wrap(nil) })
	mustPanic(t, "policies: WrapClient with a nil factory", func() { policies.WrapClient(nil) })
	mustPanic(t, "policies: WrapFactory with a nil factory", func() { policies.WrapFactory(nil, nil) })
	mustPanic(t, "policies: WrapFactory with a nil function", func() { policies.WrapFactory(of(&plain{}), nil) })
	mustPanic(t, "policies: Limit: negative limit -1", func() { policies.Limit(-1) })
	mustPanic(t, "policies: IPv6Prefix: 129 is not 1 to 128", func() { policies.IPv6Prefix(129) })
	mustPanic(t, "policies: IdleTimeout: 0s is no time to wait", func() { policies.IdleTimeout(0) })
	mustPanic(t, "policies: Trace with a nil writer", func() { policies.Trace(nil, policies.Client) })
	mustPanic(t, "policies: TraceEach with a nil function", func() { policies.TraceEach(nil, policies.Client) })
}
