package mailservers

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

const deadline = 20 * time.Second

func TestDovecotGreetsAndIsGoneAfterwards(t *testing.T) {
	var server *Server
	var group int
	t.Run("running", func(t *testing.T) {
		server = Dovecot(t)
		group = shared.running.pid
		again := Dovecot(t)
		if *again.portsOnly() != *server.portsOnly() {
			t.Errorf("second call: got ports %v, want the same server %v", again.portsOnly(), server.portsOnly())
		}
		plain, err := net.DialTimeout("tcp", server.IMAPAddr(), deadline)
		if err != nil {
			t.Fatal(err)
		}
		wantGreeting(t, plain)
		secure, err := tls.Dial("tcp", server.IMAPSAddr(), &tls.Config{RootCAs: server.RootCAs(t), ServerName: "localhost"})
		if err != nil {
			t.Fatal(err)
		}
		wantGreeting(t, secure)
	})
	if server == nil {
		t.Skip("no server")
	}
	if groupLives(group) {
		t.Errorf("processes of group %d: got some, want none after the last test", group)
	}
	if _, err := os.Stat(server.CAFile); !os.IsNotExist(err) {
		t.Errorf("stat of the CA file afterwards: got %v, want it gone", err)
	}
	if c, err := net.Dial("tcp", server.IMAPAddr()); err == nil {
		_ = c.Close()
		t.Errorf("dial afterwards: got a connection, want it refused")
	}
}

func (s *Server) portsOnly() *[2]int { return &[2]int{s.IMAPPort, s.IMAPSPort} }

func wantGreeting(t *testing.T, c net.Conn) {
	t.Helper()
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "* OK [CAPABILITY IMAP4rev1 ") {
		t.Errorf("greeting: got %q, %v, want * OK [CAPABILITY IMAP4rev1 ...", line, err)
	}
}

func TestCertificateIsGoodForLoopbackOnly(t *testing.T) {
	dir := t.TempDir()
	if err := writeCerts(dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(dir+"/"+certFile, dir+"/"+keyFile)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := (&Server{CAFile: dir + "/" + caFile}).RootCAs(t)
	for _, c := range []struct {
		name string
		good bool
	}{
		{"localhost", true}, {"127.0.0.1", true}, {"::1", true}, {"example.org", false}, {"127.0.0.2", false},
	} {
		_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: c.name})
		if (err == nil) != c.good {
			t.Errorf("certificate for %s: got %v, want good = %v", c.name, err, c.good)
		}
	}
}

func TestFreePortsAreDifferentAndLow(t *testing.T) {
	ports, err := freePorts(50)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[int]bool)
	for _, p := range ports {
		if seen[p] || p < firstPort || p > lastPort {
			t.Errorf("port: got %d, want one between %d and %d, and once", p, firstPort, lastPort)
		}
		seen[p] = true
	}
	if len(seen) != 50 {
		t.Errorf("ports: got %d, want 50", len(seen))
	}
}

// verdict is a testing.TB that notes how a test was ended.
type verdict struct {
	testing.TB
	skipped, failed string
}

func (v *verdict) Helper()               {}
func (v *verdict) Skip(args ...any)      { v.skipped = args[0].(string) }
func (v *verdict) Fatalf(string, ...any) { v.failed = "failed"; panic(v) }

// absentUntilFatal calls absent and stands the end that the real Fatalf makes of it.
func absentUntilFatal(v *verdict, reason string) {
	defer func() { _ = recover() }()
	absent(v, reason)
}

func TestWithoutServer(t *testing.T) {
	const reason = "Example is not installed"
	announced.Store(absentLine(reason), true) // nothing to tell the user of this run
	t.Run("skipped with one line", func(t *testing.T) {
		t.Setenv(requireEnv, "")
		v := &verdict{TB: t}
		absent(v, reason)
		want := "tests against a real mail server are skipped: Example is not installed"
		if v.skipped != want || v.failed != "" {
			t.Errorf("got skip %q and failure %q, want skip %q", v.skipped, v.failed, want)
		}
	})
	t.Run("required", func(t *testing.T) {
		t.Setenv(requireEnv, "1")
		v := &verdict{TB: t}
		absentUntilFatal(v, reason)
		if v.failed == "" {
			t.Errorf("got skip %q, want a failure", v.skipped)
		}
	})
}

func TestLogIsShownFromAnOffset(t *testing.T) {
	d := &dovecot{dir: t.TempDir()}
	if got := d.logSize(); got != 0 {
		t.Errorf("size of no log: got %d, want 0", got)
	}
	if err := os.WriteFile(d.logFile(), []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	offset := d.logSize()
	if err := os.WriteFile(d.logFile(), []byte("before\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := d.logSince(offset); got != "after\n" {
		t.Errorf("log: got %q, want %q", got, "after\n")
	}
	if err := os.WriteFile(d.logFile(), []byte(strings.Repeat("x", maxLogBytes+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := len(d.logSince(0)); got != maxLogBytes+len("...\n") {
		t.Errorf("length of a long log: got %d, want %d", got, maxLogBytes+len("...\n"))
	}
}
