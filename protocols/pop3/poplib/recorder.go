package poplib

import (
	"bytes"
	"sync"
)

// recorder keeps of a command's exchange what debug output and errors show. It is the Trace of the client below: the reactor goroutine
// writes, and the caller's reads when the command is over.
type recorder struct {
	mu     sync.Mutex
	all    bool
	events []event
	status []byte // the first line that came since the last one went out
}

// event is what has gone out in one command, or come behind it.
type event struct {
	put   bool
	bytes []byte
}

// maxStatusBytes is how much of a status line an error shows.
const maxStatusBytes = 64 << 10

// begin forgets what was before. all keeps every byte, else the status line only.
func (r *recorder) begin(all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all, r.events, r.status = all, nil, nil
}

// Client takes a command.
func (r *recorder) Client(p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = nil
	if r.all {
		r.events = append(r.events, event{put: true, bytes: bytes.TrimSuffix(bytes.Clone(p), []byte("\r\n"))})
	}
}

// Server takes what comes.
func (r *recorder) Server(p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.status); n == 0 || r.status[n-1] != '\n' && n < maxStatusBytes {
		end := bytes.IndexByte(p, '\n') + 1
		if end == 0 {
			end = len(p)
		}
		r.status = append(r.status, p[:end]...)
	}
	if !r.all {
		return
	}
	if n := len(r.events); n == 0 || r.events[n-1].put {
		r.events = append(r.events, event{})
	}
	last := &r.events[len(r.events)-1]
	last.bytes = append(last.bytes, p...)
}

// take answers what was recorded.
func (r *recorder) take() []event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.all, r.events = false, nil
	return events
}

// statusLine is the server's answer, without its end.
func (r *recorder) statusLine() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return withoutEnd(bytes.Clone(r.status))
}

// withoutEnd takes the end off a line as poplib does: CRLF, or LF and the CR at the beginning of the line, if there is one.
func withoutEnd(line []byte) []byte {
	cut, ended := bytes.CutSuffix(line, []byte{'\n'})
	switch {
	case !ended:
		return line
	case bytes.HasSuffix(cut, []byte{'\r'}):
		return cut[:len(cut)-1]
	}
	return bytes.TrimPrefix(cut, []byte{'\r'})
}
