package policies

import (
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/tconn/tconn/reactor"
)

// DefaultIPv6Prefix is how many bits of an IPv6 address make a host for LimitPerHost: a customer gets a whole network of that size.
const DefaultIPv6Prefix = 64

// LimitOption changes a Limit or LimitPerHost.
type LimitOption func(*limiter)

// Overflow makes f build the protocols of connections beyond the limit, for example to tell the peer why. They are not counted, so
// f's protocols should close soon. Without it such connections are closed at once.
//
// Source: twisted.protocols.policies.LimitTotalConnectionsFactory.overflowProtocol.
func Overflow(f reactor.Factory) LimitOption { return func(l *limiter) { l.overflow = f } }

// IPv6Prefix sets how many bits of an IPv6 address make a host, DefaultIPv6Prefix otherwise; 128 takes each address for a host. A
// number that is not 1 to 128 panics.
func IPv6Prefix(bits int) LimitOption {
	if bits < 1 || bits > 128 {
		panic(fmt.Sprintf("policies: IPv6Prefix: %d is not 1 to 128", bits))
	}
	return func(l *limiter) { l.bits = bits }
}

// Limit allows n connections at the same time, over all factories it is applied to. A connection counts from BuildProtocol to its loss, so
// behind ListenTLS one that is still shaking hands does not. Zero allows none, a negative n panics.
//
// Source: twisted.protocols.policies.LimitTotalConnectionsFactory.
func Limit(n int, options ...LimitOption) Policy {
	return newLimiter("Limit", n, func(net.Addr) host { return host{} }, options).policy
}

// LimitPerHost is Limit for each peer on its own: n connections for an IPv4 address or an IPv6 network (IPv6Prefix). Peers that
// have no IP address count by the text of the address they have. It keeps something only of hosts that are connected.
//
// Source: twisted.protocols.policies.LimitConnectionsByPeer.
func LimitPerHost(n int, options ...LimitOption) Policy {
	l := newLimiter("LimitPerHost", n, nil, options)
	l.key = func(addr net.Addr) host { return hostOf(addr, l.bits) }
	return l.policy
}

// limiter counts connections by key.
type limiter struct {
	n        int
	bits     int
	key      func(net.Addr) host
	overflow reactor.Factory

	mu    sync.Mutex // the factories may be used on several reactors
	count map[host]int
}

func newLimiter(verb string, n int, key func(net.Addr) host, options []LimitOption) *limiter {
	if n < 0 {
		panic(fmt.Sprintf("policies: %s: negative limit %d", verb, n))
	}
	l := &limiter{n: n, bits: DefaultIPv6Prefix, key: key, count: make(map[host]int)}
	for _, o := range options {
		o(l)
	}
	return l
}

func (l *limiter) policy(f reactor.Factory) reactor.Factory {
	mustHaveFactory("Limit", f)
	return keepKind(f, func(addr net.Addr) reactor.Protocol { return l.build(f, addr) })
}

// build counts the connection before its protocol is built, and no longer if none comes of it.
func (l *limiter) build(f reactor.Factory, addr net.Addr) reactor.Protocol {
	who := l.key(addr)
	if !l.admit(who) {
		if l.overflow == nil {
			return nil
		}
		return l.overflow.BuildProtocol(addr)
	}
	c := &counted{limiter: l, who: who}
	defer func() {
		if c.inner == nil { // declined, or a panic
			c.leave()
		}
	}()
	if c.inner = f.BuildProtocol(addr); c.inner == nil {
		return nil
	}
	return c
}

func (l *limiter) admit(who host) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count[who] >= l.n {
		return false
	}
	l.count[who]++
	return true
}

func (l *limiter) release(who host) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count[who]--; l.count[who] == 0 {
		delete(l.count, who)
	}
}

// counted stands in front of a protocol to hear of its end. The protocol has the connection itself.
type counted struct {
	inner   reactor.Protocol
	limiter *limiter
	who     host
	left    bool
}

// Unwrap is the protocol behind.
func (c *counted) Unwrap() reactor.Protocol { return c.inner }

// MakeConnection asks to be told of the end before anything can go wrong, so that the protocol's clean-up finds the place free.
func (c *counted) MakeConnection(t reactor.Transport) {
	t.OnLost(func(error) { c.leave() })
	c.inner.MakeConnection(t)
}

// ConnectionMade passes on.
func (c *counted) ConnectionMade() { c.inner.ConnectionMade() }

// DataReceived passes on.
func (c *counted) DataReceived(data []byte) { c.inner.DataReceived(data) }

// ConnectionLost passes on. It is the end as well for a connection that another wrapper has ended before it was made.
func (c *counted) ConnectionLost(reason error) {
	c.leave()
	c.inner.ConnectionLost(reason)
}

// leave gives the place back, once.
func (c *counted) leave() {
	if !c.left {
		c.left = true
		c.limiter.release(c.who)
	}
}

// host is what counts as one peer.
type host struct {
	network netip.Prefix
	name    string // of what has no IP address
}

func hostOf(addr net.Addr, bits int) host {
	ip, ok := ipOf(addr)
	switch {
	case !ok && addr == nil:
		return host{}
	case !ok:
		return host{name: addr.Network() + " " + addr.String()}
	case ip.Is4():
		bits = 32
	}
	network, _ := ip.Prefix(bits) // without the zone
	return host{network: network}
}

// ipOf is the IP address in addr, an IPv4 address as such.
func ipOf(addr net.Addr) (ip netip.Addr, ok bool) {
	a, ok := addr.(interface{ AddrPort() netip.AddrPort }) // *net.TCPAddr and its like
	if !ok {
		return netip.Addr{}, false
	}
	ip = a.AddrPort().Addr().Unmap()
	return ip, ip.IsValid()
}
