package reactor

import (
	"cmp"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// tlsLayer stands between a socket and its protocol. It drives crypto/tls over a connection in memory.
//
// During the handshake crypto/tls reads with blocking reads, in a goroutine that ends with the handshake. From then on everything
// runs on the reactor goroutine: a read that finds no more ciphertext answers errWouldBlock, which crypto/tls takes for a
// temporary error and keeps its state.
type tlsLayer struct {
	c       *conn
	session *tls.Conn
	wire    tlsWire
	up      func(error)   // told once how the handshake ended; nil afterwards
	limit   *DelayedCall  // ends a handshake that takes too long
	pending []byte        // written while the hands were shaken
	began   time.Duration // when the handshake did, by the reactor's clock

	shaking  bool
	started  bool // the goroutine of the handshake runs
	stands   bool // the handshake has succeeded
	draining bool
	left     bool // plaintext may be left in the session: the protocol paused or closed
	ended    bool // close_notify has been sent: nothing may follow it
	admitted bool // what TLS writes now has been let in as a whole, or is its last word
}

// role makes the session: tls.Client or tls.Server.
type role func(net.Conn, *tls.Config) *tls.Conn

// startTLS begins a handshake; up hears how it went, exactly once. A server's goroutine starts with the first bytes of its peer, so
// that a peer who says nothing costs none.
func startTLS(c *conn, as role, config *tls.Config, client bool, up func(error)) *tlsLayer {
	t := &tlsLayer{c: c, up: up, shaking: true, began: c.r.timers.now()}
	t.wire.layer = t
	t.wire.arrived = sync.NewCond(&t.wire.mu)
	t.session = as(&t.wire, config)
	c.unusual().tls = t
	c.update()
	if client {
		t.start()
	}
	return t
}

func (t *tlsLayer) start() {
	if !t.started {
		t.started = true
		go t.shakeHands()
	}
}

// within ends the handshake with ErrTLSTimeout when it takes longer than d.
func (t *tlsLayer) within(d time.Duration) {
	if t.shaking && d > 0 {
		t.limit = t.c.r.own.add(d, func() { t.shut(ErrTLSTimeout) })
	}
}

// shakeHands runs in its own goroutine. The callbacks of the configuration run in it: a panic of theirs fails the handshake.
func (t *tlsLayer) shakeHands() {
	err := errHandshakeGoexit
	t.c.r.handshakes <- struct{}{}
	defer func() { // also when a callback ends the goroutine
		<-t.c.r.handshakes
		_ = t.c.r.CallFromThread(func() { t.shaken(err) })
	}()
	var failed error
	panicked := t.c.r.protect("Handshake", func() { failed = t.session.Handshake() })
	err = cmp.Or(panicked, failed)
}

var errHandshakeGoexit = errors.New("reactor: a callback of the tls.Config ended its goroutine with runtime.Goexit")

// shaken is the end of the handshake, back on the reactor goroutine.
func (t *tlsLayer) shaken(err error) {
	if !t.shaking {
		return
	}
	t.wire.settle()
	if err != nil {
		t.told(err)
		return
	}
	t.stands, t.shaking = true, false
	t.giveBack()
	t.sendPending() // before anybody writes because of the outcome
	t.told(nil)
	t.resume()
}

// sendPending sends what was written while the hands were shaken.
func (t *tlsLayer) sendPending() {
	pending := t.pending
	t.pending = nil
	t.c.r.count.Buffered -= int64(len(pending))
	if len(pending) > 0 && t.c.phase < phaseDoomed {
		_, _ = t.write(pending)
	}
}

// told passes the outcome on.
func (t *tlsLayer) told(err error) {
	t.shaking = false
	if t.limit != nil {
		_ = t.limit.Cancel()
		t.limit = nil
	}
	t.c.shook(t.began, err)
	if up := t.up; up != nil {
		t.up = nil
		up(err)
	}
}

// resume goes on with what has waited for the handshake.
func (t *tlsLayer) resume() {
	c := t.c
	if c.phase == phaseLosing || c.phase == phaseOpen && c.half().closing {
		c.closeNotify()
	}
	if c.phase < phaseDoomed {
		c.enqueue() // data may have come with the last flight
		c.update()
	}
}

// finishing tells whether a connection that closes waits for the handshake, for the sake of what was written.
func (t *tlsLayer) finishing() bool { return t.shaking && len(t.pending) > 0 }

func (c *conn) finishingHandshake() bool {
	t := c.tls()
	return t != nil && t.shaking && (len(t.pending) > 0 || c.phase == phaseOpen)
}

// feed takes ciphertext from the socket. In steady state it is borrowed, and only what drain leaves of it is copied.
func (t *tlsLayer) feed(p []byte) {
	if t.shaking {
		t.start()
		t.wire.arrive(p, nil)
		t.c.update()
		return
	}
	t.wire.lent = p
	t.drain()
	t.wire.keep()
}

// feedEnd takes the end of the socket's stream.
func (t *tlsLayer) feedEnd() {
	switch {
	case t.shaking && !t.started:
		t.shut(ErrTLSTruncated)
	case t.shaking:
		t.wire.arrive(nil, ErrTLSTruncated)
	default:
		t.wire.err = ErrTLSTruncated
		t.drain()
	}
}

// drain decrypts and delivers what is there, until the protocol pauses or closes.
func (t *tlsLayer) drain() {
	c := t.c
	if t.shaking || t.draining || !t.left && !t.wire.ready() && t.wire.err == nil {
		return
	}
	t.draining, t.left = true, true
	t.borrow()
	for c.phase == phaseOpen && !c.paused && !c.half().readLost {
		buf := c.r.plainBuffer()
		n, err := t.read(buf)
		if n > 0 {
			c.deliver(buf[:n])
			continue
		}
		if err != nil {
			t.readFailed(err)
			break
		}
	}
	t.giveBack()
	t.draining = false
}

// read decrypts one record. A cache of the user's for sessions hears of new ones in it.
func (t *tlsLayer) read(buf []byte) (n int, err error) {
	defer t.c.r.recoverPanic("TLS", &err)
	return t.session.Read(buf)
}

// readFailed sorts the ends of a session: nothing to read yet, close_notify (io.EOF), an end without it, a fault.
func (t *tlsLayer) readFailed(err error) {
	c := t.c
	switch {
	case errors.Is(err, errWouldBlock):
		t.left = false
	case err != io.EOF:
		c.giveUp(&LossError{Kind: ErrConnectionLost, Err: tlsError(err)})
	case c.phase == phaseOpen && c.keepsWriting():
	default:
		c.stopProducer()
		c.closeNotify()
		c.end(ErrConnectionDone)
	}
}

// write encrypts p; crypto/tls hands the ciphertext to tlsWire.Write, which queues it. Until the handshake is over p waits.
func (t *tlsLayer) write(p []byte) (int, error) {
	if !t.stands {
		t.pending = append(t.pending, p...)
		t.c.r.count.Buffered += int64(len(p))
		return len(p), nil
	}
	t.admitted = true
	n, err := t.session.Write(p)
	t.admitted = false
	if err != nil && t.c.phase < phaseDoomed && !t.c.failing() {
		t.c.lost(err)
	}
	return n, err
}

// closeNotify tells the peer that this is the end, and not a cut.
func (t *tlsLayer) closeNotify() {
	if t.stands {
		t.admitted = true
		_ = t.session.CloseWrite()
		t.admitted = false
		t.ended = true
	}
}

// shut ends a handshake that still waits for the peer.
func (t *tlsLayer) shut(reason error) {
	if t.shaking {
		t.wire.arrive(nil, reason)
		t.told(reason)
	}
}

// TLSState describes the session.
func (c *conn) TLSState() (state tls.ConnectionState, ok bool) {
	t := c.tls()
	if t == nil || !t.stands {
		return tls.ConnectionState{}, false
	}
	return t.session.ConnectionState(), true
}

// plainBuffer is what one TLS record is decrypted into; all connections of the reactor share it.
func (r *Reactor) plainBuffer() []byte {
	if r.plainBuf == nil {
		r.plainBuf = make([]byte, 16<<10)
	}
	return r.plainBuf
}

// errWouldBlock says that no ciphertext is there. Being temporary it leaves a tls.Conn usable.
var errWouldBlock net.Error = wouldBlock{}

type wouldBlock struct{}

func (wouldBlock) Error() string   { return "reactor: no TLS data yet" }
func (wouldBlock) Timeout() bool   { return true }
func (wouldBlock) Temporary() bool { return true }

// tlsAddr stands in for the addresses that crypto/tls never looks at.
type tlsAddr struct{}

func (tlsAddr) Network() string { return "tls" }
func (tlsAddr) String() string  { return "tls" }

func (*tlsWire) Close() error                     { return nil }
func (*tlsWire) LocalAddr() net.Addr              { return tlsAddr{} }
func (*tlsWire) RemoteAddr() net.Addr             { return tlsAddr{} }
func (*tlsWire) SetDeadline(time.Time) error      { return nil }
func (*tlsWire) SetReadDeadline(time.Time) error  { return nil }
func (*tlsWire) SetWriteDeadline(time.Time) error { return nil }
