package reactortest

import (
	"math/rand/v2"
	"testing"
)

// Chunking decides how a stream of bytes is cut: given how many bytes wait, it answers how many come in with the next
// DataReceived. Answers below 1 count as 1, those above waiting as all. Any function will do.
type Chunking func(waiting int) int

// Whole hands over all that waits in one piece.
func Whole(waiting int) int { return waiting }

// Bytewise hands over one byte at a time.
func Bytewise(int) int { return 1 }

// Random cuts at random, mostly into short pieces and now and then into long ones. The same seed gives the same cuts; it is logged
// to t, which shows it if the test fails. A nil t logs nothing.
func Random(t testing.TB, seed uint64) Chunking {
	if t != nil {
		t.Helper()
		t.Logf("reactortest: random chunking with seed %d", seed)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	return func(waiting int) int {
		return 1 + r.IntN(min(waiting, 1<<r.IntN(maxChunkBits)))
	}
}

// maxChunkBits makes the longest random piece 32 KiB.
const maxChunkBits = 16

// Next applies c within its bounds: 1 to waiting, 0 if nothing waits. A nil c is Whole.
func (c Chunking) Next(waiting int) int {
	if c == nil || waiting <= 0 {
		return max(waiting, 0)
	}
	return min(max(c(waiting), 1), waiting)
}
