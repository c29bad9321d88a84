package reactortest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// start is where every Clock begins.
var start = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// maxTurns is how many turns one moment may take before Advance calls it a livelock.
const maxTurns = 100_000

// Clock is time that the test moves by hand, together with a reactor that lives by it.
//
// Goroutine: that of the test, but for Now, which may be called anywhere. Source: twisted.internet.task.Clock.
type Clock struct {
	passed  atomic.Int64 // nanoseconds since start
	reactor *reactor.Reactor
	depth   int          // callbacks under way
	dirty   []*Transport // have something to do in this turn
	hungry  []*Transport // have a producer to ask in the next turn
}

// NewClock makes a clock that stands at midnight UTC of 1 January 2000. The options are for its reactor: reactor.WithLogger
// shows the panics of planned functions.
func NewClock(options ...reactor.Option) *Clock {
	c := &Clock{}
	c.reactor = reactor.New(append(options[:len(options):len(options)], reactor.WithClock(c.Now))...)
	return c
}

// Now is the time of the clock. Goroutine: any.
func (c *Clock) Now() time.Time { return start.Add(time.Duration(c.passed.Load())) }

// Reactor is a reactor that never runs: Turn and Advance do its work. CallLater, AfterFunc and CallFromThread are as ever.
func (c *Clock) Reactor() *reactor.Reactor { return c.reactor }

// Pending is the number of calls that CallLater has planned and that are still to come.
func (c *Clock) Pending() int { return len(c.reactor.DelayedCalls()) }

// Turn is one turn of the loop at the present moment: functions handed over with CallFromThread, then planned calls that are
// due, then what the Transports of this clock have to bring to an end. It panics inside a callback.
func (c *Clock) Turn() {
	c.mustBeOutside("Turn")
	c.turn()
}

// Advance moves the clock by d. Every call that falls due on the way runs in order, with the clock showing the moment
// for which it was planned; so do the calls which those plan. A negative d panics, and so does a call inside a callback.
//
// Source: twisted.internet.task.Clock.advance, which shows the last moment to all of them.
func (c *Clock) Advance(d time.Duration) {
	if d < 0 {
		panic(fmt.Sprintf("reactortest: Advance: time does not go back (%v)", d))
	}
	c.AdvanceTo(c.Now().Add(d))
}

// AdvanceTo is Advance to the moment t, which must not lie in the past.
func (c *Clock) AdvanceTo(t time.Time) {
	if t.Before(c.Now()) {
		panic(fmt.Sprintf("reactortest: AdvanceTo: time does not go back (from %v to %v)", c.Now(), t))
	}
	c.mustBeOutside("Advance")
	c.turn()
	for turns := 0; ; turns++ {
		due, ok := c.next()
		if !ok || due.After(t) {
			break
		}
		if due.After(c.Now()) {
			c.set(due)
			turns = 0
		}
		if turns == maxTurns {
			panic(fmt.Sprintf("reactortest: Advance: still calls to run at %v after %d turns", c.Now(), turns))
		}
		c.turn()
	}
	c.set(t)
	c.turn()
}

func (c *Clock) set(t time.Time) { c.passed.Store(int64(t.Sub(start))) }

// next is the moment of the earliest planned call.
func (c *Clock) next() (first time.Time, ok bool) {
	for _, call := range c.reactor.DelayedCalls() {
		if t := call.Time(); !ok || t.Before(first) {
			first, ok = t, true
		}
	}
	return first, ok
}

// idle tells whether a turn would do nothing, as far as can be seen from here: what CallFromThread has queued is hidden.
func (c *Clock) idle() bool {
	if len(c.dirty)+len(c.hungry) > 0 {
		return false
	}
	due, ok := c.next()
	return !ok || due.After(c.Now())
}

func (c *Clock) turn() {
	defer c.enter()()
	hungry := c.hungry
	c.hungry = nil
	for _, t := range hungry {
		t.askProducer()
	}
	c.settle()
	c.reactor.RunUntilCurrent()
	c.settle()
}

// settle gives each transport that asked for it its turn, outside of every callback of its protocol.
func (c *Clock) settle() {
	for len(c.dirty) > 0 {
		t := c.dirty[0]
		c.dirty = c.dirty[1:]
		t.settle()
	}
}

// enter makes the calling goroutine the reactor's until leave is called.
func (c *Clock) enter() (leave func()) {
	leaveLoop := deferred.EnterLoop(c.reactor)
	c.depth++
	return func() {
		c.depth--
		leaveLoop()
	}
}

func (c *Clock) mustBeOutside(verb string) {
	if c.depth > 0 {
		panic("reactortest: " + verb + " called inside a callback; only the test turns the clock")
	}
}
