package endpoints

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
)

// Append writes the header behind dst. Version 0 counts as 2. A Local header is LOCAL in version 2 and UNKNOWN in version 1.
//
// Errors: *ArgumentError for addresses of two families or none, for TLVs in version 1, and for more than MaxPROXYv2Bytes.
// TLVs are written as they are: a checksum among them is the caller's to compute. Goroutine: any.
func (h *ProxyHeader) Append(dst []byte) ([]byte, error) {
	switch h.Version {
	case 1:
		return h.appendV1(dst)
	case 0, 2:
		return h.appendV2(dst)
	}
	return dst, badArgument("sendproxy", "version", "%d is neither 1 nor 2", h.Version)
}

func (h *ProxyHeader) appendV1(dst []byte) ([]byte, error) {
	if len(h.TLVs) > 0 {
		return dst, badArgument("sendproxy", "version", "1 has no room for TLVs")
	}
	if h.Local {
		return append(dst, "PROXY UNKNOWN\r\n"...), nil
	}
	from, to, err := h.addrPorts()
	if err != nil {
		return dst, err
	}
	family := "TCP6 "
	if from.Addr().Is4() {
		family = "TCP4 "
	}
	dst = append(append(dst, proxyV1Prefix...), family...)
	dst = append(from.Addr().AppendTo(dst), ' ')
	dst = append(to.Addr().AppendTo(dst), ' ')
	dst = append(appendUint(dst, from.Port()), ' ')
	return append(appendUint(dst, to.Port()), "\r\n"...), nil
}

func appendUint(dst []byte, n uint16) []byte {
	if n >= 10 {
		dst = appendUint(dst, n/10)
	}
	return append(dst, byte('0'+n%10))
}

func (h *ProxyHeader) appendV2(dst []byte) ([]byte, error) {
	command, family, body, err := h.appendV2Addresses(nil)
	if err != nil {
		return dst, err
	}
	for _, tlv := range h.TLVs {
		if len(tlv.Value) > MaxPROXYv2Bytes {
			return dst, badArgument("sendproxy", "TLV", "type %#02x has %d bytes", tlv.Type, len(tlv.Value))
		}
		body = binary.BigEndian.AppendUint16(append(body, tlv.Type), uint16(len(tlv.Value)))
		body = append(body, tlv.Value...)
	}
	if len(body) > MaxPROXYv2Bytes {
		return dst, badArgument("sendproxy", "TLV", "all together need %d bytes; more than %d are not possible", len(body), MaxPROXYv2Bytes)
	}
	dst = append(append(dst, proxyV2Prefix...), command, family)
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(body))), body...), nil
}

func (h *ProxyHeader) appendV2Addresses(b []byte) (command, family byte, _ []byte, err error) {
	if h.Local {
		return 0x20, proxyUnspec, b, nil
	}
	if from, ok := h.Source.(*net.UnixAddr); ok {
		b, err = appendUnix(b, from)
		if err == nil {
			b, err = appendUnix(b, h.Destination)
		}
		return 0x21, proxyUNIX, b, err
	}
	from, to, err := h.addrPorts()
	if err != nil {
		return 0, 0, nil, err
	}
	family = proxyTCP6
	if from.Addr().Is4() {
		family = proxyTCP4
	}
	b = append(append(b, from.Addr().AsSlice()...), to.Addr().AsSlice()...)
	b = binary.BigEndian.AppendUint16(b, from.Port())
	return 0x21, family, binary.BigEndian.AppendUint16(b, to.Port()), nil
}

// addrPorts answers the addresses if both are of one family.
func (h *ProxyHeader) addrPorts() (from, to netip.AddrPort, err error) {
	a, ok := h.Source.(*net.TCPAddr)
	b, ok2 := h.Destination.(*net.TCPAddr)
	if ok && ok2 {
		from, to = unmapped(a), unmapped(b)
		if from.Addr().IsValid() && to.Addr().IsValid() && from.Addr().Is4() == to.Addr().Is4() {
			return from, to, nil
		}
	}
	return from, to, badArgument("sendproxy", "", "source and destination must be IP addresses of the same family, or Local must be set")
}

func unmapped(a *net.TCPAddr) netip.AddrPort {
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
}

// appendUnix writes a path into its 108 bytes.
func appendUnix(b []byte, addr net.Addr) ([]byte, error) {
	a, ok := addr.(*net.UnixAddr)
	if !ok {
		return b, badArgument("sendproxy", "", "source and destination must be of the same family")
	}
	name := a.Name
	if abstract, ok := strings.CutPrefix(name, "@"); ok {
		name = "\x00" + abstract
	}
	const room = proxyUNIXBytes / 2
	if len(name) > room {
		return b, badArgument("sendproxy", "", "a path has %d bytes; more than %d are not possible", len(name), room)
	}
	return append(append(b, name...), make([]byte, room-len(name))...), nil
}
