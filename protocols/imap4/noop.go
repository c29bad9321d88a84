package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Noop does nothing but give the server the occasion to tell what is new, and keep the connection from falling idle.
//
// Command: NOOP (RFC 9051 section 6.1.2). Legal in: any state. Fires when the server has answered; what it told went to the Listener.
// Fails with: *ResponseError, *CommandError.
func (c *Client) Noop() *deferred.Deferred[struct{}] {
	return issue(c, &command{name: "NOOP"}, nothing)
}

// nothing is the result of a command whose OK says all.
func nothing(*wire.Response) (struct{}, error) { return struct{}{}, nil }
