package reactortest

import "github.com/tconn/tconn/reactor"

// half is where a connection stands of which one half is over.
type half struct {
	closing  bool // LoseWriteConnection was called
	closed   bool // the peer has got the end of the protocol's stream
	readLost bool // the peer's half is over, and the protocol knows
}

// LoseWriteConnection ends the protocol's half once what Hold holds back has gone.
func (t *Transport) LoseWriteConnection() {
	if t.phase == phaseOpen && !t.half.closing {
		t.half.closing = true
		t.enqueue()
		if t.producerEnded() {
			t.UnregisterProducer()
		}
	}
}

// WriteEnded tells whether the peer has got the end of the protocol's stream after LoseWriteConnection.
func (t *Transport) WriteEnded() bool { return t.half.closed }

// endOutput is what follows when nothing waits to be sent: the end of the connection, or of one half.
func (t *Transport) endOutput() {
	switch {
	case t.phase == phaseClosing:
		t.doom(reactor.ErrConnectionDone)
	case t.phase == phaseOpen && t.half.closing && !t.half.closed:
		t.half.closed = true
		if h, ok := reactor.As[reactor.HalfCloser](t.proto); ok {
			t.call(h.WriteConnectionLost)
		}
		if t.half.readLost {
			t.doom(reactor.ErrConnectionDone)
		}
	}
}

// keepsWriting tells a protocol that knows of halves that the peer's is over. False means that the connection ends.
func (t *Transport) keepsWriting() bool {
	h, ok := reactor.As[reactor.HalfCloser](t.proto)
	if !ok {
		return false
	}
	if !t.half.readLost {
		t.half.readLost = true
		t.call(h.ReadConnectionLost)
	}
	return !t.half.closed
}
