package deferred

import "slices"

// collector gets the results of the members of an All, a Gather or a Race.
type collector[T any] interface {
	// took gets the result of member number i. A next that is not nil is locked and runs now. No lock is held.
	took(i int, v T, err error) (next turner)
}

// member is the step that gives a collector the result of the Deferred it is added to. An error is taken out of that; a value
// stays.
type member[T any] struct {
	index int
	of    collector[T]
}

func (m *member[T]) apply(d *Deferred[T]) (next turner, again bool) {
	v, err := d.val, d.err
	if err != nil {
		d.take()
	}
	again = !d.steps.empty()
	d.mu.Unlock()
	if next = m.of.took(m.index, v, err); next != nil {
		return next, again
	}
	d.mu.Lock()
	return nil, false
}

// join makes every Deferred of ds a member of c, in order.
func join[T any](ds []*Deferred[T], c collector[T]) {
	for i, d := range ds {
		d.add(&member[T]{i, c})
	}
}

// checkMembers copies ds, which belongs to the caller, and panics on a nil member.
func checkMembers[T any](ds []*Deferred[T]) []*Deferred[T] {
	if slices.Contains(ds, nil) {
		panic("deferred: a member of All, Gather, Race or AsCompleted is nil")
	}
	return slices.Clone(ds)
}

// collected is the first step of the result of an All, a Gather or a Race: a Cancel goes to the members. It changes nothing.
type collected[T, U any] struct {
	members []*Deferred[T]
}

func (c *collected[T, U]) apply(*Deferred[U]) (turner, bool) { return nil, false }

func (c *collected[T, U]) feeders(w *cancelWork) {
	for _, d := range slices.Backward(c.members) {
		*w = append(*w, d)
	}
}

// collect gives the Deferred for the result of members.
func collect[U, T any](members []*Deferred[T]) *Deferred[U] {
	out := New[U]()
	out.steps.push(&collected[T, U]{members})
	return out
}

func cancelEach[T any](ds []*Deferred[T]) {
	for _, d := range ds {
		d.Cancel()
	}
}
