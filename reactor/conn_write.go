package reactor

import (
	"errors"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// Write queues p.
func (c *conn) Write(p []byte) (int, error) {
	if !c.writable() {
		c.r.count.DroppedWrites++
		return 0, ErrWriteAfterClose
	}
	if c.Buffered() >= c.r.maxBuffered {
		c.abort(ErrBufferFull)
		return 0, ErrBufferFull
	}
	n, err := c.admit(p)
	c.holdProducer() // not inside crypto/tls, whose lock a producer that writes or closes would wait for
	return n, err
}

func (c *conn) admit(p []byte) (int, error) {
	if t := c.tls(); t != nil {
		return t.write(p)
	}
	return c.send(p)
}

// WriteSequence queues the pieces.
func (c *conn) WriteSequence(pieces ...[]byte) (n int, err error) {
	for _, p := range pieces {
		m, err := c.Write(p)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// writable: a producer may finish what it has begun after LoseConnection or LoseWriteConnection, nobody else may write then.
func (c *conn) writable() bool {
	closing := c.phase == phaseLosing || c.half().closing
	return c.phase <= phaseLosing && (!closing || c.producer() != nil)
}

// Buffered is what the kernel has not taken, and what waits for the end of a TLS handshake.
func (c *conn) Buffered() int {
	waiting := c.unsent()
	if t := c.tls(); t != nil {
		waiting += len(t.pending)
	}
	return waiting
}

// unsent is what waits for the kernel.
func (c *conn) unsent() int {
	if c.out == nil {
		return 0
	}
	return len(c.out.data) - c.out.off
}

// outbox is what waits for the kernel: data[off:].
type outbox struct {
	data []byte
	off  int
}

// add appends p. The rest is never shifted more often than the memory doubles.
func (o *outbox) add(p []byte) {
	if o.off > 0 && o.off >= len(o.data)/2 && len(o.data)+len(p) > cap(o.data) {
		o.data = o.data[:copy(o.data, o.data[o.off:])]
		o.off = 0
	}
	o.data = append(o.data, p...)
}

// send queues bytes for the socket. Small writes are gathered until the running callback returns; of a big one the kernel gets
// first what it takes, so that only the rest is copied.
func (c *conn) send(p []byte) (int, error) {
	if c.phase >= phaseDoomed || c.failing() {
		return 0, ErrWriteAfterClose
	}
	rest := p
	if len(p) >= directWriteBytes && !c.awaiting && c.producer() == nil {
		c.flushOnce()
		if c.unsent() == 0 {
			rest = p[c.writeNow(p):]
		}
	}
	if len(rest) > 0 {
		c.gather(rest)
	}
	return len(p), nil
}

// gather lets p wait, in one of the reactor's spare boxes.
func (c *conn) gather(p []byte) {
	if c.out == nil {
		c.out = c.r.takeOutbox()
	}
	c.out.add(p)
	c.r.count.Buffered += int64(len(p))
	if !c.awaiting {
		c.enqueue()
	}
}

// enqueue asks for settle when the running callback has returned.
func (c *conn) enqueue() {
	if !c.queued {
		c.queued = true
		c.r.dirty = append(c.r.dirty, c)
	}
}

// settle is what remains to be done after a callback.
func (c *conn) settle() {
	c.queued = false
	if c.phase >= phaseDoomed {
		return
	}
	if t := c.tls(); t != nil && c.phase == phaseOpen && !c.paused {
		t.drain()
	}
	if c.producer() != nil && c.unsent() > 0 {
		c.await(true) // fairness: a producer's bytes go when the poller says so
	} else {
		c.flush()
	}
	if c.phase == phaseLosing { // not in startLosing: most are closed by now
		c.update()
	}
}

// flush gives the kernel what waits and sees to what comes after: the producer's turn, or the end.
func (c *conn) flush() {
	if c.phase < phaseDoomed && c.broken {
		c.flushBroken()
	}
	if c.phase >= phaseDoomed || c.broken {
		return
	}
	waited := c.unsent() > 0
	c.flushOnce()
	if c.phase >= phaseDoomed || c.broken {
		return
	}
	if c.unsent() > 0 {
		c.await(true)
		return
	}
	c.await(false)
	switch {
	case c.producer() != nil && waited:
		c.feedProducer()
	case c.producer() != nil:
	case c.phase == phaseLosing && !c.finishingHandshake():
		c.doom(c.cleanReason())
	case c.phase == phaseOpen && c.half().closing:
		c.endWriting()
	}
}

// flushBroken ends a connection whose socket failed during a TLS handshake that succeeded nevertheless, once it would have to
// be written to or closed; before that a read tells.
func (c *conn) flushBroken() {
	if c.failing() {
		c.hearOut(c.rare.failure)
		return
	}
	t := c.tls()
	if !t.shaking && (c.phase == phaseLosing || c.unsent() > 0) {
		c.doom(&LossError{Kind: ErrConnectionLost, Err: t.wire.err})
	}
}

// cleanReason is the reason of an end for which everything has been sent.
func (c *conn) cleanReason() error {
	if c.rare != nil && c.rare.cut {
		return ErrConnectionLost
	}
	return ErrConnectionDone
}

// flushOnce makes one system call; the buffer goes back when it is empty.
func (c *conn) flushOnce() {
	if c.unsent() == 0 {
		return
	}
	n := c.writeNow(c.out.data[c.out.off:])
	c.out.off += n
	c.r.count.Buffered -= int64(n)
	if c.unsent() == 0 {
		c.release()
	}
}

// writeNow answers how much the kernel took.
func (c *conn) writeNow(p []byte) int {
	n, err := c.r.sys.Write(c.attachment.FD(), p)
	switch {
	case err == nil:
		c.r.count.BytesWritten += uint64(n)
		c.progress()
	case !errors.Is(err, engine.ErrWouldBlock):
		c.writeFailed(err)
	}
	return n
}

// writeFailed is the end by a failed write. A peer that closes often says why before, so what has arrived is heard first, once the
// running callback has returned.
func (c *conn) writeFailed(err error) {
	if c.phase != phaseOpen || c.proto == nil || c.paused || c.tls() != nil && c.tls().shaking {
		c.lost(err)
		return
	}
	c.broken = true
	c.unusual().failure = err
	c.enqueue()
}

// failing tells whether a write has failed and the protocol does not know yet. An end of the stream means nothing then.
func (c *conn) failing() bool { return c.broken && c.rare != nil && c.rare.failure != nil }

// maxHeard bounds what is delivered after a write has failed: more than a socket holds.
const maxHeard = 16 << 20

// hearOut delivers what has arrived before a write failed, and ends the connection.
func (c *conn) hearOut(failure error) {
	for heard := 0; heard < maxHeard && c.want()&engine.Read != 0; {
		n, err := c.r.sys.Read(c.attachment.FD(), c.r.readBuf)
		if n == 0 || err != nil {
			break
		}
		heard += n
		c.received(c.r.readBuf[:n])
	}
	c.doom(&LossError{Kind: ErrConnectionLost, Err: failure})
}

// await sets whether the poller is to tell when the kernel takes more.
func (c *conn) await(more bool) {
	if c.awaiting != more {
		c.awaiting = more
		c.watchStall()
		c.update()
	}
}

// release gives the write buffer back.
func (c *conn) release() {
	if c.out != nil {
		c.r.count.Buffered -= int64(c.unsent())
		c.r.giveOutbox(c.out)
		c.out = nil
	}
}

// watchStall keeps the timer that aborts a closing connection whose peer takes nothing for closeStallTimeout. It runs only while
// something waits for the peer: a producer may take its time.
func (c *conn) watchStall() {
	wanted := c.phase == phaseLosing && c.awaiting
	running := c.rare != nil && c.rare.stall != nil
	switch {
	case wanted && !running:
		c.unusual().stall = c.r.own.add(closeStallTimeout, func() {
			c.rare.stall = nil
			c.abort(&LossError{Kind: ErrConnectionLost, Err: ErrTimeout})
		})
	case !wanted && running:
		_ = c.rare.stall.Cancel()
		c.rare.stall = nil
	}
}

func (c *conn) progress() {
	if c.rare != nil && c.rare.stall != nil {
		_ = c.rare.stall.Reset(closeStallTimeout)
	}
}

// takeOutbox and giveOutbox keep a few, so that a busy connection does not allocate and an idle one holds none.
func (r *Reactor) takeOutbox() *outbox {
	if n := len(r.spareBoxes); n > 0 {
		o := r.spareBoxes[n-1]
		r.spareBoxes = r.spareBoxes[:n-1]
		return o
	}
	return &outbox{}
}

func (r *Reactor) giveOutbox(o *outbox) {
	if cap(o.data) <= maxSpareBufferBytes && len(r.spareBoxes) < maxSpareBuffers {
		o.data, o.off = o.data[:0], 0
		r.spareBoxes = append(r.spareBoxes, o)
	}
}
