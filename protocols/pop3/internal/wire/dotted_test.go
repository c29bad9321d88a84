package wire

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// The plain search for a line end before a dot says the same.
func TestDottedLine(t *testing.T) {
	plain := func(p []byte) int {
		if i := bytes.Index(p, []byte("\n.")); i >= 0 {
			return i + 1
		}
		return -1
	}
	check := func(p string) {
		t.Helper()
		if got, want := dottedLine([]byte(p)), plain([]byte(p)); got != want {
			t.Errorf("%q: got %d, want %d", p, got, want)
		}
	}
	for _, p := range []string{"", ".", "\n", "\n.", ".\n.", "a.b\r\n.", "\n\n..", "...", "x\n"} {
		check(p)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		p := make([]byte, random.IntN(12))
		for i := range p {
			p[i] = "a.\n"[random.IntN(3)]
		}
		check(string(p))
	}
}

func BenchmarkData(b *testing.B) {
	for _, test := range []struct{ name, line string }{
		{"base64", "JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRlci9GbGF0ZURlYw\r\n"},
		{"text", "It is a truth universally acknowledged. A line.\r\n"},
		{"dots", "Chapter 1 ................................... 17\r\n"},
	} {
		b.Run(test.name, func(b *testing.B) {
			data := bytes.Repeat([]byte(test.line), 64<<10/len(test.line))
			b.SetBytes(int64(len(data)))
			var s Scanner
			s.Data()
			for b.Loop() {
				for rest := data; len(rest) > 0; {
					_, n, _ := s.Next(rest)
					rest = rest[n:]
				}
			}
		})
	}
}
