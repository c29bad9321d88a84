package imap4

// NewCapabilities makes a list without a server.
var NewCapabilities = newCapabilities

// Held is what the client keeps between two responses: bytes of an incomplete one, commands, and whether a timer runs.
func (c *Client) Held() (bytes, commands int, timer bool) {
	commands = cap(c.waiting)
	if c.active != nil {
		commands++
	}
	return c.scanner.Buffered(), commands, c.timer != nil
}
