package basic

import (
	"fmt"
	"io"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// Sizes of the pieces in which a FileSender reads.
const (
	DefaultChunkBytes = 16 << 10
	MaxChunkBytes     = 64 << 10
)

// maxEmptyReads is how often a reader may answer neither bytes nor an error before it is given up.
const maxEmptyReads = 100

// FileSender sends what a reader holds, piece by piece and no faster than the peer takes it. Its zero value is ready; one sender makes one
// transfer at a time.
//
// The reader is read on the reactor goroutine, one piece whenever nothing waits to be sent: a regular file is fine, what
// may block (a pipe, a network file system that hangs) is not. For such a source write a reactor.Producer.
//
// Goroutine: reactor, for every method. Source: twisted.protocols.basic.FileSender.
type FileSender struct {
	// ChunkBytes is how many bytes are read at a time; zero or less is DefaultChunkBytes, more than MaxChunkBytes is MaxChunkBytes.
	ChunkBytes int

	reader    io.Reader
	transport reactor.Transport
	transform func([]byte) []byte
	done      *deferred.Deferred[int64] // nil when no transfer is under way
	chunk     []byte
	sent      int64
}

// BeginFileTransfer sends what r holds through t, up to its end. transform, if it is not nil, gets each piece and answers what is
// sent in its place, which is copied at once. The connection stays open, and the reader is not closed.
//
// Fires with: the number of bytes written to t, when the last of them has been written.
// Fails with: an error that wraps the reader's; ErrConsumerStopped when the connection ends first; reactor.ErrProducerRegistered when t has a
// producer already; deferred.ErrCancelled after Cancel, which ends the transfer and leaves the connection open.
//
// Until then nothing else should be written to t. A nil r or t panics, and so does a second transfer before the end of the first.
func (s *FileSender) BeginFileTransfer(r io.Reader, t reactor.Transport, transform func([]byte) []byte) *deferred.Deferred[int64] {
	switch {
	case r == nil || t == nil:
		panic("basic: BeginFileTransfer with a nil reader or transport")
	case s.done != nil:
		panic("basic: BeginFileTransfer: the FileSender has a transfer under way")
	}
	d := deferred.New(func(*deferred.Deferred[int64]) {
		if s.finish() != nil {
			t.UnregisterProducer()
		}
	})
	d.BindTo(t.Reactor())
	s.reader, s.transport, s.transform = r, t, transform
	s.done, s.sent = d, 0
	s.chunk = make([]byte, min(maxLength(s.ChunkBytes, DefaultChunkBytes), MaxChunkBytes))
	if err := t.RegisterProducer(s, false); err != nil {
		s.finish()
		d.Errback(err)
	}
	return d
}

// PauseProducing does nothing: the transport asks for each piece.
func (s *FileSender) PauseProducing() {}

// ResumeProducing sends the next piece; the transport calls it.
func (s *FileSender) ResumeProducing() {
	d := s.done
	if d == nil {
		return
	}
	p, err := s.read()
	if s.done != d { // the reader has ended the transfer
		return
	}
	if len(p) > 0 {
		s.write(p)
	}
	switch {
	case s.done != d || err == nil:
	case err == io.EOF:
		s.end(nil)
	default:
		s.end(fmt.Errorf("basic: FileSender: reading: %w", err))
	}
}

// StopProducing fails the transfer; the transport calls it when the connection ends.
func (s *FileSender) StopProducing() {
	if d := s.finish(); d != nil {
		d.TryErrback(ErrConsumerStopped)
	}
}

// read reads a piece. Like a reader it may answer bytes together with an error.
func (s *FileSender) read() ([]byte, error) {
	reader, chunk := s.reader, s.chunk
	for range maxEmptyReads {
		if n, err := reader.Read(chunk); n > 0 || err != nil {
			return chunk[:n], err
		}
	}
	return nil, io.ErrNoProgress
}

// write sends a piece. When transform has left nothing of it, the transport has no reason to ask for the next one, so a later
// turn does.
func (s *FileSender) write(p []byte) {
	d, t := s.done, s.transport
	if s.transform != nil {
		p = s.transform(p)
	}
	if s.done != d {
		return
	}
	if len(p) == 0 {
		t.Reactor().CallLater(0, func() { s.goOn(d) })
		return
	}
	n, err := t.Write(p)
	if s.done != d {
		return
	}
	s.sent += int64(n)
	if err != nil {
		s.end(fmt.Errorf("basic: FileSender: writing: %w", err))
	}
}

// goOn sends the next piece of the transfer d, from a timer. A panic of the reader ends the connection, as it does when the transport asks.
func (s *FileSender) goOn(d *deferred.Deferred[int64]) {
	if s.done != d {
		return
	}
	guard(s.transport, s.ResumeProducing)
}

// end is the end of a transfer that the connection survives.
func (s *FileSender) end(err error) {
	t, sent := s.transport, s.sent
	d := s.finish()
	if d == nil {
		return
	}
	t.UnregisterProducer()
	if err != nil {
		d.TryErrback(err)
		return
	}
	d.TryCallback(sent)
}

// finish forgets the transfer and answers its Deferred, nil if there is none.
func (s *FileSender) finish() *deferred.Deferred[int64] {
	d := s.done
	s.done, s.reader, s.transport, s.transform, s.chunk = nil, nil, nil, nil, nil
	return d
}
