package deferred

// Semaphore is held by a limited number at a time; others wait in line without stopping anything.
//
// NewSemaphore makes one. Goroutine: any. Source: twisted.internet.defer.DeferredSemaphore.
type Semaphore struct {
	limit   int
	permits permits[*Semaphore]
}

// NewSemaphore gives a Semaphore that n may hold at a time. An n below 1 is a panic.
func NewSemaphore(n int) *Semaphore {
	if n < 1 {
		panic("deferred: NewSemaphore for less than 1")
	}
	return &Semaphore{limit: n}
}

// Acquire gives a Deferred that fires with s as soon as the caller is one of those who hold it. All else is as for Lock.Acquire.
// Source: DeferredSemaphore.acquire.
func (s *Semaphore) Acquire() *Deferred[*Semaphore] {
	if s.limit == 0 {
		panic("deferred: Acquire of a Semaphore that NewSemaphore did not make")
	}
	return s.permits.acquire(s, s.limit)
}

// Release gives one place back, or hands it to the one that waits longest. All else is as for Lock.Release.
// Source: DeferredSemaphore.release.
func (s *Semaphore) Release() { s.permits.release(s, s.limit, "Semaphore") }

// Free gives the number of places nobody holds. Source: DeferredSemaphore.tokens.
func (s *Semaphore) Free() int { return s.limit - s.permits.inUse() }
