//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func streamSocket(family int) (int, error) { return openSocket(family, unix.SOCK_STREAM) }

func openSocket(family, kind int) (int, error) {
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(family, kind, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err == nil {
		if err = unix.SetNonblock(fd, true); err != nil {
			_ = unix.Close(fd)
		}
	}
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	return fd, nil
}

func accept(listener int) (int, Address, error) {
	syscall.ForkLock.RLock()
	fd, sa, err := unix.Accept(listener)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, Address{}, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return -1, Address{}, err
	}
	return fd, address(sa), nil
}

func socketName(fd int) (Address, error) {
	sa, err := unix.Getsockname(fd)
	return address(sa), err
}

func peerName(fd int) (Address, error) {
	sa, err := unix.Getpeername(fd)
	return address(sa), err
}

func bindLate(int) {}

// Unacknowledged cannot be asked for everywhere here: one stands for "perhaps".
func (system) Unacknowledged(int) int { return 1 }

// Pair is two connected stream sockets.
func (system) Pair() (a, b int, err error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	for _, fd := range fds {
		if err == nil {
			err = unix.SetNonblock(fd, true)
		}
	}
	return fds[0], fds[1], os.NewSyscallError("socketpair", err)
}

// setKeepAliveIdle leaves the times to the system: their option has another name on each of these.
func setKeepAliveIdle(fd, seconds int) error { return set(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1) }

func setUserTimeout(int, int) error { return errors.ErrUnsupported }
