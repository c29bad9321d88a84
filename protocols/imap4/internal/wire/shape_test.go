package wire

import (
	"math/rand/v2"
	"testing"
)

// plainScan is what scan means, one byte after the other.
func plainScan(sh shape, b []byte) shape {
	for i := 0; i < len(b); i++ {
		switch {
		case sh.quoted && b[i] == '\\':
			i++
		case b[i] == '"':
			sh.quoted = !sh.quoted
		case b[i] == '(' && !sh.quoted:
			sh.depth++
		case b[i] == ')' && !sh.quoted:
			sh.depth = max(0, sh.depth-1)
		}
	}
	return sh
}

func TestShapeIsThatOfThePlainScan(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		b := make([]byte, r.IntN(60))
		for i := range b {
			b[i] = "\"\"\\()()#!*+) abc\x00\xff\xa2\xa8\xa9"[r.IntN(21)]
		}
		start := shape{depth: r.IntN(4), quoted: r.IntN(3) == 0}
		got := start
		got.scan(b)
		if want := plainScan(start, b); got != want {
			t.Fatalf("%q from %+v: got %+v, want %+v", b, start, got, want)
		}
	}
}

func TestMaskOfIsExact(t *testing.T) {
	for c := range 256 {
		for x := range 256 {
			w := uint64(x)<<8 | uint64(c) | uint64(c)<<56
			want := uint64(1) | 1<<56
			if x == c {
				want |= 1 << 8
			}
			if c == 0 {
				want = lowBits
				if x != 0 {
					want &^= 1 << 8
				}
			}
			if got := maskOf(w, byte(c)); got != want {
				t.Fatalf("bytes %d in %#x: got %#x, want %#x", c, w, got, want)
			}
		}
	}
}
