package imap4

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync/atomic"

	"github.com/tconn/tconn/deferred"
)

// ErrBodyGone: a BodyReader was read after its loop has gone on to the next one, or has ended.
var ErrBodyGone = errors.New("imap4: the body cannot be read any more: its loop has gone on")

// FetchBodies gives a goroutine one section of each message in set, to be read as it comes: no message is ever kept as a whole.
//
//	for body, err := range c.FetchBodies(ctx, set, imap4.BodySection{Peek: true}) {
//		...
//		io.Copy(file, body)
//
// The readers are valid until the loop goes on; what was not read of one is dropped, as by archive/tar. A loop that is slow slows the server
// down, as with FetchSeq, and so does one that does not read a body to its end while it waits for nothing else on the connection.
//
// Command: FETCH, UID FETCH (RFC 9051 sections 6.4.5 and 6.4.9). Legal in: selected.
// Fails with: what FetchSeq fails with.
// Goroutine: any but that of a reactor; a BodyReader is for that goroutine only.
func (c *Client) FetchBodies(ctx context.Context, set MessageSet, section BodySection) iter.Seq2[*BodyReader, error] {
	return func(yield func(*BodyReader, error) bool) {
		f := &bodyFeed{section: section, backlog: newBacklog[bodyEvent](c)}
		o := FetchOptions{Sections: []BodySection{section}, Sink: f.sink}
		err := f.backlog.start(ctx, func() *deferred.Deferred[int] {
			return c.fetch(set, o, &f.backlog.consumer, f.message)
		})
		if err != nil {
			yield(nil, &CommandError{Command: byUID("FETCH", set), Err: err})
			return
		}
		defer f.backlog.stop()
		f.run(ctx, yield)
	}
}

// BodyReader is the section of one message, which it reads as it comes.
type BodyReader struct {
	// SeqNum and UID say of which message it is. UID is zero if the server tells it behind the section only: see Message.
	SeqNum, UID uint32
	// Section is what the server calls it, and Size its octets as announced.
	Section BodySection
	Size    int64
	// IsNil: there is no such section. Nothing can be read.
	IsNil bool

	ctx     context.Context
	feed    *bodyFeed
	chunk   []byte
	message *Message
	err     error // what Read answers from now on
	skip    atomic.Bool
}

// Read reads the next octets, and waits for them. It answers io.EOF at the end, and an error if the end does not come.
func (r *BodyReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.chunk) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.advance()
	}
	n := copy(p, r.chunk)
	r.chunk = r.chunk[n:]
	return n, nil
}

// Message is what the server has told besides, such as the UID; nil before Read has answered io.EOF.
func (r *BodyReader) Message() *Message { return r.message }

// advance takes the next event of this body.
func (r *BodyReader) advance() {
	e, ok, err := r.feed.backlog.take(r.ctx)
	switch {
	case err != nil:
		r.fail(err)
	case !ok:
		r.fail(io.ErrUnexpectedEOF)
	case e.message != nil:
		r.message, r.err = e.message, io.EOF
		r.UID = max(r.UID, e.message.UID)
		if e.message.Err != nil {
			r.err = e.message.Err
		}
	default:
		r.chunk = e.chunk
	}
}

// fail ends this body and the loop.
func (r *BodyReader) fail(err error) {
	r.err, r.feed.err = err, err
}

// close drops what is left.
func (r *BodyReader) close() {
	r.skip.Store(true)
	for r.err == nil {
		r.advance()
	}
	r.chunk, r.err = nil, ErrBodyGone
}

// bodyEvent is one step of the octets from the server to the loop: a body begins, there is some of it, its message is complete.
type bodyEvent struct {
	body    *BodyReader
	chunk   []byte
	message *Message
}

// bodyFeed carries bodies from the reactor goroutine to that of the loop.
type bodyFeed struct {
	section BodySection
	backlog *backlog[bodyEvent]
	open    *BodyReader // of the reactor goroutine: begun, and its message is not complete
	err     error       // of the loop: why it ends
}

const eventBytes = 64 // what an event costs besides its octets

// run is the loop.
func (f *bodyFeed) run(ctx context.Context, yield func(*BodyReader, error) bool) {
	for {
		e, ok, err := f.backlog.take(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		if !ok {
			return
		}
		if e.body == nil {
			continue
		}
		e.body.ctx = ctx
		again := yield(e.body, nil)
		if !again {
			e.body.skip.Store(true)
			e.body.chunk, e.body.err = nil, ErrBodyGone
			return
		}
		e.body.close()
		if f.err != nil {
			yield(nil, f.err)
			return
		}
	}
}

// begin starts a body.
func (f *bodyFeed) begin(b *BodyReader) *BodyReader {
	b.feed = f
	f.open = b
	f.backlog.put(bodyEvent{body: b}, eventBytes)
	return b
}

// sink takes the octets of a literal; a further one of the same message goes into memory, and is not looked at.
func (f *bodyFeed) sink(m LiteralMeta) LiteralSink {
	if f.open != nil {
		return nil
	}
	return &bodySink{f.begin(&BodyReader{SeqNum: m.SeqNum, UID: m.UID, Section: m.Section, Size: m.Size}), f}
}

// message: the response is complete. The section of one that had no literal is in it.
func (f *bodyFeed) message(m *Message, _ int) {
	if f.open == nil {
		f.whole(m)
	}
	if f.open != nil {
		f.open = nil
		f.backlog.put(bodyEvent{message: m}, eventBytes)
	}
}

// whole begins the body of a message that came without a literal, if it has one at all.
func (f *bodyFeed) whole(m *Message) {
	s, ok := m.Section(f.section)
	if !ok {
		return
	}
	f.begin(&BodyReader{SeqNum: m.SeqNum, UID: m.UID, Section: s.BodySection, Size: s.Size, IsNil: s.State == SectionNil})
	if len(s.Bytes) > 0 {
		f.backlog.put(bodyEvent{chunk: s.Bytes}, len(s.Bytes))
	}
}

// bodySink passes the octets on as they come.
type bodySink struct {
	body *BodyReader
	feed *bodyFeed
}

// Write hands on a copy.
func (s *bodySink) Write(p []byte) (int, error) {
	if !s.body.skip.Load() && len(p) > 0 {
		s.feed.backlog.put(bodyEvent{chunk: append(make([]byte, 0, len(p)), p...)}, len(p)+eventBytes)
	}
	return len(p), nil
}

// Done does nothing: the end of the message, or of the command, follows.
func (s *bodySink) Done(error) {}
