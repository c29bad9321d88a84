package reactortest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/reactor"
)

// recorder is a protocol that notes what is called on it. The hooks run after the note.
type recorder struct {
	reactor.BaseProtocol
	events []string
	onMade func(*recorder)
	onData func(r *recorder, data string)
	onLost func(r *recorder, reason error)
}

func (r *recorder) note(event string) { r.events = append(r.events, event) }

func (r *recorder) MakeConnection(t reactor.Transport) {
	r.BaseProtocol.MakeConnection(t)
	r.note("transport")
}

func (r *recorder) ConnectionMade() {
	r.note("made")
	if r.onMade != nil {
		r.onMade(r)
	}
}

func (r *recorder) DataReceived(data []byte) {
	s := string(data)
	r.note("data " + s)
	if r.onData != nil {
		r.onData(r, s)
	}
}

func (r *recorder) ConnectionLost(reason error) {
	r.note("lost " + reason.Error())
	if r.onLost != nil {
		r.onLost(r, reason)
	}
}

// expect holds the events since the last time against want, each of which is the beginning of one.
func (r *recorder) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.EqualFunc(r.events, want, strings.HasPrefix) {
		t.Fatalf("events:\n got %q\nwant %q", r.events, want)
	}
	r.events = nil
}

// source is a producer that notes what it is asked for.
type source struct {
	events   []string
	onResume func()
}

func (s *source) PauseProducing() { s.events = append(s.events, "pause") }
func (s *source) StopProducing()  { s.events = append(s.events, "stop") }
func (s *source) ResumeProducing() {
	s.events = append(s.events, "resume")
	if s.onResume != nil {
		s.onResume()
	}
}

func (s *source) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(s.events, want) {
		t.Fatalf("producer:\n got %q\nwant %q", s.events, want)
	}
	s.events = nil
}

const (
	done    = "lost Connection was closed cleanly."
	aborted = "lost Connection was aborted locally"
	lost    = "lost Connection to the other side was lost in a non-clean fashion"
)
