package poplib_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/pop3/poplib"
	"github.com/tconn/tconn/protocols/sasl"
)

var errNoIdea = errors.New("no idea")

func TestAuth(t *testing.T) {
	type authobject = func(challenge []byte) ([]byte, error)
	echo := func(challenge []byte) ([]byte, error) { return append([]byte("re: "), challenge...), nil }
	for _, c := range []struct {
		name, script string
		authobject   authobject
		initial      []byte
		want         string
		err          error
	}{
		{"initial response", "C: AUTH X eA==\nS: +OK in", nil, []byte("x"), `"+OK in"`, nil},
		{"empty initial response", "C: AUTH X =\nS: +OK in", nil, []byte{}, `"+OK in"`, nil},
		{"one that does not fit", "C: AUTH X\nS: + \nC: " + strings.Repeat("eHh4", 100) + "\nS: +OK", nil, []byte(strings.Repeat("x", 300)), `"+OK"`, nil},
		{"nothing to say", "C: AUTH X\nS: +OK", nil, nil, `"+OK"`, nil},
		{"challenges", "C: AUTH X\nS: + YQ==\nC: cmU6IGE=\nS: +\nC: cmU6IA==\nS: +OK", echo, nil, `"+OK"`, nil},
		{"empty answer", "C: AUTH X\nS: + \nC:\nS: +OK", func([]byte) ([]byte, error) { return nil, nil }, nil, `"+OK"`, nil},
		{"refused", "C: AUTH X\nS: + \nC: cmU6IA==\nS: -ERR [AUTH] no\nC: NOOP\nS: +OK", echo, nil, "error_proto(b'-ERR [AUTH] no')", pop3.ErrAuth},
		{"a challenge that nobody answers", "C: AUTH X\nS: + \nC: *\nS: -ERR cancelled\nC: NOOP\nS: +OK", nil, nil,
			"pop3: AUTH: poplib: the server has a challenge, and there is no authobject to answer it", nil},
		{"authobject fails", "C: AUTH X\nS: + \nC: *\nS: -ERR cancelled\nC: NOOP\nS: +OK", func([]byte) ([]byte, error) { return nil, errNoIdea }, nil,
			"pop3: AUTH: no idea", errNoIdea},
		{"authobject gives up", "C: AUTH X\nS: + \nC: *\nS: -ERR cancelled\nC: NOOP\nS: +OK", func([]byte) ([]byte, error) { return []byte("*"), nil }, nil,
			"pop3: AUTH: poplib: the authobject has ended the exchange", nil},
		{"both", "", echo, []byte("x"), "pop3: bad argument 3 of AUTH: authobject and initialResponse are mutually exclusive", nil},
		{"cut off", "C: AUTH X\nS: + \nC: cmU6IA==\nclose", echo, nil, "error_proto('-ERR EOF')", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := open(t, poplib.Options{}, "S: +OK\n"+c.script)
			line, err := p.Auth("X", c.authobject, c.initial)
			if got := status(line, err); got != c.want || c.err != nil && !errors.Is(err, c.err) {
				t.Errorf("got %s, want %s that matches %v", got, c.want, c.err)
			}
			if strings.Contains(c.script, "NOOP") {
				if got, want := status(p.Noop()), `"+OK"`; got != want {
					t.Errorf("afterwards: got %s, want %s", got, want)
				}
			}
		})
	}
}

func TestSignIn(t *testing.T) {
	p := open(t, poplib.Options{}, "S: +OK\nC: CAPA\nS: +OK\nS: SASL PLAIN\nS: .\nC: AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS: +OK in")
	got := status(p.SignIn(&sasl.Credentials{Username: "alice", Password: sasl.NewSecret("secret")}))
	if want := `"+OK in"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
