package wire

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// plainCount is what of a line counts to Limits.Line, one byte after the other.
func plainCount(line string) (n int64) {
	for _, c := range line {
		if !strings.ContainsRune(" ,:*()\r\n0123456789", c) {
			n++
		}
	}
	return n
}

// randomResponse is one response of lines, which go on behind literals and folds, and what of it counts.
func randomResponse(r *rand.Rand) (input string, counts int64) {
	var b strings.Builder
	add := func(line string) {
		b.WriteString(line)
		counts += plainCount(line)
	}
	add("* 1 FETCH (X ")
	for range r.IntN(6) {
		switch add(strings.Repeat(pickOne(r, "word ", "12345 ", "(1:2,3) "), r.IntN(6))); r.IntN(3) {
		case 0:
			octets := strings.Repeat("octets", r.IntN(4))
			add(fmt.Sprintf("{%d}\r\n", len(octets)))
			b.WriteString(octets)
		case 1:
			add("fold\r\n ")
		}
	}
	add(")\r\n")
	return b.String(), counts
}

func pickOne(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

// The limit of a line is kept to the byte, whatever becomes of literals between, and however the input is cut.
func TestLineLimitIsThatOfThePlainCount(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		input, counts := randomResponse(r)
		for _, how := range []policy{keepAll, streamAll, skipAll} {
			for _, limit := range []int64{counts - 1, counts} {
				for name, feed := range map[string]func(testing.TB, *feeder, []byte) *feeder{"whole": feedWhole, "bytes": feedBytes} {
					f := feed(t, newFeeder(Client, &Limits{Line: limit}, how), []byte(input+"* OK\r\n"))
					if failed := f.err != nil; failed != (counts > limit) {
						t.Fatalf("%q, %s, limit %d: got error %v, %d bytes count", input, name, limit, f.err, counts)
					}
				}
			}
		}
	}
}
