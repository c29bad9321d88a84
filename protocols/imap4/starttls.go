package imap4

import (
	"crypto/tls"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor"
)

// StartTLS puts the connection under TLS. config may be nil: the server's certificate is verified for the host that the
// Connector was given.
//
// What the server has said before is forgotten, and asked again: it may have been somebody else. Bytes that come in the clear behind
// the server's OK end the connection (reactor.ErrPlaintextAfterStartTLS).
// Command: STARTTLS (RFC 9051 section 6.2.1). Legal in: not authenticated; a server that greets with PREAUTH cannot be trusted to be
// the one behind the certificate.
// Fires with: the capabilities of the server under TLS.
// Fails with: *ResponseError (the connection goes on in the clear), *UnsupportedError, ErrState, ErrCompressed behind COMPRESS, reactor.TLSError, *CommandError.
func (c *Client) StartTLS(config *tls.Config) *deferred.Deferred[Capabilities] {
	cmd := &command{name: "STARTTLS", class: classStream, needs: beforeLogin, requires: []string{"STARTTLS"}}
	cmd.ready = func() error {
		if _, ok := c.transport.(reactor.TLSTransport); !ok {
			return &UnsupportedError{Capability: "TLS of this transport"}
		}
		if c.encrypted() {
			return reactor.ErrTLSStarted
		}
		if c.inflater() != nil { // what somebody on the way has said would stay in the dictionary
			return ErrCompressed
		}
		return nil
	}
	// The server speaks TLS from its OK on, whether or not somebody still waits for it.
	started := issue(c, cmd, func(*wire.Response) (*deferred.Deferred[struct{}], error) { return c.switchToTLS(config), nil })
	secured := deferred.Then(started, deferred.Chain[struct{}])
	return deferred.Then(secured, func(struct{}) (Capabilities, error) { return deferred.Chain(c.GetCapabilities()) })
}

// switchToTLS begins the handshake. Nothing is sent until it is over, and what comes in the clear is an attack.
func (c *Client) switchToTLS(config *tls.Config) *deferred.Deferred[struct{}] {
	c.switching = true
	c.forgetCapabilities()
	c.noteCertificate(config)
	d := c.transport.(reactor.TLSTransport).StartTLS(config)
	return deferred.Then(d, func(tls.ConnectionState) (struct{}, error) {
		c.switching = false
		c.sendNext()
		return struct{}{}, nil
	})
}
