package pop3

import (
	"slices"

	"github.com/tconn/tconn/deferred"
)

// Dele marks a message, which the server deletes at Quit, and only then.
//
// Behind a RETR of the same message that is under way it waits until that has come to its end and its sink has stored the message; if it
// has not, the Dele fails with ErrNotStored. Of several RETRs under way each has to.
//
// Command: DELE (RFC 1939 section 5). Legal in: transaction.
// Fires with: the server's line. Fails with: *ResponseError, *ArgumentError for an n below 1, *CommandError.
// Source: poplib.POP3.dele; Twisted's delete.
func (c *Client) Dele(n int) *deferred.Deferred[Reply] {
	cmd, err := messageCommand("DELE", n)
	if err != nil {
		return deferred.Fail[Reply](err)
	}
	c.guardDelete(cmd, n)
	return issue(c, cmd, asIs)
}

// guardDelete keeps a DELE from being sent before the message is stored.
func (c *Client) guardDelete(cmd *command, n int) {
	if under := c.retrievalsOf(n); len(under) > 0 {
		cmd.mayGo = func() bool {
			return !slices.ContainsFunc(under, func(r *retrieval) bool { return !r.over })
		}
		cmd.ready = func() error {
			if slices.ContainsFunc(under, func(r *retrieval) bool { return !r.stored }) {
				return ErrNotStored
			}
			return nil
		}
	}
	cmd.answered = func(r Reply) {
		if r.OK {
			c.noteDeleted(n)
		}
	}
}

func (c *Client) noteDeleted(n int) {
	r := c.unusual()
	if r.deleted == nil {
		r.deleted = make(map[int]struct{})
	}
	r.deleted[n] = struct{}{}
}
