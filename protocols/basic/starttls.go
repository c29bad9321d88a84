package basic

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// errNoTLS is the answer of StartTLS on a transport that cannot.
var errNoTLS = fmt.Errorf("basic: the transport knows no TLS: %w", errors.ErrUnsupported)

// StartTLS puts the rest of the conversation under TLS: see reactor.TLSTransport. Call it in the handler of the unit that
// switches, or when the answer to it has been written.
//
// Bytes that have come in the clear behind that unit may be an attacker's: then the connection is aborted with
// reactor.ErrPlaintextAfterStartTLS and the Deferred fails with it.
//
// Fires with: the state of the session. Fails with: what TLSTransport.StartTLS says, or an error that matches
// errors.ErrUnsupported when the transport is none.
func (r *receiver) StartTLS(config *tls.Config) *deferred.Deferred[tls.ConnectionState] {
	t, ok := r.connection("StartTLS").(reactor.TLSTransport)
	if !ok {
		return deferred.Fail[tls.ConnectionState](errNoTLS)
	}
	_, encrypted := t.TLSState()
	if len(r.held)+len(r.rest) > 0 && !encrypted && !t.Disconnecting() {
		r.breakOff(reactor.ErrPlaintextAfterStartTLS)
		return deferred.Fail[tls.ConnectionState](reactor.ErrPlaintextAfterStartTLS)
	}
	return t.StartTLS(config)
}
