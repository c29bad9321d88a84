package imap4_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor/reactortest"
)

// What a server may try in the exchange.
func TestAuthenticateServerTricks(t *testing.T) {
	scram := func() sasl.Mechanism { return made(sasl.NewSCRAM(sasl.SHA1, pencil(scram1Nonce), false)) }
	plain := func() sasl.Mechanism { return made(sasl.NewPlain(tim())) }
	login := func() sasl.Mechanism { return made(sasl.NewLogin(tim())) }
	first, proof := "+ "+b64(scram1First)+"\r\n", b64(scram1Proof)+"\r\n"
	const (
		notIt   = "the server has not proved that it knows the password"
		tooSoon = "the server accepted before the client had identified its user"
	)
	for _, test := range []struct {
		name         string
		capabilities string
		make         func() sasl.Mechanism
		server       string // once AUTHENTICATE was sent
		wrote        string // then
		want         string // how AUTHENTICATE ends, behind "imap4: AUTHENTICATE: "
		closed       bool
	}{
		{"OK before the end: SCRAM", "SASL-IR", scram, first + "A1 OK welcome\r\n", proof, notIt, true},
		{"OK at once: SCRAM", "SASL-IR", scram, "A1 OK welcome\r\n", "", notIt, true},
		{"OK with nothing said: PLAIN", "", plain, "A1 OK welcome\r\n", "", tooSoon, true},
		{"OK before the password: LOGIN", "", login, "+ \r\nA1 OK welcome\r\n", "dGlt\r\n", tooSoon, true},
		{"a wrong signature", "SASL-IR", scram, first + "+ " + b64("v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=") + "\r\nA1 OK welcome\r\n", proof, notIt, true},
		{"another nonce", "SASL-IR", scram, "+ " + b64("r=other,s=QSXCR+Q6sek8bf92,i=4096") + "\r\nA1 BAD cancelled\r\n", "*\r\n",
			"sasl: SCRAM-SHA-1: the server's challenge", false},
		{"too many iterations", "SASL-IR", scram, "+ " + b64("r="+scram1Nonce+"x,s=QSXCR+Q6sek8bf92,i=99999999") + "\r\nA1 BAD cancelled\r\n", "*\r\n",
			"sasl: the server asks for 99999999 SCRAM iterations", false},
		{"a challenge too many", "SASL-IR", plain, "+ \r\nA1 BAD cancelled\r\n", "*\r\n", "sasl: PLAIN: the server's challenge is one more than there may be", false},
		{"three challenges too many", "SASL-IR", plain, "+ \r\n+ \r\n+ more\r\nA1 BAD cancelled\r\n", "*\r\n", "sasl: PLAIN: the server's challenge is one more than there may be", false},
		{"challenges behind * without an end", "SASL-IR", plain, "+ \r\n" + strings.Repeat("+ \r\n", 11), "*\r\n", "an answer to AUTHENTICATE behind \"*\"", true},
		{"OK to what was cancelled", "SASL-IR", plain, "+ \r\nA1 OK welcome\r\n", "*\r\n", "sasl: PLAIN: the server's challenge is one more than there may be", true},
		{"no base64", "", login, "+ \r\n+ ?!?\r\nA1 BAD cancelled\r\n", "dGlt\r\n*\r\n", "sasl: the server's challenge is not base64", false},
		{"NUL", "", login, "+ \r\n+ AA\x00AA\r\nA1 NO cancelled\r\n", "dGlt\r\n*\r\n", "sasl: the server's challenge is not base64", false},
		{"a challenge above the limit", "", login, "+ \r\n+ " + strings.Repeat("A", 100_000) + "\r\nA1 NO cancelled\r\n", "dGlt\r\n*\r\n", "sasl: limit MaxChallenge of 65536 exceeded", false},
		{"a line above the limit", "", login, "+ \r\n+ " + strings.Repeat("A", 200_000), "dGlt\r\n", "limit Line of 150000 exceeded", true},
		{"BYE in the middle", "", login, "+ \r\n* BYE out\r\n+ \r\n", "dGlt\r\n", "", false},
	} {
		for how, cut := range map[string]reactortest.Chunking{"whole": reactortest.Whole, "in pieces": func(waiting int) int { return max(7, waiting/50) }} {
			t.Run(test.name+", "+how, func(t *testing.T) {
				s := offering(t, test.capabilities)
				s.Options.Limits = &imap4.Limits{Line: 150_000}
				if strings.Contains(test.name, "limit") {
					u := newUser(nil)
					u.Options.Limits = &imap4.Limits{Line: 150_000}
					s = start(t, u)
					s.server("* OK [CAPABILITY IMAP4rev1] ready\r\n")
				}
				s.take()
				s.authenticateWith(test.make())
				s.noop()
				s.tr.Clear()
				s.serverCut(test.server, cut)
				got := string(s.tr.Take())
				rest, went := strings.CutPrefix(got, test.wrote)
				goesOn := !test.closed && test.want != ""
				if !went || (rest == "A2 NOOP\r\n") != goesOn || !goesOn && rest != "" {
					t.Errorf("client sent %q, want %q, and the NOOP behind it: %v", got, test.wrote, goesOn)
				}
				s.closed(test.closed)
				events := slices.DeleteFunc(s.take(), func(e string) bool { return strings.HasPrefix(e, "bye ") })
				if test.want == "" {
					wantEvents(t, events, nil)
					return
				}
				prefix := "AUTHENTICATE failed: imap4: AUTHENTICATE: "
				if len(events) == 0 || !strings.HasPrefix(events[0], prefix) || !strings.Contains(events[0], test.want) || !strings.HasSuffix(events[0], "(sent true)") {
					t.Fatalf("events: got %s, want %s%s (sent true)", list(events), prefix, test.want)
				}
				if test.closed && (len(events) < 2 || !strings.HasPrefix(events[1], "NOOP failed: ") || !strings.HasSuffix(events[1], "(sent false)")) {
					t.Errorf("events: got %s, want the NOOP to fail unsent, second", list(events))
				}
			})
		}
	}
}

// What comes before AUTHENTICATE was sent is no part of it.
func TestAuthenticateUnasked(t *testing.T) {
	t.Run("a challenge before the command", func(t *testing.T) {
		s := offering(t, "")
		s.server("+ dGlt\r\n+ \r\n")
		s.noop()
		s.authenticateWith(made(sasl.NewLogin(tim())))
		s.server("+ dGlt\r\n")
		s.wrote("A1 NOOP\r\n")
		s.server("A1 OK done\r\n")
		s.wrote("A2 AUTHENTICATE LOGIN\r\n")
		s.server("+ \r\n")
		s.wrote("dGlt\r\n")
	})
	t.Run("OK before the command", func(t *testing.T) {
		s := offering(t, "")
		s.noop()
		s.authenticateWith(made(sasl.NewPlain(tim())))
		s.server("A2 OK welcome\r\nA1 OK done\r\n")
		s.wrote("A1 NOOP\r\nA2 AUTHENTICATE PLAIN\r\n")
		s.happened("NOOP: ok")
	})
	t.Run("PREAUTH", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* PREAUTH [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] welcome\r\n")
		for _, d := range []*deferred.Deferred[struct{}]{s.Authenticate(tim()), s.SignIn(tim()), s.AuthenticateWith(made(sasl.NewPlain(tim())))} {
			_, err, _ := d.Result()
			wantUnsent(t, err, imap4.ErrState, "AUTHENTICATE")
		}
		s.wrote("")
	})
	t.Run("a second time", func(t *testing.T) {
		s := offering(t, "SASL-IR AUTH=PLAIN")
		s.authenticate(tim())
		s.server("A1 OK done\r\n")
		s.tr.Clear()
		_, err, _ := s.Authenticate(tim()).Result()
		wantUnsent(t, err, imap4.ErrState, "AUTHENTICATE")
		s.wrote("")
	})
	t.Run("nothing given", func(t *testing.T) {
		s := offering(t, "AUTH=PLAIN")
		for _, d := range []*deferred.Deferred[struct{}]{s.Authenticate(nil), s.SignIn(nil), s.AuthenticateWith(nil)} {
			_, err, _ := d.Result()
			var bad *imap4.ArgumentError
			if !errors.As(err, &bad) || bad.Arg != 1 || bad.Command != "AUTHENTICATE" {
				t.Errorf("got %#v, want *ArgumentError for argument 1 of AUTHENTICATE", err)
			}
		}
		s.noop()
		s.wrote("A1 NOOP\r\n")
	})
	t.Run("a name that is none", func(t *testing.T) {
		s := offering(t, "AUTH=PLAIN")
		for _, name := range []string{"", "X\r\nA9 NOOP", "X Y", "X{3}"} {
			_, err, _ := s.AuthenticateWith(named{name}).Result()
			var bad *imap4.ArgumentError
			if !errors.As(err, &bad) {
				t.Errorf("%q: got %v, want *ArgumentError", name, err)
			}
		}
		s.wrote("")
		s.noop()
		s.wrote("A5 NOOP\r\n")
	})
}
