package endpoints

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// HostAddr is a place given by the name of a host. A protocol behind a proxy sees it as its peer, because the proxy looks the name
// up. Source: twisted.internet.address.HostnameAddress.
type HostAddr struct {
	Host string
	Port int
}

// Network is "tcp".
func (HostAddr) Network() string { return "tcp" }

// String is host:port.
func (a HostAddr) String() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

// maxHostBytes is the longest name that DNS, and SOCKS5, know.
const maxHostBytes = 255

// target is where a proxy shall connect to, checked.
type target struct {
	name string     // without the brackets of an IPv6 address
	ip   netip.Addr // valid if the name is an address
	port int
}

// newTarget checks a host and a port for the request to a proxy: nothing that could end a line or change its meaning gets through.
func newTarget(endpoint, host string, port int) (target, error) {
	t := target{name: unbracket(host), port: port}
	if port < 1 || port > 65535 {
		return t, badArgument(endpoint, "port", "%d is not between 1 and 65535", port)
	}
	switch {
	case t.name == "":
		return t, badArgument(endpoint, "host", "is empty")
	case len(t.name) > maxHostBytes:
		return t, badArgument(endpoint, "host", "has %d bytes; more than %d are not possible", len(t.name), maxHostBytes)
	}
	if ip, err := netip.ParseAddr(t.name); err == nil {
		if ip.Zone() != "" {
			return t, badArgument(endpoint, "host", "an address with a zone means nothing to a proxy")
		}
		t.ip = ip.Unmap()
		return t, nil
	}
	for i := range len(t.name) {
		if !isHostByte(t.name[i]) {
			return t, badArgument(endpoint, "host", "byte %q cannot stand in a name; names in other scripts need their xn-- form", t.name[i])
		}
	}
	return t, nil
}

func isHostByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-' || c == '.' || c == '_'
}

// unbracket takes an IPv6 address out of the brackets it may stand in.
func unbracket(host string) string {
	if inner, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inner, "]") {
		return strings.TrimSuffix(inner, "]")
	}
	return host
}

func (t target) String() string { return net.JoinHostPort(t.name, strconv.Itoa(t.port)) }

// addr is what the protocol sees as its peer.
func (t target) addr() net.Addr {
	if t.ip.IsValid() {
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(t.ip, uint16(t.port)))
	}
	return HostAddr{Host: t.name, Port: t.port}
}

// hasControl tells whether s holds a control character, such as the end of a line.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
