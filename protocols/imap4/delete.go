package imap4

import "github.com/tconn/tconn/deferred"

// Delete removes a mailbox and all messages in it for good. Mailboxes below it stay.
//
// Command: DELETE (RFC 9051 section 6.3.5). Legal in: authenticated, selected. Fires when the mailbox is gone.
// Fails with: *ResponseError (ErrNonexistent, ErrInUse, ...), *ArgumentError, *CommandError.
func (c *Client) Delete(name string) *deferred.Deferred[struct{}] {
	return issue(c, c.mailboxCommand("DELETE", name), nothing)
}
