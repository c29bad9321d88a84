package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Logout ends the session in good order and closes the connection.
//
// Command: LOGOUT (RFC 9051 section 6.1.3). Legal in: any state.
// Fires when the server has answered, or has said BYE and closed the connection, as many do.
// Fails with: *ResponseError, *CommandError.
func (c *Client) Logout() *deferred.Deferred[struct{}] {
	return issue(c, &command{name: "LOGOUT", class: classStream, byeWillDo: true}, func(*wire.Response) (struct{}, error) {
		c.lose()
		return struct{}{}, nil
	})
}
