package pop3

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3/internal/wire"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// Client is the client's side of one POP3 connection, a reactor.Protocol. Its zero value is ready.
//
// Embed it and write your own ConnectionMade, ConnectionLost or both: the client needs neither. Commands may be issued from
// ConnectionMade on and in any callback; they are queued, and sent in the order of their issue, after the server's greeting: one by one, or
// several ahead where the server offers PIPELINING (see PipelineMode). Every Deferred a command gave fires exactly once: when the server has
// answered that command, or when the connection ends; for a message that came whole, when its Storer has answered.
//
// Goroutine: reactor, for every method; a Deferred may be awaited anywhere. Source: twisted.mail.pop3.AdvancedPOP3Client; poplib.POP3.
type Client struct {
	// Options are the settings, nil for the defaults. Set them before the connection is made; one Options may serve any number
	// of clients.
	Options *Options

	transport  reactor.Transport
	scanner    wire.Scanner
	greeting   Reply
	caps       Capabilities
	out        queue // sent and not answered
	waiting    queue // not sent
	wait       *wait
	rare       *rare
	capsAge    uint32 // changes whenever caps does
	turn       uint32 // counts the calls of DataReceived
	began      uint32 // the turn in which the first byte of the line at hand came
	state      state
	capsKnown  bool // caps is what the server offers now
	pipelining bool // caps has PIPELINING
	reading    bool // the lines behind the +OK of the first command that is out are coming
	switching  bool // TLS is being put below: nothing may be sent
	composing  bool // what goes out next is being made: nothing may be sent before it
	paused     bool // this side does not read
}

// rare is what few clients have, or have at their end only.
type rare struct {
	err            error // why the client closed the connection
	deleted        map[int]struct{}
	retrievals     map[int]*retrieval          // RETR under way, the latest of each message
	authenticators []sasl.Authenticator        // of the program's own
	certificate    bool                        // this side has one for the server
	greeted        []*deferred.Deferred[Reply] // that wait for the greeting
}

func (c *Client) unusual() *rare {
	if c.rare == nil {
		c.rare = new(rare)
	}
	return c.rare
}

// MakeConnection sets the client up: it waits for the greeting from now on. A second call panics: a client serves one connection.
func (c *Client) MakeConnection(t reactor.Transport) {
	if c.transport != nil {
		panic("pop3: a Client serves one connection; build another one for the next")
	}
	c.transport = t
	c.scanner.Limits = c.options().Limits
	t.OnLost(c.onLost)
	c.startWait("greeting", c.options().greetingTimeout(), false)
}

// ConnectionMade does nothing; it is yours to shadow.
func (c *Client) ConnectionMade() {}

// ConnectionLost does nothing; it is yours to shadow.
func (c *Client) ConnectionLost(error) {}

// Transport is the connection; nil before it is made.
func (c *Client) Transport() reactor.Transport { return c.transport }

// Greeting waits for the server's first line.
//
// Fires with: the line, at once if it is known.
// Fails with: *ResponseError if the server greets with -ERR, *GreetingError, *TimeoutError, what the connection ended with.
// Source: poplib.POP3.getwelcome; the argument of Twisted's serverGreeting.
func (c *Client) Greeting() *deferred.Deferred[Reply] {
	if c.greeting.OK {
		return deferred.Succeed(c.greeting)
	}
	if err := c.ended(); err != nil {
		return deferred.Fail[Reply](err)
	}
	d := deferred.New[Reply]().BindTo(c.transport.Reactor())
	c.unusual().greeted = append(c.rare.greeted, d)
	return d
}

// DataReceived takes the server's bytes, cut anyhow.
func (c *Client) DataReceived(data []byte) {
	c.turn++
	c.moved(len(data))
	if t := c.options().Trace; t != nil {
		t.Server(data)
	}
	for len(data) > 0 && !c.ending() {
		if c.switching {
			c.close(reactor.ErrPlaintextAfterStartTLS)
			return
		}
		if !c.scanner.Begun() {
			c.began = c.turn
		}
		unit, n, err := c.scanner.Next(data)
		if err != nil {
			c.close(err)
			return
		}
		data = data[n:]
		switch {
		case unit.Kind == wire.None:
		case !c.reading:
			c.onStatus(unit.Bytes)
		case unit.Kind == wire.End:
			c.onEnd()
		default:
			c.onContent(unit.Bytes)
		}
	}
}

// ending tells whether nothing is heard and nothing is sent any more, although bytes may be at hand.
func (c *Client) ending() bool { return c.state == stateClosed || c.transport.Disconnecting() }

// onStatus takes a status line: the greeting, a challenge of AUTH, or the answer to the first command that is out. A line that was there
// before the command was sent, if only its first byte, is not its answer.
func (c *Client) onStatus(line []byte) {
	if c.state == stateGreeting {
		c.onGreeting(line)
		return
	}
	cmd := c.out.first
	if cmd == nil || int32(c.began-cmd.sentIn) <= 0 {
		c.onUnexpected(line)
		return
	}
	if cmd.challenge != nil && cmd.challenge(line) {
		return
	}
	s, ok := wire.ParseStatus(line)
	if !ok {
		c.close(&SyntaxError{Want: `"+OK" or "-ERR" as the answer to ` + cmd.name, Got: wire.Quote(line)})
		return
	}
	r := newReply(line, s)
	if !r.OK || cmd.content == nil {
		c.complete(cmd, r)
		return
	}
	c.reading, cmd.reply = true, r
	if cmd.lines {
		c.scanner.Listing()
	} else {
		c.scanner.Data()
	}
	if cmd.begin != nil {
		cmd.begin(r)
	}
}

// onGreeting takes the first line.
//
//	greeting = "+OK" [SP *CHAR timestamp *CHAR] CRLF (RFC 5034 section 6)
func (c *Client) onGreeting(line []byte) {
	s, ok := wire.ParseStatus(line)
	r := newReply(line, s)
	switch {
	case !ok:
		c.close(&GreetingError{Line: string(line)})
		return
	case !r.OK:
		c.close(responseError("greeting", r))
		return
	}
	c.stopWait()
	c.greeting = r
	c.setState(stateAuthorization)
	for d := c.nextGreeted(); d != nil; d = c.nextGreeted() {
		d.TryCallback(r)
	}
	c.sendNext()
}

// onUnexpected ends the connection: from here on no answer could be told from another.
func (c *Client) onUnexpected(line []byte) {
	err := &UnexpectedError{Line: string(line)}
	if s, ok := wire.ParseStatus(line); ok && !s.OK {
		err.Err = responseError("", newReply(line, s))
	}
	c.close(err)
}

// onContent takes a line of a listing, or a piece of a message.
func (c *Client) onContent(p []byte) {
	if err := c.out.first.content(p); err != nil {
		c.close(err)
	}
}

// onEnd takes the single dot.
func (c *Client) onEnd() {
	c.reading = false
	cmd := c.out.first
	c.complete(cmd, cmd.reply)
}

// onLost runs when the connection has ended, whoever ended it.
func (c *Client) onLost(reason error) {
	if r := c.unusual(); r.err == nil {
		r.err = reason
	}
	c.finish()
}

// close ends the connection because of err, which every command that is not answered gets.
func (c *Client) close(err error) {
	if c.state == stateClosed {
		return
	}
	c.unusual().err = err
	c.finish()
	c.transport.AbortWith(err)
}

// lose closes the connection in good order, and soon: a server that does not read what was sent cannot keep it.
func (c *Client) lose() {
	if c.state == stateClosed {
		return
	}
	c.startWait(endOfConnection, closeGrace, false)
	c.transport.LoseConnection()
}

// finish fails what is pending, once and in the order of the commands.
func (c *Client) finish() {
	if c.state == stateClosed {
		return
	}
	c.setState(stateClosed)
	c.stopWait()
	r := c.unusual()
	defer c.failPending(r.err) // a panic on the program's side of one thing does not keep the others from their ends
	for d := c.nextGreeted(); d != nil; d = c.nextGreeted() {
		d.TryErrback(r.err)
	}
}

// nextGreeted takes one that waits for the greeting; nil if there is none.
func (c *Client) nextGreeted() *deferred.Deferred[Reply] {
	if c.rare == nil || len(c.rare.greeted) == 0 {
		return nil
	}
	d := c.rare.greeted[0]
	c.rare.greeted = c.rare.greeted[1:]
	return d
}

func (c *Client) options() *Options {
	if c.Options == nil {
		return &defaults
	}
	return c.Options
}
