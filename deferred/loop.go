package deferred

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Executor is an event loop that takes calls from other goroutines. Its dynamic type must be comparable, as a pointer is.
type Executor interface {
	// CallFromThread has f called on the goroutine of the loop, soon. An error means that the loop has stopped and f will
	// never run. Goroutine: any.
	CallFromThread(f func()) error
}

// loopEntry is one goroutine that runs an event loop now.
type loopEntry struct {
	goroutine uint64
	loop      Executor
}

var loops struct {
	count atomic.Int32 // len(list): a program without a loop looks no further
	mu    sync.RWMutex // guards list
	list  []*loopEntry
}

// EnterLoop marks the calling goroutine as the one that runs e, until leave is called.
//
// On such a goroutine Await does not wait and Cancel of a Deferred bound to e acts at once. Loops may be nested. leave may
// be called more than once and from any goroutine. Goroutine: that of the loop.
func EnterLoop(e Executor) (leave func()) {
	entered := &loopEntry{goroutine: goroutineID(), loop: e}
	loops.mu.Lock()
	defer loops.mu.Unlock()
	loops.list = append(loops.list, entered)
	loops.count.Add(1)
	return sync.OnceFunc(func() {
		loops.mu.Lock()
		defer loops.mu.Unlock()
		loops.list = slices.DeleteFunc(loops.list, func(l *loopEntry) bool { return l == entered })
		loops.count.Add(-1)
	})
}

// OnLoop tells whether the calling goroutine is marked as the loop of e. Goroutine: any.
func OnLoop(e Executor) bool {
	here, _ := where(e)
	return here
}

// OnAnyLoop tells whether the calling goroutine is marked as the loop of any Executor. Goroutine: any.
func OnAnyLoop() bool {
	if loops.count.Load() == 0 {
		return false
	}
	self := goroutineID()
	loops.mu.RLock()
	defer loops.mu.RUnlock()
	return slices.ContainsFunc(loops.list, func(l *loopEntry) bool { return l.goroutine == self })
}

// lendLoops marks the goroutine guest as running the loops that host runs, until takeBack.
func lendLoops(host, guest uint64) (lent []*loopEntry) {
	loops.mu.Lock()
	defer loops.mu.Unlock()
	for _, l := range loops.list {
		if l.goroutine == host {
			lent = append(lent, &loopEntry{goroutine: guest, loop: l.loop})
		}
	}
	loops.list = append(loops.list, lent...)
	loops.count.Add(int32(len(lent)))
	return lent
}

func takeBack(lent []*loopEntry) {
	loops.mu.Lock()
	defer loops.mu.Unlock()
	loops.list = slices.DeleteFunc(loops.list, func(l *loopEntry) bool { return slices.Contains(lent, l) })
	loops.count.Add(-int32(len(lent)))
}

// loopOf gives the loop that the goroutine runs, nil when there is none; of nested ones the inner one.
func loopOf(goroutine uint64) Executor {
	loops.mu.RLock()
	defer loops.mu.RUnlock()
	for _, l := range slices.Backward(loops.list) {
		if l.goroutine == goroutine {
			return l.loop
		}
	}
	return nil
}

// where tells whether e runs on the calling goroutine, and whether it runs on another one.
func where(e Executor) (here, elsewhere bool) {
	if loops.count.Load() == 0 {
		return false, false
	}
	self := goroutineID()
	loops.mu.RLock()
	defer loops.mu.RUnlock()
	for _, l := range loops.list {
		if l.loop == e {
			here = here || l.goroutine == self
			elsewhere = elsewhere || l.goroutine != self
		}
	}
	return here, elsewhere
}

// goroutineID reads the number of the calling goroutine from the head of its stack trace, "goroutine 12 [running]:".
func goroutineID() uint64 {
	var buf [64]byte
	text := buf[:runtime.Stack(buf[:], false)]
	var id uint64
	for _, c := range text[len("goroutine "):] {
		if c < '0' || c > '9' {
			break
		}
		id = id*10 + uint64(c-'0')
	}
	return id
}

// BindTo makes Cancel of d safe from any goroutine: while e runs elsewhere, Cancel posts itself to e. It gives back d.
//
// When e is not running, or refuses the call, Cancel acts in the calling goroutine. A nil e ends the binding.
func (d *Deferred[T]) BindTo(e Executor) *Deferred[T] {
	d.mu.Lock()
	d.rare().loop = e
	d.mu.Unlock()
	return d
}

// bindHere binds d, which is not shared yet, to the loop that the calling goroutine runs, if any.
func (d *Deferred[T]) bindHere() {
	if loops.count.Load() > 0 {
		if e := loopOf(goroutineID()); e != nil {
			d.rare().loop = e
		}
	}
}

// loop gives the Executor d is bound to, nil when there is none.
func (d *Deferred[T]) loop() Executor {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.extra == nil {
		return nil
	}
	return d.extra.loop
}

// rare gives the rare parts of d, made at the first call. d is locked.
func (d *Deferred[T]) rare() *extra {
	if d.extra == nil {
		d.extra = &extra{}
	}
	return d.extra
}

// cancelOnLoop posts the Cancel of d to its loop if d is bound to one that runs elsewhere; false means that the caller may
// cancel d itself.
func (d *Deferred[T]) cancelOnLoop() bool {
	e := d.loop()
	if e == nil {
		return false
	}
	if here, elsewhere := where(e); here || !elsewhere {
		return false
	}
	return e.CallFromThread(d.Cancel) == nil
}
