package reactor_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/tconn/tconn/reactor"
)

// halves is a probe that knows of half-closed connections.
type halves struct {
	*probe
	readLost  func()
	wroteLast func()
	told      chan string
}

func newHalves() *halves { return &halves{probe: newProbe(), told: make(chan string, 8)} }

func (h *halves) ReadConnectionLost() {
	h.told <- "read"
	if h.readLost != nil {
		h.readLost()
	}
}

func (h *halves) WriteConnectionLost() {
	h.told <- "write"
	if h.wroteLast != nil {
		h.wroteLast()
	}
}

// pieceSource is a producer that writes one piece whenever it is asked, and then is done.
type pieceSource struct {
	to      reactor.Transport
	left    int
	stopped bool
}

func (s *pieceSource) PauseProducing() {}
func (s *pieceSource) StopProducing()  { s.stopped = true }

func (s *pieceSource) ResumeProducing() {
	if s.left == 0 {
		s.to.UnregisterProducer()
		return
	}
	s.left--
	_, _ = s.to.Write([]byte("piece "))
}

// behind is a Wrapper of another protocol.
type behind struct{ reactor.Protocol }

func (b behind) Unwrap() reactor.Protocol { return b.Protocol }

func TestHalfClose(t *testing.T) {
	// talk connects p to a raw peer, in the clear or under TLS. The peer's side is a net.Conn with CloseWrite.
	type closer interface {
		net.Conn
		CloseWrite() error
	}
	for name, talk := range map[string]func(t *testing.T, p reactor.Protocol) (*loop, closer){
		"TCP": func(t *testing.T, p reactor.Protocol) (*loop, closer) {
			l, ln := start(t), peer(t)
			l.connect(ln.Addr(), clientOf(p))
			return l, accept(t, ln)
		},
		"TLS": func(t *testing.T, p reactor.Protocol) (*loop, closer) {
			l := start(t)
			got, over := make(chan closer, 1), make(chan struct{})
			addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) {
				if c.Handshake() == nil {
					got <- c
					<-over
				}
			})
			t.Cleanup(func() { close(over) })
			l.secure(addr, clientOf(p), trusting())
			return l, wait(t, got, "the handshake")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("T30 loseWriteConnection: the peer sees the end of data, and this side goes on reading", func(t *testing.T) {
				p := newProbe()
				l, raw := talk(t, p)
				wait(t, p.up, "the connection")
				l.do(func() {
					tr := p.Transport().(reactor.TCPTransport)
					_, _ = tr.Write(pattern(300_000, 1))
					tr.LoseWriteConnection()
					tr.LoseWriteConnection()
					if n, err := tr.Write([]byte("late")); n != 0 || err != reactor.ErrWriteAfterClose {
						t.Errorf("a write afterwards answered %d and %v, want 0 and %v", n, err, reactor.ErrWriteAfterClose)
					}
				})
				all, err := io.ReadAll(raw)
				if err != nil {
					t.Fatal(err)
				}
				sameBytes(t, all, pattern(300_000, 1))
				send(t, raw, "still here")
				if got := p.in.wait(t, 10); got != "still here" {
					t.Errorf("got %q, want %q", got, "still here")
				}
				nothing(t, p.lost, "a loss")
				if err := raw.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
					t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
				}
			})
			t.Run("T30 a protocol that knows of halves is told, and goes on writing", func(t *testing.T) {
				p := newHalves()
				l, raw := talk(t, behind{p})
				wait(t, p.up, "the connection")
				send(t, raw, "bye")
				if err := raw.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				if got := wait(t, p.told, "the news"); got != "read" || p.in.got() != "bye" {
					t.Errorf("got %q and %q, want the bytes, then the end of reading", p.in.got(), got)
				}
				l.do(func() { _, _ = p.Transport().Write([]byte("answer")) })
				expect(t, raw, "answer")
				nothing(t, p.lost, "a loss")
				l.do(func() { p.Transport().(reactor.TCPTransport).LoseWriteConnection() })
				if got := wait(t, p.told, "the news"); got != "write" {
					t.Errorf("got %q, want write", got)
				}
				if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
					t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
				}
				expectEnd(t, raw)
			})
			t.Run("T30 the other order", func(t *testing.T) {
				p := newHalves()
				l, raw := talk(t, p)
				wait(t, p.up, "the connection")
				l.do(func() { p.Transport().(reactor.TCPTransport).LoseWriteConnection() })
				expectEnd(t, raw)
				if err := raw.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				if first, second := wait(t, p.told, "the news"), wait(t, p.told, "the news"); first != "write" || second != "read" {
					t.Errorf("got %s, %s; want write, read", first, second)
				}
				if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
					t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
				}
			})
			t.Run("T30 a producer is let finish before the half is over, and another one comes too late", func(t *testing.T) {
				p := newHalves()
				source, late := &pieceSource{left: 3}, &pieceSource{left: 1}
				p.made = func(p *probe) {
					tr := p.Transport().(reactor.TCPTransport)
					source.to, late.to = tr, tr
					if err := tr.RegisterProducer(source, false); err != nil {
						t.Errorf("RegisterProducer answered %v, want nil", err)
					}
					tr.LoseWriteConnection()
				}
				l, raw := talk(t, p)
				all, err := io.ReadAll(raw)
				if want := "piece piece piece "; string(all) != want || err != nil {
					t.Errorf("the peer got %q and %v, want %q and the end", all, err, want)
				}
				if got := wait(t, p.told, "the news"); got != "write" {
					t.Errorf("got %q, want write", got)
				}
				l.do(func() {
					if err := late.to.RegisterProducer(late, false); err != nil || !late.stopped || late.left != 1 {
						t.Errorf("a late producer got %v, stopped %v, %d pieces left; want nil, true, 1", err, late.stopped, late.left)
					}
				})
				nothing(t, p.lost, "a loss")
			})
			t.Run("LoseConnection after the peer's half is over", func(t *testing.T) {
				p := newHalves()
				p.readLost = func() {
					_, _ = p.Transport().Write(pattern(200_000, 3))
					p.Transport().LoseConnection()
				}
				_, raw := talk(t, p)
				if err := raw.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				all, err := io.ReadAll(raw)
				if err != nil {
					t.Fatal(err)
				}
				sameBytes(t, all, pattern(200_000, 3))
				if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
					t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
				}
			})
			for half, cause := range map[string]func(l *loop, p *halves, raw closer){
				"read": func(l *loop, p *halves, raw closer) {
					l.do(func() { p.readLost = func() { panic("boo") } })
					_ = raw.CloseWrite()
				},
				"write": func(l *loop, p *halves, _ closer) {
					p.wroteLast = func() { panic("boo") }
					l.do(p.Transport().(reactor.TCPTransport).LoseWriteConnection)
				},
			} {
				t.Run("T31 a panic when told of the end of the "+half+" half", func(t *testing.T) {
					p := newHalves()
					l, raw := talk(t, p)
					wait(t, p.up, "the connection")
					l.do(func() {})
					cause(l, p, raw)
					var panicked *reactor.PanicError
					if err := wait(t, p.lost, "the end"); !errors.As(err, &panicked) || panicked.Value != "boo" {
						t.Errorf("got %v, want the panic", err)
					}
					nothing(t, p.lost, "a second end")
				})
			}
		})
	}
}

// TestHalfCloseNotify ends one half of a TLS connection after its producer has come to its end.
func TestHalfCloseNotify(t *testing.T) {
	l := start(t)
	server, client := newProbe(), newProbe()
	addr := l.listenTLS(server.serve(), serverConfig())
	l.secure(addr, clientOf(client), trusting())
	wait(t, client.up, "the connection")
	l.do(func() {
		tr := client.Transport().(reactor.TCPTransport)
		if err := tr.RegisterProducer(&pieceSource{to: tr}, true); err != nil {
			t.Errorf("RegisterProducer answered %v, want nil", err)
		}
		_, _ = tr.Write([]byte("all of it"))
		tr.LoseWriteConnection()
	})
	server.in.wait(t, len("all of it"))
	l.do(client.Transport().UnregisterProducer)
	if err := wait(t, server.lost, "the end"); err != reactor.ErrConnectionDone {
		t.Errorf("the peer got %v, want %v: the end with close_notify", err, reactor.ErrConnectionDone)
	}
}

// TestHalfCloseKeyUpdate has the peer ask for new keys after our half of a TLS connection is over: there is no answer to that, and
// the peer's half goes on.
func TestHalfCloseKeyUpdate(t *testing.T) {
	l, ended, over := start(t), make(chan struct{}), make(chan struct{})
	addr := rawPeer(t, func(raw net.Conn) {
		defer func() { close(ended); <-over }()
		f := forge(t, raw)
		if f == nil {
			return
		}
		if all, err := io.ReadAll(f); len(all) > 0 || err != nil {
			t.Errorf("the peer got %q and %v, want the end", all, err)
		}
		_, _ = raw.Write(f.record(recordOfHandshake, keyUpdateRequested))
		f.rekey()
		_, _ = raw.Write(f.record(recordOfData, []byte("with new keys")))
		if n, err := io.Copy(io.Discard, raw); n > 0 || err != nil {
			t.Errorf("the peer got %d bytes behind close_notify and %v, want none", n, err)
		}
	})
	t.Cleanup(func() { close(over) })
	p := newProbe()
	l.secure(addr, clientOf(p), trusting())
	wait(t, p.up, "the connection")
	l.do(p.Transport().(reactor.TCPTransport).LoseWriteConnection)
	if got := p.in.wait(t, len("with new keys")); got != "with new keys" {
		t.Errorf("got %q, want %q", got, "with new keys")
	}
	wait(t, ended, "the end of our half")
	l.do(func() {})
	nothing(t, p.lost, "a loss")
	l.do(p.Transport().LoseConnection)
	if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
		t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
	}
}
