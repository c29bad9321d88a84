package deflate

import (
	"math/bits"
	"sync"
)

// table finds a symbol by the next bits of the stream (RFC 1951 section 3.2.2). An entry is a symbol and the length of its code, or
// where the entries of the longer codes begin that share these first bits. Zero is no code.
type table struct {
	entries []uint32
	primary uint // bits that index the first part
	rest    uint // bits that index the others
}

const (
	lengthBits = 4
	lengthMask = 1<<lengthBits - 1
	linkFlag   = 1 << 31
)

// build makes the table of codes of these lengths; false if no such code exists. A code with one symbol is allowed, or with none.
func (t *table) build(lengths []uint8, primary uint) bool {
	var count [16]int
	longest, codes := uint(0), 0
	for _, l := range lengths {
		count[l]++
		if l > 0 {
			longest = max(longest, uint(l))
			codes++
		}
	}
	var next [17]int
	left := 1
	for l := 1; l < 16; l++ {
		left = left<<1 - count[l]
		if left < 0 {
			return false
		}
		next[l+1] = (next[l] + count[l]) << 1
	}
	if left > 0 && codes > 1 {
		return false
	}
	t.primary, t.rest = primary, 0
	if longest > primary {
		t.rest = longest - primary
	}
	t.entries = append(t.entries[:0], make([]uint32, 1<<primary)...)
	for symbol, l := range lengths {
		if l == 0 {
			continue
		}
		code := int(bits.Reverse16(uint16(next[l])) >> (16 - l))
		next[l]++
		t.set(code, uint(l), uint32(symbol)<<lengthBits|uint32(l))
	}
	return true
}

// set puts entry wherever the bits begin with code.
func (t *table) set(code int, length uint, entry uint32) {
	if length <= t.primary {
		for i := code; i < 1<<t.primary; i += 1 << length {
			t.entries[i] = entry
		}
		return
	}
	first := code & (1<<t.primary - 1)
	if t.entries[first] == 0 {
		t.entries[first] = linkFlag | uint32(len(t.entries))
		t.entries = append(t.entries, make([]uint32, 1<<t.rest)...)
	}
	part := t.entries[t.entries[first]&^linkFlag:][:1<<t.rest]
	for i := code >> t.primary; i < 1<<t.rest; i += 1 << (length - t.primary) {
		part[i] = entry
	}
}

// decode takes the next symbol; ok is false if more bits are needed, or after an error.
func (f *Inflater) decode(t *table) (symbol int, ok bool) {
	e := t.entries[f.bits&(1<<t.primary-1)]
	if e&linkFlag != 0 {
		e = t.entries[uint64(e&^linkFlag)+f.bits>>t.primary&(1<<t.rest-1)]
	}
	length := uint(e & lengthMask)
	switch {
	case length == 0 && f.n >= 15:
		f.corrupt()
		return 0, false
	case length == 0 || length > f.n:
		return 0, false
	}
	f.drop(length)
	return int(e >> lengthBits), true
}

// fixed are the tables of blocks with fixed codes (section 3.2.6).
var fixed = sync.OnceValues(func() (lit, dist *table) {
	lit, dist = new(table), new(table)
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	lit.build(lengths[:], 10)
	var five [32]uint8
	for i := range five {
		five[i] = 5
	}
	dist.build(five[:], 8)
	return lit, dist
})

// Lengths and distances (section 3.2.5).
var (
	lengthBase  = [29]int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase    = [30]int{
		1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
	}
	distExtra = [30]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)
