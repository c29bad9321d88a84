package reactor

import (
	"errors"
	"net/netip"
	"syscall"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// Why a datagram was not sent.
var (
	// ErrDatagram: any cause. Every *DatagramError matches it.
	ErrDatagram error = &kind{text: "reactor: the datagram was not sent"}
	// ErrMessageLength: it is longer than UDP, or the network, takes in one datagram.
	ErrMessageLength error = &kind{text: "Message is too long to send", also: []error{ErrDatagram}}
	// ErrDatagramDropped: the system's queue is full, so it was thrown away. A later one may find room.
	ErrDatagramDropped error = &kind{text: "reactor: the datagram was dropped because the system's queue is full", also: []error{ErrDatagram}}
	// ErrNoDestination: the address is not valid, or has port 0, and the port has no peer.
	ErrNoDestination error = &kind{text: "reactor: the datagram has no destination", also: []error{ErrDatagram}}
	// ErrDatagramConnected: the port is connected to another peer, or is to be connected a second time.
	ErrDatagramConnected error = &kind{text: "reactor: the UDP port is connected already"}
)

// DatagramError says why a datagram was not sent: "Message is too long to send: 90: Message too long."
type DatagramError struct {
	Kind error          // ErrMessageLength, ErrDatagramDropped or ErrDatagram
	To   netip.AddrPort // where it was to go
	Size int            // in bytes
	Err  error          // the cause, a syscall.Errno within; nil for ErrDatagramDropped
}

// Error is the text of the kind, with the cause behind it.
func (e *DatagramError) Error() string { return explain(e.Kind, e.Err) }

// Unwrap gives errors.Is both the kind and the cause.
func (e *DatagramError) Unwrap() []error { return pair(e.Kind, e.Err) }

func newDatagramError(err error, to netip.AddrPort, size int) *DatagramError {
	e := &DatagramError{Kind: ErrDatagram, To: to, Size: size, Err: err}
	switch {
	case errors.Is(err, engine.ErrWouldBlock):
		e.Kind, e.Err = ErrDatagramDropped, nil
	case errors.Is(err, syscall.EMSGSIZE):
		e.Kind = ErrMessageLength
	}
	return e
}
