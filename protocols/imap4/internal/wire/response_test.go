package wire

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// responseString shows all of a Response but Args, whose rest follows if it is not a status response.
func responseString(r Response, err error) string {
	var b strings.Builder
	b.WriteString(r.Kind.String())
	if r.Tag != "" {
		fmt.Fprintf(&b, " tag=%s", r.Tag)
	}
	if r.HasNumber {
		fmt.Fprintf(&b, " %d", r.Number)
	}
	if r.Name != "" {
		b.WriteString(" " + r.Name)
	}
	if r.Bare {
		b.WriteString(" bare")
	}
	if r.Code != "" {
		fmt.Fprintf(&b, " [%s|%s]", r.Code, r.CodeArgs)
	}
	if r.IsStatus || r.Text != "" || r.Kind == Continuation {
		fmt.Fprintf(&b, " %q", r.Text)
	} else if r.Kind == Untagged && err == nil {
		fmt.Fprintf(&b, " (%s)", r.Args.Rest())
	}
	if err != nil {
		b.WriteString(" !" + errorWant(err))
	}
	return b.String()
}

var responses = []struct{ input, want string }{
	// status
	{"* OK", `Untagged OK ""`},
	{"A1 OK", `Tagged tag=A1 OK ""`},
	{"A1 OK ", `Tagged tag=A1 OK ""`},
	{"A1 ok done", `Tagged tag=A1 OK "done"`},
	{"a No x", `Tagged tag=a NO "x"`},
	{"A1  BAD  x y ", `Tagged tag=A1 BAD "x y "`},
	{"* BYE bye", `Untagged BYE "bye"`},
	{"* preauth hi", `Untagged PREAUTH "hi"`},
	{"*  OK x", `Untagged OK "x"`},
	{"*\tOK\tx", `Untagged OK "x"`},
	{"* OKAY x", `Untagged OKAY (x)`},
	{"* 5 OK x", `Untagged 5 OK (x)`},

	// response codes
	{"* OK [ALERT] x", `Untagged OK [ALERT|] "x"`},
	{"* OK [alert]x", `Untagged OK [ALERT|] "x"`},
	{"* OK  [UIDNEXT 5]  x", `Untagged OK [UIDNEXT|5] " x"`},
	{"* OK[UIDNEXT 5] x", `Untagged OK [UIDNEXT|5] "x"`},
	{"* OK [UIDNEXT  5 ]", `Untagged OK [UIDNEXT|5 ] ""`},
	{"A1 OK [READ-WRITE] [Gmail]/Sent Mail selected.", `Tagged tag=A1 OK [READ-WRITE|] "[Gmail]/Sent Mail selected."`},
	{"* OK mail [1.2.3.4] ready", `Untagged OK "mail [1.2.3.4] ready"`},
	{"* OK [1.2.3.4] ready", `Untagged OK [1.2.3.4|] "ready"`},
	{"A1 OK Success [THROTTLED]", `Tagged tag=A1 OK "Success [THROTTLED]"`},
	{`* OK [Error="a]b" X] t`, `Untagged OK [ERROR=|"a]b" X] "t"`},
	{`* OK [X "a\"]b"] t`, `Untagged OK [X|"a\"]b"] "t"`},
	{`* OK [PERMANENTFLAGS (\* kw[1] a]b c[d)] t]`, `Untagged OK [PERMANENTFLAGS|(\* kw[1] a]b c[d)] "t]"`},
	{`* OK [REFERRAL imap://[::1]/x] t`, `Untagged OK [REFERRAL|imap://[::1]/x] "t"`},
	{`* OK [X [a] t`, `Untagged OK [X|[a] "t"`},
	{`* OK [X (a] t] u`, `Untagged OK [X|(a] "t] u"`},
	{`* OK [X (a))] t`, `Untagged OK [X|(a))] "t"`},
	{`* NO [BADCHARSET ({5}`, `Untagged NO "[BADCHARSET ({5}"`},
	{`* NO [BADCHARSET ({5}] t`, `Untagged NO [BADCHARSET|({5}] "t"`},
	{`* OK [ALERT it`, `Untagged OK "[ALERT it"`},
	{`* OK [X "a] t`, `Untagged OK "[X \"a] t"`},
	{"* OK [] t", `Untagged OK "[] t"`},
	{"* OK [ ] t", `Untagged OK "[ ] t"`},
	{"* OK [", `Untagged OK "["`},
	{"* OK ]", `Untagged OK "]"`},
	{"* OK [(x)] t", `Untagged OK "[(x)] t"`},
	{"* [COPYUID 1 2 3] done", `Untagged OK bare [COPYUID|1 2 3] "done"`},
	{"[COPYUID 1 2 3]", `Untagged OK bare [COPYUID|1 2 3] ""`},
	{"* [COPYUID 1", `Untagged OK bare "[COPYUID 1"`},

	// data
	{"* 3 EXISTS", `Untagged 3 EXISTS ()`},
	{"*  22279 exists ", `Untagged 22279 EXISTS ()`},
	{"* 0 RECENT", `Untagged 0 RECENT ()`},
	{"* 4294967295 EXPUNGE", `Untagged 4294967295 EXPUNGE ()`},
	{"* 4294967296 EXPUNGE", `Untagged EXPUNGE !number of at most 32 bits`},
	{"* 99999999999999999999 FETCH (X)", `Untagged FETCH !number of at most 32 bits`},
	{`* FLAGS (\Seen)`, `Untagged FLAGS ((\Seen))`},
	{`* FLAGS(\Seen)`, `Untagged FLAGS ((\Seen))`},
	{"* SEARCH ", `Untagged SEARCH ()`},
	{"* 3x y", `Untagged 3X (y)`},
	{"* -1 EXISTS", `Untagged -1 (EXISTS)`},
	{"* Some-Unknown-Response-With-A-Long-Name x", `Untagged SOME-UNKNOWN-RESPONSE-WITH-A-LONG-NAME (x)`},

	// continuations
	{"+", `Continuation ""`},
	{"+ ", `Continuation ""`},
	{"+ VXNlcg==", `Continuation "VXNlcg=="`},
	{"+  x", `Continuation " x"`},
	{"+ [X] y", `Continuation "[X] y"`},

	// no responses
	{"", `Invalid !a response`},
	{"*", `Invalid "*" !a response behind *`},
	{"* ", `Invalid "* " !a response behind *`},
	{"*OK", `Invalid "*OK" !a response behind *`},
	{"* 12", `Invalid "* 12" !a response's name`},
	{"* 12 ", `Invalid "* 12 " !a response's name`},
	{"* (x)", `Invalid "* (x)" !a response's name`},
	{"220 smtp ready", `Invalid "220 smtp ready" !OK, NO or BAD`},
	{"+OK POP3 ready", `Invalid "+OK POP3 ready" !space behind +`},
	{"HTTP/1.1 400 Bad Request", `Invalid "HTTP/1.1 400 Bad Request" !OK, NO or BAD`},
	{"Server Unavailable. 15", `Invalid "Server Unavailable. 15" !OK, NO or BAD`},
	{"SSH-2.0-x", `Invalid "SSH-2.0-x" !OK, NO or BAD`},
	{" OK x", `Invalid " OK x" !a response`},
	{"A1 BYE x", `Invalid "A1 BYE x" !OK, NO or BAD`},
	{"A1+ OK x", `Invalid "A1+ OK x" !OK, NO or BAD`},
	{"\x16\x03\x01", `Invalid "\x16\x03\x01" !a response`},
	{"[COPYUID 1", `Invalid "[COPYUID 1" !OK, NO or BAD`},
}

func TestDecodeResponse(t *testing.T) {
	for _, tt := range responses {
		t.Run(tt.input, func(t *testing.T) {
			r, err := DecodeResponse(Unit{Kind: Line, Bytes: []byte(tt.input)}, nil)
			if got := responseString(r, err); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
			if err != r.Args.Err() {
				t.Errorf("Args: got error %v, want %v", r.Args.Err(), err)
			}
		})
	}
}

func TestCodeDecoder(t *testing.T) {
	r, err := DecodeResponse(Unit{Bytes: []byte(`A1 OK [copyUID 9999 20:19,500:495 92:97,101:100] Done`)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := r.CodeDecoder(nil)
	if got, want := runWords(&d, "number sp atom sp atom eol"), "9999||20:19,500:495||92:97,101:100|"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if r.RawCode != "copyUID 9999 20:19,500:495 92:97,101:100" {
		t.Errorf("RawCode: got %q", r.RawCode)
	}
}

func TestStatusArgsStandBehindTheName(t *testing.T) {
	for input, want := range map[string]string{
		"* OK [X] a b": "[X] a b", "A1 NO  a": "a", "+ abc": "abc", "+": "", "* [X y] z": "[X y] z", "[X y] z": "[X y] z",
	} {
		r, err := DecodeResponse(Unit{Bytes: []byte(input)}, nil)
		if got := string(r.Args.Text()); got != want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", input, got, err, want)
		}
	}
}

func TestCapabilities(t *testing.T) {
	tests := []struct {
		args string
		want []string
	}{
		{"", nil},
		{"  ", nil},
		{"IMAP4rev1", []string{"IMAP4rev1"}},
		{" IMAP4rev1  IDLE\tAUTH=PLAIN X=Y=Z idle ", []string{"IMAP4rev1", "IDLE", "AUTH=PLAIN", "X=Y=Z", "idle"}},
		{"a\"b (c) {3}", []string{"a\"b", "(c)", "{3}"}},
	}
	for _, tt := range tests {
		d := NewDecoder([]byte(tt.args), nil, nil)
		got, err := Capabilities(d)
		if !reflect.DeepEqual(got, tt.want) || err != nil {
			t.Errorf("%q: got %q, %v, want %q", tt.args, got, err, tt.want)
		}
	}
	t.Run("limit", func(t *testing.T) {
		just := NewDecoder([]byte(strings.Repeat("X ", MaxCapabilities)), nil, nil)
		if got, err := Capabilities(just); len(got) != MaxCapabilities || err != nil {
			t.Errorf("at the limit: got %d, %v, want %d", len(got), err, MaxCapabilities)
		}
		above := NewDecoder([]byte(strings.Repeat("X ", MaxCapabilities+1)), nil, nil)
		got, err := Capabilities(above)
		if len(got) != MaxCapabilities {
			t.Errorf("above: got %d words, want %d", len(got), MaxCapabilities)
		}
		checkErrorKind(t, err, &LimitError{Limit: LimitCapabilities, Max: MaxCapabilities})
	})
	t.Run("error of args", func(t *testing.T) {
		d := NewDecoder([]byte("X"), nil, nil)
		d.Number()
		if _, err := Capabilities(d); err != d.Err() || err == nil {
			t.Errorf("got %v, want %v", err, d.Err())
		}
	})
}

func TestKnownWordsAreShared(t *testing.T) {
	word := []byte("Exists")
	if got := testing.AllocsPerRun(100, func() { upperWord(word) }); got != 0 {
		t.Errorf("a known word: got %v allocations, want 0", got)
	}
	for _, w := range []string{"", "x", "a-very-long-word-that-is-not-known", "\xff\x80z{"} {
		want := ""
		for i := range len(w) {
			want += string([]byte{upperByte(w[i])})
		}
		if got := upperWord([]byte(w)); got != want {
			t.Errorf("%q: got %q, want %q", w, got, want)
		}
	}
}
