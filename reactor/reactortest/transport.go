package reactortest

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/netip"
	"time"

	"github.com/tconn/tconn/reactor"
)

// Transport is a connection in memory whose peer is the test. The protocol sees a reactor.Transport (and reactor.TCPTransport
// and reactor.TLSTransport) that keeps all of its promises; the other methods are the test's side:
//
//	tr := reactortest.NewTransport(clock)
//	tr.Connect(protocol)            // MakeConnection, ConnectionMade
//	tr.Receive([]byte("hello\r\n")) // DataReceived
//	got := tr.Take()                // what the protocol wrote
//	tr.Lose(nil)                    // the peer closes: ConnectionLost
//
// What is written counts as taken by the peer at once, so Buffered stays zero, unless Hold says otherwise.
//
// Goroutine: that of the test. Source: twisted.internet.testing.StringTransport.
type Transport struct {
	clock *Clock
	proto reactor.Protocol

	kept    [][]byte // came from the peer and waits for DataReceived
	end     error    // the peer's end, not noticed yet
	written []byte   // the peer has it
	out     []byte   // waits because of Hold
	limit   int      // of out

	onLost []func(reason error)
	reason error // set once doomed

	producer  reactor.Producer
	streaming bool
	halted    bool // the producer was told to pause

	local, remote netip.AddrPort
	tls           *tls.ConnectionState
	starting      *handshake // StartTLS was called and the test has not said how it went
	half          half

	phase     phase
	paused    bool
	holding   bool
	queued    bool // stands in clock.dirty
	asking    bool // stands in clock.hungry
	aborted   bool // the peer is to see a reset
	noDelay   bool
	keepAlive bool
	options   Options
}

var (
	_ reactor.TCPTransport = (*Transport)(nil)
	_ reactor.TLSTransport = (*Transport)(nil)
)

// phase is the life of a connection, as in the reactor: open, then closing (what waits is still sent), then doomed (the reason
// is settled, the protocol does not know yet), then lost.
type phase uint8

const (
	phaseOpen phase = iota
	phaseClosing
	phaseDoomed
	phaseLost
)

// NewTransport makes an open connection from 192.0.2.1:49152 to 192.0.2.2:143 that lives by clock; nil means a clock
// of its own.
func NewTransport(clock *Clock) *Transport {
	if clock == nil {
		clock = NewClock()
	}
	return &Transport{
		clock:   clock,
		limit:   reactor.DefaultMaxBuffered,
		local:   netip.MustParseAddrPort("192.0.2.1:49152"),
		remote:  netip.MustParseAddrPort("192.0.2.2:143"),
		noDelay: true,
	}
}

// Clock is the clock the connection lives by.
func (t *Transport) Clock() *Clock { return t.clock }

// Connect gives p the connection: MakeConnection, then ConnectionMade. A connection has one protocol: a second call panics.
func (t *Transport) Connect(p reactor.Protocol) {
	if t.proto != nil {
		panic("reactortest: Connect: the transport has a protocol already")
	}
	t.proto = p
	t.call(func() {
		p.MakeConnection(t)
		p.ConnectionMade()
	})
}

// Receive lets p come in from the peer, as one DataReceived. It waits while the protocol has paused the connection, and is
// dropped once the connection is closing or gone. Inside a callback it waits for its end, at the latest for Clock.Turn.
//
// Lifetime: the protocol gets a copy, which is overwritten when DataReceived returns: borrowed bytes that are kept
// turn into noise.
func (t *Transport) Receive(p []byte) {
	if t.proto == nil {
		panic("reactortest: Receive before Connect")
	}
	if t.phase != phaseOpen || t.end != nil || len(p) == 0 {
		return
	}
	t.kept = append(t.kept, bytes.Clone(p))
	if t.clock.depth > 0 {
		t.enqueue()
		return
	}
	t.deliver()
}

// Lose ends the connection from the peer's side; nil means a clean end, reactor.ErrConnectionDone. The protocol hears of it
// before Lose returns. But a protocol that has paused the connection notices only when it resumes or writes, what Hold holds back
// is sent before a clean end, and inside a callback the news waits for Clock.Turn. The first end counts.
func (t *Transport) Lose(reason error) {
	clean := reason == nil || reason == reactor.ErrConnectionDone
	switch {
	case t.phase == phaseClosing && !clean:
		t.doom(reason)
	case t.phase == phaseOpen && t.end == nil && clean:
		t.end = reactor.ErrConnectionDone
	case t.phase == phaseOpen && t.end == nil:
		t.end = reason
	}
	t.settleNow()
}

// Written is a copy of what the peer has got of the protocol's writes since the last Take or Clear.
func (t *Transport) Written() []byte { return bytes.Clone(t.written) }

// Take answers what Written does, and forgets it.
func (t *Transport) Take() []byte {
	taken := t.written
	t.written = nil
	return taken
}

// Clear forgets what was written so far.
func (t *Transport) Clear() { t.written = nil }

// Hold makes the peer take nothing: writes pile up and count as Buffered until Drain or Release.
func (t *Transport) Hold() { t.holding = true }

// Drain lets the peer take up to n of the bytes that wait, and goes on holding. When none is left a producer is asked for more,
// or a closing connection ends, before Drain returns.
func (t *Transport) Drain(n int) {
	n = min(n, len(t.out))
	if n <= 0 {
		return
	}
	t.written = append(t.written, t.out[:n]...)
	t.out = t.out[n:]
	if len(t.out) == 0 {
		t.out = nil
		t.drained()
	}
}

// Release ends Hold: the peer takes all that waits, with what follows from that (see Drain).
func (t *Transport) Release() {
	t.holding = false
	t.Drain(len(t.out))
}

// Paused tells whether the protocol has stopped reading with PauseProducing.
func (t *Transport) Paused() bool { return t.paused }

// Aborted tells whether the protocol ended the connection with AbortConnection, or by filling the buffer: the peer sees a reset.
func (t *Transport) Aborted() bool { return t.aborted }

// Reason is what the protocol got, or is about to get, in ConnectionLost; nil while the connection stands.
func (t *Transport) Reason() error { return t.reason }

// NoDelay tells whether Nagle's algorithm is off, as it is at first.
func (t *Transport) NoDelay() bool { return t.noDelay }

// KeepAlive tells whether keep-alive probes are on; at first they are not.
func (t *Transport) KeepAlive() bool { return t.keepAlive }

// SetAddrs changes what LocalAddr and RemoteAddr answer.
func (t *Transport) SetAddrs(local, remote netip.AddrPort) { t.local, t.remote = local, remote }

// Options are the settings of the socket that the protocol has made; zero means never.
func (t *Transport) Options() Options { return t.options }

// Options are settings of a socket. See reactor.TCPTransport.
type Options struct {
	KeepAlivePeriod, UserTimeout time.Duration
	ReadBuffer, WriteBuffer      int
}

// SetTLS makes the protocol see a connection under TLS with that state; nil means in the clear, as at first. The bytes stay plain.
func (t *Transport) SetTLS(state *tls.ConnectionState) { t.tls = state }

// SetMaxBuffered sets how many bytes may wait before a further Write aborts the connection, at first
// reactor.DefaultMaxBuffered.
func (t *Transport) SetMaxBuffered(n int) { t.limit = n }

// LocalAddr is this side's address, a *net.TCPAddr.
func (t *Transport) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(t.local) }

// RemoteAddr is the peer's address, a *net.TCPAddr.
func (t *Transport) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(t.remote) }

// Reactor is that of the clock.
func (t *Transport) Reactor() *reactor.Reactor { return t.clock.reactor }

// Connector is nil, as for an accepted connection.
func (t *Transport) Connector() *reactor.Connector { return nil }

// TLSState is what SetTLS has set.
func (t *Transport) TLSState() (state tls.ConnectionState, ok bool) {
	if t.tls == nil {
		return tls.ConnectionState{}, false
	}
	return *t.tls, true
}

// SetNoDelay is recorded for NoDelay.
func (t *Transport) SetNoDelay(on bool) error { return setOption(t, &t.noDelay, on) }

// SetKeepAlive is recorded for KeepAlive.
func (t *Transport) SetKeepAlive(on bool) error { return setOption(t, &t.keepAlive, on) }

// SetKeepAlivePeriod is recorded in Options.
func (t *Transport) SetKeepAlivePeriod(d time.Duration) error {
	return setOption(t, &t.options.KeepAlivePeriod, d)
}

// SetUserTimeout is recorded in Options.
func (t *Transport) SetUserTimeout(d time.Duration) error {
	return setOption(t, &t.options.UserTimeout, d)
}

// SetReadBuffer is recorded in Options.
func (t *Transport) SetReadBuffer(bytes int) error {
	return setOption(t, &t.options.ReadBuffer, bytes)
}

// SetWriteBuffer is recorded in Options.
func (t *Transport) SetWriteBuffer(bytes int) error {
	return setOption(t, &t.options.WriteBuffer, bytes)
}

func setOption[T any](t *Transport, option *T, value T) error {
	if t.phase == phaseLost {
		return reactor.ErrWriteAfterClose
	}
	*option = value
	return nil
}
