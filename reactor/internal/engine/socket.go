//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"os"

	"golang.org/x/sys/unix"
)

// OS is the operating system.
var OS System = system{}

type system struct{}

// OutOfDescriptors tells whether err means that the process or the system has none left.
func OutOfDescriptors(err error) bool {
	se, ok := err.(*os.SyscallError)
	if !ok {
		return false
	}
	return se.Err == unix.EMFILE || se.Err == unix.ENFILE || se.Err == unix.ENOBUFS || se.Err == unix.ENOMEM
}

// Spare opens a descriptor to be held in reserve.
func (system) Spare() (fd int, err error) {
	return unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
}

// Read reads what is there; 0 and nil is the end of the stream.
func (system) Read(fd int, p []byte) (int, error) {
	n, err := receive(fd, p)
	switch err {
	case nil:
		return n, nil
	case unix.EAGAIN, unix.EINTR:
		return 0, ErrWouldBlock
	}
	return 0, os.NewSyscallError("read", err)
}

// Write writes what the kernel takes.
func (system) Write(fd int, p []byte) (int, error) {
	n, err := transmit(fd, p)
	switch err {
	case nil:
		return n, nil
	case unix.EAGAIN, unix.EINTR:
		return 0, ErrWouldBlock
	}
	return 0, os.NewSyscallError("write", err)
}

// ShutdownWrite sends the end of the stream after everything written.
func (system) ShutdownWrite(fd int) { _ = unix.Shutdown(fd, unix.SHUT_WR) }

// Close closes the descriptor.
func (system) Close(fd int) { _ = unix.Close(fd) }

// ResetOnClose makes CloseFD drop what was not sent and reset the connection.
func (system) ResetOnClose(fd int) {
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

// SetOption changes a socket.
func (system) SetOption(fd int, option Option, value int) error {
	switch option {
	case NoDelay:
		return setNoDelay(fd, value != 0)
	case KeepAlive:
		return set(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, value)
	case KeepAliveIdle:
		return setKeepAliveIdle(fd, value)
	case ReadBuffer:
		return set(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, value)
	case WriteBuffer:
		return set(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, value)
	}
	return setUserTimeout(fd, value)
}

func setNoDelay(fd int, on bool) error { return set(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, flag(on)) }

func set(fd, level, option, value int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, level, option, value))
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}
