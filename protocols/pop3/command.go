package pop3

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3/internal/wire"
)

// command is one command from its issue to its answer.
type command struct {
	in             *queue // nil once it was answered
	before, behind *command

	name   string
	line   []byte // as it is sent
	shown  string // what a trace shows in its place; "" for the line itself
	needs  states
	alone  bool   // nothing else may be out
	sentIn uint32 // the call of DataReceived in or after which it was sent
	sent   bool   // the server may have seen it

	// detour is asked right before the command is sent, when nothing before it stands in the way: true says that something has to come first,
	// which it has queued or which calls sendNext.
	detour func() bool
	// ready is asked last, and may set line; an error fails the command unsent.
	ready func() error
	// mayGo is asked whether the command may be sent yet; nil says yes.
	mayGo func() bool
	// challenge is offered each line before it is taken for the answer; true claims it.
	challenge func(line []byte) bool

	// content takes what follows +OK, nil if nothing does: lines without their ends, if lines is set, or pieces of a message. An error ends the
	// connection. begin is told before that it comes.
	content func(p []byte) error
	lines   bool
	begin   func(r Reply)
	reply   Reply // while the content comes

	// answered sees the answer before anybody hears of it, whatever it says; nil if nothing is to be seen.
	answered func(r Reply)
	// then is asked when the server says +OK: a command it answers goes next, before everything that waits, and done is that one's business.
	then func() *command
	// cancelled is told that nobody waits for the answer any more.
	cancelled func()
	// done is called exactly once: with the answer, or with an error.
	done func(r Reply, err error)
}

// newCommand makes a command of a name and arguments.
func newCommand(name string, args ...string) (*command, error) {
	size := len(name) + len("\r\n")
	for _, a := range args {
		size += len(" ") + len(a)
	}
	line, err := wire.AppendCommand(make([]byte, 0, size), name, args...)
	if err != nil {
		return nil, err
	}
	return &command{name: name, line: line}, nil
}

// issue queues a command. result makes the value of its +OK.
//
// -ERR fails the Deferred with *ResponseError, the end of the connection with *CommandError. Cancel takes back a command that was not sent;
// the answer of one that was sent is dropped.
func issue[T any](c *Client, cmd *command, result func(r Reply) (T, error)) *deferred.Deferred[T] {
	if err := c.ended(); err != nil {
		return deferred.Fail[T](&CommandError{Command: cmd.name, Err: err})
	}
	d := deferred.New(func(*deferred.Deferred[T]) { c.cancel(cmd) })
	d.BindTo(c.transport.Reactor())
	cmd.done = func(r Reply, err error) {
		if err == nil {
			var v T
			if v, err = result(r); err == nil {
				d.TryCallback(v)
				return
			}
		}
		d.TryErrback(err)
	}
	c.enqueue(cmd)
	return d
}

// simple issues a command whose answer is a status line.
func (c *Client) simple(needs states, name string, args ...string) *deferred.Deferred[Reply] {
	cmd, err := newCommand(name, args...)
	if err != nil {
		return deferred.Fail[Reply](err)
	}
	cmd.needs = needs
	return issue(c, cmd, asIs)
}

func asIs(r Reply) (Reply, error) { return r, nil }

func (c *Client) enqueue(cmd *command) {
	c.waiting.push(cmd)
	c.sendNext()
}

// ended answers why no command can be issued any more, or yet.
func (c *Client) ended() error {
	switch {
	case c.transport == nil:
		return ErrNotConnected
	case c.state == stateClosed:
		return c.rare.err
	case c.state == stateUpdate, c.transport.Disconnecting():
		return ErrNotConnected
	}
	return nil
}

// sendNext sends what waits, in its order and as far as it may be out now. None is sent before the greeting or when the connection is being
// closed.
func (c *Client) sendNext() {
	for c.waiting.first != nil && c.canSend() {
		cmd := c.waiting.first
		if !c.mayBeOut(cmd) {
			return
		}
		wait, err := c.makeReady(cmd)
		if wait {
			continue // something was put before it
		}
		c.waiting.remove(cmd)
		if err != nil {
			c.fail(cmd, err)
			continue
		}
		c.send(cmd)
	}
}

func (c *Client) canSend() bool {
	return c.state.canSend() && !c.switching && !c.composing && !c.ending()
}

// mayBeOut tells whether the command can go out now: when nothing is out, or ahead of the answers where the server takes that. The
// commands that change the session go alone (RFC 2449 section 6.6).
func (c *Client) mayBeOut(cmd *command) bool {
	if cmd.mayGo != nil && !cmd.mayGo() {
		return false
	}
	last := c.out.last
	if last == nil {
		return true
	}
	return !cmd.alone && !last.alone && c.pipelines() && c.out.len < c.options().window()
}

// pipelines tells whether commands may go out ahead of the answers.
func (c *Client) pipelines() bool {
	return c.options().Pipelining == PipelineAuto && c.pipelining
}

// wantsToPipeline tells whether it is worth asking if the server takes commands ahead of its answers.
func (c *Client) wantsToPipeline(cmd *command) bool {
	return c.options().Pipelining == PipelineAuto && !c.capsKnown && c.state == stateTransaction &&
		c.out.first == nil && !cmd.alone && cmd.behind != nil && !cmd.behind.alone
}

// makeReady is the last look at a command before it is sent. wait tells that another one has to go first and was queued.
func (c *Client) makeReady(cmd *command) (wait bool, err error) {
	if !cmd.needs.allow(c.state) {
		return false, ErrState
	}
	if c.wantsToPipeline(cmd) {
		c.askCapabilities()
		return true, nil
	}
	if cmd.detour != nil && cmd.detour() {
		return true, nil
	}
	if cmd.ready != nil {
		return false, cmd.ready()
	}
	return false, nil
}

func (c *Client) send(cmd *command) {
	c.out.push(cmd)
	if cmd == c.out.first {
		c.waitForNext()
	}
	if t := c.options().Trace; t != nil {
		t.Client(cmd.traced())
	}
	cmd.sentIn = c.turn
	if _, err := c.transport.Write(cmd.line); err == nil { // otherwise the end of the connection is on its way
		cmd.sent = true
	}
}

// traced is the line as a trace shows it.
func (cmd *command) traced() []byte {
	if cmd.shown != "" {
		return []byte(cmd.shown + "\r\n")
	}
	return cmd.line
}

// fail ends a command that is not sent.
func (c *Client) fail(cmd *command, err error) {
	if _, refused := err.(*ArgumentError); !refused {
		err = &CommandError{Command: cmd.name, Err: err}
	}
	cmd.done(Reply{}, err)
}

// complete takes a command that was answered out, and goes on.
func (c *Client) complete(cmd *command, r Reply) {
	c.out.remove(cmd)
	c.waitForNext()
	defer c.dropIdleWait()
	if cmd.answered != nil {
		cmd.answered(r)
	}
	switch next := cmd.next(r); {
	case next != nil:
		c.waiting.pushFront(next)
	case r.OK:
		cmd.done(r, nil)
	default:
		cmd.done(Reply{}, responseError(cmd.name, r))
	}
	c.sendNext()
}

// next is the command that follows this one, nil for none.
func (cmd *command) next(r Reply) *command {
	if !r.OK || cmd.then == nil {
		return nil
	}
	return cmd.then()
}

// cancel takes a command back that was not sent. Of one that was, the answer is dropped.
func (c *Client) cancel(cmd *command) {
	if cmd.cancelled != nil {
		cmd.cancelled()
	}
	if cmd.in == &c.waiting {
		c.waiting.remove(cmd)
		c.sendNext()
	}
}

// failPending fails the commands that are out and those that wait. A command issued by one of their callbacks fails at its issue.
func (c *Client) failPending(err error) {
	defer c.failAll(&c.waiting, err)
	c.failAll(&c.out, err)
}

// failAll fails the commands in q. When the program's side of one panics the others are still told.
func (c *Client) failAll(q *queue, err error) {
	defer func() {
		if q.first != nil {
			c.failAll(q, err)
		}
	}()
	for cmd := q.first; cmd != nil; cmd = q.first {
		q.remove(cmd)
		cmd.done(Reply{}, &CommandError{Command: cmd.name, Sent: cmd.sent, Err: err})
	}
}
