package policies

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/tconn/tconn/reactor"
)

// TimeoutError is within the reason of a connection that ended because nothing happened on it for too long: the reason is a
// *reactor.LossError over it. errors.Is matches context.DeadlineExceeded and os.ErrDeadlineExceeded.
type TimeoutError struct {
	After time.Duration // the limit that was set
}

// Error tells the limit.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("policies: nothing happened on the connection for %v", e.After)
}

// Timeout is always true, as net.Error and os.IsTimeout ask.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary is always true: the next connection may be livelier.
func (e *TimeoutError) Temporary() bool { return true }

// Is matches the deadlines of other packages.
func (e *TimeoutError) Is(target error) bool {
	return target == context.DeadlineExceeded || target == os.ErrDeadlineExceeded
}

// TimeoutOwner is a protocol that a Timeout watches over. Every protocol with a reactor.BaseProtocol in it is one.
type TimeoutOwner interface {
	// Transport is the connection, nil before it is made.
	Transport() reactor.Transport
}

// TimeoutHandler is implemented by a TimeoutOwner that wants to end a silent connection in its own way, for example with
// a last word before LoseConnection. Without it the connection is aborted, and the reason matches *TimeoutError.
//
// Goroutine: reactor.
type TimeoutHandler interface {
	// TimedOut is called once for each SetTimeout that ran out.
	TimedOut()
}

// Timeout ends a connection on which the protocol sees no progress. Embed it in the protocol, tell it once whose it is, and call
// ResetTimeout at what counts as progress:
//
//	func NewEcho() *Echo {
//		e := &Echo{}
//		e.Init(e)        // of basic.LineReceiver
//		e.InitTimeout(e)
//		return e
//	}
//
//	func (e *Echo) ConnectionMade()          { e.SetTimeout(time.Minute) }
//	func (e *Echo) LineReceived(line []byte) { e.ResetTimeout(); ... }
//
// ResetTimeout only notes the time. The one timer there is looks at the note when it fires, and stops when the connection ends.
//
// Goroutine: reactor, for every method. Source: twisted.protocols.policies.TimeoutMixin.
type Timeout struct {
	owner   TimeoutOwner
	reactor *reactor.Reactor     // known from the first SetTimeout on, when the end of the connection is watched
	timer   *reactor.DelayedCall // nil when none runs
	last    time.Time            // of the last progress
	period  time.Duration
	ended   bool
}

// InitTimeout makes owner the protocol to watch over. Call it where the protocol is made, with the protocol itself. A nil owner panics.
func (m *Timeout) InitTimeout(owner TimeoutOwner) {
	if owner == nil {
		panic("policies: InitTimeout with a nil protocol")
	}
	m.owner = owner
}

// SetTimeout starts the timeout anew with d, or stops it if d is zero or less, and answers what was set before, zero if nothing
// was. Call it when the connection is made, or later: it panics before that, and without InitTimeout. On a connection that has ended it
// starts nothing.
func (m *Timeout) SetTimeout(d time.Duration) (old time.Duration) {
	if m.owner == nil {
		panic("policies: a Timeout was not initialised; call p.InitTimeout(p) where the protocol p is made")
	}
	t := m.owner.Transport()
	if t == nil {
		panic("policies: SetTimeout before the connection is made")
	}
	old = m.period
	if m.reactor == nil {
		m.reactor = t.Reactor()
		t.OnLost(func(error) { m.ended = true; m.stop() })
	}
	if d <= 0 || m.ended {
		m.stop()
		return old
	}
	m.period, m.last = d, m.reactor.Now()
	switch {
	case m.timer == nil:
		m.start(d)
	case m.timer.Time().Sub(m.last) > d:
		_ = m.timer.Reset(d)
	}
	return old
}

// ResetTimeout says that there was progress: the time counts from now. It does nothing while no timeout runs.
func (m *Timeout) ResetTimeout() {
	if m.timer != nil {
		m.last = m.reactor.Now()
	}
}

func (m *Timeout) start(d time.Duration) {
	m.timer = m.reactor.CallLater(d, m.onTimer)
}

func (m *Timeout) stop() {
	m.period = 0
	if m.timer != nil {
		_ = m.timer.Cancel()
		m.timer = nil
	}
}

// onTimer goes on waiting if there was progress meanwhile.
func (m *Timeout) onTimer() {
	t := m.owner.Transport()
	if left := m.period - m.reactor.Now().Sub(m.last); left > 0 {
		m.start(left)
		return
	}
	m.timer = nil
	if h, ok := m.owner.(TimeoutHandler); ok {
		guard(t, h.TimedOut)
		return
	}
	t.AbortWith(&TimeoutError{After: m.period})
}

// guard runs what a timer calls in a protocol. As in every callback of a connection a panic ends it, with the panic as the reason;
// the reactor logs it.
func guard(t reactor.Transport, f func()) {
	defer func() {
		if v := recover(); v != nil {
			t.AbortWith(&reactor.PanicError{Value: v, Stack: debug.Stack()})
			panic(v)
		}
	}()
	f()
}
