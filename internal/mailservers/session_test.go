package mailservers

import (
	"bufio"
	"strings"
	"testing"
)

func TestLinesHoldTheirLiterals(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"* OK ready\r\n", "* OK ready"},
		{"* 1 FETCH (BODY[] {5}\r\na\r\nb\n)\r\nnext\r\n", "* 1 FETCH (BODY[] {5}\r\na\r\nb\n)"},
		{"* LIST () \"/\" {1}\r\nx\r\n", "* LIST () \"/\" {1}\r\nx"},
		{"* OK {x}\r\n", "* OK {x}"},
		{"a {0}\r\n {2}\r\nhi\r\n", "a {0}\r\n {2}\r\nhi"},
	} {
		s := &session{in: bufio.NewReader(strings.NewReader(c.in))}
		if got, err := s.line(); got != c.want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", c.in, got, err, c.want)
		}
	}
	s := &session{in: bufio.NewReader(strings.NewReader("a {5}\r\nxy"))}
	if got, err := s.line(); err == nil {
		t.Errorf("cut off: got %q and no error, want one", got)
	}
}

func TestQuotedNames(t *testing.T) {
	if got, want := quoted(`a "b" \c`), `"a \"b\" \\c"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
