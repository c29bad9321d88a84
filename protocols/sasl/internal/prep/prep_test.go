package prep

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"testing"
	"unicode/utf8"
)

func TestSASLprep(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		err            error
	}{
		{"empty", "", "", nil},
		{"ASCII", "pencil ~!", "pencil ~!", nil},
		{"RFC 4013 section 3, 1: soft hyphen goes", "I\u00adX", "IX", nil},
		{"RFC 4013 section 3, 2", "user", "user", nil},
		{"RFC 4013 section 3, 3: case stays", "USER", "USER", nil},
		{"RFC 4013 section 3, 4: feminine ordinal", "\u00aa", "a", nil},
		{"RFC 4013 section 3, 5: Roman nine", "\u2168", "IX", nil},
		{"RFC 4013 section 3, 6: control character", "\u0007", "", ErrProhibited},
		{"RFC 4013 section 3, 7: bidirectional", "\u0627\u0031", "", ErrBidirectional},
		{"DEL", "a\x7f", "", ErrProhibited},
		{"control character beside others", "é\n", "", ErrProhibited},
		{"C1 control", "\u0085", "", ErrProhibited},
		{"no-break space", "a\u00a0b", "a b", nil},
		{"zero width space is a space", "a\u200bb", "a b", nil},
		{"line separator", "a\u2028b", "", ErrProhibited},
		{"private use", "\ue000", "", ErrProhibited},
		{"no character", "\ufdd0", "", ErrProhibited},
		{"replacement character", "\ufffd", "", ErrProhibited},
		{"tag", "\U000e0041", "", ErrProhibited},
		{"broken UTF-8", "a\xff", "", ErrEncoding},
		{"surrogate", "\xed\xa0\x80", "", ErrEncoding},
		{"composed stays", "r\u00e4ksm\u00f6rg\u00e5s", "r\u00e4ksm\u00f6rg\u00e5s", nil},
		{"decomposed is composed", "ra\u0308ksmo\u0308rga\u030as", "r\u00e4ksm\u00f6rg\u00e5s", nil},
		{"keys of a German keyboard", "\u00b5\u00b2\u00b3\u00b4", "\u03bc23 \u0301", nil},
		{"one half (RFC 5802 section 3)", "\u00bd", "1\u20442", nil},
		{"ligature and full width", "\ufb01\uff21", "fiA", nil},
		{"marks are put in order", "a\u0301\u0323", "\u1ea1\u0301", nil},
		{"a mark in the way", "a\u0327\u0301", "\u00e1\u0327", nil},
		{"a mark of the same class in the way", "a\u0305\u0301", "a\u0305\u0301", nil},
		{"marks without a base", "\u0301\u0323", "\u0323\u0301", nil},
		{"an excluded composition", "\u0958", "\u0915\u093c", nil},
		{"Hangul is composed", "\u1112\u1161\u11ab", "\ud55c", nil},
		{"Hangul without a tail", "\u1112\u1161", "\ud558", nil},
		{"Hangul stays", "\ud55c\uae00", "\ud55c\uae00", nil},
		{"Hangul of compatibility", "\u3131\u314f", "\uac00", nil},
		{"right to left", "\u0645\u0631\u062d", "\u0645\u0631\u062d", nil},
		{"right to left with a digit inside", "\u0627\u0031\u0628", "\u0627\u0031\u0628", nil},
		{"right to left with a letter inside", "\u0627a\u0628", "", ErrBidirectional},
		{"right to left at the end only", "1\u0628", "", ErrBidirectional},
		{"unknown to Unicode 3.2 passes", "\U0001f511key", "\U0001f511key", nil},
		{"nothing is left", "\u00ad\u200d", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := SASLprep(c.in)
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %+q, %v; want %+q, %v", got, err, c.want, c.err)
			}
		})
	}
}

// Every code point of the planes that have characters comes out as Python's unicodedata.ucd_3_2_0 and stringprep have it, alone, and
// those that combine or fall apart before two accents, too.
func TestEveryCodePoint(t *testing.T) {
	const want = "a8b3f4419ec96cbc94ba99dacb504e68220d9f3231fa25053853c9eba310c1fd"
	tab, h := load(), sha256.New()
	add := func(s string) {
		got, err := SASLprep(s)
		if err != nil {
			got = "!"
		}
		h.Write([]byte(got + "\n"))
	}
	for r := rune(0); r < 0x30000; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		add(string(r))
		_, decomposes := slices.BinarySearchFunc(tab.decompose, r, func(d decomposition, r rune) int { return int(d.from - r) })
		if decomposes || tab.classOf(r) != 0 {
			add(string(r) + "\u0301\u0305")
		}
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("got the hash %s, want %s", got, want)
	}
}

// Tables that are searched must be in order.
func TestTables(t *testing.T) {
	tab := load()
	for name, rs := range map[string]runs{
		"class": tab.class, "nothing": tab.nothing, "space": tab.space, "prohibited": tab.prohibited, "right to left": tab.rightToLeft,
		"left to right": tab.leftToRight,
	} {
		if len(rs) == 0 {
			t.Errorf("%s: got no entries", name)
		}
		for i, x := range rs {
			if x.low > x.high || i > 0 && rs[i-1].high >= x.low {
				t.Errorf("%s: got %x-%x out of order", name, x.low, x.high)
			}
		}
	}
	if !slices.IsSortedFunc(tab.decompose, func(a, b decomposition) int { return int(a.from - b.from) }) {
		t.Error("decompositions: got them out of order")
	}
	if got, want := len(tab.decompose), 5143; got != want {
		t.Errorf("decompositions: got %d, want %d", got, want)
	}
}

// Every decomposition is final, and every composition undoes one.
func TestDecompositionsAreFinal(t *testing.T) {
	tab := load()
	for _, d := range tab.decompose {
		for _, r := range d.to {
			if again := tab.appendDecomposed(nil, r); len(again) != 1 || again[0] != r {
				t.Errorf("%x: got %x in its decomposition, which decomposes into %x", d.from, r, again)
			}
		}
	}
	for pair, whole := range tab.compose {
		want := tab.appendDecomposed(tab.appendDecomposed(nil, pair[0]), pair[1])
		if got := tab.appendDecomposed(nil, whole); !slices.Equal(got, want) {
			t.Errorf("%x: got %x, want %x", whole, got, want)
		}
	}
}

func TestASCIIAllocatesNothing(t *testing.T) {
	if got := testing.AllocsPerRun(100, func() { _, _ = SASLprep("correct horse battery staple") }); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

func FuzzSASLprep(f *testing.F) {
	for _, s := range []string{"", "user", "\u00bd\u00b4", "a\u0301\u0323", "\u1112\u1161\u11ab", "\u0627\u0031", "\xff", "\U0001f511"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := SASLprep(s)
		if err != nil {
			if got != "" {
				t.Errorf("%+q: got %+q beside an error", s, got)
			}
			return
		}
		if !utf8.ValidString(got) {
			t.Errorf("%+q: got invalid UTF-8 %+q", s, got)
		}
		for _, r := range got {
			if load().prohibited.has(r) {
				t.Errorf("%+q: got the prohibited %x", s, r)
			}
		}
	})
}
