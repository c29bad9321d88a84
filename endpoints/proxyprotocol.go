package endpoints

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// DefaultPROXYTimeout is how long a proxy may take to send its header, however it comes in.
const DefaultPROXYTimeout = 10 * time.Second

// PROXYOptions say who may send PROXY headers.
type PROXYOptions struct {
	// Trusted are the addresses of the proxies; there must be at least one prefix. A connection from them has to begin with a
	// header, or it is aborted. A connection through a UNIX socket counts as one from them.
	Trusted []netip.Prefix
	// RefuseOthers closes connections from anywhere else. Otherwise they are served as the clients that they are: no header is looked for
	// in them, so nobody can invent an address.
	RefuseOthers bool
	// Timeout is how long the header may take; 0 is DefaultPROXYTimeout.
	Timeout time.Duration
	// Refused, if not nil, is told of each connection that was closed for its header, or for the lack of one. Goroutine: reactor.
	Refused func(peer net.Addr, err error)
}

// PROXYProtocol is a server endpoint behind proxies, which tell with a PROXY header, of version 1 or 2, whom they speak for. The
// factory and its protocols see the client's address (BuildProtocol, RemoteAddr) and the one it had connected to
// (LocalAddr); ProxyHeaderOf gives the rest. In front of a TLSServer the header is expected before the handshake, where
// proxies put it.
//
// Listen fails with *ArgumentError if nobody is trusted. Goroutine: as Listen of ep. Source: The PROXY protocol, versions 1 and 2
// (HAProxy); twisted.protocols.haproxy.
func PROXYProtocol(ep ServerEndpoint, options PROXYOptions) ServerEndpoint {
	if ep == nil {
		panic("endpoints: PROXYProtocol: nil endpoint")
	}
	return &proxiedServer{under: ep, options: &options}
}

// PROXYFactory is the same for a factory. Without anybody in Trusted it panics.
func PROXYFactory(f reactor.Factory, options PROXYOptions) reactor.Factory {
	if f == nil {
		panic("endpoints: PROXYFactory: nil factory")
	}
	if err := options.check(); err != nil {
		panic(err.Error())
	}
	return &proxied{outer{f}, &options}
}

// ProxyHeaderOf answers the PROXY header that came before the connection of t; ok is false if none did.
// Goroutine: reactor.
func ProxyHeaderOf(t reactor.Transport) (h *ProxyHeader, ok bool) {
	for t != nil {
		if v, is := t.(interface{ proxyHeader() *ProxyHeader }); is {
			if h = v.proxyHeader(); h != nil {
				return h, true
			}
		}
		u, is := t.(interface{ Unwrap() reactor.Transport })
		if !is {
			break
		}
		t = u.Unwrap()
	}
	return nil, false
}

func (o *PROXYOptions) check() error {
	if len(o.Trusted) == 0 {
		return badArgument("proxy protocol", "Trusted", "is empty; name the proxies")
	}
	for _, p := range o.Trusted {
		if !p.IsValid() {
			return badArgument("proxy protocol", "Trusted", "holds a prefix that is not valid")
		}
	}
	return nil
}

// trusts tells whether a header is to be expected from an address.
func (o *PROXYOptions) trusts(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return true
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	for _, p := range o.Trusted {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

type proxiedServer struct {
	under   ServerEndpoint
	options *PROXYOptions
}

// Listen listens.
func (e *proxiedServer) Listen(f reactor.Factory) *deferred.Deferred[*reactor.Port] {
	if err := e.options.check(); err != nil {
		return deferred.Fail[*reactor.Port](err)
	}
	under := e.under
	if t, ok := under.(interface {
		beneath() (ServerEndpoint, func(reactor.Factory) reactor.Factory)
	}); ok {
		plain, wrap := t.beneath()
		under, f = plain, wrap(f)
	}
	return under.Listen(PROXYFactory(f, *e.options))
}

func (e *proxiedServer) String() string { return spell(e) }

func (e *proxiedServer) spell() []spelling {
	places := spellingOf(e.under)
	text := ""
	for i, p := range e.options.Trusted {
		if i > 0 {
			text += ","
		}
		text += p.String()
	}
	first := places[0].with("acceptproxy", text)
	if e.options.RefuseOthers {
		first = first.with("refuseothers", "yes")
	}
	return append([]spelling{first}, places[1:]...)
}

// outer is a factory around another one, which hears of its first and last use.
type outer struct{ inner reactor.Factory }

// StartFactory passes on.
func (o outer) StartFactory() {
	if s, ok := o.inner.(reactor.Starter); ok {
		s.StartFactory()
	}
}

// StopFactory passes on.
func (o outer) StopFactory() error {
	if s, ok := o.inner.(reactor.Stopper); ok {
		return s.StopFactory()
	}
	return nil
}

// proxied is the factory of PROXYFactory.
type proxied struct {
	outer
	options *PROXYOptions
}

// BuildProtocol makes what reads the header, or for a direct client the protocol itself.
func (f *proxied) BuildProtocol(addr net.Addr) reactor.Protocol {
	if f.options.trusts(addr) {
		return &proxiedProtocol{f: f}
	}
	if !f.options.RefuseOthers {
		return f.inner.BuildProtocol(addr)
	}
	f.refused(addr, badHeader("the peer is none of the trusted proxies"))
	return nil
}

func (f *proxied) refused(peer net.Addr, err error) {
	if f.options.Refused != nil {
		f.options.Refused(peer, err)
	}
}

// proxiedProtocol reads the header and then becomes a relay.
type proxiedProtocol struct {
	relay
	f    *proxied
	buf  []byte
	stop func() bool // of the deadline; nil once the header is through
}

// ConnectionMade waits for the header.
func (p *proxiedProtocol) ConnectionMade() {
	d := p.f.options.Timeout
	if d <= 0 {
		d = DefaultPROXYTimeout
	}
	p.stop = p.transport.Reactor().AfterFunc(d, func() {
		p.refuse(fmt.Errorf("%w: %w", badHeader("none came within %v", d), reactor.ErrTimeout))
	})
}

// DataReceived collects the header, and passes on what comes behind it.
func (p *proxiedProtocol) DataReceived(data []byte) {
	switch {
	case p.proto != nil:
		p.relay.DataReceived(data)
	case p.stop != nil:
		p.collect(data)
	}
}

// collect takes no more than a header can have.
func (p *proxiedProtocol) collect(data []byte) {
	before := len(p.buf)
	n := min(len(data), proxyV2Head+MaxPROXYv2Bytes-before)
	p.buf = append(p.buf, data[:n]...)
	h, length, err := ParseProxyHeader(p.buf)
	switch {
	case err != nil:
		p.refuse(err)
	case length > 0:
		p.accept(h, data[length-before:])
	}
}

func (p *proxiedProtocol) accept(h *ProxyHeader, rest []byte) {
	p.end()
	p.header = h
	if !h.Local {
		p.remote, p.local = h.Source, h.Destination
	}
	peer := p.remote
	if peer == nil {
		peer = p.transport.RemoteAddr()
	}
	inner := p.f.inner.BuildProtocol(peer)
	if inner == nil {
		p.transport.LoseConnection()
		return
	}
	p.open(inner, rest, func() {})
}

func (p *proxiedProtocol) refuse(err error) {
	p.end()
	p.transport.AbortWith(err)
	p.f.refused(p.transport.RemoteAddr(), err)
}

func (p *proxiedProtocol) end() {
	p.stop()
	p.stop, p.buf = nil, nil
}

// ConnectionLost passes on.
func (p *proxiedProtocol) ConnectionLost(reason error) {
	if p.stop != nil {
		p.end()
	}
	p.relay.ConnectionLost(reason)
}
