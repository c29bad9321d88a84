package imap4

import (
	"bytes"
	"math"
	"slices"
)

// found is numbers that a server tells: as ranges in its order, which cost little however many numbers they hold, and of a sort as
// the list that they make.
type found struct {
	ranges []Range
	sorted []uint32
	inList bool // the order matters: it is a sort
}

// add adds a number. room tells whether the result may become so long.
func (f *found) add(n uint32, room func(n int) bool) {
	switch end := len(f.ranges) - 1; {
	case n == 0: // no number: a server's way to say none
	case f.inList:
		f.addRange(Range{n, n}, room)
	case end >= 0 && n == f.ranges[end].Last+1:
		f.ranges[end].Last = n
	default:
		f.addRange(Range{n, n}, room)
	}
}

// addRange adds a range, which means the same in either direction (RFC 5267 section 3.2).
func (f *found) addRange(r Range, room func(n int) bool) bool {
	r = Range{min(r.First, r.Last), max(r.First, r.Last)}
	if !f.inList {
		if !room(len(f.ranges) + 1) {
			return false
		}
		f.ranges = append(f.ranges, r)
		return true
	}
	if !room(len(f.sorted) + int(min(r.count(), math.MaxInt32))) {
		return false
	}
	for i := range r.count() {
		f.sorted = append(f.sorted, r.at(i))
	}
	return true
}

// addSet adds the ranges of a set as it is written down.
func (f *found) addSet(text []byte, room func(n int) bool) error {
	if !f.inList {
		ranges := bytes.Count(text, []byte{','}) + 1
		if !room(len(f.ranges) + ranges) {
			return nil
		}
		f.ranges = slices.Grow(f.ranges, ranges)
	}
	return eachRange(text, func(r Range) bool { return f.addRange(r, room) })
}

// set is the numbers as a set.
func (f *found) set(uid bool) MessageSet {
	set := MessageSet{uid: uid}
	if f.inList {
		return set.Add(f.sorted...)
	}
	if len(f.ranges) > 0 {
		set.ranges = normalize(f.ranges)
	}
	return set
}

// eachRange reads the ranges of a set in their order, until f answers false.
//
//	sequence-set = (seq-number / seq-range) ["," sequence-set] ; here without "*"
func eachRange(text []byte, f func(Range) bool) error {
	for pos := 0; ; pos++ {
		first, next, ok := parseSetNumber(text, pos, false)
		last := first
		if pos = next; ok && pos < len(text) && text[pos] == ':' {
			last, pos, ok = parseSetNumber(text, pos+1, false)
		}
		switch {
		case !ok:
			return badSet(text, pos, "message number")
		case !f(Range{first, last}), pos == len(text):
			return nil
		case text[pos] != ',':
			return badSet(text, pos, "comma")
		}
	}
}
