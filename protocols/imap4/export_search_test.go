package imap4

// SelectHere makes the state that a SELECT leads to; each call is another mailbox.
func (c *Client) SelectHere() {
	if c.state == stateNotAuthenticated {
		c.setState(stateAuthenticated)
	}
	c.setState(stateSelected)
	c.selected(selection{open: true})
}
