package imap4

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// traffic is what is under way on a connection.
type traffic struct {
	out     queue    // sent, at least in part, and not answered
	waiting queue    // not sent
	sending *command // of those that are out, the one that was not sent to its end
	wait    *wait    // that is on, or spare: nil or &room
	room    wait
	offered wire.Response // memory for the response that is being offered to the commands
	steps   *steps        // the commands that are issued now are further steps of one
	telling bool          // a command is being told how it ended, and then what waits is sent
}

// noTraffic is that of all connections that have none, so that it costs an idle one a pointer. It is never written to.
var noTraffic traffic

// busy gives the client a traffic of its own before something is put into it.
func (c *Client) busy() {
	if c.traffic == &noTraffic {
		c.traffic = new(traffic)
	}
}

// rest lets go of it when nothing is under way. It is called where a connection comes to rest for long, not behind each command.
func (c *Client) rest() {
	if t := c.traffic; t.out.first == nil && t.waiting.first == nil && t.wait == nil {
		c.traffic = &noTraffic
	}
}
