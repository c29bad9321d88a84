package imap4_test

import (
	"math"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

func TestIdle(t *testing.T) {
	idling := func(t *testing.T) (*session, *imap4.Idling) {
		s := preauth(t, imap4.Options{})
		i := s.Idle()
		s.clock.Turn()
		s.wrote("A1 IDLE\r\n")
		s.server("+ idling\r\n")
		return s, i
	}
	t.Run("what happens is heard at once", func(t *testing.T) {
		s, i := idling(t)
		s.server("* 3 EXISTS\r\n* OK Still here\r\n* 1 EXPUNGE\r\n")
		s.happened("exists 3", `* OK "Still here"`, "expunge 1")
		if !i.Active() || s.Idle() != i {
			t.Errorf("Active, same: got %v, %v, want true, true", i.Active(), s.Idle() == i)
		}
	})
	t.Run("a command ends it, and it comes back", func(t *testing.T) {
		s, _ := idling(t)
		s.noop()
		s.wrote("DONE\r\n")
		s.server("* 4 EXISTS\r\nA1 OK done\r\n")
		s.wrote("A2 NOOP\r\n")
		s.server("A2 OK done\r\n")
		s.wrote("")
		s.clock.Advance(50 * time.Millisecond)
		s.wrote("A3 IDLE\r\n")
		s.happened("exists 4", "NOOP: ok")
	})
	t.Run("a command issued by the Listener during IDLE", func(t *testing.T) {
		s, _ := idling(t)
		s.Listener = onExists{f: s.noop}
		s.server("* 3 EXISTS\r\n")
		s.wrote("DONE\r\n")
		s.server("A1 OK done\r\n")
		s.wrote("A2 NOOP\r\n")
	})
	t.Run("a command before the server has said +: DONE waits for it", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		s.Idle()
		s.clock.Turn()
		s.noop()
		s.wrote("A1 IDLE\r\n")
		s.server("* 1 EXISTS\r\n+ idling\r\n")
		s.wrote("DONE\r\n")
		s.server("A1 OK done\r\n")
		s.wrote("A2 NOOP\r\n")
		s.happened("exists 1")
	})
	t.Run("it is renewed before 28 minutes are over", func(t *testing.T) {
		s, _ := idling(t)
		s.clock.Advance(24*time.Minute - time.Second)
		s.wrote("")
		for range 4*60 + 1 {
			if s.clock.Advance(time.Second); len(s.tr.Written()) > 0 {
				break
			}
		}
		s.wrote("DONE\r\n")
		s.server("A1 OK done\r\n")
		s.wrote("A2 IDLE\r\n")
	})
	t.Run("it is renewed within a year, however long it may last", func(t *testing.T) {
		s := preauth(t, imap4.Options{IdleRenewal: math.MaxInt64})
		s.Idle()
		s.clock.Turn()
		s.server("+ idling\r\n")
		s.wrote("A1 IDLE\r\n")
		s.clock.Advance(300 * 24 * time.Hour)
		s.wrote("")
		s.clock.Advance(65 * 24 * time.Hour)
		s.wrote("DONE\r\n")
	})
	t.Run("Still here puts that off", func(t *testing.T) {
		s, _ := idling(t)
		for range 30 {
			s.clock.Advance(2 * time.Minute)
			s.server("* OK Still here\r\n")
		}
		s.wrote("")
	})
	t.Run("Stop", func(t *testing.T) {
		s, i := idling(t)
		track(s.user, "stop", i.Stop())
		track(s.user, "stop", i.Stop())
		s.wrote("DONE\r\n")
		s.server("A1 OK done\r\n")
		track(s.user, "stop", i.Stop())
		s.happened("stop: ok", "stop: ok", "stop: ok")
		s.clock.Advance(time.Hour)
		s.wrote("")
		if s.Idle() == i {
			t.Error("Idle after Stop: got the one that was stopped")
		}
		s.clock.Turn()
		s.wrote("A2 IDLE\r\n")
	})
	t.Run("Stop before it began", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		track(s.user, "stop", s.Idle().Stop())
		s.clock.Advance(time.Hour)
		s.wrote("")
		s.happened("stop: ok")
	})
	t.Run("a server without IDLE is asked", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* PREAUTH ready\r\n")
		s.take()
		s.Idle()
		s.clock.Turn()
		s.wrote("A1 CAPABILITY\r\n")
		s.server("* CAPABILITY IMAP4rev1\r\nA1 OK done\r\n")
		s.clock.Advance(50 * time.Millisecond)
		s.wrote("A2 NOOP\r\n")
		s.server("* 2 EXISTS\r\nA2 OK done\r\n")
		s.clock.Advance(2*time.Minute - time.Second)
		s.wrote("")
		s.clock.Advance(time.Second)
		s.wrote("A3 NOOP\r\n")
		s.happened("exists 2")
	})
	t.Run("a server whose greeting does not name IDLE has it", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* PREAUTH [CAPABILITY IMAP4rev1 SASL-IR] ready\r\n")
		s.take()
		s.Idle()
		s.clock.Turn()
		s.wrote("A1 CAPABILITY\r\n")
		s.server("* CAPABILITY IMAP4rev1 IDLE\r\nA1 OK done\r\n")
		s.clock.Advance(50 * time.Millisecond)
		s.wrote("A2 IDLE\r\n")
		s.server("A2 NO not now\r\n* OK [CAPABILITY IMAP4rev1] less\r\n")
		s.clock.Advance(2 * time.Minute)
		s.wrote("A3 NOOP\r\n")
	})
	t.Run("a server that refuses IDLE is asked", func(t *testing.T) {
		s := preauth(t, imap4.Options{PollInterval: time.Minute})
		s.Idle()
		s.clock.Turn()
		s.server("A1 NO not now\r\n")
		s.wrote("A1 IDLE\r\n")
		s.clock.Advance(time.Minute)
		s.wrote("A2 NOOP\r\n")
	})
	t.Run("a server that says OK in place of + is asked", func(t *testing.T) {
		s := preauth(t, imap4.Options{PollInterval: time.Minute})
		s.Idle()
		s.clock.Turn()
		s.server("A1 OK done\r\n")
		s.wrote("A1 IDLE\r\n")
		s.clock.Advance(time.Minute)
		s.wrote("A2 NOOP\r\n")
	})
	t.Run("it waits for the login", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n")
		s.Idle()
		s.clock.Turn()
		s.wrote("")
		s.login("alice", "secret")
		s.server("A1 OK [CAPABILITY IMAP4rev1 IDLE] done\r\n")
		s.clock.Turn()
		s.wrote("A1 LOGIN alice secret\r\nA2 IDLE\r\n")
	})
	t.Run("a server that does not say + in time", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		i := s.Idle()
		s.clock.Turn()
		s.clock.Advance(time.Minute)
		track(s.user, "stop", i.Stop())
		s.happened(
			aborted("imap4: "+timeout("1m0s", "IDLE")),
			"stop failed: imap4: IDLE: "+timeout("1m0s", "IDLE")+" (sent true)",
		)
	})
	t.Run("BYE in IDLE", func(t *testing.T) {
		s, i := idling(t)
		track(s.user, "stop", i.Stop())
		s.server("* BYE out\r\nA1 OK done\r\n")
		s.happened(`bye "" "out"`, `stop failed: imap4: IDLE: the server said BYE "out" (sent true)`, cleanEnd)
	})
	t.Run("the connection ends", func(t *testing.T) {
		s, i := idling(t)
		s.tr.Lose(reactor.ErrConnectionDone)
		s.clock.Turn()
		track(s.user, "stop", i.Stop())
		s.happened(cleanEnd, "stop failed: imap4: IDLE: Connection was closed cleanly. (sent true)")
		if n := s.clock.Pending(); n != 0 {
			t.Errorf("planned calls: got %d, want 0", n)
		}
	})
	t.Run("on a client without a connection", func(t *testing.T) {
		var c imap4.Client
		if _, err, _ := c.Idle().Stop().Result(); err == nil {
			t.Error("got no error")
		}
	})
}
