package deferred

import (
	"context"
	"iter"
	"sync"
)

// AsCompleted gives the results of ds to a range loop of a goroutine, in the order in which they come; those that are there
// already come first, in the order of the arguments.
//
// It only looks, as Await does: each result is that after the steps added so far, and stays for later steps. An error counts as
// handled when it comes while the loop runs. When ctx ends first, the Deferreds without a result are cancelled, and the last
// pair of the loop has an error that matches ErrCancelled, ctx.Err() and context.Cause(ctx). A break cancels nothing. Each range
// over the sequence looks anew. A nil ctx or member is a panic.
// Goroutine: any but that of an event loop, where only results that are there already are given; the pair after those has
// ErrAwaitOnLoop and is the last. Source: Python's asyncio.as_completed.
func AsCompleted[T any](ctx context.Context, ds ...*Deferred[T]) iter.Seq2[T, error] {
	if ctx == nil {
		panic("deferred: AsCompleted with a nil Context")
	}
	ds = checkMembers(ds)
	return func(yield func(T, error) bool) {
		a := &arrivals[T]{came: make([]bool, len(ds)), news: make(chan struct{}, 1)}
		for i, d := range ds {
			d.add(&sighting[T]{a, i})
		}
		for range ds {
			r, err := a.next(ctx, ds)
			if err != nil {
				r.Err = err
			}
			more := yield(r.Value, r.Err)
			switch {
			case err != nil:
				return
			case !more:
				a.leave()
				return
			}
		}
	}
}

// arrivals are the results that have come and were not given yet.
type arrivals[T any] struct {
	mu   sync.Mutex
	list []Result[T]
	came []bool // which members have had their result
	left bool   // nobody looks any more: an error is not handled
	news chan struct{}
}

// sighting is the step that adds the result at its place in the chain to arrivals. It changes nothing.
type sighting[T any] struct {
	to    *arrivals[T]
	index int
}

func (s *sighting[T]) apply(d *Deferred[T]) (turner, bool) {
	a := s.to
	a.mu.Lock()
	defer a.mu.Unlock()
	a.came[s.index] = true
	if a.left {
		return nil, false
	}
	if d.err != nil {
		d.notes |= handled
	}
	a.list = append(a.list, Result[T]{d.val, d.err})
	select {
	case a.news <- struct{}{}:
	default:
	}
	return nil, false
}

// next gives the oldest result, or an error when there is none and it must not or may no longer wait.
func (a *arrivals[T]) next(ctx context.Context, ds []*Deferred[T]) (Result[T], error) {
	for {
		if r, ok := a.pop(); ok {
			return r, nil
		}
		if OnAnyLoop() {
			a.leave()
			return Result[T]{}, ErrAwaitOnLoop
		}
		select {
		case <-a.news:
			continue
		case <-ctx.Done():
		}
		if r, ok := a.pop(); ok {
			return r, nil
		}
		a.cancel(ds)
		return Result[T]{}, ended(ctx)
	}
}

func (a *arrivals[T]) pop() (r Result[T], ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.list) == 0 {
		return r, false
	}
	r, a.list = a.list[0], a.list[1:]
	return r, true
}

func (a *arrivals[T]) leave() {
	a.mu.Lock()
	a.left = true
	a.mu.Unlock()
}

// cancel cancels the Deferreds without a result.
func (a *arrivals[T]) cancel(ds []*Deferred[T]) {
	for i, d := range ds {
		a.mu.Lock()
		came := a.came[i]
		a.mu.Unlock()
		if !came {
			d.Cancel()
		}
	}
}
