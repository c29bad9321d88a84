package imap4

import (
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Star is the highest number in the mailbox, "*" on the wire: UIDRange(100, Star) is 100:*, SeqRange(Star, Star) is the last message.
const Star uint32 = 0

// Range is the numbers from First to Last, both among them. Last may be Star, First only together with it.
type Range struct{ First, Last uint32 }

// MessageSet says which messages a command is about, by sequence numbers or by UIDs. It is a value: methods that change it answer
// another one. The zero value is the empty set of sequence numbers.
//
// Numbers are kept ascending, without doubles and with neighbours joined, however they were given, and are sent so: some servers
// take no others. A set of all numbers costs no more than one of two.
//
// A set made with a number that is none (0, or a range from Star down) or from two kinds is broken: Err says so, it is empty, and
// every command refuses it before anything is sent.
//
// Source: RFC 9051 section 9 (sequence-set), RFC 5182; Twisted's MessageSet.
type MessageSet struct {
	ranges []Range
	uid    bool
	saved  bool
	err    error
}

var (
	errNoNumber   = &ArgumentError{Reason: "0 is no message number"}
	errStarFirst  = &ArgumentError{Reason: "a range cannot begin at * and end at a number"}
	errTwoKinds   = &ArgumentError{Reason: "sequence numbers and UIDs do not go into one set"}
	errStarTaken  = &ArgumentError{Reason: "* cannot be taken out of a range that reaches up to it"}
	errSavedMixed = &ArgumentError{Reason: "the saved result cannot be put together with other sets"}
)

// SeqNums is the set of these sequence numbers. None may be 0.
func SeqNums(n ...uint32) MessageSet { return MessageSet{}.Add(n...) }

// UIDs is the set of these UIDs. None may be 0.
func UIDs(n ...uint32) MessageSet { return MessageSet{uid: true}.Add(n...) }

// SeqRange is the sequence numbers from first to last, in either order. Last may be Star.
func SeqRange(first, last uint32) MessageSet { return MessageSet{}.AddRange(first, last) }

// UIDRange is the UIDs from first to last, in either order. Last may be Star.
func UIDRange(first, last uint32) MessageSet { return MessageSet{uid: true}.AddRange(first, last) }

// AllMessages is 1:* by sequence number. Servers refuse it in a mailbox without messages (NO, or BAD): there AllUIDs is right.
func AllMessages() MessageSet { return SeqRange(1, Star) }

// AllUIDs is 1:* by UID. It may be asked for in a mailbox without messages, too.
func AllUIDs() MessageSet { return UIDRange(1, Star) }

// SavedResult is what the last SEARCH with SAVE found, "$" (SEARCHRES, RFC 5182). Uid says whether it goes with UID commands.
func SavedResult(uid bool) MessageSet { return MessageSet{uid: uid, saved: true} }

// Err is why the set is broken, an *ArgumentError; nil if it is not.
func (s MessageSet) Err() error { return s.err }

// IsUID reports whether the numbers are UIDs.
func (s MessageSet) IsUID() bool { return s.uid }

// IsSaved reports whether the set is a SavedResult, whose numbers only the server knows.
func (s MessageSet) IsSaved() bool { return s.saved }

// IsEmpty reports whether there is no number in the set. No command can be sent for such a set.
func (s MessageSet) IsEmpty() bool { return len(s.ranges) == 0 && !s.saved }

// IsOpen reports whether the set reaches up to Star, so that only the server knows its end; a SavedResult does too.
func (s MessageSet) IsOpen() bool {
	return s.saved || len(s.ranges) > 0 && s.ranges[len(s.ranges)-1].Last == Star
}

// Ranges are the set's numbers, ascending, with a gap between each two. The caller may keep them.
func (s MessageSet) Ranges() []Range { return slices.Clone(s.ranges) }

// Add is s with these numbers. None may be 0. To make a set of many numbers, give them all at once.
func (s MessageSet) Add(n ...uint32) MessageSet {
	more := make([]Range, 0, len(n))
	for _, number := range n {
		if number == 0 {
			return s.broken(errNoNumber)
		}
		if end := len(more) - 1; end >= 0 && more[end].Last != math.MaxUint32 && number == more[end].Last+1 {
			more[end].Last = number
			continue
		}
		more = append(more, Range{number, number})
	}
	return s.with(more)
}

// AddRange is s with the numbers from first to last, in either order. Last may be Star.
func (s MessageSet) AddRange(first, last uint32) MessageSet {
	if first == Star && last != Star {
		return s.broken(errStarFirst)
	}
	if last != Star && last < first {
		first, last = last, first
	}
	return s.with([]Range{{first, last}})
}

// Union is the numbers that are in s or in other. An empty set of either kind adds nothing.
func (s MessageSet) Union(other MessageSet) MessageSet {
	if bad, ok := s.cannotMeet(other); ok {
		return bad
	}
	switch {
	case other.IsEmpty():
		return s
	case s.IsEmpty():
		return other
	}
	return s.with(other.ranges)
}

// Intersect is the numbers that are in both. Star meets Star only: whether 5:* holds 7 when there is none above is the server's
// to say, and here it does.
func (s MessageSet) Intersect(other MessageSet) MessageSet {
	if bad, ok := s.cannotMeet(other); ok {
		return bad
	}
	both := MessageSet{uid: s.uid}
	a, b := s.ranges, other.ranges
	for len(a) > 0 && len(b) > 0 {
		from, to := max(a[0].from(), b[0].from()), min(a[0].to(), b[0].to())
		if from <= to {
			both.ranges = append(both.ranges, Range{uint32(from), uint32(to)}) // star's low 32 bits are Star
		}
		if a[0].to() < b[0].to() {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return both
}

// Remove is the numbers of s that are not in other. 1:* without 5:* is 1:4; 5:* without 7 is 5:6,8:*; 5:* without * cannot be
// said, and is a broken set.
func (s MessageSet) Remove(other MessageSet) MessageSet {
	if bad, ok := s.cannotMeet(other); ok {
		return bad
	}
	left := MessageSet{uid: s.uid}
	b := other.ranges
	for _, r := range s.ranges {
		from, to := r.from(), r.to()
		for len(b) > 0 && b[0].to() < from {
			b = b[1:]
		}
		for i := 0; from <= to; i++ {
			if i == len(b) || b[i].from() > to {
				left.ranges = append(left.ranges, Range{uint32(from), uint32(to)})
				break
			}
			if b[i].from() == star && from != star {
				return s.broken(errStarTaken)
			}
			if b[i].from() > from {
				left.ranges = append(left.ranges, Range{uint32(from), uint32(b[i].from() - 1)})
			}
			from = b[i].to() + 1
		}
	}
	return left
}

// WithLast is s with last in the place of Star: the numbers that 5:* means while last is the highest. A last of 0, an empty
// mailbox, leaves the numbers below Star.
func (s MessageSet) WithLast(last uint32) MessageSet {
	if s.saved || !s.IsOpen() {
		return s
	}
	closed := s
	end := len(s.ranges) - 1
	first := s.ranges[end].First
	closed.ranges = s.ranges[:end:end]
	switch {
	case last == 0:
		return closed
	case first == Star:
		return closed.Add(last)
	}
	return closed.AddRange(first, last)
}

// Contains reports whether n is in the set, where 5:* holds each number from 5 on, and * alone none.
func (s MessageSet) Contains(n uint32) bool {
	i, _ := slices.BinarySearchFunc(s.ranges, uint64(n), func(r Range, n uint64) int {
		if r.to() < n {
			return -1
		}
		return 1
	})
	return n != 0 && i < len(s.ranges) && s.ranges[i].from() <= uint64(n)
}

// Len is how many numbers the set has; ok is false if only the server knows: see IsOpen.
func (s MessageSet) Len() (n int, ok bool) {
	if s.IsOpen() {
		return 0, false
	}
	for _, r := range s.ranges {
		n += int(r.to() - r.from() + 1)
	}
	return n, true
}

// All are the numbers, ascending. Of a set that IsOpen it stops before the range that ends in Star.
func (s MessageSet) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, r := range s.ranges {
			if r.Last == Star {
				return
			}
			for n := r.from(); n <= r.to(); n++ {
				if !yield(uint32(n)) {
					return
				}
			}
		}
	}
}

// Equal reports whether both sets are of one kind and hold the same numbers.
func (s MessageSet) Equal(other MessageSet) bool {
	return s.uid == other.uid && s.saved == other.saved && s.err == nil && other.err == nil && slices.Equal(s.ranges, other.ranges)
}

// String is the set as it is sent, such as 1:5,7,9:*; "$" for a SavedResult, and "" for an empty set.
func (s MessageSet) String() string { return string(s.Append(nil)) }

// Append appends String.
func (s MessageSet) Append(dst []byte) []byte {
	if s.saved {
		return append(dst, '$')
	}
	for i, r := range s.ranges {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.append(dst)
	}
	return dst
}

// Split cuts the set into sets whose text has at most maxBytes bytes each, for servers that take no long lines; a single range
// that is longer stands alone.
func (s MessageSet) Split(maxBytes int) iter.Seq[MessageSet] {
	return func(yield func(MessageSet) bool) {
		if s.saved {
			yield(s)
			return
		}
		var room [2*maxDigits + 1]byte
		from, size := 0, 0
		for i, r := range s.ranges {
			length := len(r.append(room[:0]))
			if i > from && size+1+length > maxBytes {
				if !yield(MessageSet{ranges: s.ranges[from:i:i], uid: s.uid}) {
					return
				}
				from, size = i, 0
			}
			size += length
			if i > from {
				size++
			}
		}
		if from < len(s.ranges) {
			yield(MessageSet{ranges: s.ranges[from:], uid: s.uid})
		}
	}
}

const maxDigits = len("4294967295")

// with is s and more put together and in order.
func (s MessageSet) with(more []Range) MessageSet {
	switch {
	case s.err != nil:
		return s
	case len(more) == 0:
		return s
	case s.saved:
		return s.broken(errSavedMixed)
	}
	s.ranges = normalize(append(slices.Clone(s.ranges), more...))
	return s
}

func (s MessageSet) broken(err error) MessageSet {
	if s.err != nil {
		err = s.err
	}
	return MessageSet{uid: s.uid, err: err}
}

// cannotMeet answers a broken set if s and other do not go together.
func (s MessageSet) cannotMeet(other MessageSet) (bad MessageSet, is bool) {
	switch {
	case s.err != nil:
		return s, true
	case other.err != nil:
		return other, true
	case s.IsEmpty() || other.IsEmpty():
		return s, false
	case s.saved || other.saved:
		return s.broken(errSavedMixed), true
	case s.uid != other.uid:
		return s.broken(errTwoKinds), true
	}
	return s, false
}

// star is Star where numbers are compared: above all of them.
const star = 1 << 32

func (r Range) from() uint64 { return orStar(r.First) }
func (r Range) to() uint64   { return orStar(r.Last) }

func orStar(n uint32) uint64 {
	if n == Star {
		return star
	}
	return uint64(n)
}

// normalize puts ranges in order and joins those that touch, in place.
func normalize(ranges []Range) []Range {
	byFirst := func(a, b Range) int {
		switch {
		case a.from() < b.from():
			return -1
		case a.from() > b.from():
			return 1
		}
		return 0
	}
	if !slices.IsSortedFunc(ranges, byFirst) {
		slices.SortFunc(ranges, byFirst)
	}
	kept := ranges[:1]
	for _, r := range ranges[1:] {
		last := &kept[len(kept)-1]
		switch {
		case r.from() > last.to()+1 || r.from() == star && last.to() != star:
			kept = append(kept, r)
		case r.to() > last.to():
			last.Last = r.Last
		}
	}
	return kept
}

func (r Range) append(dst []byte) []byte {
	dst = appendNumber(dst, r.First)
	if r.Last == r.First {
		return dst
	}
	return appendNumber(append(dst, ':'), r.Last)
}

func appendNumber(dst []byte, n uint32) []byte {
	if n == Star {
		return append(dst, '*')
	}
	return strconv.AppendUint(dst, uint64(n), 10)
}

// sequenceSet appends the set to a command, or makes the command fail.
func (s MessageSet) sequenceSet(b *wire.CommandBuilder) *wire.CommandBuilder {
	return b.SequenceSet(s.String())
}
