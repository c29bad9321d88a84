package integration

import (
	"bufio"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/internal/mailservers"
)

// patience is how long a server may take for all of one test; it only guards against a hang.
const patience = 2 * time.Minute

// rawSession is an IMAP session by hand.
type rawSession struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dialPlain(t *testing.T, s *mailservers.Server) *rawSession {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.IMAPAddr(), patience)
	return newRawSession(t, conn, err)
}

func dialTLS(t *testing.T, s *mailservers.Server) *rawSession {
	t.Helper()
	config := &tls.Config{RootCAs: s.RootCAs(t), ServerName: "localhost"}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", s.IMAPSAddr(), config)
	return newRawSession(t, conn, err)
}

func newRawSession(t *testing.T, conn net.Conn, err error) *rawSession {
	t.Helper()
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() })
		err = conn.SetDeadline(time.Now().Add(patience))
	}
	if err != nil {
		t.Fatal(err)
	}
	return &rawSession{t: t, conn: conn, in: bufio.NewReader(conn)}
}

// line reads one line, without its CRLF.
func (s *rawSession) line() string {
	s.t.Helper()
	line, err := s.in.ReadString('\n')
	if err != nil || !strings.HasSuffix(line, "\r\n") {
		s.t.Fatalf("line: got %q, %v, want one that ends in CRLF", line, err)
	}
	return strings.TrimSuffix(line, "\r\n")
}

// command sends a command and answers all lines up to the tagged one, which must be OK.
func (s *rawSession) command(tag, text string) []string {
	s.t.Helper()
	if _, err := s.conn.Write([]byte(tag + " " + text + "\r\n")); err != nil {
		s.t.Fatal(err)
	}
	for lines := []string(nil); ; {
		lines = append(lines, s.line())
		if last := lines[len(lines)-1]; strings.HasPrefix(last, tag+" ") {
			if !strings.HasPrefix(last, tag+" OK") {
				s.t.Fatalf("%s: got %q, want OK", text, last)
			}
			return lines
		}
	}
}

// capabilityLine asks for the server's untagged CAPABILITY line.
func (s *rawSession) capabilityLine() string {
	s.t.Helper()
	for _, line := range s.command("c1", "CAPABILITY") {
		if strings.HasPrefix(line, "* CAPABILITY ") {
			return line
		}
	}
	s.t.Fatal("CAPABILITY: got no untagged line, want one")
	return ""
}
