package reactor

import (
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// DefaultStallWarning is how long a turn of the loop may take before it is reported.
const DefaultStallWarning = 100 * time.Millisecond

// minWatch is the shortest time between two looks at a turn that runs.
const minWatch = time.Millisecond

// WithStallWarning sets how long a turn of the loop may take before it is reported to the log, at level Warn; DefaultStallWarning
// otherwise. Zero and less turn the reports off. While a callback runs nothing else of the reactor does, so one that blocks or
// computes for long delays every connection.
//
// A turn is reported twice: while it goes on, so that one that never ends is seen, and at its end, with its length. Both name the
// callback, its protocol and peer, or the function of CallLater or CallFromThread. The first has the stack of the reactor goroutine, at most
// once in ten seconds, and not when the process has more than 10,000 goroutines.
//
// It costs next to nothing: a reactor that waits is not looked at, a busy one once in every d. Below a millisecond it is looked
// at once in a millisecond. The first report goes by the system's clock, the second by the reactor's.
func WithStallWarning(d time.Duration) Option {
	return func(r *Reactor) { r.watch.limit = max(d, 0) }
}

// watchdog looks, from a goroutine of its own, at what the reactor goroutine does.
type watchdog struct {
	r     *Reactor
	limit time.Duration // 0: off

	// written by the reactor goroutine, for the other one to read
	turnConn *conn // that the turn is for; read while the mark of the turn is held
	callback atomic.Pointer[callback]
	conn     atomic.Pointer[conn] // nil for turnConn
	function atomic.Uintptr
	at       scene // the same, for the reactor goroutine itself
	other    *conn // what conn holds

	armed     atomic.Bool // the timer runs
	mu        sync.Mutex  // held while a report is made
	timer     *time.Timer // nil while nobody watches
	stopped   bool
	head      []byte        // how the stack of the reactor goroutine begins
	seen      int64         // the turn that was reported while it went on, by its beginning
	seenScene scene         // what it did then
	stackAt   time.Duration // when the latest stack was taken
}

// scene is what the reactor goroutine does. A turn without a callback leaves it as it was: such a turn does not take long.
type scene struct {
	callback *callback
	conn     *conn   // nil for what belongs to no connection
	function uintptr // what CallLater or CallFromThread was given; 0 for others
}

// callback is the name of one, at an address that stays.
type callback struct{ name string }

var (
	dataReceived     = &callback{"DataReceived"}
	datagramReceived = &callback{"DatagramReceived"}
	callLater        = &callback{"CallLater"}
	callFromThread   = &callback{"CallFromThread"}
)

// callbackNames are the names of the other callbacks.
var callbackNames sync.Map // string → *callback

func callbackNamed(name string) *callback {
	if cb, ok := callbackNames.Load(name); ok {
		return cb.(*callback)
	}
	cb, _ := callbackNames.LoadOrStore(name, &callback{name})
	return cb.(*callback)
}

// start begins to watch the calling goroutine.
func (w *watchdog) start() {
	if w.limit == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.head = stackHead()
	w.stackAt = -stackPause
	w.armed.Store(true)
	w.timer = time.AfterFunc(w.limit, w.look)
}

// stop ends the watch. No report is made any more when it has returned.
func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

// begin is told of each turn. Goroutine: reactor.
func (w *watchdog) begin() {
	if w.timer != nil && !w.armed.Load() {
		w.arm()
	}
}

// end lets go of a connection that is gone. Goroutine: reactor.
func (w *watchdog) end() {
	if c := w.at.conn; c != nil && c.phase == phaseLost {
		w.doing(w.at.callback, nil, w.at.function)
		w.at.conn = nil
	}
}

// arm sets the timer unless somebody has: the reactor goroutine, and the timer's own before it ends, may both want to.
func (w *watchdog) arm() {
	if w.armed.CompareAndSwap(false, true) {
		w.timer.Reset(max(w.limit, minWatch))
	}
}

// doing is told of each callback. It stores only what has changed, because that is dear: nothing, most of the time.
// Goroutine: reactor.
func (w *watchdog) doing(cb *callback, c *conn, function uintptr) {
	at := scene{cb, c, function}
	if c == nil || c == w.turnConn {
		at.conn, c = w.turnConn, nil
	}
	if w.other != c {
		w.other = c
		w.conn.Store(c)
	}
	if w.at.function != function {
		w.function.Store(function)
	}
	if w.at.callback != cb {
		w.callback.Store(cb)
	}
	w.at = at
}

// look is the timer's: it reports a turn that has gone on for too long, and comes again while the reactor is busy.
func (w *watchdog) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	var turnConn *conn
	began := w.r.lookIn(func() { turnConn = w.turnConn })
	if began > waiting && began != w.seen {
		if age := time.Since(w.r.began) - time.Duration(began); age < w.limit {
			w.timer.Reset(max(w.limit-age, minWatch))
			return
		}
		w.reportGoingOn(began, turnConn)
	}
	w.armed.Store(false)
	if now := w.r.inTurn.value(); now > waiting && now != w.seen { // it began before it could see that nobody looks
		w.arm()
	}
}

// reportGoingOn reports a turn while it goes on, once.
func (w *watchdog) reportGoingOn(began int64, turnConn *conn) {
	at := w.scene(turnConn)
	stack := w.stack()
	if w.r.inTurn.value() != began { // it has come to its end meanwhile, and is reported there
		return
	}
	w.seen, w.seenScene = began, at
	fields := append(at.fields(false), zap.Duration(FieldDuration, time.Since(w.r.began)-time.Duration(began)))
	if stack != nil {
		fields = append(fields, zap.ByteString(FieldStack, stack))
	}
	w.r.log.Warn("the reactor is stalled: a callback does not return", fields...)
}

// stalled reports a turn at its end. Goroutine: reactor.
func (w *watchdog) stalled(took time.Duration) {
	at := w.at
	w.mu.Lock()
	if w.seen == w.r.turnWord {
		at, w.seenScene = w.seenScene, scene{} // what took so long, which need not be what came last
	}
	w.mu.Unlock()
	w.r.log.Warn("the reactor was stalled: a callback took too long", append(at.fields(true), zap.Duration(FieldDuration, took))...)
}

// scene is what the reactor goroutine does now.
func (w *watchdog) scene(turnConn *conn) scene {
	read := func() scene { return scene{w.callback.Load(), w.conn.Load(), w.function.Load()} }
	at := read()
	for again := read(); again != at; again = read() { // it moved on between the three
		at = again
	}
	if at.conn == nil {
		at.conn = turnConn
	}
	return at
}

// fields describe the scene. Of a connection that may be in use on the reactor goroutine only what never changes is told.
func (s scene) fields(onReactor bool) (fields []zap.Field) {
	if s.callback == nil {
		return nil
	}
	fields = append(fields, zap.String(FieldCallback, s.callback.name))
	if s.function != 0 {
		fields = append(fields, zap.String(FieldFunction, runtime.FuncForPC(s.function).Name()))
	}
	switch {
	case s.conn == nil:
	case onReactor:
		fields = append(fields, s.conn.fields()...)
	default:
		fields = append(fields, s.conn.lastingFields()...)
	}
	return fields
}

// entry is the address of a function, as runtime.FuncForPC takes it.
func entry(f func()) uintptr { return reflect.ValueOf(f).Pointer() }
