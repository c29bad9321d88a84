package imap4

import (
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

func TestBodySectionString(t *testing.T) {
	for _, c := range []struct {
		section BodySection
		want    string
	}{
		{BodySection{}, "BODY[]"},
		{BodySection{Peek: true}, "BODY.PEEK[]"},
		{BodySection{Part: []int{1, 12}}, "BODY[1.12]"},
		{BodySection{Part: []int{2}, Specifier: SpecifierMIME, Peek: true}, "BODY.PEEK[2.MIME]"},
		{BodySection{Specifier: SpecifierText, Count: 512}, "BODY[TEXT]<0.512>"},
		{BodySection{Offset: 100}, "BODY[]<100.4294967295>"},
		{BodySection{Specifier: SpecifierHeaderFields, Fields: []string{"From", "X-Odd]"}, Peek: true}, "BODY.PEEK[HEADER.FIELDS (From X-Odd])]"},
		{BodySection{Part: []int{3}, Specifier: SpecifierHeaderFieldsNot, Fields: []string{`Weird"(`}}, `BODY[3.HEADER.FIELDS.NOT ("Weird\"(")]`},
		{BodySection{Part: []int{1}, Binary: true, Peek: true, Count: 7}, "BINARY.PEEK[1]<0.7>"},
	} {
		if got := c.section.String(); got != c.want || c.section.fault() != "" {
			t.Errorf("got %s, fault %q, want %s", got, c.section.fault(), c.want)
		}
		if _, err := new(wire.CommandBuilder).Begin("A1", "FETCH").SP().Raw(c.section.String()).Done(); err != nil {
			t.Errorf("%s: %v", c.want, err)
		}
	}
}

func TestBodySectionFaults(t *testing.T) {
	for name, s := range map[string]BodySection{
		"part 0":               {Part: []int{1, 0}},
		"negative part":        {Part: []int{-1}},
		"negative offset":      {Offset: -1},
		"negative count":       {Count: -1},
		"offset too large":     {Offset: 1 << 32},
		"binary header":        {Binary: true, Specifier: SpecifierHeader},
		"fields without names": {Specifier: SpecifierHeaderFields},
		"names without fields": {Specifier: SpecifierHeader, Fields: []string{"From"}},
		"field with a colon":   {Specifier: SpecifierHeaderFields, Fields: []string{"From:"}},
		"field with a line":    {Specifier: SpecifierHeaderFields, Fields: []string{"From\r\nA2 DELETE x"}},
		"field that is empty":  {Specifier: SpecifierHeaderFields, Fields: []string{""}},
		"MIME of the message":  {Specifier: SpecifierMIME},
		"made-up specifier":    {Specifier: "HEADER] BODY["},
	} {
		if s.fault() == "" {
			t.Errorf("%s: got no fault of %q", name, s.String())
		}
	}
}

func TestSectionIsFound(t *testing.T) {
	m := fetch(t, "* 1 FETCH (BODY[1] NIL BODY[1] \"x\" BODY[]<5> \"partial\" BODY[2.HEADER.FIELDS (\"TO\" from)] \"h\" BINARY[1] ~{1}\r\n\x00"+
		" BINARY.SIZE[3] 77 RFC822.TEXT \"t\" body.peek[3] \"p\")\r\n")[0]
	if m.err != nil {
		t.Fatal(m.err)
	}
	for _, c := range []struct {
		asked BodySection
		want  string
	}{
		{BodySection{Part: []int{1}, Peek: true}, "x"},
		{BodySection{Offset: 5, Count: 100}, "partial"},
		{BodySection{Part: []int{2}, Specifier: SpecifierHeaderFields, Fields: []string{"From", "To"}}, "h"},
		{BodySection{Part: []int{1}, Binary: true}, "\x00"},
		{BodySection{Specifier: SpecifierText}, "t"},
		{BodySection{Part: []int{3}}, "p"},
		{BodySection{}, "none"},
		{BodySection{Part: []int{3}, Binary: true}, "none"},
		{BodySection{Part: []int{2}, Specifier: SpecifierHeaderFields, Fields: []string{"From", "Cc"}}, "none"},
		{BodySection{Part: []int{2}, Specifier: SpecifierHeaderFieldsNot, Fields: []string{"From", "To"}}, "none"},
	} {
		got := "none"
		if s, ok := m.msg.Section(c.asked); ok {
			got = string(s.Bytes)
		}
		if got != c.want {
			t.Errorf("%v: got %q, want %q", c.asked, got, c.want)
		}
	}
	if got := m.msg.Body(); got != nil {
		t.Errorf("body: got %q, want none", got)
	}
	last := m.msg.Sections[5]
	if last.State != SectionSizeOnly || last.Size != 77 || !last.Binary {
		t.Errorf("BINARY.SIZE: got %+v", last)
	}
	whole := fetch(t, "* 1 FETCH (RFC822 {3}\r\nabc)\r\n")[0].msg
	if got := string(whole.Body()); got != "abc" {
		t.Errorf("body: got %q, want abc", got)
	}
}

// A literal that is not kept leaves its section with what is known of it.
func TestSectionsThatAreNotKept(t *testing.T) {
	limits := &wire.Limits{Literal: 4}
	for _, c := range []struct {
		decide func(s *wire.Scanner)
		want   string
	}{
		{(*wire.Scanner).StreamLiteral, "1 uid=7 flags=[] BODY[1]=state 2, size 5"},
		{(*wire.Scanner).SkipLiteral, "1 uid=7 flags=[] BODY[1]=state 3, size 5"},
		{func(*wire.Scanner) {}, "1 uid=7 flags=[] BODY[1]=state 4, size 5"},
	} {
		s := wire.NewScanner(wire.Client, limits)
		p := []byte("* 1 FETCH (UID 7 BODY[1] {5}\r\nabcde FLAGS ())\r\n")
		got := ""
		for len(p) > 0 {
			u, n, err := s.Next(p)
			if err != nil {
				t.Fatal(err)
			}
			p = p[n:]
			switch u.Kind {
			case wire.LiteralStart:
				c.decide(s)
			case wire.Line:
				r, _ := wire.DecodeResponse(u, limits)
				var f fetchDecoder
				m, err := f.own(r.Number, &r.Args)
				got = fetched{m, err}.show()
			}
		}
		if got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// literals answers what literalPrefix makes of each literal of input.
func literals(t testing.TB, input string, cuts ...int) (got []string) {
	t.Helper()
	s := wire.NewScanner(wire.Client, nil)
	var prefix literalPrefix
	from := 0
	for _, to := range append(cuts, len(input)) {
		p := []byte(input[from:to])
		for from = to; ; {
			u, n, err := s.Next(p)
			if err != nil {
				t.Fatal(err)
			}
			if u.Kind == wire.None {
				break
			}
			if u.Kind == wire.LiteralStart {
				meta, ok := prefix.next(u, nil)
				text := "none"
				if ok {
					text = strings.TrimSpace(strings.Join([]string{number(meta.SeqNum), number(meta.UID), meta.Section.String(), number(uint32(meta.Size))}, " "))
				}
				if meta.Binary {
					text += " binary"
				}
				got = append(got, text)
			}
			p = p[n:]
		}
	}
	return got
}

func number(n uint32) string { return string(wire.AppendNumber(nil, uint64(n))) }

func TestLiteralsOfSections(t *testing.T) {
	for _, c := range []struct{ name, input, want string }{
		{"body behind the UID", "* 12 FETCH (UID 44 FLAGS (\\Seen) BODY[] {3}\r\nabc)\r\n", "12 44 BODY[] 3"},
		{"UID behind the body", "* 12 FETCH (BODY[] {3}\r\nabc UID 44)\r\n", "12 0 BODY[] 3"},
		{"two", "* 12 FETCH (BODY[1] {3}\r\nabc UID 44 body[2.text]<5> {1}\r\nx)\r\n", "12 0 BODY[1] 3|12 44 BODY[2.TEXT]<5.4294967295> 1"},
		{"no space", "* 12 FETCH (BODY[]<0>{3}\r\nabc)\r\n", "12 0 BODY[] 3"},
		{"RFC822", "* 12 FETCH (RFC822 {1}\r\nx RFC822.HEADER {1}\r\nx RFC822.TEXT {1}\r\nx RFC822[] {1}\r\nx)\r\n",
			"12 0 BODY[] 1|12 0 BODY[HEADER] 1|12 0 BODY[TEXT] 1|12 0 BODY[] 1"},
		{"binary", "* 12 FETCH (BINARY[1] ~{3}\r\na\x00c)\r\n", "12 0 BINARY[1] 3 binary"},
		{"fields", "* 12 FETCH (BODY[HEADER.FIELDS (From \"To\")] {3}\r\nabc)\r\n", "12 0 BODY[HEADER.FIELDS (From To)] 3"},
		{"in an envelope", "* 12 FETCH (ENVELOPE (NIL {3}\r\nabc (({1}\r\nx NIL \"(\" \"h\")) NIL NIL) UID 4 BODY[] {1}\r\nx)\r\n", "none|none|12 4 BODY[] 1"},
		{"of an item that is none", "* 12 FETCH (X-ODD {3}\r\nabc BODY[] {1}\r\nx)\r\n", "none|12 0 BODY[] 1"},
		{"BODY without brackets", "* 12 FETCH (BODY {3}\r\nabc)\r\n", "none"},
		{"of another response", "* LIST () \"/\" {3}\r\nabc\r\n* 1 FETCH (BODY[] {1}\r\nx)\r\n", "none|1 0 BODY[] 1"},
		{"without a list", "* 1 FETCH BODY[] {1}\r\nx\r\n", "none"},
		{"broken", "* 1 FETCH (\"x\" BODY[] {1}\r\nx BODY[] {1}\r\nx)\r\n* 2 FETCH (BODY[] {1}\r\nx)\r\n", "none|none|2 0 BODY[] 1"},
		{"closed too early", "* 1 FETCH (UID 1) (BODY[] {1}\r\nx)\r\n", "none"},
		{"behind a value without a name", "* 1 FETCH (UID 1 BODY[] {1}\r\nx {1}\r\nx BODY[] {1}\r\nx)\r\n", "1 1 BODY[] 1|none|1 1 BODY[] 1"},
	} {
		if got := strings.Join(literals(t, c.input), "|"); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		for cut := 1; cut < len(c.input); cut++ {
			if got := strings.Join(literals(t, c.input, cut), "|"); got != c.want {
				t.Errorf("%s, cut behind byte %d:\n got %s\nwant %s", c.name, cut, got, c.want)
			}
		}
	}
}
