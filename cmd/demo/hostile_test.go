package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tconn/tconn/reactor"
)

var errFull = errors.New("no space left on device")

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestOutputLost(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	tests := []struct {
		args []string
		code int
	}{
		{[]string{"--embedded"}, exitWrite},
		{[]string{"--help"}, exitWrite},
		{[]string{"--version"}, exitWrite},
		{[]string{closed}, exitConnect},
	}
	for _, tt := range tests {
		var errs bytes.Buffer
		code := run(tt.args, full{}, &errs)
		if want := "tconn: no space left on device\n"; code != tt.code || errs.String() != want {
			t.Errorf("tconn %q: got code %d, stderr %q; want %d, %q", tt.args, code, errs.String(), tt.code, want)
		}
	}
}

// A server that says BYE and keeps the connection has said what is the matter; --timeout only ends the wait.
func TestByeAndNoEnd(t *testing.T) {
	const capability = "* CAPABILITY IMAP4rev1\r\n{TAG} OK done\r\n"
	tests := []struct {
		name           string
		answers        map[string]string
		stdout, stderr string
		code           int
	}{
		{"to CAPABILITY", map[string]string{"CAPABILITY": "* BYE shutting down\r\n"},
			connected, "tconn: imap4: CAPABILITY: the server said BYE \"shutting down\"\n", exitStrange},
		{"to LOGOUT", map[string]string{"CAPABILITY": capability, "LOGOUT": "* BYE see you\r\n"},
			connected + "IMAP4rev1: None\n", "", exitOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			port, _ := script{"* OK hi\r\n", tt.answers}.serve(t)
			stdout, stderr, code := tconn(t, "--timeout", "300ms", "127.0.0.1", port)
			if stdout != tt.stdout || stderr != tt.stderr || code != tt.code {
				t.Errorf("got %q, stderr %q, code %d; want %q, %q, %d", stdout, stderr, code, tt.stdout, tt.stderr, tt.code)
			}
		})
	}
}

// The end of --timeout is an abort: a server that goes on sending cannot draw out the goodbye.
func TestTimeoutAborts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ended := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			ended <- err
			return
		}
		defer c.Close()
		_, err = io.Copy(io.Discard, c)
		ended <- err
	}()
	_, _, code := tconn(t, "--timeout", "200ms", l.Addr().String())
	if err := <-ended; code != exitTimeout || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got code %d and the server's end %v; want %d and a reset", code, err, exitTimeout)
	}
}

// What the wire's line limit does not count is bounded for this command, which keeps no long response.
func TestResponseIsBounded(t *testing.T) {
	port, _ := script{"* OK hi\r\n* X " + strings.Repeat("(", responseLimit), nil}.serve(t)
	_, stderr, code := tconn(t, "127.0.0.1", port)
	if want := fmt.Sprintf("limit Response of %d exceeded", responseLimit); code != exitStrange || !strings.Contains(stderr, want) {
		t.Errorf("got code %d, stderr %q; want %d, %q", code, stderr, exitStrange, want)
	}
}

func TestLongTextIsCut(t *testing.T) {
	port, _ := script{"* BYE " + strings.Repeat("\x1b", 60_000) + "\r\n", nil}.serve(t)
	_, stderr, code := tconn(t, "127.0.0.1", port)
	if len(stderr) > maxShown+20 || !strings.HasSuffix(stderr, "...\n") || code != exitStrange {
		t.Errorf("got code %d, %d bytes that end in %q; want %d, at most %d, three dots", code, len(stderr), last(stderr, 20), exitStrange, maxShown+20)
	}
}

func last(s string, n int) string { return s[max(len(s)-n, 0):] }

// A reactor that cannot start aborts the attempt; its own error is the news, and the only line.
func TestOwnAbortIsNoNews(t *testing.T) {
	var stdout, stderr bytes.Buffer
	a := newApp(&target{}, &stdout, &stderr)
	a.ctx = context.Background()
	(&factory{app: a}).ClientConnectionFailed(nil, &reactor.ConnectError{Kind: reactor.ErrUserAbort})
	if stdout.Len()+stderr.Len() != 0 {
		t.Errorf("got %q and %q, want nothing", stdout.String(), stderr.String())
	}
}

func TestEndlessCAFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, maxCAFile+1); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := tconn(t, "--tls", "--ca", name, "a")
	if want := "ca.pem is larger than"; code != exitUsage || !strings.Contains(stderr, want) {
		t.Errorf("got code %d, stderr %q; want %d, %q", code, stderr, exitUsage, want)
	}
}
