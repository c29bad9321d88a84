package deferred

import "runtime/debug"

// Cancel asks for the end of the work behind d.
//
// An unfired d has its canceller called, once; if that does not fire d, d fails with ErrCancelled. A canceller that panics is
// reported through OnUnhandled, and d fails with ErrCancelled all the same. A fired d that waits for another Deferred (Chain)
// cancels that one. On any other fired d, and while the canceller runs, Cancel does nothing.
//
// After the Cancel of a Deferred without a canceller, or with one that panicked, one late Callback or Errback is swallowed.
// A Deferred of Race, Inline or Parallel gets its result when the work has ended, which may be after Cancel has returned.
// When Deferreds wait for each other in a circle, no canceller can help: d waits no more and goes on with ErrCancelled.
// Goroutine: any; a bound Deferred (BindTo) is cancelled on its loop, possibly after Cancel has returned.
// Source: Deferred.cancel.
func (d *Deferred[T]) Cancel() {
	w := cancelWork{d}
	for len(w) > 0 {
		last := len(w) - 1
		next := w[last]
		w = w[:last]
		next.cancelIn(&w)
	}
}

// cancelWork is what a Cancel still has to do, the last first. A chain of any length of Deferreds that get their results from each
// other, as those of Then do, needs no stack.
type cancelWork []cancelTask

// cancelTask is a Deferred of any type that is to be cancelled, or the end of such a Cancel.
type cancelTask interface{ cancelIn(w *cancelWork) }

// feeder is the first step of a Deferred that others bring the result to: a Cancel goes to them.
type feeder interface {
	// feeders adds the Deferreds to w, the first one last. The Deferred that the step belongs to is locked.
	feeders(w *cancelWork)
}

// cancelIn cancels d, or the Deferred that it waits for.
func (d *Deferred[T]) cancelIn(w *cancelWork) {
	// Brent's method: mark stays behind and moves up at powers of two, so a circle meets it again.
	start, mark, lap, steps := d, (*Deferred[T])(nil), 1, 0
	for d != nil && !d.cancelOnLoop() {
		if d == mark {
			start.leaveCircle()
			return
		}
		if steps++; mark == nil || steps == lap {
			mark, lap, steps = d, lap*2, 0
		}
		d = d.cancelOne(w)
	}
}

// cancelOne cancels d itself, or gives the Deferred that d waits for.
func (d *Deferred[T]) cancelOne(w *cancelWork) (next *Deferred[T]) {
	d.mu.Lock()
	switch {
	case d.phase == fired:
		next = d.waiting
		d.mu.Unlock()
	case d.phase == cancelling:
		d.mu.Unlock()
	case d.canceller == nil:
		if f, ok := d.steps.first[0].(feeder); ok {
			d.phase = cancelling
			*w = append(*w, (*cancelEnd[T])(d))
			f.feeders(w)
			d.mu.Unlock()
			return nil
		}
		d.suppress = true
		d.failCancelled()
	default:
		c := d.canceller
		d.phase, d.canceller = cancelling, nil
		d.mu.Unlock()
		d.runCanceller(c)
	}
	return next
}

// cancelEnd is what is left to do for a Deferred when those that feed it have been cancelled.
type cancelEnd[T any] Deferred[T]

func (e *cancelEnd[T]) cancelIn(*cancelWork) {
	d := (*Deferred[T])(e)
	d.mu.Lock()
	switch {
	case d.phase == fired:
		d.mu.Unlock()
	case d.isLasting():
		d.phase = unfired
		d.mu.Unlock()
	default:
		d.failCancelled()
	}
}

// isLasting tells whether d gets its result some time after a Cancel. d is locked.
func (d *Deferred[T]) isLasting() bool { return d.extra != nil && d.extra.lasting }

// runCanceller calls c and sees to it that d has a result afterwards, whatever way c ends.
func (d *Deferred[T]) runCanceller(c func(*Deferred[T])) {
	defer func() {
		p := recover()
		if p != nil {
			report(&Unhandled{Err: &PanicError{Value: p, Stack: debug.Stack()}, Origin: describe(entryOf(c))})
		}
		d.mu.Lock()
		if d.phase == fired {
			d.mu.Unlock()
			return
		}
		if p == nil && d.isLasting() {
			d.phase, d.canceller = unfired, c
			d.mu.Unlock()
			return
		}
		d.suppress = p != nil
		d.failCancelled()
	}()
	c(d)
}

// failCancelled fires d with ErrCancelled. d is locked and unfired; it is left unlocked.
func (d *Deferred[T]) failCancelled() {
	var zero T
	d.begin(zero, ErrCancelled)
	advance(d)
}

// leaveCircle ends the wait of d, which waits for a circle of Deferreds that wait for each other, or is one of them.
func (d *Deferred[T]) leaveCircle() {
	d.mu.Lock()
	if d.waiting == nil {
		d.mu.Unlock()
		return
	}
	d.waiting, d.err = nil, ErrCancelled
	advance(d)
}
