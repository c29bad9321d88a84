package imap4

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/protocols/internal/session"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// Security says how a connection comes under TLS.
type Security uint8

const (
	// ImplicitTLS is TLS from the first byte (RFC 8314 section 3.2), port 993. It is the default.
	ImplicitTLS Security = iota
	// RequireStartTLS begins in the clear, port 143, and goes on under TLS or not at all. Until then the Listener hears nothing: it would be
	// from who knows whom.
	RequireStartTLS
	// InTheClear stays without TLS, port 143. Passwords go over it only with Options.AllowInsecureAuth or Credentials.AllowInsecure.
	InTheClear
)

// String names it.
func (s Security) String() string {
	switch s {
	case ImplicitTLS:
		return "implicit TLS"
	case RequireStartTLS:
		return "STARTTLS"
	case InTheClear:
		return "in the clear"
	}
	return "Security(" + strconv.Itoa(int(s)) + ")"
}

// port is the usual one.
func (s Security) port() int {
	if s == ImplicitTLS {
		return 993
	}
	return 143
}

// DialOptions are the settings of Dial. The zero value is all defaults.
type DialOptions struct {
	// Reactor drives the connection; nil is reactor.Default, or that of the endpoint. It has to run: call its Run in another goroutine.
	Reactor *reactor.Reactor
	// Security says how the connection comes under TLS. Zero is ImplicitTLS.
	Security Security
	// TLS configures it; nil verifies the server for its host. It must not be changed afterwards.
	TLS *tls.Config
	// Credentials sign the user in, as SignIn does; nil leaves that to the caller. A server that greets with PREAUTH knows who the user is:
	// they are not used then.
	Credentials *sasl.Credentials
	// Options and Listener are those of the Client. Nil is defaults, and nobody who listens.
	Options  *Options
	Listener Listener
	// Connect are options of the attempt to connect: reactor.Timeout (30 s), reactor.BindAddress.
	Connect []reactor.ConnectOption
}

// Dial connects to an IMAP server and waits until the client is ready: greeted, under TLS, and signed in if there are Credentials.
//
// addr is "host:port" or a host, whose port then is 993 or 143. o may be nil. Each step has its deadline, and the end of ctx ends any of
// them; afterwards ctx is not looked at. Use the client with Await, and Disconnect it in
// the end.
//
// Errors are *DialError around what went wrong: *net.AddrError; *reactor.ConnectError, which matches reactor.ErrTLS for a bad certificate;
// *GreetingError, *ByeError, *TimeoutError; *NoTLSError if the server has no STARTTLS; what SignIn fails with; the cause of ctx;
// reactor.ErrNotRunning, reactor.ErrStopped, deferred.ErrAwaitOnLoop. The connection is closed then.
// Goroutine: any but that of a reactor; there, endpoints, StartTLS and SignIn do the same.
func Dial(ctx context.Context, addr string, o *DialOptions) (*Client, error) {
	if o == nil {
		o = new(DialOptions)
	}
	d := &dialer{DialOptions: *o, addr: addr}
	d.Reactor = session.ReactorOf(o.Reactor, nil)
	host, port, err := session.SplitAddr(addr, o.Security.port())
	if err != nil {
		return nil, d.failure("", err)
	}
	if o.Security == ImplicitTLS {
		d.endpoint = endpoints.TLS(d.Reactor, host, port, o.TLS, o.Connect...)
	} else {
		d.endpoint = endpoints.TCP(d.Reactor, host, port, o.Connect...)
	}
	return d.dial(ctx)
}

// DialEndpoint is Dial by way of an endpoint, such as through a proxy.
//
// With ImplicitTLS the endpoint puts TLS on, and it is an error if it has not. With RequireStartTLS through a proxy DialOptions.TLS has to
// name the server (ServerName); otherwise nil will do. DialOptions.Connect is not used, and a nil ep panics.
func DialEndpoint(ctx context.Context, ep endpoints.ClientEndpoint, o *DialOptions) (*Client, error) {
	if ep == nil {
		panic("imap4: DialEndpoint with a nil endpoint")
	}
	if o == nil {
		o = new(DialOptions)
	}
	d := &dialer{DialOptions: *o, addr: session.NameOf(ep), endpoint: ep}
	d.Reactor = session.ReactorOf(o.Reactor, ep)
	return d.dial(ctx)
}

// dialer is a Dial under way. Goroutine: reactor, but for dial.
type dialer struct {
	DialOptions
	addr     string
	endpoint endpoints.ClientEndpoint
	client   *Client
}

func (d *dialer) failure(step string, err error) error {
	return &DialError{Addr: d.addr, Step: step, Err: err}
}

// dial goes through the steps. Goroutine: the caller's.
func (d *dialer) dial(ctx context.Context) (*Client, error) {
	if d.Security > InTheClear {
		return nil, d.failure("", &ArgumentError{Reason: d.Security.String()})
	}
	d.client = &Client{Options: d.Options}
	way := session.Dialer{Reactor: d.Reactor, Abandon: d.abandon, Grace: startGrace, Steps: []session.Step{
		{Name: "connect", Do: d.connect}, {Name: "greeting", Do: d.greet}, {Name: "STARTTLS", Do: d.secure}, {Name: "sign in", Do: d.signIn},
	}}
	if step, err := way.Dial(ctx); err != nil {
		return nil, d.failure(step, err)
	}
	return d.client, nil
}

// startGrace is how long a reactor may take to begin to run.
var startGrace = session.StartGrace

func (d *dialer) connect() *deferred.Deferred[struct{}] {
	c := d.client
	if d.Security == ImplicitTLS {
		c.noteCertificate(d.TLS)
	}
	if d.Security != RequireStartTLS {
		c.Listener = d.Listener
	}
	made := d.endpoint.Connect(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return c }))
	return deferred.Then(made, func(reactor.Protocol) (struct{}, error) { return struct{}{}, nil })
}

// greet waits for the greeting, which comes under TLS if that has to be there from the beginning.
func (d *dialer) greet() *deferred.Deferred[struct{}] {
	return d.client.whenGreeted().AddCallback(func(none struct{}) (struct{}, error) {
		if d.Security == ImplicitTLS && !d.client.encrypted() {
			return none, &NoTLSError{Reason: "the endpoint has not put TLS on"}
		}
		return none, nil
	})
}

// secure sees to it that TLS is there if it has to be.
func (d *dialer) secure() *deferred.Deferred[struct{}] {
	c := d.client
	switch {
	case d.Security != RequireStartTLS || c.encrypted():
		c.Listener = d.Listener
		return nil
	case c.state != stateNotAuthenticated:
		return deferred.Fail[struct{}](&NoTLSError{Reason: "the server greets with PREAUTH, and STARTTLS comes too late"})
	}
	secured := deferred.Then(c.StartTLS(d.TLS), func(Capabilities) (struct{}, error) {
		c.Listener = d.Listener
		return struct{}{}, nil
	})
	return secured.AddErrback(func(err error) (struct{}, error) { return struct{}{}, noTLS(err) })
}

// signIn signs in, unless the server knows who the user is.
func (d *dialer) signIn() *deferred.Deferred[struct{}] {
	if d.Credentials == nil || d.client.state != stateNotAuthenticated {
		return nil
	}
	return d.client.SignIn(d.Credentials)
}

// abandon ends the connection of a Dial that has failed.
func (d *dialer) abandon() {
	if t := d.client.transport; t != nil {
		t.AbortConnection()
	}
}

// whenGreeted fires when the server has greeted. It fails when the connection ends before.
func (c *Client) whenGreeted() *deferred.Deferred[struct{}] {
	if c.state != stateGreeting {
		if err := c.ended(); err != nil {
			return deferred.Fail[struct{}](err)
		}
		return deferred.Succeed(struct{}{})
	}
	d := deferred.New[struct{}]().BindTo(c.transport.Reactor())
	c.unusual().greeted = d
	return d
}
