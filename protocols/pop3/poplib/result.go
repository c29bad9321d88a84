package poplib

import (
	"bytes"
	"slices"

	"github.com/tconn/tconn/protocols/pop3"
)

// Result is an answer of several lines: poplib's (response, lines, octets).
//
// Lifetime: it is the caller's.
type Result struct {
	Response []byte   // the status line, with "+OK"
	Lines    [][]byte // without their ends, and without the dots that POP3 puts before dots
	Octets   int      // of the lines with their ends, as they came, without those dots and without the last line
	raw      []byte
}

// Bytes are the lines with their ends, as they came: a message as it is. They may share their memory with Lines.
func (r *Result) Bytes() []byte { return r.raw }

// newResult makes poplib's answer of the client's. They differ in lines that begin with CR and end with LF alone: poplib takes the CR
// off, and only then a dot before a dot.
func newResult(m *pop3.Multiline) *Result {
	r := &Result{Response: []byte(m.Response), Lines: m.Lines, Octets: int(m.Octets), raw: m.Bytes()}
	if !slices.ContainsFunc(r.Lines, beginsWithCR) {
		return r
	}
	rest := r.raw
	for i, line := range r.Lines {
		end := bytes.IndexByte(rest, '\n')
		endsLF := end == len(line) // and not with CRLF
		rest = rest[end+1:]
		if !endsLF || !beginsWithCR(line) {
			continue
		}
		line = line[1:]
		if bytes.HasPrefix(line, []byte("..")) {
			line = line[1:]
			r.Octets--
		}
		r.Lines[i] = line
	}
	return r
}

func beginsWithCR(line []byte) bool { return len(line) > 0 && line[0] == '\r' }
