package reactortest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// diary collects what happened, with the seconds since the clock's start.
type diary struct {
	clock *reactortest.Clock
	begun time.Time
	lines []string
}

func newDiary() *diary {
	c := reactortest.NewClock()
	return &diary{clock: c, begun: c.Now()}
}

func (d *diary) note(what string) func() {
	return func() { d.lines = append(d.lines, what+"@"+d.clock.Now().Sub(d.begun).String()) }
}

func (d *diary) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(d.lines, want) {
		t.Fatalf("happened:\n got %v\nwant %v", d.lines, want)
	}
}

// panics answers what f panics with, as text.
func panics(t *testing.T, f func()) (text string) {
	t.Helper()
	defer func() {
		v := recover()
		if v == nil {
			t.Fatal("did not panic")
		}
		text, _ = v.(string)
	}()
	f()
	return ""
}

func TestClockAdvance(t *testing.T) {
	t.Run("R18 due calls run in order with the clock reading the due moment", func(t *testing.T) {
		d := newDiary()
		r := d.clock.Reactor()
		r.CallLater(3*time.Second, d.note("c"))
		r.CallLater(2*time.Second, d.note("b"))
		r.CallLater(1*time.Second, d.note("a"))
		if got := d.clock.Pending(); got != 3 {
			t.Fatalf("Pending() = %d, want 3", got)
		}
		d.clock.Advance(2 * time.Second)
		d.expect(t, "a@1s", "b@2s")
		if got := d.clock.Pending(); got != 1 {
			t.Errorf("Pending() = %d, want 1", got)
		}
		if got := d.clock.Now().Sub(d.begun); got != 2*time.Second {
			t.Errorf("clock shows %v, want 2s", got)
		}
		if got, want := r.Now(), d.clock.Now(); !got.Equal(want) {
			t.Errorf("reactor shows %v, want %v", got, want)
		}
	})
	t.Run("calls planned on the way run too", func(t *testing.T) {
		d := newDiary()
		r := d.clock.Reactor()
		r.CallLater(time.Second, func() {
			d.note("first")()
			r.CallLater(0, d.note("zero"))
			r.CallLater(time.Second, d.note("second"))
			r.CallLater(time.Hour, d.note("never"))
		})
		d.clock.Advance(2500 * time.Millisecond)
		d.expect(t, "first@1s", "zero@1s", "second@2s")
		if got := d.clock.Now().Sub(d.begun); got != 2500*time.Millisecond {
			t.Errorf("clock shows %v, want 2.5s", got)
		}
	})
	t.Run("a cancelled or moved call is where it should be", func(t *testing.T) {
		d := newDiary()
		r := d.clock.Reactor()
		gone := r.CallLater(2*time.Second, d.note("cancelled"))
		moved := r.CallLater(2*time.Second, d.note("moved"))
		stop := r.AfterFunc(2*time.Second, d.note("stopped"))
		r.CallLater(time.Second, func() {
			_ = gone.Cancel()
			_ = moved.Reset(5 * time.Second)
			if !stop() {
				t.Error("stop() = false, want true")
			}
		})
		d.clock.Advance(10 * time.Second)
		d.expect(t, "moved@6s")
	})
	t.Run("Advance of zero is a turn", func(t *testing.T) {
		d := newDiary()
		d.clock.Reactor().CallLater(0, d.note("zero"))
		d.clock.Advance(0)
		d.expect(t, "zero@0s")
	})
	t.Run("AdvanceTo a moment", func(t *testing.T) {
		d := newDiary()
		d.clock.Reactor().CallLater(time.Minute, d.note("call"))
		d.clock.AdvanceTo(d.begun.Add(time.Minute))
		d.expect(t, "call@1m0s")
	})
}

func TestClockTurn(t *testing.T) {
	t.Run("functions of CallFromThread come before planned calls", func(t *testing.T) {
		d := newDiary()
		r := d.clock.Reactor()
		r.CallLater(0, d.note("planned"))
		_ = r.CallFromThread(d.note("handed 1"))
		_ = r.CallFromThread(d.note("handed 2"))
		d.clock.Turn()
		d.expect(t, "handed 1@0s", "handed 2@0s", "planned@0s")
	})
	t.Run("R10 a call planned by a call waits for the next turn", func(t *testing.T) {
		d := newDiary()
		r := d.clock.Reactor()
		r.CallLater(0, func() { r.CallLater(0, d.note("later")) })
		d.clock.Turn()
		d.expect(t)
		d.clock.Turn()
		d.expect(t, "later@0s")
	})
	t.Run("a function handed over before runs before time moves", func(t *testing.T) {
		d := newDiary()
		_ = d.clock.Reactor().CallFromThread(d.note("handed"))
		d.clock.Advance(time.Second)
		d.expect(t, "handed@0s")
	})
	t.Run("callbacks run on the reactor goroutine, the test does not", func(t *testing.T) {
		c := reactortest.NewClock()
		inside := false
		c.Reactor().CallLater(0, func() { inside = deferred.OnLoop(c.Reactor()) })
		c.Turn()
		if !inside {
			t.Error("OnLoop inside a planned call = false, want true")
		}
		if deferred.OnLoop(c.Reactor()) {
			t.Error("OnLoop after the turn = true, want false")
		}
	})
	t.Run("a Deferred times out by the clock", func(t *testing.T) {
		c := reactortest.NewClock()
		d := deferred.New[int]()
		d.AddTimeout(c.Reactor(), 30*time.Second)
		c.Advance(29 * time.Second)
		if _, err, ok := d.Result(); ok {
			t.Fatalf("fired with %v after 29s, want 30s", err)
		}
		c.Advance(time.Second)
		if _, err, _ := d.Result(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error after 30s = %v, want a timeout", err)
		}
		d.AddErrback(func(error) (int, error) { return 0, nil })
	})
}

func TestClockMisuse(t *testing.T) {
	t.Run("time does not go back", func(t *testing.T) {
		c := reactortest.NewClock()
		for name, f := range map[string]func(){
			"Advance":   func() { c.Advance(-1) },
			"AdvanceTo": func() { c.AdvanceTo(c.Now().Add(-time.Second)) },
		} {
			if got, want := panics(t, f), "reactortest: "+name+": time does not go back"; !strings.HasPrefix(got, want) {
				t.Errorf("panic %q, want %q", got, want)
			}
		}
	})
	t.Run("a call that plans itself for ever is found out", func(t *testing.T) {
		c := reactortest.NewClock()
		var again func()
		again = func() { c.Reactor().CallLater(0, again) }
		again()
		if got := panics(t, func() { c.Advance(0) }); !strings.Contains(got, "still calls to run") {
			t.Errorf("panic %q, want one about calls still to run", got)
		}
	})
	t.Run("a protocol does not turn the clock", func(t *testing.T) {
		tr := reactortest.NewTransport(nil)
		got := panics(t, func() {
			tr.Connect(&recorder{onMade: func(*recorder) { tr.Clock().Turn() }})
		})
		if !strings.Contains(got, "inside a callback") {
			t.Errorf("panic %q, want one about a call inside a callback", got)
		}
		tr.Clock().Turn() // the clock still works
	})
	t.Run("the options are for the reactor: a panic of a planned call reaches the log", func(t *testing.T) {
		core, logs := observer.New(zap.ErrorLevel)
		c := reactortest.NewClock(reactor.WithLogger(zap.New(core)))
		c.Reactor().CallLater(0, func() { panic("boom") })
		c.Turn()
		if got := logs.Len(); got != 1 {
			t.Errorf("%d lines logged, want 1", got)
		}
	})
}
