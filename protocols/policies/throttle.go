package policies

import (
	"net"

	"github.com/tconn/tconn/reactor"
)

// ThrottleOptions are the limits of a Throttle, in bytes per second over all connections. Zero or less is no limit.
type ThrottleOptions struct {
	// ReadPerSecond limits what is received: a connection that has used the budget up is not read until its bytes are
	// paid for, so that its peer's sending backs up.
	ReadPerSecond int
	// WritePerSecond limits what is written. A connection that has used the budget up has its producer paused, and is not read
	// either: a protocol that answers requests writes less when it is asked less. Nothing that a protocol writes is held back, so
	// one that writes on its own account should be a producer.
	WritePerSecond int
}

// Throttle limits the bytes per second that the connections of a factory receive and write, over all factories it is applied to.
// After a pause one second's worth may pass at once; on the average the limit holds. Connections that wait go on in the order
// in which they have used the budget, one read or write each.
//
// What the protocol itself has paused stays paused. A connection that waits does not notice that its peer has gone.
//
// Source: twisted.protocols.policies.ThrottlingFactory.
func Throttle(o ThrottleOptions) Policy {
	read, write := newBucket(o.ReadPerSecond), newBucket(o.WritePerSecond)
	return func(f reactor.Factory) reactor.Factory {
		return WrapFactory(f, func(p reactor.Protocol, _ net.Addr) reactor.Protocol {
			w := &throttled{read: budget{bucket: read}, write: budget{bucket: write}}
			w.Init(w, p)
			return w
		})
	}
}

// stops are the reasons why a connection is not read.
type stops uint8

const (
	byProtocol stops = 1 << iota
	byRead
	byWrite
)

// budget is one connection's side of a bucket.
type budget struct {
	bucket *bucket
	wait   *reactor.DelayedCall // runs while the connection has to wait
}

// throttled counts the bytes of a connection and stops it when they are too many.
type throttled struct {
	ProtocolWrapper
	read, write budget
	stopped     stops
	valve       *valve // the protocol's producer, if it has one and writing has a limit
}

// MakeConnection sees to it that no timer outlives the connection.
func (w *throttled) MakeConnection(t reactor.Transport) {
	t.OnLost(func(error) {
		w.read.cancel()
		w.write.cancel()
	})
	w.ProtocolWrapper.MakeConnection(t)
}

// DataReceived counts and passes on.
func (w *throttled) DataReceived(data []byte) {
	w.spend(&w.read, len(data), byRead)
	w.ProtocolWrapper.DataReceived(data)
}

// Write passes on and counts.
func (w *throttled) Write(p []byte) (int, error) {
	n, err := w.ProtocolWrapper.Write(p)
	w.spend(&w.write, n, byWrite)
	return n, err
}

// PauseProducing is the protocol's own wish.
func (w *throttled) PauseProducing() { w.stop(byProtocol) }

// ResumeProducing ends it; reading goes on if nothing else is against it.
func (w *throttled) ResumeProducing() { w.goOn(byProtocol) }

// RegisterProducer puts a valve before the producer, if writing has a limit.
func (w *throttled) RegisterProducer(p reactor.Producer, streaming bool) error {
	if w.write.bucket == nil {
		return w.Transport.RegisterProducer(p, streaming)
	}
	v, before := newValve(p, streaming, w.stopped&byWrite != 0), w.valve
	w.valve = v
	if err := w.Transport.RegisterProducer(v, streaming); err != nil {
		w.valve = before
		return err
	}
	v.start()
	return nil
}

// UnregisterProducer passes on.
func (w *throttled) UnregisterProducer() {
	w.valve = nil
	w.Transport.UnregisterProducer()
}

// spend takes n bytes from a budget, and stops the connection for as long as that asks.
func (w *throttled) spend(b *budget, n int, why stops) {
	r := w.Reactor()
	d := b.bucket.take(n, r.Now())
	if d == 0 {
		return
	}
	if b.wait != nil {
		_ = b.wait.Reset(d)
		return
	}
	b.wait = r.CallLater(d, func() {
		b.wait = nil
		guard(w.Transport, func() { w.goOn(why) })
	})
	w.stop(why)
}

func (b *budget) cancel() {
	if b.wait != nil {
		_ = b.wait.Cancel()
		b.wait = nil
	}
}

// stop adds a reason for not reading.
func (w *throttled) stop(why stops) {
	if w.stopped == 0 {
		w.Transport.PauseProducing()
	}
	w.stopped |= why
	if why == byWrite && w.valve != nil {
		w.valve.hold()
	}
}

// goOn takes a reason away, and reads on after the last one.
func (w *throttled) goOn(why stops) {
	before := w.stopped
	w.stopped &^= why
	if before != 0 && w.stopped == 0 {
		w.Transport.ResumeProducing()
	}
	if why == byWrite && w.valve != nil {
		w.valve.release()
	}
}
