package reactor

import (
	"crypto/tls"

	"github.com/tconn/tconn/deferred"
)

// StartTLS puts the rest of the conversation under TLS.
func (c *conn) StartTLS(config *tls.Config) *deferred.Deferred[tls.ConnectionState] {
	k := c.Connector()
	if err := c.mayStartTLS(config, k == nil); err != nil {
		return deferred.Fail[tls.ConnectionState](err)
	}
	as := role(tls.Server)
	if k != nil {
		as, config = tls.Client, c.r.clientConfig(config, k.host)
	}
	d := deferred.New(func(*deferred.Deferred[tls.ConnectionState]) { c.AbortConnection() }).BindTo(c.r)
	startTLS(c, as, config, k != nil, func(err error) {
		if err == nil {
			state, _ := c.TLSState()
			d.TryCallback(state)
			return
		}
		err = tlsError(err)
		c.giveUp(&LossError{Kind: ErrConnectionLost, Err: err})
		d.TryErrback(err)
	}).within(c.r.handshakeTimeout)
	return d
}

func (c *conn) mayStartTLS(config *tls.Config, server bool) error {
	switch {
	case c.phase != phaseOpen || c.half().closing || c.ended:
		return ErrWriteAfterClose
	case c.tls() != nil:
		return ErrTLSStarted
	case server:
		return checkServerConfig(config)
	}
	return nil
}
