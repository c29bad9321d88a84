package wire

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A way in which the test drives a scanner: what follows each status line.
const (
	asStatus  = 's' // another status line
	asListing = 'l' // lines up to the dot
	asData    = 'd' // a message up to the dot
)

// units are what a scanner makes of pieces, as text that does not depend on the cuts: status lines with their modes, the lines of listings,
// and the octets of messages, put together.
func units(t testing.TB, limits *Limits, modes string, pieces ...[]byte) (got []string, err error) {
	t.Helper()
	s := Scanner{Limits: limits}
	mode, data := byte(asStatus), []byte{}
	for _, p := range pieces {
		p = slices.Clone(p)
		whole := p
		for len(p) > 0 {
			u, n, err := s.Next(p)
			if err != nil {
				return got, err
			}
			if n == 0 && u.Kind == None {
				t.Fatalf("no progress at %q", p)
			}
			p = p[n:]
			switch u.Kind {
			case Line:
				got = append(got, fmt.Sprintf("%c %q", mode, u.Bytes))
				if mode == asStatus && modes != "" {
					if mode, modes = modes[0], modes[1:]; mode == asListing {
						s.Listing()
					} else if mode == asData {
						s.Data()
					}
				}
			case Data:
				if len(u.Bytes) == 0 {
					t.Fatal("a piece without bytes")
				}
				data = append(data, u.Bytes...)
			case End:
				if mode == asData {
					got = append(got, fmt.Sprintf("d %q", data))
					data = data[:0]
				}
				got, mode = append(got, "end"), asStatus
			}
		}
		for i := range whole {
			whole[i] = '#' // what is borrowed and kept turns into noise
		}
	}
	if len(data) > 0 {
		got = append(got, fmt.Sprintf("d %q...", data))
	}
	return got, nil
}

// bytewise cuts behind each byte.
func bytewise(input string) (pieces [][]byte) {
	for i := range len(input) {
		pieces = append(pieces, []byte(input[i:i+1]))
	}
	return pieces
}

func randomly(r *rand.Rand, input string) (pieces [][]byte) {
	for input != "" {
		n := 1 + r.IntN(min(len(input), 1+r.IntN(20)))
		pieces = append(pieces, []byte(input[:n]))
		input = input[n:]
	}
	return pieces
}

var scannerTests = []struct {
	name, modes, input string
	want               []string
}{
	{"nothing", "", "", nil},
	{"status lines", "sss", "+OK\r\n-ERR no\n\r\n\n+OK \r x\r\n", []string{`s "+OK"`, `s "-ERR no"`, `s ""`, `s ""`, `s "+OK \r x"`}},
	{"a dot is a status line where none is waited for", "s", ".\r\n..\r\n", []string{`s "."`, `s ".."`}},
	{"an incomplete line is nothing", "", "+OK\r", nil},
	{"a listing", "l", "+OK\r\n1 120\r\n2 200\n.\r\n+OK\r\n", []string{`s "+OK"`, `l "1 120"`, `l "2 200"`, "end", `s "+OK"`}},
	{"an empty listing", "l", "+OK\r\n.\n", []string{`s "+OK"`, "end"}},
	{"dots in a listing", "l", "+OK\r\n..\r\n...\r\n.x\r\n..x\r\n. \r\n\r\n.\r\n", []string{`s "+OK"`, `l "."`, `l ".."`, `l ".x"`, `l ".x"`, `l ". "`, `l ""`, "end"}},
	{"a message", "d", "+OK\r\nA: b\r\n\r\nx\r\n.\r\n-ERR\r\n", []string{`s "+OK"`, `d "A: b\r\n\r\nx\r\n"`, "end", `s "-ERR"`}},
	{"an empty message", "d", "+OK\r\n.\r\n", []string{`s "+OK"`, `d ""`, "end"}},
	{"stuffed dots", "d", "+OK\r\n..\r\n..x\r\n...\r\n....\r\n.\r\n", []string{`s "+OK"`, `d ".\r\n.x\r\n..\r\n...\r\n"`, "end"}},
	{"dots that are not stuffed", "d", "+OK\r\n.x\r\n. \r\n.\rx\r\n.\r\r\n.\r\n", []string{`s "+OK"`, `d ".x\r\n. \r\n.\rx\r\n.\r\r\n"`, "end"}},
	{"dots within lines", "d", "+OK\r\na.\r\na..b\r\n a.\n.\r\n", []string{`s "+OK"`, `d "a.\r\na..b\r\n a.\n"`, "end"}},
	{"LF alone", "d", "+OK\na\n..\nb\n.\n+OK\n", []string{`s "+OK"`, `d "a\n.\nb\n"`, "end", `s "+OK"`}},
	{"CR alone is no end of a line", "d", "+OK\r\na\r.\r\nb\r.\r\n.\r\n", []string{`s "+OK"`, `d "a\r.\r\nb\r.\r\n"`, "end"}},
	{"CR CR LF", "d", "+OK\r\na\r\r\n.\r\n", []string{`s "+OK"`, `d "a\r\r\n"`, "end"}},
	{"NUL and 8 bits", "d", "+OK\r\n\x00\xff\xe9\r\n.\r\n", []string{`s "+OK"`, `d "\x00\xff\xe9\r\n"`, "end"}},
	{"one behind the other", "dld", "+OK\r\nx\r\n.\r\n+OK\r\n1 2\r\n.\r\n+OK\r\n.\r\n", []string{
		`s "+OK"`, `d "x\r\n"`, "end", `s "+OK"`, `l "1 2"`, "end", `s "+OK"`, `d ""`, "end"}},
	{"a message that does not end", "d", "+OK\r\na\r\n..b", []string{`s "+OK"`, `d "a\r\n.b"...`}},
	{"what could be the end is held back", "d", "+OK\r\na\r\n.\r", []string{`s "+OK"`, `d "a\r\n"...`}},
	{"a long line of a message", "d", "+OK\r\n" + strings.Repeat("x", 20_000) + "\r\n.\r\n", []string{`s "+OK"`, `d "` + strings.Repeat("x", 20_000) + `\r\n"`, "end"}},
}

func TestScanner(t *testing.T) {
	for _, test := range scannerTests {
		t.Run(test.name, func(t *testing.T) {
			check := func(how string, pieces ...[]byte) {
				t.Helper()
				got, err := units(t, nil, test.modes, pieces...)
				if err != nil || !slices.Equal(got, test.want) {
					t.Errorf("%s:\n got %s, %v\nwant %s", how, got, err, test.want)
				}
			}
			check("whole", []byte(test.input))
			check("bytewise", bytewise(test.input)...)
			for i := range min(len(test.input), 200) {
				check(fmt.Sprintf("cut at %d", i), []byte(test.input[:i]), []byte(test.input[i:]))
			}
			for seed := range uint64(20) {
				check(fmt.Sprintf("seed %d", seed), randomly(rand.New(rand.NewPCG(seed, 0)), test.input)...)
			}
		})
	}
}

func TestScannerLineLimit(t *testing.T) {
	const limit = 10
	for _, test := range []struct {
		line string
		ok   bool
	}{
		{"0123456789\r\n", true},
		{"0123456789\n", true},
		{"012345678\r\n", true},
		{"0123456789a\n", false},
		{"0123456789a\r\n", false},
		{"0123456789\r\r\n", false},
		{"0123456789\rx", false},
		{"0123456789ab", false},
	} {
		for _, before := range []struct{ modes, input string }{{"", ""}, {"l", "+OK\n"}} {
			for how, pieces := range map[string][][]byte{"whole": {[]byte(before.input + test.line)}, "bytewise": bytewise(before.input + test.line)} {
				_, err := units(t, &Limits{Line: limit}, before.modes, pieces...)
				var exceeded *LimitError
				if errors.As(err, &exceeded) == test.ok {
					t.Errorf("%s, %q behind %q: got %v, want ok %v", how, test.line, before.input, err, test.ok)
				}
				if !test.ok && (exceeded.Limit != LimitLine || exceeded.Max != limit || !errors.Is(err, ErrLineTooLong)) {
					t.Errorf("%s, %q: got %+v, want the limit Line of %d", how, test.line, exceeded, limit)
				}
			}
		}
	}
	if got, err := units(t, &Limits{Line: limit}, "d", []byte("+OK\n"+strings.Repeat("x", 1000)+"\n.\n")); err != nil || len(got) != 3 {
		t.Errorf("a long line of a message: got %d units, %v, want it to pass", len(got), err)
	}
}

// The largest limit is as good as none.
func TestScannerLargestLineLimit(t *testing.T) {
	s := Scanner{Limits: &Limits{Line: math.MaxInt}}
	u, n, err := s.Next([]byte("+OK\r\n"))
	if string(u.Bytes) != "+OK" || n != 5 || err != nil {
		t.Errorf("got %q, %d, %v, want the line", u.Bytes, n, err)
	}
}

func TestLimitsDefaults(t *testing.T) {
	for _, l := range []*Limits{nil, {}, {Line: -1, Message: -1, Lines: -1, Listing: -1, Capabilities: -1}} {
		got := []int64{int64(l.MaxLine()), l.MaxMessage(), int64(l.MaxLines()), int64(l.MaxListing()), int64(l.MaxCapabilities())}
		if want := []int64{8 << 10, 256 << 20, 4_000_000, 1_000_000, 1_000}; !slices.Equal(got, want) {
			t.Errorf("%+v: got %v, want %v", l, got, want)
		}
	}
	l := &Limits{Line: 1, Message: 2, Lines: 3, Listing: 4, Capabilities: 5}
	got := []int64{int64(l.MaxLine()), l.MaxMessage(), int64(l.MaxLines()), int64(l.MaxListing()), int64(l.MaxCapabilities())}
	if want := []int64{1, 2, 3, 4, 5}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Between lines nothing is kept, and in the midst of one not more than it.
func TestScannerKeepsOneLine(t *testing.T) {
	var s Scanner
	feed := func(input string, want int) {
		t.Helper()
		for p := []byte(input); len(p) > 0; {
			_, n, err := s.Next(p)
			if err != nil {
				t.Fatal(err)
			}
			p = p[n:]
		}
		if len(s.kept) != want || want == 0 && s.kept != nil {
			t.Errorf("behind %.20q: got %d bytes kept, want %d", input, len(s.kept), want)
		}
	}
	feed("+O", 2)
	feed("K", 3)
	feed("\r\n", 0)
	s.Data()
	feed(strings.Repeat("x", 100_000), 0)
	feed("\r\n.\r", 0)
	feed("\n+", 1)
}

func TestScannerAllocations(t *testing.T) {
	message := []byte(strings.Repeat("A line of text that is like others.\r\n..a dot\r\n", 200) + ".\r\n")
	status, listing := []byte("+OK 120 octets\r\n"), []byte(strings.Repeat("17 1200\r\n", 200)+".\r\n")
	var s Scanner
	run := func(p []byte) {
		for len(p) > 0 {
			_, n, err := s.Next(p)
			if err != nil {
				t.Fatal(err)
			}
			p = p[n:]
		}
	}
	got := testing.AllocsPerRun(100, func() {
		run(status)
		s.Data()
		run(message)
		run(status)
		s.Listing()
		run(listing)
	})
	if got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

// reference does at once, and simply, what the scanner does with the answer to one command.
func reference(input []byte, listing bool) (content []string, rest string, ended bool) {
	lines := bytes.SplitAfter(input, []byte("\n"))
	var data []byte
	for i, line := range lines {
		whole := bytes.HasSuffix(line, []byte("\n"))
		text := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if listing && !whole {
			break
		}
		if !listing && !whole {
			text = line
		}
		switch {
		case whole && string(text) == ".":
			if !listing {
				content = append(content, string(data))
			}
			return content, string(bytes.Join(lines[i+1:], nil)), true
		case !whole && (string(line) == "." || string(line) == ".\r"): // what could be the end
			line = nil
		case bytes.HasPrefix(text, []byte("..")):
			text, line = text[1:], line[1:]
		}
		if listing {
			content = append(content, string(text))
		}
		data = append(data, line...)
	}
	if !listing {
		content = append(content, string(data))
	}
	return content, "", false
}

// scan is the same by the scanner.
func scan(t testing.TB, pieces [][]byte, listing bool) (content []string, ended bool, err error) {
	t.Helper()
	var s Scanner
	s.Limits = &Limits{Line: 1 << 20}
	s.Data()
	if listing {
		s.Listing()
	}
	var data []byte
	for _, p := range pieces {
		for len(p) > 0 && !ended {
			u, n, err := s.Next(p)
			if err != nil {
				return nil, false, err
			}
			switch p = p[n:]; u.Kind {
			case Line:
				content = append(content, string(u.Bytes))
			case Data:
				data = append(data, u.Bytes...)
			case End:
				ended = true
			}
		}
	}
	if !listing {
		content = append(content, string(data))
	}
	if s.Begun() == ended {
		t.Errorf("begun: got %v, want %v", s.Begun(), !ended)
	}
	return content, ended, nil
}

func checkAgainstReference(t *testing.T, input string, seed uint64) {
	t.Helper()
	for _, listing := range []bool{false, true} {
		want, rest, wantEnded := reference([]byte(input), listing)
		part := strings.TrimSuffix(input, rest)
		for how, pieces := range map[string][][]byte{
			"whole": {[]byte(part)}, "bytewise": bytewise(part), "random": randomly(rand.New(rand.NewPCG(seed, 1)), part),
		} {
			got, ended, err := scan(t, pieces, listing)
			if err != nil || ended != wantEnded || !slices.Equal(got, want) {
				t.Errorf("%s, listing %v, %q:\n got %q, %v, %v\nwant %q, %v", how, listing, part, got, ended, err, want, wantEnded)
			}
		}
	}
}

// All short texts of what matters.
func TestScannerIsTheReference(t *testing.T) {
	const letters = ".\r\na"
	var all func(prefix string, left int)
	all = func(prefix string, left int) {
		checkAgainstReference(t, prefix, 7)
		for i := 0; left > 0 && i < len(letters) && !t.Failed(); i++ {
			all(prefix+letters[i:i+1], left-1)
		}
	}
	all("", 5)
}

func FuzzScanner(f *testing.F) {
	for _, test := range scannerTests {
		f.Add([]byte(test.input), uint64(1))
	}
	f.Fuzz(func(t *testing.T, input []byte, seed uint64) {
		if len(input) < 4096 {
			checkAgainstReference(t, string(input), seed)
		}
	})
}
