package pop3

import "github.com/tconn/tconn/deferred"

// Rset takes back every Dele of the session.
//
// Command: RSET (RFC 1939 section 5). Legal in: transaction.
// Fires with: the server's line. Fails with: *ResponseError, *CommandError. Source: poplib.POP3.rset; Twisted's reset.
func (c *Client) Rset() *deferred.Deferred[Reply] {
	return issue(c, &command{name: "RSET", line: []byte("RSET\r\n"), needs: inTransaction, alone: true, answered: c.noteReset}, asIs)
}

func (c *Client) noteReset(r Reply) {
	if r.OK && c.rare != nil {
		c.rare.deleted = nil
	}
}
