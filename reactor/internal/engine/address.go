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
	a, _ := socketName(fd)
	return a
}

// Remote is the peer's address, invalid when there is none.
func (system) Remote(fd int) Address {
	a, _ := peerName(fd)
	return a
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
		return inet4(sa.Addr, sa.Port)
	case *unix.SockaddrInet6:
		return inet6(sa.Addr, sa.Port, sa.ZoneId)
	case *unix.SockaddrUnix:
		return named(sa.Name)
	}
	return Address{}
}

func inet4(addr [4]byte, port int) Address {
	return TCP(netip.AddrPortFrom(netip.AddrFrom4(addr), uint16(port)))
}

func inet6(bytes [16]byte, port int, zone uint32) Address {
	addr := netip.AddrFrom16(bytes)
	if zone != 0 && !addr.Is4In6() {
		addr = addr.WithZone(zoneName(zone))
	}
	return TCP(netip.AddrPortFrom(addr.Unmap(), uint16(port)))
}

func named(path string) Address {
	if path == "@" { // a socket without a name
		return UNIX("")
	}
	return UNIX(path)
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
