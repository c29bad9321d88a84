package policies_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// watched is a protocol with a timeout.
type watched struct {
	plain
	policies.Timeout
}

func newWatched(t *testing.T) (*watched, *reactortest.Transport) {
	p := &watched{}
	p.InitTimeout(p)
	return p, open(t, nil, of(p))
}

// patient ends in its own way.
type patient struct {
	watched
	calls int
	then  func()
}

func (p *patient) TimedOut() {
	p.calls++
	if p.then != nil {
		p.then()
	}
}

func newPatient(t *testing.T) (*patient, *reactortest.Transport) {
	p := &patient{}
	p.InitTimeout(p)
	return p, open(t, nil, of(p))
}

func TestTimeout(t *testing.T) {
	const s = time.Second
	t.Run("P12 3 s, reset at 2 s, silence: once, at 5 s", func(t *testing.T) {
		p, tr := newPatient(t)
		p.SetTimeout(3 * s)
		tr.Clock().Advance(2 * s)
		p.ResetTimeout()
		tr.Clock().Advance(3*s - 1)
		if p.calls != 0 {
			t.Errorf("before 5 s: got %d calls, want 0", p.calls)
		}
		tr.Clock().Advance(1)
		if p.calls != 1 {
			t.Errorf("at 5 s: got %d calls, want 1", p.calls)
		}
		p.ResetTimeout()
		tr.Clock().Advance(time.Hour)
		if p.calls != 1 || tr.Clock().Pending() != 0 {
			t.Errorf("later: got %d calls, %d timers; want 1, 0", p.calls, tr.Clock().Pending())
		}
	})
	t.Run("P12 SetTimeout answers the old one and stops", func(t *testing.T) {
		p, tr := newPatient(t)
		var old []time.Duration
		for _, d := range []time.Duration{10 * s, 5 * s, 20 * s, 0, -s, 7 * s, 0} {
			old = append(old, p.SetTimeout(d))
		}
		expect(t, "old", old, []time.Duration{0, 10 * s, 5 * s, 20 * s, 0, 0, 7 * s})
		tr.Clock().Advance(time.Hour)
		if p.calls != 0 {
			t.Errorf("stopped: got %d calls, want 0", p.calls)
		}
		p.ResetTimeout()
		if got := tr.Clock().Pending(); got != 0 {
			t.Errorf("stopped, then reset: got %d timers, want 0", got)
		}
	})
	for _, tc := range []struct {
		name      string
		first, at time.Duration
		then      time.Duration // set at
	}{
		{"P12 set shorter", 10 * s, 1 * s, 2 * s},
		{"P12 set longer", 2 * s, 1 * s, 10 * s},
		{"P12 set the same", 5 * s, 4 * s, 5 * s},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, tr := newPatient(t)
			p.SetTimeout(tc.first)
			tr.Clock().Advance(tc.at)
			p.SetTimeout(tc.then)
			if got := tr.Clock().Pending(); got != 1 {
				t.Errorf("timers: got %d, want 1", got)
			}
			tr.Clock().Advance(tc.then - 1)
			before := p.calls
			tr.Clock().Advance(1)
			if before != 0 || p.calls != 1 {
				t.Errorf("calls before and at the time: got %d, %d; want 0, 1", before, p.calls)
			}
		})
	}
	t.Run("P12 again after it ran out", func(t *testing.T) {
		p, tr := newPatient(t)
		p.then = func() { p.SetTimeout(s) }
		p.SetTimeout(s)
		tr.Clock().Advance(3 * s)
		if p.calls != 3 {
			t.Errorf("got %d calls, want 3", p.calls)
		}
	})
	t.Run("P12 by default the connection is aborted, with the reason", func(t *testing.T) {
		p, tr := newWatched(t)
		p.SetTimeout(3 * s)
		tr.Clock().Advance(3 * s)
		var late *policies.TimeoutError
		if !errors.As(tr.Reason(), &late) || late.After != 3*s || !tr.Aborted() {
			t.Errorf("got %v, aborted %v; want a *TimeoutError after 3 s, true", tr.Reason(), tr.Aborted())
		}
		for _, err := range []error{context.DeadlineExceeded, os.ErrDeadlineExceeded, reactor.ErrConnectionAborted} {
			if !errors.Is(tr.Reason(), err) {
				t.Errorf("reason %v: want it to match %v", tr.Reason(), err)
			}
		}
		if want := "policies: nothing happened on the connection for 3s"; late.Error() != want || !late.Timeout() || !late.Temporary() {
			t.Errorf("text: got %s, want %s", late, want)
		}
		expect(t, "events", p.events[2:], []string{"lost " + tr.Reason().Error()})
	})
	t.Run("P12 the end of the connection stops it, although ConnectionLost is shadowed", func(t *testing.T) {
		p, tr := newPatient(t)
		p.SetTimeout(3 * s)
		tr.Lose(nil)
		p.ResetTimeout()
		p.SetTimeout(3 * s)
		if got := tr.Clock().Pending(); got != 0 {
			t.Errorf("timers: got %d, want 0", got)
		}
		tr.Clock().Advance(time.Hour)
		if p.calls != 0 {
			t.Errorf("got %d calls, want 0", p.calls)
		}
	})
	t.Run("P12 set for the first time when the connection is gone", func(t *testing.T) {
		p, tr := newPatient(t)
		tr.Lose(nil)
		p.SetTimeout(s)
		if got := tr.Clock().Pending(); got != 0 {
			t.Errorf("timers: got %d, want 0", got)
		}
	})
	t.Run("P12 one timer, however often it is reset", func(t *testing.T) {
		p, tr := newPatient(t)
		p.SetTimeout(10 * s)
		planned := tr.Clock().Reactor().DelayedCalls()[0].Time()
		for range 100 {
			tr.Clock().Advance(s / 20)
			p.ResetTimeout()
		}
		calls := tr.Clock().Reactor().DelayedCalls()
		if len(calls) != 1 || !calls[0].Time().Equal(planned) {
			t.Errorf("timers: got %d, want the one of before", len(calls))
		}
		if got := testing.AllocsPerRun(100, p.ResetTimeout); got != 0 {
			t.Errorf("allocations: got %v, want 0", got)
		}
	})
	t.Run("P12 a panic in TimedOut ends the connection", func(t *testing.T) {
		p, tr := newPatient(t)
		p.then = func() { panic("oh") }
		p.SetTimeout(s)
		tr.Clock().Advance(s)
		tr.Clock().Turn()
		var panicked *reactor.PanicError
		if !errors.As(tr.Reason(), &panicked) || panicked.Value != "oh" {
			t.Errorf("reason: got %v, want a *PanicError", tr.Reason())
		}
	})
	mustPanic(t, "policies: InitTimeout with a nil protocol", func() { new(policies.Timeout).InitTimeout(nil) })
	mustPanic(t, "policies: a Timeout was not initialised; call p.InitTimeout(p) where the protocol p is made", func() { new(policies.Timeout).SetTimeout(s) })
	mustPanic(t, "policies: SetTimeout before the connection is made", func() {
		p := &watched{}
		p.InitTimeout(p)
		p.SetTimeout(s)
	})
}

func TestIdleTimeout(t *testing.T) {
	const s = time.Second
	for _, tc := range []struct {
		name string
		tick func(p *plain, tr *reactortest.Transport) // each 2 s, three times
		want time.Duration
	}{
		{"P13 silence", func(*plain, *reactortest.Transport) {}, 3 * s},
		{"P13 a read pushes the limit", func(_ *plain, tr *reactortest.Transport) { tr.Receive([]byte("x")) }, 9 * s},
		{"P13 a write pushes the limit", func(p *plain, _ *reactortest.Transport) { p.write("x") }, 9 * s},
		{"P13 so does a sequence", func(p *plain, _ *reactortest.Transport) { _, _ = p.Transport().WriteSequence([]byte("x")) }, 9 * s},
		{"P13 nothing written is nothing", func(p *plain, _ *reactortest.Transport) { p.write("") }, 3 * s},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &plain{}
			clock := reactortest.NewClock()
			began := clock.Now()
			tr := open(t, clock, policies.Wrap(of(p), policies.IdleTimeout(3*s)))
			var ended time.Duration
			tr.OnLost(func(error) { ended = clock.Now().Sub(began) })
			for range 3 {
				clock.Advance(2 * s)
				tc.tick(p, tr)
			}
			clock.Advance(time.Hour)
			if ended != tc.want || !errors.Is(tr.Reason(), context.DeadlineExceeded) {
				t.Errorf("ended after %v, %v; want %v and a timeout", ended, tr.Reason(), tc.want)
			}
			if got := clock.Pending(); got != 0 {
				t.Errorf("timers: got %d, want 0", got)
			}
		})
	}
	t.Run("P13 a connection that ends before", func(t *testing.T) {
		tr := open(t, nil, policies.Wrap(of(&plain{}), policies.IdleTimeout(3*s)))
		tr.Lose(nil)
		if got := tr.Clock().Pending(); got != 0 {
			t.Errorf("timers: got %d, want 0", got)
		}
	})
}

// BenchmarkResetTimeout is what progress costs: a look at the clock.
func BenchmarkResetTimeout(b *testing.B) {
	p := &watched{}
	p.InitTimeout(p)
	tr := reactortest.NewTransport(nil)
	tr.Connect(p)
	p.SetTimeout(time.Hour)
	for b.Loop() {
		p.ResetTimeout()
	}
}
