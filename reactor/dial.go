package reactor

import (
	"fmt"
	"net"
	"strconv"

	"github.com/tconn/tconn/deferred"
)

// Dial connects p to an address and answers it once it is connected: one connection for one protocol, without a factory.
//
// The network is "tcp" or "tls" with an address as in "example.com:143" or "[::1]:143", or "unix" with a path. TLS verifies the
// server's certificate for the host; package endpoints takes a configuration of one's own.
//
// Fires with: p, once its ConnectionMade has returned. Fails with: what Attempt names; net.UnknownNetworkError and *net.AddrError,
// wrapped, for arguments that make no sense. Cancel gives the attempt up.
// Goroutine: reactor, or before Run. Source: twisted.internet.protocol.ClientCreator, twisted.internet.endpoints.connectProtocol.
func Dial[P Protocol](r *Reactor, network, addr string, p P, options ...ConnectOption) *deferred.Deferred[P] {
	if any(p) == nil {
		panic("reactor: Dial: nil protocol")
	}
	connect, err := dialer(r, network, addr, options)
	if err != nil {
		return deferred.Fail[P](fmt.Errorf("reactor: Dial: %w", err))
	}
	d := Attempt(FactoryFunc(func(net.Addr) Protocol { return p }), connect)
	return deferred.Then(d, func(Protocol) (P, error) { return p, nil })
}

// dialer answers how to connect to an address.
func dialer(r *Reactor, network, addr string, options []ConnectOption) (func(ClientFactory) *Connector, error) {
	switch network {
	case "tcp", "tls":
	case "unix":
		return func(f ClientFactory) *Connector { return r.ConnectUNIX(addr, f, options...) }, nil
	default:
		return nil, net.UnknownNetworkError(network)
	}
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return nil, &net.AddrError{Err: "invalid port", Addr: addr}
	}
	if network == "tls" {
		return func(f ClientFactory) *Connector { return r.ConnectTLS(host, port, f, nil, options...) }, nil
	}
	return func(f ClientFactory) *Connector { return r.ConnectTCP(host, port, f, options...) }, nil
}
