package reactor

import (
	"net/netip"
	"slices"
	"sync"
)

// tcpAddr is a netip.AddrPort in two thirds of its size: a connection keeps one as long as it lives.
type tcpAddr struct {
	ip     [16]byte
	port   uint16
	family uint8 // 4 or 6; 0 for no address
	zone   uint8 // of a link-local address: its place in zones, from 1
}

// zones are the names of the interfaces that link-local peers were met on. There are few; what does not fit has its zone forgotten.
var zones struct {
	mu    sync.Mutex
	names []string
}

func packAddr(a netip.AddrPort) (t tcpAddr) {
	addr := a.Addr()
	switch {
	case addr.Is4():
		four := addr.As4()
		copy(t.ip[:], four[:])
		t.family = 4
	case addr.Is6():
		t.ip = addr.As16()
		t.family = 6
		t.zone = zoneIndex(addr.Zone())
	}
	t.port = a.Port()
	return t
}

func (t tcpAddr) unpack() netip.AddrPort {
	switch t.family {
	case 4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(t.ip[:4])), t.port)
	case 6:
		return netip.AddrPortFrom(netip.AddrFrom16(t.ip).WithZone(zoneName(t.zone)), t.port)
	}
	return netip.AddrPort{}
}

func zoneIndex(name string) uint8 {
	if name == "" {
		return 0
	}
	zones.mu.Lock()
	defer zones.mu.Unlock()
	i := slices.Index(zones.names, name)
	if i < 0 {
		if len(zones.names) == 255 {
			return 0
		}
		i = len(zones.names)
		zones.names = append(zones.names, name)
	}
	return uint8(i + 1)
}

func zoneName(index uint8) string {
	if index == 0 {
		return ""
	}
	zones.mu.Lock()
	defer zones.mu.Unlock()
	return zones.names[index-1]
}
