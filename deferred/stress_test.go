package deferred_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

func TestRaceAtOnce(t *testing.T) {
	for range rounds {
		ds := []*deferred.Deferred[int]{deferred.New[int](), deferred.New[int](), deferred.New[int]()}
		race := deferred.Race(ds...)
		var results atomic.Int32
		race.AddBoth(func(v deferred.Indexed[int], err error) (deferred.Indexed[int], error) {
			results.Add(1)
			return v, err
		})
		together(
			func() { ds[0].TryCallback(10) },
			func() { ds[1].TryCallback(11) },
			func() { ds[2].TryErrback(errA) },
			race.Cancel,
			func() {
				race.AddCallback(func(v deferred.Indexed[int]) (deferred.Indexed[int], error) { return v, nil })
			},
		)
		v, err, ok := race.Result()
		group := (*deferred.GroupError)(nil)
		if !ok || results.Load() != 1 || err == nil && v.Value != 10+v.Index || err != nil && (!errors.As(err, &group) || slices.Contains(group.Errs, nil)) {
			t.Fatalf("got %v, %v, %v after %d calls, want one result", v, err, ok, results.Load())
		}
		for i, d := range ds {
			if _, _, ok := d.Result(); !ok {
				t.Fatalf("member %d: got no result, want one", i)
			}
		}
	}
}

func TestChainToAndOnErrAtOnce(t *testing.T) {
	for range rounds {
		d, next := deferred.New[int](), deferred.New[int]()
		var taken, fired atomic.Int32
		together(
			func() { d.ChainTo(next) },
			func() { d.Errback(&deferred.FirstError{Err: errA}) },
			func() {
				if next.TryCallback(1) {
					fired.Add(1)
				}
			},
			func() {
				deferred.OnErr(next, func(*deferred.FirstError) (int, error) { taken.Add(1); return 2, nil })
			},
		)
		if v, err, ok := next.Result(); !ok || err != nil || v != 1 && v != 2 || int32(v) != 1+taken.Load() || fired.Load() != 1-taken.Load() {
			t.Fatalf("got %d, %v, %v with %d errors taken, want 1 or 2", v, err, ok, taken.Load())
		}
		d.Result()
	}
}

func TestCancelOnAtOnce(t *testing.T) {
	for range rounds {
		ctx, cancel := context.WithCancel(t.Context())
		var calls atomic.Int32
		d := deferred.New(func(*deferred.Deferred[int]) { calls.Add(1) })
		together(func() { d.CancelOn(ctx) }, cancel, func() { d.TryCallback(1) }, d.Cancel)
		v, err := d.Await(t.Context())
		if calls.Load() > 1 || (v != 1 || err != nil) && !errors.Is(err, deferred.ErrCancelled) {
			t.Fatalf("got %d, %v and %d calls of the canceller, want 1 or ErrCancelled, and at most 1", v, err, calls.Load())
		}
	}
}

func TestInlineAtOnce(t *testing.T) {
	for range rounds {
		first, second := deferred.New[int](), deferred.New[int]()
		var returns, results atomic.Int32
		d := deferred.Inline(func(y *deferred.Yield) (int, error) {
			defer returns.Add(1)
			a, err := deferred.Wait(y, first)
			b, err2 := deferred.Wait(y, second)
			return a + b, errors.Join(err, err2)
		})
		d.AddBoth(func(v int, err error) (int, error) { results.Add(1); return v, err })
		together(
			func() { first.TryCallback(1) },
			func() { second.TryCallback(2) },
			d.Cancel,
			func() { first.AddCallback(increment).Pause(); first.Unpause() },
		)
		if v, err, ok := d.Result(); !ok || returns.Load() != 1 || results.Load() != 1 ||
			(v != 3 || err != nil) && !errors.Is(err, deferred.ErrCancelled) {
			t.Fatalf("got %d, %v, %v after %d ends and %d results, want 3 or ErrCancelled, once", v, err, ok, returns.Load(), results.Load())
		}
	}
}

func TestParallelAtOnce(t *testing.T) {
	const n = 6
	for _, p := range parallels {
		t.Run(p.name, func(t *testing.T) {
			for range rounds {
				var ds []*deferred.Deferred[int]
				for range n {
					ds = append(ds, deferred.New[int]())
				}
				var inside, results atomic.Int32
				var got []int
				d := p.run(3, slices.Values([]int{0, 1, 2, 3, 4, 5}), at(ds), func(in, _ int, _ error) {
					if inside.Add(1) != 1 {
						t.Error("two calls of each at the same time")
					}
					got = append(got, in)
					inside.Add(-1)
				})
				d.AddBoth(func(v int, err error) (int, error) { results.Add(1); return v, err })
				var fires []func()
				for i, d := range ds {
					fires = append(fires, func() { d.TryCallback(i) })
				}
				together(append(fires, d.Cancel)...)
				v, err, ok := d.Result()
				if !ok || results.Load() != 1 || err == nil && (v != n || len(got) != n) || err != nil && !errors.Is(err, deferred.ErrCancelled) {
					t.Fatalf("got %d, %v, %v after %d results and items %v, want %d or ErrCancelled, once", v, err, ok, results.Load(), got, n)
				}
				if p.name == "ParallelOrdered" && !slices.IsSorted(got) {
					t.Fatalf("items: got %v, want them in order", got)
				}
			}
		})
	}
}

func TestAsCompletedAtOnce(t *testing.T) {
	for range rounds {
		ctx, cancel := context.WithCancel(t.Context())
		ds := []*deferred.Deferred[int]{deferred.New[int](), deferred.New[int](), deferred.New[int]()}
		pairs, ends := 0, 0
		together(
			func() {
				for _, err := range deferred.AsCompleted(ctx, ds...) {
					if pairs++; err != nil {
						ends++
					}
				}
			},
			func() { ds[0].TryCallback(1) },
			func() { ds[1].TryCallback(1) },
			func() { ds[2].TryCallback(1) },
			cancel,
		)
		if pairs > 3 || ends > 1 || ends == 0 && pairs != 3 {
			t.Fatalf("got %d pairs, %d of them errors, want 3, or fewer with one error", pairs, ends)
		}
	}
}

func TestLockAtOnce(t *testing.T) {
	s := deferred.NewSemaphore(2)
	var holders atomic.Int32
	use := func() {
		d := s.Acquire()
		d.Handle(func(s *deferred.Semaphore) {
			if n := holders.Add(1); n > 2 {
				t.Errorf("holders: got %d, want at most 2", n)
			}
			holders.Add(-1)
			s.Release()
		}, func(error) {})
	}
	for range rounds {
		work := deferred.New[int]()
		with := deferred.With(s, func() *deferred.Deferred[int] { return work })
		with2 := deferred.With(s, func() *deferred.Deferred[int] { return work })
		third := s.Acquire()
		together(
			use, use,
			with.Cancel,
			with2.Cancel,
			third.Cancel,
			func() { work.TryCallback(1) },
		)
		if _, err, ok := third.Result(); !ok {
			t.Fatal("third: got no result, want one")
		} else if err == nil {
			s.Release()
		}
		if free := s.Free(); free != 2 {
			t.Fatalf("Free when all is over: got %d, want 2", free)
		}
	}
}

func TestQueueAtOnce(t *testing.T) {
	var q deferred.Queue[int]
	for range rounds {
		var got atomic.Int32
		gets := []*deferred.Deferred[int]{q.Get(), q.Get()}
		for _, d := range gets {
			d.Handle(func(v int) { got.Add(1) }, func(error) {})
		}
		late := func() { q.Get().Handle(func(int) { got.Add(1) }, func(error) {}) }
		together(
			func() { q.Put(1) },
			func() { q.Put(2) },
			gets[0].Cancel,
			late,
		)
		for q.Len() > 0 {
			late()
		}
		for q.Waiting() > 0 {
			q.Put(3)
			got.Add(-1)
		}
		if got.Load() != 2 {
			t.Fatalf("values that came: got %d, want 2", got.Load())
		}
	}
}
