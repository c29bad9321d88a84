package reactortest

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// maxStacks bounds the dump of all stacks.
const maxStacks = 64 << 20

// lasting are goroutines that the runtime, or a package, keeps once it has needed them; and those of other tests.
var lasting = []string{"os/signal.loop", "os/signal.signal_recv", "created by testing.", "runtime.ReadTrace"}

// goroutines answers the stacks of all goroutines but the calling one, by their numbers.
func goroutines() map[string]string {
	found := make(map[string]string)
	_, others, _ := strings.Cut(stacks(), "\n\n")
	for stack := range strings.SplitSeq(others, "\n\n") {
		number, _, ok := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
		isLasting := slices.ContainsFunc(lasting, func(f string) bool { return strings.Contains(stack, f) })
		if ok && !isLasting {
			found[number] = stack
		}
	}
	return found
}

// stacks is the dump of all goroutines, the calling one first.
func stacks() string {
	for size := 64 << 10; ; size *= 4 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size || size >= maxStacks {
			return string(buf[:n])
		}
	}
}

// descriptors answers what the open ones stand for, by their numbers; nothing where there is no /proc.
func descriptors() map[string]string {
	const directory = "/proc/self/fd"
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil
	}
	found := make(map[string]string)
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(directory, e.Name()))
		if err == nil { // the one that was open for the directory is gone
			found[e.Name()] = e.Name() + " -> " + target
		}
	}
	return found
}

// warmUp makes the runtime open what it keeps open for its own poller.
func warmUp() {
	if r, w, err := os.Pipe(); err == nil {
		_, _ = r.Close(), w.Close()
	}
}

// added answers what stands in after and did not in before, in order.
func added(before, after map[string]string) (lines []string) {
	for key, line := range after {
		if old, ok := before[key]; !ok || old != line && !strings.HasPrefix(line, "goroutine ") {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}
