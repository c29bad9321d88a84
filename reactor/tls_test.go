package reactor_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

func TestTLSEcho(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			l := start(t)
			ended := make(chan error, 1)
			addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) {
				_, err := io.Copy(c, c)
				ended <- err
			})
			config := trusting()
			config.MinVersion, config.MaxVersion = version, version
			p := newProbe()
			c := clientOf(p)
			l.secure(addr, c, config)
			wait(t, p.up, "the connection")
			l.do(func() {
				state, ok := p.Transport().(reactor.TLSTransport).TLSState()
				if !ok || state.Version != version || !state.HandshakeComplete || len(state.VerifiedChains) == 0 {
					t.Errorf("got %v, version %x, %d chains; want a verified session of version %x", ok, state.Version, len(state.VerifiedChains), version)
				}
			})
			want := pattern(20<<20, uint64(version))
			cut := pieces(want, rand.New(rand.NewPCG(1, uint64(version))), 60<<10)
			for len(cut) > 0 {
				batch := cut[:min(len(cut), 20)]
				cut = cut[len(batch):]
				l.do(func() { _, _ = p.Transport().WriteSequence(batch...) })
			}
			sameBytes(t, []byte(p.in.wait(t, len(want))), want)
			l.do(p.Transport().LoseConnection)
			if err := wait(t, c.lost, "ClientConnectionLost"); err != reactor.ErrConnectionDone {
				t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
			}
			if err := wait(t, ended, "the server"); err != nil {
				t.Errorf("the server got %v, want a clean end", err)
			}
		})
	}
	t.Run("a connection in the clear has no TLS state", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		connected(t, l, p)
		l.do(func() {
			if _, ok := p.Transport().(reactor.TLSTransport).TLSState(); ok {
				t.Error("got a TLS state, want none")
			}
		})
	})
}

func TestTLSHandshakeFails(t *testing.T) {
	l := start(t)
	// failure connects and wants the attempt to fail with ErrTLS.
	failure := func(t *testing.T, l *loop, host string, addr *net.TCPAddr, config *tls.Config) error {
		t.Helper()
		c := newClient(func(net.Addr) reactor.Protocol {
			t.Error("BuildProtocol was called")
			return nil
		})
		l.do(func() { l.ConnectTLS(host, addr.Port, c, config) })
		err := wait(t, c.failed, "ClientConnectionFailed")
		wantIs(t, err, reactor.ErrTLS, reactor.ErrConnect)
		if !strings.HasPrefix(err.Error(), "An SSL error occurred: ") {
			t.Errorf("got text %q", err)
		}
		l.do(func() {})
		nothing(t, c.failed, "a second failure")
		nothing(t, c.lost, "a loss")
		return err
	}
	good := tlsPeer(t, serverConfig(), echoTLS)
	t.Run("wrong name", func(t *testing.T) {
		config := trusting()
		config.ServerName = "other.example"
		err := failure(t, l, "127.0.0.1", good, config)
		var verification *tls.CertificateVerificationError
		var name x509.HostnameError
		if !errors.As(err, &verification) || !errors.As(err, &name) || name.Host != "other.example" {
			t.Errorf("got %v, want a *tls.CertificateVerificationError over an x509.HostnameError", err)
		}
	})
	t.Run("unknown CA, also with the default configuration, and the peer gets the alert", func(t *testing.T) {
		alerts := make(chan error, 2)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) { _, err := c.Read(make([]byte, 1)); alerts <- err })
		for _, config := range []*tls.Config{nil, {}} {
			err := failure(t, l, "127.0.0.1", addr, config)
			var authority x509.UnknownAuthorityError
			if !errors.As(err, &authority) {
				t.Errorf("got %v, want an x509.UnknownAuthorityError", err)
			}
			if err := wait(t, alerts, "the alert"); err == nil || !strings.Contains(err.Error(), "remote error: tls:") {
				t.Errorf("the server got %v, want an alert", err)
			}
		}
	})
	t.Run("plain-text peer", func(t *testing.T) {
		addr := rawPeer(t, func(raw net.Conn) {
			_, _ = raw.Write([]byte("220 plain.example ESMTP ready\r\n"))
			_, _ = io.Copy(io.Discard, raw)
		})
		var header tls.RecordHeaderError
		if err := failure(t, l, "127.0.0.1", addr, trusting()); !errors.As(err, &header) {
			t.Errorf("got %v, want a tls.RecordHeaderError", err)
		}
	})
	t.Run("plain-text peer that resets behind its words", func(t *testing.T) {
		addr := rawPeer(t, func(raw net.Conn) {
			_, _ = io.ReadFull(raw, make([]byte, 5))
			_, _ = raw.Write([]byte("* BYE too many connections\r\n"))
			reset(raw.(*net.TCPConn))
		})
		for range 50 {
			var header tls.RecordHeaderError
			if err := failure(t, l, "127.0.0.1", addr, trusting()); !errors.As(err, &header) {
				t.Fatalf("got %v, want a tls.RecordHeaderError", err)
			}
		}
	})
	t.Run("peer closes in the handshake", func(t *testing.T) {
		addr := rawPeer(t, func(raw net.Conn) { _, _ = io.ReadFull(raw, make([]byte, 64)) })
		_ = failure(t, l, "127.0.0.1", addr, trusting())
		addr = rawPeer(t, func(raw net.Conn) {
			_, _ = raw.Read(make([]byte, 1<<16))
			_ = raw.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, raw)
		})
		wantIs(t, failure(t, l, "127.0.0.1", addr, trusting()), reactor.ErrTLSTruncated)
	})
	t.Run("a panic in a callback of the configuration is the failure of that attempt", func(t *testing.T) {
		option, logs := observed()
		l := start(t, option)
		config := trusting()
		config.VerifyConnection = func(tls.ConnectionState) error { panic("verify") }
		var p *reactor.PanicError
		if err := failure(t, l, "127.0.0.1", good, config); !errors.As(err, &p) || p.Value != "verify" {
			t.Errorf("got %v, want a *PanicError", err)
		}
		wantPanicLogged(t, logs, "Handshake", "verify")
	})
	t.Run("silent peer: the timeout covers the handshake", func(t *testing.T) {
		now := new(clock)
		l := start(t, reactor.WithClock(now.Now))
		target := peer(t)
		c := clientOf(newProbe())
		l.secure(target.Addr().(*net.TCPAddr), c, trusting())
		far := accept(t, target)
		if _, err := io.ReadFull(far, make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		l.pass(now, 30*time.Second)
		wantIs(t, wait(t, c.failed, "ClientConnectionFailed"), reactor.ErrTimeout)
		if _, err := io.Copy(io.Discard, far); err != nil {
			t.Errorf("the peer got %v, want the end of the stream", err)
		}
	})
	t.Run("StopConnecting in the handshake", func(t *testing.T) {
		l := start(t)
		target := peer(t)
		c := clientOf(newProbe())
		k := l.secure(target.Addr().(*net.TCPAddr), c, trusting())
		far := accept(t, target)
		if _, err := io.ReadFull(far, make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		l.do(func() { _ = k.StopConnecting() })
		wantIs(t, wait(t, c.failed, "ClientConnectionFailed"), reactor.ErrUserAbort)
		l.do(func() {})
		nothing(t, c.failed, "a second failure")
	})
	t.Run("a peer cannot fill our memory while the handshake is held up", func(t *testing.T) {
		hold, held := make(chan struct{}), make(chan struct{})
		config := trusting()
		config.VerifyConnection = func(tls.ConnectionState) error {
			close(held)
			<-hold
			return errors.New("no")
		}
		f := newFlood()
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, raw net.Conn) {
			go func() { _ = c.Handshake() }()
			<-held
			f.write(raw, make([]byte, 128<<20))
		})
		c := clientOf(newProbe())
		l.secure(addr, c, config)
		wait(t, held, "the verification of the certificate")
		f.stuck(t)
		if n := f.written.Load(); n > 24<<20 {
			t.Errorf("%d bytes were taken, want no more than the kernel holds", n)
		}
		close(hold)
		wantIs(t, wait(t, c.failed, "ClientConnectionFailed"), reactor.ErrTLS)
		wait(t, f.done, "the server's writer")
	})
}

func TestTLSEnd(t *testing.T) {
	t.Run("close_notify is a clean end, also while TCP stays open", func(t *testing.T) {
		l := start(t)
		answer := make(chan error, 1)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) {
			_, _ = c.Write([]byte("bye"))
			_ = c.CloseWrite()
			_, err := c.Read(make([]byte, 1))
			answer <- err
		})
		p := newProbe()
		l.secure(addr, clientOf(p), trusting())
		if err := wait(t, p.lost, "ConnectionLost"); err != reactor.ErrConnectionDone || p.in.got() != "bye" {
			t.Errorf("got %v after %q, want %v after %q", err, p.in.got(), reactor.ErrConnectionDone, "bye")
		}
		if err := wait(t, answer, "our close_notify"); err != io.EOF {
			t.Errorf("the server got %v, want %v", err, io.EOF)
		}
	})
	t.Run("an end without close_notify is a truncation", func(t *testing.T) {
		l := start(t)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, raw net.Conn) {
			_, _ = c.Write([]byte("part"))
			_ = raw.Close()
		})
		p := newProbe()
		l.secure(addr, clientOf(p), trusting())
		err := wait(t, p.lost, "ConnectionLost")
		wantIs(t, err, reactor.ErrTLSTruncated, reactor.ErrConnectionLost)
		wantText(t, err, "Connection to the other side was lost in a non-clean fashion: reactor: TLS stream ended without close_notify.")
		if p.in.got() != "part" {
			t.Errorf("got %q, want %q", p.in.got(), "part")
		}
	})
	t.Run("an end in the middle of a record is a truncation", func(t *testing.T) {
		l := start(t)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, raw net.Conn) {
			if c.Handshake() == nil {
				_, _ = raw.Write([]byte{23, 3, 3, 0, 100, 1, 2, 3})
			}
		})
		p := newProbe()
		l.secure(addr, clientOf(p), trusting())
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrTLSTruncated, reactor.ErrConnectionLost)
	})
	t.Run("a forged record ends the connection, and the peer is told", func(t *testing.T) {
		l := start(t)
		alert := make(chan error, 1)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, raw net.Conn) {
			if c.Handshake() == nil {
				_, _ = raw.Write(append([]byte{23, 3, 3, 0, 100}, make([]byte, 100)...))
			}
			_, err := c.Read(make([]byte, 1))
			alert <- err
		})
		p := newProbe()
		l.secure(addr, clientOf(p), trusting())
		err := wait(t, p.lost, "ConnectionLost")
		wantIs(t, err, reactor.ErrConnectionLost)
		if errors.Is(err, reactor.ErrTLSTruncated) || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("got %v, want a bad record MAC", err)
		}
		if err := wait(t, alert, "the alert"); err == nil || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("the server got %v, want the alert for a bad record MAC", err)
		}
	})
	t.Run("T16 LoseConnection flushes everything to a slow reader", func(t *testing.T) {
		l := start(t)
		want := pattern(10<<20, 16)
		got, end := make(chan []byte, 1), make(chan error, 1)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) {
			all, err := readSlowly(c, rand.New(rand.NewPCG(16, 16)))
			got <- all
			end <- err
		})
		p := newProbe()
		p.made = func(p *probe) {
			if n, err := p.Transport().Write(want); n != len(want) || err != nil {
				t.Errorf("Write answered %d and %v", n, err)
			}
			p.Transport().LoseConnection()
			_, err := p.Transport().Write([]byte("x"))
			wantIs(t, err, reactor.ErrWriteAfterClose)
		}
		l.secure(addr, clientOf(p), trusting())
		sameBytes(t, wait(t, got, "the server"), want)
		if err := wait(t, end, "the end"); err != nil {
			t.Errorf("the server got %v, want a clean end", err)
		}
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
	})
	t.Run("T36 LoseConnection waits for the producer; close_notify comes after its bytes", func(t *testing.T) {
		l := start(t)
		got, end := make(chan []byte, 1), make(chan error, 1)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) {
			all, err := io.ReadAll(c)
			got <- all
			end <- err
		})
		p := newProbe()
		l.secure(addr, clientOf(p), trusting())
		wait(t, p.up, "the connection")
		want := pattern(2<<20, 36)
		u := &puller{p: p, pieces: pieces(want, rand.New(rand.NewPCG(3, 6)), 100<<10)}
		l.do(func() {
			_ = p.Transport().RegisterProducer(u, false)
			p.Transport().LoseConnection()
		})
		sameBytes(t, wait(t, got, "the server"), want)
		if err := wait(t, end, "the end"); err != nil {
			t.Errorf("the server got %v, want a clean end", err)
		}
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
	})
	t.Run("R06 Stop says close_notify", func(t *testing.T) {
		for _, producing := range []bool{false, true} {
			l := start(t)
			end := make(chan error, 1)
			addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) {
				_, err := io.ReadAll(c)
				end <- err
			})
			p := newProbe()
			l.secure(addr, clientOf(p), trusting())
			wait(t, p.up, "the connection")
			l.do(func() {
				if producing {
					_ = p.Transport().RegisterProducer(&streamer{}, true)
					p.Transport().LoseConnection()
				}
			})
			l.finish()
			if err := wait(t, end, "the end"); err != nil {
				t.Errorf("the server got %v, want a clean end", err)
			}
		}
	})
	t.Run("T20 a reset is a loss", func(t *testing.T) {
		l := start(t)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, raw net.Conn) {
			_, _ = c.Read(make([]byte, 1))
			reset(raw.(*net.TCPConn))
		})
		p := newProbe()
		p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("x")) }
		l.secure(addr, clientOf(p), trusting())
		err := wait(t, p.lost, "ConnectionLost")
		wantIs(t, err, reactor.ErrConnectionLost)
		if errors.Is(err, reactor.ErrTLSTruncated) {
			t.Errorf("got %v, want the reset", err)
		}
	})
	t.Run("T18 AbortConnection resets", func(t *testing.T) {
		l := start(t)
		end := make(chan error, 1)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) {
			_, err := io.Copy(io.Discard, c)
			end <- err
		})
		p := newProbe()
		p.made = func(p *probe) {
			_, _ = p.Transport().Write(make([]byte, 1<<20))
			p.Transport().AbortConnection()
		}
		l.secure(addr, clientOf(p), trusting())
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionAborted)
		if err := wait(t, end, "the end"); err == nil {
			t.Error("the server got a clean end, want none")
		}
	})
	t.Run("T21 a panic in DataReceived", func(t *testing.T) {
		option, logs := observed()
		l := start(t, option)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) {
			_, _ = c.Write([]byte("x"))
			_, _ = io.Copy(io.Discard, c)
		})
		p := newProbe()
		p.data = func(*probe, []byte) { boom() }
		l.secure(addr, clientOf(p), trusting())
		var pe *reactor.PanicError
		if err := wait(t, p.lost, "ConnectionLost"); !errors.As(err, &pe) {
			t.Errorf("got %v, want a *PanicError", err)
		}
		wantPanicLogged(t, logs, "DataReceived", "boom")
	})
}

func TestTLSSessions(t *testing.T) {
	t.Run("tickets, with a server that writes first", func(t *testing.T) {
		l := start(t)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) {
			_, _ = fmt.Fprint(c, "greeting")
			_, _ = io.Copy(c, c)
		})
		config := trusting()
		config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
		for i := range 3 {
			p := newProbe()
			l.secure(addr, clientOf(p), config)
			if got := p.in.wait(t, 8); got != "greeting" {
				t.Errorf("got %q, want %q", got, "greeting")
			}
			l.do(func() {
				state, _ := p.Transport().(reactor.TLSTransport).TLSState()
				if state.DidResume != (i > 0) {
					t.Errorf("connection %d: resumed %v, want %v", i, state.DidResume, i > 0)
				}
				_, _ = p.Transport().Write([]byte("!"))
			})
			p.in.wait(t, 9)
			l.do(p.Transport().LoseConnection)
			wait(t, p.lost, "ConnectionLost")
		}
	})
	t.Run("records cut anywhere, with a pause after every piece", func(t *testing.T) {
		l := start(t)
		want := pattern(1<<20, 11)
		addr := rawPeer(t, func(raw net.Conn) {
			rnd := rand.New(rand.NewPCG(11, 11))
			c := tls.Server(chopped{raw, rnd}, serverConfig())
			for _, piece := range pieces(want, rnd, 20<<10) {
				_, _ = c.Write(piece)
			}
			_ = c.CloseWrite()
			_, _ = io.Copy(io.Discard, c)
		})
		p := newProbe()
		paused := false
		p.data = func(p *probe, data []byte) {
			if paused {
				t.Error("DataReceived while paused")
			}
			p.in.add(data)
			paused = true
			p.Transport().PauseProducing()
			_ = l.CallFromThread(func() { paused = false; p.Transport().ResumeProducing() })
		}
		l.secure(addr, clientOf(p), trusting())
		sameBytes(t, []byte(p.in.wait(t, len(want))), want)
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
	})
	t.Run("T26 paused in connectionMade: the peer's sending backs up", func(t *testing.T) {
		l := start(t)
		want := pattern(16<<20, 26)
		f := newFlood()
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) { f.write(c, want) })
		p := newProbe()
		p.made = func(p *probe) { p.Transport().PauseProducing() }
		l.secure(addr, clientOf(p), trusting())
		f.stuck(t)
		l.do(func() {
			if got := p.in.size(); got != 0 {
				t.Errorf("got %d bytes while paused, want none", got)
			}
			p.Transport().ResumeProducing()
		})
		sameBytes(t, []byte(p.in.wait(t, len(want))), want)
	})
	t.Run("T27 paused, the peer closes, resumed: data first, then the loss", func(t *testing.T) {
		l := start(t)
		closed := make(chan struct{})
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, raw net.Conn) {
			_, _ = c.Write([]byte("data"))
			_ = c.Close()
			close(closed)
		})
		p := newProbe()
		p.made = func(p *probe) { p.Transport().PauseProducing() }
		l.secure(addr, clientOf(p), trusting())
		wait(t, p.up, "the connection")
		wait(t, closed, "the server")
		l.do(func() {
			nothing(t, p.lost, "a loss while paused")
			p.Transport().ResumeProducing()
		})
		if err := wait(t, p.lost, "ConnectionLost"); err != reactor.ErrConnectionDone || p.in.got() != "data" {
			t.Errorf("got %v after %q, want %v after %q", err, p.in.got(), reactor.ErrConnectionDone, "data")
		}
	})
	t.Run("T17 nothing is delivered after LoseConnection, though it was decrypted already", func(t *testing.T) {
		l := start(t)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, raw net.Conn) {
			_ = c.Handshake()
			var all bytes.Buffer
			for range 5 {
				all.WriteString("record")
				_, _ = c.Write(all.Bytes())
			}
			_, _ = io.Copy(io.Discard, c)
		})
		p := newProbe()
		calls := 0
		p.data = func(p *probe, _ []byte) { calls++; p.Transport().LoseConnection() }
		l.secure(addr, clientOf(p), trusting())
		wait(t, p.lost, "ConnectionLost")
		if calls != 1 {
			t.Errorf("got %d calls of DataReceived, want 1", calls)
		}
	})
	t.Run("renegotiation is never followed", func(t *testing.T) {
		config := trusting()
		config.Renegotiation = tls.RenegotiateFreelyAsClient
		l := start(t)
		addr := tlsPeer(t, serverConfig(), echoTLS)
		p := newProbe()
		l.secure(addr, clientOf(p), config)
		wait(t, p.up, "the connection")
		if config.Renegotiation != tls.RenegotiateFreelyAsClient || config.ServerName != "" {
			t.Error("the caller's configuration was changed")
		}
	})
	t.Run("a hundred at once, and no goroutine of the handshakes is left", func(t *testing.T) {
		l := start(t)
		addr := tlsPeer(t, serverConfig(), echoTLS)
		var all []*probe
		l.do(func() {
			for i := range 100 {
				p := newProbe()
				p.made = func(p *probe) { _, _ = fmt.Fprintf(p.Transport(), "number %03d", i) }
				all = append(all, p)
				l.ConnectTLS("127.0.0.1", addr.Port, clientOf(p), trusting())
			}
		})
		for i, p := range all {
			if got, want := p.in.wait(t, 10), fmt.Sprintf("number %03d", i); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		ended(t, "(*tlsLayer).shakeHands")
		l.do(func() {
			for _, p := range all {
				p.Transport().LoseConnection()
			}
		})
		for _, p := range all {
			wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
		}
	})
}

// putPanics is a cache for sessions that cannot take any.
type putPanics struct{}

func (putPanics) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (putPanics) Put(string, *tls.ClientSessionState)        { panic("put") }

func TestTLSCallbacks(t *testing.T) {
	t.Run("a panic of the session cache, after the handshake, ends the connection and no more", func(t *testing.T) {
		option, logs := observed()
		l := start(t, option)
		addr := tlsPeer(t, serverConfig(), echoTLS)
		config := trusting()
		config.ClientSessionCache = putPanics{}
		p := newProbe()
		l.secure(addr, clientOf(p), config)
		var panicked *reactor.PanicError
		if err := wait(t, p.lost, "the end"); !errors.As(err, &panicked) || panicked.Value != "put" {
			t.Errorf("got %v, want the panic", err)
		}
		wantPanicLogged(t, logs, "TLS", "put")
	})
	t.Run("callbacks that end their goroutine fail their handshakes, and leave room for others", func(t *testing.T) {
		l := start(t)
		addr := tlsPeer(t, serverConfig(), echoTLS)
		config := trusting()
		config.VerifyConnection = func(tls.ConnectionState) error { runtime.Goexit(); return nil }
		f := clientOf(newProbe())
		many := 4*runtime.GOMAXPROCS(0) + 1 // more than may compute at the same time
		for range many {
			l.secure(addr, f, config, reactor.Timeout(0))
		}
		for range many {
			wantIs(t, wait(t, f.failed, "a failure"), reactor.ErrTLS)
		}
		p := newProbe()
		l.secure(addr, clientOf(p), trusting())
		wait(t, p.up, "a good connection")
	})
}

// TestTLSPartialRecord leaves a few bytes of a record behind much traffic: they take the memory of a few bytes.
func TestTLSPartialRecord(t *testing.T) {
	const head, body = 6, 16000
	l, more := start(t), make(chan struct{})
	addr := rawPeer(t, func(raw net.Conn) {
		f := forge(t, raw)
		if f == nil {
			return
		}
		first, second := f.record(recordOfData, []byte("x")), f.record(recordOfData, pattern(body, 1))
		_, _ = raw.Write(slices.Concat(first, second[:head]))
		<-more
		rest := second[head:]
		for i := range 3 {
			rest = append(rest, f.record(recordOfData, pattern(body, uint64(2+i)))...)
		}
		_, _ = raw.Write(append(rest, f.record(recordOfData, pattern(body, 5))[:head]...))
		_, _ = io.Copy(io.Discard, raw)
	})
	p := newProbe()
	l.secure(addr, clientOf(p), trusting())
	p.in.wait(t, 1)
	close(more)
	got := p.in.wait(t, 1+4*body)
	sameBytes(t, []byte(got), slices.Concat([]byte("x"), pattern(body, 1), pattern(body, 2), pattern(body, 3), pattern(body, 4)))
	for waiting, memory := 0, 0; waiting < head; {
		l.do(func() { waiting, memory = reactor.Undecrypted(p.Transport()) })
		if waiting == head && memory > 4*head {
			t.Errorf("%d bytes that wait take %d, want at most %d", waiting, memory, 4*head)
		}
	}
}
