package mailservers

import (
	"crypto/x509"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Server is a mail server that runs on loopback. Several tests share it: take a user of your own with NewUser.
type Server struct {
	Product   string // Dovecot, Cyrus, Courier or Twisted
	Name      string // what it is, such as "Dovecot 2.3.19.1"
	Host      string // 127.0.0.1; its certificate is good for localhost and ::1 as well
	IMAPPort  int    // plain, with STARTTLS
	IMAPSPort int    // TLS from the first byte
	POP3Port  int    // plain, with STLS (Twisted: without); 0 if the server's POP3 part is not installed
	POP3SPort int    // TLS from the first byte; 0 if the server's POP3 part is not installed
	CAFile    string // the certificate authority to trust, in PEM
	Users     []User // test with the password test, user1 to user20 with the password pass

	// Prefix stands before the name of each mailbox but INBOX, Separator between its parts.
	Prefix, Separator string

	instance *instance
}

// User is an account of a Server.
type User struct {
	Name, Password string
}

// IMAPAddr is host:port of the plain IMAP port.
func (s *Server) IMAPAddr() string { return s.addr(s.IMAPPort) }

// IMAPSAddr is host:port of the IMAP port with TLS from the first byte.
func (s *Server) IMAPSAddr() string { return s.addr(s.IMAPSPort) }

// NeedsPOP3 ends a test that needs POP3 on a server which is installed without it: skipped, or failed if TCONN_REQUIRE_SERVERS is 1.
func (s *Server) NeedsPOP3(t testing.TB) {
	t.Helper()
	if s.POP3Port == 0 {
		absent(t, s.Name+" is installed without its POP3 part")
	}
}

// POP3Addr is host:port of the plain POP3 port.
func (s *Server) POP3Addr() string { return s.addr(s.POP3Port) }

// POP3SAddr is host:port of the POP3 port with TLS from the first byte.
func (s *Server) POP3SAddr() string { return s.addr(s.POP3SPort) }

func (s *Server) addr(port int) string { return net.JoinHostPort(s.Host, strconv.Itoa(port)) }

// Mailbox is this server's name of the mailbox at a path, such as INBOX.Work.2024 for "Work", "2024".
func (s *Server) Mailbox(path ...string) string { return s.Prefix + strings.Join(path, s.Separator) }

// RootCAs holds the server's certificate authority and nothing else.
func (s *Server) RootCAs(t testing.TB) *x509.CertPool {
	t.Helper()
	pool, err := s.rootCAs()
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

func (s *Server) rootCAs() (*x509.CertPool, error) {
	text, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, wrong(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, wrongf("%s holds no certificate", s.CAFile)
	}
	return pool, nil
}
