package imap4

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// What is read a short way must be what the usual way reads. Each text is tried as it is, cut short, and with every byte in place of each.

func eachMutation(text string, try func(b []byte)) {
	b := []byte(text)
	try(b)
	for i, was := range b {
		try(b[:i:i])
		for c := range 256 {
			b[i] = byte(c)
			try(b)
		}
		b[i] = was
	}
}

func TestWholeMessageIsASection(t *testing.T) {
	short := 0
	for _, text := range []string{"[] {5}", "[]<0> NIL", "[1] x", "[]", "[])"} {
		eachMutation(text, func(b []byte) {
			fast := fetchReader{d: wire.NewDecoder(b, nil, nil), budget: 1000}
			if !fast.wholeMessage() {
				if fast.d.Offset() != 0 || fast.d.Err() != nil {
					t.Fatalf("%q: got offset %d, %v, want nothing taken", b, fast.d.Offset(), fast.d.Err())
				}
				return
			}
			short++
			var s BodySection
			usual := fetchReader{d: wire.NewDecoder(b, nil, nil), budget: 1000}
			usual.usualSpec(&s)
			if fmt.Sprint(s) != fmt.Sprint(BodySection{}) || fast.d.Offset() != usual.d.Offset() || usual.d.Err() != nil {
				t.Errorf("%q: got an empty section to %d, want %v to %d, %v", b, fast.d.Offset(), s, usual.d.Offset(), usual.d.Err())
			}
		})
	}
	if short == 0 {
		t.Error("got the usual way for all, want the short one for some")
	}
}

// A name in lower case is read the usual way, and is the same name.
func TestLiteralOfAWholeMessage(t *testing.T) {
	short := 0
	for _, text := range []string{"(UID 5 BODY[] ", "(BODY[] ", "(FLAGS (BODY[] ", "(X (a) BODY[] "} {
		eachMutation(text, func(b []byte) {
			start := wire.Unit{Kind: wire.LiteralStart, Bytes: slices.Concat([]byte("* 7 FETCH "), b), Literal: wire.Literal{Size: 3}}
			usual := start
			usual.Bytes = []byte(strings.Replace(string(start.Bytes), "BODY", "body", 1))
			if string(usual.Bytes) != string(start.Bytes) {
				short++
			}
			var p, q literalPrefix
			got, ok := p.next(start, nil)
			want, wantOK := q.next(usual, nil)
			if ok != wantOK || p != q || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%q: got %v, %v, %+v, want %v, %v, %+v", start.Bytes, got, ok, p, want, wantOK, q)
			}
		})
	}
	if short == 0 {
		t.Error("got the usual way for all, want the short one for some")
	}
}
