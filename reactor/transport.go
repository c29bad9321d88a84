package reactor

import (
	"crypto/tls"
	"net"
	"time"

	"github.com/tconn/tconn/deferred"
)

// Transport is a connection as its protocol sees it.
//
// Goroutine: reactor, for every method. After the connection is lost all methods stay callable and do nothing.
// reactortest.Transport is the in-memory double. Source: twisted.internet.interfaces.ITCPTransport.
type Transport interface {
	// Write queues a copy of p and never blocks. Small writes of one callback leave together when it returns; of 16 KiB and
	// more the kernel gets at once what it takes. It answers len(p) and nil, or 0 and ErrWriteAfterClose when the connection is closing
	// or gone, or 0 and ErrBufferFull when the peer has let more than the limit pile up; then the
	// connection is aborted with that reason, because a hole in the stream would be worse.
	Write(p []byte) (int, error)
	// WriteSequence is Write for several pieces at once.
	WriteSequence(pieces ...[]byte) (int, error)

	// LoseConnection closes the connection after everything written so far has been delivered to the kernel, and without cutting
	// off what the peer has yet to read. Later writes are refused, nothing more is received, and ConnectionLost
	// comes with ErrConnectionDone, never inside this call. A registered producer is let finish first: until UnregisterProducer or, if it
	// is itself a Transport that is closing or gone, or whose peer has ended its half, not at all. A second call looks at that again.
	LoseConnection()
	// AbortConnection closes at once, drops what was not sent and tells the peer with a reset. ConnectionLost comes
	// with ErrConnectionAborted, never inside this call.
	AbortConnection()
	// AbortWith is AbortConnection with a cause: ConnectionLost gets a *LossError that matches ErrConnectionAborted and err.
	// A protocol uses it when the peer breaks the rules. A nil err is AbortConnection.
	AbortWith(err error)
	// Disconnecting tells whether LoseConnection or AbortConnection was called, or the connection is gone.
	Disconnecting() bool
	// OnLost registers f to run when the connection ends, before the protocol's ConnectionLost and with the same reason.
	// Functions run in the order in which they were registered; on a lost transport f runs at once.
	OnLost(f func(reason error))

	// LocalAddr is this side's address, RemoteAddr the peer's (*net.TCPAddr). They stay known after the loss.
	LocalAddr() net.Addr
	RemoteAddr() net.Addr
	// Buffered is the number of bytes written and not yet given to the kernel.
	Buffered() int

	// PauseProducing stops reading from the peer, so that its sending backs up; nothing is read ahead and nothing is lost.
	// A paused connection does not notice that the peer has gone until it is resumed or written to.
	PauseProducing()
	// ResumeProducing reads on after PauseProducing. It does nothing once the connection is closing.
	ResumeProducing()
	// StopProducing is LoseConnection: it makes a Transport a Producer for another Transport.
	StopProducing()

	// RegisterProducer names the source of what is written. A streaming producer is paused when more than 64 KiB wait
	// and resumed when all of it is gone; any other one is asked for more with ResumeProducing whenever nothing waits.
	// A second one is refused with ErrProducerRegistered. On a transport that is closing or lost p.StopProducing is called at once.
	RegisterProducer(p Producer, streaming bool) error
	// UnregisterProducer says that the producer is done. It completes a LoseConnection that waited for it.
	UnregisterProducer()

	// Reactor is the reactor this connection lives on.
	Reactor() *Reactor
	// Connector is what made an outgoing connection; nil for an accepted one.
	Connector() *Connector
}

// TLSTransport is a Transport that can speak TLS, found by type assertion. Source: twisted.internet.interfaces.ITLSTransport.
type TLSTransport interface {
	Transport
	// StartTLS puts the rest of the conversation under TLS: as the client on a connection that a Connector made, whose host is the
	// name to verify unless config has a ServerName (nil is a default configuration), and as the server on one that was accepted, for
	// which config needs a certificate. What was written before goes out in the clear first; what is written from now on waits
	// for the handshake, and nothing is received before its end.
	//
	// A protocol that has received bytes behind the line which switches must not go on: it calls AbortWith with
	// ErrPlaintextAfterStartTLS instead (basic.LineReceiver does).
	//
	// Fires with: the state of the session. Fails with: ErrTLSStarted, ErrWriteAfterClose, a configuration's fault, and the
	// connection lives on; or a *TLSError, and the connection is closed (ErrTLSTimeout after WithHandshakeTimeout, ErrNotTLS,
	// ErrTLSUnknownAuthority, ...). Cancel aborts the connection.
	StartTLS(config *tls.Config) *deferred.Deferred[tls.ConnectionState]
	// TLSState describes the session; ok is false while the connection is in the clear.
	TLSState() (state tls.ConnectionState, ok bool)
}

// TCPTransport is a Transport on a TCP socket, found by type assertion. Source: twisted.internet.interfaces.ITCPTransport.
type TCPTransport interface {
	Transport
	// SetNoDelay turns Nagle's algorithm off (true, the default here) or on.
	SetNoDelay(on bool) error
	// SetKeepAlive turns TCP keep-alive probes on or off (off by default).
	SetKeepAlive(on bool) error
	// SetKeepAlivePeriod sets the silence before the first probe, and between probes, in whole seconds. It does not turn them on.
	SetKeepAlivePeriod(d time.Duration) error
	// SetUserTimeout sets how long what was sent may stay unacknowledged before the kernel gives the connection up (TCP_USER_TIMEOUT,
	// Linux only: errors.ErrUnsupported elsewhere).
	SetUserTimeout(d time.Duration) error
	// SetReadBuffer and SetWriteBuffer set the size of the kernel's buffers.
	SetReadBuffer(bytes int) error
	SetWriteBuffer(bytes int) error

	// LoseWriteConnection ends this side's half of the connection once everything written so far has been given to the kernel; later
	// writes are refused with ErrWriteAfterClose. The peer's bytes go on coming until it ends its half; then ConnectionLost comes
	// with ErrConnectionDone, unless the protocol is a HalfCloser and has a say in it. A registered producer is let finish first.
	// Source: twisted.internet.interfaces.ITCPTransport.loseWriteConnection.
	LoseWriteConnection()
}

// Producer is a source of bytes that can be told to wait. Source: twisted.internet.interfaces.IPushProducer.
//
// Goroutine: reactor.
type Producer interface {
	// PauseProducing asks it to write no more until ResumeProducing.
	PauseProducing()
	// ResumeProducing asks it to write (on).
	ResumeProducing()
	// StopProducing says that nobody wants its bytes any more: the connection is lost.
	StopProducing()
}
