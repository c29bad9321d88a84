package mailservers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// requireEnv set to 1 makes a test fail where it would be skipped for want of a server.
const requireEnv = "TCONN_REQUIRE_SERVERS"

func required() bool { return os.Getenv(requireEnv) == "1" }

// absent ends a test that needs a server which cannot run here.
func absent(t testing.TB, reason string) {
	t.Helper()
	if required() {
		t.Fatalf("%s, and %s=1 asks for it", reason, requireEnv)
	}
	impossible(t, reason)
}

// impossible ends a test that needs a server which no installation would make run here.
func impossible(t testing.TB, reason string) {
	t.Helper()
	line := absentLine(reason)
	if !testing.Verbose() {
		announce(line)
	}
	t.Skip(line)
}

func absentLine(reason string) string {
	return "tests against a real mail server are skipped: " + reason
}

// announced holds the lines that announce has written.
var announced sync.Map

// announce writes the line, once, to where the user of "go test ./..." sees it. Go shows nothing that a passing test prints
// unless -v is set, so the line goes to the standard error of the go command itself, our parent process. Where
// the system does not let us, only -v tells.
func announce(line string) {
	if _, before := announced.LoadOrStore(line, true); before {
		return
	}
	f, err := os.OpenFile(fmt.Sprintf("/proc/%d/fd/2", os.Getppid()), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return
	}
	_, _ = fmt.Fprintln(f, line)
	_ = f.Close()
}

// uncached keeps go test from answering "(cached)" the next time: what comes out depends on servers outside the module.
//
// Go does not cache a test that has read a file below the module which changed less than two seconds ago. Files
// in /proc are always that young, and the test is by name: so the path starts in the module and climbs out of it.
func uncached() {
	dir, err := os.Getwd()
	if err != nil {
		return
	}
	climb := strings.Repeat("/..", strings.Count(filepath.ToSlash(dir), "/"))
	if f, err := os.Open(dir + climb + "/proc/self/stat"); err == nil {
		_ = f.Close()
	}
}
