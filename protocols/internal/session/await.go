package session

import (
	"context"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// Await has f called on the reactor goroutine of a connection and waits for what its Deferred brings. Cancelling ctx cancels that.
//
// Fails with: the error of the Deferred; what matches deferred.ErrCancelled and the cause of ctx; reactor.ErrStopped; deferred.ErrAwaitOnLoop on
// the goroutine of a reactor; *deferred.PanicError if f panics. Goroutine: any but that of a reactor.
func Await[T any](ctx context.Context, t reactor.Transport, f func() *deferred.Deferred[T]) (T, error) {
	var none T
	if deferred.OnAnyLoop() {
		return none, deferred.ErrAwaitOnLoop
	}
	r := t.Reactor()
	begin := deferred.New[struct{}]().BindTo(r)
	result := deferred.Then(begin, func(struct{}) (T, error) { return deferred.Chain(f()) })
	if err := r.CallFromThread(func() { begin.TryCallback(struct{}{}) }); err != nil {
		return none, err
	}
	return result.Await(ctx)
}
