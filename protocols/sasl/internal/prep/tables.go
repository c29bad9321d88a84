package prep

import (
	_ "embed" // for unicode32.txt
	"slices"
	"strconv"
	"strings"
	"sync"
)

// unicode32 is written by generate.py, which says what is in it.
//
//go:embed unicode32.txt
var unicode32 string

// run is the code points from low to high; class is their combining class, in that table only.
type run struct {
	low, high rune
	class     uint8
}

// runs are in order and do not overlap.
type runs []run

// find answers the run that r is in.
func (rs runs) find(r rune) (run, bool) {
	i, found := slices.BinarySearchFunc(rs, r, func(x run, r rune) int {
		switch {
		case x.high < r:
			return -1
		case x.low > r:
			return 1
		}
		return 0
	})
	if !found {
		return run{}, false
	}
	return rs[i], true
}

func (rs runs) has(r rune) bool {
	_, ok := rs.find(r)
	return ok
}

// decomposition is a code point with what it falls apart into.
type decomposition struct {
	from rune
	to   []rune
}

// tables are what unicode32.txt says.
type tables struct {
	decompose  []decomposition // in order
	compose    map[[2]rune]rune
	class      runs
	nothing    runs // B.1 of RFC 3454
	space      runs // C.1.2
	prohibited runs // all that RFC 4013 section 2.3 names
	rightToLeft,
	leftToRight runs // D.1, D.2
}

// load reads the tables when they are needed for the first time: most programs see ASCII only.
var load = sync.OnceValue(func() *tables {
	t := &tables{compose: make(map[[2]rune]rune)}
	section := ""
	for word := range strings.FieldsSeq(unicode32) {
		if word[0] == '[' {
			section = word
			continue
		}
		t.add(section, word)
	}
	return t
})

func (t *tables) add(section, word string) {
	key, value, _ := strings.Cut(word, ":")
	switch section {
	case "[decompose]":
		t.decompose = append(t.decompose, decomposition{number(key), numbers(value)})
	case "[compose]":
		pair := numbers(key)
		t.compose[[2]rune{pair[0], pair[1]}] = number(value)
	case "[class]":
		x := span(key)
		x.class = uint8(number(value))
		t.class = append(t.class, x)
	case "[nothing]":
		t.nothing = append(t.nothing, span(key))
	case "[space]":
		t.space = append(t.space, span(key))
	case "[prohibited]":
		t.prohibited = append(t.prohibited, span(key))
	case "[righttoleft]":
		t.rightToLeft = append(t.rightToLeft, span(key))
	case "[lefttoright]":
		t.leftToRight = append(t.leftToRight, span(key))
	default:
		panic("sasl: unicode32.txt has an unknown section " + section)
	}
}

func span(s string) run {
	low, high, _ := strings.Cut(s, "-")
	return run{low: number(low), high: number(high)}
}

func numbers(s string) (all []rune) {
	for one := range strings.SplitSeq(s, ",") {
		all = append(all, number(one))
	}
	return all
}

func number(s string) rune {
	n, err := strconv.ParseUint(s, 16, 21)
	if err != nil {
		panic("sasl: unicode32.txt is broken: " + err.Error())
	}
	return rune(n)
}
