package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Close expunges the messages that are \Deleted, without telling which, and closes the mailbox; one that was opened with Examine is
// closed as it is.
//
// Command: CLOSE (RFC 9051 section 6.4.1). Legal in: selected.
// Fires when no mailbox is open any more. Fails with: *ResponseError, *CommandError.
func (c *Client) Close() *deferred.Deferred[struct{}] {
	return issue(c, c.closeCommand("CLOSE"), nothing)
}

// Unselect closes the mailbox and expunges nothing. A server without UNSELECT is sent CLOSE if the mailbox is open for reading
// only, which comes to the same; otherwise nothing is sent. Select and Examine of another mailbox expunge nothing either.
//
// Command: UNSELECT (RFC 3691, RFC 9051 section 6.4.2). Legal in: selected.
// Fires when no mailbox is open any more. Fails with: *ResponseError, *UnsupportedError, *CommandError.
func (c *Client) Unselect() *deferred.Deferred[struct{}] {
	cmd := c.closeCommand("UNSELECT")
	cmd.detour = func() bool { return c.learn("UNSELECT", "IMAP4rev2") }
	cmd.ready = func() error {
		switch {
		case c.offers([]string{"UNSELECT", "IMAP4rev2"}):
			return nil
		case c.box.readOnly:
			return c.sendAs(cmd, "CLOSE")
		}
		return &UnsupportedError{Capability: "UNSELECT"}
	}
	return issue(c, cmd, nothing)
}

func (c *Client) closeCommand(name string) *command {
	return &command{
		name: name, class: classAlone, needs: inSelected,
		answered: func(r *wire.Response) {
			if r.Name == "OK" {
				c.unselected()
			}
		},
	}
}
