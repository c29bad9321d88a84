package deferred

import "sync"

// Indexed is the result of Race: a value and the place of the member that had it.
type Indexed[T any] struct {
	Index int // position of the member in the arguments of Race, from 0
	Value T
}

// Race gives the first value that a Deferred in ds has, and cancels the others before it is given.
//
// The others count as handled, whatever their results are. A member that fails is out; the race goes on without it. Steps
// added to a member later see its value, or the empty value instead of its error. Cancel cancels every member, and the
// result is there when all have ended; a value that one of them brings wins the race even then. A nil member is a panic.
// Fails with: *GroupError when all members have failed, and at once when there are no members: Twisted's race would never fire.
// Source: twisted.internet.defer.race.
func Race[T any](ds ...*Deferred[T]) *Deferred[Indexed[T]] {
	ds = checkMembers(ds)
	if len(ds) == 0 {
		return Fail[Indexed[T]](&GroupError{})
	}
	r := &race[T]{members: ds, errs: make([]error, len(ds)), left: len(ds)}
	r.out = collect[Indexed[T]](ds)
	r.out.rare().lasting = true // a value that comes at the moment of a Cancel is not lost
	join(ds, r)
	return r.out
}

// race is the collector of Race.
type race[T any] struct {
	mu      sync.Mutex // guards what follows
	members []*Deferred[T]
	errs    []error
	left    int  // members without a result
	won     bool // winner is set
	winner  Indexed[T]
	out     *Deferred[Indexed[T]]
}

func (r *race[T]) took(i int, v T, err error) turner {
	r.mu.Lock()
	r.left--
	switch {
	case r.won:
	case err == nil:
		r.won, r.winner = true, Indexed[T]{i, v}
		return r
	default:
		if r.errs[i] = err; r.left == 0 {
			r.mu.Unlock()
			return r.out.accept(Indexed[T]{}, &GroupError{Errs: r.errs})
		}
	}
	r.mu.Unlock()
	return nil
}

func (r *race[T]) lock() { r.mu.Lock() }

// turn ends the race that has just been won.
func (r *race[T]) turn() (next turner, again bool) {
	r.mu.Unlock()
	for i, d := range r.members {
		if i != r.winner.Index {
			d.Cancel()
		}
	}
	return r.out.accept(r.winner, nil), false
}
