package deferred

// ChainTo adds a step that fires next with the result of d, value or error. It gives back d, which is left with the empty value.
//
// next does not belong to d: to fire or cancel it leaves d as it is. When next has been fired by somebody else before, the
// result of d is dropped and d is left with *AlreadyCalledError; a next that was cancelled without a canceller swallows one
// result, as for Callback. A nil next and d itself are a panic. Source: Deferred.chainDeferred.
func (d *Deferred[T]) ChainTo(next *Deferred[T]) *Deferred[T] {
	if next == nil || next == d {
		panic("deferred: ChainTo with a nil Deferred or with itself")
	}
	return d.add((*successor[T])(next))
}

// successor is the step that hands the result of the Deferred it is added to on to the one of ChainTo.
type successor[T any] Deferred[T]

func (s *successor[T]) apply(d *Deferred[T]) (next turner, again bool) {
	v, err, from := d.take()
	again = !d.steps.empty()
	d.mu.Unlock()
	to := (*Deferred[T])(s)
	to.mu.Lock()
	if to.phase != fired {
		to.begin(v, err)
		to.follow(from)
		return to, again
	}
	swallowed := to.suppress
	to.suppress = false
	to.mu.Unlock()
	if !swallowed {
		err = to.alreadyCalled()
	}
	d.mu.Lock()
	if !swallowed {
		d.err = err
	}
	return nil, false
}
