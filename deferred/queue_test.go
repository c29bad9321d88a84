package deferred_test

import (
	"fmt"
	"testing"

	"github.com/tconn/tconn/deferred"
)

func TestQueue(t *testing.T) {
	wantPut := func(t *testing.T, q *deferred.Queue[int], v int, want error) {
		t.Helper()
		if err := q.Put(v); err != want {
			t.Errorf("Put(%d): got %v, want %v", v, err, want)
		}
	}
	wantSizes := func(t *testing.T, q *deferred.Queue[int], values, waiting int) {
		t.Helper()
		if q.Len() != values || q.Waiting() != waiting {
			t.Errorf("got %d values and %d waiting, want %d and %d", q.Len(), q.Waiting(), values, waiting)
		}
	}
	t.Run("L16 size 2, backlog 1", func(t *testing.T) {
		q := deferred.NewQueue[int](2, 1)
		wantPut(t, q, 1, nil)
		wantPut(t, q, 2, nil)
		wantPut(t, q, 3, deferred.ErrQueueOverflow)
		wantSizes(t, q, 2, 0)
		wantValue(t, q.Get(), 1)
		wantValue(t, q.Get(), 2)
		first := q.Get()
		wantPending(t, first)
		wantError(t, q.Get(), deferred.ErrQueueUnderflow)
		wantSizes(t, q, 0, 1)
		wantPut(t, q, 4, nil)
		wantValue(t, first, 4)
		wantSizes(t, q, 0, 0)
	})
	t.Run("L17 a Get that was cancelled gets nothing", func(t *testing.T) {
		var q deferred.Queue[int]
		first, second := q.Get(), q.Get()
		first.Cancel()
		wantError(t, first, deferred.ErrCancelled)
		wantSizes(t, &q, 0, 1)
		second.Cancel()
		wantPut(t, &q, 5, nil)
		wantSizes(t, &q, 1, 0)
		wantValue(t, q.Get(), 5)
	})
	t.Run("L17 Cancel after the value changes nothing", func(t *testing.T) {
		var q deferred.Queue[int]
		first := q.Get()
		wantPut(t, &q, 1, nil)
		first.Cancel()
		wantValue(t, first, 1)
	})
	t.Run("a Get that was fired by somebody else gets nothing", func(t *testing.T) {
		var q deferred.Queue[int]
		q.Get().Callback(9)
		wantPut(t, &q, 1, nil)
		wantValue(t, q.Get(), 1)
	})
	t.Run("both sides in order", func(t *testing.T) {
		var q deferred.Queue[int]
		var j journal
		for _, name := range []string{"a", "b"} {
			q.Get().AddCallback(j.ok(name, 0))
		}
		for v := range 4 {
			wantPut(t, &q, v, nil)
		}
		q.Get().AddCallback(j.ok("c", 0))
		q.Get().AddCallback(j.ok("d", 0))
		j.want(t, "a(0)", "b(1)", "c(2)", "d(3)")
	})
	t.Run("one that puts and gets waits behind the others", func(t *testing.T) {
		var q deferred.Queue[int]
		var j journal
		q.Get().AddCallback(func(v int) (int, error) {
			wantPut(t, &q, v+1, nil)
			q.Get().AddCallback(j.ok("again", 0))
			return v, nil
		})
		q.Get().AddCallback(j.ok("other", 0))
		wantPut(t, &q, 1, nil)
		j.want(t, "other(2)")
	})
	t.Run("no limits", func(t *testing.T) {
		q := deferred.NewQueue[int](0, 0)
		for v := range 1000 {
			wantPut(t, q, v, nil)
		}
		for range 2000 {
			q.Get()
		}
		wantSizes(t, q, 0, 1000)
	})
	t.Run("less than zero is none at all", func(t *testing.T) {
		q := deferred.NewQueue[int](-1, 0)
		wantPut(t, q, 1, deferred.ErrQueueOverflow)
		d := q.Get()
		wantPut(t, q, 2, nil)
		wantValue(t, d, 2)
		wantError(t, deferred.NewQueue[int](0, -1).Get(), deferred.ErrQueueUnderflow)
	})
	t.Run("a value put by a step is not lost to the limit", func(t *testing.T) {
		q := deferred.NewQueue[int](-1, 0)
		second := deferred.New[int]()
		q.Get().AddCallback(func(v int) (int, error) {
			wantPut(t, q, v+1, nil) // the second waits for it
			wantPut(t, q, v+2, deferred.ErrQueueOverflow)
			return v, nil
		})
		q.Get().ChainTo(second)
		wantPut(t, q, 1, nil)
		wantValue(t, second, 2)
	})
	const n = many / 10
	t.Run(fmt.Sprintf("C13 depth of %d waiters that put at once", n), func(t *testing.T) {
		var q deferred.Queue[int]
		var depths [2]int
		for i := range n {
			q.Get().AddCallback(func(v int) (int, error) {
				if i == 0 || i == n-1 {
					depths[min(i, 1)] = stackDepth()
				}
				return v, q.Put(v + 1)
			})
		}
		wantPut(t, &q, 0, nil)
		if wantValue(t, q.Get(), n); depths[0] != depths[1] {
			t.Errorf("stack at the last: got %d frames, want %d as at the first", depths[1], depths[0])
		}
	})
}
