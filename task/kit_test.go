package task_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestMain(m *testing.M) {
	deferred.OnUnhandled(func(*deferred.Unhandled) {})
	goleak.VerifyTestMain(m)
}

type none = deferred.Deferred[struct{}]

var errBroken = errors.New("broken")

// journal keeps what happened, in order, with the seconds on a clock.
type journal struct {
	clock *reactortest.Clock
	began time.Time
	lines []string
}

func newJournal() *journal {
	c := reactortest.NewClock()
	return &journal{clock: c, began: c.Now()}
}

func (j *journal) add(format string, args ...any) {
	at := j.clock.Now().Sub(j.began)
	j.lines = append(j.lines, fmt.Sprintf("%v %s", at, fmt.Sprintf(format, args...)))
}

// want compares what was noted since the last want.
func (j *journal) want(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(j.lines, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(j.lines, " | "), strings.Join(want, " | "))
	}
	j.lines = nil
}

// outcome notes the result of d when it comes.
func outcome[T any](j *journal, name string, d *deferred.Deferred[T]) *deferred.Deferred[T] {
	d.Handle(func(T) { j.add("%s ended", name) }, func(err error) { j.add("%s: %v", name, err) })
	return d
}

// panicOf answers what f panics with; nil if it does not.
func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}
