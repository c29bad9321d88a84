package pop3

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tconn/tconn/deferred"
)

// Entry is a message of the mailbox, as RetrieveAll presents it.
type Entry struct {
	Number int
	Size   int64  // in octets, as LIST has it: a hint
	UID    string // "" unless RetrieveOptions.UIDs
}

// RetrieveOptions say what RetrieveAll fetches, and where it goes.
type RetrieveOptions struct {
	// Sink makes the sink of a message, when its first octets are about to come; a nil sink drops them, and is no reason to delete the message.
	// It is called in the order of the messages. A sink that is a Storer says when its message is safe.
	Sink func(e Entry) MessageSink
	// Want chooses the messages, before the first is fetched; nil wants all. With UIDs it is where a program leaves out what it has had before.
	Want func(e Entry) bool
	// UIDs asks for the unique-ids, too. A server without UIDL fails the retrieval then, before anything is fetched.
	UIDs bool
	// Header fetches the header and the first Lines lines of the body only, by TOP.
	Header bool
	Lines  int
	// Delete marks each message when it was stored, and not before. The server deletes them at Quit, and only then. With Header it is an
	// *ArgumentError.
	Delete bool
}

// RetrieveResult is what RetrieveAll has done.
type RetrieveResult struct {
	Messages int   // fetched and stored
	Octets   int64 // of them
	Deleted  int   // marked
	Failed   []*RetrieveError
}

// RetrieveError is a message that was not fetched, not stored or not marked, while the others were.
type RetrieveError struct {
	Entry
	Err error // *ResponseError, or a *CommandError around what the sink said
}

// Error names the message and the reason.
func (e *RetrieveError) Error() string {
	return "pop3: message " + strconv.Itoa(e.Number) + ": " + strings.TrimPrefix(e.Err.Error(), "pop3: ")
}

// Unwrap is the reason.
func (e *RetrieveError) Unwrap() error { return e.Err }

// RetrieveAll fetches all messages, or those that are wanted, each to a sink of its own. Where the server offers PIPELINING as many commands
// are out as Options.Window allows: see PipelineMode.
//
// A message that the server refuses, or whose sink fails, is noted in the result; the others go on. Other commands may be issued meanwhile.
// Commands: LIST, UIDL if asked for, RETR or TOP, DELE if asked for. Legal in: transaction.
// Fires with: what was done, when the last message was stored, and marked if that was asked for.
// Fails with: what LIST and UIDL fail with, *ArgumentError; *CommandError when the connection ends before: what was fetched until then was
// stored, and nothing is deleted. Cancel drops what has not come, and sends no further command.
func (c *Client) RetrieveAll(o RetrieveOptions) *deferred.Deferred[RetrieveResult] {
	if err := o.check(); err != nil {
		return deferred.Fail[RetrieveResult](err)
	}
	b := &bulk{c: c, RetrieveOptions: o, under: make(map[canceller]struct{})}
	listed := deferred.Then(c.List(), func(list []Scan) (struct{}, error) {
		for _, s := range list {
			b.entries = append(b.entries, Entry{Number: s.Number, Size: s.Size})
		}
		return struct{}{}, nil
	})
	if o.UIDs {
		listed = deferred.Then(deferred.Gather(listed, b.askUIDs()), func([]struct{}) (struct{}, error) { return struct{}{}, nil }).AddErrback(first)
	}
	return deferred.Then(listed, func(struct{}) (RetrieveResult, error) { return deferred.Chain(b.run()) })
}

// first is what the first of several has failed with.
func first(err error) (none struct{}, _ error) {
	if of, ok := err.(*deferred.FirstError); ok {
		err = of.Err
	}
	return none, err
}

func (o *RetrieveOptions) check() error {
	reason := ""
	switch {
	case o.Sink == nil:
		reason = "Sink is nil"
	case o.Lines < 0:
		reason = "Lines is negative"
	case o.Header && o.Delete:
		reason = "Delete with Header would delete what was not fetched"
	}
	if reason == "" {
		return nil
	}
	return &ArgumentError{Reason: "RetrieveAll: " + reason}
}

// canceller is a command under way.
type canceller interface{ Cancel() }

// bulk is a RetrieveAll under way.
type bulk struct {
	RetrieveOptions
	c       *Client
	entries []Entry
	uids    map[int]string
	next    int                    // of entries
	under   map[canceller]struct{} // commands that were issued and are not over
	filling bool
	done    RetrieveResult
	fault   error // why no more are issued
	result  *deferred.Deferred[RetrieveResult]
}

func (b *bulk) askUIDs() *deferred.Deferred[struct{}] {
	return deferred.Then(b.c.UIDL(), func(list []UniqueID) (struct{}, error) {
		b.uids = make(map[int]string, len(list))
		for _, u := range list {
			b.uids[u.Number] = u.UID
		}
		return struct{}{}, nil
	})
}

// run fetches what was listed.
func (b *bulk) run() *deferred.Deferred[RetrieveResult] {
	b.result = deferred.New(func(*deferred.Deferred[RetrieveResult]) { b.cancel() })
	b.result.BindTo(b.c.transport.Reactor())
	for i := range b.entries {
		b.entries[i].UID = b.uids[b.entries[i].Number]
	}
	b.uids = nil
	if b.Want != nil {
		b.entries = slices.DeleteFunc(b.entries, func(e Entry) bool { return !b.Want(e) })
	}
	b.fill()
	return b.result
}

// fill keeps as many commands in hand as may be out, and one more: the queue is never empty when the window moves on.
func (b *bulk) fill() {
	if b.filling {
		return
	}
	b.filling = true
	for b.fault == nil && b.next < len(b.entries) && len(b.under) <= b.c.options().window() {
		b.next++
		b.fetch(b.entries[b.next-1])
	}
	b.filling = false
	if len(b.under) == 0 && (b.fault != nil || b.next == len(b.entries)) {
		b.finish()
	}
}

func (b *bulk) finish() {
	if b.fault != nil {
		b.result.TryErrback(b.fault)
		return
	}
	b.result.TryCallback(b.done)
}

// fetch issues the command for a message.
func (b *bulk) fetch(e Entry) {
	cmd, err := messageCommand("RETR", e.Number)
	if b.Header {
		cmd, err = topCommand(e.Number, b.Lines)
	}
	if err != nil {
		b.failed(e, err)
		return
	}
	f := &fetching{b: b, e: e}
	f.retrieval = retrieval{c: b.c, command: cmd, number: e.Number, open: f.sink, settled: f.over}
	b.under[f] = struct{}{}
	if err := f.issue(); err != nil {
		f.over(Retrieved{}, err)
	}
}

// fetching is a message of a RetrieveAll on its way.
type fetching struct {
	retrieval
	b       *bulk
	e       Entry
	dropped bool // there is no sink for it
}

func (f *fetching) sink(Reply) MessageSink {
	sink := f.b.Sink(f.e)
	f.dropped = sink == nil
	return sink
}

// over notes what has become of the message.
func (f *fetching) over(got Retrieved, err error) {
	b := f.b
	delete(b.under, f)
	if err != nil {
		b.failed(f.e, err)
	} else {
		b.done.Messages++
		b.done.Octets += got.Octets
		switch {
		case !b.Delete || b.fault != nil:
		case f.dropped:
			b.failed(f.e, &CommandError{Command: "DELE", Err: ErrNotStored})
		default:
			b.mark(f.e)
		}
	}
	b.fill()
}

// mark issues the DELE for a message that was stored.
func (b *bulk) mark(e Entry) {
	d := b.c.Dele(e.Number)
	b.under[d] = struct{}{}
	over := func(err error) {
		delete(b.under, d)
		if err != nil {
			b.failed(e, err)
		} else {
			b.done.Deleted++
		}
		b.fill()
	}
	d.Handle(func(Reply) { over(nil) }, over)
}

// failed notes a message that has gone wrong. The end of the connection is not the fault of a message: everything stops.
func (b *bulk) failed(e Entry, err error) {
	if b.c.ended() != nil {
		if b.fault == nil {
			b.fault = err
		}
		return
	}
	b.done.Failed = append(b.done.Failed, &RetrieveError{Entry: e, Err: err})
}

// cancel gives up: what was issued is taken back, or its answer dropped.
func (b *bulk) cancel() {
	if b.fault == nil {
		b.fault = fmt.Errorf("pop3: RetrieveAll: %w", deferred.ErrCancelled)
	}
	for d := range b.under {
		d.Cancel()
	}
	b.result.TryErrback(b.fault)
}
