package deferred_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
)

// hooked is a context that tells how many functions wait for its end.
type hooked struct {
	context.Context
	waiting map[int]func()
	added   int
	err     error
}

func newHooked() *hooked {
	return &hooked{Context: context.Background(), waiting: make(map[int]func())}
}

func (c *hooked) Done() <-chan struct{} { return make(chan struct{}) }
func (c *hooked) Err() error            { return c.err }

// AfterFunc is what context.AfterFunc calls of a context that has it.
func (c *hooked) AfterFunc(f func()) (stop func() bool) {
	c.added++
	id := c.added
	c.waiting[id] = f
	return func() bool {
		_, was := c.waiting[id]
		delete(c.waiting, id)
		return was
	}
}

func TestCancelOn(t *testing.T) {
	t.Run("the end of the context cancels", func(t *testing.T) {
		calls := make(chan struct{}, 2)
		d := deferred.New(func(*deferred.Deferred[int]) { calls <- struct{}{} })
		cause := errors.New("the cause")
		ctx, cancel := context.WithCancelCause(t.Context())
		if got := d.CancelOn(ctx); got != d {
			t.Errorf("CancelOn: got %v, want the Deferred itself", got)
		}
		wantPending(t, d)
		cancel(cause)
		<-calls
		<-d.Done()
		for _, want := range []error{deferred.ErrCancelled, context.Canceled, cause} {
			wantError(t, d, want)
		}
	})
	t.Run("a deadline", func(t *testing.T) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
		defer cancel()
		d := deferred.New[int]().CancelOn(ctx)
		wantError(t, d, deferred.ErrCancelled)
		wantError(t, d, context.DeadlineExceeded)
	})
	t.Run("a context that has ended cancels at once", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantError(t, deferred.New[int]().CancelOn(ctx), context.Canceled)
		wantValue(t, deferred.Succeed(1).CancelOn(ctx), 1)
	})
	t.Run("nothing stays registered after the result", func(t *testing.T) {
		ctx := newHooked()
		d := deferred.New[int]().CancelOn(ctx)
		if len(ctx.waiting) == 0 {
			t.Fatal("registered before the result: got nothing, want something")
		}
		d.Callback(1)
		if len(ctx.waiting) != 0 {
			t.Errorf("registered after the result: got %d, want 0", len(ctx.waiting))
		}
		wantValue(t, d, 1)
	})
	t.Run("a Cancel by somebody else stays what it is", func(t *testing.T) {
		ctx := newHooked()
		d := deferred.New[int]().CancelOn(ctx)
		d.Cancel()
		if _, err, _ := d.Result(); err != deferred.ErrCancelled || len(ctx.waiting) != 0 {
			t.Errorf("got %v with %d registered, want plain ErrCancelled with 0", err, len(ctx.waiting))
		}
	})
	t.Run("what the canceller gives is kept", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantValue(t, deferred.New(func(d *deferred.Deferred[int]) { d.Callback(4) }).CancelOn(ctx), 4)
		wantError(t, deferred.New(func(d *deferred.Deferred[int]) { d.Errback(errB) }).CancelOn(ctx), errB)
	})
	t.Run("steps added later are not covered", func(t *testing.T) {
		ctx := newHooked()
		slow := deferred.New[int]()
		d := deferred.Succeed(1).CancelOn(ctx).AddCallback(func(int) (int, error) { return deferred.Chain(slow) })
		if wantPending(t, d); len(ctx.waiting) != 0 {
			t.Errorf("registered: got %d, want 0", len(ctx.waiting))
		}
		slow.Callback(2)
		wantValue(t, d, 2)
	})
	t.Run("on the loop of a bound Deferred", func(t *testing.T) {
		l, on := newLoop(t), make(chan bool, 1)
		ctx, cancel := context.WithCancel(t.Context())
		d := deferred.New(func(*deferred.Deferred[int]) { on <- deferred.OnLoop(l) }).BindTo(l).CancelOn(ctx)
		cancel()
		if !<-on {
			t.Error("canceller: ran elsewhere, want it on the loop")
		}
		<-d.Done()
		wantError(t, d, context.Canceled)
	})
	t.Run("a nil context is refused", func(t *testing.T) {
		if p := recovered(func() { deferred.New[int]().CancelOn(nil) }); p == nil {
			t.Error("got no panic, want one")
		}
	})
}
