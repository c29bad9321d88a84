//go:build race

package reactortest_test

// raced: the race detector makes everything several times slower.
const raced = true
