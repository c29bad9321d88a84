package reactor

import (
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor/internal/engine"
)

// Reactor is an event loop: one goroutine, that of Run, on which every protocol, factory, timer and Deferred callback of its
// connections runs.
//
// Goroutine: before Run, the one that prepares it; after that only the reactor's own, but for CallFromThread, Go, Stop and Running,
// which may be called anywhere, and Stats. Many reactors can live in a process.
type Reactor struct {
	// settings
	log          *zap.Logger
	signals      bool
	flushTimeout time.Duration
	maxBuffered  int
	resolver     Resolver
	clock        func() time.Time

	state   atomic.Int32
	load    atomic.Int64 // connections and attempts, for Group
	inTurn  turnMark     // the reactor goroutine is running callbacks, not waiting
	calls   calls
	timers  *timers // planned by CallLater
	own     *timers // planned by the reactor for itself; they run while it stops, too
	startup []func()
	threads threads
	caught  atomic.Int32 // the signal that stopped the reactor

	starting event        // the system event Startup
	stopping event        // the system event Shutdown
	begun    bool         // its triggers run or have run
	closing  bool         // ports are closed, connections are being lost
	flush    *DelayedCall // how long that may take; nil before and afterwards

	sys       engine.System
	poller    engine.Poller
	armed     time.Duration // the time set on the poller's timer, if timerSet
	timerSet  bool
	ports     map[*Port]struct{}
	attempts  map[*attempt]struct{}
	conns     conns
	lingering map[*linger]struct{}
	datagrams map[*UDPPort]struct{}
	pumps     map[*pump]struct{} // of adopted streams
	factories map[any]int        // ports and connectors in use, by factory
	lookups   chan struct{}      // bounds the name lookups under way
	// handshakes bounds how many TLS handshakes compute at the same time; those that wait for their peer do not count.
	handshakes       chan struct{}
	handshakeTimeout time.Duration
	tlsClients       map[clientKey]*tls.Config
	tlsSessions      map[*tls.Config]tls.ClientSessionCache

	// what it is doing and has done
	began      time.Time     // when it was made
	ownClock   bool          // the clock is not the system's
	turnBegan  time.Duration // by the clock
	turnWord   int64         // what inTurn says, or waiting
	attention  atomic.Bool   // somebody wants this turn measured, and the counts published at its end
	unmeasured int           // turns since the latest that was measured
	count      Stats         // what is counted; gather adds the rest
	published  published
	watch      watchdog
	labels     map[string]*label
	metrics    Metrics                 // nil: nobody wants to know
	made       map[*conn]time.Duration // when, for the metrics

	dirty      []*conn // have something to flush or to go on with when the callback has returned
	doomed     []*conn // have ended; their protocols do not know yet
	readBuf    []byte
	plainBuf   []byte
	tlsBuf     []byte // for the records of TLS sessions; nil while it is lent
	spareBoxes []*outbox
}

// The life of a reactor.
const (
	stateNew int32 = iota
	stateRunning
	stateAsked    // Stop was called; everything still works
	stateStopping // nothing new is taken; the loop still turns
	stateStopped
)

// New makes a reactor. It holds no descriptor and no goroutine until it runs or listens.
func New(options ...Option) *Reactor {
	r := &Reactor{
		log:              zap.NewNop(),
		flushTimeout:     DefaultFlushTimeout,
		handshakeTimeout: DefaultHandshakeTimeout,
		maxBuffered:      DefaultMaxBuffered,
		resolver:         net.DefaultResolver,
		ports:            make(map[*Port]struct{}),
		attempts:         make(map[*attempt]struct{}),
		lingering:        make(map[*linger]struct{}),
		factories:        make(map[any]int),
		lookups:          make(chan struct{}, maxLookups),
		handshakes:       make(chan struct{}, 4*runtime.GOMAXPROCS(0)),
		clock:            time.Now,
		sys:              engine.OS,
		tlsClients:       make(map[clientKey]*tls.Config),
		tlsSessions:      make(map[*tls.Config]tls.ClientSessionCache),
		began:            time.Now(),
		labels:           make(map[string]*label),
	}
	r.watch.r, r.watch.limit = r, DefaultStallWarning
	r.threads.init(r)
	r.starting.init(r, Startup, noLimit)
	r.stopping.init(r, Shutdown, DefaultShutdownTimeout)
	for _, o := range options {
		o(r)
	}
	r.timers, r.own = newTimers(r.clock), newTimers(r.clock)
	r.own.base = r.timers.base
	r.timers.armed, r.own.armed = r.arm, r.arm
	return r
}

// Now is the reactor's time.
func (r *Reactor) Now() time.Time { return r.clock() }

// Running tells whether the reactor is between the start of Run and its return. Goroutine: any.
func (r *Reactor) Running() bool {
	s := r.state.Load()
	return s >= stateRunning && s <= stateStopping
}

// CallLater plans f to run on the reactor goroutine after d: in a later turn even if d is zero, in order of time and, for the same
// time, in order of planning. A negative d panics. A panic in f is logged and harms nothing else.
//
// Source: twisted.internet.interfaces.IReactorTime.callLater.
func (r *Reactor) CallLater(d time.Duration, f func()) *DelayedCall {
	r.mustBeInTurn("CallLater")
	return r.timers.add(d, f)
}

// AfterFunc is CallLater in the shape of deferred.Clock: stop tells whether it kept f from running.
//
// Goroutine: reactor, for stop too: a Deferred with an AddTimeout of a reactor has to be fired there.
func (r *Reactor) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c := r.CallLater(d, f)
	return func() bool { return c.Cancel() == nil }
}

// DelayedCalls are the calls that CallLater has planned and that are still to come, in no particular order.
//
// Source: twisted.internet.interfaces.IReactorTime.getDelayedCalls.
func (r *Reactor) DelayedCalls() []*DelayedCall {
	return append([]*DelayedCall(nil), r.timers.heap...)
}

// CallFromThread hands f to the reactor goroutine. Functions from one goroutine run in their order, before the timers of the
// same turn. It answers ErrStopped, and f will never run, once the reactor has stopped; before Run f waits.
//
// Goroutine: any. Source: twisted.internet.interfaces.IReactorFromThreads.callFromThread.
func (r *Reactor) CallFromThread(f func()) error {
	if f == nil {
		panic("reactor: CallFromThread: nil function")
	}
	return r.calls.push(f)
}

// CallWhenRunning runs f when Run begins, in order; at once if the reactor runs already; never if it has stopped.
//
// Source: twisted.internet.interfaces.IReactorCore.callWhenRunning.
func (r *Reactor) CallWhenRunning(f func()) {
	if r.Running() {
		r.mustBeInTurn("CallWhenRunning")
		f()
		return
	}
	r.startup = append(r.startup, f)
}

// RunUntilCurrent runs what CallFromThread has queued and the timers that are due, in the calling goroutine, and returns.
// It is for a reactor that does not Run: tests drive one by hand with it (reactortest.Clock).
//
// Source: twisted.internet.base.ReactorBase.runUntilCurrent.
func (r *Reactor) RunUntilCurrent() {
	if r.Running() {
		panic("reactor: RunUntilCurrent called on a reactor that runs")
	}
	if r.inTurn.Load() { // called by what it runs
		r.turn()
		return
	}
	r.beginTurn(nil)
	r.turn()
	r.endTurn()
}

// mustBeInTurn catches, at the price of a load, most calls from a wrong goroutine: those made while the loop waits.
func (r *Reactor) mustBeInTurn(verb string) {
	if s := r.state.Load(); (s == stateRunning || s == stateAsked) && !r.inTurn.Load() {
		panic("reactor: " + verb + " called outside the reactor goroutine; hand it over with CallFromThread")
	}
}

// enter and leave frame everything that runs on the reactor goroutine: leave sends what the callbacks wrote.
func (r *Reactor) enter() { r.beginTurn(nil) }

func (r *Reactor) leave() {
	r.settle()
	r.checkShutdown()
	r.endTurn()
}

// turn runs the calls of other goroutines, then the timers that are due.
func (r *Reactor) turn() {
	batch := r.calls.take()
	for round := 1; ; round++ {
		r.count.Calls += uint64(len(batch))
		for _, f := range batch {
			r.callFunction(callFromThread, f)
			r.settle()
		}
		if r.poller == nil || round == maxCallRounds {
			break
		}
		if batch = r.calls.next(batch); len(batch) == 0 {
			break
		}
	}
	r.runTimers()
	if r.calls.done(batch) { // the next turn comes by the poller, so that the connections get theirs
		r.setTimer(r.timers.now())
	}
}

// soon runs f in a later turn.
func (r *Reactor) soon(f func()) { _ = r.calls.push(f) }

// plansRun tells whether calls of CallLater run: until Stop, and as long as its first triggers are waited for.
func (r *Reactor) plansRun() bool {
	s := r.state.Load()
	return s < stateAsked || s == stateAsked && r.stopping.waits(Before)
}

// runTimers runs what is due.
func (r *Reactor) runTimers() {
	now := r.timers.now()
	r.runDue(r.own, now, func() bool { return true })
	r.runDue(r.timers, now, r.plansRun)
	first, ok := r.own.next()
	if when, also := r.timers.next(); also && (!ok || when < first) && r.plansRun() {
		first, ok = when, true
	}
	if early := r.timerSet && now < r.armed && r.armed <= first; ok && !early { // one that is early looks again
		r.setTimer(first)
	}
}

func (r *Reactor) runDue(q *timers, now time.Duration, allowed func() bool) {
	mark := q.mark()
	for allowed() {
		f := q.popDue(now, mark)
		if f == nil {
			return
		}
		r.callFunction(callLater, f)
		r.settle()
	}
}

// arm is told by the timers that their first call may have become earlier.
func (r *Reactor) arm(first time.Duration) {
	if !r.timerSet || first < r.armed {
		r.setTimer(first)
	}
}

func (r *Reactor) setTimer(when time.Duration) {
	wait := when - r.timers.now()
	if r.poller == nil || r.timerSet && when == r.armed && wait > 0 {
		return
	}
	r.armed, r.timerSet = when, true
	r.poller.SetTimer(wait)
}

// onWake and onTimer are the poller's two ways of saying that it is time for a turn.
func (r *Reactor) onWake() {
	r.enter()
	r.turn()
	r.leave()
}

func (r *Reactor) onTimer() {
	r.timerSet = false
	r.onWake()
}

// Run runs the reactor in the calling goroutine until Stop. It answers nil after Stop, ErrAlreadyRunning, ErrNotRestartable,
// or what kept the system's poller from working.
//
// Source: twisted.internet.interfaces.IReactorCore.run.
func (r *Reactor) Run() error { return r.loop(context.Background(), r.signals) }

// RunContext is Run until Stop or the end of ctx, which stops the reactor in the same orderly way; then it answers the
// cause of ctx. Signals are left to the caller (signal.NotifyContext).
func (r *Reactor) RunContext(ctx context.Context) error { return r.loop(ctx, false) }

func (r *Reactor) loop(ctx context.Context, signals bool) error {
	if !r.state.CompareAndSwap(stateNew, stateRunning) {
		if r.Running() {
			return ErrAlreadyRunning
		}
		return ErrNotRestartable
	}
	poller, err := r.sys.Open(r.onWake, r.onTimer)
	r.poller = poller
	defer r.tearDown(deferred.EnterLoop(r))
	if err != nil {
		return err
	}
	if signals {
		defer r.catchSignals()()
	}
	defer context.AfterFunc(ctx, func() { _ = r.Stop() })()

	r.readBuf = make([]byte, readBufferBytes)
	r.watch.start()
	r.start()
	if err := r.poller.Poll(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// start is the first turn.
func (r *Reactor) start() {
	r.enter()
	r.starting.run(Before, r.comeUp)
	r.turn()
	r.calls.open(r.poller.Wake)
	r.leave()
}

// comeUp is what the reactor does at Startup: ports begin to accept, attempts begin to connect, CallWhenRunning has its day.
func (r *Reactor) comeUp() {
	for p := range r.ports {
		if p.attached { // by a ListenTCP during Run
			continue
		}
		if err := p.attach(); err != nil {
			r.log.Error("cannot accept connections", zap.Stringer(FieldPort, p.Addr()), zap.Error(err))
		}
	}
	for u := range r.datagrams {
		if u.attached {
			continue
		}
		if err := u.attach(); err != nil {
			r.log.Error("cannot receive datagrams", zap.Stringer(FieldPort, u.local), zap.Error(err))
		}
	}
	r.starting.run(During, func() {
		startup := r.startup
		r.startup = nil
		for _, f := range startup {
			r.call("CallWhenRunning", f)
			r.settle()
		}
		r.starting.run(After, func() {})
	})
}

// settle sends what the callback that just returned wrote, and tells the protocols that ended by it. It lets each connection
// have its turn once for each time it asked.
func (r *Reactor) settle() {
	for len(r.dirty)+len(r.doomed) > 0 {
		dirty := r.dirty
		r.dirty = nil
		for i, c := range dirty {
			dirty[i] = nil
			c.settle()
		}
		if r.dirty == nil {
			r.dirty = dirty[:0]
		}
		doomed := r.doomed
		r.doomed = nil
		for i, c := range doomed {
			doomed[i] = nil
			c.bury()
		}
		if r.doomed == nil {
			r.doomed = doomed[:0]
		}
	}
}

// useFactory counts what uses a factory, so that it hears of the first and the last (Starter, Stopper).
func (r *Reactor) useFactory(f Factory) {
	key, ok := factoryKey(f)
	if !ok {
		return
	}
	r.factories[key]++
	if s, ok := f.(Starter); ok && r.factories[key] == 1 {
		r.call("StartFactory", s.StartFactory)
	}
}

// releaseFactory answers the error of StopFactory if this was the last use.
func (r *Reactor) releaseFactory(f Factory) (err error) {
	key, ok := factoryKey(f)
	if !ok {
		return nil
	}
	r.factories[key]--
	if r.factories[key] > 0 {
		return nil
	}
	delete(r.factories, key)
	if s, ok := f.(Stopper); ok {
		if panicked := r.call("StopFactory", func() { err = s.StopFactory() }); panicked != nil {
			err = panicked
		}
	}
	return err
}
