package pop3

import (
	"io"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3/internal/wire"
)

// MessageSink takes the octets of one message, piece by piece as they come: with line ends as sent, and without the dots that POP3 puts before
// dots.
//
// A sink that cannot take more for now calls Client.PauseProducing, and ResumeProducing later: the server's sending backs up, and nothing
// piles up here. What was read already, one buffer at most, is still written. Goroutine: reactor.
type MessageSink interface {
	// Write takes the next piece. An error refuses the rest of the message, which is read and dropped, and fails the command with it; so does
	// taking less than all, with io.ErrShortWrite.
	// Lifetime: p is borrowed until the call returns.
	Write(p []byte) (int, error)
	// Done is called once: with nil when all octets were written, otherwise with the reason why no more come, or why none came.
	Done(err error)
}

// Storer is a MessageSink whose message is not safe yet when its last octet was written, because a goroutine syncs the file, or a
// database has to answer.
type Storer interface {
	MessageSink
	// Stored is called once, behind Done(nil). The command is over when the Deferred fires, and fails with its error. Meanwhile other messages
	// come, but a Dele of this one is not sent. Nil says that it is stored. The Deferred has to fire whatever becomes of the connection: the message
	// has come whole, and nobody else knows whether it was kept. Goroutine: reactor; the Deferred may be fired in any other.
	Stored() *deferred.Deferred[struct{}]
}

// Retrieved is a message that was fetched.
type Retrieved struct {
	Number int
	Reply  Reply // the server's line before it: "+OK 301 octets", whose number is a hint
	Octets int64 // that the sink was given, line ends included
}

// retrieval is a message on its way to its sink.
type retrieval struct {
	c       *Client
	command *command
	number  int
	sink    MessageSink
	open    func(r Reply) MessageSink      // makes the sink when the message begins, if there is none
	settled func(got Retrieved, err error) // is told once what has become of it

	older *retrieval // of the same message, and under way too

	octets int64
	limit  int64
	err    error // what the sink said, or why nobody waits any more
	over   bool  // settled was told
	stored bool  // and it is a good one
}

// result issues the command and gives what becomes of it.
func (r *retrieval) result() *deferred.Deferred[Retrieved] {
	d := deferred.New(func(*deferred.Deferred[Retrieved]) { r.Cancel() })
	r.settled = func(got Retrieved, err error) {
		if err != nil {
			d.TryErrback(err)
		} else {
			d.TryCallback(got)
		}
	}
	if err := r.issue(); err != nil {
		return deferred.Fail[Retrieved](err)
	}
	return d.BindTo(r.c.transport.Reactor())
}

// issue queues the command. With an error it does not, and settled is not told.
func (r *retrieval) issue() error {
	c, cmd := r.c, r.command
	r.limit = c.options().Limits.MaxMessage()
	if err := c.ended(); err != nil {
		err = &CommandError{Command: cmd.name, Err: err}
		r.endSink(err)
		return err
	}
	cmd.begin, cmd.content, cmd.cancelled, cmd.done = r.begin, r.take, r.cancelled, r.done
	c.noteRetrieval(r)
	c.enqueue(cmd)
	return nil
}

// Cancel takes the command back, or drops what comes.
func (r *retrieval) Cancel() { r.c.cancel(r.command) }

// begin: the message comes.
func (r *retrieval) begin(reply Reply) {
	if r.open != nil && r.err == nil {
		r.sink = r.open(reply)
	}
	if k, ok := r.sink.(*collector); ok {
		k.hint(reply)
	}
}

// take gives a piece to the sink.
func (r *retrieval) take(p []byte) error {
	r.octets += int64(len(p))
	if r.octets > r.limit {
		return &LimitError{Limit: wire.LimitMessage, Max: r.limit}
	}
	if r.sink == nil {
		return nil
	}
	n, err := r.sink.Write(p)
	if err == nil && n != len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		r.refuse(err)
	}
	return nil
}

// refuse: the rest of the message is dropped.
func (r *retrieval) refuse(err error) {
	if r.err == nil {
		r.err = err
	}
	r.endSink(err)
}

func (r *retrieval) endSink(err error) {
	if sink := r.sink; sink != nil {
		r.sink = nil
		sink.Done(err)
	}
}

// cancelled: nobody waits for the message any more.
func (r *retrieval) cancelled() {
	r.refuse(deferred.ErrCancelled)
	if r.command.in == &r.c.waiting { // it is taken back, and gets no answer
		r.settle(deferred.ErrCancelled)
	}
}

// done is the end of the command.
func (r *retrieval) done(reply Reply, err error) {
	r.command.reply = reply
	switch {
	case err != nil:
		defer r.settle(err) // also when the sink panics
		r.refuse(err)
		return
	case r.err != nil:
		r.settle(&CommandError{Command: r.command.name, Sent: true, Err: r.err})
		return
	}
	if _, ours := r.sink.(*collector); ours || r.sink == nil {
		r.settle(nil)
		return
	}
	d := deferred.Execute(r.store)
	if _, err, now := d.Result(); now {
		r.settleStored(err)
		return
	}
	d.BindTo(r.c.transport.Reactor()).Handle(func(struct{}) { r.settle(nil) }, r.settleStored)
}

// settleStored settles what came whole, when the sink has answered.
func (r *retrieval) settleStored(err error) {
	if err != nil {
		err = &CommandError{Command: r.command.name, Sent: true, Err: err}
	}
	r.settle(err)
}

// store tells the sink that it has all. A sink that panics has not stored the message.
func (r *retrieval) store() (stored struct{}, err error) {
	sink := r.sink
	r.endSink(nil)
	if storer, ok := sink.(Storer); ok {
		if d := storer.Stored(); d != nil {
			return deferred.Chain(d)
		}
	}
	return stored, nil
}

// settle tells what has become of the message. A Dele that waits for it can go then, or fails.
func (r *retrieval) settle(err error) {
	if r.over {
		return
	}
	r.over, r.stored = true, err == nil
	r.c.forgetRetrieval(r)
	if err == nil {
		r.settled(Retrieved{Number: r.number, Reply: r.command.reply, Octets: r.octets}, nil)
	} else {
		r.settled(Retrieved{}, err)
	}
	r.c.sendNext()
}

// noteRetrieval remembers a RETR that is under way, so that a Dele of its message waits for it.
func (c *Client) noteRetrieval(r *retrieval) {
	if r.number == 0 || !strings.EqualFold(r.command.name, "RETR") {
		return
	}
	u := c.unusual()
	if u.retrievals == nil {
		u.retrievals = make(map[int]*retrieval)
	}
	r.older = u.retrievals[r.number]
	u.retrievals[r.number] = r
}

func (c *Client) forgetRetrieval(r *retrieval) {
	if c.rare == nil {
		return
	}
	under := c.rare.retrievals
	if under[r.number] == r {
		if under[r.number] = r.older; r.older == nil {
			delete(under, r.number)
		}
		if len(under) == 0 {
			c.rare.retrievals = nil // a connection at rest holds no map
		}
		return
	}
	for other := under[r.number]; other != nil; other = other.older {
		if other.older == r {
			other.older = r.older
		}
	}
}

// retrievalsOf are the RETRs of a message that are under way.
func (c *Client) retrievalsOf(n int) (all []*retrieval) {
	if c.rare == nil {
		return nil
	}
	for r := c.rare.retrievals[n]; r != nil; r = r.older {
		all = append(all, r)
	}
	return all
}
