package imap4

import (
	"iter"
	"slices"
)

// UIDList is UIDs in the order in which a server told them, as COPYUID and APPENDUID do (UIDPLUS, RFC 4315), where the first of one
// list goes with the first of the other. It is a value; the zero value is the empty list.
type UIDList struct{ ranges []Range }

// ParseUIDList reads a list such as 20:19,500:495. It costs memory for the ranges that are written down, not for the numbers they
// hold.
// Errors: *SyntaxError; there is no "*" here.
func ParseUIDList(s string) (UIDList, error) {
	ranges, err := parseRanges(s, false)
	return UIDList{ranges}, err
}

// Ranges are the list's ranges as they were sent: Last is below First where the server counts down. The caller may keep them.
func (l UIDList) Ranges() []Range { return slices.Clone(l.ranges) }

// Len is how many UIDs the list has.
func (l UIDList) Len() int64 {
	n := int64(0)
	for _, r := range l.ranges {
		n += r.count()
	}
	return n
}

// All are the UIDs in their order.
func (l UIDList) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, r := range l.ranges {
			for i := range r.count() {
				if !yield(r.at(i)) {
					return
				}
			}
		}
	}
}

// Set is the UIDs as a set.
func (l UIDList) Set() MessageSet {
	set := MessageSet{uid: true}
	if len(l.ranges) == 0 {
		return set
	}
	ranges := slices.Clone(l.ranges)
	for i, r := range ranges {
		ranges[i] = Range{min(r.First, r.Last), max(r.First, r.Last)}
	}
	set.ranges = normalize(ranges)
	return set
}

// String is the list as it was sent, in its shortest form.
func (l UIDList) String() string {
	var text []byte
	for i, r := range l.ranges {
		if i > 0 {
			text = append(text, ',')
		}
		text = r.append(text)
	}
	return string(text)
}

// Pairs puts the first UID of a together with the first of b, and so on, until one of them ends: what a copy's source and
// destination are, by COPYUID.
func Pairs(a, b UIDList) iter.Seq2[uint32, uint32] {
	return func(yield func(a, b uint32) bool) {
		left, at := b.ranges, int64(0)
		for x := range a.All() {
			if len(left) == 0 || !yield(x, left[0].at(at)) {
				return
			}
			if at++; at == left[0].count() {
				left, at = left[1:], 0
			}
		}
	}
}

// count is how many numbers a range without Star has, in either direction.
func (r Range) count() int64 {
	d := int64(r.Last) - int64(r.First)
	return max(d, -d) + 1
}

// at is number i of them.
func (r Range) at(i int64) uint32 {
	if r.Last < r.First {
		i = -i
	}
	return uint32(int64(r.First) + i)
}
