package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// guard is how long a test waits for what must happen. It only ends a test that has failed.
const guard = time.Minute

// server answers each command with the text it has for it.
type server struct {
	net.Listener
	answers map[string]string
	config  *tls.Config
	tls     bool // from the first byte
	ca      string
	all     sync.WaitGroup
}

// listen starts a server, which is gone at the end of the test.
func listen(t *testing.T, answers map[string]string, implicit bool) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Listener: l, answers: answers, tls: implicit}
	s.config, s.ca = certify(t)
	s.all.Go(s.accept)
	t.Cleanup(func() { _ = l.Close(); s.all.Wait() })
	return s
}

func (s *server) accept() {
	for {
		conn, err := s.Accept()
		if err != nil {
			return
		}
		s.all.Go(func() { s.talk(conn) })
	}
}

// talk leads a session until the client leaves.
func (s *server) talk(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(guard))
	defer func() { _ = conn.Close() }()
	if s.tls {
		conn = tls.Server(conn, s.config)
	}
	in := bufio.NewScanner(conn)
	_, _ = io.WriteString(conn, "+OK ready\r\n")
	for in.Scan() {
		answer, ok := s.answers[in.Text()]
		if !ok {
			answer = "-ERR what is " + in.Text()
		}
		_, _ = io.WriteString(conn, strings.ReplaceAll(answer, "\n", "\r\n")+"\r\n")
		if in.Text() == "STLS" {
			conn = tls.Server(conn, s.config)
			in = bufio.NewScanner(conn)
		}
	}
}

func (s *server) port() int { return s.Addr().(*net.TCPAddr).Port }

// certify makes a certificate for 127.0.0.1, and a file in which it is.
func certify(t *testing.T) (config *tls.Config, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, file
}
