//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Local is this side's address.
func (system) Local(fd int) Address {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return Address{}
	}
	return address(sa)
}

// Remote is the peer's address, invalid when there is none.
func (system) Remote(fd int) Address {
	sa, err := unix.Getpeername(fd)
	if err != nil {
		return Address{}
	}
	return address(sa)
}

// abstract tells whether path names no file.
func abstract(path string) bool { return strings.HasPrefix(path, "@") }

func sockaddr(a Address) unix.Sockaddr {
	if a.UNIX {
		return &unix.SockaddrUnix{Name: a.Path}
	}
	addr := a.Addr()
	if addr.Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: addr.As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: addr.As16(), ZoneId: zoneID(addr.Zone())}
}

func address(sa unix.Sockaddr) Address {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return TCP(netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)))
	case *unix.SockaddrInet6:
		addr := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 && !addr.Is4In6() {
			addr = addr.WithZone(zoneName(sa.ZoneId))
		}
		return TCP(netip.AddrPortFrom(addr.Unmap(), uint16(sa.Port)))
	case *unix.SockaddrUnix:
		if sa.Name == "@" { // a socket without a name
			return UNIX("")
		}
		return UNIX(sa.Name)
	}
	return Address{}
}

func zoneID(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if ifi, err := net.InterfaceByName(zone); err == nil {
		return uint32(ifi.Index)
	}
	id, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(id)
}

func zoneName(id uint32) string {
	if ifi, err := net.InterfaceByIndex(int(id)); err == nil {
		return ifi.Name
	}
	return strconv.FormatUint(uint64(id), 10)
}

func family(a Address) int {
	switch {
	case a.UNIX:
		return unix.AF_UNIX
	case a.Addr().Is4():
		return unix.AF_INET
	}
	return unix.AF_INET6
}
