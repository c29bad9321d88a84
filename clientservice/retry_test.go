package clientservice_test

import (
	"math"
	"testing"
	"time"

	"github.com/tconn/tconn/clientservice"
)

func TestBackoff(t *testing.T) {
	none := func() float64 { return 0 }
	for _, c := range []struct {
		name     string
		policy   clientservice.Backoff
		failures int
		want     time.Duration
	}{
		{"P17 first", clientservice.Backoff{Random: none}, 0, time.Second},
		{"P17 second", clientservice.Backoff{Random: none}, 1, 1500 * time.Millisecond},
		{"P17 third", clientservice.Backoff{Random: none}, 2, 2250 * time.Millisecond},
		{"P17 below the limit", clientservice.Backoff{Random: none}, 10, time.Duration(math.Pow(1.5, 10) * 1e9)},
		{"P17 at the limit", clientservice.Backoff{Random: none}, 11, time.Minute},
		{"P17 far beyond the limit", clientservice.Backoff{Random: none}, math.MaxInt32, time.Minute},
		{"P17 random time on top", clientservice.Backoff{Random: func() float64 { return 0.5 }}, 100, time.Minute + 500*time.Millisecond},
		{"P17 no random time", clientservice.Backoff{Spread: -1}, 1, 1500 * time.Millisecond},
		{"P17 own spread", clientservice.Backoff{Spread: 8 * time.Second, Random: func() float64 { return 0.25 }}, 0, 3 * time.Second},
		{"P17 own settings", clientservice.Backoff{Initial: time.Minute, Factor: 2, Max: time.Hour, Spread: -1}, 3, 8 * time.Minute},
		{"P17 negative count", clientservice.Backoff{Spread: -1}, -3, time.Second},
		{"no overflow", clientservice.Backoff{Initial: math.MaxInt64, Max: math.MaxInt64, Factor: 9}, 9, math.MaxInt64},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.policy.Delay(c.failures); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	t.Run("P17 the random time is at most a second", func(t *testing.T) {
		seen := make(map[time.Duration]bool)
		for range 100 {
			d := clientservice.Backoff{}.Delay(0)
			seen[d] = true
			if d < time.Second || d > 2*time.Second {
				t.Fatalf("got %v, want 1 s to 2 s", d)
			}
		}
		if len(seen) < 2 {
			t.Errorf("got %d different times, want several", len(seen))
		}
	})
}

func TestRetries(t *testing.T) {
	var asked []int
	policy := func(failures int) time.Duration {
		asked = append(asked, failures)
		return time.Duration(failures) * time.Second
	}
	t.Run("P17 the policy gets the failures in a row, and a connection ends the row", func(t *testing.T) {
		s := started(t, clientservice.Options{RetryPolicy: policy})
		for n := range 3 {
			s.call(n).fail(errRefused)
			s.clock.Advance(time.Duration(n+1)*time.Second - 1)
			s.calls(n + 1)
			s.clock.Advance(1)
		}
		s.call(3).connect()
		s.call(3).tr.Lose(nil)
		s.clock.Advance(time.Second)
		s.call(4).fail(errRefused)
		s.clock.Advance(2 * time.Second)
		s.calls(6)
		want := []int{1, 2, 3, 1, 2}
		if len(asked) != len(want) {
			t.Fatalf("got %v, want %v", asked, want)
		}
		for i := range want {
			if asked[i] != want[i] {
				t.Fatalf("got %v, want %v", asked, want)
			}
		}
	})
	t.Run("P17 the default policy", func(t *testing.T) {
		s := started(t, clientservice.Options{})
		s.call(0).fail(errRefused)
		s.clock.Advance(1500*time.Millisecond - 1)
		s.calls(1)
		s.clock.Advance(time.Second)
		s.calls(2)
	})
	t.Run("a negative time is at once", func(t *testing.T) {
		s := started(t, clientservice.Options{RetryPolicy: func(int) time.Duration { return -time.Second }})
		s.call(0).fail(errRefused)
		s.calls(1)
		s.turn()
		s.calls(2)
	})
}
