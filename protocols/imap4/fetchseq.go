package imap4

import (
	"context"
	"iter"

	"github.com/tconn/tconn/deferred"
)

// FetchSeq is Fetch for a goroutine of its own: a range over it gives the messages as they come, and at last the error, if there is one.
//
//	for m, err := range c.FetchSeq(ctx, imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemEnvelope}) {
//
// The server is asked when the range begins, anew for each range. A loop that is slow slows the server down: when 256 messages or 1 MiB
// wait, nothing more is read from the connection, unless another command on it waits for its answer. So the loop may issue commands of its
// own, with CallFromThread, and await them; see Options.MaxBacklog. A break drops what is left. Borrow has no effect here.
//
// Command: FETCH, UID FETCH (RFC 9051 sections 6.4.5 and 6.4.9). Legal in: selected.
// Fails with: what Fetch fails with, the cause of ctx when that ends first, *LimitError, deferred.ErrAwaitOnLoop on a reactor
// goroutine, reactor.ErrStopped.
// Goroutine: any but that of a reactor. FetchOptions.Sink and Vanished are called on the reactor goroutine.
func (c *Client) FetchSeq(ctx context.Context, set MessageSet, o FetchOptions) iter.Seq2[*Message, error] {
	o.Borrow = false
	return func(yield func(*Message, error) bool) {
		b := newBacklog[*Message](c)
		err := b.start(ctx, func() *deferred.Deferred[int] {
			return c.fetch(set, o, &b.consumer, func(m *Message, size int) { b.put(m, size) })
		})
		if err != nil {
			yield(nil, &CommandError{Command: byUID("FETCH", set), Err: err})
			return
		}
		defer b.stop()
		for {
			m, ok, err := b.take(ctx)
			switch {
			case err != nil:
				yield(nil, err)
				return
			case !ok || !yield(m, nil):
				return
			}
		}
	}
}
