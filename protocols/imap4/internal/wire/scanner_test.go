package wire

import (
	"errors"
	"strings"
	"testing"
	"unsafe"
)

var framing = []struct {
	name   string
	role   Role
	policy policy
	input  string
	want   []string // events; the last is the state at the end
}{
	// What a client reads.
	{"a line", Client, keepAll, "* 7 EXISTS\r\n", []string{`Line "* 7 EXISTS"`, "idle=true"}},
	{"bare line feeds", Client, keepAll, "* 7 EXISTS\n* OK x\n", []string{`Line "* 7 EXISTS"`, `Line "* OK x"`, "idle=true"}},
	{"CR elsewhere is a byte", Client, keepAll, "* OK a\rb\r\r\n", []string{`Line "* OK a\rb\r"`, "idle=true"}},
	{"NUL is a byte", Client, keepAll, "* OK a\x00b\r\n", []string{`Line "* OK a\x00b"`, "idle=true"}},
	{"empty lines", Client, keepAll, "\r\n\n", []string{`Line ""`, `Line ""`, "idle=true"}},
	{"truncated", Client, keepAll, "* OK\r\n* 1 FET", []string{`Line "* OK"`, "idle=false"}},
	{"kept literal", Client, keepAll, "* 1 FETCH (BODY[] {3}\r\nabc UID 2)\r\n* OK x\r\n", []string{
		`Start "* 1 FETCH (BODY[] " + [18..23 {3} kept]`,
		`Line "* 1 FETCH (BODY[] {3}\r\nabc UID 2)" [18..23 {3} kept]`, `Line "* OK x"`, "idle=true"}},
	{"streamed literal", Client, streamAll, "* 1 FETCH (BODY[] {3}\r\nabc UID 2)\r\n", []string{
		`Start "* 1 FETCH (BODY[] " + [18..23 {3} kept]`, `Data "abc" of [18..23 {3} streamed]`,
		`Line "* 1 FETCH (BODY[] {3}\r\n UID 2)" [18..23 {3} streamed]`, "idle=true"}},
	{"skipped literal with a line in it", Client, skipAll, "* 1 FETCH (BODY[] {8}\r\n* BYE\r\n)UID 2)\r\n", []string{
		`Start "* 1 FETCH (BODY[] " + [18..23 {8} kept]`,
		`Line "* 1 FETCH (BODY[] {8}\r\nUID 2)" [18..23 {8} skipped]`, "idle=true"}},
	{"empty literal kept", Client, keepAll, "* 1 FETCH (BODY[] {0}\r\n)\r\n", []string{
		`Start "* 1 FETCH (BODY[] " + [18..23 {0} kept]`, `Line "* 1 FETCH (BODY[] {0}\r\n)" [18..23 {0} kept]`, "idle=true"}},
	{"empty literal streamed", Client, streamAll, "* 1 FETCH (BODY[] {0}\r\n)\r\n", []string{
		`Start "* 1 FETCH (BODY[] " + [18..23 {0} kept]`, `Data "" of [18..23 {0} streamed]`,
		`Line "* 1 FETCH (BODY[] {0}\r\n)" [18..23 {0} streamed]`, "idle=true"}},
	{"empty literal streamed, nothing behind it yet", Client, streamAll, "* X {0}\r\n", []string{
		`Start "* X " + [4..9 {0} kept]`, `Data "" of [4..9 {0} streamed]`, "idle=false"}},
	{"two literals, the second streamed", Client, byRemainder, "* LIST () {3}\r\na\r\n {1}\r\nb\r\n", []string{
		`Start "* LIST () " + [10..15 {3} kept]`,
		`Start "* LIST () {3}\r\na\r\n " [10..15 {3} kept] + [19..24 {1} kept]`, `Data "b" of [19..24 {1} streamed]`,
		`Line "* LIST () {3}\r\na\r\n {1}\r\n" [10..15 {3} kept] [19..24 {1} streamed]`, "idle=true"}},
	{"two literals, the first streamed", Client, byRemainder, "* LIST () {1}\r\na {3}\r\nbcd\r\n", []string{
		`Start "* LIST () " + [10..15 {1} kept]`, `Data "a" of [10..15 {1} streamed]`,
		`Start "* LIST () {1}\r\n " [10..15 {1} streamed] + [16..21 {3} kept]`,
		`Line "* LIST () {1}\r\n {3}\r\nbcd" [10..15 {1} streamed] [16..21 {3} kept]`, "idle=true"}},
	{"literal8, leading zeros, bare line feed", Client, keepAll, "* 1 FETCH (BINARY[1] ~{0002}\na\x00)\n", []string{
		`Start "* 1 FETCH (BINARY[1] " + [21..29 ~{2} kept]`, `Line "* 1 FETCH (BINARY[1] ~{0002}\na\x00)" [21..29 ~{2} kept]`, "idle=true"}},
	{"octets that end in CR before a bare line feed", Client, keepAll, "* X {2}\r\na\r\n", []string{
		`Start "* X " + [4..9 {2} kept]`, `Line "* X {2}\r\na\r" [4..9 {2} kept]`, "idle=true"}},
	{"no space before the literal", Client, keepAll, "* 1 FETCH (BODY[]{1}\r\na BODY[]<0>{1}\r\nb)\r\n", []string{
		`Start "* 1 FETCH (BODY[]" + [17..22 {1} kept]`,
		`Start "* 1 FETCH (BODY[]{1}\r\na BODY[]<0>" [17..22 {1} kept] + [33..38 {1} kept]`,
		`Line "* 1 FETCH (BODY[]{1}\r\na BODY[]<0>{1}\r\nb)" [17..22 {1} kept] [33..38 {1} kept]`, "idle=true"}},
	{"quotes and parentheses in a literal count for nothing", Client, keepAll, "* X {3}\r\n(\"( {1}\r\na\r\n", []string{
		`Start "* X " + [4..9 {3} kept]`, `Start "* X {3}\r\n(\"( " [4..9 {3} kept] + [13..18 {1} kept]`,
		`Line "* X {3}\r\n(\"( {1}\r\na" [4..9 {3} kept] [13..18 {1} kept]`, "idle=true"}},

	// What looks like a literal and is none.
	{"G19 status text", Client, keepAll, "* OK resync of box {5}\r\n* 7 EXISTS\r\n", []string{`Line "* OK resync of box {5}"`, `Line "* 7 EXISTS"`, "idle=true"}},
	{"status in small letters", Client, keepAll, "* bye {5}\r\n* ok {1}\r\n", []string{`Line "* bye {5}"`, `Line "* ok {1}"`, "idle=true"}},
	{"tagged", Client, keepAll, "A1 NO see {3}\r\n", []string{`Line "A1 NO see {3}"`, "idle=true"}},
	{"response code", Client, keepAll, "* NO [BADCHARSET ({5}\r\n", []string{`Line "* NO [BADCHARSET ({5}"`, "idle=true"}},
	{"code without OK", Client, keepAll, "* [COPYUID 1 {3}\r\n[COPYUID 1 {3}\r\n", []string{`Line "* [COPYUID 1 {3}"`, `Line "[COPYUID 1 {3}"`, "idle=true"}},
	{"continuation", Client, keepAll, "+ send {3}\r\n+\r\n+{3}\r\n", []string{`Line "+ send {3}"`, `Line "+"`, `Line "+{3}"`, "idle=true"}},
	{"no response", Client, keepAll, "220 smtp {3}\r\nServer Unavailable. {15}\r\n*x {3}\r\n {3}\r\n* {3}\r\n", []string{
		`Line "220 smtp {3}"`, `Line "Server Unavailable. {15}"`, `Line "*x {3}"`, `Line " {3}"`,
		`Start "* " + [2..7 {3} kept]`, "idle=false"}},
	{"in a quoted string", Client, keepAll, "* X \"a {3}\r\n* OK x\r\n", []string{`Line "* X \"a {3}"`, `Line "* OK x"`, "idle=true"}},
	{"in the middle of a token", Client, keepAll, "* LIST () NIL box{3}\r\n* X ~~{3}\r\n", []string{
		`Line "* LIST () NIL box{3}"`, `Line "* X ~~{3}"`, "idle=true"}},
	{"not of digits", Client, keepAll, "* X {}\r\n* X {+}\r\n* X {-1}\r\n* X {1 }\r\n* X {1++}\r\n* X 1}\r\n* X }\r\n* X {1} \r\n", []string{
		`Line "* X {}"`, `Line "* X {+}"`, `Line "* X {-1}"`, `Line "* X {1 }"`, `Line "* X {1++}"`, `Line "* X 1}"`, `Line "* X }"`, `Line "* X {1} "`, "idle=true"}},
	{"number too large still frames", Client, keepAll, "* 99999999999999999999 FETCH (X {1}\r\na)\r\n", []string{
		`Start "* 99999999999999999999 FETCH (X " + [32..37 {1} kept]`,
		`Line "* 99999999999999999999 FETCH (X {1}\r\na)" [32..37 {1} kept]`, "idle=true"}},

	// Broken lines that go on.
	{"F08 line end behind a literal in a list", Client, keepAll, "* 1 FETCH (BODY[] {3}\r\nabc\r\n)\r\n* OK x\r\n", []string{
		`Start "* 1 FETCH (BODY[] " + [18..23 {3} kept]`, `Line "* 1 FETCH (BODY[] {3}\r\nabc)" [18..23 {3} kept]`, `Line "* OK x"`, "idle=true"}},
	{"E09 line end in a quoted string", Client, keepAll, "* X (\"line1\r\n line2\" {1}\r\na)\r\n* OK x\r\n", []string{
		`Start "* X (\"line1 line2\" " + [19..24 {1} kept]`, `Line "* X (\"line1 line2\" {1}\r\na)" [19..24 {1} kept]`, `Line "* OK x"`, "idle=true"}},
	{"folded twice, backslash at the end", Client, keepAll, "* X \"a\\\r\n\tb\r\n c\"\r\n", []string{`Line "* X \"a\\\tb c\""`, "idle=true"}},
	{"E05 a broken line that does not go on", Client, keepAll, "* X (\"a\\\"))\r\n* 2 FETCH (UID 2)\r\n", []string{
		`Line "* X (\"a\\\"))"`, `Line "* 2 FETCH (UID 2)"`, "idle=true"}},
	{"a broken line waits for the next byte", Client, keepAll, "* X (a\r\n", []string{"idle=false"}},
	{"a status line does not go on", Client, keepAll, "* OK (a\r\n b\r\n", []string{`Line "* OK (a"`, `Line " b"`, "idle=true"}},
	{"closed too often", Client, keepAll, "* X a)) (b)\r\n c\r\n", []string{`Line "* X a)) (b)"`, `Line " c"`, "idle=true"}},

	{"closed too often, then opened", Client, keepAll, "* X a) (b\r\n c)\r\n", []string{`Line "* X a) (b c)"`, "idle=true"}},

	// What a server reads.
	{"command", Server, keepAll, "A1 NOOP\r\nA2 LOGIN a (\r\n b\r\n", []string{`Line "A1 NOOP"`, `Line "A2 LOGIN a ("`, `Line " b"`, "idle=true"}},
	{"literals of a command", Server, keepAll, "A1 LOGIN {1}\r\na {2+}\r\nbc\r\nA2 NOOP\r\n", []string{
		`Start "A1 LOGIN " + [9..14 {1} kept]`, `Start "A1 LOGIN {1}\r\na " [9..14 {1} kept] + [16..22 {2+} kept]`,
		`Line "A1 LOGIN {1}\r\na {2+}\r\nbc" [9..14 {1} kept] [16..22 {2+} kept]`, `Line "A2 NOOP"`, "idle=true"}},
	{"RFC 7888: any announcement counts", Server, keepAll, "A1 X \"a{1+}\r\nbc\r\n~{1+}\r\nd\r\nA1 OK {1}\r\na\r\n", []string{
		`Start "A1 X \"a" + [7..13 {1+} kept]`, `Line "A1 X \"a{1+}\r\nbc" [7..13 {1+} kept]`,
		`Start "" + [0..7 ~{1+} kept]`, `Line "~{1+}\r\nd" [0..7 ~{1+} kept]`,
		`Start "A1 OK " + [6..11 {1} kept]`, `Line "A1 OK {1}\r\na" [6..11 {1} kept]`, "idle=true"}},
	{"refused literal", Server, refuseSync, "A1 APPEND x {5}\r\nA2 NOOP\r\nA3 LOGIN {1+}\r\na b\r\n", []string{
		`Start "A1 APPEND x " + [12..17 {5} kept]`, `Line "A2 NOOP"`,
		`Start "A3 LOGIN " + [9..15 {1+} kept]`, `Line "A3 LOGIN {1+}\r\na b" [9..15 {1+} kept]`, "idle=true"}},
	{"raw line", Server, keepAll, "A1 AUTHENTICATE PLAIN\r\nabc {3}\r\nA2 X {1}\r\na\r\n", []string{
		`Line "A1 AUTHENTICATE PLAIN"`, `Line "abc {3}"`, `Start "A2 X " + [5..10 {1} kept]`, `Line "A2 X {1}\r\na" [5..10 {1} kept]`, "idle=true"}},
}

func TestFraming(t *testing.T) {
	for _, tt := range framing {
		t.Run(tt.name, func(t *testing.T) {
			f := feedEveryCut(t, tt.role, nil, tt.policy, []byte(tt.input))
			want := strings.Join(tt.want, "\n") + ` piece=""`
			if got := f.result(); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestStreamedPiecesAreTheInput(t *testing.T) {
	s := NewScanner(Client, nil)
	p := []byte("* 1 FETCH (BODY[] {5}\r\nab")
	u, n, err := s.Next(p)
	if err != nil || u.Kind != LiteralStart {
		t.Fatalf("got %v, %v, want LiteralStart", u.Kind, err)
	}
	s.StreamLiteral()
	p = p[n:]
	u, n, err = s.Next(p)
	if err != nil || u.Kind != LiteralData || string(u.Bytes) != "ab" || n != 2 || u.Last {
		t.Fatalf("got %v %q n=%d last=%v, %v, want LiteralData \"ab\" n=2", u.Kind, u.Bytes, n, u.Last, err)
	}
	if &u.Bytes[0] != &p[0] {
		t.Error("the piece is a copy, want the input itself")
	}
	if u, _, _ = s.Next(nil); u.Kind != None {
		t.Errorf("got %v from no input, want None", u.Kind)
	}
	if got := s.Buffered(); got != len("* 1 FETCH (BODY[] {5}\r\n") {
		t.Errorf("Buffered: got %d, want the line only", got)
	}
}

func TestDecisionOutOfPlacePanics(t *testing.T) {
	calls := map[string]func(s *Scanner){
		"StreamLiteral": (*Scanner).StreamLiteral, "SkipLiteral": (*Scanner).SkipLiteral, "RefuseLiteral": (*Scanner).RefuseLiteral,
	}
	for name, call := range calls {
		for _, input := range []string{"", "* X", "* X {0}\r\n)"} {
			t.Run(name+" after "+input, func(t *testing.T) {
				f := feedWhole(t, newFeeder(Client, nil, keepAll), []byte(input))
				defer func() {
					if recover() == nil {
						t.Error("got no panic, want one")
					}
				}()
				call(f.s)
			})
		}
	}
	t.Run("RefuseLiteral of what is being sent", func(t *testing.T) {
		s := NewScanner(Server, nil)
		if u, _, err := s.Next([]byte("A1 X {1+}\r\n")); u.Kind != LiteralStart || err != nil {
			t.Fatalf("got %v, %v, want LiteralStart", u.Kind, err)
		}
		defer func() {
			if recover() == nil {
				t.Error("got no panic, want one")
			}
		}()
		s.RefuseLiteral()
	})
}

var scannerLimits = []struct {
	name   string
	limits Limits
	input  string
	is     error // nil: no error
	text   string
}{
	{"line that just fits", Limits{Line: 8}, "* X aaaaaaa\r\n* OK aaaaaa\r\n", nil, ""},
	{"line too long", Limits{Line: 8}, "* OK aaaaaaa\r\n", ErrLineTooLong, "imap4: limit Line of 8 exceeded"},
	{"line too long without end", Limits{Line: 8}, "aaaaaaaaa", ErrLineTooLong, "imap4: limit Line of 8 exceeded"},
	{"numbers do not count", Limits{Line: 8}, "* SEARCH 1 2 3 4 5 6 7 8 9 10 11,12:14 (15)\r\n", nil, ""},
	{"line ends do not count", Limits{Line: 8}, "* LSUB \"ab\"\r\n", nil, ""},
	{"a line behind a literal counts on", Limits{Line: 12}, "* X {1}\r\naaaaaaaaaaaaa\r\n", ErrLineTooLong, "imap4: limit Line of 12 exceeded"},
	{"a kept literal does not count to the line", Limits{Line: 5}, "* X {9}\r\naaaaaaaaaa\r\n", nil, ""},
	{"response that just fits", Limits{Response: 12}, "* OK aaaaa\r\n", nil, ""},
	{"response too large", Limits{Response: 11}, "* OK aaaaa\r\n", ErrResponseTooLarge, "imap4: limit Response of 11 exceeded"},
	{"both at the same byte", Limits{Response: 8, Line: 8}, "aaaaaaaaaaaaaaa\r\n", ErrLineTooLong, "imap4: limit Line of 8 exceeded"},
	{"kept literals count to the response", Limits{Response: 27}, "* X {9}\r\naaaaaaaaa bbbbbbbb\r\n", ErrResponseTooLarge, "imap4: limit Response of 27 exceeded"},
	{"kept literals count to the response that just fits", Limits{Response: 29}, "* X {9}\r\naaaaaaaaa bbbbbbbb\r\n", nil, ""},
	{"response limit first", Limits{Response: 8, Line: 9}, "aaaaaaaaaaaaaaa\r\n", ErrResponseTooLarge, "imap4: limit Response of 8 exceeded"},
	{"line limit first", Limits{Response: 9, Line: 8}, "aaaaaaaaaaaaaaa\r\n", ErrLineTooLong, "imap4: limit Line of 8 exceeded"},
	{"literal size", Limits{LiteralSize: 5}, "* X {5}\r\naaaaa\r\n* X {6}\r\n", ErrLiteralTooLarge, "imap4: limit LiteralSize of 5 exceeded"},
	{"literals", Limits{Literals: 2}, "* X {0}\r\n {0}\r\n {0}\r\n", &LimitError{Limit: LimitLiterals, Max: 2}, "imap4: limit Literals of 2 exceeded"},
	{"largest size", Limits{}, "* X {9223372036854775807}\r\n", nil, ""},
	{"size of 64 bits", Limits{}, "* X {9223372036854775808}\r\n", &SyntaxError{},
		`imap4: syntax error at byte 4: want literal size of at most 63 bits, got "{9223372036854775808}"`},
	{"size of any bits", Limits{}, "* X {" + strings.Repeat("9", 80) + "}\r\n", &SyntaxError{},
		`imap4: syntax error at byte 4: want literal size of at most 63 bits, got "{` + strings.Repeat("9", 63) + `"`},
}

func TestScannerLimits(t *testing.T) {
	for _, tt := range scannerLimits {
		t.Run(tt.name, func(t *testing.T) {
			f := feedEveryCut(t, Client, &tt.limits, keepAll, []byte(tt.input))
			if tt.is == nil {
				if f.err != nil {
					t.Fatalf("got error %v, want none", f.err)
				}
				return
			}
			if f.err == nil || f.err.Error() != tt.text {
				t.Fatalf("got error %v, want %s", f.err, tt.text)
			}
			checkErrorKind(t, f.err, tt.is)
			if f.s.Idle() || f.s.Buffered() != 0 {
				t.Errorf("failed scanner: got Idle %v, Buffered %d, want false, 0", f.s.Idle(), f.s.Buffered())
			}
			_, n, again := f.s.Next([]byte("* OK x\r\n"))
			if again != f.err || n != 0 {
				t.Errorf("after the error: got n=%d, %v, want 0 and the same error", n, again)
			}
		})
	}
}

// checkErrorKind compares by sentinel, or by type for what has none.
func checkErrorKind(t *testing.T, got, want error) {
	t.Helper()
	switch want := want.(type) {
	case *SyntaxError:
		if syntax := new(SyntaxError); !errors.As(got, &syntax) {
			t.Errorf("got %T, want *SyntaxError", got)
		}
	case *LimitError:
		if limit := new(LimitError); !errors.As(got, &limit) || *limit != *want {
			t.Errorf("got %v, want %v", got, want)
		}
	default:
		if !errors.Is(got, want) {
			t.Errorf("errors.Is(%v, %v): got false, want true", got, want)
		}
	}
}

func TestLargeLiteralIsConfined(t *testing.T) {
	tests := []struct {
		name   string
		limits Limits
		input  string
	}{
		{"above Literal", Limits{Literal: 4}, "* 1 FETCH (BODY[] {5}\r\n* BYE UID 2)\r\n* OK x\r\n"},
		{"above Response", Limits{Response: 27}, "* 1 FETCH (BODY[] {5}\r\n* BYE)\r\n* OK x\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := feedEveryCut(t, Client, &tt.limits, keepAll, []byte(tt.input))
			if f.err != nil || f.units != 2 {
				t.Fatalf("got %d units, %v, want 2 without error", f.units, f.err)
			}
			u := scanLines(t, Client, &tt.limits, tt.input)[0]
			if len(u.Literals) != 1 || u.Literals[0].State != LiteralTooLarge {
				t.Fatalf("got literals %v, want one too large", u.Literals)
			}
			if err := u.Err(&tt.limits); !errors.Is(err, ErrLiteralTooLarge) {
				t.Errorf("Unit.Err: got %v, want ErrLiteralTooLarge", err)
			}
			r, err := DecodeResponse(u, &tt.limits)
			if err != nil || r.Name != "FETCH" || r.Number != 1 {
				t.Fatalf("got %+v, %v, want FETCH of 1", r, err)
			}
			r.Args.Byte('(')
			r.Args.Atom()
			r.Args.SP()
			r.Args.NString()
			if err := r.Args.Err(); !errors.Is(err, ErrLiteralTooLarge) {
				t.Errorf("value: got %v, want ErrLiteralTooLarge", err)
			}
		})
	}
}

func TestLiteralThatJustFitsIsKept(t *testing.T) {
	for _, l := range []*Limits{{Literal: 5}, {Response: 14}} {
		const input = "* X {5}\r\nabcde\n"
		if l.Response > 0 { // the line end behind the literal counts too
			f := feedWhole(t, newFeeder(Client, l, keepAll), []byte(input))
			checkErrorKind(t, f.err, ErrResponseTooLarge)
			l = &Limits{Response: 15}
		}
		if got := scanLines(t, Client, l, input)[0].Literals[0].State; got != LiteralKept {
			t.Errorf("%+v: got %v, want kept", *l, got)
		}
	}
}

func TestLargeLiteralCanBeStreamed(t *testing.T) {
	limits := &Limits{Literal: 4, Response: 30}
	f := feedEveryCut(t, Client, limits, streamAll, []byte("* 1 FETCH (BODY[] {90}\r\n"+strings.Repeat("a", 90)+")\r\n"))
	if f.err != nil || f.units != 1 || len(f.events) != 3 {
		t.Errorf("got %v, %q, want the literal's data and one unit", f.err, f.events)
	}
}

func TestDefaultLimits(t *testing.T) {
	for _, l := range []*Limits{nil, {}, {Line: -1, Response: -1, Literal: -1, LiteralSize: -1, Literals: -1, Depth: -1, Untagged: -1}} {
		got := Limits{l.line(), l.response(), l.literal(), l.literalSize(), l.literals(), l.depth(), l.MaxUntagged()}
		want := Limits{64 << 10, 64 << 20, 64 << 20, 1<<63 - 1, 10_000, 100, 1_000_000}
		if got != want {
			t.Errorf("limits of %+v: got %+v, want %+v", l, got, want)
		}
	}
	set := &Limits{1, 2, 3, 4, 5, 6, 7}
	if got := (Limits{set.line(), set.response(), set.literal(), set.literalSize(), set.literals(), set.depth(), set.MaxUntagged()}); got != *set {
		t.Errorf("limits that are set: got %+v, want %+v", got, *set)
	}
}

func TestLongSearchPasses(t *testing.T) {
	var b strings.Builder
	b.WriteString("* SEARCH")
	for range 100_000 {
		b.WriteString(" 1234567")
	}
	b.WriteString("\r\n")
	f := feedRandom(t, newFeeder(Client, nil, keepAll), []byte(b.String()), 1)
	if f.err != nil || f.units != 1 {
		t.Errorf("got %d units, %v, want 1", f.units, f.err)
	}
}

func TestScannerIsSmall(t *testing.T) {
	if got := unsafe.Sizeof(Scanner{}); got > 64 {
		t.Errorf("size of an idle scanner: got %d, want at most 64", got)
	}
	s := NewScanner(Client, nil)
	for _, p := range []string{"* 1 FETCH (BODY[] {3}\r\na", "bc)", "\r\n"} {
		f := &feeder{s: s, policy: keepAll}
		f.feed(t, []byte(p))
	}
	if !s.Idle() || s.unit != nil || s.Buffered() != 0 {
		t.Errorf("between units: got %+v, want nothing held", s)
	}
}

func TestWholeLineAllocatesNothing(t *testing.T) {
	input := []byte("* 23 EXISTS\r\n* 3 FETCH (UID 9 FLAGS (\\Seen) ENVELOPE (\"d\" \"s\"))\r\n* OK [X] Still here\r\n")
	s := NewScanner(Client, nil)
	lines := 0
	allocs := testing.AllocsPerRun(100, func() {
		for p := input; ; {
			u, n, err := s.Next(p)
			if u.Kind == None || err != nil {
				break
			}
			lines++
			p = p[n:]
		}
	})
	if allocs != 0 || lines != 3*101 {
		t.Errorf("got %v allocations for %d lines, want 0 for %d", allocs, lines, 3*101)
	}
}

func TestLimitErrorKinds(t *testing.T) {
	sentinels := []error{ErrLineTooLong, ErrResponseTooLarge, ErrLiteralTooLarge, ErrTooDeep}
	for limit, want := range map[string]error{
		LimitLine: ErrLineTooLong, LimitResponse: ErrResponseTooLarge, LimitLiteral: ErrLiteralTooLarge,
		LimitLiteralSize: ErrLiteralTooLarge, LimitDepth: ErrTooDeep, LimitLiterals: nil, LimitCapabilities: nil,
	} {
		for _, sentinel := range sentinels {
			if got := errors.Is(&LimitError{Limit: limit}, sentinel); got != (sentinel == want) {
				t.Errorf("%s is %v: got %v, want %v", limit, sentinel, got, sentinel == want)
			}
		}
	}
	kept := Unit{Literals: []Literal{{}, {State: LiteralStreamed}, {State: LiteralSkipped}}}
	if err := kept.Err(nil); err != nil {
		t.Errorf("Unit.Err without a large literal: got %v, want nil", err)
	}
}

func TestKindNames(t *testing.T) {
	got := []string{None.String(), Line.String(), LiteralStart.String(), LiteralData.String(), Kind(9).String(),
		Invalid.String(), Continuation.String(), Untagged.String(), Tagged.String(), ResponseKind(9).String(),
		LiteralKept.String(), LiteralStreamed.String(), LiteralSkipped.String(), LiteralTooLarge.String(), LiteralState(9).String()}
	want := "None Line LiteralStart LiteralData Kind? Invalid Continuation Untagged Tagged ResponseKind? kept streamed skipped too large LiteralState?"
	if g := strings.Join(got, " "); g != want {
		t.Errorf("got %s, want %s", g, want)
	}
}

// A large unit that the scanner had to put together belongs to who reads it; one that lies in the input does not, nor does a small one,
// whose memory is used again.
func TestOwnedUnits(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []string
		want   bool
	}{
		{"whole line", []string{"* 1 EXISTS\r\n"}, false},
		{"short line in two reads", []string{"* 1 EXI", "STS\r\n"}, false},
		{"short literal", []string{"* X {3}\r\nabc y\r\n"}, false},
		{"long line in two reads", []string{"* OK " + strings.Repeat("x", 2000), "STS\r\n"}, true},
		{"long literal", []string{"* X {3000}\r\n" + strings.Repeat("a", 3000) + " y\r\n"}, true},
	} {
		s := NewScanner(Client, nil)
		for _, piece := range c.pieces {
			for p := []byte(piece); ; {
				u, n, err := s.Next(p)
				if err != nil {
					t.Fatal(err)
				}
				p = p[n:]
				if u.Kind == None {
					break
				}
				if u.Kind != Line {
					continue
				}
				if u.Owned != c.want {
					t.Errorf("%s: got owned = %v, want %v", c.name, u.Owned, c.want)
				}
				d := u.Decoder(nil)
				before := &d.b[0]
				if d.Own(); (before == &d.b[0]) != c.want {
					t.Errorf("%s: got a copy = %v, want %v", c.name, before != &d.b[0], !c.want)
				}
			}
		}
	}
}
