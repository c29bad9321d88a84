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
	waiting bool // the handshake waits for the peer, and nothing has arrived since
}

// maxHandshakeAhead bounds what the peer can send ahead of the handshake: a peer may send what it likes while a callback of the
// configuration takes its time.
const maxHandshakeAhead = 64 << 10

// Read answers ciphertext: during the handshake it waits for some, afterwards it never waits.
func (w *tlsWire) Read(p []byte) (int, error) {
	if w.arrived == nil {
		return w.take(p)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ready() && w.err == nil {
		<-w.layer.c.r.handshakes
		for !w.ready() && w.err == nil {
			w.waiting = true
			w.arrived.Wait()
		}
		w.mu.Unlock()
		w.layer.c.r.handshakes <- struct{}{}
		w.mu.Lock()
	}
	n, err := w.take(p)
	if w.full && !w.ready() {
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

// ready tells whether there is something to hand out: the body of a record whose header was taken, or a whole record. A record of
// which a part is missing stays here, where it takes no more memory than it has bytes; crypto/tls would keep a full-sized
// buffer for it. What is no record at all is handed out as it is: crypto/tls names the fault.
func (w *tlsWire) ready() bool {
	if w.bodyLeft > 0 || w.headerAt > 0 || len(w.in) == 0 {
		return len(w.in) > 0
	}
	if kind := w.in[0]; kind < firstRecordType || kind > lastRecordType {
		return true
	}
	if len(w.in) < recordHeader {
		return false
	}
	body := int(w.in[3])<<8 | int(w.in[4])
	return body > maxRecordBody || w.in[1] != majorVersion || len(w.in) >= recordHeader+body
}

// The shape of a record (RFC 8446 section 5.1).
const (
	recordHeader    = 5
	firstRecordType = 20            // change_cipher_spec
	lastRecordType  = 23            // application_data
	majorVersion    = 3             // of every version since SSL 3.0
	maxRecordBody   = 16<<10 + 2048 // TLS 1.2; TLS 1.3 allows less
)

// missing is how many of n bytes belong to the record that waits for its end; all of them when none does.
func (w *tlsWire) missing(n int) int {
	switch {
	case w.ready():
		return n
	case len(w.in) < recordHeader:
		return min(n, recordHeader-len(w.in))
	}
	return min(n, recordHeader+int(w.in[3])<<8+int(w.in[4])-len(w.in))
}

// trim parts with the memory of what was handed out.
func (w *tlsWire) trim() {
	if cap(w.in) > 2*len(w.in) {
		w.in = append([]byte(nil), w.in...)
	}
}

func (w *tlsWire) take(p []byte) (int, error) {
	if !w.ready() {
		if w.err != nil {
			return 0, w.err
		}
		return 0, errWouldBlock
	}
	if w.bodyLeft > 0 {
		n := copy(p, w.in[:min(len(w.in), w.bodyLeft)])
		w.bodyLeft -= n
		w.shift(n)
		return n, nil
	}
	n := copy(p, w.in[:min(len(w.in), recordHeader-w.headerAt)])
	copy(w.header[w.headerAt:], w.in[:n])
	w.shift(n)
	if w.headerAt += n; w.headerAt == recordHeader {
		w.headerAt = 0
		w.bodyLeft = int(w.header[3])<<8 | int(w.header[4])
	}
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
		if w.layer.ended { // an answer to a key update, which must not end the reading, or an alert
			return len(p), nil
		}
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
	w.waiting = false
	if w.err == nil {
		w.err = end
	}
	w.arrived.Signal()
}

// settle makes the wire single-threaded: the handshake goroutine is done with it.
func (w *tlsWire) settle() {
	w.fetch()
	w.arrived = nil
	w.trim()
}
