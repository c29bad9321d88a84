package session

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// SplitAddr reads host:port, or a host, which gets the port given. Errors are *net.AddrError.
func SplitAddr(addr string, port int) (host string, _ int, err error) {
	_, bare := netip.ParseAddr(addr)
	bracketed := strings.HasPrefix(addr, "[") && strings.HasSuffix(addr, "]")
	switch {
	case addr == "":
		return "", 0, &net.AddrError{Err: "missing host"}
	case bare == nil || bracketed || !strings.Contains(addr, ":"):
		return strings.Trim(addr, "[]"), port, nil
	}
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
		return "", 0, &net.AddrError{Err: "invalid port", Addr: addr}
	}
	if host == "" {
		return "", 0, &net.AddrError{Err: "missing host", Addr: addr}
	}
	return host, port, nil
}
