package deferred

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrCancelled is the result of a Deferred that was cancelled and whose canceller gave no result of its own.
//
// errors.Is(err, context.Canceled) holds as well. Source: Twisted's CancelledError.
var ErrCancelled error = cancelledError{}

// ErrAwaitOnLoop is the answer of Await on the goroutine of an event loop when the result is not there yet: waiting
// there would stop the loop that has to bring the result.
var ErrAwaitOnLoop = errors.New("deferred: Await on the goroutine of an event loop would never return")

var errGoexit = errors.New("deferred: a callback ended its goroutine with runtime.Goexit")

type cancelledError struct{}

func (cancelledError) Error() string        { return "deferred: cancelled" }
func (cancelledError) Is(target error) bool { return target == context.Canceled }

// TimeoutError is the result of a Deferred that AddTimeout cancelled.
//
// errors.Is(err, context.DeadlineExceeded) holds; ErrCancelled does not match. It is a net.Error. Source: Twisted's
// TimeoutError.
type TimeoutError struct {
	After time.Duration // the duration given to AddTimeout
}

// Error says after how long the Deferred was given up.
func (e *TimeoutError) Error() string { return fmt.Sprintf("deferred: timed out after %v", e.After) }

// Timeout is always true, as net.Error and os.IsTimeout ask.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary is always true: the same request may succeed later.
func (e *TimeoutError) Temporary() bool { return true }

// Is matches context.DeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// FirstError is the result of Gather when a member failed: the first failure in time and the place of its member.
//
// Source: Twisted's FirstError.
type FirstError struct {
	Index int   // position of the member in the arguments of Gather, from 0
	Err   error // the error of that member
}

// Error gives the place and the text of the cause.
func (e *FirstError) Error() string {
	return fmt.Sprintf("deferred: member %d failed: %v", e.Index, e.Err)
}

// Unwrap gives the error of the member.
func (e *FirstError) Unwrap() error { return e.Err }

// PanicError is the result of a step that panicked.
type PanicError struct {
	Value any    // what was given to panic
	Stack []byte // stack of the panicking goroutine, as text
}

// Error gives the text of the panic, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("deferred: panic in a callback: %v", e.Value) }

// Unwrap gives the panic's value when that is an error, else nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// AlreadyCalledError is the panic of Callback and Errback on a Deferred that has had its result.
//
// Source: Twisted's AlreadyCalledError.
type AlreadyCalledError struct{}

// Error says that the Deferred was fired before.
func (e *AlreadyCalledError) Error() string { return "deferred: already called" }

// ChainError is the result of a step whose use of Chain cannot be followed.
type ChainError struct {
	Reason string // what is wrong, in words
}

// Error gives the reason.
func (e *ChainError) Error() string { return "deferred: Chain: " + e.Reason }

// awaitError is the answer of Await when its context ended first.
type awaitError struct {
	ctx   error // ctx.Err()
	cause error // context.Cause(ctx)
}

func (e *awaitError) Error() string   { return ErrCancelled.Error() + ": " + e.cause.Error() }
func (e *awaitError) Unwrap() []error { return []error{ErrCancelled, e.ctx, e.cause} }
