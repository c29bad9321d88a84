package wire

import (
	"encoding/binary"
	"math/bits"
)

// shape is what stands open at the end of a part of a line.
type shape struct {
	depth  int
	quoted bool
}

// open reports whether no response can end here: in a quoted string or in a list.
func (sh *shape) open() bool { return sh.quoted || sh.depth > 0 }

// scan reads on over b. A backslash at the end of b escapes nothing: what follows is a fold or a literal.
//
// All of a FETCH response goes through here, so it takes eight bytes at a time where it can: where no backslash is among them, and
// no parenthesis that closes more than was open before. A mask has the lowest bit of each byte that is meant. The product of the
// quotes with ones adds up, in each byte, the quotes up to it: where that is odd, the byte is within a quoted string.
func (sh *shape) scan(b []byte) {
	depth, within, i := sh.depth, uint64(0), 0
	if sh.quoted {
		within = lowBits
	}
	for ; i < len(b) && len(b) >= 8; i += 8 {
		w := uint64(0)
		if beyond := i + 8 - len(b); beyond <= 0 {
			w = binary.LittleEndian.Uint64(b[i:])
		} else { // zeros, which are nothing, stand for what is beyond the end
			w = binary.LittleEndian.Uint64(b[len(b)-8:]) >> (8 * beyond)
		}
		quoted := (maskOf(w, '"')*lowBits ^ within) & lowBits
		parens := maskOf(w|lowBits, ')') &^ quoted // "(" is ")" without the lowest bit
		closing := bits.OnesCount64(parens & w)
		if bytesEqual(w, '\\') == 0 && closing <= depth {
			depth += bits.OnesCount64(parens) - 2*closing
			within = -(quoted >> 56) & lowBits
			continue
		}
		sh.depth, sh.quoted = depth, within != 0
		i = sh.scanBytes(b, i, min(i+8, len(b))) - 8
		if depth, within = sh.depth, 0; sh.quoted {
			within = lowBits
		}
	}
	sh.depth, sh.quoted = depth, within != 0
	sh.scanBytes(b, i, len(b))
}

// maskOf has the lowest bit of each byte of w that is c.
func maskOf(w uint64, c byte) uint64 {
	w ^= lowBits * uint64(c)
	return ^((w&^highBits + ^uint64(highBits)) | w) >> 7 & lowBits
}

// scanBytes is scan from index i, for each byte by itself, and answers where it stopped: at end, or behind it if an escape ends there.
func (sh *shape) scanBytes(b []byte, i, end int) int {
	for ; i < end; i++ {
		c := b[i]
		switch {
		case !classShape.has(c):
		case sh.quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				sh.quoted = false
			}
		case c == '"':
			sh.quoted = true
		case c == '(':
			sh.depth++
		case c == ')':
			sh.depth = max(0, sh.depth-1)
		}
	}
	return i
}
