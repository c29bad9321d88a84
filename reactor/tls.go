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
	up      func(error) // told once how the handshake ended

	shaking  bool
	stands   bool // the handshake has succeeded
	draining bool
	admitted bool // what TLS writes now has been let in as a whole, or is its last word
}

// startTLS begins a handshake as the client; up hears how it went.
func startTLS(c *conn, config *tls.Config, up func(error)) {
	t := &tlsLayer{c: c, up: up, shaking: true}
	t.wire.layer = t
	t.wire.arrived = sync.NewCond(&t.wire.mu)
	t.session = tls.Client(&t.wire, config)
	c.unusual().tls = t
	c.update()
	go t.shakeHands()
}

// shakeHands runs in its own goroutine. The callbacks of the configuration run in it: a panic of theirs fails the handshake.
func (t *tlsLayer) shakeHands() {
	var err error
	t.c.r.handshakes <- struct{}{}
	panicked := t.c.r.protect("Handshake", func() { err = t.session.Handshake() })
	<-t.c.r.handshakes
	err = cmp.Or(panicked, err)
	_ = t.c.r.CallFromThread(func() { t.shaken(err) })
}

// shaken is the end of the handshake, back on the reactor goroutine.
func (t *tlsLayer) shaken(err error) {
	if !t.shaking {
		return
	}
	t.wire.settle()
	t.shaking = false
	t.stands = err == nil
	up := t.up
	t.up = nil
	if t.c.phase < phaseDoomed {
		up(err)
	}
	if t.c.phase == phaseOpen {
		t.c.enqueue() // data may have come with the last flight
	}
}

// feed takes ciphertext from the socket. In steady state it is borrowed: drain leaves nothing, or copies what it must leave.
func (t *tlsLayer) feed(p []byte) {
	if t.shaking {
		t.wire.arrive(p, nil)
		t.c.update()
		return
	}
	if len(t.wire.in) > 0 {
		t.wire.in = append(t.wire.in, p...)
		t.drain()
		return
	}
	t.wire.in = p
	t.drain()
	t.wire.in = append([]byte(nil), t.wire.in...)
}

// feedEnd takes the end of the socket's stream.
func (t *tlsLayer) feedEnd() {
	if t.shaking {
		t.wire.arrive(nil, ErrTLSTruncated)
		return
	}
	t.wire.err = ErrTLSTruncated
	t.drain()
}

// drain decrypts and delivers what is there, until the protocol pauses or closes.
func (t *tlsLayer) drain() {
	if t.shaking || t.draining {
		return
	}
	t.draining = true
	defer func() { t.draining = false }()
	c := t.c
	for c.phase == phaseOpen && !c.paused {
		buf := c.r.plainBuffer()
		n, err := t.session.Read(buf)
		if n > 0 {
			c.deliver(buf[:n])
			continue
		}
		if err != nil {
			t.readFailed(err)
			return
		}
	}
}

// readFailed sorts the ends of a session: nothing to read yet, close_notify (io.EOF), an end without it, a fault.
func (t *tlsLayer) readFailed(err error) {
	switch {
	case errors.Is(err, errWouldBlock):
	case err == io.EOF:
		t.c.stopProducer()
		t.c.closeNotify()
		t.c.end(ErrConnectionDone)
	default:
		t.c.giveUp(&LossError{Kind: ErrConnectionLost, Err: err})
	}
}

// write encrypts p; crypto/tls hands the ciphertext to tlsWire.Write, which queues it.
func (t *tlsLayer) write(p []byte) (int, error) {
	t.admitted = true
	n, err := t.session.Write(p)
	t.admitted = false
	if err != nil && t.c.phase < phaseDoomed {
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
	}
}

// shut ends a handshake that still waits for the peer.
func (t *tlsLayer) shut(reason error) {
	if t.shaking {
		t.shaking = false
		t.wire.arrive(nil, reason)
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

// clientConfig is config as a reactor can use it: with the name to verify, and without renegotiation, which would shake
// hands inside a read.
func clientConfig(config *tls.Config, host string) *tls.Config {
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName != "" && config.Renegotiation == tls.RenegotiateNever {
		return config
	}
	config = config.Clone()
	config.Renegotiation = tls.RenegotiateNever
	if config.ServerName == "" {
		config.ServerName = host
	}
	return config
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
