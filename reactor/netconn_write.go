package reactor

import (
	"sync"

	"github.com/tconn/tconn/deferred"
)

const (
	// netChunk is how much of a long Write the transport gets at once, and so what it may have to keep of it.
	netChunk = 64 << 10
	// netTurn is how much one connection hands to its transport before others have their turn.
	netTurn = 1 << 20
)

// netOutbound is what a NetConn has to send. Short writes are copied and sent behind the back of their caller; a long one is lent
// by the Write that waits until the transport has taken it, so that what the kernel takes is not copied at all.
type netOutbound struct {
	turn     sync.Mutex // held by the one Write that is served
	changed  sync.Cond  // there is room, or never will be
	buffer   []byte     // of short writes
	lent     []byte     // what is left of a long one
	limit    int
	pumping  bool // the reactor has been asked to send, or waits for the kernel
	ended    bool // by CloseWrite
	deadline netDeadline
}

// Write hands p to the reactor and waits while too much waits already: p is used no more when it returns. A nil error says that p
// will be sent, as with any socket, not that it has arrived.
func (n *NetConn) Write(p []byte) (int, error) {
	if err := n.takeTurn(&n.out.turn); err != nil {
		return 0, n.lockedOpError("write", err)
	}
	defer n.out.turn.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.writeError(); err != nil || len(p) == 0 {
		return 0, err
	}
	if len(p) <= n.out.limit/2 || n.onLoop() {
		return n.writeCopy(p)
	}
	return n.writeLent(p)
}

// writeCopy waits until p fits into the buffer.
func (n *NetConn) writeCopy(p []byte) (int, error) {
	out := &n.out
	for len(out.buffer)+len(p) > out.limit {
		if n.onLoop() {
			return 0, n.opError("write", deferred.ErrAwaitOnLoop)
		}
		out.changed.Wait()
		if err := n.writeError(); err != nil {
			return 0, err
		}
	}
	out.buffer = appendNet(out.buffer, p)
	n.send()
	return len(p), nil
}

// writeLent waits until the transport has all of p, and takes back what is left if there is no use in waiting.
func (n *NetConn) writeLent(p []byte) (int, error) {
	out := &n.out
	out.lent = p
	n.send()
	for len(out.lent) > 0 {
		out.changed.Wait()
		if err := n.writeError(); err != nil && len(out.lent) > 0 {
			sent := len(p) - len(out.lent)
			out.lent = nil
			return sent, err
		}
	}
	return len(p), nil
}

// send asks the reactor to send, unless it has been asked.
func (n *NetConn) send() {
	if !n.out.pumping && n.transport != nil {
		n.out.pumping = true
		n.handOver(n.transport, n.pump)
	}
}

// pump moves bytes to the transport as long as that passes them on to the kernel. Goroutine: reactor, like all that follows.
func (n *NetConn) pump() {
	t := n.transport
	room := min(directWriteBytes, t.Reactor().maxBuffered) // beyond it the kernel takes no more
	for moved := 0; moved < netTurn && t.Buffered() < room; {
		k := n.move(t)
		if k == 0 {
			return
		}
		moved += k
	}
	if t.Buffered() < room {
		n.handOver(t, n.pump)
		return
	}
	drain := &netDrain{n: n, registering: true}
	if err := t.RegisterProducer(drain, false); err != nil {
		t.AbortWith(err)
	}
	drain.registering = false
}

// move hands over what was written first and tells how much that was; after 0 somebody has to ask again.
func (n *NetConn) move(t Transport) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := &n.out
	p := out.buffer
	switch {
	case len(p) > 0:
		out.buffer = nil
		defer giveNetBuffer(p)
	case len(out.lent) > 0 && !n.closed && !out.ended:
		p = out.lent[:min(len(out.lent), netChunk)]
	default:
		out.pumping = false
		return 0
	}
	if _, err := t.Write(p); err != nil { // the end has begun, so the loss will be told; nothing is sent any more
		return 0
	}
	if len(out.lent) > 0 && &p[0] == &out.lent[0] {
		out.lent = out.lent[len(p):]
	}
	if len(out.lent) == 0 {
		out.changed.Signal()
	}
	return len(p)
}

// flush hands over all that Write has accepted.
func (n *NetConn) flush() {
	n.mu.Lock()
	p := n.out.buffer
	n.out.buffer = nil
	n.mu.Unlock()
	if len(p) > 0 {
		_, _ = n.transport.Write(p)
		giveNetBuffer(p)
	}
}

// shut ends the connection for Close.
func (n *NetConn) shut() {
	n.flush()
	n.transport.UnregisterProducer()
	n.transport.LoseConnection()
}

// shutWrite ends this side's half for CloseWrite.
func (n *NetConn) shutWrite() {
	n.flush()
	n.transport.UnregisterProducer()
	if t, ok := n.transport.(TCPTransport); ok {
		t.LoseWriteConnection()
	}
}

// netDrain is the producer that a NetConn is while the kernel takes no more.
type netDrain struct {
	n           *NetConn
	registering bool
}

// PauseProducing has nothing to stop: a producer that is not streaming waits for ResumeProducing.
func (d *netDrain) PauseProducing() {}

// ResumeProducing goes on when the kernel has taken everything. A transport with a producer leaves the kernel to the poller, so it
// is one only while it waits.
func (d *netDrain) ResumeProducing() {
	if !d.registering {
		d.n.transport.UnregisterProducer()
		d.n.pump()
	}
}

// StopProducing comes when the reactor stops or the peer has ended its side: what Write has accepted goes out before that.
func (d *netDrain) StopProducing() { d.n.flush() }
