package deferred

import "errors"

// OnErr adds an errback for errors of type E only, as errors.As finds them; values and other errors pass. It gives back d.
//
// f gets the error of type E found in the chain of wrapped errors; what it answers is as for AddErrback. For a sentinel such
// as io.EOF use AddErrback and errors.Is. A nil d or f is a panic. Source: Failure.trap.
func OnErr[T any, E error](d *Deferred[T], f func(E) (T, error)) *Deferred[T] {
	if d == nil || f == nil {
		panic("deferred: OnErr with a nil Deferred or function")
	}
	return d.add(&trap[T, E]{f: f})
}

// trap is the step of OnErr.
type trap[T any, E error] struct {
	f   func(E) (T, error)
	hit bool // the error was one for f
}

func (t *trap[T, E]) apply(d *Deferred[T]) (turner, bool) {
	if d.err == nil {
		return nil, false
	}
	return d.invoke(t)
}

func (t *trap[T, E]) call(v T, err error) (T, error) {
	var target E
	if t.hit = errors.As(err, &target); t.hit {
		return t.f(target)
	}
	return v, err
}

// entry is 0 for an error that passed: it comes from where it came from before.
func (t *trap[T, E]) entry() uintptr {
	if !t.hit {
		return 0
	}
	return entryOf(t.f)
}
