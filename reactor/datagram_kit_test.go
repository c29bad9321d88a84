package reactor_test

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// packet is a datagram that came.
type packet struct {
	data string
	from netip.AddrPort
}

// packets is a datagram protocol whose life a test follows.
type packets struct {
	reactor.BaseDatagramProtocol
	begin   func(p *packets)
	data    func(p *packets, data []byte, from netip.AddrPort) // nil keeps the datagram in in
	rebuff  func(p *packets)
	stop    func(p *packets)
	in      chan packet
	refused chan struct{}
	life    *journal // start, stop
}

func newPackets() *packets {
	return &packets{in: make(chan packet, 1024), refused: make(chan struct{}, 64), life: &journal{}}
}

func (p *packets) StartProtocol() {
	p.life.add("start")
	if p.begin != nil {
		p.begin(p)
	}
}

func (p *packets) DatagramReceived(data []byte, from netip.AddrPort) {
	if p.data != nil {
		p.data(p, data, from)
		return
	}
	p.in <- packet{string(data), from}
}

func (p *packets) ConnectionRefused() {
	p.refused <- struct{}{}
	if p.rebuff != nil {
		p.rebuff(p)
	}
}

func (p *packets) StopProtocol() {
	p.life.add("stop")
	if p.stop != nil {
		p.stop(p)
	}
}

// bounce is a datagram protocol that sends back what comes.
func bounce() *packets {
	p := newPackets()
	p.data = func(p *packets, data []byte, from netip.AddrPort) {
		if err := p.Transport().Write(data, from); err != nil {
			p.life.add("%v", err)
		}
	}
	return p
}

// datagrams has p receive on a free port of the loopback.
func (l *loop) datagrams(p reactor.DatagramProtocol, options ...reactor.ListenOption) (u *reactor.UDPPort) {
	l.t.Helper()
	l.do(func() {
		var err error
		if u, err = l.ListenUDP(0, p, append([]reactor.ListenOption{reactor.Interface("127.0.0.1")}, options...)...); err != nil {
			l.t.Errorf("ListenUDP answered %v, want nil", err)
		}
	})
	return u
}

// connectUDP has p talk to one peer.
func (l *loop) connectUDP(to netip.AddrPort, p reactor.DatagramProtocol, options ...reactor.ConnectOption) (u *reactor.UDPPort) {
	l.t.Helper()
	l.do(func() {
		var err error
		if u, err = l.ConnectUDP(to, p, options...); err != nil {
			l.t.Errorf("ConnectUDP answered %v, want nil", err)
		}
	})
	return u
}

// udpPeer is a plain UDP socket, closed at the end of the test.
func udpPeer(t testing.TB, at string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(guard))
	return c
}

func addrPort(c *net.UDPConn) netip.AddrPort {
	ap := c.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

func sendTo(t testing.TB, c *net.UDPConn, data string, to netip.AddrPort) {
	t.Helper()
	if _, err := c.WriteToUDPAddrPort([]byte(data), to); err != nil {
		t.Errorf("peer cannot send: %v", err)
	}
}

// expectFrom wants one datagram.
func expectFrom(t testing.TB, c *net.UDPConn, want string, from netip.AddrPort) {
	t.Helper()
	buf := make([]byte, 70000)
	n, sender, err := c.ReadFromUDPAddrPort(buf)
	sender = netip.AddrPortFrom(sender.Addr().Unmap(), sender.Port())
	if err != nil || string(buf[:n]) != want || sender != from {
		t.Errorf("peer got %d bytes %.40q from %v and %v, want %d bytes %.40q from %v", n, buf[:n], sender, err, len(want), want, from)
	}
}

// wantPacket wants the next datagram to be this one.
func (p *packets) wantPacket(t testing.TB, data string, from netip.AddrPort) {
	t.Helper()
	got := wait(t, p.in, fmt.Sprintf("a datagram %.40q", data))
	if got.data != data || got.from != from {
		t.Errorf("got %d bytes %.40q from %v, want %d bytes %.40q from %v", len(got.data), got.data, got.from, len(data), data, from)
	}
}
