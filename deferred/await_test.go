package deferred_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tconn/tconn/deferred"
)

func TestAwait(t *testing.T) {
	t.Run("a result that is there, also with an ended context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		v, err := deferred.Succeed(4).Await(ctx)
		if v != 4 || err != nil {
			t.Errorf("got %v, %v, want 4, <nil>", v, err)
		}
		if _, err := deferred.Fail[int](errA).Await(ctx); err != errA {
			t.Errorf("got %v, want %v", err, errA)
		}
	})
	t.Run("all see the same result and leave it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := deferred.New[int]().AddCallback(func(v int) (int, error) { return v * 2, nil })
			done := d.Done()
			var group sync.WaitGroup
			for range 5 {
				group.Go(func() {
					if v, err := d.Await(context.Background()); v != 42 || err != nil {
						t.Errorf("Await: got %v, %v, want 42, <nil>", v, err)
					}
				})
			}
			synctest.Wait()
			select {
			case <-done:
				t.Error("Done is closed before the result is there")
			default:
			}
			d.Callback(21)
			group.Wait()
			<-done
			<-d.Done()
			wantValue(t, d, 42)
		})
	})
	t.Run("it sees the result at its place in the chain", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := deferred.New[int]()
			got := make(chan int, 1)
			go func() {
				v, _ := d.Await(context.Background())
				got <- v
			}()
			synctest.Wait()
			d.AddCallback(func(v int) (int, error) { return v + 1, nil })
			outer := deferred.Succeed(0).AddCallback(func(int) (int, error) { return deferred.Chain(d) })
			d.Callback(1)
			if v := <-got; v != 1 {
				t.Errorf("Await: got %d, want 1", v)
			}
			wantValue(t, outer, 2)
		})
	})
	t.Run("X19 a context that ends cancels the Deferred", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			cause := errors.New("shutting down")
			calls := 0
			d := deferred.New(func(*deferred.Deferred[int]) { calls++ })
			ctx, cancel := context.WithCancelCause(context.Background())
			failed := make(chan error, 1)
			go func() {
				_, err := d.Await(ctx)
				failed <- err
			}()
			synctest.Wait()
			cancel(cause)
			err := <-failed
			for _, want := range []error{deferred.ErrCancelled, context.Canceled, cause} {
				if !errors.Is(err, want) {
					t.Errorf("error: got %v, want it to match %v", err, want)
				}
			}
			if got, want := err.Error(), "deferred: cancelled: shutting down"; got != want {
				t.Errorf("text: got %q, want %q", got, want)
			}
			if calls != 1 {
				t.Errorf("canceller: got %d calls, want 1", calls)
			}
			wantError(t, d, deferred.ErrCancelled)
		})
	})
	t.Run("X19 a deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			_, err := deferred.New[int]().Await(ctx)
			if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, deferred.ErrCancelled) {
				t.Errorf("error: got %v, want it to match DeadlineExceeded and ErrCancelled", err)
			}
		})
	})
	t.Run("X19 a canceller that fires a value", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		d := deferred.New(func(d *deferred.Deferred[int]) { d.Callback(5) })
		v, err := d.Await(ctx)
		if v != 0 || !errors.Is(err, deferred.ErrCancelled) || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, %v, want 0 and an error matching ErrCancelled", v, err)
		}
		wantValue(t, d, 5)
	})
	t.Run("Done is the same until a step is added", func(t *testing.T) {
		d := deferred.New[int]()
		seen := map[<-chan struct{}]bool{}
		for i := range 5 {
			seen[d.Done()] = true
			seen[d.Done()] = true
			if len(seen) != i+1 {
				t.Fatalf("channels with %d steps: got %d, want %d", i, len(seen), i+1)
			}
			d.AddCallback(func(v int) (int, error) { return v + 1, nil })
		}
		d.Callback(0)
		for done := range seen {
			<-done
		}
	})
	t.Run("an Await that gave up leaves the Deferred usable", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		d := deferred.Succeed(5)
		d.Pause()
		for range 3 {
			if _, err := d.Await(ctx); !errors.Is(err, context.Canceled) {
				t.Fatalf("Await: got %v, want context.Canceled", err)
			}
		}
		d.Unpause()
		wantValue(t, d, 5)
	})
	t.Run("Result of what is unfired, paused, waiting or running", func(t *testing.T) {
		inner := deferred.New[int]()
		waiting := deferred.Succeed(1).AddCallback(func(int) (int, error) { return deferred.Chain(inner) })
		paused := deferred.Succeed(1)
		paused.Pause()
		running := deferred.New[int]()
		running.AddCallback(func(v int) (int, error) { wantPending(t, running); return v, nil })
		running.Callback(1)
		for _, d := range []*deferred.Deferred[int]{inner, waiting, paused} {
			wantPending(t, d)
		}
		wantValue(t, running, 1)
	})
}

// loop is an Executor on a goroutine of its own.
type loop struct {
	mu      sync.Mutex
	stopped bool
	calls   chan func()
	posted  int
}

var errStopped = errors.New("loop stopped")

func (l *loop) CallFromThread(f func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return errStopped
	}
	l.posted++
	l.calls <- f
	return nil
}

// do calls f on the loop and waits for its end.
func (l *loop) do(f func()) {
	done := make(chan struct{})
	l.calls <- func() { f(); close(done) }
	<-done
}

func newLoop(t *testing.T) *loop {
	l := &loop{calls: make(chan func(), 100)}
	entered, left := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(left)
		defer deferred.EnterLoop(l)()
		close(entered)
		for f := range l.calls {
			f()
		}
	}()
	<-entered
	t.Cleanup(func() { close(l.calls); <-left })
	return l
}

func TestLoop(t *testing.T) {
	t.Run("OnLoop and OnAnyLoop", func(t *testing.T) {
		if deferred.OnAnyLoop() {
			t.Error("OnAnyLoop without a loop: got true, want false")
		}
		a, b := newLoop(t), newLoop(t)
		if deferred.OnLoop(a) || deferred.OnAnyLoop() {
			t.Error("outside of the loops: got true, want false")
		}
		a.do(func() {
			if !deferred.OnLoop(a) || deferred.OnLoop(b) || !deferred.OnAnyLoop() {
				t.Errorf("on loop a: got %v, %v, %v, want true, false, true", deferred.OnLoop(a), deferred.OnLoop(b), deferred.OnAnyLoop())
			}
		})
	})
	t.Run("leave ends the mark, once", func(t *testing.T) {
		a, b := &loop{}, &loop{}
		leaveA, leaveB := deferred.EnterLoop(a), deferred.EnterLoop(b)
		defer leaveB()
		leaveA()
		leaveA()
		if deferred.OnLoop(a) || !deferred.OnLoop(b) || !deferred.OnAnyLoop() {
			t.Error("after leaving a: want b alone")
		}
		leaveB()
		if deferred.OnAnyLoop() {
			t.Error("after leaving both: got a loop, want none")
		}
	})
	t.Run("Await on a loop", func(t *testing.T) {
		l := newLoop(t)
		l.do(func() {
			d := deferred.New(func(*deferred.Deferred[int]) { t.Error("cancelled") })
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if _, err := d.Await(ctx); err != deferred.ErrAwaitOnLoop {
				t.Errorf("unfired: got %v, want ErrAwaitOnLoop", err)
			}
			d.Callback(3)
			if v, err := d.Await(ctx); v != 3 || err != nil {
				t.Errorf("fired: got %v, %v, want 3, <nil>", v, err)
			}
		})
	})
}

func TestBindTo(t *testing.T) {
	// place gives a canceller that sends whether it runs on l.
	place := func(l *loop, on chan bool) func(*deferred.Deferred[int]) {
		return func(*deferred.Deferred[int]) { on <- deferred.OnLoop(l) }
	}
	t.Run("Cancel from elsewhere runs on the loop", func(t *testing.T) {
		l, on := newLoop(t), make(chan bool, 1)
		d := deferred.New(place(l, on)).BindTo(l)
		d.Cancel()
		if !<-on {
			t.Error("canceller: ran elsewhere, want it on the loop")
		}
		if _, err := d.Await(t.Context()); err != deferred.ErrCancelled {
			t.Errorf("Await: got %v, want ErrCancelled", err)
		}
	})
	t.Run("Cancel on the loop acts at once", func(t *testing.T) {
		l, on := newLoop(t), make(chan bool, 1)
		d := deferred.New(place(l, on)).BindTo(l)
		l.do(func() {
			d.Cancel()
			wantError(t, d, deferred.ErrCancelled)
		})
		if !<-on || l.posted != 0 {
			t.Errorf("got %d posted calls, want 0 and the canceller on the loop", l.posted)
		}
	})
	t.Run("Cancel without a running loop acts here", func(t *testing.T) {
		d := deferred.New[int]().BindTo(&loop{})
		d.Cancel()
		wantError(t, d, deferred.ErrCancelled)
	})
	t.Run("Cancel with a loop that refuses acts here", func(t *testing.T) {
		l := newLoop(t)
		l.stopped = true
		d := deferred.New[int]().BindTo(l)
		d.Cancel()
		wantError(t, d, deferred.ErrCancelled)
	})
	t.Run("a nil Executor ends the binding", func(t *testing.T) {
		l := newLoop(t)
		d := deferred.New[int]().BindTo(l).BindTo(nil)
		d.Cancel()
		wantError(t, d, deferred.ErrCancelled)
		if l.posted != 0 {
			t.Errorf("posted: got %d, want 0", l.posted)
		}
	})
	t.Run("Then hands the binding on", func(t *testing.T) {
		l, on := newLoop(t), make(chan bool, 1)
		n := deferred.Then(deferred.New(place(l, on)).BindTo(l), func(int) (string, error) { return "", nil })
		n.Cancel()
		if !<-on {
			t.Error("canceller: ran elsewhere, want it on the loop")
		}
		if _, err := n.Await(t.Context()); err != deferred.ErrCancelled {
			t.Errorf("Await: got %v, want ErrCancelled", err)
		}
		if l.posted != 1 {
			t.Errorf("posted: got %d, want 1", l.posted)
		}
	})
	t.Run("the binding of the Deferred that is waited for counts", func(t *testing.T) {
		l, on := newLoop(t), make(chan bool, 1)
		inner := deferred.New(place(l, on)).BindTo(l)
		outer := deferred.Succeed(1).AddCallback(func(int) (int, error) { return deferred.Chain(inner) })
		outer.Cancel()
		if !<-on {
			t.Error("canceller: ran elsewhere, want it on the loop")
		}
		if _, err := outer.Await(t.Context()); err != deferred.ErrCancelled {
			t.Errorf("Await: got %v, want ErrCancelled", err)
		}
	})
	t.Run("X19 Await gives up at once, the loop cancels later", func(t *testing.T) {
		l, on := newLoop(t), make(chan bool, 1)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		d := deferred.New(place(l, on)).BindTo(l)
		gate := make(chan struct{})
		l.calls <- func() { <-gate }
		if _, err := d.Await(ctx); !errors.Is(err, deferred.ErrCancelled) || !errors.Is(err, context.Canceled) {
			t.Errorf("Await: got %v, want an error matching ErrCancelled and context.Canceled", err)
		}
		wantPending(t, d)
		close(gate)
		if !<-on {
			t.Error("canceller: ran elsewhere, want it on the loop")
		}
		<-d.Done()
		wantError(t, d, deferred.ErrCancelled)
	})
}
