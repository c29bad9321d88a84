package reactortest

import (
	"testing"
	"time"

	"github.com/tconn/tconn/deferred/deferredtest"
)

// settleWithin is how long what is about to end is waited for, before it is called a leak. A test that leaks nothing waits for nothing.
var settleWithin = 2 * time.Second

// NoLeaks fails the test if, at its end, there is more than there is now: goroutines, open descriptors (on systems with /proc) and errors of
// Deferreds that nobody has taken. Call it first, so that it looks last.
//
// It looks at the whole process: a test that uses it must not be parallel to others. What has been cleaned up by then is no leak,
// and what is about to end is given 2 s.
func NoLeaks(t testing.TB) {
	t.Helper()
	t.Cleanup(watchLeaks(t))
}

// watchLeaks notes what there is; check reports what has been added. Errors that nobody took are reported at the end of the test.
func watchLeaks(t testing.TB) (check func()) {
	t.Helper()
	deferredtest.NoUnhandled(t)
	warmUp()
	running, open := goroutines(), descriptors()
	return func() {
		t.Helper()
		report(t, "goroutine left behind", await(func() []string { return added(running, goroutines()) }))
		report(t, "descriptor left open", await(func() []string { return added(open, descriptors()) }))
	}
}

func report(t testing.TB, what string, leaks []string) {
	t.Helper()
	for _, leak := range leaks {
		t.Errorf("reactortest: %s: %s", what, leak)
	}
}

// await asks until there is nothing, or it has taken too long.
func await(look func() []string) (left []string) {
	giveUp := time.NewTimer(settleWithin)
	defer giveUp.Stop()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		if left = look(); len(left) == 0 {
			return nil
		}
		select {
		case <-again.C:
		case <-giveUp.C:
			return left
		}
	}
}
