package imap4_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// certified is a certificate for localhost and 127.0.0.1 that signs itself.
var certified = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
})

func serverTLS() *tls.Config { return &tls.Config{Certificates: []tls.Certificate{certified()}} }

// trusting is a client's configuration that trusts the certificate.
func trusting() *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(certified().Leaf)
	return &tls.Config{RootCAs: roots}
}

// script is a server that greets, and answers each line with the text it has for it; "*" in the answers stands for any other line. A TAG
// in the text is the tag of the last command, and STARTTLS in it begins TLS behind that text.
type script struct {
	reactor.BaseProtocol
	greeting string
	answers  map[string]string
	tag      string
	partial  []byte
	heard    []string
	ended    chan struct{} // closed with the connection
}

const switches = "STARTTLS!"

func (s *script) ConnectionMade() { s.say(s.greeting) }

func (s *script) ConnectionLost(error) { close(s.ended) }

func (s *script) say(text string) {
	text, begins := strings.CutSuffix(strings.ReplaceAll(text, "TAG", s.tag), switches)
	_, _ = s.Transport().Write([]byte(text))
	if begins {
		s.Transport().(reactor.TLSTransport).StartTLS(serverTLS()).Handle(nil, func(error) {})
	}
}

func (s *script) DataReceived(data []byte) {
	s.partial = append(s.partial, data...)
	for {
		line, rest, whole := bytes.Cut(s.partial, []byte("\r\n"))
		if !whole {
			return
		}
		s.partial = rest
		text := string(line)
		s.heard = append(s.heard, text)
		if tag, command, ok := strings.Cut(text, " "); ok && strings.HasPrefix(tag, "A") {
			s.tag, text = tag, command
		}
		answer, known := s.answers[text]
		if !known {
			answer = s.answers["*"]
		}
		s.say(answer)
	}
}

// host runs scripts.
type host struct {
	*running
	addr    string // in the clear
	addrTLS string // with TLS from the first byte
	scripts chan *script
}

// serve makes a host whose connections get this script.
func serve(t *testing.T, greeting string, answers map[string]string) *host {
	t.Helper()
	h := &host{running: run(t, nil), scripts: make(chan *script, 100)}
	factory := reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
		s := &script{greeting: greeting, answers: answers, ended: make(chan struct{})}
		h.scripts <- s
		return s
	})
	h.do(func() {
		plain, failed := h.r.ListenTCP(0, factory, reactor.Interface("127.0.0.1"))
		secure, err := h.r.ListenTLS(0, factory, serverTLS(), reactor.Interface("127.0.0.1"))
		if err = errors.Join(failed, err); err != nil {
			t.Error(err)
			return
		}
		h.addr, h.addrTLS = localhost(plain), localhost(secure)
	})
	return h
}

func localhost(p *reactor.Port) string {
	return net.JoinHostPort("localhost", strconv.Itoa(p.Addr().(*net.TCPAddr).Port))
}

// heard is what the last connection's server has heard.
func (h *host) heard() (lines []string) {
	h.t.Helper()
	var s *script
	select {
	case s = <-h.scripts:
	case <-time.After(guard):
		h.t.Fatal("no connection")
	}
	h.do(func() { lines = append(lines, s.heard...) })
	return lines
}

// closed waits for the end of a connection.
func (h *host) closed() *script {
	h.t.Helper()
	s := <-h.scripts
	select {
	case <-s.ended:
	case <-time.After(guard):
		h.t.Fatal("the connection was not closed")
	}
	return s
}

// soon is a context for what must happen.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	t.Cleanup(cancel)
	return ctx
}
