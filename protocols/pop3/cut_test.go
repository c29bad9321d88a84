package pop3_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// everything is a client that issues all commands at once.
func everything(t *testing.T) *session {
	t.Helper()
	return start(t, nil, func(u *user) {
		signIn(u)
		doWork(u)
	})
}

// Whole, byte by byte and cut at random: the same happens.
func TestConversationCutAnyhow(t *testing.T) {
	script := slices.Concat(signing, work)
	whole := converse(t, everything(t), greeting, script, 1<<30, func(n int) int { return n })
	if got := ends(whole.events); !slices.Equal(sorted(got), sorted(allEnds)) {
		t.Fatalf("ends: got %q, want %q", got, allEnds)
	}
	check := func(how string, cut func(n int) int) {
		t.Helper()
		got := converse(t, everything(t), greeting, script, 1<<30, cut)
		if !slices.Equal(got.events, whole.events) || got.input != whole.input {
			t.Errorf("%s:\n got %s\nwant %s", how, list(got.events), list(whole.events))
		}
	}
	check("bytewise", func(int) int { return 1 })
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		check(fmt.Sprintf("seed %d", seed), func(n int) int { return 1 + r.IntN(min(n, 30)) })
	}
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// endings are the ways in which a connection ends.
var endings = []struct {
	name string
	lose func(s *session)
}{
	{"closed by the server", func(s *session) { s.tr.Lose(nil) }},
	{"closed by the program", func(s *session) { s.tr.LoseConnection() }},
	{"aborted by the program", func(s *session) { s.tr.AbortConnection() }},
	{"silence", func(s *session) { s.clock.Advance(time.Hour) }},
}

// The conversation is cut behind each byte: what has happened by then is what had happened there in the whole of it, and nothing more; what was
// not answered fails, once; nothing is kept, and an open QUIT says that the deletions are unknown.
func TestCutBehindEachByte(t *testing.T) {
	script := slices.Concat(signing, work)
	whole := converse(t, everything(t), greeting, script, 1<<30, func(int) int { return 1 })
	for i, e := range whole.events {
		if at := whole.at[i]; len(ends([]string{e})) > 0 && !strings.HasSuffix(whole.input[:at], "\n") {
			t.Errorf("%s: behind %q, want it behind the end of a line", e, whole.input[max(0, at-20):at])
		}
	}
	for n := 0; n < len(whole.input) && !t.Failed(); n += cutStep {
		for _, e := range endings {
			s := everything(t)
			before := converse(t, s, greeting, script, n, func(n int) int { return n }).events
			if want := upTo(whole, n); !slices.Equal(before, want) {
				t.Errorf("before the end:\n got %s\nwant %s", list(before), list(want))
			}
			e.lose(s)
			s.clock.Turn()
			rest := s.take()
			checkRest(t, before, rest)
			if left := s.clock.Pending(); left != 0 {
				t.Errorf("got %d planned calls, want none", left)
			}
			var err error
			s.Noop().Handle(nil, func(e error) { err = e })
			if err == nil {
				t.Error("a later command: got no error")
			}
			if t.Failed() {
				t.Fatalf("%s behind byte %d, %q", e.name, n, whole.input[max(0, n-60):n])
			}
		}
	}
}

// upTo is what had happened when n bytes had come.
func upTo(r noted, n int) (events []string) {
	for i, e := range r.events {
		if r.at[i] <= n {
			events = append(events, e)
		}
	}
	return events
}

// checkRest: behind the loss there are failures only, and the loss, and sinks that were begun end; each command has ended once.
func checkRest(t *testing.T, before, rest []string) {
	t.Helper()
	for _, e := range rest {
		if !strings.HasPrefix(e, "lost: ") && !strings.Contains(e, " failed: ") && !strings.Contains(e, "sink") || strings.HasSuffix(e, " done") {
			t.Errorf("at the end: got %s, want failures only", e)
		}
	}
	all := append(slices.Clone(before), rest...)
	if got := ends(all); !slices.Equal(sorted(got), sorted(allEnds)) {
		t.Errorf("ends: got %q, want %q", got, allEnds)
	}
	count := func(has string) (n int) {
		for _, e := range all {
			if strings.Contains(e, has) {
				n++
			}
		}
		return n
	}
	if n := count("lost: "); n != 1 {
		t.Errorf("ConnectionLost: got %d calls, want 1", n)
	}
	if begun, ended := count(" begun"), count("sink of a done")+count("sink of b done"); begun != ended {
		t.Errorf("sinks: got %d begun and %d ended", begun, ended)
	}
	if count("refusing sink done") != 1 || count("sink done: ") != 2 {
		t.Errorf("got %d and %d ends of the sinks, want one each", count("refusing sink done"), count("sink done: ")-1)
	}
	marked := slices.ContainsFunc(before, func(e string) bool { return strings.HasPrefix(e, "all: ") })
	if unknown := count("QUIT failed: pop3: it is not known whether 2 messages were deleted") == 1; unknown != marked {
		t.Errorf("deletions unknown: got %v, want %v, in %s", unknown, marked, list(all))
	}
}
