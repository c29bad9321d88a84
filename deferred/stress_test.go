package deferred_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tconn/tconn/deferred"
)

// together calls all fs in goroutines that start at the same moment, and waits for them.
func together(fs ...func()) {
	var ready, group sync.WaitGroup
	ready.Add(len(fs))
	for _, f := range fs {
		group.Go(func() {
			ready.Done()
			ready.Wait()
			f()
		})
	}
	group.Wait()
}

const rounds = 1000

func TestFireInnerAndOuterAtOnce(t *testing.T) {
	for range rounds {
		inner, outer, third := deferred.New[int](), deferred.New[int](), deferred.New[int]()
		var before, after atomic.Int32
		inner.AddCallback(func(v int) (int, error) { return deferred.Chain(third) })
		inner.AddCallback(func(v int) (int, error) { before.Add(1); return v + 1, nil })
		outer.AddCallback(func(int) (int, error) { return deferred.Chain(inner) })
		together(
			func() { outer.Callback(1) },
			func() { inner.Callback(2) },
			func() { third.Callback(3) },
			func() { outer.AddCallback(func(v int) (int, error) { after.Add(1); return v, nil }) },
			func() { third.Pause(); third.Unpause(); outer.Pause(); outer.Unpause() },
		)
		v, err := outer.Await(t.Context())
		if err != nil || before.Load() != 1 || after.Load() != 1 {
			t.Fatalf("got %d, %v after %d and %d calls, want a value after one each", v, err, before.Load(), after.Load())
		}
		if v != 4 {
			t.Fatalf("value: got %d, want 4", v)
		}
		wantValue(t, third, 0)
	}
}

func TestAddAndFireAtOnce(t *testing.T) {
	for range rounds {
		d := deferred.New[int]()
		step := func() { d.AddCallback(func(v int) (int, error) { return v + 1, nil }) }
		var fired atomic.Int32
		fire := func() {
			if d.TryCallback(0) {
				fired.Add(1)
			}
		}
		together(step, fire, step, fire, step)
		if fired.Load() != 1 {
			t.Fatalf("firings that were taken: got %d, want 1", fired.Load())
		}
		wantValue(t, d, 3)
	}
}

func TestAwaitAndCancelAtOnce(t *testing.T) {
	for range rounds {
		var calls atomic.Int32
		source := deferred.New(func(*deferred.Deferred[int]) { calls.Add(1) })
		outer := deferred.Then(source, func(v int) (string, error) { return fmt.Sprint(v), nil })
		ctx, cancel := context.WithCancel(t.Context())
		await := func() {
			v, err := outer.Await(ctx)
			if (err != nil || v != "5") && !errors.Is(err, deferred.ErrCancelled) {
				t.Errorf("Await: got %q, %v, want 5 or ErrCancelled", v, err)
			}
		}
		together(await, cancel, func() { source.TryCallback(5) }, await, outer.Cancel)
		if _, _, ok := outer.Result(); !ok || calls.Load() > 1 {
			t.Fatalf("got result %v and %d calls of the canceller, want a result and at most 1", ok, calls.Load())
		}
	}
}

func TestCancelAndChainAtOnce(t *testing.T) {
	for range rounds {
		inner, outer := deferred.New[int](), deferred.New[int]()
		outer.AddCallback(func(int) (int, error) { return deferred.Chain(inner) })
		together(
			func() { outer.TryCallback(1) },
			func() { inner.TryCallback(2) },
			outer.Cancel,
		)
		v, err, ok := outer.Result()
		if !ok || (v != 2 || err != nil) && err != deferred.ErrCancelled {
			t.Fatalf("got %d, %v, %v, want 2 or ErrCancelled", v, err, ok)
		}
	}
}

func TestGatherAtOnce(t *testing.T) {
	for range rounds {
		ds := []*deferred.Deferred[int]{deferred.New[int](), deferred.New[int](), deferred.New[int]()}
		gathered, failed := deferred.Gather(ds[:2]...), deferred.Gather(ds...)
		together(
			func() { ds[0].Callback(1) },
			func() { ds[1].Callback(2) },
			func() { ds[2].Errback(errA) },
		)
		v, err, ok := gathered.Result()
		if !ok || err != nil || v[0] != 1 || v[1] != 2 {
			t.Fatalf("got %v, %v, %v, want [1 2]", v, err, ok)
		}
		wantFirstError(t, failed, 2, errA)
	}
}

func TestFailAndHandleAtOnce(t *testing.T) {
	r, err := collect(t), errors.New("handled at last")
	for range rounds / 10 {
		d := deferred.New[int]()
		together(
			func() { d.Errback(err) },
			func() { deferred.ReportUnhandled() },
			func() { d.AddCallback(func(v int) (int, error) { return v, nil }) },
			func() { d.AddErrback(func(error) (int, error) { return 1, nil }) },
		)
		wantValue(t, d, 1)
	}
	settleGarbage()
	r.want(t, err, 0)
}
