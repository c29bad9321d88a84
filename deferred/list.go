package deferred

import (
	"slices"
	"sync"
)

// Result is the outcome of one member of All.
type Result[T any] struct {
	Value T
	Err   error // nil when the member has a value
}

// members counts down the Deferreds of an All or a Gather.
type members struct {
	mu   sync.Mutex
	left int
}

// done tells whether the member that calls it was the last one.
func (m *members) done() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left--
	return m.left == 0
}

// All waits for every Deferred in ds and gives their results in the order of the arguments. It does not fail.
//
// Each result is taken where the chain of the member stands now; steps added to a member later see its value, or the empty
// value instead of its error, which counts as handled. Without members the result is there at once. Cancel cancels every
// member. A nil member is a panic. Source: Twisted's DeferredList with consumeErrors.
func All[T any](ds ...*Deferred[T]) *Deferred[[]Result[T]] {
	ds = checkMembers(ds)
	results := make([]Result[T], len(ds))
	if len(ds) == 0 {
		return Succeed(results)
	}
	out := New(func(*Deferred[[]Result[T]]) { cancelEach(ds) })
	open := &members{left: len(ds)}
	for i, d := range ds {
		d.AddBoth(func(v T, err error) (T, error) {
			results[i] = Result[T]{v, err}
			if open.done() {
				out.TryCallback(results)
			}
			return v, nil
		})
	}
	return out
}

// Gather waits for the value of every Deferred in ds and gives them in the order of the arguments.
//
// Fails with: *FirstError as soon as a member fails; the others go on, and their errors count as handled.
// Members, no members, Cancel and nil are as in All. Source: Twisted's gatherResults with consumeErrors.
func Gather[T any](ds ...*Deferred[T]) *Deferred[[]T] {
	ds = checkMembers(ds)
	values := make([]T, len(ds))
	if len(ds) == 0 {
		return Succeed(values)
	}
	out := New(func(*Deferred[[]T]) { cancelEach(ds) })
	open := &members{left: len(ds)}
	for i, d := range ds {
		d.AddBoth(func(v T, err error) (T, error) {
			if err != nil {
				out.TryErrback(&FirstError{Index: i, Err: err})
				return v, nil
			}
			values[i] = v
			if open.done() {
				out.TryCallback(values)
			}
			return v, nil
		})
	}
	return out
}

// checkMembers copies ds, which belongs to the caller, and panics on a nil member.
func checkMembers[T any](ds []*Deferred[T]) []*Deferred[T] {
	if slices.Contains(ds, nil) {
		panic("deferred: a member of All or Gather is nil")
	}
	return slices.Clone(ds)
}

func cancelEach[T any](ds []*Deferred[T]) {
	for _, d := range ds {
		d.Cancel()
	}
}
