package prep

import "slices"

// Hangul syllables are composed by arithmetic (Unicode 3.2, section 3.11).
const (
	hangulBase  = 0xAC00
	leadBase    = 0x1100
	vowelBase   = 0x1161
	tailBase    = 0x11A7
	leadCount   = 19
	vowelCount  = 21
	tailCount   = 28
	hangulCount = leadCount * vowelCount * tailCount
)

// nfkc is normalization form KC of Unicode 3.2: what that version did not know stays as it is.
func (t *tables) nfkc(s []rune) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		out = t.appendDecomposed(out, r)
	}
	t.order(out)
	return t.composed(out)
}

func (t *tables) appendDecomposed(dst []rune, r rune) []rune {
	if i := r - hangulBase; i >= 0 && i < hangulCount {
		dst = append(dst, leadBase+i/(vowelCount*tailCount), vowelBase+i%(vowelCount*tailCount)/tailCount)
		if tail := i % tailCount; tail != 0 {
			dst = append(dst, tailBase+tail)
		}
		return dst
	}
	i, found := slices.BinarySearchFunc(t.decompose, r, func(d decomposition, r rune) int { return int(d.from - r) })
	if !found {
		return append(dst, r)
	}
	return append(dst, t.decompose[i].to...)
}

func (t *tables) classOf(r rune) uint8 {
	x, _ := t.class.find(r)
	return x.class
}

// order sorts each stretch of combining characters by class and leaves those of the same class in their order.
func (t *tables) order(s []rune) {
	for from := 0; from < len(s); from++ {
		to := from
		for to < len(s) && t.classOf(s[to]) != 0 {
			to++
		}
		slices.SortStableFunc(s[from:to], func(a, b rune) int { return int(t.classOf(a)) - int(t.classOf(b)) })
		from = to
	}
}

// composed puts characters together in place: each with the last starter before it, unless one between them is in the way.
func (t *tables) composed(s []rune) []rune {
	out := s[:0]
	starter, last := -1, 0 // where the last starter is in out, and the class of the last character behind it
	for _, r := range s {
		class := int(t.classOf(r))
		if starter >= 0 && (last < class || last == 0 && starter == len(out)-1) {
			if whole, ok := t.pair(out[starter], r); ok {
				out[starter] = whole
				continue
			}
		}
		if class == 0 {
			starter = len(out)
		}
		last = class
		out = append(out, r)
	}
	return out
}

// pair is the character that a and b make together.
func (t *tables) pair(a, b rune) (rune, bool) {
	if lead, vowel := a-leadBase, b-vowelBase; lead >= 0 && lead < leadCount && vowel >= 0 && vowel < vowelCount {
		return hangulBase + (lead*vowelCount+vowel)*tailCount, true
	}
	if i, tail := a-hangulBase, b-tailBase; i >= 0 && i < hangulCount && i%tailCount == 0 && tail > 0 && tail < tailCount {
		return a + tail, true
	}
	whole, ok := t.compose[[2]rune{a, b}]
	return whole, ok
}
