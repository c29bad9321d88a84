package reactor_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

func TestDialNet(t *testing.T) {
	names := resolver{"both.example": {netip.MustParseAddr("::1"), netip.MustParseAddr("127.0.0.1")}}
	t.Run("networks", func(t *testing.T) {
		l := start(t, reactor.WithResolver(names))
		_, port, _ := net.SplitHostPort(peerAddr(t))
		path := filepath.Join(t.TempDir(), "s")
		unix, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close()
		for _, tt := range []struct{ network, addr string }{
			{"tcp", "127.0.0.1:" + port}, {"tcp", "both.example:" + port}, {"tcp", ":" + port},
			{"tcp4", "127.0.0.1:" + port}, {"tcp4", "both.example:" + port}, {"tcp4", ":" + port}, {"unix", path},
		} {
			c, err := reactor.NetDialer{Reactor: l.Reactor}.Dial(tt.network, tt.addr)
			if err != nil {
				t.Errorf("%s %s: got %v, want a connection", tt.network, tt.addr, err)
				continue
			}
			if got := c.RemoteAddr().Network(); !strings.HasPrefix(tt.network, got) {
				t.Errorf("%s %s: the address is on %q", tt.network, tt.addr, got)
			}
			_ = c.Close()
		}
	})
	t.Run("what fails", func(t *testing.T) {
		l := start(t, reactor.WithResolver(names))
		_, closed, _ := net.SplitHostPort(closedPort(t).String())
		for _, tt := range []struct {
			network, addr string
			want          error
		}{
			{"tcp", "127.0.0.1:" + closed, syscall.ECONNREFUSED},
			{"tcp", "127.0.0.1:" + closed, reactor.ErrConnectionRefused},
			{"tcp4", "both.example:" + closed, syscall.ECONNREFUSED},
			{"tcp4", "[::1]:" + closed, reactor.ErrDNSLookup},
			{"tcp6", "127.0.0.1:" + closed, reactor.ErrDNSLookup},
			{"tcp", "nowhere.example:" + closed, reactor.ErrDNSLookup},
			{"tcp4", "nowhere.example:" + closed, reactor.ErrDNSLookup},
			{"unix", filepath.Join(t.TempDir(), "nothing"), syscall.ENOENT},
		} {
			_, err := reactor.DialNet(t.Context(), l.Reactor, tt.network, tt.addr)
			wantIs(t, err, tt.want)
			var e *net.OpError
			if !errors.As(err, &e) || e.Op != "dial" || e.Net != tt.network || e.Addr.String() != tt.addr || e.Addr.Network() != tt.network {
				t.Errorf("%s %s: got %#v, want a *net.OpError that says so", tt.network, tt.addr, err)
			}
		}
		var unknown net.UnknownNetworkError
		if _, err := reactor.DialNet(t.Context(), l.Reactor, "udp", "127.0.0.1:1"); !errors.As(err, &unknown) {
			t.Errorf("udp: got %v, want a %T", err, unknown)
		}
		for _, addr := range []string{"127.0.0.1", "::1:1", "127.0.0.1:nothing", ""} {
			if _, err := reactor.DialNet(t.Context(), l.Reactor, "tcp", addr); err == nil {
				t.Errorf("%q: got no error, want one", addr)
			}
		}
	})
	t.Run("T04 the timeout of the attempt", func(t *testing.T) {
		l := start(t)
		hole := blackHole(t, "127.0.0.1", 0)
		_, err := reactor.NetDialer{Reactor: l.Reactor, Options: []reactor.ConnectOption{reactor.Timeout(5 * time.Millisecond)}}.
			Dial("tcp", hole.String())
		wantIs(t, err, reactor.ErrTimeout)
		wantTimeout(t, err)
	})
	t.Run("the context ends first", func(t *testing.T) {
		l := start(t)
		hole := blackHole(t, "127.0.0.1", 0)
		why := errors.New("why")
		ctx, cancel := context.WithCancelCause(t.Context())
		dialled := begin(func() (int, error) {
			_, err := reactor.DialNet(ctx, l.Reactor, "tcp", hole.String())
			return 0, err
		})
		cancel(why)
		wantIs(t, wait(t, dialled, "DialNet").err, context.Canceled, why)
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer stop()
		_, err := reactor.DialNet(ctx, l.Reactor, "tcp", hole.String())
		wantIs(t, err, context.DeadlineExceeded)
		var e net.Error
		if !errors.As(err, &e) || !e.Timeout() {
			t.Errorf("got %v, want a net.Error whose Timeout is true", err)
		}
		_, err = reactor.DialNet(ctx, l.Reactor, "tcp", hole.String()) // over before it begins
		wantIs(t, err, context.DeadlineExceeded)
	})
	t.Run("T05 the context ends: the attempt does, too", func(t *testing.T) {
		names := newBlockingResolver()
		l := start(t, reactor.WithResolver(names))
		ctx, cancel := context.WithCancel(t.Context())
		dialled := begin(func() (int, error) {
			_, err := reactor.DialNet(ctx, l.Reactor, "tcp", "slow.example:1")
			return 0, err
		})
		wait(t, names.asked, "the lookup")
		cancel()
		wantIs(t, wait(t, dialled, "DialNet").err, context.Canceled)
		wantIs(t, wait(t, names.cancelled, "the end of the lookup"), context.Canceled)
	})
	t.Run("the context ends as the connection comes: nothing is left open", func(t *testing.T) {
		l := start(t)
		target := peer(t)
		for range 100 {
			ctx, cancel := context.WithCancel(t.Context())
			dialled := begin(func() (int, error) {
				n, err := reactor.DialNet(ctx, l.Reactor, "tcp", target.Addr().String())
				if err == nil {
					_ = n.Close()
				}
				return 0, err
			})
			far := accept(t, target) // the kernel is connected; the reactor may know or not
			cancel()
			_ = wait(t, dialled, "DialNet")
			_, _ = io.Copy(io.Discard, far) // ends, or the test does by the deadline
			if _, err := far.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the connection is still open")
			}
		}
	})
	t.Run("R06 the reactor stops meanwhile, or has stopped", func(t *testing.T) {
		l := start(t)
		hole := blackHole(t, "127.0.0.1", 0)
		dialled := begin(func() (int, error) {
			_, err := reactor.DialNet(context.Background(), l.Reactor, "tcp", hole.String())
			return 0, err
		})
		_ = l.Stop()
		if err := wait(t, dialled, "DialNet").err; !errors.Is(err, reactor.ErrUserAbort) && !errors.Is(err, reactor.ErrStopped) {
			t.Errorf("got %v, want %v or %v", err, reactor.ErrUserAbort, reactor.ErrStopped)
		}
		l.finish()
		_, err := reactor.DialNet(context.Background(), l.Reactor, "tcp", hole.String())
		wantIs(t, err, reactor.ErrStopped)
	})
	t.Run("R06 the reactor is stopping", func(t *testing.T) {
		l := start(t)
		var dialled <-chan netAnswer
		l.do(func() {
			_ = l.Stop()
			dialled = begin(func() (int, error) {
				_, err := reactor.DialNet(context.Background(), l.Reactor, "tcp", "127.0.0.1:1")
				return 0, err
			})
			parked(t, "select", "reactor.DialNet")
		})
		wantIs(t, wait(t, dialled, "DialNet").err, reactor.ErrStopped)
	})
	t.Run("it waits for Run", func(t *testing.T) {
		r := reactor.New()
		addr := peerAddr(t)
		dialled := begin(func() (int, error) {
			n, err := reactor.DialNet(context.Background(), r, "tcp", addr)
			if err == nil {
				_ = n.Close()
			}
			return 0, err
		})
		run(t, r)
		if err := wait(t, dialled, "DialNet").err; err != nil {
			t.Errorf("got %v, want nil", err)
		}
	})
}

// peerAddr is where a plain socket listens and accepts nothing.
func peerAddr(t *testing.T) string {
	t.Helper()
	return peer(t).Addr().String()
}

func TestNewNetConn(t *testing.T) {
	t.Run("over ConnectTLS, written to before it is connected", func(t *testing.T) {
		l := start(t)
		addr := tlsPeer(t, serverConfig(), echoTLS)
		n, p := reactor.NewNetConn()
		if got := n.LocalAddr(); got == nil || n.RemoteAddr() == nil || n.Transport() != nil {
			t.Errorf("before: got %v, %v and %v, want addresses and no transport", got, n.RemoteAddr(), n.Transport())
		}
		send(t, n, "early")
		l.secure(addr, clientOf(p), trusting())
		expect(t, n, "early")
		want := pattern(1<<20, 9)
		sent := begin(func() (int, error) { return n.Write(want) })
		got := make([]byte, len(want))
		if _, err := io.ReadFull(n, got); err != nil {
			t.Fatal(err)
		}
		sameBytes(t, got, want)
		wait(t, sent, "Write")
		if state, ok := n.Transport().(reactor.TLSTransport); !ok {
			t.Errorf("the transport is a %T, want a TLSTransport", state)
		}
		_ = n.Close()
	})
	t.Run("crypto/tls on top", func(t *testing.T) {
		l := start(t)
		addr := tlsPeer(t, serverConfig(), echoTLS)
		config := trusting()
		config.ServerName = "server.example"
		c := tls.Client(dialNet(t, l, addr), config)
		send(t, c, "hello")
		expect(t, c, "hello")
		if err := c.Close(); err != nil {
			t.Errorf("Close answered %v, want nil", err)
		}
	})
	t.Run("deadline, CloseWrite and Close before it is connected", func(t *testing.T) {
		l := start(t)
		n, p := reactor.NewNetConn()
		_ = n.SetReadDeadline(time.Unix(1, 0))
		_, err := n.Read(make([]byte, 1))
		wantTimeout(t, err)
		_ = n.SetReadDeadline(time.Time{})
		send(t, n, "all there is")
		_ = n.CloseWrite()
		read := reading(t, n)
		target := peer(t)
		l.connect(target.Addr(), clientOf(p))
		far := accept(t, target)
		expect(t, far, "all there is")
		expectEnd(t, far)
		send(t, far, "x")
		if got := wait(t, read, "Read"); got != (netAnswer{1, nil}) {
			t.Errorf("Read answered %v, want 1 and no error", got)
		}
		_ = n.Close()

		n, p = reactor.NewNetConn()
		send(t, n, "and no more")
		_ = n.Close()
		l.connect(target.Addr(), clientOf(p))
		far = accept(t, target)
		expect(t, far, "and no more")
		expectEnd(t, far)
	})
	t.Run("its Protocol is for one connection", func(t *testing.T) {
		l := start(t)
		_, p := reactor.NewNetConn()
		target := peer(t)
		c := clientOf(p)
		l.connect(target.Addr(), c)
		accept(t, target)
		l.connect(target.Addr(), c)
		var panicked *reactor.PanicError
		if err := wait(t, c.lost, "the end of the second"); !errors.As(err, &panicked) {
			t.Errorf("the second connection ended with %v, want a %T", err, panicked)
		}
	})
}
