//go:build !race

package deferred_test

// many is a number that a stack which grows with it would not survive unnoticed.
const many = 1_000_000
