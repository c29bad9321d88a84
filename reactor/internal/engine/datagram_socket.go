//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// ListenDatagram makes a bound socket.
func (system) ListenDatagram(at netip.AddrPort, o ListenOptions) (fd int, six bool, err error) {
	if at.Addr().IsValid() {
		fd, err = datagramSocket(at, false, o)
		return fd, at.Addr().Is6(), err
	}
	fd, err = datagramSocket(netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port()), true, o)
	if withoutIPv6(err) {
		fd, err = datagramSocket(netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port()), false, o)
		return fd, false, err
	}
	return fd, true, err
}

func datagramSocket(at netip.AddrPort, both bool, o ListenOptions) (fd int, err error) {
	fd, err = openSocket(family(TCP(at)), unix.SOCK_DGRAM)
	if err != nil {
		return -1, err
	}
	if err = setUpDatagram(fd, at, both, o); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// setUpDatagram binds. SO_REUSEADDR, which a TCP port sets, would let others take the datagrams away here.
func setUpDatagram(fd int, at netip.AddrPort, both bool, o ListenOptions) error {
	if at.Addr().Is6() {
		if err := set(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, flag(!both)); err != nil {
			return err
		}
	}
	if o.ReusePort {
		if err := set(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return err
		}
		if err := set(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return err
		}
	}
	ownGroupsOnly(fd)
	if o.Control != nil {
		if err := o.Control(uintptr(fd)); err != nil {
			return err
		}
	}
	return os.NewSyscallError("bind", unix.Bind(fd, sockaddr(TCP(at))))
}

// AdoptDatagram makes a socket that came from elsewhere fit for the poller.
func (system) AdoptDatagram(fd int) (six bool, err error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return false, os.NewSyscallError("getsockname", err)
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return false, os.NewSyscallError("fcntl", err)
	}
	_, six = sa.(*unix.SockaddrInet6)
	return six, nil
}

// ConnectDatagram restricts a socket to one peer.
func (system) ConnectDatagram(fd int, to netip.AddrPort) error {
	return os.NewSyscallError("connect", unix.Connect(fd, sockaddr(TCP(to))))
}

// Receive takes one datagram.
func (system) Receive(fd int, p []byte) (n int, from netip.AddrPort, err error) {
	n, sa, err := unix.Recvfrom(fd, p, 0)
	switch err {
	case nil:
		if sa != nil {
			from = address(sa).AddrPort
		}
		return n, from, nil
	case unix.EAGAIN, unix.EINTR:
		return 0, from, ErrWouldBlock
	}
	return 0, from, os.NewSyscallError("recvfrom", err)
}

// Send sends one datagram.
func (system) Send(fd int, p []byte, to netip.AddrPort) (err error) {
	if to.IsValid() {
		err = unix.Sendto(fd, p, 0, sockaddr(TCP(to)))
	} else {
		err = unix.Send(fd, p, 0)
	}
	switch err {
	case nil:
		return nil
	case unix.EAGAIN, unix.ENOBUFS:
		return ErrWouldBlock
	}
	return os.NewSyscallError("sendto", err)
}

// JoinGroup makes an interface receive what is sent to group.
func (system) JoinGroup(fd int, group netip.Addr, index int) error {
	if group.Is4() {
		return changeGroup4(fd, unix.IP_ADD_MEMBERSHIP, group, index)
	}
	return changeGroup6(fd, unix.IPV6_JOIN_GROUP, group, index)
}

// LeaveGroup ends what JoinGroup began.
func (system) LeaveGroup(fd int, group netip.Addr, index int) error {
	if group.Is4() {
		return changeGroup4(fd, unix.IP_DROP_MEMBERSHIP, group, index)
	}
	return changeGroup6(fd, unix.IPV6_LEAVE_GROUP, group, index)
}

func changeGroup6(fd, change int, group netip.Addr, index int) error {
	membership := &unix.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(index)}
	return os.NewSyscallError("setsockopt", unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, change, membership))
}

// SetDatagramOption changes a socket. One of the IPv6 family may serve IPv4 as well, where the system has that; so both are set, and the
// first one counts.
func (system) SetDatagramOption(fd int, six bool, option DatagramOption, value int) error {
	if option == Broadcast {
		return set(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, value)
	}
	if !six {
		return setMulticast4(fd, option, value)
	}
	_ = setMulticast4(fd, option, value)
	return setMulticast6(fd, option, value)
}

func setMulticast4(fd int, option DatagramOption, value int) error {
	switch option {
	case MulticastTTL:
		return setByte(fd, unix.IP_MULTICAST_TTL, value)
	case MulticastLoop:
		return setByte(fd, unix.IP_MULTICAST_LOOP, value)
	}
	return setInterface4(fd, value)
}

func setByte(fd, option, value int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptByte(fd, unix.IPPROTO_IP, option, byte(value)))
}

func setMulticast6(fd int, option DatagramOption, value int) error {
	name := unix.IPV6_MULTICAST_IF
	switch option {
	case MulticastTTL:
		name = unix.IPV6_MULTICAST_HOPS
	case MulticastLoop:
		name = unix.IPV6_MULTICAST_LOOP
	}
	return set(fd, unix.IPPROTO_IPV6, name, value)
}
