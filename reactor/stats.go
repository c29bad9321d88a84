package reactor

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tconn/tconn/deferred"
)

// Stats says what a reactor holds now and what it has done since New.
type Stats struct {
	Connections int   // open now, those whose TLS handshake is under way among them
	Attempts    int   // to connect, under way now
	Timers      int   // calls that CallLater has planned and that are still to come
	Buffered    int64 // bytes written that wait, over all connections: for the kernel, or for the end of a TLS handshake

	Accepted         uint64 // connections that came in, before the TLS handshake if there is one
	TurnedAway       uint64 // peers closed at once because the process had no descriptor left
	Connected        uint64 // attempts that led to a connection, after the TLS handshake if there is one
	Failed           uint64 // attempts that did not
	Handshakes       uint64 // of TLS that succeeded: of ConnectTLS, ListenTLS and StartTLS
	HandshakesFailed uint64 // of TLS that did not, because the peer vanished for example

	BytesRead      uint64 // from the kernel; of TLS the ciphertext
	BytesWritten   uint64 // to the kernel; of TLS the ciphertext
	DroppedWrites  uint64 // calls of Write that got ErrWriteAfterClose
	ProducerPauses uint64 // how many times a streaming producer was told to pause because too much waited

	Calls       uint64        // functions that CallFromThread has handed over and that have run, those of the package itself among them
	Turns       uint64        // how many times the loop has run callbacks: for one ready descriptor, or for calls and timers
	TurnTime    time.Duration // all turns together, by the reactor's clock; the rest of the time the loop waited
	LongestTurn time.Duration // by the reactor's clock
	CurrentTurn time.Duration // how long the turn that runs now has taken so far; 0 while the loop waits
	Stalls      uint64        // turns that took as long as WithStallWarning allows, or longer; counted at their end
}

// Stats answers what the reactor holds and has done, up to the end of its latest turn; on the reactor goroutine up to now. It
// never waits for the reactor, so it tells of one that hangs, too: its CurrentTurn grows and Turns does not.
//
// Goroutine: any.
func (r *Reactor) Stats() Stats {
	var s Stats
	if deferred.OnLoop(r) {
		s = r.gather()
	} else {
		s = r.published.load()
	}
	s.CurrentTurn = r.inTurn.age(time.Since(r.began))
	return s
}

// gather adds to the counts what can be looked up. Goroutine: reactor.
func (r *Reactor) gather() Stats {
	s := r.count
	s.Connections, s.Attempts, s.Timers = len(r.conns), len(r.attempts), len(r.timers.heap)
	return s
}

// published is what other goroutines may see of the counts.
type published struct {
	mu    sync.Mutex
	stats Stats
}

func (p *published) load() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

func (p *published) store(s Stats) {
	p.mu.Lock()
	p.stats = s
	p.mu.Unlock()
}

// turnMark says since when the reactor goroutine has been running callbacks: nanoseconds since the reactor was made, by the
// system's clock. Other goroutines may look at it.
type turnMark struct{ began atomic.Int64 }

const (
	waiting  = 0  // the loop waits
	untimed  = -1 // callbacks run, and nobody asks for how long
	someTurn = 1  // or-ed to a time, which makes it differ from waiting
)

// Load tells whether callbacks run.
func (m *turnMark) Load() bool { return m.began.Load() != waiting }

// Store sets whether callbacks run, without timing them.
func (m *turnMark) Store(running bool) {
	if running {
		m.began.Store(untimed)
		return
	}
	m.began.Store(waiting)
}

// age is how long the turn has been going on.
func (m *turnMark) age(now time.Duration) time.Duration {
	began := m.began.Load()
	if began == waiting || began == untimed {
		return 0
	}
	return max(now-time.Duration(began), 0)
}

// beginTurn and endTurn frame what is timed. A turn costs two readings of the clock.
func (r *Reactor) beginTurn() {
	now := time.Since(r.began)
	r.inTurn.began.Store(int64(now) | someTurn)
	if r.ownClock {
		now = r.timers.now()
	}
	r.turnBegan = now
	r.watch.begin()
}

func (r *Reactor) endTurn() {
	var now time.Duration
	if r.ownClock {
		now = r.timers.now()
	} else {
		now = time.Since(r.began)
	}
	took := max(now-r.turnBegan, 0)
	r.count.Turns++
	r.count.TurnTime += took
	r.count.LongestTurn = max(r.count.LongestTurn, took)
	if r.metrics != nil {
		r.measure(func(m Metrics) { m.TurnDone(took) })
	}
	if limit := r.watch.limit; limit > 0 && took >= limit {
		r.count.Stalls++
		r.watch.stalled(took)
	}
	r.watch.end()
	r.published.store(r.gather())
	r.inTurn.Store(false)
}
