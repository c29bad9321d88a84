package endpoints

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Limits of the PROXY protocol.
const (
	// MaxPROXYv1Bytes is the longest line of version 1 with its CRLF.
	MaxPROXYv1Bytes = 107
	// MaxPROXYv2Bytes is how much may follow the first 16 bytes of a header of version 2, addresses and TLVs together.
	MaxPROXYv2Bytes = 4096
)

// Types of TLV in a PROXY header of version 2.
const (
	PROXYTypeALPN      = 0x01
	PROXYTypeAuthority = 0x02 // the name the client asked for (SNI)
	PROXYTypeCRC32C    = 0x03 // verified when the header is read
	PROXYTypeNoOp      = 0x04
	PROXYTypeUniqueID  = 0x05
	PROXYTypeSSL       = 0x20
	PROXYTypeNetNS     = 0x30
)

// TLV is an extra of a PROXY header of version 2.
type TLV struct {
	Type  byte
	Value []byte // up to 65535 bytes
}

// ProxyHeader is what a proxy says of the connection that it passes on, before the first byte of that. Source: The PROXY protocol,
// versions 1 and 2 (HAProxy).
type ProxyHeader struct {
	Version int // 1 or 2
	// Local: the connection is the proxy's own (LOCAL), or it does not know whose it is (UNKNOWN, UNSPEC). Then the addresses are nil, and
	// those of the connection count.
	Local bool
	// Source and Destination are the client's and the one it connected to: *net.TCPAddr, or *net.UnixAddr in version 2.
	Source, Destination net.Addr
	TLVs                []TLV // of version 2, in their order
}

// ProxyHeaderError says what is wrong with a PROXY header.
type ProxyHeaderError struct{ Problem string }

// Error tells the problem.
func (e *ProxyHeaderError) Error() string { return "endpoints: PROXY header: " + e.Problem }

func badHeader(format string, args ...any) error {
	return &ProxyHeaderError{Problem: fmt.Sprintf(format, args...)}
}

const (
	proxyV1Prefix = "PROXY "
	proxyV2Prefix = "\r\n\r\n\x00\r\nQUIT\n"
	proxyV2Head   = len(proxyV2Prefix) + 4
)

// ParseProxyHeader reads a PROXY header at the beginning of data. n is its length; 0 with a nil error means that more bytes are
// needed. It is strict: whatever differs from the specification is a *ProxyHeaderError, as soon as it can be seen.
//
// Lifetime: the header keeps nothing of data. Goroutine: any.
func ParseProxyHeader(data []byte) (h *ProxyHeader, n int, err error) {
	switch {
	case len(data) == 0:
		return nil, 0, nil
	case hasPrefixSoFar(data, proxyV1Prefix):
		return parseProxyV1(data)
	case hasPrefixSoFar(data, proxyV2Prefix):
		return parseProxyV2(data)
	}
	return nil, 0, badHeader("the connection does not begin with one")
}

// hasPrefixSoFar tells whether data begins with prefix, as far as there is data.
func hasPrefixSoFar(data []byte, prefix string) bool {
	n := min(len(data), len(prefix))
	return string(data[:n]) == prefix[:n]
}

// parseProxyV1 reads a line: PROXY TCP4 192.0.2.1 192.0.2.2 56324 443 CRLF.
func parseProxyV1(data []byte) (*ProxyHeader, int, error) {
	end := bytes.IndexByte(data[:min(len(data), MaxPROXYv1Bytes)], '\n')
	switch {
	case end < 0 && len(data) >= MaxPROXYv1Bytes:
		return nil, 0, badHeader("the line has more than %d bytes", MaxPROXYv1Bytes)
	case end < 0:
		return nil, 0, nil
	case data[end-1] != '\r':
		return nil, 0, badHeader("the line does not end in CRLF")
	}
	h := &ProxyHeader{Version: 1}
	fields := strings.Split(string(data[len(proxyV1Prefix):end-1]), " ")
	if fields[0] == "UNKNOWN" { // whatever follows has no meaning
		h.Local = true
		return h, end + 1, nil
	}
	if fields[0] != "TCP4" && fields[0] != "TCP6" {
		return nil, 0, badHeader("the protocol is neither TCP4, TCP6 nor UNKNOWN")
	}
	if len(fields) != 5 {
		return nil, 0, badHeader("the line has %d fields behind PROXY, not 5", len(fields))
	}
	var err error
	if h.Source, err = parseV1Address(fields[0], fields[1], fields[3]); err == nil {
		h.Destination, err = parseV1Address(fields[0], fields[2], fields[4])
	}
	if err != nil {
		return nil, 0, err
	}
	return h, end + 1, nil
}

func parseV1Address(family, host, port string) (net.Addr, error) {
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Zone() != "" || ip.Is4() != (family == "TCP4") {
		return nil, badHeader("an address is none of family %s", family)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || len(port) > 1 && port[0] == '0' {
		return nil, badHeader("a port is no number from 0 to 65535")
	}
	return tcpAddr(ip, uint16(n)), nil
}

func tcpAddr(ip netip.Addr, port uint16) *net.TCPAddr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip.Unmap(), port))
}

// The fourteenth byte of version 2: address family and transport protocol.
const (
	proxyUnspec = 0x00
	proxyTCP4   = 0x11
	proxyTCP6   = 0x21
	proxyUNIX   = 0x31
)

// Lengths of the addresses of version 2.
const (
	proxyTCP4Bytes = 4 + 4 + 2 + 2
	proxyTCP6Bytes = 16 + 16 + 2 + 2
	proxyUNIXBytes = 108 + 108
)

// parseProxyV2 reads the binary form.
func parseProxyV2(data []byte) (*ProxyHeader, int, error) {
	if at := len(proxyV2Prefix); len(data) > at && data[at] != 0x20 && data[at] != 0x21 {
		return nil, 0, badHeader("version and command are %#02x", data[at])
	}
	if len(data) < proxyV2Head {
		return nil, 0, nil
	}
	length := int(binary.BigEndian.Uint16(data[proxyV2Head-2:]))
	if length > MaxPROXYv2Bytes {
		return nil, 0, badHeader("it has %d bytes; more than %d are refused", length, MaxPROXYv2Bytes)
	}
	end := proxyV2Head + length
	if len(data) < end {
		return nil, 0, nil
	}
	local := data[len(proxyV2Prefix)] == 0x20
	h, err := parseV2Body(local, data[len(proxyV2Prefix)+1], data[:end])
	if err != nil {
		return nil, 0, err
	}
	return h, end, nil
}

// parseV2Body reads what stands behind the length. Of a LOCAL header nothing counts, not even the family.
func parseV2Body(local bool, family byte, whole []byte) (*ProxyHeader, error) {
	h := &ProxyHeader{Version: 2, Local: local || family == proxyUnspec}
	if h.Local {
		return h, nil
	}
	body := whole[proxyV2Head:]
	var size int
	switch family {
	case proxyTCP4:
		size = proxyTCP4Bytes
	case proxyTCP6:
		size = proxyTCP6Bytes
	case proxyUNIX:
		size = proxyUNIXBytes
	default:
		return nil, badHeader("family and protocol are %#02x, which is no stream", family)
	}
	if len(body) < size {
		return nil, badHeader("it has %d bytes, too few for its addresses", len(body))
	}
	h.Source, h.Destination = parseV2Addresses(family, body[:size])
	var err error
	h.TLVs, err = parseTLVs(whole, proxyV2Head+size)
	return h, err
}

func parseV2Addresses(family byte, b []byte) (source, destination net.Addr) {
	if family == proxyUNIX {
		return unixAddr(b[:len(b)/2]), unixAddr(b[len(b)/2:])
	}
	size := (len(b) - 4) / 2
	from, _ := netip.AddrFromSlice(b[:size])
	to, _ := netip.AddrFromSlice(b[size : 2*size])
	ports := b[2*size:]
	return tcpAddr(from, binary.BigEndian.Uint16(ports)), tcpAddr(to, binary.BigEndian.Uint16(ports[2:]))
}

// unixAddr reads a path; one that begins with a zero byte is an abstract name.
func unixAddr(b []byte) net.Addr {
	name := string(bytes.TrimRight(b, "\x00"))
	if strings.HasPrefix(name, "\x00") {
		name = "@" + name[1:]
	} else {
		name, _, _ = strings.Cut(name, "\x00")
		if strings.HasPrefix(name, "@") { // a file, not an abstract name
			name = "./" + name
		}
	}
	return &net.UnixAddr{Name: name, Net: "unix"}
}

// parseTLVs reads what stands from at to the end of the header.
func parseTLVs(whole []byte, at int) (all []TLV, err error) {
	for at < len(whole) {
		if len(whole)-at < 3 {
			return nil, badHeader("a TLV is cut off")
		}
		size := int(binary.BigEndian.Uint16(whole[at+1:]))
		if len(whole)-at-3 < size {
			return nil, badHeader("a TLV is longer than the header")
		}
		tlv := TLV{Type: whole[at], Value: bytes.Clone(whole[at+3 : at+3+size])}
		if tlv.Type == PROXYTypeCRC32C && !crcHolds(whole, at+3, size) {
			return nil, badHeader("its checksum is wrong")
		}
		all = append(all, tlv)
		at += 3 + size
	}
	return all, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// crcHolds verifies the checksum at some place: it is that of the whole header with zeros in this place.
func crcHolds(whole []byte, at, size int) bool {
	if size != 4 {
		return false
	}
	zeroed := bytes.Clone(whole)
	clear(zeroed[at : at+4])
	return crc32.Checksum(zeroed, castagnoli) == binary.BigEndian.Uint32(whole[at:])
}
