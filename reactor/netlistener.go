package reactor

import (
	"net"
	"os"
	"sync"
	"time"

	"github.com/tconn/tconn/deferred"
)

// DefaultNetAcceptQueue is how many connections wait for Accept before the others stay in the kernel's queue
// (NetListener.SetAcceptQueue).
const DefaultNetAcceptQueue = 128

// NetListener is a port of a reactor as a net.Listener: what http.Serve or any other server of goroutines accepts from. ListenNet
// and NewNetListener make one. It has no goroutine of its own.
//
// Connections are accepted as they come and wait for Accept. When there are too many (SetAcceptQueue) the port rests, so that
// further ones stay in the kernel's queue (Backlog) until half of them are taken. When the port is closed, by Close, by
// StopListening or because the reactor stops, Accept answers net.ErrClosed and those that still wait are aborted.
//
// Goroutine: any.
type NetListener struct {
	r    *Reactor
	port *Port

	mu       sync.Mutex // guards all that follows
	addr     net.Addr
	changed  sync.Cond // a connection came, or none will
	queue    []*NetConn
	limit    int
	held     bool // the port rests
	gone     bool // the port is closed
	closed   bool // by Close
	deadline netDeadline
}

// ListenNet listens on a TCP port, 0 for any free one, for goroutines to accept from.
//
// Options and errors are those of ListenTCP. Goroutine: any while the reactor runs; before Run the one that prepares it. A program
// that starts Run in another goroutine waits for CallWhenRunning first.
func ListenNet(r *Reactor, port int, options ...ListenOption) (*NetListener, error) {
	return NewNetListener(r, func(f Factory) (*Port, error) { return r.ListenTCP(port, f, options...) })
}

// NewNetListener is ListenNet for any kind of port: listen has to listen on one of r with the factory it is given. It is
// called on the goroutine of the reactor, or before Run in the caller's. An error of listen is answered as it is.
//
// A factory that stands before this one has to pass StartFactory and StopFactory on, which is how the listener hears of the end.
func NewNetListener(r *Reactor, listen func(Factory) (*Port, error)) (*NetListener, error) {
	l := &NetListener{r: r, limit: DefaultNetAcceptQueue, addr: noAddr}
	l.changed.L = &l.mu
	var err error
	r.callAndWait(func() {
		if l.port, err = listen(&netAcceptor{l}); err == nil {
			l.mu.Lock()
			l.addr = l.port.Addr()
			l.mu.Unlock()
		}
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// callAndWait runs f on the goroutine of the reactor, or in the caller's if that is the same or if the reactor does not run (yet, or
// any more).
func (r *Reactor) callAndWait(f func()) {
	if r.state.Load() == stateNew || r.isLoop() {
		f()
		return
	}
	done := make(chan struct{})
	if r.CallFromThread(func() { defer close(done); f() }) != nil {
		f()
		return
	}
	<-done
}

// Accept waits for the next connection, a *NetConn. Errors are *net.OpError: net.ErrClosed once the port is closed,
// os.ErrDeadlineExceeded, deferred.ErrAwaitOnLoop where the reactor would wait for itself.
func (l *NetListener) Accept() (net.Conn, error) {
	n, err := l.AcceptNet()
	if err != nil {
		return nil, err
	}
	return n, nil
}

// AcceptNet is Accept with the type of the connection.
func (l *NetListener) AcceptNet() (*NetConn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case l.closed || l.gone:
			return nil, l.opError("accept", net.ErrClosed)
		case l.deadline.passed:
			return nil, l.opError("accept", os.ErrDeadlineExceeded)
		case len(l.queue) > 0:
			return l.next(), nil
		case l.r.isLoop():
			return nil, l.opError("accept", deferred.ErrAwaitOnLoop)
		}
		l.changed.Wait()
	}
}

// next takes the first connection and wakes the port when there is room.
func (l *NetListener) next() *NetConn {
	n := l.queue[0]
	l.queue[0] = nil
	l.queue = l.queue[1:]
	if l.held && len(l.queue) <= l.mark()/2 {
		l.held = false
		_ = l.r.CallFromThread(l.rest)
	}
	return n
}

// mark is how many connections make the port rest: those that it accepts in the same go still have room.
func (l *NetListener) mark() int { return max(1, l.limit-maxAccepts+1) }

// Close closes the port; it is free when Close returns. Accepted connections live on, those that still wait for Accept are aborted. A
// second Close answers net.ErrClosed.
func (l *NetListener) Close() error {
	l.mu.Lock()
	if l.closed {
		defer l.mu.Unlock()
		return l.opError("close", net.ErrClosed)
	}
	l.closed = true
	l.deadline.forget()
	l.changed.Broadcast()
	l.mu.Unlock()
	l.r.callAndWait(func() { l.port.StopListening().Handle(func(struct{}) {}, func(error) {}) }) // it may be closed already
	return nil
}

// Addr is the address listened on, with the real port.
func (l *NetListener) Addr() net.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addr
}

// Port is the port underneath.
//
// Goroutine: any; that of the reactor for the methods of the Port.
func (l *NetListener) Port() *Port { return l.port }

// SetDeadline sets when Accept gives up with os.ErrDeadlineExceeded, also one that waits already; the zero time is never.
func (l *NetListener) SetDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.opError("set", net.ErrClosed)
	}
	l.deadline.move(t, &l.changed)
	return nil
}

// SetAcceptQueue sets how many connections may wait for Accept. It is never less than 64, which is what a port accepts in one go. Zero
// and less are DefaultNetAcceptQueue.
func (l *NetListener) SetAcceptQueue(connections int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit = netLimit(connections, DefaultNetAcceptQueue)
}

func (l *NetListener) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: l.addr.Network(), Addr: l.addr, Err: err}
}

// netAcceptor is the Factory behind a NetListener. Goroutine: reactor.
type netAcceptor struct{ l *NetListener }

// BuildProtocol makes the connection, which stands in the queue once it is made.
func (a *netAcceptor) BuildProtocol(net.Addr) Protocol { return newNetProtocol(a.l.arrived) }

// StartFactory does nothing; a factory that wants to hear of the one hears of the other.
func (a *netAcceptor) StartFactory() {}

// StopFactory is the end of the port, whoever closed it.
func (a *netAcceptor) StopFactory() error {
	l := a.l
	l.mu.Lock()
	l.gone = true
	left := l.queue
	l.queue = nil
	l.changed.Broadcast()
	l.mu.Unlock()
	for _, n := range left {
		n.transport.AbortConnection()
	}
	return nil
}

// arrived puts a connection into the queue.
func (l *NetListener) arrived(n *NetConn) {
	l.mu.Lock()
	if l.gone { // a handshake outlived the port
		l.mu.Unlock()
		n.transport.AbortConnection()
		return
	}
	l.queue = append(l.queue, n)
	l.held = len(l.queue) >= l.mark()
	l.changed.Signal()
	l.mu.Unlock()
	l.rest()
}

// rest makes the port rest or accept, as the queue wants it now.
func (l *NetListener) rest() {
	l.mu.Lock()
	held := l.held
	l.mu.Unlock()
	l.port.hold(held)
}
