package pop3

import (
	"strconv"

	"github.com/tconn/tconn/deferred"
)

// Top fetches the header of a message and the first lines of its body, as lines in memory.
//
// Command: TOP (RFC 1939 section 7). Legal in: transaction.
// Fires, and fails, as Retr does; a number of lines below 0 is an *ArgumentError. More lines than the body has give all of it.
// Source: poplib.POP3.top; Twisted's retrieve with lines.
func (c *Client) Top(n, lines int) *deferred.Deferred[*Multiline] {
	return c.lines(func(sink MessageSink) *deferred.Deferred[Retrieved] { return c.TopTo(n, lines, sink) })
}

// TopTo is Top for a sink: see RetrTo.
func (c *Client) TopTo(n, lines int, sink MessageSink) *deferred.Deferred[Retrieved] {
	cmd, err := topCommand(n, lines)
	return c.retrieveTo(cmd, err, n, sink)
}

func topCommand(n, lines int) (*command, error) {
	if lines < 0 {
		return nil, &ArgumentError{Command: "TOP", Arg: 2, Reason: "a number of lines is not negative"}
	}
	return messageCommand("TOP", n, strconv.Itoa(lines))
}
