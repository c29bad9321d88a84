package wire

import (
	"fmt"
	"strings"
	"testing"
)

// formOf makes a form of value: its texts are those between < and >, its numbers those named.
func formOf(value string, numbers ...int64) (plain string, f Form, ok bool) {
	plain = strings.NewReplacer("<", "", ">", "").Replace(value)
	m := NewFormMaker([]byte(plain))
	for at, gone := 0, 0; at < len(value); at++ {
		switch c := value[at]; {
		case c == '<':
			to := at + strings.IndexByte(value[at:], '>') - 1
			m.Text(at-gone, to-gone)
			gone++
		case c == '>':
			gone++
		case isDigit(c) && len(numbers) > 0 && !isDigit(value[at-1]):
			m.Number(numbers[0])
			numbers = numbers[1:]
		}
	}
	f, ok = m.Form()
	return plain, f, ok
}

func TestFormMakerRefuses(t *testing.T) {
	for _, c := range []struct {
		value   string
		numbers []int64
		want    bool
	}{
		{`("a" "<b>" 5 "<c>")`, []int64{5}, true},
		{`("a")`, nil, true},
		{`("" "<b>")`, nil, true},
		{`("a" "<b>" ("<c>" NIL) 5 6)`, []int64{5, 6}, true},
		{`("a" 5)`, nil, false},        // a number that was not named
		{`("a" 5)`, []int64{6}, false}, // another number
		{`("a" 0)`, []int64{0}, true},
		{`("a" 1234567890123456789)`, []int64{1234567890123456789}, false}, // too long for PlainNumber
		{`("a" 5x)`, []int64{5}, false},                                    //
		{`("a" x5)`, nil, false},                                           // an atom
		{`("a" 5`, []int64{5}, false},                                      // nothing behind it
		{`(a <b>)`, nil, false},                                            // no string
		{`("a<b>")`, nil, false},                                           // a part of one
		{`("<b>c")`, nil, false},                                           // the same
		{`("<>")`, nil, false},                                             // empty
		{`("a\"" "<b>")`, nil, false},                                      // an escape
		{`("""a"" b" "<c>")`, nil, false},                                  // quotes that are not escaped
		{`("a" "<b>`, nil, false},                                          // no end
		{`("a" ("<b>")`, nil, false},                                       // no end
		{`"a`, nil, false},                                                 // no end
		{`"a" 5 "b"`, nil, false},                                          // a number that was not named, in no list
		{`("a" x5)`, []int64{5}, false},                                    // an atom
		{`("\ 5 " \x "<b>")`, []int64{5}, false},                           // an escape, and a number behind it in the string
	} {
		if _, _, ok := formOf(c.value, c.numbers...); ok != c.want {
			t.Errorf("%s: got %v, want %v", c.value, ok, c.want)
		}
	}
	m := NewFormMaker([]byte(`("a" "b" "c")`))
	m.Text(len(`("a" "b" "`), len(`("a" "b" "c`))
	m.Text(len(`("`), len(`("a`))
	if _, ok := m.Form(); ok {
		t.Error("places in another order: got a form, want none")
	}
	m = NewFormMaker([]byte(`(x"b")`))
	m.Text(len(`(`), len(`(x"b`))
	if _, ok := m.Form(); ok {
		t.Error("a text that begins before its quote: got a form, want none")
	}
}

func TestTryForm(t *testing.T) {
	_, f, ok := formOf(`("a" "<b>" 5 ("x" "<c>") NIL)`, 5)
	if !ok || f.Len() != 3 {
		t.Fatalf("got %v with %d places, want 3", ok, f.Len())
	}
	const with = ` rest`
	for _, c := range []struct{ value, want string }{
		{`("a" "b" 5 ("x" "c") NIL)`, `b 5 c`},
		{`("a" "another (text" 12345 ("x" ")") NIL)`, `another (text 12345 )`},
		{`("a" "b" 0 ("x" "c") NIL)`, `b 0 c`},
		{`("a" "b" 123456789012345678 ("x" "c") NIL)`, `b 123456789012345678 c`},
		{`("a" "b" 1234567890123456789 ("x" "c") NIL)`, ``},
		{`("a" "" 5 ("x" "c") NIL)`, ``},
		{`("a" "b\"" 5 ("x" "c") NIL)`, ``},
		{`("a" "b\\" 5 ("x" "c") NIL)`, ``},
		{`("a" NIL 5 ("x" "c") NIL)`, ``},
		{`("a" "b" -5 ("x" "c") NIL)`, ``},
		{`("a" "b"  5 ("x" "c") NIL)`, ``},
		{`("A" "b" 5 ("x" "c") NIL)`, ``},
		{`("a" "b" 5 ("x" "c") NIL`, ``},
		{`("a" "b" 5 ("x" "c`, ``},
		{`("a" "b" 5`, ``},
		{``, ``},
	} {
		d := NewDecoder([]byte(c.value+with), nil, nil)
		rest := d.Rest()
		pieces := make([]Piece, f.Len())
		_, ok := d.TryForm(&f, pieces, 0)
		got := ""
		if ok {
			got = fmt.Sprintf("%s %d %s", rest[pieces[0].From:pieces[0].To], pieces[1].Number, rest[pieces[2].From:pieces[2].To])
		}
		at := 0
		if c.want != "" {
			at = len(c.value)
		}
		if got != c.want || d.Offset() != at || d.Err() != nil {
			t.Errorf("%s: got %q to %d, %v, want %q to %d", c.value, got, d.Offset(), d.Err(), c.want, at)
		}
	}
}

// A form is for what has no literals, within the limit of depth, and where nothing has failed.
func TestTryFormKeepsToTheRules(t *testing.T) {
	value, f, _ := formOf(`(("a" "<b>"))`)
	pieces := make([]Piece, f.Len())
	for _, c := range []struct {
		name string
		d    Decoder
		want bool
	}{
		{"usual", NewDecoder([]byte(value), nil, &Limits{Depth: 2}), true},
		{"too deep", NewDecoder([]byte(value), nil, &Limits{Depth: 1}), false},
		{"a literal behind it", NewDecoder([]byte(value+" {1}\r\nx"), []Literal{{Start: len(value) + 1, Offset: len(value) + 6, Size: 1}}, nil), false},
		{"strict", Decoder{b: []byte(value), Strict: true}, false},
		{"failed", Decoder{b: []byte(value), err: ErrTooDeep}, false},
	} {
		if _, got := c.d.TryForm(&f, pieces, 0); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
