package deferred

// chained carries "wait for this Deferred" in the error slot of a step's answer. The conversion from *Deferred[T] is free.
type chained[T any] Deferred[T]

// Error is seen only where the answer of Chain was not returned from a step as it is.
func (*chained[T]) Error() string {
	return "deferred: the answer of Chain is to be returned from a callback, unchanged; it is no error"
}

func (*chained[T]) chainMarker() {}

// marker is implemented by chained[T] of any T.
type marker interface{ chainMarker() }

// Chain lets a step answer with another Deferred, as in: return deferred.Chain(c.Logout()).
//
// The chain of the step waits until d has its result and goes on with that; d is left with the empty value and its error
// counts as handled. The two answers are only for the return of a step; wrapped, stored or given to a step of another type
// they make a *ChainError, as do a nil d and the Deferred the step belongs to.
// Source: Twisted's callbacks that return a Deferred.
func Chain[T any](d *Deferred[T]) (T, error) {
	var zero T
	return zero, (*chained[T])(d)
}

// waiter is the step that hands the result of the Deferred it is added to on to the one that waits.
type waiter[T any] Deferred[T]

// waitFor makes d, whose step has just answered inner, wait. It gives back inner, locked, which may have its result already.
func (d *Deferred[T]) waitFor(inner *Deferred[T]) turner {
	d.mu.Lock()
	d.take()
	d.waiting, d.running = inner, false
	d.mu.Unlock()
	inner.mu.Lock()
	inner.push((*waiter[T])(d))
	return inner
}

// apply moves the result of inner to the Deferred that waits. One that was cancelled out of a circle waits no more; what
// arrives for it then is dropped, as a result after Cancel is.
func (w *waiter[T]) apply(inner *Deferred[T]) (next turner, again bool) {
	v, err, from := inner.take()
	again = !inner.steps.empty()
	inner.mu.Unlock()
	outer := (*Deferred[T])(w)
	outer.mu.Lock()
	if outer.waiting == inner {
		outer.waiting = nil
		outer.val, outer.err = v, err
		outer.follow(from)
		return outer, again
	}
	outer.mu.Unlock()
	inner.mu.Lock()
	return nil, false
}

// checkAnswer gives the error of a step, or a *ChainError for a marker that cannot be followed.
func checkAnswer[T any](err error) error {
	if c, ok := err.(*chained[T]); ok {
		if c == nil {
			return &ChainError{"the Deferred is nil"}
		}
		return &ChainError{"a callback answered its own Deferred"}
	}
	if _, ok := err.(marker); ok {
		return &ChainError{"the Deferred has another type than the answer of the callback"}
	}
	if hidesMarker(err) {
		return &ChainError{"its answer was wrapped in another error instead of returned"}
	}
	return err
}

// checkFired gives err, or a *ChainError when it is a marker: a Deferred is not fired with another one.
func checkFired(err error) error {
	if hidesMarker(err) {
		return &ChainError{"its answer was given to Errback instead of returned from a callback"}
	}
	return err
}

// hidesMarker looks for a marker in err and in all it wraps.
func hidesMarker(err error) bool {
	for err != nil {
		if _, ok := err.(marker); ok {
			return true
		}
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			for _, part := range e.Unwrap() {
				if hidesMarker(part) {
					return true
				}
			}
			return false
		default:
			return false
		}
	}
	return false
}
