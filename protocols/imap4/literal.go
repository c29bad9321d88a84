package imap4

import (
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// LiteralSink takes the octets of one literal, such as the body of a message, piece by piece as they come.
//
// A sink that cannot take more for now calls Client.PauseProducing, and ResumeProducing later: the server's sending backs up, and
// nothing piles up here. What was read already, one buffer at most, or under COMPRESS 1 MiB, is still written. Goroutine: reactor.
type LiteralSink interface {
	// Write takes the next piece. An error refuses the rest of the literal, which is read and dropped, and fails the command with
	// it. Lifetime: p is borrowed until the call returns.
	Write(p []byte) (int, error)
	// Done is called once: with nil when all octets were written, otherwise with the reason why no more come.
	Done(err error)
}

// literalStream is a literal whose octets go to a sink.
type literalStream struct {
	sink    LiteralSink
	command *command
}

// onLiteral decides where the octets of a literal go that has just been announced: to the sink of a command that wants them, or into
// memory within the limits.
func (c *Client) onLiteral(u *wire.Unit) {
	if c.onFetchLiteral(u) {
		return
	}
	for cmd := c.out.first; cmd != nil; cmd = cmd.behind {
		if cmd.literal == nil {
			continue
		}
		if sink := cmd.literal(*u); sink != nil {
			c.unusual().stream = literalStream{sink: sink, command: cmd}
			c.scanner.StreamLiteral()
			return
		}
	}
}

// onLiteralData hands a piece to the sink.
func (c *Client) onLiteralData(u *wire.Unit) {
	s := &c.rare.stream
	if s.sink != nil && len(u.Bytes) > 0 {
		if _, err := s.sink.Write(u.Bytes); err != nil {
			if s.command.failed == nil {
				s.command.failed = &CommandError{Command: s.command.name, Sent: true, Err: err}
			}
			c.endSink(err)
		}
	}
	if u.Last {
		c.endStream(nil)
	}
}

// endStream tells the sink that no more octets come.
func (c *Client) endStream(err error) {
	if c.rare != nil && c.rare.stream.command != nil {
		c.endSink(err)
		c.rare.stream = literalStream{}
	}
}

func (c *Client) endSink(err error) {
	s := &c.rare.stream
	if sink := s.sink; sink != nil {
		s.sink = nil
		sink.Done(err)
	}
}

// PauseProducing stops reading from the server until ResumeProducing. Deadlines stand still meanwhile.
// Source: twisted.internet.interfaces.IPushProducer.
func (c *Client) PauseProducing() { c.hold(heldByUser) }

// ResumeProducing reads on after PauseProducing.
func (c *Client) ResumeProducing() { c.release(heldByUser) }

// holders are those who have stopped the reading; it goes on when there are none.
type holders uint8

const (
	heldByUser     holders = 1 << iota // PauseProducing
	heldByConsumer                     // goroutines that do not keep up: see consumer
)

func (c *Client) held() bool { return c.rare != nil && c.rare.held != 0 }

func (c *Client) hold(who holders) {
	if c.transport == nil {
		return
	}
	if !c.held() {
		c.pauseWait()
		c.transport.PauseProducing()
	}
	c.unusual().held |= who
}

func (c *Client) release(who holders) {
	if !c.held() {
		return
	}
	if c.rare.held &^= who; c.rare.held == 0 {
		c.resumeReading()
		c.resumeWait()
	}
}
