package reactortest

import "github.com/tconn/tconn/reactor"

// LoseConnection closes once what Hold holds back has gone and a producer has finished. ConnectionLost comes with Clock.Turn.
func (t *Transport) LoseConnection() {
	if t.phase == phaseOpen {
		t.startClosing()
	}
	if t.phase == phaseClosing && t.producerEnded() {
		t.UnregisterProducer()
	}
}

// producerEnded tells whether the producer is a connection that is closing or gone, or whose peer has ended its half.
func (t *Transport) producerEnded() bool {
	if p, ok := t.producer.(interface{ Disconnecting() bool }); ok && p.Disconnecting() {
		return true
	}
	for p := any(t.producer); ; {
		if other, ok := p.(*Transport); ok {
			return other.half.readLost
		}
		w, ok := p.(interface{ Unwrap() reactor.Transport })
		if !ok {
			return false
		}
		p = w.Unwrap()
	}
}

// AbortConnection closes and drops what Hold holds back. ConnectionLost comes with Clock.Turn.
func (t *Transport) AbortConnection() { t.abort(reactor.ErrConnectionAborted) }

// AbortWith is AbortConnection with a cause.
func (t *Transport) AbortWith(err error) {
	if err == nil {
		t.AbortConnection()
		return
	}
	t.abort(&reactor.LossError{Kind: reactor.ErrConnectionAborted, Err: err})
}

// Disconnecting tells whether the end has begun.
func (t *Transport) Disconnecting() bool { return t.phase != phaseOpen }

// OnLost registers a clean-up, to run before ConnectionLost.
func (t *Transport) OnLost(f func(reason error)) {
	if t.phase == phaseLost {
		f(t.reason)
		return
	}
	t.onLost = append(t.onLost, f)
}

// PauseProducing stops reading: what the peer sends from now on waits.
func (t *Transport) PauseProducing() {
	if t.phase == phaseOpen {
		t.paused = true
	}
}

// ResumeProducing reads on. What has waited comes with Clock.Turn.
func (t *Transport) ResumeProducing() {
	if t.phase == phaseOpen && t.paused {
		t.paused = false
		t.enqueue()
	}
}

// StopProducing is LoseConnection.
func (t *Transport) StopProducing() { t.LoseConnection() }

func (t *Transport) abort(reason error) {
	if t.phase < phaseDoomed {
		t.aborted = true
		t.doom(reason)
	}
}

func (t *Transport) startClosing() {
	t.phase = phaseClosing
	t.kept = nil
	t.enqueue()
}

// doom settles the reason of a connection that has none yet. What waits is dropped both ways.
func (t *Transport) doom(reason error) {
	t.phase = phaseDoomed
	t.reason = reason
	t.kept, t.out = nil, nil
	t.enqueue()
}

// call runs a callback as on the reactor goroutine.
func (t *Transport) call(f func()) {
	defer t.clock.enter()()
	f()
}

// enqueue asks for settle in the clock's next turn.
func (t *Transport) enqueue() {
	if !t.queued {
		t.queued = true
		t.clock.dirty = append(t.clock.dirty, t)
	}
}

// settleNow is settle for what the test does to the connection: at once, or with the next turn inside a callback.
func (t *Transport) settleNow() {
	if t.clock.depth > 0 {
		t.enqueue()
		return
	}
	t.settle()
}

// settle does what is to be done outside of every callback: hand over what waits, then see to the end.
func (t *Transport) settle() {
	t.queued = false
	t.deliver()
	if t.producer == nil && len(t.out) == 0 {
		t.endOutput()
	}
	if t.phase == phaseDoomed {
		t.bury()
	}
}

// deliver hands the peer's bytes over piece by piece, and after the last one the peer's end.
func (t *Transport) deliver() {
	for t.phase == phaseOpen && !t.paused && t.starting == nil && len(t.kept) > 0 {
		p := t.kept[0]
		t.kept = t.kept[1:]
		t.call(func() { t.proto.DataReceived(p) })
		scribble(p)
	}
	switch {
	case t.phase != phaseOpen || t.paused || t.end == nil || t.starting != nil:
	case t.end == reactor.ErrConnectionDone && t.keepsWriting():
	case t.end == reactor.ErrConnectionDone && len(t.out) > 0:
		t.startClosing()
	default:
		t.doom(t.end)
	}
}

// scribble overwrites bytes that the protocol had only borrowed.
func scribble(p []byte) {
	for i := range p {
		p[i] = "\xDB#"[i&1]
	}
}

// bury gives everybody the reason: the producer, the hooks of OnLost, the protocol. All of them hear it, also when one panics.
func (t *Transport) bury() {
	t.phase = phaseLost
	t.failTLS(t.reason)
	var calls []func()
	if p := t.producer; p != nil {
		t.producer = nil
		calls = append(calls, p.StopProducing)
	}
	for _, f := range t.onLost {
		calls = append(calls, func() { f(t.reason) })
	}
	t.onLost = nil
	if t.proto != nil {
		calls = append(calls, func() { t.proto.ConnectionLost(t.reason) })
	}
	t.call(func() { inOrder(calls) })
}

func inOrder(calls []func()) {
	if len(calls) > 0 {
		defer inOrder(calls[1:])
		calls[0]()
	}
}
