package pop3

import (
	"crypto/tls"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// StartTLS puts the connection under TLS. config may be nil: the server's certificate is verified for the host that the
// Connector was given.
//
// What the server has said before of what it offers is forgotten: it may have been somebody else. Bytes that come in the clear behind
// the server's +OK end the connection (reactor.ErrPlaintextAfterStartTLS).
// Command: STLS (RFC 2595 section 4). Legal in: authorization.
// Fires with: the server's line, when the connection is under TLS.
// Fails with: *ResponseError (the connection goes on in the clear), *UnsupportedError if it is known that the server does not offer STLS, ErrState,
// reactor.ErrTLSStarted, reactor.TLSError, *CommandError.
// Source: poplib.POP3.stls, which verifies nothing unless told; Twisted's startTLS.
func (c *Client) StartTLS(config *tls.Config) *deferred.Deferred[Reply] {
	cmd := &command{name: "STLS", line: []byte("STLS\r\n"), needs: beforeLogin, alone: true}
	cmd.ready = func() error {
		if _, ok := c.transport.(reactor.TLSTransport); !ok {
			return &UnsupportedError{Capability: "TLS of this transport"}
		}
		if c.encrypted() {
			return reactor.ErrTLSStarted
		}
		if c.capsKnown && c.caps != (Capabilities{}) && !c.caps.Has("STLS") {
			return &UnsupportedError{Capability: "STLS"}
		}
		return nil
	}
	// The server speaks TLS from its +OK on, whether or not somebody still waits for it.
	gone := false
	cmd.cancelled = func() { gone = true }
	started := issue(c, cmd, func(r Reply) (*deferred.Deferred[Reply], error) {
		d := c.switchToTLS(config, r)
		if gone {
			d.Handle(nil, func(error) {}) // ConnectionLost tells why
		}
		return d, nil
	})
	return deferred.Then(started, deferred.Chain[Reply])
}

// switchToTLS begins the handshake. Nothing is sent until it is over, and what comes in the clear is an attack.
func (c *Client) switchToTLS(config *tls.Config, r Reply) *deferred.Deferred[Reply] {
	c.switching = true
	c.forgetCapabilities()
	c.noteCertificate(config)
	d := c.transport.(reactor.TLSTransport).StartTLS(config)
	return deferred.Then(d, func(tls.ConnectionState) (Reply, error) {
		c.switching = false
		c.sendNext()
		return r, nil
	})
}
