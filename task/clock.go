package task

import (
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// Clock is the time that the things of this package live by. *reactor.Reactor is one.
type Clock interface {
	// Now is the present moment.
	Now() time.Time
	// AfterFunc has f called once after d, in a later turn even if d is zero; stop prevents that and tells whether it was in time.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

var _ Clock = (*reactor.Reactor)(nil)

// bind makes Cancel of d safe from any goroutine if c is a reactor.
func bind[T any](d *deferred.Deferred[T], c Clock) *deferred.Deferred[T] {
	if e, ok := c.(deferred.Executor); ok {
		d.BindTo(e)
	}
	return d
}

func mustHave(c Clock, verb string) {
	if c == nil {
		panic("task: " + verb + ": nil Clock")
	}
}
