package reactor

import (
	"net/netip"
	"testing"
)

func TestPackedAddress(t *testing.T) {
	for _, text := range []string{"127.0.0.1:143", "0.0.0.0:0", "[::1]:65535", "[2001:db8::7]:25", "[fe80::1%eth0]:1", "[fe80::1%lo]:2", "[fe80::1%eth0]:3", "[::ffff:192.0.2.1]:9"} {
		want := netip.MustParseAddrPort(text)
		if got := packAddr(want).unpack(); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if got := packAddr(netip.AddrPort{}).unpack(); got.IsValid() {
		t.Errorf("got %v, want no address", got)
	}
}
