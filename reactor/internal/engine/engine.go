// Package engine is the small floor the reactor stands on: readiness of descriptors, non-blocking stream sockets, and
// wake-ups. It knows no protocol, no timer and no callback chain.
//
// OS is the operating system: its Poller is built on gnet's poller layer (epoll on Linux, kqueue on the BSDs and macOS), and no
// other package imports gnet. Package reactortest has another System, in memory.
package engine

import (
	"errors"
	"net/netip"
	"time"
)

// System is all that a reactor asks of the world: descriptors and a poller to wait for them.
//
// Goroutine: that of the reactor, and before it polls the one that prepares it.
type System interface {
	// Open makes a poller. onWake runs on the polling goroutine after a Wake; onTimer after the time set with SetTimer.
	Open(onWake, onTimer func()) (Poller, error)

	// Connect starts a connection. pending means that its outcome comes as write readiness (see ConnectResult). A *BindError says
	// that the fault is with the local address.
	Connect(to Address, o SocketOptions) (fd int, pending bool, err error)
	// ConnectResult is the outcome of a pending Connect: ErrWouldBlock while there is none.
	ConnectResult(fd int) error
	// Listen binds and listens. An invalid IP address with a port means all interfaces, IPv6 and IPv4 where the system has both.
	Listen(at Address, o ListenOptions) (fd int, err error)
	// Accept takes one connection from a listening socket: ErrWouldBlock when there is none.
	Accept(listener int) (fd int, remote Address, err error)
	// SocketFile identifies the file of a UNIX socket, and Unlink removes a file; ok is false when path is no such file.
	SocketFile(path string) (id FileID, ok bool)
	Unlink(path string) error
	// Adopt makes a descriptor that came from elsewhere fit for the poller, and tells whether it listens. The caller keeps the ownership.
	Adopt(fd int) (listening bool, err error)
	// Pair is two connected stream sockets.
	Pair() (a, b int, err error)
	// Spare opens a descriptor to be held in reserve.
	Spare() (fd int, err error)

	// Read reads what is there; 0 and nil is the end of the stream.
	Read(fd int, p []byte) (int, error)
	// Write writes what the kernel takes.
	Write(fd int, p []byte) (int, error)
	// ShutdownWrite sends the end of the stream after everything written.
	ShutdownWrite(fd int)
	// ResetOnClose makes Close drop what was not sent and reset the connection.
	ResetOnClose(fd int)
	// Close closes the descriptor.
	Close(fd int)

	// Unacknowledged is the number of bytes that the peer's kernel has not confirmed yet.
	Unacknowledged(fd int) int
	// SetOption changes a socket.
	SetOption(fd int, option Option, value int) error
	// Local and Remote are the two ends of a connection. A listening socket has no remote one.
	Local(fd int) Address
	Remote(fd int) Address
}

// Poller waits for readiness on one goroutine. Goroutine: that of Poll, but for Wake.
type Poller interface {
	// Poll dispatches readiness until Stop, which may have been called before, or until the system fails.
	Poll() error
	// Stop makes Poll return after the handler that runs now.
	Stop()
	// Close frees the descriptors of the poller. Nobody may call Wake any more.
	Close()
	// Wake makes the poller call onWake. Goroutine: any.
	Wake()
	// SetTimer makes onTimer run once, after d; it replaces the time set before.
	SetTimer(d time.Duration)
	// Register makes h hear of fd, with no interest yet.
	Register(a *Attachment, fd int, h Handler)
	// Deregister forgets the descriptor; the caller closes it afterwards.
	Deregister(a *Attachment)
	// Forget is Deregister for a descriptor that has no duplicate and is closed right afterwards: the system forgets it by itself then.
	Forget(a *Attachment)
	// Replace makes h hear of the descriptor of from, as to; what is wanted of it may have to be registered again.
	Replace(from, to *Attachment, h Handler)
	// SetInterest registers exactly what is wanted.
	SetInterest(a *Attachment, want Interest) error
	// Again asks to be told once more of what is wanted and may still be ready.
	Again(a *Attachment)
}

// Interest says which readiness of a descriptor is wanted.
type Interest uint8

// The kinds of readiness; they are or-ed together.
const (
	None  Interest = 0
	Read  Interest = 1
	Write Interest = 2
)

// Handler hears of readiness, on the goroutine that polls. Readiness is a hint: what is true is what the system call answers.
type Handler interface {
	Ready(ready Interest)
}

// ErrWouldBlock is answered by Read, Write and Accept when nothing can be done now.
var ErrWouldBlock = errors.New("engine: would block")

// Address is one end of a connection: an IP address with a port, or the path of a UNIX socket ("@name" is an abstract one, "" one
// without a name).
type Address struct {
	netip.AddrPort
	UNIX bool
	Path string
}

// TCP is the address of a TCP socket.
func TCP(ap netip.AddrPort) Address { return Address{AddrPort: ap} }

// UNIX is the address of a UNIX socket.
func UNIX(path string) Address { return Address{UNIX: true, Path: path} }

// FileID tells one file from another that took its name.
type FileID struct{ Device, Inode uint64 }

// SocketOptions of an outgoing connection.
type SocketOptions struct {
	// Bind is the local address; the zero value lets the system choose.
	Bind netip.AddrPort
	// Control, if set, changes the socket before it is bound.
	Control func(fd uintptr) error
}

// ListenOptions of a listening socket.
type ListenOptions struct {
	Backlog int
	// Control, if set, changes the socket before it is bound.
	Control func(fd uintptr) error
	// ReusePort lets several sockets listen on one port.
	ReusePort bool
	// Mode is the permissions of the file of a UNIX socket; 0 leaves it to the umask.
	Mode uint32
}

// Option is a setting of a socket.
type Option uint8

// The options of SetOption.
const (
	NoDelay       Option = iota // 0 or 1
	KeepAlive                   // 0 or 1
	KeepAliveIdle               // seconds of silence before the first probe, and between probes
	ReadBuffer                  // bytes
	WriteBuffer                 // bytes
	UserTimeout                 // milliseconds that sent data may stay unacknowledged (TCP_USER_TIMEOUT)
)

// BindError is a local address that cannot be used.
type BindError struct{ Err error }

func (e *BindError) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *BindError) Unwrap() error { return e.Err }
