//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"errors"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// open makes a poller that is closed at the end of the test.
func open(t testing.TB, onWake, onTimer func()) *gnetPoller {
	t.Helper()
	p, err := openGnet(onWake, onTimer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestWakeFromManyGoroutines(t *testing.T) {
	const callers, each = 16, 500
	var (
		p     *gnetPoller
		asked atomic.Int64
		seen  int64
		wg    sync.WaitGroup
	)
	p = open(t, func() {
		if seen = asked.Load(); seen == callers*each {
			p.Stop()
		}
	}, nil)
	for range callers {
		wg.Go(func() {
			for range each {
				asked.Add(1)
				p.Wake()
			}
		})
	}
	if err := p.Poll(); err != nil {
		t.Errorf("Poll answered %v, want nil", err)
	}
	wg.Wait()
	if seen != callers*each {
		t.Errorf("the last wake-up saw %d, want %d", seen, callers*each)
	}
}

func TestTimer(t *testing.T) {
	for _, test := range []struct {
		name  string
		times []time.Duration
	}{
		{"short", []time.Duration{time.Millisecond}},
		{"at once", []time.Duration{0}},
		{"in the past", []time.Duration{-time.Hour}},
		{"sooner than before", []time.Duration{time.Hour, time.Millisecond}},
		{"sooner than the end of time", []time.Duration{1<<63 - 1, time.Millisecond}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var p *gnetPoller
			fired := 0
			p = open(t, func() {
				for _, d := range test.times {
					p.SetTimer(d)
				}
			}, func() {
				if fired++; fired == 3 {
					p.Stop()
					return
				}
				p.SetTimer(0) // it fires once only, so it must be set again
			})
			p.Wake()
			if err := p.Poll(); err != nil || fired != 3 {
				t.Errorf("Poll answered %v after %d calls, want nil after 3", err, fired)
			}
		})
	}
	t.Run("replaced by a later time it does not fire", func(t *testing.T) {
		var p *gnetPoller
		turns := 0
		p = open(t, func() {
			if turns++; turns == 1 {
				p.SetTimer(0)
				p.SetTimer(time.Hour)
			}
			if turns == 4 {
				p.Stop()
				return
			}
			go p.Wake()
		}, func() { t.Error("the timer fired") })
		p.Wake()
		if err := p.Poll(); err != nil {
			t.Error(err)
		}
	})
}

func TestStopBeforePoll(t *testing.T) {
	p := open(t, func() {}, nil)
	p.Stop()
	if err := p.Poll(); err != nil {
		t.Errorf("Poll answered %v, want nil", err)
	}
}

func TestSockets(t *testing.T) {
	loopback := netip.MustParseAddr("127.0.0.1")
	listener, err := OS.Listen(TCP(netip.AddrPortFrom(loopback, 0)), ListenOptions{Backlog: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer OS.Close(listener)
	local, remote := OS.Local(listener), OS.Remote(listener)
	if local.Addr() != loopback || local.Port() == 0 || remote.IsValid() {
		t.Errorf("got addresses %v and %v, want a port on %v and none", local, remote, loopback)
	}
	if _, _, err := OS.Accept(listener); err != ErrWouldBlock {
		t.Errorf("Accept with nobody there answered %v, want %v", err, ErrWouldBlock)
	}

	fd, pending, err := OS.Connect(local, SocketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer OS.Close(fd)
	for pending {
		if err := OS.ConnectResult(fd); err != ErrWouldBlock {
			pending = false
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	peer, from, err := OS.Accept(listener)
	for err == ErrWouldBlock {
		peer, from, err = OS.Accept(listener)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer OS.Close(peer)
	if ours := OS.Local(fd); from != ours {
		t.Errorf("accepted from %v, want %v", from, ours)
	}

	buf := make([]byte, 16)
	if _, err := OS.Read(fd, buf); err != ErrWouldBlock {
		t.Errorf("Read with nothing there answered %v, want %v", err, ErrWouldBlock)
	}
	if n, err := OS.Write(peer, []byte("hello")); n != 5 || err != nil {
		t.Errorf("Write answered %d and %v, want 5 and nil", n, err)
	}
	OS.ShutdownWrite(peer)
	if n, err := OS.Read(fd, buf); string(buf[:n]) != "hello" || err != nil {
		t.Errorf("Read answered %q and %v, want %q and nil", buf[:n], err, "hello")
	}
	if n, err := OS.Read(fd, buf); n != 0 || err != nil {
		t.Errorf("Read at the end answered %d and %v, want 0 and nil", n, err)
	}
	for _, on := range []bool{false, true} {
		if err := errors.Join(OS.SetOption(fd, NoDelay, flag(on)), OS.SetOption(fd, KeepAlive, flag(on))); err != nil {
			t.Errorf("options %v: %v", on, err)
		}
		noDelay, _ := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)
		keepAlive, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE)
		if noDelay != 0 != on || keepAlive != 0 != on {
			t.Errorf("options are %d and %d, want %v", noDelay, keepAlive, on)
		}
	}
}

// TestFailuresLeaveNothingOpen counts descriptors: each failing call must close what it opened.
func TestFailuresLeaveNothingOpen(t *testing.T) {
	elsewhere := netip.MustParseAddr("198.51.100.7")
	loopback := netip.MustParseAddr("127.0.0.1")
	before := lowest(t)
	for range 10 {
		if fd, err := OS.Listen(TCP(netip.AddrPortFrom(elsewhere, 0)), ListenOptions{Backlog: 1}); err == nil || fd != -1 {
			t.Fatalf("Listen answered %d and %v, want -1 and an error", fd, err)
		}
		if fd, _, err := OS.Connect(TCP(netip.AddrPortFrom(loopback, 1)), SocketOptions{Bind: netip.AddrPortFrom(elsewhere, 0)}); err == nil || fd != -1 {
			t.Fatalf("Connect answered %d and %v, want -1 and an error", fd, err)
		}
		if fd, _, err := OS.Connect(TCP(netip.MustParseAddrPort("255.255.255.255:9")), SocketOptions{}); err == nil || fd != -1 {
			t.Fatalf("Connect answered %d and %v, want -1 and an error", fd, err)
		}
	}
	if after := lowest(t); after != before {
		t.Errorf("the lowest free descriptor is %d, want %d as before", after, before)
	}
}

// lowest is the number the next descriptor will get.
func lowest(t testing.TB) int {
	t.Helper()
	fd, err := OS.Spare()
	if err != nil {
		t.Fatal(err)
	}
	OS.Close(fd)
	return fd
}

func TestWithoutIPv6(t *testing.T) {
	for err, want := range map[error]bool{
		os.NewSyscallError("socket", unix.EAFNOSUPPORT): true,
		unix.EADDRNOTAVAIL: true,
		unix.ENOPROTOOPT:   true,
		unix.EADDRINUSE:    false,
		nil:                false,
	} {
		if got := withoutIPv6(err); got != want {
			t.Errorf("%v: got %v, want %v", err, got, want)
		}
	}
}

func TestOutOfDescriptors(t *testing.T) {
	for err, want := range map[error]bool{
		os.NewSyscallError("accept", unix.EMFILE): true,
		os.NewSyscallError("accept", unix.ENFILE): true,
		os.NewSyscallError("accept", unix.EPERM):  false,
		ErrWouldBlock:                             false,
	} {
		if got := OutOfDescriptors(err); got != want {
			t.Errorf("%v: got %v, want %v", err, got, want)
		}
	}
}
