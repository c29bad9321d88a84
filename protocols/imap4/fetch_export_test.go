package imap4

// Open makes the client believe that a mailbox is selected.
func (c *Client) Open(name string) {
	c.selected(selection{name: name, open: true})
	c.setState(stateSelected)
}

// SetEnabled makes the client believe that the server has switched extensions on; words are in capitals.
func (c *Client) SetEnabled(words ...string) { c.onEnabled(words) }

// Reading tells whether anything is held for reading FETCH data.
func (c *Client) Reading() bool { return c.rare != nil && c.rare.fetching != nil }

// Consumers is how many goroutines range over an answer.
func (c *Client) Consumers() int {
	if c.rare == nil {
		return 0
	}
	return c.rare.consumers
}
