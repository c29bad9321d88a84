package wire

import (
	"fmt"
	"testing"
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

func TestPlainFetch(t *testing.T) {
	for _, tt := range []struct {
		line  string
		short bool
	}{
		{"* 12 FETCH (UID 5)", true},
		{"* 999999999 FETCH (", true},
		{"* 0 FETCH ()", true},
		{"* 9999999999 FETCH (UID 1)", false},
		{"* 12 fetch (UID 5)", false},
		{"*  12 FETCH (UID 5)", false},
		{"* 12 UIDFETCH (UID 5)", false},
		{"* FETCH (UID 5)", false},
		{"* 12 FETCH  (UID 5)", false},
		{"A1 FETCH (UID 5)", false},
	} {
		if _, list := PlainFetch([]byte(tt.line)); list > 0 != tt.short {
			t.Errorf("%q: got list at %d, want a short way: %v", tt.line, list, tt.short)
		}
		eachMutation(tt.line, func(b []byte) {
			number, list := PlainFetch(b)
			if list == 0 {
				return
			}
			h := parseHead(b)
			name, at := string(b[h.name:h.nameEnd]), skipSpaces(b, h.nameEnd)
			if !h.isData() || !h.hasNumber || h.badNumber || h.number != uint64(number) || name != "FETCH" || at != list || b[list] != '(' {
				t.Errorf("%q: got %d, list at %d; the usual way %+v", b, number, list, h)
			}
		})
	}
}

// fields reads n values one by one.
func fields(d *Decoder, n int) (values [][]byte, plain bool) {
	for range n {
		s, kind := d.Field()
		if kind == FieldList {
			return nil, false
		}
		values = append(values, s)
	}
	return values, true
}

func TestStringsAreFields(t *testing.T) {
	short := 0
	for _, text := range []string{`"a" "some more text" NIL "x"  `, ` NIL "a rather long text with a \" in it" NIL) NIL`, ` "" "b" "c" "d")`, `NIL NIL NIL NIL NIL`, ` "a""b""c""d" ")`, `("a" "b") "c" "d" "e"`} {
		eachMutation(text, func(b []byte) {
			var got [3][]byte
			d := NewDecoder(b, nil, nil)
			if !d.Strings(got[:]) {
				if d.Offset() != 0 || d.Err() != nil {
					t.Fatalf("%q: got offset %d, %v, want nothing taken", b, d.Offset(), d.Err())
				}
				return
			}
			short++
			slow := NewDecoder(b, nil, nil)
			want, plain := fields(&slow, len(got))
			if !plain || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) || d.Offset() != slow.Offset() || slow.Err() != nil {
				t.Errorf("%q: got %q to %d, want %q to %d, %v", b, got, d.Offset(), want, slow.Offset(), slow.Err())
			}
			for i := range got {
				if (got[i] == nil) != (want[i] == nil) {
					t.Errorf("%q: value %d: got %#v, want %#v", b, i, got[i], want[i])
				}
			}
		})
	}
	if short == 0 {
		t.Error("got the usual way for all, want the short one for some")
	}
}

func TestTupleIsAListOfFields(t *testing.T) {
	short := 0
	for _, text := range []string{` ("charset" "utf-8") NIL`, `("a" NIL)("b" "c")`, `("name" "a long name with spaces.pdf" "more") `, `(("a" "b"))      `} {
		eachMutation(text, func(b []byte) {
			var got [2][]byte
			d := NewDecoder(b, nil, nil)
			if !d.Tuple(got[:]) {
				return
			}
			short++
			slow := NewDecoder(b, nil, nil)
			_, kind := slow.Field()
			slow.Open()
			want, plain := fields(&slow, len(got))
			if closed := slow.TryClose(); kind != FieldList || !plain || !closed || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) || d.Offset() != slow.Offset() {
				t.Errorf("%q: got %q to %d, want %q to %d, closed %v, %v", b, got, d.Offset(), want, slow.Offset(), closed, slow.Err())
			}
		})
	}
	if short == 0 {
		t.Error("got the usual way for all, want the short one for some")
	}
}

func TestUsualItemsAreNames(t *testing.T) {
	usual := map[UsualItem]string{
		UID: "UID", Flags: "FLAGS", InternalDate: "INTERNALDATE", Size: "RFC822.SIZE", Envelope: "ENVELOPE", BodyStructure: "BODYSTRUCTURE",
	}
	seen := map[UsualItem]bool{}
	for _, text := range []string{"UID 5               ", "FLAGS ()            ", "INTERNALDATE \"x\"     ", "RFC822.SIZE 5       ", "ENVELOPE (          ", "BODYSTRUCTURE (", "BODY[] x            "} {
		eachMutation(text, func(b []byte) {
			d, slow := NewDecoder(b, nil, nil), NewDecoder(b, nil, nil)
			item := d.TryUsualItem()
			if item == NoUsualItem {
				if d.Offset() != 0 || d.Err() != nil {
					t.Errorf("%q: got no item to %d, %v, want nothing to be taken", b, d.Offset(), d.Err())
				}
				return
			}
			seen[item] = true
			want := slow.UpperName()
			slow.SP()
			if usual[item] != string(want) || d.Offset() != slow.Offset() || slow.Err() != nil {
				t.Errorf("%q: got %s to %d, want %s to %d, %v", b, usual[item], d.Offset(), want, slow.Offset(), slow.Err())
			}
		})
	}
	if len(seen) != len(usual) {
		t.Errorf("got %d usual items, want all %d", len(seen), len(usual))
	}
}

func TestUsualAddressesAreAddresses(t *testing.T) {
	short := 0
	for _, text := range []string{`("a name" NIL "box" "example.org") and more`, `(NIL NIL "box" "example.org") and more`, `("" NIL "" "")              `, `("n" NIL "a\"b" "x")        `, `("n" "r" "a" "x")        `} {
		eachMutation(text, func(b []byte) {
			d, slow := NewDecoder(b, nil, nil), NewDecoder(b, nil, nil)
			name, mailbox, host := d.TryAddress()
			if host == nil {
				if d.Offset() != 0 || d.Err() != nil || name != nil || mailbox != nil {
					t.Errorf("%q: got %q and %q to %d, %v, want nothing to be taken", b, name, mailbox, d.Offset(), d.Err())
				}
				return
			}
			short++
			slow.Open()
			got, want := fmt.Sprintf("%q", [][]byte{name, nil, mailbox, host}), ""
			values := make([][]byte, 4)
			for i := range values {
				values[i], _ = slow.Field()
			}
			want = fmt.Sprintf("%q", values)
			if closed := slow.TryClose(); !closed || got != want || (name == nil) != (values[0] == nil) || d.Offset() != slow.Offset() || slow.Err() != nil {
				t.Errorf("%q: got %s to %d, want %s to %d, %v", b, got, d.Offset(), want, slow.Offset(), slow.Err())
			}
		})
	}
	if short == 0 {
		t.Error("got the usual way for all, want the short one for some")
	}
}

// Read and Next are one thing, and Read leaves nothing of the unit before.
func TestScannerRead(t *testing.T) {
	input := []byte("* 1 FETCH (BODY[] {3}\r\nabc)\r\n* 2 EXISTS\r\n* LIST (")
	u := Unit{Kind: LiteralData, Last: true, Owned: true, Bytes: input, Literals: make([]Literal, 1), Literal: Literal{Size: 5}}
	read, next := NewScanner(Client, nil), NewScanner(Client, nil)
	for rest := input; ; {
		want, wantN, wantErr := next.Next(rest)
		n, err := read.Read(rest, &u)
		if n != wantN || err != wantErr || fmt.Sprint(u) != fmt.Sprint(want) {
			t.Fatalf("%q: got %v, %d, %v, want %v, %d, %v", rest, u, n, err, want, wantN, wantErr)
		}
		if rest = rest[n:]; u.Kind == None {
			break
		}
	}
	for _, input := range []string{"", "* 1 FETCH (BODY[] {99999999999999999999}\r\n"} {
		u = Unit{Kind: LiteralData, Bytes: []byte("x")}
		if n, err := NewScanner(Client, nil).Read([]byte(input), &u); n != len(input) || (err != nil) != (input != "") || u.Kind != None || u.Bytes != nil {
			t.Errorf("%q: got %v, %d, %v, want no unit", input, u, n, err)
		}
	}
}
