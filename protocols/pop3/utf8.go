package pop3

import "github.com/tconn/tconn/deferred"

// UTF8 lets the server send messages with UTF-8 in their headers, and take user names and passwords in UTF-8.
//
// Command: UTF8 (RFC 6856 section 2.1). Legal in: authorization.
// Fires with: the server's line. Fails with: *ResponseError, from a server without it, too; *CommandError.
// Source: poplib.POP3.utf8.
func (c *Client) UTF8() *deferred.Deferred[Reply] {
	return issue(c, &command{name: "UTF8", line: []byte("UTF8\r\n"), needs: beforeLogin, alone: true}, asIs)
}
