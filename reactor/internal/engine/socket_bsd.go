//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func tcpSocket(addr netip.Addr) (int, error) {
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(family(addr), unix.SOCK_STREAM, unix.IPPROTO_TCP)
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

func accept(listener int) (int, unix.Sockaddr, error) {
	syscall.ForkLock.RLock()
	fd, sa, err := unix.Accept(listener)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return -1, nil, err
	}
	return fd, sa, nil
}

func bindLate(int) {}

// Unacknowledged cannot be asked for everywhere here: one stands for "perhaps".
func Unacknowledged(int) int { return 1 }
