package reactor

import (
	"errors"
	"net/netip"
	"syscall"
)

// Write sends one datagram.
func (u *UDPPort) Write(datagram []byte, to netip.AddrPort) error {
	to = unmapped(to)
	switch {
	case u.fd < 0:
		return ErrWriteAfterClose
	case u.remote.IsValid() && to.IsValid() && !sameEnd(to, u.remote):
		return ErrDatagramConnected
	case u.remote.IsValid():
		return u.send(datagram, netip.AddrPort{})
	case checkDestination(to) != nil:
		return ErrNoDestination
	}
	return u.send(datagram, to)
}

// WriteConnected sends one datagram to the peer.
func (u *UDPPort) WriteConnected(datagram []byte) error { return u.Write(datagram, netip.AddrPort{}) }

// send gives a datagram to the system. What the system says of an earlier one is not its fault: it is tried again.
func (u *UDPPort) send(datagram []byte, to netip.AddrPort) error {
	err := u.sys.Send(u.fd, datagram, u.fit(to))
	if errors.Is(err, syscall.ECONNREFUSED) {
		u.r.soon(u.refused)
		err = u.sys.Send(u.fd, datagram, u.fit(to))
	}
	if err == nil {
		return nil
	}
	if !to.IsValid() {
		to = u.remote
	}
	failed := newDatagramError(err, to, len(datagram))
	if failed.Kind == ErrDatagramDropped {
		u.dropped++
	}
	return failed
}

// fit writes an address in the family of the socket.
func (u *UDPPort) fit(to netip.AddrPort) netip.AddrPort {
	if u.six && to.Addr().Is4() {
		return netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), to.Port())
	}
	return to
}

// Connect restricts the port to one peer.
func (u *UDPPort) Connect(to netip.AddrPort) error {
	to = unmapped(to)
	switch {
	case u.fd < 0:
		return ErrWriteAfterClose
	case u.remote.IsValid():
		return ErrDatagramConnected
	}
	err := checkDestination(to)
	if err == nil {
		err = u.connect(to)
	}
	if err != nil {
		return &ConnectError{Kind: connectKind(err), Host: hostOf(to), Port: int(to.Port()), Err: err}
	}
	return nil
}

// connect takes the addresses from the system: there are some, such as 0.0.0.0, that stand for another one.
func (u *UDPPort) connect(to netip.AddrPort) error {
	if err := u.sys.ConnectDatagram(u.fd, u.fit(to)); err != nil {
		return err
	}
	u.local, u.remote = u.r.sys.Local(u.fd).AddrPort, u.r.sys.Remote(u.fd).AddrPort
	return nil
}

func checkDestination(to netip.AddrPort) error {
	switch {
	case !to.IsValid():
		return errors.New("invalid address")
	case to.Port() == 0:
		return errors.New("invalid port 0")
	}
	return nil
}

// unmapped is ap with an IPv4 address in place of one that stands for it in IPv6.
func unmapped(ap netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// sameEnd compares without the zones, which have a name and a number.
func sameEnd(a, b netip.AddrPort) bool {
	return a.Port() == b.Port() && a.Addr().WithZone("") == b.Addr().WithZone("")
}

func hostOf(ap netip.AddrPort) string {
	if !ap.IsValid() {
		return ""
	}
	return ap.Addr().String()
}
