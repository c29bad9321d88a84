package task

import (
	"errors"
	"fmt"
	"time"

	"github.com/tconn/tconn/deferred"
)

var (
	// ErrNotRunning is the answer of Stop and Reset on a LoopingCall that was not started, or has stopped or failed.
	ErrNotRunning = errors.New("task: the LoopingCall is not running")
	// ErrAlreadyRunning is the failure of Start on a LoopingCall that was started before and has not ended.
	ErrAlreadyRunning = errors.New("task: the LoopingCall is running already")
)

// LoopingCall calls a function again and again, at an interval.
//
// Calls are planned for whole intervals after the start, so they do not drift. A call that is due while the one before is still
// under way, or the reactor was busy, is left out: the next one comes at the next whole interval.
//
// Goroutine: that of the clock. Lifetime: on a reactor it ends with the reactor, without a result. Source:
// twisted.internet.task.LoopingCall.
type LoopingCall struct {
	clock    Clock
	f        func(count int) *deferred.Deferred[struct{}]
	counting bool

	interval time.Duration
	start    time.Time   // the intervals count from here
	last     time.Time   // of the last call, for the count
	stop     func() bool // takes the planned call back; nil when none is planned
	running  bool
	ended    *deferred.Deferred[*LoopingCall] // what Start gave; nil when the loop has ended
	busy     bool                             // a call is under way
	call     *deferred.Deferred[struct{}]     // its result, once it has answered that
}

// NewLoopingCall makes a LoopingCall of f. It calls nothing before Start.
//
// A call of f is under way until the Deferred it answers has its result; nil stands for one that has. A nil c or f panics.
func NewLoopingCall(c Clock, f func() *deferred.Deferred[struct{}]) *LoopingCall {
	mustHave(c, "NewLoopingCall")
	if f == nil {
		panic("task: NewLoopingCall: nil function")
	}
	return &LoopingCall{clock: c, f: func(int) *deferred.Deferred[struct{}] { return f() }}
}

// NewLoopingCallWithCount is NewLoopingCall of an f that is told how many intervals have passed since its last call: 1, and one more
// for each call left out. With an interval of zero it is always 1. Source: LoopingCall.withCount.
func NewLoopingCallWithCount(c Clock, f func(count int) *deferred.Deferred[struct{}]) *LoopingCall {
	mustHave(c, "NewLoopingCallWithCount")
	if f == nil {
		panic("task: NewLoopingCallWithCount: nil function")
	}
	return &LoopingCall{clock: c, f: f, counting: true}
}

// Simple makes a function for NewLoopingCall of one that is done when it returns. A nil f panics.
func Simple(f func() error) func() *deferred.Deferred[struct{}] {
	if f == nil {
		panic("task: Simple: nil function")
	}
	return func() *deferred.Deferred[struct{}] {
		if err := f(); err != nil {
			return deferred.Fail[struct{}](err)
		}
		return nil
	}
}

// Start begins: with a call at once, inside Start, if now is true, else with one after the first interval. An interval of zero means
// a call in every turn of the reactor; a negative one panics.
//
// Fires with: the LoopingCall, when it was stopped and no call is under way.
// Fails with: the error of a call, which ends the loop, *PanicError too; ErrAlreadyRunning.
// Cancel stops the loop and cancels the call under way.
func (l *LoopingCall) Start(interval time.Duration, now bool) *deferred.Deferred[*LoopingCall] {
	if interval < 0 {
		panic(fmt.Sprintf("task: LoopingCall: negative interval %v", interval))
	}
	if l.ended != nil || l.busy {
		return deferred.Fail[*LoopingCall](ErrAlreadyRunning)
	}
	ended := bind(deferred.New(func(*deferred.Deferred[*LoopingCall]) { l.cancel() }), l.clock)
	l.ended, l.running, l.interval = ended, true, interval
	l.start = l.clock.Now()
	l.last = l.start
	if now {
		l.last = l.start.Add(-interval)
		l.run()
	} else {
		l.plan(l.start)
	}
	return ended
}

// Running tells whether it goes on: from Start until Stop or an error.
func (l *LoopingCall) Running() bool { return l.running }

// Interval is the interval of the last Start.
func (l *LoopingCall) Interval() time.Duration { return l.interval }

// Stop lets no further call begin. The Deferred of Start fires at once or, if a call is under way, when that has ended. It answers
// ErrNotRunning if there is nothing to stop.
func (l *LoopingCall) Stop() error {
	if !l.running {
		return ErrNotRunning
	}
	l.running = false
	l.unplan()
	if !l.busy {
		l.finish(nil)
	}
	return nil
}

// Reset plans the next call for one interval from now; the intervals count from here on. It answers ErrNotRunning if there is
// nothing to plan.
func (l *LoopingCall) Reset() error {
	if !l.running {
		return ErrNotRunning
	}
	l.start = l.clock.Now()
	if !l.busy {
		l.unplan()
		l.plan(l.start)
	}
	return nil
}

// plan has the next call made at the first whole interval after t.
func (l *LoopingCall) plan(t time.Time) {
	var wait time.Duration
	if l.interval > 0 {
		wait = l.interval - t.Sub(l.start)%l.interval
	}
	l.stop = l.clock.AfterFunc(wait, l.due)
}

func (l *LoopingCall) unplan() {
	if l.stop != nil {
		l.stop()
		l.stop = nil
	}
}

func (l *LoopingCall) due() {
	l.stop = nil
	l.run()
}

// run makes one call.
func (l *LoopingCall) run() {
	count := l.count()
	if count < 1 { // the clock was turned back
		l.plan(l.clock.Now())
		return
	}
	l.busy = true
	d := deferred.Execute(func() (struct{}, error) {
		if d := l.f(count); d != nil {
			return deferred.Chain(d)
		}
		return struct{}{}, nil
	})
	l.call = d
	if l.ended == nil { // cancelled by the call itself
		d.Cancel()
	}
	d.Handle(func(struct{}) { l.done(nil) }, l.done)
}

// done is the end of a call.
func (l *LoopingCall) done(err error) {
	l.busy, l.call = false, nil
	switch {
	case err != nil:
		l.running = false
		l.finish(err)
	case l.running:
		l.plan(l.clock.Now())
	default:
		l.finish(nil)
	}
}

// finish gives the Deferred of Start its result; one that was cancelled has it.
func (l *LoopingCall) finish(err error) {
	ended := l.ended
	l.ended = nil
	switch {
	case ended == nil:
	case err != nil:
		ended.TryErrback(err)
	default:
		ended.TryCallback(l)
	}
}

// cancel is the canceller of what Start gave.
func (l *LoopingCall) cancel() {
	l.running, l.ended = false, nil
	l.unplan()
	if l.call != nil {
		l.call.Cancel()
	}
}

// count is how many whole intervals have passed since the last call.
func (l *LoopingCall) count() int {
	if !l.counting || l.interval == 0 {
		return 1
	}
	now := l.clock.Now()
	count := int(now.Sub(l.start)/l.interval - l.last.Sub(l.start)/l.interval)
	if count > 0 {
		l.last = now
	}
	return count
}
