//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Connect starts a TCP connection. pending means that its outcome comes as write readiness (see ConnectResult).
// A *BindError says that the fault is with the local address.
func Connect(addr netip.AddrPort, o SocketOptions) (fd int, pending bool, err error) {
	fd, err = tcpSocket(addr.Addr())
	if err != nil {
		return -1, false, err
	}
	if err := setUp(fd, o.Bind, addr); err != nil {
		CloseFD(fd)
		return -1, false, err
	}
	switch err = unix.Connect(fd, sockaddr(addr)); err {
	case nil:
		return fd, false, nil
	case unix.EINPROGRESS, unix.EINTR:
		return fd, true, nil
	}
	CloseFD(fd)
	return -1, false, os.NewSyscallError("connect", err)
}

func setUp(fd int, bind, addr netip.AddrPort) error {
	if err := SetNoDelay(fd, true); err != nil {
		return err
	}
	if !bind.IsValid() {
		return nil
	}
	if bind.Addr().Is4() != addr.Addr().Is4() {
		return &BindError{Err: unix.EADDRNOTAVAIL}
	}
	if bind.Port() != 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	} else {
		bindLate(fd)
	}
	if err := unix.Bind(fd, sockaddr(bind)); err != nil {
		return &BindError{Err: os.NewSyscallError("bind", err)}
	}
	return nil
}

// Listen binds and listens. An invalid address with a port means all interfaces, IPv6 and IPv4 where the system has both.
func Listen(addr netip.Addr, port uint16, backlog int) (fd int, err error) {
	if addr.IsValid() {
		return listen(netip.AddrPortFrom(addr, port), false, backlog)
	}
	fd, err = listen(netip.AddrPortFrom(netip.IPv6Unspecified(), port), true, backlog)
	if withoutIPv6(err) {
		return listen(netip.AddrPortFrom(netip.IPv4Unspecified(), port), false, backlog)
	}
	return fd, err
}

// withoutIPv6 tells whether err means that the system has no IPv6 to listen on.
func withoutIPv6(err error) bool {
	return errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENOPROTOOPT)
}

func listen(addr netip.AddrPort, both bool, backlog int) (fd int, err error) {
	fd, err = tcpSocket(addr.Addr())
	if err != nil {
		return -1, err
	}
	if err = setUpListener(fd, addr, both, backlog); err != nil {
		CloseFD(fd)
		return -1, err
	}
	return fd, nil
}

func setUpListener(fd int, addr netip.AddrPort, both bool, backlog int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if addr.Addr().Is6() {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, flag(!both)); err != nil {
			return err
		}
	}
	if err := unix.Bind(fd, sockaddr(addr)); err != nil {
		return err
	}
	return unix.Listen(fd, backlog)
}

// Accept takes one connection from a listening socket: ErrWouldBlock when there is none. The peer's address is that of accept(2):
// a socket whose peer has gone already cannot be asked for it any more.
func Accept(listener int) (fd int, remote netip.AddrPort, err error) {
	fd, sa, err := accept(listener)
	switch err {
	case nil:
		_ = SetNoDelay(fd, true)
		return fd, addrPort(sa), nil
	case unix.EAGAIN, unix.EINTR, unix.ECONNABORTED:
		return -1, remote, ErrWouldBlock
	}
	return -1, remote, os.NewSyscallError("accept", err)
}

// OutOfDescriptors tells whether err means that the process or the system has none left.
func OutOfDescriptors(err error) bool {
	se, ok := err.(*os.SyscallError)
	if !ok {
		return false
	}
	return se.Err == unix.EMFILE || se.Err == unix.ENFILE || se.Err == unix.ENOBUFS || se.Err == unix.ENOMEM
}

// Spare opens a descriptor to be held in reserve.
func Spare() (fd int, err error) { return unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0) }

// ReadFD reads what is there; 0 and nil is the end of the stream.
func ReadFD(fd int, p []byte) (int, error) {
	n, err := unix.Read(fd, p)
	switch err {
	case nil:
		return n, nil
	case unix.EAGAIN, unix.EINTR:
		return 0, ErrWouldBlock
	}
	return 0, os.NewSyscallError("read", err)
}

// WriteFD writes what the kernel takes.
func WriteFD(fd int, p []byte) (int, error) {
	n, err := unix.Write(fd, p)
	switch err {
	case nil:
		return n, nil
	case unix.EAGAIN, unix.EINTR:
		return 0, ErrWouldBlock
	}
	return 0, os.NewSyscallError("write", err)
}

// ConnectResult is the outcome of a pending Connect: ErrWouldBlock while there is none.
func ConnectResult(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	if code != 0 {
		return os.NewSyscallError("connect", unix.Errno(code))
	}
	if _, err := unix.Getpeername(fd); err == unix.ENOTCONN {
		return ErrWouldBlock
	}
	return nil
}

// ShutdownWrite sends the end of the stream after everything written.
func ShutdownWrite(fd int) { _ = unix.Shutdown(fd, unix.SHUT_WR) }

// CloseFD closes the descriptor.
func CloseFD(fd int) { _ = unix.Close(fd) }

// ResetOnClose makes CloseFD drop what was not sent and reset the connection.
func ResetOnClose(fd int) {
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

// SetNoDelay sets TCP_NODELAY.
func SetNoDelay(fd int, on bool) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, flag(on)))
}

// SetKeepAlive sets SO_KEEPALIVE.
func SetKeepAlive(fd int, on bool) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, flag(on)))
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// Addresses are the two ends of a connection; the remote one is invalid for a listening socket.
func Addresses(fd int) (local, remote netip.AddrPort) {
	if sa, err := unix.Getsockname(fd); err == nil {
		local = addrPort(sa)
	}
	if sa, err := unix.Getpeername(fd); err == nil {
		remote = addrPort(sa)
	}
	return local, remote
}

func sockaddr(ap netip.AddrPort) unix.Sockaddr {
	addr := ap.Addr()
	if addr.Is4() {
		return &unix.SockaddrInet4{Port: int(ap.Port()), Addr: addr.As4()}
	}
	return &unix.SockaddrInet6{Port: int(ap.Port()), Addr: addr.As16(), ZoneId: zoneID(addr.Zone())}
}

func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		addr := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 && !addr.Is4In6() {
			addr = addr.WithZone(zoneName(sa.ZoneId))
		}
		return netip.AddrPortFrom(addr.Unmap(), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

func zoneID(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if ifi, err := net.InterfaceByName(zone); err == nil {
		return uint32(ifi.Index)
	}
	id, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(id)
}

func zoneName(id uint32) string {
	if ifi, err := net.InterfaceByIndex(int(id)); err == nil {
		return ifi.Name
	}
	return strconv.FormatUint(uint64(id), 10)
}

func family(addr netip.Addr) int {
	if addr.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}
