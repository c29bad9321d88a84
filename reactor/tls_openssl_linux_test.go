package reactor_test

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tconn/tconn/reactor"
)

// openssl starts `openssl s_server` with this certificate and answers where it listens and its standard input and output. Its
// commands are lines: "k" updates the keys, "K" asks us to do so, too.
func openssl(t *testing.T, args ...string) (addr *net.TCPAddr, in *os.File, out *bufio.Reader) {
	t.Helper()
	dir := t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(self().cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "server.pem")
	both := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: self().cert.Certificate[0]})...)
	if err := os.WriteFile(file, both, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("openssl", append([]string{"s_server", "-accept", "127.0.0.1:0", "-cert", file, "-key", file}, args...)...)
	theirs, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	t.Cleanup(func() { _ = in.Close() })
	cmd.Stdin = theirs
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("openssl, which this test needs, does not start: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	out = bufio.NewReader(stdout)
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatalf("openssl ended: %v", err)
		}
		if _, at, ok := strings.Cut(line, "ACCEPT "); ok {
			a, err := net.ResolveTCPAddr("tcp", strings.TrimSpace(at))
			if err != nil {
				t.Fatal(err)
			}
			return a, in, out
		}
	}
}

// until reads lines until one contains text.
func until(t *testing.T, out *bufio.Reader, text string) {
	t.Helper()
	found := make(chan error, 1)
	go func() {
		for {
			line, err := out.ReadString('\n')
			if err != nil || strings.Contains(line, text) {
				found <- err
				return
			}
		}
	}()
	if err := wait(t, found, fmt.Sprintf("%q", text)); err != nil {
		t.Fatalf("openssl ended before it said %q: %v", text, err)
	}
}

// taken waits until everything written to a pipe has been read.
func taken(t *testing.T, in *os.File) {
	t.Helper()
	for began := time.Now(); ; {
		unread, err := unix.IoctlGetInt(int(in.Fd()), unix.TIOCINQ)
		if err != nil {
			t.Fatal(err)
		}
		if unread == 0 {
			return
		}
		if time.Since(began) > guard {
			t.Fatalf("openssl has left %d bytes unread", unread)
		}
	}
}

// TestTLSKeyUpdate talks to OpenSSL, which updates its keys and asks us to update ours, with data before, between and after.
func TestTLSKeyUpdate(t *testing.T) {
	addr, in, out := openssl(t, "-tls1_3")
	l := start(t)
	p := newProbe()
	l.secure(addr, clientOf(p), trusting())
	wait(t, p.up, "the connection")
	got := 0
	for i, updates := range []string{"", "k", "K", "KKkKK"} {
		for _, update := range updates { // one at a time: it takes what it reads in one go for one command
			if _, err := fmt.Fprintf(in, "%c\n", update); err != nil {
				t.Fatal(err)
			}
			taken(t, in)
		}
		there, back := fmt.Sprintf("there %d\n", i), fmt.Sprintf("back %d\n", i)
		if _, err := io.WriteString(in, back); err != nil {
			t.Fatal(err)
		}
		got += len(back)
		if all := p.in.wait(t, got); !strings.HasSuffix(all, back) {
			t.Fatalf("got %q, want %q at its end", all, back)
		}
		l.do(func() { _, _ = p.Transport().Write([]byte(there)) })
		until(t, out, strings.TrimSpace(there))
	}
	if _, err := io.WriteString(in, "Q\n"); err != nil { // OpenSSL goes without a close_notify
		t.Fatal(err)
	}
	wantIs(t, wait(t, p.lost, "the end"), reactor.ErrConnectionLost, reactor.ErrTLSTruncated)
}
