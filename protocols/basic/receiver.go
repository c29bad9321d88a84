package basic

import (
	"bytes"
	"runtime/debug"

	"github.com/tconn/tconn/reactor"
)

// receiver is what all receivers share: the bytes that wait, pausing, and a loop that is never entered twice.
type receiver struct {
	reactor.BaseProtocol
	framer   framer // nil before Init
	held     []byte // the beginning of a unit whose end has not come
	rest     []byte // what came behind it and was not looked at
	handed   *byte  // the last byte of a chunk that a handler has at the moment and may give back
	borrowed bool   // rest belongs to the caller of DataReceived
	paused   bool
	busy     bool
}

// framer takes bytes from receiver.rest, at least one: a whole unit, which it delivers, or all there is, of which it holds what
// it needs.
type framer interface{ step() }

// MakeConnection keeps the transport. It panics without Init, and at a second connection: a receiver serves one.
func (r *receiver) MakeConnection(t reactor.Transport) {
	r.mustBeReady()
	if r.Transport() != nil {
		panic("basic: a receiver serves one connection; build another one for the next")
	}
	r.BaseProtocol.MakeConnection(t)
}

// DataReceived takes bytes, cut anyhow, and delivers the units that they complete.
func (r *receiver) DataReceived(data []byte) {
	r.mustBeReady()
	if r.busy || len(r.rest) > 0 {
		r.own()
		r.rest = append(r.rest, data...)
	} else {
		r.rest, r.borrowed = data, true
	}
	r.run()
}

// PauseProducing holds back every further unit, also those which have come already, and stops reading from the peer.
func (r *receiver) PauseProducing() {
	t := r.connection("PauseProducing")
	r.paused = true
	t.PauseProducing()
}

// ResumeProducing ends PauseProducing. Units that have come already are delivered before it returns, unless a handler
// of this receiver is under way: then when that has returned.
func (r *receiver) ResumeProducing() {
	t := r.connection("ResumeProducing")
	r.paused = false
	t.ResumeProducing()
	r.goOn()
}

// StopProducing closes the connection. It makes the receiver a reactor.Producer for another connection.
func (r *receiver) StopProducing() { r.connection("StopProducing").LoseConnection() }

// run delivers what can be delivered. Inside a handler it does nothing: the loop that called the handler goes on with
// whatever the handler has changed.
func (r *receiver) run() {
	if r.busy {
		return
	}
	r.busy = true
	defer r.settle()
	for len(r.rest) > 0 && !r.paused && !r.gone() {
		r.framer.step()
	}
}

// goOn is run for everybody but the connection, which sees to a panic itself.
func (r *receiver) goOn() {
	if len(r.rest) > 0 {
		guard(r.Transport(), r.run)
	}
}

// guard runs what calls a handler from elsewhere, a timer for example. As in every callback of a connection a panic ends it, with the
// panic as the reason.
func guard(t reactor.Transport, f func()) {
	defer func() {
		if v := recover(); v != nil {
			if t != nil {
				t.AbortWith(&reactor.PanicError{Value: v, Stack: debug.Stack()})
			}
			panic(v)
		}
	}()
	f()
}

// settle makes what is left the receiver's own, or lets go of it when nobody will want it.
func (r *receiver) settle() {
	r.busy, r.handed = false, nil
	if r.gone() {
		r.held, r.rest = nil, nil
	}
	r.own()
	if len(r.rest) == 0 {
		r.rest = nil
	}
}

// own copies borrowed bytes that must stay.
func (r *receiver) own() {
	if r.borrowed {
		r.replace(append([]byte(nil), r.rest...))
	}
}

// replace makes bytes of our own the rest. A chunk that a handler has may be borrowed, so it is not taken back after this.
func (r *receiver) replace(rest []byte) {
	r.rest, r.borrowed, r.handed = rest, false, nil
}

// unhold puts what is held back in front of the rest.
func (r *receiver) unhold() {
	if len(r.held) > 0 {
		r.replace(append(r.held, r.rest...))
		r.held = nil
	}
}

// pushBack puts bytes in front of the rest. The end of the chunk that a handler was given is not copied: so a chunk with
// thousands of changes of mode costs no more than its length.
func (r *receiver) pushBack(p []byte) {
	switch {
	case len(p) == 0:
	case len(r.rest) == 0 && &p[len(p)-1] == r.handed:
		r.rest = p
	default:
		r.replace(append(bytes.Clone(p), r.rest...))
	}
}

// takeAll gives all of the rest in one piece.
func (r *receiver) takeAll() []byte {
	p := r.rest
	r.rest = nil
	return p[:len(p):len(p)]
}

// handOver calls a handler with a chunk of which it may give the end back.
func (r *receiver) handOver(chunk []byte, to func([]byte)) {
	r.handed = &chunk[len(chunk)-1]
	to(chunk)
	r.handed = nil
}

// take gives the next n bytes in one piece, if they have come; if not, it holds what has.
//
// Lifetime: the bytes are valid until the next step.
func (r *receiver) take(n int) (unit []byte, ok bool) {
	if len(r.held) == 0 && len(r.rest) >= n {
		unit, r.rest = r.rest[:n:n], r.rest[n:]
		return unit, true
	}
	part := min(n-len(r.held), len(r.rest))
	r.held = append(r.held, r.rest[:part]...)
	r.rest = r.rest[part:]
	if len(r.held) < n {
		return nil, false
	}
	unit, r.held = r.held[:n:n], nil
	return unit, true
}

// gone tells whether nothing is to be delivered any more.
func (r *receiver) gone() bool {
	t := r.Transport()
	return t != nil && t.Disconnecting()
}

func (r *receiver) mustBeReady() {
	if r.framer == nil {
		panic("basic: a receiver was not initialised; call p.Init(p) where the protocol p is made")
	}
}

func (r *receiver) connection(verb string) reactor.Transport {
	t := r.Transport()
	if t == nil {
		panic("basic: " + verb + " before the connection is made")
	}
	return t
}
