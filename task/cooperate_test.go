package task_test

import (
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/task"
)

// count is a sequence of n steps that notes each of them, and its end.
func (j *journal) count(name string, n int) iter.Seq[*none] {
	return func(yield func(*none) bool) {
		defer j.add("%s leaves", name)
		for i := range n {
			j.add("%s%d", name, i)
			if !yield(nil) {
				return
			}
		}
	}
}

// wornClock is a clock whose time also passes by work. It is no reactor, but counts triggers like one.
type wornClock struct {
	task.Clock
	worn     time.Duration
	triggers int
}

func (c *wornClock) AddSystemEventTrigger(reactor.Phase, reactor.SystemEvent, func() *none) (remove func()) {
	c.triggers++
	return func() { c.triggers-- }
}

func (c *wornClock) Now() time.Time { return c.Clock.Now().Add(c.worn) }

func (c *wornClock) AfterFunc(d time.Duration, f func()) func() bool { return c.Clock.AfterFunc(d, f) }

func TestCooperate(t *testing.T) {
	t.Run("steps begin in the next turn", func(t *testing.T) {
		j := newJournal()
		w := task.Cooperate(j.clock.Reactor(), j.count("a", 2))
		outcome(j, "task", w.WhenDone())
		j.want(t)
		j.clock.Turn()
		j.want(t, "0s a0", "0s a1", "0s a leaves", "0s task ended")
		outcome(j, "late", w.WhenDone())
		j.want(t, "0s late ended")
		if got := j.clock.Pending(); got != 0 {
			t.Errorf("got %d planned calls, want none", got)
		}
	})
	t.Run("tasks of one Cooperator take turns", func(t *testing.T) {
		j := newJournal()
		c := task.NewCooperator(j.clock.Reactor())
		c.Cooperate(j.count("a", 2))
		c.Cooperate(j.count("b", 1))
		c.Cooperate(j.count("c", 2))
		if got := j.clock.Pending(); got != 1 {
			t.Errorf("got %d planned calls, want one for all", got)
		}
		j.clock.Turn()
		j.want(t, "0s a0", "0s b0", "0s c0", "0s a1", "0s b leaves", "0s c1", "0s a leaves", "0s c leaves")
	})
	t.Run("after 10 ms the reactor has its turn", func(t *testing.T) {
		j := newJournal()
		clock := &wornClock{Clock: j.clock.Reactor()}
		task.Cooperate(clock, func(yield func(*none) bool) {
			for i := range 7 {
				j.add("%d", i)
				clock.worn += 4 * time.Millisecond
				if !yield(nil) {
					return
				}
			}
		})
		for _, want := range [][]string{{"0s 0", "0s 1", "0s 2"}, {"0s 3", "0s 4", "0s 5"}, {"0s 6"}, nil} {
			j.clock.Turn()
			j.want(t, want...)
		}
	})
	t.Run("and after so many steps, if time stands still", func(t *testing.T) {
		j := newJournal()
		n := 0
		w := task.Cooperate(j.clock.Reactor(), func(yield func(*none) bool) {
			for n++; yield(nil); n++ {
			}
		})
		j.clock.Turn()
		if n != 1024 {
			t.Errorf("got %d steps in one turn, want 1024", n)
		}
		w.Stop()
	})
	t.Run("a Deferred is waited for, the others go on", func(t *testing.T) {
		j := newJournal()
		c := task.NewCooperator(j.clock.Reactor())
		slow := task.DeferLater[struct{}](j.clock.Reactor(), time.Second, nil)
		outcome(j, "a", c.Cooperate(func(yield func(*none) bool) {
			j.add("a0")
			yield(slow)
			j.add("a1")
			yield(deferred.Succeed(struct{}{}))
			j.add("a2")
		}).WhenDone())
		c.Cooperate(j.count("b", 1))
		j.clock.Advance(time.Minute)
		j.want(t, "0s a0", "0s b0", "0s b leaves", "1s a1", "1s a2", "1s a ended")
	})
	t.Run("what ends a task before its sequence does", func(t *testing.T) {
		for _, c := range []struct {
			name string
			d    *none // what the sequence yields
			stop func(w *task.CooperativeTask)
			want []string
		}{
			{"a failed Deferred", deferred.Fail[struct{}](errBroken), nil, []string{"0s out", "0s task: broken"}},
			{"a panic", nil, nil, []string{"0s task: deferred: panic in a callback: boom"}},
			{"Stop", deferred.New[struct{}](), (*task.CooperativeTask).Stop, []string{"0s out", "0s task: task: the CooperativeTask was stopped"}},
		} {
			t.Run(c.name, func(t *testing.T) {
				j := newJournal()
				w := task.Cooperate(j.clock.Reactor(), func(yield func(*none) bool) {
					if c.d == nil {
						panic("boom")
					}
					if yield(c.d) {
						t.Error("the sequence goes on, want yield to answer false")
					}
					j.add("out")
				})
				outcome(j, "task", w.WhenDone())
				j.clock.Advance(0)
				if c.stop != nil {
					j.want(t)
					c.stop(w)
				}
				j.want(t, c.want...)
				w.Stop()
				w.Pause()
				w.Resume()
				if d := c.d; d != nil {
					d.TryCallback(struct{}{}) // too late to matter
				}
				if got := j.clock.Pending(); got != 0 {
					t.Errorf("got %d planned calls after the end, want none", got)
				}
				j.clock.Advance(time.Hour)
				j.want(t)
			})
		}
	})
	t.Run("Stop before the first step", func(t *testing.T) {
		j := newJournal()
		w := task.Cooperate(j.clock.Reactor(), j.count("a", 1))
		outcome(j, "task", w.WhenDone())
		w.Stop()
		j.clock.Advance(time.Hour)
		j.want(t, "0s task: task: the CooperativeTask was stopped")
	})
	t.Run("Stop inside a step", func(t *testing.T) {
		j := newJournal()
		var w *task.CooperativeTask
		w = task.Cooperate(j.clock.Reactor(), func(yield func(*none) bool) {
			w.Stop()
			j.add("stopped")
			j.add("yield: %v", yield(nil))
			outcome(j, "inner", w.WhenDone())
		})
		outcome(j, "task", w.WhenDone())
		j.clock.Advance(0)
		const stopped = ": task: the CooperativeTask was stopped"
		j.want(t, "0s stopped", "0s yield: false", "0s task"+stopped, "0s inner"+stopped)
	})
	t.Run("a panic on the way out", func(t *testing.T) {
		j := newJournal()
		w := task.Cooperate(j.clock.Reactor(), func(yield func(*none) bool) {
			defer func() { panic("late") }()
			yield(deferred.New[struct{}]())
		})
		j.clock.Advance(0)
		w.Stop()
		_, err, _ := w.WhenDone().Result()
		if !errors.Is(err, task.ErrTaskStopped) {
			t.Errorf("got %v, want %v", err, task.ErrTaskStopped)
		}
	})
	t.Run("Pause and Resume are counted", func(t *testing.T) {
		j := newJournal()
		var d = deferred.New[struct{}]()
		w := task.Cooperate(j.clock.Reactor(), func(yield func(*none) bool) {
			j.add("0")
			yield(d)
			j.add("1")
		})
		w.Pause()
		w.Pause()
		j.clock.Advance(time.Second)
		w.Resume()
		j.clock.Advance(time.Second)
		j.want(t)
		w.Resume()
		j.clock.Advance(0)
		j.want(t, "2s 0")
		w.Pause()
		d.Callback(struct{}{})
		j.clock.Advance(time.Second)
		j.want(t)
		w.Resume()
		j.clock.Advance(0)
		j.want(t, "3s 1")
		if got := panicOf(w.Resume); got != "task: Resume without Pause" {
			t.Errorf("got panic %v, want one for Resume without Pause", got)
		}
	})
	t.Run("Resume while a Deferred is waited for", func(t *testing.T) {
		j := newJournal()
		d := deferred.New[struct{}]()
		w := task.Cooperate(j.clock.Reactor(), func(yield func(*none) bool) { j.add("0"); yield(d); j.add("1") })
		j.clock.Advance(0)
		w.Pause()
		w.Resume()
		j.clock.Advance(0)
		j.want(t, "0s 0")
		d.Callback(struct{}{})
		j.clock.Advance(0)
		j.want(t, "0s 1")
	})
	t.Run("Pause inside a step", func(t *testing.T) {
		j := newJournal()
		var w *task.CooperativeTask
		w = task.Cooperate(j.clock.Reactor(), func(yield func(*none) bool) {
			w.Pause()
			yield(nil)
			j.add("resumed")
		})
		j.clock.Advance(0)
		j.want(t)
		w.Resume()
		j.clock.Advance(0)
		j.want(t, "0s resumed")
	})
	t.Run("Pause and Resume inside a step are no step more", func(t *testing.T) {
		j := newJournal()
		c := task.NewCooperator(j.clock.Reactor())
		var w *task.CooperativeTask
		w = c.Cooperate(func(yield func(*none) bool) {
			for i := range 3 {
				j.add("w%d", i)
				w.Pause()
				w.Resume()
				yield(nil)
			}
		})
		c.Cooperate(j.count("a", 2))
		j.clock.Advance(0)
		j.want(t, "0s w0", "0s a0", "0s w1", "0s a1", "0s w2", "0s a leaves")
	})
	t.Run("Cancel of WhenDone ends the wait only", func(t *testing.T) {
		j := newJournal()
		w := task.Cooperate(j.clock.Reactor(), j.count("a", 1))
		outcome(j, "first", w.WhenDone()).Cancel()
		outcome(j, "second", w.WhenDone())
		j.clock.Advance(0)
		j.want(t, "0s first: deferred: cancelled", "0s a0", "0s a leaves", "0s second ended")
	})
	t.Run("steps are on the reactor goroutine", func(t *testing.T) {
		j := newJournal()
		w := task.Cooperate(j.clock.Reactor(), func(yield func(*none) bool) {
			for range 2 {
				if !deferred.OnLoop(j.clock.Reactor()) {
					t.Error("a step is elsewhere")
				}
				if _, err := deferred.New[int]().Await(t.Context()); err != deferred.ErrAwaitOnLoop {
					t.Errorf("Await in a step answered %v, want %v", err, deferred.ErrAwaitOnLoop)
				}
				if !yield(nil) {
					return
				}
			}
			yield(deferred.New[struct{}]())
		})
		j.clock.Advance(0)
		if deferred.OnAnyLoop() {
			t.Error("between the steps the test is on a loop")
		}
		d := deferred.New[int]().BindTo(j.clock.Reactor())
		d.Cancel()
		if _, err, _ := d.Result(); err != deferred.ErrCancelled {
			t.Errorf("between the steps Cancel left %v, want %v at once", err, deferred.ErrCancelled)
		}
		w.Stop()
	})
	t.Run("the reactor stops, and with it its tasks", func(t *testing.T) {
		r := reactor.New()
		j := newJournal()
		c := task.NewCooperator(r)
		r.CallWhenRunning(func() {
			for _, name := range []string{"a", "b", "c"} {
				w := c.Cooperate(func(yield func(*none) bool) {
					j.add("%s begins", name)
					yield(deferred.New[struct{}]())
					j.add("%s leaves", name)
				})
				outcome(j, name, w.WhenDone())
			}
			r.CallLater(time.Millisecond, func() { _ = r.Stop() })
		})
		if err := r.Run(); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
		const stopped = ": reactor: the reactor has stopped."
		j.want(t, "0s a begins", "0s b begins", "0s c begins", "0s a leaves", "0s a"+stopped, "0s b leaves", "0s b"+stopped, "0s c leaves", "0s c"+stopped)
	})
	t.Run("it is not asked to tell when there are no tasks", func(t *testing.T) {
		j := newJournal()
		clock := &wornClock{Clock: j.clock.Reactor()}
		c := task.NewCooperator(clock)
		for range 2 {
			a, b := c.Cooperate(j.count("a", 1)), c.Cooperate(j.count("b", 1))
			if clock.triggers != 1 {
				t.Errorf("got %d triggers with tasks, want 1", clock.triggers)
			}
			a.Stop()
			b.Stop()
			if clock.triggers != 0 {
				t.Errorf("got %d triggers without tasks, want none", clock.triggers)
			}
		}
	})
	t.Run("arguments that make no sense", func(t *testing.T) {
		r := reactor.New()
		for want, f := range map[string]func(){
			"task: NewCooperator: nil Clock": func() { task.NewCooperator(nil) },
			"task: Cooperate: nil Clock":     func() { task.Cooperate(nil, nil) },
			"task: Cooperate: nil sequence":  func() { task.Cooperate(r, nil) },
		} {
			if got := panicOf(f); got != want {
				t.Errorf("got panic %v, want %q", got, want)
			}
		}
	})
}

func ExampleCooperate() {
	r := reactor.New()
	sum := 0
	r.CallWhenRunning(func() {
		work := task.Cooperate(r, func(yield func(*deferred.Deferred[struct{}]) bool) {
			for i := range 1000 {
				sum += i
				if i%100 == 99 && !yield(nil) { // others may have their turn here
					return
				}
			}
			yield(task.DeferLater[struct{}](r, time.Millisecond, nil)) // nothing goes on before this has its result
		})
		work.WhenDone().Handle(func(struct{}) { fmt.Println("sum", sum); _ = r.Stop() }, nil)
	})
	_ = r.Run()
	// Output: sum 499500
}

func ExampleDeferLater() {
	r := reactor.New()
	r.CallWhenRunning(func() {
		task.DeferLater(r, time.Millisecond, func() (string, error) { return "later", nil }).
			Handle(func(s string) { fmt.Println(s); _ = r.Stop() }, nil)
	})
	_ = r.Run()
	// Output: later
}
