//go:build linux && (amd64 || arm64 || riscv64) && !race && !msan && !asan

package engine

import (
	"bytes"
	"errors"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStreamNeverBlocks fills and empties sockets in blocking mode, which who shares them may have set, in pieces small and large.
func TestStreamNeverBlocks(t *testing.T) {
	for _, size := range []int{1 << 10, maxRawBytes, maxRawBytes + 1, 1 << 20} {
		near, far := socketPair(t)
		for _, fd := range []int{near, far} {
			if err := unix.SetNonblock(fd, false); err != nil {
				t.Fatal(err)
			}
		}
		all := func(verb string, call func(fd int, p []byte) (int, error), fd int) (moved int) {
			p := bytes.Repeat([]byte("x"), size)
			for {
				n, err := call(fd, p)
				if err == ErrWouldBlock && moved > 0 {
					return moved
				}
				if n <= 0 || n > size || err != nil {
					t.Fatalf("size %d: %s answered %d, %v behind %d bytes", size, verb, n, err, moved)
				}
				moved += n
			}
		}
		sent := all("Write", OS.Write, far)
		if got := all("Read", OS.Read, near); got != sent {
			t.Errorf("size %d: got %d bytes, want the %d that were sent", size, got, sent)
		}
		if n, err := OS.Write(far, nil); n != 0 || err != nil {
			t.Errorf("size %d: Write of nothing answered %d, %v, want 0, nil", size, n, err)
		}
		OS.ShutdownWrite(far)
		if n, err := OS.Read(near, make([]byte, size)); n != 0 || err != nil {
			t.Errorf("size %d: at the end Read answered %d, %v, want 0, nil", size, n, err)
		}
		if _, err := OS.Write(far, make([]byte, size)); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("size %d: behind the end Write answered %v, want EPIPE", size, err)
		}
	}
}
