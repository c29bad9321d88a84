package pop3

// PauseProducing stops reading from the server until ResumeProducing: a sink that cannot take more for now calls it. What was read already,
// one buffer at most, is still delivered. Deadlines stand still meanwhile. Goroutine: reactor.
//
// Source: twisted.internet.interfaces.IPushProducer.
func (c *Client) PauseProducing() {
	if c.transport == nil || c.paused {
		return
	}
	c.paused = true
	c.stall()
	c.transport.PauseProducing()
}

// ResumeProducing reads on after PauseProducing.
func (c *Client) ResumeProducing() {
	if !c.paused {
		return
	}
	c.paused = false
	c.transport.ResumeProducing()
	c.unstall()
}
