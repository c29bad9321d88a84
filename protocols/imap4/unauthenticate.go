package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Unauthenticate logs the user out and keeps the connection, so that another one can log in. TLS and compression stay; what ENABLE has
// switched on does not.
//
// Command: UNAUTHENTICATE (RFC 8437). Legal in: authenticated, selected.
// Fails with: *ResponseError, *UnsupportedError, *CommandError.
func (c *Client) Unauthenticate() *deferred.Deferred[struct{}] {
	cmd := &command{name: "UNAUTHENTICATE", class: classStream, needs: inAuthenticated, requires: []string{"UNAUTHENTICATE"}}
	var age uint32
	cmd.ready = func() error {
		age = c.capsAge
		return nil
	}
	return issue(c, cmd, func(*wire.Response) (struct{}, error) {
		c.unselected()
		c.setState(stateNotAuthenticated)
		c.prepared, c.utf8 = false, false
		r := c.unusual()
		r.enabled, r.names, r.contexts, r.appendLimits = nil, nil, nil, nil
		if c.capsAge == age {
			c.forgetCapabilities()
		}
		return struct{}{}, nil
	})
}
