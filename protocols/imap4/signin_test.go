package imap4_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/protocols/sasl"
)

func TestSignIn(t *testing.T) {
	password := tim()
	windows := &sasl.Credentials{Username: `CORP\tim`, Password: sasl.NewSecret("pass word")}
	only := func(mechanisms ...string) *sasl.Credentials {
		c := tim()
		c.Mechanisms = mechanisms
		return c
	}
	for _, test := range []struct {
		name, offered string
		tls, allow    bool
		credentials   *sasl.Credentials
		want          string  // what goes out; "" for nothing
		is            []error // then
		not           error
	}{
		{"a mechanism", "AUTH=PLAIN SASL-IR", true, false, password, "A1 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n", nil, nil},
		{"a mechanism where LOGIN is disabled", "AUTH=PLAIN LOGINDISABLED", true, false, password, "A1 AUTHENTICATE PLAIN\r\n", nil, nil},
		{"no mechanism", "IDLE", true, false, password, "A1 LOGIN tim tanstaaftanstaaf\r\n", nil, nil},
		{"none that fits", "AUTH=GSSAPI", true, false, password, "A1 LOGIN tim tanstaaftanstaaf\r\n", nil, nil},
		{"in the clear by option", "IDLE", false, true, password, "A1 LOGIN tim tanstaaftanstaaf\r\n", nil, nil},
		{"in the clear by the credentials", "IDLE", false, false, &sasl.Credentials{Username: "tim", Password: sasl.NewSecret("x"), AllowInsecure: true}, "A1 LOGIN tim x\r\n", nil, nil},
		{"PLAIN may be shown, and so may LOGIN", "IDLE", true, false, only("SCRAM-SHA-1", "plain"), "A1 LOGIN tim tanstaaftanstaaf\r\n", nil, nil},
		{"a user of Exchange", "AUTH=PLAIN AUTH=LOGIN SASL-IR", true, false, windows, "A1 LOGIN \"CORP\\\\tim\" \"pass word\"\r\n", nil, nil},
		{"a user of Exchange with a better mechanism", "AUTH=PLAIN AUTH=SCRAM-SHA-1", true, false, windows, "A1 AUTHENTICATE SCRAM-SHA-1\r\n", nil, nil},
		{"a user of Exchange where LOGIN is disabled", "AUTH=PLAIN LOGINDISABLED", true, false, windows, "A1 AUTHENTICATE PLAIN\r\n", nil, nil},

		{"in the clear", "IDLE", false, false, password, "", []error{imap4.ErrInsecureAuth}, imap4.ErrLoginDisabled},
		{"in the clear, PLAIN offered", "AUTH=PLAIN", false, false, password, "", []error{imap4.ErrInsecureAuth}, imap4.ErrLoginDisabled},
		{"LOGIN disabled", "LOGINDISABLED", true, false, password, "", []error{imap4.ErrLoginDisabled}, imap4.ErrInsecureAuth},
		{"LOGIN disabled, in the clear by option", "LOGINDISABLED STARTTLS", false, true, password, "", []error{imap4.ErrLoginDisabled}, imap4.ErrInsecureAuth},
		{"LOGIN disabled and in the clear", "LOGINDISABLED STARTTLS", false, false, password, "", []error{imap4.ErrInsecureAuth}, nil},
		{"only what does not show the password", "AUTH=PLAIN", true, false, only("SCRAM-SHA-256"), "", nil, imap4.ErrInsecureAuth},
		{"as somebody else", "IDLE", true, false, &sasl.Credentials{Username: "tim", Password: sasl.NewSecret("x"), AuthorizationID: "fred"}, "", nil, imap4.ErrInsecureAuth},
		{"without a password", "AUTH=PLAIN", true, false, &sasl.Credentials{Username: "tim"}, "", nil, imap4.ErrInsecureAuth},
		{"without a user", "AUTH=PLAIN", true, false, &sasl.Credentials{Password: sasl.NewSecret("x")}, "", nil, imap4.ErrInsecureAuth},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := newUser(nil)
			u.Options.AllowInsecureAuth = test.allow
			s := start(t, u)
			if test.tls {
				s.tr.SetTLS(underTLS)
			}
			s.server("* OK ready\r\n* CAPABILITY IMAP4rev1 " + test.offered + "\r\n")
			s.take()
			d := s.SignIn(test.credentials)
			if test.want != "" {
				s.wrote(test.want)
				track(s.user, "sign in", d)
				s.server("A1 OK done\r\n")
				if strings.Contains(test.want, "AHRp") || strings.Contains(test.want, "LOGIN tim") {
					s.happened("sign in: ok")
				}
				return
			}
			s.wrote("")
			_, err, _ := d.Result()
			var none *sasl.NoMechanismError
			if !errors.As(err, &none) {
				t.Fatalf("got %v, want *NoMechanismError", err)
			}
			wantUnsent(t, err, none, "AUTHENTICATE")
			for _, want := range test.is {
				if !errors.Is(err, want) {
					t.Errorf("got %v, want it to match %v", err, want)
				}
			}
			if test.not != nil && errors.Is(err, test.not) {
				t.Errorf("got %v, want it not to match %v", err, test.not)
			}
		})
	}
}

// LOGIN by SignIn is as good as Login: literals, refusals, and what was known before is forgotten.
func TestSignInByLogin(t *testing.T) {
	t.Run("literals and a challenge too many", func(t *testing.T) {
		s := offering(t, "")
		track(s.user, "sign in", s.SignIn(&sasl.Credentials{Username: "t\xc3\xadm", Password: sasl.NewSecret("a\r\nb")}))
		s.wrote("A2 CAPABILITY\r\n") // the greeting may have named a part
		s.server("* CAPABILITY IMAP4rev1\r\nA2 OK done\r\n")
		s.wrote("A1 LOGIN {4}\r\n")
		s.server("+ \r\n")
		s.wrote("t\xc3\xadm {4}\r\n")
		s.server("+ \r\n")
		s.wrote("a\r\nb\r\n")
		s.server("+ \r\nA1 OK done\r\n")
		s.wrote("")
		s.happened("sign in: ok")
		if caps, known := s.Capabilities(); known {
			t.Errorf("capabilities: got [%v], want none known", caps)
		}
	})
	t.Run("OK before the literal", func(t *testing.T) {
		s := offering(t, "AUTH=GSSAPI")
		track(s.user, "sign in", s.SignIn(&sasl.Credentials{Username: "tim", Password: sasl.NewSecret("a\r\nb")}))
		s.server("* CAPABILITY IMAP4rev1\r\nA2 OK done\r\nA1 OK welcome\r\n")
		s.closed(true)
	})
	t.Run("NO", func(t *testing.T) {
		s := offering(t, "")
		track(s.user, "sign in", s.SignIn(tim()))
		s.server("A2 BAD no such command\r\nA1 NO [AUTHENTICATIONFAILED] wrong\r\n")
		s.happened(`sign in failed: imap4: LOGIN: the server said NO [AUTHENTICATIONFAILED] "wrong"`)
	})
	t.Run("NUL", func(t *testing.T) {
		s := offering(t, "")
		d := s.SignIn(&sasl.Credentials{Username: "tim", Password: sasl.NewSecret("a\x00b")})
		s.server("A2 OK done\r\n")
		_, err, _ := d.Result()
		var bad *imap4.ArgumentError
		if !errors.As(err, &bad) || bad.Command != "LOGIN" || bad.Arg != 2 {
			t.Errorf("got %v, want *ArgumentError for argument 2 of LOGIN", err)
		}
		s.wrote("A2 CAPABILITY\r\n")
	})
	t.Run("cancel", func(t *testing.T) {
		s := offering(t, "")
		d := s.SignIn(tim())
		s.server("A2 OK done\r\n")
		d.Cancel()
		wantCancelled(t, d)
		s.server("A1 OK done\r\n")
		_, err, _ := s.SignIn(tim()).Result()
		wantUnsent(t, err, imap4.ErrState, "AUTHENTICATE")
	})
}

// Whatever a server in the clear offers, says or hides, it is not shown a secret.
func TestNoSecretGoesInTheClear(t *testing.T) {
	const secret = "hunter2secret"
	for name, server := range map[string]string{
		"STARTTLS is missing":            "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR] ready\r\n",
		"everything is offered":          "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR STARTTLS LITERAL+] ready\r\n",
		"nothing is offered":             "* OK ready\r\n",
		"PREAUTH":                        "* PREAUTH ready\r\n",
		"capabilities in the middle":     "* OK ready\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA4 OK done\r\nA5 OK done\r\nA6 OK done\r\n* CAPABILITY IMAP4rev1\r\n",
		"it asks for it":                 "* OK ready\r\n+ \r\n+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n+ \r\n+ \r\n",
		"a capability that claims TLS":   "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN X-TLS] begin TLS negotiation now\r\n",
		"it says that the client has it": "* OK ready\r\nA1 OK welcome\r\nA2 OK welcome\r\nA3 OK welcome\r\n+ \r\n",
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(nil)
			u.Options.AllowInsecureAuth = false
			s := start(t, u)
			for _, c := range []*sasl.Credentials{
				{Username: "tim", Password: sasl.NewSecret(secret)},
				{Username: "tim", Token: fixedToken(secret)},
				{Username: `CORP\tim`, Password: sasl.NewSecret(secret)},
			} {
				s.SignIn(c).Handle(nil, func(error) {})
				s.Authenticate(c).Handle(nil, func(error) {})
			}
			s.Login("tim", secret).Handle(nil, func(error) {})
			s.AuthenticateWith(made(sasl.NewPlain(&sasl.Credentials{Username: "tim", Password: sasl.NewSecret(secret)}))).Handle(nil, func(error) {})
			s.server(server)
			for i := range 20 {
				s.server(fmt.Sprintf("+ \r\nA%d OK done\r\n", i+1))
			}
			sent := string(s.tr.Written())
			for _, word := range []string{secret, "LOGIN", "AUTHENTICATE", "PLAIN", b64("\x00tim\x00" + secret)} {
				if strings.Contains(sent, word) {
					t.Errorf("the client sent %q, want no %s in it", sent, word)
				}
			}
		})
	}
}

// No password or token is in anything that is printed.
func TestAuthenticateShowsNoSecret(t *testing.T) {
	const secret = "hunter2secret"
	password := &sasl.Credentials{Username: "alice", Password: sasl.NewSecret(secret)}
	token := &sasl.Credentials{Username: "alice", Token: fixedToken(secret)}
	scram := &sasl.Credentials{Username: "alice", Password: sasl.NewSecret(secret), Rand: nonce(scram1Nonce)}
	first := "+ " + b64(scram1First) + "\r\n"
	for _, test := range []struct {
		name    string
		make    func() sasl.Mechanism
		answers []string
	}{
		{"PLAIN", func() sasl.Mechanism { return made(sasl.NewPlain(password)) }, []string{"+ \r\n"}},
		{"LOGIN", func() sasl.Mechanism { return made(sasl.NewLogin(password)) }, []string{"+ \r\n", "+ \r\n"}},
		{"CRAM-MD5", func() sasl.Mechanism { return made(sasl.NewCRAMMD5(password)) }, []string{"+ " + b64("<1>") + "\r\n"}},
		{"SCRAM-SHA-1", func() sasl.Mechanism { return made(sasl.NewSCRAM(sasl.SHA1, scram, false)) }, []string{"+ \r\n", first}},
		{"XOAUTH2", func() sasl.Mechanism { return made(sasl.NewXOAuth2(token)) }, []string{"+ \r\n", "+ " + b64(`{"status":"`+secret+`"}`) + "\r\n"}},
		{"OAUTHBEARER", func() sasl.Mechanism { return made(sasl.NewOAuthBearer(token, sasl.Channel{})) }, []string{"+ \r\n"}},
	} {
		for _, ir := range []string{"", "SASL-IR"} {
			for _, end := range []string{"A1 OK done\r\n", "A1 NO no\r\n", "* BYE out\r\n", "+ !\r\nA1 BAD no\r\n", "lost", "silence", "cancel"} {
				t.Run(fmt.Sprintf("%s, %q, %q", test.name, ir, end), func(t *testing.T) {
					var out bytes.Buffer
					trace := policies.NewTranscript(&out)
					u := newUser(nil)
					u.Options.Trace = trace
					s := start(t, u)
					s.server("* OK [CAPABILITY IMAP4rev1 " + ir + "] ready\r\n")
					d := u.AuthenticateWith(test.make())
					fmt.Fprintf(&out, "%v %+v %#v\n", d, u.Client, u.Client)
					d.Handle(nil, func(err error) { show(&out, err) })
					answers := test.answers
					if ir != "" && answers[0] == "+ \r\n" && test.name != "LOGIN" {
						answers = answers[1:]
					}
					for _, answer := range answers {
						if test.name == "XOAUTH2" && answer != "+ \r\n" {
							continue // what the server tells is its own
						}
						s.server(answer)
						fmt.Fprintf(&out, "%+v %#v\n", u.Client, u.Client)
					}
					switch end {
					case "lost":
						s.tr.Lose(nil)
					case "silence":
						s.clock.Advance(time.Hour)
					case "cancel":
						d.Cancel()
						s.server("+ \r\n")
					default:
						s.server(end)
					}
					s.end()
					trace.Flush()
					shown := out.String()
					for _, c := range strings.Split(string(s.tr.Written()), "\r\n") {
						for _, word := range strings.Fields(c)[min(3, len(strings.Fields(c))):] {
							if strings.Contains(shown, word) {
								t.Errorf("what is shown has the response %q in it:\n%s", word, shown)
							}
						}
						if c != "" && c != "*" && !strings.HasPrefix(c, "A1 ") && strings.Contains(shown, c) {
							t.Errorf("what is shown has the line %q in it:\n%s", c, shown)
						}
					}
					for _, form := range append(forms(secret)[:4], b64("\x00alice\x00"+secret)) {
						if strings.Contains(shown, form) {
							t.Errorf("what is shown has %q in it:\n%s", form, shown)
						}
					}
					if want := "C: A1 AUTHENTICATE " + test.name; !strings.Contains(shown, want) || !strings.Contains(shown, "***") {
						t.Errorf("shown: got\n%s, want %q and *** in it", shown, want)
					}
				})
			}
		}
	}
}

// A trace is the exchange as it was, but for what the client says.
func TestAuthenticateTrace(t *testing.T) {
	var out strings.Builder
	trace := policies.NewTranscript(&out)
	u := newUser(nil)
	u.Options.Trace = trace
	s := start(t, u)
	s.server("* OK [CAPABILITY IMAP4rev1 SASL-IR] ready\r\n")
	s.authenticateWith(made(sasl.NewPlain(tim())))
	s.server("+ \r\n")
	s.server("A1 BAD no\r\n")
	s.authenticateWith(made(sasl.NewExternal(&sasl.Credentials{})))
	s.server("A2 NO no\r\n")
	s.authenticateWith(made(sasl.NewLogin(tim())))
	s.server("+ VXNlcm5hbWU6\r\n")
	s.server("+ UGFzc3dvcmQ6\r\n")
	s.server("A3 OK done\r\n")
	trace.Flush()
	want := `S: * OK [CAPABILITY IMAP4rev1 SASL-IR] ready
C: A1 AUTHENTICATE PLAIN ***
S= "+ \r\n"
C: *
S: A1 BAD no
C: A2 AUTHENTICATE EXTERNAL ***
S: A2 NO no
C: A3 AUTHENTICATE LOGIN
S: + VXNlcm5hbWU6
C: ***
S: + UGFzc3dvcmQ6
C: ***
S: A3 OK done
`
	if got := out.String(); got != want {
		t.Errorf("trace:\n got %s\nwant %s", got, want)
	}
}
