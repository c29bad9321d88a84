package task_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/task"
)

// looping makes a LoopingCall of f that lives by the clock of j.
func (j *journal) looping(f func() *none) *task.LoopingCall {
	return task.NewLoopingCall(j.clock.Reactor(), f)
}

func (j *journal) call() *none { j.add("call"); return nil }

func TestLoopingCall(t *testing.T) {
	t.Run("P18 a call at once and at each whole interval", func(t *testing.T) {
		j := newJournal()
		l := j.looping(j.call)
		outcome(j, "loop", l.Start(time.Second, true))
		j.want(t, "0s call")
		j.clock.Advance(2500 * time.Millisecond)
		j.want(t, "1s call", "2s call")
		if !l.Running() || l.Interval() != time.Second {
			t.Errorf("got Running %v, Interval %v, want true and 1s", l.Running(), l.Interval())
		}
		if err := l.Stop(); err != nil {
			t.Errorf("Stop answered %v, want nil", err)
		}
		j.want(t, "2.5s loop ended")
		j.clock.Advance(time.Hour)
		j.want(t)
		if l.Running() || j.clock.Pending() != 0 {
			t.Errorf("got Running %v and %d planned calls after the stop, want none", l.Running(), j.clock.Pending())
		}
	})
	t.Run("P18 the first call after one interval", func(t *testing.T) {
		j := newJournal()
		l := j.looping(j.call)
		l.Start(time.Second, false)
		j.want(t)
		j.clock.Advance(time.Second)
		j.want(t, "1s call")
	})
	t.Run("P18 no overlap: the next whole interval after the Deferred", func(t *testing.T) {
		j := newJournal()
		l := j.looping(func() *none {
			j.add("call")
			return task.DeferLater(j.clock.Reactor(), 2500*time.Millisecond, func() (struct{}, error) {
				j.add("done")
				return struct{}{}, nil
			})
		})
		l.Start(time.Second, true)
		j.clock.Advance(6 * time.Second)
		j.want(t, "0s call", "2.5s done", "3s call", "5.5s done", "6s call")
	})
	t.Run("P18 a call that ends at a whole interval waits for the next one", func(t *testing.T) {
		j := newJournal()
		d := deferred.New[struct{}]()
		l := j.looping(func() *none { j.add("call"); return d })
		l.Start(time.Second, true)
		j.clock.Advance(time.Second)
		d.Callback(struct{}{})
		j.clock.Advance(999 * time.Millisecond)
		j.want(t, "0s call")
		j.clock.Advance(time.Millisecond)
		j.want(t, "2s call")
	})
	t.Run("P18 the count variant reports what was skipped", func(t *testing.T) {
		for _, c := range []struct {
			now  bool
			want []string
		}{
			{true, []string{"0s 1", "1s 1", "3s 2", "6s 3"}},
			{false, []string{"1s 1", "2s 1", "4s 2", "7s 3"}},
		} {
			j := newJournal()
			busy := []time.Duration{0, 1500 * time.Millisecond, 2500 * time.Millisecond, time.Hour}
			l := task.NewLoopingCallWithCount(j.clock.Reactor(), func(count int) *none {
				j.add("%d", count)
				wait := busy[0]
				busy = busy[1:]
				return task.DeferLater[struct{}](j.clock.Reactor(), wait, nil)
			})
			l.Start(time.Second, c.now)
			j.clock.Advance(10 * time.Second)
			j.want(t, c.want...)
		}
	})
	t.Run("P18 the count of an interval of zero is one", func(t *testing.T) {
		j := newJournal()
		var l *task.LoopingCall
		l = task.NewLoopingCallWithCount(j.clock.Reactor(), func(count int) *none {
			j.add("%d", count)
			if len(j.lines) == 3 {
				_ = l.Stop()
			}
			return nil
		})
		outcome(j, "loop", l.Start(0, true))
		j.clock.Advance(0)
		j.want(t, "0s 1", "0s 1", "0s 1", "0s loop ended")
	})
	t.Run("an interval of zero is a call in every turn", func(t *testing.T) {
		j := newJournal()
		l := j.looping(j.call)
		l.Start(0, false)
		j.want(t)
		for range 3 {
			j.clock.Turn()
			j.want(t, "0s call")
		}
	})
	t.Run("P19 an error ends it", func(t *testing.T) {
		for _, c := range []struct {
			name string
			f    func(n int) *none
		}{
			{"a failed Deferred", func(int) *none { return deferred.Fail[struct{}](errBroken) }},
			{"a panic", func(int) *none { panic(errBroken) }},
			{"a function that is done at once", func(int) *none { return task.Simple(func() error { return errBroken })() }},
		} {
			j := newJournal()
			n := 0
			l := j.looping(func() *none {
				if n++; n < 3 {
					return task.Simple(func() error { return nil })()
				}
				return c.f(n)
			})
			d := l.Start(time.Second, true)
			j.clock.Advance(time.Hour)
			_, err, ok := d.Result()
			if !ok || !errors.Is(err, errBroken) || n != 3 || l.Running() {
				t.Errorf("%s: got %v after %d calls, running %v, want %v after 3", c.name, err, n, l.Running(), errBroken)
			}
			var p *deferred.PanicError
			if got, want := errors.As(err, &p), c.name == "a panic"; got != want {
				t.Errorf("%s: got a *PanicError: %v, want %v", c.name, got, want)
			}
		}
	})
	t.Run("P19 a Deferred that fails later ends it, also after Stop", func(t *testing.T) {
		for _, stopped := range []bool{false, true} {
			j := newJournal()
			d := deferred.New[struct{}]()
			l := j.looping(func() *none { return d })
			outcome(j, "loop", l.Start(time.Second, true))
			if stopped {
				_ = l.Stop()
			}
			d.Errback(errBroken)
			j.want(t, "0s loop: broken")
			if j.clock.Pending() != 0 || l.Running() {
				t.Errorf("got Running %v and %d planned calls, want none", l.Running(), j.clock.Pending())
			}
		}
	})
	t.Run("Stop while a call is under way waits for it", func(t *testing.T) {
		j := newJournal()
		d := deferred.New[struct{}]()
		l := j.looping(func() *none { return d })
		outcome(j, "loop", l.Start(time.Second, true))
		_ = l.Stop()
		j.want(t)
		if _, err, _ := l.Start(time.Second, true).Result(); err != task.ErrAlreadyRunning {
			t.Errorf("Start answered %v while a call is under way, want %v", err, task.ErrAlreadyRunning)
		}
		d.Callback(struct{}{})
		j.want(t, "0s loop ended")
	})
	t.Run("Stop inside a call", func(t *testing.T) {
		j := newJournal()
		var l *task.LoopingCall
		l = j.looping(func() *none { _ = l.Stop(); j.add("call"); return nil })
		outcome(j, "loop", l.Start(time.Second, false))
		j.clock.Advance(time.Hour)
		j.want(t, "1s call", "1s loop ended")
	})
	t.Run("Reset moves the next call and what the intervals count from", func(t *testing.T) {
		j := newJournal()
		l := j.looping(j.call)
		l.Start(time.Second, true)
		j.clock.Advance(600 * time.Millisecond)
		if err := l.Reset(); err != nil {
			t.Errorf("Reset answered %v, want nil", err)
		}
		j.clock.Advance(2 * time.Second)
		j.want(t, "0s call", "1.6s call", "2.6s call")
		if got := j.clock.Pending(); got != 1 {
			t.Errorf("got %d planned calls, want 1", got)
		}
	})
	t.Run("Reset while a call is under way", func(t *testing.T) {
		j := newJournal()
		d := deferred.New[struct{}]()
		l := j.looping(func() *none { j.add("call"); return d })
		l.Start(time.Second, true)
		j.clock.Advance(300 * time.Millisecond)
		_ = l.Reset()
		d.Callback(struct{}{})
		j.clock.Advance(time.Second)
		j.want(t, "0s call", "1.3s call")
	})
	t.Run("P18 a clock that was turned back counts nothing twice", func(t *testing.T) {
		j := newJournal()
		clock := &wornClock{Clock: j.clock.Reactor()}
		l := task.NewLoopingCallWithCount(clock, func(count int) *none { j.add("%d", count); return nil })
		l.Start(time.Second, true)
		j.clock.Advance(2 * time.Second)
		clock.worn = -1500 * time.Millisecond
		j.clock.Advance(time.Second)
		j.want(t, "0s 1", "1s 1", "2s 1")
		clock.worn = 0
		j.clock.Advance(time.Second)
		j.want(t, "3.5s 1", "4s 1")
	})
	t.Run("Start again", func(t *testing.T) {
		j := newJournal()
		l := j.looping(j.call)
		l.Start(time.Second, true)
		if _, err, _ := l.Start(time.Second, true).Result(); err != task.ErrAlreadyRunning {
			t.Errorf("the second Start answered %v, want %v", err, task.ErrAlreadyRunning)
		}
		_ = l.Stop()
		l.Start(time.Minute, false)
		j.clock.Advance(time.Minute)
		j.want(t, "0s call", "1m0s call")
	})
	t.Run("what does not run cannot be stopped or reset", func(t *testing.T) {
		j := newJournal()
		l := j.looping(j.call)
		for _, when := range []string{"before", "after"} {
			if err := l.Stop(); err != task.ErrNotRunning {
				t.Errorf("Stop %s answered %v, want %v", when, err, task.ErrNotRunning)
			}
			if err := l.Reset(); err != task.ErrNotRunning {
				t.Errorf("Reset %s answered %v, want %v", when, err, task.ErrNotRunning)
			}
			l.Start(time.Second, true)
			_ = l.Stop()
		}
	})
	t.Run("Cancel between calls", func(t *testing.T) {
		j := newJournal()
		l := j.looping(j.call)
		outcome(j, "loop", l.Start(time.Second, true)).Cancel()
		j.want(t, "0s call", "0s loop: deferred: cancelled")
		if j.clock.Pending() != 0 || l.Running() {
			t.Errorf("got Running %v and %d planned calls, want none", l.Running(), j.clock.Pending())
		}
	})
	t.Run("Cancel cancels the call under way", func(t *testing.T) {
		j := newJournal()
		l := j.looping(func() *none { return deferred.New(func(*none) { j.add("call cancelled") }) })
		outcome(j, "loop", l.Start(time.Second, true)).Cancel()
		j.want(t, "0s call cancelled", "0s loop: deferred: cancelled")
	})
	t.Run("Start after Cancel waits for a call that did not end", func(t *testing.T) {
		j := newJournal()
		d := deferred.New[struct{}]()
		d.Pause()
		l := j.looping(func() *none { return d })
		outcome(j, "loop", l.Start(time.Second, true)).Cancel()
		if _, err, _ := l.Start(time.Second, true).Result(); err != task.ErrAlreadyRunning {
			t.Errorf("Start answered %v, want %v", err, task.ErrAlreadyRunning)
		}
		d.Unpause()
		j.want(t, "0s loop: deferred: cancelled")
		outcome(j, "again", l.Start(time.Second, false))
		_ = l.Stop()
		j.want(t, "0s again ended")
	})
	t.Run("Cancel inside a call", func(t *testing.T) {
		j := newJournal()
		var started *deferred.Deferred[*task.LoopingCall]
		l := j.looping(func() *none {
			started.Cancel()
			return deferred.New(func(*none) { j.add("call cancelled") })
		})
		started = outcome(j, "loop", l.Start(time.Second, false))
		j.clock.Advance(time.Second)
		j.want(t, "1s loop: deferred: cancelled", "1s call cancelled")
	})
	t.Run("arguments that make no sense", func(t *testing.T) {
		j := newJournal()
		r := j.clock.Reactor()
		for _, c := range []struct {
			want string
			f    func()
		}{
			{"task: NewLoopingCall: nil Clock", func() { task.NewLoopingCall(nil, j.call) }},
			{"task: NewLoopingCall: nil function", func() { task.NewLoopingCall(r, nil) }},
			{"task: NewLoopingCallWithCount: nil Clock", func() { task.NewLoopingCallWithCount(nil, nil) }},
			{"task: NewLoopingCallWithCount: nil function", func() { task.NewLoopingCallWithCount(r, nil) }},
			{"task: Simple: nil function", func() { task.Simple(nil) }},
			{"task: LoopingCall: negative interval -1ns", func() { j.looping(j.call).Start(-1, true) }},
		} {
			if got := panicOf(c.f); got != c.want {
				t.Errorf("got panic %v, want %q", got, c.want)
			}
		}
	})
	t.Run("on a reactor that runs", func(t *testing.T) {
		r := reactor.New()
		n := 0
		var l *task.LoopingCall
		l = task.NewLoopingCall(r, task.Simple(func() error {
			if n++; n == 5 {
				return l.Stop()
			}
			return nil
		}))
		r.CallWhenRunning(func() {
			l.Start(time.Millisecond, true).Handle(func(*task.LoopingCall) { _ = r.Stop() }, func(err error) { t.Error(err) })
		})
		if err := r.Run(); err != nil || n != 5 {
			t.Errorf("got %d calls and %v, want 5 and nil", n, err)
		}
	})
}

func TestDeferLater(t *testing.T) {
	t.Run("P20 the answer of the function, after the delay", func(t *testing.T) {
		j := newJournal()
		d := task.DeferLater(j.clock.Reactor(), time.Second, func() (int, error) { j.add("call"); return 7, nil })
		j.clock.Advance(999 * time.Millisecond)
		j.want(t)
		j.clock.Advance(time.Millisecond)
		j.want(t, "1s call")
		if v, err, ok := d.Result(); v != 7 || err != nil || !ok {
			t.Errorf("got %v, %v, %v, want 7", v, err, ok)
		}
	})
	t.Run("P20 cancelled, the timer is removed", func(t *testing.T) {
		j := newJournal()
		d := task.DeferLater(j.clock.Reactor(), time.Second, func() (int, error) { t.Error("it was called"); return 0, nil })
		outcome(j, "later", d)
		d.Cancel()
		if got := j.clock.Pending(); got != 0 {
			t.Errorf("got %d planned calls, want none", got)
		}
		j.want(t, "0s later: deferred: cancelled")
		j.clock.Advance(time.Hour)
		j.want(t)
	})
	t.Run("P20 cancelled later, what the function answered is cancelled", func(t *testing.T) {
		j := newJournal()
		d := task.DeferLater(j.clock.Reactor(), 0, func() (int, error) {
			return deferred.Chain(deferred.New(func(*deferred.Deferred[int]) { j.add("inner cancelled") }))
		})
		outcome(j, "later", d)
		j.clock.Advance(0)
		d.Cancel()
		j.want(t, "0s inner cancelled", "0s later: deferred: cancelled")
	})
	for _, c := range []struct {
		name string
		f    func() (int, error)
		want string
	}{
		{"an error", func() (int, error) { return 0, errBroken }, "0s later: broken"},
		{"a panic", func() (int, error) { panic("boom") }, "0s later: deferred: panic in a callback: boom"},
		{"no function", nil, "0s later ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := newJournal()
			outcome(j, "later", task.DeferLater(j.clock.Reactor(), 0, c.f))
			j.want(t)
			j.clock.Advance(0)
			j.want(t, c.want)
		})
	}
	t.Run("Cancel from another goroutine is done on the reactor's", func(t *testing.T) {
		r := reactor.New()
		var d *deferred.Deferred[int]
		r.CallWhenRunning(func() {
			d = task.DeferLater[int](r, time.Hour, nil)
			d.Handle(nil, func(err error) {
				if !deferred.OnLoop(r) || err != deferred.ErrCancelled {
					t.Errorf("got %v, on the reactor goroutine: %v, want %v there", err, deferred.OnLoop(r), deferred.ErrCancelled)
				}
				_ = r.Stop()
			})
			go d.Cancel()
		})
		if err := r.Run(); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
	})
	t.Run("arguments that make no sense", func(t *testing.T) {
		for want, f := range map[string]func(){
			"task: DeferLater: nil Clock":          func() { task.DeferLater[int](nil, 0, nil) },
			"task: DeferLater: negative delay -1s": func() { task.DeferLater[int](reactor.New(), -time.Second, nil) },
		} {
			if got := panicOf(f); got != want {
				t.Errorf("got panic %v, want %q", got, want)
			}
		}
	})
}

func ExampleLoopingCall() {
	r := reactor.New()
	var l *task.LoopingCall
	ticks := 0
	l = task.NewLoopingCall(r, task.Simple(func() error {
		ticks++
		fmt.Println("tick", ticks)
		if ticks == 3 {
			return l.Stop()
		}
		return nil
	}))
	r.CallWhenRunning(func() {
		l.Start(time.Millisecond, true).Handle(
			func(*task.LoopingCall) { fmt.Println("done"); _ = r.Stop() },
			func(err error) { fmt.Println(err) })
	})
	_ = r.Run()
	// Output:
	// tick 1
	// tick 2
	// tick 3
	// done
}
