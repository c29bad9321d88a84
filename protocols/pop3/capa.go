package pop3

import (
	"errors"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3/internal/wire"
)

// Capa asks the server what it offers.
//
// Command: CAPA (RFC 2449 section 5). Legal in: any state.
// Fires with: what the server answered; the empty list if it answers -ERR, as one that knows no CAPA does.
// Fails with: *CommandError; more than Limits.Capabilities lines end the connection.
// Source: poplib.POP3.capa, which gives a dictionary and fails on a server without CAPA.
func (c *Client) Capa() *deferred.Deferred[Capabilities] {
	cmd := c.capaCommand()
	d := issue(c, cmd, func(Reply) (Capabilities, error) { return c.caps, nil })
	return d.AddErrback(func(err error) (Capabilities, error) {
		if errors.As(err, new(*ResponseError)) {
			return Capabilities{}, nil
		}
		return Capabilities{}, err
	})
}

// Capabilities is what the server offers. It is asked when that is not known: once, and anew after StartTLS and after the login, because
// what a server offers changes there.
//
// Fires, and fails, as Capa does. Source: Twisted's capabilities(useCache=True).
func (c *Client) Capabilities() *deferred.Deferred[Capabilities] {
	if c.capsKnown && c.ended() == nil {
		return deferred.Succeed(c.caps)
	}
	return c.Capa()
}

// capaCommand is one that notes the answer.
func (c *Client) capaCommand() *command {
	var lines []string
	n := 0
	cmd := &command{name: "CAPA", line: []byte("CAPA\r\n"), alone: true, lines: true}
	cmd.content = func(line []byte) error {
		if limit := c.options().Limits.MaxCapabilities(); n >= limit {
			return &LimitError{Limit: wire.LimitCapabilities, Max: int64(limit)}
		}
		n++
		if len(line) > 0 {
			lines = append(lines, string(line))
		}
		return nil
	}
	cmd.answered = func(r Reply) {
		if !r.OK {
			lines = nil
		}
		c.setCapabilities(newCapabilities(lines))
	}
	return cmd
}

// askCapabilities puts a CAPA of the client's own before everything that waits.
func (c *Client) askCapabilities() {
	cmd := c.capaCommand()
	cmd.done = func(Reply, error) {}
	c.waiting.pushFront(cmd)
}

func (c *Client) setCapabilities(caps Capabilities) {
	c.caps, c.capsKnown, c.pipelining = caps, true, caps.Has("PIPELINING")
	c.capsAge++
}

// forgetCapabilities: what the server has told before does not hold any more.
func (c *Client) forgetCapabilities() {
	c.caps, c.capsKnown, c.pipelining = Capabilities{}, false, false
	c.capsAge++
}
