package reactor

import (
	"sync"
	"time"
)

// netDeadline is the moment from which the calls of one direction fail. The lock of the condition it wakes guards it.
type netDeadline struct {
	at     time.Time   // zero for none
	timer  *time.Timer // nil until a deadline was ever set
	passed bool
}

// move sets another moment and wakes who waits if that has passed already.
func (d *netDeadline) move(at time.Time, wake *sync.Cond) {
	d.at, d.passed = at, false
	if at.IsZero() {
		d.stop()
		return
	}
	switch wait := time.Until(at); {
	case wait <= 0:
		d.stop()
		d.passed = true
		wake.Broadcast()
	case d.timer == nil:
		d.timer = time.AfterFunc(wait, func() { d.fire(wake) })
	default:
		d.timer.Reset(wait)
	}
}

// fire looks at the moment set now: the timer may have run out just as it was moved.
func (d *netDeadline) fire(wake *sync.Cond) {
	wake.L.Lock()
	defer wake.L.Unlock()
	if !d.at.IsZero() && !d.passed {
		d.move(d.at, wake)
	}
}

func (d *netDeadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

// forget ends the deadline for good.
func (d *netDeadline) forget() {
	d.stop()
	d.at, d.timer = time.Time{}, nil
}
