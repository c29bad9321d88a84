package reactortest_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeTB is a test within a test, which notes how it fails.
type fakeTB struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	failed   bool
	cleanups []func()
	deadline time.Time
}

func (f *fakeTB) Helper()                   {}
func (f *fakeTB) Cleanup(c func())          { f.cleanups = append(f.cleanups, c) }
func (f *fakeTB) Fatal(args ...any)         { f.Errorf("%s", fmt.Sprint(args...)); f.FailNow() }
func (f *fakeTB) Fatalf(s string, a ...any) { f.Errorf(s, a...); f.FailNow() }

func (f *fakeTB) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures = append(f.failures, fmt.Sprintf(format, args...))
	f.failed = true
}

func (f *fakeTB) FailNow() {
	f.mu.Lock()
	f.failed = true
	f.mu.Unlock()
	runtime.Goexit()
}

// Deadline is that of *testing.T.
func (f *fakeTB) Deadline() (time.Time, bool) { return f.deadline, !f.deadline.IsZero() }

// run runs a test to its end, cleanups and all.
func (f *fakeTB) run(test func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for len(f.cleanups) > 0 {
				last := f.cleanups[len(f.cleanups)-1]
				f.cleanups = f.cleanups[:len(f.cleanups)-1]
				last()
			}
		}()
		test()
	}()
	<-done
}

// want holds the failures against what each has to contain.
func (f *fakeTB) want(t *testing.T, parts ...string) {
	t.Helper()
	if len(f.failures) != len(parts) {
		t.Fatalf("got %d failures, want %d:\n%s", len(f.failures), len(parts), strings.Join(f.failures, "\n"))
	}
	for i, part := range parts {
		if !strings.Contains(f.failures[i], part) {
			t.Errorf("failure %d: got %q, want one with %q", i, f.failures[i], part)
		}
	}
}
