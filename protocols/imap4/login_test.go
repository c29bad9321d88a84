package imap4_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// wantUnsent checks a command that was not sent because of target.
func wantUnsent(t *testing.T, err error, target error, command string) {
	t.Helper()
	var ce *imap4.CommandError
	if !errors.As(err, &ce) {
		t.Fatalf("error: got %T %v, want *CommandError", err, err)
	}
	if ce.Sent || ce.Command != command || !errors.Is(err, target) {
		t.Errorf("error: got %v (command %s, sent %v), want %v (command %s, sent false)", err, ce.Command, ce.Sent, target, command)
	}
}

func TestLoginNeedsTLS(t *testing.T) {
	for _, test := range []struct {
		name       string
		tls, allow bool
		want       error
	}{
		{"in the clear", false, false, imap4.ErrInsecureAuth},
		{"in the clear, by option", false, true, nil},
		{"under TLS", true, false, nil},
		{"under TLS, by option too", true, true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := newUser(nil)
			u.Options.AllowInsecureAuth = test.allow
			s := start(t, u)
			if test.tls {
				s.tr.SetTLS(underTLS)
			}
			s.server("* OK ready\r\n")
			d := u.Login("alice", "secret")
			if test.want == nil {
				s.wrote("A1 LOGIN alice secret\r\n")
				s.server("A1 OK done\r\n")
				if _, err, ok := d.Result(); !ok || err != nil {
					t.Errorf("got %v, %v, want nil, true", err, ok)
				}
				return
			}
			s.wrote("")
			_, err, _ := d.Result()
			wantUnsent(t, err, test.want, "LOGIN")
			s.noop()
			s.wrote("A2 NOOP\r\n")
		})
	}
	t.Run("on a transport that knows no TLS", func(t *testing.T) {
		u := &imap4.Client{}
		tr := reactortest.NewTransport(nil)
		u.MakeConnection(struct{ reactor.Transport }{tr})
		u.DataReceived([]byte("* OK ready\r\n"))
		_, err, _ := u.Login("alice", "secret").Result()
		wantUnsent(t, err, imap4.ErrInsecureAuth, "LOGIN")
	})
	t.Run("without options", func(t *testing.T) {
		u := &user{}
		s := start(t, u)
		s.server("* OK ready\r\n")
		_, err, _ := u.Login("alice", "secret").Result()
		wantUnsent(t, err, imap4.ErrInsecureAuth, "LOGIN")
		s.wrote("")
	})
	t.Run("it is asked when LOGIN is about to be sent, not when it is issued", func(t *testing.T) {
		u := newUser(nil)
		u.Options.AllowInsecureAuth = false
		s := start(t, u)
		d := u.Login("alice", "secret")
		if _, _, ok := d.Result(); ok {
			t.Fatal("before the greeting: got a result, want none")
		}
		s.tr.SetTLS(underTLS)
		s.server("* OK ready\r\n")
		s.wrote("A1 LOGIN alice secret\r\n")
		s.server("A1 OK done\r\n")
		d.Handle(nil, func(err error) { t.Errorf("got %v, want nil", err) })
	})
}

func TestLoginDisabled(t *testing.T) {
	t.Run("in the greeting", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* OK [CAPABILITY IMAP4rev1 logindisabled] ready\r\n")
		_, err, _ := s.Login("alice", "secret").Result()
		wantUnsent(t, err, imap4.ErrLoginDisabled, "LOGIN")
		s.wrote("")
	})
	t.Run("learned while LOGIN waits", func(t *testing.T) {
		s := greeted(t)
		s.capability()
		d := s.Login("alice", "secret")
		s.server("* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nA1 OK done\r\n")
		s.wrote("A1 CAPABILITY\r\n")
		_, err, _ := d.Result()
		wantUnsent(t, err, imap4.ErrLoginDisabled, "LOGIN")
	})
	t.Run("after the login it says nothing (Cyrus)", func(t *testing.T) {
		s := greeted(t)
		s.login("alice", "secret")
		s.server("A1 OK [CAPABILITY IMAP4rev1 LOGINDISABLED] done\r\n")
		s.happened("LOGIN: ok")
		_, err, _ := s.Login("alice", "secret").Result()
		wantUnsent(t, err, imap4.ErrState, "LOGIN")
	})
	t.Run("taken back", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* OK [CAPABILITY LOGINDISABLED] ready\r\n* CAPABILITY IMAP4rev1\r\n")
		s.login("alice", "secret")
		s.wrote("A1 LOGIN alice secret\r\n")
	})
}

func TestLiteralMinusIsForShortOnes(t *testing.T) {
	for size, want := range map[int]string{4096: "A1 LOGIN alice {4096+}\r\n", 4097: "A1 LOGIN alice {4097}\r\n"} {
		s := start(t, newUser(nil))
		s.server("* OK [CAPABILITY LITERAL-] ready\r\n")
		s.login("alice", strings.Repeat("\xe9", size))
		got := string(s.tr.Take())
		if head, octets, _ := strings.Cut(got, "\r\n"); head+"\r\n" != want || (len(octets) > 0) != (size == 4096) {
			t.Errorf("%d octets: got %q and %d bytes, want %q", size, head, len(octets), want)
		}
	}
}

func TestSecondLogin(t *testing.T) {
	t.Run("after the first", func(t *testing.T) {
		s := greeted(t)
		s.login("alice", "secret")
		s.server("A1 OK done\r\n")
		s.tr.Clear()
		_, err, _ := s.Login("bob", "secret").Result()
		wantUnsent(t, err, imap4.ErrState, "LOGIN")
		s.wrote("")
	})
	t.Run("queued behind the first", func(t *testing.T) {
		s := greeted(t)
		s.login("alice", "secret")
		s.login("bob", "secret")
		s.noop()
		s.server("A1 OK done\r\nA3 OK done\r\n")
		s.wrote("A1 LOGIN alice secret\r\nA3 NOOP\r\n")
		s.happened("LOGIN: ok", "LOGIN failed: imap4: LOGIN: the command is not allowed in this state of the session (sent false)", "NOOP: ok")
	})
	t.Run("after PREAUTH", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* PREAUTH ready\r\n")
		_, err, _ := s.Login("alice", "secret").Result()
		wantUnsent(t, err, imap4.ErrState, "LOGIN")
		s.wrote("")
	})
}

func TestBadArguments(t *testing.T) {
	for _, test := range []struct {
		name, user, password string
		arg                  int
	}{
		{"NUL in the user's name", "al\x00ice", "secret", 1},
		{"NUL in the password", "alice", "\x00", 2},
		{"NUL in what needs a literal", "alice", "a\r\n\x00", 2},
		{"NUL in both", "\x00", "\x00", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := greeted(t)
			_, err, _ := s.Login(test.user, test.password).Result()
			var bad *imap4.ArgumentError
			if !errors.As(err, &bad) || bad.Arg != test.arg || bad.Command != "LOGIN" {
				t.Errorf("error: got %#v, want an *ArgumentError for argument %d of LOGIN", err, test.arg)
			}
			s.wrote("")
			s.noop()
			s.wrote("A1 NOOP\r\n") // no tag is lost
			s.server("A1 OK done\r\n")
			s.happened("NOOP: ok")
		})
	}
}

// A literal that is sent without asking is a command of its own to a server that does not take it.
func TestLiteralsFollowTheCapabilitiesAtSending(t *testing.T) {
	for _, test := range []struct{ name, before, after, want string }{
		{"LITERAL+ withdrawn", "LITERAL+", "IDLE", "A2 LOGIN alice {3}\r\n"},
		{"LITERAL+ learned", "IDLE", "LITERAL+", "A2 LOGIN alice {3+}\r\na\r\n\r\n"},
		{"nothing new", "LITERAL-", "LITERAL-", "A2 LOGIN alice {3+}\r\na\r\n\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, newUser(nil))
			s.server("* OK [CAPABILITY IMAP4rev1 " + test.before + "] ready\r\n")
			s.capability()
			s.login("alice", "a\r\n")
			s.wrote("A1 CAPABILITY\r\n")
			s.server("* CAPABILITY IMAP4rev1 " + test.after + "\r\nA1 OK done\r\n")
			s.wrote(test.want)
		})
	}
}
