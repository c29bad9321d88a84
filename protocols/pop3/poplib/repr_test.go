package poplib_test

import (
	"testing"

	"github.com/tconn/tconn/protocols/pop3/poplib"
)

// What CPython 3.11 prints.
func TestRepr(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `''`},
		{"line too long", `'line too long'`},
		{"it's", `"it's"`},
		{`say "x"`, `'say "x"'`},
		{`it's "x"`, `'it\'s "x"'`},
		{`back\slash`, `'back\\slash'`},
		{"\t\n\r\x00\x1f\x7f", `'\t\n\r\x00\x1f\x7f'`},
		{"grün", `'grün'`},
		{"\u0080\u00a0\u00ad", `'\x80\xa0\xad'`},
		{"日本", `'日本'`},
		{"\u200b\u2028", `'\u200b\u2028'`},
		{"\U0001f600", `'😀'`},
		{"\U000e0001", `'\U000e0001'`},
		{"\xffA", `'\udcffA'`},
	} {
		if got, want := (&poplib.Error{Arg: c.text}).Repr(), "error_proto("+c.want+")"; got != want {
			t.Errorf("text %q: got %s, want %s", c.text, got, want)
		}
	}
	for _, c := range []struct{ bytes, want string }{
		{"", `b''`},
		{"-ERR There's no message 99.", `b"-ERR There's no message 99."`},
		{`"`, `b'"'`},
		{`'"`, `b'\'"'`},
		{"\\\t\n\r\x00\x7f\xff", `b'\\\t\n\r\x00\x7f\xff'`},
		{"grün", `b'gr\xc3\xbcn'`},
	} {
		if got, want := (&poplib.Error{Arg: c.bytes, Bytes: true}).Repr(), "error_proto("+c.want+")"; got != want {
			t.Errorf("bytes %q: got %s, want %s", c.bytes, got, want)
		}
	}
}
