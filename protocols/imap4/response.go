package imap4

import (
	"strings"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// onUntagged takes data and status responses that carry no tag: the active command is asked first, then the table of
// dispatch.go, then the Listener gets what nobody knows.
func (c *Client) onUntagged(r wire.Response) {
	if r.IsStatus {
		c.onStatus(&r)
	}
	if c.claimed(r) || r.Code == "ALERT" {
		return
	}
	if l := c.Listener; l != nil {
		l.Untagged(Untagged{Number: r.Number, HasNumber: r.HasNumber, Name: r.Name, Text: string(r.Args.Rest())})
	}
}

// claimed tells whether the active command or the table has taken r. Most data is for neither: r is copied to the heap only for
// those who are asked.
func (c *Client) claimed(r wire.Response) bool {
	if cmd := c.active; cmd != nil && cmd.untagged != nil {
		offered := r
		if cmd.untagged(&offered) {
			return true
		}
	}
	handle, ok := dispatch[r.Name]
	if !ok {
		return false
	}
	offered := r
	return handle(c, &offered)
}

// onStatus sees to the response code of any status response, tagged or not, and to BYE.
//
//	resp-text = ["[" resp-text-code "]" SP] text
func (c *Client) onStatus(r *wire.Response) {
	switch r.Code {
	case "CAPABILITY":
		d := r.CodeDecoder(c.options().Limits)
		c.onCapability(&d)
	case "ALERT":
		if l := c.Listener; l != nil {
			l.Alert(r.Text)
		}
	}
	if r.Name == "BYE" {
		c.onBye(&ByeError{Code: r.Code, Text: r.Text})
	}
}

// onBye: the server is about to close. Nothing more is sent; what was sent may still be answered until the server closes or
// its time is up.
func (c *Client) onBye(bye *ByeError) {
	if c.bye != nil || c.state == stateClosed {
		return
	}
	c.bye = bye
	if l := c.Listener; l != nil && !c.loggingOut() {
		l.Bye(bye.Code, bye.Text)
	}
	if c.active == nil {
		c.leave()
		return
	}
	c.stopTimer()
	c.timer = c.after(byeGrace, "end of the connection after BYE")
}

// leave closes after BYE, when nothing that was sent waits for an answer.
func (c *Client) leave() {
	c.stopTimer()
	c.failPending(c.bye)
	c.transport.LoseConnection()
}

func (c *Client) loggingOut() bool { return c.active != nil && c.active.name == "LOGOUT" }

// isLastWords knows what servers say, outside the protocol, before they go.
func isLastWords(line string) bool {
	// Exchange, when its back end is gone (seen 2021, "Server Unavailable. 15").
	return strings.HasPrefix(line, "Server Unavailable")
}
