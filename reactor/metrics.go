package reactor

import "time"

// Metrics is told what happens on a reactor, for counters and histograms. Totals that need no histogram, bytes among them, are in
// Stats, to be read when somebody asks.
//
// Embed NoMetrics and write only the methods you need: then a method that comes later does no harm.
//
// Goroutine: reactor, so they must not block; a Metrics that several reactors share (NewGroup) is called by several goroutines. A panic in
// one of them is logged and harms nothing else. Durations are by the reactor's clock.
type Metrics interface {
	// AttemptDone tells how an attempt to connect went, and what it took, from the name lookup to the end of the TLS handshake. reason is nil
	// when there is a connection and a *ConnectError otherwise, whose Kind says what went wrong.
	AttemptDone(took time.Duration, reason error)
	// ConnectionMade tells of each connection that has got a protocol, before the protocol hears of it.
	ConnectionMade(d Direction)
	// ConnectionLost tells of the end of such a connection, how long it lasted and the reason that its protocol has got.
	ConnectionLost(d Direction, lasted time.Duration, reason error)
	// HandshakeDone tells how a TLS handshake went and what it took. reason is nil when it succeeded.
	HandshakeDone(d Direction, took time.Duration, reason error)
	// TurnDone tells what a turn of the loop took: everything that ran for one ready descriptor, or for calls and timers.
	TurnDone(took time.Duration)
}

// Direction says which side began a connection.
type Direction uint8

// The directions of a connection.
const (
	Outgoing Direction = iota // made by a Connector
	Incoming                  // accepted by a Port
)

// String is "outgoing" or "incoming".
func (d Direction) String() string {
	return [...]string{"outgoing", "incoming"}[d]
}

// NoMetrics implements Metrics with nothing in it; embed it in your own.
type NoMetrics struct{}

// AttemptDone does nothing.
func (NoMetrics) AttemptDone(time.Duration, error) {}

// ConnectionMade does nothing.
func (NoMetrics) ConnectionMade(Direction) {}

// ConnectionLost does nothing.
func (NoMetrics) ConnectionLost(Direction, time.Duration, error) {}

// HandshakeDone does nothing.
func (NoMetrics) HandshakeDone(Direction, time.Duration, error) {}

// TurnDone does nothing.
func (NoMetrics) TurnDone(time.Duration) {}

// WithMetrics tells m what happens. Nil is nobody, the default, and costs nothing.
func WithMetrics(m Metrics) Option {
	return func(r *Reactor) {
		r.metrics, r.made = m, nil
		if m != nil {
			r.made = make(map[*conn]time.Duration)
		}
	}
}

// measure calls a method of the metrics.
func (r *Reactor) measure(f func(Metrics)) {
	r.protect("Metrics", func() { f(r.metrics) })
}

// attempted counts the end of an attempt.
func (r *Reactor) attempted(began time.Duration, reason error) {
	if reason == nil {
		r.count.Connected++
	} else {
		r.count.Failed++
	}
	if r.metrics != nil {
		took := r.timers.now() - began
		r.measure(func(m Metrics) { m.AttemptDone(took, reason) })
	}
}

// shook counts the end of a handshake.
func (c *conn) shook(began time.Duration, reason error) {
	r := c.r
	if reason == nil {
		r.count.Handshakes++
	} else {
		r.count.HandshakesFailed++
	}
	if r.metrics != nil {
		took := r.timers.now() - began
		if reason != nil {
			reason = tlsError(reason)
		}
		r.measure(func(m Metrics) { m.HandshakeDone(c.direction(), took, reason) })
	}
}

// countMade and countLost tell the metrics of a connection that has a protocol. When it was made is kept only for them.
func (c *conn) countMade() {
	if r := c.r; r.metrics != nil {
		r.made[c] = r.timers.now()
		r.measure(func(m Metrics) { m.ConnectionMade(c.direction()) })
	}
}

func (c *conn) countLost() {
	if r := c.r; r.metrics != nil {
		lasted := r.timers.now() - r.made[c]
		delete(r.made, c)
		r.measure(func(m Metrics) { m.ConnectionLost(c.direction(), lasted, c.rare.reason) })
	}
}

func (c *conn) direction() Direction {
	if c.owner.connector() != nil {
		return Outgoing
	}
	return Incoming
}
