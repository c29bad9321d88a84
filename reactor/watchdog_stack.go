package reactor

import (
	"bytes"
	"runtime"
	"time"
)

const (
	// stackPause is the shortest time between two stacks of one reactor, maxStackGoroutines the number of goroutines up to which one is
	// taken: the whole process stands still meanwhile.
	stackPause         = 10 * time.Second
	maxStackGoroutines = 10_000
	// stackBytes is what the stack of a goroutine is expected to take as text, maxStacksBytes what all of them may take.
	stackBytes     = 4 << 10
	maxStacksBytes = 16 << 20
)

// stackHead is how the stack of the calling goroutine begins: "goroutine 12 ".
func stackHead() []byte {
	var buf [64]byte
	head, _, _ := bytes.Cut(buf[:runtime.Stack(buf[:], false)], []byte("["))
	return bytes.Clone(head)
}

// stack is that of the reactor goroutine, or nil when it would cost too much.
func (w *watchdog) stack() []byte {
	goroutines := runtime.NumGoroutine()
	now := time.Since(w.r.began)
	if goroutines > maxStackGoroutines || now-w.stackAt < stackPause {
		return nil
	}
	w.stackAt = now
	all := make([]byte, min(goroutines*stackBytes+stackBytes, maxStacksBytes))
	return stackOf(all[:runtime.Stack(all, true)], w.head)
}

// stackOf finds the stack that begins with head among those of all goroutines; nil if it is not there.
func stackOf(all, head []byte) []byte {
	for len(all) > 0 {
		one, rest, _ := bytes.Cut(all, []byte("\n\n"))
		if bytes.HasPrefix(one, head) {
			return bytes.Clone(one)
		}
		all = rest
	}
	return nil
}
