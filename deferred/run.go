package deferred

import "runtime/debug"

// turner is a Deferred of any type whose steps may run now.
type turner interface {
	lock()
	// turn runs steps until none can run. It is entered locked and leaves unlocked. A next that is not nil is locked and has
	// its turn now; again says that steps are left for when the turn of next is over.
	turn() (next turner, again bool)
}

// advance runs the steps of d, which is locked, and of the Deferreds that get their result from it. It leaves d unlocked.
//
// This loop is what keeps the stack flat: a result is handed on by return, not by call. At no time are two Deferreds locked.
func advance(d turner) {
	var later []turner
	for {
		next, again := d.turn()
		if again {
			later = append(later, d)
		}
		if next == nil {
			last := len(later) - 1
			if last < 0 {
				return
			}
			next = later[last]
			later[last] = nil
			later = later[:last]
			next.lock()
		}
		d = next
	}
}

func (d *Deferred[T]) lock() { d.mu.Lock() }

func (d *Deferred[T]) turn() (next turner, again bool) {
	for d.phase == fired && !d.running && d.waiting == nil && d.pauses == 0 {
		s := d.steps.pop()
		if s == nil {
			break
		}
		if next, again = s.apply(d); next != nil {
			return next, again
		}
	}
	if d.err != nil && d.notes&handled == 0 && d.settled() {
		d.arm()
	}
	d.mu.Unlock()
	return nil, false
}

// settled tells whether d has a result that no step is about to take. d is locked.
func (d *Deferred[T]) settled() bool {
	return d.phase == fired && !d.running && d.waiting == nil && d.steps.empty()
}

// push adds a step without running it. d is locked.
func (d *Deferred[T]) push(s step[T]) {
	d.disarm()
	d.steps.push(s)
}

// take moves the result out of d and leaves the empty value. d is locked.
func (d *Deferred[T]) take() (v T, err error, from trail) {
	var zero T
	v, err, from = d.val, d.err, trail{d.origin, d.notes & passedOver}
	d.val, d.err, d.origin, d.notes = zero, nil, 0, 0
	return v, err, from
}

// trail is where an error comes from, see Deferred.origin.
type trail struct {
	origin uintptr
	passed notes
}

// follow makes from the origin of the error that was moved to d. d is locked.
func (d *Deferred[T]) follow(from trail) { d.origin, d.notes = from.origin, from.passed }

// passOver notes that the error of d passed over the callback f, as the answer of a step's apply. d is locked.
func (d *Deferred[T]) passOver(f any) (turner, bool) {
	if d.origin == 0 || d.notes&passedOver != 0 {
		d.origin = entryOf(f)
		d.notes |= passedOver
	}
	return nil, false
}

// invoke calls a function of the user with the result of d and makes its answer the new result. As step.apply: d is locked,
// and next is what has to run before d can go on.
func (d *Deferred[T]) invoke(c callback[T]) (next turner, again bool) {
	v, err := d.val, d.err
	d.running = true
	d.mu.Unlock()
	v, err = d.protect(c, v, err)
	if inner, ok := err.(*chained[T]); ok && inner != nil && (*Deferred[T])(inner) != d {
		return d.waitFor((*Deferred[T])(inner)), false
	}
	if err != nil {
		err = checkAnswer[T](err)
	}
	d.mu.Lock()
	d.running = false
	d.set(c, v, err)
	return nil, false
}

// set makes the answer of c the result of d. d is locked.
func (d *Deferred[T]) set(c callback[T], v T, err error) {
	var zero T
	d.val, d.err = v, nil
	d.notes &^= handled
	if err == nil {
		d.origin, d.notes = 0, 0
		return
	}
	d.val, d.err = zero, err
	if pc := c.entry(); pc != 0 {
		d.origin, d.notes = pc, 0
	}
}

// protect calls c; a panic becomes a *PanicError. When c ends the goroutine, d fails with errGoexit on the way out.
func (d *Deferred[T]) protect(c callback[T], v T, err error) (nv T, nerr error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if p := recover(); p != nil {
			nerr = &PanicError{Value: p, Stack: debug.Stack()}
			return
		}
		d.mu.Lock()
		d.running = false
		d.set(c, nv, errGoexit)
		advance(d)
	}()
	nv, nerr = c.call(v, err)
	returned = true
	return nv, nerr
}
