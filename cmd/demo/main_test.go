package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tconn runs the command and answers what it did.
func tconn(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return out.String(), errs.String(), code
}

const connected = "I have successfully connected to the server!\n"

// script is a server for one connection: it greets, and answers each command by its name.
type script struct {
	greeting string            // "" is silence, until the client goes
	answers  map[string]string // {TAG} stands for the tag; a command without an entry closes the connection
}

// serve starts the script on a port of its own and answers where, and what the client sent in the end.
func (s script) serve(t *testing.T) (port string, sent func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	go func() {
		defer l.Close()
		c, err := l.Accept()
		if err != nil {
			got <- ""
			return
		}
		defer c.Close()
		got <- s.talk(c)
	}()
	t.Cleanup(func() { l.Close() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, func() string { return <-got }
}

func (s script) talk(c net.Conn) (sent string) {
	if s.greeting == "" {
		all, _ := io.ReadAll(c)
		return string(all)
	}
	_, _ = io.WriteString(c, s.greeting)
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		sent += line
		if err != nil {
			return sent
		}
		tag, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		answer, known := s.answers[name]
		if !known {
			return sent
		}
		_, _ = io.WriteString(c, strings.ReplaceAll(answer, "{TAG}", tag))
	}
}

const byeOK = "* BYE see you\r\n{TAG} OK bye\r\n"

func TestCapabilities(t *testing.T) {
	tests := []struct{ name, answer, want string }{
		{"plain", "* CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN AUTH=LOGIN\r\n{TAG} OK done\r\n",
			"IMAP4rev1: None\nIDLE: None\nAUTH: ['PLAIN', 'LOGIN']\n"},
		{"mixed", "* CAPABILITY SORT SORT=DISPLAY X=Y=Z\r\n{TAG} OK done\r\n", "SORT: [None, 'DISPLAY']\nX: ['Y=Z']\n"},
		{"none", "{TAG} OK done\r\n", "Server did not return a capability list.\n"},
		{"control characters", "* CAPABILITY A\x1b[2J B=\x07\x9b'\r\n{TAG} OK done\r\n", "A\\x1b[2J: None\nB: ['\\x07\\x9b\\'']\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			port, sent := script{"* OK hello\r\n", map[string]string{"CAPABILITY": tt.answer, "LOGOUT": byeOK}}.serve(t)
			stdout, stderr, code := tconn(t, "127.0.0.1", port)
			if want := connected + tt.want; stdout != want || stderr != "" || code != exitOK {
				t.Errorf("got %q, stderr %q, code %d; want %q, nothing, 0", stdout, stderr, code, want)
			}
			if got, want := sent(), "A1 CAPABILITY\r\nA2 LOGOUT\r\n"; got != want {
				t.Errorf("the server got %q, want %q", got, want)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	ok := map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{TAG} OK done\r\n"}
	tests := []struct {
		name   string
		script script
		stderr string // a part of it
		code   int
	}{
		{"greeting BYE", script{"* BYE Too many connections\r\n", nil}, `the server said BYE "Too many connections"`, exitStrange},
		{"NO", script{"* OK hi\r\n", map[string]string{"CAPABILITY": "{TAG} NO not now\r\n"}}, `the server said NO "not now"`, exitStrange},
		{"BAD", script{"* OK hi\r\n", map[string]string{"CAPABILITY": "{TAG} BAD what\r\n"}}, `the server said BAD "what"`, exitStrange},
		{"end of file", script{"* OK hi\r\n", nil}, "Connection was closed cleanly", exitStrange},
		{"end of file at LOGOUT", script{"* OK hi\r\n", ok}, "Connection was closed cleanly", exitStrange},
		{"SMTP", script{"220 mail.example.org ESMTP\r\n", nil}, "does not greet as an IMAP server", exitStrange},
		{"HTTP", script{"HTTP/1.1 400 Bad Request\r\n", nil}, "does not greet as an IMAP server", exitStrange},
		{"escape sequence", script{"* BYE \x1b[31mred\r\n", nil}, `\x1b[31mred`, exitStrange},
		{"silence", script{}, "timed out after 300ms", exitTimeout},
		{"silence after the greeting", script{"* OK hi\r\n", map[string]string{"CAPABILITY": ""}}, "timed out after 300ms", exitTimeout},
		{"endless line", script{"* OK " + strings.Repeat("x", 100<<10), nil}, "limit Line", exitStrange},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			port, _ := tt.script.serve(t)
			stdout, stderr, code := tconn(t, "--timeout", "300ms", "127.0.0.1", port)
			if !strings.HasPrefix(stdout, connected) || code != tt.code || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("got stdout %q, stderr %q, code %d; want %q in stderr, code %d", stdout, stderr, code, tt.stderr, tt.code)
			}
			if strings.ContainsAny(stdout+stderr, "\x1b\x07") {
				t.Errorf("raw control characters in %q or %q", stdout, stderr)
			}
			if !strings.HasPrefix(stderr, "tconn: ") || strings.Count(stderr, "\n") != 1 {
				t.Errorf("stderr is %q, want one line that begins with tconn", stderr)
			}
		})
	}
}

func TestNoConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, closed, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	plain, _ := script{greeting: "* OK hi\r\n"}.serve(t)
	tests := []struct {
		name string
		args []string
		want string
		code int
	}{
		{"refused", []string{"127.0.0.1", closed}, "Client connection failed: Connection was refused by other side: 111: Connection refused.\n", exitConnect},
		{"no such name", []string{"no-such-host.invalid"}, "Client connection failed: DNS lookup failed: no-such-host.invalid.\n", exitName},
		{"timeout", []string{"--tls", "--insecure", "--timeout", "0.2", "127.0.0.1", silentPort(t)}, "Client connection failed: User timeout caused connection failure.\n", exitTimeout},
		{"no TLS there", []string{"--tls", "127.0.0.1", plain}, "Client connection failed: An SSL error occurred: tls: first record does not look like a TLS handshake.\n", exitTLS},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, code := tconn(t, tt.args...)
			if stdout != tt.want || stderr != "" || code != tt.code {
				t.Errorf("got %q, stderr %q, code %d; want %q, nothing, %d", stdout, stderr, code, tt.want, tt.code)
			}
		})
	}
}

// silentPort accepts and says nothing.
func silentPort(t *testing.T) string {
	port, _ := script{}.serve(t)
	return port
}

func TestUsage(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{nil, "HOST is missing"},
		{[]string{""}, "HOST is empty"},
		{[]string{"a", "b"}, "PORT must be a number"},
		{[]string{"a", "0"}, "PORT must be a number"},
		{[]string{"a", "65536"}, "PORT must be a number"},
		{[]string{"a:imap"}, "PORT must be a number"},
		{[]string{"a:1", "2"}, "PORT is given twice"},
		{[]string{"imap://a"}, "not a URL"},
		{[]string{"imaps://a:993/"}, "not a URL"},
		{[]string{"completion", "b"}, "PORT must be a number"},
		{[]string{"help", "b"}, "PORT must be a number"},
		{[]string{"a", "1", "2"}, "at most 2 arg"},
		{[]string{"--no-such-flag"}, "unknown flag"},
		{[]string{"--timeout", "0", "a"}, "must be a time above zero"},
		{[]string{"--timeout", "-1s", "a"}, "must be a time above zero"},
		{[]string{"--timeout", "soon", "a"}, "must be a time above zero"},
		{[]string{"--embedded", "a"}, "no HOST"},
		{[]string{"--embedded", "--tls"}, "does not speak TLS"},
		{[]string{"--insecure", "a"}, "go with --tls"},
		{[]string{"--tls", "--ca", "x", "--insecure", "a"}, "contradict"},
		{[]string{"--tls", "--ca", "/no/such/file", "a"}, "no such file"},
		{[]string{"--tls", "--ca", "main_test.go", "a"}, "no certificate in main_test.go"},
		{[]string{"\x1b[2J", "x"}, "PORT must be a number"},
	}
	for _, tt := range tests {
		stdout, stderr, code := tconn(t, tt.args...)
		if stdout != "" || code != exitUsage || !strings.Contains(stderr, tt.want) {
			t.Errorf("tconn %q: got stdout %q, stderr %q, code %d; want %q in stderr and code 2", tt.args, stdout, stderr, code, tt.want)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	stdout, _, code := tconn(t, "--help")
	if code != exitOK || !strings.Contains(stdout, "tconn HOST [PORT]") || !strings.Contains(stdout, "--embedded") {
		t.Errorf("help: code %d, %q", code, stdout)
	}
	stdout, _, code = tconn(t, "--version")
	if code != exitOK || !strings.HasPrefix(stdout, "tconn version ") {
		t.Errorf("version: code %d, %q", code, stdout)
	}
}

func TestEmbedded(t *testing.T) {
	stdout, stderr, code := tconn(t, "--embedded", "-v")
	if want := connected + "IMAP4rev1: None\nLITERAL+: None\nUNSELECT: None\n"; stdout != want || code != exitOK {
		t.Errorf("got %q, code %d; want %q, 0", stdout, code, want)
	}
	for _, line := range []string{"S: * OK ", "C: A1 CAPABILITY\n", "S: A1 OK ", "C: A2 LOGOUT\n", "S: * BYE ", "S: A2 OK "} {
		if !strings.Contains(stderr, line) {
			t.Errorf("%q is missing in the transcript:\n%s", line, stderr)
		}
	}
}

func TestHostPort(t *testing.T) {
	port, _ := script{"* OK hello\r\n", map[string]string{"CAPABILITY": "{TAG} OK\r\n", "LOGOUT": byeOK}}.serve(t)
	if _, stderr, code := tconn(t, "127.0.0.1:"+port); code != exitOK {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
}

func TestSeconds(t *testing.T) {
	for text, want := range map[string]time.Duration{"5": 5 * time.Second, "0.5": 500 * time.Millisecond, "2m": 2 * time.Minute} {
		var s seconds
		if err := s.Set(text); err != nil || time.Duration(s) != want {
			t.Errorf("%q: got %v, %v; want %v", text, time.Duration(s), err, want)
		}
	}
}
