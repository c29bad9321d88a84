package endpoints

import (
	"crypto/tls"
	"strconv"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// TCPServer is a port to listen on, 0 for any free one, at all addresses of the machine or at one of them (reactor.Interface).
//
// Goroutine: reactor, or before Run, for Listen. Source: twisted.internet.endpoints.TCP4ServerEndpoint, TCP6ServerEndpoint.
func TCPServer(r *reactor.Reactor, port int, options ...reactor.ListenOption) ServerEndpoint {
	return &tcpServer{r: mustHave(r), port: port, options: options}
}

type tcpServer struct {
	r       *reactor.Reactor
	port    int
	options []reactor.ListenOption
}

// Listen listens.
func (e *tcpServer) Listen(f reactor.Factory) *deferred.Deferred[*reactor.Port] {
	return listened(e.r.ListenTCP(e.port, f, e.options...))
}

func listened(p *reactor.Port, err error) *deferred.Deferred[*reactor.Port] {
	if err != nil {
		return deferred.Fail[*reactor.Port](err)
	}
	return deferred.Succeed(p)
}

func (e *tcpServer) String() string { return spell(e) }

func (e *tcpServer) spell() []spelling { return []spelling{e.spellAs("tcp")} }

func (e *tcpServer) spellAs(scheme string) spelling {
	o := reactor.ListenSettingsOf(e.options...)
	return form(scheme, strconv.Itoa(e.port)).
		with("interface", spellHost(o.Interface)).number("backlog", o.Backlog, reactor.DefaultBacklog)
}

// TLSServer is TCPServer with TLS from the first byte. config is as for reactor.ListenTLS.
//
// Source: twisted.internet.endpoints.SSL4ServerEndpoint.
func TLSServer(r *reactor.Reactor, port int, config *tls.Config, options ...reactor.ListenOption) ServerEndpoint {
	return &tlsServer{tcpServer: tcpServer{r: mustHave(r), port: port, options: options}, config: config}
}

type tlsServer struct {
	tcpServer
	config *tls.Config
	files  []argument // of the string form
}

// Listen listens.
func (e *tlsServer) Listen(f reactor.Factory) *deferred.Deferred[*reactor.Port] {
	return listened(e.r.ListenTLS(e.port, f, e.config, e.options...))
}

// beneath is the same port without the TLS, and what puts it on.
func (e *tlsServer) beneath() (ServerEndpoint, func(reactor.Factory) reactor.Factory) {
	plain := e.tcpServer
	return &plain, func(f reactor.Factory) reactor.Factory { return &secured{outer{f}, e.config} }
}

func (e *tlsServer) String() string { return spell(e) }

func (e *tlsServer) spell() []spelling {
	s := e.spellAs("tls")
	for _, f := range e.files {
		s = s.with(f.key, f.value)
	}
	if e.config != nil {
		s = s.with("alpn", strings.Join(e.config.NextProtos, ","))
	}
	return []spelling{s}
}

// UNIXServer is a UNIX stream socket to listen on. Options: reactor.Mode, reactor.Backlog.
//
// Goroutine: reactor, or before Run, for Listen. Source: twisted.internet.endpoints.UNIXServerEndpoint.
func UNIXServer(r *reactor.Reactor, path string, options ...reactor.ListenOption) ServerEndpoint {
	return &unixServer{r: mustHave(r), path: path, options: options}
}

type unixServer struct {
	r       *reactor.Reactor
	path    string
	options []reactor.ListenOption
}

// Listen listens.
func (e *unixServer) Listen(f reactor.Factory) *deferred.Deferred[*reactor.Port] {
	return listened(e.r.ListenUNIX(e.path, f, e.options...))
}

func (e *unixServer) String() string { return spell(e) }

func (e *unixServer) spell() []spelling {
	o := reactor.ListenSettingsOf(e.options...)
	s := form("unix", e.path)
	if o.Mode != 0 {
		s = s.with("mode", strconv.FormatUint(uint64(o.Mode), 8))
	}
	return []spelling{s.number("backlog", o.Backlog, reactor.DefaultBacklog)}
}
