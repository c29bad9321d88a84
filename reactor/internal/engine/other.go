//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package engine

import (
	"errors"
	"fmt"
	"runtime"
)

// errSystem lets programs for other systems build, and tells at Run or Listen that there is nothing to run on. It matches
// errors.ErrUnsupported.
var errSystem = fmt.Errorf("engine: no poller for %s: %w", runtime.GOOS, errors.ErrUnsupported)

// OS answers errors that match errors.ErrUnsupported.
var OS System = system{}

type system struct{}

// Attachment ties a descriptor to a poller.
type Attachment struct {
	fd       int
	interest Interest
}

// FD is the descriptor.
func (a *Attachment) FD() int { return a.fd }

// Interest is what is registered now.
func (a *Attachment) Interest() Interest { return a.interest }

// Set is for implementations of Poller.
func (a *Attachment) Set(fd int, i Interest) { a.fd, a.interest = fd, i }

func (system) Open(_, _ func()) (Poller, error) { return nil, errSystem }

func (system) Connect(Address, SocketOptions) (int, bool, error) { return -1, false, errSystem }
func (system) ConnectResult(int) error                           { return errSystem }
func (system) Listen(Address, ListenOptions) (int, error)        { return -1, errSystem }
func (system) Accept(int) (int, Address, error)                  { return -1, Address{}, errSystem }
func (system) SocketFile(string) (FileID, bool)                  { return FileID{}, false }
func (system) Unlink(string) error                               { return errSystem }
func (system) Adopt(int) (bool, error)                           { return false, errSystem }
func (system) Pair() (int, int, error)                           { return -1, -1, errSystem }
func (system) Spare() (int, error)                               { return -1, errSystem }
func (system) Read(int, []byte) (int, error)                     { return 0, errSystem }
func (system) Write(int, []byte) (int, error)                    { return 0, errSystem }
func (system) ShutdownWrite(int)                                 {}
func (system) ResetOnClose(int)                                  {}
func (system) Close(int)                                         {}
func (system) Unacknowledged(int) int                            { return 0 }
func (system) SetOption(int, Option, int) error                  { return errSystem }
func (system) Local(int) Address                                 { return Address{} }
func (system) Remote(int) Address                                { return Address{} }

// OutOfDescriptors is false.
func OutOfDescriptors(error) bool { return false }
