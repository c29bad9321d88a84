package poplib

import (
	"crypto/tls"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
)

// NewPOP3SSL is NewPOP3 under TLS from the first byte. The server is verified for host, unless Options.TLS says otherwise.
//
// Errors: as NewPOP3; a bad certificate matches reactor.ErrTLS and the error of package x509. Source: poplib.POP3_SSL.
func NewPOP3SSL(host string, o *Options) (*POP3, error) {
	return connect(host, o, pop3.ImplicitTLS, POP3SSLPort)
}

// STLS puts the connection under TLS. A nil config is Options.TLS; if that is nil, too, the server is verified for its host.
//
// Commands: CAPA, STLS (RFC 2595). Answers the server's line, when the handshake is over.
// Errors: *Error if the connection is under TLS already, if the server does not offer STLS or refuses it, and the session goes on then; a
// handshake that fails ends it, with what matches reactor.ErrTLS. Source: poplib.POP3.stls.
func (p *POP3) STLS(config *tls.Config) ([]byte, error) {
	if deferred.OnAnyLoop() {
		return nil, deferred.ErrAwaitOnLoop
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	if p.tls {
		return nil, &Error{Arg: "-ERR TLS session already established"}
	}
	caps, err := p.capa()
	if err != nil {
		return nil, err
	}
	if _, ok := caps["STLS"]; !ok {
		return nil, &Error{Arg: "-ERR STLS not supported by server"}
	}
	if config == nil {
		config = p.options.TLS
	}
	r, err := exchange(p, "STLS", func(c *pop3.Client) *deferred.Deferred[pop3.Reply] { return c.StartTLS(config) })
	if err != nil {
		return nil, err
	}
	p.tls = true
	return []byte(r.Line), nil
}
