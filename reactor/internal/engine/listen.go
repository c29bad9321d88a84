//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Listen binds and listens.
func (system) Listen(at Address, o ListenOptions) (fd int, err error) {
	if at.UNIX {
		return listenUNIX(at, o)
	}
	if at.Addr().IsValid() {
		return listen(at, false, o)
	}
	fd, err = listen(TCP(netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port())), true, o)
	if withoutIPv6(err) {
		return listen(TCP(netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())), false, o)
	}
	return fd, err
}

// withoutIPv6 tells whether err means that the system has no IPv6 to listen on.
func withoutIPv6(err error) bool {
	return errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENOPROTOOPT)
}

func listen(at Address, both bool, o ListenOptions) (fd int, err error) {
	fd, err = streamSocket(family(at))
	if err != nil {
		return -1, err
	}
	if err = setUpListener(fd, at, both, o); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func setUpListener(fd int, at Address, both bool, o ListenOptions) error {
	if !at.UNIX {
		if err := setUpPort(fd, at, both, o); err != nil {
			return err
		}
	}
	if o.Control != nil {
		if err := o.Control(uintptr(fd)); err != nil {
			return err
		}
	}
	if err := unix.Bind(fd, sockaddr(at)); err != nil {
		return err
	}
	if at.UNIX && o.Mode != 0 && !abstract(at.Path) { // nobody can connect before listen(2)
		if err := unix.Chmod(at.Path, o.Mode); err != nil {
			_ = unix.Unlink(at.Path)
			return err
		}
	}
	return unix.Listen(fd, o.Backlog)
}

func setUpPort(fd int, at Address, both bool, o ListenOptions) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if o.ReusePort {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return err
		}
	}
	if at.Addr().Is6() {
		return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, flag(!both))
	}
	return nil
}

// listenUNIX takes the place of a socket that nobody listens on any more. Anything else in its place stays.
func listenUNIX(at Address, o ListenOptions) (fd int, err error) {
	fd, err = listen(at, false, o)
	if errors.Is(err, unix.EADDRINUSE) && stale(at.Path) {
		if err := unix.Unlink(at.Path); err != nil {
			return -1, os.NewSyscallError("unlink", err)
		}
		return listen(at, false, o)
	}
	return fd, err
}

// stale tells whether path is a socket left behind: one that refuses connections.
func stale(path string) bool {
	info, err := os.Lstat(path)
	if abstract(path) || err != nil || info.Mode().Type() != fs.ModeSocket {
		return false
	}
	fd, err := streamSocket(unix.AF_UNIX)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.Connect(fd, &unix.SockaddrUnix{Name: path}) == unix.ECONNREFUSED
}

// SocketFile identifies the file of a UNIX socket; ok is false when path is none.
func (system) SocketFile(path string) (id FileID, ok bool) {
	var stat unix.Stat_t
	if abstract(path) || unix.Lstat(path, &stat) != nil || stat.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return id, false
	}
	return FileID{Device: uint64(stat.Dev), Inode: uint64(stat.Ino)}, true
}

// Unlink removes a file.
func (system) Unlink(path string) error { return unix.Unlink(path) }

// Accept takes one connection. The peer's address is that of accept(2): a socket whose peer has gone already cannot be asked for
// it any more.
func (system) Accept(listener int) (fd int, remote Address, err error) {
	fd, remote, err = accept(listener)
	switch err {
	case nil:
		if !remote.UNIX {
			_ = setNoDelay(fd, true)
		}
		return fd, remote, nil
	case unix.EAGAIN, unix.EINTR, unix.ECONNABORTED:
		return -1, Address{}, ErrWouldBlock
	}
	return -1, Address{}, os.NewSyscallError("accept", err)
}

// Adopt makes a descriptor that came from elsewhere fit for the poller.
func (system) Adopt(fd int) (listening bool, err error) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return false, os.NewSyscallError("getsockopt", err)
	}
	if kind != unix.SOCK_STREAM {
		return false, errNotStream
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return false, os.NewSyscallError("fcntl", err)
	}
	accepting, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err != nil {
		return false, os.NewSyscallError("getsockopt", err)
	}
	return accepting != 0, nil
}

var errNotStream = errors.New("engine: not a stream socket")
