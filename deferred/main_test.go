package deferred_test

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"go.uber.org/goleak"
)

// TestMain also keeps quiet about the errors that tests drop on purpose; who wants to see them calls collect.
func TestMain(m *testing.M) {
	deferred.OnUnhandled(func(*deferred.Unhandled) {})
	goleak.VerifyTestMain(m)
}

var (
	errA = errors.New("error A")
	errB = errors.New("error B")
)

// journal records what ran, in order.
type journal struct {
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *journal) want(t *testing.T, lines ...string) {
	t.Helper()
	if !slices.Equal(j.lines, lines) {
		t.Fatalf("order of calls: got %q, want %q", j.lines, lines)
	}
}

// ok gives a callback that notes its name and value and answers the value v.
func (j *journal) ok(name string, v int) func(int) (int, error) {
	return func(in int) (int, error) {
		j.add("%s(%d)", name, in)
		return v, nil
	}
}

// fail gives an errback that notes its name and error and answers the value v.
func (j *journal) fail(name string, v int) func(error) (int, error) {
	return func(err error) (int, error) {
		j.add("%s(%v)", name, err)
		return v, nil
	}
}

// keep gives an errback that notes its name and error and answers the same error.
func (j *journal) keep(name string) func(error) (int, error) {
	return func(err error) (int, error) {
		j.add("%s(%v)", name, err)
		return 0, err
	}
}

// chainTo gives a callback that notes its name and value and answers d.
func (j *journal) chainTo(name string, d *deferred.Deferred[int]) func(int) (int, error) {
	return func(in int) (int, error) {
		j.add("%s(%d)", name, in)
		return deferred.Chain(d)
	}
}

func wantValue[T comparable](t *testing.T, d *deferred.Deferred[T], want T) {
	t.Helper()
	v, err, ok := d.Result()
	if v != want || err != nil || !ok {
		t.Fatalf("Result: got %v, %v, %v, want %v, <nil>, true", v, err, ok, want)
	}
}

func wantError[T any](t *testing.T, d *deferred.Deferred[T], want error) {
	t.Helper()
	v, err, ok := d.Result()
	if !errors.Is(err, want) || !ok {
		t.Fatalf("Result: got %v, %v, %v, want an error matching %v", v, err, ok, want)
	}
}

func wantPending[T any](t *testing.T, d *deferred.Deferred[T]) {
	t.Helper()
	if v, err, ok := d.Result(); ok {
		t.Fatalf("Result: got %v, %v, true, want none", v, err)
	}
}

// recovered calls f and gives what it panicked with, nil when it did not.
func recovered(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}

func wantAlreadyCalled(t *testing.T, what string, f func()) {
	t.Helper()
	if p, ok := recovered(f).(*deferred.AlreadyCalledError); !ok {
		t.Fatalf("%s: got panic %v, want *AlreadyCalledError", what, p)
	}
}

// clock is a Clock whose time moves by hand.
type clock struct {
	now    time.Duration
	timers []*timer
}

type timer struct {
	at time.Duration
	f  func()
}

func (c *clock) AfterFunc(d time.Duration, f func()) func() bool {
	t := &timer{c.now + d, f}
	c.timers = append(c.timers, t)
	return func() bool {
		before := len(c.timers)
		c.timers = slices.DeleteFunc(c.timers, func(o *timer) bool { return o == t })
		return len(c.timers) < before
	}
}

func (c *clock) advance(d time.Duration) {
	c.now += d
	for _, t := range slices.Clone(c.timers) {
		if t.at <= c.now {
			c.timers = slices.DeleteFunc(c.timers, func(o *timer) bool { return o == t })
			t.f()
		}
	}
}

// reports collects what OnUnhandled is told, from any goroutine.
type reports struct {
	mu   sync.Mutex
	list []*deferred.Unhandled
	news chan struct{}
}

// collect makes the test the handler of unhandled errors, and the one who says when garbage is collected. What other tests
// left behind is dropped.
func collect(t *testing.T) *reports {
	stopCollector(t)
	r := &reports{news: make(chan struct{}, 1000)}
	t.Cleanup(deferred.OnUnhandled(func(u *deferred.Unhandled) {
		r.mu.Lock()
		r.list = append(r.list, u)
		r.mu.Unlock()
		r.news <- struct{}{}
	}))
	return r
}

// stopCollector leaves the garbage collector to explicit calls for the time of the test.
func stopCollector(t *testing.T) {
	percent := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	restore := deferred.OnUnhandled(func(*deferred.Unhandled) {})
	deferred.ReportUnhandled()
	settleGarbage()
	restore()
}

// of gives the reports about err.
func (r *reports) of(err error) (list []*deferred.Unhandled) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range r.list {
		if errors.Is(u.Err, err) {
			list = append(list, u)
		}
	}
	return list
}

func (r *reports) want(t *testing.T, err error, n int) []*deferred.Unhandled {
	t.Helper()
	list := r.of(err)
	if len(list) != n {
		t.Fatalf("reports of %q: got %d, want %d", err, len(list), n)
	}
	return list
}

// settleGarbage collects garbage and waits until cleanups queued by that have had their turn.
func settleGarbage() {
	for range 3 {
		ran := make(chan struct{})
		watchGarbage(ran)
		runtime.GC()
		<-ran
	}
}

//go:noinline
func watchGarbage(ran chan struct{}) {
	runtime.AddCleanup(&struct{ p *int }{new(int)}, func(c chan struct{}) { close(c) }, ran)
}
