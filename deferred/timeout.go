package deferred

import (
	"errors"
	"sync/atomic"
	"time"
)

// Clock is what AddTimeout needs of a reactor or of a test's clock.
type Clock interface {
	// AfterFunc has f called once after d; stop prevents that and tells whether it was in time.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// The states of a deadline.
const (
	ticking  int32 = iota
	timedOut       // the clock was first: d has been cancelled
	passed         // the result was first
)

// deadline is the step of AddTimeout.
type deadline[T any] struct {
	after time.Duration
	stop  func() bool
	state atomic.Int32
}

// AddTimeout cancels d if the steps added so far have no result after the given time, measured by c. It gives back d.
//
// The ErrCancelled of that Cancel becomes a *TimeoutError for the steps added later; a result that the canceller or an
// earlier errback gives instead is kept. The time of steps added later is not covered. Zero and less mean what they mean to
// c, in general at once. A nil c is a panic. Goroutine: the Cancel happens where c calls. Source: Deferred.addTimeout.
func (d *Deferred[T]) AddTimeout(c Clock, after time.Duration) *Deferred[T] {
	if c == nil {
		panic("deferred: AddTimeout with a nil Clock")
	}
	t := &deadline[T]{after: after}
	t.stop = c.AfterFunc(after, func() {
		if t.state.CompareAndSwap(ticking, timedOut) {
			d.Cancel()
		}
	})
	return d.add(t)
}

func (t *deadline[T]) apply(d *Deferred[T]) (turner, bool) { return d.invoke(t) }

func (t *deadline[T]) call(v T, err error) (T, error) {
	if t.state.CompareAndSwap(ticking, passed) {
		t.stop()
	} else if errors.Is(err, ErrCancelled) {
		err = &TimeoutError{After: t.after}
	}
	return v, err
}

func (t *deadline[T]) entry() uintptr { return 0 }
