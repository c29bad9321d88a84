package deferred

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"weak"
)

// Unhandled is an error that was the last result of a Deferred and that nobody took before the Deferred became garbage, or
// the panic of a canceller.
type Unhandled struct {
	Err error
	// Origin is the last callback that answered the error, as "file.go:123 (package.function)" with the line where the
	// function begins. It is empty when the Deferred was fired with the error and no callback answered it since.
	Origin string
}

// armed is an error in the ledger: one that will be reported when its Deferred becomes garbage.
type armed struct {
	err        error
	origin     uintptr
	owner      weak.Pointer[sync.Mutex] // the lock inside the Deferred: it lives as long, and has no type parameter
	cleanup    runtime.Cleanup
	prev, next *armed
}

// ledger lists what is armed, oldest first. Its lock is taken below that of a Deferred; no handler runs under it.
var ledger struct {
	mu          sync.Mutex
	first, last *armed
	sweeps      int // calls of ReportUnhandled under way; what becomes garbage meanwhile is theirs
}

var handler atomic.Pointer[func(*Unhandled)]

// OnUnhandled makes f the handler of unhandled errors; restore brings the one before back. A nil f means the default
// handler, which logs to slog.Default at level Error. A panic of f is logged there.
//
// Goroutine: f is called in the one that called ReportUnhandled or Cancel, or in one of the garbage collector's, also in
// several at once. It must not block for long. No locks are held.
func OnUnhandled(f func(*Unhandled)) (restore func()) {
	next := &f
	if f == nil {
		next = nil
	}
	before := handler.Swap(next)
	return func() { handler.Store(before) }
}

// ReportUnhandled reports, before it returns, the errors of the Deferreds that have become garbage and gives their number.
//
// It runs a garbage collection if any Deferred holds an unhandled error, and does nothing otherwise. Deferreds that can
// still be reached stay as they are: an error that itself leads back to its Deferred keeps it reachable. A reactor calls this
// when it stops. Goroutine: any.
func ReportUnhandled() int {
	ledger.mu.Lock()
	if ledger.first == nil {
		ledger.mu.Unlock()
		return 0
	}
	ledger.sweeps++
	ledger.mu.Unlock()
	runtime.GC()
	lost := takeUnreachable()
	for _, a := range lost {
		report(a.err, a.origin)
	}
	return len(lost)
}

// takeUnreachable ends a sweep: it takes the entries out of the ledger whose Deferred is garbage, oldest first.
func takeUnreachable() (lost []*armed) {
	ledger.mu.Lock()
	defer ledger.mu.Unlock()
	ledger.sweeps--
	for a := ledger.first; a != nil; {
		next := a.next
		if a.owner.Value() == nil {
			a.unlink()
			lost = append(lost, a)
		}
		a = next
	}
	return lost
}

// arm puts the error of d in the ledger. d is locked.
func (d *Deferred[T]) arm() {
	x := d.rare()
	if x.armed != nil {
		return
	}
	a := &armed{err: d.err, origin: d.origin, owner: weak.Make(&d.mu)}
	x.armed = a
	ledger.mu.Lock()
	a.prev = ledger.last
	if a.prev == nil {
		ledger.first = a
	} else {
		a.prev.next = a
	}
	ledger.last = a
	ledger.mu.Unlock()
	a.cleanup = runtime.AddCleanup(d, (*armed).lost, a)
}

// disarm takes the error of d out of the ledger. d is locked.
func (d *Deferred[T]) disarm() {
	if d.extra == nil || d.extra.armed == nil {
		return
	}
	a := d.extra.armed
	d.extra.armed = nil
	a.cleanup.Stop()
	ledger.mu.Lock()
	a.unlink()
	ledger.mu.Unlock()
}

// lost is called by the garbage collector when the Deferred of a is gone. During a sweep it leaves a to that: the weak pointer
// is nil by now.
func (a *armed) lost() {
	ledger.mu.Lock()
	mine := ledger.sweeps == 0 && a.unlink()
	ledger.mu.Unlock()
	if mine {
		report(a.err, a.origin)
	}
}

// unlink takes a out of the ledger, which is locked; false means that it was out already.
func (a *armed) unlink() bool {
	if a.prev == nil && ledger.first != a {
		return false
	}
	if a.prev == nil {
		ledger.first = a.next
	} else {
		a.prev.next = a.next
	}
	if a.next == nil {
		ledger.last = a.prev
	} else {
		a.next.prev = a.prev
	}
	a.prev, a.next = nil, nil
	return true
}

// report calls the handler. The caller holds no lock.
func report(err error, origin uintptr) {
	defer func() {
		if p := recover(); p != nil {
			slog.Default().Error("panic in the handler of unhandled errors", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	u := &Unhandled{Err: err, Origin: describe(origin)}
	if f := handler.Load(); f != nil {
		(*f)(u)
		return
	}
	logUnhandled(u)
}

// logUnhandled is the default handler.
func logUnhandled(u *Unhandled) {
	fields := []any{"error", u.Err, "origin", u.Origin}
	if p := (*PanicError)(nil); errors.As(u.Err, &p) {
		fields = append(fields, "stack", string(p.Stack))
	}
	slog.Default().Error("unhandled error in Deferred", fields...)
}

// describe names the function that begins at pc.
func describe(pc uintptr) string {
	f := runtime.FuncForPC(pc)
	if f == nil {
		return ""
	}
	file, line := f.FileLine(pc)
	return fmt.Sprintf("%s:%d (%s)", filepath.Base(file), line, filepath.Base(f.Name()))
}
