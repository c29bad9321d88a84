package clientservice

import (
	"time"

	"github.com/tconn/tconn/reactor"
)

// lane is what a Governor has to do with one reactor while somebody waits there: it brings permits to the reactor's goroutine, and
// keeps the one timer. Its fields are guarded by the governor's mutex; stop is used on the goroutine of the reactor only.
type lane struct {
	g       *Governor
	r       *reactor.Reactor
	waiting int       // in the lines of hosts
	granted []*waiter // have a permit and do not know yet
	posted  bool      // run is on its way to the reactor
	dead    bool      // the reactor has stopped

	armed bool
	at    time.Duration // armed: when the timer fires
	stop  func() bool
}

// laneOf finds the lane of r, or makes one.
func (g *Governor) laneOf(r *reactor.Reactor) *lane {
	l := g.lanes[r]
	if l == nil {
		l = &lane{g: g, r: r}
		g.lanes[r] = l
	}
	return l
}

// needsRun tells whether the lane has something to do on its reactor.
func (l *lane) needsRun() bool {
	return len(l.granted) > 0 || l.wantsTimer() && (!l.armed || l.at > l.g.next)
}

func (l *lane) wantsTimer() bool { return l.waiting > 0 && l.g.next != never }

// post has run called on the reactor. It answers false if the reactor has stopped.
func (l *lane) post() bool {
	if l.posted {
		return true
	}
	l.posted = l.r.CallFromThread(l.run) == nil
	return l.posted
}

// run delivers the permits and sees to the timer. Goroutine: reactor.
func (l *lane) run() {
	l.g.mu.Lock()
	l.posted = false
	l.finish()
}

// tick is the timer. Goroutine: reactor.
func (l *lane) tick() {
	l.g.mu.Lock()
	l.armed = false
	l.g.serve(l.r)
	l.finish()
}

// finish is the end of run and tick. The mutex is held, and is free afterwards.
func (l *lane) finish() {
	granted := l.granted
	l.granted = nil
	l.arm()
	l.g.mu.Unlock()
	for _, w := range granted {
		w.deliver()
	}
}

// arm sets the timer, or lets it go; a lane that has nothing to do goes, too. A timer that fires too early does no harm. The mutex is
// held. Goroutine: reactor.
func (l *lane) arm() {
	wants := l.wantsTimer()
	if l.armed && (!wants || l.at > l.g.next) {
		l.stop()
		l.armed = false
	}
	if wants && !l.armed {
		l.at, l.armed = l.g.next, true
		l.stop = l.r.AfterFunc(max(l.at-l.g.moment(l.r), 0), l.tick)
	}
	if l.waiting == 0 && !l.posted {
		delete(l.g.lanes, l.r)
	}
}

// bury forgets the lane of a reactor that has stopped. Its waiters never hear anything: there is no goroutine left to tell them on.
func (l *lane) bury(now time.Duration) {
	l.dead = true
	delete(l.g.lanes, l.r)
	for _, w := range l.granted {
		w.permit.giveBack(now)
	}
	l.granted = nil
}
