package reactortest

import (
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// Conn is a connection in a Network, as the network sees it: the place for faults. Its sides may belong to one reactor or to two.
//
// Goroutine: that of the test, or a callback.
type Conn struct {
	net                *Network
	client, server     engine.Address
	toServer, toClient *Flow
}

// Flow is one direction of a Conn.
type Flow struct {
	net      *Network
	from, to *socket // nil once closed
	back     *Flow
	refused  bool // the receiver is gone: what arrives is answered with a reset

	chunking Chunking
	window   int
	latency  time.Duration
	cut      bool

	sent    []segment // on their way
	unacked int       // bytes the sender does not know to have arrived
	last    time.Duration
	arrived []byte
	ended   bool // the end of the stream has arrived
	closing bool // it was sent
}

// segment is something on its way.
type segment struct {
	at    time.Duration
	bytes []byte
	end   bool
	final bool // an end that the sender does not know of
	reset bool
}

func newConn(n *Network, client, server engine.Address) *Conn {
	c := &Conn{net: n, client: client, server: server}
	c.toServer = &Flow{net: n, window: n.window, latency: n.latency}
	c.toClient = &Flow{net: n, window: n.window, latency: n.latency, back: c.toServer}
	c.toServer.back = c.toClient
	n.conns = append(n.conns, c)
	return c
}

// ClientAddr and ServerAddr are the two sides: *net.TCPAddr or *net.UnixAddr.
func (c *Conn) ClientAddr() net.Addr { return netAddr(c.client) }

// ServerAddr is the side that was listening.
func (c *Conn) ServerAddr() net.Addr { return netAddr(c.server) }

func netAddr(a engine.Address) net.Addr {
	if a.UNIX {
		return &net.UnixAddr{Name: a.Path, Net: "unix"}
	}
	return net.TCPAddrFromAddrPort(a.AddrPort)
}

// ToServer is the direction from the client to the server.
func (c *Conn) ToServer() *Flow { return c.toServer }

// ToClient is the direction from the server to the client.
func (c *Conn) ToClient() *Flow { return c.toClient }

// SetChunking sets how the bytes are cut in both directions, Whole at first.
func (c *Conn) SetChunking(f Chunking) { c.both(func(w *Flow) { w.SetChunking(f) }) }

// SetWindow sets how many bytes fit in each direction.
func (c *Conn) SetWindow(bytes int) { c.both(func(w *Flow) { w.SetWindow(bytes) }) }

// SetLatency sets how long everything takes in each direction.
func (c *Conn) SetLatency(d time.Duration) { c.both(func(w *Flow) { w.SetLatency(d) }) }

// Cut is Flow.Cut in both directions: neither side hears of the other any more.
func (c *Conn) Cut() { c.both((*Flow).Cut) }

// Reset ends the connection at once with a reset at both sides, as something in the middle may do. What is on its way is lost.
func (c *Conn) Reset() { c.both((*Flow).Reset) }

// Spurious makes the poller report once that both sides can be read and written, whether they can or not.
func (c *Conn) Spurious() {
	c.both(func(w *Flow) {
		if w.to != nil {
			w.to.spurious = true
		}
	})
}

func (c *Conn) both(do func(*Flow)) {
	do(c.toServer)
	do(c.toClient)
}

// gone tells whether nothing can happen on c any more.
func (c *Conn) gone() bool {
	w, v := c.toServer, c.toClient
	return w.from == nil && v.from == nil && w.to == nil && v.to == nil && (w.over() || w.cut) && (v.over() || v.cut)
}

func (w *Flow) over() bool { return len(w.sent) == 0 }

// SetChunking sets how many bytes each read of the receiver gets of those that wait. Nil is Whole.
func (w *Flow) SetChunking(f Chunking) { w.chunking = f }

// SetWindow sets how many bytes are on their way or wait to be read before the sender has to wait. Values below 1 count as 1.
func (w *Flow) SetWindow(bytes int) { w.window = max(bytes, 1) }

// SetLatency sets how long what is sent from now on takes to arrive. Nothing overtakes what was sent before it.
func (w *Flow) SetLatency(d time.Duration) { w.latency = max(d, 0) }

// Cut makes everything vanish that is on its way or is sent from now on. The sender notices nothing but that it is never acknowledged.
func (w *Flow) Cut() { w.cut = true }

// End makes the receiver see the end of the stream behind what is on its way. What the sender sends from now on is answered with
// a reset.
func (w *Flow) End() {
	if !w.closing {
		w.send(segment{end: true, final: true})
	}
}

// Reset makes the receiver see a reset. What is on its way is lost.
func (w *Flow) Reset() {
	w.drop()
	w.send(segment{reset: true})
}

// refuse answers bytes that nobody takes. What the sender of the answer sent before comes before.
func (w *Flow) refuse() {
	if n := len(w.sent); n == 0 || !w.sent[n-1].reset {
		w.send(segment{reset: true})
	}
}

// Waiting is the number of bytes that are on their way or wait to be read.
func (w *Flow) Waiting() (bytes int) {
	for _, s := range w.sent {
		bytes += len(s.bytes)
	}
	return bytes + len(w.arrived)
}

// space is how many bytes the sender may send.
func (w *Flow) space() int { return max(w.window-w.unacked-len(w.arrived), 0) }

func (w *Flow) send(s segment) {
	w.last = max(w.last, w.net.now()+w.latency)
	s.at = w.last
	w.sent = append(w.sent, s)
	w.unacked += len(s.bytes)
	w.closing = w.closing || s.end
	w.net.arrive()
}

// drop loses what is on its way, but for a reset.
func (w *Flow) drop() {
	w.sent = slices.DeleteFunc(w.sent, func(s segment) bool { return !s.reset })
	w.unacked = 0
}

// read takes at most len(p) of the bytes that have arrived, cut as the test likes it. What makes room for more is that the sender hears of it.
func (w *Flow) read(p []byte) int {
	n := copy(p, w.arrived[:min(w.chunking.Next(len(w.arrived)), len(p))])
	if w.arrived = w.arrived[n:]; len(w.arrived) == 0 {
		w.arrived = nil
	}
	if w.back.cut {
		w.unacked += n
	}
	return n
}

// next is when something arrives.
func (w *Flow) next() time.Duration {
	if w.cut || len(w.sent) == 0 {
		return never
	}
	return w.sent[0].at
}

// arrive delivers what has been on its way long enough, and tells whether there was any.
func (w *Flow) arrive(now time.Duration) (any bool) {
	for w.next() <= now {
		any = true
		s := w.sent[0]
		w.sent = w.sent[1:]
		switch {
		case s.reset:
			w.killed()
		case len(s.bytes) > 0 && (w.refused || w.to.dead):
			w.back.refuse()
		case s.end:
			w.ended = true
			w.refused = w.refused || s.final
		default:
			w.arrived = append(w.arrived, s.bytes...)
			if !w.back.cut {
				w.unacked -= len(s.bytes)
			}
		}
	}
	return any
}

// killed is the arrival of a reset. As with TCP, what has arrived before can still be read.
func (w *Flow) killed() {
	s := w.to
	if s == nil || s.dead {
		return
	}
	s.dead = true
	s.err = syscall.ECONNRESET
	if w.ended {
		s.err = syscall.EPIPE
	}
	w.back.drop()
}

// arrive delivers everything that is due, until that brings nothing new, and forgets connections that are over.
func (n *Network) arrive() {
	now := n.now()
	for again := true; again; {
		again = n.answerDials(now)
		for _, c := range slices.Clone(n.conns) {
			again = c.toServer.arrive(now) || again
			again = c.toClient.arrive(now) || again
		}
	}
	n.conns = slices.DeleteFunc(n.conns, (*Conn).gone)
}
