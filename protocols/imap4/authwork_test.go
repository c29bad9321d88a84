package imap4_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// unique is a connection under TLS 1.2 that can be bound to, with a certificate that was verified.
var unique = &tls.ConnectionState{Version: tls.VersionTLS12, HandshakeComplete: true, TLSUnique: []byte("unique"), VerifiedChains: [][]*x509.Certificate{{}}}

// fallingBack are credentials whose SCRAM answers at once.
func fallingBack() *sasl.Credentials {
	c := pencil(scram1Nonce)
	c.Mechanisms = []string{"SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"}
	return c
}

func TestAuthenticateFallsBack(t *testing.T) {
	begun := func(t *testing.T) *session {
		t.Helper()
		s := start(t, newUser(nil))
		s.tr.SetTLS(unique)
		s.server("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-1] ready\r\n")
		s.take()
		s.authenticate(fallingBack())
		s.noop()
		s.wrote("A1 AUTHENTICATE SCRAM-SHA-1-PLUS " + b64("p=tls-unique,,n=user,r="+scram1Nonce) + "\r\n")
		return s
	}
	t.Run("the server cannot bind", func(t *testing.T) {
		s := begun(t)
		s.server("A1 NO channel binding is not supported\r\n")
		s.wrote("A3 AUTHENTICATE SCRAM-SHA-1 " + b64("n,,n=user,r="+scram1Nonce) + "\r\n")
		s.server("A3 NO no\r\n")
		s.wrote("A2 NOOP\r\n")
		s.happened(`AUTHENTICATE failed: imap4: AUTHENTICATE: the server said NO "no"`)
	})
	t.Run("the password is wrong", func(t *testing.T) {
		s := begun(t)
		s.server("A1 NO [AUTHENTICATIONFAILED] no\r\n")
		s.wrote("A2 NOOP\r\n")
		s.happened(`AUTHENTICATE failed: imap4: AUTHENTICATE: the server said NO [AUTHENTICATIONFAILED] "no"`)
	})
	t.Run("nobody waits any more", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.tr.SetTLS(unique)
		s.server("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-1] ready\r\n")
		d := s.Authenticate(fallingBack())
		s.tr.Clear()
		d.Cancel()
		wantCancelled(t, d)
		s.server("A1 NO no\r\n")
		s.wrote("")
	})
	t.Run("the server goes", func(t *testing.T) {
		s := begun(t)
		s.server("* BYE out\r\nA1 NO no\r\n")
		s.wrote("")
		if events := s.take(); len(events) < 2 || events[1] != `AUTHENTICATE failed: imap4: AUTHENTICATE: the server said BYE "out" (sent false)` {
			t.Errorf("got %s, want AUTHENTICATE to fail with the BYE", list(events))
		}
	})
}

// stuck is a mechanism that works at its answer until nobody waits for it any more.
type stuck struct {
	named
	started bool
}

func (m *stuck) Blocks() bool { return m.started }

func (m *stuck) Start(context.Context) ([]byte, bool, error) {
	m.started = true
	return nil, false, nil
}

func (m *stuck) Next(ctx context.Context, _ []byte) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func newStuck() *stuck { return &stuck{named: named{"X-STUCK"}} }

// late is a mechanism whose answer comes when it is told.
type late struct {
	*stuck
	now chan struct{}
}

func (m late) Next(context.Context, []byte) ([]byte, error) {
	<-m.now
	return []byte("me"), nil
}

// An answer that comes when the server has said BYE is not sent any more.
func TestAuthenticateAnswersNoGoodbye(t *testing.T) {
	for server, want := range map[string]string{"": "bWU=\r\n", "* BYE out\r\n": ""} {
		synctest.Test(t, func(t *testing.T) {
			s := offering(t, "")
			m := late{newStuck(), make(chan struct{})}
			s.authenticateWith(m)
			s.server("+ \r\n")
			s.server(server)
			s.wrote("A1 AUTHENTICATE X-STUCK\r\n")
			close(m.now)
			synctest.Wait()
			s.clock.Turn()
			s.wrote(want)
		})
	}
}

func neverComes(ctx context.Context) (sasl.Token, error) {
	<-ctx.Done()
	return sasl.Token{}, ctx.Err()
}

func TestAuthenticateWhileTheMechanismWorks(t *testing.T) {
	withToken := &sasl.Credentials{Username: "tim", Token: sasl.TokenFunc(neverComes), AllowInsecure: true}
	fetching := func(t *testing.T) (*session, *deferred.Deferred[struct{}]) {
		t.Helper()
		s := offering(t, "AUTH=XOAUTH2 SASL-IR")
		d := s.Authenticate(withToken)
		t.Cleanup(func() { d.Handle(nil, func(error) {}) })
		s.noop()
		s.wrote("")
		return s, d
	}
	deriving := func(t *testing.T) *session {
		t.Helper()
		s := offering(t, "")
		s.authenticateWith(newStuck())
		s.noop()
		s.wrote("A1 AUTHENTICATE X-STUCK\r\n")
		s.clock.Advance(50 * time.Second)
		s.server("+ \r\n")
		s.wrote("")
		return s
	}
	t.Run("nothing goes out before the token, and what comes is heard", func(t *testing.T) {
		s, _ := fetching(t)
		s.server("* 3 EXISTS\r\n+ \r\nA1 OK no\r\n")
		s.happened("exists 3")
		s.wrote("")
	})
	t.Run("cancel", func(t *testing.T) {
		s, d := fetching(t)
		d.Cancel()
		wantCancelled(t, d)
		s.wrote("A2 NOOP\r\n")
		s.server("A2 OK done\r\n")
		s.happened("NOOP: ok")
	})
	t.Run("the token does not come", func(t *testing.T) {
		s, d := fetching(t)
		s.clock.Advance(59 * time.Second)
		s.wrote("")
		s.clock.Advance(2 * time.Second)
		_, err, _ := d.Result()
		var late *deferred.TimeoutError
		wantUnsent(t, err, context.DeadlineExceeded, "AUTHENTICATE")
		if !errors.As(err, &late) {
			t.Errorf("got %v, want *deferred.TimeoutError", err)
		}
		s.wrote("A2 NOOP\r\n")
	})
	t.Run("the connection is lost", func(t *testing.T) {
		s, d := fetching(t)
		s.tr.Lose(nil)
		s.clock.Turn()
		_, err, _ := d.Result()
		wantUnsent(t, err, reactor.ErrConnectionDone, "AUTHENTICATE")
		if s.clock.Pending() != 0 {
			t.Errorf("%d planned calls are left, want none", s.clock.Pending())
		}
	})
	t.Run("a second challenge", func(t *testing.T) {
		s := deriving(t)
		s.server("+ \r\n+ \r\n")
		s.wrote("*\r\n")
		s.server("A1 BAD cancelled\r\n")
		s.happened("AUTHENTICATE failed: imap4: AUTHENTICATE: " + sasl.ErrOutOfTurn.Error() + " (sent true)")
		s.wrote("A2 NOOP\r\n")
	})
	t.Run("OK", func(t *testing.T) {
		s := deriving(t)
		s.server("A1 OK welcome\r\n")
		s.closed(true)
		if events := s.take(); len(events) == 0 || !strings.HasPrefix(events[0], "AUTHENTICATE failed: imap4: AUTHENTICATE: sasl: ") {
			t.Errorf("got %s, want it not to be believed", list(events))
		}
	})
	t.Run("NO", func(t *testing.T) {
		s := deriving(t)
		s.server("A1 NO [AUTHENTICATIONFAILED] no\r\n")
		s.happened(`AUTHENTICATE failed: imap4: AUTHENTICATE: the server said NO [AUTHENTICATIONFAILED] "no"`)
		s.wrote("A2 NOOP\r\n")
	})
	t.Run("the server's time stands still, but not for ever", func(t *testing.T) {
		s := deriving(t) // 50 s of the server's 60 are over
		s.clock.Advance(59 * time.Second)
		s.closed(false)
		s.clock.Advance(time.Second)
		s.wrote("*\r\n")
		s.clock.Advance(9 * time.Second)
		s.closed(false)
		s.clock.Advance(2 * time.Second)
		s.closed(true)
		s.happened("AUTHENTICATE failed: "+timedOut("AUTHENTICATE", "1m0s", "AUTHENTICATE")+" (sent true)",
			"NOOP failed: "+timedOut("NOOP", "1m0s", "AUTHENTICATE")+" (sent false)",
			aborted("imap4: "+timeout("1m0s", "AUTHENTICATE")))
	})
	t.Run("cancel in the middle", func(t *testing.T) {
		s := offering(t, "")
		d := s.AuthenticateWith(newStuck())
		s.noop()
		s.tr.Clear()
		s.server("+ \r\n")
		d.Cancel()
		wantCancelled(t, d)
		s.wrote("*\r\n")
		s.server("A1 BAD cancelled\r\n")
		s.wrote("A2 NOOP\r\n")
	})
	t.Run("the connection is lost in the middle", func(t *testing.T) {
		s := deriving(t)
		s.tr.Lose(nil)
		s.clock.Turn()
		s.happened("AUTHENTICATE failed: imap4: AUTHENTICATE: Connection was closed cleanly. (sent true)",
			"NOOP failed: imap4: NOOP: Connection was closed cleanly. (sent false)", "lost: Connection was closed cleanly.")
		if s.clock.Pending() != 0 {
			t.Errorf("%d planned calls are left, want none", s.clock.Pending())
		}
	})
}

// A server that lets the client wait in the exchange is left, however much it trickles.
func TestAuthenticateDeadline(t *testing.T) {
	s := offering(t, "")
	s.authenticateWith(made(sasl.NewLogin(tim())))
	for range 5 {
		s.clock.Advance(10 * time.Second)
		s.server("* OK wait\r\n")
	}
	s.server("+ \r\n")
	s.wrote("A1 AUTHENTICATE LOGIN\r\ndGlt\r\n")
	s.clock.Advance(9 * time.Second)
	s.closed(false)
	s.clock.Advance(time.Second)
	s.closed(true)
}

func TestAuthenticateCancel(t *testing.T) {
	begun := func(t *testing.T, m sasl.Mechanism) (*session, *deferred.Deferred[struct{}]) {
		t.Helper()
		s := offering(t, "")
		d := s.AuthenticateWith(m)
		s.noop()
		s.tr.Clear()
		return s, d
	}
	t.Run("before it is sent", func(t *testing.T) {
		s := offering(t, "")
		s.noop()
		d := s.AuthenticateWith(named{"X"})
		s.capability()
		d.Cancel()
		wantCancelled(t, d)
		s.server("A1 OK done\r\n")
		s.wrote("A1 NOOP\r\nA3 CAPABILITY\r\n")
	})
	t.Run("the next challenge ends it", func(t *testing.T) {
		s, d := begun(t, made(sasl.NewPlain(tim())))
		d.Cancel()
		wantCancelled(t, d)
		s.wrote("")
		s.server("+ \r\n+ \r\n")
		s.wrote("*\r\n")
		s.server("A1 NO cancelled\r\n")
		s.wrote("A2 NOOP\r\n")
	})
	t.Run("OK to what was ended", func(t *testing.T) {
		s, d := begun(t, named{"X-ME"})
		s.server("+ \r\n") // the initial response
		d.Cancel()
		wantCancelled(t, d)
		s.server("+ \r\n")
		s.wrote("bWU=\r\n*\r\n")
		s.server("A1 OK welcome\r\n")
		s.closed(true)
		s.wrote("")
	})
	t.Run("the server has accepted already", func(t *testing.T) {
		s, d := begun(t, made(sasl.NewPlain(tim())))
		s.server("+ \r\n")
		d.Cancel()
		wantCancelled(t, d)
		s.tr.Clear()
		s.server("A1 OK welcome\r\n")
		s.wrote("A2 NOOP\r\n")
		s.server("A2 OK done\r\n")
		_, err, _ := s.Login("tim", "x").Result() // the session knows that it is logged in
		wantUnsent(t, err, imap4.ErrState, "LOGIN")
	})
}

// Nothing is sent behind AUTHENTICATE before its end, in any mode.
func TestAuthenticateGoesAlone(t *testing.T) {
	for _, mode := range []imap4.PipelineMode{imap4.Safe, imap4.Serial, imap4.Unsafe} {
		u := newUser(nil)
		u.Options.Pipelining = mode
		s := start(t, u)
		s.server("* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] ready\r\n")
		s.take()
		s.noop()
		s.authenticate(tim())
		s.noop()
		s.wrote("A1 NOOP\r\n")
		s.server("A1 OK done\r\n")
		s.wrote("A2 AUTHENTICATE LOGIN\r\n")
		s.server("+ \r\n+ \r\n")
		s.wrote("dGlt\r\ndGFuc3RhYWZ0YW5zdGFhZg==\r\n")
		s.server("A2 OK done\r\n")
		s.wrote("A3 NOOP\r\n")
		s.happened("NOOP: ok", "AUTHENTICATE: ok")
	}
}
