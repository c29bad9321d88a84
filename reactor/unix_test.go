//go:build unix

package reactor_test

import (
	"errors"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

func TestUNIX(t *testing.T) {
	// serveUNIX listens on path with an echo.
	serveUNIX := func(t *testing.T, l *loop, path string, options ...reactor.ListenOption) (port *reactor.Port, err error) {
		l.do(func() { port, err = l.ListenUNIX(path, echoFactory, options...) })
		return port, err
	}
	talk := func(t *testing.T, l *loop, path string) {
		t.Helper()
		p := newProbe()
		c := clientOf(p)
		l.do(func() { l.ConnectUNIX(path, c) })
		select {
		case <-p.up:
		case err := <-c.failed:
			t.Fatal(err)
		}
		l.do(func() {
			_, _ = p.Transport().Write([]byte("hello"))
			if got := p.Transport().RemoteAddr(); got.Network() != "unix" || got.String() != path {
				t.Errorf("got the peer %s %s, want unix %s", got.Network(), got, path)
			}
			if got := p.Transport().LocalAddr(); got.Network() != "unix" || got.String() != "" {
				t.Errorf("got the local address %s %q, want unix without a name", got.Network(), got)
			}
			if got := p.Transport().Connector().Destination(); got.Network() != "unix" || got.String() != path {
				t.Errorf("got the destination %s %s, want unix %s", got.Network(), got, path)
			}
		})
		if got := p.in.wait(t, 5); got != "hello" {
			t.Errorf("got %q, want hello", got)
		}
		l.do(p.Transport().LoseConnection)
		if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
		}
	}
	t.Run("there and back; the file goes with the port", func(t *testing.T) {
		l, path := start(t), filepath.Join(t.TempDir(), "s")
		port, err := serveUNIX(t, l, path, reactor.Mode(0o600))
		if err != nil {
			t.Fatal(err)
		}
		if got := port.Addr(); got.Network() != "unix" || got.String() != path {
			t.Errorf("got %s %s, want unix %s", got.Network(), got, path)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("got %v and %v, want mode 0600", info.Mode(), err)
		}
		talk(t, l, path)
		l.do(func() { port.StopListening() })
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is still there: %v", err)
		}
	})
	t.Run("an abstract name", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("abstract names are Linux's")
		}
		l := start(t)
		name := "@tconn-test-" + filepath.Base(t.TempDir()) + strings.ReplaceAll(t.TempDir(), "/", "-")
		name = name[:min(len(name), 90)]
		if _, err := serveUNIX(t, l, name); err != nil {
			t.Fatal(err)
		}
		talk(t, l, name)
	})
	t.Run("what is no socket stays, and so does a socket in use; one left behind is replaced", func(t *testing.T) {
		l, dir := start(t), t.TempDir()
		file := filepath.Join(dir, "file")
		if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		link := filepath.Join(dir, "link")
		if err := os.Symlink(file, link); err != nil {
			t.Fatal(err)
		}
		used := filepath.Join(dir, "used")
		if _, err := serveUNIX(t, l, used); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{file, link, dir, used} {
			_, err := serveUNIX(t, l, path)
			wantIs(t, err, reactor.ErrCannotListen, syscall.EADDRINUSE)
			wantText(t, err, "Couldn't listen on "+path+": [Errno 98] Address already in use.")
		}
		if got, err := os.ReadFile(file); string(got) != "precious" || err != nil {
			t.Errorf("the file has %q and %v, want what it had", got, err)
		}
		talk(t, l, used)

		stale := filepath.Join(dir, "stale")
		left, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		left.SetUnlinkOnClose(false)
		_ = left.Close()
		if _, err := serveUNIX(t, l, stale); err != nil {
			t.Fatal(err)
		}
		talk(t, l, stale)
	})
	t.Run("a file that took the place of the socket is not removed", func(t *testing.T) {
		l, path := start(t), filepath.Join(t.TempDir(), "s")
		port, err := serveUNIX(t, l, path)
		if err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(path)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		l.do(func() { port.StopListening() })
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("the file is gone: %v", err)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		l, dir := start(t), t.TempDir()
		for path, want := range map[string]struct {
			kind, cause error
			text        string
		}{
			filepath.Join(dir, "nothing"): {reactor.ErrConnect, syscall.ENOENT, "An error occurred while connecting: 2: No such file or directory."},
			"":                            {reactor.ErrConnect, nil, "An error occurred while connecting: the path is empty."},
			"/a\x00b":                     {reactor.ErrConnect, nil, "An error occurred while connecting: the path has a NUL byte."},
			strings.Repeat("x", 200):      {reactor.ErrConnect, nil, "An error occurred while connecting: the path is longer than 103 bytes."},
		} {
			c := clientOf(newProbe())
			l.do(func() { l.ConnectUNIX(path, c) })
			err := wait(t, c.failed, "the failure")
			wantIs(t, err, want.kind)
			if want.cause != nil {
				wantIs(t, err, want.cause)
			}
			wantText(t, err, want.text)
		}
		stale := filepath.Join(dir, "stale")
		left, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		left.SetUnlinkOnClose(false)
		_ = left.Close()
		c := clientOf(newProbe())
		l.do(func() { l.ConnectUNIX(stale, c) })
		wantIs(t, wait(t, c.failed, "the failure"), reactor.ErrConnectionRefused, syscall.ECONNREFUSED)
	})
	t.Run("a full queue is waited for", func(t *testing.T) {
		l, path := start(t), filepath.Join(t.TempDir(), "s")
		full, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		defer full.Close()
		rc, _ := full.SyscallConn()
		_ = rc.Control(func(fd uintptr) { _ = syscall.Listen(int(fd), 0) })
		var waiting []*client
		for range 4 {
			c := newClient(func(net.Addr) reactor.Protocol { return &echo{} })
			waiting = append(waiting, c)
			l.do(func() { l.ConnectUNIX(path, c) })
		}
		for range waiting {
			c, err := full.Accept()
			if err != nil {
				t.Fatal(err)
			}
			_ = c.Close()
		}
		for _, c := range waiting {
			wait(t, c.lost, "the end of a connection")
			nothing(t, c.failed, "a failure")
		}
	})
	t.Run("options and context of TCP do not apply", func(t *testing.T) {
		l, path := start(t), filepath.Join(t.TempDir(), "s")
		if _, err := serveUNIX(t, l, path); err != nil {
			t.Fatal(err)
		}
		p := newProbe()
		l.do(func() { l.ConnectUNIX(path, clientOf(p)) })
		wait(t, p.up, "the connection")
		l.do(func() {
			if err := p.Transport().(reactor.TCPTransport).SetNoDelay(true); err == nil {
				t.Error("SetNoDelay of a UNIX socket answered nil")
			}
		})
	})
}

// TestSocketOptions reads back what was set.
func TestSocketOptions(t *testing.T) {
	l := start(t)
	touched := 0
	touch := func(fd uintptr) error {
		touched++
		return syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
	}
	p := newProbe()
	port := l.listen(p.serve(), reactor.ControlListener(touch), reactor.ReusePort())
	second := l.listen(echoFactory)
	c := newProbe()
	l.connect(port.Addr(), clientOf(c), reactor.Control(touch))
	wait(t, p.up, "the connection")
	if touched != 2 {
		t.Errorf("the control functions were called %d times, want 2", touched)
	}
	l.do(func() {
		tr := c.Transport().(reactor.TCPTransport)
		if err := errors.Join(tr.SetKeepAlive(true), tr.SetKeepAlivePeriod(1500e6), tr.SetReadBuffer(1<<16), tr.SetWriteBuffer(1<<16), tr.SetNoDelay(false)); err != nil {
			t.Error(err)
		}
		err := tr.SetUserTimeout(2e9)
		if runtime.GOOS == "linux" && err != nil || runtime.GOOS != "linux" && !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("SetUserTimeout answered %v", err)
		}
		for what, err := range map[string]error{
			"a read buffer of 4 GiB":            tr.SetReadBuffer(1 << 32),
			"a negative write buffer":           tr.SetWriteBuffer(-1),
			"a user timeout of 2^32 ms":         tr.SetUserTimeout(1 << 32 * time.Millisecond),
			"a negative user timeout":           tr.SetUserTimeout(-1),
			"a keep-alive of the longest time":  tr.SetKeepAlivePeriod(math.MaxInt64),
			"a keep-alive of the shortest time": tr.SetKeepAlivePeriod(math.MinInt64),
		} {
			if err == nil || !strings.HasPrefix(err.Error(), "reactor: ") {
				t.Errorf("%s answered %v, want an error of package reactor", what, err)
			}
		}
		port, _ := second.Addr().(*net.TCPAddr)
		again, err := l.ListenTCP(port.Port, echoFactory, reactor.Interface("127.0.0.1"))
		if err == nil {
			_ = again.StopListening()
			t.Error("a port in use was listened on without ReusePort")
		}
	})
	refused := errors.New("not this socket")
	fc := clientOf(newProbe())
	l.connect(port.Addr(), fc, reactor.Control(func(uintptr) error { return refused }))
	wantIs(t, wait(t, fc.failed, "the failure"), refused, reactor.ErrConnect)
	l.do(func() {
		_, err := l.ListenTCP(0, echoFactory, reactor.ControlListener(func(uintptr) error { return refused }))
		wantIs(t, err, refused, reactor.ErrCannotListen)
	})
}
