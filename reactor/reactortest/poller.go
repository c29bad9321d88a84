package reactortest

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// poller is the engine.Poller of a reactor in memory: it hands control to the test between two turns.
type poller struct {
	sys     *system
	onWake  func()
	onTimer func()
	watched map[int]*watch
	woken   atomic.Bool
	armed   bool
	due     time.Duration
	stopped bool
}

// watch is a descriptor that somebody wants to hear of.
type watch struct {
	a *engine.Attachment
	h engine.Handler
}

var errGivenUp = errors.New("reactortest: the test has given the reactor up")

// Poll turns whenever the test says so.
func (p *poller) Poll() error {
	for busy := false; !p.stopped; busy = p.turn() {
		if !p.sys.yield(busy) {
			return errGivenUp
		}
	}
	return nil
}

// turn serves what is ready and tells whether there was anything.
func (p *poller) turn() (busy bool) {
	callsFirst := p.sys.net.shuffle == nil || p.sys.net.shuffle.IntN(2) == 0
	if callsFirst {
		busy = p.calls()
	}
	busy = p.sockets() || busy
	if !callsFirst && !p.stopped {
		busy = p.calls() || busy
	}
	if p.armed && p.due <= p.sys.net.now() && !p.stopped {
		p.armed, busy = false, true
		p.onTimer()
	}
	return busy
}

// calls has the reactor run what was handed over, and see to what the test has done since the turn before.
func (p *poller) calls() (busy bool) {
	busy = p.woken.Swap(false)
	p.onWake()
	return busy
}

// sockets serves the sockets that are ready at the beginning.
func (p *poller) sockets() (busy bool) {
	for _, fd := range p.ready() {
		w := p.watched[fd]
		if p.stopped || w == nil {
			continue
		}
		if what := p.readiness(fd, w); what != engine.None {
			busy = true
			p.sys.at(fd).spurious = false
			w.h.Ready(what)
		}
	}
	return busy
}

// ready lists the descriptors to serve, in their order or in none.
func (p *poller) ready() (ready []int) {
	for fd, w := range p.watched {
		if w.a.Interest() != engine.None {
			ready = append(ready, fd)
		}
	}
	slices.Sort(ready)
	if r := p.sys.net.shuffle; r != nil {
		r.Shuffle(len(ready), func(i, j int) { ready[i], ready[j] = ready[j], ready[i] })
	}
	return ready
}

func (p *poller) readiness(fd int, w *watch) engine.Interest {
	k := p.sys.at(fd)
	ready, always := k.ready()
	if k.spurious {
		ready = engine.Read | engine.Write
	}
	if want := w.a.Interest(); !always || want == engine.None {
		ready &= want
	}
	return ready
}

// pending tells whether the next turn has something to serve.
func (p *poller) pending() bool {
	if p.woken.Load() || p.armed && p.due <= p.sys.net.now() {
		return true
	}
	for fd, w := range p.watched {
		if p.readiness(fd, w) != engine.None {
			return true
		}
	}
	return false
}

// Stop makes Poll return.
func (p *poller) Stop() { p.stopped = true }

// Close has nothing to free.
func (p *poller) Close() { p.armed = false }

// Wake has the next turn run calls. Goroutine: any.
func (p *poller) Wake() {
	p.woken.Store(true)
	select {
	case p.sys.net.woken <- struct{}{}:
	default:
	}
}

// SetTimer makes onTimer run once, after d.
func (p *poller) SetTimer(d time.Duration) {
	p.armed = true
	if p.due = p.sys.net.now() + max(d, 0); p.due < 0 {
		p.due = never
	}
}

// Register makes h hear of fd.
func (p *poller) Register(a *engine.Attachment, fd int, h engine.Handler) {
	a.Set(fd, engine.None)
	p.watched[fd] = &watch{a: a, h: h}
}

// Deregister forgets the descriptor.
func (p *poller) Deregister(a *engine.Attachment) {
	delete(p.watched, a.FD())
	a.Set(a.FD(), engine.None)
}

// Forget is Deregister.
func (p *poller) Forget(a *engine.Attachment) { p.Deregister(a) }

// Replace makes h hear of the descriptor of from.
func (p *poller) Replace(from, to *engine.Attachment, h engine.Handler) {
	fd := from.FD()
	p.Deregister(from)
	p.Register(to, fd, h)
}

// SetInterest registers what is wanted.
func (p *poller) SetInterest(a *engine.Attachment, want engine.Interest) error {
	a.Set(a.FD(), want)
	return nil
}

// Again has nothing to do: what is ready is told until it is not.
func (p *poller) Again(*engine.Attachment) {}

// forget checks that a descriptor which is closed is not watched any more: its number may belong to another socket soon.
func (p *poller) forget(fd int) {
	if p.watched[fd] != nil {
		panic("reactortest: a descriptor is closed that the poller still watches")
	}
}
