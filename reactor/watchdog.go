package reactor

import (
	"bytes"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// DefaultStallWarning is how long a turn of the loop may take before it is reported.
const DefaultStallWarning = 100 * time.Millisecond

const (
	// minWatch is the shortest time between two looks at a turn that runs.
	minWatch = time.Millisecond
	// stackPause is the shortest time between two stacks of one reactor, maxStackGoroutines the number of goroutines up to which one is
	// taken: the whole process stands still meanwhile.
	stackPause         = 10 * time.Second
	maxStackGoroutines = 10_000
	// stackBytes is what the stack of a goroutine is expected to take as text, maxStacksBytes what all of them may take.
	stackBytes     = 4 << 10
	maxStacksBytes = 16 << 20
)

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

// watchdog looks, from a goroutine of its own, at what the reactor goroutine does. The fields of the middle part are written there
// and read here.
type watchdog struct {
	r     *Reactor
	limit time.Duration // 0: off

	armed    atomic.Bool // the timer runs, or need not
	callback atomic.Pointer[callback]
	conn     atomic.Pointer[conn]
	function atomic.Uintptr
	at       scene // the same; goroutine: reactor

	mu        sync.Mutex // held while a report is made
	timer     *time.Timer
	stopped   bool
	head      []byte        // how the stack of the reactor goroutine begins
	seen      int64         // the turn that was reported while it went on, by its beginning
	seenScene scene         // what it did then
	stackAt   time.Duration // when the latest stack was taken
}

// scene is what the reactor goroutine does.
type scene struct {
	callback *callback // nil: nothing of the user's
	conn     *conn     // nil for what belongs to no connection
	function uintptr   // what CallLater or CallFromThread was given; 0 for others
}

// callback is the name of one, at an address that stays.
type callback struct{ name string }

var (
	dataReceived   = &callback{"DataReceived"}
	callLater      = &callback{"CallLater"}
	callFromThread = &callback{"CallFromThread"}
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
	var buf [64]byte
	head, _, _ := bytes.Cut(buf[:runtime.Stack(buf[:], false)], []byte("["))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.head = bytes.Clone(head)
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
	if w.at.callback != nil {
		w.at.callback = nil
		w.callback.Store(nil)
	}
	if w.limit > 0 && !w.armed.Load() {
		w.arm()
	}
}

// end lets go of a connection that is gone. Goroutine: reactor.
func (w *watchdog) end() {
	if c := w.at.conn; c != nil && c.phase == phaseLost {
		w.at.conn = nil
		w.conn.Store(nil)
	}
}

// arm sets the timer unless somebody has: the reactor goroutine, and the timer's own before it ends, may both want to.
func (w *watchdog) arm() {
	if w.armed.CompareAndSwap(false, true) && w.timer != nil {
		w.timer.Reset(w.interval(w.limit))
	}
}

func (w *watchdog) interval(d time.Duration) time.Duration { return max(d, minWatch) }

// doing is told of each callback. Goroutine: reactor.
func (w *watchdog) doing(cb *callback, c *conn, function uintptr) {
	if w.at.conn != c {
		w.at.conn = c
		w.conn.Store(c)
	}
	if w.at.function != function {
		w.at.function = function
		w.function.Store(function)
	}
	if w.at.callback != cb {
		w.at.callback = cb
		w.callback.Store(cb)
	}
}

// look is the timer's: it reports a turn that has gone on for too long, and comes again while the reactor is busy.
func (w *watchdog) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	began := w.r.inTurn.began.Load()
	if began != waiting && began != untimed && began != w.seen {
		if age := time.Since(w.r.began) - time.Duration(began); age < w.limit {
			w.timer.Reset(w.interval(w.limit - age))
			return
		}
		w.reportGoingOn(began)
	}
	w.armed.Store(false)
	if now := w.r.inTurn.began.Load(); now != waiting && now != w.seen { // it began before it could see that nobody looks
		w.arm()
	}
}

// reportGoingOn reports a turn while it goes on, once.
func (w *watchdog) reportGoingOn(began int64) {
	at := w.scene()
	stack := w.stack()
	if w.r.inTurn.began.Load() != began { // it has come to its end meanwhile, and is reported there
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
	if w.seen == w.r.inTurn.began.Load() {
		at, w.seenScene = w.seenScene, scene{} // what took so long, which need not be what came last
	}
	w.mu.Unlock()
	w.r.log.Warn("the reactor was stalled: a callback took too long", append(at.fields(true), zap.Duration(FieldDuration, took))...)
}

// scene is what the reactor goroutine does now.
func (w *watchdog) scene() scene {
	read := func() scene { return scene{w.callback.Load(), w.conn.Load(), w.function.Load()} }
	at := read()
	for again := read(); again != at; again = read() { // it moved between the three
		at = again
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

// stack is that of the reactor goroutine, or nil when it would cost too much.
func (w *watchdog) stack() []byte {
	goroutines := runtime.NumGoroutine()
	now := time.Since(w.r.began)
	if goroutines > maxStackGoroutines || now-w.stackAt < stackPause {
		return nil
	}
	w.stackAt = now
	all := make([]byte, min(goroutines*stackBytes+stackBytes, maxStacksBytes))
	return stackOf(all[:runtime.Stack(all, true)], w.head)
}

// stackOf finds the stack that begins with head among those of all goroutines; nil if it is not there.
func stackOf(all, head []byte) []byte {
	for len(all) > 0 {
		one, rest, _ := bytes.Cut(all, []byte("\n\n"))
		if bytes.HasPrefix(one, head) {
			return bytes.Clone(one)
		}
		all = rest
	}
	return nil
}
