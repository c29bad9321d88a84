package pop3

import "github.com/tconn/tconn/deferred"

// User tells the server whose mailbox it is. Pass has to follow; Login is both.
//
// Command: USER (RFC 1939 section 7). Legal in: authorization.
// Fires with: the server's line, which may be +OK for a user that there is not.
// Fails with: *ResponseError, *ArgumentError for a control character, ErrState and others in a *CommandError.
// Source: poplib.POP3.user; Twisted's user.
func (c *Client) User(name string) *deferred.Deferred[Reply] {
	return c.simple(beforeLogin, "USER", name)
}
