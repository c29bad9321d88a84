package pop3_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/sasl"
)

var _ pop3.Trace = (*policies.Transcript)(nil)

// No password is in anything that is printed, in any form it has on the wire.
func TestNoSecretIsShown(t *testing.T) {
	const password = "hunter2 secret"
	credentials := &sasl.Credentials{Username: "alice", Password: sasl.NewSecret(password)}
	token := &sasl.Credentials{Username: "alice", Token: fixedToken(password)}
	digest := fmt.Sprintf("%x", md5.Sum([]byte("<1896.697170952@dbc.mtview.ca.us>"+password)))
	for name, issue := range map[string]func(u *user){
		"Login":                    func(u *user) { track(u, "x", u.Login("alice", password)) },
		"Pass":                     func(u *user) { track(u, "x", u.User("alice")); track(u, "y", u.Pass(password)) },
		"APOP":                     func(u *user) { track(u, "x", u.APOP("alice", password)) },
		"PLAIN":                    func(u *user) { track(u, "x", u.Authenticate(credentials)) },
		"SignIn":                   func(u *user) { track(u, "x", u.SignIn(credentials)) },
		"LOGIN":                    func(u *user) { track(u, "x", u.AuthenticateWith(made(sasl.NewLogin(credentials)))) },
		"CRAM-MD5":                 func(u *user) { track(u, "x", u.AuthenticateWith(made(sasl.NewCRAMMD5(credentials)))) },
		"XOAUTH2":                  func(u *user) { track(u, "x", u.AuthenticateWith(made(sasl.NewXOAuth2(token)))) },
		"with a control character": func(u *user) { track(u, "x", u.Login("alice", password+"\r\n")) },
		"refused":                  func(u *user) { track(u, "x", u.SendCommand("PASS", password)) },
	} {
		for _, end := range []string{"+OK\r\n", "-ERR no\r\n", "+ \r\n", "lost", "silence", "garbage\r\n", "queued"} {
			t.Run(name+", "+strings.TrimSpace(end), func(t *testing.T) {
				var out bytes.Buffer
				trace := policies.NewTranscript(&out)
				s := greeted(t, &pop3.Options{AllowInsecureAuth: true, Trace: trace})
				issue(s.user)
				fmt.Fprintf(&out, "%v %+v %v %+v\n", &s.Client, &s.Client, s.user, s.user)
				for range 4 {
					switch end {
					case "lost":
						s.tr.Lose(nil)
					case "silence":
						s.clock.Advance(time.Hour)
					case "queued":
					default:
						answer := end
						if strings.HasSuffix(string(s.tr.Take()), "CAPA\r\n") {
							answer = "+OK\r\nSASL PLAIN LOGIN\r\n.\r\n"
						}
						s.server(answer)
					}
				}
				s.end()
				fmt.Fprintf(&out, "%v %+v\n%s", &s.Client, &s.Client, list(s.take()))
				trace.Flush()
				shown := out.String()
				for _, form := range []string{"hunter2", "secret", b64(password)[:12], b64("\x00alice\x00" + password)[:16],
					b64("user=alice\x01auth=Bearer " + password)[:40], fmt.Sprintf("%x", "hunter2"), fmt.Sprint([]byte("hunter2"))[1:20], digest} {
					if strings.Contains(shown, form) {
						t.Errorf("what is shown has %q in it:\n%s", form, shown)
					}
				}
				for _, word := range strings.Fields(shown) {
					if decoded, err := base64.StdEncoding.DecodeString(word); err == nil && strings.Contains(string(decoded), "hunter2") {
						t.Errorf("what is shown has %q in it", word)
					}
				}
			})
		}
	}
}

// A trace is the session as it was, but for the secrets.
func TestTrace(t *testing.T) {
	var out bytes.Buffer
	trace := policies.NewTranscript(&out)
	s := greeted(t, &pop3.Options{AllowInsecureAuth: true, Trace: trace})
	drop(s.APOP("alice", "hunter2"))
	s.server("-ERR no\r\n")
	drop(s.AuthenticateWith(plain(t)))
	s.server("-ERR\r\n")
	drop(s.AuthenticateWith(made(sasl.NewLogin(tim()))))
	s.server("+ \r\n")
	s.server("+ ?\r\n")
	s.server("-ERR\r\n")
	drop(s.Login("alice", "hunter2"))
	s.server("+OK\r\n")
	s.server("+OK in\r\n")
	drop(s.Retr(1))
	s.server("+OK\r\n..\r\n")
	s.server(".\r\n")
	trace.Flush()
	const want = `S: +OK ready <1896.697170952@dbc.mtview.ca.us>
C: APOP alice ***
S: -ERR no
C: AUTH PLAIN ***
S: -ERR
C: AUTH LOGIN
S= "+ \r\n"
C: ***
S: + ?
C: *
S: -ERR
C: USER alice
S: +OK
C: PASS ***
S: +OK in
C: RETR 1
S: +OK
S: ..
S: .
`
	if got := out.String(); got != want {
		t.Errorf("trace:\n got %s\nwant %s", got, want)
	}
}
