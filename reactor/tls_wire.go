package reactor

import (
	"sync"
)

// tlsWire is the net.Conn a tls.Conn reads its ciphertext from and writes it to.
type tlsWire struct {
	layer *tlsLayer
	in    []byte
	err   error // after in

	// Reads end at the parts of a record, its header and its body, so that crypto/tls never asks for a bigger buffer than one
	// record needs, and keeps none.
	header   [recordHeader]byte
	headerAt int
	bodyLeft int

	// during the handshake, which runs in another goroutine
	mu      sync.Mutex
	arrived *sync.Cond // nil afterwards
	out     []byte
	posted  bool // the reactor goroutine has been asked to send out
	full    bool // in has reached maxHandshakeAhead: the socket is not read
}

// maxHandshakeAhead bounds what the peer can send ahead of the handshake: a peer may send what it likes while a callback of the
// configuration takes its time.
const maxHandshakeAhead = 64 << 10

const recordHeader = 5

// Read answers ciphertext: during the handshake it waits for some, afterwards it never waits.
func (w *tlsWire) Read(p []byte) (int, error) {
	if w.arrived == nil {
		return w.take(p)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.in) == 0 && w.err == nil {
		<-w.layer.c.r.handshakes
		for len(w.in) == 0 && w.err == nil {
			w.arrived.Wait()
		}
		w.mu.Unlock()
		w.layer.c.r.handshakes <- struct{}{}
		w.mu.Lock()
	}
	n, err := w.take(p)
	if w.full && len(w.in) == 0 {
		w.full = false
		_ = w.layer.c.r.CallFromThread(w.layer.c.update)
	}
	return n, err
}

// stuffed tells whether the handshake must catch up before more is read. Goroutine: reactor.
func (w *tlsWire) stuffed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.full
}

func (w *tlsWire) take(p []byte) (int, error) {
	if len(w.in) == 0 {
		if w.err != nil {
			return 0, w.err
		}
		return 0, errWouldBlock
	}
	if w.bodyLeft == 0 {
		n := copy(p, w.in[:min(len(w.in), recordHeader-w.headerAt)])
		copy(w.header[w.headerAt:], w.in[:n])
		w.shift(n)
		if w.headerAt += n; w.headerAt == recordHeader {
			w.headerAt = 0
			w.bodyLeft = int(w.header[3])<<8 | int(w.header[4])
		}
		return n, nil
	}
	n := copy(p, w.in[:min(len(w.in), w.bodyLeft)])
	w.bodyLeft -= n
	w.shift(n)
	return n, nil
}

// shift drops what was taken, and the memory with the last of it.
func (w *tlsWire) shift(n int) {
	if w.in = w.in[n:]; len(w.in) == 0 {
		w.in = nil
	}
}

// Write queues ciphertext: straight to the connection, or for the reactor goroutine to fetch during the handshake.
func (w *tlsWire) Write(p []byte) (int, error) {
	if w.arrived == nil {
		c := w.layer.c
		if !w.layer.admitted && c.Buffered() >= c.r.maxBuffered { // answers to key updates, which a peer can ask for without end
			c.abort(ErrBufferFull)
			return 0, ErrBufferFull
		}
		return c.send(p)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out = append(w.out, p...)
	if !w.posted {
		w.posted = true
		if err := w.layer.c.r.CallFromThread(w.fetch); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// fetch sends what the handshake has written. Goroutine: reactor.
func (w *tlsWire) fetch() {
	w.mu.Lock()
	out := w.out
	w.out, w.posted = nil, false
	w.mu.Unlock()
	if len(out) > 0 {
		_, _ = w.layer.c.send(out)
	}
}

// arrive gives the handshake goroutine bytes, or the end of them.
func (w *tlsWire) arrive(p []byte, end error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.in = append(w.in, p...)
	w.full = len(w.in) >= maxHandshakeAhead
	if w.err == nil {
		w.err = end
	}
	w.arrived.Signal()
}

// settle makes the wire single-threaded: the handshake goroutine is done with it.
func (w *tlsWire) settle() {
	w.fetch()
	w.arrived = nil
}
