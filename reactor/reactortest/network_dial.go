package reactortest

import (
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// listener is a listening socket in the network.
type listener struct {
	socket  *socket
	at      engine.Address
	reuse   bool
	backlog int
	waiting []*socket // the server sides of connections that nobody has accepted
}

// dial is a connect that has not been answered.
type dial struct {
	socket *socket
	to     engine.Address
	at     time.Duration // when it reaches the other side
}

func (l *listener) full() bool { return len(l.waiting) >= max(l.backlog, 1) }

// hears tells whether l takes connections to a.
func (l *listener) hears(a engine.Address) bool {
	if a.UNIX != l.at.UNIX {
		return false
	}
	if a.UNIX {
		return a.Path == l.at.Path
	}
	return l.at.Port() == a.Port() && overlap(l.at.Addr(), a.Addr())
}

// listenerOf finds who listens at a. Those that share a port take turns.
func (n *Network) listenerOf(a engine.Address) *listener {
	for i, l := range n.listeners {
		if l.hears(a) {
			n.listeners = append(slices.Delete(n.listeners, i, i+1), l)
			return l
		}
	}
	return nil
}

// listen takes an address.
func (n *Network) listen(at engine.Address, o engine.ListenOptions) (*listener, error) {
	if at.UNIX {
		return n.listenUNIX(at, o)
	}
	if !at.Addr().IsValid() {
		at = engine.TCP(netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port()))
	}
	if at.Port() == 0 {
		at = engine.TCP(netip.AddrPortFrom(at.Addr(), n.freePort()))
	}
	for _, l := range n.listeners {
		same := !l.at.UNIX && l.at.Port() == at.Port() && overlap(l.at.Addr(), at.Addr())
		if same && !(l.reuse && o.ReusePort) {
			return nil, syscall.EADDRINUSE
		}
	}
	return &listener{at: at, reuse: o.ReusePort, backlog: o.Backlog}, nil
}

// overlap tells whether a and b have an address in common.
func overlap(a, b netip.Addr) bool {
	return a == b || a.IsUnspecified() && (a.Is6() || b.Is4()) || b.IsUnspecified() && (b.Is6() || a.Is4())
}

// listenUNIX takes the name of a socket that nobody listens on any more.
func (n *Network) listenUNIX(at engine.Address, o engine.ListenOptions) (*listener, error) {
	if n.listenerOf(at) != nil {
		return nil, syscall.EADDRINUSE
	}
	if at.Path[0] != '@' {
		n.lastFile++
		n.files[at.Path] = n.lastFile
	}
	return &listener{at: at, backlog: o.Backlog}, nil
}

func (n *Network) freePort() uint16 {
	for {
		n.lastPort = max(n.lastPort+1, firstPort)
		if !slices.ContainsFunc(n.listeners, func(l *listener) bool { return l.at.Port() == n.lastPort }) {
			return n.lastPort
		}
	}
}

// routeTo answers what a test has said of connections to a.
func (n *Network) routeTo(a engine.Address) route {
	if a.UNIX {
		return n.routes[a.Path]
	}
	if r, ok := n.routes[a.AddrPort.String()]; ok {
		return r
	}
	return n.routes[a.Addr().String()]
}

// answerDials settles the connects that have reached the other side and tells whether there was one.
func (n *Network) answerDials(now time.Duration) (any bool) {
	for _, d := range slices.Clone(n.dials) {
		if d.at <= now && n.answer(d) {
			any = true
			n.dials = slices.DeleteFunc(n.dials, func(other *dial) bool { return other == d })
		}
	}
	return any
}

// answer settles d; false means that it has to wait for room, and the listener answers it later.
func (n *Network) answer(d *dial) bool {
	l := n.listenerOf(d.to)
	switch {
	case l == nil:
		d.socket.refuse(syscall.ECONNREFUSED)
	case l.full():
		return false
	default:
		n.establish(d.socket, l)
	}
	return true
}

// establish joins a client and the listener it has reached.
func (n *Network) establish(client *socket, l *listener) {
	c := newConn(n, client.local, client.remote)
	server := &socket{net: n, local: client.remote, remote: client.local, in: c.toServer, out: c.toClient}
	client.in, client.out = c.toClient, c.toServer
	c.toServer.from, c.toServer.to = client, server
	c.toClient.from, c.toClient.to = server, client
	client.connecting = false
	client.established = n.now() + c.toClient.latency
	c.toClient.last = client.established
	l.waiting = append(l.waiting, server)
	for _, f := range n.onConn {
		f(c)
	}
}
