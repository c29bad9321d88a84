package deferred_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
)

// errorOf gives the result of d, which is to be an error.
func errorOf[T any](d *deferred.Deferred[T]) error {
	_, err, _ := d.Result()
	return err
}

// cancelled cancels d and gives its error.
func cancelled[T any](d *deferred.Deferred[T]) error {
	d.Cancel()
	return errorOf(d)
}

func TestErrorsMatch(t *testing.T) {
	cause := errors.New("the cause")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	late, stop := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer stop()
	byCancel := []error{deferred.ErrCancelled, context.Canceled}
	byContext := append(slices.Clone(byCancel), cause)
	byDeadline := []error{deferred.ErrCancelled, context.DeadlineExceeded}
	yieldError := func(f func(*deferred.Yield) (int, error)) func() error {
		return func() error { return errorOf(deferred.Inline(f)) }
	}
	for _, c := range []struct {
		name string
		err  func() error
		is   []error
	}{
		{"ErrCancelled", func() error { return deferred.ErrCancelled }, byCancel},
		{"Cancel", func() error { return cancelled(deferred.New[int]()) }, byCancel},
		{"Cancel of a Then", func() error { return cancelled(deferred.Then(deferred.New[int](), increment)) }, byCancel},
		{"Cancel of a Gather", func() error { return cancelled(deferred.Gather(deferred.New[int]())) }, byCancel},
		{"Cancel of a Race", func() error { return cancelled(deferred.Race(deferred.New[int](), deferred.New[int]())) }, byCancel},
		{"Cancel of an All", func() error {
			all := deferred.All(deferred.New[int]())
			all.Cancel()
			v, _, _ := all.Result()
			return v[0].Err
		}, byCancel},
		{"Cancel of an Inline", func() error {
			return cancelled(deferred.Inline(func(y *deferred.Yield) (int, error) { return deferred.Wait(y, deferred.New[int]()) }))
		}, byCancel},
		{"Cancel of a Parallel", func() error {
			return cancelled(deferred.Parallel(1, slices.Values([]int{1}),
				func(int) *deferred.Deferred[int] { return deferred.New[int]() }, func(int, int, error) {}))
		}, byCancel},
		{"Cancel in the line of a Lock", func() error {
			var l deferred.Lock
			l.Acquire()
			return cancelled(l.Acquire())
		}, byCancel},
		{"Cancel of a Get", func() error { return cancelled(new(deferred.Queue[int]).Get()) }, byCancel},
		{"Await", func() error { _, err := deferred.New[int]().Await(ctx); return err }, byContext},
		{"Await until a deadline", func() error { _, err := deferred.New[int]().Await(late); return err }, byDeadline},
		{"CancelOn", func() error { return errorOf(deferred.New[int]().CancelOn(ctx)) }, byContext},
		{"CancelOn with a deadline", func() error { return errorOf(deferred.New[int]().CancelOn(late)) }, byDeadline},
		{"AsCompleted", func() (last error) {
			for _, last = range deferred.AsCompleted(ctx, deferred.New[int]()) {
			}
			return last
		}, byContext},
		{"AddTimeout", func() error {
			var c clock
			d := deferred.New[int]().AddTimeout(&c, 1)
			c.advance(1)
			return errorOf(d)
		}, []error{context.DeadlineExceeded}},
		{"a Gather of a failure", func() error { return errorOf(deferred.Gather(deferred.Fail[int](io.EOF))) }, []error{io.EOF}},
		{"a Race of failures", func() error {
			return errorOf(deferred.Race(deferred.Fail[int](io.EOF), deferred.Fail[int](errA)))
		}, []error{io.EOF, errA}},
		{"a Race of cancelled Gathers", func() error {
			return cancelled(deferred.Race(deferred.Gather(deferred.New[int]()), deferred.Fail[[]int](errA)))
		}, append(slices.Clone(byCancel), errA)},
		{"a panic", func() error {
			return errorOf(deferred.Succeed(1).AddCallback(func(int) (int, error) { panic(io.EOF) }))
		}, []error{io.EOF}},
		{"a panic in Inline", yieldError(func(*deferred.Yield) (int, error) { panic(io.EOF) }), []error{io.EOF}},
		{"a Wait for a failure", yieldError(func(y *deferred.Yield) (int, error) {
			return deferred.Wait(y, deferred.Fail[int](io.EOF))
		}), []error{io.EOF}},
		{"Put into a full Queue", func() error { return deferred.NewQueue[int](-1, 0).Put(1) }, []error{deferred.ErrQueueOverflow}},
		{"Get with too many waiting", func() error {
			return errorOf(deferred.NewQueue[int](0, -1).Get())
		}, []error{deferred.ErrQueueUnderflow}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.err()
			targets := append(slices.Clone(byContext), io.EOF, errA, context.DeadlineExceeded, deferred.ErrQueueOverflow,
				deferred.ErrQueueUnderflow, deferred.ErrAwaitOnLoop)
			for _, target := range targets {
				if got, want := errors.Is(err, target), slices.Contains(c.is, target); got != want && !impliedBy(target, c.is) {
					t.Errorf("errors.Is(%v, %v): got %v, want %v", err, target, got, want)
				}
			}
		})
	}
}

// impliedBy tells of context.Canceled, which every ErrCancelled matches, whether it need not be named.
func impliedBy(target error, is []error) bool {
	return target == context.Canceled && slices.Contains(is, deferred.ErrCancelled)
}
