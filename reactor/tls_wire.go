package reactor

import (
	"sync"
)

// tlsWire is the net.Conn a tls.Conn reads its ciphertext from and writes it to.
type tlsWire struct {
	layer *tlsLayer
	in    []byte // kept from before
	begun bool   // the head of in has been handed out, and its memory can go
	lent  []byte // after in: the bytes of the read that runs
	err   error  // after both

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
	have := len(w.in) + len(w.lent)
	if w.bodyLeft > 0 || w.headerAt > 0 || have == 0 {
		return have > 0
	}
	if kind := w.at(0); kind < firstRecordType || kind > lastRecordType {
		return true
	}
	if have < recordHeader {
		return false
	}
	body := int(w.at(3))<<8 | int(w.at(4))
	return body > maxRecordBody || w.at(1) != majorVersion || have >= recordHeader+body
}

// at is one of the bytes to be handed out.
func (w *tlsWire) at(i int) byte {
	if i < len(w.in) {
		return w.in[i]
	}
	return w.lent[i-len(w.in)]
}

// The shape of a record (RFC 8446 section 5.1).
const (
	recordHeader    = 5
	firstRecordType = 20            // change_cipher_spec
	lastRecordType  = 23            // application_data
	majorVersion    = 3             // of every version since SSL 3.0
	maxRecordBody   = 16<<10 + 2048 // TLS 1.2; TLS 1.3 allows less
)

// keep copies what is left of the bytes that were lent, and parts with the memory of what was handed out.
func (w *tlsWire) keep() {
	left := w.lent
	w.lent = nil
	if w.begun || cap(w.in) > 2*len(w.in) {
		w.begun = false
		w.in = append(make([]byte, 0, len(w.in)+len(left)), w.in...)
	}
	if w.in = append(w.in, left...); len(w.in) == 0 {
		w.in = nil
	}
}

func (w *tlsWire) take(p []byte) (int, error) {
	if !w.ready() {
		if w.err != nil {
			return 0, w.err
		}
		return 0, errWouldBlock
	}
	most := recordHeader - w.headerAt
	if w.bodyLeft > 0 {
		most = w.bodyLeft
	}
	n := w.hand(p[:min(len(p), most)])
	if w.bodyLeft > 0 {
		w.bodyLeft -= n
		return n, nil
	}
	copy(w.header[w.headerAt:], p[:n])
	if w.headerAt += n; w.headerAt == recordHeader {
		w.headerAt = 0
		w.bodyLeft = int(w.header[3])<<8 | int(w.header[4])
	}
	return n, nil
}

// hand moves bytes to p: those kept from before first, then those that are lent.
func (w *tlsWire) hand(p []byte) int {
	n := copy(p, w.in)
	w.in = w.in[n:]
	w.begun = len(w.in) > 0
	if !w.begun {
		w.in = nil
		m := copy(p[n:], w.lent)
		w.lent = w.lent[m:]
		n += m
	}
	return n
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
	w.keep()
}
