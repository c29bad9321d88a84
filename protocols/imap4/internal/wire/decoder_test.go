package wire

import (
	"fmt"
	"strings"
	"testing"
)

// decoderFor scans text as the arguments of an untagged response, so that literals are what the scanner makes of them.
func decoderFor(t *testing.T, text string, strict bool) Decoder {
	t.Helper()
	units := scanLines(t, Client, nil, "* X "+text+"\r\n* OK\r\n")
	if len(units) != 2 {
		t.Fatalf("%q: got %d units, want 2", text, len(units))
	}
	r, err := DecodeResponse(units[0], nil)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	r.Args.pos = len("* X ")
	r.Args.Strict = strict
	return r.Args
}

// words: how the tables call a method. What it returns is printed; "!" and the error's want or limit if it fails.
var words = map[string]func(d *Decoder) string{
	"atom":      func(d *Decoder) string { return string(d.Atom()) },
	"before[":   func(d *Decoder) string { return string(d.AtomBefore("[")) },
	"flag":      func(d *Decoder) string { return string(d.Flag()) },
	"astring":   func(d *Decoder) string { return string(d.AString()) },
	"string":    func(d *Decoder) string { return string(d.String()) },
	"nstring":   func(d *Decoder) string { s, ok := d.NString(); return fmt.Sprintf("%s %v", s, ok) },
	"number":    func(d *Decoder) string { return fmt.Sprint(d.Number()) },
	"number64":  func(d *Decoder) string { return fmt.Sprint(d.Number64()) },
	"optnumber": func(d *Decoder) string { n, ok := d.OptNumber64(); return fmt.Sprint(n, " ", ok) },
	"nil":       func(d *Decoder) string { return fmt.Sprint(d.Nil()) },
	"sp":        func(d *Decoder) string { d.SP(); return "" },
	"trysp":     func(d *Decoder) string { return fmt.Sprint(d.TrySP()) },
	"eol":       func(d *Decoder) string { d.EOL(); return "" },
	"text":      func(d *Decoder) string { return string(d.Text()) },
	"rest":      func(d *Decoder) string { return string(d.Rest()) },
	"value":     func(d *Decoder) string { return string(d.SkipValue()) },
	"a":         func(d *Decoder) string { d.Byte('a'); return "" },
	"flags": func(d *Decoder) string {
		var flags []string
		d.List(func(d *Decoder) { flags = append(flags, string(d.Flag())) })
		return strings.Join(flags, ",")
	},
	"nflags": func(d *Decoder) string {
		var flags []string
		ok := d.NList(func(d *Decoder) { flags = append(flags, string(d.Flag())) })
		return fmt.Sprint(strings.Join(flags, ","), " ", ok)
	},
	"tree": tree,
}

// tree shows lists of strings and numbers in brackets.
func tree(d *Decoder) string {
	if c, _ := d.Peek(); c != '(' {
		return string(d.AString())
	}
	var items []string
	d.List(func(d *Decoder) { items = append(items, tree(d)) })
	return "[" + strings.Join(items, " ") + "]"
}

var decoding = []struct {
	calls, input string
	lenient      string // what the calls return, separated by "|"
	strict       string // "" if the same
}{
	{"atom sp atom eol", "a bC", "a||bC|", ""},
	{"atom", "", "!atom", ""},
	{"atom", "(", "!atom", ""},
	{"atom", "kw[1]", "kw[1]", "kw[1"},
	{"atom", "caf\xc3\xa9", "caf\xc3\xa9", "caf"},
	{"atom", "a{b", "a{b", "a"},
	{"atom rest", "a\"b", "a|\"b", ""},
	{"atom", "\x01", "!atom", ""},
	{"before[ rest", "BODY[TEXT]<0>", "BODY|[TEXT]<0>", ""},
	{"before[", "[", "!atom", ""},

	{"flag sp flag", `\Seen $x`, `\Seen||$x`, ""},
	{"flag rest", `\* )`, `\*| )`, ""},
	{"flag", `\ `, `\`, "!flag"},
	{"flag rest", `\*x`, `\*x|`, `\*|x`},

	{"astring", "INBOX", "INBOX", ""},
	{"astring", "foo]bar", "foo]bar", ""},
	{"astring", "NIL", "NIL", ""},
	{"astring", `""`, "", ""},
	{"astring", `"a b"`, "a b", ""},
	{"astring sp astring", "{3}\r\na\"( b", `a"(||b`, ""},
	{"astring", "{0}\r\n", "", ""},
	{"astring", ")", "!atom or string", ""},
	{"astring", "", "!atom or string", ""},

	{"string", `"q\"\\q"`, `q"\q`, ""},
	{"string", `"C:\dir"`, `C:\dir`, "!quoted string of text and known escapes"},
	{"string", "\"\xd6\xd0\"", "\xd6\xd0", "!quoted string of text and known escapes"},
	{"string", "\"caf\xc3\xa9\"", "caf\xc3\xa9", ""},
	{"string", "\"a\x00\"", "a\x00", "!quoted string of text and known escapes"},
	{"string", `"a`, "!quoted string with its end", ""},
	{"string", `"a\"`, "!quoted string with its end", ""},
	{"string", `"`, "!quoted string with its end", ""},
	{"string", "abc", "abc", "!string"},
	{"string", "~{2}\r\na\x00", "a\x00", ""},
	{"string rest", `"a""b"`, `a|"b"`, ""},

	{"nstring", "NIL", " false", ""},
	{"nstring", "nil", " false", ""},
	{"nstring", `"NIL"`, "NIL true", ""},
	{"nstring", "NILS", "NILS true", "!string"},
	{"nstring", `""`, " true", ""},
	{"nstring rest", ") x", " false|) x", "!string|"},
	{"nstring", "", " false", "!string"},
	{"nstring", "{1}\r\na", "a true", ""},
	{"nil rest", "NIL) x", "true|) x", ""},
	{"nil rest", "NIL]", "true|]", ""},
	{"nil rest", "NILx", "false|NILx", ""},
	{"nil rest", "NI", "false|NI", ""},

	{"number", "0", "0", ""},
	{"number", "4294967295", "4294967295", ""},
	{"number", "4294967296", "!number of at most 32 bits", ""},
	{"number", "007", "7", ""},
	{"number", "x", "!number", ""},
	{"number", "-1", "!number", ""},
	{"number", "", "!number", ""},
	{"number rest", "5)", "5|)", ""},
	{"number64", "9223372036854775807", "9223372036854775807", ""},
	{"number64", "18446744073709551615", "18446744073709551615", "!number of at most 63 bits"},
	{"number64", "18446744073709551616", "!number of at most 63 bits", ""},
	{"number64", "99999999999999999999", "!number of at most 63 bits", ""},
	{"number64 rest", "9.3736e+06 UNSEEN", "9373600| UNSEEN", "9|.3736e+06 UNSEEN"},
	{"number64", "1e400", "!number", "1"},
	{"number64", "1.e.e", "!number", "1"},
	{"number64", "9e15", "9000000000000000", "9"},
	{"number64", "9e16", "!number", "9"},
	{"number", "9e15", "!number of at most 32 bits", "9"},
	{"optnumber", "12", "12 true", ""},
	{"optnumber", "-1", "0 false", ""},
	{"optnumber", "NIL", "0 false", ""},
	{"optnumber", "x", "!number", ""},

	{"atom sp atom", "a   b", "a||b", "a||!atom"},
	{"atom sp atom", "a\tb", "a||b", "a|!space|"},
	{"atom sp flags", "a(b)", "a||b", "a|!space|"},
	{"flags sp atom", "(b)a", "b||a", "b|!space|"},
	{"atom sp", "a", "a|", "a|!space"},
	{"string sp", `"a""b"`, "a|!space", ""},
	{"trysp trysp atom", " a", "true|false|a", ""},
	{"atom eol", "a  ", "a|", "a|!end of line"},
	{"atom eol", "a b", "a|!end of line", ""},
	{"atom text text", "a b c", "a| b c|", ""},
	{"a rest", "ab", "|b", ""},
	{"a rest", "b", "!\"a\"|", ""},

	{"flags", "()", "", ""},
	{"flags eol", "(a b)", "a,b|", ""},
	{"flags", `(\Seen $F )`, `\Seen,$F`, "!flag"},
	{"flags", "( a  b )", "a,b", "!flag"},
	{"flags", `(kw[1] OIB-[Google Mail]/x)`, `kw[1],OIB-[Google,Mail]/x`, `!space or ")"`},
	{"flags", "NIL", "", `!"("`},
	{"nflags", "NIL", " false", ""},
	{"nflags", "()", " true", ""},
	{"nflags", "x", `!"("`, ""},
	{"flags", "(a b", "!flag", `!space or ")"`},
	{"flags", "", `!"("`, ""},
	{"tree", "((352)(381 5) (2))", "[[352] [381 5] [2]]", ""},
	{"tree", "((1)2)", "[[1] 2]", `!space or ")"`},
	{"tree", "(({3}\r\n)() ((x))))", "[[)() [[x]]]]", ""},
	{"tree", "(\"a\"\"b\")", "[a b]", `!space or ")"`},

	{"value rest", `(a (b NIL) "c)" {2}` + "\r\n)( d) e", `(a (b NIL) "c)" {2}` + "\r\n)( d)| e", ""},
	{"value rest", `"x)" b`, `"x)"| b`, ""},
	{"value rest", `\* b`, `\*| b`, ""},
	{"value", ")", "!value", ""},
	{"value", "", "!value", ""},
	{"value", "(a", "!value", ""},
	{"value", `("a`, "!quoted string with its end", ""},
	{"value value", "{1}\r\na{1}\r\nb", "{1}\r\na|{1}\r\nb", ""},
}

func TestDecoder(t *testing.T) {
	for _, tt := range decoding {
		strict := tt.strict
		if strict == "" {
			strict = tt.lenient
		}
		for _, mode := range []struct {
			name   string
			strict bool
			want   string
		}{{"lenient", false, tt.lenient}, {"strict", true, strict}} {
			t.Run(fmt.Sprintf("%s %s of %q", mode.name, tt.calls, tt.input), func(t *testing.T) {
				d := decoderFor(t, tt.input, mode.strict)
				want := mode.want
				if i := strings.Index(want, "!"); i >= 0 { // after an error all is empty
					want = strings.TrimRight(want, "|")
				}
				if got := runWords(&d, tt.calls); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

// runWords calls the words until one fails.
func runWords(d *Decoder, calls string) string {
	var out []string
	for _, call := range strings.Fields(calls) {
		got := words[call](d)
		if d.Err() != nil {
			out = append(out, "!"+errorWant(d.Err()))
			break
		}
		out = append(out, got)
	}
	return strings.Join(out, "|")
}

func errorWant(err error) string {
	if syntax, ok := err.(*SyntaxError); ok {
		return syntax.Want
	}
	return err.Error()
}

func TestErrorStays(t *testing.T) {
	d := NewDecoder([]byte(`x "y" 5 (a) NIL`), nil, nil)
	d.Number()
	first := d.Err()
	d.Fail(fmt.Errorf("later"))
	for name, call := range words {
		if name == "tree" {
			continue
		}
		got := strings.TrimSpace(strings.NewReplacer("false", "", "0", "").Replace(call(&d)))
		if got != "" || d.Err() != first || d.Offset() != 0 {
			t.Errorf("%s after an error: got %q, %v, offset %d, want nothing and the first error", name, got, d.Err(), d.Offset())
		}
	}
	if d.TryByte('x') {
		t.Error("TryByte after an error: got true, want false")
	}
	d.PassLiteral()
	if d.Err() != first {
		t.Errorf("got %v, want %v", d.Err(), first)
	}
}

func TestSyntaxErrorText(t *testing.T) {
	long := strings.Repeat("\xff", 100)
	tests := []struct{ name, input, want string }{
		{"place and bytes", "(", `imap4: syntax error at byte 4: want atom, got "("`},
		{"at the end", "", `imap4: syntax error at byte 4: want atom, got end of line`},
		{"escaped and cut", "\x00" + long, `imap4: syntax error at byte 4: want atom, got "\x00` + strings.Repeat(`\xff`, 63) + `"`},
		{"does not reach into a literal", "( {6}\r\nsecret", `imap4: syntax error at byte 4: want atom, got "( {6}"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := decoderFor(t, tt.input, false)
			d.Atom()
			if got := fmt.Sprint(d.Err()); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestItemThatTakesNothingFails(t *testing.T) {
	d := NewDecoder([]byte("(a)"), nil, nil)
	d.List(func(*Decoder) {})
	if got := fmt.Sprint(d.Err()); got != `imap4: syntax error at byte 1: want value or ")", got "a)"` {
		t.Errorf("got %s, want a syntax error", got)
	}
}

func TestDepthLimit(t *testing.T) {
	limits := &Limits{Depth: 3}
	for depth := 1; depth <= 5; depth++ {
		text := strings.Repeat("(", depth) + strings.Repeat(")", depth)
		list, value := NewDecoder([]byte(text), nil, limits), NewDecoder([]byte(text), nil, limits)
		tree(&list)
		value.SkipValue()
		for name, err := range map[string]error{"List": list.Err(), "SkipValue": value.Err()} {
			if got, want := err != nil, depth > 3; got != want {
				t.Errorf("%s of depth %d: got error %v, want an error: %v", name, depth, err, want)
			}
			if err != nil {
				checkErrorKind(t, err, ErrTooDeep)
			}
		}
	}
	// Lists one after the other are not deep.
	d := NewDecoder([]byte(strings.Repeat("(())", 200)), nil, limits)
	for range 100 {
		d.SkipValue()
		tree(&d)
	}
	d.EOL()
	if d.Err() != nil {
		t.Errorf("got %v, want no error", d.Err())
	}
}

func TestLiteralsThatAreGone(t *testing.T) {
	for _, p := range []struct {
		name   string
		policy policy
		state  LiteralState
	}{{"streamed", streamAll, LiteralStreamed}, {"skipped", skipAll, LiteralSkipped}} {
		t.Run(p.name, func(t *testing.T) {
			s := NewScanner(Client, nil)
			input := []byte("* 1 FETCH (BODY[] {5}\r\nabcde UID 9)\r\n")
			var u Unit
			for u.Kind != Line {
				var n int
				var err error
				if u, n, err = s.Next(input); err != nil {
					t.Fatal(err)
				}
				if u.Kind == LiteralStart {
					d := u.Decoder(nil)
					if got := string(d.Text()); got != "* 1 FETCH (BODY[] " {
						t.Errorf("before the literal: got %q", got)
					}
					p.policy(s, u.Literal)
				}
				input = input[n:]
			}
			r, err := DecodeResponse(u, nil)
			if err != nil {
				t.Fatal(err)
			}
			d := r.Args
			d.Byte('(')
			d.Atom()
			d.SP()
			value := d
			value.NString()
			if got := errorWant(value.Err()); got != "literal that was kept" {
				t.Errorf("as a string: got %q", got)
			}
			lit, ok := d.PeekLiteral()
			if !ok || lit.State != p.state || lit.Size != 5 {
				t.Errorf("PeekLiteral: got %+v, %v, want 5 octets %v", lit, ok, p.state)
			}
			d.PassLiteral()
			if got := runWords(&d, "sp atom sp number a"); got != `|UID||9|!"a"` {
				t.Errorf("behind the literal: got %q", got)
			}
		})
	}
}

func TestCopiesReadByThemselves(t *testing.T) {
	d := decoderFor(t, "{1}\r\na {1}\r\nb {1}\r\nc", false)
	ahead := d
	if got := runWords(&ahead, "string sp string sp string eol"); got != "a||b||c|" {
		t.Errorf("the copy: got %q", got)
	}
	if got := runWords(&d, "string sp string"); got != "a||b" {
		t.Errorf("the original: got %q", got)
	}
	if got := runWords(&d, "text"); got != " {1}\r\nc" {
		t.Errorf("the rest: got %q", got)
	}
}

func TestViewsAreFull(t *testing.T) {
	b := []byte(`ab "cd" {1}`)
	d := NewDecoder(b, nil, nil)
	atom := d.Atom()
	d.SP()
	quoted := d.String()
	_ = append(atom, "!!!"...)
	_ = append(quoted, "!!!"...)
	if string(b) != `ab "cd" {1}` {
		t.Errorf("appending to a view wrote into the unit: %q", b)
	}
}
