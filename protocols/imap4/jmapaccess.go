package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// GetJMAPAccess asks for the URL of the JMAP session that shows the same mail to the same user.
//
// Command: GETJMAPACCESS (RFC 9698). Legal in: authenticated, selected.
// Fires with: the URL; "" if the server gives none. Fails with: *ResponseError, *UnsupportedError, *CommandError.
func (c *Client) GetJMAPAccess() *deferred.Deferred[string] {
	var url string
	cmd := &command{name: "GETJMAPACCESS", answers: answerJMAPAccess, needs: inAuthenticated, requires: []string{"JMAPACCESS"}}
	cmd.untagged = func(r *wire.Response) bool {
		if r.Name != "JMAPACCESS" {
			return false
		}
		url = string(r.Args.AString())
		return true
	}
	return issue(c, cmd, func(*wire.Response) (string, error) { return url, nil })
}
