package imap4

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// What a decoder has learned makes it faster, and changes nothing. These tests have a response read by a decoder that has read nothing
// before it, and by two that know what is like it.
type experienced struct {
	owns, borrows fetchDecoder
	limits        *wire.Limits
}

// learn makes e read a response until there is nothing more to be learned from it.
func (e *experienced) learn(line string) {
	for range firstToLearn + 2 {
		readOwned(&e.owns, line, e.limits)
		readBorrowed(&e.borrows, line, e.limits)
	}
}

// check has a response read by all.
func (e *experienced) check(t *testing.T, line string) {
	t.Helper()
	want := readOwned(new(fetchDecoder), line, e.limits)
	if got := readOwned(&e.owns, line, e.limits); got != want {
		t.Errorf("owned, %s\n got %s\nwant %s", line, got, want)
	}
	if got := readBorrowed(&e.borrows, line, e.limits); got != want {
		t.Errorf("borrowed, %s\n got %s\nwant %s", line, got, want)
	}
}

// readOwned shows an owned message when its response is gone.
func readOwned(f *fetchDecoder, line string, limits *wire.Limits) string {
	b := []byte(line)
	r, err := wire.DecodeResponse(wire.Unit{Kind: wire.Line, Bytes: b}, limits)
	if err != nil || r.Name != "FETCH" {
		return "other"
	}
	m, err := f.own(r.Number, &r.Args)
	clear(b)
	defer m.spoil()
	return fetched{m, err}.show()
}

func readBorrowed(f *fetchDecoder, line string, limits *wire.Limits) string {
	r, err := wire.DecodeResponse(wire.Unit{Kind: wire.Line, Bytes: []byte(line)}, limits)
	if err != nil || r.Name != "FETCH" {
		return "other"
	}
	m, err := f.borrow(r.Number, &r.Args)
	defer m.spoil()
	return fetched{m, err}.show()
}

// spoil does to a message what its owner may do.
func (m *Message) spoil() {
	m.eachText(func(s *string) { *s = "spoilt" })
	m.Flags = append(m.Flags, "spoilt")
	if b := m.BodyStructure; b != nil {
		b.Params = append(b.Params, Param{"spoilt", "spoilt"})
		b.Children = append(b.Children, BodyStructure{Type: "spoilt"})
		if e := b.Extension; e != nil {
			e.Disposition.Params = append(e.Disposition.Params, Param{"spoilt", "spoilt"})
		}
	}
}

// hits is how often e knew something.
func (e *experienced) hits() (flags, bodies int) {
	return e.owns.flagLists.hits + e.borrows.flagLists.hits, e.owns.forms.hits + e.borrows.forms.hits
}

var learnedLines = []string{
	`* 1 FETCH (UID 7 FLAGS (\Seen) BODYSTRUCTURE ("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 5 1 NIL NIL NIL NIL))`,
	`* 1 FETCH (FLAGS () BODY ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 500 100) UID 7)`,
	`* 1 FETCH (FLAGS (\seen kw[1] $Forwarded) BODYSTRUCTURE (("text" "plain" NIL "<id>" "a text" "8bit" 5 1 NIL NIL NIL NIL)` +
		`("image" "png" ("name" "a b.png") NIL NIL "base64" 17 NIL ("inline" ("filename" "x.png" "size" "3")) NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL))`,
	`* 1 FETCH (BODYSTRUCTURE ((("text" "plain" NIL NIL NIL "7bit" 1 1)("text" "html" NIL NIL NIL "7bit" 2 2) "alternative") "related" ("type" "text/html")))`,
	`* 1 FETCH (ENVELOPE ("d" "s \"q\"" (("A" NIL "a" "x")(NIL NIL "b" "y")) (("A" NIL "a" "x")(NIL NIL "b" "y")) NIL (("G\\" "@r" "g" NIL)) NIL NIL NIL "<1>")` +
		` BODYSTRUCTURE ("application" "octet-stream" NIL NIL NIL "binary" 9))`,
	`* 1 FETCH (FLAGS (own words) ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE ("audio" "x" NIL NIL NIL "7bit" 9 NIL "attachment" NIL NIL))`,
	`* 1 FETCH (BODYSTRUCTURE ("application" "pdf" ("name" "") NIL NIL "7bit" NIL 5))`,
	// What has no form: an escape, a literal's place, a message, extension data, a number left out, words that are no strings.
	`* 1 FETCH (BODYSTRUCTURE ("text" "plain" ("name" "a \"b\"") NIL NIL "7bit" 5 1))`,
	`* 1 FETCH (BODYSTRUCTURE ("text" "plain" ("name" """a"" b") NIL NIL "7bit" 5 1))`,
	`* 1 FETCH (BODYSTRUCTURE ("message" "rfc822" NIL NIL NIL "7bit" 5 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" NIL NIL NIL "7bit" 1 1) 9))`,
	`* 1 FETCH (BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 5 1 "md5" NIL ("en" "de") "here" (1 "x" 2)))`,
	`* 1 FETCH (BODYSTRUCTURE ("message" "rfc822" NIL NIL NIL "7bit" 5 NIL (("x" "y" NIL NIL NIL "7bit" NIL) "mixed") 9))`,
	`* 1 FETCH (BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 5 1 "md5" NIL NIL NIL))`,
	`* 1 FETCH (BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 5 1 NIL NIL "de" NIL))`,
	`* 1 FETCH (BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 5 1 NIL NIL NIL "here"))`,
	`* 1 FETCH (BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 5 1 NIL NIL NIL NIL "more"))`,
	`* 1 FETCH (BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 5 0 NIL ("inline" NIL 0) NIL NIL))`,
	`* 1 FETCH (BODYSTRUCTURE ("application" "pdf" ("size" 12) NIL NIL 7bit 5 NIL))`,
	`* 1 FETCH (BODYSTRUCTURE ("application" "pdf" NIL NIL NIL "7bit" NIL -5) BODY ("text" "plain" NIL NIL NIL "7bit" 5 1) FLAGS ("\\Seen" a))`,
}

// Each response is read again with each of its bytes changed, left out and doubled.
func TestWhatIsLearnedChangesNothing(t *testing.T) {
	flags, bodies, light := 0, 0, 0
	for _, line := range learnedLines {
		var e experienced
		e.learn(line)
		e.check(t, line)
		eachEdit(line, func(edited string) { e.check(t, edited) })
		inFlags, inBodies := e.hits()
		flags, bodies = flags+inFlags, bodies+inBodies
		if e.owns.light {
			light++
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	if flags == 0 || bodies == 0 || light == 0 {
		t.Errorf("got %d lists of flags, %d structures, %d light messages, want some of each to be known", flags, bodies, light)
	}
}

// eachEdit calls try with line after each of many small changes.
func eachEdit(line string, try func(edited string)) {
	for i := range len(line) {
		try(line[:i] + line[i+1:])
		try(line[:i] + line[i:i+1] + line[i:])
		for _, c := range []string{`"`, `\`, "(", ")", " ", "0", "N", "{", "\x00"} {
			try(line[:i] + c + line[i+1:])
		}
	}
}

// Which structures have a form.
func TestStructuresWithAForm(t *testing.T) {
	for _, line := range learnedLines {
		var e experienced
		e.learn(line)
		body := line[strings.Index(line, "BODY"):]
		want := 1
		for _, odd := range []string{`\"`, `"""`, "message", "md5", `"de"`, "here", "more", " 0", " 12", "-5"} {
			if strings.Contains(body, odd) {
				want = 0
			}
		}
		if strings.Count(body, "BODY") > 1 {
			want++
		}
		if got := len(e.owns.forms.known); got != want {
			t.Errorf("%s: got %d forms, want %d", body, got, want)
		}
	}
}

// A mailbox of all kinds of messages, each of which comes several times.
func TestMixedMailboxesAreReadAsTheyAre(t *testing.T) {
	var e experienced
	a := &author{Rand: rand.New(rand.NewPCG(11, 7))}
	var lines []string
	for len(lines) < 40 {
		a.line = nil
		if a.message(); strings.Count(string(a.line), "\n") == 1 {
			lines = append(lines, strings.TrimSuffix(string(a.line), "\r\n"))
		}
	}
	lines = append(append(lines, learnedLines...), learnedLines...)
	for range 2000 {
		e.check(t, lines[a.IntN(len(lines))])
	}
	if flags, bodies := e.hits(); flags == 0 || bodies == 0 {
		t.Errorf("got %d lists of flags and %d structures that were known, want some", flags, bodies)
	}
}

// Structures that begin alike, go on differently, and end alike, more of them than a decoder holds.
func TestFormsThatHaveMuchInCommon(t *testing.T) {
	var e experienced
	r := rand.New(rand.NewPCG(3, 9))
	for range 5000 {
		some := func() int { return min(r.IntN(3), r.IntN(3), r.IntN(3)) }
		e.check(t, fmt.Sprintf(`* 1 FETCH (BODYSTRUCTURE ("text" "x%d" ("a%d" "v%d") NIL NIL "7bit" %d %d NIL ("y%d" ("b%d" "w%d")) NIL NIL))`,
			some(), some(), r.IntN(9), 1+r.IntN(99), 1+r.IntN(99), some(), some(), r.IntN(9)))
		if t.Failed() {
			return
		}
	}
	if e.owns.forms.ever <= 2*maxLearned || e.owns.forms.hits < 1000 {
		t.Errorf("got %d structures learned and %d hits, want more", e.owns.forms.ever, e.owns.forms.hits)
	}
}

// A server that never sends the same thing twice makes a decoder learn little, and a decoder holds little.
func TestLearningEnds(t *testing.T) {
	var f fetchDecoder
	line := func(i int) string {
		return fmt.Sprintf(`* 1 FETCH (FLAGS (k%d) BODYSTRUCTURE ("text" "x%d" NIL NIL NIL "7bit" 5 1))`, i, i)
	}
	for i := range 20 * maxLearned {
		readOwned(&f, line(i), nil)
	}
	if got, most := f.forms.looked, f.forms.asked/2; got > most || got <= fewHits*maxLearned {
		t.Errorf("got %d looks for what is known where nothing is, want more than %d and %d at most", got, fewHits*maxLearned, most)
	}
	if got := f.forms.ever; got != maxLearned {
		t.Errorf("structures: got %d learned, want %d", got, maxLearned)
	}
	if got := f.flagLists.ever; got != maxLearned {
		t.Errorf("flags: got %d lists learned, want %d", got, maxLearned)
	}
	last := firstToLearn + maxLearned - 2 // of those that were learned
	for i := range 10 * hitsToLearn {     // what is known is met again, and what is new takes the place of what is not
		readOwned(&f, line(last), nil)
		readOwned(&f, line(last), nil)
		readOwned(&f, line(1000+i), nil)
	}
	for range fewLooks {
		if !f.forms.look() || !f.flagLists.look() {
			t.Error("got few looks where most is known, want all")
		}
	}
	if got := len(f.forms.known); got != maxLearned || f.forms.ever <= maxLearned || f.flagLists.ever <= maxLearned {
		t.Errorf("got %d structures known, %d and %d learned, want %d known and more learned", got, f.forms.ever, f.flagLists.ever, maxLearned)
	}
	hits := f.forms.hits
	if readOwned(&f, line(last), nil); f.forms.hits != hits+1 {
		t.Error("the structure that was met most often: got it forgotten, want it known")
	}
	for _, large := range []string{
		`* 1 FETCH (BODYSTRUCTURE (` + strings.Repeat("(text)", maxBodyFormCost/costPart) + ` "mixed"))`,
		`* 1 FETCH (FLAGS (` + strings.Repeat("k", maxFlagListSize) + `) BODYSTRUCTURE ("text" "` + strings.Repeat("x", maxBodyFormSize) + `" NIL NIL NIL "7bit" 5 1))`,
	} {
		var e experienced
		if e.learn(large); len(e.owns.forms.known)+len(e.owns.flagLists.known) > 0 {
			t.Errorf("%.100s: got it learned, want it to be too large", large)
		}
	}
}

// What a decoder has learned keeps to the limits as what it reads does.
func TestWhatIsLearnedKeepsToTheLimits(t *testing.T) {
	e := experienced{limits: &wire.Limits{Depth: 3}}
	body := `BODYSTRUCTURE ("text" "plain" ("charset" "x") NIL NIL "7bit" 5 1)`
	e.learn("* 1 FETCH (" + body + ")")
	e.check(t, "* 1 FETCH ("+body+")")
	if flags, bodies := e.hits(); bodies == 0 {
		t.Errorf("got %d and %d known, want a structure", flags, bodies)
	}
	costly := "BODYSTRUCTURE (" + strings.Repeat("(text)", 11) + ` "mixed")`
	e.learn("* 1 FETCH (" + costly + " FLAGS (a b c d e))")
	over := 0
	for n := range 400 {
		line := "* 1 FETCH (BODY (" + strings.Repeat("(text)", n) + ` "mixed") ` + costly + " FLAGS (a b c d e))"
		e.check(t, line)
		if strings.Contains(readOwned(new(fetchDecoder), line, e.limits), "LimitError") {
			over++
		}
	}
	if over == 0 || over == 400 {
		t.Errorf("got %d of 400 over the budget, want some", over)
	}
}

// A message that is light may come before and behind one that is not.
func TestLightMessagesAmongOthers(t *testing.T) {
	var e experienced
	light := `* 1 FETCH (UID 5 FLAGS (\Seen own) ENVELOPE ("d" "s" (("A" NIL "a" "x")) NIL NIL NIL NIL NIL NIL "<1>") BODYSTRUCTURE ("text" "x" ("name" "n") "<id>" "d" "7bit" 5 1))`
	e.learn(light)
	for _, other := range []string{
		`* 1 FETCH (BODY[TEXT] "text" UID 5)`, `* 1 FETCH (X-ODD "x" UID 5)`, `* 1 FETCH (PREVIEW "p" UID 5)`, `* 1 FETCH (EMAILID (e) THREADID (t))`, `* 1 FETCH (X-GM-LABELS (a "b c"))`,
		`* 1 FETCH (ENVELOPE ("d" "s" NIL NIL NIL NIL NIL NIL NIL "<1>") ENVELOPE ("e" "t" NIL NIL NIL NIL NIL NIL NIL "<2>"))`,
		`* 1 FETCH (BODY ("text" "x" ("name" "n") "<id>" "d" "7bit" 5 1) BODYSTRUCTURE ("text" "x" ("name" "m") "<jd>" "e" "7bit" 6 2))`,
		`* 1 FETCH (BODYSTRUCTURE ("text" "new" ("name" "m") "<jd>" "e" "7bit" 6 2 NIL ("inline" ("a" "b")) NIL NIL))`, `* 1 FETCH (BODYSTRUCTURE (oops UID 5)`, `* 1 FETCH (FLAGS (another) UID 5)`,
		strings.Replace(light, `"s"`, `"`+strings.Repeat("long ", maxHeld/4)+`"`, 1),
	} {
		e.check(t, light)
		if !e.owns.light {
			t.Fatalf("%s: got a message that is not light", light)
		}
		for range 3 { // it may be learned while light messages are tried
			e.check(t, other)
		}
	}
}

// What a body costs that is kept does not depend on the messages before it.
func TestLiteralsAreNotCopied(t *testing.T) {
	const size = 1 << 20
	var e experienced
	e.learn(learnedLines[0])
	if !e.owns.light {
		t.Fatal("got a message that is not light")
	}
	unit := fmt.Sprintf("* 1 FETCH (BODY[] {%d}\r\n%s)", size, strings.Repeat("x", size))
	literals := []wire.Literal{{Start: strings.IndexByte(unit, '{'), Offset: strings.IndexByte(unit, '\n') + 1, Size: size}}
	r, err := wire.DecodeResponse(wire.Unit{Kind: wire.Line, Owned: true, Bytes: []byte(unit), Literals: literals}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := e.owns.own(r.Number, &r.Args)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; err != nil || len(m.Body()) != size || got > size/2 {
		t.Errorf("got %d bytes, %v, and %d allocated, want %d and few allocated", len(m.Body()), err, got, size)
	}
}

// FuzzLearned: a decoder that knows what is like first reads second as one does that knows nothing.
func FuzzLearned(f *testing.F) {
	for i, line := range learnedLines {
		f.Add(line, learnedLines[(i+1)%len(learnedLines)])
		f.Add(line, strings.Replace(line, "7", "8", 1))
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		if len(first)+len(second) > 4<<10 {
			return
		}
		var e experienced
		e.learn(first)
		e.check(t, second)
		e.check(t, first)
	})
}
