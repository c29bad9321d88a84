package imap4

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func mustSet(t testing.TB, s string) MessageSet {
	t.Helper()
	set, err := ParseSeqSet(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return set
}

func TestParseSeqSet(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"1", "1"},
		{"1:5,7,9:*", "1:5,7,9:*"},
		{"5:1", "1:5"},
		{"9,7,8,1:3,2:4,6", "1:4,6:9"},
		{"*", "*"},
		{"*:5", "5:*"},
		{"*:*", "*"},
		{"3:*,10,*", "3:*"},
		{"1:4294967295", "1:4294967295"},
		{"4294967295,*", "4294967295,*"},
		{"1:4294967295,*", "1:4294967295,*"},
		{"00000000000000007", "7"},
		{"$", "$"},
		{"7,7,7", "7"},
		{"", "error"},
		{"0", "error"},
		{"1:0", "error"},
		{"1,", "error"},
		{",1", "error"},
		{"1:", "error"},
		{":1", "error"},
		{"1:2:3", "error"},
		{"1 2", "error"},
		{"4294967296", "error"},
		{"99999999999999999999999999", "error"},
		{"1,$", "error"},
		{"-1", "error"},
		{"**", "error"},
	} {
		for _, uid := range []bool{false, true} {
			set, err := parseSet(c.text, uid)
			got := set.String()
			var syntax *SyntaxError
			if errors.As(err, &syntax) {
				got = "error"
			}
			if got != c.want || (err == nil) != (c.want != "error") || set.IsUID() != uid {
				t.Errorf("%q: got %q, %v, uid %v, want %q", c.text, got, err, set.IsUID(), c.want)
			}
		}
	}
}

func TestSyntaxErrorOfASetTellsWhere(t *testing.T) {
	_, err := ParseUIDSet("1:3,4;5")
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset != 5 || syntax.Got != `";5"` {
		t.Errorf("got %v, want a syntax error at byte 5 that shows \";5\"", err)
	}
}

func TestMakingSets(t *testing.T) {
	for _, c := range []struct {
		name string
		set  MessageSet
		want string
		uid  bool
	}{
		{"zero", MessageSet{}, "", false},
		{"numbers in any order", SeqNums(5, 3, 4, 9, 3), "3:5,9", false},
		{"no numbers", UIDs(), "", true},
		{"UIDs", UIDs(1, 2, 3, 4294967295), "1:3,4294967295", true},
		{"range", SeqRange(3, 5), "3:5", false},
		{"range down", UIDRange(5, 3), "3:5", true},
		{"open range", UIDRange(5, Star), "5:*", true},
		{"the last", SeqRange(Star, Star), "*", false},
		{"all", AllMessages(), "1:*", false},
		{"all UIDs", AllUIDs(), "1:*", true},
		{"saved", SavedResult(true), "$", true},
		{"added", SeqNums(1).Add(2).AddRange(4, 6).Add(3), "1:6", false},
		{"union", UIDs(1, 2).Union(UIDRange(2, 9)), "1:9", true},
		{"union with the empty set of the other kind", UIDs(1).Union(MessageSet{}), "1", true},
		{"the empty set with others", MessageSet{}.Union(UIDs(1)), "1", true},
		{"saved with the empty set", SavedResult(false).Union(UIDs()), "$", false},
		{"intersection", mustSet(t, "1:5,8,10:*").Intersect(mustSet(t, "4:8,20")), "4:5,8,20", false},
		{"intersection of open ones", mustSet(t, "3:*").Intersect(mustSet(t, "1,7:*")), "7:*", false},
		{"intersection of nothing", SeqNums(1).Intersect(SeqNums(2)), "", false},
		{"removed", mustSet(t, "1:10").Remove(mustSet(t, "1,4:5,10")), "2:3,6:9", false},
		{"removed from the middle of many", mustSet(t, "1:3,5:7,9:11").Remove(mustSet(t, "3:9")), "1:2,10:11", false},
		{"removed from an open range", mustSet(t, "5:*").Remove(mustSet(t, "7")), "5:6,8:*", false},
		{"the open end removed", mustSet(t, "1:*").Remove(mustSet(t, "5:*")), "1:4", false},
		{"* removed from *", mustSet(t, "1,*").Remove(mustSet(t, "*")), "1", false},
		{"all removed", mustSet(t, "1:5").Remove(mustSet(t, "1:*")), "", false},
		{"with last", mustSet(t, "3,8:*").WithLast(10), "3,8:10", false},
		{"with a last below", mustSet(t, "3,8:*").WithLast(5), "3,5:8", false},
		{"* with last", mustSet(t, "3,*").WithLast(10), "3,10", false},
		{"* in an empty mailbox", mustSet(t, "3,*").WithLast(0), "3", false},
		{"closed with last", mustSet(t, "3,8").WithLast(5), "3,8", false},
	} {
		if got := c.set.String(); got != c.want || c.set.IsUID() != c.uid || c.set.Err() != nil {
			t.Errorf("%s: got %q, uid %v, %v, want %q, uid %v", c.name, got, c.set.IsUID(), c.set.Err(), c.want, c.uid)
		}
		if got := c.set.IsEmpty(); got != (c.want == "") {
			t.Errorf("%s: got empty = %v of %q", c.name, got, c.want)
		}
		if got := c.set.IsOpen(); got != strings.ContainsAny(c.want, "*$") {
			t.Errorf("%s: got open = %v of %q", c.name, got, c.want)
		}
	}
}

func TestBrokenSets(t *testing.T) {
	for _, c := range []struct {
		name string
		set  MessageSet
		want error
	}{
		{"0", SeqNums(1, 0), errNoNumber},
		{"0 among UIDs", UIDs(0), errNoNumber},
		{"from Star down", UIDRange(Star, 5), errStarFirst},
		{"kinds", SeqNums(1).Union(UIDs(2)), errTwoKinds},
		{"kinds that meet", SeqNums(1).Intersect(UIDs(1)), errTwoKinds},
		{"kinds taken away", SeqNums(1).Remove(UIDs(1)), errTwoKinds},
		{"saved with others", SavedResult(true).Add(1), errSavedMixed},
		{"others with saved", UIDs(1).Union(SavedResult(true)), errSavedMixed},
		{"* taken out", mustSet(t, "5:*").Remove(mustSet(t, "*")), errStarTaken},
		{"the first error stays", SeqNums(0).AddRange(Star, 1).Add(5), errNoNumber},
		{"from the other side", SeqNums(1).Union(SeqNums(0)), errNoNumber},
	} {
		var argument *ArgumentError
		if got := c.set.Err(); got != c.want || !errors.As(got, &argument) || c.set.String() != "" || !c.set.IsEmpty() {
			t.Errorf("%s: got %v, %q, want %v and nothing", c.name, got, c.set, c.want)
		}
	}
}

func TestSetsAreValues(t *testing.T) {
	base := mustSet(t, "1:5,9")
	_ = base.Add(7)
	_ = base.Union(mustSet(t, "6:8"))
	_ = base.Remove(mustSet(t, "2"))
	base.Ranges()[0].Last = 99
	if got, want := base.String(), "1:5,9"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	numbers := []uint32{3, 1, 2}
	SeqNums(numbers...)
	if want := []uint32{3, 1, 2}; !slices.Equal(numbers, want) {
		t.Errorf("argument: got %v, want %v", numbers, want)
	}
}

func TestEqualSets(t *testing.T) {
	for _, c := range []struct {
		a, b MessageSet
		want bool
	}{
		{SeqNums(3, 2, 1), SeqRange(1, 3), true},
		{SeqNums(1), UIDs(1), false},
		{SeqNums(1), SeqNums(2), false},
		{MessageSet{}, SeqNums(), true},
		{SavedResult(true), UIDs(), false},
		{SeqNums(0), SeqNums(0), false},
	} {
		if got := c.a.Equal(c.b); got != c.want {
			t.Errorf("%q and %q: got %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// Sets do what sets of numbers do: the oracle is a map.
func TestSetsAgreeWithMaps(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	made := func() (MessageSet, map[uint32]bool) {
		set, in := MessageSet{}, make(map[uint32]bool)
		for range r.IntN(6) {
			first := 1 + r.Uint32N(40)
			last := first + r.Uint32N(6)
			set = set.AddRange(first, last)
			for n := first; n <= last; n++ {
				in[n] = true
			}
		}
		return set, in
	}
	for range 3000 {
		a, inA := made()
		b, inB := made()
		for _, op := range []struct {
			name string
			got  MessageSet
			want func(n uint32) bool
		}{
			{"union", a.Union(b), func(n uint32) bool { return inA[n] || inB[n] }},
			{"intersect", a.Intersect(b), func(n uint32) bool { return inA[n] && inB[n] }},
			{"remove", a.Remove(b), func(n uint32) bool { return inA[n] && !inB[n] }},
		} {
			want := make(map[uint32]bool)
			for n := range uint32(60) {
				if op.want(n) {
					want[n] = true
				}
				if got := op.got.Contains(n); got != op.want(n) {
					t.Fatalf("%s of %q and %q: contains %d: got %v", op.name, a, b, n, got)
				}
			}
			if got, want := slices.Collect(op.got.All()), slices.Sorted(maps.Keys(want)); !slices.Equal(got, want) {
				t.Fatalf("%s of %q and %q: got %v, want %v", op.name, a, b, got, want)
			}
			if n, ok := op.got.Len(); n != len(want) || !ok {
				t.Fatalf("%s of %q and %q: got length %d, %v, want %d", op.name, a, b, n, ok, len(want))
			}
			if again := mustSetOrEmpty(t, op.got.String()); !again.Equal(op.got) {
				t.Fatalf("%s: got %q back, want %q", op.name, again, op.got)
			}
		}
	}
}

func mustSetOrEmpty(t testing.TB, s string) MessageSet {
	t.Helper()
	if s == "" {
		return MessageSet{}
	}
	return mustSet(t, s)
}

func TestSetsOfAllNumbersCostNothing(t *testing.T) {
	if allocs := testing.AllocsPerRun(10, func() {
		all, err := ParseUIDSet("1:4294967295")
		if n, ok := all.Len(); err != nil || n != 1<<32-1 || !ok || !all.Contains(77) || all.Contains(0) {
			t.Errorf("got %d numbers, %v, %v", n, ok, err)
		}
	}); allocs > 2 {
		t.Errorf("got %v allocations, want 2 at most", allocs)
	}
	for n := range AllMessages().All() {
		t.Errorf("1:*: got %d, want no number that is sure", n)
	}
	if n, ok := AllMessages().Len(); ok {
		t.Errorf("1:*: got length %d, want none", n)
	}
	for _, n := range []uint32{1, 1 << 31, 1<<32 - 1} {
		if !AllMessages().Contains(n) {
			t.Errorf("1:*: got no %d, want it", n)
		}
	}
	count := 0
	for n := range UIDRange(4294967290, 4294967295).All() {
		if count++; n < 4294967290 {
			t.Fatalf("got %d", n)
		}
	}
	if count != 6 {
		t.Errorf("got %d numbers at the upper end, want 6", count)
	}
}

func TestSplit(t *testing.T) {
	set := UIDs()
	for n := uint32(1); n < 2000; n += 2 {
		set = set.Add(n)
	}
	for _, most := range []int{1, 10, 100, 1000, 1 << 20} {
		union := UIDs()
		parts := 0
		for part := range set.Split(most) {
			if text := part.String(); len(text) > most && len(part.Ranges()) > 1 {
				t.Errorf("at most %d: got %d bytes", most, len(text))
			}
			if part.IsEmpty() || !part.IsUID() {
				t.Errorf("at most %d: got %q, uid %v", most, part, part.IsUID())
			}
			union = union.Union(part)
			parts++
		}
		if !union.Equal(set) {
			t.Errorf("at most %d: the parts are not the whole", most)
		}
		if fewest := len(set.String()) / (most + 1); most > 1 && parts < fewest || most == 1<<20 && parts != 1 {
			t.Errorf("at most %d: got %d parts", most, parts)
		}
	}
	for part := range SavedResult(true).Split(10) {
		if part.String() != "$" {
			t.Errorf("got %q, want $", part)
		}
	}
	for range (MessageSet{}).Split(10) {
		t.Error("the empty set: got a part")
	}
}

func TestUIDList(t *testing.T) {
	for _, c := range []struct{ text, want, set string }{
		{"20:19,500:495", "20 19 500 499 498 497 496 495", "19:20,495:500"},
		{"7", "7", "7"},
		{"3,1:2,9", "3 1 2 9", "1:3,9"},
		{"4294967295:4294967294", "4294967295 4294967294", "4294967294:4294967295"},
	} {
		list, err := ParseUIDList(c.text)
		numbers := slices.Collect(list.All())
		got := strings.Trim(fmt.Sprint(numbers), "[]")
		if err != nil || got != c.want || list.Len() != int64(len(numbers)) || list.Set().String() != c.set || !list.Set().IsUID() || list.String() != c.text {
			t.Errorf("%s: got %s, %d, %q, %v, want %s and %s", c.text, got, list.Len(), list.Set(), err, c.want, c.set)
		}
	}
	for _, bad := range []string{"", "*", "1:*", "0", "1,,2", "$"} {
		if list, err := ParseUIDList(bad); err == nil || list.Len() != 0 {
			t.Errorf("%q: got %v, want an error", bad, list)
		}
	}
	if list := (UIDList{}); list.Len() != 0 || list.String() != "" || !list.Set().IsEmpty() || !list.Set().IsUID() {
		t.Errorf("zero: got %d UIDs, %q", list.Len(), list)
	}
	huge, err := ParseUIDList("1:4294967295,4294967295:1")
	if want := int64(2 * (1<<32 - 1)); err != nil || huge.Len() != want {
		t.Errorf("got %d, %v, want %d", huge.Len(), err, want)
	}
}

func TestPairs(t *testing.T) {
	for _, c := range []struct{ name, a, b, want string }{
		{"R14 reversed ranges keep their order", "20:19,500:495", "92:97,101:100", "20-92 19-93 500-94 499-95 498-96 497-97 496-101 495-100"},
		{"the second is shorter", "1:5", "9", "1-9"},
		{"the first is shorter", "1", "9:20", "1-9"},
	} {
		a, errA := ParseUIDList(c.a)
		b, errB := ParseUIDList(c.b)
		var got []string
		for x, y := range Pairs(a, b) {
			got = append(got, fmt.Sprintf("%d-%d", x, y))
		}
		if text := strings.Join(got, " "); errA != nil || errB != nil || text != c.want {
			t.Errorf("%s: got %s, %v, %v, want %s", c.name, text, errA, errB, c.want)
		}
		for range Pairs(a, b) {
			break
		}
	}
}
