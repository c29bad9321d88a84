package poplib

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Repr writes bytes as Python's print does: b'+OK\r\n'. It is for programs that print what a Python program has printed; nothing of it
// reaches a terminal but printable ASCII.
func Repr(b []byte) string {
	quote := quoteFor(string(b))
	out := []byte{'b', quote}
	for _, c := range b {
		out = appendASCII(out, rune(c), quote)
	}
	return string(append(out, quote))
}

// reprString writes a text as Python's repr does: printable characters as they are, and bytes that are no UTF-8 as the surrogates that Python
// keeps them in.
func reprString(s string) string {
	quote := quoteFor(s)
	out := []byte{quote}
	for len(s) > 0 {
		c, n := utf8.DecodeRuneInString(s)
		switch {
		case c == utf8.RuneError && n == 1:
			out = fmt.Appendf(out, `\udc%02x`, s[0])
		case c < utf8.RuneSelf || c < 0x100 && !unicode.IsPrint(c):
			out = appendASCII(out, c, quote)
		case unicode.IsPrint(c):
			out = append(out, s[:n]...)
		case c < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, c)
		default:
			out = fmt.Appendf(out, `\U%08x`, c)
		}
		s = s[n:]
	}
	return string(append(out, quote))
}

// quoteFor is the quote around s: the single one, unless s has that and no double one.
func quoteFor(s string) byte {
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		return '"'
	}
	return '\''
}

// appendASCII appends a character below 0x100, escaped if it has to be.
func appendASCII(out []byte, c rune, quote byte) []byte {
	switch {
	case c == '\\' || c == rune(quote):
		return append(out, '\\', byte(c))
	case c == '\t':
		return append(out, `\t`...)
	case c == '\n':
		return append(out, `\n`...)
	case c == '\r':
		return append(out, `\r`...)
	case c < ' ' || c >= 0x7f:
		return fmt.Appendf(out, `\x%02x`, c)
	}
	return append(out, byte(c))
}

// reprList writes a list of bytes: [b'+OK', b'13'].
func reprList(words [][]byte) string {
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = Repr(w)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// quote shows the beginning of a line in an error.
func quote(line []byte) string {
	const most = 64
	return strconv.Quote(string(bytes.TrimSpace(line[:min(len(line), most)])))
}
