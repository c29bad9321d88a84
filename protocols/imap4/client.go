package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/deflate"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// Client is the client's side of one IMAP4 connection, a reactor.Protocol. Its zero value is ready.
//
// Embed it and write your own ConnectionMade, ConnectionLost or both: the client needs neither. Commands may be issued from
// ConnectionMade on, in any callback and while the client idles; they are queued, and sent in the order of their issue: after the
// server's greeting, and as soon as what was sent before allows it (see PipelineMode). A method that needs several commands, such as Move
// on a server without MOVE, has sent its last one before anything that was issued behind it is sent. Every Deferred a command gave fires exactly
// once: when the server has answered that command, or when the connection ends.
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
	*traffic  // noTraffic when there is none
	box       selection
	idle      *Idling
	rare      *rare
	capsAge   uint32 // changes whenever caps does
	lastTag   uint32
	state     state
	capsKnown bool // caps is what the server has said last
	capsFull  bool // and it is all of them, not what a greeting names
	prepared  bool // the session is set up: see prepare
	utf8      bool // names and strings are UTF-8: after ENABLE
	switching bool // another layer is being put below: nothing may be sent
	composing bool // what goes out next is being made: nothing may be sent before it
	reading   bool // bytes that were received are being taken
}

// rare is what few clients have, or have at their end only.
type rare struct {
	bye       *ByeError
	err       error // why the client closed the connection
	stream    literalStream
	uids      uidOrder
	fetching  *fetching
	consumers int // goroutines that range over an answer
	held      holders
	inflater  *deflate.Inflater
	deflated  []byte // what was read and waits to be decompressed until the reading goes on
	enabled   []string
	names     map[string]struct{}      // mailbox names of the server that are no modified UTF-7
	contexts  map[string]searchContext // searches whose updates are told, by their tags

	appendLimits map[string]int64 // of mailboxes, by mailboxKey: see noteAppendLimit

	authenticators []sasl.Authenticator         // of the program's own
	certificate    bool                         // this side has one for the server
	boxAge         uint32                       // changes whenever another mailbox is selected, or none
	greeted        *deferred.Deferred[struct{}] // Dial waits for the greeting
}

func (c *Client) unusual() *rare {
	if c.rare == nil {
		c.rare = new(rare)
	}
	return c.rare
}

func (c *Client) saidBye() *ByeError {
	if c.rare == nil {
		return nil
	}
	return c.rare.bye
}

// MakeConnection sets the client up: it waits for the greeting from now on. A second call panics: a client serves one connection.
func (c *Client) MakeConnection(t reactor.Transport) {
	if c.transport != nil {
		panic("imap4: a Client serves one connection; build another one for the next")
	}
	c.transport, c.traffic = t, &noTraffic
	c.scanner.Init(wire.Client, c.options().Limits)
	t.OnLost(c.onLost)
	c.startWait("greeting", c.options().greetingTimeout(), false)
}

// ConnectionMade does nothing; it is yours to shadow.
func (c *Client) ConnectionMade() {}

// ConnectionLost does nothing; it is yours to shadow.
func (c *Client) ConnectionLost(error) {}

// Transport is the connection; nil before it is made.
func (c *Client) Transport() reactor.Transport { return c.transport }

// DataReceived takes the server's bytes, cut anyhow.
func (c *Client) DataReceived(data []byte) {
	c.moved(len(data))
	c.reading = true
	defer c.endRead()
	if c.inflater() != nil {
		c.inflate(data)
		return
	}
	c.receive(data)
}

// receive takes bytes of IMAP.
func (c *Client) receive(data []byte) {
	if t := c.options().Trace; t != nil {
		t.Server(data)
	}
	var unit wire.Unit
	for !c.ending() {
		if c.switching && len(data) > 0 {
			c.close(reactor.ErrPlaintextAfterStartTLS)
			return
		}
		n, err := c.scanner.Read(data, &unit)
		if err != nil {
			c.close(err)
			return
		}
		data = data[n:]
		switch unit.Kind {
		case wire.None:
			return
		case wire.Line:
			plain := c.inflater() == nil
			if c.onLine(&unit); plain && c.inflater() != nil { // that was the answer to COMPRESS
				c.inflate(data)
				return
			}
		case wire.LiteralStart:
			c.onLiteral(&unit)
		case wire.LiteralData:
			c.onLiteralData(&unit)
		}
	}
}

// ending tells whether nothing is heard and nothing is sent any more, although bytes may be at hand.
func (c *Client) ending() bool { return c.state == stateClosed || c.transport.Disconnecting() }

// onLine takes one whole response. What is wrong with it is wrong with it alone: the connection goes on.
func (c *Client) onLine(unit *wire.Unit) {
	if c.onPlainOK(unit.Bytes) || c.onPlainFetch(unit) {
		return
	}
	r, err := wire.DecodeResponse(*unit, c.options().Limits)
	if c.options().Strict {
		fault := err
		r.Args.Strict, r.Args.Fault = true, &fault
		defer func() {
			if fault != nil {
				c.close(fault)
			}
		}()
	}
	if c.state == stateGreeting {
		c.onGreeting(unit, r)
		return
	}
	switch {
	case r.Kind == wire.Invalid:
		c.onInvalid(r.Text)
	case err != nil:
	case r.Kind == wire.Continuation:
		c.onContinuation(r.Text)
	case r.Kind == wire.Tagged:
		c.onTagged(c.offer(r))
	case r.Kind == wire.Untagged:
		c.onUntagged(r)
	}
}

// onGreeting takes the first line.
//
//	greeting = "*" SP (resp-cond-auth / resp-cond-bye) CRLF
func (c *Client) onGreeting(unit *wire.Unit, r wire.Response) {
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
		c.stopWait()
		c.onStatus(&r)
		return
	default:
		c.close(&GreetingError{Line: string(unit.Bytes)})
		return
	}
	c.spareWait() // a command begins the next one, most often
	c.setState(next)
	c.onStatus(&r)
	if l := c.Listener; l != nil {
		l.ServerGreeting(r.Text, next == stateAuthenticated)
	}
	if c.rare != nil && c.rare.greeted != nil {
		greeted := c.rare.greeted
		c.rare.greeted = nil
		greeted.TryCallback(struct{}{})
	}
	c.sendNext()
	c.dropSpareWait()
	c.rest()
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

// finish fails what is pending, once and in the order of the commands.
func (c *Client) finish() {
	if c.state == stateClosed {
		return
	}
	c.setState(stateClosed)
	c.stopWait()
	r := c.unusual()
	if r.bye != nil {
		bye := *r.bye // others may have the one before, in any goroutine
		bye.Err = r.err
		r.bye, r.err = &bye, &bye
	}
	defer func() { c.selected(selection{}) }()
	defer c.idle.end(r.err) // a panic on the program's side of one thing does not keep the others from their ends
	defer c.failPending(r.err)
	if r.greeted != nil {
		defer r.greeted.TryErrback(r.err)
	}
	c.endStream(r.err)
}

func (c *Client) options() *Options {
	if c.Options == nil {
		return &defaults
	}
	return c.Options
}
