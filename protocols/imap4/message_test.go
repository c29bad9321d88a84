package imap4

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

func TestItems(t *testing.T) {
	for _, c := range []struct {
		items Items
		want  string
	}{
		{0, ""},
		{ItemsFast, "FLAGS INTERNALDATE RFC822.SIZE"},
		{ItemsFull, "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY"},
		{ItemGmailLabels | ItemUID | ItemModSeq, "UID MODSEQ X-GM-LABELS"},
	} {
		if got := c.items.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if got, want := len((Items(1<<32 - 1)).Names()), 15; got != want {
		t.Errorf("got %d names, want %d", got, want)
	}
}

func TestFlags(t *testing.T) {
	m := fetch(t, "* 1 FETCH (FLAGS (\\SEEN $forwarded Custom \\* \"\\\\Flagged\" (odd) \\X-Own))\r\n")[0]
	want := []Flag{FlagSeen, FlagForwarded, "Custom", FlagAny, FlagFlagged, `\X-Own`}
	if m.err != nil || len(m.msg.Flags) != len(want) {
		t.Fatalf("got %q, %v, want %q", m.msg.Flags, m.err, want)
	}
	for i, f := range want {
		if m.msg.Flags[i] != f || !m.msg.HasFlag(Flag(strings.ToUpper(string(f)))) {
			t.Errorf("flag %d: got %q, want %q", i, m.msg.Flags[i], f)
		}
	}
	if m.msg.HasFlag(FlagDeleted) {
		t.Error(`got \Deleted, want none`)
	}
	if FlagJunk.IsSystem() || !FlagSeen.IsSystem() || !FlagSeen.Is(`\seen`) || FlagSeen.Is(FlagDraft) {
		t.Error("flags do not know themselves")
	}
	for _, f := range knownFlags {
		if got := internFlag([]byte(f)); got != f {
			t.Errorf("got %q, want %q", got, f)
		}
	}
}

func TestParseDateTime(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"17-Jul-1996 02:44:25 -0700", "1996-07-17T02:44:25-07:00"},
		{" 1-Jan-2024 00:00:00 +0100", "2024-01-01T00:00:00+01:00"},
		{"1-jan-2024 00:00:00 +0000", "2024-01-01T00:00:00Z"},
		{"29-FEB-2024 23:59:60 +1400", "2024-03-01T00:00:00+14:00"},
		{"31-Dec-9999 23:59:59 -2359", "9999-12-31T23:59:59-23:59"},
		{"01-Jan-2024 00:00:00", "2024-01-01T00:00:00Z"},
		{"00-Jan-0000 00:00:00 +0000", ""},
		{"01-Jan-0000 00:00:00 +0000", ""},
		{"29-Feb-2023 00:00:00 +0000", ""},
		{"31-Apr-2023 00:00:00 +0000", ""},
		{"01-Foo-2023 00:00:00 +0000", ""},
		{"01-Jan-2023 24:00:00 +0000", ""},
		{"01-Jan-2023 00:60:00 +0000", ""},
		{"01-Jan-2023 00:00:61 +0000", ""},
		{"01-Jan-2023 00:00:00 +2401", ""},
		{"01-Jan-2023 00:00:00 +0060", ""},
		{"01-Jan-2023 00:00:00 0000", ""},
		{"01-Jan-2023 00:00:00 +00:00", ""},
		{"1x-Jan-2023 00:00:00 +0000", ""},
		{"-1-Jan-2023 00:00:00 +0000", ""},
		{"01/Jan/2023 00:00:00 +0000", ""},
		{"01-Jan-2023", ""},
		{" ", ""},
		{"", ""},
	} {
		got := ""
		if at, ok := parseDateTime([]byte(c.text)); ok {
			got = at.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestDaysAreThoseOfTheCalendar(t *testing.T) {
	for year := 1; year < 3000; year++ {
		for month := time.January; month <= time.December; month++ {
			first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
			if got, want := int64(daysBefore(year, month)), first.Unix()/86400; got != want {
				t.Fatalf("%v %d: got %d days, want %d", month, year, got, want)
			}
			if got, want := daysIn(month, year), first.AddDate(0, 1, -1).Day(); got != want {
				t.Fatalf("%v %d: got %d days long, want %d", month, year, got, want)
			}
		}
	}
}

func TestDatesCostNoMemory(t *testing.T) {
	text := []byte("17-Jul-1996 02:44:25 -0700")
	parseDateTime(text)
	if allocs := testing.AllocsPerRun(100, func() { parseDateTime(text) }); allocs != 0 {
		t.Errorf("got %v allocations, want 0", allocs)
	}
}

// What is wrong with one item is wrong with it alone, if it can be seen where it ends.
func TestBrokenItems(t *testing.T) {
	for _, c := range []struct{ input, want string }{
		{"(UID x FLAGS (\\Seen))", "1 flags=[\\Seen] !*wire.SyntaxError"},
		{"(UID 99999999999 RFC822.SIZE 5)", "1 size=5 !*wire.SyntaxError"},
		{"(FLAGS 5 UID 7)", "1 uid=7 !*wire.SyntaxError"},
		{"(UID 0 FLAGS NIL)", "1 flags=[]"},
		{"(RFC822.SIZE NIL MODSEQ NIL EMAILID NIL X-GM-MSGID NIL X-GM-LABELS NIL UID 7)", "1 uid=7 labels=[]"},
		{"(RFC822.SIZE -5 UID 7)", "1 uid=7"},
		{"(MODSEQ 7 EMAILID M1 THREADID (T1))", "1 modseq=7 emailid=M1 threadid=T1"},
		{"(X-GM-LABELS (\"\\\\Inbox\" &AOk- \"a & b\"))", "1 labels=[\"\\\\Inbox\" \"\u00e9\" \"a & b\"]"},
		{"(SAVEDATE \"17-Jul-1996 02:44:25 -0700\" PREVIEW \"hi\" INTERNALDATE \"x\")", "1 savedate=1996-07-17T02:44:25-07:00 preview=\"hi\""},
		{"(uid 7 flags (\\Seen) x-odd y x-none)", "1 uid=7 flags=[\\Seen] X-ODD=\"y\" X-NONE=\"\""},
		{"(FLAGS (\\Seen) FLAGS (\\Draft))", "1 flags=[\\Draft]"},
		{"(X-ODD[1.2] (a) UID 7)", "1 uid=7 X-ODD[1.2]=\"(a)\""},
		{"(BODY[1.x \"a\" UID 7)", "1 !*wire.SyntaxError"},
		{"(BODY[99999999999] NIL UID 7)", "1 !*wire.SyntaxError"},
		{"(UID 7)) trailing", "1 uid=7"},
		{"()", "1"},
		{"", "1 !*wire.SyntaxError"},
		{"UID 7", "1 !*wire.SyntaxError"},
		{"NIL", "1 !*wire.SyntaxError"},
		{"(\"x\" UID 7)", "1 uid=7 !*wire.SyntaxError"},
	} {
		if got := fetch(t, "* 1 FETCH "+c.input+"\r\n")[0].show(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.input, got, c.want)
		}
	}
}

// A list that cannot be read to its end is as not there, and what was told before it stays.
func TestBrokenLists(t *testing.T) {
	for _, c := range []struct {
		input, want   string
		flags, labels int
	}{
		{"(FLAGS (\\Seen {1}\r\na) UID 7)", "1 uid=7 !*wire.SyntaxError", 0, 0},
		{"(FLAGS (\\Seen " + strings.Repeat("(", 200) + strings.Repeat(")", 200) + "))", "1 !*wire.LimitError", 0, 0},
		{"(FLAGS (\\Seen kw) FLAGS (\\Draft {1}\r\na) UID 7)", "1 uid=7 flags=[\\Seen kw] !*wire.SyntaxError", 2, 0},
		{"(FLAGS (\\Draft {1}\r\na) FLAGS (\\Seen kw) UID 7)", "1 uid=7 flags=[\\Seen kw] !*wire.SyntaxError", 2, 0},
		{"(X-GM-LABELS (a (b)) UID 7)", "1 uid=7 !*wire.SyntaxError", 0, 0},
		{"(X-GM-LABELS (a b) X-GM-LABELS (c (d)) UID 7)", "1 uid=7 labels=[\"a\" \"b\"] !*wire.SyntaxError", 0, 2},
		{"(EMAILID (M1 (a)) UID 7)", "1 uid=7 !*wire.SyntaxError", 0, 0},
		{"(EMAILID (M1) EMAILID (M2 (a)) UID 7)", "1 uid=7 emailid=M1 !*wire.SyntaxError", 0, 0},
		{"(MODSEQ (7 (a)) UID 7)", "1 uid=7 !*wire.SyntaxError", 0, 0},
		{"(X-GM-MSGID 5 X-GM-MSGID x UID 7)", "1 uid=7 gmid=5 !*wire.SyntaxError", 0, 0},
		{"(BODY[1] \"a\" BODY[HEADER.FIELDS (a (b))] \"c\" UID 7)", "1 BODY[1]=\"a\" !*wire.SyntaxError", 0, 0},
	} {
		input := "* 1 FETCH " + c.input + "\r\n"
		if got := fetch(t, input)[0].show(); got != c.want {
			t.Errorf("%.99s:\n got %s\nwant %s", c.input, got, c.want)
		}
		var f fetchDecoder
		units(t, input, nil, func(u wire.Unit) {
			r, _ := wire.DecodeResponse(u, nil)
			m, err := f.borrow(r.Number, &r.Args)
			if got := (fetched{m, err}).show(); got != c.want || len(m.Flags) != c.flags || len(m.GmailLabels) != c.labels {
				t.Errorf("%.99s, borrowed:\n got %s, %q, %q\nwant %s, %d flags, %d labels", c.input, got, m.Flags, m.GmailLabels, c.want, c.flags, c.labels)
			}
		})
	}
}

func TestErrorsOfFetchedMessages(t *testing.T) {
	f := fetch(t, "* 1 FETCH (UID x)\r\n")[0]
	var syntax *SyntaxError
	if !errors.As(f.err, &syntax) || syntax.Offset != len("* 1 FETCH (UID ") {
		t.Errorf("got %v, want a syntax error at the x", f.err)
	}
	f = fetch(t, "* 1 FETCH (X "+strings.Repeat("(", 200)+strings.Repeat(")", 200)+" UID 7)\r\n")[0]
	if !errors.Is(f.err, ErrTooDeep) {
		t.Errorf("got %v, want ErrTooDeep", f.err)
	}
}

// A peer does not get much memory for few bytes.
func TestMemoryIsInProportion(t *testing.T) {
	for name, items := range map[string]string{
		"empty parts":     "BODYSTRUCTURE (" + strings.Repeat("()", 10_000) + ")",
		"short parts":     "BODYSTRUCTURE (" + strings.Repeat("(1)", 10_000) + ")",
		"empty addresses": "ENVELOPE (NIL NIL (" + strings.Repeat("()", 10_000) + "))",
		"parts in a part": "BODYSTRUCTURE (" + strings.Repeat("((1)(1)(1))", 5_000) + ")",
		"messages":        "BODYSTRUCTURE (" + strings.Repeat(`(message rfc822 1 1 1 1 1()(1))`, 1_000) + ")",
	} {
		f := fetch(t, "* 1 FETCH (FLAGS () "+items+" UID 7)\r\n")[0]
		if !errors.Is(f.err, ErrResponseTooLarge) || f.show() != "1 uid=7 flags=[] !*wire.LimitError" {
			t.Errorf("%s: got %.99s, %v, want the rest of the message and ErrResponseTooLarge", name, f.show(), f.err)
		}
	}
	for name, items := range map[string]string{
		"flags":     "FLAGS (" + strings.Repeat("a ", 10_000) + ")",
		"addresses": "ENVELOPE (NIL NIL (" + strings.Repeat(`(NIL NIL "a" "b.c")`, 1_000) + "))",
		"parts":     "BODYSTRUCTURE (" + strings.Repeat(textPart, 1_000) + ` "MIXED")`,
	} {
		if f := fetch(t, "* 1 FETCH ("+items+")\r\n")[0]; f.err != nil {
			t.Errorf("%s: got %v, want no error", name, f.err)
		}
	}
}

// The rooms of a decoder hold no response in memory for long, and do not stay large.
func TestDecoderLetsGo(t *testing.T) {
	var f fetchDecoder
	input := "* 1 FETCH (FLAGS (" + strings.Repeat("a ", 5000) + ") PREVIEW \"" + strings.Repeat("\\\"", 5000) + "\" BODY[] \"x\")\r\n* 2 FETCH (UID 2)\r\n"
	for _, how := range []func(f *fetchDecoder, seq uint32, args *wire.Decoder) (*Message, error){(*fetchDecoder).borrow, (*fetchDecoder).own} {
		units(t, input, nil, func(u wire.Unit) {
			r, err := wire.DecodeResponse(u, nil)
			if err != nil {
				t.Fatal(err)
			}
			if m, err := how(&f, r.Number, &r.Args); err != nil || r.Number == 1 && len(m.Flags) != 5000 {
				t.Fatalf("got %d flags, %v", len(m.Flags), err)
			}
		})
		if cap(f.flags) > maxKept || cap(f.sections) > 0 && f.sections[:1][0].Bytes != nil || f.lent.Flags != nil {
			t.Errorf("got %d flags and %v", cap(f.flags), f.sections[:cap(f.sections)])
		}
		if cap(f.texts) > maxKept {
			t.Errorf("got room for %d bytes of texts, want %d at most", cap(f.texts), maxKept)
		}
	}
}

// One owned message of many that came together holds nothing of the others.
func TestKeptMessagesHoldLittle(t *testing.T) {
	const each, kept, most = 100, 200, 4 << 10
	var f fetchDecoder
	s := newStream()
	before := heap()
	messages := make([]*Message, 0, kept)
	for i := range kept * each {
		seq, args := s.fetch(t)
		m, err := f.own(seq, &args)
		if err != nil {
			t.Fatal(err)
		}
		if i%each == 0 {
			messages = append(messages, m)
		}
	}
	if got := (heap() - before) / kept; got > most {
		t.Errorf("each message kept: got %d bytes held, want %d at most", got, most)
	}
	runtime.KeepAlive(messages)
}

// heap is what is in use when the garbage is gone.
func heap() int {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

func TestMessagesCostWhatTheyShould(t *testing.T) {
	var f fetchDecoder
	s := newStream()
	var args wire.Decoder
	read := func(how func(seq uint32, args *wire.Decoder) (*Message, error)) func() {
		return func() {
			seq := uint32(0)
			seq, args = s.fetch(t)
			if m, err := how(seq, &args); err != nil || m.UID != 98765 {
				t.Fatal(m, err)
			}
		}
	}
	if got := testing.AllocsPerRun(100, read(f.borrow)); got != 0 {
		t.Errorf("borrowed: got %v allocations, want 0", got)
	}
	if got := testing.AllocsPerRun(100, read(f.own)); got > 4 {
		t.Errorf("owned: got %v allocations, want 4 at most", got)
	}
}
