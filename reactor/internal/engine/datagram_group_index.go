//go:build linux || darwin || freebsd

package engine

import (
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

func changeGroup4(fd, change int, group netip.Addr, index int) error {
	membership := &unix.IPMreqn{Multiaddr: group.As4(), Ifindex: int32(index)}
	return os.NewSyscallError("setsockopt", unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, change, membership))
}

func setInterface4(fd, index int) error {
	chosen := &unix.IPMreqn{Ifindex: int32(index)}
	return os.NewSyscallError("setsockopt", unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, chosen))
}
