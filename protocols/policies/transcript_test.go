package policies

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"
)

// What a terminal could obey never reaches it, whichever bytes come and however they are cut. That a transcript can be read back
// to the same bytes is tested where it is read, in internal/transcript.
func TestTranscriptIsSafe(t *testing.T) {
	hostile := "* OK \x1b]0;title\x07\r\n\x9b31m\r\n\u202eright to left\r\n\x00\x7f\b\b\r\n"
	for cut := range len(hostile) {
		var out strings.Builder
		tr := NewTranscript(&out)
		tr.Server([]byte(hostile[:cut]))
		tr.Server([]byte(hostile[cut:]))
		if err := tr.Flush(); err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexAny(out.String(), "\x00\x07\b\x1b\x7f\u202e\u009b"); i >= 0 || !strings.Contains(out.String(), `\x1b]0;title`) {
			t.Fatalf("cut at %d: byte %d is not safe in %q", cut, i, out.String())
		}
	}
}

// A line without an end does not grow without an end.
// TestTranscriptLetsGo: a long piece is not kept once it is written.
func TestTranscriptLetsGo(t *testing.T) {
	const long = 4 << 20
	tr := NewTranscript(io.Discard)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	tr.Server(bytes.Repeat([]byte(strings.Repeat("x", 4094)+"\r\n"), long/4096))
	tr.Server([]byte("and"))
	if got, most := int64(heap())-int64(before), int64(1<<20); got > most {
		t.Errorf("after %d bytes: got %d bytes more in use, want at most %d", long, got, most)
	}
	runtime.KeepAlive(tr)
}

func TestTranscriptIsBounded(t *testing.T) {
	var out strings.Builder
	tr := NewTranscript(&out)
	for range 1000 {
		tr.Server(make([]byte, 1000))
		if got := cap(tr.pending); got > 4*maxPending {
			t.Fatalf("holds %d bytes, want at most %d", got, 4*maxPending)
		}
	}
}
