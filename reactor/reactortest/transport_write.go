package reactortest

import (
	"syscall"

	"github.com/tconn/tconn/reactor"
)

// highWater is how many waiting bytes pause a streaming producer, as in the reactor.
const highWater = 64 << 10

// Write gives a copy of p to the peer, or lets it wait while Hold is in force.
func (t *Transport) Write(p []byte) (int, error) {
	switch {
	case !t.writable():
		return 0, reactor.ErrWriteAfterClose
	case t.end != nil:
		t.notice()
		return len(p), nil
	case len(t.out) >= t.limit:
		t.abort(reactor.ErrBufferFull)
		return 0, reactor.ErrBufferFull
	case len(p) == 0:
		return 0, nil
	case t.holding, t.starting != nil:
		t.out = append(t.out, p...)
		t.haltProducer()
	default:
		t.written = append(t.written, p...)
		t.hungry()
	}
	return len(p), nil
}

// writable: a producer may finish what it has begun after LoseConnection or LoseWriteConnection, nobody else may write then.
func (t *Transport) writable() bool {
	closing := t.phase == phaseClosing || t.half.closing
	return t.phase <= phaseClosing && (!closing || t.producer != nil)
}

// WriteSequence is Write for each piece.
func (t *Transport) WriteSequence(pieces ...[]byte) (n int, err error) {
	for _, p := range pieces {
		m, err := t.Write(p)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Buffered is what Hold holds back.
func (t *Transport) Buffered() int { return len(t.out) }

// notice is what a write does to a paused connection whose peer has gone: the answer is a reset.
func (t *Transport) notice() {
	if t.end == reactor.ErrConnectionDone {
		t.end = &reactor.LossError{Kind: reactor.ErrConnectionLost, Err: syscall.EPIPE}
	}
	t.doom(t.end)
}

// RegisterProducer names the source of what is written.
func (t *Transport) RegisterProducer(p reactor.Producer, streaming bool) error {
	if t.phase >= phaseClosing || t.half.closing {
		p.StopProducing()
		return nil
	}
	if t.producer != nil {
		return reactor.ErrProducerRegistered
	}
	t.producer, t.streaming, t.halted = p, streaming, false
	t.haltProducer()
	if !streaming {
		p.ResumeProducing()
	}
	return nil
}

// UnregisterProducer says that the producer is done.
func (t *Transport) UnregisterProducer() {
	if t.producer != nil {
		t.producer = nil
		t.enqueue()
	}
}

func (t *Transport) haltProducer() {
	if t.producer == nil || !t.streaming || t.halted || len(t.out) <= highWater {
		return
	}
	t.halted = true
	t.producer.PauseProducing()
}

// hungry notes that a pull producer's bytes have gone, so that it is asked for more in the next turn.
func (t *Transport) hungry() {
	if t.producer != nil && !t.streaming && !t.asking {
		t.asking = true
		t.clock.hungry = append(t.clock.hungry, t)
	}
}

// askProducer asks for more now that nothing waits.
func (t *Transport) askProducer() {
	t.asking = false
	if t.producer == nil || t.phase >= phaseDoomed || len(t.out) > 0 || t.streaming && !t.halted {
		return
	}
	t.halted = false
	t.call(t.producer.ResumeProducing)
}

// drained is what follows when the last byte that waited has gone: the producer's turn, or the end.
func (t *Transport) drained() {
	if t.producer != nil {
		t.askProducer()
	}
	t.settleNow()
}
