package deferredtest_test

import (
	"errors"
	"fmt"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/deferred/deferredtest"
)

func Example() {
	t := newPaper() // the t of a test
	defer t.finish()
	deferredtest.NoUnhandled(t)

	d := deferred.New[string]()
	deferredtest.NoResult(t, d)
	d.Callback("* OK ready")
	fmt.Println(deferredtest.SuccessResultOf(t, d))

	// The errback is missing: nobody takes the error.
	deferred.Fail[int](errors.New("connection refused"))
	// Output:
	// * OK ready
	// error: Deferred: got an error nobody took: connection refused
}

func ExampleFailureResultOf() {
	t := newPaper() // the t of a test
	d := deferred.New[int]()
	d.Cancel()
	err := deferredtest.FailureResultOf(t, d)
	fmt.Println(err, errors.Is(err, deferred.ErrCancelled))

	t.run(func() { deferredtest.FailureResultOf(t, deferred.Succeed(7)) })
	// Output:
	// deferred: cancelled true
	// fatal: Deferred: got the value 7, want an error
}

func ExampleSuccessResultOf() {
	t := newPaper() // the t of a test
	t.run(func() { deferredtest.SuccessResultOf(t, deferred.Fail[int](errors.New("busy"))) })
	// Output: fatal: Deferred: got the error "busy" (*errors.errorString), want a value
}
