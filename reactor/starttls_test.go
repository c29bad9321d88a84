package reactor_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// upgrade calls StartTLS and passes the outcome on.
func upgrade(p *probe, config *tls.Config, outcome chan<- error) {
	p.Transport().(reactor.TLSTransport).StartTLS(config).Handle(
		func(state tls.ConnectionState) {
			if !state.HandshakeComplete {
				outcome <- errors.New("the handshake is not complete")
				return
			}
			outcome <- nil
		},
		func(err error) { outcome <- err })
}

// switcher is a server that answers "STARTTLS" with "OK" and goes on under TLS, then echoes.
type switcher struct {
	reactor.BaseProtocol
	up chan error
}

func (s *switcher) DataReceived(data []byte) {
	if string(data) != "STARTTLS\n" {
		_, _ = s.Transport().Write(data)
		return
	}
	_, _ = s.Transport().Write([]byte("OK\n"))
	s.Transport().(reactor.TLSTransport).StartTLS(serverConfig()).Handle(
		func(tls.ConnectionState) { s.up <- nil }, func(err error) { s.up <- err })
}

func TestStartTLS(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run("client and server, "+tls.VersionName(version)+"; what is written meanwhile waits", func(t *testing.T) {
			l := start(t)
			served := make(chan error, 1)
			port := l.listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &switcher{up: served} }))
			p, up := newProbe(), make(chan error, 1)
			p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("STARTTLS\n")) }
			p.data = func(p *probe, data []byte) {
				if string(data) != "OK\n" {
					p.in.add(data)
					return
				}
				config := trusting()
				config.MaxVersion = version
				upgrade(p, config, up)
				if n, err := p.Transport().Write([]byte("first ")); n != 6 || err != nil {
					t.Errorf("a write in the handshake answered %d and %v, want 6 and nil", n, err)
				}
				if got := p.Transport().Buffered(); got < 6 {
					t.Errorf("%d bytes are buffered, want at least the 6 that wait", got)
				}
				if _, ok := p.Transport().(reactor.TLSTransport).TLSState(); ok {
					t.Error("got a TLS state in the handshake, want none")
				}
				upgradeAgain := p.Transport().(reactor.TLSTransport).StartTLS(trusting())
				if _, err, _ := upgradeAgain.Result(); !errors.Is(err, reactor.ErrTLSStarted) {
					t.Errorf("a second StartTLS answered %v, want %v", err, reactor.ErrTLSStarted)
				}
			}
			l.connect(port.Addr(), clientOf(p))
			if err := errors.Join(wait(t, up, "the client's handshake"), wait(t, served, "the server's handshake")); err != nil {
				t.Fatal(err)
			}
			l.do(func() { _, _ = p.Transport().Write([]byte("second")) })
			if got := p.in.wait(t, 12); got != "first second" {
				t.Errorf("got %q back, want %q", got, "first second")
			}
			l.do(func() {
				if state, ok := p.Transport().(reactor.TLSTransport).TLSState(); !ok || state.Version != version {
					t.Errorf("got %v and version %x, want version %x", ok, state.Version, version)
				}
				p.Transport().LoseConnection()
			})
			if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
				t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
			}
		})
	}
	t.Run("what is written in the handshake goes out before what its outcome has written, and before the end", func(t *testing.T) {
		l := start(t)
		got := make(chan string, 1)
		addr := rawPeer(t, func(raw net.Conn) {
			all, err := io.ReadAll(tls.Server(raw, serverConfig()))
			got <- fmt.Sprintf("%s %v", all, err)
		})
		p := newProbe()
		p.made = func(p *probe) {
			tr := p.Transport().(reactor.TLSTransport)
			tr.StartTLS(trusting()).Handle(func(tls.ConnectionState) {
				_, _ = tr.Write([]byte("second"))
				tr.LoseConnection()
			}, func(err error) { t.Errorf("the handshake failed: %v", err) })
			_, _ = tr.Write([]byte("first "))
		}
		l.connect(addr, clientOf(p))
		if got := wait(t, got, "the words"); got != "first second <nil>" {
			t.Errorf("the server got %q, want %q and a clean end", got, "first second")
		}
		if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
		}
	})
	t.Run("LoseConnection in the handshake sends what was written, under TLS", func(t *testing.T) {
		l := start(t)
		got := make(chan string, 1)
		addr := rawPeer(t, func(raw net.Conn) {
			c := tls.Server(raw, serverConfig())
			all, err := io.ReadAll(c)
			got <- fmt.Sprintf("%s %v", all, err)
		})
		p, up := newProbe(), make(chan error, 1)
		p.made = func(p *probe) {
			upgrade(p, trusting(), up)
			_, _ = p.Transport().Write([]byte("last words"))
			p.Transport().LoseConnection()
		}
		l.connect(addr, clientOf(p))
		if got := wait(t, got, "the words"); got != "last words <nil>" {
			t.Errorf("the server got %q, want the words and a clean end", got)
		}
		if err := wait(t, up, "the handshake"); err != nil {
			t.Error(err)
		}
		if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
		}
	})
	t.Run("LoseConnection in the handshake with nothing to send ends at once", func(t *testing.T) {
		l := start(t)
		addr := rawPeer(t, func(raw net.Conn) { _, _ = io.Copy(io.Discard, raw) })
		p, up := newProbe(), make(chan error, 1)
		p.made = func(p *probe) {
			upgrade(p, trusting(), up)
			p.Transport().LoseConnection()
		}
		l.connect(addr, clientOf(p))
		wait(t, p.lost, "the end")
		if err := wait(t, up, "the handshake's end"); err == nil {
			t.Error("the handshake succeeded")
		}
	})
	t.Run("the peer's certificate is verified for the Connector's host", func(t *testing.T) {
		l := start(t, reactor.WithResolver(resolver{"other.example": mappedLoopback()}))
		addr := tlsPeer(t, serverConfig(), echoTLS)
		p, up := newProbe(), make(chan error, 1)
		p.made = func(p *probe) { upgrade(p, trusting(), up) }
		l.do(func() { l.ConnectTCP("other.example", addr.Port, clientOf(p)) })
		err := wait(t, up, "the handshake")
		wantIs(t, err, reactor.ErrTLS, reactor.ErrTLSWrongName)
		var fault *reactor.TLSError
		if !errors.As(err, &fault) {
			t.Errorf("got a %T, want a *TLSError", err)
		}
		wantIs(t, wait(t, p.lost, "the end"), reactor.ErrConnectionLost, reactor.ErrTLSWrongName)
	})
	for name, test := range map[string]struct {
		peer func(raw net.Conn)
		want error
	}{
		"plain-text peer": {func(raw net.Conn) { _, _ = raw.Write([]byte("* OK hello\r\n")); _, _ = io.Copy(io.Discard, raw) }, reactor.ErrNotTLS},
		"plain-text peer with a short line, which looks like the head of a long record": {
			func(raw net.Conn) { _, _ = raw.Write([]byte("220 m")); _, _ = io.Copy(io.Discard, raw) }, reactor.ErrNotTLS},
		"peer ends": {func(raw net.Conn) {
			_, _ = io.ReadFull(raw, make([]byte, 10))
			_ = raw.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, raw)
		}, reactor.ErrTLSTruncated},
		"peer resets": {func(raw net.Conn) { _, _ = io.ReadFull(raw, make([]byte, 10)); reset(raw.(*net.TCPConn)) }, reactor.ErrTLS},
		"unknown CA":  {func(raw net.Conn) { _ = tls.Server(raw, serverConfig()).Handshake() }, reactor.ErrTLSUnknownAuthority},
	} {
		t.Run(name, func(t *testing.T) {
			l := start(t)
			addr := rawPeer(t, test.peer)
			p, up := newProbe(), make(chan error, 1)
			config := &tls.Config{}
			p.made = func(p *probe) { upgrade(p, config, up) }
			l.connect(addr, clientOf(p))
			wantIs(t, wait(t, up, "the failure"), test.want, reactor.ErrTLS)
			wantIs(t, wait(t, p.lost, "the end"), test.want, reactor.ErrConnectionLost)
			l.do(func() {})
			nothing(t, p.lost, "a second end")
			nothing(t, up, "a second outcome")
		})
	}
	t.Run("a silent peer meets the handshake timeout", func(t *testing.T) {
		var ck clock
		l := start(t, reactor.WithClock(ck.Now), reactor.WithHandshakeTimeout(3*time.Second))
		addr := rawPeer(t, func(raw net.Conn) { _, _ = io.Copy(io.Discard, raw) })
		p, up := newProbe(), make(chan error, 1)
		l.connect(addr, clientOf(p))
		wait(t, p.up, "the connection")
		l.do(func() { upgrade(p, trusting(), up) })
		l.pass(&ck, 2*time.Second)
		nothing(t, up, "an outcome")
		l.pass(&ck, time.Second)
		wantIs(t, wait(t, up, "the timeout"), reactor.ErrTLSTimeout)
		wantIs(t, wait(t, p.lost, "the end"), reactor.ErrTLSTimeout, reactor.ErrConnectionLost)
	})
	t.Run("a client that resets before its first byte is noticed at once, whatever the handshake timeout", func(t *testing.T) {
		l := start(t, reactor.WithHandshakeTimeout(0))
		p, up := newProbe(), make(chan error, 1)
		port := l.listen(p.serve())
		raw := dial(t, port.Addr())
		wait(t, p.up, "the connection")
		l.do(func() { upgrade(p, serverConfig(), up) })
		reset(raw)
		wantIs(t, wait(t, up, "the failure"), syscall.ECONNRESET, reactor.ErrTLS)
		wantIs(t, wait(t, p.lost, "the end"), syscall.ECONNRESET, reactor.ErrConnectionLost)
	})
	t.Run("cancel aborts", func(t *testing.T) {
		l := start(t)
		addr := rawPeer(t, func(raw net.Conn) { _, _ = io.Copy(io.Discard, raw) })
		p := newProbe()
		l.connect(addr, clientOf(p))
		wait(t, p.up, "the connection")
		var d *deferred.Deferred[tls.ConnectionState]
		failed := make(chan error, 1)
		l.do(func() {
			d = p.Transport().(reactor.TLSTransport).StartTLS(trusting())
			d.Handle(nil, func(err error) { failed <- err })
		})
		d.Cancel() // from another goroutine
		wantIs(t, wait(t, failed, "the cancellation"), deferred.ErrCancelled)
		if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionAborted {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionAborted)
		}
	})
	t.Run("what cannot begin leaves the connection as it is", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		port := l.listen(p.serve())
		raw := dial(t, port.Addr())
		wait(t, p.up, "the connection")
		l.do(func() {
			d := p.Transport().(reactor.TLSTransport).StartTLS(nil)
			if _, err, _ := d.Result(); err == nil || !strings.Contains(err.Error(), "needs a tls.Config") {
				t.Errorf("a server without a certificate got %v", err)
			}
			_, _ = p.Transport().Write([]byte("alive"))
		})
		expect(t, raw, "alive")
		l.do(func() {
			p.Transport().LoseConnection()
			d := p.Transport().(reactor.TLSTransport).StartTLS(serverConfig())
			if _, err, _ := d.Result(); !errors.Is(err, reactor.ErrWriteAfterClose) {
				t.Errorf("StartTLS after LoseConnection answered %v, want %v", err, reactor.ErrWriteAfterClose)
			}
		})
	})
	t.Run("Stop in the handshake: both are told", func(t *testing.T) {
		l := start(t, reactor.WithFlushTimeout(0))
		addr := rawPeer(t, func(raw net.Conn) { _, _ = io.Copy(io.Discard, raw) })
		p, up := newProbe(), make(chan error, 1)
		p.made = func(p *probe) { upgrade(p, trusting(), up) }
		l.connect(addr, clientOf(p))
		wait(t, p.up, "the connection")
		l.finish()
		if err := wait(t, up, "the outcome"); err == nil {
			t.Error("the handshake succeeded")
		}
		wantIs(t, wait(t, p.lost, "the end"), reactor.ErrConnectionLost)
	})
	t.Run("the switch with bytes of the client right behind it: they are its ClientHello, not plain text", func(t *testing.T) {
		l := start(t)
		served := make(chan error, 1)
		port := l.listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &switcher{up: served} }))
		raw := dial(t, port.Addr())
		send(t, raw, "STARTTLS\n")
		expect(t, raw, "OK\n")
		send(t, raw, "EHLO injected\r\n") // after the switch: the server must take it for a broken handshake
		wantIs(t, wait(t, served, "the refusal"), reactor.ErrNotTLS)
	})
}
