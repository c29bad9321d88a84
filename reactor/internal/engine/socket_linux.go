package engine

import (
	"os"

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

func accept(listener int) (int, unix.Sockaddr, error) {
	return unix.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
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
