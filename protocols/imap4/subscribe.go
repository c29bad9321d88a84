package imap4

import "github.com/tconn/tconn/deferred"

// Subscribe puts a name on the list of those that the user wants to see: see LSub and ListOptions.Subscribed.
//
// Command: SUBSCRIBE (RFC 9051 section 6.3.7). Legal in: authenticated, selected. Fires when it is on the list.
// Fails with: *ResponseError, *ArgumentError, *CommandError.
func (c *Client) Subscribe(name string) *deferred.Deferred[struct{}] {
	return issue(c, c.mailboxCommand("SUBSCRIBE", name), nothing)
}

// Unsubscribe takes a name off that list; there need be no such mailbox any more.
//
// Command: UNSUBSCRIBE (RFC 9051 section 6.3.8). Legal in: authenticated, selected. Fires when it is off the list.
// Fails with: *ResponseError, *ArgumentError, *CommandError.
func (c *Client) Unsubscribe(name string) *deferred.Deferred[struct{}] {
	return issue(c, c.mailboxCommand("UNSUBSCRIBE", name), nothing)
}
