package reactortest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/internal/inmemory"
)

// Reactor is a whole reactor.Reactor on sockets and a clock in memory: connecting, listening, TLS, half close, timeouts and shutdown are those
// of the real one. It runs from the start, but moves only when the test says so.
//
// What the test does between two turns counts as done on the reactor goroutine: CallLater, Write, StopListening and Cancel may be called as
// in a callback, and what they bring about comes with the next turn. Await answers deferred.ErrAwaitOnLoop there; Flush, then look at
// Result. Callbacks may fail the test (t.Fatal). Reactors that share a Network live by its clock; Flush and Advance move all of them.
//
// Goroutine: that of the test, but for CallFromThread, Stop, Running and Now. Lifetime: until Close, or until Stop has been seen through.
// Source: twisted.internet.testing.MemoryReactorClock, which only notes what it is asked for.
type Reactor struct {
	*reactor.Reactor

	net     *Network
	sys     *system
	inside  inmemory.Inside
	next    func() (busy, running bool) // gives the loop one turn
	giveUp  func()
	leave   func() // the test's goroutine is the reactor's until then
	stopped bool
}

// NewReactor makes a reactor in a network of its own; Network.NewReactor makes one in a network with others. The options are those of
// reactor.New; WithClock has no effect.
func NewReactor(options ...reactor.Option) *Reactor { return NewNetwork().NewReactor(options...) }

// NewReactor makes a reactor in the network. It looks names up there unless an option says otherwise.
func (n *Network) NewReactor(options ...reactor.Option) *Reactor {
	sys := &system{net: n}
	all := append([]reactor.Option{reactor.WithResolver(n)}, options...)
	all = append(all, inmemory.Option(sys).(reactor.Option), reactor.WithClock(n.Now))
	r := &Reactor{Reactor: reactor.New(all...), net: n, sys: sys}
	r.inside = inmemory.Look(r.Reactor)
	r.next, r.giveUp = iter.Pull(func(yield func(bool) bool) {
		sys.yield = yield
		_ = r.RunContext(context.Background())
	})
	r.hold()
	r.step()
	n.reactors = append(n.reactors, r)
	return r
}

// Network is where the reactor lives.
func (r *Reactor) Network() *Network { return r.net }

// Turn gives the reactor, and no other one of its network, one turn: what the test has begun, functions handed over with CallFromThread, sockets that
// are ready, calls that are due. It tells whether there was anything of the last three. It panics inside a callback.
func (r *Reactor) Turn() bool {
	defer r.net.enter()()
	return r.net.turn([]*Reactor{r})
}

// Flush is Network.Flush.
func (r *Reactor) Flush() { r.net.Flush() }

// Advance is Network.Advance.
func (r *Reactor) Advance(d time.Duration) { r.net.Advance(d) }

// Pending is the number of calls that CallLater has planned and that are still to come.
func (r *Reactor) Pending() int { return len(r.DelayedCalls()) }

// Stopped tells whether the reactor has stopped: Stop was called and its work is done. Until then Running holds.
func (r *Reactor) Stopped() bool { return r.stopped }

// Descriptors is how many descriptors are open: sockets, listening ones, and those held in reserve. After the stop there are none.
func (r *Reactor) Descriptors() int { return r.sys.open() }

// LimitDescriptors makes connecting and accepting fail with EMFILE while n descriptors or more are open. Zero is no limit.
func (r *Reactor) LimitDescriptors(n int) { r.sys.limit = n }

// Left describes what was not brought to an end, one line each: calls of CallLater that are still to come, ports, attempts to connect,
// connections.
func (r *Reactor) Left() []string { return r.inside.Left() }

// Close stops the reactor, if it still runs, and lets its clock run until that is done. A reactor that is not closed leaves a
// goroutine behind.
func (r *Reactor) Close() {
	if r.stopped {
		return
	}
	_ = r.Stop()
	for range maxCloseTurns {
		if r.Flush(); r.stopped {
			return
		}
		r.Advance(time.Second)
	}
	r.giveUp()
	panic(fmt.Errorf("%w: the reactor does not stop", ErrLivelock))
}

// maxCloseTurns is how many seconds of its clock Close waits. DefaultFlushTimeout is one.
const maxCloseTurns = 3600

// turn makes one turn and tells whether there was something to do.
func (r *Reactor) turn() (busy bool) {
	if r.stopped {
		return false
	}
	return r.step()
}

func (r *Reactor) step() (busy bool) {
	busy, running := r.next()
	if running {
		r.inside.Hold()
		return busy
	}
	r.stopped = true
	r.leave()
	r.net.reactors = slices.DeleteFunc(r.net.reactors, func(other *Reactor) bool { return other == r })
	return true
}

// follow goes with the test into another goroutine, that of a subtest.
func (r *Reactor) follow() {
	if !deferred.OnLoop(r.Reactor) {
		r.leave()
		r.hold()
	}
}

func (r *Reactor) hold() { r.leave = deferred.EnterLoop(r.Reactor) }
