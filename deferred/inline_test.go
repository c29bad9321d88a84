package deferred_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
)

func TestInline(t *testing.T) {
	t.Run("straight-line code that waits", func(t *testing.T) {
		var j journal
		first, second := deferred.New[int](), deferred.New[string]()
		d := deferred.Inline(func(y *deferred.Yield) (string, error) {
			j.add("begin")
			n, err := deferred.Wait(y, first)
			j.add("first %d %v", n, err)
			s, err := deferred.Wait(y, second)
			j.add("second %s %v", s, err)
			return s, nil
		})
		j.want(t, "begin")
		wantPending(t, d)
		first.Callback(1)
		j.want(t, "begin", "first 1 <nil>")
		second.Callback("two")
		wantValue(t, d, "two")
		wantValue(t, first, 1)
	})
	t.Run("an f that never waits", func(t *testing.T) {
		wantValue(t, deferred.Inline(func(*deferred.Yield) (int, error) { return 3, nil }), 3)
		wantError(t, deferred.Inline(func(*deferred.Yield) (int, error) { return 3, errA }), errA)
	})
	t.Run("Wait gives the error and handles it", func(t *testing.T) {
		r := collect(t)
		buildAlone(func() {
			late := deferred.New[int]()
			deferred.Inline(func(y *deferred.Yield) (int, error) {
				_, err := deferred.Wait(y, deferred.Fail[int](errOrigin))
				_, err2 := deferred.Wait(y, late)
				if err != errOrigin || err2 != errOrigin {
					t.Errorf("Wait: got %v and %v, want %v twice", err, err2, errOrigin)
				}
				return 0, nil
			})
			late.Errback(errOrigin)
		})
		deferred.ReportUnhandled()
		r.want(t, errOrigin, 0)
	})
	t.Run("a step added after Wait has the result, too", func(t *testing.T) {
		var j journal
		d := deferred.New[int]()
		deferred.Inline(func(y *deferred.Yield) (int, error) {
			v, _ := deferred.Wait(y, d)
			j.add("inline %d", v)
			d.AddCallback(j.ok("inner", 0)) // d runs no step now
			return 0, nil
		})
		d.AddCallback(j.ok("later", 2))
		d.Callback(1)
		j.want(t, "inline 1", "later(1)", "inner(2)")
	})
	t.Run("the answer Chain", func(t *testing.T) {
		inner := deferred.New[int]()
		d := deferred.Inline(func(*deferred.Yield) (int, error) { return deferred.Chain(inner) })
		wantPending(t, d)
		inner.Callback(4)
		wantValue(t, d, 4)
	})
	t.Run("a panic", func(t *testing.T) {
		first := deferred.New[int]()
		d := deferred.Inline(func(y *deferred.Yield) (int, error) {
			deferred.Wait(y, first)
			panicHere()
			return 0, nil
		})
		first.Callback(1)
		_, err, _ := d.Result()
		var p *deferred.PanicError
		if !errors.As(err, &p) || !errors.Is(err, errB) || !strings.Contains(string(p.Stack), "panicHere") {
			t.Errorf("result: got %v, want *PanicError with the stack of panicHere", err)
		}
	})
	t.Run("the origin of its error", func(t *testing.T) {
		r := collect(t)
		buildAlone(func() { deferred.Inline(namedInline) })
		deferred.ReportUnhandled()
		if u := r.want(t, errOrigin, 1)[0]; !strings.Contains(u.Origin, "(deferred_test.namedInline)") {
			t.Errorf("origin: got %q, want namedInline", u.Origin)
		}
	})
	t.Run("one that was fired by somebody else keeps that", func(t *testing.T) {
		first := deferred.New[int]()
		d := deferred.Inline(func(y *deferred.Yield) (int, error) { return deferred.Wait(y, first) })
		d.Pause()
		d.Callback(9)
		first.Callback(1)
		d.Unpause()
		wantValue(t, d, 9)
	})
	t.Run("paused", func(t *testing.T) {
		first := deferred.Succeed(5)
		first.Pause()
		d := deferred.Inline(func(y *deferred.Yield) (int, error) { return deferred.Wait(y, first) })
		wantPending(t, d)
		first.Unpause()
		wantValue(t, d, 5)
	})
	t.Run("runtime.Goexit fails it", func(t *testing.T) {
		first := deferred.New[int]()
		d := deferred.Inline(func(y *deferred.Yield) (int, error) {
			deferred.Wait(y, first)
			runtime.Goexit()
			return 0, nil
		})
		done := make(chan struct{})
		go func() {
			defer close(done)
			first.Callback(1)
		}()
		<-done
		if _, err, ok := d.Result(); !ok || err == nil {
			t.Errorf("result: got %v, %v, want an error", err, ok)
		}
		wantValue(t, first, 1)
	})
}

func panicHere() { panic(errB) }

func namedInline(*deferred.Yield) (int, error) { return 0, errOrigin }

func TestInlineCancel(t *testing.T) {
	t.Run("Cancel goes to what it waits for", func(t *testing.T) {
		var j journal
		ds := noted(&j, 2)
		d := deferred.Inline(func(y *deferred.Yield) (int, error) {
			deferred.Wait(y, ds[0])
			_, err := deferred.Wait(y, ds[1])
			j.add("%v", err)
			return 0, err
		})
		ds[0].Callback(1)
		d.Cancel()
		j.want(t, "cancel 1", "deferred: cancelled")
		wantError(t, d, deferred.ErrCancelled)
	})
	t.Run("it may clean up, and be cancelled again", func(t *testing.T) {
		var j journal
		ds := noted(&j, 3)
		d := deferred.Inline(func(y *deferred.Yield) (int, error) {
			for _, d := range ds {
				if _, err := deferred.Wait(y, d); err == nil {
					return 7, nil
				}
			}
			return 0, errA
		})
		d.Cancel()
		wantPending(t, d)
		d.Cancel()
		j.want(t, "cancel 0", "cancel 1")
		ds[2].Callback(1)
		wantValue(t, d, 7)
	})
	t.Run("Cancel while it runs meets the next wait", func(t *testing.T) {
		var j journal
		ds := noted(&j, 2)
		var d *deferred.Deferred[int]
		d = deferred.Inline(func(y *deferred.Yield) (int, error) {
			deferred.Wait(y, ds[0])
			d.Cancel()
			j.add("on")
			deferred.Wait(y, deferred.Succeed(1))
			return deferred.Wait(y, ds[1])
		})
		ds[0].Callback(1)
		j.want(t, "on", "cancel 1")
		wantError(t, d, deferred.ErrCancelled)
	})
	t.Run("Cancel after the end does nothing", func(t *testing.T) {
		d := deferred.Inline(func(*deferred.Yield) (int, error) { return 3, nil })
		d.Cancel()
		wantValue(t, d, 3)
	})
	t.Run("X14 a timeout", func(t *testing.T) {
		var c clock
		d := deferred.Inline(func(y *deferred.Yield) (int, error) { return deferred.Wait(y, deferred.New[int]()) }).AddTimeout(&c, 5)
		c.advance(5)
		wantError(t, d, context.DeadlineExceeded)
	})
	t.Run("nested", func(t *testing.T) {
		var j journal
		ds := noted(&j, 1)
		d := deferred.Inline(func(y *deferred.Yield) (int, error) {
			return deferred.Wait(y, deferred.Inline(func(y *deferred.Yield) (int, error) { return deferred.Wait(y, ds[0]) }))
		})
		d.Cancel()
		j.want(t, "cancel 0")
		wantError(t, d, deferred.ErrCancelled)
	})
}

func TestInlineMisuse(t *testing.T) {
	// kept gives the Yield of an Inline that waits for the Deferred given back, and that Inline.
	kept := func() (*deferred.Yield, *deferred.Deferred[int], *deferred.Deferred[int]) {
		var kept *deferred.Yield
		first := deferred.New[int]()
		d := deferred.Inline(func(y *deferred.Yield) (int, error) { kept = y; return deferred.Wait(y, first) })
		return kept, first, d
	}
	want := func(t *testing.T, text string, f func()) {
		t.Helper()
		if got := recovered(f); got != text {
			t.Errorf("panic: got %v, want %q", got, text)
		}
	}
	t.Run("outside, while it waits", func(t *testing.T) {
		y, first, _ := kept()
		want(t, "deferred: Wait outside of the function of its Inline, which is waiting", func() { deferred.Wait(y, deferred.Succeed(1)) })
		first.Callback(1)
	})
	t.Run("after its end", func(t *testing.T) {
		y, first, _ := kept()
		first.Callback(1)
		want(t, "deferred: Wait after the function of its Inline has returned", func() { deferred.Wait(y, deferred.Succeed(1)) })
	})
	t.Run("in another Inline", func(t *testing.T) {
		deferred.Inline(func(outer *deferred.Yield) (int, error) {
			deferred.Inline(func(*deferred.Yield) (int, error) {
				want(t, "deferred: Wait in another goroutine or Inline than that of its Yield", func() { deferred.Wait(outer, deferred.New[int]()) })
				return 0, nil
			})
			return 0, nil
		})
	})
	t.Run("for itself", func(t *testing.T) {
		var d *deferred.Deferred[int]
		first := deferred.New[int]()
		d = deferred.Inline(func(y *deferred.Yield) (int, error) {
			deferred.Wait(y, first)
			want(t, "deferred: Wait for the Deferred of its own Inline", func() { deferred.Wait(y, d) })
			return 1, nil
		})
		first.Callback(1)
		wantValue(t, d, 1)
	})
	t.Run("nil", func(t *testing.T) {
		want(t, "deferred: Inline with a nil function", func() { deferred.Inline[int](nil) })
		want(t, "deferred: Wait with a nil Yield or Deferred", func() { deferred.Wait(nil, deferred.Succeed(1)) })
		deferred.Inline(func(y *deferred.Yield) (int, error) {
			want(t, "deferred: Wait with a nil Yield or Deferred", func() { deferred.Wait[int](y, nil) })
			return 0, nil
		})
	})
}

func TestInlineOnLoop(t *testing.T) {
	t.Run("it counts as running on the loop", func(t *testing.T) {
		l, other := newLoop(t), newLoop(t)
		first := deferred.New[int]()
		check := func(when string) {
			if !deferred.OnLoop(l) || deferred.OnLoop(other) || !deferred.OnAnyLoop() {
				t.Errorf("%s: OnLoop %v, OnLoop of another %v, OnAnyLoop %v, want true, false, true",
					when, deferred.OnLoop(l), deferred.OnLoop(other), deferred.OnAnyLoop())
			}
			if _, err := deferred.New[int]().Await(t.Context()); err != deferred.ErrAwaitOnLoop {
				t.Errorf("%s: Await: got %v, want ErrAwaitOnLoop", when, err)
			}
			d := deferred.New[int]().BindTo(l)
			d.Cancel()
			wantError(t, d, deferred.ErrCancelled)
		}
		var d *deferred.Deferred[int]
		l.do(func() {
			d = deferred.Inline(func(y *deferred.Yield) (int, error) {
				check("at the beginning")
				deferred.Wait(y, deferred.Inline(func(*deferred.Yield) (int, error) { check("nested"); return 0, nil }))
				deferred.Wait(y, first)
				check("after a wait")
				return 1, nil
			})
		})
		l.do(func() { first.Callback(1) })
		wantValue(t, d, 1)
	})
	t.Run("and on none elsewhere", func(t *testing.T) {
		l := newLoop(t)
		first := deferred.New[int]()
		var on bool
		l.do(func() {
			deferred.Inline(func(y *deferred.Yield) (int, error) {
				deferred.Wait(y, first)
				on = deferred.OnAnyLoop()
				return 0, nil
			})
		})
		if first.Callback(1); on {
			t.Error("resumed by a goroutine without a loop: got OnAnyLoop, want none")
		}
	})
	t.Run("Cancel from elsewhere runs on the loop", func(t *testing.T) {
		l, on := newLoop(t), make(chan bool, 1)
		var d *deferred.Deferred[int]
		l.do(func() {
			d = deferred.Inline(func(y *deferred.Yield) (int, error) {
				_, err := deferred.Wait(y, deferred.New[int]())
				on <- deferred.OnLoop(l)
				return 0, err
			})
		})
		d.Cancel()
		if !<-on {
			t.Error("the function: went on elsewhere, want it on the loop")
		}
		if _, err := d.Await(t.Context()); err != deferred.ErrCancelled {
			t.Errorf("Await: got %v, want ErrCancelled", err)
		}
	})
	t.Run("no mark is left behind", func(t *testing.T) {
		l := newLoop(t)
		l.do(func() { deferred.Inline(func(*deferred.Yield) (int, error) { return 0, nil }) })
		if deferred.OnAnyLoop() {
			t.Error("OnAnyLoop in a goroutine without a loop: got true, want false")
		}
	})
}

func TestInlineNeedsNoStack(t *testing.T) {
	const fired = many
	t.Run(fmt.Sprintf("C13 depth of %d waits for fired Deferreds", fired), func(t *testing.T) {
		done := deferred.Succeed(1)
		d := deferred.Inline(func(y *deferred.Yield) (int, error) {
			sum, before := 0, stackDepth()
			for range fired {
				v, _ := deferred.Wait(y, done)
				sum += v
			}
			if after := stackDepth(); after != before {
				t.Errorf("stack: got %d frames, want %d as before", after, before)
			}
			return sum, nil
		})
		wantValue(t, d, fired)
	})
	const later, nested = 20_000, 5_000
	t.Run(fmt.Sprintf("C13 depth of %d waits one after the other", later), func(t *testing.T) {
		ds := make([]*deferred.Deferred[int], later)
		for i := range ds {
			ds[i] = deferred.New[int]()
		}
		var depths [2]int
		d := deferred.Inline(func(y *deferred.Yield) (int, error) {
			sum := 0
			for i, d := range ds {
				d.AddCallback(func(v int) (int, error) { depths[min(i, 1)] = stackDepth(); return v, nil })
				v, _ := deferred.Wait(y, d)
				sum += v
			}
			return sum, nil
		})
		for _, d := range ds {
			d.Callback(1)
		}
		if wantValue(t, d, later); depths[0] != depths[1] {
			t.Errorf("stack at the last firing: got %d frames, want %d as at the first", depths[1], depths[0])
		}
	})
	t.Run(fmt.Sprintf("C13 depth of %d nested calls", nested), func(t *testing.T) {
		depth := func(n int) (depth int) {
			first := deferred.New[int]()
			d := first
			for range n {
				inner := d
				d = deferred.Inline(func(y *deferred.Yield) (int, error) { return deferred.Wait(y, inner) })
			}
			d.AddCallback(func(v int) (int, error) { depth = stackDepth(); return v, nil })
			first.Callback(7)
			wantValue(t, d, 7)
			return depth
		}
		if got, want := depth(nested), depth(1); got != want {
			t.Errorf("stack at the last callback: got %d frames, want %d as for one", got, want)
		}
	})
}
