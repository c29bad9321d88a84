package imap4_test

import (
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

var _ imap4.Listener = imap4.BaseListener{}

func TestListenerHearsInWireOrder(t *testing.T) {
	const server = "* OK [ALERT] disk full\r\n" +
		"* 3 EXISTS\r\n* 1 EXPUNGE\r\n* FLAGS (\\Seen \\Draft)\r\n" +
		"* OK [PERMANENTFLAGS (\\*)] Limited\r\n* NO [INUSE] later\r\n* 2 RECENT\r\n" +
		"* XNEW {3}\r\na\r\n (b)\r\n* NOOP\r\n* 5 BYE what\r\n" +
		"A1 OK [ALERT] done, but\r\n* 4 EXISTS\r\n* BYE [UNAVAILABLE] out\r\n"
	want := []string{
		`alert "disk full"`, `greeting "disk full" false`,
		"exists 3", "expunge 1", `flags [\Seen \Draft] false`,
		`flags [\*] true`, `warning NO "INUSE" "later"`, "recent 2",
		`* XNEW "{3}\r\na\r\n (b)"`, `* NOOP ""`, `* 5 BYE "what"`,
		`alert "done, but"`, "NOOP: ok", "exists 4",
		`bye "UNAVAILABLE" "out"`, cleanEnd,
	}
	for first := 1; first < len(server); first++ {
		s := start(t, newUser(noop))
		s.serverCut(server, cutAt(first))
		s.happened(want...)
		if t.Failed() {
			t.Fatalf("cut behind byte %d", first)
		}
	}
	s := start(t, newUser(noop))
	s.serverCut(server, reactortest.Bytewise)
	s.happened(want...)
}

func TestNoListener(t *testing.T) {
	for _, l := range []imap4.Listener{nil, imap4.BaseListener{}} {
		u := newUser(noop)
		u.Listener = l
		s := start(t, u)
		s.server("* OK [ALERT] hi\r\n* 3 EXISTS\r\n* OK [ALERT] x\r\nA1 OK [ALERT] done\r\n* BYE [ALERT] out\r\n")
		s.happened("NOOP: ok", cleanEnd)
	}
}

func TestListenerMayBeChanged(t *testing.T) {
	s := greeted(t)
	first := s.Listener
	s.Listener = nil
	s.server("* 1 EXISTS\r\n")
	s.Listener = first
	s.server("* 2 EXISTS\r\n")
	s.happened("exists 2")
}

// Nothing that comes behind the client's own end is heard, however the bytes are cut.
func TestNothingIsHeardAfterTheEnd(t *testing.T) {
	for _, test := range []struct {
		name, server string
		made         func(u *user)
		want         []string
	}{
		{"behind a BYE for a greeting", "* BYE full\r\n* OK ready\r\n* 3 EXISTS\r\n", noop, []string{
			`bye "" "full"`, `NOOP failed: imap4: NOOP: the server said BYE "full" (sent false)`, cleanEnd,
		}},
		{"behind BYE", "* OK ready\r\n* BYE out\r\n* 3 EXISTS\r\n* BYE out\r\n", nobody, []string{
			`greeting "ready" false`, `bye "" "out"`, cleanEnd,
		}},
		{"behind the answer to LOGOUT", "* OK ready\r\nA1 OK done\r\n* 3 EXISTS\r\nA2 OK done\r\n", inTurn(logout, noop), []string{
			`greeting "ready" false`, "LOGOUT: ok", "NOOP failed: imap4: NOOP: Connection was closed cleanly. (sent false)", cleanEnd,
		}},
		{"behind LoseConnection", "* OK ready\r\nA1 OK done\r\n* 3 EXISTS\r\n", func(u *user) {
			u.Noop().Handle(func(struct{}) { u.Transport().LoseConnection() }, nil)
		}, []string{`greeting "ready" false`, cleanEnd}},
		{"behind AbortConnection in the greeting", "* OK ready\r\n* 3 EXISTS\r\n", inTurn(noop, whenGreeted(func(u *user) {
			u.Transport().AbortConnection()
		})), []string{
			"NOOP failed: imap4: NOOP: Connection was aborted locally using ITCPTransport.abortConnection. (sent false)",
			"lost: Connection was aborted locally using ITCPTransport.abortConnection.",
		}},
	} {
		for name, cut := range map[string]reactortest.Chunking{"whole": reactortest.Whole, "bytewise": reactortest.Bytewise} {
			t.Run(test.name+", "+name, func(t *testing.T) {
				s := start(t, newUser(test.made))
				s.serverCut(test.server, cut)
				s.happened(test.want...)
			})
		}
	}
}

// A trace shows what was sent and nothing else: not a command that the connection's end has overtaken.
func TestNothingIsSentAfterTheEnd(t *testing.T) {
	u := newUser(inTurn(logout, noop))
	trace := &tracer{}
	u.Options.Trace = trace
	s := start(t, u)
	s.server("* OK ready\r\nA1 OK done\r\n")
	s.wrote("A1 LOGOUT\r\n")
	if got, want := trace.client.String(), "A1 LOGOUT\r\n"; got != want {
		t.Errorf("trace of the client: got %q, want %q", got, want)
	}
	if got, want := trace.server.String(), "* OK ready\r\nA1 OK done\r\n"; got != want {
		t.Errorf("trace of the server: got %q, want %q", got, want)
	}
}

// alerted does something at each alert.
type alerted struct {
	imap4.BaseListener
	f func()
}

func (a alerted) Alert(string) { a.f() }

func TestCommandsFromAListener(t *testing.T) {
	t.Run("in an alert with the answer to LOGIN, another LOGIN comes too late", func(t *testing.T) {
		s := greeted(t)
		s.Listener = alerted{f: func() { s.login("alice", "again") }}
		s.login("alice", "secret")
		s.server("A1 OK [ALERT] mind the gap\r\n")
		s.wrote("A1 LOGIN alice secret\r\n")
		s.happened("LOGIN: ok", "LOGIN failed: imap4: LOGIN: the command is not allowed in this state of the session (sent false)")
	})
	t.Run("in an alert with an answer, a command waits its turn", func(t *testing.T) {
		s := greeted(t)
		s.noop()
		s.capability()
		s.Listener = alerted{f: s.noop}
		s.server("A1 OK [ALERT] mind the gap\r\n")
		s.wrote("A1 NOOP\r\nA2 CAPABILITY\r\n")
		s.server("A2 OK done\r\n")
		s.wrote("A3 NOOP\r\n")
		s.server("A3 OK done\r\n")
		s.happened("NOOP: ok", "CAPABILITY: []", "NOOP: ok")
	})
	t.Run("in an alert with the greeting, a command is sent after those that wait", func(t *testing.T) {
		u := newUser(noop)
		s := start(t, u)
		u.Listener = alerted{f: s.capability}
		s.server("* OK [ALERT] mind the gap\r\n")
		s.wrote("A1 NOOP\r\n")
		s.server("A1 OK done\r\n")
		s.wrote("A2 CAPABILITY\r\n")
	})
	t.Run("in Bye, a command fails unsent", func(t *testing.T) {
		s := greeted(t)
		s.Listener = onBye{f: s.noop}
		s.server("* BYE out\r\n")
		s.wrote("")
		s.happened(`NOOP failed: imap4: NOOP: the server said BYE "out" (sent false)`, cleanEnd)
	})
	t.Run("in Untagged, a command is sent", func(t *testing.T) {
		s := greeted(t)
		s.Listener = onUntagged{f: s.noop}
		s.server("* NOOP\r\n* NOOP\r\n")
		s.wrote("A1 NOOP\r\n")
		s.server("A1 OK done\r\n")
		s.wrote("A2 NOOP\r\n")
	})
}

type onBye struct {
	imap4.BaseListener
	f func()
}

func (l onBye) Bye(string, string) { l.f() }

type onExists struct {
	imap4.BaseListener
	f func()
}

func (l onExists) Exists(uint32) { l.f() }

type onUntagged struct {
	imap4.BaseListener
	f func()
}

func (l onUntagged) Untagged(imap4.Untagged) { l.f() }

// A panic goes up to the reactor, which ends the connection; no Deferred may be lost on the way.
func TestPanicOfAListener(t *testing.T) {
	boom := func() { panic("boom") }
	for _, test := range []struct {
		name     string
		listener imap4.Listener
		server   string
		sent     string
	}{
		{"in ServerGreeting", onGreeting{listener{newUser(nil)}, func(*user) { boom() }}, "* OK ready\r\n", "false"},
		{"in Alert of the greeting", alerted{f: boom}, "* OK [ALERT] ready\r\n", "false"},
		{"in Alert of an answer", alerted{f: boom}, "* OK ready\r\nA1 OK [ALERT] done\r\n", "true"},
		{"in Bye", onBye{f: boom}, "* OK ready\r\n* BYE out\r\n", "true"},
		{"in Untagged", onUntagged{f: boom}, "* OK ready\r\n* NOOP\r\n", "true"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := newUser(inTurn(noop, noop))
			u.Listener = test.listener
			s := start(t, u)
			func() {
				defer func() {
					if got := recover(); got != "boom" {
						t.Errorf("panic: got %v, want boom", got)
					}
				}()
				s.server(test.server)
			}()
			s.tr.AbortWith(&deferred.PanicError{Value: "boom"}) // as the reactor does
			s.clock.Turn()
			events := s.take()
			if got, want := len(events), 3; got != want {
				t.Fatalf("events: got %d, want %d: %s", got, want, list(events))
			}
			for i, sent := range []string{test.sent, "false"} {
				if got, want := events[i], "(sent "+sent+")"; len(got) < len(want) || got[len(got)-len(want):] != want {
					t.Errorf("command %d: got %q, want %q at its end", i+1, got, want)
				}
			}
		})
	}
}
