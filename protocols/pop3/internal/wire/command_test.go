package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestAppendCommand(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"NOOP", nil, "NOOP\r\n"},
		{"TOP", []string{"1", "10"}, "TOP 1 10\r\n"},
		{"PASS", []string{" a b "}, "PASS  a b \r\n"},
		{"USER", []string{"café\xff"}, "USER café\xff\r\n"},
	} {
		got, err := AppendCommand([]byte("x"), test.name, test.args...)
		if err != nil || string(got) != "x"+test.want {
			t.Errorf("%s %q: got %q, %v, want %q", test.name, test.args, got, err, "x"+test.want)
		}
	}
}

func TestAppendCommandRefuses(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		arg  int
	}{
		{"", nil, 0}, {"A B", nil, 0}, {"NOOP\r\nQUIT", nil, 0}, {"NÖOP", nil, 0}, {"A\x7f", nil, 0}, {"A\x00", nil, 0},
		{"USER", []string{""}, 1}, {"USER", []string{"a\r\nDELE 1"}, 1}, {"USER", []string{"a\n"}, 1}, {"USER", []string{"a\r"}, 1},
		{"TOP", []string{"1", "\x00"}, 2}, {"TOP", []string{"1", "\t"}, 2}, {"TOP", []string{"1", "a", "\x7f"}, 3}, {"X", []string{"\x1b[0m"}, 1},
	} {
		got, err := AppendCommand([]byte("kept"), test.name, test.args...)
		var refused *ArgumentError
		if !errors.As(err, &refused) || refused.Arg != test.arg || string(got) != "kept" {
			t.Errorf("%q %q: got %q, %v, want nothing and argument %d refused", test.name, test.args, got, err, test.arg)
			continue
		}
		for _, a := range test.args {
			if len(a) > 2 && strings.Contains(err.Error(), a) {
				t.Errorf("%q: the error holds the value: %v", a, err)
			}
		}
	}
}

// A command is one line, and its arguments are those that were given; or it is refused.
func FuzzCommand(f *testing.F) {
	f.Add("USER", "alice", "")
	f.Add("TOP", "1", "10")
	f.Add("PASS", "a b", "\r\nDELE 1")
	f.Add("A B", "\x00", "caf\xc3\xa9")
	f.Fuzz(func(t *testing.T, name, first, second string) {
		line, err := AppendCommand(nil, name, first, second)
		controls := func(s string) bool { return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) }
		if err != nil {
			if len(line) != 0 || name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f }) &&
				first != "" && second != "" && !controls(first) && !controls(second) {
				t.Errorf("%q %q %q: got %v", name, first, second, err)
			}
			return
		}
		text, ended := bytes.CutSuffix(line, []byte("\r\n"))
		if !ended || bytes.ContainsAny(text, "\r\n\x00") {
			t.Fatalf("got %q, want one line", line)
		}
		if got, want := string(text), name+" "+first+" "+second; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if word, rest, _ := strings.Cut(string(text), " "); word != name || rest != first+" "+second {
			t.Errorf("read back: got %q and %q, want %q and %q", word, rest, name, first+" "+second)
		}
	})
}
