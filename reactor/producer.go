package reactor

func (c *conn) producer() Producer {
	if c.rare == nil {
		return nil
	}
	return c.rare.producer
}

// RegisterProducer names the source of what is written.
func (c *conn) RegisterProducer(p Producer, streaming bool) error {
	if c.phase >= phaseLosing || c.half().closing {
		p.StopProducing()
		return nil
	}
	rare := c.unusual()
	if rare.producer != nil {
		return ErrProducerRegistered
	}
	rare.producer, rare.streaming, rare.held = p, streaming, false
	c.holdProducer()
	if !streaming {
		p.ResumeProducing()
	}
	return nil
}

// UnregisterProducer says that the producer is done.
func (c *conn) UnregisterProducer() {
	if c.producer() == nil {
		return
	}
	c.rare.producer = nil
	if c.phase == phaseLosing || c.phase == phaseOpen && c.half().closing {
		c.closeNotify()
	}
	if c.phase < phaseDoomed {
		c.enqueue()
	}
}

// holdProducer pauses a streaming producer once too much waits.
func (c *conn) holdProducer() {
	rare := c.rare
	if rare == nil || rare.producer == nil || !rare.streaming || rare.held || c.Buffered() <= highWater {
		return
	}
	rare.held = true
	c.r.count.ProducerPauses++
	c.callProducer("PauseProducing", rare.producer.PauseProducing)
}

// feedProducer asks for more, now that nothing waits. What comes is sent when the poller finds the socket ready, so a
// producer that always has more does not starve the other connections.
func (c *conn) feedProducer() {
	rare := c.rare
	if rare.streaming && !rare.held {
		return
	}
	rare.held = false
	c.callProducer("ResumeProducing", rare.producer.ResumeProducing)
}

// stopProducer parts with the producer: nobody wants its bytes any more.
func (c *conn) stopProducer() {
	if p := c.producer(); p != nil {
		c.rare.producer = nil
		c.callProducer("StopProducing", p.StopProducing)
	}
}

// producerEnded tells whether the producer is a connection that is closing or gone, or whose peer has ended its half: nothing more will
// come from it, and nobody else might say so.
func (c *conn) producerEnded() bool {
	if p, ok := c.producer().(interface{ Disconnecting() bool }); ok && p.Disconnecting() {
		return true
	}
	other := connOf(c.producer())
	return other != nil && other.half().readLost
}

// connOf finds the connection in a producer, through what was laid over it (a method Unwrap() Transport); nil if there is none.
func connOf(p any) *conn {
	for {
		if c, ok := p.(*conn); ok {
			return c
		}
		w, ok := p.(interface{ Unwrap() Transport })
		if !ok {
			return nil
		}
		p = w.Unwrap()
	}
}

func (c *conn) callProducer(what string, f func()) {
	if panicked := c.call(what, f); panicked != nil {
		c.doom(panicked)
	}
}
