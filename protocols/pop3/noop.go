package pop3

import "github.com/tconn/tconn/deferred"

// Noop does nothing, but shows that the connection lives, and keeps the server from ending it.
//
// Command: NOOP (RFC 1939 section 5). Legal in: transaction.
// Fires with: the server's line. Fails with: *ResponseError, *CommandError. Source: poplib.POP3.noop; Twisted's noop.
func (c *Client) Noop() *deferred.Deferred[Reply] { return c.simple(inTransaction, "NOOP") }
