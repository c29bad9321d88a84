package reactor_test

import (
	"crypto/tls"
	"io"
	"net"
	"testing"

	"github.com/tconn/tconn/reactor"
)

// leaver is a producer that ends the connection as soon as it is asked to pause.
type leaver struct {
	idler
	transport reactor.Transport
}

func (q *leaver) PauseProducing() {
	q.transport.UnregisterProducer()
	q.transport.LoseConnection()
}

// received is what a peer got until the end, and how it ended.
type received struct {
	n   int64
	err error
}

// drains is a TLS server that reads to the end when it is told to begin.
func drains(t *testing.T, begin <-chan struct{}) (addr *net.TCPAddr, got chan received) {
	got = make(chan received, 1)
	addr = tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) {
		if c.Handshake() != nil {
			return
		}
		<-begin
		n, err := io.Copy(io.Discard, c)
		got <- received{n, err}
	})
	return addr, got
}

// atOnce answers a channel that is closed already.
func atOnce() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func TestTLSWritesAndProducers(t *testing.T) {
	t.Run("a producer that closes when it is asked to pause", func(t *testing.T) {
		l := start(t)
		addr, got := drains(t, atOnce())
		p := newProbe()
		l.secure(addr, clientOf(p), trusting())
		wait(t, p.up, "ConnectionMade")
		l.do(func() {
			_ = p.Transport().RegisterProducer(&leaver{transport: p.Transport()}, true)
			if n, err := p.Transport().Write(make([]byte, 10<<20)); n != 10<<20 || err != nil {
				t.Errorf("Write answered %d and %v, want all and nil", n, err)
			}
		})
		if r := wait(t, got, "the peer"); r != (received{10 << 20, nil}) {
			t.Errorf("the peer got %d bytes and %v, want %d and a clean end", r.n, r.err, 10<<20)
		}
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
	})
	t.Run("the limit of the buffer is for whole writes, and close_notify passes it", func(t *testing.T) {
		l := start(t, reactor.WithMaxBuffered(1<<20))
		begin := make(chan struct{})
		addr, got := drains(t, begin)
		p := newProbe()
		l.secure(addr, clientOf(p), trusting())
		wait(t, p.up, "ConnectionMade")
		l.do(func() {
			if n, err := p.Transport().Write(make([]byte, 32<<20)); n != 32<<20 || err != nil {
				t.Errorf("Write answered %d and %v, want all and nil", n, err)
			}
			p.Transport().LoseConnection()
		})
		close(begin)
		if r := wait(t, got, "the peer"); r != (received{32 << 20, nil}) {
			t.Errorf("the peer got %d bytes and %v, want %d and a clean end", r.n, r.err, 32<<20)
		}
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
	})
	t.Run("a write above the limit is refused whole, and aborts", func(t *testing.T) {
		l := start(t, reactor.WithMaxBuffered(1<<20))
		begin := make(chan struct{})
		addr, _ := drains(t, begin)
		t.Cleanup(func() { close(begin) })
		p := newProbe()
		l.secure(addr, clientOf(p), trusting())
		wait(t, p.up, "ConnectionMade")
		l.do(func() {
			_, _ = p.Transport().Write(make([]byte, 32<<20))
			n, err := p.Transport().Write([]byte("x"))
			if n != 0 {
				t.Errorf("Write answered %d, want 0", n)
			}
			wantIs(t, err, reactor.ErrBufferFull)
		})
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrBufferFull, reactor.ErrConnectionLost)
	})
	t.Run("close_notify is answered although a producer is registered", func(t *testing.T) {
		l := start(t)
		got := make(chan received, 1)
		addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) {
			if c.Handshake() != nil || c.CloseWrite() != nil {
				return
			}
			n, err := io.Copy(io.Discard, c)
			got <- received{n, err}
		})
		p, s := newProbe(), &idler{}
		p.made = func(p *probe) { _ = p.Transport().RegisterProducer(s, true) }
		l.secure(addr, clientOf(p), trusting())
		if r := wait(t, got, "the peer"); r != (received{}) {
			t.Errorf("the peer got %d bytes and %v, want none and a clean end", r.n, r.err)
		}
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
		l.do(func() {
			if s.stops != 1 {
				t.Errorf("the producer was stopped %d times, want once", s.stops)
			}
		})
	})
}

// The peer ends its side while output waits: the idle producer is stopped, what waits is sent, and the end comes.
func TestPeerEndsUnderProducer(t *testing.T) {
	l := start(t)
	p, s := newProbe(), &idler{}
	far, _ := connected(t, l, p)
	const waiting = 16 << 20
	l.do(func() {
		_ = p.Transport().RegisterProducer(s, true)
		_, _ = p.Transport().Write(make([]byte, waiting))
	})
	if err := far.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, far); n != waiting || err != nil {
		t.Errorf("the peer got %d bytes and %v, want %d and nil", n, err, waiting)
	}
	wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
	l.do(func() {
		nothing(t, p.lost, "a second loss")
		if s.stops != 1 {
			t.Errorf("the producer was stopped %d times, want once", s.stops)
		}
	})
}

// A reset behind the last flight of a handshake that succeeds nevertheless ends the connection, whatever the protocol does first.
func TestTLSResetBehindHandshake(t *testing.T) {
	for name, made := range map[string]func(p *probe){
		"and nothing":        nil,
		"and LoseConnection": func(p *probe) { p.Transport().LoseConnection() },
		"and a write while paused": func(p *probe) {
			p.Transport().PauseProducing()
			_, _ = p.Transport().Write([]byte("x"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := start(t)
			verifying, release := make(chan struct{}), make(chan struct{})
			addr := rawPeer(t, func(raw net.Conn) {
				go func() { _ = tls.Server(raw, serverConfig()).Handshake() }()
				<-verifying
				reset(raw.(*net.TCPConn))
				l.do(func() {})
				l.do(func() {})
				close(release)
			})
			config := trusting()
			config.VerifyConnection = func(tls.ConnectionState) error {
				close(verifying)
				<-release
				return nil
			}
			p := newProbe()
			p.made = made
			c := clientOf(p)
			l.secure(addr, c, config)
			wantIs(t, wait(t, c.lost, "ClientConnectionLost"), reactor.ErrConnectionLost)
		})
	}
}
