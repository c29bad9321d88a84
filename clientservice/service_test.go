package clientservice_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// The behaviours of Twisted's ClientService.
func TestService(t *testing.T) {
	none := clientservice.Options{}
	for _, c := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"P17 Start begins an attempt", func(t *testing.T) {
			s := newScene(t, none)
			s.calls(0)
			s.state(clientservice.Idle)
			s.Start()
			s.calls(1)
			s.state(clientservice.Connecting)
		}},
		{"P17 Start twice is one attempt", func(t *testing.T) {
			s := started(t, none)
			s.Start()
			s.calls(1)
			s.call(0).connect()
			s.Start()
			s.calls(1)
			s.state(clientservice.Connected)
		}},
		{"P17 a connection leaves nothing planned", func(t *testing.T) {
			s := up(t, none)
			s.planned(0)
			isUser(t, "WhenConnected", s.WhenConnected(0), s.users[0])
			s.counts(clientservice.Counts{Attempts: 1, Connected: 1})
		}},
		{"P17 a failed attempt is followed by another one", func(t *testing.T) {
			s := started(t, none)
			s.call(0).fail(errRefused)
			d := s.WhenConnected(0)
			open(t, "WhenConnected", d)
			s.state(clientservice.Waiting)
			s.clock.Advance(longEnough)
			s.call(1).connect()
			isUser(t, "WhenConnected", d, s.users[0])
			s.counts(clientservice.Counts{Attempts: 2, Connected: 1, Failures: 1})
		}},
		{"P17 a lost connection is followed by another one", func(t *testing.T) {
			s := up(t, none)
			s.place.calls[0].tr.Lose(errRefused)
			s.state(clientservice.Waiting)
			d := s.WhenConnected(0)
			open(t, "WhenConnected", d)
			s.clock.Advance(longEnough)
			s.call(1).connect()
			isUser(t, "WhenConnected", d, s.users[1])
			isUser(t, "WhenConnected again", s.WhenConnected(0), s.users[1])
			s.counts(clientservice.Counts{Attempts: 2, Connected: 2, Lost: 1})
		}},
		{"P17 bytes go through", func(t *testing.T) {
			s := up(t, none)
			s.call(0).tr.Receive([]byte("hello"))
			if got, want := s.users[0].received, "hello"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}},
		{"P17 the reactor can look through to the user's protocol", func(t *testing.T) {
			s := started(t, none)
			p := s.call(0).build()
			if got, ok := reactor.As[*user](p); !ok || got != s.users[0] {
				t.Errorf("got %p and %v, want %p", got, ok, s.users[0])
			}
		}},
		{"P17 a wrapper in between changes nothing", func(t *testing.T) {
			s := newScene(t, none)
			s.place.wrap = func(p reactor.Protocol) reactor.Protocol { return &outer{p} }
			s.Start()
			s.call(0).connect()
			isUser(t, "WhenConnected", s.WhenConnected(0), s.users[0])
			s.call(0).tr.Lose(nil)
			s.state(clientservice.Waiting)
		}},
		{"P17 a wrapper that keeps the loss to itself changes little", func(t *testing.T) {
			s := newScene(t, none)
			s.place.wrap = func(p reactor.Protocol) reactor.Protocol { return &thief{outer{p}} }
			s.Start()
			s.call(0).connect()
			s.call(0).tr.Lose(nil)
			s.turn()
			s.state(clientservice.Waiting)
		}},
		{"P17 the user hears of the end before the service acts", func(t *testing.T) {
			var heard int
			s := newScene(t, clientservice.Options{})
			s.Start()
			s.call(0).connect()
			s.Stop().Handle(func(struct{}) { heard = len(s.users[0].lost) }, nil)
			s.turn()
			if heard != 1 {
				t.Errorf("got %d ConnectionLost before the Deferred of Stop, want 1", heard)
			}
		}},
		{"P17 the factory hears of use", func(t *testing.T) {
			f := &counting{}
			s := newScene(t, none)
			s.Service = clientservice.New(s.place, f, clientservice.Options{Reactor: s.clock.Reactor()})
			s.Start()
			got := s.call(0).f
			got.(reactor.Starter).StartFactory()
			if err := got.(reactor.Stopper).StopFactory(); !errors.Is(err, errRefused) {
				t.Errorf("StopFactory: got %v, want %v", err, errRefused)
			}
			if f.started != 1 || f.stopped != 1 {
				t.Errorf("got %d starts and %d stops, want one of each", f.started, f.stopped)
			}
			_, starter := newCall(t).f.(reactor.Starter)
			if starter {
				t.Error("got a Starter for a factory that is none, want none")
			}
		}},
	} {
		t.Run(c.name, c.run)
	}
}

func newCall(t *testing.T) *call { return started(t, clientservice.Options{}).call(0) }

// outer is somebody else's wrapper.
type outer struct{ reactor.Protocol }

func (o *outer) Unwrap() reactor.Protocol { return o.Protocol }

// thief passes no ConnectionLost on.
type thief struct{ outer }

func (*thief) ConnectionLost(error) {}

// counting is a factory that wants to hear of its use.
type counting struct {
	reactor.Factory
	started, stopped int
}

func (c *counting) StartFactory()      { c.started++ }
func (c *counting) StopFactory() error { c.stopped++; return errRefused }

func TestWhenConnected(t *testing.T) {
	none := clientservice.Options{}
	for _, c := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"P17 all who wait get the same protocol", func(t *testing.T) {
			s := newScene(t, none)
			early := s.WhenConnected(0)
			s.Start()
			a, b := s.WhenConnected(0), s.WhenConnected(1)
			open(t, "early", early)
			open(t, "a", a)
			open(t, "b", b)
			s.call(0).connect()
			isUser(t, "early", early, s.users[0])
			isUser(t, "a", a, s.users[0])
			isUser(t, "b", b, s.users[0])
		}},
		{"P17 failAfter counts the failures from the call on", func(t *testing.T) {
			s := started(t, none)
			a0, a1, a2, a3 := s.WhenConnected(0), s.WhenConnected(1), s.WhenConnected(2), s.WhenConnected(3)
			first, second := errors.New("first"), errors.New("second")
			s.call(0).fail(first)
			open(t, "0", a0)
			failed(t, "1", a1, first)
			open(t, "2", a2)
			late := s.WhenConnected(1)
			s.clock.Advance(longEnough)
			open(t, "2", a2)
			s.call(1).fail(second)
			open(t, "0", a0)
			failed(t, "2", a2, second)
			failed(t, "late", late, second)
			open(t, "3", a3)
			s.clock.Advance(longEnough)
			s.call(2).connect()
			isUser(t, "0", a0, s.users[0])
			isUser(t, "3", a3, s.users[0])
			isUser(t, "afterwards", s.WhenConnected(1), s.users[0])
		}},
		{"P17 a loss is no failure of an attempt", func(t *testing.T) {
			s := up(t, none)
			s.call(0).tr.Lose(nil)
			d := s.WhenConnected(1)
			open(t, "WhenConnected", d)
			s.clock.Advance(longEnough)
			s.call(1).fail(errRefused)
			failed(t, "WhenConnected", d, errRefused)
		}},
		{"P17 Stop fails all who wait", func(t *testing.T) {
			s := started(t, none)
			ds := []*deferred.Deferred[reactor.Protocol]{s.WhenConnected(0), s.WhenConnected(0), s.WhenConnected(1)}
			s.Stop()
			for _, d := range ds {
				failed(t, "WhenConnected", d, clientservice.ErrStopped, deferred.ErrCancelled, context.Canceled)
			}
			failed(t, "afterwards", s.WhenConnected(0), clientservice.ErrStopped)
		}},
		{"P17 Stop between attempts fails those who wait", func(t *testing.T) {
			s := started(t, none)
			before := s.WhenConnected(0)
			s.call(0).fail(errRefused)
			s.Stop()
			failed(t, "before", before, clientservice.ErrStopped)
			failed(t, "after", s.WhenConnected(0), clientservice.ErrStopped)
		}},
		{"P17 Stop before Start fails those who wait", func(t *testing.T) {
			s := newScene(t, none)
			d := s.WhenConnected(0)
			s.Stop()
			failed(t, "WhenConnected", d, clientservice.ErrStopped)
		}},
		{"P17 Cancel ends one wait only", func(t *testing.T) {
			s := started(t, none)
			a, b := s.WhenConnected(0), s.WhenConnected(1)
			a.Cancel()
			failed(t, "a", a, deferred.ErrCancelled)
			s.call(0).connect()
			isUser(t, "b", b, s.users[0])
		}},
		{"P17 one who waits may cancel another", func(t *testing.T) {
			s := started(t, none)
			a, b := s.WhenConnected(0), s.WhenConnected(0)
			a.AddCallback(func(p reactor.Protocol) (reactor.Protocol, error) { b.Cancel(); return p, nil })
			s.call(0).connect()
			failed(t, "b", b, deferred.ErrCancelled)
			isUser(t, "a", a, s.users[0])
		}},
		{"P17 one who waits may stop the service", func(t *testing.T) {
			s := started(t, none)
			var stopped *deferred.Deferred[struct{}]
			s.WhenConnected(0).Handle(func(reactor.Protocol) { stopped = s.Stop() }, nil)
			s.call(0).connect()
			open(t, "Stop", stopped)
			s.turn()
			done(t, "Stop", stopped)
			s.state(clientservice.Stopped)
		}},
		{"P17 a negative number panics", func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("got no panic, want one")
				}
			}()
			newScene(t, none).WhenConnected(-1)
		}},
	} {
		t.Run(c.name, c.run)
	}
}

func TestStop(t *testing.T) {
	none := clientservice.Options{}
	for _, c := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"P17 before Start it is done", func(t *testing.T) {
			s := newScene(t, none)
			done(t, "Stop", s.Stop())
			s.state(clientservice.Stopped)
		}},
		{"P17 while connected it waits for the end", func(t *testing.T) {
			s := up(t, none)
			d := s.Stop()
			s.state(clientservice.Stopping)
			if got := s.call(0).tr.Disconnecting(); !got {
				t.Error("got a connection that goes on, want it closing")
			}
			open(t, "Stop", d)
			s.turn()
			done(t, "Stop", d)
			s.state(clientservice.Stopped)
			s.planned(0)
			s.calls(1)
		}},
		{"P17 while connecting it cancels the attempt", func(t *testing.T) {
			s := started(t, none)
			done(t, "Stop", s.Stop())
			if !s.call(0).cancelled {
				t.Error("got an attempt that goes on, want it cancelled")
			}
			s.state(clientservice.Stopped)
			s.planned(0)
			s.counts(clientservice.Counts{Attempts: 1})
		}},
		{"P17 while connecting again it cancels the attempt", func(t *testing.T) {
			s := started(t, none)
			s.call(0).fail(errRefused)
			s.clock.Advance(longEnough)
			done(t, "Stop", s.Stop())
			if !s.call(1).cancelled {
				t.Error("got an attempt that goes on, want it cancelled")
			}
		}},
		{"P17 while waiting it takes the plan back", func(t *testing.T) {
			s := started(t, none)
			s.call(0).fail(errRefused)
			s.planned(1)
			d := s.Stop()
			s.planned(0)
			done(t, "Stop", d)
		}},
		{"P17 twice answers twice, at the same moment", func(t *testing.T) {
			s := up(t, none)
			a, b := s.Stop(), s.Stop()
			open(t, "first", a)
			open(t, "second", b)
			s.turn()
			done(t, "first", a)
			done(t, "second", b)
		}},
		{"P17 of a stopped service is done", func(t *testing.T) {
			s := started(t, none)
			done(t, "first", s.Stop())
			done(t, "second", s.Stop())
		}},
		{"P17 while restarting stops after all", func(t *testing.T) {
			s := up(t, none)
			a := s.Stop()
			s.Start()
			s.state(clientservice.Restarting)
			b := s.Stop()
			s.turn()
			done(t, "first", a)
			done(t, "second", b)
			s.state(clientservice.Stopped)
			s.calls(1)
		}},
		{"P17 the end by the peer counts as well", func(t *testing.T) {
			s := up(t, none)
			s.call(0).tr.Hold()
			_, _ = s.users[0].Transport().Write([]byte("last words"))
			d := s.Stop()
			s.turn()
			open(t, "Stop", d)
			s.call(0).tr.Lose(errRefused)
			done(t, "Stop", d)
			failed(t, "WhenConnected", s.WhenConnected(0), clientservice.ErrStopped)
		}},
		{"P17 Start waits for the old connection to end", func(t *testing.T) {
			s := up(t, none)
			d := s.Stop()
			s.Start()
			open(t, "Stop", d)
			s.calls(1)
			s.turn()
			done(t, "Stop", d)
			s.calls(2)
		}},
		{"P17 Start while stopping gives a new connection", func(t *testing.T) {
			s := up(t, none)
			stopped := s.Stop()
			next := s.WhenConnected(0)
			open(t, "WhenConnected", next)
			s.Start()
			s.Start()
			open(t, "WhenConnected", next)
			s.turn()
			done(t, "Stop", stopped)
			s.call(1).connect()
			isUser(t, "WhenConnected", next, s.users[1])
			open(t, "Stop again", s.Stop())
		}},
		{"P17 WhenConnected while stopping fails with the end", func(t *testing.T) {
			s := up(t, none)
			s.Stop()
			d := s.WhenConnected(0)
			open(t, "WhenConnected", d)
			s.turn()
			failed(t, "WhenConnected", d, clientservice.ErrStopped)
		}},
		{"P17 Start after the stop gives a new connection", func(t *testing.T) {
			s := started(t, none)
			done(t, "Stop", s.Stop())
			s.Start()
			s.call(1).connect()
			isUser(t, "WhenConnected", s.WhenConnected(0), s.users[0])
		}},
		{"Start from within the answer of Stop", func(t *testing.T) {
			s := up(t, none)
			d := s.Stop()
			d.Handle(func(struct{}) { s.Start() }, nil)
			s.turn()
			s.state(clientservice.Connecting)
			s.calls(2)
		}},
		{"Start begins the back-off anew", func(t *testing.T) {
			s := started(t, none)
			s.call(0).fail(errRefused)
			s.Stop()
			s.Start()
			s.counts(clientservice.Counts{Attempts: 2, Failures: 1})
		}},
		{"within Connect", func(t *testing.T) {
			s := newScene(t, none)
			var d *deferred.Deferred[struct{}]
			s.place.instantly = true
			s.made = func(*user) { d = s.Stop() }
			s.Start()
			open(t, "Stop", d)
			s.turn()
			done(t, "Stop", d)
			s.state(clientservice.Stopped)
			if got := len(s.users[0].lost); got != 1 {
				t.Errorf("got %d ConnectionLost, want 1", got)
			}
			s.counts(clientservice.Counts{Attempts: 1})
		}},
		{"within Connect, which goes on", func(t *testing.T) {
			s := newScene(t, none)
			var d *deferred.Deferred[struct{}]
			s.place.asked = func() { d = s.Stop() }
			s.Start()
			done(t, "Stop", d)
			if !s.call(0).cancelled {
				t.Error("got an attempt that goes on, want it cancelled")
			}
		}},
		{"of two connections the answered one is closed", func(t *testing.T) {
			s := newScene(t, none)
			s.place.deaf = true
			s.Start()
			d := s.Stop()
			p := s.call(0).build()
			first := s.call(0).tr
			s.call(0).build()
			s.call(0).d.Callback(p)
			s.turn()
			done(t, "Stop", d)
			if !first.Disconnecting() {
				t.Error("got a connection that goes on, want it closed")
			}
		}},
		{"a connection that comes all the same is closed", func(t *testing.T) {
			s := newScene(t, none)
			s.place.deaf = true
			s.Start()
			d := s.Stop()
			open(t, "Stop", d)
			s.call(0).connect()
			open(t, "Stop", d)
			s.turn()
			done(t, "Stop", d)
			if got := len(s.users[0].lost); got != 1 {
				t.Errorf("got %d ConnectionLost, want 1", got)
			}
		}},
		{"an attempt that never ends is given up", func(t *testing.T) {
			s := newScene(t, clientservice.Options{CloseTimeout: 5 * time.Second})
			s.place.deaf = true
			s.Start()
			d := s.Stop()
			s.clock.Advance(5*time.Second - 1)
			open(t, "Stop", d)
			s.clock.Advance(1)
			done(t, "Stop", d)
			s.state(clientservice.Stopped)
			s.call(0).connect() // nil from BuildProtocol: too late
			if got := len(s.users); got != 0 {
				t.Errorf("got %d protocols, want none", got)
			}
		}},
		{"a connection that is built before the attempt fails is closed", func(t *testing.T) {
			s := newScene(t, none)
			s.place.deaf = true
			s.Start()
			d := s.Stop()
			s.call(0).build()
			s.call(0).fail(errRefused)
			open(t, "Stop", d)
			s.turn()
			done(t, "Stop", d)
		}},
		{"a peer that takes nothing is cut off", func(t *testing.T) {
			s := up(t, clientservice.Options{CloseTimeout: 7 * time.Second})
			tr := s.call(0).tr
			tr.Hold()
			_, _ = s.users[0].Transport().Write([]byte("last words"))
			d := s.Stop()
			for range 6 {
				s.clock.Advance(time.Second)
				tr.Drain(1)
			}
			open(t, "Stop", d)
			s.clock.Advance(time.Second)
			s.turn()
			done(t, "Stop", d)
			if !tr.Aborted() {
				t.Error("got a clean end, want an abort")
			}
		}},
	} {
		t.Run(c.name, c.run)
	}
}
