package imap4_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor/reactortest"
)

// What goes wrong in Twisted's client, each with the letter it has in the list of its measured faults.

// everyCut runs f with a session that is greeted and has a NOOP out, for input cut whole, bytewise and at every place in two.
func everyCut(t *testing.T, input string, f func(s *session)) {
	t.Helper()
	run := func(cut reactortest.Chunking) {
		s := greeted(t)
		s.noop()
		s.serverCut(input, cut)
		f(s)
		s.end()
	}
	run(reactortest.Whole)
	run(reactortest.Bytewise)
	for first := 1; first < len(input) && !t.Failed(); first++ {
		run(cutAt(first))
	}
}

// cutAt cuts once, behind the first n bytes.
func cutAt(n int) reactortest.Chunking {
	first := true
	return func(waiting int) int {
		if first {
			first = false
			return n
		}
		return waiting
	}
}

func TestTwisteds(t *testing.T) {
	t.Run("a: a SEARCH answer above 16 KiB", func(t *testing.T) {
		numbers := strings.Repeat("123456 ", 3000)
		s := greeted(t)
		s.noop()
		s.serverCut("* SEARCH "+numbers+"\r\nA1 OK done\r\n", func(int) int { return 1448 })
		s.happened("* SEARCH \""+numbers+"\"", "NOOP: ok")
	})
	t.Run("c: what follows a literal at the end of a response", func(t *testing.T) {
		input := "* LIST () \"/\" {5}\r\nfirst\r\n* LIST () \"/\" second\r\n* LIST () \"/\" {5}\r\nthird\r\nA1 OK done\r\n"
		everyCut(t, input, func(s *session) {
			s.happened(
				`list "first" "/" []`,
				`list "second" "/" []`,
				`list "third" "/" []`,
				"NOOP: ok",
			)
		})
	})
	t.Run("d: a password with a line end injects no command", func(t *testing.T) {
		s := greeted(t)
		s.login("alice", "x\r\nA2 DELETE INBOX")
		s.wrote("A1 LOGIN alice {18}\r\n")
		s.server("A1 NO never\r\n")
		s.wrote("")
	})
	t.Run("d: a user name with a line end injects no command", func(t *testing.T) {
		s := greeted(t)
		s.login("alice x\r\nA2 DELETE INBOX\r\n", "x")
		s.wrote("A1 LOGIN {26}\r\n")
		s.server("+ go on\r\n")
		s.wrote("alice x\r\nA2 DELETE INBOX\r\n x\r\n")
	})
	t.Run("d: quotes are escaped", func(t *testing.T) {
		s := greeted(t)
		s.login(`té"st*`, `a\b`)
		s.wrote("A1 LOGIN {7}\r\n")
		s.server("+ go on\r\n")
		s.wrote("té\"st* \"a\\\\b\"\r\n")
	})
	t.Run("e: the deadline fails each command once", func(t *testing.T) {
		s := greeted(t)
		s.noop()
		s.capability()
		s.clock.Advance(time.Minute)
		s.happened(
			"NOOP failed: "+timedOut("NOOP", "1m0s", "NOOP")+" (sent true)",
			"CAPABILITY failed: "+timedOut("CAPABILITY", "1m0s", "NOOP")+" (sent false)",
			aborted("imap4: "+timeout("1m0s", "NOOP")),
		)
	})
	for name, line := range map[string]string{
		"a LIST delimiter of NIL":      "* LIST () NIL box\r\n",
		"a NAMESPACE delimiter of NIL": "* NAMESPACE ((\"\" NIL)) NIL NIL\r\n",
		"SEARCH with MODSEQ":           "* SEARCH 1 2 (MODSEQ 7)\r\n",
		"a stray continuation":         "+ what?\r\n",
		"an unknown tag":               "Q7 OK done\r\n",
		"an untagged OK without text":  "* OK\r\n",
		"nothing":                      "",
	} {
		t.Run("f: "+name, func(t *testing.T) {
			everyCut(t, line+"A1 OK\r\n", func(s *session) {
				s.closed(false)
				events := s.take()
				if got, want := events[len(events)-1], "NOOP: ok"; got != want {
					t.Errorf("last event: got %q, want %q", got, want)
				}
			})
		})
	}
	t.Run("g: BYE fails what is pending", func(t *testing.T) {
		everyCut(t, "* BYE so long\r\n", func(s *session) {
			s.capability()
			s.tr.Lose(nil)
			s.happened(
				`bye "" "so long"`,
				`CAPABILITY failed: imap4: CAPABILITY: the server said BYE "so long" (sent false)`,
				`NOOP failed: imap4: NOOP: the server said BYE "so long" (sent true)`,
				cleanEnd,
			)
		})
	})
	t.Run("h: a login forgets the capabilities", func(t *testing.T) {
		for _, test := range []struct{ answer, want string }{
			{"A1 OK done\r\n", "known false: []"},
			{"A1 OK [CAPABILITY IMAP4rev1 UIDPLUS] done\r\n", "known true: [IMAP4rev1 UIDPLUS]"},
			{"* CAPABILITY IMAP4rev1 UIDPLUS\r\nA1 OK done\r\n", "known true: [IMAP4rev1 UIDPLUS]"},
			{"* CAPABILITY IMAP4rev1 IDLE\r\nA1 OK done\r\n", "known true: [IMAP4rev1 IDLE]"}, // the same as before
			{"A1 NO done\r\n", "known true: [IMAP4rev1 IDLE]"},
		} {
			s := start(t, newUser(nil))
			s.server("* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n")
			s.login("alice", "secret")
			s.server(test.answer)
			s.take()
			known(s.user)
			s.server("A2 OK done\r\n")
			s.happened(test.want)
		}
	})
	t.Run("i: a response with 20 KiB of text in it", func(t *testing.T) {
		envelope := "* 1 FETCH (ENVELOPE (\"d\" \"" + strings.Repeat("x", 20<<10) + "\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n"
		s := greeted(t)
		s.noop()
		s.serverCut(envelope+"A1 OK done\r\n", func(int) int { return 1448 })
		events := s.take()
		if len(events) != 2 || events[1] != "NOOP: ok" {
			t.Errorf("events: got %.200q, want the response and NOOP: ok", events)
		}
	})
}
