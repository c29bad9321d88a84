package task

import (
	"fmt"
	"time"

	"github.com/tconn/tconn/deferred"
)

// DeferLater calls f after d and gives its answer, which may be Chain of another Deferred.
//
// Cancel before that takes the call back, afterwards it cancels the Deferred that f answered. A panic of f is a *PanicError. A nil
// f gives the zero value. A negative d panics. On a reactor that has been stopped the call is no longer made, so
// that the Deferred has no result. Goroutine: that of the clock; Cancel on a reactor's clock: any.
// Source: twisted.internet.task.deferLater.
func DeferLater[T any](c Clock, d time.Duration, f func() (T, error)) *deferred.Deferred[T] {
	mustHave(c, "DeferLater")
	if d < 0 {
		panic(fmt.Sprintf("task: DeferLater: negative delay %v", d))
	}
	var stop func() bool
	due := bind(deferred.New(func(*deferred.Deferred[struct{}]) { stop() }), c)
	stop = c.AfterFunc(d, func() { due.Callback(struct{}{}) })
	return deferred.Then(due, func(struct{}) (v T, err error) {
		if f == nil {
			return v, nil
		}
		return f()
	})
}
