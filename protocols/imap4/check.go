package imap4

import "github.com/tconn/tconn/deferred"

// Check asks the server to do what housekeeping the mailbox needs. IMAP4rev2 has no such command any more; where that is enabled
// NOOP is sent.
//
// Command: CHECK (RFC 3501 section 6.4.1). Legal in: selected. Fires when the server has answered.
// Fails with: *ResponseError, *CommandError.
func (c *Client) Check() *deferred.Deferred[struct{}] {
	cmd := &command{name: "CHECK", needs: inSelected}
	cmd.ready = func() error {
		if !c.isEnabled("IMAP4REV2") {
			return nil
		}
		return c.sendAs(cmd, "NOOP")
	}
	return issue(c, cmd, nothing)
}
