package imap4

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// fuzzScan is what a client makes of input cut behind each of the places in cuts: the messages, or the error of the scanner.
func fuzzScan(t *testing.T, input []byte, borrow bool, cuts ...int) string {
	t.Helper()
	limits := &wire.Limits{Response: 1 << 20, Depth: 20}
	s := wire.NewScanner(wire.Client, limits)
	var f fetchDecoder
	var prefix literalPrefix
	var shown []string
	from := 0
	for _, to := range append(cuts, len(input)) {
		piece := bytes.Clone(input[from:to])
		from = to
		for p := piece; ; {
			u, n, err := s.Next(p)
			if err != nil {
				return strings.Join(append(shown, err.Error()), "\n")
			}
			if u.Kind == wire.LiteralStart {
				if meta, ok := prefix.next(u, limits); ok {
					shown = append(shown, "literal of "+meta.Section.String())
				}
			}
			if u.Kind == wire.Line {
				shown = append(shown, fuzzDecode(t, &f, u, limits, borrow))
			}
			if u.Kind == wire.None {
				break
			}
			p = p[n:]
		}
		for i := range piece {
			piece[i] = '#'
		}
	}
	return strings.Join(shown, "\n")
}

func fuzzDecode(t *testing.T, f *fetchDecoder, u wire.Unit, limits *wire.Limits, borrow bool) string {
	t.Helper()
	r, err := wire.DecodeResponse(u, limits)
	if err != nil || r.Name != "FETCH" {
		return "other"
	}
	if !borrow {
		m, err := f.own(r.Number, &r.Args)
		return fetched{m, err}.show()
	}
	m, err := f.borrow(r.Number, &r.Args)
	now := fetched{m, err}.show()
	if got := (fetched{m.Clone(), err}).show(); got != now {
		t.Errorf("clone: got %s\nwant %s", got, now)
	}
	m.use()
	return now
}

// use calls what a caller may call.
func (m *Message) use() {
	m.Body()
	if e := m.Envelope; e != nil {
		e.Time()
		e.DecodedSubject()
		for _, list := range e.lists() {
			for i := range *list {
				_ = (*list)[i].String()
			}
		}
	}
	if b := m.BodyStructure; b != nil {
		b.Walk(func(path []int, part *BodyStructure) bool {
			part.Filename()
			b.Part(path...)
			return true
		})
	}
}

// checkFetch: no panic, borrowed and owned are the same, the cutting does not matter, and memory is in proportion to the input.
func checkFetch(t *testing.T, input []byte, at int) {
	t.Helper()
	whole := fuzzScan(t, input, false)
	if got := fuzzScan(t, input, true); got != whole {
		t.Errorf("borrowed:\n got %s\nwant %s", got, whole)
	}
	if got := fuzzScan(t, input, false, at); got != whole {
		t.Errorf("cut behind byte %d:\n got %s\nwant %s", at, got, whole)
	}
	if got, most := allocated(input), 16*uint64(len(input))+8<<10; got > most {
		t.Errorf("%d bytes of input cost %d, want %d at most", len(input), got, most)
	}
}

// allocated is how many bytes it costs to own the first response of input.
func allocated(input []byte) uint64 {
	u, _, err := new(wire.Scanner).Next(input)
	if err != nil || u.Kind != wire.Line {
		return 0
	}
	r, err := wire.DecodeResponse(u, nil)
	if err != nil || r.Name != "FETCH" {
		return 0
	}
	var f fetchDecoder
	_, _ = f.own(r.Number, &r.Args)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	keptBytes, _ = f.own(r.Number, &r.Args)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

var keptBytes *Message

func FuzzFetchData(f *testing.F) {
	f.Add([]byte(realisticLine), 100)
	f.Add([]byte("* 1 FETCH (BODY[HEADER.FIELDS (\"a\" {1}\r\nb)]<0.5> {3}\r\nabc BINARY[1.2] ~{1}\r\n\x00 BINARY.SIZE[2] 5)\r\n* 2 FETCH (UID 2)\r\n"), 40)
	f.Fuzz(func(t *testing.T, input []byte, at int) {
		if len(input) > 16<<10 {
			return
		}
		checkFetch(t, input, at&0xffff%(len(input)+1))
	})
}

func FuzzEnvelope(f *testing.F) {
	f.Fuzz(func(t *testing.T, envelope string, at int) {
		checkItem(t, "ENVELOPE ", envelope, at)
	})
}

func FuzzBodyStructure(f *testing.F) {
	f.Fuzz(func(t *testing.T, body string, at int) {
		checkItem(t, "BODYSTRUCTURE ", body, at)
	})
}

func checkItem(t *testing.T, name, value string, at int) {
	t.Helper()
	if len(value) > 16<<10 {
		return
	}
	input := []byte("* 1 FETCH (" + name + value + " UID 5)\r\n")
	checkFetch(t, input, at&0xffff%len(input))
}

// FuzzMessageSet: what is read is printed and read to the same, and no set breaks what sets are for.
func FuzzMessageSet(f *testing.F) {
	f.Fuzz(func(t *testing.T, a, b string) {
		if list, err := ParseUIDList(a); err == nil {
			again, err := ParseUIDList(list.String())
			if err != nil || again.String() != list.String() || again.Len() != list.Len() || !again.Set().Equal(list.Set()) {
				t.Errorf("list %q: got %q, %v", a, again, err)
			}
		}
		x, err := ParseSeqSet(a)
		if err != nil {
			if !x.IsEmpty() {
				t.Errorf("%q: got %q with %v", a, x, err)
			}
			return
		}
		if again, err := ParseSeqSet(x.String()); err != nil || !again.Equal(x) {
			t.Errorf("%q: got %q, %v, want %q", a, again, err, x)
		}
		checkRanges(t, x)
		y, err := ParseSeqSet(b)
		if err != nil {
			return
		}
		checkRanges(t, x.Union(y))
		both := x.Intersect(y)
		checkRanges(t, both)
		if left := x.Remove(y); left.Err() == nil {
			checkRanges(t, left)
			if both.Err() == nil && !left.Union(both).Equal(x) {
				t.Errorf("%q without %q is %q, with %q in common", x, y, left, both)
			}
		}
	})
}

// checkRanges: ascending, with gaps.
func checkRanges(t *testing.T, s MessageSet) {
	t.Helper()
	last := uint64(0)
	for i, r := range s.Ranges() {
		if r.from() > r.to() || r.from() == 0 || i > 0 && r.from() <= last || i > 0 && r.from() == last+1 && r.from() != star {
			t.Fatalf("%q: got the range %v behind %d", s, r, last)
		}
		last = r.to()
	}
}
