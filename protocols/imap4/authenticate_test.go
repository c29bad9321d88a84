package imap4_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestAuthenticateConversations(t *testing.T) {
	for _, c := range saslTalks {
		for _, ir := range []string{"SASL-IR", "IMAP4rev2", ""} {
			for how, cut := range map[string]func() reactortest.Chunking{
				"whole": func() reactortest.Chunking { return reactortest.Whole }, "bytewise": func() reactortest.Chunking { return reactortest.Bytewise }} {
				t.Run(fmt.Sprintf("%s, %q, %s", c.name, ir, how), func(t *testing.T) {
					c.hold(t, offering(t, ir), ir != "", cut())
				})
			}
		}
	}
}

// hold leads the conversation from the server's side to its OK.
func (c saslTalk) hold(t *testing.T, s *session, withCommand bool, cut reactortest.Chunking) {
	t.Helper()
	m := c.make()
	s.authenticateWith(m)
	s.noop()
	want := "A1 AUTHENTICATE " + m.Name()
	rounds := c.rounds
	switch {
	case c.initial == "-":
	case !withCommand:
		rounds = append([][2]string{{"", c.initial}}, rounds...)
	case c.initial == "":
		want += " ="
	default:
		want += " " + b64(c.initial)
	}
	s.wrote(want + "\r\n")
	for _, round := range rounds {
		s.serverCut("+ "+b64(round[0])+"\r\n", cut)
		s.wrote(b64(round[1]) + "\r\n")
	}
	if c.name == "SCRAM-SHA-256" { // not led to its end
		return
	}
	s.happened()
	s.serverCut("* CAPABILITY IMAP4rev1 IDLE\r\nA1 OK [CAPABILITY IMAP4rev1 UIDPLUS] done\r\n", cut)
	s.wrote("A2 NOOP\r\n")
	s.happened("AUTHENTICATE: ok")
	if caps, known := s.Capabilities(); caps.String() != "IMAP4rev1 UIDPLUS" || !known {
		t.Errorf("capabilities: got [%v], %v, want those of the tagged OK", caps, known)
	}
	s.server("A2 OK done\r\n")
	s.happened("NOOP: ok")
	_, err, _ := s.Login("tim", "x").Result()
	wantUnsent(t, err, imap4.ErrState, "LOGIN")
}

// The server's capabilities from before a login do not hold any more, unless it tells new ones with its OK.
func TestAuthenticateForgetsCapabilities(t *testing.T) {
	s := offering(t, "AUTH=ANONYMOUS SASL-IR")
	s.authenticate(&sasl.Credentials{Anonymous: true})
	s.wrote("A1 AUTHENTICATE ANONYMOUS =\r\n")
	s.server("A1 OK done\r\n")
	s.happened("AUTHENTICATE: ok")
	if caps, known := s.Capabilities(); known {
		t.Errorf("capabilities: got [%v], want none known", caps)
	}
}

func TestAuthenticateChooses(t *testing.T) {
	password := tim()
	for _, test := range []struct {
		name, offered string
		tls, allow    bool
		credentials   *sasl.Credentials
		want          string // what goes out, or the error behind "!"
	}{
		{"PLAIN under TLS", "AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5", true, false, password, "A1 AUTHENTICATE PLAIN\r\n"},
		{"names in small letters", "auth=plain sasl-ir", true, false, password, "A1 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n"},
		{"CRAM-MD5 in the clear", "AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5", false, false, password, "A1 AUTHENTICATE CRAM-MD5\r\n"},
		{"LOGINDISABLED is about LOGIN", "AUTH=CRAM-MD5 LOGINDISABLED", false, false, password, "A1 AUTHENTICATE CRAM-MD5\r\n"},
		{"PLAIN in the clear by the client's option", "AUTH=PLAIN", false, true, password, "A1 AUTHENTICATE PLAIN\r\n"},
		{"PLAIN in the clear by the credentials", "AUTH=PLAIN", false, false, &sasl.Credentials{Username: "tim", Password: sasl.NewSecret("x"), AllowInsecure: true}, "A1 AUTHENTICATE PLAIN\r\n"},
		{"only what is asked for", "AUTH=PLAIN AUTH=LOGIN", true, false, &sasl.Credentials{Username: "tim", Password: sasl.NewSecret("x"), Mechanisms: []string{"login"}}, "A1 AUTHENTICATE LOGIN\r\n"},
		{"EXTERNAL", "AUTH=PLAIN AUTH=EXTERNAL", true, false, &sasl.Credentials{External: true}, "A1 AUTHENTICATE EXTERNAL\r\n"},
		{"PLAIN in the clear", "AUTH=PLAIN", false, false, password, "!" + imap4.ErrInsecureAuth.Error()},
		{"XOAUTH2 in the clear", "AUTH=XOAUTH2", false, false, &sasl.Credentials{Username: "tim", Token: fixedToken("x")}, "!" + imap4.ErrInsecureAuth.Error()},
		{"nothing that fits under TLS", "AUTH=GSSAPI", true, false, password, "!sasl: no mechanism to authenticate with: the server offers GSSAPI"},
		{"nothing that fits in the clear", "AUTH=GSSAPI", false, false, password, "!sasl: no mechanism to authenticate with: the server offers GSSAPI"},
		{"no AUTH at all", "AUTH AUTH= XAUTH=PLAIN", true, false, password, "!sasl: no mechanism to authenticate with: the server offers none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := newUser(nil)
			u.Options.AllowInsecureAuth = test.allow
			s := start(t, u)
			if test.tls {
				s.tr.SetTLS(underTLS)
			}
			s.server("* OK ready\r\n* CAPABILITY IMAP4rev1 " + test.offered + "\r\n")
			d := s.Authenticate(test.credentials)
			want, fails := strings.CutPrefix(test.want, "!")
			if !fails {
				s.wrote(test.want)
				s.end()
				d.Handle(nil, func(error) {})
				return
			}
			s.wrote("")
			_, err, _ := d.Result()
			var none *sasl.NoMechanismError
			if !errors.As(err, &none) {
				t.Fatalf("got %v, want *NoMechanismError", err)
			}
			wantUnsent(t, err, none, "AUTHENTICATE")
			if !strings.HasPrefix(strings.TrimPrefix(err.Error(), "imap4: AUTHENTICATE: "), strings.TrimPrefix(want, "imap4: ")) {
				t.Errorf("got %q, want %q in front", err, want)
			}
			if insecure := errors.Is(err, imap4.ErrInsecureAuth); insecure != strings.HasPrefix(want, "imap4: ") {
				t.Errorf("matches ErrInsecureAuth: got %v, want %v", insecure, !insecure)
			}
			s.noop()
			s.wrote("A2 NOOP\r\n")
		})
	}
}

// A greeting may name a part of the capabilities, or none: then they are asked for before it is said that nothing fits.
func TestAuthenticateAsksWhatIsOffered(t *testing.T) {
	for _, greeting := range []string{"* OK ready\r\n", "* OK [CAPABILITY IMAP4rev1] ready\r\n", "* OK [CAPABILITY IMAP4rev1 AUTH=GSSAPI] ready\r\n"} {
		s := start(t, newUser(nil))
		s.server(greeting)
		s.take()
		s.authenticate(tim())
		s.noop()
		s.wrote("A2 CAPABILITY\r\n")
		s.server("* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\nA2 OK done\r\n")
		s.wrote("A1 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n")
		s.server("A1 OK done\r\n")
		s.happened("AUTHENTICATE: ok")
	}
}

func TestAuthenticateAnswers(t *testing.T) {
	for _, test := range []struct {
		name, server string
		is           error
		want         string
	}{
		{"NO with a code", "A1 NO [AUTHENTICATIONFAILED] wrong\r\n", imap4.ErrAuthenticationFailed,
			`AUTHENTICATE failed: imap4: AUTHENTICATE: the server said NO [AUTHENTICATIONFAILED] "wrong"`},
		{"NO with a referral", "A1 NO [REFERRAL imap://;AUTH=*@other/] go there\r\n", nil,
			`AUTHENTICATE failed: imap4: AUTHENTICATE: the server said NO [REFERRAL] "go there"`},
		{"BAD", "A1 BAD what is that\r\n", nil, `AUTHENTICATE failed: imap4: AUTHENTICATE: the server said BAD "what is that"`},
		{"an alert", "A1 NO [ALERT] see the administrator\r\n", nil, `AUTHENTICATE failed: imap4: AUTHENTICATE: the server said NO [ALERT] "see the administrator"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := offering(t, "AUTH=PLAIN SASL-IR")
			var got error
			d := s.Authenticate(tim()).AddErrback(func(err error) (struct{}, error) { got = err; return struct{}{}, err })
			track(s.user, "AUTHENTICATE", d)
			s.wrote("A1 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n")
			s.server(test.server)
			if events := s.take(); !slices.Contains(events, test.want) {
				t.Errorf("got %s, want %s", list(events), test.want)
			}
			var refused *imap4.ResponseError
			if !errors.As(got, &refused) || test.is != nil && !errors.Is(got, test.is) {
				t.Errorf("got %T %v, want *ResponseError that matches %v", got, got, test.is)
			}
			if refused != nil && refused.Code == "REFERRAL" && refused.CodeArgs != "imap://;AUTH=*@other/" {
				t.Errorf("referral: got %q, want the URL", refused.CodeArgs)
			}
			s.closed(false)
			s.authenticate(tim()) // the connection lives on
			s.wrote("A2 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n")
			s.server("A2 OK done\r\n")
			s.happened("AUTHENTICATE: ok")
		})
	}
}

// What a mechanism knows more of a refusal is around the server's answer.
func TestAuthenticateRefusedWithAReason(t *testing.T) {
	s := offering(t, "SASL-IR")
	m := made(sasl.NewXOAuth2(&sasl.Credentials{Username: "tim", Token: fixedToken("hunter2secret")}))
	d := s.AuthenticateWith(m)
	s.tr.Clear()
	s.server("+ " + b64(`{"status":"400","schemes":"bearer","scope":"mail"}`) + "\r\n")
	s.wrote("\r\n")
	s.server("A1 NO [AUTHENTICATIONFAILED] no\r\n")
	_, err, _ := d.Result()
	var reason *sasl.OAuthError
	if !errors.As(err, &reason) || reason.Status != "400" || reason.Scope != "mail" || !errors.Is(err, imap4.ErrAuthenticationFailed) {
		t.Errorf("got %#v, want the *OAuthError around the refusal", err)
	}
	s.closed(false)
}

// A mechanism given by the program may show anything: it goes under TLS.
func TestAuthenticateWithNeedsTLS(t *testing.T) {
	u := newUser(nil)
	u.Options.AllowInsecureAuth = false
	s := start(t, u)
	s.server("* OK [CAPABILITY IMAP4rev1 SASL-IR] ready\r\n")
	_, err, _ := s.AuthenticateWith(named{"X-ME"}).Result()
	wantUnsent(t, err, imap4.ErrInsecureAuth, "AUTHENTICATE")
	s.wrote("")
	s.tr.SetTLS(underTLS)
	s.authenticateWith(named{"X-ME"})
	s.wrote("A2 AUTHENTICATE X-ME bWU=\r\n")
	s.server("+ bW9yZQ==\r\n")
	s.wrote("bW9yZQ==\r\n")
	s.server("A2 OK done\r\n")
	s.take()
}

func TestRegisterAuthenticator(t *testing.T) {
	s := offering(t, "AUTH=PLAIN AUTH=X-ME AUTH=X-YOU SASL-IR")
	of := func(name string) sasl.Authenticator {
		return sasl.Authenticator{Name: name, New: func(*sasl.Credentials, sasl.Channel) (sasl.Mechanism, error) { return named{name}, nil }}
	}
	s.RegisterAuthenticator(of("X-OTHER"))
	s.RegisterAuthenticator(of("X-ME"))
	s.authenticate(tim())
	s.wrote("A1 AUTHENTICATE X-ME bWU=\r\n")
	s.server("A1 NO no\r\n")
	credentials := tim()
	credentials.Authenticators = []sasl.Authenticator{of("X-YOU")}
	s.authenticate(credentials)
	s.wrote("A2 AUTHENTICATE X-YOU bWU=\r\n")
	s.server("A2 NO no\r\n")
	s.take()
	if len(credentials.Authenticators) != 1 {
		t.Errorf("the caller's credentials have %d authenticators, want 1", len(credentials.Authenticators))
	}
}

// A response that is too long for a command line waits for the first challenge.
func TestAuthenticateLongInitialResponse(t *testing.T) {
	long := func(n int) *sasl.Credentials {
		return &sasl.Credentials{Username: "t", Password: sasl.NewSecret(strings.Repeat("x", n)), Mechanisms: []string{"PLAIN"}}
	}
	const fits = 7900/4*3 - 3
	s := offering(t, "AUTH=PLAIN SASL-IR")
	s.authenticate(long(fits))
	if got, want := len(s.tr.Take()), len("A1 AUTHENTICATE PLAIN \r\n")+7900; got != want {
		t.Errorf("the longest: client sent %d bytes, want %d", got, want)
	}
	s.server("A1 NO no\r\n")
	s.authenticate(long(fits + 1))
	s.wrote("A2 AUTHENTICATE PLAIN\r\n")
	s.server("+ \r\n")
	if got, want := string(s.tr.Take()), b64("\x00t\x00"+strings.Repeat("x", fits+1))+"\r\n"; got != want {
		t.Errorf("client sent %d bytes, want the response of %d", len(got), len(want))
	}
	s.server("A2 NO no\r\n")
	s.take()
	s.authenticate(long(fits + 1))
	s.server("A3 OK believe me\r\n")
	s.closed(true)
	if events := s.take(); len(events) == 0 || !strings.Contains(events[0], "accepted before the client had identified its user") {
		t.Errorf("OK before it was sent: got %s, want it not to be believed", list(events))
	}
}
