//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"os"

	"golang.org/x/sys/unix"
)

// Duplicate makes another descriptor of what fd stands for, and never one that has a meaning by its number.
func (system) Duplicate(fd uintptr) (int, error) {
	other, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 3)
	return other, os.NewSyscallError("fcntl", err)
}

// KeepFromChildren sets FD_CLOEXEC.
func (system) KeepFromChildren(fd int) error {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC)
	return os.NewSyscallError("fcntl", err)
}

// Kind tells what a descriptor is.
func (system) Kind(fd int) (Kind, error) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	switch {
	case err == unix.ENOTSOCK:
		return NoSocket, nil
	case err != nil:
		return NoSocket, os.NewSyscallError("getsockopt", err)
	case kind == unix.SOCK_DGRAM:
		return datagramKind(fd), nil
	case kind != unix.SOCK_STREAM:
		return OtherSocket, nil
	}
	if accepting, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); accepting != 0 {
		return Listening, nil
	}
	if _, err := unix.Getpeername(fd); err != nil {
		return Unconnected, nil
	}
	return Connected, nil
}

func datagramKind(fd int) Kind {
	sa, _ := unix.Getsockname(fd)
	switch sa.(type) {
	case *unix.SockaddrInet4, *unix.SockaddrInet6:
		return UDP
	}
	return OtherSocket
}

// Await blocks until fd is ready or interrupt can be read from.
func (system) Await(fd int, want Interest, interrupt int) (ready bool, err error) {
	events := int16(unix.POLLIN)
	if want == Write {
		events = unix.POLLOUT
	}
	fds := []unix.PollFd{{Fd: int32(interrupt), Events: unix.POLLIN}, {Fd: int32(fd), Events: events}}
	for {
		_, err := unix.Poll(fds, -1)
		if err != unix.EINTR {
			return fds[0].Revents == 0, os.NewSyscallError("poll", err)
		}
	}
}
