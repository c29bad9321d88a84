package reactor

import (
	"runtime"
	"sync"
	"time"

	"github.com/tconn/tconn/deferred"
)

// Stats says what a reactor holds now and what it has done since New.
//
// To read the clock is dear beside a turn, so not every turn is measured: one in thirteen is, which TurnTime is reckoned from, and each one that the
// watchdog comes across, so none that stalls the reactor is missed. With WithMetrics or WithClock all are.
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

	BytesRead      uint64 // by connections from the kernel; of TLS the ciphertext. Datagrams are not counted
	BytesWritten   uint64 // by connections to the kernel; of TLS the ciphertext. Datagrams are not counted
	DroppedWrites  uint64 // calls of Write that got ErrWriteAfterClose
	ProducerPauses uint64 // how many times a streaming producer was told to pause because too much waited

	Calls       uint64        // functions that CallFromThread has handed over and that have run, those of the package itself among them
	Turns       uint64        // how many times the loop has run callbacks: for one ready descriptor, or for calls and timers
	TurnTime    time.Duration // all turns together, about; the rest of the time the loop waited
	LongestTurn time.Duration // of those that were measured
	CurrentTurn time.Duration // how long the turn that runs now has taken so far; 0 while the loop waits
	Stalls      uint64        // turns that took as long as WithStallWarning says, or longer; counted at their end
}

// Stats answers what the reactor holds and has done, up to the end of its latest turn; on the reactor goroutine up to now.
//
// It does not wait for a reactor that hangs: after a moment it answers what was known before, which is up to a tenth of a second older than the
// turn that runs (WithStallWarning(0): as old as the call of Stats before). Then CurrentTurn grows and Turns does not. Before Run the answer is
// empty, but for what RunUntilCurrent has done.
//
// Goroutine: any.
func (r *Reactor) Stats() Stats {
	if deferred.OnLoop(r) {
		s := r.gather()
		if r.turnWord > waiting {
			s.CurrentTurn = time.Since(r.began) - time.Duration(r.turnWord)
		}
		return s
	}
	var began int64
	for range statsTries {
		if state := r.state.Load(); state == stateNew || state == stateStopped {
			break
		}
		if began = r.lookIn(nil); began <= waiting {
			break
		}
		runtime.Gosched()
	}
	s := r.published.load()
	if began > waiting {
		s.CurrentTurn = max(time.Since(r.began)-time.Duration(began), 1)
	}
	return s
}

// statsTries is how many times Stats looks whether the turn that runs has ended.
const statsTries = 200

// lookIn publishes the counts now if the loop waits, and at the end of the turn if it does not; then it calls running, too. It answers when the
// turn began, or waiting, or untimed. Goroutine: not the reactor's, which stands still when it comes to the end of the turn meanwhile.
func (r *Reactor) lookIn(running func()) int64 {
	return r.inTurn.hold(func(began int64) {
		if began == waiting {
			r.published.store(r.gather())
			return
		}
		r.attention.Store(true)
		if running != nil {
			running()
		}
	})
}

// gather adds to the counts what can be looked up. Goroutine: reactor.
func (r *Reactor) gather() Stats {
	s := r.count
	s.Connections, s.Attempts, s.Timers = len(r.conns.list), len(r.attempts), len(r.timers.heap)
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
