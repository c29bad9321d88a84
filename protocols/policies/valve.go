package policies

import "github.com/tconn/tconn/reactor"

// valve is a producer before a producer. That may write only while both the connection, whose calls arrive here, and
// the throttle let it.
type valve struct {
	producer  reactor.Producer
	streaming bool
	open      bool // the connection wants bytes: a streaming producer may write, another one has been asked
	held      bool // the throttle wants none
}

// newValve makes a valve for a producer; a streaming one may write from the beginning.
func newValve(p reactor.Producer, streaming, held bool) *valve {
	return &valve{producer: p, streaming: streaming, open: streaming, held: held}
}

// start tells a streaming producer that begins while the throttle holds it.
func (v *valve) start() {
	if v.streaming && v.held && v.open {
		v.producer.PauseProducing()
	}
}

// PauseProducing is the connection's: too much waits.
func (v *valve) PauseProducing() {
	was := v.open
	v.open = false
	if v.streaming && was && !v.held {
		v.producer.PauseProducing()
	}
}

// ResumeProducing is the connection's: it takes more, or asks for it.
func (v *valve) ResumeProducing() {
	v.open = true
	if !v.held {
		v.ask()
	}
}

// StopProducing passes on.
func (v *valve) StopProducing() { v.producer.StopProducing() }

// Disconnecting tells the connection whether the producer is another one that has ended, so that closing does not wait for it.
func (v *valve) Disconnecting() bool {
	p, ok := v.producer.(interface{ Disconnecting() bool })
	return ok && p.Disconnecting()
}

// Unwrap is the producer if it is a connection, so that the end of its peer's half is seen.
func (v *valve) Unwrap() reactor.Transport {
	t, _ := v.producer.(reactor.Transport)
	return t
}

// hold is the throttle's: the budget is used up.
func (v *valve) hold() {
	was := v.held
	v.held = true
	if v.streaming && v.open && !was {
		v.producer.PauseProducing()
	}
}

// release is the throttle's: the bytes are paid for.
func (v *valve) release() {
	was := v.held
	v.held = false
	if v.open && was {
		v.ask()
	}
}

// ask has the producer write: on, if it is streaming, or once.
func (v *valve) ask() {
	v.open = v.streaming
	v.producer.ResumeProducing()
}
