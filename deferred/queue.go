package deferred

import (
	"container/list"
	"errors"
	"slices"
	"sync"
)

// ErrQueueOverflow is the answer of Queue.Put when the queue is full. Source: Twisted's QueueOverflow.
var ErrQueueOverflow = errors.New("deferred: queue overflow: as many values are kept as the queue may hold")

// ErrQueueUnderflow is the result of Queue.Get when too many wait already. Source: Twisted's QueueUnderflow.
var ErrQueueUnderflow = errors.New("deferred: queue underflow: as many calls of Get wait as the queue allows")

// Queue hands values from those who put them to those who wait for them, both in order.
//
// The zero value is a Queue without limits; NewQueue sets them. Do not copy a Queue after first use.
// Goroutine: any. Source: twisted.internet.defer.DeferredQueue.
type Queue[T any] struct {
	size, backlog int

	mu      sync.Mutex // guards what follows
	values  []T
	waiting list.List // of *Deferred[T], unfired, oldest first
	handing bool      // a Put is handing out; what is put meanwhile is its business
}

// NewQueue gives a Queue that keeps at most size values and lets at most backlog calls of Get wait.
//
// Zero means no limit, as None does in Twisted; less than zero means none at all, as Twisted's 0: a Queue of size -1 takes a
// value only when somebody waits for it, and one of backlog -1 lets nobody wait.
func NewQueue[T any](size, backlog int) *Queue[T] { return &Queue[T]{size: size, backlog: backlog} }

// Put gives v to the one that waits longest, or keeps it for a later Get.
//
// The answer is ErrQueueOverflow when there is no room for it. Called by a step that runs because another Put handed out a value,
// it returns before the next in line has v.
// Goroutine: any; the steps of a Get that waited run in the one that calls Put. Source: DeferredQueue.put.
func (q *Queue[T]) Put(v T) error {
	q.mu.Lock()
	if q.size != 0 && len(q.values)-q.waiting.Len() >= max(q.size, 0) {
		q.mu.Unlock()
		return ErrQueueOverflow
	}
	q.values = append(q.values, v)
	if q.handing {
		q.mu.Unlock()
		return nil
	}
	q.handing = true
	q.handOut()
	return nil
}

// handOut serves the waiters. q is locked, and unlocked in the end.
func (q *Queue[T]) handOut() {
	returned := false
	defer func() {
		if !returned { // a step of a waiter ends this goroutine
			q.mu.Lock()
			q.handOut()
		}
	}()
	for len(q.values) > 0 && q.waiting.Len() > 0 {
		d := q.waiting.Remove(q.waiting.Front()).(*Deferred[T])
		v := q.shift()
		q.mu.Unlock()
		taken := d.TryCallback(v)
		q.mu.Lock()
		if !taken { // cancelled at the same moment
			q.values = slices.Insert(q.values, 0, v)
		}
	}
	q.handing = false
	returned = true
	q.mu.Unlock()
}

// shift takes out the oldest value.
func (q *Queue[T]) shift() T {
	var zero T
	v := q.values[0]
	q.values[0] = zero
	if q.values = q.values[1:]; len(q.values) == 0 {
		q.values = nil
	}
	return v
}

// Get gives a Deferred that fires with the oldest value, in the order of the calls.
//
// Cancel of one that waits takes it out of the line; no value is lost.
// Fails with: ErrQueueUnderflow at once when it would have to wait and as many as allowed do.
// Source: DeferredQueue.get.
func (q *Queue[T]) Get() *Deferred[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.values) > 0 && q.waiting.Len() == 0 {
		return Succeed(q.shift())
	}
	if q.backlog != 0 && q.waiting.Len()-len(q.values) >= max(q.backlog, 0) {
		return Fail[T](ErrQueueUnderflow)
	}
	var place *list.Element
	d := New(func(*Deferred[T]) {
		q.mu.Lock()
		q.waiting.Remove(place)
		q.mu.Unlock()
	})
	place = q.waiting.PushBack(d)
	return d
}

// Len gives the number of values that are kept.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.values)
}

// Waiting gives the number of calls of Get that wait.
func (q *Queue[T]) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting.Len()
}
