package deferred

import (
	"runtime/debug"
	"sync"
)

// Inline calls f now, as straight-line code that waits for Deferreds with Wait, and gives what f answers.
//
// f runs until the first Deferred that has no result yet. Inline returns then, and f goes on in the goroutine that fires that
// Deferred, as a step of its chain would: never beside it, and on the reactor's goroutine when that is where it fires. There
// OnLoop holds inside f, too. f may answer a value, an error or Chain of a Deferred; a panic makes a *PanicError.
//
// Cancel of the Deferred given back cancels the one that f waits for, and Wait answers what comes of that, in general
// ErrCancelled. f may clean up, wait again or even go on: the result is there when f has returned. Cancel while f runs is kept for
// its next wait. A Deferred made on the goroutine of an event loop is bound to that loop (BindTo).
// Lifetime: an f that waits for a Deferred that is never fired is kept, with its stack of some kilobytes, until a Cancel.
// A nil f is a panic. Source: twisted.internet.defer.inlineCallbacks.
func Inline[T any](f func(y *Yield) (T, error)) *Deferred[T] {
	if f == nil {
		panic("deferred: Inline with a nil function")
	}
	c := &inline[T]{f: f}
	c.out = New(func(*Deferred[T]) { c.yield.cancel() })
	c.out.rare().lasting = true
	c.out.bindHere()
	c.out.steps.push((*inlineAnswer[T])(c))
	c.yield.self, c.yield.out = c, c.out
	c.yield.co = newCoroutine(c.run)
	c.yield.mu.Lock()
	advance(c)
	return c.out
}

// Wait gives the result that d has after the steps added so far, for an f of Inline.
//
// It only looks, as Await does: the result stays for later steps, and an error counts as handled. A result that is there already
// is given at once. A nil d, a y of an Inline that is not running now, the Deferred of that Inline itself and a wait of another
// goroutine are a panic. Goroutine: that in which Inline called f.
func Wait[T any](y *Yield, d *Deferred[T]) (T, error) {
	if y == nil || d == nil {
		panic("deferred: Wait with a nil Yield or Deferred")
	}
	y.check()
	if v, err, ok := d.Result(); ok {
		return v, err
	}
	y.checkWait(d)
	r := &resumption[T]{y: y}
	late := y.expect(d)
	d.add(r)
	if late {
		d.Cancel()
	}
	if !y.hasCome() {
		y.pause(struct{}{})
	}
	return r.val, r.err
}

// Yield is what an f of Inline waits with. It is of no use to anybody else.
type Yield struct {
	self  turner // the Inline it belongs to
	out   any    // its Deferred
	co    *coroutine[struct{}]
	pause func(struct{}) bool

	mu      sync.Mutex // guards what follows
	running bool
	over    bool                  // f has returned
	come    bool                  // what f waits for has its result
	waiting interface{ Cancel() } // what f waits for
	late    bool                  // Cancel was called while f was running
}

// check panics when f is not running now.
func (y *Yield) check() {
	y.mu.Lock()
	running, over := y.running, y.over
	y.mu.Unlock()
	switch {
	case over:
		panic("deferred: Wait after the function of its Inline has returned")
	case !running:
		panic("deferred: Wait outside of the function of its Inline, which is waiting")
	}
}

// checkWait panics when the caller cannot wait for d.
func (y *Yield) checkWait(d any) {
	if goroutineID() != y.co.id {
		panic("deferred: Wait in another goroutine or Inline than that of its Yield")
	}
	if d == y.out {
		panic("deferred: Wait for the Deferred of its own Inline")
	}
}

// expect notes that f is about to wait for d, and tells whether d is to be cancelled.
func (y *Yield) expect(d interface{ Cancel() }) (late bool) {
	y.mu.Lock()
	defer y.mu.Unlock()
	late = y.late
	y.come, y.waiting, y.late = false, d, false
	return late
}

func (y *Yield) hasCome() bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.come
}

// cancel cancels what f waits for, or will.
func (y *Yield) cancel() {
	y.mu.Lock()
	d := y.waiting
	y.late = d == nil
	y.mu.Unlock()
	if d != nil {
		d.Cancel()
	}
}

// resumption is the step that lets f go on with the result at its place in the chain. It changes nothing.
type resumption[T any] struct {
	y   *Yield
	val T
	err error
}

func (r *resumption[T]) apply(d *Deferred[T]) (next turner, again bool) {
	r.val, r.err = d.val, d.err
	if d.err != nil {
		d.notes |= handled
	}
	again = !d.steps.empty()
	d.mu.Unlock()
	y := r.y
	y.mu.Lock()
	y.come, y.waiting = true, nil
	if !y.running {
		return y.self, again
	}
	y.mu.Unlock()
	d.mu.Lock()
	return nil, false
}

// inline is one call of Inline.
type inline[T any] struct {
	yield   Yield
	f       func(*Yield) (T, error)
	val     T
	err     error
	arrived bool // out has been fired with the answer of f
	out     *Deferred[T]
}

func (c *inline[T]) lock() { c.yield.mu.Lock() }

// turn runs f until it waits or returns.
func (c *inline[T]) turn() (next turner, again bool) {
	y := &c.yield
	y.running = true
	returned := false
	defer func() {
		if returned {
			return
		}
		if next := c.answer(); next != nil { // f ends this goroutine, too
			advance(next)
		}
	}()
	for {
		y.mu.Unlock()
		waits := y.resume()
		if !waits {
			returned = true
			return c.answer(), false
		}
		y.mu.Lock()
		if !y.come {
			y.running, returned = false, true
			y.mu.Unlock()
			return nil, false
		}
		// What f waits for has come from another goroutine since f looked.
	}
}

// resume runs f until it waits or, with the answer false, returns.
func (y *Yield) resume() (waits bool) {
	y.co.enter()
	defer y.co.leave()
	_, waits = y.co.next()
	return waits
}

// answer fires the Deferred of c with what f answered, unless it was fired by somebody else. It is given locked.
func (c *inline[T]) answer() turner {
	y, out := &c.yield, c.out
	y.mu.Lock()
	y.running, y.over = false, true
	y.mu.Unlock()
	out.mu.Lock()
	if out.phase == fired {
		out.mu.Unlock()
		return nil
	}
	c.arrived = true
	out.begin(out.val, nil)
	return out
}

// run is the body of the coroutine.
func (c *inline[T]) run(pause func(struct{}) bool) {
	c.yield.pause = pause
	returned := false
	defer func() {
		if returned {
			return
		}
		c.err = errGoexit
		if p := recover(); p != nil {
			c.err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	c.val, c.err = c.f(&c.yield)
	returned = true
}

// inlineAnswer is the step that brings the answer of f. A Deferred that was fired by somebody else keeps its result.
type inlineAnswer[T any] inline[T]

func (a *inlineAnswer[T]) apply(out *Deferred[T]) (turner, bool) {
	if !a.arrived {
		return nil, false
	}
	return out.invoke(a)
}

func (a *inlineAnswer[T]) call(T, error) (T, error) { return a.val, a.err }
func (a *inlineAnswer[T]) entry() uintptr           { return entryOf(a.f) }
