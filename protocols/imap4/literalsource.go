package imap4

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/tconn/tconn/reactor"
)

const (
	// maxPieceBytes is how much of a literal is read and written at a time.
	maxPieceBytes = 64 << 10
	// maxEmptyReads is how often a reader may answer neither octets nor an error before it is given up.
	maxEmptyReads = 100
)

// errReaderExit: Read has not returned.
var errReaderExit = errors.New("imap4: the reader ended its goroutine with runtime.Goexit")

// ShortBodyError is a reader that held fewer octets than were announced to the server. The connection is closed because of it:
// the server waits for octets that do not exist, and would take anything else for them.
type ShortBodyError struct {
	Size int64 // octets that were announced
	Sent int64 // octets that the reader gave
	Err  error // the reader's error; io.ErrUnexpectedEOF if it just came to its end
}

// Error tells both sizes and the reader's error.
func (e *ShortBodyError) Error() string {
	return fmt.Sprintf("imap4: the reader gave %d of %d octets: %v", e.Sent, e.Size, e.Err)
}

// Unwrap is the reader's error.
func (e *ShortBodyError) Unwrap() error { return e.Err }

// memoryLen is how many octets a reader holds whose Read cannot block; ok is false for any other.
func memoryLen(r io.Reader) (n int64, ok bool) {
	switch r := r.(type) {
	case *bytes.Reader:
		return int64(r.Len()), true
	case *strings.Reader:
		return int64(r.Len()), true
	case *bytes.Buffer:
		return int64(r.Len()), true
	}
	return 0, false
}

// literalSender sends the octets of one literal, a piece whenever nothing waits to be sent: so the server's pace is the reader's. It is a
// reactor.Producer.
//
// What lies in memory is read on the reactor goroutine. Any other reader is read in a goroutine that lasts for one Read: the next piece
// while the one before is on its way.
type literalSender struct {
	c       *Client
	cmd     *command
	reader  io.Reader
	done    func(err error)
	size    int64
	left    int64  // not sent
	piece   []byte // memory for one
	ready   []byte // read and not sent
	empty   int    // reads in a row that came to nothing
	memory  bool
	reading bool // in its goroutine
	asked   bool // the transport wants a piece
	over    bool
}

// sendLiteral sends size octets of r and calls done, once; not if the connection ends before.
func (c *Client) sendLiteral(cmd *command, r io.Reader, size int64, done func(err error)) {
	s := &literalSender{c: c, cmd: cmd, reader: r, done: done, size: size, left: size}
	if _, s.memory = memoryLen(r); s.memory && size <= maxPieceBytes && c.transport.Buffered() <= maxPieceBytes {
		s.sendAtOnce()
		return
	}
	if err := c.transport.RegisterProducer(s, false); err != nil {
		s.over = true
		done(err)
	}
}

// sendAtOnce sends a literal of one piece: with the lines before and behind it, most often in one packet.
func (s *literalSender) sendAtOnce() {
	n, err := io.ReadFull(s.reader, s.room())
	if err != nil {
		s.over = true
		s.done(&ShortBodyError{Size: s.size, Sent: int64(n), Err: io.ErrUnexpectedEOF})
		return
	}
	s.over = true
	s.write(s.piece)
	s.done(nil)
}

// write gives p to the transport; false means that the connection is ending.
func (s *literalSender) write(p []byte) bool {
	if t := s.c.options().Trace; t != nil {
		t.Client(p)
	}
	s.c.moved(len(p))
	return s.c.write(p)
}

// PauseProducing does nothing: the transport asks for each piece.
func (s *literalSender) PauseProducing() {}

// ResumeProducing sends the next piece; the transport calls it.
func (s *literalSender) ResumeProducing() {
	if s.over || s.c.transport.Buffered() > maxPieceBytes { // asked at its registration while others' bytes wait
		return
	}
	if s.c.ending() { // the command cannot be completed
		s.over = true
		s.c.transport.UnregisterProducer()
		return
	}
	s.asked = true
	s.goOn()
}

// StopProducing is the end of the connection, which fails the command.
func (s *literalSender) StopProducing() { s.over = true }

// goOn sends a piece if there is one, or sees to it that there will be.
func (s *literalSender) goOn() {
	for s.asked && !s.over && len(s.ready) == 0 {
		if !s.memory {
			if !s.reading {
				s.readAside()
			}
			if s.cmd.stalled.IsZero() {
				s.c.stall(s.cmd)
			}
			return
		}
		s.took(s.reader.Read(s.room()))
	}
	if s.asked && !s.over {
		s.send()
	}
}

// room is where the next piece goes. What was written is free again: the transport has a copy.
func (s *literalSender) room() []byte {
	if s.piece == nil {
		s.piece = make([]byte, min(s.size, maxPieceBytes))
	}
	return s.piece[:min(s.left, int64(len(s.piece)))]
}

// took notes what one Read has answered.
func (s *literalSender) took(n int, err error) {
	room := len(s.room())
	switch {
	case n < 0 || n > room:
		s.fail(errors.New("the reader answered an impossible count"))
		return
	case n > 0:
		s.ready, s.empty = s.piece[:n], 0
	case err == nil:
		if s.empty++; s.empty >= maxEmptyReads {
			s.fail(io.ErrNoProgress)
		}
		return
	}
	if err != nil && int64(n) < s.left {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		s.left -= int64(n)
		s.fail(err)
	}
}

// send writes the piece that is ready.
func (s *literalSender) send() {
	p := s.ready
	s.ready, s.asked = nil, false
	if !s.write(p) { // the end of the connection is on its way
		s.over = true
		return
	}
	s.left -= int64(len(p))
	switch {
	case s.over:
	case s.left == 0:
		s.end(nil)
	case !s.memory:
		s.readAside()
	}
}

// readAside calls Read once in a goroutine of its own.
func (s *literalSender) readAside() {
	s.reading = true
	r, p, on := s.reader, s.room(), s.c.transport.Reactor()
	go func() {
		n, err := 0, errReaderExit
		defer func() { _ = on.CallFromThread(func() { s.arrived(n, err) }) }()
		n, err = readOnce(r, p)
	}()
}

// readOnce is r.Read(p), a panic in it as its error.
func readOnce(r io.Reader, p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, &reactor.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return r.Read(p)
}

// arrived takes what a Read in its goroutine has answered.
func (s *literalSender) arrived(n int, err error) {
	s.reading = false
	if s.over {
		return
	}
	s.took(n, err)
	switch {
	case s.over:
	case len(s.ready) > 0:
		s.c.unstall(s.cmd)
		s.goOn()
	default:
		s.readAside()
	}
}

func (s *literalSender) fail(err error) {
	s.end(&ShortBodyError{Size: s.size, Sent: s.size - s.left, Err: err})
}

// end is the end of the literal, the connection still there.
func (s *literalSender) end(err error) {
	s.over, s.ready, s.piece = true, nil, nil
	s.cmd.stalled = time.Time{}
	s.c.transport.UnregisterProducer()
	s.done(err)
}
