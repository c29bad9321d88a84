package reactor

import (
	"fmt"
	"math"
	"time"
)

// DelayedCall is a call that CallLater has planned. Source: twisted.internet.interfaces.IDelayedCall.
//
// Goroutine: reactor.
type DelayedCall struct {
	queue *timers
	f     func()
	when  time.Duration // since queue.base
	seq   uint64        // order of planning, among equal times
	index int32         // place in the heap, or one of the two below
}

const (
	indexCalled    = -1
	indexCancelled = -2
)

// Cancel takes the call back. It answers ErrAlreadyCalled or ErrAlreadyCancelled when it is too late.
func (c *DelayedCall) Cancel() error {
	if err := c.gone(); err != nil {
		return err
	}
	c.queue.remove(c)
	c.index = indexCancelled
	c.f = nil
	return nil
}

// Reset plans the call for d from now. Errors are those of Cancel; a negative d panics.
func (c *DelayedCall) Reset(d time.Duration) error {
	return c.move(c.queue.after(d, "Reset"))
}

// Delay plans the call d later than it was planned; a negative d brings it forward, but not before now. Errors are those of Cancel.
func (c *DelayedCall) Delay(d time.Duration) error {
	return c.move(max(addDuration(c.when, d), c.queue.now()))
}

// Active tells whether the call is still to come.
func (c *DelayedCall) Active() bool { return c.index >= 0 }

// Time is when the call is, or was, planned for.
func (c *DelayedCall) Time() time.Time { return c.queue.base.Add(c.when) }

func (c *DelayedCall) move(when time.Duration) error {
	if err := c.gone(); err != nil {
		return err
	}
	c.queue.remove(c)
	c.when = when
	c.queue.push(c)
	return nil
}

func (c *DelayedCall) gone() error {
	switch c.index {
	case indexCalled:
		return ErrAlreadyCalled
	case indexCancelled:
		return ErrAlreadyCancelled
	}
	return nil
}

// timers is an indexed binary heap of the calls to come, ordered by time and then by the order of planning.
type timers struct {
	clock func() time.Time
	base  time.Time
	heap  []*DelayedCall
	seq   uint64
	armed func(first time.Duration) // told when the earliest call may have changed to an earlier one
}

func newTimers(clock func() time.Time) *timers {
	return &timers{clock: clock, base: clock(), armed: func(time.Duration) {}}
}

func (q *timers) now() time.Duration { return q.clock().Sub(q.base) }

// add plans f for d from now.
func (q *timers) add(d time.Duration, f func()) *DelayedCall {
	if f == nil {
		panic("reactor: CallLater: nil function")
	}
	c := new(DelayedCall)
	q.plan(c, d, f)
	return c
}

// plan is add in the memory of c, which is not used for anything else afterwards.
func (q *timers) plan(c *DelayedCall, d time.Duration, f func()) {
	*c = DelayedCall{queue: q, f: f, when: q.after(d, "CallLater")}
	q.push(c)
}

func (q *timers) after(d time.Duration, verb string) time.Duration {
	if d < 0 {
		panic(fmt.Sprintf("reactor: %s: negative delay %v", verb, d))
	}
	return addDuration(q.now(), d)
}

// addDuration adds without overflow: a delay of centuries stays in the future.
func addDuration(a, d time.Duration) time.Duration {
	if d > 0 && a > math.MaxInt64-d {
		return math.MaxInt64
	}
	return a + d
}

// mark is the point in the order of planning that runDue may run up to.
func (q *timers) mark() uint64 { return q.seq }

// popDue takes out the next call that is due now and was planned no later than mark; nil if there is none. Calls that
// running calls plan come later than the mark, so they wait for the next turn and cannot starve the connections.
func (q *timers) popDue(now time.Duration, mark uint64) func() {
	if len(q.heap) == 0 {
		return nil
	}
	c := q.heap[0]
	if c.when > now || c.seq > mark {
		return nil
	}
	q.remove(c)
	c.index = indexCalled
	f := c.f
	c.f = nil
	return f
}

// next is the time of the earliest call.
func (q *timers) next() (when time.Duration, ok bool) {
	if len(q.heap) == 0 {
		return 0, false
	}
	return q.heap[0].when, true
}

func (q *timers) before(a, b *DelayedCall) bool {
	return a.when < b.when || a.when == b.when && a.seq < b.seq
}

func (q *timers) push(c *DelayedCall) {
	q.seq++
	c.seq = q.seq
	c.index = int32(len(q.heap))
	q.heap = append(q.heap, c)
	q.up(int(c.index))
	if c.index == 0 {
		q.armed(c.when)
	}
}

func (q *timers) remove(c *DelayedCall) {
	i, last := int(c.index), len(q.heap)-1
	moved := q.heap[last]
	q.heap[last] = nil
	q.heap = q.heap[:last]
	if i == last {
		return
	}
	q.place(moved, i)
	q.up(i)
	q.down(int(moved.index))
}

func (q *timers) place(c *DelayedCall, i int) {
	q.heap[i] = c
	c.index = int32(i)
}

func (q *timers) up(i int) {
	c := q.heap[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !q.before(c, q.heap[parent]) {
			break
		}
		q.place(q.heap[parent], i)
		i = parent
	}
	q.place(c, i)
}

func (q *timers) down(i int) {
	c := q.heap[i]
	for {
		child := 2*i + 1
		if child >= len(q.heap) {
			break
		}
		if right := child + 1; right < len(q.heap) && q.before(q.heap[right], q.heap[child]) {
			child = right
		}
		if !q.before(q.heap[child], c) {
			break
		}
		q.place(q.heap[child], i)
		i = child
	}
	q.place(c, i)
}
