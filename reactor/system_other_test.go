//go:build !unix

package reactor_test

import (
	"testing"
	"time"
)

// Where there is no unix there is no engine either.

func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	t.Skip("nothing tells the time of the processor")
	return 0
}

func withoutDescriptors(t testing.TB, _ func() error) error {
	t.Helper()
	t.Skip("descriptors have no limit")
	return nil
}
