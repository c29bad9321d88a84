package reactor_test

import (
	"errors"
	"net"
	"path/filepath"
	"testing"

	"go.uber.org/zap/zaptest/observer"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// scene is a reactor with a connection whose callbacks panic, and a second one that must not notice.
type scene struct {
	*loop
	logs    *observer.ObservedLogs
	p       *probe
	c       *client
	far     *net.TCPConn
	witness *net.TCPConn
}

// stage connects a protocol prepared by set. The far end is nil when set says that no connection comes about.
func stage(t *testing.T, set func(p *probe, c *client)) *scene {
	t.Helper()
	option, logs := observed()
	s := &scene{loop: start(t, option), logs: logs, p: newProbe()}
	s.c = clientOf(s.p)
	s.witness = dial(t, s.listen(echoFactory).Addr())
	s.alive(t)
	set(s.p, s.c)
	target := peer(t)
	s.connect(target.Addr(), s.c)
	s.far = accept(t, target)
	return s
}

// alive checks the second connection.
func (s *scene) alive(t *testing.T) {
	t.Helper()
	send(t, s.witness, "alive?")
	expect(t, s.witness, "alive?")
}

// ended wants the connection to have ended by the panic, for the protocol and the factory, and nothing else to.
func (s *scene) ended(t *testing.T, callback string, hasProtocol bool) {
	t.Helper()
	reasons := []error{wait(t, s.c.lost, "ClientConnectionLost")}
	if hasProtocol {
		reasons = append(reasons, wait(t, s.p.lost, "ConnectionLost"))
	}
	for _, err := range reasons {
		var p *reactor.PanicError
		if !errors.As(err, &p) || p.Value != "boom" || len(p.Stack) == 0 {
			t.Errorf("got reason %#v, want a *PanicError for %q with a stack", err, "boom")
		}
	}
	wantPanicLogged(t, s.logs, callback, "boom")
	s.alive(t)
}

// survived wants the connection to go on.
func (s *scene) survived(t *testing.T, callback string) {
	t.Helper()
	wait(t, s.p.up, "the connection")
	s.do(func() { _, _ = s.p.Transport().Write([]byte("on")) })
	expect(t, s.far, "on")
	wantPanicLogged(t, s.logs, callback, "boom")
	s.alive(t)
	nothing(t, s.p.lost, "a loss")
}

func boom() { panic("boom") }

// unmade is a protocol that panics in MakeConnection.
type unmade struct{ *probe }

func (u unmade) MakeConnection(reactor.Transport) { boom() }

func TestPanics(t *testing.T) {
	t.Run("T21 in DataReceived", func(t *testing.T) {
		s := stage(t, func(p *probe, _ *client) { p.data = func(*probe, []byte) { boom() } })
		send(t, s.far, "x")
		s.ended(t, "DataReceived", true)
		expectEnd(t, s.far)
	})
	t.Run("T21 with an error as the value: errors.Is finds it", func(t *testing.T) {
		cause := errors.New("cause")
		s := stage(t, func(p *probe, _ *client) { p.data = func(*probe, []byte) { panic(cause) } })
		send(t, s.far, "x")
		wantIs(t, wait(t, s.p.lost, "ConnectionLost"), cause)
	})
	t.Run("T21 on the side of the server", func(t *testing.T) {
		option, _ := observed()
		l := start(t, option)
		p := newProbe()
		p.data = func(*probe, []byte) { boom() }
		port := l.listen(p.serve())
		c := dial(t, port.Addr())
		send(t, c, "x")
		expectEnd(t, c)
		var pe *reactor.PanicError
		if err := wait(t, p.lost, "ConnectionLost"); !errors.As(err, &pe) {
			t.Errorf("got %v, want a *PanicError", err)
		}
	})
	t.Run("T22 in ConnectionMade", func(t *testing.T) {
		s := stage(t, func(p *probe, _ *client) { p.made = func(*probe) { boom() } })
		s.ended(t, "ConnectionMade", true)
	})
	t.Run("T22 in MakeConnection", func(t *testing.T) {
		s := stage(t, func(p *probe, c *client) { c.build = func(net.Addr) reactor.Protocol { return unmade{p} } })
		s.ended(t, "ConnectionMade", true)
		nothing(t, s.p.up, "a call of ConnectionMade")
	})
	t.Run("in BuildProtocol", func(t *testing.T) {
		s := stage(t, func(_ *probe, c *client) { c.build = func(net.Addr) reactor.Protocol { panic("boom") } })
		s.ended(t, "BuildProtocol", false)
		expectEnd(t, s.far)
	})
	t.Run("in ConnectionLost: the factory still hears of the loss", func(t *testing.T) {
		s := stage(t, func(p *probe, _ *client) { p.gone = func(*probe, error) { boom() } })
		wait(t, s.p.up, "the connection")
		_ = s.far.Close()
		wantIs(t, wait(t, s.c.lost, "ClientConnectionLost"), reactor.ErrConnectionDone)
		s.alive(t)
		wantPanicLogged(t, s.logs, "ConnectionLost", "boom")
	})
	t.Run("in OnLost: the other hooks and the protocol still hear of the loss", func(t *testing.T) {
		for first := range 3 {
			var j journal
			s := stage(t, func(p *probe, _ *client) {
				p.made = func(p *probe) {
					for i := range 3 {
						p.Transport().OnLost(func(error) {
							if i == first {
								boom()
							}
							j.add("%d", i)
						})
					}
				}
			})
			wait(t, s.p.up, "the connection")
			_ = s.far.Close()
			wantIs(t, wait(t, s.p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
			s.alive(t)
			wantPanicLogged(t, s.logs, "OnLost", "boom")
			if got := len(j.got()); got != 2 {
				t.Errorf("got %v, want the two other hooks", j.got())
			}
		}
	})
	t.Run("in ClientConnectionLost", func(t *testing.T) {
		s := stage(t, func(_ *probe, c *client) { c.onLost = func(*reactor.Connector, error) { boom() } })
		wait(t, s.p.up, "the connection")
		_ = s.far.Close()
		wait(t, s.c.lost, "ClientConnectionLost")
		s.alive(t)
		wantPanicLogged(t, s.logs, "ClientConnectionLost", "boom")
	})
	t.Run("in StartedConnecting: the attempt goes on", func(t *testing.T) {
		s := stage(t, func(_ *probe, c *client) { c.started = func(*reactor.Connector) { boom() } })
		s.survived(t, "StartedConnecting")
	})
	t.Run("in ClientConnectionFailed", func(t *testing.T) {
		s := stage(t, func(*probe, *client) {})
		c := newClient(nil)
		c.onFail = func(*reactor.Connector, error) { boom() }
		s.connect(closedPort(t), c)
		wait(t, c.failed, "ClientConnectionFailed")
		s.alive(t)
		s.survived(t, "ClientConnectionFailed")
	})
	t.Run("in StartFactory and StopFactory", func(t *testing.T) {
		s := stage(t, func(*probe, *client) {})
		f := &touchy{Factory: echoFactory, at: "StartFactory"}
		port := s.listen(f)
		send(t, dial(t, port.Addr()), "x")
		wantPanicLogged(t, s.logs, "StartFactory", "boom")
		s.logs.TakeAll()
		f.at = "StopFactory"
		s.do(func() {
			_, err, fired := port.StopListening().Result()
			var p *reactor.PanicError
			if !fired || !errors.As(err, &p) {
				t.Errorf("StopListening has fired: %v, with %v; want true and a *PanicError", fired, err)
			}
		})
		s.survived(t, "StopFactory")
	})
	t.Run("in CallFromThread: the next call runs", func(t *testing.T) {
		s := stage(t, func(*probe, *client) {})
		_ = s.CallFromThread(boom)
		s.survived(t, "CallFromThread")
	})
	t.Run("R13 in a timer", func(t *testing.T) {
		s := stage(t, func(*probe, *client) {})
		ran := make(chan struct{})
		s.do(func() {
			s.CallLater(0, boom)
			s.CallLater(0, func() { close(ran) })
		})
		wait(t, ran, "the next timer")
		s.survived(t, "CallLater")
	})
	t.Run("in PauseProducing of a producer", func(t *testing.T) {
		s := stage(t, func(*probe, *client) {})
		wait(t, s.p.up, "the connection")
		s.do(func() {
			_ = s.p.Transport().RegisterProducer(grumpy{at: "PauseProducing"}, true)
			_, _ = s.p.Transport().Write(make([]byte, 1<<20))
		})
		s.ended(t, "PauseProducing", true)
	})
	t.Run("in ResumeProducing of a producer", func(t *testing.T) {
		s := stage(t, func(*probe, *client) {})
		wait(t, s.p.up, "the connection")
		s.do(func() {
			_ = s.p.Transport().RegisterProducer(grumpy{at: "ResumeProducing"}, true)
			_, _ = s.p.Transport().Write(make([]byte, 100<<10))
		})
		s.ended(t, "ResumeProducing", true)
	})
	t.Run("in StopProducing of a producer", func(t *testing.T) {
		s := stage(t, func(*probe, *client) {})
		wait(t, s.p.up, "the connection")
		s.do(func() {
			_ = s.p.Transport().RegisterProducer(grumpy{at: "StopProducing"}, true)
			s.p.Transport().AbortConnection()
		})
		wantIs(t, wait(t, s.p.lost, "ConnectionLost"), reactor.ErrConnectionAborted)
		s.alive(t)
		wantPanicLogged(t, s.logs, "StopProducing", "boom")
	})
	t.Run("in a callback of a Deferred: it is the Deferred's failure", func(t *testing.T) {
		s := stage(t, func(*probe, *client) {})
		wait(t, s.p.up, "the connection")
		d := deferred.New[int]().AddCallback(func(int) (int, error) { panic("boom") })
		s.do(func() { d.Callback(1) })
		_, err, _ := d.Result()
		var p *deferred.PanicError
		if !errors.As(err, &p) || p.Value != "boom" {
			t.Errorf("got %v, want a *PanicError", err)
		}
		s.do(func() { _, _ = s.p.Transport().Write([]byte("on")) })
		expect(t, s.far, "on")
		s.alive(t)
	})
	t.Run("a nil panic and a runtime error", func(t *testing.T) {
		s := stage(t, func(p *probe, _ *client) {
			p.data = func(_ *probe, data []byte) { _ = data[len(data)] }
		})
		send(t, s.far, "x")
		var p *reactor.PanicError
		if err := wait(t, s.p.lost, "ConnectionLost"); !errors.As(err, &p) {
			t.Errorf("got %v, want a *PanicError", err)
		}
		s.alive(t)
	})
}

// touchy panics in one of the two notifications of a factory.
type touchy struct {
	reactor.Factory
	at string
}

func (f *touchy) StartFactory() {
	if f.at == "StartFactory" {
		boom()
	}
}

func (f *touchy) StopFactory() error {
	if f.at == "StopFactory" {
		boom()
	}
	return nil
}

// grumpy panics in one of the methods of a producer.
type grumpy struct{ at string }

func (g grumpy) call(what string) {
	if g.at == what {
		boom()
	}
}

func (g grumpy) PauseProducing()  { g.call("PauseProducing") }
func (g grumpy) ResumeProducing() { g.call("ResumeProducing") }
func (g grumpy) StopProducing()   { g.call("StopProducing") }

// TestControlPanics has the functions that change a socket panic: the socket is given up, and whoever asked for it is told.
func TestControlPanics(t *testing.T) {
	boo := func(uintptr) error { panic("boo") }
	path := filepath.Join(t.TempDir(), "socket")
	t.Run("UDP", func(t *testing.T) {
		var panicked *reactor.PanicError
		l := start(t)
		var err error
		l.do(func() { _, err = l.ListenUDP(0, &reactor.BaseDatagramProtocol{}, reactor.ControlListener(boo)) })
		if !errors.As(err, &panicked) {
			t.Errorf("listening failed with %v, want the panic", err)
		}
	})
	for name, test := range map[string]struct {
		connect func(l *loop, f reactor.ClientFactory, o reactor.ConnectOption)
		listen  func(l *loop, o reactor.ListenOption) (*reactor.Port, error)
	}{
		"TCP": {
			func(l *loop, f reactor.ClientFactory, o reactor.ConnectOption) {
				l.ConnectTCP("127.0.0.1", 9, f, o, reactor.Timeout(0))
			},
			func(l *loop, o reactor.ListenOption) (*reactor.Port, error) { return l.ListenTCP(0, echoFactory, o) },
		},
		"UNIX": {
			func(l *loop, f reactor.ClientFactory, o reactor.ConnectOption) {
				l.ConnectUNIX(path, f, o, reactor.Timeout(0))
			},
			func(l *loop, o reactor.ListenOption) (*reactor.Port, error) {
				return l.ListenUNIX(path, echoFactory, o)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var panicked *reactor.PanicError
			option, logs := observed()
			l := start(t, option)
			f := clientOf(newProbe())
			l.do(func() { test.connect(l, f, reactor.Control(boo)) })
			if err := wait(t, f.failed, "the failure"); !errors.As(err, &panicked) || !errors.Is(err, reactor.ErrConnect) {
				t.Errorf("connecting failed with %v, want the panic as an ErrConnect", err)
			}
			wantPanicLogged(t, logs, "Control", "boo")
			l.do(func() {
				if _, err := test.listen(l, reactor.ControlListener(boo)); !errors.As(err, &panicked) || !errors.Is(err, reactor.ErrCannotListen) {
					t.Errorf("listening failed with %v, want the panic as an ErrCannotListen", err)
				}
			})
		})
	}
}
