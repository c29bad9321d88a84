package mailservers

import (
	"os"
	"strings"
	"testing"
)

func TestLogIsShownFromAnOffset(t *testing.T) {
	i := &instance{dir: t.TempDir()}
	if got := i.logSize(); got != 0 {
		t.Errorf("size of no log: got %d, want 0", got)
	}
	if err := os.WriteFile(i.logFile(), []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	offset := i.logSize()
	if err := os.WriteFile(i.logFile(), []byte("before\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := i.logSince(offset); got != "after" {
		t.Errorf("log: got %q, want %q", got, "after")
	}
	if err := os.WriteFile(i.logFile(), []byte(strings.Repeat("x", maxLogBytes+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := len(i.logSince(0)); got != maxLogBytes+len("...\n") {
		t.Errorf("length of a long log: got %d, want %d", got, maxLogBytes+len("...\n"))
	}
}
