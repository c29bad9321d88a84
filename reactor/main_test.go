package reactor_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"sort"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// childVariable names, in the environment, the program that this test binary is to run in place of the tests.
const childVariable = "TCONN_REACTOR_CHILD"

// children are the programs that tests run in a process of their own.
var children = map[string]func() int{}

// TestMain checks at the end that no test has left a goroutine or a descriptor behind.
func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		os.Exit(children[name]())
	}
	warmUp()
	before := descriptors()
	code := m.Run()
	if code == 0 {
		code = leaks(before)
	}
	os.Exit(code)
}

// warmUp makes the runtime open what it keeps open for its own network poller.
func warmUp() {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = l.Close()
	}
	_ = exec.Command("true").Run()
}

func leaks(before []string) int {
	if err := goleak.Find(goleak.IgnoreTopFunction("os/exec.(*Cmd).watchCtx")); err != nil {
		fmt.Fprintln(os.Stderr, "goroutines left behind:", err)
		return 1
	}
	if after := descriptors(); len(after) > len(before) {
		fmt.Fprintf(os.Stderr, "descriptors left behind: got %d, want %d:\n%s\n", len(after), len(before), strings.Join(after, "\n"))
		return 1
	}
	return 0
}

// descriptors lists the open ones; nil where there is no /proc.
func descriptors() (open []string) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && !strings.HasSuffix(target, "/fd") {
			open = append(open, e.Name()+" -> "+target)
		}
	}
	sort.Strings(open)
	return open
}

// child prepares a process that runs one of the children.
func child(t testing.TB, name string) *exec.Cmd {
	t.Helper()
	if children[name] == nil {
		t.Fatalf("no child is called %q", name)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+name, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = guard
	return cmd
}

// guard is how long a test waits for what must happen. It only ends a test that has failed.
const guard = time.Minute
