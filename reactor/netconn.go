package reactor

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/tconn/tconn/deferred"
)

// Limits of a NetConn that its methods change.
const (
	// DefaultNetReadBuffer is how many received bytes wait for Read before the peer is made to wait (NetConn.SetReadBuffer).
	DefaultNetReadBuffer = 64 << 10
	// DefaultNetWriteBuffer is how many written bytes wait for the reactor before Write waits (NetConn.SetWriteBuffer).
	DefaultNetWriteBuffer = 64 << 10
)

// NetConn is a connection of a reactor as a net.Conn: what net/http, crypto/tls or any other library of goroutines reads from and
// writes to, while the reactor drives the socket. DialNet, NetDialer, ListenNet and NewNetConn make one. It has no goroutine
// of its own and, while nothing waits, no buffer.
//
// Everything is as with a *net.TCPConn: Read and Write block until they can go on, the deadline passes or Close is called, from
// any number of goroutines at the same time; a Write is never mixed with another one; bytes received before the end
// are read before it is told; errors are *net.OpError, so that errors.Is finds os.ErrDeadlineExceeded, net.ErrClosed,
// syscall.ECONNRESET. When the reactor stops they match ErrConnectionLost or ErrStopped. Deadlines are of the real time, whatever
// clock the reactor has (WithClock). What differs: a call on the goroutine of the reactor never blocks; where it would, it answers
// deferred.ErrAwaitOnLoop and has done nothing.
//
// Goroutine: any.
type NetConn struct {
	mu        sync.Mutex // guards all that follows; never held while a Transport may call back
	transport Transport  // nil until it is connected
	local     net.Addr
	remote    net.Addr
	lost      error // why it ended; nil while it lives
	ended     bool  // the peer has ended its half
	closed    bool  // by Close
	in        netInbound
	out       netOutbound
}

// NewNetConn makes the two ends of a connection to come: the Protocol is for a factory to answer from BuildProtocol (once), the
// NetConn for the goroutines that use it. It suits any transport, such as that of ConnectTLS. Until the connection is made Read
// waits, Write fills the buffer, and the addresses are empty; should it never be made, a deadline or Close ends the wait.
//
// Goroutine: any.
func NewNetConn() (*NetConn, Protocol) {
	p := newNetProtocol(nil)
	return p.n, p
}

func newNetConn() *NetConn {
	n := &NetConn{local: noAddr, remote: noAddr}
	n.in.limit, n.out.limit = DefaultNetReadBuffer, DefaultNetWriteBuffer
	n.in.changed.L, n.out.changed.L = &n.mu, &n.mu
	return n
}

var noAddr net.Addr = &net.TCPAddr{}

// Close ends the connection: what Write has accepted is still delivered, calls that wait answer net.ErrClosed at once. It does not
// wait. A second Close answers net.ErrClosed.
func (n *NetConn) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return n.opError("close", net.ErrClosed)
	}
	n.closed = true
	n.in.forget()
	n.in.deadline.forget()
	n.out.deadline.forget()
	n.in.changed.Broadcast()
	n.out.changed.Broadcast()
	if n.transport != nil {
		n.handOver(n.transport, n.shut)
	}
	return nil
}

// CloseWrite ends this side's half: what Write has accepted is still delivered, then the peer reads the end of the stream. Read goes
// on until the peer ends its half, and the connection stays until Close. It answers errors.ErrUnsupported on a transport
// without halves (TCPTransport).
func (n *NetConn) CloseWrite() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := &n.out
	if n.closed {
		return n.opError("close", net.ErrClosed)
	}
	if out.ended || n.lost != nil {
		return nil
	}
	if _, ok := n.transport.(TCPTransport); !ok && n.transport != nil {
		return n.opError("close", errors.ErrUnsupported)
	}
	out.ended = true
	out.changed.Broadcast()
	if n.transport != nil {
		n.handOver(n.transport, n.shutWrite)
	}
	return nil
}

// LocalAddr is this side's address.
func (n *NetConn) LocalAddr() net.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.local
}

// RemoteAddr is the peer's address.
func (n *NetConn) RemoteAddr() net.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.remote
}

// Transport is the connection underneath, for what a net.Conn cannot say (SetNoDelay, AbortConnection, TLSState); nil until it is
// connected. Its Read side and its producer belong to the NetConn.
//
// Goroutine: any; that of the reactor for the methods of the Transport.
func (n *NetConn) Transport() Transport {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.transport
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (n *NetConn) SetDeadline(t time.Time) error { return n.setDeadlines(t, true, true) }

// SetReadDeadline sets when Read gives up with os.ErrDeadlineExceeded, also one that waits already; the zero time is never. Once
// the time has come every Read fails until the deadline is moved.
func (n *NetConn) SetReadDeadline(t time.Time) error { return n.setDeadlines(t, true, false) }

// SetWriteDeadline is SetReadDeadline for Write. A Write that gives up answers how many of its bytes will still be sent.
func (n *NetConn) SetWriteDeadline(t time.Time) error { return n.setDeadlines(t, false, true) }

func (n *NetConn) setDeadlines(t time.Time, read, write bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return n.opError("set", net.ErrClosed)
	}
	if read {
		n.in.deadline.move(t, &n.in.changed)
	}
	if write {
		n.out.deadline.move(t, &n.out.changed)
	}
	return nil
}

// SetReadBuffer sets how many received bytes may wait for Read: from there on the connection is not read from until half of them
// are gone. One read of the reactor, 64 KiB, may come on top. Zero and less are DefaultNetReadBuffer.
func (n *NetConn) SetReadBuffer(bytes int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.in.limit = netLimit(bytes, DefaultNetReadBuffer)
	return nil
}

// SetWriteBuffer sets how many written bytes may wait for the reactor; what is too long for half of that is not copied but lent to
// the reactor until the transport has taken it. The transport itself holds up to 80 KiB. Zero and less are DefaultNetWriteBuffer.
func (n *NetConn) SetWriteBuffer(bytes int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.out.limit = netLimit(bytes, DefaultNetWriteBuffer)
	n.out.changed.Broadcast()
	return nil
}

func netLimit(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

// handOver has f called on the goroutine of the reactor. On a reactor that has stopped there is nothing left to be done: the
// connection is lost.
func (n *NetConn) handOver(t Transport, f func()) { _ = t.Reactor().CallFromThread(f) }

// onLoop tells whether the caller is the reactor, for which waiting here would never end. n is locked.
func (n *NetConn) onLoop() bool { return n.transport != nil && n.transport.Reactor().isLoop() }

// isLoop tells whether the caller is the goroutine of r.
func (r *Reactor) isLoop() bool { return r.inTurn.Load() && deferred.OnLoop(r) }

// takeTurn locks one direction for one call.
func (n *NetConn) takeTurn(turn *sync.Mutex) error {
	if turn.TryLock() {
		return nil
	}
	n.mu.Lock()
	onLoop := n.onLoop()
	n.mu.Unlock()
	if onLoop {
		return deferred.ErrAwaitOnLoop
	}
	turn.Lock()
	return nil
}

// opError says which call on which connection failed.
func (n *NetConn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: n.remote.Network(), Source: n.local, Addr: n.remote, Err: err}
}

// lockedOpError is opError for a caller who has not locked n.
func (n *NetConn) lockedOpError(op string, err error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.opError(op, err)
}

// readError is why there is nothing to read: io.EOF is the clean end.
func (n *NetConn) readError() error {
	switch {
	case n.closed:
		return n.opError("read", net.ErrClosed)
	case n.in.deadline.passed:
		return n.opError("read", os.ErrDeadlineExceeded)
	case len(n.in.waiting()) > 0:
		return nil
	case n.ended, errors.Is(n.lost, ErrConnectionDone):
		return io.EOF
	case n.lost == nil:
		return nil
	}
	return n.opError("read", n.lost)
}

// writeError is why nothing can be written.
func (n *NetConn) writeError() error {
	switch {
	case n.closed:
		return n.opError("write", net.ErrClosed)
	case n.out.deadline.passed:
		return n.opError("write", os.ErrDeadlineExceeded)
	case n.out.ended, errors.Is(n.lost, ErrConnectionDone):
		return n.opError("write", &LossError{Kind: ErrConnectionDone, Err: syscall.EPIPE})
	case n.lost == nil:
		return nil
	}
	return n.opError("write", n.lost)
}
