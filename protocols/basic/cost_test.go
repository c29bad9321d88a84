package basic_test

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"github.com/tconn/tconn/protocols/basic"
)

// sink takes lines and keeps none.
type sink struct {
	basic.LineReceiver
	lines, bytes int
}

func newSink() *sink {
	p := &sink{}
	p.Init(p)
	return p
}

func (p *sink) LineReceived(line []byte) {
	p.lines++
	p.bytes += len(line)
}

func TestNoAllocationForWholeLines(t *testing.T) {
	p := newSink()
	connect(p)
	chunk := bytes.Repeat([]byte("a line of usual length\r\n"), 100)
	if got := testing.AllocsPerRun(10, func() { p.DataReceived(chunk) }); got != 0 {
		t.Errorf("allocations for 100 lines: got %v, want 0", got)
	}
	if p.lines != 1100 {
		t.Errorf("lines: got %d, want 1100", p.lines)
	}
}

// TestBytewiseIsLinear counts what the heap is asked for: a line of n bytes that is copied for each of its bytes would need n*n/2.
func TestBytewiseIsLinear(t *testing.T) {
	const n = 16384
	for name, tail := range map[string]string{"line": "\r\n", "too long": "xx"} {
		p := newSink()
		connect(p)
		before := allocated()
		for range n {
			p.DataReceived([]byte{'x'})
		}
		p.DataReceived([]byte(tail))
		if got := allocated() - before; got > 40*n {
			t.Errorf("%s: %d bytes taken from the heap, want at most %d", name, got, 40*n)
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// BenchmarkBytewise shows that the cost of a byte does not depend on the length of the line it comes in, one by one.
func BenchmarkBytewise(b *testing.B) {
	for _, n := range []int{64, 1024, 16384} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := newSink()
			connect(p)
			line := append(bytes.Repeat([]byte("x"), n), "\r\n"...)
			b.SetBytes(int64(len(line)))
			for b.Loop() {
				for i := range line {
					p.DataReceived(line[i : i+1])
				}
			}
		})
	}
}

// BenchmarkLines is what a LineReceiver costs on chunks of 64 KiB, which cut a line now and then.
func BenchmarkLines(b *testing.B) {
	p := newSink()
	connect(p)
	chunk := bytes.Repeat(append(bytes.Repeat([]byte("x"), 75), "\r\n"...), 1000)[:64<<10]
	b.SetBytes(int64(len(chunk)))
	for b.Loop() {
		p.DataReceived(chunk)
	}
}
