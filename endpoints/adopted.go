package endpoints

import (
	"crypto/tls"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// AdoptedServer is a socket that listens already, such as one of reactor.ListenFDs. Listen works on a duplicate: file stays the
// caller's, who keeps it open until then. A config that is not nil puts TLS on it, as for reactor.ListenTLS.
//
// Goroutine: reactor, or before Run, for Listen. Source: twisted.internet.endpoints.AdoptedStreamServerEndpoint.
func AdoptedServer(r *reactor.Reactor, file *os.File, config *tls.Config) ServerEndpoint {
	if file == nil {
		panic("endpoints: AdoptedServer: nil file")
	}
	return &adoptedServer{r: mustHave(r), file: file, name: file.Name(), config: config}
}

type adoptedServer struct {
	r      *reactor.Reactor
	file   *os.File
	name   string
	config *tls.Config // nil without TLS
	files  []argument  // of the string form
}

// Listen listens.
func (e *adoptedServer) Listen(f reactor.Factory) *deferred.Deferred[*reactor.Port] {
	if e.config == nil {
		return listened(e.r.AdoptStreamPort(e.file, f))
	}
	return listened(e.r.AdoptTLSPort(e.file, f, e.config))
}

// beneath is the same socket without the TLS, and what puts it on.
func (e *adoptedServer) beneath() (ServerEndpoint, func(reactor.Factory) reactor.Factory) {
	if e.config == nil {
		return e, func(f reactor.Factory) reactor.Factory { return f }
	}
	plain := *e
	plain.config = nil
	return &plain, func(f reactor.Factory) reactor.Factory { return &secured{outer{f}, e.config} }
}

func (e *adoptedServer) String() string { return spell(e) }

func (e *adoptedServer) spell() []spelling {
	s := form("systemd", e.name)
	for _, f := range e.files {
		s = s.with(f.key, f.value)
	}
	if e.config != nil {
		s = s.with("alpn", strings.Join(e.config.NextProtos, ","))
	}
	return []spelling{s}
}

// activated are the descriptors that the parent process passed on: they can be asked for once.
var activated = sync.OnceValue(reactor.ListenFDs)

// activatedServer reads systemd:NAME, or systemd:2 for the third descriptor whatever its name.
func (v *values) activatedServer(r *reactor.Reactor) ServerEndpoint {
	name := v.text("name")
	e := &adoptedServer{r: r, name: name}
	if v.has("cert") {
		e.config, e.files = v.serverTLS()
	} else {
		for _, needs := range []string{"key", "clientca", "alpn"} {
			if v.has(needs) {
				v.fail(needs, "needs cert")
			}
		}
	}
	var called []string
	for i, a := range activated() {
		if a.Name == name || strconv.Itoa(i) == name {
			e.file = a.File
			return e
		}
		called = append(called, a.Name)
	}
	v.fail("name", "the parent process passed on no descriptor of that name; it passed on %s", fmt.Sprintf("%d: %.200q", len(called), called))
	return e
}
