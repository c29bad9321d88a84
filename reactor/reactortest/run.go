package reactortest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/internal/inmemory"
)

const (
	// guard is how long Run waits for the Deferred, unless the test has to end before.
	guard = 2 * time.Minute
	// margin is how long before the deadline of the test Run gives up, to say why.
	margin = time.Second
	// stopWithin is how long the reactor may take to stop.
	stopWithin = 10 * time.Second
)

// Run calls f on a real reactor with real sockets, in the goroutine of the reactor, waits for the Deferred that f answers, stops the reactor, and
// gives the result. It is what a test in Twisted's trial does by returning a Deferred.
//
// The test fails, and ends, when the Deferred fails, when f panics or answers nil, when the reactor stops by itself, and when there is no result after 2
// minutes or a second before the deadline of the test. It fails when the reactor is unclean, which is when a call of CallLater,
// a port, an attempt to connect or a connection is left 2 s after the result; and when NoLeaks would fail it. So a test closes what it opens:
// Run(t, f) where f ends with StopListening and LoseConnection.
//
// Goroutine: that of the test; the test must not be parallel to others. f and its callbacks may use t.Fatal.
// Source: twisted.trial.unittest.TestCase.
func Run[T any](t testing.TB, f func(r *reactor.Reactor) *deferred.Deferred[T], options ...reactor.Option) T {
	t.Helper()
	check := watchLeaks(t)
	s := &session[T]{r: reactor.New(options...), fired: make(chan result[T], 1), over: make(chan error, 1)}
	s.begin(f)
	got := s.wait(patience(t))
	if got.err != nil {
		t.Errorf("reactortest: Run: %v", got.err)
	} else {
		report(t, "the reactor was unclean", await(s.left))
	}
	if !s.stop() {
		t.Fatalf("reactortest: Run: the reactor does not stop: a callback blocks:\n%s", stacks())
	}
	check()
	if got.err != nil {
		t.FailNow()
	}
	return got.value
}

// patience is how long the test may wait.
func patience(t testing.TB) time.Duration {
	limit := guard
	if limited, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if at, ok := limited.Deadline(); ok {
			limit = min(limit, time.Until(at)-margin)
		}
	}
	return limit
}

// session is one call of Run.
type session[T any] struct {
	r     *reactor.Reactor
	fired chan result[T]
	over  chan error // what the reactor's Run answered; closed after that
}

type result[T any] struct {
	value T
	err   error
}

// begin starts the reactor, and f on it.
func (s *session[T]) begin(f func(r *reactor.Reactor) *deferred.Deferred[T]) {
	s.r.CallWhenRunning(func() {
		d := deferred.Execute(func() (T, error) {
			if d := f(s.r); d != nil {
				return deferred.Chain(d)
			}
			var none T
			return none, errors.New("the function has answered no Deferred")
		})
		d.Handle(
			func(v T) { s.fired <- result[T]{value: v} },
			func(err error) {
				s.fired <- result[T]{err: fmt.Errorf("the Deferred has failed: %w%s", err, stackOf(err))}
			},
		)
	})
	go func() {
		defer close(s.over) // also when a callback has ended the goroutine: t.Fatal does
		if err := s.r.Run(); err != nil {
			s.over <- err
		}
	}()
}

// stackOf is the stack of a panic.
func stackOf(err error) string {
	if p := (*deferred.PanicError)(nil); errors.As(err, &p) {
		return "\n" + string(p.Stack)
	}
	return ""
}

// wait answers how it went.
func (s *session[T]) wait(limit time.Duration) (got result[T]) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case got = <-s.fired:
	case err := <-s.over:
		select {
		case got = <-s.fired:
		default:
			got.err = fmt.Errorf("the reactor has stopped before the Deferred had a result (%v)", err)
		}
	case <-timer.C:
		got.err = fmt.Errorf("the Deferred has no result after %v; left in the reactor: %q", limit, s.left())
	}
	return got
}

// left asks the reactor what a user has left in it. One that does not answer is not asked for long.
func (s *session[T]) left() []string {
	answer := make(chan []string, 1)
	if err := s.r.CallFromThread(func() { answer <- inmemory.Look(s.r).Left() }); err != nil {
		return nil
	}
	timer := time.NewTimer(settleWithin)
	defer timer.Stop()
	select {
	case left := <-answer:
		return left
	case <-s.over:
		return nil
	case <-timer.C:
		return []string{"a callback that blocks"}
	}
}

// stop ends the reactor; false means that it does not end.
func (s *session[T]) stop() bool {
	_ = s.r.Stop()
	timer := time.NewTimer(stopWithin)
	defer timer.Stop()
	for {
		select {
		case _, open := <-s.over:
			if !open {
				return true
			}
		case <-timer.C:
			return false
		}
	}
}
