package mailservers

import (
	"crypto/x509"
	"net"
	"os"
	"strconv"
	"testing"
)

// Server is a mail server that runs on loopback. Several tests share it: leave its users' mail as you found it, or use a user of your own.
type Server struct {
	Name      string // what it is, such as "Dovecot 2.3.19.1"
	Host      string // 127.0.0.1; its certificate is good for localhost and ::1 as well
	IMAPPort  int    // plain, with STARTTLS
	IMAPSPort int    // TLS from the first byte
	CAFile    string // the certificate authority to trust, in PEM
	Users     []User
}

// User is an account of a Server.
type User struct {
	Name, Password string
}

// IMAPAddr is host:port of the plain IMAP port.
func (s *Server) IMAPAddr() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.IMAPPort)) }

// IMAPSAddr is host:port of the IMAP port with TLS from the first byte.
func (s *Server) IMAPSAddr() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.IMAPSPort)) }

// RootCAs holds the server's certificate authority and nothing else.
func (s *Server) RootCAs(t testing.TB) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatalf("mailservers: %v", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatalf("mailservers: %s holds no certificate", s.CAFile)
	}
	return pool
}
