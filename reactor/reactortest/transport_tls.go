package reactortest

import (
	"crypto/tls"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// handshake is a StartTLS of which the test has not said yet how it went.
type handshake struct {
	config *tls.Config
	done   *deferred.Deferred[tls.ConnectionState]
}

// StartTLS waits for the test to say how the handshake went: FinishTLS or FailTLS. Until then what the protocol writes is held back
// and what the peer sends is not delivered. The bytes stay plain.
func (t *Transport) StartTLS(config *tls.Config) *deferred.Deferred[tls.ConnectionState] {
	switch {
	case t.phase != phaseOpen || t.half.closing:
		return deferred.Fail[tls.ConnectionState](reactor.ErrWriteAfterClose)
	case t.tls != nil || t.starting != nil:
		return deferred.Fail[tls.ConnectionState](reactor.ErrTLSStarted)
	}
	t.starting = &handshake{
		config: config,
		done:   deferred.New(func(*deferred.Deferred[tls.ConnectionState]) { t.AbortConnection() }),
	}
	return t.starting.done
}

// Starting tells whether the protocol has called StartTLS and waits, and with which configuration.
func (t *Transport) Starting() (config *tls.Config, ok bool) {
	if t.starting == nil {
		return nil, false
	}
	return t.starting.config, true
}

// FinishTLS makes the handshake of StartTLS succeed with that state. What has waited for it follows before FinishTLS returns.
func (t *Transport) FinishTLS(state tls.ConnectionState) {
	if t.starting == nil {
		panic("reactortest: FinishTLS without StartTLS")
	}
	done := t.starting.done
	t.starting, t.tls = nil, &state
	t.call(func() { done.TryCallback(state) })
	if !t.holding {
		t.Drain(len(t.out))
	}
	t.settleNow()
}

// FailTLS makes the handshake of StartTLS fail: the protocol loses the connection with a *reactor.LossError over err.
func (t *Transport) FailTLS(err error) {
	if t.starting == nil {
		panic("reactortest: FailTLS without StartTLS")
	}
	if t.phase < phaseDoomed {
		t.doom(&reactor.LossError{Kind: reactor.ErrConnectionLost, Err: err})
	}
	t.call(func() { t.failTLS(err) })
	t.settleNow()
}

// failTLS ends a StartTLS that the connection's end has overtaken.
func (t *Transport) failTLS(err error) {
	if t.starting != nil {
		done := t.starting.done
		t.starting = nil
		done.TryErrback(err)
	}
}
