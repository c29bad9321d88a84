package reactor

import (
	"math/rand/v2"
	"time"
)

// Defaults of a ReconnectingClientFactory, Twisted's.
const (
	// DefaultInitialDelay is what the waiting times grow from: the first one is this times the factor.
	DefaultInitialDelay = time.Second
	// DefaultMaxDelay is the longest waiting time, before jitter.
	DefaultMaxDelay = time.Hour
	// DefaultDelayFactor is how much longer each waiting time is than the one before.
	DefaultDelayFactor = 2.7182818284590451
	// DefaultDelayJitter is the standard deviation of a waiting time, as a part of it.
	DefaultDelayJitter = 0.11962656472
)

// ReconnectingClientFactory is a ClientFactory that connects again, after a growing delay, whenever an attempt has failed or a connection
// was lost. Embed it and write BuildProtocol; call ResetDelay there or, better, when the connection has proved to be of use.
//
// The first waiting time is InitialDelay times Factor, each further one the one before times Factor, at most MaxDelay, and each of them
// is then drawn from a normal distribution around that value. Whoever shadows ClientConnectionFailed or ClientConnectionLost calls Retry
// or the shadowed method there.
//
// One factory may serve several connectors, which then share the delay and the count. The zero value is ready; do not copy it
// after first use, and set the fields before that. Package clientservice does the same for an endpoint, and more.
// Goroutine: reactor. Source: twisted.internet.protocol.ReconnectingClientFactory.
type ReconnectingClientFactory struct {
	// InitialDelay is where the delay begins. Zero and less are DefaultInitialDelay.
	InitialDelay time.Duration
	// MaxDelay bounds the delay before jitter. Zero and less are DefaultMaxDelay.
	MaxDelay time.Duration
	// Factor is what the delay is multiplied by each time. Zero and less are DefaultDelayFactor; 1 keeps the delay as it is.
	Factor float64
	// Jitter is the standard deviation of a delay, as a part of it. Zero is DefaultDelayJitter, negative no jitter.
	Jitter float64
	// MaxRetries is how many attempts in a row are made after a first failure; the next failure is the last. Zero and less are no limit.
	MaxRetries int
	// Normal gives the random numbers of the jitter, with mean 0 and standard deviation 1. Nil is rand.NormFloat64.
	Normal func() float64

	delay   time.Duration // the last one; zero before the first
	retries int
	stopped bool
	known   map[*Connector]*DelayedCall // connecting, or planned to connect
}

// StartedConnecting remembers c for StopTrying.
func (f *ReconnectingClientFactory) StartedConnecting(c *Connector) {
	if planned := f.known[c]; planned != nil { // somebody was faster than the plan
		_ = planned.Cancel()
	}
	f.know(c, nil)
}

// ClientConnectionFailed is Retry.
func (f *ReconnectingClientFactory) ClientConnectionFailed(c *Connector, _ error) { f.Retry(c) }

// ClientConnectionLost is Retry.
func (f *ReconnectingClientFactory) ClientConnectionLost(c *Connector, _ error) { f.Retry(c) }

// Retry has c connect again after the next delay. It does nothing after StopTrying, beyond MaxRetries, and for a c that is planned
// to connect already. A nil c panics.
func (f *ReconnectingClientFactory) Retry(c *Connector) {
	if c == nil {
		panic("reactor: Retry of a nil Connector")
	}
	if f.known[c] != nil {
		return
	}
	if f.stopped || f.MaxRetries > 0 && f.retries >= f.MaxRetries {
		delete(f.known, c)
		return
	}
	f.retries++
	f.delay = f.next()
	f.know(c, c.Reactor().CallLater(f.delay, func() {
		delete(f.known, c)
		_ = c.Connect()
	}))
}

// next is the delay that follows the present one.
func (f *ReconnectingClientFactory) next() time.Duration {
	d := float64(f.delay)
	if d <= 0 {
		d = orDefault(float64(f.InitialDelay), float64(DefaultInitialDelay))
	}
	longest := orDefault(float64(f.MaxDelay), float64(DefaultMaxDelay))
	d = min(d*orDefault(f.Factor, DefaultDelayFactor), longest)
	if f.Jitter >= 0 {
		normal := f.Normal
		if normal == nil {
			normal = rand.NormFloat64
		}
		d += d * orDefault(f.Jitter, DefaultDelayJitter) * normal()
	}
	return clampDuration(d)
}

// StopTrying ends it: what is planned is taken back, attempts under way are given up, and nothing is retried until ResetDelay. A
// connection that stands goes on.
func (f *ReconnectingClientFactory) StopTrying() {
	f.stopped = true
	known := f.known
	f.known = nil
	for c, planned := range known {
		if planned != nil {
			_ = planned.Cancel()
		}
		_ = c.StopConnecting()
	}
}

// ResetDelay makes the next delay the first one again and forgets the retries so far, as after a success. It undoes StopTrying.
func (f *ReconnectingClientFactory) ResetDelay() {
	f.delay, f.retries, f.stopped = 0, 0, false
}

func (f *ReconnectingClientFactory) know(c *Connector, planned *DelayedCall) {
	if f.known == nil {
		f.known = make(map[*Connector]*DelayedCall)
	}
	f.known[c] = planned
}

// orDefault is v, or def if v is not positive.
func orDefault(v, def float64) float64 {
	if v > 0 {
		return v
	}
	return def
}

// clampDuration rounds d, in nanoseconds, to a duration that is not negative and does not overflow.
func clampDuration(d float64) time.Duration {
	const longest = float64(1<<63 - 1024) // the largest float64 below 1<<63
	return time.Duration(max(0, min(d, longest)))
}
