package deferred

import "context"

// outcome is the step that lets other goroutines see the result at its place in the chain. It changes nothing.
type outcome[T any] struct {
	done  chan struct{} // closed when val and err are there
	val   T
	err   error
	takes bool // somebody awaits the error, so it counts as handled
}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// Await waits for the result d has after the steps added so far, and gives it.
//
// It only looks: the result stays for steps added later and for other calls of Await. An error counts as handled. When ctx
// ends first, d is cancelled, and the error matches ErrCancelled, ctx.Err() and context.Cause(ctx), whatever result d has
// from then on. Nothing of ctx is looked at when the result is there already.
//
// Goroutine: any but that of an event loop, where only a result that is there already is given and everything else is
// ErrAwaitOnLoop; nor a step of d itself, which would wait for its own end.
func (d *Deferred[T]) Await(ctx context.Context) (T, error) {
	var zero T
	if v, err, ok := d.Result(); ok {
		return v, err
	}
	if OnAnyLoop() {
		return zero, ErrAwaitOnLoop
	}
	o := d.watch(true)
	select {
	case <-o.done:
		return o.val, o.err
	case <-ctx.Done():
	}
	select {
	case <-o.done:
		return o.val, o.err
	default:
	}
	d.Cancel()
	return zero, ended(ctx)
}

// Done gives a channel that is closed when d has its result after the steps added so far; Result gives it.
//
// An error does not count as handled until Result or Await has given it. Goroutine: any.
func (d *Deferred[T]) Done() <-chan struct{} {
	d.mu.Lock()
	ready := d.ready()
	d.mu.Unlock()
	if ready {
		return closed
	}
	return d.watch(false).done
}

// Result gives the present result of d; ok is false when there is none: d is unfired, paused, waiting or running a step.
//
// It changes nothing, but an error it gives counts as handled. A d whose result was handed on, through Chain or Then, has the
// zero value. Goroutine: any.
func (d *Deferred[T]) Result() (v T, err error, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.ready() {
		return v, nil, false
	}
	if d.err != nil {
		d.notes |= handled
		d.disarm()
	}
	return d.val, d.err, true
}

// ready tells whether the present result is final unless steps are added. d is locked.
func (d *Deferred[T]) ready() bool { return d.pauses == 0 && d.settled() }

// watch adds an outcome at the end of the steps, or gives the one that stands there: an Await given up leaves its outcome
// behind for the next one.
func (d *Deferred[T]) watch(takes bool) *outcome[T] {
	d.mu.Lock()
	o, ok := d.steps.last().(*outcome[T])
	if !ok {
		o = &outcome[T]{done: make(chan struct{})}
		d.push(o)
	}
	o.takes = o.takes || takes
	advance(d)
	return o
}

func (o *outcome[T]) apply(d *Deferred[T]) (turner, bool) {
	o.val, o.err = d.val, d.err
	close(o.done)
	if o.takes && d.err != nil {
		d.notes |= handled
	}
	return nil, false
}
