package pop3

import (
	"maps"
	"slices"

	"github.com/tconn/tconn/deferred"
)

// Quit has the server delete what was marked, ends the session and closes the connection.
//
// Command: QUIT (RFC 1939 sections 4 and 6). Legal in: any state.
// Fires with: the server's line. It deletes what was marked: most before they say so, some (Courier) right after.
// Fails with: *ResponseError, *CommandError; if messages were to be deleted in a *QuitError, which matches ErrDeletionsUnknown. The connection is
// closed in any case. Without a Quit nothing is deleted.
// Source: poplib.POP3.quit; Twisted's quit.
func (c *Client) Quit() *deferred.Deferred[Reply] {
	cmd := &command{name: "QUIT", line: []byte("QUIT\r\n"), alone: true}
	cmd.answered = func(r Reply) {
		if r.OK {
			c.setState(stateUpdate)
		}
	}
	d := issue(c, cmd, asIs)
	return d.AddBoth(func(r Reply, err error) (Reply, error) {
		if cmd.sent {
			c.lose()
		}
		if err != nil && cmd.sent && len(c.deleted()) > 0 {
			err = &QuitError{Deleted: c.deleted(), Err: err}
		}
		return r, err
	})
}

// deleted are the numbers of the messages that are to be deleted, in their order.
func (c *Client) deleted() []int {
	if c.rare == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(c.rare.deleted))
}
