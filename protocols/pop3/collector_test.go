package pop3

import (
	"bytes"
	"testing"
)

// What a server tells of a size costs memory in proportion to what has come, and saves copies where it is true.
func TestCollectorBelievesWithinLimits(t *testing.T) {
	const piece = 64 << 10
	for _, test := range []struct {
		name, text string
		size       int // that comes
		moves      int // of the memory, at most
	}{
		{"true and small", "5000 octets", 5000, 0},
		{"true and large", "10000000 octets", 10_000_000, 2},
		{"much more than comes", "1000000000000 octets", 3 << 20, 1},
		{"more than an int", "9223372036854775807 octets", 3 << 20, 1},
		{"less than comes", "100 octets", 3 << 20, 40},
		{"nothing", "", 3 << 20, 40},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, want := new(collector), bytes.Repeat([]byte("0123456789"), test.size/10+1)[:test.size]
			k.hint(Reply{Text: test.text})
			first, moves := cap(k.all), 0
			if first > maxHint {
				t.Errorf("before anything has come: got %d bytes of memory, want at most %d", first, maxHint)
			}
			for rest := want; len(rest) > 0; {
				before := cap(k.all)
				n, err := k.Write(rest[:min(piece, len(rest))])
				if err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
				if cap(k.all) != before {
					moves++
				}
				if got, most := cap(k.all), max(maxHint, hintGrowth*len(k.all))+piece; got > most {
					t.Errorf("after %d bytes: got %d bytes of memory, want at most %d", len(k.all), got, most)
				}
			}
			if !bytes.Equal(k.all, want) {
				t.Error("got other octets than those written, want the same")
			}
			if moves > test.moves {
				t.Errorf("got %d moves, want at most %d", moves, test.moves)
			}
		})
	}
}
