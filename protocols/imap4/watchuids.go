package imap4

import (
	"slices"
	"sort"
)

// uidBlock is how many ranges or numbers a block has at most: what one change moves.
const uidBlock = 512

// uidSet is a set of UIDs that changes often, kept as ranges with a gap between each two. They stand in blocks, so that a change costs
// the same however many there are.
type uidSet struct {
	blocks [][]Range // ascending; none is empty
	count  int       // UIDs
}

// uidsOf makes a set of ranges as a MessageSet has them: ascending, with gaps, and without Star.
func uidsOf(ranges []Range) (s uidSet) {
	for len(ranges) > 0 {
		n := min(len(ranges), uidBlock/2)
		s.blocks = append(s.blocks, slices.Clone(ranges[:n]))
		ranges = ranges[n:]
	}
	for r := range s.ranges() {
		s.count += int(r.count())
	}
	return s
}

// ranges are those of the set. It must not change meanwhile.
func (s *uidSet) ranges() func(yield func(Range) bool) {
	return func(yield func(Range) bool) {
		for _, block := range s.blocks {
			for _, r := range block {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// max is the highest UID, 0 in an empty set.
func (s *uidSet) max() uint32 {
	if len(s.blocks) == 0 {
		return 0
	}
	block := s.blocks[len(s.blocks)-1]
	return block[len(block)-1].Last
}

// from is the set of those that are u or higher.
func (s *uidSet) from(u uint32) MessageSet {
	set := MessageSet{uid: true}
	b, i := s.place(u)
	for ; b < len(s.blocks); b, i = b+1, 0 {
		set.ranges = append(set.ranges, s.blocks[b][i:]...)
	}
	if len(set.ranges) > 0 {
		set.ranges[0].First = max(set.ranges[0].First, u)
	}
	return set
}

// set is all of it.
func (s *uidSet) set() MessageSet { return s.from(0) }

// place is where the first range stands that reaches u or beyond; behind all blocks if there is none.
func (s *uidSet) place(u uint32) (b, i int) {
	b = sort.Search(len(s.blocks), func(b int) bool { return s.blocks[b][len(s.blocks[b])-1].Last >= u })
	if b == len(s.blocks) {
		return b, 0
	}
	block := s.blocks[b]
	return b, sort.Search(len(block), func(i int) bool { return block[i].Last >= u })
}

// has tells whether u is in the set.
func (s *uidSet) has(u uint32) bool {
	b, i := s.place(u)
	return b < len(s.blocks) && s.blocks[b][i].First <= u
}

// add puts u in; false if it was in.
func (s *uidSet) add(u uint32) bool {
	b, i := s.place(u)
	if b < len(s.blocks) && s.blocks[b][i].First <= u {
		return false
	}
	s.count++
	before, behind := s.before(b, i), s.at(b, i)
	joins := before != nil && before.Last == u-1
	switch follows := behind != nil && behind.First == u+1; {
	case joins && follows:
		before.Last = behind.Last
		s.drop(b, i)
	case joins:
		before.Last = u
	case follows:
		behind.First = u
	default:
		s.insert(b, i, Range{u, u})
	}
	return true
}

// remove takes u out; false if it was not in.
func (s *uidSet) remove(u uint32) bool { return len(s.take([]Range{{u, u}})) > 0 }

// take takes ranges out and answers what of them was in.
func (s *uidSet) take(ranges []Range) (taken []Range) {
	for _, r := range ranges {
		for {
			b, i := s.place(r.First)
			in := s.at(b, i)
			if in == nil || in.First > r.Last {
				break
			}
			cut := Range{max(in.First, r.First), min(in.Last, r.Last)}
			taken = append(taken, cut)
			s.count -= int(cut.count())
			s.cutOut(b, i, cut)
			if cut.Last == r.Last {
				break
			}
			r.First = cut.Last + 1
		}
	}
	return taken
}

// cutOut takes away a part of one range.
func (s *uidSet) cutOut(b, i int, cut Range) {
	in := &s.blocks[b][i]
	whole := *in
	switch {
	case cut == whole:
		s.drop(b, i)
	case cut.First == whole.First:
		in.First = cut.Last + 1
	case cut.Last == whole.Last:
		in.Last = cut.First - 1
	default:
		in.Last = cut.First - 1
		s.insert(b, i+1, Range{cut.Last + 1, whole.Last})
	}
}

// at is the range at a place, nil behind the last one.
func (s *uidSet) at(b, i int) *Range {
	if b >= len(s.blocks) || i >= len(s.blocks[b]) {
		return nil
	}
	return &s.blocks[b][i]
}

// before is the range before a place, nil if there is none.
func (s *uidSet) before(b, i int) *Range {
	switch {
	case i > 0:
		return &s.blocks[b][i-1]
	case b > 0:
		block := s.blocks[b-1]
		return &block[len(block)-1]
	}
	return nil
}

// insert puts a range at a place, or at the end of the last block.
func (s *uidSet) insert(b, i int, r Range) {
	if b == len(s.blocks) {
		if b == 0 {
			s.blocks = append(s.blocks, []Range{r})
			return
		}
		b--
		i = len(s.blocks[b])
	}
	s.blocks[b] = slices.Insert(s.blocks[b], i, r)
	s.blocks = splitBlock(s.blocks, b)
}

// drop takes the range at a place out.
func (s *uidSet) drop(b, i int) {
	if s.blocks[b] = slices.Delete(s.blocks[b], i, i+1); len(s.blocks[b]) == 0 {
		s.blocks = slices.Delete(s.blocks, b, b+1)
	}
}

// splitBlock cuts block b in two if it has become too long.
func splitBlock[T any](blocks [][]T, b int) [][]T {
	block := blocks[b]
	if len(block) <= uidBlock {
		return blocks
	}
	half := len(block) / 2
	if b == len(blocks)-1 { // it grows at its end: leave it full
		half = uidBlock
	}
	blocks[b] = slices.Clone(block[:half])
	return slices.Insert(blocks, b+1, slices.Clone(block[half:]))
}
