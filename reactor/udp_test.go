//go:build unix

package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

func TestUDPFamilies(t *testing.T) {
	for _, test := range []struct{ name, listen, peer string }{
		{"IPv4", "127.0.0.1", "127.0.0.1:0"},
		{"IPv6", "::1", "[::1]:0"},
		{"both, an IPv4 peer", "", "127.0.0.1:0"},
		{"both, an IPv6 peer", "", "[::1]:0"},
		{"all of IPv4", "0.0.0.0", "127.0.0.1:0"},
		{"all of IPv6", "::", "[::1]:0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, p := start(t), newPackets()
			u := l.datagrams(p, reactor.Interface(test.listen))
			c := udpPeer(t, test.peer)
			at := netip.AddrPortFrom(addrPort(c).Addr(), u.LocalAddr().Port())
			if test.listen != "" && u.LocalAddr().Addr().String() != test.listen {
				t.Errorf("got the local address %v, want %s", u.LocalAddr(), test.listen)
			}
			sendTo(t, c, "hello", at)
			p.wantPacket(t, "hello", addrPort(c))
			mapped := netip.AddrPortFrom(netip.AddrFrom16(addrPort(c).Addr().As16()), addrPort(c).Port())
			for _, to := range []netip.AddrPort{addrPort(c), mapped} {
				l.do(func() {
					if err := u.Write([]byte("answer"), to); err != nil {
						t.Errorf("Write to %v answered %v, want nil", to, err)
					}
				})
				expectFrom(t, c, "answer", at)
			}
			if u.Dropped() != 0 || u.RemoteAddr().IsValid() || u.Reactor() != l.Reactor {
				t.Errorf("got %d dropped, the peer %v and reactor %p, want 0, none and %p", u.Dropped(), u.RemoteAddr(), u.Reactor(), l.Reactor)
			}
		})
	}
}

func TestUDPSizes(t *testing.T) {
	const longest = 65507
	for _, size := range []int{0, 1, 1500, longest} {
		t.Run(fmt.Sprint(size, " bytes there and back"), func(t *testing.T) {
			l := start(t)
			u := l.datagrams(bounce())
			c := udpPeer(t, "127.0.0.1:0")
			want := string(pattern(size, 7))
			sendTo(t, c, want, u.LocalAddr())
			expectFrom(t, c, want, u.LocalAddr())
		})
	}
	t.Run("a longer one is an error, and the port lives on", func(t *testing.T) {
		l := start(t)
		u := l.datagrams(newPackets())
		c := udpPeer(t, "127.0.0.1:0")
		l.do(func() {
			err := u.Write(make([]byte, longest+1), addrPort(c))
			wantIs(t, err, reactor.ErrMessageLength, reactor.ErrDatagram, syscall.EMSGSIZE)
			wantText(t, err, "Message is too long to send: 90: Message too long.")
			var failed *reactor.DatagramError
			if !errors.As(err, &failed) || failed.Size != longest+1 || failed.To != addrPort(c) {
				t.Errorf("got %+v, want size %d to %v", failed, longest+1, addrPort(c))
			}
			if err := u.Write([]byte("short"), addrPort(c)); err != nil {
				t.Errorf("the next Write answered %v, want nil", err)
			}
		})
		expectFrom(t, c, "short", u.LocalAddr())
	})
}

func TestUDPManyWait(t *testing.T) {
	t.Run("all are received, in order, and others get their turn in between", func(t *testing.T) {
		const many = 200
		l, p := start(t), newPackets()
		u := l.datagrams(p)
		count := 0
		p.data = func(p *packets, data []byte, from netip.AddrPort) {
			switch count++; count {
			case 1:
				_ = l.CallFromThread(func() { p.life.add("call") })
			case many:
				p.life.add("last")
			}
			p.in <- packet{string(data), from}
		}
		l.do(u.PauseProducing)
		c := udpPeer(t, "127.0.0.1:0")
		for i := range many {
			sendTo(t, c, fmt.Sprint(i), u.LocalAddr())
		}
		l.do(func() { nothing(t, p.in, "a datagram while paused") })
		l.do(u.ResumeProducing)
		for i := range many {
			p.wantPacket(t, fmt.Sprint(i), addrPort(c))
		}
		p.life.want(t, "start", "call", "last")
	})
	t.Run("paused in a callback, nothing more comes until it is resumed", func(t *testing.T) {
		l, p := start(t), newPackets()
		p.data = func(p *packets, data []byte, from netip.AddrPort) {
			p.Transport().PauseProducing()
			p.in <- packet{string(data), from}
		}
		u := l.datagrams(p)
		c := udpPeer(t, "127.0.0.1:0")
		sendTo(t, c, "1", u.LocalAddr())
		sendTo(t, c, "2", u.LocalAddr())
		p.wantPacket(t, "1", addrPort(c))
		l.do(func() { nothing(t, p.in, "a second datagram") })
		l.do(u.ResumeProducing)
		p.wantPacket(t, "2", addrPort(c))
	})
}

func TestUDPConnected(t *testing.T) {
	t.Run("it talks to one peer only", func(t *testing.T) {
		l, p := start(t), newPackets()
		c, stranger := udpPeer(t, "127.0.0.1:0"), udpPeer(t, "127.0.0.1:0")
		p.begin = func(p *packets) { _ = p.Transport().WriteConnected([]byte("hello")) }
		u := l.connectUDP(addrPort(c), p)
		if u.RemoteAddr() != addrPort(c) || u.LocalAddr().Addr() != addrPort(c).Addr() {
			t.Errorf("got the ends %v and %v, want 127.0.0.1 and %v", u.LocalAddr(), u.RemoteAddr(), addrPort(c))
		}
		expectFrom(t, c, "hello", u.LocalAddr())
		sendTo(t, stranger, "psst", u.LocalAddr())
		sendTo(t, c, "welcome", u.LocalAddr())
		p.wantPacket(t, "welcome", addrPort(c))
		l.do(func() {
			for _, to := range []netip.AddrPort{addrPort(c), {}} {
				if err := u.Write([]byte("again"), to); err != nil {
					t.Errorf("Write to %v answered %v, want nil", to, err)
				}
			}
			if err := u.Write([]byte("x"), addrPort(stranger)); err != reactor.ErrDatagramConnected {
				t.Errorf("Write to a stranger answered %v, want %v", err, reactor.ErrDatagramConnected)
			}
			if err := u.Connect(addrPort(stranger)); err != reactor.ErrDatagramConnected {
				t.Errorf("a second Connect answered %v, want %v", err, reactor.ErrDatagramConnected)
			}
		})
		expectFrom(t, c, "again", u.LocalAddr())
		expectFrom(t, c, "again", u.LocalAddr())
	})
	t.Run("what strangers sent before is not received", func(t *testing.T) {
		for _, listen := range []string{"127.0.0.1", ""} {
			l, p := start(t), newPackets()
			u := l.datagrams(p, reactor.Interface(listen))
			c, stranger := udpPeer(t, "127.0.0.1:0"), udpPeer(t, "127.0.0.1:0")
			l.do(u.PauseProducing)
			at := netip.AddrPortFrom(addrPort(c).Addr(), u.LocalAddr().Port())
			sendTo(t, stranger, "psst", at)
			sendTo(t, c, "hello", at)
			l.do(func() {
				if err := u.Connect(addrPort(c)); err != nil {
					t.Errorf("Connect answered %v, want nil", err)
				}
				u.ResumeProducing()
			})
			p.wantPacket(t, "hello", addrPort(c))
			nothing(t, p.in, "another datagram")
		}
	})
	t.Run("IPv6 and a local address of one's own", func(t *testing.T) {
		l, p := start(t), newPackets()
		c := udpPeer(t, "[::1]:0")
		u := l.connectUDP(addrPort(c), p, reactor.BindAddress("::1"), reactor.Timeout(1))
		l.do(func() { _ = u.WriteConnected([]byte("hello")) })
		expectFrom(t, c, "hello", u.LocalAddr())
	})
	t.Run("nobody listens: the protocol is told, and the port lives on", func(t *testing.T) {
		l, p := start(t), newPackets()
		gone := udpPeer(t, "127.0.0.1:0")
		to := addrPort(gone)
		_ = gone.Close()
		u := l.connectUDP(to, p)
		for range 2 {
			l.do(func() { _ = u.WriteConnected([]byte("anybody?")) })
			wait(t, p.refused, "the refusal")
		}
		c := udpPeer(t, to.String())
		l.do(func() { _ = u.WriteConnected([]byte("hello")) })
		expectFrom(t, c, "hello", u.LocalAddr())
		sendTo(t, c, "welcome", u.LocalAddr())
		p.wantPacket(t, "welcome", to)
		nothing(t, p.refused, "another refusal")
	})
	t.Run("a refusal that the next Write meets does not cost its datagram", func(t *testing.T) {
		l, p := start(t), newPackets()
		gone := udpPeer(t, "127.0.0.1:0")
		to := addrPort(gone)
		_ = gone.Close()
		var socket []unix.PollFd
		u := l.connectUDP(to, p, reactor.Control(func(fd uintptr) error {
			socket = []unix.PollFd{{Fd: int32(fd)}}
			return nil
		}))
		l.do(func() {
			u.PauseProducing()
			_ = u.WriteConnected([]byte("anybody?"))
			if n, err := unix.Poll(socket, int(guard/time.Millisecond)); n != 1 || err != nil { // no events: an error of the socket
				t.Errorf("got no refusal: %d, %v", n, err)
			}
		})
		c := udpPeer(t, to.String())
		l.do(func() {
			if err := u.WriteConnected([]byte("hello")); err != nil {
				t.Errorf("Write answered %v, want nil", err)
			}
			nothing(t, p.refused, "a refusal inside Write")
		})
		expectFrom(t, c, "hello", u.LocalAddr())
		wait(t, p.refused, "the refusal")
	})
}

func TestUDPErrors(t *testing.T) {
	valid := netip.MustParseAddrPort("127.0.0.1:9")
	t.Run("ListenUDP", func(t *testing.T) {
		used := udpPeer(t, "127.0.0.1:0")
		port := int(addrPort(used).Port())
		failure := errors.New("no such luck")
		for _, test := range []struct {
			name    string
			port    int
			options []reactor.ListenOption
			text    string
			is      []error
		}{
			{"in use", port, []reactor.ListenOption{reactor.Interface("127.0.0.1")},
				fmt.Sprintf("Couldn't listen on 127.0.0.1:%d: [Errno 98] Address already in use.", port), []error{syscall.EADDRINUSE}},
			{"invalid port", 65536, nil, "Couldn't listen on any:65536: invalid port.", nil},
			{"no address", 0, []reactor.ListenOption{reactor.Interface("localhost")}, "Couldn't listen on localhost:0: not an IP address.", nil},
			{"an address of others", 0, []reactor.ListenOption{reactor.Interface("198.51.100.7")},
				"Couldn't listen on 198.51.100.7:0: [Errno 99] Cannot assign requested address.", []error{syscall.EADDRNOTAVAIL}},
			{"control fails", 0, []reactor.ListenOption{reactor.ControlListener(func(uintptr) error { return failure })},
				"Couldn't listen on any:0: no such luck.", []error{failure}},
		} {
			t.Run(test.name, func(t *testing.T) {
				p := newPackets()
				u, err := reactor.New().ListenUDP(test.port, p, test.options...)
				if u != nil {
					t.Errorf("got a port %v, want none", u.LocalAddr())
				}
				wantIs(t, err, append(test.is, reactor.ErrCannotListen)...)
				wantText(t, err, test.text)
				p.life.want(t)
			})
		}
	})
	t.Run("ConnectUDP", func(t *testing.T) {
		for _, test := range []struct {
			name    string
			to      netip.AddrPort
			options []reactor.ConnectOption
			is      error
		}{
			{"no address", netip.AddrPort{}, nil, reactor.ErrConnect},
			{"no port", netip.MustParseAddrPort("127.0.0.1:0"), nil, reactor.ErrConnect},
			{"no address to bind to", valid, []reactor.ConnectOption{reactor.BindAddress("here")}, reactor.ErrConnectBind},
			{"the address of others", valid, []reactor.ConnectOption{reactor.BindAddress("198.51.100.7")}, reactor.ErrConnectBind},
			{"a broadcast address", netip.MustParseAddrPort("255.255.255.255:9"), nil, syscall.EACCES},
		} {
			t.Run(test.name, func(t *testing.T) {
				p := newPackets()
				u, err := reactor.New().ConnectUDP(test.to, p, test.options...)
				if u != nil {
					t.Errorf("got a port %v, want none", u.LocalAddr())
				}
				wantIs(t, err, test.is, reactor.ErrConnect)
				p.life.want(t)
			})
		}
	})
	t.Run("a destination is missing", func(t *testing.T) {
		l := start(t)
		u := l.datagrams(newPackets())
		l.do(func() {
			for _, to := range []netip.AddrPort{{}, netip.MustParseAddrPort("127.0.0.1:0")} {
				if err := u.Write(nil, to); err != reactor.ErrNoDestination {
					t.Errorf("Write to %v answered %v, want %v", to, err, reactor.ErrNoDestination)
				}
				wantIs(t, u.Connect(to), reactor.ErrConnect)
			}
			if err := u.WriteConnected(nil); err != reactor.ErrNoDestination {
				t.Errorf("WriteConnected answered %v, want %v", err, reactor.ErrNoDestination)
			}
			err := u.Write(nil, netip.MustParseAddrPort("[::1]:9"))
			wantIs(t, err, reactor.ErrDatagram, syscall.EAFNOSUPPORT)
		})
	})
	t.Run("a nil protocol", func(t *testing.T) {
		for verb, f := range map[string]func(r *reactor.Reactor){
			"ListenUDP":         func(r *reactor.Reactor) { _, _ = r.ListenUDP(0, nil) },
			"ConnectUDP":        func(r *reactor.Reactor) { _, _ = r.ConnectUDP(valid, nil) },
			"AdoptDatagramPort": func(r *reactor.Reactor) { _, _ = r.AdoptDatagramPort(os.Stdin, nil) },
		} {
			func() {
				defer func() {
					if got, want := fmt.Sprint(recover()), "reactor: "+verb+": nil protocol"; got != want {
						t.Errorf("got the panic %q, want %q", got, want)
					}
				}()
				f(reactor.New())
			}()
		}
	})
	t.Run("the reactor has stopped", func(t *testing.T) {
		l := start(t)
		l.finish()
		_, err := l.ListenUDP(0, newPackets())
		wantIs(t, err, reactor.ErrStopped, reactor.ErrCannotListen)
		_, err = l.ConnectUDP(valid, newPackets())
		wantIs(t, err, reactor.ErrStopped, reactor.ErrConnect)
	})
}

func TestUDPLife(t *testing.T) {
	t.Run("StopListening frees the port at once and tells the protocol later", func(t *testing.T) {
		l, p := start(t), newPackets()
		u := l.datagrams(p)
		var d *deferred.Deferred[struct{}]
		l.do(func() {
			d = u.StopListening()
			p.life.want(t, "start")
			again := udpPeer(t, u.LocalAddr().String())
			_ = again.Close()
			second := u.StopListening()
			if _, err, ok := second.Result(); !ok || err != reactor.ErrNotListening {
				t.Errorf("a second StopListening answered %v, want %v", err, reactor.ErrNotListening)
			}
		})
		if _, err := d.Await(context.Background()); err != nil {
			t.Errorf("StopListening failed with %v, want nil", err)
		}
		p.life.want(t, "start", "stop")
	})
	t.Run("afterwards every method is harmless", func(t *testing.T) {
		l := start(t)
		u := l.datagrams(newPackets())
		group := netip.MustParseAddr("239.1.2.3")
		l.do(func() {
			local := u.LocalAddr()
			u.StopListening()
			u.PauseProducing()
			u.ResumeProducing()
			for name, err := range map[string]error{
				"Write":                u.Write(nil, local),
				"WriteConnected":       u.WriteConnected(nil),
				"Connect":              u.Connect(local),
				"JoinGroup":            u.JoinGroup(group, nil),
				"LeaveGroup":           u.LeaveGroup(group, nil),
				"SetTTL":               u.SetTTL(1),
				"SetLoopbackMode":      u.SetLoopbackMode(true),
				"SetOutgoingInterface": u.SetOutgoingInterface(nil),
				"SetBroadcastAllowed":  u.SetBroadcastAllowed(true),
				"SetReadBuffer":        u.SetReadBuffer(1 << 16),
				"SetWriteBuffer":       u.SetWriteBuffer(1 << 16),
			} {
				if err != reactor.ErrWriteAfterClose {
					t.Errorf("%s answered %v, want %v", name, err, reactor.ErrWriteAfterClose)
				}
			}
			if u.LocalAddr() != local {
				t.Errorf("got the local address %v, want %v", u.LocalAddr(), local)
			}
		})
	})
	t.Run("StopListening in a callback: nothing more is received", func(t *testing.T) {
		l, p := start(t), newPackets()
		u := l.datagrams(p)
		p.data = func(p *packets, data []byte, from netip.AddrPort) {
			p.Transport().StopListening()
			p.in <- packet{string(data), from}
		}
		l.do(u.PauseProducing)
		c := udpPeer(t, "127.0.0.1:0")
		sendTo(t, c, "1", u.LocalAddr())
		sendTo(t, c, "2", u.LocalAddr())
		l.do(u.ResumeProducing)
		p.wantPacket(t, "1", addrPort(c))
		l.finish()
		nothing(t, p.in, "a second datagram")
		p.life.want(t, "start", "stop")
	})
	t.Run("before Run a port can be opened, written to and stopped; Stop ends those that are left", func(t *testing.T) {
		r := reactor.New()
		short, long := newPackets(), newPackets()
		c := udpPeer(t, "127.0.0.1:0")
		long.begin = func(p *packets) { _ = p.Transport().Write([]byte("early"), addrPort(c)) }
		u, err := r.ListenUDP(0, short, reactor.Interface("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		kept, err := r.ListenUDP(0, long, reactor.Interface("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		expectFrom(t, c, "early", kept.LocalAddr())
		sendTo(t, c, "waits", kept.LocalAddr())
		if _, err, ok := u.StopListening().Result(); !ok || err != nil {
			t.Errorf("StopListening answered %v, %v; want success at once", err, ok)
		}
		short.life.want(t, "start", "stop")
		l := run(t, r)
		long.wantPacket(t, "waits", addrPort(c))
		l.finish()
		long.life.want(t, "start", "stop")
	})
	t.Run("a reactor that is never run leaves nothing behind once its ports are stopped", func(t *testing.T) {
		r := reactor.New()
		u, err := r.ConnectUDP(netip.MustParseAddrPort("127.0.0.1:9"), newPackets())
		if err != nil {
			t.Fatal(err)
		}
		if _, err, ok := u.StopListening().Result(); !ok || err != nil {
			t.Errorf("StopListening answered %v, %v; want success at once", err, ok)
		}
	})
}

func TestUDPPanics(t *testing.T) {
	t.Run("in DatagramReceived: it is logged, and the port lives on", func(t *testing.T) {
		option, logs := observed()
		l, p := start(t, option), newPackets()
		p.data = func(p *packets, data []byte, from netip.AddrPort) {
			if string(data) == "bad" {
				panic("bad datagram")
			}
			p.in <- packet{string(data), from}
		}
		u := l.datagrams(p)
		c := udpPeer(t, "127.0.0.1:0")
		sendTo(t, c, "bad", u.LocalAddr())
		sendTo(t, c, "good", u.LocalAddr())
		p.wantPacket(t, "good", addrPort(c))
		wantPanicLogged(t, logs, "DatagramReceived", "bad datagram")
	})
	t.Run("in ConnectionRefused: it is logged, and the port lives on", func(t *testing.T) {
		option, logs := observed()
		l, p := start(t, option), newPackets()
		gone := udpPeer(t, "127.0.0.1:0")
		_ = gone.Close()
		p.rebuff = func(p *packets) { panic("refused") }
		u := l.connectUDP(addrPort(gone), p)
		l.do(func() { _ = u.WriteConnected(nil) })
		wait(t, p.refused, "the refusal")
		c := udpPeer(t, u.RemoteAddr().String())
		sendTo(t, c, "hello", u.LocalAddr())
		p.wantPacket(t, "hello", addrPort(c))
		wantPanicLogged(t, logs, "ConnectionRefused", "refused")
	})
	t.Run("in StartProtocol: the port is not opened", func(t *testing.T) {
		option, logs := observed()
		l, p := start(t, option), newPackets()
		var local netip.AddrPort
		p.begin = func(p *packets) { local = p.Transport().LocalAddr(); panic("not today") }
		l.do(func() {
			u, err := l.ListenUDP(0, p, reactor.Interface("127.0.0.1"))
			var panicked *reactor.PanicError
			if u != nil || !errors.As(err, &panicked) || panicked.Value != "not today" {
				t.Errorf("ListenUDP answered %v and %v, want the panic", u, err)
			}
			wantIs(t, err, reactor.ErrCannotListen)
		})
		_ = udpPeer(t, local.String()).Close()
		wantPanicLogged(t, logs, "StartProtocol", "not today")
		l.finish()
		p.life.want(t, "start")
	})
	t.Run("in StopProtocol: the Deferred fails with it", func(t *testing.T) {
		option, logs := observed()
		l, p := start(t, option), newPackets()
		p.stop = func(p *packets) { panic("no end") }
		u := l.datagrams(p)
		var d *deferred.Deferred[struct{}]
		l.do(func() { d = u.StopListening() })
		var panicked *reactor.PanicError
		if _, err := d.Await(context.Background()); !errors.As(err, &panicked) {
			t.Errorf("StopListening failed with %v, want the panic", err)
		}
		wantPanicLogged(t, logs, "StopProtocol", "no end")
	})
}

func TestUDPBroadcast(t *testing.T) {
	t.Run("it has to be allowed", func(t *testing.T) {
		l := start(t)
		u := l.datagrams(newPackets())
		c := udpPeer(t, "0.0.0.0:0")
		to := netip.AddrPortFrom(netip.MustParseAddr("127.255.255.255"), addrPort(c).Port())
		l.do(func() {
			wantIs(t, u.Write([]byte("all"), to), reactor.ErrDatagram, syscall.EACCES)
			if err := u.SetBroadcastAllowed(true); err != nil {
				t.Errorf("SetBroadcastAllowed answered %v, want nil", err)
			}
			if err := u.Write([]byte("all"), to); err != nil {
				t.Errorf("Write answered %v, want nil", err)
			}
		})
		expectFrom(t, c, "all", u.LocalAddr())
	})
}

func TestUDPTexts(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{&reactor.DatagramError{Kind: reactor.ErrDatagramDropped}, "reactor: the datagram was dropped because the system's queue is full."},
		{&reactor.DatagramError{Kind: reactor.ErrDatagram, Err: syscall.EACCES}, "reactor: the datagram was not sent: 13: Permission denied."},
		{reactor.ErrNoDestination, "reactor: the datagram has no destination."},
		{reactor.ErrDatagramConnected, "reactor: the UDP port is connected already."},
	} {
		wantText(t, test.err, test.want)
	}
}

// interfaceWith is an interface that is up, and has flag and an address of the family.
func interfaceWith(t testing.TB, flag net.Flags, six bool) *net.Interface {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&flag == 0 || i.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Is6() == six {
				return &i
			}
		}
	}
	t.Skipf("no interface is up that is %v and has such an address", flag)
	return nil
}

func TestUDPMulticast(t *testing.T) {
	// Over the loopback interface IPv6 has no route for groups; those of ff11::/16 leave no interface in any case.
	for _, test := range []struct {
		name, listen, group string
		flag                net.Flags
	}{
		{"IPv4", "0.0.0.0", "239.255.71.1", net.FlagLoopback},
		{"IPv6", "::", "ff11::7101", net.FlagMulticast},
		{"an IPv4 group on a port of both families", "", "239.255.71.2", net.FlagLoopback},
	} {
		t.Run(test.name, func(t *testing.T) {
			group := netip.MustParseAddr(test.group)
			over := interfaceWith(t, test.flag, group.Is6())
			l, first, second := start(t), newPackets(), newPackets()
			a := l.datagrams(first, reactor.Interface(test.listen), reactor.ReusePort())
			to := netip.AddrPortFrom(group, a.LocalAddr().Port())
			if group.Is6() {
				to = netip.AddrPortFrom(group.WithZone(over.Name), to.Port())
			}
			var b, sender *reactor.UDPPort
			var failed, joined error
			l.do(func() {
				if b, failed = l.ListenUDP(int(to.Port()), second, reactor.Interface(test.listen), reactor.ReusePort()); failed != nil {
					return
				}
				joined = errors.Join(a.JoinGroup(group, over), b.JoinGroup(group, over))
				from := strings.Replace(test.listen, "0.0.0.0", "127.0.0.1", 1)
				if sender, failed = l.ListenUDP(0, newPackets(), reactor.Interface(from)); failed == nil {
					failed = errors.Join(sender.SetOutgoingInterface(over), sender.SetTTL(3))
				}
			})
			switch {
			case failed != nil:
				t.Fatalf("got %v, want two ports and a sender", failed)
			case errors.Is(joined, syscall.ENODEV), errors.Is(joined, syscall.EADDRNOTAVAIL), errors.Is(joined, syscall.EOPNOTSUPP):
				t.Skipf("%s has no multicast: %v", over.Name, joined)
			case joined != nil:
				t.Fatalf("JoinGroup answered %v, want nil", joined)
			}
			say := func(text string) {
				l.do(func() {
					if err := sender.Write([]byte(text), to); err != nil {
						t.Errorf("Write answered %v, want nil", err)
					}
				})
			}
			hears := func(p *packets, want string) {
				t.Helper()
				if got := wait(t, p.in, "a datagram of the group"); got.data != want {
					t.Errorf("got %q, want %q", got.data, want)
				}
			}
			loopback := func(on bool) {
				l.do(func() {
					if err := sender.SetLoopbackMode(on); err != nil {
						t.Errorf("SetLoopbackMode(%v) answered %v, want nil", on, err)
					}
				})
			}
			if test.flag == net.FlagMulticast { // over the loopback interface everything comes back
				loopback(false)
				say("none")
			}
			loopback(true)
			say("one")
			hears(first, "one")
			hears(second, "one")
			l.do(func() {
				if err := a.LeaveGroup(group, over); err != nil {
					t.Errorf("LeaveGroup answered %v, want nil", err)
				}
				wantIs(t, a.LeaveGroup(group, over), syscall.EADDRNOTAVAIL)
			})
			say("two") // only the second port is a member
			hears(second, "two")
			l.do(func() {
				if err := a.JoinGroup(group, over); err != nil {
					t.Errorf("JoinGroup answered %v, want nil", err)
				}
			})
			say("three")
			hears(second, "three")
			hears(first, "three")
		})
	}
	t.Run("bad arguments", func(t *testing.T) {
		l := start(t)
		u := l.datagrams(newPackets())
		l.do(func() {
			wantText(t, u.JoinGroup(netip.MustParseAddr("127.0.0.1"), nil), "reactor: 127.0.0.1 is no multicast group")
			wantText(t, u.LeaveGroup(netip.Addr{}, nil), "reactor: invalid IP is no multicast group")
			wantText(t, u.SetTTL(256), "reactor: SetTTL: got 256 hops, want 0 to 255")
			wantText(t, u.SetTTL(-1), "reactor: SetTTL: got -1 hops, want 0 to 255")
		})
	})
	t.Run("the system's choice of interface, and the kernel's buffers", func(t *testing.T) {
		l := start(t)
		u := l.datagrams(newPackets())
		l.do(func() {
			if err := errors.Join(u.SetOutgoingInterface(nil), u.SetReadBuffer(1<<16), u.SetWriteBuffer(1<<16)); err != nil {
				t.Errorf("the options answered %v, want nil", err)
			}
		})
	})
}
