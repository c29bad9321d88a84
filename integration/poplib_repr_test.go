package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pythonBytes is Python's repr of bytes.
func pythonBytes(b []byte) string {
	quote := byte('\'')
	if slices.Contains(b, '\'') && !slices.Contains(b, '"') {
		quote = '"'
	}
	out := []byte{'b', quote}
	for _, c := range b {
		switch {
		case c == quote || c == '\\':
			out = append(out, '\\', c)
		case c == '\t':
			out = append(out, `\t`...)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\r':
			out = append(out, `\r`...)
		case c < ' ' || c >= 0x7f:
			out = fmt.Appendf(out, `\x%02x`, c)
		default:
			out = append(out, c)
		}
	}
	return string(append(out, quote))
}

// pythonList is that of a list of bytes.
func pythonList(lines [][]byte) string {
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = pythonBytes(line)
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// pythonDict is that of what capa answers, in the order of its keys; names and arguments hold no quotes.
func pythonDict(d map[string][]string) string {
	var items []string
	for name, args := range d {
		quoted := make([]string, len(args))
		for i, arg := range args {
			quoted[i] = strings.TrimPrefix(pythonBytes([]byte(arg)), "b")
		}
		items = append(items, strings.TrimPrefix(pythonBytes([]byte(name)), "b")+": ["+strings.Join(quoted, ", ")+"]")
	}
	slices.Sort(items)
	return "{" + strings.Join(items, ", ") + "}"
}

func TestPythonRepr(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{pythonBytes(nil), `b''`},
		{pythonBytes([]byte("it's")), `b"it's"`},
		{pythonBytes([]byte(`it's "so"`)), `b'it\'s "so"'`},
		{pythonBytes([]byte("\\ \t\r\n\x00\x7f\xff")), `b'\\ \t\r\n\x00\x7f\xff'`},
		{pythonList([][]byte{[]byte("a"), nil}), `[b'a', b'']`},
		{pythonDict(map[string][]string{"TOP": nil, "SASL": {"PLAIN", "LOGIN"}}), `{'SASL': ['PLAIN', 'LOGIN'], 'TOP': []}`},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}
