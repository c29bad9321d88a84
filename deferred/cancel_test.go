package deferred_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
)

func TestCancelWithoutCanceller(t *testing.T) {
	for _, late := range []struct {
		name string
		fire func(*deferred.Deferred[int]) bool
		loud func(*deferred.Deferred[int])
	}{
		{"value", func(d *deferred.Deferred[int]) bool { return d.TryCallback(1) }, func(d *deferred.Deferred[int]) { d.Callback(1) }},
		{"error", func(d *deferred.Deferred[int]) bool { return d.TryErrback(errA) }, func(d *deferred.Deferred[int]) { d.Errback(errA) }},
	} {
		t.Run("X01 X02 X03 a late "+late.name, func(t *testing.T) {
			var j journal
			d := deferred.New[int]().AddCallbacks(j.ok("f", 0), j.fail("g", 0))
			d.Cancel()
			j.want(t, "g(deferred: cancelled)")
			if p := recovered(func() { late.loud(d) }); p != nil {
				t.Errorf("X02 first late firing: got panic %v, want silence", p)
			}
			j.want(t, "g(deferred: cancelled)")
			wantAlreadyCalled(t, "X03 second late firing", func() { late.loud(d) })
		})
		t.Run("X02 X03 a late "+late.name+" by Try", func(t *testing.T) {
			d := deferred.New[int]()
			d.Cancel()
			if !late.fire(d) {
				t.Error("X02 first late firing: got false, want true")
			}
			if late.fire(d) {
				t.Error("X03 second late firing: got true, want false")
			}
			wantError(t, d, deferred.ErrCancelled)
		})
	}
	t.Run("X04 a second cancel does nothing", func(t *testing.T) {
		var j journal
		d := deferred.New[int]().AddErrback(j.fail("g", 0))
		d.Cancel()
		d.Cancel()
		j.want(t, "g(deferred: cancelled)")
	})
}

func TestCanceller(t *testing.T) {
	t.Run("X05 it is called once", func(t *testing.T) {
		var j journal
		d := deferred.New(func(*deferred.Deferred[int]) { j.add("canceller") }).AddErrback(j.fail("g", 0))
		d.Cancel()
		d.Cancel()
		j.want(t, "canceller", "g(deferred: cancelled)")
	})
	t.Run("X05 cancel inside the canceller does nothing", func(t *testing.T) {
		var j journal
		d := deferred.New(func(d *deferred.Deferred[int]) { j.add("canceller"); d.Cancel(); j.add("end") })
		d.AddErrback(j.fail("g", 0)).Cancel()
		j.want(t, "canceller", "end", "g(deferred: cancelled)")
	})
	t.Run("X06 a late firing is not swallowed", func(t *testing.T) {
		d := deferred.New(func(*deferred.Deferred[int]) {})
		d.Cancel()
		wantAlreadyCalled(t, "late value", func() { d.Callback(1) })
		wantAlreadyCalled(t, "late error", func() { d.Errback(errA) })
		wantError(t, d, deferred.ErrCancelled)
	})
	t.Run("X07 its argument is the Deferred", func(t *testing.T) {
		var got *deferred.Deferred[int]
		d := deferred.New(func(x *deferred.Deferred[int]) { got = x })
		d.Cancel()
		if got != d {
			t.Errorf("argument: got %v, want %v", got, d)
		}
		wantError(t, d, deferred.ErrCancelled)
	})
	t.Run("X08 it may fire a value", func(t *testing.T) {
		d := deferred.New(func(d *deferred.Deferred[int]) { d.Callback(8) })
		d.Cancel()
		wantValue(t, d, 8)
	})
	t.Run("X09 it may fire an error", func(t *testing.T) {
		d := deferred.New(func(d *deferred.Deferred[int]) { d.Errback(errA) })
		d.Cancel()
		_, err, _ := d.Result()
		if err != errA {
			t.Errorf("result: got %v, want %v", err, errA)
		}
	})
	t.Run("X10 a fired Deferred keeps its result", func(t *testing.T) {
		count := func(*deferred.Deferred[int]) { t.Error("the canceller was called") }
		d, e := deferred.New(count), deferred.New(count)
		d.Callback(1)
		e.Errback(errA)
		d.Cancel()
		e.Cancel()
		wantValue(t, d, 1)
		wantError(t, e, errA)
	})
	t.Run("X11 cancel goes to the Deferred that is waited for", func(t *testing.T) {
		var j journal
		a := deferred.New(func(*deferred.Deferred[int]) { j.add("a") })
		b := deferred.New(func(*deferred.Deferred[int]) { j.add("b") })
		c := deferred.New(func(*deferred.Deferred[int]) { j.add("c") })
		a.AddCallback(j.chainTo("to b", b)).AddErrback(j.fail("g", 0))
		b.AddCallback(j.chainTo("to c", c))
		a.Callback(1)
		b.Callback(2)
		a.Cancel()
		j.want(t, "to b(1)", "to c(2)", "c", "g(deferred: cancelled)")
	})
	t.Run("X12 a canceller that panics is reported", func(t *testing.T) {
		r := collect(t)
		d := deferred.New(func(*deferred.Deferred[int]) { panic(errB) })
		d.Cancel()
		wantError(t, d, deferred.ErrCancelled)
		u := r.want(t, errB, 1)[0]
		var p *deferred.PanicError
		if !errors.As(u.Err, &p) || len(p.Stack) == 0 || u.Origin == "" {
			t.Errorf("report: got %v from %q, want a *PanicError with its stack and the canceller", u.Err, u.Origin)
		}
		if !d.TryCallback(1) || d.TryCallback(1) {
			t.Error("late results: want the first swallowed and the second refused")
		}
	})
	t.Run("X12 a canceller that fires and panics", func(t *testing.T) {
		r := collect(t)
		d := deferred.New(func(d *deferred.Deferred[int]) { d.Callback(3); panic(errB) })
		d.Cancel()
		wantValue(t, d, 3)
		r.want(t, errB, 1)
	})
	t.Run("X11 cancel of a Then goes to its source", func(t *testing.T) {
		var j journal
		d := deferred.New(func(*deferred.Deferred[string]) { j.add("source") })
		n := deferred.Then(d, func(s string) (int, error) { return 0, nil }).AddErrback(j.fail("g", 0))
		n.Cancel()
		j.want(t, "source", "g(deferred: cancelled)")
	})
	t.Run("X08 a source that answers the Cancel of a Then", func(t *testing.T) {
		d := deferred.New(func(d *deferred.Deferred[string]) { d.Callback("late") })
		n := deferred.Then(d, func(s string) (int, error) { return len(s), nil })
		n.Cancel()
		wantValue(t, n, 4)
	})
	t.Run("X11 cancel of a Then that waits", func(t *testing.T) {
		var j journal
		inner := deferred.New(func(*deferred.Deferred[int]) { j.add("inner") })
		n := deferred.Then(deferred.Succeed("x"), func(string) (int, error) { return deferred.Chain(inner) })
		n.Cancel()
		j.want(t, "inner")
		wantError(t, n, deferred.ErrCancelled)
	})
}

func TestCancelCircle(t *testing.T) {
	for _, n := range []int{2, 3, 7} {
		t.Run(fmt.Sprintf("circle of %d", n), func(t *testing.T) {
			ds := make([]*deferred.Deferred[int], n)
			for i := range ds {
				ds[i] = deferred.New[int]()
			}
			var j journal
			for i, d := range ds {
				d.AddCallback(func(int) (int, error) { return deferred.Chain(ds[(i+1)%n]) }).AddErrback(j.keep(fmt.Sprint(i)))
			}
			for i, d := range ds {
				d.Callback(i)
			}
			outside := deferred.Succeed(0).AddCallback(func(int) (int, error) { return deferred.Chain(ds[0]) })
			outside.Cancel()
			wantError(t, outside, deferred.ErrCancelled)
			outside.AddErrback(func(error) (int, error) { return 9, nil })
			wantPending(t, ds[0])
			ds[0].Cancel()
			var want []string
			for i := range n {
				want = append(want, fmt.Sprintf("%d(deferred: cancelled)", (n-i)%n))
			}
			j.want(t, want...)
			wantValue(t, ds[0], 0)   // it handed its error on, and the error that came round was dropped
			wantValue(t, outside, 9) // it had left the circle
			for i, d := range ds {
				if _, _, ok := d.Result(); !ok {
					t.Errorf("member %d still waits", i)
				}
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Run("X13 a result in time", func(t *testing.T) {
		var c clock
		d := deferred.New[int]().AddTimeout(&c, 10*time.Second)
		c.advance(5 * time.Second)
		d.Callback(1)
		wantValue(t, d, 1)
		if len(c.timers) != 0 {
			t.Errorf("timers left: got %d, want 0", len(c.timers))
		}
	})
	t.Run("X14 no result in time", func(t *testing.T) {
		var c clock
		var j journal
		d := deferred.New(func(*deferred.Deferred[int]) { j.add("canceller") }).AddTimeout(&c, 10*time.Second)
		c.advance(9 * time.Second)
		wantPending(t, d)
		c.advance(6 * time.Second)
		j.want(t, "canceller")
		_, err, _ := d.Result()
		var late *deferred.TimeoutError
		if !errors.As(err, &late) || late.After != 10*time.Second || errors.Is(err, deferred.ErrCancelled) {
			t.Errorf("result: got %v, want a *TimeoutError of 10s that does not match ErrCancelled", err)
		}
	})
	t.Run("X14 TimeoutError is every kind of timeout", func(t *testing.T) {
		var err error = &deferred.TimeoutError{After: time.Second}
		var n net.Error
		if !errors.Is(err, context.DeadlineExceeded) || !os.IsTimeout(err) || !errors.As(err, &n) || !n.Timeout() || !n.Temporary() || errors.Is(err, context.Canceled) {
			t.Errorf("%v does not match what it should", err)
		}
		if got, want := err.Error(), "deferred: timed out after 1s"; got != want {
			t.Errorf("text: got %q, want %q", got, want)
		}
	})
	t.Run("X15 cancelled by the user before", func(t *testing.T) {
		var c clock
		d := deferred.New[int]().AddTimeout(&c, 10*time.Second)
		d.Cancel()
		wantError(t, d, deferred.ErrCancelled)
		if len(c.timers) != 0 {
			t.Errorf("timers left: got %d, want 0", len(c.timers))
		}
	})
	t.Run("X16 the canceller gives a value", func(t *testing.T) {
		var c clock
		d := deferred.New(func(d *deferred.Deferred[int]) { d.Callback(6) }).AddTimeout(&c, time.Second)
		c.advance(time.Second)
		wantValue(t, d, 6)
	})
	t.Run("X16 the canceller gives another error", func(t *testing.T) {
		var c clock
		d := deferred.New(func(d *deferred.Deferred[int]) { d.Errback(errA) }).AddTimeout(&c, time.Second)
		c.advance(time.Second)
		wantError(t, d, errA)
	})
	t.Run("X17 an earlier errback handles the cancel", func(t *testing.T) {
		var c clock
		var j journal
		d := deferred.New[int]().AddErrback(j.fail("g", 7)).AddTimeout(&c, time.Second)
		c.advance(time.Second)
		j.want(t, "g(deferred: cancelled)")
		wantValue(t, d, 7)
	})
	t.Run("X18 steps added after it are not covered", func(t *testing.T) {
		var c clock
		slow := deferred.New(func(*deferred.Deferred[int]) { t.Error("cancelled") })
		d := deferred.New[int]().AddTimeout(&c, time.Second)
		d.AddCallback(func(int) (int, error) { return deferred.Chain(slow) })
		d.Callback(1)
		c.advance(time.Minute)
		wantPending(t, d)
		slow.Callback(2)
		wantValue(t, d, 2)
	})
	t.Run("X14 the Deferred that is waited for is cancelled", func(t *testing.T) {
		var c clock
		slow := deferred.New[int]()
		d := deferred.Succeed(1).AddCallback(func(int) (int, error) { return deferred.Chain(slow) }).AddTimeout(&c, time.Second)
		c.advance(time.Second)
		wantError(t, d, context.DeadlineExceeded)
	})
	t.Run("X13 a result that is there already", func(t *testing.T) {
		var c clock
		wantValue(t, deferred.Succeed(1).AddTimeout(&c, time.Second), 1)
		if len(c.timers) != 0 {
			t.Errorf("timers left: got %d, want 0", len(c.timers))
		}
	})
	t.Run("two timeouts, the shorter one wins", func(t *testing.T) {
		var c clock
		d := deferred.New[int]().AddTimeout(&c, 5*time.Second).AddTimeout(&c, time.Second)
		c.advance(time.Second)
		_, err, _ := d.Result()
		var late *deferred.TimeoutError
		if !errors.As(err, &late) || late.After != time.Second || len(c.timers) != 0 {
			t.Errorf("got %v and %d timers, want a *TimeoutError of 1s and no timer", err, len(c.timers))
		}
	})
}
