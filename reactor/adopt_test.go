//go:build unix

package reactor_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tconn/tconn/reactor"
)

// unixPeer is a plain UNIX socket that listens.
func unixPeer(t testing.TB) *net.UnixListener {
	t.Helper()
	n, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	n.SetUnlinkOnClose(false)
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// adopt runs f, which adopts, on the reactor goroutine.
func adopt[T any](t testing.TB, l *loop, f func() (T, error)) (got T) {
	t.Helper()
	var err error
	l.do(func() { got, err = f() })
	if err != nil {
		t.Fatalf("got %v, want it adopted", err)
	}
	return got
}

// echoes wants hello back.
func echoes(t testing.TB, network, addr string) {
	t.Helper()
	c, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	send(t, c, "hello")
	expect(t, c, "hello")
}

func TestAdoptStreamPort(t *testing.T) {
	t.Run("TCP; the file stays the caller's", func(t *testing.T) {
		l, n := start(t), peer(t)
		f := fileOf(t, n)
		_ = n.Close()
		port := adopt(t, l, func() (*reactor.Port, error) { return l.AdoptStreamPort(f, echoFactory) })
		if port.Addr().String() != n.Addr().String() {
			t.Errorf("got the address %v, want %v", port.Addr(), n.Addr())
		}
		if err := f.Close(); err != nil {
			t.Errorf("closing the file answered %v, want nil", err)
		}
		echoes(t, "tcp", port.Addr().String())
	})
	t.Run("UNIX; its file stays when the port is stopped", func(t *testing.T) {
		l, n := start(t), unixPeer(t)
		port := adopt(t, l, func() (*reactor.Port, error) { return l.AdoptStreamPort(fileOf(t, n), echoFactory) })
		echoes(t, "unix", n.Addr().String())
		l.do(func() { port.StopListening() })
		if _, err := os.Stat(n.Addr().String()); err != nil {
			t.Errorf("the socket's file: %v, want it there", err)
		}
	})
	t.Run("TLS", func(t *testing.T) {
		l, n := start(t), peer(t)
		port := adopt(t, l, func() (*reactor.Port, error) {
			return l.AdoptTLSPort(fileOf(t, n), echoFactory, serverConfig())
		})
		p := newProbe()
		c := clientOf(p)
		l.do(func() { l.ConnectTLS("127.0.0.1", port.Addr().(*net.TCPAddr).Port, c, trusting()) })
		wait(t, p.up, "the connection")
		l.do(func() { _, _ = p.Transport().Write([]byte("hello")) })
		if got := p.in.wait(t, 5); got != "hello" {
			t.Errorf("got %q, want hello", got)
		}
		_, err := reactor.New().AdoptTLSPort(fileOf(t, n), echoFactory, nil)
		var failed *reactor.AdoptError
		if !errors.As(err, &failed) {
			t.Errorf("without a configuration it answered %v, want an *AdoptError", err)
		}
	})
	t.Run("before Run", func(t *testing.T) {
		r, n := reactor.New(), peer(t)
		port, err := r.AdoptStreamPort(fileOf(t, n), echoFactory)
		if err != nil {
			t.Fatal(err)
		}
		run(t, r)
		echoes(t, "tcp", port.Addr().String())
	})
}

func TestAdoptStreamConnection(t *testing.T) {
	t.Run("TCP: as if it had been accepted", func(t *testing.T) {
		l, n := start(t), peer(t)
		c := dial(t, n.Addr())
		far := accept(t, n)
		f := fileOf(t, far)
		p := newProbe()
		factory := &counted{Factory: p.serve()}
		l.do(func() {
			if err := l.AdoptStreamConnection(f, factory); err != nil {
				t.Errorf("got %v, want nil", err)
			}
			nothing(t, p.up, "a connection inside the call")
		})
		_, _ = f.Close(), far.Close()
		wait(t, p.up, "the connection")
		l.do(func() {
			tr := p.Transport()
			if tr.RemoteAddr().String() != c.LocalAddr().String() || tr.LocalAddr().String() != n.Addr().String() || tr.Connector() != nil {
				t.Errorf("got %v from %v by %v, want %v from %v by nobody", tr.LocalAddr(), tr.RemoteAddr(), tr.Connector(), n.Addr(), c.LocalAddr())
			}
			_, _ = tr.Write([]byte("hello"))
		})
		expect(t, c, "hello")
		send(t, c, "welcome")
		p.in.wait(t, len("welcome"))
		_ = c.CloseWrite()
		if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
		}
		l.do(func() { factory.life.want(t, "start", "stop") })
	})
	t.Run("UNIX, before Run", func(t *testing.T) {
		r, n := reactor.New(), unixPeer(t)
		c, err := net.Dial("unix", n.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		far, err := n.AcceptUnix()
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		p := newProbe()
		if err := r.AdoptStreamConnection(fileOf(t, far), p.serve()); err != nil {
			t.Fatal(err)
		}
		nothing(t, p.up, "a connection before Run")
		run(t, r)
		wait(t, p.up, "the connection")
		send(t, c, "hello")
		p.in.wait(t, 5)
	})
	t.Run("declined", func(t *testing.T) {
		l, n := start(t), peer(t)
		c := dial(t, n.Addr())
		far := accept(t, n)
		l.do(func() {
			_ = l.AdoptStreamConnection(fileOf(t, far), reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil }))
		})
		expectEnd(t, c)
	})
}

func TestAdoptDatagramPort(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", "[::]:0"} {
		t.Run("bound to "+addr, func(t *testing.T) {
			l, bound := start(t), udpPeer(t, addr)
			f := fileOf(t, bound)
			u := adopt(t, l, func() (*reactor.UDPPort, error) { return l.AdoptDatagramPort(f, bounce()) })
			_, _ = f.Close(), bound.Close()
			if u.LocalAddr() != addrPort(bound) || u.RemoteAddr().IsValid() {
				t.Errorf("got the ends %v and %v, want %v and none", u.LocalAddr(), u.RemoteAddr(), addrPort(bound))
			}
			c, err := net.Dial("udp", fmt.Sprint("localhost:", u.LocalAddr().Port()))
			if u.LocalAddr().Addr().IsLoopback() {
				c, err = net.Dial("udp", u.LocalAddr().String())
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			send(t, c, "hello")
			expect(t, c, "hello")
		})
	}
	t.Run("connected", func(t *testing.T) {
		l, far := start(t), udpPeer(t, "127.0.0.1:0")
		c, err := net.DialUDP("udp", nil, far.LocalAddr().(*net.UDPAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		p := newPackets()
		u := adopt(t, l, func() (*reactor.UDPPort, error) { return l.AdoptDatagramPort(fileOf(t, c), p) })
		l.do(func() { _ = u.WriteConnected([]byte("hello")) })
		expectFrom(t, far, "hello", u.LocalAddr())
		sendTo(t, far, "welcome", u.LocalAddr())
		p.wantPacket(t, "welcome", addrPort(far))
	})
}

func TestAdoptErrors(t *testing.T) {
	n, far := peer(t), udpPeer(t, "127.0.0.1:0")
	stream := dial(t, n.Addr())
	listening, connected, udp := fileOf(t, n), fileOf(t, stream), fileOf(t, far)
	regular, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer regular.Close()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	other, otherEnd := os.NewFile(uintptr(fds[0]), "pair"), os.NewFile(uintptr(fds[1]), "pair")
	defer other.Close()
	defer otherEnd.Close()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	idle := os.NewFile(uintptr(fd), "idle")
	defer idle.Close()
	closed, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()

	r := reactor.New()
	port := func(f *os.File) error { _, err := r.AdoptStreamPort(f, echoFactory); return err }
	connection := func(f *os.File) error { return r.AdoptStreamConnection(f, echoFactory) }
	datagrams := func(f *os.File) error { _, err := r.AdoptDatagramPort(f, newPackets()); return err }
	for _, test := range []struct {
		name  string
		adopt func(*os.File) error
		f     *os.File
		text  string // behind the file's name
		is    error
	}{
		{"port: connected", port, connected, "it is a connected stream socket", reactor.ErrWrongDescriptor},
		{"port: idle", port, idle, "it is a stream socket that neither listens nor is connected", reactor.ErrWrongDescriptor},
		{"port: UDP", port, udp, "it is a UDP socket", reactor.ErrWrongDescriptor},
		{"port: a file", port, regular, "it is no socket", reactor.ErrWrongDescriptor},
		{"port: closed", port, closed, "file already closed", os.ErrClosed},
		{"port: nil", port, nil, "invalid argument", os.ErrInvalid},
		{"connection: listening", connection, listening, "it is a listening stream socket", reactor.ErrWrongDescriptor},
		{"connection: idle", connection, idle, "it is a stream socket that neither listens nor is connected", reactor.ErrWrongDescriptor},
		{"connection: UNIX datagrams", connection, other, "it is a socket of another kind", reactor.ErrWrongDescriptor},
		{"datagrams: connected", datagrams, connected, "it is a connected stream socket", reactor.ErrWrongDescriptor},
		{"datagrams: UNIX", datagrams, other, "it is a socket of another kind", reactor.ErrWrongDescriptor},
		{"datagrams: a file", datagrams, regular, "it is no socket", reactor.ErrWrongDescriptor},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := "nothing"
			if test.f != nil {
				name = test.f.Name()
			}
			err := test.adopt(test.f)
			wantText(t, err, "reactor: cannot adopt "+name+": "+test.text)
			wantIs(t, err, test.is)
			var failed *reactor.AdoptError
			if !errors.As(err, &failed) || failed.Name != name {
				t.Errorf("got %#v, want an *AdoptError of %s", err, name)
			}
		})
	}
	t.Run("the reactor has stopped", func(t *testing.T) {
		l := start(t)
		l.finish()
		r = l.Reactor
		wantIs(t, port(listening), reactor.ErrStopped)
		wantIs(t, connection(connected), reactor.ErrStopped)
		wantIs(t, datagrams(udp), reactor.ErrStopped)
		wantIs(t, r.AdoptReadWriter(newStream(), echoFactory), reactor.ErrStopped)
		wantIs(t, r.StandardIO(newProbe()), reactor.ErrStopped)
	})
}
