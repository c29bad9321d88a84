package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Some methods need several commands, of which each depends on the answer to the one before. To the program they are one: what it has
// issued behind them, such as a SELECT that gives the UIDs another meaning, waits until the last one is sent.

// steps is where commands go that are further steps of one: before all that wait, in their order.
type steps struct{ last *command }

// inSteps has issue called, whose commands are further steps of one that has just been answered, or that could not be sent.
func inSteps[T any](c *Client, issue func() *deferred.Deferred[T]) *deferred.Deferred[T] {
	c.busy()
	t := c.traffic
	outer := t.steps
	t.steps = new(steps)
	defer func() { t.steps = outer }()
	return issue()
}

// enqueue puts a command into its place among those that wait, and sends what can be sent.
func (c *Client) enqueue(cmd *command) {
	t := c.traffic
	s := t.steps
	switch {
	case s == nil:
		c.waiting.push(cmd)
	case s.last != nil && s.last.waits(&c.waiting):
		c.waiting.insert(s.last, cmd)
	default:
		c.waiting.pushFront(cmd)
	}
	if s != nil {
		s.last = cmd
	}
	t.steps = nil // what a callback issues is none of them
	c.sendNext()
	c.throttle()
	t.steps = s
}

// waits tells whether a command that is in waiting, in the queue of those that are out, or in none, is in waiting. It does not look through
// the queue as has does: a List may have a STATUS for each of 100,000 mailboxes.
func (cmd *command) waits(waiting *queue) bool {
	return cmd.next == 0 && (cmd.before != nil || waiting.first == cmd)
}

// tell ends a command; the caller goes on to send what waits. A Cancel meanwhile does not: what follows from the end of the command
// may have to go before it.
func (c *Client) tell(cmd *command, r *wire.Response, err error) {
	t := c.traffic
	outer := t.telling
	t.telling = true
	defer func() { t.telling = outer }() // also when a Command.Done panics
	cmd.done(r, err)
}
