package deferredtest

import (
	"strings"
	"sync"
	"testing"

	"github.com/tconn/tconn/deferred"
)

// NoUnhandled makes the test fail for every error that a Deferred ends with during the test and that nobody takes.
//
// It is called first. When the test and the cleanups registered after it are over, the garbage of the test is collected, and
// each error is told with the callback it comes from. What a variable of the package still leads to is no garbage and is not
// seen. Errors that were dropped before are reported as ever, and not to this test.
// Goroutine: that of the test. Only one test at a time can do this: it is not for tests that call t.Parallel.
// Source: trial, which fails a test that leaves an error in a Deferred.
func NoUnhandled(t testing.TB) {
	t.Helper()
	deferred.ReportUnhandled()
	var l errorList
	restore := deferred.OnUnhandled(l.add)
	t.Cleanup(func() {
		t.Helper()
		deferred.ReportUnhandled()
		restore()
		for _, u := range l.close() {
			t.Errorf("Deferred: got an error nobody took: %s", text(u))
		}
	})
}

// errorList collects what is unhandled, from any goroutine.
type errorList struct {
	mu     sync.Mutex
	closed bool
	list   []*deferred.Unhandled
}

func (l *errorList) add(u *deferred.Unhandled) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.list = append(l.list, u)
	}
}

func (l *errorList) close() []*deferred.Unhandled {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return l.list
}

// text tells an error and all that is known of where it comes from.
func text(u *deferred.Unhandled) string {
	var s strings.Builder
	s.WriteString(u.Err.Error())
	for _, part := range []struct{ words, place string }{
		{"; answered by ", u.Origin},
		{"; no errback after ", u.Passed},
		{"\nmade at:\n", u.Created},
		{"\nfired at:\n", u.Fired},
	} {
		if part.place != "" {
			s.WriteString(part.words + part.place)
		}
	}
	return s.String()
}
