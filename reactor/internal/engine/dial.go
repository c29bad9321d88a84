//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"os"

	"golang.org/x/sys/unix"
)

// Connect starts a connection.
func (system) Connect(to Address, o SocketOptions) (fd int, pending bool, err error) {
	fd, err = streamSocket(family(to))
	if err != nil {
		return -1, false, err
	}
	if err := setUp(fd, to, o); err != nil {
		_ = unix.Close(fd)
		return -1, false, err
	}
	switch err = unix.Connect(fd, sockaddr(to)); err {
	case nil:
		return fd, false, nil
	case unix.EINPROGRESS, unix.EINTR:
		return fd, true, nil
	}
	_ = unix.Close(fd)
	if err == unix.EAGAIN { // the queue of a UNIX socket is full
		return -1, false, ErrWouldBlock
	}
	return -1, false, os.NewSyscallError("connect", err)
}

func setUp(fd int, to Address, o SocketOptions) error {
	if !to.UNIX {
		if err := setNoDelay(fd, true); err != nil {
			return err
		}
	}
	if o.Control != nil {
		if err := o.Control(uintptr(fd)); err != nil {
			return err
		}
	}
	bind := o.Bind
	if !bind.IsValid() {
		return nil
	}
	if bind.Addr().Is4() != to.Addr().Is4() {
		return &BindError{Err: unix.EADDRNOTAVAIL}
	}
	if bind.Port() != 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	} else {
		bindLate(fd)
	}
	if err := unix.Bind(fd, sockaddr(TCP(bind))); err != nil {
		return &BindError{Err: os.NewSyscallError("bind", err)}
	}
	return nil
}

// ConnectResult is the outcome of a pending Connect: ErrWouldBlock while there is none. A socket that has a peer is connected.
func (system) ConnectResult(fd int) error {
	_, unconnected := peerName(fd)
	if unconnected == nil {
		return nil
	}
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return os.NewSyscallError("getsockopt", err)
	case code != 0:
		return os.NewSyscallError("connect", unix.Errno(code))
	case unconnected == unix.ENOTCONN:
		return ErrWouldBlock
	}
	return nil
}
