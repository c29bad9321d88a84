package imap4server_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/imap4server"
)

const tooLong = "* BYE Command too long\r\n"

func TestLineLimit(t *testing.T) {
	cases := []struct {
		name    string
		options imap4server.Options
		input   string
		want    string
		closed  bool
	}{
		{"longest line", imap4server.Options{LineBytes: 20}, "a NOOP" + strings.Repeat("x", 14) + "\r\n", "a BAD Unknown command\r\n", false},
		{"one more", imap4server.Options{LineBytes: 20}, "a NOOP" + strings.Repeat("x", 15) + "x\r\n", tooLong, true},
		{"a line without an end", imap4server.Options{}, strings.Repeat("x", imap4server.DefaultLineBytes+1), tooLong, true},
		{"digits count to the whole command", imap4server.Options{LineBytes: 20, LiteralBytes: 10}, "a NOOP " + strings.Repeat("1,", 40), tooLong, true},
		{"literals count to the whole command", imap4server.Options{LineBytes: 100, LiteralBytes: 50},
			"a LOGIN " + strings.Repeat("{50+}\r\n"+strings.Repeat("x", 50), 4) + "\r\nb NOOP\r\n", "a BAD [TOOBIG] Literal too large\r\nb OK NOOP completed\r\n", false},
		{"literals of a command that will not run are not kept", imap4server.Options{LineBytes: 100, LiteralBytes: 50},
			"a APPEND x " + strings.Repeat("{50+}\r\n"+strings.Repeat("x", 50), 10) + "\r\nb NOOP\r\n", "a BAD Unknown command\r\nb OK NOOP completed\r\n", false},
		{"seventeen literals", imap4server.Options{}, "a LOGIN " + strings.Repeat("{1+}\r\nx", 17) + "\r\n", tooLong, true},
		{"a size that is no number of 63 bits", imap4server.Options{}, "a LOGIN {99999999999999999999}\r\n", tooLong, true},
		{"commands behind it are not run", imap4server.Options{LineBytes: 20}, strings.Repeat("x", 22) + "\r\nb NOOP\r\n", tooLong, true},
	}
	for _, tc := range cases {
		for _, cut := range []int{1, 1 << 20} {
			t.Run(fmt.Sprintf("%s, cut %d", tc.name, cut), func(t *testing.T) {
				s := start(t, tc.options)
				s.sendCut(tc.input, func(int) int { return cut })
				s.want(tc.want)
				s.wantClosed(tc.closed)
			})
		}
	}
}

func TestLiteralLimit(t *testing.T) {
	small := imap4server.Options{LiteralBytes: 8}
	cases := []struct {
		name    string
		options imap4server.Options
		script  string
	}{
		{"largest literal", small, `
		C: a LOGIN {8}
		S: + Ready for literal data
		C: alice123 {8+}
		C: 12345678
		S: a NO [AUTHENTICATIONFAILED] Authentication failed`},
		{"one more is refused without being read", small, `
		C: a LOGIN {9}
		S: a NO [TOOBIG] Literal too large
		C: b NOOP
		S: b OK NOOP completed`},
		{"the second literal", small, `
		C: a LOGIN {5}
		S: + Ready for literal data
		C: alice {9}
		S: a NO [TOOBIG] Literal too large
		C: b NOOP
		S: b OK NOOP completed`},
		{"one that does not wait is skipped", small, `
		C: a LOGIN {9+}
		C= "x\r\nz LOGO secret\r\n"
		S: a BAD [TOOBIG] Literal too large
		C: b NOOP
		S: b OK NOOP completed`},
		{"one that waits, behind one that was skipped", small, `
		C: a LOGIN {9+}
		C= "123456789 {6}\r\n"
		S: a BAD [TOOBIG] Literal too large
		C: b NOOP
		S: b OK NOOP completed`},
		{"default", imap4server.Options{}, `
		C: a LOGIN {65537}
		S: a NO [TOOBIG] Literal too large
		C: b LOGIN {65536}
		S: + Ready for literal data`},
		{"the largest size there is", imap4server.Options{}, `
		C: a LOGIN {9223372036854775807}
		S: a NO [TOOBIG] Literal too large`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			replay(t, tc.script, func(t testing.TB) *session { return start(t, tc.options) })
		})
	}
}

func TestBadCommandsBeforeLogin(t *testing.T) {
	t.Run("more than ten in a row end the connection", func(t *testing.T) {
		s := start(t, imap4server.Options{})
		s.send(strings.Repeat("GET / HTTP/1.1\r\n", 20))
		s.want(strings.Repeat("GET BAD Unknown command\r\n", 11) + "* BYE Too many bad commands\r\n")
		s.wantClosed(true)
	})
	t.Run("a good one in between begins a new row", func(t *testing.T) {
		s := start(t, imap4server.Options{})
		s.send(strings.Repeat(strings.Repeat("x y\r\n", 10)+"n NOOP\r\n", 3))
		s.want(strings.Repeat(strings.Repeat("x BAD Unknown command\r\n", 10)+"n OK NOOP completed\r\n", 3))
		s.wantClosed(false)
	})
	t.Run("literals too large count", func(t *testing.T) {
		s := start(t, imap4server.Options{BadCommands: 1})
		s.send("a LOGIN {99999}\r\nb LOGIN {99999}\r\nc NOOP\r\n")
		s.want("a NO [TOOBIG] Literal too large\r\nb NO [TOOBIG] Literal too large\r\n* BYE Too many bad commands\r\n")
		s.wantClosed(true)
	})
	t.Run("after login any number", func(t *testing.T) {
		s := startSelected(t, imap4server.Options{BadCommands: 2})
		s.send(strings.Repeat("x y\r\n", 50))
		s.want(strings.Repeat("x BAD Unknown command\r\n", 50))
		s.wantClosed(false)
	})
}

func TestLoginTries(t *testing.T) {
	const failed = "x NO [AUTHENTICATIONFAILED] Authentication failed\r\n"
	cases := []struct {
		name   string
		o      imap4server.Options
		input  string
		want   string
		closed bool
	}{
		{"three", imap4server.Options{}, strings.Repeat("x LOGIN a b\r\n", 5), strings.Repeat(failed, 3) + "* BYE Too many failed logins\r\n", true},
		{"as set", imap4server.Options{LoginTries: 1}, "x LOGIN a b\r\nn NOOP\r\n", failed + "* BYE Too many failed logins\r\n", true},
		{"two, with other commands", imap4server.Options{}, "x LOGIN a b\r\nn NOOP\r\nx LOGIN a b\r\n", failed + "n OK NOOP completed\r\n" + failed, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			s := start(t, tc.o)
			s.send(tc.input)
			s.want(tc.want)
			s.wantClosed(tc.closed)
		})
	}
}

// TestOptionDefaults: each field that is a limit takes its default for zero; less is the default, too, but for the timeouts, where it
// stays and is no limit.
func TestOptionDefaults(t *testing.T) {
	want := imap4server.Options{
		LineBytes:    imap4server.DefaultLineBytes,
		LiteralBytes: imap4server.DefaultLiteralBytes,
		LoginTimeout: imap4server.DefaultLoginTimeout,
		IdleTimeout:  imap4server.DefaultIdleTimeout,
		LoginTries:   imap4server.DefaultLoginTries,
		BadCommands:  imap4server.DefaultBadCommands,
	}
	unlimited := want
	unlimited.LoginTimeout, unlimited.IdleTimeout = -1, -1
	cases := []struct {
		name        string
		given, want imap4server.Options
	}{
		{"zero", imap4server.Options{}, want},
		{"negative", imap4server.Options{LineBytes: -1, LiteralBytes: -1, LoginTimeout: -1, IdleTimeout: -1, LoginTries: -1, BadCommands: -1}, unlimited},
	}
	for _, tc := range cases {
		if got := connect(t, alice(), tc.given, nil).server.Options; got != tc.want {
			t.Errorf("%s: got %+v, want %+v", tc.name, got, tc.want)
		}
	}
	for i, v := range reflect.VisibleFields(reflect.TypeFor[imap4server.Options]()) {
		if reflect.ValueOf(want).Field(i).IsZero() && v.Type.Kind() != reflect.Bool {
			t.Errorf("field %s: no default in this test", v.Name)
		}
	}
}
