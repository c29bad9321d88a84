package deferred

// Lock is held by one at a time; those who want it wait in line without stopping anything.
//
// The zero value is a free Lock. Do not copy a Lock after first use. It guards what goes on over several steps: nothing is
// needed for a single step on the reactor's goroutine.
// Goroutine: any. Source: twisted.internet.defer.DeferredLock.
type Lock struct {
	permits permits[*Lock]
}

// Acquire gives a Deferred that fires with l as soon as the caller holds it, in the order of the calls.
//
// Cancel of one that waits takes it out of the line; it fails with ErrCancelled. One who cancels a Deferred made of it with Then
// may lose a lock that comes at the same moment from another goroutine; With does not.
// Goroutine: any; the steps of one that waited run in the goroutine that calls Release. Source: DeferredLock.acquire.
func (l *Lock) Acquire() *Deferred[*Lock] { return l.permits.acquire(l, 1) }

// Release frees l, or hands it to the one that waits longest.
//
// Called by a step that runs because another Release handed l out, it returns before the next in line has l.
// It panics with *ReleaseError when nobody holds l. Source: DeferredLock.release.
func (l *Lock) Release() { l.permits.release(l, 1, "Lock") }

// Locked tells whether somebody holds l. Source: DeferredLock.locked.
func (l *Lock) Locked() bool { return l.permits.inUse() > 0 }

// Locker is what With takes, L being the type itself: *Lock and *Semaphore are of this kind.
type Locker[L any] interface {
	// Acquire gives a Deferred that fires when the caller may go on.
	Acquire() *Deferred[L]
	// Release lets the next one go on.
	Release()
}

// With acquires l, calls f and releases l when the Deferred that f answered has its result, which it gives.
//
// l is released also after an error, a panic of f (*PanicError) and a Cancel. Cancel takes the call out of the line, or cancels
// the Deferred of f. An f that answers nil makes a *ChainError. A nil l or f is a panic.
// Source: DeferredLock.run and DeferredSemaphore.run.
func With[L Locker[L], T any](l L, f func() *Deferred[T]) *Deferred[T] {
	if any(l) == nil || f == nil {
		panic("deferred: With a nil lock or function")
	}
	return then(l.Acquire(), func(L) (T, error) {
		work := Execute(func() (T, error) { return Chain(f()) })
		return Chain(work.add(finally[T](l.Release)))
	}, func(L) { l.Release() })
}

// finally is a step that calls a function and lets the result pass.
type finally[T any] func()

func (f finally[T]) apply(d *Deferred[T]) (turner, bool) { return d.invoke(f) }
func (f finally[T]) call(v T, err error) (T, error)      { f(); return v, err }
func (f finally[T]) entry() uintptr                      { return 0 }
