package clientservice

import (
	"container/list"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// Permit is the leave to make one connection. Its holder calls Connected when the connection is ready for use and Release when it
// has ended, or has not come about. Both may be called more than once, and on nil.
//
// Goroutine: any.
type Permit struct {
	g     *Governor
	r     *reactor.Reactor
	host  *host
	stage stage
}

// stage is the life of a permit.
type stage uint8

const (
	stageDialing stage = iota // counts against MaxDialing and MaxPerHost
	stageOpen                 // counts against MaxPerHost
	stageDone
)

// Connected says that the connection is made, all of it: name lookup, TLS handshake, login. Somebody else may begin.
func (p *Permit) Connected() {
	if p == nil {
		return
	}
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	if p.stage == stageDialing {
		p.stage = stageOpen
		p.g.dialing--
		p.g.serve(p.r)
	}
}

// Release says that the connection has ended, or that there will be none.
func (p *Permit) Release() {
	if p == nil {
		return
	}
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	if p.stage != stageDone {
		p.giveBack(p.g.moment(p.r))
		p.g.serve(p.r)
	}
}

// giveBack frees what the permit holds. The mutex is held.
func (p *Permit) giveBack(now time.Duration) {
	if p.stage == stageDialing {
		p.g.dialing--
	}
	p.stage = stageDone
	p.g.open--
	p.host.open--
	if p.host.place == nowhere {
		p.g.seat(p.host, now)
	}
}

// waiter is one Acquire that has no answer yet.
type waiter struct {
	d      *deferred.Deferred[*Permit]
	lane   *lane
	host   *host
	line   *list.Element // its place in host.waiting; nil once it has its permit
	permit *Permit       // granted and not delivered
}

// deliver fires the Deferred, unless it was cancelled meanwhile. Goroutine: reactor.
func (w *waiter) deliver() {
	w.lane.g.mu.Lock()
	p := w.permit
	w.lane.g.mu.Unlock()
	if p != nil && !w.d.TryCallback(p) {
		p.Release()
	}
}

// cancel leaves the line, or gives back the permit that was on its way. Goroutine: reactor.
func (w *waiter) cancel(*deferred.Deferred[*Permit]) {
	g := w.lane.g
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.moment(w.lane.r)
	switch {
	case w.line != nil:
		g.leaveLine(w)
		if w.host.waiting.Len() == 0 {
			g.seat(w.host, now)
		}
	case w.permit != nil:
		w.permit.giveBack(now)
		w.permit = nil
	default:
		return
	}
	g.serve(w.lane.r)
	w.lane.arm()
}

// leaveLine takes w out of the line of its host.
func (g *Governor) leaveLine(w *waiter) {
	w.host.waiting.Remove(w.line)
	w.line = nil
	w.lane.waiting--
	g.waiting--
}
