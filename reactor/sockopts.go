package reactor

import (
	"fmt"
	"math"
	"time"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// SetNoDelay sets TCP_NODELAY.
func (c *conn) SetNoDelay(on bool) error { return c.setOption(engine.NoDelay, truth(on)) }

// SetKeepAlive sets SO_KEEPALIVE.
func (c *conn) SetKeepAlive(on bool) error { return c.setOption(engine.KeepAlive, truth(on)) }

// SetKeepAlivePeriod sets how long the peer may be silent before it is probed, and the time between probes.
func (c *conn) SetKeepAlivePeriod(d time.Duration) error {
	return c.setOption(engine.KeepAliveIdle, roundUp(d, time.Second))
}

// SetUserTimeout sets how long what was sent may stay unacknowledged.
func (c *conn) SetUserTimeout(d time.Duration) error {
	return c.setOption(engine.UserTimeout, roundUp(d, time.Millisecond))
}

// SetReadBuffer sets the size of the kernel's receive buffer.
func (c *conn) SetReadBuffer(bytes int) error { return c.setOption(engine.ReadBuffer, bytes) }

// SetWriteBuffer sets the size of the kernel's send buffer.
func (c *conn) SetWriteBuffer(bytes int) error { return c.setOption(engine.WriteBuffer, bytes) }

func (c *conn) setOption(option engine.Option, value int) error {
	if c.phase == phaseLost {
		return ErrWriteAfterClose
	}
	if value < 0 || value > math.MaxInt32 { // the system would take the lower 32 bits of it
		return fmt.Errorf("reactor: %d is no value for a socket option", value)
	}
	return c.r.sys.SetOption(c.attachment.FD(), option, value)
}

// roundUp is d in whole units, away from zero: what is negative stays so.
func roundUp(d, unit time.Duration) int {
	n := int(d / unit)
	switch rest := d % unit; {
	case rest > 0:
		n++
	case rest < 0:
		n--
	}
	return n
}

func truth(on bool) int {
	if on {
		return 1
	}
	return 0
}
