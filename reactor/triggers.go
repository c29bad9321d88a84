package reactor

import (
	"container/list"
	"fmt"
	"math"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/tconn/tconn/deferred"
)

// Phase is a third of a system event: its triggers run before, during or after what the reactor does itself.
type Phase int

// The phases, in their order.
const (
	Before Phase = iota
	During
	After
	phases
)

// String is Twisted's word for the phase.
func (p Phase) String() string { return name([]string{"before", "during", "after"}, int(p)) }

// SystemEvent is an event in the life of a reactor that triggers can be added to.
type SystemEvent int

const (
	// Startup: Run has begun. Before it no port from before Run accepts and no attempt from before Run connects. Then the ports
	// accept, and one after the other come its triggers, the attempts and functions of CallWhenRunning, and the triggers after it.
	Startup SystemEvent = iota
	// Shutdown: Stop was called. Before it everything works as ever; then ports close, attempts fail and connections are lost;
	// then come its other two phases; then Run returns.
	Shutdown
	systemEvents
)

// String is Twisted's word for the event.
func (e SystemEvent) String() string { return name([]string{"startup", "shutdown"}, int(e)) }

func name(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("unknown (%d)", i)
	}
	return names[i]
}

// DefaultShutdownTimeout is how long a stopping reactor waits in one phase for the Deferreds of the triggers.
const DefaultShutdownTimeout = 30 * time.Second

// WithShutdownTimeout sets how long each phase of the shutdown waits for the Deferreds of its triggers,
// DefaultShutdownTimeout otherwise. Those open by then are cancelled, counted in the log, and waited for no more. Zero and less
// mean that the triggers are called and not waited for.
func WithShutdownTimeout(d time.Duration) Option {
	return func(r *Reactor) { r.stopping.limit = max(d, 0) }
}

// AddSystemEventTrigger has f called in a phase of a system event, in the order of adding; remove takes it back.
//
// The next phase begins when each f of this one has returned and the Deferreds they answered have their results; nil stands for
// a result that is there. Whatever one f does, error and panic too, is logged and keeps no other from running. A trigger added to
// the phase under way runs in that phase, one added to a phase that is over never does. remove does nothing once f was called.
//
// Before Shutdown is the place to log out: connections, connecting, listening and, while a Deferred is waited for, planned calls
// work as ever. In the later phases connections are gone and planned calls do not run, so a Deferred has to be fired
// from a goroutine, with CallFromThread. Each phase waits for at most the time of WithShutdownTimeout. The startup waits
// without limit; a Stop meanwhile cancels what it waits for and skips its later phases. When the system's poller fails
// there is no loop to wait in: the triggers of the shutdown are called, and Run returns.
//
// A nil f, an unknown phase and an unknown event panic. Goroutine: reactor, or before Run; for remove too.
// Source: twisted.internet.interfaces.IReactorCore.addSystemEventTrigger, which waits in the before phase only, and for ever.
func (r *Reactor) AddSystemEventTrigger(phase Phase, event SystemEvent, f func() *deferred.Deferred[struct{}]) (remove func()) {
	switch {
	case f == nil:
		panic("reactor: AddSystemEventTrigger: nil function")
	case phase < 0 || phase >= phases:
		panic("reactor: AddSystemEventTrigger: phase is " + phase.String())
	case event < 0 || event >= systemEvents:
		panic("reactor: AddSystemEventTrigger: event is " + event.String())
	}
	r.mustBeInTurn("AddSystemEventTrigger")
	e := &r.starting
	if event == Shutdown {
		e = &r.stopping
	}
	l := &e.triggers[phase]
	place := l.PushBack(&trigger{f: f})
	if e.waits(phase) {
		r.soon(e.step)
	}
	return func() {
		r.mustBeInTurn("the remove of AddSystemEventTrigger")
		l.Remove(place)
	}
}

// trigger is a function to be called in a phase.
type trigger struct {
	f      func() *deferred.Deferred[struct{}]
	result *deferred.Deferred[struct{}] // what it answered, while that is waited for
	gaveUp bool                         // the result was cancelled and says no more than that
}

// event runs the triggers of a system event, phase by phase.
type event struct {
	r        *Reactor
	kind     SystemEvent
	limit    time.Duration // of the wait in each phase
	triggers [phases]list.List

	phase    Phase
	then     func()     // what follows the phase under way; nil between phases
	inside   bool       // triggers are being called
	open     []*trigger // whose results are waited for
	deadline *DelayedCall
	hurried  bool // nothing is waited for any more
}

// noLimit is the limit of an event that waits for ever.
const noLimit = time.Duration(math.MaxInt64)

func (e *event) init(r *Reactor, kind SystemEvent, limit time.Duration) {
	e.r, e.kind, e.limit = r, kind, limit
}

// run calls the triggers of a phase, waits for their results, and then calls then. It may be over when run returns.
func (e *event) run(p Phase, then func()) {
	e.phase, e.then = p, then
	e.step()
}

// waits tells whether the phase p is under way and waits for results.
func (e *event) waits(p Phase) bool {
	return e.then != nil && e.phase == p && len(e.open) > 0
}

// step calls the triggers there are and ends the phase if nothing is waited for.
func (e *event) step() {
	if e.then == nil || e.inside {
		return
	}
	e.inside = true
	l := &e.triggers[e.phase]
	for place := l.Front(); place != nil; place = l.Front() {
		e.call(l.Remove(place).(*trigger))
	}
	e.inside = false
	switch {
	case len(e.open) == 0:
		then := e.then
		e.then = nil
		e.stopDeadline()
		then()
	case e.deadline == nil && e.limit < noLimit:
		e.deadline = e.r.own.add(e.limit, e.giveUp)
	}
}

// call runs a trigger and notes what it has to be waited for.
func (e *event) call(t *trigger) {
	var d *deferred.Deferred[struct{}]
	e.r.call(e.phase.String()+" "+e.kind.String(), func() { d = t.f() })
	if d == nil {
		return
	}
	if _, err, ok := d.Result(); ok {
		e.failed(e.phase, err)
		return
	}
	phase := e.phase
	if !e.hurried && e.limit > 0 {
		t.result = d
		e.open = append(e.open, t)
	}
	// Another goroutine may fire it, so what follows takes the way over the queue.
	d.Handle(
		func(struct{}) { e.r.soon(func() { e.done(t, phase, nil) }) },
		func(err error) { e.r.soon(func() { e.done(t, phase, err) }) })
}

// done notes the result of a trigger.
func (e *event) done(t *trigger, phase Phase, err error) {
	if t.gaveUp {
		return
	}
	e.failed(phase, err)
	if t.result == nil {
		return
	}
	t.result = nil
	e.open = slices.DeleteFunc(e.open, func(other *trigger) bool { return other == t })
	if len(e.open) == 0 {
		e.step()
	}
}

func (e *event) failed(phase Phase, err error) {
	if err != nil {
		e.r.log.Error("system event trigger failed", zap.Stringer(FieldEvent, e.kind), zap.Stringer(FieldPhase, phase), zap.Error(err))
	}
}

// giveUp ends the wait of the phase under way because its time is up.
func (e *event) giveUp() {
	e.deadline = nil
	e.r.log.Warn("system event triggers did not finish in time",
		zap.Stringer(FieldEvent, e.kind), zap.Stringer(FieldPhase, e.phase), zap.Int(FieldTriggers, len(e.open)), zap.Duration(FieldWaited, e.limit))
	e.cancelOpen()
	e.step()
}

// cancelOpen forgets what is waited for.
func (e *event) cancelOpen() {
	open := e.open
	e.open = nil
	for _, t := range open {
		d := t.result
		t.result, t.gaveUp = nil, true
		d.Cancel()
	}
}

// hurry makes the event wait for nothing, now and in what phases are left.
func (e *event) hurry() {
	e.hurried = true
	if e.then != nil {
		e.cancelOpen()
		e.step()
	}
}

// abort ends the event in the phase under way.
func (e *event) abort() {
	if e.then != nil {
		e.then = nil
		e.stopDeadline()
		e.cancelOpen()
	}
}

func (e *event) stopDeadline() {
	if e.deadline != nil {
		_ = e.deadline.Cancel()
		e.deadline = nil
	}
}
