package imap4

import (
	"slices"
	"strconv"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor"
)

// command is one command from its issue to its answer.
type command struct {
	name    string
	tag     string
	encoded *wire.Encoded
	mode    wire.LiteralMode // that of encoded
	next    int              // the segment to be sent next
	sent    bool             // the server may have seen some of it

	// arguments appends what follows the name, nil for nothing. It may be called again, to be answered the same.
	arguments func(b *wire.CommandBuilder)

	// ready is asked right before the command is sent, when everything before it has been answered; an error fails it unsent.
	ready func() error
	// untagged is offered the data that comes while the command is active; true claims it.
	untagged func(r *wire.Response) bool
	// byeWillDo says that the end of the connection after BYE is as good as an answer.
	byeWillDo bool
	// done is called exactly once: with the tagged response, or with an error.
	done func(r *wire.Response, err error)
}

// issue builds a command and queues it. result makes the value of the tagged OK.
//
// NO and BAD fail the Deferred with *ResponseError, a bad argument with *ArgumentError and before anything is sent, the end
// of the connection with *CommandError. Cancel takes back a command that was not sent; the answer of one that was sent is dropped.
func issue[T any](c *Client, cmd *command, result func(r *wire.Response) (T, error)) *deferred.Deferred[T] {
	if err := c.ended(); err != nil {
		return deferred.Fail[T](&CommandError{Command: cmd.name, Err: err})
	}
	cmd.tag = "A" + strconv.FormatUint(uint64(c.lastTag+1), 10)
	if err := c.encode(cmd); err != nil {
		return deferred.Fail[T](err)
	}
	c.lastTag++
	d := deferred.New(func(*deferred.Deferred[T]) { c.cancel(cmd) })
	d.BindTo(c.transport.Reactor())
	cmd.done = func(r *wire.Response, err error) {
		if err == nil {
			var v T
			if v, err = result(r); err == nil {
				d.TryCallback(v)
				return
			}
		}
		d.TryErrback(err)
	}
	c.waiting = append(c.waiting, cmd)
	c.sendNext()
	return d
}

// ended answers why no command can be issued any more, or yet.
func (c *Client) ended() error {
	switch {
	case c.transport == nil:
		return ErrNotConnected
	case c.state == stateClosed:
		return c.err
	case c.bye != nil:
		return c.bye
	case c.transport.Disconnecting():
		return ErrNotConnected
	}
	return nil
}

// encode makes the command's bytes, with literals as the server takes them now.
func (c *Client) encode(cmd *command) (err error) {
	cmd.mode = c.literalMode()
	b := wire.CommandBuilder{Mode: cmd.mode}
	b.Begin(cmd.tag, cmd.name)
	if cmd.arguments != nil {
		cmd.arguments(&b)
	}
	cmd.encoded, err = b.Done()
	return err
}

// literalMode is how literals may be sent, as far as the server's capabilities are known (RFC 7888).
func (c *Client) literalMode() wire.LiteralMode {
	switch {
	case c.caps.Has("LITERAL+"):
		return wire.NonSync
	case c.caps.Has("LITERAL-"):
		return wire.NonSyncSmall
	}
	return wire.Sync
}

// sendNext sends the next command if the one before has been answered. None is sent before the greeting, after BYE or when the
// connection is being closed.
func (c *Client) sendNext() {
	for c.active == nil && len(c.waiting) > 0 && c.state.canSend() && c.bye == nil && !c.ending() {
		cmd := c.waiting[0]
		c.waiting[0] = nil
		c.waiting = c.waiting[1:]
		c.forgetEmptyQueue()
		if err := c.makeReady(cmd); err != nil {
			cmd.done(nil, &CommandError{Command: cmd.name, Err: err})
			continue
		}
		c.active = cmd
		c.timer = c.after(c.options().commandTimeout(), cmd.name)
		c.sendSegment(cmd)
	}
}

// makeReady is the last look at a command before it is sent: what was known of the server at its issue may not hold any more.
func (c *Client) makeReady(cmd *command) error {
	if cmd.ready != nil {
		if err := cmd.ready(); err != nil {
			return err
		}
	}
	if cmd.mode != c.literalMode() {
		return c.encode(cmd)
	}
	return nil
}

// sendSegment sends up to the end of the command, or up to the next literal that the server has to ask for.
func (c *Client) sendSegment(cmd *command) {
	if t := c.options().Trace; t != nil {
		t.Client(cmd.encoded.AppendRedactedSegment(nil, cmd.next))
	}
	segment := cmd.encoded.Segments[cmd.next]
	cmd.next++
	if _, err := c.transport.Write(segment); err == nil { // otherwise the end of the connection is on its way
		cmd.sent = true
	}
}

// onContinuation sends on what waited for "+"; a "+" that nobody waits for, or that comes after BYE, is passed over.
func (c *Client) onContinuation() {
	if cmd := c.active; cmd != nil && cmd.next < len(cmd.encoded.Segments) && c.bye == nil {
		c.sendSegment(cmd)
	}
}

// onTagged completes the active command. An answer to a tag that is not out is passed over. Who says OK to a command before he has seen
// all of it does not speak IMAP: believing him would be a login without a password.
func (c *Client) onTagged(r *wire.Response) {
	cmd := c.active
	if cmd == nil || cmd.tag != r.Tag {
		return
	}
	if r.Name == "OK" && cmd.next < len(cmd.encoded.Segments) {
		c.close(&SyntaxError{Want: `"+" for the literal of ` + cmd.name + ", or NO", Got: "OK"})
		return
	}
	c.stopTimer()
	c.onStatus(r) // what the Listener issues now waits, and if it panics the command is still there to be failed
	c.active = nil
	if r.Name == "OK" {
		cmd.done(r, nil)
	} else {
		cmd.done(nil, &ResponseError{Command: cmd.name, Status: r.Name, Code: r.Code, CodeArgs: r.CodeArgs, Text: r.Text})
	}
	if c.bye != nil {
		c.leave()
		return
	}
	c.sendNext()
}

// cancel takes a command back that was not sent.
func (c *Client) cancel(cmd *command) {
	if i := slices.Index(c.waiting, cmd); i >= 0 {
		c.waiting = slices.Delete(c.waiting, i, i+1)
	}
	c.forgetEmptyQueue()
}

// forgetEmptyQueue lets go of the queue's memory, so that an idle client holds none.
func (c *Client) forgetEmptyQueue() {
	if len(c.waiting) == 0 {
		c.waiting = nil
	}
}

// failPending fails the active command and those that wait. A command issued by one of their callbacks fails at its issue.
func (c *Client) failPending(err error) {
	active, waiting := c.active, c.waiting
	c.active, c.waiting = nil, nil
	switch {
	case active == nil:
	case active.byeWillDo && c.bye != nil:
		active.done(&wire.Response{Name: "OK"}, nil)
	default:
		active.done(nil, &CommandError{Command: active.name, Sent: active.sent, Err: err})
	}
	for _, cmd := range waiting {
		cmd.done(nil, &CommandError{Command: cmd.name, Err: err})
	}
}

// after closes the connection when d has passed; d is not extended by anything the server sends.
func (c *Client) after(d time.Duration, what string) *reactor.DelayedCall {
	if d < 0 {
		return nil
	}
	return c.transport.Reactor().CallLater(d, func() {
		c.timer = nil
		c.close(&TimeoutError{Waiting: what, After: d})
	})
}

func (c *Client) stopTimer() {
	if c.timer != nil {
		_ = c.timer.Cancel()
		c.timer = nil
	}
}
