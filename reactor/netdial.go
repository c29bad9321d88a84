package reactor

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"github.com/tconn/tconn/deferred"
)

// NetDialer makes connections of a reactor for a library of goroutines: its DialContext goes where net.Dialer's would, such as in
// http.Transport. The zero value dials on the default reactor.
type NetDialer struct {
	// Reactor drives the connections; nil is the default reactor.
	Reactor *Reactor
	// Options of each attempt: Timeout (30 s), BindAddress.
	Options []ConnectOption
}

// Dial is DialContext without a context.
func (d NetDialer) Dial(network, addr string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, addr)
}

// DialContext is DialNet on the dialer's reactor, in the shape that libraries ask for.
func (d NetDialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	r := d.Reactor
	if r == nil {
		r = Default()
	}
	n, err := DialNet(ctx, r, network, addr, d.Options...)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// DialNet connects and waits for the outcome. Networks are "tcp", "tcp4", "tcp6" and "unix"; addr is "host:port" as net.Dial takes
// it, where an empty host is this machine, or the path of ConnectUNIX.
//
// Errors are *net.OpError around what the factory of ConnectTCP would be told (*ConnectError), the error of ctx when that ends first,
// ErrStopped, or deferred.ErrAwaitOnLoop on the goroutine of a reactor. On a reactor that does not run yet it waits for Run.
// ctx is only for the attempt; the connection lives on. Goroutine: any but a reactor's.
func DialNet(ctx context.Context, r *Reactor, network, addr string, options ...ConnectOption) (*NetConn, error) {
	n, err := dialNet(ctx, r, network, addr, options)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: netName{network, addr}, Err: netDialFailure(err)}
	}
	return n, nil
}

func dialNet(ctx context.Context, r *Reactor, network, addr string, options []ConnectOption) (*NetConn, error) {
	if deferred.OnAnyLoop() {
		return nil, deferred.ErrAwaitOnLoop
	}
	switch network {
	case "unix":
		return awaitNet(ctx, r, func(f ClientFactory) *Connector { return r.ConnectUNIX(addr, f, options...) })
	case "tcp", "tcp4", "tcp6":
		return dialTCP(ctx, r, network, addr, options)
	}
	return nil, net.UnknownNetworkError(network)
}

func dialTCP(ctx context.Context, r *Reactor, network, addr string, options []ConnectOption) (n *NetConn, err error) {
	host, service, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := net.DefaultResolver.LookupPort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	hosts, err := r.hostsOf(ctx, network, host)
	if err != nil {
		return nil, &ConnectError{Kind: ErrDNSLookup, Host: host, Port: port, Err: err}
	}
	for _, host := range hosts {
		n, err = awaitNet(ctx, r, func(f ClientFactory) *Connector { return r.ConnectTCP(host, port, f, options...) })
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return n, err
}

// hostsOf answers what ConnectTCP is to be given: the host itself, or its addresses of the one family that is asked for.
func (r *Reactor) hostsOf(ctx context.Context, network, host string) ([]string, error) {
	if host == "" {
		host = "127.0.0.1"
		if network == "tcp6" {
			host = "::1"
		}
	}
	if network == "tcp" {
		return []string{host}, nil
	}
	addr, err := netip.ParseAddr(host)
	addrs := []netip.Addr{addr}
	if err != nil {
		if addrs, err = r.resolver.LookupNetIP(ctx, "ip"+network[len("tcp"):], host); err != nil {
			return nil, err
		}
	}
	var hosts []string
	for _, addr := range addrs {
		if addr = addr.Unmap(); addr.Is4() == (network == "tcp4") {
			hosts = append(hosts, addr.String())
		}
	}
	if hosts == nil {
		return nil, &net.AddrError{Err: "no suitable address found", Addr: host}
	}
	return hosts, nil
}

// awaitNet has connect begin an attempt on the reactor and waits for its outcome.
func awaitNet(ctx context.Context, r *Reactor, connect func(ClientFactory) *Connector) (*NetConn, error) {
	d := &netDial{}
	d.result = deferred.New(func(*deferred.Deferred[*NetConn]) { d.giveUp() }).BindTo(r)
	if err := r.CallFromThread(func() { d.start(connect) }); err != nil {
		return nil, err
	}
	n, err := d.result.Await(ctx)
	if err != nil {
		_ = r.CallFromThread(d.abandon)
	}
	return n, err
}

// netDial is the factory of one attempt. Goroutine: reactor.
type netDial struct {
	BaseClientFactory
	result *deferred.Deferred[*NetConn]
	k      *Connector
}

func (d *netDial) start(connect func(ClientFactory) *Connector) {
	if _, _, over := d.result.Result(); over { // given up before it began
		return
	}
	d.k = connect(d)
	if d.k.State() == Disconnected {
		d.result.TryErrback(ErrStopped)
	}
}

func (d *netDial) giveUp() {
	if d.k != nil {
		_ = d.k.StopConnecting()
	}
}

// abandon aborts the connection that came when nobody waited any more.
func (d *netDial) abandon() {
	if n, err, ok := d.result.Result(); ok && err == nil {
		n.transport.AbortConnection()
	}
}

// BuildProtocol makes the connection.
func (d *netDial) BuildProtocol(net.Addr) Protocol { return newNetProtocol(d.made) }

// made answers with the connection, unless the attempt has been given up.
func (d *netDial) made(n *NetConn) {
	if !d.result.TryCallback(n) {
		n.transport.AbortConnection()
	}
}

// ClientConnectionFailed answers why there is none.
func (d *netDial) ClientConnectionFailed(_ *Connector, reason error) { d.result.TryErrback(reason) }

// netDialFailure makes the end of a context's time an error that says so itself, as a net.Error has to.
func netDialFailure(err error) error {
	if _, says := err.(interface{ Timeout() bool }); !says && errors.Is(err, context.DeadlineExceeded) {
		return &netTimeout{err}
	}
	return err
}

// netTimeout is an error whose Timeout is true.
type netTimeout struct{ error }

func (e *netTimeout) Unwrap() error   { return e.error }
func (e *netTimeout) Timeout() bool   { return true }
func (e *netTimeout) Temporary() bool { return true }

// netName is an address as it was given.
type netName struct{ network, name string }

func (a netName) Network() string { return a.network }
func (a netName) String() string  { return a.name }
