package engine

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func streamSocket(family int) (int, error) { return openSocket(family, unix.SOCK_STREAM) }

func openSocket(family, kind int) (int, error) {
	fd, err := unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	return fd, nil
}

// accept, socketName and peerName are those of package syscall: unix asks the system once more each time, which protocol it is.
func accept(listener int) (int, Address, error) {
	fd, sa, err := syscall.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	return fd, addressOf(sa), err
}

func socketName(fd int) (Address, error) {
	sa, err := syscall.Getsockname(fd)
	return addressOf(sa), err
}

func peerName(fd int) (Address, error) {
	sa, err := syscall.Getpeername(fd)
	return addressOf(sa), err
}

func addressOf(sa syscall.Sockaddr) Address {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return inet4(sa.Addr, sa.Port)
	case *syscall.SockaddrInet6:
		return inet6(sa.Addr, sa.Port, sa.ZoneId)
	case *syscall.SockaddrUnix:
		return named(sa.Name)
	}
	return Address{}
}

// bindLate lets connect(2) choose the port, so that many connections can share a local address and port.
func bindLate(fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
}

// Unacknowledged is the number of bytes that the peer's kernel has not confirmed yet.
func (system) Unacknowledged(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// Pair is two connected stream sockets.
func (system) Pair() (a, b int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	return fds[0], fds[1], os.NewSyscallError("socketpair", err)
}

func setKeepAliveIdle(fd, seconds int) error {
	if err := set(fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds); err != nil {
		return err
	}
	return set(fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, seconds)
}

func setUserTimeout(fd, milliseconds int) error {
	return set(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, milliseconds)
}
