package imap4_test

import (
	"strings"
	"testing"

	"github.com/tconn/tconn/reactor/reactortest"
)

// Conversations with every command in them, and the connection lost behind each byte: what has happened by then is what had happened
// there in the whole conversation, nothing more; what was not answered fails, once; and nothing is kept.
func TestCutBehindEachByte(t *testing.T) {
	for _, c := range longTalks {
		t.Run(c.name, func(t *testing.T) {
			r := record(t, c)
			checkWhole(t, r)
			for n := 0; n <= len(r.input) && !t.Failed(); n += cutStep {
				r.cut(t, n, endings[n%len(endings)])
			}
		})
	}
}

// checkWhole wants each command to have come to something in the recorded conversation, right behind its tagged line.
func checkWhole(t *testing.T, r *recorded) {
	t.Helper()
	got := ends(r.events)
	for i, c := range r.commands {
		if i >= len(got) || got[i] != c.method {
			t.Fatalf("end %d: got %q, want %s, in %s", i, got[min(i, len(got)):], c.method, list(r.events))
		}
	}
	for i, e := range r.events {
		at := r.at[i]
		if compressed := strings.HasPrefix(e, "Noop: ") || strings.HasPrefix(e, "Logout: "); !compressed && len(ends([]string{e})) > 0 && !strings.HasSuffix(r.input[:at], "\r\n") {
			t.Errorf("%s: behind %q, want it behind the end of a line", e, r.input[max(0, at-20):at])
		}
	}
}

// ends are the names of the commands that have come to an end, in order.
func ends(events []string) (names []string) {
	for _, e := range events {
		name, _, ok := strings.Cut(e, ": ")
		name = strings.TrimSuffix(name, " failed")
		if first := name[0]; ok && first >= 'A' && first <= 'Z' && !strings.Contains(name, " ") {
			names = append(names, name)
		}
	}
	return names
}

// cut plays the first n bytes and loses the connection.
func (r *recorded) cut(t *testing.T, n int, e ending) {
	t.Helper()
	s := r.replay(t, n, reactortest.Whole)
	before := s.take()
	wantEvents(t, before, r.upTo(n))
	e.lose(s)
	s.clock.Turn()
	rest := s.take()
	got, want := ends(append(before, rest...)), len(r.commands)
	if len(got) != want {
		t.Errorf("ends of commands: got %d, want %d: %q", len(got), want, got)
	}
	checkRest(t, before, rest)
	if bytes, commands, timer := s.Held(); commands != 0 || timer || bytes > n || s.clock.Pending() != 0 {
		t.Errorf("held: got %d bytes, %d commands, timer %v, %d planned calls, want nothing", bytes, commands, timer, s.clock.Pending())
	}
	if t.Failed() {
		t.Fatalf("%s behind byte %d, %q", e.name, n, r.input[max(0, n-60):n])
	}
}

// checkRest: behind the loss there are failures only, and the loss; a sink that was begun has ended.
func checkRest(t *testing.T, before, rest []string) {
	t.Helper()
	for _, e := range rest {
		switch {
		case strings.HasPrefix(e, "lost: "), e == "sink failed", strings.Contains(e, " failed: "):
		case strings.HasPrefix(e, "Logout: "): // the server had said BYE, and then the end of the connection is the answer
		default:
			t.Errorf("at the loss: got %s, want failures only", e)
		}
	}
	begun, ended, lost := 0, 0, 0
	for _, e := range append(before, rest...) {
		switch {
		case e == "sink begun":
			begun++
		case strings.HasPrefix(e, "sink"):
			ended++
		case strings.HasPrefix(e, "lost: "):
			lost++
		}
	}
	if lost != 1 {
		t.Errorf("ConnectionLost: got %d calls, want 1", lost)
	}
	if begun != ended {
		t.Errorf("sinks: got %d begun and %d ended", begun, ended)
	}
}
