package imap4

import "time"

// NewCapabilities makes a list without a server.
var NewCapabilities = newCapabilities

// Held is what the client keeps between two responses: bytes of an incomplete one, commands, and whether a timer runs.
func (c *Client) Held() (bytes, commands int, timer bool) {
	for _, q := range []queue{c.out, c.waiting} {
		for cmd := q.first; cmd != nil; cmd = cmd.behind {
			commands++
		}
	}
	return c.scanner.Buffered(), commands, c.wait != nil
}

// SelectForTest makes a mailbox the selected one without a server.
func (c *Client) SelectForTest(name string) {
	c.setState(stateSelected)
	c.selected(selection{name: name, open: true})
}

// SetStartGrace sets how long Dial waits for a reactor to run.
func SetStartGrace(d time.Duration) (restore func()) {
	was := startGrace
	startGrace = d
	return func() { startGrace = was }
}
