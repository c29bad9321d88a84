package wire

import (
	"fmt"
	"strings"
	"testing"
)

func TestScanLine(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"1 120", "1 120 true"},
		{"  1\t 120 octets, and more", "1 120 true"},
		{"2147483647 9223372036854775807", "2147483647 9223372036854775807 true"},
		{"1 0", "1 0 true"},
		{"", "0 0 false"},
		{"1", "1 0 false"},
		{"0 5", "0 5 false"},
		{"-1 5", "0 0 false"},
		{"+1 5", "0 0 false"},
		{"1 -5", "1 -5 false"},
		{"2147483648 5", "2147483648 5 false"},
		{"99999999999999999999 5", "0 0 false"},
		{"1 9223372036854775808", "1 9223372036854775807 false"},
		{"1 x", "1 0 false"},
		{"x 1", "0 0 false"},
		{"1,2", "0 0 false"},
		{"\x00", "0 0 false"},
	} {
		n, size, ok := ScanLine([]byte(test.line))
		want := test.want
		if strings.HasSuffix(want, "false") { // what stands there then means nothing
			want = "false"
			if ok {
				t.Errorf("%q: got %d %d true, want false", test.line, n, size)
			}
			continue
		}
		if got := fmt.Sprint(n, size, ok); got != want {
			t.Errorf("%q: got %s, want %s", test.line, got, want)
		}
	}
}

func TestUniqueLine(t *testing.T) {
	for _, test := range []struct {
		line, uid string
		number    int
		ok        bool
	}{
		{"1 whqtswO00WBw418f9t5JxYwZ", "whqtswO00WBw418f9t5JxYwZ", 1, true},
		{" 2   a  b", "a", 2, true},
		{"3 \xff", "\xff", 3, true},
		{"4 " + strings.Repeat("x", 500), strings.Repeat("x", 500), 4, true},
		{"5", "", 0, false},
		{"5 ", "", 0, false},
		{"0 a", "", 0, false},
		{"a 5", "", 0, false},
		{"", "", 0, false},
	} {
		n, uid, ok := UniqueLine([]byte(test.line))
		if ok != test.ok || ok && (n != test.number || uid != test.uid) {
			t.Errorf("%q: got %d %q %v, want %d %q %v", test.line, n, uid, ok, test.number, test.uid, test.ok)
		}
	}
}

func TestDrop(t *testing.T) {
	for _, test := range []struct {
		text  string
		count int
		size  int64
		ok    bool
	}{
		{"2 320", 2, 320, true},
		{"0 0", 0, 0, true},
		{" 13  110293 octets in it", 13, 110293, true},
		{"2", 0, 0, false},
		{"", 0, 0, false},
		{"-2 320", 0, 0, false},
		{"2 -320", 0, 0, false},
		{"two 320", 0, 0, false},
		{"99999999999999999999 1", 0, 0, false},
		{"1 99999999999999999999", 0, 0, false},
	} {
		count, size, ok := Drop([]byte(test.text))
		if ok != test.ok || ok && (count != test.count || size != test.size) {
			t.Errorf("%q: got %d %d %v, want %d %d %v", test.text, count, size, ok, test.count, test.size, test.ok)
		}
	}
}

func TestAlone(t *testing.T) {
	for text, want := range map[string]string{"abc": "abc true", " abc\t": "abc true", "1 abc": "1 false", "": " false", "  ": " false"} {
		uid, ok := Alone([]byte(text))
		if got := fmt.Sprint(uid, " ", ok); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// What a line says is what it says when it is written again, and nothing in it makes the parsers fail.
func FuzzListing(f *testing.F) {
	for _, line := range []string{"1 120", "2147483647 0 x", "\t 3 \t 5", "1 abc", "0 0", "-1 -1", "9999999999 1", "\xff 1"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		words := strings.FieldsFunc(string(line), func(r rune) bool { return r == ' ' || r == '\t' })
		if n, size, ok := ScanLine(line); ok {
			if again, s, ok := ScanLine(fmt.Appendf(nil, "%d %d", n, size)); !ok || again != n || s != size || n < 1 || size < 0 || len(words) < 2 {
				t.Errorf("%q: got %d %d, then %d %d %v", line, n, size, again, s, ok)
			}
		}
		if n, uid, ok := UniqueLine(line); ok && (n < 1 || n > maxNumber || len(words) < 2 || uid != words[1]) {
			t.Errorf("%q: got %d %q, want the words %q", line, n, uid, words)
		}
		if count, size, ok := Drop(line); ok && (count < 0 || size < 0 || len(words) < 2) {
			t.Errorf("%q: got %d %d", line, count, size)
		}
		if uid, ok := Alone(line); ok != (len(words) == 1) || ok && uid != words[0] {
			t.Errorf("%q: got %q %v, want the words %q", line, uid, ok, words)
		}
	})
}
