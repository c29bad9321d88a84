package endpoints

import (
	"crypto/tls"
	"strconv"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// TCP is a host, by name or address, and a port. All addresses of the name are tried, with a short head start each (RFC 8305).
//
// Connect fails with *reactor.ConnectError, or *reactor.ConnectingCancelledError after Cancel.
// Goroutine: reactor, for Connect. Source: twisted.internet.endpoints.TCP4ClientEndpoint.
func TCP(r *reactor.Reactor, host string, port int, options ...reactor.ConnectOption) ClientEndpoint {
	return &tcpClient{r: mustHave(r), host: unbracket(host), port: port, options: options}
}

// Hostname is TCP, under the name that Twisted has for what tries all addresses.
//
// Source: twisted.internet.endpoints.HostnameEndpoint.
func Hostname(r *reactor.Reactor, host string, port int, options ...reactor.ConnectOption) ClientEndpoint {
	return TCP(r, host, port, options...)
}

// TLS is TCP with TLS from the first byte. config is as for reactor.ConnectTLS: nil verifies the server for host.
//
// Source: twisted.internet.endpoints.wrapClientTLS.
func TLS(r *reactor.Reactor, host string, port int, config *tls.Config, options ...reactor.ConnectOption) ClientEndpoint {
	return &tlsClient{tcpClient: tcpClient{r: mustHave(r), host: unbracket(host), port: port, options: options}, config: config}
}

// reactorOf answers where an endpoint's connections live; nil if it does not tell.
func reactorOf(ep ClientEndpoint) *reactor.Reactor {
	if e, ok := ep.(interface{ Reactor() *reactor.Reactor }); ok {
		return e.Reactor()
	}
	return nil
}

func mustHave(r *reactor.Reactor) *reactor.Reactor {
	if r == nil {
		panic("endpoints: nil reactor")
	}
	return r
}

type tcpClient struct {
	r       *reactor.Reactor
	host    string
	port    int
	options []reactor.ConnectOption
}

// Connect connects.
func (e *tcpClient) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	return reactor.Attempt(f, func(c reactor.ClientFactory) *reactor.Connector {
		return e.r.ConnectTCP(e.host, e.port, c, e.options...)
	})
}

// Host is the host to connect to.
func (e *tcpClient) Host() string { return e.host }

// Reactor is where connections live.
func (e *tcpClient) Reactor() *reactor.Reactor { return e.r }

func (e *tcpClient) String() string { return spell(e) }

func (e *tcpClient) spell() []spelling { return []spelling{e.spellAs("tcp")} }

func (e *tcpClient) spellAs(scheme string) spelling {
	o := reactor.ConnectSettingsOf(e.options...)
	return form(scheme, spellHost(e.host), strconv.Itoa(e.port)).
		duration("timeout", o.Timeout, reactor.DefaultConnectTimeout).with("bindAddress", o.BindAddress)
}

type tlsClient struct {
	tcpClient
	config *tls.Config
	files  []argument // of the string form, which config does not tell
}

// Connect connects and shakes hands.
func (e *tlsClient) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	return reactor.Attempt(f, func(c reactor.ClientFactory) *reactor.Connector {
		return e.r.ConnectTLS(e.host, e.port, c, e.config, e.options...)
	})
}

func (e *tlsClient) String() string { return spell(e) }

func (e *tlsClient) spell() []spelling {
	return []spelling{spellTLS(e.spellAs("tls"), e.host, e.config, e.files)}
}

// beneath is the same place without the TLS, and what puts it on: what comes before TLS on the wire needs them apart.
func (e *tlsClient) beneath() (ClientEndpoint, func(ClientEndpoint) ClientEndpoint) {
	plain := e.tcpClient
	return &plain, func(ep ClientEndpoint) ClientEndpoint {
		return wrapTLS(ep, e.host, e.config, e.files)
	}
}

// spellTLS adds what a configuration says, as far as the string form has words for it.
func spellTLS(s spelling, host string, config *tls.Config, files []argument) spelling {
	if config != nil {
		if config.ServerName != host {
			s = s.with("servername", config.ServerName)
		}
		s = s.with("alpn", strings.Join(config.NextProtos, ","))
		if config.InsecureSkipVerify {
			s = s.with("insecure", "yes")
		}
	}
	for _, f := range files {
		s = s.with(f.key, f.value)
	}
	return s
}

// UNIX is a UNIX stream socket; a path that begins with "@" is an abstract name (Linux).
//
// Goroutine: reactor, for Connect. Source: twisted.internet.endpoints.UNIXClientEndpoint.
func UNIX(r *reactor.Reactor, path string, options ...reactor.ConnectOption) ClientEndpoint {
	return &unixClient{r: mustHave(r), path: path, options: options}
}

type unixClient struct {
	r       *reactor.Reactor
	path    string
	options []reactor.ConnectOption
}

// Connect connects.
func (e *unixClient) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	return reactor.Attempt(f, func(c reactor.ClientFactory) *reactor.Connector {
		return e.r.ConnectUNIX(e.path, c, e.options...)
	})
}

// Host is the path.
func (e *unixClient) Host() string { return e.path }

// Reactor is where connections live.
func (e *unixClient) Reactor() *reactor.Reactor { return e.r }

func (e *unixClient) String() string { return spell(e) }

func (e *unixClient) spell() []spelling {
	o := reactor.ConnectSettingsOf(e.options...)
	return []spelling{form("unix", e.path).duration("timeout", o.Timeout, reactor.DefaultConnectTimeout)}
}
