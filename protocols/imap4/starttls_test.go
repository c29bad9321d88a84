package imap4_test

import (
	"crypto/tls"
	"errors"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

func TestStartTLS(t *testing.T) {
	begun := func(t *testing.T) *session {
		t.Helper()
		s := start(t, newUser(nil))
		s.server("* OK [CAPABILITY IMAP4rev1 STARTTLS LITERAL+ LOGINDISABLED] ready\r\n")
		s.take()
		track(s.user, "STARTTLS", s.StartTLS(nil))
		s.login("alice", "secret")
		s.wrote("A1 STARTTLS\r\n")
		return s
	}
	t.Run("what was known before is forgotten, and asked again; what waited goes out under TLS", func(t *testing.T) {
		s := begun(t)
		s.server("A1 OK go\r\n")
		if _, ok := s.tr.Starting(); !ok {
			t.Fatal("no handshake was begun")
		}
		if caps, known := s.Capabilities(); known {
			t.Errorf("capabilities after STARTTLS: got %v, want none known", caps)
		}
		s.wrote("")
		s.tr.FinishTLS(tls.ConnectionState{Version: tls.VersionTLS13})
		s.clock.Turn()
		s.wrote("A2 LOGIN alice secret\r\n")
		s.server("A2 OK done\r\n")
		s.wrote("A3 CAPABILITY\r\n")
		s.server("* CAPABILITY IMAP4rev1 IDLE\r\nA3 OK done\r\n")
		s.happened("LOGIN: ok", "STARTTLS: [IMAP4rev1 IDLE]")
	})
	t.Run("bytes in the clear behind the OK end the connection", func(t *testing.T) {
		s := begun(t)
		s.server("A1 OK go\r\n* CAPABILITY IMAP4rev1 X-INJECTED\r\nA2 OK done\r\n")
		s.closed(true)
		if got := s.tr.Reason(); !errors.Is(got, reactor.ErrPlaintextAfterStartTLS) {
			t.Errorf("reason: got %v, want %v", got, reactor.ErrPlaintextAfterStartTLS)
		}
		for _, e := range s.take() {
			if e == "LOGIN: ok" {
				t.Error("logged in by injected bytes")
			}
		}
	})
	t.Run("the handshake fails", func(t *testing.T) {
		s := begun(t)
		s.server("A1 OK go\r\n")
		s.tr.FailTLS(reactor.ErrNotTLS)
		s.clock.Turn()
		s.closed(true)
		for _, e := range s.take() {
			if e == "LOGIN: ok" || e == "STARTTLS: ok" {
				t.Errorf("got %s", e)
			}
		}
		s.wrote("")
	})
	t.Run("refused: the connection goes on in the clear", func(t *testing.T) {
		s := begun(t)
		s.server("A1 NO not today\r\n")
		s.happened(
			`STARTTLS failed: imap4: STARTTLS: the server said NO "not today"`,
			"LOGIN failed: imap4: LOGIN: the server has disabled LOGIN on this connection (sent false)",
		)
	})
	t.Run("not offered", func(t *testing.T) {
		s := greeted(t)
		d := s.StartTLS(nil)
		s.server("* CAPABILITY IMAP4rev1\r\nA2 OK done\r\n")
		s.wrote("A2 CAPABILITY\r\n")
		_, err, _ := d.Result()
		var missing *imap4.UnsupportedError
		if !errors.As(err, &missing) || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("got %v, want *UnsupportedError", err)
		}
	})
	t.Run("PREAUTH: who greeted is not who holds the certificate", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		_, err, _ := s.StartTLS(nil).Result()
		wantUnsent(t, err, imap4.ErrState, "STARTTLS")
		s.wrote("")
	})
	t.Run("a second time", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.tr.SetTLS(underTLS)
		s.server("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")
		_, err, _ := s.StartTLS(nil).Result()
		wantUnsent(t, err, reactor.ErrTLSStarted, "STARTTLS")
	})
}
