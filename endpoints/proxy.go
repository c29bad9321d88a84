package endpoints

import (
	"strconv"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// behindProxy is what the places behind a proxy have in common.
type behindProxy struct {
	scheme  string
	proxy   ClientEndpoint
	target  target
	name    *serverName
	user    string
	secret  bool // there is a password
	timeout time.Duration
	talk    func() talk // what is said to the proxy
	err     error       // in the arguments
}

func newBehindProxy(scheme string, proxy ClientEndpoint, host string, port int, user string, password Secret, timeout time.Duration) behindProxy {
	p := behindProxy{scheme: scheme, proxy: proxy, user: user, secret: password != "", timeout: timeout}
	p.target, p.err = newTarget(scheme, host, port)
	p.name = &serverName{name: p.target.name}
	return p
}

// Host is the host to connect to in the end.
func (p *behindProxy) Host() string { return p.target.name }

// Reactor is that of the endpoint underneath.
func (p *behindProxy) Reactor() *reactor.Reactor { return reactorOf(p.proxy) }

func (p *behindProxy) String() string { return spell(p) }

// Connect has the proxy connect.
func (p *behindProxy) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	if p.err != nil {
		return deferred.Fail[reactor.Protocol](p.err)
	}
	return through(p.proxy, f, way{
		timeout: max(p.timeout, 0),
		peer:    p.target.addr(),
		host:    p.target.name,
		name:    p.name,
		talk:    p.talk,
		failed:  func(kind, cause error) error { return proxyError(p.scheme, p.target, kind, cause) },
	})
}

// spell is the string form: the place, then the proxy with what is known of how to reach it.
func (p *behindProxy) spell() []spelling {
	place := form("tcp", spellHost(p.target.name), strconv.Itoa(p.target.port))
	way := spellingOf(p.proxy)
	scheme, hop := p.scheme, way[0]
	switch {
	case hop.scheme == "tls":
		scheme += "s"
	case hop.scheme != "tcp":
		hop = form(scheme, spell(p.proxy)) // nothing that could be parsed
	}
	hop.scheme = scheme
	if p.timeout > 0 {
		hop = hop.without("timeout").with("timeout", spellDuration(p.timeout))
	}
	hop = hop.with("user", p.user)
	if p.secret {
		hop = hop.with("password", hidden)
	}
	return append([]spelling{place, hop}, way[1:]...)
}
