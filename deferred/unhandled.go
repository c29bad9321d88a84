package deferred

import (
	"errors"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
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
	// Passed is the last callback that the error passed over, in the form of Origin: behind that one an errback is missing.
	// It is empty when Origin is known or when there was no such callback.
	Passed string
	// Created and Fired are the stacks of the goroutines that made the Deferred and that gave it its first result, as in
	// AlreadyCalledError. They are empty unless it was made in debug mode; see SetDebug.
	Created, Fired string
}

// armed is an error in the ledger: one that will be reported when its Deferred becomes garbage.
type armed struct {
	err        error
	from       trail
	sites      *sites
	owner      weak.Pointer[sync.Mutex] // the lock inside the Deferred: it lives as long, and has no type parameter
	cleanup    runtime.Cleanup
	prev, next *armed
}

// ledger lists what is armed, oldest first. Its lock is taken below that of a Deferred; no handler runs under it.
var ledger struct {
	mu          sync.Mutex
	first, last *armed
	sweeps      int // calls of ReportUnhandled under way; what becomes garbage meanwhile is theirs
	reporting   []*reporting
	reported    sync.Cond // one of reporting is over; its L is mu
}

// reporting is a report of the garbage collector's that is under way.
type reporting struct {
	goroutine uint64
}

func init() { ledger.reported.L = &ledger.mu }

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
// What the garbage collector is reporting at the same time is not counted, but waited for, except inside of a handler.
// It runs a garbage collection if any Deferred holds an unhandled error, and does nothing otherwise. Deferreds that can
// still be reached stay as they are: an error that itself leads back to its Deferred keeps it reachable. A reactor calls this
// when it stops. Goroutine: any.
func ReportUnhandled() int {
	ledger.mu.Lock()
	if ledger.first == nil {
		awaitReports()
		ledger.mu.Unlock()
		return 0
	}
	ledger.sweeps++
	ledger.mu.Unlock()
	runtime.GC()
	lost := takeUnreachable()
	for _, a := range lost {
		a.report()
	}
	ledger.mu.Lock()
	awaitReports()
	ledger.mu.Unlock()
	return len(lost)
}

// awaitReports waits until the reports of the garbage collector that are under way now are over, unless it is called by the
// handler of one of them. The ledger is locked.
func awaitReports() {
	if len(ledger.reporting) == 0 {
		return
	}
	before, self := slices.Clone(ledger.reporting), goroutineID()
	if slices.ContainsFunc(before, func(r *reporting) bool { return r.goroutine == self }) {
		return
	}
	for slices.ContainsFunc(before, func(r *reporting) bool { return slices.Contains(ledger.reporting, r) }) {
		ledger.reported.Wait()
	}
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
	a := &armed{err: d.err, from: trail{d.origin, d.notes & passedOver}, sites: x.sites, owner: weak.Make(&d.mu)}
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
	if ledger.sweeps > 0 || !a.unlink() {
		ledger.mu.Unlock()
		return
	}
	self := &reporting{goroutineID()}
	ledger.reporting = append(ledger.reporting, self)
	ledger.mu.Unlock()
	defer func() {
		ledger.mu.Lock()
		ledger.reporting = slices.DeleteFunc(ledger.reporting, func(r *reporting) bool { return r == self })
		ledger.reported.Broadcast()
		ledger.mu.Unlock()
	}()
	a.report()
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

// report tells of the error. The caller holds no lock.
func (a *armed) report() {
	u := &Unhandled{Err: a.err}
	if a.from.passed != 0 {
		u.Passed = describe(a.from.origin)
	} else {
		u.Origin = describe(a.from.origin)
	}
	u.Created, u.Fired = a.sites.text()
	report(u)
}

// report calls the handler. The caller holds no lock.
func report(u *Unhandled) {
	defer func() {
		if p := recover(); p != nil {
			slog.Default().Error("panic in the handler of unhandled errors", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	if f := handler.Load(); f != nil {
		(*f)(u)
		return
	}
	logUnhandled(u)
}

// logUnhandled is the default handler.
func logUnhandled(u *Unhandled) {
	fields := []any{"error", u.Err, "origin", u.Origin}
	for _, more := range []struct{ name, text string }{{"passed", u.Passed}, {"created", u.Created}, {"fired", u.Fired}} {
		if more.text != "" {
			fields = append(fields, more.name, more.text)
		}
	}
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
	return placeText(file, line, f.Name())
}
