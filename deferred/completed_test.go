package deferred_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/tconn/tconn/deferred"
)

func TestAsCompleted(t *testing.T) {
	pairs := func(ctx context.Context, ds ...*deferred.Deferred[int]) (got []string) {
		for v, err := range deferred.AsCompleted(ctx, ds...) {
			got = append(got, fmt.Sprint(v, " ", err))
		}
		return got
	}
	t.Run("in the order in which they come", func(t *testing.T) {
		var ds []*deferred.Deferred[int]
		for range 4 {
			ds = append(ds, deferred.New[int]())
		}
		ds[2].Callback(2)
		var got []string
		next := map[int]func(){1: func() { ds[3].Errback(errA) }, 2: func() { ds[0].Callback(0) }, 3: func() { go ds[1].Callback(1) }}
		for v, err := range deferred.AsCompleted(t.Context(), ds...) {
			got = append(got, fmt.Sprint(v, " ", err))
			if fire := next[len(got)]; fire != nil {
				fire()
			}
		}
		if want := []string{"2 <nil>", "0 error A", "0 <nil>", "1 <nil>"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("it only looks", func(t *testing.T) {
		ds := []*deferred.Deferred[int]{deferred.Succeed(1), deferred.Fail[int](errA)}
		want := []string{"1 <nil>", "0 error A"}
		if got := pairs(t.Context(), ds...); !slices.Equal(got, want) {
			t.Errorf("first range: got %q, want %q", got, want)
		}
		if got := pairs(t.Context(), ds...); !slices.Equal(got, want) {
			t.Errorf("second range: got %q, want %q", got, want)
		}
		wantValue(t, ds[0], 1)
		wantError(t, ds[1], errA)
	})
	t.Run("no members", func(t *testing.T) {
		if got := pairs(t.Context()); len(got) != 0 {
			t.Errorf("got %q, want nothing", got)
		}
	})
	t.Run("a context that ends cancels the rest", func(t *testing.T) {
		cause := errors.New("the cause")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		var j journal
		ds := append(noted(&j, 1), deferred.Succeed(1))
		ds = append(ds, noted(&j, 2)...)
		var last error
		n := 0
		for _, err := range deferred.AsCompleted(ctx, ds...) {
			n, last = n+1, err
		}
		if n != 2 || !errors.Is(last, deferred.ErrCancelled) || !errors.Is(last, context.Canceled) || !errors.Is(last, cause) {
			t.Errorf("got %d pairs, the last with %v, want 2 and an error matching ErrCancelled, context.Canceled and the cause", n, last)
		}
		j.want(t, "cancel 0", "cancel 0", "cancel 1")
	})
	t.Run("break cancels nothing", func(t *testing.T) {
		var j journal
		ds := append(noted(&j, 2), deferred.Succeed(1))
		for range deferred.AsCompleted(t.Context(), ds...) {
			break
		}
		j.want(t)
		wantPending(t, ds[0])
	})
	t.Run("on a loop only what is there", func(t *testing.T) {
		var j journal
		ds := append(noted(&j, 1), deferred.Succeed(1))
		var got []string
		newLoop(t).do(func() { got = pairs(t.Context(), ds...) })
		want := []string{"1 <nil>", "0 " + deferred.ErrAwaitOnLoop.Error()}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		j.want(t)
	})
	t.Run("nil is refused", func(t *testing.T) {
		if p := recovered(func() { deferred.AsCompleted(t.Context(), (*deferred.Deferred[int])(nil)) }); p == nil {
			t.Error("nil member: got no panic, want one")
		}
		if p := recovered(func() { deferred.AsCompleted(nil, deferred.Succeed(1)) }); p == nil {
			t.Error("nil context: got no panic, want one")
		}
	})
	for _, c := range []struct {
		name string
		look func(early, late *deferred.Deferred[int])
		want int
	}{
		{"U06 an error that comes while the loop runs is handled", func(early, late *deferred.Deferred[int]) {
			for range deferred.AsCompleted(t.Context(), early, late) {
				late.TryErrback(errOrigin)
			}
		}, 0},
		{"U01 an error that comes after the break is not", func(early, late *deferred.Deferred[int]) {
			for range deferred.AsCompleted(t.Context(), early, late) {
				break
			}
			late.Errback(errOrigin)
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := collect(t)
			buildAlone(func() { c.look(deferred.Succeed(1), deferred.New[int]()) })
			deferred.ReportUnhandled()
			r.want(t, errOrigin, c.want)
		})
	}
}
