//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestDatagrams(t *testing.T) {
	sys := OS.(Datagrams)
	loopback := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 0)
	a, six, err := sys.ListenDatagram(loopback, ListenOptions{})
	if err != nil || six {
		t.Fatalf("ListenDatagram answered %v and six %v, want nil and false", err, six)
	}
	defer OS.Close(a)
	b, _, err := sys.ListenDatagram(loopback, ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer OS.Close(b)
	at := OS.Local(a).AddrPort
	buf := make([]byte, 16)
	if _, _, err := sys.Receive(a, buf); err != ErrWouldBlock {
		t.Errorf("Receive with nothing there answered %v, want %v", err, ErrWouldBlock)
	}
	if err := sys.ConnectDatagram(b, at); err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{"", "hello"} {
		if err := sys.Send(b, []byte(data), netip.AddrPort{}); err != nil {
			t.Errorf("Send of %q answered %v, want nil", data, err)
		}
		n, from, err := sys.Receive(a, buf)
		if string(buf[:n]) != data || from != OS.Local(b).AddrPort || err != nil {
			t.Errorf("got %q from %v and %v, want %q from %v and nil", buf[:n], from, err, data, OS.Local(b).AddrPort)
		}
	}
	if err := sys.Send(a, []byte("back"), OS.Local(b).AddrPort); err != nil {
		t.Errorf("Send answered %v, want nil", err)
	}
	if n, from, err := sys.Receive(b, buf); string(buf[:n]) != "back" || from != at || err != nil {
		t.Errorf("got %q from %v and %v, want back from %v and nil", buf[:n], from, err, at)
	}
}

func TestFailingDatagramsLeaveNothingOpen(t *testing.T) {
	before := lowest(t)
	for range 10 {
		fd, _, err := OS.(Datagrams).ListenDatagram(netip.MustParseAddrPort("198.51.100.7:0"), ListenOptions{})
		if err == nil || fd != -1 {
			t.Fatalf("ListenDatagram answered %d and %v, want -1 and an error", fd, err)
		}
	}
	if after := lowest(t); after != before {
		t.Errorf("the next descriptor is %d, want %d", after, before)
	}
}

func TestKinds(t *testing.T) {
	files := OS.(Files)
	loopback := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 0)
	udp, _, err := OS.(Datagrams).ListenDatagram(loopback, ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	listening, err := OS.Listen(TCP(loopback), ListenOptions{Backlog: 1})
	if err != nil {
		t.Fatal(err)
	}
	connected, other, err := OS.Pair()
	if err != nil {
		t.Fatal(err)
	}
	idle, err := streamSocket(unix.AF_INET)
	if err != nil {
		t.Fatal(err)
	}
	none, err := OS.Spare()
	if err != nil {
		t.Fatal(err)
	}
	for fd, want := range map[int]Kind{udp: UDP, listening: Listening, connected: Connected, idle: Unconnected, none: NoSocket} {
		copied, err := files.Duplicate(uintptr(fd))
		if err != nil || copied < 3 || copied == fd {
			t.Fatalf("Duplicate answered %d and %v, want another descriptor", copied, err)
		}
		if got, err := files.Kind(copied); got != want || err != nil {
			t.Errorf("got %q and %v, want %q", got, err, want)
		}
		if flags, _ := unix.FcntlInt(uintptr(copied), unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("a duplicate is inherited by children, want it closed")
		}
		OS.Close(copied)
		OS.Close(fd)
	}
	OS.Close(other)
	if _, err := files.Kind(udp); err == nil {
		t.Error("a closed descriptor has a kind, want an error")
	}
	if err := files.KeepFromChildren(udp); err == nil {
		t.Error("KeepFromChildren of a closed descriptor answered nil, want an error")
	}
}

func TestAwait(t *testing.T) {
	files := OS.(Files)
	interrupt, stop, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer interrupt.Close()
	a, b, err := OS.Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer OS.Close(a)
	defer OS.Close(b)
	if ready, err := files.Await(a, Write, int(interrupt.Fd())); !ready || err != nil {
		t.Errorf("room to write: got %v and %v, want true and nil", ready, err)
	}
	if _, err := OS.Write(b, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if ready, err := files.Await(a, Read, int(interrupt.Fd())); !ready || err != nil {
		t.Errorf("something to read: got %v and %v, want true and nil", ready, err)
	}
	_ = stop.Close()
	if ready, err := files.Await(b, Read, int(interrupt.Fd())); ready || err != nil {
		t.Errorf("interrupted: got %v and %v, want false and nil", ready, err)
	}
}
