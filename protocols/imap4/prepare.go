package imap4

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// prepare sets the session up before the first command that needs a login: the capabilities are asked for if the server has not told
// them, IMAP4rev2 is enabled and ID is sent where they are offered. It answers true when something was queued that has to go first.
//
// It is done as late as that so that a session which only logs in and out makes no detour.
func (c *Client) prepare() (wait bool) {
	if c.prepared || c.state != stateAuthenticated && c.state != stateSelected {
		return false
	}
	if !c.capsKnown {
		c.askCapabilities()
		return true
	}
	c.prepared = true
	if c.caps.Has("ID") && !c.options().NoID {
		c.queueFirst(c.idCommand(c.options().ID))
		wait = true
	}
	if c.caps.Has("IMAP4rev2") && c.caps.Has("ENABLE") && !c.options().NoRev2 && c.state == stateAuthenticated {
		c.queueFirst(c.enableCommand("IMAP4rev2"))
		wait = true
	}
	return wait
}

// learn asks for all that the server can do when it is not known yet whether it has one of the capabilities. It answers true when that
// has to go first.
func (c *Client) learn(capabilities ...string) (wait bool) {
	return !c.offers(capabilities) && c.learnAll()
}

// learnAll asks for all that the server can do, unless it is known. It answers true when that has to go first.
func (c *Client) learnAll() (wait bool) {
	if c.capsFull {
		return false
	}
	c.askCapabilities()
	return true
}

// sendAs makes cmd, which is about to be sent, another command.
func (c *Client) sendAs(cmd *command, name string) error {
	cmd.name = name
	return c.encode(cmd)
}

// askCapabilities puts a CAPABILITY before all that waits, and nothing is sent until it is answered: who waits for it would ask again.
// A server that refuses it has none.
func (c *Client) askCapabilities() {
	cmd := &command{name: "CAPABILITY", answers: answerCapability, class: classStream}
	c.queueFirst(cmd)
	cmd.done = func(*wire.Response, error) {
		if !c.capsKnown {
			c.setCapabilities(Capabilities{})
		}
		c.capsFull = true
	}
}

// queueFirst puts a command of the client's own before all that waits. Its arguments are known to be good.
func (c *Client) queueFirst(cmd *command) {
	cmd.tag = c.newTag()
	if cmd.done == nil {
		cmd.done = func(*wire.Response, error) {}
	}
	if err := c.encode(cmd); err != nil {
		return
	}
	c.busy()
	c.waiting.pushFront(cmd)
}
