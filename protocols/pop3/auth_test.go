package pop3_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/sasl"
)

// Every mechanism, in one step and in two, whole and byte by byte.
func TestAuthConversations(t *testing.T) {
	for _, c := range saslTalks {
		for _, twoSteps := range []bool{false, true} {
			for how, cut := range map[string]func(int) int{"whole": func(n int) int { return n }, "bytewise": func(int) int { return 1 }} {
				t.Run(fmt.Sprintf("%s, two steps %v, %s", c.name, twoSteps, how), func(t *testing.T) {
					s := start(t, &pop3.Options{NoInitialResponse: twoSteps, AllowInsecureAuth: true}, func(u *user) {
						track(u, "AUTH", u.AuthenticateWith(c.make()))
						track(u, "STAT", u.Stat())
					})
					r := converse(t, s, greeting, append(c.script(twoSteps), exchange{"STAT", "+OK 1 2\r\n"}), 1<<30, cut)
					if want := []string{`AUTH: "+OK in"`, "STAT: {Count:1 Size:2}"}; !slices.Equal(r.events, want) {
						t.Errorf("got %s, want %s", list(r.events), list(want))
					}
				})
			}
		}
	}
}

// What is cut behind each byte of an AUTH has not succeeded.
func TestAuthCutBehindEachByte(t *testing.T) {
	for _, c := range saslTalks {
		script := c.script(false)
		total := len(greeting)
		for _, e := range script {
			total += len(e.answer)
		}
		for n := 0; n < total && !t.Failed(); n += cutStep {
			s := start(t, nil, func(u *user) { track(u, "AUTH", u.AuthenticateWith(c.make())) })
			converse(t, s, greeting, script, n, func(n int) int { return n })
			s.events = nil
			s.tr.Lose(nil)
			s.clock.Turn()
			got := s.take()
			if len(got) != 2 || !strings.HasPrefix(got[0], "AUTH failed: pop3: AUTH: Connection was closed cleanly. (sent ") || s.clock.Pending() != 0 {
				t.Fatalf("%s, lost behind byte %d: got %s and %d planned calls, want it to fail", c.name, n, list(got), s.clock.Pending())
			}
			s.end()
		}
	}
}

// The initial response goes with the command as long as the line has at most 255 octets.
func TestAuthLongInitialResponse(t *testing.T) {
	for _, test := range []struct {
		text int // octets of the response
		with bool
	}{{177, true}, {180, true}, {181, false}, {1000, false}} {
		s := greeted(t, nil)
		text := strings.Repeat("x", test.text)
		track(s.user, "AUTH", s.AuthenticateWith(saying{name: "X-MECH", text: text}))
		line := "AUTH X-MECH " + b64(text) + "\r\n"
		if (len(line) <= 255) != test.with {
			t.Fatalf("the case is wrong: %d octets", len(line))
		}
		if test.with {
			s.wrote(line)
		} else {
			s.wrote("AUTH X-MECH\r\n")
			s.server("+ \r\n")
			s.wrote(b64(text) + "\r\n")
		}
		s.server("+OK\r\n")
		s.happened(`AUTH: "+OK"`)
	}
	for _, test := range []struct {
		name string
		with bool
	}{{"ABC", true}, {"ABCD", false}} { // 255 and 256 octets
		s := greeted(t, nil)
		track(s.user, "AUTH", s.AuthenticateWith(saying{name: test.name, text: strings.Repeat("x", 183)}))
		sent := string(s.tr.Take())
		if with := len(sent) > 20; with != test.with || with && len(sent) != 255 {
			t.Errorf("%s: got %d octets sent, want with the response: %v", test.name, len(sent), test.with)
		}
		s.end()
	}
}

// What a server may try in the exchange.
func TestAuthServerTricks(t *testing.T) {
	scram := func() sasl.Mechanism { return made(sasl.NewSCRAM(sasl.SHA1, pencil(scram1Nonce), false)) }
	simple := func() sasl.Mechanism { return made(sasl.NewPlain(tim())) }
	login := func() sasl.Mechanism { return made(sasl.NewLogin(tim())) }
	first, proof := "+ "+b64(scram1First)+"\r\n", b64(scram1Proof)+"\r\n"
	const (
		notIt    = "the server has not proved that it knows the password"
		tooSoon  = "the server accepted before the client had identified its user"
		tooMany  = "sasl: PLAIN: the server's challenge is one more than there may be"
		nothing  = "no end"
		unwanted = "although nothing was asked"
	)
	for _, test := range []struct {
		name     string
		make     func() sasl.Mechanism
		twoSteps bool
		server   []string // once AUTH was sent
		wrote    string   // then
		want     string
		closed   bool
	}{
		{"+OK before the end: SCRAM", scram, false, []string{first, "+OK welcome\r\n"}, proof, notIt, true},
		{"+OK at once: SCRAM", scram, false, []string{"+OK welcome\r\n"}, "", notIt, true},
		{"+OK at once and again, in two steps: SCRAM", scram, true, []string{"+OK\r\n", "+OK\r\n"}, b64("n,,n=user,r="+scram1Nonce) + "\r\n", notIt, true},
		{"+OK before the password: LOGIN", login, false, []string{"+ \r\n", "+OK welcome\r\n"}, "dGlt\r\n", tooSoon, true},
		{"+OK at once: LOGIN", login, false, []string{"+OK welcome\r\n"}, "", tooSoon, true},
		{"a wrong signature", scram, false, []string{first, "+ " + b64("v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=") + "\r\n"}, proof, notIt, true},
		{"another nonce", scram, false, []string{"+ " + b64("r=other,s=QSXCR+Q6sek8bf92,i=4096") + "\r\n", "-ERR cancelled\r\n"}, "*\r\n", "the server's challenge", false},
		{"too many iterations", scram, false, []string{"+ " + b64("r="+scram1Nonce+"x,s=QSXCR+Q6sek8bf92,i=99999999") + "\r\n", "-ERR\r\n"}, "*\r\n", "99999999 SCRAM iterations", false},
		{"a challenge too many", simple, false, []string{"+ \r\n", "-ERR cancelled\r\n"}, "*\r\n", tooMany, false},
		{"challenges behind *", simple, false, []string{"+ \r\n", "+ \r\n", "+ more\r\n", "+\r\n", "-ERR\r\n"}, "*\r\n", tooMany, false},
		{"challenges behind * without an end", simple, false, []string{"+ \r\n", strings.Repeat("+\r\n", 100)}, "*\r\n", unwanted, true},
		{"+OK to what was cancelled", simple, false, []string{"+ \r\n", "+OK welcome\r\n"}, "*\r\n", tooMany, true},
		{"no base64", login, false, []string{"+ \r\n", "+ ?!?\r\n", "-ERR\r\n"}, "dGlt\r\n*\r\n", "the server's challenge is not base64", false},
		{"NUL", login, false, []string{"+ \r\n", "+ AA\x00AA\r\n", "-ERR\r\n"}, "dGlt\r\n*\r\n", "the server's challenge is not base64", false},
		{"two challenges at once", login, false, []string{"+ \r\n+ \r\n"}, "dGlt\r\n", unwanted, true},
		{"garbage", login, false, []string{"+ \r\n", "what?\r\n"}, "dGlt\r\n", "the server breaks the protocol", true},
		{"a line above the limit", login, false, []string{"+ \r\n", "+ " + strings.Repeat("A", 9000)}, "dGlt\r\n", "limit Line of 8192 exceeded", true},
		{"nothing more", login, false, []string{"+ \r\n"}, "dGlt\r\n", nothing, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := greeted(t, &pop3.Options{AllowInsecureAuth: true, NoInitialResponse: test.twoSteps})
			track(s.user, "AUTH", s.AuthenticateWith(test.make()))
			track(s.user, "behind", s.SendCommand("XNOOP"))
			s.tr.Take()
			for _, line := range test.server {
				s.server(line)
			}
			got := string(s.tr.Take())
			if goesOn := !test.closed && test.want != nothing; got != test.wrote+map[bool]string{true: "XNOOP\r\n"}[goesOn] {
				t.Errorf("client sent %q, want %q, and the command behind it: %v", got, test.wrote, goesOn)
			}
			s.closed(test.closed)
			events := s.take()
			if test.want == nothing {
				if len(events) > 0 {
					t.Errorf("got %s, want nothing", list(events))
				}
				return
			}
			at := slices.IndexFunc(events, func(e string) bool { return strings.HasPrefix(e, "AUTH failed: pop3: AUTH: ") })
			if at < 0 || !strings.Contains(events[at], test.want) || !strings.HasSuffix(events[at], "(sent true)") {
				t.Errorf("events: got %s, want %s", list(events), test.want)
			}
			if test.closed != strings.Contains(list(events), "behind failed: ") {
				t.Errorf("events: got %s, want the one behind it to fail: %v", list(events), test.closed)
			}
		})
	}
}

// A server that asks without end is left, whatever the mechanism would say.
func TestAuthEndlessChallenges(t *testing.T) {
	s := greeted(t, nil)
	var failed error
	s.AuthenticateWith(saying{"X-MORE", "more"}).Handle(nil, func(err error) { failed = err })
	answers := 0
	for s.tr.Take(); answers < 1000; answers++ {
		s.server("+ \r\n")
		if string(s.tr.Take()) != b64("more")+"\r\n" {
			break
		}
	}
	if answers != 100 {
		t.Errorf("answers: got %d, want 100", answers)
	}
	s.server("-ERR stopped\r\n")
	var exceeded *sasl.LimitError
	if !errors.As(failed, &exceeded) || exceeded.Limit != "Challenges" {
		t.Errorf("got %v, want a *sasl.LimitError", failed)
	}
	s.closed(false)
}

// An error challenge of OAuth is answered, and what it says is in the error.
func TestAuthOAuthErrors(t *testing.T) {
	const reason = `{"status":"401","schemes":"bearer","scope":"https://mail.example/"}`
	for _, c := range saslTalks {
		if !strings.Contains(c.name, "OAUTH") {
			continue
		}
		s := greeted(t, nil)
		var got error
		s.AuthenticateWith(c.make()).Handle(nil, func(err error) { got = err })
		if c.name == "XOAUTH2" {
			s.server("+ \r\n")
		}
		s.tr.Take()
		s.server("+ " + b64(reason) + "\r\n")
		answer := map[string]string{"XOAUTH2": "\r\n", "OAUTHBEARER": "AQ==\r\n"}[c.name]
		s.wrote(answer)
		s.server("-ERR [AUTH] bad token\r\n")
		var refusal *sasl.OAuthError
		var said *pop3.ResponseError
		if !errors.As(got, &refusal) || refusal.Status != "401" || !errors.As(got, &said) || !errors.Is(got, pop3.ErrAuth) {
			t.Errorf("%s: got %v, want *sasl.OAuthError and ErrAuth", c.name, got)
		}
		s.closed(false)
	}
}

// Cancel at each step of each mechanism: the exchange ends, and the connection serves on unless somebody was let in.
func TestAuthCancelAtEachStep(t *testing.T) {
	for _, c := range saslTalks {
		script := c.script(true)
		for step := 0; step <= len(script); step++ {
			s := greeted(t, &pop3.Options{NoInitialResponse: true, AllowInsecureAuth: true})
			if step == 0 {
				drop(s.SendCommand("XBEFORE"))
			}
			d := s.AuthenticateWith(c.make())
			for i := 1; i < step; i++ {
				s.server(script[i-1].answer)
			}
			s.tr.Take()
			d.Cancel()
			d.Cancel()
			track(s.user, "AUTH", d)
			s.happened("AUTH failed: deferred: cancelled")
			switch {
			case step == 0:
				s.server("+OK\r\n")
				s.wrote("")
				drop(s.SendCommand("XNOOP"))
				s.wrote("XNOOP\r\n")
				continue
			case step < len(script) && step > 0:
				s.server(script[step-1].answer) // a challenge behind Cancel
				s.wrote("*\r\n")
				s.server(script[step-1].answer)
				s.wrote("")
			}
			drop(s.SendCommand("XNOOP"))
			s.server("-ERR cancelled\r\n")
			s.wrote("XNOOP\r\n")
			s.closed(false)
		}
	}
}

// What a mechanism works at beside the reactor can be cancelled, lost, and overtaken by the server.
func TestAuthWhileTheMechanismWorks(t *testing.T) {
	begin := func(t *testing.T) (*session, *slow, *deferred.Deferred[pop3.Reply]) {
		t.Helper()
		s := greeted(t, nil)
		m := &slow{begun: make(chan struct{}, 10), ended: make(chan struct{}, 10)}
		d := s.AuthenticateWith(m)
		s.wrote("AUTH SLOW\r\n")
		s.server("+ \r\n")
		<-m.begun
		return s, m, d
	}
	finish := func(s *session, m *slow) {
		<-m.ended
		s.clock.Turn()
	}
	t.Run("cancelled", func(t *testing.T) {
		s, m, d := begin(t)
		d.Cancel()
		drop(d)
		finish(s, m)
		s.wrote("*\r\n")
		drop(s.SendCommand("XNOOP"))
		s.server("-ERR\r\n")
		s.wrote("XNOOP\r\n")
	})
	t.Run("lost", func(t *testing.T) {
		s, m, d := begin(t)
		s.tr.Lose(nil)
		finish(s, m)
		track(s.user, "AUTH", d)
		s.happened("lost: Connection was closed cleanly.", "AUTH failed: pop3: AUTH: Connection was closed cleanly. (sent true)")
	})
	t.Run("refused", func(t *testing.T) {
		s, m, d := begin(t)
		s.server("-ERR too slow\r\n")
		finish(s, m)
		track(s.user, "AUTH", d)
		s.happened(`AUTH failed: pop3: AUTH: the server said "-ERR too slow"`)
		s.wrote("")
		s.closed(false)
	})
	t.Run("accepted", func(t *testing.T) {
		s, m, d := begin(t)
		s.server("+OK never mind\r\n")
		finish(s, m)
		drop(d)
		s.closed(true)
	})
	t.Run("asked again", func(t *testing.T) {
		s, m, d := begin(t)
		s.server("+ \r\n")
		finish(s, m)
		s.wrote("*\r\n")
		s.server("-ERR\r\n")
		track(s.user, "AUTH", d)
		s.happened("AUTH failed: pop3: AUTH: sasl: it is not the server's turn in this authentication (sent true)")
	})
}

// slow is a mechanism that works until it is told to stop.
type slow struct {
	begun, ended chan struct{}
	started      bool
}

func (m *slow) Name() string { return "SLOW" }
func (m *slow) Blocks() bool { return m.started }

func (m *slow) Start(context.Context) ([]byte, bool, error) {
	m.started = true
	return nil, false, nil
}

func (m *slow) Next(ctx context.Context, _ []byte) ([]byte, error) {
	defer func() { m.ended <- struct{}{} }()
	m.begun <- struct{}{}
	<-ctx.Done()
	return nil, ctx.Err()
}

// No password goes in the clear, whatever the server offers, unless the program allows it.
func TestNoPasswordInTheClear(t *testing.T) {
	password := sasl.NewSecret("tanstaaf")
	for name, issue := range map[string]func(u *user) *deferred.Deferred[pop3.Reply]{
		"Pass":         func(u *user) *deferred.Deferred[pop3.Reply] { return u.Pass("tanstaaf") },
		"Login":        func(u *user) *deferred.Deferred[pop3.Reply] { return u.Login("tim", "tanstaaf") },
		"SignIn":       func(u *user) *deferred.Deferred[pop3.Reply] { return u.SignIn(tim()) },
		"Authenticate": func(u *user) *deferred.Deferred[pop3.Reply] { return u.Authenticate(tim()) },
		"SignIn with a token": func(u *user) *deferred.Deferred[pop3.Reply] {
			return u.SignIn(&sasl.Credentials{Username: "tim", Token: fixedToken("tanstaaf")})
		},
		"AuthenticateWith": func(u *user) *deferred.Deferred[pop3.Reply] {
			return u.AuthenticateWith(made(sasl.NewPlain(&sasl.Credentials{Username: "tim", Password: password})))
		},
	} {
		for _, caps := range []string{"", "SASL PLAIN LOGIN XOAUTH2 OAUTHBEARER\r\n", "SASL LOGIN\r\nUSER\r\n", "USER\r\n"} {
			s := greeted(t, &pop3.Options{})
			var got error
			issue(s.user).Handle(nil, func(err error) { got = err })
			s.server("+OK\r\n" + caps + ".\r\n")
			if sent := strings.ReplaceAll(string(s.tr.Take()), "CAPA\r\n", ""); sent != "" || got == nil {
				t.Errorf("%s, %q: got %q sent, and %v, want nothing and an error", name, caps, sent, got)
			}
			if !errors.Is(got, pop3.ErrInsecureAuth) && !errors.Is(got, pop3.ErrState) && caps != "" && !strings.Contains(name, "token") {
				var none *sasl.NoMechanismError
				if !errors.As(got, &none) {
					t.Errorf("%s, %q: got %v, want ErrInsecureAuth", name, caps, got)
				}
			}
			s.end()
		}
	}
	s := greeted(t, &pop3.Options{})
	drop(s.APOP("tim", "tanstaaf")) // shows a digest, and goes when it is asked for
	if sent := string(s.tr.Take()); !strings.HasPrefix(sent, "APOP tim ") || strings.Contains(sent, "tanstaaf") {
		t.Errorf("APOP: got %q", sent)
	}
}

// TLS is put below before anything else, and what was known is forgotten.
func TestStartTLS(t *testing.T) {
	begin := func(t *testing.T) *session {
		t.Helper()
		s := greeted(t, &pop3.Options{})
		drop(s.Capa())
		s.server("+OK\r\nSTLS\r\nPIPELINING\r\nX-CLEAR\r\n.\r\n")
		track(s.user, "STLS", s.StartTLS(nil))
		track(s.user, "login", s.Login("tim", "tanstaaf"))
		track(s.user, "caps", s.Capabilities())
		s.tr.Take()
		s.take()
		return s
	}
	t.Run("works", func(t *testing.T) {
		s := begin(t)
		s.server("+OK begin\r\n")
		s.wrote("")
		s.tr.SetTLS(underTLS)
		s.tr.FinishTLS(tls.ConnectionState{Version: tls.VersionTLS13})
		s.clock.Turn()
		s.wrote("USER tim\r\n")
		s.server("+OK\r\n")
		s.server("+OK\r\n")
		track(s.user, "later", s.Capabilities())
		s.server("+OK\r\nX-SEALED\r\n.\r\n")
		s.happened(`STLS: "+OK begin"`, `login: "+OK"`, "later: X-SEALED")
	})
	t.Run("what was offered before is forgotten at once", func(t *testing.T) {
		s := greeted(t, &pop3.Options{})
		drop(s.Capa())
		s.server("+OK\r\nSTLS\r\nX-CLEAR\r\n.\r\n")
		drop(s.StartTLS(nil))
		s.server("+OK begin\r\n")
		s.tr.FinishTLS(tls.ConnectionState{Version: tls.VersionTLS13})
		s.clock.Turn()
		s.tr.Take()
		track(s.user, "caps", s.Capabilities())
		s.wrote("CAPA\r\n")
		s.server("+OK\r\nX-SEALED\r\n.\r\n")
		s.happened("caps: X-SEALED")
	})
	for _, injected := range []string{"+OK\r\n", "+OK\r\n+OK\r\n.\r\n", "x", "\r\n"} {
		t.Run(fmt.Sprintf("injected %q", injected), func(t *testing.T) {
			s := begin(t)
			s.server("+OK begin\r\n" + injected)
			s.wrote("")
			s.closed(true)
			got := s.take()
			if len(got) < 3 || !strings.Contains(list(got), "STLS failed") || !strings.Contains(list(got), "login failed") || strings.Count(list(got), "plain text behind the switch to TLS") != 3 {
				t.Errorf("got %s, want all to fail", list(got))
			}
		})
	}
	t.Run("refused: what waits is refused the password", func(t *testing.T) {
		s := begin(t)
		s.server("-ERR no\r\n")
		s.wrote("")
		s.happened(`STLS failed: pop3: STLS: the server said "-ERR no"`,
			"login failed: pop3: USER: the password was not sent because the connection is not encrypted (sent false)")
	})
	t.Run("the handshake fails", func(t *testing.T) {
		s := begin(t)
		s.server("+OK begin\r\n")
		s.tr.FailTLS(errors.New("bad certificate"))
		s.clock.Turn()
		s.wrote("")
		if got := list(s.take()); !strings.Contains(got, "STLS failed") || !strings.Contains(got, "login failed") || !strings.Contains(got, "bad certificate") {
			t.Errorf("got %s, want both to fail with the reason", got)
		}
	})
	t.Run("cancelled: nothing goes in the clear behind the +OK", func(t *testing.T) {
		defer noUnhandled(t)()
		s := greeted(t, &pop3.Options{})
		d := s.StartTLS(nil)
		d.Cancel()
		drop(d)
		track(s.user, "login", s.Login("tim", "tanstaaf"))
		s.server("+OK begin\r\n")
		s.wrote("STLS\r\n")
		s.tr.FailTLS(errors.New("bad certificate"))
		s.clock.Turn()
		s.take()
	})
	t.Run("not offered, and started already", func(t *testing.T) {
		s := greeted(t, nil)
		drop(s.Capa())
		s.server("+OK\r\nTOP\r\n.\r\n")
		s.tr.Take()
		var got error
		s.StartTLS(nil).Handle(nil, func(err error) { got = err })
		var missing *pop3.UnsupportedError
		if !errors.As(got, &missing) || missing.Capability != "STLS" || !errors.Is(got, errors.ErrUnsupported) {
			t.Errorf("got %v, want *UnsupportedError", got)
		}
		s.tr.SetTLS(underTLS)
		track(s.user, "STLS", s.StartTLS(nil))
		if got := list(s.take()); !strings.Contains(got, "STLS failed") {
			t.Errorf("got %s", got)
		}
		s.wrote("")
	})
}

// noUnhandled fails the test if a Deferred has failed and nobody has taken the error. Call what it answers at the end.
func noUnhandled(t *testing.T) func() {
	t.Helper()
	restore := deferred.OnUnhandled(func(u *deferred.Unhandled) { t.Errorf("nobody has taken %v", u.Err) })
	return func() {
		for range 3 {
			heap()
			deferred.ReportUnhandled()
		}
		restore()
	}
}
