package deferred

import "sync/atomic"

// Result is the outcome of one member of All.
type Result[T any] struct {
	Value T
	Err   error // nil when the member has a value
}

// All waits for every Deferred in ds and gives their results in the order of the arguments. It does not fail.
//
// Each result is taken where the chain of the member stands now; steps added to a member later see its value, or the empty
// value instead of its error, which counts as handled. Without members the result is there at once. Cancel cancels every
// member. A nil member is a panic. Source: Twisted's DeferredList with consumeErrors.
func All[T any](ds ...*Deferred[T]) *Deferred[[]Result[T]] {
	ds = checkMembers(ds)
	a := &all[T]{results: make([]Result[T], len(ds))}
	if len(ds) == 0 {
		return Succeed(a.results)
	}
	a.left.Store(int64(len(ds)))
	a.out = collect[[]Result[T]](ds)
	join(ds, a)
	return a.out
}

// all is the collector of All.
type all[T any] struct {
	left    atomic.Int64 // members without a result
	results []Result[T]
	out     *Deferred[[]Result[T]]
}

func (a *all[T]) took(i int, v T, err error) turner {
	a.results[i] = Result[T]{v, err}
	if a.left.Add(-1) > 0 {
		return nil
	}
	return a.out.accept(a.results, nil)
}

// Gather waits for the value of every Deferred in ds and gives them in the order of the arguments.
//
// Fails with: *FirstError as soon as a member fails; the others go on, and their errors count as handled.
// Members, no members, Cancel and nil are as in All. Source: Twisted's gatherResults with consumeErrors.
func Gather[T any](ds ...*Deferred[T]) *Deferred[[]T] {
	ds = checkMembers(ds)
	g := &gather[T]{values: make([]T, len(ds))}
	if len(ds) == 0 {
		return Succeed(g.values)
	}
	g.left.Store(int64(len(ds)))
	g.out = collect[[]T](ds)
	join(ds, g)
	return g.out
}

// gather is the collector of Gather.
type gather[T any] struct {
	left   atomic.Int64 // members without a value
	values []T
	out    *Deferred[[]T]
}

func (g *gather[T]) took(i int, v T, err error) turner {
	if err != nil {
		return g.out.accept(nil, &FirstError{Index: i, Err: err})
	}
	g.values[i] = v
	if g.left.Add(-1) > 0 {
		return nil
	}
	return g.out.accept(g.values, nil)
}
