package clientservice

import (
	"math"
	"time"
)

// The bounds of what a rate can be, which keep the arithmetic of a bucket from overflowing.
const (
	longestGap   = 24 * time.Hour
	longestSlack = 100 * 365 * 24 * time.Hour
)

// bucket lets permits through at a rate, and some at once after a rest. It is the token bucket in the form that needs no counting: it
// keeps the moment at which it would be full again. Moments are measured from the start of the governor.
type bucket struct {
	gap   time.Duration // between two permits; zero is no limit
	slack time.Duration // how far ahead of the rate a burst may run
	full  time.Duration // when the bucket is as if nothing had been taken
	next  time.Duration // when the next permit may go
}

// newBucket makes one for rate permits a second and burst at once. Negative and infinite rates are no limit.
func newBucket(rate float64, burst int) bucket {
	if rate < 0 || math.IsInf(rate, 1) {
		return bucket{}
	}
	gap := min(math.Ceil(float64(time.Second)/rate), float64(longestGap))
	slack := min(gap*float64(max(burst, 1)-1), float64(longestSlack))
	return bucket{gap: time.Duration(gap), slack: time.Duration(slack)}
}

// open tells whether a permit may go now.
func (b *bucket) open(now time.Duration) bool { return b.gap == 0 || now >= b.next }

// take lets one permit go. late, from 0 to 1, is how much of a gap the next one is to come later than it could; permits of a burst are not
// held back.
func (b *bucket) take(now time.Duration, late float64) {
	if b.gap == 0 {
		return
	}
	b.full = max(b.full, now) + b.gap
	b.next = b.full - b.slack
	if b.next > now {
		b.next += time.Duration(late * float64(b.gap))
	}
}
