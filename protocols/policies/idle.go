package policies

import (
	"fmt"
	"net"
	"time"

	"github.com/tconn/tconn/reactor"
)

// IdleTimeout aborts each connection on which for d nothing was received and nothing written; the reason matches *TimeoutError. A d
// that is zero or less panics.
//
// What counts is the call of Write, not when the peer takes the bytes: d has to be longer than a big write may take. A connection that waits
// for a Throttle, or has paused reading, is silent as well.
//
// Source: twisted.protocols.policies.TimeoutFactory, whose default is 30 minutes.
func IdleTimeout(d time.Duration) Policy {
	if d <= 0 {
		panic(fmt.Sprintf("policies: IdleTimeout: %v is no time to wait", d))
	}
	return func(f reactor.Factory) reactor.Factory {
		return WrapFactory(f, func(p reactor.Protocol, _ net.Addr) reactor.Protocol {
			w := &idle{limit: d}
			w.Init(w, p)
			return w
		})
	}
}

// idle watches both directions of a connection.
type idle struct {
	ProtocolWrapper
	timeout Timeout
	limit   time.Duration
}

// idleOwner lets the Timeout reach the connection.
type idleOwner struct{ w *idle }

func (o idleOwner) Transport() reactor.Transport { return o.w.ProtocolWrapper.Transport }

// MakeConnection starts the timeout before the protocol can write.
func (w *idle) MakeConnection(t reactor.Transport) {
	w.ProtocolWrapper.Transport = t
	w.timeout.InitTimeout(idleOwner{w})
	w.timeout.SetTimeout(w.limit)
	w.ProtocolWrapper.MakeConnection(t)
}

// DataReceived is progress.
func (w *idle) DataReceived(data []byte) {
	w.timeout.ResetTimeout()
	w.ProtocolWrapper.DataReceived(data)
}

// Write is progress, if anything is accepted.
func (w *idle) Write(p []byte) (int, error) {
	n, err := w.ProtocolWrapper.Write(p)
	if n > 0 {
		w.timeout.ResetTimeout()
	}
	return n, err
}
