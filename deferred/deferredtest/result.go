package deferredtest

import (
	"testing"

	"github.com/tconn/tconn/deferred"
)

// SuccessResultOf gives the value that d has now. The test ends when d has none: because it failed, or because it has no result yet.
//
// It only looks: the value stays for steps added later. An error counts as handled: the test tells it.
// Goroutine: that of the test. Source: trial's successResultOf.
func SuccessResultOf[T any](t testing.TB, d *deferred.Deferred[T]) T {
	t.Helper()
	v, err, ok := d.Result()
	switch {
	case !ok:
		t.Fatalf("Deferred: got no result yet, want a value: %v", d)
	case err != nil:
		t.Fatalf("Deferred: got the error %q (%T), want a value", err, err)
	}
	return v
}

// FailureResultOf gives the error that d has now. The test ends when d has none: because it has a value, or no result yet.
//
// It only looks: the error stays for steps added later. It counts as handled.
// Goroutine: that of the test. Source: trial's failureResultOf.
func FailureResultOf[T any](t testing.TB, d *deferred.Deferred[T]) error {
	t.Helper()
	v, err, ok := d.Result()
	switch {
	case !ok:
		t.Fatalf("Deferred: got no result yet, want an error: %v", d)
	case err == nil:
		t.Fatalf("Deferred: got the value %v, want an error", v)
	}
	return err
}

// NoResult ends the test when d has a result: a value or an error, which then counts as handled.
//
// A Deferred that is paused, or waits for another one, has no result. Goroutine: that of the test.
// Source: trial's assertNoResult.
func NoResult[T any](t testing.TB, d *deferred.Deferred[T]) {
	t.Helper()
	v, err, ok := d.Result()
	switch {
	case !ok:
	case err != nil:
		t.Fatalf("Deferred: got the error %q (%T), want no result yet", err, err)
	default:
		t.Fatalf("Deferred: got the value %v, want no result yet", v)
	}
}
