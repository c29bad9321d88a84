package poplib_test

import (
	"crypto/tls"
	"errors"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/pop3/poplib"
	"github.com/tconn/tconn/protocols/sasl"
)

// session is a server's part that has most in it.
const session = `
S: +OK ready <1896.697170952@dbc.mtview.ca.us>
C: APOP mrose c4c9334bac560ecc979e58001b3e22fb
S: -ERR no APOP
C: USER alice
S: +OK
C: PASS it's "secret"
S: +OK Logged in.
C: STAT
S: +OK 1 110293
C: RETR 1
S: +OK 4 octets
S: ..
S: it's
S: .
C: LIST 9
S: -ERR There's no message 9.
C: QUIT
S: +OK bye`

func debugSession(p *poplib.POP3) {
	_, _ = p.APOP("mrose", "tanstaaf")
	_, _ = p.User("alice")
	_, _ = p.Pass(`it's "secret"`)
	_, _, _ = p.Stat()
	_, _ = p.Retr(1)
	_, _ = p.ListOne(9)
	_, _ = p.Quit()
	_, _ = p.Noop()
}

// The levels print what poplib has printed for this session, but for the secrets.
func TestDebugLevels(t *testing.T) {
	const digest, quoted = "c4c9334bac560ecc979e58001b3e22fb", `it\'s "secret"`
	level1 := `*cmd* 'APOP mrose DIGEST'
*cmd* 'USER alice'
*cmd* 'PASS PASSWORD'
*cmd* 'STAT'
*stat* [b'+OK', b'1', b'110293']
*cmd* 'RETR 1'
*cmd* 'LIST 9'
*cmd* 'QUIT'
*cmd* 'NOOP'
`
	level2 := `*cmd* 'APOP mrose DIGEST'
*put* b'APOP mrose DIGEST'
*get* b'-ERR no APOP\r\n'
*resp* b'-ERR no APOP'
*cmd* 'USER alice'
*put* b'USER alice'
*get* b'+OK\r\n'
*resp* b'+OK'
*cmd* 'PASS PASSWORD'
*put* b'PASS PASSWORD'
*get* b'+OK Logged in.\r\n'
*resp* b'+OK Logged in.'
*cmd* 'STAT'
*put* b'STAT'
*get* b'+OK 1 110293\r\n'
*resp* b'+OK 1 110293'
*stat* [b'+OK', b'1', b'110293']
*cmd* 'RETR 1'
*put* b'RETR 1'
*get* b'+OK 4 octets\r\n'
*resp* b'+OK 4 octets'
*get* b'..\r\n'
*get* b"it's\r\n"
*get* b'.\r\n'
*cmd* 'LIST 9'
*put* b'LIST 9'
*get* b"-ERR There's no message 9.\r\n"
*resp* b"-ERR There's no message 9."
*cmd* 'QUIT'
*put* b'QUIT'
*get* b'+OK bye\r\n'
*resp* b'+OK bye'
*cmd* 'NOOP'
`
	for _, c := range []struct {
		name  string
		level int
		show  bool
		want  string
	}{
		{"0", 0, false, ""},
		{"below 0", -1, false, ""},
		{"1", 1, false, strings.NewReplacer("DIGEST", "***", "PASSWORD", "***").Replace(level1)},
		{"1 with secrets", 1, true, strings.NewReplacer("DIGEST", digest, "PASSWORD", quoted).Replace(level1)},
		{"2", 2, false, strings.NewReplacer("DIGEST", "***", "PASSWORD", "***").Replace(level2)},
		{"2 with secrets", 2, true, strings.NewReplacer("DIGEST", digest, "PASSWORD", quoted).Replace(level2)},
		{"above 2", 9, false, strings.NewReplacer("DIGEST", "***", "PASSWORD", "***").Replace(level2)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			p := open(t, poplib.Options{DebugOutput: &out, ShowSecrets: c.show}, session)
			p.SetDebugLevel(c.level)
			debugSession(p)
			if got := out.String(); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// A command that is refused because it has a method is printed without its secret, too.
func TestDebugOfRefusedSecrets(t *testing.T) {
	var out strings.Builder
	p := open(t, poplib.Options{DebugOutput: &out}, "S: +OK")
	p.SetDebugLevel(1)
	for _, line := range []string{"PASS hunter2", "AUTH PLAIN hunter2", "apop alice hunter2", " pass hunter2", "PASS\thunter2", "PASS"} {
		_, short := p.ShortCmd(line)
		_, long := p.LongCmd(line)
		for _, err := range []error{short, long} {
			if !errors.As(err, new(*pop3.ArgumentError)) {
				t.Errorf("%q: got %v, want a *pop3.ArgumentError", line, err)
			}
		}
	}
	var want string
	for _, line := range []string{"PASS ***", "AUTH ***", "apop ***", " pass ***", `PASS\t***`, "PASS"} {
		want += strings.Repeat("*cmd* '"+line+"'\n", 2)
	}
	if got := out.String(); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// The end of the stream is an empty line to poplib, after what has come of the last one.
func TestDebugShowsTheEnd(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"C: NOOP\nclose", "*get* b''\n"},
		{"C: NOOP\nS= \"+OK par\"\nclose", "*get* b'+OK par'\n*get* b''\n"},
		{"C: NOOP\nS= \"\\r+OK\\n\"\nclose", "*get* b'\\r+OK\\n'\n*resp* b'+OK'\n"},
	} {
		var out strings.Builder
		p := open(t, poplib.Options{DebugOutput: &out}, "S: +OK\n"+c.script)
		p.SetDebugLevel(2)
		_, _ = p.Noop()
		if got, want := out.String(), "*cmd* 'NOOP'\n*put* b'NOOP'\n"+c.want; got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.script, got, want)
		}
	}
}

const authSession = `
S: +OK
C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
S: -ERR no
C: AUTH LOGIN
S: + VXNlcm5hbWU6
C: YWxpY2U=
S: + UGFzc3dvcmQ6
C: c2VjcmV0
S: +OK in
C: QUIT
S: +OK`

func TestDebugOfAuth(t *testing.T) {
	const level1 = `*cmd* 'AUTH PLAIN AGFsaWNlAHNlY3JldA=='
*cmd* 'AUTH LOGIN'
*cmd* 'YWxpY2U='
*cmd* 'c2VjcmV0'
*cmd* 'QUIT'
`
	const level2 = `*cmd* 'AUTH PLAIN AGFsaWNlAHNlY3JldA=='
*put* b'AUTH PLAIN AGFsaWNlAHNlY3JldA=='
*get* b'-ERR no\r\n'
*resp* b'-ERR no'
*cmd* 'AUTH LOGIN'
*put* b'AUTH LOGIN'
*get* b'+ VXNlcm5hbWU6\r\n'
*resp* b'+ VXNlcm5hbWU6'
*cmd* 'YWxpY2U='
*put* b'YWxpY2U='
*get* b'+ UGFzc3dvcmQ6\r\n'
*resp* b'+ UGFzc3dvcmQ6'
*cmd* 'c2VjcmV0'
*put* b'c2VjcmV0'
*get* b'+OK in\r\n'
*resp* b'+OK in'
*cmd* 'QUIT'
*put* b'QUIT'
*get* b'+OK\r\n'
*resp* b'+OK'
`
	hide := strings.NewReplacer("AGFsaWNlAHNlY3JldA==", "***", "YWxpY2U=", "***", "c2VjcmV0", "***")
	for _, c := range []struct {
		level int
		show  bool
		want  string
	}{
		{0, true, ""}, {1, true, level1}, {1, false, hide.Replace(level1)}, {2, true, level2}, {2, false, hide.Replace(level2)},
	} {
		var out strings.Builder
		p := open(t, poplib.Options{DebugOutput: &out, ShowSecrets: c.show}, authSession)
		p.SetDebugLevel(c.level)
		_, _ = p.Auth("PLAIN", nil, []byte("\x00alice\x00secret"))
		answers := []string{"alice", "secret"}
		_, err := p.Auth("LOGIN", func([]byte) ([]byte, error) {
			next := answers[0]
			answers = answers[1:]
			return []byte(next), nil
		}, nil)
		if err != nil {
			t.Errorf("level %d: %v", c.level, err)
		}
		_, _ = p.Quit()
		if got := out.String(); got != c.want {
			t.Errorf("level %d, secrets %v:\n got %s\nwant %s", c.level, c.show, got, c.want)
		}
	}
}

func TestDebugOfAuthCutOff(t *testing.T) {
	for level, want := range []string{"", "*cmd* 'AUTH X'\n", "*cmd* 'AUTH X'\n*put* b'AUTH X'\n*get* b''\n"} {
		var out strings.Builder
		p := open(t, poplib.Options{DebugOutput: &out}, "S: +OK\nC: AUTH X\nclose")
		p.SetDebugLevel(level)
		_, _ = p.Auth("X", nil, nil)
		if got := out.String(); got != want {
			t.Errorf("level %d:\n got %s\nwant %s", level, got, want)
		}
	}
}

func TestDebugOfSignInHidesSecrets(t *testing.T) {
	var out strings.Builder
	p := open(t, poplib.Options{DebugOutput: &out, ShowSecrets: true},
		"S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: .\nC: USER alice\nS: +OK\nC: PASS secret\nS: +OK in")
	p.SetDebugLevel(1)
	got, err := p.SignIn(&sasl.Credentials{Username: "alice", Password: sasl.NewSecret("secret")})
	if string(got) != "+OK in" || err != nil {
		t.Errorf("got %q, %v, want +OK in", got, err)
	}
	if want := "*cmd* 'CAPA'\n*cmd* 'USER alice'\n*cmd* 'PASS ***'\n"; out.String() != want {
		t.Errorf("\n got %s\nwant %s", out.String(), want)
	}
}

// What poplib has printed when it went under TLS.
func TestDebugOfSTLS(t *testing.T) {
	const script = `
S: +OK
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
S: +OK Begin TLS negotiation now.
starttls
C: USER test
S: +OK
C: QUIT
S: +OK`
	const want = `*cmd* 'CAPA'
*put* b'CAPA'
*get* b'+OK\r\n'
*resp* b'+OK'
*get* b'STLS\r\n'
*get* b'.\r\n'
*cmd* 'STLS'
*put* b'STLS'
*get* b'+OK Begin TLS negotiation now.\r\n'
*resp* b'+OK Begin TLS negotiation now.'
*cmd* 'USER test'
*put* b'USER test'
*get* b'+OK\r\n'
*resp* b'+OK'
*cmd* 'QUIT'
*put* b'QUIT'
*get* b'+OK\r\n'
*resp* b'+OK'
`
	var out strings.Builder
	p := open(t, poplib.Options{DebugOutput: &out, TLS: &tls.Config{RootCAs: trusted}}, script)
	p.SetDebugLevel(2)
	if got, want := status(p.STLS(nil)), `"+OK Begin TLS negotiation now."`; got != want {
		t.Errorf("STLS: got %s, want %s", got, want)
	}
	if got, want := status(p.STLS(nil)), `error_proto('-ERR TLS session already established')`; got != want {
		t.Errorf("second STLS: got %s, want %s", got, want)
	}
	_, _ = p.User("test")
	_, _ = p.Quit()
	if got := out.String(); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}
