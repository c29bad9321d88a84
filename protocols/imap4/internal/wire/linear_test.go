package wire

import (
	"bytes"
	"strings"
	"testing"
)

// The scanner's work is counted in bytes looked at, so no clock is needed: for twice the input it may be twice
// as much, and per byte it is bounded, however the input is made and cut.
func TestLinearWork(t *testing.T) {
	const workPerByte = 6
	big := &Limits{Line: 1 << 30, Response: 1 << 30, Literals: 1 << 20}
	shapes := []struct {
		name  string
		input func(n int) []byte
	}{
		{"one huge line", func(n int) []byte { return []byte("* X " + strings.Repeat("a", n) + "\r\n") }},
		{"one huge line without end", func(n int) []byte { return []byte("* X " + strings.Repeat("a", n)) }},
		{"one huge number list", func(n int) []byte { return []byte("* SEARCH" + strings.Repeat(" 12345", n/6) + "\r\n") }},
		{"many tiny literals", func(n int) []byte { return []byte("* X" + strings.Repeat(" {1}\r\na", n/7) + "\r\n") }},
		{"many empty literals", func(n int) []byte { return []byte("* X" + strings.Repeat(" {0}\r\n", n/6) + "\r\n") }},
		{"one huge literal", func(n int) []byte { return []byte("* X {1000000000}\r\n" + strings.Repeat("\n", n)) }},
		{"deep nesting", func(n int) []byte {
			return []byte("* X " + strings.Repeat("(", n/2) + strings.Repeat(")", n/2) + "\r\n")
		}},
		{"parentheses only", func(n int) []byte { return []byte("* X " + strings.Repeat("(", n) + "\r\n* OK\r\n") }},
		{"many folds", func(n int) []byte { return []byte("* X (" + strings.Repeat("a\r\n ", n/4) + ")\r\n") }},
		{"literals and folds", func(n int) []byte { return []byte("* X (" + strings.Repeat(" {1}\r\na\r\n", n/9) + " )\r\n") }},
		{"almost announcements", func(n int) []byte { return []byte(strings.Repeat("* X {+}\r\n", n/9)) }},
		{"digits before a brace", func(n int) []byte { return []byte("* X (" + strings.Repeat("1", n) + "}\r\n )\r\n") }},
		{"open quotes", func(n int) []byte { return []byte("* X \"" + strings.Repeat("{1}\r\n ", n/6) + "\"\r\n") }},
		{"brackets of a code", func(n int) []byte { return []byte("[" + strings.Repeat("[", n) + "\r\n") }},
		{"short lines", func(n int) []byte { return []byte(strings.Repeat("* 1 EXISTS\r\n", n/12)) }},
	}
	cuttings := []struct {
		name string
		feed func(t testing.TB, f *feeder, input []byte) *feeder
	}{
		{"whole", feedWhole},
		{"bytes", feedBytes},
		{"pieces", func(t testing.TB, f *feeder, input []byte) *feeder { return feedRandom(t, f, input, 7) }},
	}
	for _, shape := range shapes {
		for _, cutting := range cuttings {
			t.Run(shape.name+", "+cutting.name, func(t *testing.T) {
				for _, n := range []int{6_000, 12_000} {
					input := shape.input(n)
					f := &feeder{s: NewScanner(Client, big), policy: keepAll}
					f.quiet = true
					cutting.feed(t, f, input)
					if f.err != nil {
						t.Fatalf("%d bytes: %v", len(input), f.err)
					}
					if got, most := f.work, uint64(workPerByte*len(input)+1000); got > most || got == 0 {
						t.Errorf("%d bytes: looked at %d, want 1 to %d", len(input), got, most)
					}
				}
			})
		}
	}
}

func TestMillionParentheses(t *testing.T) {
	input := append(append([]byte("* X "), bytes.Repeat([]byte("("), 1_000_000)...), "\r\n* OK\r\n"...)
	units := scanLines(t, Client, nil, string(input))
	if len(units) != 2 {
		t.Fatalf("got %d units, want 2", len(units))
	}
	r, err := DecodeResponse(units[0], nil)
	if err != nil {
		t.Fatalf("top level: %v", err)
	}
	d := r.Args
	var open func(d *Decoder)
	calls := 0
	open = func(d *Decoder) { calls++; d.List(open) }
	d.List(open)
	checkErrorKind(t, d.Err(), &LimitError{Limit: LimitDepth, Max: DefaultDepth})
	if calls != DefaultDepth {
		t.Errorf("List: got %d calls, want %d", calls, DefaultDepth)
	}
	d = r.Args
	d.SkipValue()
	checkErrorKind(t, d.Err(), ErrTooDeep)
}
