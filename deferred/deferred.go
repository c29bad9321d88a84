package deferred

import (
	"fmt"
	"sync"
)

// phase tells how far a Deferred is on its way to its first result.
type phase uint8

const (
	unfired    phase = iota // no result yet
	cancelling              // no result yet, its canceller is running
	fired                   // Callback, Errback or Cancel gave the first result
)

// notes are what is known of the present error.
type notes uint8

const (
	handled    notes = 1 << iota // it was shown to Await or Result
	passedOver                   // no callback answered it, and origin is the last one it passed over
)

// Deferred is a result of type T that may not be there yet, and the chain of steps that wait for it.
//
// The zero value is an unfired Deferred without a canceller. Do not copy a Deferred after first use.
// Goroutine: any. Source: twisted.internet.defer.Deferred.
type Deferred[T any] struct {
	mu       sync.Mutex // guards everything below; never held while a step, a canceller or a handler runs
	pauses   int32      // calls of Pause not yet undone
	phase    phase
	running  bool // a step is running; its goroutine runs the steps added meanwhile
	suppress bool // cancelled without a canceller: one late result is swallowed
	notes    notes

	val    T
	err    error
	origin uintptr // entry of the callback that err comes from or, by the note passedOver, that it passed over; 0 when there is none

	steps     queue[T]
	canceller func(*Deferred[T])
	waiting   *Deferred[T] // the Deferred a step answered through Chain, until its result arrives
	extra     *extra       // what few Deferreds have
}

// extra holds the rare parts of a Deferred.
type extra struct {
	loop    Executor // see BindTo
	armed   *armed   // the entry in the ledger of unhandled errors
	sites   *sites   // see SetDebug
	lasting bool     // the canceller asks for an end that comes later: d does not fail when it returns
}

// New gives an unfired Deferred.
//
// The canceller, if one is given, is called by Cancel with the Deferred itself. It should stop the work and may fire the
// Deferred; if it does not, Cancel fires it with ErrCancelled. More than one canceller is a panic.
// Source: Deferred.__init__.
func New[T any](canceller ...func(*Deferred[T])) *Deferred[T] {
	if len(canceller) > 1 {
		panic("deferred: New takes one canceller")
	}
	d := &Deferred[T]{}
	if len(canceller) == 1 {
		d.canceller = canceller[0]
	}
	if debugging.Load() {
		d.noteCreation()
	}
	return d
}

// Succeed gives a Deferred that has the value v already. Source: twisted.internet.defer.succeed.
func Succeed[T any](v T) *Deferred[T] {
	d := &Deferred[T]{phase: fired, val: v}
	if debugging.Load() {
		d.noteCreation()
		d.noteFiring()
	}
	return d
}

// Fail gives a Deferred that has failed with err already. A nil err is a panic. Source: twisted.internet.defer.fail.
func Fail[T any](err error) *Deferred[T] {
	var zero T
	if err == nil {
		panic("deferred: Fail with a nil error")
	}
	d := New[T]()
	d.fire(zero, err)
	return d
}

// Execute calls f now and gives its result as a Deferred.
//
// A value gives a succeeded Deferred, an error or a panic a failed one; when f answers Chain(d), d itself is given back.
// A nil f is a panic. Source: twisted.internet.defer.execute and maybeDeferred.
func Execute[T any](f func() (T, error)) *Deferred[T] {
	if f == nil {
		panic("deferred: Execute with a nil function")
	}
	s := &start[T]{f: f}
	d := New[T]()
	d.steps.push(s)
	d.fire(d.val, nil)
	if s.same != nil {
		return s.same
	}
	return d
}

// AddCallback adds a step that runs on a value; an error passes over it. It gives back d. A nil f is a panic.
// Source: Deferred.addCallback.
func (d *Deferred[T]) AddCallback(f func(T) (T, error)) *Deferred[T] {
	if f == nil {
		panic("deferred: AddCallback with a nil function")
	}
	return d.add(onValue[T](f))
}

// AddErrback adds a step that runs on an error; a value passes over it. It gives back d. A nil f is a panic.
//
// When f answers a value the error is handled and the chain goes on with that value. Source: Deferred.addErrback.
func (d *Deferred[T]) AddErrback(f func(error) (T, error)) *Deferred[T] {
	if f == nil {
		panic("deferred: AddErrback with a nil function")
	}
	return d.add(onError[T](f))
}

// AddCallbacks adds one step with two sides: ok runs on a value, fail on an error. It gives back d.
//
// An error of ok does not go to the fail of the same pair, only to later steps. A nil side lets its result pass.
// Source: Deferred.addCallbacks.
func (d *Deferred[T]) AddCallbacks(ok func(T) (T, error), fail func(error) (T, error)) *Deferred[T] {
	return d.add(&pair[T]{ok, fail})
}

// AddBoth adds a step that runs on a value (err is nil) and on an error (the value is zero). It gives back d.
// A nil f is a panic. Source: Deferred.addBoth.
func (d *Deferred[T]) AddBoth(f func(v T, err error) (T, error)) *Deferred[T] {
	if f == nil {
		panic("deferred: AddBoth with a nil function")
	}
	return d.add(onBoth[T](f))
}

// Handle ends a chain: ok gets the value or fail gets the error, and nothing is passed on.
//
// A nil ok drops the value; a nil fail leaves the error unhandled, so it is reported. A panic in either becomes an
// unhandled *PanicError. Source: callbacks that return None.
func (d *Deferred[T]) Handle(ok func(T), fail func(error)) {
	d.add(&ending[T]{ok, fail})
}

// Callback fires d with the value v and runs its steps.
//
// It panics with *AlreadyCalledError when d was fired before. The first late result after the Cancel of a Deferred without
// a canceller is swallowed. Source: Deferred.callback.
func (d *Deferred[T]) Callback(v T) {
	if !d.fire(v, nil) {
		panic(d.alreadyCalled())
	}
}

// Errback fires d with the error err and runs its steps. A nil err is a panic.
//
// It panics with *AlreadyCalledError under the conditions of Callback. Source: Deferred.errback.
func (d *Deferred[T]) Errback(err error) {
	if !d.TryErrback(err) {
		panic(d.alreadyCalled())
	}
}

// TryCallback is Callback without its panic: false means that d was fired before and v was dropped.
func (d *Deferred[T]) TryCallback(v T) bool { return d.fire(v, nil) }

// TryErrback is Errback without the panic for a second result: false means that d was fired before and err was dropped.
// A nil err is a panic.
func (d *Deferred[T]) TryErrback(err error) bool {
	var zero T
	if err == nil {
		panic("deferred: Errback with a nil error")
	}
	return d.fire(zero, err)
}

// Pause holds the steps of d back until Unpause was called as often as Pause. A step that is running is not stopped.
// Source: Deferred.pause.
func (d *Deferred[T]) Pause() {
	d.mu.Lock()
	d.pauses++
	d.mu.Unlock()
}

// Unpause undoes one Pause; the last one runs the steps that wait. It panics when d is not paused.
// Source: Deferred.unpause.
func (d *Deferred[T]) Unpause() {
	d.mu.Lock()
	if d.pauses == 0 {
		d.mu.Unlock()
		panic("deferred: Unpause without Pause")
	}
	d.pauses--
	advance(d)
}

// String tells the state of d: no result, the current result, or the Deferred it waits for.
func (d *Deferred[T]) String() string {
	d.mu.Lock()
	state, running, waiting, v, err := d.phase, d.running, d.waiting, d.val, d.err
	d.mu.Unlock()
	name := fmt.Sprintf("%T at %p", d, d)[len("*deferred."):]
	switch {
	case state != fired:
		return "<" + name + " no result>"
	case waiting != nil:
		return fmt.Sprintf("<%s waiting on Deferred at %p>", name, waiting)
	case running:
		return "<" + name + " running a callback>"
	case err != nil:
		return fmt.Sprintf("<%s current result: error: %v>", name, err)
	}
	return fmt.Sprintf("<%s current result: %v>", name, v)
}

// add puts s at the end of the steps and runs what can run.
func (d *Deferred[T]) add(s step[T]) *Deferred[T] {
	d.mu.Lock()
	d.push(s)
	advance(d)
	return d
}

// fire gives d its first result. The answer is false when it has had one.
func (d *Deferred[T]) fire(v T, err error) bool {
	if err != nil {
		err = checkFired(err)
	}
	d.mu.Lock()
	if d.phase == fired {
		swallowed := d.suppress
		d.suppress = false
		d.mu.Unlock()
		return swallowed
	}
	d.begin(v, err)
	advance(d)
	return true
}

// begin gives d its first result, without running its steps. d is locked and was not fired.
func (d *Deferred[T]) begin(v T, err error) {
	d.phase, d.canceller = fired, nil
	d.val, d.err = v, err
	d.noteFiring()
}

// accept gives d, which is not locked, its first result. The answer is d, locked, for the caller to let it run, or nil when it
// was fired before; the result is dropped then.
func (d *Deferred[T]) accept(v T, err error) turner {
	d.mu.Lock()
	if d.phase == fired {
		d.mu.Unlock()
		return nil
	}
	d.begin(v, err)
	return d
}
