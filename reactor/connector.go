package reactor

import (
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"net/netip"
	"strconv"
)

// ConnState says where a Connector stands.
type ConnState uint8

// The states of a Connector.
const (
	Disconnected ConnState = iota
	Connecting
	Connected
)

// String is Twisted's word for the state.
func (s ConnState) String() string {
	return [...]string{"disconnected", "connecting", "connected"}[s]
}

// Connector is one outgoing connection: the attempt to make it, the connection, and the way to make it again.
//
// Goroutine: reactor. Source: twisted.internet.interfaces.IConnector.
type Connector struct {
	r       *Reactor
	client  ClientFactory
	host    string
	port    int32
	unix    bool        // host is the path of a UNIX socket
	config  *tls.Config // nil without TLS
	options *connectOptions

	attempt *attempt // while connecting
	conn    *conn    // while connected
}

// defaultConnectOptions is shared by all connectors that ask for nothing else.
var defaultConnectOptions = &connectOptions{timeout: DefaultConnectTimeout}

// ConnectTCP connects to a host, by name or address, and has f build the protocol. It never blocks: names are looked up
// off the loop, all addresses are tried with a short head start each (RFC 8305), and how it goes is told to f.
//
// Options: Timeout (30 s), BindAddress. On a reactor that stops or has stopped nothing is attempted and f hears nothing: Connect of
// the Connector tells. Goroutine: reactor, or before Run.
// Source: twisted.internet.interfaces.IReactorTCP.connectTCP.
func (r *Reactor) ConnectTCP(host string, port int, f ClientFactory, options ...ConnectOption) *Connector {
	r.mustBeInTurn("ConnectTCP")
	return r.connect(&Connector{r: r, client: f, host: host, port: portOf(port)}, options)
}

// ConnectTLS is ConnectTCP with TLS from the first byte. The connection is made once the handshake has succeeded: a bad
// certificate is a ClientConnectionFailed whose reason matches ErrTLS. The peer's certificate is verified for host unless
// config says otherwise; nil is a default configuration. config must not be changed afterwards; its callbacks run in a goroutine
// of the handshake's own, but for the Put of a ClientSessionCache, which runs on the reactor goroutine and must not block.
//
// Source: twisted.internet.interfaces.IReactorSSL.connectSSL.
func (r *Reactor) ConnectTLS(host string, port int, f ClientFactory, config *tls.Config, options ...ConnectOption) *Connector {
	r.mustBeInTurn("ConnectTLS")
	return r.connect(&Connector{r: r, client: f, host: host, port: portOf(port), config: r.clientConfig(config, host)}, options)
}

// portOf keeps an impossible port impossible.
func portOf(port int) int32 { return int32(min(max(port, math.MinInt32), math.MaxInt32)) }

func (r *Reactor) connect(k *Connector, options []ConnectOption) *Connector {
	k.options = defaultConnectOptions
	if len(options) > 0 {
		o := *defaultConnectOptions
		for _, option := range options {
			option(&o)
		}
		k.options = &o
	}
	_ = k.Connect()
	return k
}

// Connect tries (again). It answers ErrConnectorBusy while connecting or connected, and ErrStopped when the reactor stops or has
// stopped.
func (k *Connector) Connect() error {
	if k.State() != Disconnected {
		return ErrConnectorBusy
	}
	if k.r.state.Load() >= stateStopping {
		return ErrStopped
	}
	a := newAttempt(k)
	k.attempt = a
	if g, ok := k.client.(*groupFactory); ok {
		defer g.renew().release()
	}
	k.r.useFactory(k.client)
	k.r.call("StartedConnecting", func() { k.client.StartedConnecting(k) })
	if !a.over {
		a.start()
	}
	return nil
}

// StopConnecting gives the attempt up: ClientConnectionFailed comes with ErrUserAbort. It answers ErrNotConnecting when there
// is none.
func (k *Connector) StopConnecting() error {
	if k.attempt == nil || k.attempt.over {
		return ErrNotConnecting
	}
	k.attempt.fail(ErrUserAbort, nil)
	return nil
}

// Disconnect ends whatever there is: StopConnecting while connecting, LoseConnection when connected.
func (k *Connector) Disconnect() {
	switch {
	case k.attempt != nil:
		_ = k.StopConnecting()
	case k.conn != nil:
		k.conn.LoseConnection()
	}
}

// State is Disconnected, Connecting or Connected.
func (k *Connector) State() ConnState {
	switch {
	case k.attempt != nil:
		return Connecting
	case k.conn != nil:
		return Connected
	}
	return Disconnected
}

// Reactor is the reactor it connects on.
func (k *Connector) Reactor() *Reactor { return k.r }

// Destination is where it connects to, as it was given.
func (k *Connector) Destination() net.Addr { return destination{k} }

type destination struct{ k *Connector }

func (d destination) Network() string {
	if d.k.unix {
		return "unix"
	}
	return "tcp"
}

func (d destination) String() string {
	if d.k.unix {
		return d.k.host
	}
	return net.JoinHostPort(d.k.host, strconv.Itoa(int(d.k.port)))
}

// failed ends an attempt without a connection.
func (k *Connector) failed(reason error) {
	k.attempt = nil
	k.r.call("ClientConnectionFailed", func() { k.client.ClientConnectionFailed(k, reason) })
	k.released()
}

// connected ends an attempt with a connection that is ready for its protocol.
func (k *Connector) connected(c *conn) {
	k.attempt = nil
	k.conn = c
	c.open()
}

// connectionLost is told by the connection at its end. One that ended before it was connected is its attempt's business.
func (k *Connector) connectionLost(c *conn, reason error) {
	if k.conn != c {
		if k.attempt != nil && k.attempt.shaking == c {
			k.attempt.fail(ErrTLS, reason)
		}
		return
	}
	k.conn = nil
	k.r.call("ClientConnectionLost", func() { k.client.ClientConnectionLost(k, reason) })
	k.released()
}

// released lets the factory go unless the notification has started another attempt.
func (k *Connector) released() {
	if err := k.r.releaseFactory(k.client); err != nil {
		k.r.logStopFactory(err)
	}
}

func (k *Connector) factory() Factory      { return k.client }
func (k *Connector) connector() *Connector { return k }

// bindAddress parses the local address asked for.
func (k *Connector) bindAddress() (netip.AddrPort, error) {
	s := k.options.bind
	if s == "" {
		return netip.AddrPort{}, nil
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap, nil
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q is no IP address", s)
	}
	return netip.AddrPortFrom(addr, 0), nil
}
