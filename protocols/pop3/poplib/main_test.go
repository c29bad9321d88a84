package poplib_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain checks at the end that no test has left a goroutine or a descriptor behind.
func TestMain(m *testing.M) {
	before := descriptors()
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, "goroutines left behind:", err)
		code = 1
	}
	if after := descriptors(); code == 0 && after > before+runtimeDescriptors {
		fmt.Fprintf(os.Stderr, "descriptors left behind: got %d, want %d\n", after, before+runtimeDescriptors)
		code = 1
	}
	os.Exit(code)
}

// runtimeDescriptors is what Go's own network poller may keep open.
const runtimeDescriptors = 2

// descriptors counts the open ones; 0 where there is no /proc.
func descriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}
