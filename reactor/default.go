package reactor

import (
	"context"
	"crypto/tls"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/tconn/tconn/deferred"
)

var defaultReactor = sync.OnceValue(func() *Reactor { return New(WithSignals()) })

// Default is the reactor behind the package-level functions. It stops on SIGINT and SIGTERM. Like every reactor it runs once;
// New makes others.
//
// Goroutine: any.
func Default() *Reactor { return defaultReactor() }

// ConnectTCP is Reactor.ConnectTCP of the default reactor.
func ConnectTCP(host string, port int, f ClientFactory, options ...ConnectOption) *Connector {
	return Default().ConnectTCP(host, port, f, options...)
}

// ConnectTLS is Reactor.ConnectTLS of the default reactor.
func ConnectTLS(host string, port int, f ClientFactory, config *tls.Config, options ...ConnectOption) *Connector {
	return Default().ConnectTLS(host, port, f, config, options...)
}

// ListenTCP is Reactor.ListenTCP of the default reactor.
func ListenTCP(port int, f Factory, options ...ListenOption) (*Port, error) {
	return Default().ListenTCP(port, f, options...)
}

// ListenTLS is Reactor.ListenTLS of the default reactor.
func ListenTLS(port int, f Factory, config *tls.Config, options ...ListenOption) (*Port, error) {
	return Default().ListenTLS(port, f, config, options...)
}

// ListenUDP is Reactor.ListenUDP of the default reactor.
func ListenUDP(port int, p DatagramProtocol, options ...ListenOption) (*UDPPort, error) {
	return Default().ListenUDP(port, p, options...)
}

// ConnectUDP is Reactor.ConnectUDP of the default reactor.
func ConnectUDP(to netip.AddrPort, p DatagramProtocol, options ...ConnectOption) (*UDPPort, error) {
	return Default().ConnectUDP(to, p, options...)
}

// StandardIO is Reactor.StandardIO of the default reactor.
func StandardIO(p Protocol) error { return Default().StandardIO(p) }

// AdoptStreamPort is Reactor.AdoptStreamPort of the default reactor.
func AdoptStreamPort(f *os.File, factory Factory) (*Port, error) {
	return Default().AdoptStreamPort(f, factory)
}

// AdoptTLSPort is Reactor.AdoptTLSPort of the default reactor.
func AdoptTLSPort(f *os.File, factory Factory, config *tls.Config) (*Port, error) {
	return Default().AdoptTLSPort(f, factory, config)
}

// AdoptStreamConnection is Reactor.AdoptStreamConnection of the default reactor.
func AdoptStreamConnection(f *os.File, factory Factory) error {
	return Default().AdoptStreamConnection(f, factory)
}

// AdoptDatagramPort is Reactor.AdoptDatagramPort of the default reactor.
func AdoptDatagramPort(f *os.File, p DatagramProtocol) (*UDPPort, error) {
	return Default().AdoptDatagramPort(f, p)
}

// AdoptReadWriter is Reactor.AdoptReadWriter of the default reactor.
func AdoptReadWriter(rw io.ReadWriteCloser, factory Factory) error {
	return Default().AdoptReadWriter(rw, factory)
}

// ConnectUNIX is Reactor.ConnectUNIX of the default reactor.
func ConnectUNIX(path string, f ClientFactory, options ...ConnectOption) *Connector {
	return Default().ConnectUNIX(path, f, options...)
}

// ListenUNIX is Reactor.ListenUNIX of the default reactor.
func ListenUNIX(path string, f Factory, options ...ListenOption) (*Port, error) {
	return Default().ListenUNIX(path, f, options...)
}

// CallLater is Reactor.CallLater of the default reactor.
func CallLater(d time.Duration, f func()) *DelayedCall { return Default().CallLater(d, f) }

// CallFromThread is Reactor.CallFromThread of the default reactor.
func CallFromThread(f func()) error { return Default().CallFromThread(f) }

// CallWhenRunning is Reactor.CallWhenRunning of the default reactor.
func CallWhenRunning(f func()) { Default().CallWhenRunning(f) }

// AddSystemEventTrigger is Reactor.AddSystemEventTrigger of the default reactor.
func AddSystemEventTrigger(phase Phase, event SystemEvent, f func() *deferred.Deferred[struct{}]) (remove func()) {
	return Default().AddSystemEventTrigger(phase, event, f)
}

// Run is Reactor.Run of the default reactor.
func Run() error { return Default().Run() }

// RunContext is Reactor.RunContext of the default reactor.
func RunContext(ctx context.Context) error { return Default().RunContext(ctx) }

// Stop is Reactor.Stop of the default reactor.
func Stop() error { return Default().Stop() }

// Running is Reactor.Running of the default reactor.
func Running() bool { return Default().Running() }
