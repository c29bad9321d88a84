package reactor_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// outcome is how a call of Go ended, and where that was told.
type outcome struct {
	v      int
	err    error
	onLoop bool
}

// watch hands the result of d over to the test.
func watch(r *reactor.Reactor, d *deferred.Deferred[int]) <-chan outcome {
	ch := make(chan outcome, 2)
	d.Handle(
		func(v int) { ch <- outcome{v, nil, deferred.OnLoop(r)} },
		func(err error) { ch <- outcome{0, err, deferred.OnLoop(r)} })
	return ch
}

// goes calls Go on the reactor goroutine.
func (l *loop) goes(f func(context.Context) (int, error)) (d *deferred.Deferred[int], ch <-chan outcome) {
	l.t.Helper()
	l.do(func() { d = reactor.Go(l.Reactor, f); ch = watch(l.Reactor, d) })
	return d, ch
}

// task is a function for Go that a test holds by the hand.
type task struct {
	begun chan context.Context
	end   chan outcome
}

func newTask() *task { return &task{make(chan context.Context, 1), make(chan outcome, 1)} }

func (k *task) run(ctx context.Context) (int, error) {
	k.begun <- ctx
	o := <-k.end
	return o.v, o.err
}

// untilCancelled is a function for Go that ends with the cause of its context.
func untilCancelled(ctx context.Context) (int, error) {
	<-ctx.Done()
	return 0, context.Cause(ctx)
}

func TestGo(t *testing.T) {
	failure := errors.New("disk is full")
	t.Run("the result comes on the reactor goroutine", func(t *testing.T) {
		l := start(t)
		for _, c := range []outcome{{v: 7, onLoop: true}, {err: failure, onLoop: true}} {
			_, ch := l.goes(func(context.Context) (int, error) { return c.v, c.err })
			if got := wait(t, ch, "the result"); got != c {
				t.Errorf("got %+v, want %+v", got, c)
			}
		}
	})
	t.Run("f runs elsewhere, with a context of its own", func(t *testing.T) {
		l, k := start(t), newTask()
		_, ch := l.goes(func(ctx context.Context) (int, error) {
			if deferred.OnAnyLoop() {
				t.Error("f runs on the reactor goroutine")
			}
			return k.run(ctx)
		})
		ctx := wait(t, k.begun, "f to begin")
		l.do(func() {}) // the loop is free meanwhile
		if err := ctx.Err(); err != nil {
			t.Errorf("the context ended with %v, want it open", err)
		}
		k.end <- outcome{v: 1}
		wait(t, ch, "the result")
		wait(t, ctx.Done(), "the end of the context")
	})
	t.Run("a panic is an error, and logged", func(t *testing.T) {
		option, logs := observed()
		l := start(t, option)
		_, ch := l.goes(func(context.Context) (int, error) { panic("boom") })
		got := wait(t, ch, "the result")
		var p *reactor.PanicError
		if !errors.As(got.err, &p) || p.Value != "boom" || !strings.Contains(string(p.Stack), "TestGo") || !got.onLoop {
			t.Errorf("got %+v, want a *PanicError with the stack of f on the reactor goroutine", got)
		}
		wantPanicLogged(t, logs, "Go", "boom")
	})
	t.Run("the end of the goroutine is an error, and frees its place", func(t *testing.T) {
		l := start(t, reactor.WithThreads(1))
		_, first := l.goes(func(context.Context) (int, error) { runtime.Goexit(); return 1, nil })
		_, second := l.goes(func(context.Context) (int, error) { return 2, nil })
		wantText(t, wait(t, first, "the result").err, "reactor: the function given to Go ended its goroutine with runtime.Goexit")
		if got := wait(t, second, "the second result"); got.v != 2 || got.err != nil {
			t.Errorf("got %+v, want 2", got)
		}
	})
	for _, c := range []struct {
		name    string
		options []reactor.Option
		want    int
	}{
		{"one at a time", []reactor.Option{reactor.WithThreads(1)}, 1},
		{"three at a time", []reactor.Option{reactor.WithThreads(3)}, 3},
		{"as many as the default", nil, reactor.DefaultThreads},
		{"zero is the default", []reactor.Option{reactor.WithThreads(0)}, reactor.DefaultThreads},
	} {
		t.Run("at most so many run, the others wait in order: "+c.name, func(t *testing.T) {
			const more = 4
			l := start(t, c.options...)
			begun, end := make(chan int, c.want+more), make(chan struct{})
			var results []<-chan outcome
			for i := range c.want + more {
				_, ch := l.goes(func(context.Context) (int, error) { begun <- i; <-end; return i, nil })
				results = append(results, ch)
			}
			for range c.want {
				if i := wait(t, begun, "a function to begin"); i >= c.want {
					t.Errorf("function %d has begun, want it to wait for the first %d", i, c.want)
				}
			}
			for i := range more {
				nothing(t, begun, "one more function under way")
				end <- struct{}{}
				if got := wait(t, begun, "the next function"); got != c.want+i {
					t.Errorf("function %d is next, want %d", got, c.want+i)
				}
			}
			close(end)
			for i, ch := range results {
				if got := wait(t, ch, "a result"); got.v != i {
					t.Errorf("got %+v, want %d", got, i)
				}
			}
		})
	}
	t.Run("before the reactor turns nothing begins", func(t *testing.T) {
		ended(t, "reactor.(*threads)") // of the tests before
		r, k := reactor.New(), newTask()
		ch := watch(r, reactor.Go(r, k.run))
		reactor.Go(r, func(context.Context) (int, error) { return 0, nil })
		stacks := make([]byte, 1<<20)
		if stacks = stacks[:runtime.Stack(stacks, true)]; bytes.Contains(stacks, []byte("reactor.(*threads)")) {
			t.Error("f has a goroutine before Run, want none")
		}
		l := run(t, r)
		wait(t, k.begun, "f to begin")
		k.end <- outcome{v: 3}
		if got := wait(t, ch, "the result"); got.v != 3 || !got.onLoop {
			t.Errorf("got %+v, want 3 on the reactor goroutine", got)
		}
		l.finish()
	})
	t.Run("on a reactor turned by hand", func(t *testing.T) {
		r := reactor.New()
		ch := watch(r, reactor.Go(r, func(context.Context) (int, error) { return 4, nil }))
		r.RunUntilCurrent()
		ended(t, "reactor.(*threads)")
		nothing(t, ch, "a result without a turn")
		r.RunUntilCurrent()
		if got := wait(t, ch, "the result"); got.v != 4 {
			t.Errorf("got %+v, want 4", got)
		}
	})
	t.Run("from another goroutine", func(t *testing.T) {
		l := start(t)
		v, err := reactor.Go(l.Reactor, func(context.Context) (int, error) { return 5, nil }).Await(t.Context())
		if v != 5 || err != nil {
			t.Errorf("got %v and %v, want 5", v, err)
		}
	})
	t.Run("after the stop", func(t *testing.T) {
		l := start(t)
		l.finish()
		_, err := reactor.Go(l.Reactor, untilCancelled).Await(t.Context())
		wantIs(t, err, reactor.ErrStopped)
	})
	t.Run("a nil function", func(t *testing.T) {
		got := panicOf(func() { reactor.Go[int](reactor.New(), nil) })
		if got != "reactor: Go: nil function" {
			t.Errorf("got panic %v, want one that says so", got)
		}
	})
}

func TestGoCancel(t *testing.T) {
	t.Run("a function that runs: the context ends, the Deferred fails at once, a late result is dropped", func(t *testing.T) {
		l, k := start(t, reactor.WithThreads(1)), newTask()
		d, ch := l.goes(k.run)
		ctx := wait(t, k.begun, "f to begin")
		l.do(func() {
			d.Cancel()
			if got := wait(t, ch, "the result, inside Cancel"); got.err != deferred.ErrCancelled {
				t.Errorf("got %+v, want %v", got, deferred.ErrCancelled)
			}
		})
		wantIs(t, context.Cause(ctx), deferred.ErrCancelled)
		_, next := l.goes(func(context.Context) (int, error) { return 2, nil })
		nothing(t, next, "a result while the place is still taken")
		k.end <- outcome{v: 1}
		if got := wait(t, next, "the next result"); got.v != 2 {
			t.Errorf("got %+v, want 2", got)
		}
		nothing(t, ch, "a second result")
	})
	t.Run("a function that waits: it never begins", func(t *testing.T) {
		l, k := start(t, reactor.WithThreads(1)), newTask()
		_, first := l.goes(k.run)
		d, ch := l.goes(func(context.Context) (int, error) { t.Error("a cancelled function ran"); return 0, nil })
		_, last := l.goes(func(context.Context) (int, error) { return 3, nil })
		l.do(d.Cancel)
		wantIs(t, wait(t, ch, "the result").err, deferred.ErrCancelled)
		k.end <- outcome{}
		wait(t, first, "the first result")
		wait(t, last, "the last result")
	})
	t.Run("from another goroutine it is done on the reactor's", func(t *testing.T) {
		l := start(t)
		d, ch := l.goes(untilCancelled)
		d.Cancel()
		if got := wait(t, ch, "the result"); got.err != deferred.ErrCancelled || !got.onLoop {
			t.Errorf("got %+v, want %v on the reactor goroutine", got, deferred.ErrCancelled)
		}
	})
	t.Run("before Run", func(t *testing.T) {
		r := reactor.New()
		d := reactor.Go(r, func(context.Context) (int, error) { t.Error("a cancelled function ran"); return 0, nil })
		ch := watch(r, d)
		d.Cancel()
		wantIs(t, wait(t, ch, "the result").err, deferred.ErrCancelled)
		run(t, r).finish()
	})
}

func TestGoShutdown(t *testing.T) {
	t.Run("contexts end, who waits fails, and the reactor waits for who runs", func(t *testing.T) {
		var j journal
		l := start(t, reactor.WithThreads(1), reactor.WithFlushTimeout(guard))
		began := make(chan struct{})
		l.do(func() {
			note := func(name string) func(int, error) (int, error) {
				return func(_ int, err error) (int, error) { j.add("%s: %v", name, err); return 0, nil }
			}
			reactor.Go(l.Reactor, func(ctx context.Context) (int, error) {
				close(began)
				return untilCancelled(ctx)
			}).AddBoth(note("runs"))
			reactor.Go(l.Reactor, untilCancelled).AddBoth(note("waits"))
			j.noteAll(l.Reactor, reactor.Shutdown)
			l.AddSystemEventTrigger(reactor.During, reactor.Shutdown, func() *none {
				reactor.Go(l.Reactor, untilCancelled).AddBoth(note("late"))
				return nil
			})
		})
		wait(t, began, "the function to begin")
		l.finish()
		stopped := reactor.ErrStopped.Error()
		j.want(t, "before", "waits: "+stopped, "runs: "+stopped, "during", "late: "+stopped, "after")
	})
	t.Run("before it everything runs as ever", func(t *testing.T) {
		l := start(t)
		var got int
		l.do(func() {
			l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, func() *none {
				d := reactor.Go(l.Reactor, func(context.Context) (int, error) { return 6, nil })
				return deferred.Then(d, func(v int) (struct{}, error) { got = v; return struct{}{}, nil })
			})
		})
		l.finish()
		if got != 6 {
			t.Errorf("got %d, want the 6 of the function", got)
		}
	})
	t.Run("who does not end is left, and counted in the log", func(t *testing.T) {
		option, logs := observed()
		l, k := start(t, option, reactor.WithFlushTimeout(time.Millisecond)), newTask()
		_, ch := l.goes(k.run)
		wait(t, k.begun, "f to begin")
		l.finish()
		got := wait(t, ch, "the result")
		wantIs(t, got.err, reactor.ErrStopped)
		if !got.onLoop {
			t.Error("the result came elsewhere, want it on the reactor goroutine")
		}
		left := logged(logs, zapcore.WarnLevel, "functions of Go are left running")
		if len(left) != 1 || left[0]["functions"] != int64(1) {
			t.Errorf("got %v logged, want one function left", left)
		}
		k.end <- outcome{v: 1}
		ended(t, "reactor.(*threads)")
		nothing(t, ch, "a second result")
	})
	t.Run("a reactor that cannot run fails what was handed to it", func(t *testing.T) {
		start(t).finish()
		r := reactor.New()
		ch := watch(r, reactor.Go(r, untilCancelled))
		_ = withoutDescriptors(t, r.Run)
		wantIs(t, wait(t, ch, "the result").err, reactor.ErrStopped)
	})
}
