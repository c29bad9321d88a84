package reactor

import "sync"

// calls is the queue of functions that other goroutines hand to the reactor goroutine, in their order.
type calls struct {
	mu      sync.Mutex
	waiting []func()
	spare   []func() // the slice of the batch before, for reuse
	awake   bool     // the loop knows of waiting calls, or is running them
	closed  bool     // the loop has ended: nothing will run any more
	wake    func()   // wakes the loop; nil while it does not poll
}

// push appends f and wakes the loop unless somebody did already. It answers ErrStopped when f will never run.
func (q *calls) push(f func()) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrStopped
	}
	q.waiting = append(q.waiting, f)
	if !q.awake && q.wake != nil {
		q.awake = true
		q.wake()
	}
	return nil
}

// take answers the calls that wait now; those that come meanwhile are the next batch.
func (q *calls) take() []func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch := q.waiting
	q.waiting, q.spare = q.spare[:0], nil
	return batch
}

// next gives the slice of a batch back and answers the batch that has come meanwhile. Until done nobody wakes the loop.
func (q *calls) next(batch []func()) []func() {
	q.giveBack(batch)
	return q.take()
}

// done gives the slice of a batch back and tells whether more calls wait, which need another turn.
func (q *calls) done(batch []func()) (more bool) {
	q.giveBack(batch)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.awake = len(q.waiting) > 0
	return q.awake
}

func (q *calls) giveBack(batch []func()) {
	clear(batch)
	q.mu.Lock()
	defer q.mu.Unlock()
	if cap(batch) <= maxSpareCalls {
		q.spare = batch[:0]
	}
}

const maxSpareCalls = 1024

// open sets how the loop is woken, and wakes it for what waits already.
func (q *calls) open(wake func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wake = wake
	if len(q.waiting) > 0 {
		q.awake = true
		wake()
	}
}

// close answers what was left; from here on push refuses.
func (q *calls) close() []func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.wake = true, nil
	left := q.waiting
	q.waiting = nil
	return left
}
