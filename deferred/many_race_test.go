//go:build race

package deferred_test

// many is less with the race detector, which takes its time.
const many = 100_000
