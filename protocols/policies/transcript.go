package policies

import (
	"bytes"
	"io"
	"strconv"
	"unicode/utf8"
)

// Transcript writes a conversation down as lines of text, both directions marked:
//
//	C: A1 CAPABILITY
//	S: * CAPABILITY IMAP4rev1 IDLE
//	S= "A1 OK \x1b[31mdone\r\n"
//
// "C:" is a line that the client sent, "S:" one of the server, both with CRLF at their end. "C=" and "S=" stand before bytes in
// Go's quoting: what is no whole line, or not printable. So a terminal is safe from what a peer sends, and a test can
// replay the text byte for byte. It writes what it is given: a caller who hands it a secret finds the secret in the text.
//
// Goroutine: one at a time. One Transcript is for one connection; it holds at most 8 KiB of a line that does not end.
type Transcript struct {
	w       io.Writer
	err     error
	mark    string // "C" or "S": whose bytes are pending
	pending []byte // after the last CRLF
}

// maxPending is how many bytes without a CRLF are kept before they are written as a piece.
const maxPending = 8 << 10

// NewTranscript makes a Transcript on w. Each line is written as soon as it is complete.
func NewTranscript(w io.Writer) *Transcript { return &Transcript{w: w} }

// Client notes bytes that the client sent. An error of the underlying writer is answered by Flush.
func (t *Transcript) Client(p []byte) { t.note("C", p) }

// Server notes bytes that the server sent.
func (t *Transcript) Server(p []byte) { t.note("S", p) }

// Flush writes what has no CRLF yet, as quoted bytes, and answers the first error of the underlying writer.
func (t *Transcript) Flush() error {
	if len(t.pending) > 0 {
		t.quoted(t.pending)
		t.pending = t.pending[:0]
	}
	return t.err
}

func (t *Transcript) note(mark string, p []byte) {
	if len(p) == 0 || t.err != nil {
		return
	}
	if mark != t.mark {
		_ = t.Flush()
		t.mark = mark
	}
	from := max(len(t.pending)-1, 0) // a CRLF may be cut in two
	t.pending = append(t.pending, p...)
	start := 0
	for {
		i := bytes.Index(t.pending[from:], []byte("\r\n"))
		if i < 0 {
			break
		}
		end := from + i + 2
		t.line(t.pending[start:end])
		start, from = end, end
	}
	t.pending = append(t.pending[:0], t.pending[start:]...)
	if len(t.pending) > maxPending {
		_ = t.Flush()
	}
	if cap(t.pending) > 4*maxPending {
		t.pending = bytes.Clone(t.pending)
	}
}

// line writes bytes that end in CRLF, as text if it reads well.
func (t *Transcript) line(p []byte) {
	text := p[:len(p)-2]
	switch {
	case !plain(text):
		t.quoted(p)
	case len(text) == 0:
		t.write(t.mark, ":\n")
	default:
		t.write(t.mark, ": ", string(text), "\n")
	}
}

func (t *Transcript) quoted(p []byte) { t.write(t.mark, "= ", strconv.Quote(string(p)), "\n") }

func (t *Transcript) write(parts ...string) {
	if t.err != nil {
		return
	}
	var line []byte
	for _, part := range parts {
		line = append(line, part...)
	}
	_, t.err = t.w.Write(line)
}

// plain tells whether text can stand as it is: printable, and without a space at its end, which editors like to remove.
func plain(text []byte) bool {
	if !utf8.Valid(text) || bytes.HasSuffix(text, []byte(" ")) {
		return false
	}
	for _, r := range string(text) {
		if !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}
