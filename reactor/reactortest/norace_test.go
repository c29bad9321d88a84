//go:build !race

package reactortest_test

const raced = false
