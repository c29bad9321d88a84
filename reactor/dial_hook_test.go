package reactor_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// piped is a net.Conn that is no socket.
type piped struct{ net.Conn }

func TestDialContext(t *testing.T) {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	wrapped := func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return piped{c}, err
	}
	for name, dial := range map[string]reactor.DialFunc{"a socket": dial, "no socket": wrapped} {
		t.Run(name+", there and back, with both addresses", func(t *testing.T) {
			l, server := start(t), peer(t)
			p := newProbe()
			l.connect(server.Addr(), clientOf(p), reactor.DialContext(dial))
			raw := accept(t, server)
			send(t, raw, "hello")
			if got := p.in.wait(t, 5); got != "hello" {
				t.Errorf("got %q, want hello", got)
			}
			want := pattern(3<<20, 9)
			l.do(func() {
				tr := p.Transport()
				if tr.RemoteAddr().String() != server.Addr().String() || tr.LocalAddr().String() != raw.RemoteAddr().String() {
					t.Errorf("got %s to %s, want %s to %s", tr.LocalAddr(), tr.RemoteAddr(), raw.RemoteAddr(), server.Addr())
				}
				if tr.Connector() == nil {
					t.Error("the connection has no Connector")
				}
				_, _ = tr.Write(want)
				tr.LoseConnection()
			})
			got, err := io.ReadAll(raw)
			if err != nil {
				t.Fatal(err)
			}
			sameBytes(t, got, want)
			if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
				t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
			}
		})
		t.Run(name+", under TLS", func(t *testing.T) {
			l := start(t)
			addr := tlsPeer(t, serverConfig(), echoTLS)
			p := newProbe()
			c := clientOf(p)
			l.secure(addr, c, trusting(), reactor.DialContext(dial))
			wait(t, p.up, "the connection")
			l.do(func() { _, _ = p.Transport().Write([]byte("hello")) })
			if got := p.in.wait(t, 5); got != "hello" {
				t.Errorf("got %q, want hello", got)
			}
			l.do(p.Transport().LoseConnection)
			if err := wait(t, c.lost, "the end"); err != reactor.ErrConnectionDone {
				t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
			}
		})
		t.Run(name+", a certificate that is not trusted", func(t *testing.T) {
			l := start(t)
			addr := tlsPeer(t, serverConfig(), func(c *tls.Conn, _ net.Conn) { _ = c.Handshake() })
			c := clientOf(newProbe())
			l.secure(addr, c, nil, reactor.DialContext(dial))
			wantIs(t, wait(t, c.failed, "the failure"), reactor.ErrTLSUnknownAuthority, reactor.ErrConnect)
		})
	}
	t.Run("the name is not looked up here", func(t *testing.T) {
		l, server := start(t, reactor.WithResolver(resolver{})), peer(t)
		asked := make(chan string, 1)
		p := newProbe()
		l.do(func() {
			l.ConnectTCP("nowhere.example", 143, clientOf(p), reactor.DialContext(func(ctx context.Context, network, address string) (net.Conn, error) {
				asked <- network + " " + address
				return dial(ctx, "tcp", server.Addr().String())
			}))
		})
		if got := wait(t, asked, "the question"); got != "tcp nowhere.example:143" {
			t.Errorf("asked for %q, want tcp nowhere.example:143", got)
		}
		wait(t, p.up, "the connection")
	})
	odd := errors.New("odd")
	for name, test := range map[string]struct {
		dial reactor.DialFunc
		want []error
	}{
		"an error": {func(context.Context, string, string) (net.Conn, error) { return nil, odd }, []error{odd, reactor.ErrConnect}},
		"refused": {func(context.Context, string, string) (net.Conn, error) {
			return nil, os.NewSyscallError("connect", syscall.ECONNREFUSED)
		}, []error{reactor.ErrConnectionRefused, syscall.ECONNREFUSED}},
		"unknown": {func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host"}
		}, []error{reactor.ErrDNSLookup}},
		"neither": {func(context.Context, string, string) (net.Conn, error) { return nil, nil }, []error{reactor.ErrConnect}},
		"a panic": {func(context.Context, string, string) (net.Conn, error) { panic(odd) }, []error{odd, reactor.ErrConnect}},
		"a closed connection": {func(ctx context.Context, n, a string) (net.Conn, error) {
			c, _ := net.Pipe()
			_ = c.Close()
			return c, nil
		}, nil},
	} {
		t.Run("it fails: "+name, func(t *testing.T) {
			l := start(t)
			c := clientOf(newProbe())
			l.do(func() { l.ConnectTCP("127.0.0.1", 1, c, reactor.DialContext(test.dial)) })
			if test.want == nil {
				wantIs(t, wait(t, c.lost, "the loss"), reactor.ErrConnectionLost, io.ErrClosedPipe)
				return
			}
			wantIs(t, wait(t, c.failed, "the failure"), test.want...)
		})
	}
	t.Run("the timeout of the attempt ends the context, and what comes too late is closed", func(t *testing.T) {
		var ck clock
		l := start(t, reactor.WithClock(ck.Now))
		begun, late := make(chan struct{}), make(chan net.Conn, 1)
		c := clientOf(newProbe())
		l.do(func() {
			l.ConnectTCP("127.0.0.1", 1, c, reactor.Timeout(3*time.Second), reactor.DialContext(func(ctx context.Context, _, _ string) (net.Conn, error) {
				close(begun)
				<-ctx.Done()
				near, far := net.Pipe()
				late <- far
				return near, nil
			}))
		})
		wait(t, begun, "the dialling")
		l.pass(&ck, 3*time.Second)
		wantIs(t, wait(t, c.failed, "the failure"), reactor.ErrTimeout)
		far := wait(t, late, "the late connection")
		if _, err := far.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the late connection answered %v, want %v", err, io.EOF)
		}
	})
	t.Run("Stop while it dials", func(t *testing.T) {
		l := start(t)
		begun := make(chan struct{})
		c := clientOf(newProbe())
		l.do(func() {
			l.ConnectTCP("127.0.0.1", 1, c, reactor.DialContext(func(ctx context.Context, _, _ string) (net.Conn, error) {
				close(begun)
				<-ctx.Done()
				return nil, ctx.Err()
			}))
		})
		wait(t, begun, "the dialling")
		l.finish()
		wantIs(t, wait(t, c.failed, "the failure"), reactor.ErrUserAbort)
	})
}
