package reactor

import (
	"context"
	"io/fs"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// Defaults that options change.
const (
	// DefaultConnectTimeout is how long an attempt to connect may take, from the name lookup to the end of the TLS handshake.
	DefaultConnectTimeout = 30 * time.Second
	// DefaultHandshakeTimeout is how long the TLS handshake of an accepted connection, or of StartTLS, may take.
	DefaultHandshakeTimeout = 10 * time.Second
	// DefaultFlushTimeout is how long a stopping reactor goes on sending what was written before.
	DefaultFlushTimeout = time.Second
	// DefaultMaxBuffered is how many bytes may wait in one connection before a further Write aborts it.
	DefaultMaxBuffered = 64 << 20
	// DefaultBacklog is how many connections the kernel queues for a port until they are accepted.
	DefaultBacklog = 1024
)

const (
	// highWater is how many waiting bytes pause a streaming producer.
	highWater = 64 << 10
	// readBufferBytes is the size of the one buffer all connections of a reactor are read through.
	readBufferBytes = 64 << 10
	// maxReads is how many times that buffer is filled for one connection before the others get their turn.
	maxReads = 4
	// maxCallRounds is how many times in a turn the calls are run that the calls before them have brought.
	maxCallRounds = 8
	// directWriteBytes is the size from which a write goes to the kernel first and only its rest is copied.
	directWriteBytes = 16 << 10
	// maxSpareBufferBytes and maxSpareBuffers bound the write buffers kept for reuse.
	maxSpareBufferBytes = 64 << 10
	maxSpareBuffers     = 64
	// lingerTimeout is how long a closed connection goes on discarding what the peer sends, for the peer to get all of ours.
	lingerTimeout = 30 * time.Second
	// lingerCheck is how often it is looked at whether that is still of use.
	lingerCheck = time.Second
	// closeStallTimeout is how long LoseConnection waits for a peer that takes nothing.
	closeStallTimeout = 60 * time.Second
	// attemptDelay is the head start of each address over the next (RFC 8305 section 5).
	attemptDelay = 250 * time.Millisecond
	// maxLookups is how many names are looked up at the same time.
	maxLookups = 64
	// maxAccepts is how many connections are accepted in one go, before other descriptors get their turn.
	maxAccepts = 64
	// acceptPause is how long a port rests when the process has no descriptor left.
	acceptPause = 250 * time.Millisecond
)

// Option changes a reactor at New.
type Option func(*Reactor)

// WithLogger makes the reactor log to l: panics in callbacks, descriptors running out. Without it the reactor is silent.
func WithLogger(l *zap.Logger) Option {
	return func(r *Reactor) {
		if l != nil {
			r.log = l
		}
	}
}

// WithSignals makes Run stop the reactor on SIGINT and SIGTERM, as the default reactor's does (Twisted's
// installSignalHandlers).
func WithSignals() Option { return func(r *Reactor) { r.signals = true } }

// WithFlushTimeout sets how long Stop goes on sending what was written before. Zero and less mean not at all.
func WithFlushTimeout(d time.Duration) Option { return func(r *Reactor) { r.flushTimeout = max(d, 0) } }

// WithHandshakeTimeout sets how long the TLS handshake of an accepted connection, or of StartTLS, may take, whatever trickles in
// meanwhile; DefaultHandshakeTimeout otherwise. Zero and less mean no limit. That of ConnectTLS is within the timeout of the attempt.
func WithHandshakeTimeout(d time.Duration) Option {
	return func(r *Reactor) { r.handshakeTimeout = d }
}

// WithMaxBuffered sets how many bytes may wait in one connection before a further Write aborts it with ErrBufferFull.
// Zero and less leave the default, DefaultMaxBuffered.
func WithMaxBuffered(n int) Option {
	return func(r *Reactor) {
		if n > 0 {
			r.maxBuffered = n
		}
	}
}

// Resolver looks names up; *net.Resolver is one.
//
// Goroutine: its own, so it may block until ctx ends.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// WithResolver makes ConnectTCP look names up with v; the default is net.DefaultResolver.
func WithResolver(v Resolver) Option {
	return func(r *Reactor) {
		if v != nil {
			r.resolver = v
		}
	}
}

// WithClock makes the reactor take the time from now, for tests that move it by hand: see reactortest.Clock.
func WithClock(now func() time.Time) Option {
	return func(r *Reactor) {
		if now != nil {
			r.clock, r.ownClock = now, true
		}
	}
}

// ConnectOption changes one Connector.
type ConnectOption func(*connectOptions)

type connectOptions struct {
	timeout time.Duration
	bind    string
	control func(fd uintptr) error
	dial    DialFunc
}

// Timeout sets how long an attempt may take, DefaultConnectTimeout otherwise. Zero or less means no limit but the kernel's.
func Timeout(d time.Duration) ConnectOption { return func(o *connectOptions) { o.timeout = d } }

// BindAddress sets the local address of the connection: "127.0.0.2" or, with a port, "127.0.0.2:2525".
func BindAddress(addr string) ConnectOption { return func(o *connectOptions) { o.bind = addr } }

// Control has f change the socket of a connection before it is bound and connected, with setsockopt(2) for example. An error of f, and
// a panic, fails the address that is tried.
func Control(f func(fd uintptr) error) ConnectOption {
	return func(o *connectOptions) { o.control = f }
}

// ListenOption changes one Port.
type ListenOption func(*listenOptions)

type listenOptions struct {
	address string
	engine.ListenOptions
}

// ControlListener has f change the listening socket before it is bound. An error of f, and a panic, fails the listening.
func ControlListener(f func(fd uintptr) error) ListenOption {
	return func(o *listenOptions) { o.Control = f }
}

// ReusePort lets several processes, or reactors, listen on one port (SO_REUSEPORT); the system spreads the connections.
func ReusePort() ListenOption { return func(o *listenOptions) { o.ReusePort = true } }

// Mode sets the permissions of the file of a UNIX socket, 0660 for example; without it they are what the umask leaves.
func Mode(m fs.FileMode) ListenOption {
	return func(o *listenOptions) { o.ListenOptions.Mode = uint32(m.Perm()) }
}

// Interface restricts a port to one local address, such as "127.0.0.1"; without it all of IPv4 and IPv6 are listened on.
func Interface(addr string) ListenOption { return func(o *listenOptions) { o.address = addr } }

// Backlog sets how many connections the kernel queues. Zero and less leave the default, DefaultBacklog.
func Backlog(n int) ListenOption {
	return func(o *listenOptions) {
		if n > 0 {
			o.ListenOptions.Backlog = n
		}
	}
}
