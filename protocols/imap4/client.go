package imap4

import (
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor"
)

// Client is the client's side of one IMAP4 connection, a reactor.Protocol. Its zero value is ready.
//
// Embed it and write your own ConnectionMade, ConnectionLost or both: the client needs neither. Commands may be issued from
// ConnectionMade on; they are queued until the server's greeting has come and go out one after the other, each when
// the one before it has been answered. Every Deferred a command gave fires exactly once, in the order of the commands, also
// when the connection ends first.
//
// Goroutine: reactor, for every method; a Deferred may be awaited anywhere. Source: twisted.mail.imap4.IMAP4Client.
type Client struct {
	// Options are the settings, nil for the defaults. Set them before the connection is made; one Options may serve any number
	// of clients.
	Options *Options
	// Listener hears what the server says unasked; nil hears nothing. It may be changed at any time.
	Listener Listener

	transport reactor.Transport
	scanner   wire.Scanner
	caps      Capabilities
	capsKnown bool
	capsAge   uint32 // changes whenever caps does
	state     state
	lastTag   uint32

	active  *command   // sent, not answered
	waiting []*command // not sent
	timer   *reactor.DelayedCall
	bye     *ByeError
	err     error // why the client closed the connection
}

// MakeConnection sets the client up: it waits for the greeting from now on. A second call panics: a client serves one connection.
func (c *Client) MakeConnection(t reactor.Transport) {
	if c.transport != nil {
		panic("imap4: a Client serves one connection; build another one for the next")
	}
	c.transport = t
	c.scanner.Init(wire.Client, c.options().Limits)
	t.OnLost(c.onLost)
	c.timer = c.after(c.options().greetingTimeout(), "greeting")
}

// ConnectionMade does nothing; it is yours to shadow.
func (c *Client) ConnectionMade() {}

// ConnectionLost does nothing; it is yours to shadow.
func (c *Client) ConnectionLost(error) {}

// Transport is the connection; nil before it is made.
func (c *Client) Transport() reactor.Transport { return c.transport }

// DataReceived takes the server's bytes, cut anyhow.
func (c *Client) DataReceived(data []byte) {
	if t := c.options().Trace; t != nil {
		t.Server(data)
	}
	for !c.ending() {
		unit, n, err := c.scanner.Next(data)
		if err != nil {
			c.close(err)
			return
		}
		data = data[n:]
		switch unit.Kind {
		case wire.None:
			return
		case wire.Line:
			c.onLine(unit)
		}
	}
}

// ending tells whether nothing is heard and nothing is sent any more, although bytes may be at hand.
func (c *Client) ending() bool { return c.state == stateClosed || c.transport.Disconnecting() }

// onLine takes one whole response. What is wrong with it is wrong with it alone: the connection goes on.
func (c *Client) onLine(unit wire.Unit) {
	r, err := wire.DecodeResponse(unit, c.options().Limits)
	if c.state == stateGreeting {
		c.onGreeting(unit, r)
		return
	}
	switch {
	case r.Kind == wire.Invalid:
		c.onInvalid(r.Text)
	case err != nil:
	case r.Kind == wire.Continuation:
		c.onContinuation()
	case r.Kind == wire.Tagged:
		answer := r // only this one goes to the heap
		c.onTagged(&answer)
	case r.Kind == wire.Untagged:
		c.onUntagged(r)
	}
}

// onGreeting takes the first line.
//
//	greeting = "*" SP (resp-cond-auth / resp-cond-bye) CRLF
func (c *Client) onGreeting(unit wire.Unit, r wire.Response) {
	if r.Kind != wire.Untagged || !r.IsStatus || r.Bare {
		c.close(&GreetingError{Line: string(unit.Bytes)})
		return
	}
	next := stateNotAuthenticated
	switch r.Name {
	case "OK":
	case "PREAUTH":
		next = stateAuthenticated
	case "BYE":
		c.stopTimer()
		c.onStatus(&r)
		return
	default:
		c.close(&GreetingError{Line: string(unit.Bytes)})
		return
	}
	c.stopTimer()
	c.setState(next)
	c.onStatus(&r)
	if l := c.Listener; l != nil {
		l.ServerGreeting(r.Text, next == stateAuthenticated)
	}
	c.sendNext()
}

// onInvalid takes a line that is no IMAP response. Servers let slip the odd one, so it is passed over, but for those
// known to be a server's last words.
func (c *Client) onInvalid(text string) {
	if isLastWords(text) {
		c.onBye(&ByeError{Text: text})
	}
}

// onLost runs when the connection has ended, whoever ended it.
func (c *Client) onLost(reason error) {
	if c.err == nil {
		c.err = reason
	}
	c.finish()
}

// close ends the connection because of err, which every command that is not answered gets.
func (c *Client) close(err error) {
	if c.state == stateClosed {
		return
	}
	c.err = err
	c.finish()
	c.transport.AbortWith(err)
}

// finish fails what is pending, once and in the order of the commands.
func (c *Client) finish() {
	if c.state == stateClosed {
		return
	}
	c.setState(stateClosed)
	c.stopTimer()
	if c.bye != nil {
		bye := *c.bye // others may have the one before, in any goroutine
		bye.Err = c.err
		c.bye, c.err = &bye, &bye
	}
	c.failPending(c.err)
}

func (c *Client) options() *Options {
	if c.Options == nil {
		return &defaults
	}
	return c.Options
}
