package clientservice

import (
	"math"
	"math/rand/v2"
	"time"
)

// Defaults of Backoff, Twisted's.
const (
	DefaultInitial = time.Second
	DefaultMax     = time.Minute
	DefaultFactor  = 1.5
	DefaultSpread  = time.Second
)

// Backoff is a retry policy whose waiting times grow: Initial * Factor^failures, at most Max, and then a random time up to Spread. The zero
// value is all defaults.
//
//	clientservice.Options{RetryPolicy: clientservice.Backoff{Max: 5 * time.Minute}.Delay}
//
// Source: twisted.application.internet.backoffPolicy.
type Backoff struct {
	Initial time.Duration  // zero and less are DefaultInitial
	Max     time.Duration  // before the random time; zero and less are DefaultMax
	Factor  float64        // zero and less are DefaultFactor
	Spread  time.Duration  // zero is DefaultSpread, negative no random time
	Random  func() float64 // from 0 up to 1; nil is rand.Float64
}

// Delay is how long to wait after so many failures in a row.
func (b Backoff) Delay(failures int) time.Duration {
	longest := positiveOr(float64(b.Max), float64(DefaultMax))
	d := positiveOr(float64(b.Initial), float64(DefaultInitial)) * math.Pow(positiveOr(b.Factor, DefaultFactor), float64(max(failures, 0)))
	d = min(d, longest)
	if b.Spread >= 0 {
		random := b.Random
		if random == nil {
			random = rand.Float64
		}
		d += random() * float64(orDefault(b.Spread, DefaultSpread))
	}
	if d >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(d)
}

func positiveOr(v, def float64) float64 {
	if v > 0 {
		return v
	}
	return def
}
