package reactor

import (
	"sync"
	"sync/atomic"
	"time"
)

// turnMark says since when the reactor goroutine has been running callbacks, in nanoseconds of the system's clock since the reactor was
// made. Other goroutines may look at it, and hold it for a moment: the reactor goroutine does not get past the beginning or the end of a
// turn then. So they can read what it writes between the turns, or only at the beginning of one, and it pays nothing for that.
type turnMark struct {
	began atomic.Int64
	mu    sync.Mutex // whoever holds the mark has it locked
}

// Values of a mark that are no time.
const (
	waiting     = 0  // the loop waits
	untimed     = -1 // callbacks run, and nobody asks for how long
	heldWaiting = -2
	heldRunning = -3
)

// someTurn is or-ed to a time, which makes it differ from waiting.
const someTurn = 1

// Load tells whether callbacks run.
func (m *turnMark) Load() bool {
	began := m.began.Load()
	return began != waiting && began != heldWaiting
}

// Store sets whether callbacks run, without timing them.
func (m *turnMark) Store(running bool) {
	if running {
		m.move(waiting, untimed)
		return
	}
	m.move(untimed, waiting)
}

// move goes from one value to the next, as soon as nobody holds the mark. Goroutine: reactor.
func (m *turnMark) move(from, to int64) {
	if !m.began.CompareAndSwap(from, to) {
		m.mu.Lock()
		m.began.Store(to)
		m.mu.Unlock()
	}
}

// value is what the mark says when nobody holds it.
func (m *turnMark) value() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.began.Load()
}

// hold calls f with the value of the mark while that cannot change, unless it is untimed. It answers the value. f must be short.
func (m *turnMark) hold(f func(began int64)) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		began := m.began.Load()
		held := int64(heldRunning)
		switch began {
		case untimed:
			return untimed
		case waiting:
			held = heldWaiting
		}
		if m.began.CompareAndSwap(began, held) {
			f(began)
			m.began.Store(began)
			return began
		}
	}
}

// measureEach is how many turns go by until one is measured. It is prime, so that it does not keep step with what happens in turns.
const measureEach = 13

// beginTurn and endTurn frame a turn: for a connection that is ready, or nil.
func (r *Reactor) beginTurn(c *conn) {
	now := time.Since(r.began)
	r.turnBegan = now
	if r.ownClock {
		r.turnBegan = r.timers.now()
	}
	r.watch.turnConn = c
	r.turnWord = int64(now) | someTurn
	r.inTurn.move(waiting, r.turnWord)
	r.watch.begin()
}

func (r *Reactor) endTurn() {
	r.count.Turns++
	r.unmeasured++
	attention := r.attention.Load()
	if r.unmeasured >= measureEach || attention || r.ownClock || r.metrics != nil {
		r.measureTurn()
	}
	r.watch.end()
	if attention || r.ownClock || r.poller == nil {
		r.attention.Store(false)
		r.published.store(r.gather())
	}
	word := r.turnWord
	r.turnWord = waiting
	r.inTurn.move(word, waiting)
	r.watch.turnConn = nil
}

// measureTurn takes the time of the turn that ends. It stands for those before that were not measured, unless it stalled the reactor.
func (r *Reactor) measureTurn() {
	var now time.Duration
	if r.ownClock {
		now = r.timers.now()
	} else {
		now = time.Since(r.began)
	}
	took := max(now-r.turnBegan, 0)
	limit := r.watch.limit
	stalled := limit > 0 && took >= limit
	if stalled {
		r.count.TurnTime += took
		r.unmeasured--
	} else {
		r.count.TurnTime += took * time.Duration(r.unmeasured)
		r.unmeasured = 0
	}
	r.count.LongestTurn = max(r.count.LongestTurn, took)
	if r.metrics != nil {
		r.measure(func(m Metrics) { m.TurnDone(took) })
	}
	if stalled {
		r.count.Stalls++
		r.watch.stalled(took)
	}
}
