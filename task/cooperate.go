package task

import (
	"cmp"
	"errors"
	"iter"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

const (
	// slice is how long the tasks of a Cooperator run before the reactor gets its turn.
	slice = 10 * time.Millisecond
	// maxSteps is how many steps they take in one go at most, however short: a clock moved by hand stands still meanwhile.
	maxSteps = 1024
)

// ErrTaskStopped is the failure of WhenDone of a CooperativeTask that was stopped.
var ErrTaskStopped = errors.New("task: the CooperativeTask was stopped")

// Cooperator shares time between its tasks and the reactor: its tasks take steps in turn, for 10 ms or so, then the reactor has a
// turn, then they go on.
//
// Goroutine: that of the clock. Source: twisted.internet.task.Cooperator.
type Cooperator struct {
	clock   Clock
	ready   []*CooperativeTask // have a step to take, the next one first
	all     map[*CooperativeTask]struct{}
	made    uint64 // tasks so far
	planned bool
	taking  bool   // steps are being taken
	release func() // takes back what was asked of a reactor
}

// NewCooperator makes a Cooperator without tasks. A nil c panics.
func NewCooperator(c Clock) *Cooperator {
	mustHave(c, "NewCooperator")
	return &Cooperator{clock: c, all: make(map[*CooperativeTask]struct{})}
}

// Cooperate is Cooperate of a Cooperator of its own. Many tasks had better share one, or the reactor waits for the time of each.
// Source: twisted.internet.task.cooperate.
func Cooperate(c Clock, steps iter.Seq[*deferred.Deferred[struct{}]]) *CooperativeTask {
	mustHave(c, "Cooperate")
	return NewCooperator(c).Cooperate(steps)
}

// Cooperate takes the steps of a sequence, beginning in the next turn of the reactor. What the sequence does until its next yield
// is a step. When it yields a Deferred the task goes on with its result; nil means that it can go on at once.
//
// The task ends with the sequence, when a step panics or a Deferred fails, at Stop, and when the reactor stops, after the triggers
// before Shutdown. A sequence that has not ended is told so by a yield that answers false, and should clean up and return. On a
// Clock that is no running reactor a task that has begun holds a goroutine until it ends. A nil steps panics.
func (c *Cooperator) Cooperate(steps iter.Seq[*deferred.Deferred[struct{}]]) *CooperativeTask {
	if steps == nil {
		panic("task: Cooperate: nil sequence")
	}
	c.made++
	t := &CooperativeTask{c: c, number: c.made, steps: steps}
	if len(c.all) == 0 {
		c.release = c.stopWithReactor()
	}
	c.all[t] = struct{}{}
	c.enqueue(t)
	return t
}

// onLoop marks the coroutine of a sequence as the reactor goroutine for each of its steps.
func (c *Cooperator) onLoop(steps iter.Seq[*deferred.Deferred[struct{}]]) iter.Seq[*deferred.Deferred[struct{}]] {
	e, ok := c.clock.(deferred.Executor)
	if !ok {
		return steps
	}
	return func(yield func(*deferred.Deferred[struct{}]) bool) {
		leave := deferred.EnterLoop(e)
		defer func() { leave() }()
		steps(func(d *deferred.Deferred[struct{}]) bool {
			leave()
			more := yield(d)
			leave = deferred.EnterLoop(e)
			return more
		})
	}
}

// stopWithReactor has all tasks stopped when the reactor does, if the clock is one: their sequences would never be left.
func (c *Cooperator) stopWithReactor() (release func()) {
	r, ok := c.clock.(interface {
		AddSystemEventTrigger(reactor.Phase, reactor.SystemEvent, func() *deferred.Deferred[struct{}]) (remove func())
	})
	if !ok {
		return func() {}
	}
	return r.AddSystemEventTrigger(reactor.During, reactor.Shutdown, func() *deferred.Deferred[struct{}] {
		for _, t := range slices.SortedFunc(maps.Keys(c.all), older) {
			t.end(reactor.ErrStopped)
		}
		return nil
	})
}

func older(a, b *CooperativeTask) int { return cmp.Compare(a.number, b.number) }

func (c *Cooperator) enqueue(t *CooperativeTask) {
	t.queued = true
	c.ready = append(c.ready, t)
	if !c.planned && !c.taking {
		c.planned = true
		c.clock.AfterFunc(0, c.turn)
	}
}

// turn takes steps until the time is up.
func (c *Cooperator) turn() {
	c.planned, c.taking = false, true
	until := c.clock.Now().Add(slice)
	for n := 0; len(c.ready) > 0; n++ {
		if n == maxSteps || !c.clock.Now().Before(until) {
			break
		}
		t := c.ready[0]
		c.ready[0], c.ready = nil, c.ready[1:]
		t.queued = false
		t.step()
	}
	c.taking = false
	if len(c.ready) > 0 {
		c.planned = true
		c.clock.AfterFunc(0, c.turn)
	}
}

func (c *Cooperator) dequeue(t *CooperativeTask) {
	if t.queued {
		t.queued = false
		c.ready = slices.DeleteFunc(c.ready, func(other *CooperativeTask) bool { return other == t })
	}
}

func (c *Cooperator) remove(t *CooperativeTask) {
	c.dequeue(t)
	delete(c.all, t)
	if len(c.all) == 0 {
		c.release()
	}
}

// CooperativeTask is work that is done step by step. Source: twisted.internet.task.CooperativeTask.
//
// Goroutine: that of the clock; all methods may be called by its own steps.
type CooperativeTask struct {
	c       *Cooperator
	number  uint64
	steps   iter.Seq[*deferred.Deferred[struct{}]]
	next    func() (*deferred.Deferred[struct{}], bool) // nil until the first step
	leave   func()
	queued  bool
	pauses  int
	waiting bool // for a Deferred of the sequence
	inside  bool // a step is being taken
	over    bool
	err     error // why it is over; nil for the end of the sequence
	done    []*deferred.Deferred[struct{}]
}

// Pause holds further steps back until Resume was called as often. A Deferred that is waited for is not touched.
func (t *CooperativeTask) Pause() {
	t.pauses++
	t.c.dequeue(t)
}

// Resume undoes one Pause. It panics if there is none.
func (t *CooperativeTask) Resume() {
	if t.pauses == 0 {
		panic("task: Resume without Pause")
	}
	t.pauses--
	t.goOn()
}

// Stop ends the task with ErrTaskStopped, and does nothing if it has ended. A Deferred that it waits for is left alone: the sequence
// can cancel it on its way out.
func (t *CooperativeTask) Stop() { t.end(ErrTaskStopped) }

// WhenDone gives a Deferred for the end of the task, a new one each time.
//
// Fires when the sequence has ended. Fails with: what a Deferred of the sequence failed with; *PanicError of package deferred;
// ErrTaskStopped; reactor.ErrStopped. Cancel ends the wait, not the task.
func (t *CooperativeTask) WhenDone() *deferred.Deferred[struct{}] {
	d := bind(deferred.New[struct{}](), t.c.clock)
	if t.over && !t.inside {
		t.tell(d)
	} else {
		t.done = append(t.done, d)
	}
	return d
}

func (t *CooperativeTask) tell(d *deferred.Deferred[struct{}]) {
	if t.err != nil {
		d.TryErrback(t.err)
		return
	}
	d.TryCallback(struct{}{})
}

// goOn has the next step taken, if nothing speaks against it.
func (t *CooperativeTask) goOn() {
	if t.pauses == 0 && !t.waiting && !t.inside && !t.over {
		t.c.enqueue(t)
	}
}

// step has the sequence run to its next yield.
func (t *CooperativeTask) step() {
	d, more, err := t.pull()
	switch {
	case t.over: // stopped by its own step
		t.close()
	case err != nil:
		t.end(err)
	case !more:
		t.end(nil)
	case d == nil:
		t.goOn()
	default:
		t.waiting = true
		d.Handle(
			func(struct{}) { t.waiting = false; t.goOn() },
			func(err error) { t.waiting = false; t.end(err) })
	}
}

// pull takes a step; a panic in it is an error.
func (t *CooperativeTask) pull() (d *deferred.Deferred[struct{}], more bool, err error) {
	t.inside = true
	defer func() {
		t.inside = false
		if p := recover(); p != nil {
			err = &deferred.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	if t.next == nil {
		t.next, t.leave = iter.Pull(t.c.onLoop(t.steps))
		t.steps = nil
	}
	d, more = t.next()
	return d, more, nil
}

// end is the end of the task. Inside a step its sequence cannot be left yet.
func (t *CooperativeTask) end(err error) {
	if t.over {
		return
	}
	t.over, t.err = true, err
	t.c.remove(t)
	if !t.inside {
		t.close()
	}
}

// close leaves the sequence and tells everybody.
func (t *CooperativeTask) close() {
	t.inside = true
	func() {
		defer func() {
			if p := recover(); p != nil && t.err == nil {
				t.err = &deferred.PanicError{Value: p, Stack: debug.Stack()}
			}
		}()
		if t.leave != nil {
			t.leave()
		}
	}()
	t.inside = false
	done := t.done
	t.done = nil
	for _, d := range done {
		t.tell(d)
	}
}
