package policies

import (
	"math"
	"testing"
	"time"
)

func TestBucket(t *testing.T) {
	type step struct {
		after time.Duration // since the step before
		n     int
		want  time.Duration
	}
	const s = time.Second
	for _, tc := range []struct {
		name  string
		rate  int
		steps []step
	}{
		{"a second's worth", 10, []step{{0, 10, 0}, {0, 1, s / 10}, {0, 9, s}, {s, 1, s / 10}}},
		{"it fills up again, and no further", 10, []step{{0, 10, 0}, {time.Hour, 10, 0}, {0, 1, s / 10}}},
		{"debt is paid in time", 10, []step{{0, 110, 10 * s}, {9 * s, 10, 2 * s}, {3 * s, 0, 0}, {0, 5, 0}}},
		{"nothing costs nothing", 10, []step{{0, 100, 9 * s}, {0, 0, 0}, {0, -1, 0}}},
		{"no limit", 0, []step{{0, math.MaxInt, 0}}},
		{"no limit either", -1, []step{{0, math.MaxInt, 0}}},
		{"huge amounts", 1, []step{{0, math.MaxInt, maxDebt - s}, {0, math.MaxInt, maxDebt - s}, {maxDebt, 1, 0}}},
		{"huge rates", math.MaxInt, []step{{0, math.MaxInt, 0}, {0, 1 << 20, 0}, {0, math.MaxInt, s}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBucket(tc.rate)
			now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
			for i, st := range tc.steps {
				now = now.Add(st.after)
				if got := b.take(st.n, now); (got - st.want).Abs() > 200*time.Nanosecond {
					t.Errorf("step %d: got %v, want %v", i+1, got, st.want)
				}
			}
		})
	}
}
