package imap4

import (
	"context"
	"sync"

	"github.com/tconn/tconn/deferred"
)

// consumer is a goroutine that ranges over an answer, as the reactor goroutine sees it.
//
// Reading from the server stops only when every command that is out or waits belongs to a consumer that is full. So a loop may issue other
// commands on its connection, and wait for them: what comes for the loop meanwhile is kept, up to Options.MaxBacklog.
type consumer struct {
	full bool
	end  func() // cancels the command
}

const (
	// A consumer is full with so many things, or so many bytes, that it has not taken yet.
	fullCount = 256
	fullBytes = 1 << 20
	// maxBacklogBytes is what is kept at most for one that waits for something else.
	maxBacklogBytes = 64 << 20
)

// LimitBacklog is the LimitError.Limit of a loop that was too far behind: see Options.MaxBacklog.
const LimitBacklog = "MaxBacklog"

// throttle stops the reading or goes on with it, as the consumers are.
func (c *Client) throttle() {
	if c.rare == nil || c.rare.consumers == 0 && c.rare.held&heldByConsumer == 0 {
		return
	}
	if c.out.first != nil && c.out.full() && c.waiting.full() {
		c.hold(heldByConsumer)
		return
	}
	c.release(heldByConsumer)
}

// full tells whether all commands in the queue are for consumers that are full.
func (q *queue) full() bool {
	for cmd := q.first; cmd != nil; cmd = cmd.behind {
		if cmd.consumer == nil || !cmd.consumer.full {
			return false
		}
	}
	return true
}

// backlog is what has come for a consumer and was not taken yet.
type backlog[T any] struct {
	c        *Client
	consumer consumer // reactor goroutine only

	mu      sync.Mutex
	wake    chan struct{}
	queue   []kept[T]
	next    int   // index in queue
	bytes   int64 // of those that wait
	was     bool  // full, when it was looked at last
	over    bool  // no more comes
	err     error // why
	stopped bool  // nobody takes any more
}

type kept[T any] struct {
	value T
	size  int
}

func newBacklog[T any](c *Client) *backlog[T] {
	return &backlog[T]{c: c, wake: make(chan struct{}, 1)}
}

// start has issue called on the reactor goroutine, which sends the command. Goroutine: any but that of a reactor.
func (b *backlog[T]) start(ctx context.Context, issue func() *deferred.Deferred[int]) error {
	switch {
	case deferred.OnAnyLoop():
		return deferred.ErrAwaitOnLoop
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case b.c.transport == nil:
		return ErrNotConnected
	}
	return b.call(func() {
		if b.isStopped() {
			return
		}
		d := issue()
		b.consumer.end = d.Cancel
		b.c.unusual().consumers++
		d.Handle(func(int) { b.finish(nil) }, b.finish)
	})
}

// call has f called on the reactor goroutine.
func (b *backlog[T]) call(f func()) error { return b.c.transport.Reactor().CallFromThread(f) }

func (b *backlog[T]) isStopped() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stopped
}

// put keeps a value until the consumer takes it; false if nobody will. Goroutine: reactor.
func (b *backlog[T]) put(value T, size int) bool {
	limit := b.c.options().maxBacklog()
	b.mu.Lock()
	if b.stopped || b.over {
		b.mu.Unlock()
		return false
	}
	if b.next == len(b.queue) || len(b.queue) == cap(b.queue) && b.next > len(b.queue)/2 {
		b.compact()
	}
	b.queue = append(b.queue, kept[T]{value, size})
	b.bytes += int64(size)
	b.was = b.isFull()
	full, tooMuch := b.was, b.bytes > limit
	if tooMuch {
		b.over, b.err = true, &LimitError{Limit: LimitBacklog, Max: limit}
	}
	b.mu.Unlock()
	b.signal()
	switch {
	case tooMuch:
		b.consumer.full = false
		b.consumer.end()
	case full != b.consumer.full:
		b.consumer.full = full
		b.c.throttle()
	}
	return !tooMuch
}

// compact lets go of the room of what was taken. It needs the lock.
func (b *backlog[T]) compact() {
	n := copy(b.queue, b.queue[b.next:])
	clear(b.queue[n:])
	b.queue, b.next = b.queue[:n], 0
}

// isFull needs the lock.
func (b *backlog[T]) isFull() bool {
	return len(b.queue)-b.next >= fullCount || b.bytes >= fullBytes
}

// finish: no more comes, because of err unless it is nil. Goroutine: reactor.
func (b *backlog[T]) finish(err error) {
	b.c.rare.consumers--
	b.mu.Lock()
	if !b.over {
		b.over, b.err = true, err
	}
	b.mu.Unlock()
	b.signal()
	b.consumer.full = false
	b.c.throttle()
}

func (b *backlog[T]) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take waits for the next value; ok is false at the end. When ctx has ended nothing is taken. Goroutine: the consumer's.
func (b *backlog[T]) take(ctx context.Context) (value T, ok bool, err error) {
	for {
		if ctx.Err() != nil {
			return value, false, context.Cause(ctx)
		}
		value, ok, over, relieved, err := b.pop()
		if relieved {
			if err := b.call(b.relieve); err != nil {
				return value, false, err
			}
		}
		if ok || over {
			return value, ok, err
		}
		select {
		case <-b.wake:
		case <-ctx.Done():
			return value, false, context.Cause(ctx)
		}
	}
}

// pop takes a value if there is one. relieved says that there is room again where there was none.
func (b *backlog[T]) pop() (value T, ok, over, relieved bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == len(b.queue) {
		return value, false, b.over, false, b.err
	}
	first := &b.queue[b.next]
	value = first.value
	b.bytes -= int64(first.size)
	*first = kept[T]{}
	b.next++
	if b.was && len(b.queue)-b.next <= fullCount/2 && b.bytes <= fullBytes/2 {
		b.was, relieved = false, true
	}
	return value, true, false, relieved, nil
}

// relieve looks again whether the consumer is full. Goroutine: reactor.
func (b *backlog[T]) relieve() {
	b.mu.Lock()
	b.was = b.isFull()
	b.consumer.full = b.was && !b.stopped && !b.over
	b.mu.Unlock()
	b.c.throttle()
}

// stop drops what is left and what still comes. Goroutine: the consumer's.
func (b *backlog[T]) stop() {
	b.mu.Lock()
	over := b.over
	b.stopped, b.queue, b.next, b.bytes = true, nil, 0, 0
	b.mu.Unlock()
	if over {
		return
	}
	_ = b.call(func() {
		b.consumer.full = false
		if b.consumer.end != nil {
			b.consumer.end()
		}
		b.c.throttle()
	})
}
