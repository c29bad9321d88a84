package imap4

import (
	"context"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/internal/session"
)

// Await has f called on the reactor goroutine, where the methods of a Client belong, and waits for what its Deferred brings: how a goroutine
// of its own uses a Client.
//
//	caps, err := imap4.Await(ctx, c, (*imap4.Client).GetCapabilities)
//	_, err = imap4.Await(ctx, c, func(c *imap4.Client) *deferred.Deferred[struct{}] { return c.Create("Work") })
//
// Commands that do not wait for each other's answers go in one f, which answers deferred.Gather of them. FetchSeq and FetchBodies need no
// Await: they wait by themselves.
//
// Answers: the value of the Deferred, which is the caller's goroutine's from then on.
// Errors: its error; what matches deferred.ErrCancelled and the cause of ctx when that ends first, and the Deferred is cancelled then;
// ErrNotConnected, reactor.ErrStopped; deferred.ErrAwaitOnLoop on the goroutine of a reactor, where nobody may wait; *deferred.PanicError if
// f panics. Goroutine: any but that of a reactor.
func Await[T any](ctx context.Context, c *Client, f func(c *Client) *deferred.Deferred[T]) (T, error) {
	if c.transport == nil && !deferred.OnAnyLoop() {
		var none T
		return none, ErrNotConnected
	}
	return session.Await(ctx, c.transport, func() *deferred.Deferred[T] { return f(c) })
}

// Disconnect closes the connection without a LOGOUT, once what was sent is on its way: commands that are not answered fail with
// reactor.ErrConnectionDone. It does not wait for that, and a second call does nothing. Goroutine: any.
//
// Source: twisted.internet.interfaces.ITransport.loseConnection.
func (c *Client) Disconnect() {
	if t := c.transport; t != nil {
		_ = t.Reactor().CallFromThread(t.LoseConnection) // a reactor that has stopped has no connections
	}
}
