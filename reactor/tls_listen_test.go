package reactor_test

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// listenTLS has f accept TLS connections on a free port of the loopback.
func (l *loop) listenTLS(f reactor.Factory, config *tls.Config) *net.TCPAddr {
	l.t.Helper()
	var addr *net.TCPAddr
	l.do(func() {
		p, err := l.ListenTLS(0, f, config, reactor.Interface("127.0.0.1"))
		if err != nil {
			l.t.Errorf("ListenTLS answered %v, want nil", err)
			return
		}
		addr = p.Addr().(*net.TCPAddr)
	})
	return addr
}

// hasher writes all of content in random pieces and hashes what comes back.
type hasher struct {
	reactor.BaseProtocol
	content []byte
	rnd     *rand.Rand
	got     int
	sum     hash.Hash
	done    chan string // the sum of len(content) bytes
	lost    chan error
}

func newHasher(content []byte, seed uint64) *hasher {
	return &hasher{content: content, rnd: rand.New(rand.NewPCG(seed, 7)), sum: sha256.New(), done: make(chan string, 1), lost: make(chan error, 1)}
}

func (h *hasher) ConnectionMade() {
	_ = h.Transport().RegisterProducer(&hasherSource{h: h, left: h.content}, false)
}

func (h *hasher) DataReceived(data []byte) {
	h.sum.Write(data)
	if h.got += len(data); h.got == len(h.content) {
		h.done <- fmt.Sprintf("%x", h.sum.Sum(nil))
	}
}

func (h *hasher) ConnectionLost(reason error) { h.lost <- reason }

// hasherSource writes the next pieces whenever nothing waits.
type hasherSource struct {
	h    *hasher
	left []byte
}

func (s *hasherSource) ResumeProducing() {
	for range 8 {
		n := min(1+s.h.rnd.IntN(60<<10), len(s.left))
		_, _ = s.h.Transport().Write(s.left[:n])
		s.left = s.left[n:]
	}
	if len(s.left) == 0 {
		s.h.Transport().UnregisterProducer()
	}
}
func (*hasherSource) PauseProducing() {}
func (*hasherSource) StopProducing()  {}

// TestTLSEcho100MiB sends 100 MiB there and back, with tconn on both sides.
func TestTLSEcho100MiB(t *testing.T) {
	content := pattern(100<<20, 100)
	want := fmt.Sprintf("%x", sha256.Sum256(content))
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			server, client := start(t), start(t)
			config := serverConfig()
			config.MinVersion, config.MaxVersion = version, version
			addr := server.listenTLS(echoFactory, config)
			h := newHasher(content, uint64(version))
			c := clientOf(h)
			client.secure(addr, c, trusting())
			if got := wait(t, h.done, "the echo"); got != want {
				t.Errorf("got a sum of %s, want %s", got, want)
			}
			client.do(h.Transport().LoseConnection)
			if err := wait(t, h.lost, "ConnectionLost"); err != reactor.ErrConnectionDone {
				t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
			}
		})
	}
}

func TestListenTLS(t *testing.T) {
	t.Run("ALPN and SNI", func(t *testing.T) {
		l := start(t)
		names := make(chan string, 1)
		config := &tls.Config{NextProtos: []string{"imap", "pop3"}, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			names <- hello.ServerName
			cert := self().cert
			return &cert, nil
		}}
		p := newProbe()
		addr := l.listenTLS(p.serve(), config)
		mine := trusting()
		mine.ServerName, mine.NextProtos = "server.example", []string{"pop3"}
		raw, err := tls.Dial("tcp", addr.String(), mine)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		wait(t, p.up, "the connection")
		if got := wait(t, names, "the name"); got != "server.example" {
			t.Errorf("the server heard the name %q, want server.example", got)
		}
		l.do(func() {
			state, ok := p.Transport().(reactor.TLSTransport).TLSState()
			if !ok || state.NegotiatedProtocol != "pop3" || state.ServerName != "server.example" {
				t.Errorf("got %v, protocol %q and name %q; want pop3 and server.example", ok, state.NegotiatedProtocol, state.ServerName)
			}
		})
	})
	t.Run("client certificates", func(t *testing.T) {
		l := start(t)
		config := serverConfig()
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, self().pool
		p := newProbe()
		addr := l.listenTLS(p.serve(), config)

		stranger := newProbe() // under TLS 1.3 a client hears of its refusal after its own handshake
		sc := clientOf(stranger)
		l.secure(addr, sc, trusting())
		wait(t, stranger.up, "the client's connection")
		wantIs(t, wait(t, stranger.lost, "the refusal"), reactor.ErrConnectionLost, reactor.ErrTLS, reactor.ErrTLSRefused)

		known := trusting()
		known.Certificates = []tls.Certificate{self().cert}
		l.secure(addr, clientOf(newProbe()), known)
		wait(t, p.up, "the connection")
		l.do(func() {
			if state, _ := p.Transport().(reactor.TLSTransport).TLSState(); len(state.VerifiedChains) != 1 {
				t.Errorf("got %d verified chains of the client, want 1", len(state.VerifiedChains))
			}
		})
	})
	t.Run("a peer who fails the handshake costs no protocol", func(t *testing.T) {
		l := start(t)
		built := atomic.Int32{}
		addr := l.listenTLS(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { built.Add(1); return &echo{} }), serverConfig())
		raw := dial(t, addr)
		send(t, raw, "EHLO plain.example\r\n")
		if _, err := io.ReadAll(raw); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Error(err)
		}
		if _, err := tls.Dial("tcp", addr.String(), &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}); err == nil {
			t.Error("a handshake without a common cipher suite succeeded")
		}
		if n := built.Load(); n != 0 {
			t.Errorf("BuildProtocol was called %d times, want never", n)
		}
	})
	t.Run("a silent peer is cut off after the handshake timeout, also one that trickles, and costs no goroutine before it speaks", func(t *testing.T) {
		var ck clock
		l := start(t, reactor.WithClock(ck.Now), reactor.WithHandshakeTimeout(5*time.Second))
		before := runtime.NumGoroutine()
		accepted := make(chan struct{}, 64)
		addr := l.listenTLS(echoFactory, &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			accepted <- struct{}{}
			return serverConfig(), nil
		}})
		var silent []*net.TCPConn
		for range 50 {
			silent = append(silent, dial(t, addr))
		}
		last, err := tls.Dial("tcp", addr.String(), trusting()) // accepted after them
		if err != nil {
			t.Fatal(err)
		}
		_ = last.Close()
		wait(t, accepted, "the handshake")
		if after := runtime.NumGoroutine(); after-before > 10 {
			t.Errorf("50 silent peers cost %d goroutines", after-before)
		}
		send(t, silent[0], "\x16\x03\x01\x02\x00\x01\x00") // the beginning of a ClientHello
		l.do(func() { ck.advance(4 * time.Second) })
		send(t, silent[0], "\x01\xfc")
		l.do(func() { ck.advance(time.Second) })
		for _, c := range silent {
			if _, err := io.ReadAll(c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
				t.Fatal(err)
			}
		}
	})
	t.Run("a factory that declines ends the session as it should be ended", func(t *testing.T) {
		l := start(t)
		addr := l.listenTLS(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil }), serverConfig())
		p := newProbe()
		l.secure(addr, clientOf(p), trusting())
		if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
			t.Errorf("the client got %v, want %v", err, reactor.ErrConnectionDone)
		}
	})
	t.Run("a configuration that cannot serve is refused at once", func(t *testing.T) {
		r := reactor.New()
		for _, config := range []*tls.Config{nil, {}} {
			_, err := r.ListenTLS(0, echoFactory, config)
			wantIs(t, err, reactor.ErrCannotListen)
			if err != nil && !strings.Contains(err.Error(), "needs a tls.Config with Certificates") {
				t.Errorf("got text %q", err)
			}
		}
	})
	t.Run("an IPv4 peer of a port for both families", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		var port *reactor.Port
		l.do(func() { port, _ = l.ListenTLS(0, p.serve(), serverConfig()) })
		_, number, _ := net.SplitHostPort(port.Addr().String())
		raw, err := tls.Dial("tcp", "127.0.0.1:"+number, trusting())
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		wait(t, p.up, "the connection")
		l.do(func() {
			if got := p.Transport().RemoteAddr().String(); got != raw.LocalAddr().String() {
				t.Errorf("got the peer %s, want %s", got, raw.LocalAddr())
			}
		})
	})
}

// TestTLSResumption wants the second connection of a factory, and of another factory with the same configuration, to resume the session.
func TestTLSResumption(t *testing.T) {
	for _, test := range []struct {
		name    string
		version uint16
		config  func() *tls.Config
		want    bool
	}{
		{"TLS 1.3", tls.VersionTLS13, trusting, true},
		{"TLS 1.2", tls.VersionTLS12, trusting, true},
		{"tickets switched off", tls.VersionTLS13, func() *tls.Config { c := trusting(); c.SessionTicketsDisabled = true; return c }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := start(t)
			config := serverConfig()
			config.MaxVersion = test.version
			addr := l.listenTLS(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &greet{} }), config)
			mine := test.config()
			for i, want := range []bool{false, test.want, test.want} {
				p := newProbe()
				l.secure(addr, clientOf(p), mine)
				p.in.wait(t, len("hello")) // the ticket has come before
				l.do(func() {
					if state, _ := p.Transport().(reactor.TLSTransport).TLSState(); state.DidResume != want {
						t.Errorf("connection %d resumed: %v, want %v", i, state.DidResume, want)
					}
					p.Transport().LoseConnection()
				})
				wait(t, p.lost, "the end")
			}
			other := newProbe()
			l.secure(addr, clientOf(other), test.config()) // another configuration may trust others
			wait(t, other.up, "the connection")
			l.do(func() {
				if state, _ := other.Transport().(reactor.TLSTransport).TLSState(); state.DidResume {
					t.Error("a connection with another configuration resumed")
				}
			})
		})
	}
}

// greet says hello.
type greet struct{ reactor.BaseProtocol }

func (g *greet) ConnectionMade() { _, _ = g.Transport().Write([]byte("hello")) }
