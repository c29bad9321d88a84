package wire

import (
	"bytes"
	"testing"
)

func TestRetag(t *testing.T) {
	build := func(f func(b *CommandBuilder)) *Encoded {
		var b CommandBuilder
		b.Begin("A9", "STATUS").SP()
		f(&b)
		e, err := b.Done()
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	plain := func(b *CommandBuilder) { b.Atom("INBOX").SP().Raw("(UNSEEN)") }
	for _, tag := range []string{"B7", "A10", "A9999999", "A1"} {
		e := build(plain)
		want := tag + " STATUS INBOX (UNSEEN)\r\n"
		if ok := e.Retag([]byte(tag)); !ok || string(e.Segments[0]) != want || e.String() != want {
			t.Errorf("%s: got %v, segment %q, all %q; want true, %q", tag, ok, e.Segments[0], e, want)
		}
	}
	for name, f := range map[string]func(b *CommandBuilder){
		"a secret":  func(b *CommandBuilder) { b.SecretAString("x") },
		"a literal": func(b *CommandBuilder) { b.Literal([]byte("x")) },
	} {
		e := build(f)
		before := e.String()
		if ok := e.Retag([]byte("A10")); ok || e.String() != before {
			t.Errorf("%s: got %v and %q, want false and %q", name, ok, e, before)
		}
	}
	e := build(plain)
	tags := [][]byte{[]byte("A10"), []byte("A9"), []byte("A100")}
	n := 0
	if got := testing.AllocsPerRun(100, func() { e.Retag(tags[n%3]); n++ }); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

func TestPlainOK(t *testing.T) {
	for _, tc := range []struct {
		line, tag, text string
		ok              bool
	}{
		{"A1 OK NOOP completed.", "A1", "NOOP completed.", true},
		{"A1 ok done", "A1", "done", true},
		{"A1 OK", "A1", "", true},
		{"A1 OK ", "A1", "", true},
		{"A1 OK [ALERT] done", "", "", false},
		{"A1 OK  [ALERT] done", "", "", false},
		{"A1  OK done", "", "", false},
		{"A1 OKAY", "", "", false},
		{"A1 NO done", "", "", false},
		{"* OK done", "", "", false},
		{"+ OK done", "", "", false},
		{"", "", "", false},
		{"A1", "", "", false},
		{"A1 O", "", "", false},
	} {
		tag, text, ok := PlainOK([]byte(tc.line))
		if ok != tc.ok || string(tag) != tc.tag || string(text) != tc.text {
			t.Errorf("%q: got %q, %q, %v; want %q, %q, %v", tc.line, tag, text, ok, tc.tag, tc.text, tc.ok)
		}
		if !ok {
			continue
		}
		r, err := DecodeResponse(Unit{Kind: Line, Bytes: []byte(tc.line)}, nil)
		if err != nil || r.Kind != Tagged || r.Name != "OK" || r.Tag != tc.tag || r.Text != tc.text || r.Code != "" {
			t.Errorf("%q: DecodeResponse has it otherwise: %+v, %v", tc.line, r, err)
		}
	}
}

// FuzzPlainOK: what PlainOK takes, DecodeResponse reads alike.
func FuzzPlainOK(f *testing.F) {
	f.Add([]byte("A1 OK done"))
	f.Add([]byte("A1 OK [X] done"))
	f.Fuzz(func(t *testing.T, line []byte) {
		tag, text, ok := PlainOK(line)
		if !ok || bytes.ContainsAny(line, "\r\n") {
			return
		}
		r, err := DecodeResponse(Unit{Kind: Line, Bytes: line}, nil)
		if err != nil || r.Kind != Tagged || r.Name != "OK" || r.Tag != string(tag) || r.Text != string(text) || r.Code != "" {
			t.Errorf("%q: got %q, %q; DecodeResponse %+v, %v", line, tag, text, r, err)
		}
	})
}
