package policies

import (
	"math/bits"
	"sync"
	"time"
)

// burst is how much may be spent at once, as the time in which the rate allows it.
const burst = time.Second

// maxDebt bounds what can be owed.
const maxDebt = 365 * 24 * time.Hour

// bucket is a budget of bytes per second. It lets what is spent go into debt: whoever spends is told how long to wait until his own
// bytes are paid for, so that those who share a bucket come to their turns in the order of their spending.
//
// Goroutine: any. A nil bucket has no limit.
type bucket struct {
	rate int // bytes per second

	mu   sync.Mutex
	full time.Time // when the bucket will be full again
}

// newBucket makes a full bucket; a rate of zero or less has no limit.
func newBucket(rate int) *bucket {
	if rate <= 0 {
		return nil
	}
	return &bucket{rate: rate}
}

// take spends n bytes at the time now and answers how long to wait before the next ones.
func (b *bucket) take(n int, now time.Time) (wait time.Duration) {
	if b == nil || n <= 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	used := max(b.full.Sub(now), 0)
	used = min(used+b.cost(n), maxDebt)
	b.full = now.Add(used)
	return max(used-burst, 0)
}

// cost is how long the rate takes for n bytes, at most maxDebt.
func (b *bucket) cost(n int) time.Duration {
	seconds, rest := n/b.rate, n%b.rate
	if seconds >= int(maxDebt/time.Second) {
		return maxDebt
	}
	high, low := bits.Mul64(uint64(rest), uint64(time.Second))
	part, _ := bits.Div64(high, low, uint64(b.rate))
	return time.Duration(seconds)*time.Second + time.Duration(part)
}
