package imap4

import (
	"strconv"
	"strings"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/deflate"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// command is one command from its issue to its answer.
type command struct {
	before, behind *command // in its queue

	name    string
	tag     uint32
	class   class
	answers answers // kinds of data it waits for, and of which mailbox if key is not ""
	key     string
	needs   states
	timeout time.Duration // zero is Options.CommandTimeout

	// requires are capabilities of which the server must have one; if it has not, the command fails unsent. adapts says that
	// arguments looks at the capabilities, so they must be known.
	// also are further groups, of each of which one must be there.
	requires []string
	also     [][]string
	adapts   bool
	// fixed says that arguments are the same whatever the server can do, but for the form of a literal.
	fixed bool

	encoded    *wire.Encoded
	encodedFor encoding
	readyAge   uint32         // Client.capsAge when ready was asked
	next       int            // the segment to be sent next
	sent       bool           // the server may have seen some of it
	gone       bool           // nobody waits for it any more
	streaming  bool           // body is at work
	stalled    time.Time      // since when body waits for its own side; zero if it does not
	early      *wire.Response // the answer that came while it was
	failed     error          // what went wrong on this side; it fails the command in place of an OK

	// arguments appends what follows the name, nil for nothing. It may be called again.
	arguments func(b *wire.CommandBuilder)
	// ready is asked right before the command is sent, when everything before it has been sent; an error fails it unsent.
	ready func() error
	// detour is asked like ready, and before it: true says that it has queued a command that has to go first.
	detour func() bool
	// untagged is offered the data that comes while the command is out; true claims it.
	untagged func(r *wire.Response) bool
	// takes says which FETCH data is for it, nil for none.
	takes *taker
	// consumer is the goroutine for which the answer is kept, nil if it goes to callbacks.
	consumer *consumer
	// literal is asked, of a literal that has just been announced, who takes its octets; nil for nobody.
	literal func(u wire.Unit) LiteralSink
	// body sends the octets of the streamed literal behind the segment that was sent last, and calls done.
	body func(segment int, done func(err error))
	// plus takes a "+" that does not ask for a literal.
	plus func(text string)
	// selects says that the command opens a mailbox: what is told of one while it is out is about that one.
	selects bool
	// closed is called when the server says that the mailbox which was open is closed, right before it is.
	closed func()
	// believes is asked when the server says OK: an error closes the connection.
	believes func() error
	// byeWillDo says that the end of the connection after BYE is as good as an answer.
	byeWillDo bool
	// answered sees the tagged response before anybody hears of it, whatever it says.
	answered func(r *wire.Response)
	// done is called exactly once: with the tagged response, or with an error.
	done func(r *wire.Response, err error)
	// raw is what a command belongs to that was given to Do.
	raw *Command
}

// encoding is what the bytes of a command depend on, besides its arguments.
type encoding struct {
	capsAge uint32
	utf8    bool
}

// maxTag keeps tags at eight characters: some servers cut longer ones.
const maxTag = 9_999_999

func tagText(tag uint32) string {
	var text [8]byte
	return string(appendTag(text[:0], tag))
}

func appendTag(dst []byte, tag uint32) []byte {
	return strconv.AppendUint(append(dst, 'A'), uint64(tag), 10)
}

// tagNumber is the inverse of tagText; zero is no tag of ours.
func tagNumber[T string | []byte](text T) uint32 {
	if len(text) < 2 || len(text) > 8 || text[0] != 'A' {
		return 0
	}
	n := uint32(0)
	for i := 1; i < len(text); i++ {
		c := text[i]
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + uint32(c-'0')
	}
	return n
}

func (c *Client) newTag() uint32 {
	c.lastTag = c.lastTag%maxTag + 1
	return c.lastTag
}

// issue builds a command and queues it. result makes the value of the tagged OK.
//
// NO and BAD fail the Deferred with *ResponseError, a bad argument with *ArgumentError and before anything is sent, the end
// of the connection with *CommandError. Cancel takes back a command that was not sent; the answer of one that was sent is dropped.
func issue[T any](c *Client, cmd *command, result func(r *wire.Response) (T, error)) *deferred.Deferred[T] {
	if err := c.ended(); err != nil {
		return deferred.Fail[T](&CommandError{Command: cmd.name, Err: err})
	}
	if err := c.begin(cmd); err != nil {
		return deferred.Fail[T](err)
	}
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
	c.busy()
	c.enqueue(cmd)
	return d
}

// begin gives a command its tag and its bytes.
func (c *Client) begin(cmd *command) error {
	last := c.lastTag
	cmd.tag = c.newTag()
	err := c.encode(cmd)
	if err != nil {
		c.lastTag = last
	}
	return err
}

// ended answers why no command can be issued any more, or yet.
func (c *Client) ended() error {
	switch {
	case c.transport == nil:
		return ErrNotConnected
	case c.state == stateClosed:
		return c.rare.err
	case c.saidBye() != nil:
		return c.saidBye()
	case c.transport.Disconnecting():
		return ErrNotConnected
	}
	return nil
}

// encode makes the command's bytes, with literals and names as the server takes them now.
func (c *Client) encode(cmd *command) (err error) {
	cmd.encodedFor = encoding{capsAge: c.capsAge, utf8: c.utf8}
	var tag [8]byte
	if cmd.arguments == nil {
		cmd.encoded, err = wire.Bare(string(appendTag(tag[:0], cmd.tag)), cmd.name)
		return err
	}
	b := wire.CommandBuilder{Mode: c.literalMode(), UTF8: c.utf8}
	b.Begin(string(appendTag(tag[:0], cmd.tag)), cmd.name)
	cmd.arguments(&b)
	cmd.encoded, err = b.Done()
	return err
}

// isCurrent tells whether the command's bytes would be the same if they were made now.
func (c *Client) isCurrent(cmd *command) bool {
	now := encoding{capsAge: c.capsAge, utf8: c.utf8}
	switch {
	case cmd.encodedFor == now, cmd.arguments == nil:
		return true
	case cmd.encodedFor.utf8 != now.utf8:
		return false
	}
	return cmd.fixed && !cmd.encoded.Modal
}

// literalMode is how literals may be sent, as far as the server's capabilities are known (RFC 7888).
func (c *Client) literalMode() wire.LiteralMode {
	switch {
	case c.caps.Has("LITERAL+"):
		return wire.NonSync
	case c.caps.Has("LITERAL-"), c.caps.Has("IMAP4rev2"):
		return wire.NonSyncSmall
	}
	return wire.Sync
}

// sendNext sends what waits, in its order and as far as it may be out now. None is sent before the greeting, after BYE or when the
// connection is being closed.
func (c *Client) sendNext() {
	for c.waiting.first != nil && c.canSend() {
		cmd := c.waiting.first
		if c.idle.busy() {
			c.idle.interrupt()
			return
		}
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
		c.out.push(cmd)
		if cmd.takes != nil {
			cmd.takes.last = c.box.exists
		}
		if cmd == c.out.first {
			c.startWait(cmd.name, c.commandTimeout(cmd), true)
		}
		c.sendSegment(cmd)
	}
	c.idle.consider()
}

func (c *Client) canSend() bool {
	return c.state.canSend() && !c.switching && !c.composing && c.saidBye() == nil && !c.ending()
}

// fail ends a command that is not sent.
func (c *Client) fail(cmd *command, err error) {
	if _, refused := err.(*ArgumentError); !refused {
		err = &CommandError{Command: cmd.name, Err: err}
	}
	c.tell(cmd, nil, err)
}

// makeReady is the last look at a command before it is sent: what was known of the server at its issue may not hold any more. wait tells
// that another command has to go first and was queued.
func (c *Client) makeReady(cmd *command) (wait bool, err error) {
	if !cmd.needs.allow(c.state) {
		return false, ErrState
	}
	if cmd.needs&inAuthenticated != 0 && c.prepare() {
		return true, nil
	}
	if cmd.adapts && !c.capsKnown {
		c.askCapabilities()
		return true, nil
	}
	if missing := c.missing(cmd); missing != nil {
		if !c.capsFull {
			c.askCapabilities()
			return true, nil
		}
		return false, &UnsupportedError{Capability: strings.Join(missing, " or ")}
	}
	if cmd.detour != nil && cmd.detour() {
		return true, nil
	}
	cmd.readyAge = c.capsAge
	if cmd.ready != nil {
		if err := cmd.ready(); err != nil {
			return false, err
		}
	}
	if c.isCurrent(cmd) {
		return false, nil
	}
	return false, c.encode(cmd)
}

// missing answers capabilities of which the command needs one and the server is not known to have any.
func (c *Client) missing(cmd *command) []string {
	if !c.offers(cmd.requires) {
		return cmd.requires
	}
	for _, group := range cmd.also {
		if !c.offers(group) {
			return group
		}
	}
	return nil
}

// offers tells whether the server is known to have one of the capabilities; none asked for is always offered.
func (c *Client) offers(capabilities []string) bool {
	for _, name := range capabilities {
		if c.caps.Has(name) {
			return true
		}
	}
	return len(capabilities) == 0
}

// sendSegment sends up to the end of the command, or up to the next literal that the server has to ask for or that is streamed.
func (c *Client) sendSegment(cmd *command) {
	c.sending = cmd
	for {
		i := cmd.next
		if t := c.options().Trace; t != nil {
			t.Client(cmd.encoded.AppendRedactedSegment(nil, i))
		}
		if c.write(cmd.encoded.Segments[i]) { // otherwise the end of the connection is on its way
			cmd.sent = true
		}
		cmd.next++
		if i == len(cmd.encoded.Gaps) {
			c.sending = nil
			return
		}
		gap := cmd.encoded.Gaps[i]
		if gap.Wait || !c.sendBody(cmd, i) {
			return
		}
	}
}

// sendBody lets the command send the octets of a streamed literal. It answers true when they are out and the next segment can
// follow; otherwise bodySent goes on later, or the connection is being ended.
func (c *Client) sendBody(cmd *command, i int) bool {
	cmd.streaming = true
	inside, sent := true, false
	cmd.body(i, func(err error) {
		cmd.streaming = false
		switch {
		case c.sending != cmd:
		case err != nil: // the server waits for octets that will not come: nothing can be said on this connection any more
			c.close(err)
		case inside:
			sent = true
		default:
			c.bodySent(cmd)
		}
	})
	inside = false
	return sent
}

// bodySent goes on behind the octets of a literal. The server's time begins anew: it has had to do with them until now.
func (c *Client) bodySent(cmd *command) {
	if cmd.early != nil && cmd.next < len(cmd.encoded.Gaps) { // it has refused the command and would wait for more of it
		c.close(responseError(cmd.name, cmd.early))
		return
	}
	if cmd == c.out.first {
		c.startWait(cmd.name, c.commandTimeout(cmd), true)
	}
	c.sendSegment(cmd)
	if cmd.early != nil {
		c.complete(cmd, cmd.early)
		return
	}
	c.sendNext()
}

// write gives p to the transport, compressed if need be; false means that the connection is ending.
func (c *Client) write(p []byte) bool {
	if c.inflater() != nil {
		p = deflate.Append(nil, p)
	}
	_, err := c.transport.Write(p)
	return err == nil
}

// onContinuation sends on what waited for "+"; a "+" that nobody waits for, or that comes after BYE, is passed over.
func (c *Client) onContinuation(text string) {
	if c.saidBye() != nil {
		return
	}
	if cmd := c.sending; cmd != nil {
		i := cmd.next - 1
		switch gap := cmd.encoded.Gaps[i]; {
		case !gap.Wait, cmd.streaming: // its octets are on their way
		case !gap.Stream || c.sendBody(cmd, i):
			c.sendSegment(cmd)
			c.sendNext()
		}
		return
	}
	if c.idle.onContinuation() {
		return
	}
	if cmd := c.out.first; cmd != nil && cmd.plus != nil {
		cmd.plus(text)
	}
}

// onTagged completes a command. An answer to a tag that is not out is passed over. Who says OK to a command before he has seen
// all of it does not speak IMAP: believing him would be a login without a password.
func (c *Client) onTagged(r *wire.Response) {
	tag := tagNumber(r.Tag)
	cmd := c.out.find(tag)
	if cmd == nil {
		c.idle.onTagged(tag, r)
		return
	}
	c.onStatus(r) // what the Listener issues now waits, and if it panics the command is still there to be failed
	switch {
	case c.sending != cmd:
	case r.Name == "OK":
		c.close(&SyntaxError{Want: `"+" for the literal of ` + cmd.name + ", or NO", Got: "OK"})
		return
	case cmd.streaming: // what was announced has to follow (RFC 7888 section 4)
		early := *r
		cmd.early = &early
		return
	default:
		c.sending = nil
	}
	if cmd.believes != nil && r.Name == "OK" {
		if err := cmd.believes(); err != nil {
			c.close(err)
			return
		}
	}
	c.complete(cmd, r)
}

// complete takes a command that was answered out, and goes on.
func (c *Client) complete(cmd *command, r *wire.Response) {
	c.out.remove(cmd)
	c.fetched()
	if next := c.out.first; next != nil {
		c.startWait(next.name, c.commandTimeout(next), true)
	} else {
		c.spareWait()
	}
	defer c.dropSpareWait()
	if cmd.answered != nil {
		cmd.answered(r)
	}
	switch {
	case r.Name != "OK":
		c.tell(cmd, nil, responseError(cmd.name, r))
	case cmd.failed != nil:
		c.tell(cmd, nil, cmd.failed)
	default:
		c.tell(cmd, r, nil)
	}
	if c.saidBye() != nil {
		if c.out.first == nil {
			c.leave()
		}
		return
	}
	c.sendNext()
	c.throttle()
}

// cancel takes a command back that was not sent. Of one that was, what still comes is dropped.
func (c *Client) cancel(cmd *command) {
	cmd.gone = true
	if cmd.takes != nil {
		cmd.takes.gone = true
	}
	if c.rare != nil && c.rare.stream.command == cmd {
		c.endSink(deferred.ErrCancelled)
	}
	if c.waiting.has(cmd) {
		c.waiting.remove(cmd)
		if !c.telling {
			c.sendNext()
		}
	}
	c.throttle()
}

// failPending fails the commands that are out and those that wait. A command issued by one of their callbacks fails at its issue.
func (c *Client) failPending(err error) {
	if c.traffic == &noTraffic {
		return
	}
	out, waiting := c.out, c.waiting
	c.out, c.waiting, c.sending = queue{}, queue{}, nil
	defer c.failAll(&waiting, err)
	c.failAll(&out, err)
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
		if cmd.sent && cmd.byeWillDo && c.saidBye() != nil {
			cmd.done(&wire.Response{Name: "OK"}, nil)
			continue
		}
		cmd.done(nil, &CommandError{Command: cmd.name, Sent: cmd.sent, Err: err})
	}
}

func (c *Client) commandTimeout(cmd *command) time.Duration {
	if cmd.timeout != 0 {
		return cmd.timeout
	}
	return c.options().commandTimeout()
}
