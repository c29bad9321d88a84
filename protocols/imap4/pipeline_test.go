package imap4_test

import (
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
)

// preauth is a session in state authenticated, without any command of the client's own.
func preauth(t testing.TB, o imap4.Options) *session {
	t.Helper()
	u := newUser(nil)
	u.Options = &o
	s := start(t, u)
	s.server("* PREAUTH [CAPABILITY IMAP4rev1 IDLE UNSELECT ENABLE] ready\r\n")
	s.take()
	return s
}

func TestPipelining(t *testing.T) {
	t.Run("Safe: commands whose answers cannot be confused are out together", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		s.noop()
		s.noop()
		s.capability()
		s.wrote("A1 NOOP\r\nA2 NOOP\r\nA3 CAPABILITY\r\n")
		s.server("A3 OK done\r\nA1 OK done\r\n* CAPABILITY late\r\nA2 NO done\r\n")
		s.happened("CAPABILITY: []", "NOOP: ok", `NOOP failed: imap4: NOOP: the server said NO "done"`)
	})
	t.Run("Safe: data that does not say for whom it is has one taker", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		s.capability()
		s.capability()
		s.noop()
		s.wrote("A1 CAPABILITY\r\n")
		s.server("* CAPABILITY A\r\nA1 OK done\r\n")
		s.wrote("A2 CAPABILITY\r\nA3 NOOP\r\n")
		s.server("A3 OK done\r\n* CAPABILITY B\r\nA2 OK done\r\n")
		s.happened("CAPABILITY: [A]", "NOOP: ok", "CAPABILITY: [B]")
	})
	t.Run("Safe: a command that changes what others mean goes alone", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		s.noop()
		track(s.user, "ENABLE", s.Enable("CONDSTORE"))
		s.noop()
		s.wrote("A1 NOOP\r\n")
		s.server("A1 OK done\r\n")
		s.wrote("A2 ENABLE CONDSTORE\r\n")
		s.server("* ENABLED condstore\r\nA2 OK done\r\n")
		s.wrote("A3 NOOP\r\n")
		if got := s.Enabled(); len(got) != 1 || got[0] != "CONDSTORE" {
			t.Errorf("Enabled: got %v, want [CONDSTORE]", got)
		}
	})
	t.Run("Serial: one at a time", func(t *testing.T) {
		s := preauth(t, imap4.Options{Pipelining: imap4.Serial})
		s.noop()
		s.capability()
		s.wrote("A1 NOOP\r\n")
		s.server("A1 OK done\r\n")
		s.wrote("A2 CAPABILITY\r\n")
	})
	t.Run("Window bounds what is out", func(t *testing.T) {
		s := preauth(t, imap4.Options{Window: 2})
		for range 4 {
			s.noop()
		}
		s.wrote("A1 NOOP\r\nA2 NOOP\r\n")
		s.server("A2 OK done\r\n")
		s.wrote("A3 NOOP\r\n")
		s.server("A1 OK done\r\nA3 OK done\r\n")
		s.wrote("A4 NOOP\r\n")
	})
	t.Run("nothing overtakes", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		s.capability()
		s.capability()
		s.noop()
		s.wrote("A1 CAPABILITY\r\n")
	})
	t.Run("while a literal waits for its turn nothing else is sent", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.Options.Pipelining = imap4.Safe
		s.server("* OK [CAPABILITY IMAP4rev1 ID] ready\r\n")
		s.take()
		track(s.user, "ID", s.ID(map[string]string{"name": "a\r\nb"}))
		s.noop()
		s.wrote("A1 ID (\"name\" {4}\r\n")
		s.server("+ go on\r\n")
		s.wrote("a\r\nb)\r\nA2 NOOP\r\n")
		s.server("* ID NIL\r\nA2 OK done\r\nA1 OK done\r\n")
		s.happened("NOOP: ok", "ID: ok")
	})
	t.Run("the deadline begins anew with each answer", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		s.noop()
		s.noop()
		s.clock.Advance(59e9)
		s.server("A1 OK done\r\n")
		s.clock.Advance(59e9)
		s.server("A2 OK done\r\n")
		s.happened("NOOP: ok", "NOOP: ok")
		if s.clock.Pending() != 0 {
			t.Errorf("planned calls: got %d, want 0", s.clock.Pending())
		}
	})
}

func TestPrepare(t *testing.T) {
	t.Run("after a login, before the first command that needs it: capabilities, IMAP4rev2, ID", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* OK ready\r\n")
		s.take()
		s.login("alice", "secret")
		s.server("A1 OK done\r\n")
		track(s.user, "ENABLE", s.Enable("X-A"))
		s.noop()
		s.wrote("A1 LOGIN alice secret\r\nA3 CAPABILITY\r\n")
		s.server("* CAPABILITY IMAP4rev1 IMAP4rev2 ENABLE ID\r\nA3 OK done\r\n")
		s.wrote("A6 ENABLE IMAP4rev2\r\n")
		s.server("* ENABLED IMAP4rev2\r\nA6 OK done\r\n")
		s.wrote("A5 ID (\"name\" \"tconn\")\r\n")
		s.server("* ID NIL\r\nA5 OK done\r\n")
		s.wrote("A2 ENABLE X-A\r\n")
		s.server("A2 OK done\r\n")
		s.wrote("A4 NOOP\r\n")
		s.happened("LOGIN: ok", "ENABLE: ok")
	})
	t.Run("a session that only logs in and out makes no detour", func(t *testing.T) {
		s := start(t, newUser(inTurn(login("alice", "secret"), logout)))
		s.server("* OK [CAPABILITY IMAP4rev1 ID ENABLE IMAP4rev2] ready\r\n")
		s.server("A1 OK [CAPABILITY IMAP4rev1 ID ENABLE IMAP4rev2] done\r\n")
		s.wrote("A1 LOGIN alice secret\r\nA2 LOGOUT\r\n")
	})
	t.Run("what the server refuses is not asked again", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* PREAUTH [CAPABILITY IMAP4rev1 ENABLE ID IMAP4rev2] ready\r\n")
		s.take()
		track(s.user, "ENABLE", s.Enable("X"))
		s.wrote("A3 ENABLE IMAP4rev2\r\n")
		s.server("A3 BAD no\r\n")
		s.wrote("A2 ID (\"name\" \"tconn\")\r\n")
		s.server("A2 NO no\r\n")
		s.wrote("A1 ENABLE X\r\n")
	})
	t.Run("a capability that the server lacks: asked once, then refused before a byte is sent", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")
		s.take()
		track(s.user, "ENABLE", s.Enable("X"))
		s.wrote("A2 CAPABILITY\r\n")
		s.server("* CAPABILITY IMAP4rev1\r\nA2 OK done\r\n")
		track(s.user, "ENABLE", s.Enable("X"))
		const want = "ENABLE failed: imap4: ENABLE: the server does not offer ENABLE or IMAP4rev2 (sent false)"
		s.happened(want, want)
		s.wrote("")
	})
	t.Run("a server that refuses CAPABILITY has none", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* PREAUTH ready\r\n")
		s.take()
		track(s.user, "ENABLE", s.Enable("X"))
		s.wrote("A2 CAPABILITY\r\n")
		s.server("A2 BAD no\r\n")
		s.happened("ENABLE failed: imap4: ENABLE: the server does not offer ENABLE or IMAP4rev2 (sent false)")
	})
}
