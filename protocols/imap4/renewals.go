package imap4

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tconn/tconn/reactor"
)

// renewals are the clients of one reactor that are in IDLE and are to be renewed one day. They share a timer: one for each would be a
// good part of what an idle connection costs.
type renewals struct {
	r    *reactor.Reactor
	base time.Time
	list []*Idling // in no order; each knows its place
	call *reactor.DelayedCall
	next uint32 // when call is
}

const (
	// renewalTick is the unit of Idling.due.
	renewalTick = 100 * time.Millisecond
	// renewalSlack is how many ticks a renewal may be late, so that those which are due together go together.
	renewalSlack = 5
	// maxRenewal keeps Idling.due within its range.
	maxRenewal = 365 * 24 * time.Hour
)

// renewing holds the renewals of each reactor that has some.
var renewing = struct {
	sync.Mutex
	of map[*reactor.Reactor]*renewals
}{of: map[*reactor.Reactor]*renewals{}}

// renewLater plans the end of the IDLE that has begun.
func (i *Idling) renewLater() {
	limit := min(i.c.options().idleRenewal(), maxRenewal)
	if limit <= 0 {
		return
	}
	r := i.c.transport.Reactor()
	renewing.Lock()
	l := renewing.of[r]
	if l == nil {
		l = &renewals{r: r, base: r.Now()}
		renewing.of[r] = l
	}
	renewing.Unlock()
	i.due = l.ticks(limit - rand.N(limit/7+1))
	l.list = append(l.list, i)
	i.place = int32(len(l.list))
	l.wakeAt(i.due)
}

// cancelRenewal takes that back.
func (i *Idling) cancelRenewal() {
	if i.place == 0 {
		return
	}
	renewing.Lock()
	defer renewing.Unlock()
	l := renewing.of[i.c.transport.Reactor()]
	end := len(l.list) - 1
	last := l.list[end]
	l.list[i.place-1], last.place = last, i.place
	l.list[end] = nil
	l.list = l.list[:end]
	i.place = 0
	if end == 0 {
		_ = l.call.Cancel()
		delete(renewing.of, l.r)
	}
}

// ticks is the time in d.
func (l *renewals) ticks(d time.Duration) uint32 {
	return uint32((l.r.Now().Sub(l.base) + d) / renewalTick)
}

// wakeAt sees to it that somebody looks when due is over.
func (l *renewals) wakeAt(due uint32) {
	if l.call != nil && l.call.Active() {
		if due+renewalSlack >= l.next {
			return
		}
		_ = l.call.Cancel()
	}
	l.next = due + renewalSlack
	at := l.base.Add(time.Duration(l.next) * renewalTick)
	l.call = l.r.CallLater(max(at.Sub(l.r.Now()), 0), l.renew)
}

// renew ends the IDLE of those whose time is up; the end of each leads to the next one.
func (l *renewals) renew() {
	now := l.ticks(0)
	for k := len(l.list) - 1; k >= 0; k-- { // from the end: one that goes is replaced by one that was seen
		if i := l.list[k]; i.due <= now {
			i.interrupt()
		}
	}
	if len(l.list) == 0 {
		return
	}
	earliest := l.list[0].due
	for _, i := range l.list {
		earliest = min(earliest, i.due)
	}
	l.wakeAt(earliest)
}
