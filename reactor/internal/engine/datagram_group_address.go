//go:build netbsd || openbsd || dragonfly

package engine

import (
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// These systems know an interface by its IPv4 address only.

func changeGroup4(fd, change int, group netip.Addr, index int) error {
	addr, err := interface4(index)
	if err != nil {
		return err
	}
	membership := &unix.IPMreq{Multiaddr: group.As4(), Interface: addr}
	return os.NewSyscallError("setsockopt", unix.SetsockoptIPMreq(fd, unix.IPPROTO_IP, change, membership))
}

func setInterface4(fd, index int) error {
	addr, err := interface4(index)
	if err != nil {
		return err
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptInet4Addr(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, addr))
}

// interface4 is the first IPv4 address of an interface; that of interface 0 is unspecified.
func interface4(index int) (addr [4]byte, err error) {
	if index == 0 {
		return addr, nil
	}
	ifi, err := net.InterfaceByIndex(index)
	if err != nil {
		return addr, err
	}
	addrs, err := ifi.Addrs()
	if err != nil {
		return addr, err
	}
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Is4() {
			return prefix.Addr().As4(), nil
		}
	}
	return addr, unix.EADDRNOTAVAIL
}
