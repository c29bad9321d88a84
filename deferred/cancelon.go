package deferred

import (
	"context"
	"errors"
	"sync/atomic"
)

// CancelOn cancels d when ctx ends before the steps added so far have a result. It gives back d.
//
// The ErrCancelled of that Cancel becomes, for the steps added later, an error that matches ErrCancelled, ctx.Err() and
// context.Cause(ctx); a result that the canceller or an earlier errback gives instead is kept. A ctx that has ended cancels at
// once. Nothing of d stays registered with ctx after the result. A nil ctx is a panic.
// Goroutine: the Cancel comes from a goroutine of package context; bind d to its loop (BindTo) to have it there.
func (d *Deferred[T]) CancelOn(ctx context.Context) *Deferred[T] {
	if ctx == nil {
		panic("deferred: CancelOn with a nil Context")
	}
	l := &leash[T]{ctx: ctx}
	cancel := func() {
		if l.state.CompareAndSwap(ticking, timedOut) {
			d.Cancel()
		}
	}
	if ctx.Err() != nil {
		l.stop = func() bool { return true }
		d.add(l)
		cancel()
		return d
	}
	l.stop = context.AfterFunc(ctx, cancel)
	return d.add(l)
}

// leash is the step of CancelOn. Its states are those of a deadline.
type leash[T any] struct {
	ctx   context.Context
	stop  func() bool
	state atomic.Int32
}

func (l *leash[T]) apply(d *Deferred[T]) (turner, bool) { return d.invoke(l) }

func (l *leash[T]) call(v T, err error) (T, error) {
	if l.state.CompareAndSwap(ticking, passed) {
		l.stop()
	} else if errors.Is(err, ErrCancelled) {
		err = ended(l.ctx)
	}
	return v, err
}

func (l *leash[T]) entry() uintptr { return 0 }
