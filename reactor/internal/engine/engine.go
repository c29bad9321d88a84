// Package engine is the small floor the reactor stands on: readiness of descriptors, non-blocking TCP sockets, and
// wake-ups. It knows no protocol, no timer and no callback chain.
//
// Poller is built on gnet's poller layer (epoll on Linux, kqueue on the BSDs and macOS); no other package imports gnet.
package engine

import (
	"errors"
	"net/netip"
)

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

// ErrWouldBlock is answered by ReadFD, WriteFD and Accept when nothing can be done now.
var ErrWouldBlock = errors.New("engine: would block")

// SocketOptions of an outgoing connection.
type SocketOptions struct {
	// Bind is the local address; the zero value lets the system choose.
	Bind netip.AddrPort
}

// BindError is a local address that cannot be used.
type BindError struct{ Err error }

func (e *BindError) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *BindError) Unwrap() error { return e.Err }
