package deferred

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
type AlreadyCalledError struct {
	// Created and Fired are the stacks of the goroutines that made the Deferred and that gave it its first result, innermost
	// call first, a line for each as in Unhandled.Origin. They are empty unless it was made in debug mode; see SetDebug.
	Created, Fired string
}

// Error says that the Deferred was fired before and, in debug mode, where.
func (e *AlreadyCalledError) Error() string {
	if e.Created == "" && e.Fired == "" {
		return "deferred: already called"
	}
	return fmt.Sprintf("deferred: already called; made at %s, first fired at %s", firstLine(e.Created), firstLine(e.Fired))
}

// GroupError is the result of Race when no member had a value.
//
// errors.Is and errors.As look at the errors of all members. Source: Twisted's FailureGroup.
type GroupError struct {
	Errs []error // the errors of the members in the order of the arguments; empty when there were no members
}

// Error gives the texts of all causes.
func (e *GroupError) Error() string {
	if len(e.Errs) == 0 {
		return "deferred: no members, so none of them can have a value"
	}
	texts := make([]string, len(e.Errs))
	for i, err := range e.Errs {
		texts[i] = err.Error()
	}
	return fmt.Sprintf("deferred: all %d members failed: %s", len(e.Errs), strings.Join(texts, "; "))
}

// Unwrap gives the errors of the members.
func (e *GroupError) Unwrap() []error { return e.Errs }

// ChainError is the result of a step whose use of Chain cannot be followed.
type ChainError struct {
	Reason string // what is wrong, in words
}

// Error gives the reason.
func (e *ChainError) Error() string { return "deferred: Chain: " + e.Reason }

// contextError is the answer of Await, AsCompleted and CancelOn when their context ended first.
type contextError struct {
	ctx   error // ctx.Err()
	cause error // context.Cause(ctx)
}

// ended gives the error for the end of ctx.
func ended(ctx context.Context) error {
	return &contextError{ctx: ctx.Err(), cause: context.Cause(ctx)}
}

func (e *contextError) Error() string   { return ErrCancelled.Error() + ": " + e.cause.Error() }
func (e *contextError) Unwrap() []error { return []error{ErrCancelled, e.ctx, e.cause} }
