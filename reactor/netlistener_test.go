package reactor_test

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// accepting begins an Accept that waits.
func accepting(t testing.TB, l *reactor.NetListener) <-chan netAnswer {
	t.Helper()
	return netWaiting(t, inAccept, func() (int, error) {
		_, err := l.Accept()
		return 0, err
	})
}

func TestNetListener(t *testing.T) {
	t.Run("Accept waits for a connection", func(t *testing.T) {
		l := start(t)
		listener := listenNet(t, l)
		accepted := accepting(t, listener)
		far := dial(t, listener.Addr())
		if err := wait(t, accepted, "Accept").err; err != nil {
			t.Errorf("Accept answered %v, want nil", err)
		}
		_ = far.Close()
	})
	t.Run("Close while Accept waits; the port is free, accepted connections live on", func(t *testing.T) {
		l := start(t)
		listener := listenNet(t, l)
		far := dial(t, listener.Addr())
		near, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		accepted := accepting(t, listener)
		if err := listener.Close(); err != nil {
			t.Errorf("Close answered %v, want nil", err)
		}
		wantIs(t, wait(t, accepted, "Accept").err, net.ErrClosed)
		for name, err := range map[string]error{"a second Close": listener.Close(), "SetDeadline": listener.SetDeadline(time.Time{})} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s answered %v, want %v", name, err, net.ErrClosed)
			}
		}
		again, err := net.Listen("tcp", listener.Addr().String())
		if err != nil {
			t.Fatalf("the port is not free: %v", err)
		}
		_ = again.Close()
		send(t, near, "still here")
		expect(t, far, "still here")
		_ = near.Close()
	})
	t.Run("those that nobody accepted are aborted", func(t *testing.T) {
		l := start(t)
		listener := listenNet(t, l)
		far := dial(t, listener.Addr())
		send(t, far, "hello") // also when the connection has not been accepted by the reactor yet
		l.do(func() {})
		_ = listener.Close()
		expectReset(t, far)
	})
	t.Run("R06 the reactor stops while Accept waits", func(t *testing.T) {
		l := start(t)
		listener := listenNet(t, l)
		accepted := accepting(t, listener)
		_ = l.Stop()
		wantIs(t, wait(t, accepted, "Accept").err, net.ErrClosed)
		l.finish()
		_, err := listener.Accept()
		wantIs(t, err, net.ErrClosed)
		if err := listener.Close(); err != nil {
			t.Errorf("Close answered %v, want nil", err)
		}
	})
	t.Run("StopListening ends it", func(t *testing.T) {
		l := start(t)
		listener := listenNet(t, l)
		accepted := accepting(t, listener)
		l.do(func() { wantFired(t, listener.Port().StopListening(), nil) })
		wantIs(t, wait(t, accepted, "Accept").err, net.ErrClosed)
	})
	t.Run("deadline: past, comes while it waits, cleared", func(t *testing.T) {
		l := start(t)
		listener := listenNet(t, l)
		_ = listener.SetDeadline(time.Unix(1, 0))
		_, err := listener.Accept()
		wantTimeout(t, err)
		_ = listener.SetDeadline(time.Time{})
		accepted := accepting(t, listener)
		_ = listener.SetDeadline(time.Now().Add(5 * time.Millisecond))
		wantTimeout(t, wait(t, accepted, "Accept").err)
		_ = listener.SetDeadline(time.Time{})
		far := dial(t, listener.Addr())
		if n, err := listener.Accept(); err != nil {
			t.Errorf("Accept answered %v, want nil", err)
		} else {
			_ = n.Close()
		}
		_ = far.Close()
	})
	t.Run("before Run", func(t *testing.T) {
		r := reactor.New()
		listener, err := reactor.ListenNet(r, 0, reactor.Interface("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		other, err := reactor.ListenNet(r, 0, reactor.Interface("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Close(); err != nil {
			t.Errorf("Close before Run answered %v, want nil", err)
		}
		far := dial(t, listener.Addr())
		run(t, r)
		near, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		send(t, far, "early")
		expect(t, near, "early")
	})
	t.Run("a port that cannot be had, and a reactor that has stopped", func(t *testing.T) {
		l := start(t)
		taken := peer(t)
		port := taken.Addr().(*net.TCPAddr).Port
		_, err := reactor.ListenNet(l.Reactor, port, reactor.Interface("127.0.0.1"))
		wantIs(t, err, reactor.ErrCannotListen)
		l.finish()
		_, err = reactor.ListenNet(l.Reactor, 0)
		wantIs(t, err, reactor.ErrCannotListen, reactor.ErrStopped)
	})
	t.Run("other kinds of ports", func(t *testing.T) {
		l := start(t)
		path := filepath.Join(t.TempDir(), "s")
		overUNIX, err := reactor.NewNetListener(l.Reactor, func(f reactor.Factory) (*reactor.Port, error) { return l.ListenUNIX(path, f) })
		if err != nil {
			t.Fatal(err)
		}
		near, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		talkOver(t, overUNIX, near)
		overTLS, err := reactor.NewNetListener(l.Reactor, func(f reactor.Factory) (*reactor.Port, error) {
			return l.ListenTLS(0, f, serverConfig(), reactor.Interface("127.0.0.1"))
		})
		if err != nil {
			t.Fatal(err)
		}
		secure, err := tls.Dial("tcp", overTLS.Addr().String(), trusting())
		if err != nil {
			t.Fatal(err)
		}
		talkOver(t, overTLS, secure)
		if err := overUNIX.Close(); err != nil {
			t.Errorf("Close answered %v, want nil", err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file of the socket: %v, want none", err)
		}
	})
}

// talkOver accepts the other end of near and tries both directions and the end.
func talkOver(t *testing.T, l net.Listener, near net.Conn) {
	t.Helper()
	_ = near.SetDeadline(time.Now().Add(guard))
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	send(t, near, "there")
	expect(t, far, "there")
	send(t, far, "back")
	expect(t, near, "back")
	_ = near.Close()
	wantEnd(t, far)
	_ = far.Close()
}

// More connections than the queue holds stay with the kernel, and come when there is room.
func TestNetListenerQueue(t *testing.T) {
	l := start(t)
	listener := listenNet(t, l)
	const many = 400
	var fars []*net.TCPConn
	for range many {
		fars = append(fars, dial(t, listener.Addr()))
	}
	ours := func() (n int) {
		l.do(func() { n = listener.Waiting() })
		return n
	}
	for n, last := 0, -1; n != last || n == 0; { // until no more come
		n, last = ours(), n
	}
	if n := ours(); n > reactor.DefaultNetAcceptQueue {
		t.Errorf("%d connections wait for Accept, want at most %d", n, reactor.DefaultNetAcceptQueue)
	}
	var seen []string
	for range many {
		n, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, n.RemoteAddr().String())
		if got := ours(); got > reactor.DefaultNetAcceptQueue {
			t.Fatalf("%d connections wait for Accept, want at most %d", got, reactor.DefaultNetAcceptQueue)
		}
		_ = n.Close()
	}
	for _, far := range fars {
		if !slices.Contains(seen, far.LocalAddr().String()) {
			t.Errorf("%v was not accepted", far.LocalAddr())
		}
	}
}
