package endpoints_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"reflect"
	"strings"
	"testing"

	"github.com/tconn/tconn/endpoints"
)

const (
	v2Sig  = "\r\n\r\n\x00\r\nQUIT\n"
	v4Body = "\xc0\x00\x02\x01\xc0\x00\x02\x02\xdc\x04\x01\xbb" // 192.0.2.1:56324 to 192.0.2.2:443
)

// v2 is a header of version 2.
func v2(command, family byte, body string) string {
	return v2Sig + string([]byte{command, family}) + string(binary.BigEndian.AppendUint16(nil, uint16(len(body)))) + body
}

func tlv(kind byte, value string) string {
	return string([]byte{kind}) + string(binary.BigEndian.AppendUint16(nil, uint16(len(value)))) + value
}

// withCRC puts the right checksum into a header whose last four bytes are its place.
func withCRC(header string) string {
	b := []byte(header)
	at := len(b) - 4
	binary.BigEndian.PutUint32(b[at:], crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return string(b)
}

func unixBody(from, to string) string {
	pad := func(s string) string { return s + strings.Repeat("\x00", 108-len(s)) }
	return pad(from) + pad(to)
}

func tcp(text string) net.Addr {
	a, err := net.ResolveTCPAddr("tcp", text)
	if err != nil {
		panic(err)
	}
	if v4 := a.IP.To4(); v4 != nil {
		a.IP = v4
	}
	return a
}

var goodHeaders = []struct {
	name, text string
	want       endpoints.ProxyHeader
}{
	{"TCP4", "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", endpoints.ProxyHeader{Version: 1, Source: tcp("192.0.2.1:56324"), Destination: tcp("192.0.2.2:443")}},
	{"TCP4, port 0", "PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n", endpoints.ProxyHeader{Version: 1, Source: tcp("0.0.0.0:0"), Destination: tcp("255.255.255.255:65535")}},
	{"TCP6", "PROXY TCP6 2001:db8::1 ::1 1 2\r\n", endpoints.ProxyHeader{Version: 1, Source: tcp("[2001:db8::1]:1"), Destination: tcp("[::1]:2")}},
	{"the longest", "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
		endpoints.ProxyHeader{Version: 1, Local: true}},
	{"UNKNOWN", "PROXY UNKNOWN\r\n", endpoints.ProxyHeader{Version: 1, Local: true}},
	{"v2 TCP4", v2(0x21, 0x11, v4Body), endpoints.ProxyHeader{Version: 2, Source: tcp("192.0.2.1:56324"), Destination: tcp("192.0.2.2:443")}},
	{"v2 TCP6", v2(0x21, 0x21, "\x20\x01\x0d\xb8"+strings.Repeat("\x00", 11)+"\x01"+strings.Repeat("\x00", 15)+"\x01\x00\x01\x00\x02"),
		endpoints.ProxyHeader{Version: 2, Source: tcp("[2001:db8::1]:1"), Destination: tcp("[::1]:2")}},
	{"v2 UNIX", v2(0x21, 0x31, unixBody("/a", "\x00b")), endpoints.ProxyHeader{Version: 2,
		Source: &net.UnixAddr{Name: "/a", Net: "unix"}, Destination: &net.UnixAddr{Name: "@b", Net: "unix"}}},
	{"v2 with TLVs", v2(0x21, 0x11, v4Body+tlv(endpoints.PROXYTypeALPN, "imap")+tlv(endpoints.PROXYTypeNoOp, "")),
		endpoints.ProxyHeader{Version: 2, Source: tcp("192.0.2.1:56324"), Destination: tcp("192.0.2.2:443"),
			TLVs: []endpoints.TLV{{Type: 1, Value: []byte("imap")}, {Type: 4, Value: []byte{}}}}},
	{"v2 LOCAL", v2(0x20, 0x00, ""), endpoints.ProxyHeader{Version: 2, Local: true}},
	{"v2 LOCAL with what does not count", v2(0x20, 0x77, "whatever"), endpoints.ProxyHeader{Version: 2, Local: true}},
	{"v2 UNSPEC", v2(0x21, 0x00, "whatever"), endpoints.ProxyHeader{Version: 2, Local: true}},
	{"v2 of the greatest length", v2(0x20, 0x00, strings.Repeat("x", 4096)), endpoints.ProxyHeader{Version: 2, Local: true}},
}

func TestParseProxyHeader(t *testing.T) {
	for _, c := range goodHeaders {
		t.Run(c.name, func(t *testing.T) {
			h, n, err := endpoints.ParseProxyHeader([]byte(c.text + "rest"))
			if err != nil || n != len(c.text) || !reflect.DeepEqual(h, &c.want) {
				t.Fatalf("got %+v, %d and %v; want %+v and %d", h, n, err, c.want, len(c.text))
			}
			for i := range len(c.text) {
				if h, n, err := endpoints.ParseProxyHeader([]byte(c.text[:i])); h != nil || n != 0 || err != nil {
					t.Fatalf("the first %d bytes give %v, %d and %v; want that more are needed", i, h, n, err)
				}
			}
		})
	}
	t.Run("v2 with a checksum", func(t *testing.T) {
		text := withCRC(v2(0x21, 0x11, v4Body+tlv(endpoints.PROXYTypeCRC32C, "\x00\x00\x00\x00")))
		h, n, err := endpoints.ParseProxyHeader([]byte(text))
		if err != nil || n != len(text) || len(h.TLVs) != 1 {
			t.Errorf("got %+v, %d and %v", h, n, err)
		}
	})
}

func TestParseProxyHeaderErrors(t *testing.T) {
	for _, c := range []struct {
		name, text string
		at         int // the error is seen in the first so many bytes
		want       string
	}{
		{"no header", "A1 LOGIN\r\n", 1, "the connection does not begin with one"},
		{"small letters", "proxy TCP4 ", 1, "the connection does not begin with one"},
		{"nearly", "PROXZ", 5, "the connection does not begin with one"},
		{"nearly v2", "\r\n\r\n\x00\r\nQUIX\n", 11, "the connection does not begin with one"},
		{"bare LF", "PROXY UNKNOWN\n", 14, "the line does not end in CRLF"},
		{"LF after the prefix", "PROXY \n", 7, "the line does not end in CRLF"},
		{"too long", "PROXY UNKNOWN " + strings.Repeat("x", 92) + "\r\n", 107, "the line has more than 107 bytes"},
		{"endless", "PROXY TCP4 " + strings.Repeat("1", 200), 107, "the line has more than 107 bytes"},
		{"no family", "PROXY \r\n", 8, "the protocol is neither TCP4, TCP6 nor UNKNOWN"},
		{"UDP", "PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n", 32, "the protocol is neither TCP4, TCP6 nor UNKNOWN"},
		{"too few fields", "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n", 30, "the line has 4 fields behind PROXY, not 5"},
		{"too many fields", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n", 34, "the line has 6 fields behind PROXY, not 5"},
		{"two spaces", "PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n", 33, "the line has 6 fields behind PROXY, not 5"},
		{"tab", "PROXY TCP4\t1.1.1.1 2.2.2.2 1 2\r\n", 32, "the protocol is neither TCP4, TCP6 nor UNKNOWN"},
		{"wrong family", "PROXY TCP4 ::1 ::1 1 2\r\n", 24, "an address is none of family TCP4"},
		{"wrong family of one", "PROXY TCP6 ::1 1.1.1.1 1 2\r\n", 28, "an address is none of family TCP6"},
		{"leading zero in an address", "PROXY TCP4 1.1.1.01 2.2.2.2 1 2\r\n", 33, "an address is none of family TCP4"},
		{"zone", "PROXY TCP6 fe80::1%lo ::1 1 2\r\n", 31, "an address is none of family TCP6"},
		{"name", "PROXY TCP4 localhost 2.2.2.2 1 2\r\n", 34, "an address is none of family TCP4"},
		{"leading zero in a port", "PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n", 33, "a port is no number from 0 to 65535"},
		{"big port", "PROXY TCP4 1.1.1.1 2.2.2.2 1 65536\r\n", 36, "a port is no number from 0 to 65535"},
		{"sign", "PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n", 33, "a port is no number from 0 to 65535"},
		{"no port", "PROXY TCP4 1.1.1.1 2.2.2.2  2\r\n", 31, "a port is no number from 0 to 65535"},
		{"v2 version 1", v2Sig + "\x11", 13, "version and command are 0x11"},
		{"v2 command 2", v2Sig + "\x22", 13, "version and command are 0x22"},
		{"v2 too long", v2Sig + "\x21\x11\x10\x01", 16, "it has 4097 bytes; more than 4096 are refused"},
		{"v2 UDP", v2(0x21, 0x12, v4Body), 28, "family and protocol are 0x12, which is no stream"},
		{"v2 unknown family", v2(0x21, 0x41, v4Body), 28, "family and protocol are 0x41, which is no stream"},
		{"v2 too short", v2(0x21, 0x11, v4Body[1:]), 27, "it has 11 bytes, too few for its addresses"},
		{"v2 TCP6 too short", v2(0x21, 0x21, v4Body), 28, "it has 12 bytes, too few for its addresses"},
		{"v2 TLV cut off", v2(0x21, 0x11, v4Body+"\x01\x00"), 30, "a TLV is cut off"},
		{"v2 TLV too long", v2(0x21, 0x11, v4Body+"\x01\x00\x02x"), 32, "a TLV is longer than the header"},
		{"v2 wrong checksum", v2(0x21, 0x11, v4Body+tlv(3, "\x00\x00\x00\x00")), 35, "its checksum is wrong"},
		{"v2 short checksum", v2(0x21, 0x11, v4Body+tlv(3, "\x00\x00\x00")), 34, "its checksum is wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i := range len(c.text) + 1 {
				h, n, err := endpoints.ParseProxyHeader([]byte(c.text[:i]))
				if i < c.at {
					if h != nil || n != 0 || err != nil {
						t.Fatalf("the first %d bytes give %v, %d and %v; want that more are needed", i, h, n, err)
					}
					continue
				}
				var e *endpoints.ProxyHeaderError
				if h != nil || n != 0 || !errors.As(err, &e) {
					t.Fatalf("the first %d bytes give %v, %d and %v; want a *ProxyHeaderError", i, h, n, err)
				}
				wantText(t, err, "endpoints: PROXY header: "+c.want)
			}
		})
	}
}

func TestAppendProxyHeader(t *testing.T) {
	from, to := tcp("192.0.2.1:56324"), tcp("192.0.2.2:443")
	for _, c := range []struct {
		name string
		h    endpoints.ProxyHeader
		want string
	}{
		{"v1", endpoints.ProxyHeader{Version: 1, Source: from, Destination: to}, "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"},
		{"v1 IPv6", endpoints.ProxyHeader{Version: 1, Source: tcp("[::1]:0"), Destination: tcp("[2001:db8::1]:65535")}, "PROXY TCP6 ::1 2001:db8::1 0 65535\r\n"},
		{"v1 local", endpoints.ProxyHeader{Version: 1, Local: true}, "PROXY UNKNOWN\r\n"},
		{"version 0 is 2", endpoints.ProxyHeader{Source: from, Destination: to}, v2(0x21, 0x11, v4Body)},
		{"v2 local", endpoints.ProxyHeader{Version: 2, Local: true}, v2(0x20, 0, "")},
		{"v2 TLVs", endpoints.ProxyHeader{Source: from, Destination: to, TLVs: []endpoints.TLV{{Type: 2, Value: []byte("a.example")}}},
			v2(0x21, 0x11, v4Body+tlv(2, "a.example"))},
		{"IPv4 in the form of IPv6", endpoints.ProxyHeader{Version: 1, Source: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}, Destination: to},
			"PROXY TCP4 192.0.2.1 192.0.2.2 1 443\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.h.Append([]byte("before "))
			if err != nil || string(got) != "before "+c.want {
				t.Errorf("got %q and %v, want %q", got, err, c.want)
			}
		})
	}
	for _, c := range goodHeaders {
		t.Run("round trip "+c.name, func(t *testing.T) {
			b, err := c.want.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			h, n, err := endpoints.ParseProxyHeader(b)
			if err != nil || n != len(b) || !reflect.DeepEqual(h, &c.want) {
				t.Errorf("got %+v, %d and %v; want %+v and %d", h, n, err, c.want, len(b))
			}
		})
	}
	for _, c := range []struct {
		name string
		h    endpoints.ProxyHeader
	}{
		{"version 3", endpoints.ProxyHeader{Version: 3, Local: true}},
		{"no addresses", endpoints.ProxyHeader{}},
		{"two families", endpoints.ProxyHeader{Source: from, Destination: tcp("[::1]:1")}},
		{"two families, v1", endpoints.ProxyHeader{Version: 1, Source: tcp("[::1]:1"), Destination: to}},
		{"no TCP", endpoints.ProxyHeader{Source: &net.UDPAddr{IP: net.IPv4(1, 1, 1, 1)}, Destination: to}},
		{"UNIX in v1", endpoints.ProxyHeader{Version: 1, Source: &net.UnixAddr{Name: "/a"}, Destination: &net.UnixAddr{Name: "/b"}}},
		{"UNIX and TCP", endpoints.ProxyHeader{Source: &net.UnixAddr{Name: "/a"}, Destination: to}},
		{"long path", endpoints.ProxyHeader{Source: &net.UnixAddr{Name: "/" + strings.Repeat("a", 108)}, Destination: &net.UnixAddr{Name: "/b"}}},
		{"TLVs in v1", endpoints.ProxyHeader{Version: 1, Source: from, Destination: to, TLVs: []endpoints.TLV{{Type: 4}}}},
		{"long TLV", endpoints.ProxyHeader{Source: from, Destination: to, TLVs: []endpoints.TLV{{Type: 4, Value: make([]byte, 70000)}}}},
		{"TLVs too long together", endpoints.ProxyHeader{Local: true, TLVs: []endpoints.TLV{{Type: 4, Value: make([]byte, 2100)}, {Type: 4, Value: make([]byte, 2100)}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := c.h.Append([]byte("before"))
			if string(b) != "before" {
				t.Errorf("got %q, want what was there before", b)
			}
			wantArgumentError(t, err)
		})
	}
}

func FuzzParseProxyHeader(f *testing.F) {
	for _, c := range goodHeaders {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, n, err := endpoints.ParseProxyHeader(data)
		if (h == nil) != (n == 0) || err != nil && h != nil || n > len(data) {
			t.Fatalf("got %v, %d and %v for %d bytes", h, n, err, len(data))
		}
		if h == nil {
			return
		}
		// What was read is what the shorter beginnings lead to.
		for _, i := range []int{0, n / 2, n - 1} {
			if _, m, err := endpoints.ParseProxyHeader(data[:i]); m != 0 || err != nil {
				t.Errorf("the first %d of %d bytes give %d and %v", i, n, m, err)
			}
		}
		for _, tlv := range h.TLVs {
			if tlv.Type == endpoints.PROXYTypeCRC32C { // it is that of these bytes
				return
			}
		}
		b, err := h.Append(nil)
		if err != nil {
			t.Skip(err) // an IPv4 address in the form of IPv6 beside one that is none
		}
		again, _, err := endpoints.ParseProxyHeader(b)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(h) {
			t.Errorf("%+v is written as %q, which is read as %+v and %v", h, b, again, err)
		}
	})
}
