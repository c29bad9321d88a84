package clientservice

import (
	"context"
	"errors"
	"fmt"

	"github.com/tconn/tconn/deferred"
)

// ErrStopped is what a WhenConnected gets when the service is stopped. It matches deferred.ErrCancelled and context.Canceled.
//
// Source: the CancelledError of Twisted's whenConnected.
var ErrStopped error = stoppedError{}

type stoppedError struct{}

func (stoppedError) Error() string { return "clientservice: the service was stopped" }

// Is matches what a cancelled Deferred fails with.
func (stoppedError) Is(target error) bool {
	return target == deferred.ErrCancelled || target == context.Canceled
}

// ErrUnknownProtocol is the failure of an attempt whose endpoint answered a protocol that its factory has not built, so that nobody could
// tell when its connection ends.
var ErrUnknownProtocol = errors.New("clientservice: the endpoint answered a protocol that it did not get from the factory")

// TimeoutError is the failure of an attempt that took too long. It matches context.DeadlineExceeded.
type TimeoutError struct {
	Doing string                 // "Connect" or "Prepare"
	Err   *deferred.TimeoutError // with the time it had
}

// Error says what took how long.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("clientservice: %s took longer than %v", e.Doing, e.Err.After)
}

// Unwrap gives the error of the deadline.
func (e *TimeoutError) Unwrap() error { return e.Err }

// Timeout is always true, as net.Error and os.IsTimeout ask.
func (e *TimeoutError) Timeout() bool { return true }
