package wire

import (
	"strings"
	"testing"
)

func TestParseStatus(t *testing.T) {
	for _, test := range []struct {
		line string
		want Status
		ok   bool
	}{
		{"+OK", Status{OK: true}, true},
		{"+OK ", Status{OK: true}, true},
		{"+OK  two", Status{OK: true, Text: " two"}, true},
		{"+OK 2 320", Status{OK: true, Text: "2 320"}, true},
		{"+ok small", Status{OK: true, Text: "small"}, true},
		{"+ Hola mundo", Status{OK: true, Text: "Hola mundo"}, true},
		{"+", Status{OK: true}, true},
		{"-ERR", Status{}, true},
		{"-", Status{}, true},
		{"- no", Status{Text: "no"}, true},
		{"-ERR no such message", Status{Text: "no such message"}, true},
		{"-err no", Status{Text: "no"}, true},
		{"-ERR [IN-USE] busy", Status{Text: "[IN-USE] busy", Code: "IN-USE"}, true},
		{"-ERR[AUTH]no", Status{Text: "[AUTH]no", Code: "AUTH"}, true},
		{"-ERR [sys/temp/disk] x", Status{Text: "[sys/temp/disk] x", Code: "SYS/TEMP/DISK"}, true},
		{"-ERR [LOGIN-DELAY 300 s] x", Status{Text: "[LOGIN-DELAY 300 s] x", Code: "LOGIN-DELAY", CodeArgs: "300 s"}, true},
		{"+OK [X]", Status{OK: true, Text: "[X]", Code: "X"}, true},
		{"-ERR [open", Status{Text: "[open"}, true},
		{"-ERR []", Status{Text: "[]"}, true},
		{"-ERR x [AUTH]", Status{Text: "x [AUTH]"}, true},
		{"+OK\tx", Status{OK: true, Text: "\tx"}, true},
		{"", Status{}, false},
		{"OK", Status{}, false},
		{".", Status{}, false},
		{" +OK", Status{}, false},
		{"+O", Status{}, false},
		{"+1 555 1234", Status{}, false},
		{"-ER", Status{}, false},
		{"-- signature", Status{}, false},
		{"* OK IMAP4rev1", Status{}, false},
		{"220 smtp", Status{}, false},
	} {
		got, ok := ParseStatus([]byte(test.line))
		if ok != test.ok || got != test.want && ok {
			t.Errorf("%q: got %+v, %v, want %+v, %v", test.line, got, ok, test.want, test.ok)
		}
	}
}

func TestIsContinuation(t *testing.T) {
	for _, test := range []struct {
		line, text string
		ok         bool
	}{
		{"+", "", true}, {"+ ", "", true}, {"+ abc=", "abc=", true}, {"+  x", " x", true},
		{"+OK", "", false}, {"+x", "", false}, {"", "", false}, {"-", "", false}, {" + ", "", false},
	} {
		text, ok := IsContinuation([]byte(test.line))
		if ok != test.ok || string(text) != test.text {
			t.Errorf("%q: got %q, %v, want %q, %v", test.line, text, ok, test.text, test.ok)
		}
	}
}

// A status line is one of two kinds, says nothing that does not stand in it, and says the same when it is written in the usual way.
func FuzzStatus(f *testing.F) {
	for _, line := range []string{"+OK", "-ERR [AUTH] no", "+ x", "-", "+OKx", "-ERR [LOGIN-DELAY 5] x", "+ok\xff", "-ERR [\xc4\xb1]"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		s, ok := ParseStatus(line)
		if !ok {
			return
		}
		if s.OK != (line[0] == '+') || !strings.HasSuffix(string(line), s.Text) || len(line)-len(s.Text) > len("-ERR ") {
			t.Errorf("%q: got %+v", line, s)
		}
		if strings.Contains(s.Code, " ") || !strings.Contains(s.Text, s.CodeArgs) {
			t.Errorf("%q: got the code %q, %q", line, s.Code, s.CodeArgs)
		}
		again, ok := ParseStatus([]byte(map[bool]string{true: "+OK ", false: "-ERR "}[s.OK] + s.Text))
		if !ok || again != s {
			t.Errorf("%q: got %+v, and again %+v, %v", line, s, again, ok)
		}
	})
}
