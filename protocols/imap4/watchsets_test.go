package imap4

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestUIDSet compares the set with a map, and holds it to its own rules.
func TestUIDSet(t *testing.T) {
	for _, highest := range []uint32{20, 400, 20_000} {
		t.Run(fmt.Sprint(highest), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(highest), 2))
			var s uidSet
			truth := make(map[uint32]bool)
			for range 6_000 {
				u := 1 + random.Uint32N(highest)
				switch random.IntN(5) {
				case 0, 1, 2:
					if got, want := s.add(u), !truth[u]; got != want {
						t.Fatalf("add(%d): got %v, want %v", u, got, want)
					}
					truth[u] = true
				case 3:
					if got, want := s.remove(u), truth[u]; got != want {
						t.Fatalf("remove(%d): got %v, want %v", u, got, want)
					}
					delete(truth, u)
				default:
					last := u + random.Uint32N(12)
					var want []uint32
					for n := u; n <= last; n++ {
						if truth[n] {
							want = append(want, n)
							delete(truth, n)
						}
					}
					got := MessageSet{uid: true, ranges: s.take([]Range{{u, last}})}
					if !slices.Equal(slices.Collect(got.All()), want) {
						t.Fatalf("take(%d:%d): got %v, want %v", u, last, got, want)
					}
				}
			}
			checkUIDSet(t, &s, truth)
			all := s.set()
			again := uidsOf(all.ranges)
			checkUIDSet(t, &again, truth)
			middle := highest / 2
			if got, want := s.from(middle), all.Intersect(UIDRange(middle, highest+20)); !got.Equal(want) {
				t.Errorf("from(%d): got %v, want %v", middle, got, want)
			}
		})
	}
}

func checkUIDSet(t *testing.T, s *uidSet, truth map[uint32]bool) {
	t.Helper()
	want := slices.Sorted(maps.Keys(truth))
	if got := slices.Collect(s.set().All()); !slices.Equal(got, want) {
		t.Fatalf("set: got %v, want %v", got, want)
	}
	if s.count != len(want) || s.max() != want[len(want)-1] || s.has(want[0]-1) || !s.has(want[0]) {
		t.Errorf("count, max, has: got %d, %d, %v, %v, want %d, %d, false, true",
			s.count, s.max(), s.has(want[0]-1), s.has(want[0]), len(want), want[len(want)-1])
	}
	end := uint64(0)
	for _, block := range s.blocks {
		if len(block) == 0 || len(block) > uidBlock {
			t.Fatalf("block: got %d ranges, want 1 to %d", len(block), uidBlock)
		}
		for _, r := range block {
			if uint64(r.First) <= end || r.Last < r.First {
				t.Fatalf("range %v behind %d: want a gap between", r, end)
			}
			end = uint64(r.Last) + 1
		}
	}
}

func TestUIDSetAtTheEnd(t *testing.T) {
	const last = 1<<32 - 1
	s := uidsOf([]Range{{1, last}})
	if !s.remove(last) || s.add(5) || !s.add(last) || s.count != last || len(s.blocks) != 1 || len(s.blocks[0]) != 1 {
		t.Errorf("got %v with %d, want one range of %d", s.blocks, s.count, last)
	}
	if got, want := fmt.Sprint(s.take([]Range{{10, last}})), "[{10 4294967295}]"; got != want {
		t.Errorf("take: got %v, want %v", got, want)
	}
}

// TestWatchedBoxForgets: what is kept of a message goes with it.
func TestWatchedBoxForgets(t *testing.T) {
	for _, last := range []uint32{3, 1 << 31} { // a few, and more than there are
		b := &watchedBox{next: 1, modSeq: 5}
		b.keepFlags()
		for uid := uint32(1); uid <= 4; uid++ {
			b.note(&Message{UID: uid, ModSeq: 9, items: ItemFlags | ItemModSeq})
		}
		gone := b.take([]Range{{2, last}})
		want := min(last, 4) - 1
		if n, _ := gone.Len(); n != int(want) || b.told.count != 4-int(want) || len(b.flags) != 4-int(want) || len(b.recent) != 4-int(want) {
			t.Errorf("2:%d: got %v, told %v, %d flags, %d recent, want %d gone of 4", last, gone, b.told.set(), len(b.flags), len(b.recent), want)
		}
	}
}

// TestWatchMemory: what a million messages cost.
func TestWatchMemory(t *testing.T) {
	const messages = 1_000_000
	var l seqList
	var s uidSet
	for i := uint32(1); i <= messages; i++ {
		l.put(i, i)
		s.add(i)
	}
	numbers, ranges := 0, 0
	for _, block := range l.blocks {
		numbers += cap(block)
	}
	for _, block := range s.blocks {
		ranges += cap(block)
	}
	if bytes := 4*numbers + 24*cap(l.blocks); bytes > 5*messages {
		t.Errorf("sequence numbers: got %d bytes, want at most 5 for each of %d", bytes, messages)
	}
	if ranges > 10 {
		t.Errorf("ranges: got room for %d, want at most 10", ranges)
	}
}

// TestSeqList compares the list with a slice.
func TestSeqList(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	var l seqList
	var truth []uint32
	for i := range 20_000 {
		seq := 1 + random.IntN(len(truth)+3)
		if random.IntN(3) > 0 {
			for len(truth) < seq {
				truth = append(truth, 0)
			}
			truth[seq-1] = uint32(i + 1)
			l.put(uint32(seq), uint32(i+1))
		} else {
			want := uint32(0)
			if seq <= len(truth) {
				want = truth[seq-1]
				truth = slices.Delete(truth, seq-1, seq)
			}
			if got := l.remove(uint32(seq)); got != want {
				t.Fatalf("remove(%d): got %d, want %d", seq, got, want)
			}
		}
		if l.length != len(truth) {
			t.Fatalf("length: got %d, want %d", l.length, len(truth))
		}
	}
	for i, want := range truth {
		if got := l.at(uint32(i + 1)); got != want {
			t.Fatalf("at(%d): got %d, want %d", i+1, got, want)
		}
	}
	if got := l.at(0) + l.at(uint32(len(truth)+1)) + l.remove(0); got != 0 {
		t.Errorf("outside: got %d, want 0", got)
	}
}
