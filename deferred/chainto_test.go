package deferred_test

import (
	"errors"
	"testing"

	"github.com/tconn/tconn/deferred"
)

func TestChainTo(t *testing.T) {
	t.Run("C15 a value goes on", func(t *testing.T) {
		var j journal
		first, next := deferred.New[int](), deferred.New[int]()
		if got := first.ChainTo(next); got != first {
			t.Errorf("ChainTo: got %v, want the Deferred itself", got)
		}
		first.AddCallback(j.ok("first", 0))
		next.AddCallback(j.ok("next", 8))
		wantPending(t, next)
		first.Callback(7)
		j.want(t, "next(7)", "first(0)")
		wantValue(t, next, 8)
	})
	t.Run("C15 an error goes on, and is handled here", func(t *testing.T) {
		first, next := deferred.New[int](), deferred.New[int]()
		first.ChainTo(next)
		first.Errback(errA)
		wantValue(t, first, 0)
		wantError(t, next, errA)
	})
	t.Run("C15 next alone does not touch the first", func(t *testing.T) {
		first, next := deferred.New[int](), deferred.New[int]()
		first.ChainTo(next)
		next.Callback(1)
		wantPending(t, first)
		first.Callback(2)
		wantValue(t, next, 1)
		_, err, _ := first.Result()
		if already := (*deferred.AlreadyCalledError)(nil); !errors.As(err, &already) {
			t.Errorf("first: got %v, want *AlreadyCalledError", err)
		}
	})
	t.Run("C15 X02 a cancelled next swallows one result", func(t *testing.T) {
		first, next := deferred.New[int](), deferred.New[int]()
		first.ChainTo(next).ChainTo(next)
		next.Cancel()
		first.Callback(1)
		_, err, _ := first.Result()
		if already := (*deferred.AlreadyCalledError)(nil); !errors.As(err, &already) {
			t.Errorf("first: got %v, want *AlreadyCalledError of the second result", err)
		}
		wantError(t, next, deferred.ErrCancelled)
	})
	t.Run("nil and itself are refused", func(t *testing.T) {
		d := deferred.New[int]()
		for _, next := range []*deferred.Deferred[int]{nil, d} {
			if p := recovered(func() { d.ChainTo(next) }); p == nil {
				t.Errorf("ChainTo(%v): got no panic, want one", next)
			}
		}
	})
}
