package deferred

import (
	"container/list"
	"sync"
)

// ReleaseError is the panic of a Release without an Acquire.
type ReleaseError struct {
	Of string // "Lock" or "Semaphore"
}

// Error says that nothing was held.
func (e *ReleaseError) Error() string { return "deferred: Release of a " + e.Of + " that nobody holds" }

// permits is what Lock and Semaphore are made of; H is what those who acquire get.
type permits[H any] struct {
	mu      sync.Mutex
	held    int
	waiting list.List // of *Deferred[H], unfired, oldest first
	handing bool      // a release is handing out; what is released meanwhile is its business
}

// acquire gives a Deferred that fires with h when one of limit permits is free.
func (p *permits[H]) acquire(h H, limit int) *Deferred[H] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held < limit && p.waiting.Len() == 0 {
		p.held++
		return Succeed(h)
	}
	var place *list.Element
	d := New(func(*Deferred[H]) {
		p.mu.Lock()
		p.waiting.Remove(place)
		p.mu.Unlock()
	})
	place = p.waiting.PushBack(d)
	return d
}

// release takes a permit back and hands out what is free, oldest first, in a loop: waiters that release at once need no stack.
func (p *permits[H]) release(h H, limit int, of string) {
	p.mu.Lock()
	if p.held == 0 {
		p.mu.Unlock()
		panic(&ReleaseError{Of: of})
	}
	p.held--
	if p.handing {
		p.mu.Unlock()
		return
	}
	p.handing = true
	p.handOut(h, limit)
}

// handOut serves the waiters. p is locked, and unlocked in the end.
func (p *permits[H]) handOut(h H, limit int) {
	returned := false
	defer func() {
		if !returned { // a step of a waiter ends this goroutine
			p.mu.Lock()
			p.handOut(h, limit)
		}
	}()
	for p.held < limit && p.waiting.Len() > 0 {
		d := p.waiting.Remove(p.waiting.Front()).(*Deferred[H])
		p.held++
		p.mu.Unlock()
		taken := d.TryCallback(h)
		p.mu.Lock()
		if !taken { // cancelled at the same moment
			p.held--
		}
	}
	p.handing = false
	returned = true
	p.mu.Unlock()
}

// inUse tells how many permits are held.
func (p *permits[H]) inUse() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held
}
