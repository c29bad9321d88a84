package deferred

import "iter"

// coroutine runs a sequence in steps, on the goroutine that asks for the next one and never beside it. While it runs it counts
// as running on the loop of that goroutine, though Go gives it a goroutine of its own.
type coroutine[V any] struct {
	pull func() (V, bool)
	end  func()
	id   uint64 // its goroutine, known since its first step
	host uint64 // the goroutine it runs for now, 0 when no loop runs
	lent []*loopEntry
}

func newCoroutine[V any](seq iter.Seq[V]) *coroutine[V] {
	c := &coroutine[V]{}
	c.pull, c.end = iter.Pull(func(yield func(V) bool) {
		c.id = goroutineID()
		c.lend()
		seq(yield)
	})
	return c
}

// enter prepares for next and stop in the calling goroutine; leave undoes that.
func (c *coroutine[V]) enter() {
	if loops.count.Load() > 0 {
		c.host = goroutineID()
		c.lend()
	}
}

func (c *coroutine[V]) leave() {
	c.host = 0
	if c.lent != nil {
		takeBack(c.lent)
		c.lent = nil
	}
}

// lend marks the coroutine as what its host is. Without an id it does so itself, when it starts.
func (c *coroutine[V]) lend() {
	if c.id != 0 && c.host != 0 {
		c.lent = lendLoops(c.host, c.id)
	}
}

// next runs the coroutine until it has a value; false means that it has ended. The caller has entered.
func (c *coroutine[V]) next() (V, bool) { return c.pull() }

// stop ends the coroutine where it waits to give a value. The caller has entered.
func (c *coroutine[V]) stop() { c.end() }
