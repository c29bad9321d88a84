package clientservice

import (
	"container/list"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// Defaults of GovernorOptions.
const (
	DefaultDialsPerSecond     = 500
	DefaultBurst              = 100
	DefaultHostDialsPerSecond = 100
	DefaultHostBurst          = 20
	DefaultMaxDialing         = 256
	DefaultJitter             = 0.5
)

// GovernorOptions are the limits of a Governor. The zero value is all defaults.
type GovernorOptions struct {
	// DialsPerSecond is how many connections are begun each second, of all hosts together. Zero is DefaultDialsPerSecond, negative no
	// limit. In any stretch of s seconds there are at most Burst + s * DialsPerSecond.
	DialsPerSecond float64
	// Burst is how many may begin at once after a rest. Zero is DefaultBurst, negative 1.
	Burst int
	// HostDialsPerSecond is DialsPerSecond for each host by itself. Zero is DefaultHostDialsPerSecond, negative no limit.
	HostDialsPerSecond float64
	// HostBurst is Burst for each host by itself. Zero is DefaultHostBurst, negative 1.
	HostBurst int
	// MaxDialing is how many connections may be in the making at the same time, from the permit to Permit.Connected: name lookup,
	// connect, TLS handshake, login. Zero is DefaultMaxDialing, negative no limit.
	MaxDialing int
	// MaxPerHost is how many connections a host may have, those in the making included. Zero and less are no limit.
	MaxPerHost int
	// Jitter is how much later than the rate allows a permit comes, at most, as a part of the time between two permits at that rate. It is
	// random, so that several programs which lost the same server do not fall into step. Zero is DefaultJitter, negative none. What is
	// lost by it is made up for later, unless the burst is 1: then the rate is lower by up to that part.
	Jitter float64
	// Random gives the numbers of the jitter, from 0 up to 1. Nil is rand.Float64. It must not call the governor; a panic is logged by the
	// reactor and counts as 0. Goroutine: any, one at a time.
	Random func() float64
}

// filled answers o with its defaults. A rate or jitter that is no number panics.
func (o GovernorOptions) filled() GovernorOptions {
	for _, v := range []float64{o.DialsPerSecond, o.HostDialsPerSecond, o.Jitter} {
		if math.IsNaN(v) {
			panic(fmt.Sprintf("clientservice: NewGovernor: %v is no rate and no jitter", v))
		}
	}
	o.DialsPerSecond = orDefault(o.DialsPerSecond, DefaultDialsPerSecond)
	o.Burst = orDefault(o.Burst, DefaultBurst)
	o.HostDialsPerSecond = orDefault(o.HostDialsPerSecond, DefaultHostDialsPerSecond)
	o.HostBurst = orDefault(o.HostBurst, DefaultHostBurst)
	o.MaxDialing = orDefault(o.MaxDialing, DefaultMaxDialing)
	o.Jitter = min(max(orDefault(o.Jitter, DefaultJitter), 0), 1)
	if o.Random == nil {
		o.Random = rand.Float64
	}
	return o
}

// orDefault is v, or def if v is zero.
func orDefault[T int | float64 | time.Duration](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}

// never is the moment that does not come.
const never = time.Duration(math.MaxInt64)

// Governor says when connections may be begun, so that many parts of a program that connect at the same time do it one after the other. It is
// meant to be shared: by the services of a program, on all of its reactors, if these go by the same time.
//
// Those who wait for the same host are served in order; the hosts that can be served take turns, whatever the length of their lines. A
// host at one of its limits holds up nobody else. How many wait makes no operation slower; its time grows with the logarithm of the
// number of hosts, and with the number of reactors.
// Goroutine: any.
type Governor struct {
	options  GovernorOptions
	hostRate bucket // of a host that was not seen before

	mu      sync.Mutex    // guards what follows and all hosts, lanes, waiters and permits; held while Random runs, and no other code of others
	began   time.Time     // moments are measured from here
	next    time.Duration // when somebody can be served next if nothing happens before; never if only an event helps
	rate    bucket
	waiting int
	dialing int
	open    int
	hosts   map[string]*host
	turns   list.List // of *host: those that can be served, in the order of their turns
	delayed hostHeap
	resting hostHeap
	lanes   map[*reactor.Reactor]*lane // with somebody who waits
}

// NewGovernor makes a governor with the limits of o.
func NewGovernor(o GovernorOptions) *Governor {
	o = o.filled()
	return &Governor{
		options:  o,
		hostRate: newBucket(o.HostDialsPerSecond, o.HostBurst),
		rate:     newBucket(o.DialsPerSecond, o.Burst),
		next:     never,
		hosts:    make(map[string]*host),
		lanes:    make(map[*reactor.Reactor]*lane),
	}
}

// Acquire asks for the leave to make a connection to host. The Deferred fires on the goroutine of r, in a later turn, with a Permit that
// must be released. Cancel leaves the line at once. host is a name to count by, taken as it is; "" is a host like others.
//
// Fails with: reactor.ErrStopped if r has stopped. While a reactor that has somebody in line stops, nothing more is heard from it.
// A nil r panics. Goroutine: that of r, or before its Run.
func (g *Governor) Acquire(r *reactor.Reactor, host string) *deferred.Deferred[*Permit] {
	if r == nil {
		panic("clientservice: Acquire for a nil reactor")
	}
	w := &waiter{}
	w.d = deferred.New(w.cancel).BindTo(r)
	g.mu.Lock()
	w.lane, w.host = g.laneOf(r), g.hostOf(host)
	w.line = w.host.waiting.PushBack(w)
	w.lane.waiting++
	g.waiting++
	if w.host.place == nowhere || w.host.place == resting {
		g.seat(w.host, g.moment(r))
	}
	g.serve(r)
	stopped := w.lane.dead
	if stopped && w.line != nil {
		g.leaveLine(w)
		if w.host.waiting.Len() == 0 {
			g.seat(w.host, g.moment(r))
		}
	}
	g.mu.Unlock()
	if stopped {
		w.d.Errback(reactor.ErrStopped)
	}
	return w.d
}

// GovernorStats is how a Governor stands.
type GovernorStats struct {
	Waiting int // in line for a permit
	Dialing int // permits out whose connection is in the making
	Open    int // permits out, those in the making included
	Hosts   int // known: with somebody in line, with a permit out, or dialled a moment ago
}

// Stats tells how g stands now.
func (g *Governor) Stats() GovernorStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return GovernorStats{Waiting: g.waiting, Dialing: g.dialing, Open: g.open, Hosts: len(g.hosts)}
}

// moment is the time of r as the governor measures it. The mutex is held.
func (g *Governor) moment(r *reactor.Reactor) time.Duration {
	now := r.Now()
	if g.began.IsZero() {
		g.began = now
	}
	return now.Sub(g.began)
}

// serve grants what can be granted and tells the reactors. r is the one whose time it is. The mutex is held.
func (g *Governor) serve(r *reactor.Reactor) {
	now := g.moment(r)
	for again := true; again; {
		again = false
		g.grantAll(now)
		for _, l := range g.lanes {
			if l.needsRun() && !l.post() {
				l.bury(now)
				again = true
			}
		}
	}
}

// grantAll grants until a limit is reached or nobody is left, and works out when to go on.
func (g *Governor) grantAll(now time.Duration) {
	for {
		g.wake(now)
		switch {
		case g.options.MaxDialing > 0 && g.dialing >= g.options.MaxDialing:
			g.next = never
			return
		case g.turns.Len() == 0 && len(g.delayed) == 0:
			g.next = never
			return
		case g.turns.Len() == 0:
			g.next = g.delayed[0].when
			return
		case !g.rate.open(now):
			g.next = g.rate.next
			return
		}
		g.grant(g.turns.Front().Value.(*host), now)
	}
}

// grant gives the first in the line of h a permit, and h its next turn.
func (g *Governor) grant(h *host, now time.Duration) {
	w := h.waiting.Front().Value.(*waiter)
	g.leaveLine(w)
	if !w.lane.dead {
		h.open++
		g.open++
		g.dialing++
		h.rate.take(now, g.late(w.lane.r))
		g.rate.take(now, g.late(w.lane.r))
		w.permit = &Permit{g: g, r: w.lane.r, host: h}
		w.lane.granted = append(w.lane.granted, w)
	}
	g.seat(h, now)
}

// late is how much of a gap the next permit comes later. The mutex is held, so a panic is handed to r, which logs it.
func (g *Governor) late(r *reactor.Reactor) (part float64) {
	defer func() {
		if v := recover(); v != nil {
			_ = r.CallFromThread(func() { panic(v) })
		}
	}()
	return g.options.Jitter * g.options.Random()
}
