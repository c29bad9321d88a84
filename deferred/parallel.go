package deferred

import (
	"iter"
	"runtime/debug"
	"sync"
)

// Parallel calls f for every item of in, with at most limit of the Deferreds that f answers under way at a time, and gives the
// number of items. each gets every item with its result, in the order in which the results come.
//
// in is read item by item, as there is room. An error of an item goes to each and ends nothing. f, each and in are never called
// at the same time, and take turns in a loop: any number of items that are ready at once needs no more stack than one.
// The Deferred that f answered keeps its value for later steps; its error counts as handled.
//
// Cancel reads no more of in and cancels the Deferreds under way; when each has had the last of them, the result is ErrCancelled.
// A panic of f, each or in, and an f that answers nil, do the same with a *PanicError as the result; later panics go to
// OnUnhandled. A Deferred made on the goroutine of an event loop is bound to that loop (BindTo).
// A limit below 1 and a nil argument are a panic. Goroutine: f, each and in are called in the one that calls Parallel or fires a
// Deferred of f. Source: the task.Cooperator and DeferredSemaphore recipes of Twisted.
func Parallel[I, O any](limit int, in iter.Seq[I], f func(I) *Deferred[O], each func(I, O, error)) *Deferred[int] {
	return newParallel(limit, in, f, each, false)
}

// ParallelOrdered is Parallel with each called in the order of the items.
//
// A result that comes early is kept until those before it have come, and counts as under way as long: no more than limit
// results are kept.
func ParallelOrdered[I, O any](limit int, in iter.Seq[I], f func(I) *Deferred[O], each func(I, O, error)) *Deferred[int] {
	return newParallel(limit, in, f, each, true)
}

// parallel is one call of Parallel or ParallelOrdered.
type parallel[I, O any] struct {
	limit   int
	ordered bool
	items   *coroutine[I]
	f       func(I) *Deferred[O]
	each    func(I, O, error)
	out     *Deferred[int]

	mu          sync.Mutex            // guards what follows; never held while f, each or in runs
	working     bool                  // turn is running
	exhausted   bool                  // nothing more is read
	stopped     bool                  // items has ended
	answered    bool                  // out has been fired, or is about to
	err         error                 // the result, if it is to be an error
	given       int                   // items that each has had
	open        int                   // length of the list
	first, last *parallelItem[I, O]   // the list of items that each has not had, in the order of in
	ready       []*parallelItem[I, O] // those of them with a result, in the order of the results; unused when ordered
}

// parallelItem is an item under way, and the step that takes its result.
type parallelItem[I, O any] struct {
	p          *parallel[I, O]
	prev, next *parallelItem[I, O]
	in         I
	d          *Deferred[O]
	val        O
	err        error
	done       bool
}

func newParallel[I, O any](limit int, in iter.Seq[I], f func(I) *Deferred[O], each func(I, O, error), ordered bool) *Deferred[int] {
	if limit < 1 {
		panic("deferred: Parallel with a limit below 1")
	}
	if in == nil || f == nil || each == nil {
		panic("deferred: Parallel with a nil sequence or function")
	}
	p := &parallel[I, O]{limit: limit, ordered: ordered, items: newCoroutine(in), f: f, each: each}
	p.out = New(func(*Deferred[int]) { p.abort(ErrCancelled) })
	p.out.rare().lasting = true
	p.out.bindHere()
	p.mu.Lock()
	advance(p)
	return p.out
}

func (i *parallelItem[I, O]) apply(d *Deferred[O]) (next turner, again bool) {
	i.val, i.err = d.val, d.err
	if d.err != nil {
		d.take()
	}
	again = !d.steps.empty()
	d.mu.Unlock()
	p := i.p
	p.mu.Lock()
	i.done = true
	if !p.ordered {
		p.ready = append(p.ready, i)
	}
	if !p.working {
		return p, again
	}
	p.mu.Unlock()
	d.mu.Lock()
	return nil, false
}

func (p *parallel[I, O]) lock() { p.mu.Lock() }

// turn hands out results and reads items as long as there is one to hand out or room for another.
func (p *parallel[I, O]) turn() (next turner, again bool) {
	if p.working || p.answered {
		p.mu.Unlock()
		return nil, false
	}
	p.working = true
	p.items.enter()
	returned := false
	defer func() {
		if !returned { // a function of the user ends this goroutine, too
			p.resign()
		}
	}()
	for p.work() {
	}
	returned = true
	p.items.leave()
	p.working = false
	if !p.exhausted || p.open > 0 {
		p.mu.Unlock()
		return nil, false
	}
	p.answered = true
	n, err := p.given, p.err
	p.mu.Unlock()
	if err != nil {
		n = 0
	}
	return p.out.accept(n, err), false
}

// work does the next thing there is to do; false means that there is none for now. p is locked.
func (p *parallel[I, O]) work() bool {
	var step func()
	if i := p.pop(); i != nil {
		p.given++
		step = func() { p.each(i.in, i.val, i.err) }
	} else if p.exhausted && !p.stopped {
		p.stopped = true
		step = p.items.stop
	} else if !p.exhausted && p.open < p.limit {
		step = p.begin
	} else {
		return false
	}
	p.mu.Unlock()
	if err := protected(step); err != nil {
		p.abort(err)
	}
	p.mu.Lock()
	return true
}

// begin reads an item and puts it under way.
func (p *parallel[I, O]) begin() {
	in, ok := p.items.next()
	p.mu.Lock()
	if !ok {
		p.exhausted, p.stopped = true, true
	}
	over := p.exhausted // also by a Cancel from inside the sequence: the item is dropped
	p.mu.Unlock()
	if over {
		return
	}
	i := &parallelItem[I, O]{p: p, in: in, d: p.f(in)}
	if i.d == nil {
		panic("deferred: the function of Parallel answered a nil Deferred")
	}
	p.mu.Lock()
	p.push(i)
	late := p.err != nil
	p.mu.Unlock()
	i.d.add(i)
	if late {
		i.d.Cancel()
	}
}

// abort lets p end with err, unless it has another reason to end already. p is not locked.
func (p *parallel[I, O]) abort(err error) {
	p.mu.Lock()
	first := p.err == nil
	if first {
		p.err, p.exhausted = err, true
	}
	var open []*Deferred[O]
	for i := p.first; i != nil && (first || err == ErrCancelled); i = i.next {
		if !i.done {
			open = append(open, i.d)
		}
	}
	p.mu.Unlock()
	if !first && err != ErrCancelled {
		report(&Unhandled{Err: err})
	}
	cancelEach(open)
	p.mu.Lock()
	advance(p)
}

// resign ends a turn in a goroutine that is about to end. p is not locked.
func (p *parallel[I, O]) resign() {
	p.items.leave()
	p.mu.Lock()
	p.working = false
	p.mu.Unlock()
	p.abort(errGoexit)
}

// pop takes the next item for each out of the list; nil means that there is none yet.
func (p *parallel[I, O]) pop() (i *parallelItem[I, O]) {
	switch {
	case p.ordered && p.first != nil && p.first.done:
		i = p.first
	case len(p.ready) > 0:
		i = p.ready[0]
		p.ready[0] = nil
		if p.ready = p.ready[1:]; len(p.ready) == 0 {
			p.ready = nil
		}
	default:
		return nil
	}
	p.unlink(i)
	return i
}

func (p *parallel[I, O]) push(i *parallelItem[I, O]) {
	p.open++
	i.prev = p.last
	if p.last == nil {
		p.first = i
	} else {
		p.last.next = i
	}
	p.last = i
}

func (p *parallel[I, O]) unlink(i *parallelItem[I, O]) {
	p.open--
	if i.prev == nil {
		p.first = i.next
	} else {
		i.prev.next = i.next
	}
	if i.next == nil {
		p.last = i.prev
	} else {
		i.next.prev = i.prev
	}
}

// protected calls f and gives its panic as an error.
func protected(f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	f()
	return nil
}
