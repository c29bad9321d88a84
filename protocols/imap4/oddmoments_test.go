package imap4_test

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
)

func idleOn(t *testing.T, o imap4.Options) (*session, *imap4.Idling) {
	t.Helper()
	s := preauth(t, o)
	i := s.Idle()
	s.clock.Turn()
	s.wrote("A1 IDLE\r\n")
	s.server("+ idling\r\n")
	return s, i
}

func TestIdleOdd(t *testing.T) {
	t.Run("Idle behind Stop, before the server has answered, begins a new one", func(t *testing.T) {
		s, i := idleOn(t, imap4.Options{})
		track(s.user, "stop", i.Stop())
		next := s.Idle()
		if next == i || s.Idle() != next {
			t.Errorf("new, same: got %v, %v, want true, true", next != i, s.Idle() == next)
		}
		s.server("A1 OK done\r\n")
		s.clock.Turn()
		s.wrote("DONE\r\nA2 IDLE\r\n")
		s.happened("stop: ok")
	})
	t.Run("and the new one can be stopped before it began", func(t *testing.T) {
		s, i := idleOn(t, imap4.Options{})
		track(s.user, "first", i.Stop())
		track(s.user, "second", s.Idle().Stop())
		third := s.Idle()
		track(s.user, "third", third.Stop())
		if s.Idle() == third {
			t.Error("Idle after Stop: got the one that was stopped")
		}
		track(s.user, "fourth", s.Idle().Stop())
		s.server("A1 OK done\r\n")
		s.clock.Advance(time.Hour)
		s.wrote("DONE\r\n")
		s.happened("second: ok", "third: ok", "fourth: ok", "first: ok")
	})
	t.Run("and it ends with the connection", func(t *testing.T) {
		s, i := idleOn(t, imap4.Options{})
		i.Stop().Handle(nil, func(error) {})
		next := s.Idle()
		s.tr.Lose(nil)
		track(s.user, "stop", next.Stop())
		s.happened(cleanEnd, "stop failed: imap4: IDLE: Connection was closed cleanly. (sent false)")
	})
	t.Run("a command issued while its end is told: no second DONE", func(t *testing.T) {
		s, _ := idleOn(t, imap4.Options{})
		s.Listener = onAlert{f: func(string) { s.noop() }}
		s.server("A1 NO [ALERT] enough\r\n")
		s.wrote("A2 NOOP\r\n")
	})
	t.Run("Stop while its end is told", func(t *testing.T) {
		s, i := idleOn(t, imap4.Options{})
		s.Listener = onAlert{f: func(string) { track(s.user, "stop", i.Stop()) }}
		s.server("A1 OK [ALERT] enough\r\n")
		s.clock.Advance(time.Hour)
		s.wrote("")
		s.happened("stop: ok")
	})
	t.Run("not in IDLE after UNAUTHENTICATE", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* PREAUTH [CAPABILITY IMAP4rev1 IDLE UNAUTHENTICATE] ready\r\n")
		s.Idle()
		s.clock.Turn()
		s.server("+ idling\r\n")
		s.noop()
		s.server("A1 OK done\r\n")
		s.server("A2 OK done\r\n")
		track(s.user, "out", s.Unauthenticate()) // before IDLE begins again
		s.server("A3 OK [CAPABILITY IMAP4rev1 IDLE] done\r\n")
		s.wrote("A1 IDLE\r\nDONE\r\nA2 NOOP\r\nA3 UNAUTHENTICATE\r\n")
		s.clock.Advance(time.Hour)
		s.wrote("")
	})
	t.Run("after BYE nothing is sent, and the end is not put off", func(t *testing.T) {
		s, i := idleOn(t, imap4.Options{IdleRenewal: time.Second})
		s.server("* BYE out\r\n")
		i.Stop().Handle(nil, func(error) {})
		s.clock.Advance(4 * time.Second)
		s.wrote("")
		s.clock.Advance(time.Second)
		s.closed(true)
	})
}

func TestWaitOdd(t *testing.T) {
	t.Run("BYE: answers do not put the end off", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		s.noop()
		s.noop()
		s.noop()
		s.server("* BYE out\r\n")
		s.clock.Advance(4 * time.Second)
		s.server("A1 OK done\r\n")
		s.closed(false)
		s.clock.Advance(time.Second)
		s.closed(true)
	})
	t.Run("a command without limit is not ended by the limit of the one behind", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		track(s.user, "X-LONG", s.Send(imap4.Command{Name: "X-LONG", Class: imap4.ClassUID, Timeout: -1}))
		s.noop()
		s.clock.Advance(time.Hour)
		s.closed(false)
		s.server("A1 OK done\r\n")
		s.clock.Advance(time.Minute)
		s.closed(true)
	})
}

func TestCancelOdd(t *testing.T) {
	offer := func(t *testing.T) (*session, *deferred.Deferred[imap4.Capabilities]) {
		t.Helper()
		s := start(t, newUser(nil))
		s.server("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")
		s.take()
		d := s.StartTLS(nil)
		s.login("alice", "secret")
		s.wrote("A1 STARTTLS\r\n")
		return s, d
	}
	t.Run("STARTTLS that was sent: nothing goes out in the clear behind the OK", func(t *testing.T) {
		s, d := offer(t)
		d.Cancel()
		wantCancelled(t, d)
		s.server("A1 OK go\r\n")
		s.wrote("")
		if _, ok := s.tr.Starting(); !ok {
			t.Fatal("no handshake was begun")
		}
		s.tr.FinishTLS(tls.ConnectionState{Version: tls.VersionTLS13})
		s.clock.Turn()
		s.wrote("A2 LOGIN alice secret\r\n")
	})
	t.Run("STARTTLS in the handshake", func(t *testing.T) {
		s, d := offer(t)
		s.server("A1 OK go\r\n")
		d.Handle(nil, func(error) {})
		d.Cancel()
		s.clock.Turn()
		if !s.tr.Disconnecting() {
			s.tr.FinishTLS(tls.ConnectionState{Version: tls.VersionTLS13})
			s.clock.Turn()
			s.wrote("A2 LOGIN alice secret\r\n")
		}
	})
}

func TestPanicAtTheEnd(t *testing.T) {
	t.Run("of a Done: the others are still told", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		if err := s.Do(&imap4.Command{Name: "X-A", Done: func(error) { panic("oops") }}); err != nil {
			t.Fatal(err)
		}
		first, second := s.Noop(), s.Noop()
		i := s.Idle()
		lose(s)
		for k, d := range []*deferred.Deferred[struct{}]{first, second, i.Stop()} {
			if _, err, ok := d.Result(); !ok || err == nil {
				t.Errorf("%d: got %v, %v, want an error", k, err, ok)
			}
		}
	})
}

func TestPanicOfADone(t *testing.T) {
	s := opened(t, "")
	s.tr.Take()
	func() {
		defer func() {
			if got := recover(); got != "oops" {
				t.Errorf("panic: got %v, want oops", got)
			}
		}()
		_ = s.Do(&imap4.Command{Name: "X-A", Requires: []string{"X-NONE"}, Done: func(error) { panic("oops") }})
	}()
	s.FetchFlags(imap4.UIDs(1)).Handle(nil, nil)
	other := s.Select("other")
	other.Handle(nil, func(error) {})
	s.FetchBody(imap4.UIDs(2)).Handle(nil, nil)
	other.Cancel() // what waited behind it is sent, as without the panic
	if got, want := len(s.lines()), 2; got != want {
		t.Errorf("commands that are sent: got %d, want %d", got, want)
	}
}

// lose ends the connection; a panic of a callback is passed over.
func lose(s *session) {
	defer func() { _ = recover() }()
	s.tr.Lose(nil)
	s.clock.Turn()
}

func TestUnauthenticateForgets(t *testing.T) {
	s := ready(t, "UNAUTHENTICATE APPENDLIMIT")
	s.server("* STATUS INBOX (APPENDLIMIT 5)\r\n")
	s.take()
	s.add("INBOX", imap4.Bytes([]byte(mail)))
	s.happened("failed: imap4: APPEND: the message has 22 octets, and the server takes at most 5 (sent false)")
	track(s.user, "out", s.Unauthenticate())
	s.server("A2 OK [CAPABILITY IMAP4rev1] done\r\n")
	s.login("bob", "secret")
	s.server("A3 OK [CAPABILITY IMAP4rev1] done\r\n")
	s.tr.Take()
	s.add("INBOX", imap4.Bytes([]byte(mail)))
	s.wrote("A4 APPEND INBOX {22}\r\n")
}

func TestByeOdd(t *testing.T) {
	t.Run("with what was sent not read by the server: the end comes all the same", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		s.tr.Hold()
		s.noop()
		s.server("* BYE out\r\n")
		s.server("A1 OK done\r\n")
		s.clock.Advance(time.Hour)
		if s.tr.Reason() == nil {
			t.Error("the connection stands")
		}
	})
	t.Run("LOGOUT, the same", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		s.tr.Hold()
		s.logout()
		s.server("A1 OK done\r\n")
		s.clock.Advance(time.Hour)
		if s.tr.Reason() == nil {
			t.Error("the connection stands")
		}
	})
	t.Run("in the greeting, with a listener that issues and idles", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.Listener = onBye{f: func() {
			s.noop()
			track(s.user, "stop", s.Idle().Stop())
		}}
		s.noop()
		s.server("* BYE out\r\n")
		s.clock.Advance(time.Hour)
		s.happened(`NOOP failed: imap4: NOOP: the server said BYE "out" (sent false)`,
			`stop failed: imap4: IDLE: the server said BYE "out" (sent false)`,
			`NOOP failed: imap4: NOOP: the server said BYE "out" (sent false)`, cleanEnd)
		if n := s.clock.Pending(); n != 0 {
			t.Errorf("planned calls: got %d, want 0", n)
		}
	})
}

func TestPauseOdd(t *testing.T) {
	t.Run("in IDLE, a command, and on", func(t *testing.T) {
		s, _ := idleOn(t, imap4.Options{})
		s.PauseProducing()
		s.noop()
		s.wrote("DONE\r\n")
		s.clock.Advance(time.Hour)
		s.ResumeProducing()
		s.clock.Advance(59 * time.Second)
		s.closed(false)
		s.server("A1 OK done\r\n")
		s.PauseProducing()
		s.clock.Advance(time.Hour)
		s.ResumeProducing()
		s.server("A2 OK done\r\n")
		s.happened("NOOP: ok")
		s.PauseProducing()
		s.clock.Advance(time.Hour)
		s.ResumeProducing()
		s.clock.Turn()
		s.wrote("A2 NOOP\r\nA3 IDLE\r\n")
		s.clock.Advance(time.Minute)
		s.closed(true)
	})
	t.Run("renewed while paused", func(t *testing.T) {
		s, _ := idleOn(t, imap4.Options{IdleRenewal: time.Minute})
		s.PauseProducing()
		s.clock.Advance(time.Hour)
		s.wrote("DONE\r\n")
		s.ResumeProducing()
		s.clock.Advance(time.Minute)
		s.closed(true)
		if n := s.clock.Pending(); n != 0 {
			t.Errorf("planned calls: got %d, want 0", n)
		}
	})
}

func TestContinuationOdd(t *testing.T) {
	t.Run("every + at every moment", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("+ early\r\n* PREAUTH [CAPABILITY IMAP4rev1 IDLE] ready\r\n")
		s.closed(true)
		s = preauth(t, imap4.Options{})
		s.server("+ early\r\n")
		i := s.Idle()
		s.server("+ before\r\n")
		s.clock.Turn()
		s.server("+ a\r\n+ b\r\n")
		s.noop()
		s.server("+ c\r\nA1 OK done\r\n+ d\r\n")
		s.wrote("A1 IDLE\r\nDONE\r\nA2 NOOP\r\n")
		s.server("A2 OK done\r\n")
		track(s.user, "stop", i.Stop())
		s.happened("NOOP: ok", "stop: ok")
	})
}
