package reactor

import (
	"sync"

	"github.com/tconn/tconn/deferred"
)

// netInbound is what a NetConn has received. Bytes go straight into the slice of a Read that waits, and into a buffer otherwise.
type netInbound struct {
	turn     sync.Mutex // held by the one Read that is served
	changed  sync.Cond  // bytes came, or nothing will
	want     []byte     // of the Read that waits
	got      int        // how much of want has been filled
	buffer   []byte     // buffer[off:] waits for Read
	off      int
	limit    int
	paused   bool // the transport is not read from
	resuming bool // the reactor has been asked to read on
	deadline netDeadline
}

// Read gives the bytes that are there, and waits for some if there are none: io.EOF is the clean end of the stream.
func (n *NetConn) Read(p []byte) (int, error) {
	in := &n.in
	if err := n.takeTurn(&in.turn); err != nil {
		return 0, n.lockedOpError("read", err)
	}
	defer in.turn.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		err := n.readError()
		switch {
		case err != nil || len(p) == 0:
			return 0, err
		case len(in.waiting()) > 0:
			got := in.take(p)
			n.readOn()
			return got, nil
		case n.onLoop():
			return 0, n.opError("read", deferred.ErrAwaitOnLoop)
		}
		in.want, in.got = p, 0
		in.changed.Wait()
		in.want = nil
		if in.got > 0 {
			return in.got, nil
		}
	}
}

// readOn asks the reactor to read on, once there is room again.
func (n *NetConn) readOn() {
	in := &n.in
	if in.paused && !in.resuming && len(in.waiting()) <= in.limit/2 {
		in.resuming = true
		n.handOver(n.transport, n.resume)
	}
}

// resume reads on. Goroutine: reactor.
func (n *NetConn) resume() {
	n.mu.Lock()
	in := &n.in
	in.resuming = false
	again := in.paused && len(in.waiting()) < in.limit && !n.closed
	if again {
		in.paused = false
	}
	n.mu.Unlock()
	if again {
		n.transport.ResumeProducing()
	}
}

// received takes bytes from the transport. Goroutine: reactor.
func (n *NetConn) received(data []byte) {
	if n.keep(data) {
		n.transport.PauseProducing()
	}
}

// keep gives bytes to the Read that waits and the rest to the buffer, and tells whether that is enough for now.
func (n *NetConn) keep(data []byte) (enough bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	in := &n.in
	if n.closed {
		return false
	}
	if in.want != nil {
		in.got = copy(in.want, data)
		in.want = nil
		in.changed.Signal()
		data = data[in.got:]
	}
	if len(data) > 0 {
		in.append(data)
	}
	if in.paused || len(in.waiting()) < in.limit {
		return false
	}
	in.paused = true
	return true
}

// waiting is what Read has not taken yet.
func (in *netInbound) waiting() []byte { return in.buffer[in.off:] }

// append makes room by shifting only when at least half of the buffer has been read.
func (in *netInbound) append(data []byte) {
	if in.off > 0 && in.off >= len(in.buffer)/2 && len(in.buffer)+len(data) > cap(in.buffer) {
		in.buffer = in.buffer[:copy(in.buffer, in.waiting())]
		in.off = 0
	}
	in.buffer = appendNet(in.buffer, data)
}

// take moves bytes to p; the buffer goes back when it is empty.
func (in *netInbound) take(p []byte) int {
	got := copy(p, in.waiting())
	in.off += got
	if in.off == len(in.buffer) {
		in.forget()
	}
	return got
}

// forget gives the buffer back.
func (in *netInbound) forget() {
	giveNetBuffer(in.buffer)
	in.buffer, in.off = nil, 0
}
