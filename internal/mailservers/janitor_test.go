package mailservers

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// panicEnv makes this test binary one that panics while servers run.
const panicEnv = "TCONN_TEST_PANIC"

// marker begins the lines in which the child says what it has started.
const marker = "started: "

func TestHelperPanics(t *testing.T) {
	if os.Getenv(panicEnv) == "" {
		t.Skip("runs as a child of TestNothingIsLeftAfterAPanic")
	}
	for _, p := range products {
		if p.find().reason == "" {
			i := p.share(t).instance
			fmt.Printf("%s%d %s\n", marker, i.pid, i.dir)
		}
	}
	panicked := make(chan struct{})
	go func() { // in a goroutine of its own no test can catch it
		defer close(panicked)
		panic("as ordered")
	}()
	<-panicked
}

func TestNothingIsLeftAfterAPanic(t *testing.T) {
	t.Parallel()
	child := exec.Command(os.Args[0], "-test.run=^TestHelperPanics$", "-test.timeout=60s")
	child.Env = append(os.Environ(), panicEnv+"=1")
	out, err := child.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "as ordered") {
		t.Fatalf("child: got %v and %s, want a panic", err, out)
	}
	started := 0
	for line := range strings.Lines(string(out)) {
		var pid int
		var dir string
		if _, err := fmt.Sscanf(line, marker+"%d %s", &pid, &dir); err != nil {
			continue
		}
		started++
		wantSoon(t, "no process of the group of "+dir, func() bool { return !groupLives(pid) })
		wantSoon(t, "no process that names "+dir, func() bool { return len(processesWith(dir)) == 0 })
		wantSoon(t, "no directory "+dir, func() bool { _, err := os.Stat(dir); return os.IsNotExist(err) })
	}
	if started == 0 {
		absent(t, "no server is installed")
	}
}

// wantSoon waits for a condition; the limit only guards against a hang.
func wantSoon(t *testing.T, what string, true func() bool) {
	t.Helper()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	guard := time.After(deadline)
	for !true() {
		select {
		case <-tick.C:
		case <-guard:
			t.Errorf("got otherwise, want %s", what)
			return
		}
	}
}
