package reactortest

import "testing"

// Tracked is what Track follows: every *deferred.Deferred.
type Tracked interface {
	// Done is closed when the result is there.
	Done() <-chan struct{}
}

// Track fails the test if one of ds has no result at its end: it was never fired, is paused, or waits for another one that was not
// fired. A Deferred that has failed has a result. Which Deferreds exist cannot be known, so those that matter have to be named.
func Track(t testing.TB, ds ...Tracked) {
	t.Helper()
	t.Cleanup(func() {
		t.Helper()
		for _, d := range ds {
			select {
			case <-d.Done():
			default:
				t.Errorf("reactortest: a Deferred has no result at the end of the test: %v", d)
			}
		}
	})
}
