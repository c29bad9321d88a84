package integration

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/internal/mailservers"
)

const connected = "I have successfully connected to the server!\n"

// rawCapability asks the server without any code of this module.
func rawCapability(t *testing.T, c net.Conn) string {
	t.Helper()
	defer c.Close()
	in := bufio.NewReader(c)
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(c, "x CAPABILITY\r\n")
	line, err := in.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "* CAPABILITY ") {
		t.Fatalf("got %q, %v; want a CAPABILITY line", line, err)
	}
	return strings.TrimSpace(line)
}

func TestTconnOnDovecot(t *testing.T) {
	s := mailservers.Dovecot(t)
	plain, err := net.Dial("tcp", s.IMAPAddr())
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := tls.Dial("tcp", s.IMAPSAddr(), &tls.Config{RootCAs: s.RootCAs(t), ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		raw  net.Conn
		args []string
	}{
		{"plain", plain, []string{"127.0.0.1", strconv.Itoa(s.IMAPPort)}},
		{"TLS", encrypted, []string{"--tls", "--ca", s.CAFile, "localhost", strconv.Itoa(s.IMAPSPort)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			capability := rawCapability(t, tt.raw)
			stdout, stderr, code := runTconn(t, append(tt.args, "-v")...)
			if want := connected + expectedLines(capability); stdout != want || code != 0 {
				t.Errorf("stdout, code %d:\n got %q\nwant %q", code, stdout, want)
			}
			wantInOrder(t, stderr, "S: * OK ", "C: A1 CAPABILITY\n", "S: "+capability+"\n", "S: A1 OK ", "C: A2 LOGOUT\n", "S: * BYE ", "S: A2 OK ")
			quiet, stderr, _ := runTconn(t, tt.args...)
			if quiet != stdout || stderr != "" {
				t.Errorf("without -v: stdout %q, stderr %q; want the same and nothing", quiet, stderr)
			}
		})
	}
}

// wantInOrder fails unless each part follows the one before it.
func wantInOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("%q is missing, or not in its place, in:\n%s", part, text)
		}
		rest = after
	}
}

func TestTconnVerifiesDovecot(t *testing.T) {
	s := mailservers.Dovecot(t)
	imaps := strconv.Itoa(s.IMAPSPort)
	tests := []struct {
		name, want string
		code       int
		args       []string
	}{
		{"unknown authority", "certificate signed by unknown authority", 60, []string{"--tls", "localhost", imaps}},
		{"not verified on request", "IMAP4rev1: None", 0, []string{"--tls", "--insecure", "127.0.0.1", imaps}},
		{"no TLS on that port", "An SSL error occurred: tls: first record does not look like a TLS handshake.", 35, []string{"--tls", "localhost", strconv.Itoa(s.IMAPPort)}},
		{"TLS port in the clear", "timed out after 1s", 28, []string{"--timeout", "1", "127.0.0.1", imaps}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, code := runTconn(t, tt.args...)
			if code != tt.code || !strings.Contains(stdout+stderr, tt.want) {
				t.Errorf("got code %d, stdout %q, stderr %q; want code %d and %q", code, stdout, stderr, tt.code, tt.want)
			}
		})
	}
}

// An interrupted run ends at once, in order, and says so.
func TestTconnInterrupted(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	cmd := exec.Command(tconnBinary(t), "127.0.0.1", port)
	stderr := &strings.Builder{}
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != connected {
		t.Fatalf("got %q, %v; want %q", line, err, connected)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, stdout)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 || stderr.String() != "tconn: interrupted\n" {
		t.Errorf("got code %d, stderr %q; want 130 and the word interrupted", code, stderr)
	}
}

// A second signal ends a run that cannot end in order, because nobody takes what it prints.
func TestTconnInterruptedWhilePrinting(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprint(c, "* OK hi\r\n* CAPABILITY")
		for i := range 990 { // far more than a pipe holds
			fmt.Fprintf(c, " X%0200d", i)
		}
		fmt.Fprint(c, "\r\nA1 OK done\r\n")
		_, _ = io.Copy(io.Discard, c)
	}()
	cmd := exec.Command(tconnBinary(t), l.Addr().String())
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, len(connected)+1)); err != nil { // the first list line has begun
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { _, err := cmd.Process.Wait(); ended <- err }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 250 {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
			return
		case <-tick.C:
		}
	}
	_ = cmd.Process.Kill()
	<-ended
	t.Error("250 interrupts did not end it")
}
