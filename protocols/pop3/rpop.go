package pop3

import "github.com/tconn/tconn/deferred"

// RPOP names the remote user, to a server that trusts the host by its address. It is of historical interest only.
//
// Command: RPOP (RFC 1081, page 7). Legal in: authorization.
// Fires with: the server's line, when it has accepted. Fails with: *ResponseError, *ArgumentError, *CommandError.
// Source: poplib.POP3.rpop.
func (c *Client) RPOP(user string) *deferred.Deferred[Reply] {
	cmd, err := newCommand("RPOP", user)
	if err != nil {
		return deferred.Fail[Reply](err)
	}
	cmd.needs, cmd.alone, cmd.answered = beforeLogin, true, c.noteLogin
	return issue(c, cmd, asIs)
}
