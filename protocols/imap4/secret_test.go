package imap4_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/policies"
)

// tracer keeps the two directions apart.
type tracer struct{ client, server strings.Builder }

func (t *tracer) Client(p []byte) { t.client.Write(p) }
func (t *tracer) Server(p []byte) { t.server.Write(p) }

var _ imap4.Trace = (*policies.Transcript)(nil)

// No password is in anything that is printed, in any form it has on the wire.
func TestNoSecretIsShown(t *testing.T) {
	for _, test := range []struct{ name, greeting, password string }{
		{"atom", "* OK ready\r\n", "hunter2secret"},
		{"quoted", "* OK ready\r\n", `hunter2"sec\ret`},
		{"literal", "* OK ready\r\n", "hunter2\r\nsecret"},
		{"literal without asking", "* OK [CAPABILITY LITERAL+] ready\r\n", "hunter2s\xe9cret"},
		{"refused for NUL", "* OK ready\r\n", "hunter2\x00secret"},
	} {
		for _, end := range []string{"ok", "no", "bye", "lost", "silence", "cancel"} {
			t.Run(test.name+", "+end, func(t *testing.T) {
				var out bytes.Buffer
				trace := policies.NewTranscript(&out)
				u := newUser(nil)
				u.Options.Trace = trace
				s := start(t, u)
				s.server(test.greeting)
				d := u.Login("alice", test.password)
				fmt.Fprintf(&out, "%v %+v %#v\n", d, u.Client, u.Client)
				d.Handle(nil, func(err error) { show(&out, err) })
				u.Login("alice", test.password).Handle(nil, func(err error) { show(&out, err) })
				switch {
				case end == "lost":
					s.server("+ go")
				case strings.Contains(string(s.tr.Written()), "}\r\n") && !strings.Contains(string(s.tr.Written()), "+}"):
					s.server("+ go on\r\n")
				}
				switch end {
				case "ok":
					s.server("A1 OK done\r\n")
				case "no":
					s.server("A1 NO done\r\nA2 BAD no\r\n")
				case "bye":
					s.server("* BYE out\r\n")
					s.tr.Lose(nil)
				case "silence":
					s.clock.Advance(time.Hour)
				case "cancel":
					d.Cancel()
				}
				s.end()
				trace.Flush()
				shown := out.String()
				for _, secret := range forms(test.password) {
					if strings.Contains(shown, secret) {
						t.Errorf("what is shown has %q in it:\n%s", secret, shown)
					}
				}
				if sent := !strings.Contains(test.name, "refused"); strings.Contains(shown, "LOGIN alice ") != sent || strings.Contains(shown, "***") != sent {
					t.Errorf("shown as sent: want %v, got\n%s", sent, shown)
				}
			})
		}
	}
}

// A trace is the session as it was, but for the secrets.
func TestTrace(t *testing.T) {
	var out strings.Builder
	trace := policies.NewTranscript(&out)
	u := newUser(inTurn(login("alice", "hunter2"), login("bob", `hun"ter2`), login("caf\xc3\xa9", "hunter2\r\n"), noop))
	u.Options.Trace = trace
	s := start(t, u)
	for _, line := range []string{"* OK ready\r\n", "A1 NO\r\n", "A2 NO\r\n", "+ go on\r\n", "+ go on\r\n", "A3 OK done\r\n", "* 3 EXI", "STS\r\n", "A4 OK\x1b done\n"} {
		s.server(line)
	}
	trace.Flush()
	want := `S: * OK ready
C: A1 LOGIN alice ***
S: A1 NO
C: A2 LOGIN bob ***
S: A2 NO
C: A3 LOGIN {5}
S: + go on
C: café {***}
S: + go on
C: ***
S: A3 OK done
C: A4 NOOP
S: * 3 EXISTS
S= "A4 OK\x1b done\n"
`
	if got := out.String(); got != want {
		t.Errorf("trace:\n got %s\nwant %s", got, want)
	}
}

// forms are the ways in which a password, or half of one, could stand in a text.
func forms(password string) []string {
	return []string{
		password, "hunter2", "cret",
		base64.StdEncoding.EncodeToString([]byte(password)),
		fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%v", []byte("hunter2"))[1:20], fmt.Sprintf("%#v", []byte("hunter2"))[7:30],
		fmt.Sprintf("{%d", len(password)), // its length
	}
}

// show prints err, and all it wraps, in every way.
func show(out *bytes.Buffer, err error) {
	fmt.Fprintf(out, "%v|%+v|%#v|%s|%q\n", err, err, err, err, err)
	switch wrapped := err.(type) {
	case interface{ Unwrap() error }:
		if next := wrapped.Unwrap(); next != nil {
			show(out, next)
		}
	case interface{ Unwrap() []error }:
		for _, next := range wrapped.Unwrap() {
			show(out, next)
		}
	}
}
