package imap4_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// prompt is a mechanism that answers at once, although it could block: a clock in memory has nobody to work beside it.
type prompt struct{ sasl.Mechanism }

func (p prompt) Finish(verdict error) error {
	if f, ok := p.Mechanism.(sasl.Finisher); ok {
		return f.Finish(verdict)
	}
	return verdict
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// nonce is a source of chance that makes this nonce, which is base64.
func nonce(text string) *base64Reader { return &base64Reader{text} }

type base64Reader struct{ text string }

func (r *base64Reader) Read(p []byte) (int, error) {
	return base64.NewDecoder(base64.StdEncoding, strings.NewReader(r.text)).Read(p)
}

func tim() *sasl.Credentials {
	return &sasl.Credentials{Username: "tim", Password: sasl.NewSecret("tanstaaftanstaaf")}
}

func pencil(nonceText string) *sasl.Credentials {
	return &sasl.Credentials{Username: "user", Password: sasl.NewSecret("pencil"), Rand: nonce(nonceText)}
}

func fixedToken(value string) sasl.TokenSource {
	return sasl.TokenFunc(func(context.Context) (sasl.Token, error) { return sasl.Token{Value: sasl.NewSecret(value)}, nil })
}

// made is the mechanism without the error that there is none of.
func made(m sasl.Mechanism, err error) sasl.Mechanism {
	if err != nil {
		panic(err)
	}
	return prompt{m}
}

// conversation is a mechanism's part in an AUTHENTICATE: the initial response, and challenges with their answers, in the clear.
type conversation struct {
	name    string
	make    func() sasl.Mechanism
	initial string // "-" for none
	rounds  [][2]string
}

const (
	scram1Nonce = "fyko+d2lbbFgONRv9qkxdawL"
	scram1First = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"
	scram1Proof = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
	scram1Final = "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="
)

// The examples of the RFCs.
var conversations = []conversation{
	{"PLAIN", func() sasl.Mechanism { return made(sasl.NewPlain(tim())) }, "\x00tim\x00tanstaaftanstaaf", nil},
	{"LOGIN", func() sasl.Mechanism { return made(sasl.NewLogin(tim())) }, "-",
		[][2]string{{"Username:", "tim"}, {"Password:", "tanstaaftanstaaf"}}},
	{"CRAM-MD5", func() sasl.Mechanism { return made(sasl.NewCRAMMD5(tim())) }, "-",
		[][2]string{{"<1896.697170952@postoffice.reston.mci.net>", "tim b913a602c7eda7a495b4e6e7334d3890"}}},
	{"SCRAM-SHA-1", func() sasl.Mechanism { return made(sasl.NewSCRAM(sasl.SHA1, pencil(scram1Nonce), false)) }, "n,,n=user,r=" + scram1Nonce,
		[][2]string{{scram1First, scram1Proof}, {scram1Final, ""}}},
	{"SCRAM-SHA-256", func() sasl.Mechanism {
		return made(sasl.NewSCRAM(sasl.SHA256, pencil("rOprNGfwEbeRWgbNEkqOAAAA"), true))
	},
		"y,,n=user,r=rOprNGfwEbeRWgbNEkqOAAAA", nil},
	{"OAUTHBEARER", func() sasl.Mechanism {
		return made(sasl.NewOAuthBearer(&sasl.Credentials{Username: "user@example.com", Token: fixedToken("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")},
			sasl.Channel{Host: "server.example.com", Port: 143}))
	}, "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01", nil},
	{"XOAUTH2", func() sasl.Mechanism {
		return made(sasl.NewXOAuth2(&sasl.Credentials{Username: "user@example.com", Token: fixedToken("vF9d")}))
	}, "user=user@example.com\x01auth=Bearer vF9d\x01\x01", nil},
	{"EXTERNAL", func() sasl.Mechanism { return made(sasl.NewExternal(&sasl.Credentials{})) }, "", nil},
	{"EXTERNAL as somebody else", func() sasl.Mechanism { return made(sasl.NewExternal(&sasl.Credentials{AuthorizationID: "fred"})) }, "fred", nil},
	{"ANONYMOUS", func() sasl.Mechanism { return made(sasl.NewAnonymous(&sasl.Credentials{Trace: "sirhc"})) }, "sirhc", nil},
}

func (s *session) authenticateWith(m sasl.Mechanism) {
	track(s.user, "AUTHENTICATE", s.AuthenticateWith(m))
}

func (s *session) authenticate(c *sasl.Credentials) {
	track(s.user, "AUTHENTICATE", s.Authenticate(c))
}

// offering is a session whose server has greeted with these capabilities.
func offering(t testing.TB, capabilities string) *session {
	t.Helper()
	s := start(t, newUser(nil))
	s.server("* OK [CAPABILITY IMAP4rev1 " + capabilities + "] ready\r\n")
	s.take()
	return s
}

func TestAuthenticateConversations(t *testing.T) {
	for _, c := range conversations {
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
func (c conversation) hold(t *testing.T, s *session, withCommand bool, cut reactortest.Chunking) {
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

// liar is a test of what a server may try in the exchange.
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

// named is a mechanism of that name.
type named struct{ name string }

func (m named) Name() string                                             { return m.name }
func (m named) Start(context.Context) ([]byte, bool, error)              { return []byte("me"), true, nil }
func (m named) Next(_ context.Context, challenge []byte) ([]byte, error) { return challenge, nil }

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

// A session that is cut off behind each of its bytes.
func TestAuthenticateLossBehindEachByte(t *testing.T) {
	with := func(m func() sasl.Mechanism) command {
		return command{"AUTHENTICATE", func(u *user) pending { return pend(u.AuthenticateWith(m())) }}
	}
	conversation := func(name string) conversation {
		return conversations[slices.IndexFunc(conversations, func(c conversation) bool { return c.name == name })]
	}
	scram, cram, login := conversation("SCRAM-SHA-1"), conversation("CRAM-MD5"), conversation("LOGIN")
	greeting := "* OK [CAPABILITY IMAP4rev1] ready"
	for _, x := range []exchange{
		{"CRAM-MD5", []command{with(cram.make), noopCommand},
			[]string{greeting, "+ " + b64(cram.rounds[0][0]), "A1 OK [CAPABILITY IMAP4rev1] done", "A2 OK done"},
			[]string{"A1 OK [CAPABILITY IMAP4rev1] done", "A2 OK done"}},
		{"SCRAM-SHA-1", []command{with(scram.make), noopCommand},
			[]string{greeting, "+ ", "+ " + b64(scram1First), "+ " + b64(scram1Final), "A1 OK done", "A2 OK done"}, []string{"A1 OK done", "A2 OK done"}},
		{"LOGIN", []command{with(login.make), noopCommand}, []string{greeting, "+ VXNlcm5hbWU6", "+ UGFzc3dvcmQ6", "A1 OK done", "A2 OK done"},
			[]string{"A1 OK done", "A2 OK done"}},
	} {
		for _, e := range endings {
			if x.name == "SCRAM-SHA-1" && e.name != "clean end" {
				continue // deriving keys takes its time
			}
			t.Run(x.name+", "+e.name, func(t *testing.T) {
				input := strings.Join(x.server, "\r\n") + "\r\n"
				for n := 0; n <= len(input) && !t.Failed(); n++ {
					x.loseBehind(t, e, input[:n], reactortest.Whole)
					if x.name != "SCRAM-SHA-1" {
						x.loseBehind(t, e, input[:n], reactortest.Bytewise)
					}
				}
			})
		}
	}
}

// Under TLS the session is cut off behind each byte of the ciphertext that follows the handshake.
func TestAuthenticateLossUnderTLS(t *testing.T) {
	for n := 0; n < 1000; n++ {
		if events := loseUnderTLS(t, n); slices.Contains(events, "NOOP: ok") {
			wantEvents(t, events[:2], []string{"AUTHENTICATE: ok", "NOOP: ok"})
			if n < 120 { // four records at least, with 22 bytes each besides what is said
				t.Errorf("all was said in %d bytes, want at least 120", n)
			}
			return
		}
		if t.Failed() {
			t.Fatalf("the connection was lost behind %d bytes", n)
		}
	}
	t.Error("the session never came to its end")
}

// loseUnderTLS lets n bytes through once the hands are shaken, and answers what happened to the commands.
func loseUnderTLS(t *testing.T, n int) []string {
	t.Helper()
	r := reactortest.NewReactor()
	defer r.Close()
	r.Network().SetHost("localhost", "192.0.2.1")
	_, err := r.ListenTLS(993, reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
		return &script{greeting: "* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] ready\r\n", ended: make(chan struct{}), answers: map[string]string{
			"AUTHENTICATE LOGIN": "+ VXNlcm5hbWU6\r\n", "dGlt": "+ UGFzc3dvcmQ6\r\n", b64("tanstaaftanstaaf"): "TAG OK welcome\r\n", "NOOP": "TAG OK done\r\n"}}
	}), serverTLS())
	if err != nil {
		t.Fatal(err)
	}
	u := &user{}
	u.made = func(u *user) {
		through := 0
		flow := r.Network().Conns()[0].ToClient()
		flow.SetWindow(1)
		flow.SetChunking(func(int) int {
			if through++; through >= n {
				flow.Cut()
			}
			return 1
		})
		if n == 0 {
			flow.Cut()
		}
		track(u, "AUTHENTICATE", u.Authenticate(tim()))
		u.noop()
	}
	r.ConnectTLS("localhost", 993, &single{u: u}, trusting())
	r.Flush()
	if u.Transport() == nil {
		t.Fatal("the hands were not shaken")
	}
	u.Transport().AbortConnection()
	r.Flush()
	events := u.take()
	if commands := len(events) - 1; commands != 2 || !strings.HasPrefix(events[2], "lost: ") {
		t.Errorf("got %s, want an end of both commands, and the loss", list(events))
	}
	if slices.Contains(events, "AUTHENTICATE: ok") && n < 100 {
		t.Errorf("logged in behind %d bytes: %s", n, list(events))
	}
	return events
}

// single is the factory of one client.
type single struct {
	reactor.BaseClientFactory
	u *user
}

func (f *single) BuildProtocol(net.Addr) reactor.Protocol { return f.u }
