package deferred

import "reflect"

// step is one element of the chain of a Deferred[T].
//
// apply is called with d locked and the present result in d. When next is nil, d is locked again on return and its loop
// goes on. Otherwise d is unlocked, next is locked and runs now; again says that d has steps left to run after it.
type step[T any] interface {
	apply(d *Deferred[T]) (next turner, again bool)
}

// callback is a step that calls a function of the user, outside the lock.
type callback[T any] interface {
	call(v T, err error) (T, error)
	entry() uintptr // program counter of the function, 0 for the library's own
}

// queue is the FIFO of steps. The first two need no memory of their own.
type queue[T any] struct {
	first [2]step[T]
	more  []step[T]
}

func (q *queue[T]) push(s step[T]) {
	switch {
	case len(q.more) > 0 || q.first[1] != nil:
		q.more = append(q.more, s)
	case q.first[0] != nil:
		q.first[1] = s
	default:
		q.first[0] = s
	}
}

// pop takes out the oldest step; nil means there is none.
func (q *queue[T]) pop() step[T] {
	s := q.first[0]
	if s != nil {
		q.first[0], q.first[1] = q.first[1], nil
		return s
	}
	if len(q.more) == 0 {
		return nil
	}
	s = q.more[0]
	q.more[0] = nil
	q.more = q.more[1:]
	if len(q.more) == 0 {
		q.more = nil
	}
	return s
}

func (q *queue[T]) empty() bool { return q.first[0] == nil && len(q.more) == 0 }

// last is the youngest step, nil when there is none.
func (q *queue[T]) last() step[T] {
	switch {
	case len(q.more) > 0:
		return q.more[len(q.more)-1]
	case q.first[1] != nil:
		return q.first[1]
	}
	return q.first[0]
}

// The function types below are stored in a step without an allocation: a func value is one pointer.

type onValue[T any] func(T) (T, error)

func (f onValue[T]) apply(d *Deferred[T]) (turner, bool) {
	if d.err != nil {
		return d.passOver(f)
	}
	return d.invoke(f)
}
func (f onValue[T]) call(v T, _ error) (T, error) { return f(v) }
func (f onValue[T]) entry() uintptr               { return entryOf(f) }

type onError[T any] func(error) (T, error)

func (f onError[T]) apply(d *Deferred[T]) (turner, bool) {
	if d.err == nil {
		return nil, false
	}
	return d.invoke(f)
}
func (f onError[T]) call(_ T, err error) (T, error) { return f(err) }
func (f onError[T]) entry() uintptr                 { return entryOf(f) }

type onBoth[T any] func(T, error) (T, error)

func (f onBoth[T]) apply(d *Deferred[T]) (turner, bool) { return d.invoke(f) }
func (f onBoth[T]) call(v T, err error) (T, error)      { return f(v, err) }
func (f onBoth[T]) entry() uintptr                      { return entryOf(f) }

// start is the step of Execute.
type start[T any] struct {
	f    func() (T, error)
	same *Deferred[T] // what f answered through Chain
}

func (s *start[T]) apply(d *Deferred[T]) (turner, bool) { return d.invoke(s) }
func (s *start[T]) entry() uintptr                      { return entryOf(s.f) }

func (s *start[T]) call(T, error) (T, error) {
	v, err := s.f()
	if c, ok := err.(*chained[T]); ok && c != nil {
		s.same = (*Deferred[T])(c)
		return v, nil
	}
	return v, err
}

// pair is the step of AddCallbacks.
type pair[T any] struct {
	ok   func(T) (T, error)
	fail func(error) (T, error)
}

func (p *pair[T]) apply(d *Deferred[T]) (turner, bool) {
	if d.err == nil && p.ok != nil {
		return d.invoke(onValue[T](p.ok))
	}
	if d.err != nil && p.fail != nil {
		return d.invoke(onError[T](p.fail))
	}
	if d.err != nil && p.ok != nil {
		return d.passOver(p.ok)
	}
	return nil, false
}

// ending is the step of Handle.
type ending[T any] struct {
	ok   func(T)
	fail func(error)
}

func (e *ending[T]) apply(d *Deferred[T]) (turner, bool) {
	switch {
	case d.err == nil && e.ok != nil:
		return d.invoke(endValue[T](e.ok))
	case d.err != nil && e.fail != nil:
		return d.invoke(endError[T](e.fail))
	case d.err != nil && e.ok != nil:
		return d.passOver(e.ok)
	case d.err == nil:
		d.take()
	}
	return nil, false
}

type endValue[T any] func(T)

func (f endValue[T]) call(v T, _ error) (zero T, _ error) { f(v); return zero, nil }
func (f endValue[T]) entry() uintptr                      { return entryOf(f) }

type endError[T any] func(error)

func (f endError[T]) call(_ T, err error) (zero T, _ error) { f(err); return zero, nil }
func (f endError[T]) entry() uintptr                        { return entryOf(f) }

// entryOf gives the program counter of the func value f, 0 when it is nil.
func entryOf(f any) uintptr { return reflect.ValueOf(f).Pointer() }
