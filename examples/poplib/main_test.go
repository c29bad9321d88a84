package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/exec.(*Cmd).watchCtx"))
}

// mails are what a server says that has two messages, and empty what one says that has none.
var (
	mails = map[string]string{
		"CAPA": "+OK\nUSER\nSTLS\n.", "STLS": "+OK begin", "USER alice": "+OK", "PASS secret": "+OK Logged in.",
		"STAT":    "+OK 2 99 octets",
		"TOP 1 0": "+OK\nSubject: it's \"Lunch\"\nFrom: bob\n\n.", "TOP 2 0": "+OK\n\n.",
		"LIST": "+OK 2 messages:\n1 60\n2 39\n.", "RETR 1": "+OK 60 octets\nSubject: it's \"Lunch\"\nFrom: bob\n\n..\nat 12's\t\x00\xff\\\n.",
		"QUIT": "+OK bye",
	}
	empty = map[string]string{
		"USER alice": "+OK", "PASS secret": "+OK", "STAT": "+OK 0 0", "LIST": "+OK no messages\n.", "QUIT": "+OK",
	}
)

const signedIn = "*cmd* 'USER alice'\n*cmd* 'PASS ***'\n"

const mailsShown = signedIn + `*cmd* 'STAT'
*stat* [b'+OK', b'2', b'99', b'octets']
2 messages, 99 octets
*cmd* 'TOP 1 0'
message 1 has 3 lines of header
*cmd* 'TOP 2 0'
message 2 has 1 lines of header
*cmd* 'LIST'
b'+OK 2 messages:'
b'1 60'
b'2 39'
12 octets
*cmd* 'RETR 1'
3 parts
b'Subject: it\'s "Lunch"'
b'From: bob'
b''
b'.'
b"at 12's\t\x00\xff\\"
*cmd* 'QUIT'
`

const emptyShown = signedIn + `*cmd* 'STAT'
*stat* [b'+OK', b'0', b'0']
0 messages, 0 octets
*cmd* 'LIST'
b'+OK no messages'
0 octets
*cmd* 'QUIT'
`

// Both forms print what the Python program prints, but for the password.
func TestPrograms(t *testing.T) {
	for _, c := range []struct {
		name, security string
		answers        map[string]string
		want           string
	}{
		{"in the clear", "plain", mails, mailsShown},
		{"empty mailbox", "plain", empty, emptyShown},
		{"TLS", "tls", mails, mailsShown},
		{"STLS", "stls", mails, "*cmd* 'CAPA'\n*cmd* 'STLS'\n" + mailsShown},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := listen(t, c.answers, c.security == "tls")
			t.Setenv("TCONN_PASSWORD", "secret")
			for _, form := range []string{"-deferred=false", "-deferred"} {
				args := []string{"-host", "127.0.0.1", "-port", strconv.Itoa(s.port()), "-user", "alice", form}
				if c.security == "plain" {
					args = append(args, "-insecure")
				} else {
					args = append(args, "-"+c.security, "-ca", s.ca)
				}
				var out strings.Builder
				err := run(&out, args)
				if got := out.String(); got != c.want || err != nil {
					t.Errorf("%s (%v):\n got %s\nwant %s", form, err, got, c.want)
				}
			}
			if got := strings.ReplaceAll(python(t, s, c.security), "PASS secret", "PASS ***"); got != c.want {
				t.Errorf("Python:\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// python runs the program that the forms follow, if there is a Python.
func python(t *testing.T, s *server, security string) string {
	t.Helper()
	interpreter, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("TCONN_REQUIRE_SERVERS") == "1" {
			t.Fatal("no python3 here, and TCONN_REQUIRE_SERVERS=1 asks for it")
		}
		t.Skip("no python3 here: the program was not compared with the original")
	}
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	cmd := exec.CommandContext(ctx, interpreter, filepath.Join("testdata", "example.py"), "127.0.0.1", strconv.Itoa(s.port()), "alice", security, s.ca)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("Python: %v", err)
	}
	return string(out)
}

func TestWhatGoesWrong(t *testing.T) {
	s := listen(t, map[string]string{"USER alice": "+OK", "PASS secret": "-ERR [AUTH] no", "CAPA": "+OK\n."}, false)
	port := strconv.Itoa(s.port())
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"refused", []string{"-insecure"}, "-ERR [AUTH] no"},
		{"password in the clear", nil, "not encrypted"},
		{"no STLS", []string{"-stls"}, "STLS"},
		{"no TLS", []string{"-tls"}, "TLS"},
		{"no such file", []string{"-password-file", "testdata/none"}, "no such file"},
		{"no certificate", []string{"-ca", "testdata/example.py"}, "no certificate"},
	} {
		t.Setenv("TCONN_PASSWORD", "secret")
		for _, form := range []string{"-deferred=false", "-deferred"} {
			var out strings.Builder
			err := run(&out, append([]string{"-host", "127.0.0.1", "-port", port, "-user", "alice", form}, c.args...))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: got %v, want an error with %q", c.name, form, err, c.want)
			}
			if strings.Contains(out.String()+err.Error(), "secret") {
				t.Errorf("%s, %s: got the password in %q, %v", c.name, form, out.String(), err)
			}
		}
	}
}

func TestPasswordFromAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := readPassword(file); got != "secret" || err != nil {
		t.Errorf("got %q, %v, want secret", got, err)
	}
}

// Nothing that a server says reaches the terminal as it is.
func TestErrorsAreShownEscaped(t *testing.T) {
	s := listen(t, map[string]string{"USER alice": "-ERR \x1b[2J"}, false)
	for form, want := range map[string]string{
		"-deferred=false": `error_proto(b'-ERR \x1b[2J')`, "-deferred": `pop3: USER: the server said "-ERR \x1b[2J"`,
	} {
		t.Setenv("TCONN_PASSWORD", "secret")
		err := run(io.Discard, []string{"-host", "127.0.0.1", "-port", strconv.Itoa(s.port()), "-user", "alice", "-insecure", form})
		if err == nil || shown(err) != want {
			t.Errorf("%s: got %v, want %s", form, err, want)
		}
	}
	if got, want := shown(io.EOF), "EOF"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
