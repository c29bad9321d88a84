//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"
)

// errSystem lets programs for other systems build, and tells at Run or Listen that there is nothing to run on. It matches
// errors.ErrUnsupported.
var errSystem = fmt.Errorf("engine: no poller for %s: %w", runtime.GOOS, errors.ErrUnsupported)

// Poller cannot be opened on this system.
type Poller struct{}

// Attachment ties a descriptor to the poller.
type Attachment struct{ fd int }

// FD is the descriptor.
func (a *Attachment) FD() int { return a.fd }

// Open answers an error that matches errors.ErrUnsupported.
func Open(_, _ func()) (*Poller, error) { return nil, errSystem }

// Poll answers why there is nothing to poll.
func (p *Poller) Poll() error { return errSystem }

// Stop does nothing.
func (p *Poller) Stop() {}

// Close does nothing.
func (p *Poller) Close() {}

// Wake does nothing.
func (p *Poller) Wake() {}

// SetTimer does nothing.
func (p *Poller) SetTimer(time.Duration) {}

// Register does nothing.
func (p *Poller) Register(*Attachment, int, Handler) {}

// Deregister does nothing.
func (p *Poller) Deregister(*Attachment) {}

// SetInterest answers an error.
func (p *Poller) SetInterest(*Attachment, Interest) error { return errSystem }

// Again does nothing.
func (p *Poller) Again(*Attachment) {}

// ReadFD answers an error.
func ReadFD(int, []byte) (int, error) { return 0, errSystem }

// WriteFD answers an error.
func WriteFD(int, []byte) (int, error) { return 0, errSystem }

// CloseFD does nothing.
func CloseFD(int) {}

// ResetOnClose does nothing.
func ResetOnClose(int) {}

// ShutdownWrite does nothing.
func ShutdownWrite(int) {}

// Unacknowledged is zero.
func Unacknowledged(int) int { return 0 }

// ConnectResult answers an error.
func ConnectResult(int) error { return errSystem }

// SetNoDelay answers an error.
func SetNoDelay(int, bool) error { return errSystem }

// SetKeepAlive answers an error.
func SetKeepAlive(int, bool) error { return errSystem }

// Addresses are invalid.
func Addresses(int) (local, remote netip.AddrPort) { return local, remote }

// Spare answers an error.
func Spare() (int, error) { return -1, errSystem }

// OutOfDescriptors is false.
func OutOfDescriptors(error) bool { return false }

// Listen answers an error that matches errors.ErrUnsupported.
func Listen(netip.Addr, uint16, int) (int, error) { return -1, errSystem }

// Accept answers an error.
func Accept(int) (fd int, remote netip.AddrPort, err error) { return -1, remote, errSystem }

// Connect answers an error that matches errors.ErrUnsupported.
func Connect(netip.AddrPort, SocketOptions) (fd int, pending bool, err error) {
	return -1, false, errSystem
}
