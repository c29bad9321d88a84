package reactor

// HalfCloser is implemented by a Protocol that goes on when one half of its connection is over. A protocol without it hears only
// ConnectionLost.
//
// Goroutine: reactor. A panic in one of them closes the connection fully, with the panic as the reason.
// Source: twisted.internet.interfaces.IHalfCloseableProtocol.
type HalfCloser interface {
	// ReadConnectionLost says that the peer will send no more. Writing goes on until LoseConnection or LoseWriteConnection.
	ReadConnectionLost()
	// WriteConnectionLost says that LoseWriteConnection has done its work: everything written was sent, and the end after it.
	WriteConnectionLost()
}

// half is where a connection stands of which one half is over.
type half struct {
	closing  bool // LoseWriteConnection was called
	closed   bool // the end of our stream has been sent
	readLost bool // the peer's half is over, and the protocol knows
}

func (c *conn) half() half {
	if c.rare == nil {
		return half{}
	}
	return c.rare.half
}

// LoseWriteConnection ends this side's half after what was written has gone out.
func (c *conn) LoseWriteConnection() {
	if c.phase != phaseOpen || c.half().closing {
		return
	}
	c.unusual().half.closing = true
	c.closeNotify()
	c.enqueue()
	if c.producerEnded() {
		c.UnregisterProducer()
	}
}

// endWriting sends the end of our stream; nothing waits to go before it.
func (c *conn) endWriting() {
	if c.rare.half.closed || c.finishingHandshake() {
		return
	}
	c.rare.half.closed = true
	c.r.sys.ShutdownWrite(c.attachment.FD())
	if h, ok := As[HalfCloser](c.proto); ok {
		if panicked := c.call("WriteConnectionLost", h.WriteConnectionLost); panicked != nil {
			c.doom(panicked)
			return
		}
	}
	if c.rare.half.readLost {
		c.doom(ErrConnectionDone)
	}
}

// keepsWriting tells a protocol that knows of halves that the peer's is over. False means that the connection ends.
func (c *conn) keepsWriting() bool {
	h, ok := As[HalfCloser](c.proto)
	if !ok || c.phase != phaseOpen || c.half().readLost {
		return false
	}
	c.unusual().half.readLost = true
	c.update()
	if panicked := c.call("ReadConnectionLost", h.ReadConnectionLost); panicked != nil {
		c.doom(panicked)
		return true
	}
	return !c.rare.half.closed
}
