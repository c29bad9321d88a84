package clientservice_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
)

// login is a Prepare whose outcome the test decides.
type login struct {
	seen      []reactor.Protocol
	d         *deferred.Deferred[struct{}]
	cancelled int
}

func (l *login) prepare(p reactor.Protocol) *deferred.Deferred[struct{}] {
	l.seen = append(l.seen, p)
	l.d = deferred.New(func(*deferred.Deferred[struct{}]) { l.cancelled++ })
	return l.d
}

func TestPrepare(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, l *login, s *scene)
	}{
		{"P17 it gets the user's protocol, once for each connection", func(t *testing.T, l *login, s *scene) {
			s.state(clientservice.Preparing)
			l.d.Callback(struct{}{})
			s.call(0).tr.Lose(nil)
			s.clock.Advance(longEnough)
			s.call(1).connect()
			if len(l.seen) != 2 || l.seen[0] != reactor.Protocol(s.users[0]) || l.seen[1] != reactor.Protocol(s.users[1]) {
				t.Errorf("got %v, want the protocols %p and %p", l.seen, s.users[0], s.users[1])
			}
		}},
		{"P17 WhenConnected waits for it", func(t *testing.T, l *login, s *scene) {
			d := s.WhenConnected(0)
			open(t, "WhenConnected", d)
			l.d.Callback(struct{}{})
			isUser(t, "WhenConnected", d, s.users[0])
			s.planned(0)
		}},
		{"P17 its failure closes the connection and is a failure", func(t *testing.T, l *login, s *scene) {
			d := s.WhenConnected(1)
			l.d.Errback(errRefused)
			failed(t, "WhenConnected", d, errRefused)
			s.state(clientservice.Closing)
			s.counts(clientservice.Counts{Attempts: 1, Failures: 1, InARow: 1})
			s.turn()
			s.state(clientservice.Waiting)
			if got := len(s.users[0].lost); got != 1 {
				t.Errorf("got %d ConnectionLost, want 1", got)
			}
			s.clock.Advance(longEnough)
			s.calls(2)
		}},
		{"the loss of the connection is a failure, and ends it", func(t *testing.T, l *login, s *scene) {
			d := s.WhenConnected(1)
			s.call(0).tr.Lose(errRefused)
			failed(t, "WhenConnected", d, errRefused)
			s.state(clientservice.Waiting)
			if l.cancelled != 1 {
				t.Errorf("got %d cancels of Prepare, want 1", l.cancelled)
			}
			s.counts(clientservice.Counts{Attempts: 1, Failures: 1, InARow: 1})
		}},
		{"it has a deadline that no bytes extend", func(t *testing.T, l *login, s *scene) {
			d := s.WhenConnected(1)
			for range 59 {
				s.clock.Advance(time.Second)
				s.call(0).tr.Receive([]byte("."))
			}
			open(t, "WhenConnected", d)
			s.clock.Advance(time.Second)
			failed(t, "WhenConnected", d, context.DeadlineExceeded)
			var timeout *clientservice.TimeoutError
			if _, err, _ := d.Result(); !errors.As(err, &timeout) || timeout.Doing != "Prepare" || timeout.Err.After != time.Minute {
				t.Errorf("got error %v, want that of Prepare after a minute", err)
			}
			if l.cancelled != 1 {
				t.Errorf("got %d cancels of Prepare, want 1", l.cancelled)
			}
			s.turn()
			s.state(clientservice.Waiting)
		}},
		{"Stop cancels it and closes", func(t *testing.T, l *login, s *scene) {
			d := s.Stop()
			if l.cancelled != 1 {
				t.Errorf("got %d cancels of Prepare, want 1", l.cancelled)
			}
			open(t, "Stop", d)
			s.turn()
			done(t, "Stop", d)
			s.counts(clientservice.Counts{Attempts: 1})
		}},
		{"Stop while its failed connection closes", func(t *testing.T, l *login, s *scene) {
			l.d.Errback(errRefused)
			d := s.Stop()
			open(t, "Stop", d)
			s.turn()
			done(t, "Stop", d)
			s.state(clientservice.Stopped)
			s.planned(0)
		}},
		{"its failed connection is cut off if it does not end", func(t *testing.T, l *login, s *scene) {
			tr := s.call(0).tr
			tr.Hold()
			_, _ = s.users[0].Transport().Write([]byte("LOGOUT"))
			l.d.Errback(errRefused)
			s.clock.Advance(30*time.Second - 1)
			s.state(clientservice.Closing)
			s.clock.Advance(1)
			s.turn()
			s.state(clientservice.Waiting)
			if !tr.Aborted() {
				t.Error("got a clean end, want an abort")
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &login{}
			s := started(t, clientservice.Options{Prepare: l.prepare})
			s.call(0).connect()
			c.run(t, l, s)
		})
	}
}

func TestPrepareWithoutWaiting(t *testing.T) {
	t.Run("P17 it is not called without a connection", func(t *testing.T) {
		l := &login{}
		s := started(t, clientservice.Options{Prepare: l.prepare})
		s.call(0).fail(errRefused)
		if len(l.seen) != 0 {
			t.Errorf("got %d calls of Prepare, want none", len(l.seen))
		}
		s.clock.Advance(longEnough)
		s.call(1).connect()
		if len(l.seen) != 1 {
			t.Errorf("got %d calls of Prepare, want 1", len(l.seen))
		}
	})
	t.Run("P17 a nil answer is a success", func(t *testing.T) {
		s := started(t, clientservice.Options{Prepare: func(reactor.Protocol) *deferred.Deferred[struct{}] { return nil }})
		s.call(0).connect()
		isUser(t, "WhenConnected", s.WhenConnected(0), s.users[0])
	})
	t.Run("P17 a panic is a failure", func(t *testing.T) {
		s := started(t, clientservice.Options{Prepare: func(reactor.Protocol) *deferred.Deferred[struct{}] { panic(errRefused) }})
		d := s.WhenConnected(2)
		for n := range 2 {
			open(t, "WhenConnected", d)
			s.call(n).connect()
			s.clock.Advance(longEnough)
		}
		failed(t, "WhenConnected", d, errRefused)
	})
	for _, late := range []error{nil, errRefused} {
		t.Run(fmt.Sprintf("what it brings after the loss is dropped: %v", late), func(t *testing.T) {
			tail := deferred.New[struct{}]()
			s := started(t, clientservice.Options{Prepare: func(reactor.Protocol) *deferred.Deferred[struct{}] {
				return deferred.New[struct{}]().AddErrback(func(error) (struct{}, error) { return deferred.Chain(tail) })
			}})
			s.call(0).connect()
			s.call(0).tr.Lose(errRefused)
			if late == nil {
				tail.Callback(struct{}{})
			} else {
				tail.Errback(late)
			}
			s.state(clientservice.Waiting)
			s.counts(clientservice.Counts{Attempts: 1, Failures: 1, InARow: 1})
		})
	}
	t.Run("Stop from within", func(t *testing.T) {
		var s *scene
		var stopped *deferred.Deferred[struct{}]
		cancelled := 0
		inner := deferred.New(func(*deferred.Deferred[struct{}]) { cancelled++ })
		s = started(t, clientservice.Options{Prepare: func(reactor.Protocol) *deferred.Deferred[struct{}] {
			stopped = s.Stop()
			return inner
		}})
		s.call(0).connect()
		if cancelled != 1 {
			t.Errorf("got %d cancels of Prepare, want 1", cancelled)
		}
		open(t, "Stop", stopped)
		s.turn()
		done(t, "Stop", stopped)
		s.state(clientservice.Stopped)
	})
}

func TestAttempt(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s *scene, d *deferred.Deferred[reactor.Protocol])
	}{
		{"a connection that is lost before the endpoint tells is a failure", func(t *testing.T, s *scene, d *deferred.Deferred[reactor.Protocol]) {
			p := s.call(0).build()
			s.call(0).tr.Lose(errRefused)
			s.state(clientservice.Connecting)
			s.call(0).d.Callback(p)
			failed(t, "WhenConnected", d, errRefused)
			s.state(clientservice.Waiting)
		}},
		{"a connection of a failed attempt is closed", func(t *testing.T, s *scene, d *deferred.Deferred[reactor.Protocol]) {
			s.call(0).build()
			s.call(0).fail(errRefused)
			failed(t, "WhenConnected", d, errRefused)
			s.state(clientservice.Closing)
			s.turn()
			s.state(clientservice.Waiting)
		}},
		{"of two connections the answered one counts", func(t *testing.T, s *scene, d *deferred.Deferred[reactor.Protocol]) {
			p := s.call(0).build()
			first := s.call(0).tr
			s.call(0).build()
			s.call(0).d.Callback(p)
			isUser(t, "WhenConnected", d, s.users[0])
			first.Lose(nil)
			s.state(clientservice.Waiting)
		}},
		{"a protocol of unknown origin is a failure", func(t *testing.T, s *scene, d *deferred.Deferred[reactor.Protocol]) {
			s.call(0).d.Callback(&user{})
			failed(t, "WhenConnected", d, clientservice.ErrUnknownProtocol)
		}},
		{"no protocol at all is a failure", func(t *testing.T, s *scene, d *deferred.Deferred[reactor.Protocol]) {
			s.call(0).d.Callback(nil)
			failed(t, "WhenConnected", d, clientservice.ErrUnknownProtocol)
		}},
		{"the endpoint has a deadline", func(t *testing.T, s *scene, d *deferred.Deferred[reactor.Protocol]) {
			s.clock.Advance(2*time.Minute - 1)
			open(t, "WhenConnected", d)
			s.clock.Advance(1)
			failed(t, "WhenConnected", d, context.DeadlineExceeded)
			if _, err, _ := d.Result(); err.Error() != "clientservice: Connect took longer than 2m0s" {
				t.Errorf("got error %q, want %q", err, "clientservice: Connect took longer than 2m0s")
			}
			if !s.call(0).cancelled {
				t.Error("got an attempt that goes on, want it cancelled")
			}
			s.state(clientservice.Waiting)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := started(t, clientservice.Options{})
			c.run(t, s, s.WhenConnected(1))
		})
	}
}

func TestAttemptOfOddEndpoints(t *testing.T) {
	t.Run("a connection that comes after the deadline is cut off", func(t *testing.T) {
		s := newScene(t, clientservice.Options{})
		s.place.deaf = true
		s.Start()
		c := s.call(0)
		p := c.build()
		s.clock.Advance(2 * time.Minute)
		c.d.Callback(p)
		s.turn()
		if got := len(s.users[0].lost); got != 1 {
			t.Errorf("got %d ConnectionLost, want 1", got)
		}
		s.state(clientservice.Waiting)
	})
	t.Run("of two connections the one that nobody knows of is cut off when it is answered late", func(t *testing.T) {
		s := newScene(t, clientservice.Options{})
		s.place.deaf = true
		s.Start()
		c := s.call(0)
		p := c.build()
		first := c.tr
		c.build()
		s.clock.Advance(2 * time.Minute)
		c.d.Callback(p)
		if !first.Aborted() {
			t.Error("got a connection that goes on, want it aborted")
		}
	})
	t.Run("a factory that declines is a failure", func(t *testing.T) {
		s := newScene(t, clientservice.Options{})
		nothing := reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil })
		s.Service = clientservice.New(s.place, nothing, clientservice.Options{Reactor: s.clock.Reactor()})
		s.Start()
		s.call(0).connect()
		s.state(clientservice.Waiting)
	})
	for _, c := range []struct {
		name    string
		connect odd
		want    error
	}{
		{"an endpoint that panics", func() *deferred.Deferred[reactor.Protocol] { panic(errRefused) }, errRefused},
		{"an endpoint that answers nothing", func() *deferred.Deferred[reactor.Protocol] { return nil }, nil},
		{"an endpoint that fails at once", func() *deferred.Deferred[reactor.Protocol] { return deferred.Fail[reactor.Protocol](errRefused) }, errRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, clientservice.Options{})
			s.Service = clientservice.New(c.connect, reactor.FactoryFunc(nil), clientservice.Options{Reactor: s.clock.Reactor()})
			d := s.WhenConnected(1)
			s.Start()
			s.state(clientservice.Waiting)
			if c.want != nil {
				failed(t, "WhenConnected", d, c.want)
			} else {
				failed(t, "WhenConnected", d)
			}
		})
	}
}

// odd is an endpoint that is a function.
type odd func() *deferred.Deferred[reactor.Protocol]

func (o odd) Connect(reactor.Factory) *deferred.Deferred[reactor.Protocol] { return o() }

func TestNewWantsEndpointAndFactory(t *testing.T) {
	f := reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil })
	for _, c := range []struct {
		name string
		ep   endpoints.ClientEndpoint
		f    reactor.Factory
		want bool
	}{
		{"both", &place{}, f, false},
		{"no endpoint", nil, f, true},
		{"no factory", &place{}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if got := recover() != nil; got != c.want {
					t.Errorf("got a panic: %v, want %v", got, c.want)
				}
			}()
			clientservice.New(c.ep, c.f, clientservice.Options{})
		})
	}
}

func TestHooks(t *testing.T) {
	t.Run("they tell the story with counts", func(t *testing.T) {
		var told story
		s := started(t, told.tell(clientservice.Options{}))
		s.call(0).fail(errRefused)
		s.clock.Advance(longEnough)
		s.call(1).fail(errRefused)
		s.clock.Advance(longEnough)
		s.call(2).connect()
		s.call(2).tr.Lose(errRefused)
		s.clock.Advance(longEnough)
		s.call(3).connect()
		s.Stop()
		s.turn()
		told.want(t, "failure 1 in a row 1: refused", "failure 2 in a row 2: refused", "connected 1", "lost 1 in a row 1: refused",
			"connected 2", "lost 2 in a row 0: Connection was closed cleanly.")
	})
	t.Run("they come before those who wait", func(t *testing.T) {
		var told story
		s := started(t, told.tell(clientservice.Options{}))
		s.WhenConnected(1).Handle(nil, func(error) { told.add("waited in vain") })
		s.call(0).fail(errRefused)
		s.WhenConnected(0).Handle(func(reactor.Protocol) { told.add("waited") }, nil)
		s.clock.Advance(longEnough)
		s.call(1).connect()
		s.Stop().Handle(func(struct{}) { told.add("stopped") }, nil)
		s.turn()
		told.want(t, "failure 1 in a row 1: refused", "waited in vain", "connected 1", "waited",
			"lost 1 in a row 0: Connection was closed cleanly.", "stopped")
	})
	t.Run("OnFailure may stop the service", func(t *testing.T) {
		var s *scene
		var stopped *deferred.Deferred[struct{}]
		s = started(t, clientservice.Options{OnFailure: func(error, clientservice.Counts) { stopped = s.Stop() }})
		a, b := s.WhenConnected(1), s.WhenConnected(0)
		s.call(0).fail(errRefused)
		done(t, "Stop", stopped)
		failed(t, "1", a, errRefused)
		failed(t, "0", b, clientservice.ErrStopped)
		s.planned(0)
	})
	t.Run("OnLost may stop the service", func(t *testing.T) {
		var s *scene
		s = started(t, clientservice.Options{OnLost: func(error, clientservice.Counts) { s.Stop() }})
		s.call(0).connect()
		s.call(0).tr.Lose(nil)
		s.state(clientservice.Stopped)
		s.planned(0)
	})
	t.Run("OnConnected may stop the service", func(t *testing.T) {
		var s *scene
		s = started(t, clientservice.Options{OnConnected: func(reactor.Protocol, clientservice.Counts) { s.Stop() }})
		s.call(0).connect()
		s.turn()
		s.state(clientservice.Stopped)
	})
}

func TestPanicsOfTheUserLeaveTheServiceAlive(t *testing.T) {
	deferred.ReportUnhandled()                                 // of the tests before
	defer deferred.OnUnhandled(func(*deferred.Unhandled) {})() // that is where some of these panics are reported
	defer deferred.ReportUnhandled()
	boom := func() { panic("boom") }
	for _, c := range []struct {
		name string
		o    clientservice.Options
	}{
		{"RetryPolicy", clientservice.Options{RetryPolicy: func(int) time.Duration { panic("boom") }}},
		{"OnFailure", clientservice.Options{OnFailure: func(error, clientservice.Counts) { boom() }}},
		{"OnConnected", clientservice.Options{OnConnected: func(reactor.Protocol, clientservice.Counts) { boom() }}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := started(t, c.o)
			d, once := s.WhenConnected(0), s.WhenConnected(1)
			s.call(0).fail(errRefused)
			failed(t, "once", once, errRefused)
			s.clock.Advance(longEnough)
			s.call(1).connect()
			isUser(t, "WhenConnected", d, s.users[0])
			s.Stop()
			s.turn()
			s.state(clientservice.Stopped)
			s.errorsLogged(0)
		})
	}
}

// TestPolicyThatPanics: whoever wants to hear of a loss or a failure hears of it.
func TestPolicyThatPanics(t *testing.T) {
	deferred.ReportUnhandled()
	defer deferred.OnUnhandled(func(*deferred.Unhandled) {})() // where the second panic is reported
	defer deferred.ReportUnhandled()
	var told []string
	o := clientservice.Options{
		RetryPolicy: func(int) time.Duration { panic("boom") },
		OnLost:      func(error, clientservice.Counts) { told = append(told, "lost") },
		OnFailure:   func(error, clientservice.Counts) { told = append(told, "failed") },
	}
	s := up(t, o)
	func() {
		defer func() { _ = recover() }()
		s.call(0).tr.Lose(nil)
	}()
	s.state(clientservice.Waiting)
	s.clock.Advance(longEnough)
	s.call(1).fail(errRefused)
	s.turn()
	s.state(clientservice.Waiting)
	if want := []string{"lost", "failed"}; !slices.Equal(told, want) {
		t.Errorf("told: got %q, want %q", told, want)
	}
	s.counts(clientservice.Counts{Attempts: 2, Connected: 1, Lost: 1, Failures: 1, InARow: 2})
}
