package basic_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/basic"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestLinesWhateverTheCut(t *testing.T) {
	long := strings.Repeat("x", 3000)
	for _, tc := range []struct {
		name, delimiter, input string
		want                   []string
		left                   string
	}{
		{"P01 delimiter CRLF", "", "\r\none\r\n\r\ntwo\rstill\nhere\r\r\n" + long + "\r\nrest", []string{"", "one", "", "two\rstill\nhere\r", long}, "rest"},
		{"P01 half a delimiter at the end", "", "one\r\ntwo\r", []string{"one"}, "two\r"},
		{"P01 delimiter of one byte", "\n", "one\r\n\ntwo\n", []string{"one\r", "", "two"}, ""},
		{"P01 delimiter that overlaps itself", "aab", "aaab|aab" + "aaaab", []string{"a", "|", "aa"}, ""},
		{"P03 a delimiter longer than the limit of lines", "{" + long + "}", "{" + long + "}x{" + long + "}{" + long, []string{"", "x"}, "{" + long},
		{"P01 long delimiter", "--boundary--", "x--boundary----boundary--y--bound--boundary--", []string{"x", "", "y--bound"}, ""},
	} {
		for cut, c := range cuts(t) {
			t.Run(tc.name+"/"+cut, func(t *testing.T) {
				p := newLines()
				p.Delimiter = []byte(tc.delimiter)
				p.MaxLength = 3000
				feed(connect(p), tc.input, c)
				expect(t, "lines", p.events, tc.want)
				if got := string(p.ClearLineBuffer()); got != tc.left {
					t.Errorf("left: got %q, want %q", got, tc.left)
				}
			})
		}
	}
}

func TestLineLength(t *testing.T) {
	const limit = 10
	at := strings.Repeat("x", limit)
	for _, tc := range []struct {
		name, input string
		want        []string
		exceeded    int
	}{
		{"P02 exactly the limit", at + "\r\nnext\r\n", []string{at, "next"}, 0},
		{"P02 one more", "a\r\n" + at + "x\r\n", []string{"a"}, 1},
		{"P03 the limit and half a delimiter", at + "\r", nil, 0},
		{"P03 and the other half", at + "\r\n", []string{at}, 0},
		{"P03 and something else", at + "\rx", nil, 1},
		{"P04 no end", at + "x", nil, 1},
		{"P04 the end comes too late", at + "\r\r\n", nil, 1},
	} {
		for cut, c := range cuts(t) {
			t.Run(tc.name+"/"+cut, func(t *testing.T) {
				p := newGreedy(limit)
				tr := connect(p)
				p.onLong = func([]byte) { tr.LoseConnection() }
				feed(tr, tc.input, c)
				expect(t, "lines", p.events, tc.want)
				if got := len(p.exceeded); got != tc.exceeded {
					t.Errorf("LineLengthExceeded: got %q, want %d calls", p.exceeded, tc.exceeded)
				}
				plain := newLines()
				plain.MaxLength = limit
				tr = connect(plain)
				feed(tr, tc.input, c)
				expect(t, "lines without LineLengthExceeded", plain.events, tc.want)
				if got, want := tr.Disconnecting(), tc.exceeded > 0; got != want {
					t.Errorf("closing by default: got %v, want %v", got, want)
				}
			})
		}
	}
	t.Run("P02 the default is 16384", func(t *testing.T) {
		for _, extra := range []int{0, 1} {
			p := newLines()
			tr := connect(p)
			feed(tr, strings.Repeat("x", 16384+extra)+"\r\n", reactortest.Whole)
			if got, want := tr.Disconnecting(), extra == 1; got != want {
				t.Errorf("closing after %d bytes: got %v, want %v", 16384+extra, got, want)
			}
		}
	})
}

func TestLineLengthExceeded(t *testing.T) {
	t.Run("P02 P04 it gets all that is there", func(t *testing.T) {
		for _, c := range []struct {
			name   string
			chunks []string
			want   string
		}{
			{"in one chunk", []string{"12345\r\nnext\r\nrest"}, "12345\r\nnext\r\nrest"},
			{"begun before", []string{"12", "345\r\nnext\r\nrest"}, "12345\r\nnext\r\nrest"},
			{"without an end", []string{"12", "34", "56"}, "123456"},
			{"half the delimiter before", []string{"1234\r", "x\r\n"}, "1234\rx\r\n"},
			{"at the first byte that is too much", []string{"1234", "5", "67"}, "12345"},
		} {
			p := newGreedy(4)
			tr := connect(p)
			p.onLong = func([]byte) { tr.LoseConnection() }
			for _, chunk := range c.chunks {
				tr.Receive([]byte(chunk))
			}
			expect(t, c.name, p.exceeded, []string{c.want})
		}
	})
	t.Run("P02 the connection may go on", func(t *testing.T) {
		p := newGreedy(4)
		tr := connect(p)
		p.onLong = func(rest []byte) {
			if i := bytes.Index(rest, []byte("\r\n")); i >= 0 {
				p.SetLineMode(rest[i+2:])
			}
		}
		tr.Receive([]byte("a\r\n12345\r\nb\r\n67890\r\nc\r\n"))
		expect(t, "lines", p.events, []string{"a", "b", "c"})
		if got := len(p.exceeded); got != 2 {
			t.Errorf("LineLengthExceeded: got %d calls, want 2", got)
		}
	})
}

// counted is the input of a protocol that announces bytes: "N" on a line means N raw bytes behind it, 0 the end of lines.
func counted(n int) (input string, want []string) {
	var b strings.Builder
	for i := range n {
		raw := strings.Repeat("\r\n", i%5) + strconv.Itoa(i)
		fmt.Fprintf(&b, "%d\r\n%s", len(raw), raw)
		want = append(want, strconv.Itoa(len(raw)), "raw "+raw)
	}
	return b.String(), want
}

// newCounted takes that apart again.
func newCounted() *lines {
	p := newLines()
	var raw []byte
	missing := 0
	p.onLine = func(line string) {
		missing, _ = strconv.Atoi(line)
		p.SetRawMode()
	}
	p.onRaw = func(data []byte) {
		n := min(missing, len(data))
		raw = append(raw, data[:n]...)
		if missing -= n; missing == 0 {
			p.events = append(p.events, "raw "+string(raw))
			raw = nil
			p.SetLineMode(data[n:])
		}
	}
	return p
}

func TestRawMode(t *testing.T) {
	t.Run("P05 the rest of the chunk is raw at once", func(t *testing.T) {
		p := newLines()
		p.onLine = func(string) { p.SetRawMode() }
		connect(p).Receive([]byte("go\r\nraw\r\nbytes"))
		expect(t, "events", p.events, []string{"go", "raw raw\r\nbytes"})
	})
	for cut, c := range cuts(t) {
		t.Run("P06 P05 P01 lines and raw bytes by turns/"+cut, func(t *testing.T) {
			input, want := counted(50)
			p := newCounted()
			feed(connect(p), input, c)
			expect(t, "events", p.events, want)
		})
	}
	t.Run("P06 the lines of extra come in order, before what came later", func(t *testing.T) {
		p := newLines()
		tr := connect(p)
		p.SetRawMode()
		p.onRaw = func(data []byte) {
			p.SetLineMode([]byte("one\r\ntwo\r\nthr"))
			if len(p.events) > 0 {
				t.Errorf("inside the handler: got %q, want nothing yet", p.events)
			}
		}
		tr.Receive([]byte("x"))
		tr.Receive([]byte("ee\r\n"))
		expect(t, "lines", p.events, []string{"one", "two", "three"})
	})
	t.Run("P06 outside of a handler extra is delivered at once", func(t *testing.T) {
		p := newLines()
		connect(p)
		p.SetRawMode()
		p.SetLineMode([]byte("one\r\ntwo\r\n"))
		expect(t, "lines", p.events, []string{"one", "two"})
	})
	t.Run("P05 outside of a handler the beginning of a line turns raw", func(t *testing.T) {
		p := newLines()
		connect(p).Receive([]byte("one\r\nha"))
		p.SetRawMode()
		expect(t, "events", p.events, []string{"one", "raw ha"})
	})
	t.Run("P05 without a handler for it", func(t *testing.T) {
		p := newEcho()
		mustPanic(t, "basic: SetRawMode: *basic_test.echo has no method RawDataReceived([]byte)", p.SetRawMode)
	})
}

// echo is the least there can be.
type echo struct{ basic.LineReceiver }

func newEcho() *echo {
	p := &echo{}
	p.Init(p)
	return p
}

func (p *echo) LineReceived(line []byte) { _ = p.SendLine(line) }

func TestManyModesInOneChunk(t *testing.T) {
	t.Run("P08 no recursion, and no copy of the rest at each change", func(t *testing.T) {
		// With a stack frame for each change it would take hundreds of megabytes of stack, with a copy gigabytes of heap.
		input, want := counted(20_000)
		p := newCounted()
		tr := connect(p)
		before := allocated()
		tr.Receive([]byte(input))
		if got, most := allocated()-before, uint64(100*len(input)); got > most {
			t.Errorf("taken from the heap: got %d bytes, want at most %d", got, most)
		}
		if !slices.Equal(p.events, want) {
			t.Errorf("events: got %d, want %d, all as they were sent", len(p.events), len(want))
		}
	})
}

// TestBorrowedBytesStayWhole: a handler that takes the chunk back in odd ways, and then pauses, does not find it overwritten later.
func TestBorrowedBytesStayWhole(t *testing.T) {
	for _, tc := range []struct {
		name   string
		before func(p *lines)
	}{
		{"P06 plain", func(*lines) {}},
		{"P09 after ClearLineBuffer", func(p *lines) { p.ClearLineBuffer() }},
		{"P06 after other bytes, cleared", func(p *lines) { p.SetLineMode([]byte("x\r\n")); p.ClearLineBuffer() }},
		{"P06 after DataReceived inside the handler", func(p *lines) { p.DataReceived(nil) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newLines()
			tr := connect(p)
			p.SetRawMode()
			p.onRaw = func(data []byte) {
				tc.before(p)
				p.SetLineMode(data[1:])
				p.PauseProducing()
			}
			tr.Receive([]byte("xone\r\ntwo\r\nthree"))
			tr.Receive([]byte("not yet"))
			expect(t, "lines while paused", p.events, nil)
			p.ResumeProducing()
			expect(t, "lines", p.events, []string{"one", "two"})
		})
	}
}

func TestPauseLines(t *testing.T) {
	t.Run("P07 the lines of the chunk wait, in order", func(t *testing.T) {
		p := newLines()
		tr := connect(p)
		p.onLine = func(string) { p.PauseProducing() }
		tr.Receive([]byte("one\r\ntwo\r\nthree\r\n"))
		for _, want := range [][]string{{"one"}, {"one", "two"}, {"one", "two", "three"}} {
			expect(t, "lines", p.events, want)
			if !tr.Paused() {
				t.Error("the transport: got not paused, want paused")
			}
			p.ResumeProducing()
		}
		if tr.Paused() {
			t.Error("the transport at the end: got paused, want not paused")
		}
		tr.Receive([]byte("four\r\n"))
		expect(t, "lines", p.events, []string{"one", "two", "three", "four"})
	})
	t.Run("P07 resume inside the handler", func(t *testing.T) {
		p := newLines()
		p.onLine = func(string) { p.PauseProducing(); p.ResumeProducing() }
		connect(p).Receive([]byte("one\r\ntwo\r\nthr"))
		expect(t, "lines", p.events, []string{"one", "two"})
	})
	t.Run("P07 raw bytes", func(t *testing.T) {
		p := newLines()
		tr := connect(p)
		p.onLine = func(string) { p.PauseProducing(); p.SetRawMode() }
		tr.Receive([]byte("go\r\nraw"))
		expect(t, "events", p.events, []string{"go"})
		p.ResumeProducing()
		expect(t, "events", p.events, []string{"go", "raw raw"})
	})
	t.Run("P07 bytes that a transport delivers nevertheless wait too", func(t *testing.T) {
		p := newLines()
		connect(p)
		p.PauseProducing()
		p.DataReceived([]byte("one\r\ntw"))
		p.DataReceived([]byte("o\r\n"))
		expect(t, "lines while paused", p.events, nil)
		p.ResumeProducing()
		expect(t, "lines", p.events, []string{"one", "two"})
	})
	t.Run("P07 T27 the end of the connection comes after the lines", func(t *testing.T) {
		p := newLines()
		tr := connect(p)
		p.onLine = func(string) { p.PauseProducing() }
		tr.Receive([]byte("one\r\ntwo\r\n"))
		p.onLine = nil
		tr.Lose(nil)
		if p.lost != nil {
			t.Errorf("lost while paused: got %v, want not yet", p.lost)
		}
		p.ResumeProducing()
		tr.Clock().Turn()
		expect(t, "lines", p.events, []string{"one", "two"})
		if p.lost != reactor.ErrConnectionDone {
			t.Errorf("lost: got %v, want %v", p.lost, reactor.ErrConnectionDone)
		}
	})
	t.Run("it is a producer for another connection", func(t *testing.T) {
		p := newLines()
		from := connect(p)
		to := connect(newEcho())
		if err := to.RegisterProducer(p, true); err != nil {
			t.Fatal(err)
		}
		to.Lose(nil)
		if !from.Disconnecting() {
			t.Error("StopProducing: got an open connection, want it closing")
		}
	})
}

func TestClearLineBuffer(t *testing.T) {
	for _, tc := range []struct {
		name, input, want string
		inside            bool
	}{
		{"P09 the beginning of a line", "one\r\ntw", "tw", false},
		{"P09 nothing", "one\r\n", "", false},
		{"P09 inside the handler all that is behind the line", "one\r\ntwo\r\nthr", "two\r\nthr", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newLines()
			tr := connect(p)
			var got []byte
			p.onLine = func(string) {
				if tc.inside {
					got = p.ClearLineBuffer()
				}
			}
			tr.Receive([]byte(tc.input))
			if !tc.inside {
				got = p.ClearLineBuffer()
			}
			if string(got) != tc.want || got == nil != (tc.want == "") {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if again := p.ClearLineBuffer(); again != nil {
				t.Errorf("again: got %q, want nil", again)
			}
			tr.Receive([]byte("new\r\n"))
			expect(t, "lines", p.events, []string{"one", "new"})
		})
	}
	t.Run("P09 in ConnectionLost", func(t *testing.T) {
		p := newLastWords()
		tr := connect(p)
		tr.Receive([]byte("one\r\nlast words"))
		tr.Lose(nil)
		if p.last != "last words" {
			t.Errorf("got %q, want %q", p.last, "last words")
		}
	})
}

// lastWords keeps what has no end.
type lastWords struct {
	basic.LineReceiver
	last string
}

func newLastWords() *lastWords {
	p := &lastWords{}
	p.Init(p)
	return p
}

func (p *lastWords) LineReceived([]byte)  {}
func (p *lastWords) ConnectionLost(error) { p.last = string(p.ClearLineBuffer()) }

func TestNothingAfterTheEnd(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(t reactor.Transport)
	}{
		{"P10 T17 LoseConnection", reactor.Transport.LoseConnection},
		{"P10 T17 AbortConnection", reactor.Transport.AbortConnection},
		{"P10 T17 AbortWith", func(t reactor.Transport) { t.AbortWith(errors.New("enough")) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newLines()
			tr := connect(p)
			p.onLine = func(line string) {
				if line == "two" {
					tc.end(p.Transport())
				}
			}
			tr.Receive([]byte("one\r\ntwo\r\nthree\r\nfour\r\nfive\r\n"))
			expect(t, "lines", p.events, []string{"one", "two"})
			if got := p.ClearLineBuffer(); got != nil {
				t.Errorf("kept: got %q, want nothing", got)
			}
			p.DataReceived([]byte("six\r\n"))
			tr.Clock().Turn()
			p.DataReceived([]byte("seven\r\n"))
			expect(t, "lines afterwards", p.events, []string{"one", "two"})
		})
	}
	t.Run("P07 P10 lines that wait when the connection is closed", func(t *testing.T) {
		p := newLines()
		p.onLine = func(string) { p.PauseProducing() }
		connect(p).Receive([]byte("one\r\ntwo\r\n"))
		p.Transport().LoseConnection()
		p.ResumeProducing()
		expect(t, "lines", p.events, []string{"one"})
	})
}

func TestSendLine(t *testing.T) {
	p := newEcho()
	tr := connect(p)
	for _, tc := range []struct {
		line, sent string
		err        error
	}{
		{"hello", "hello\r\n", nil},
		{"", "\r\n", nil},
		{"half \r and \n", "half \r and \n\r\n", nil},
		{"two\r\nlines", "", basic.ErrDelimiterInLine},
	} {
		if err := p.SendLine([]byte(tc.line)); err != tc.err {
			t.Errorf("%q: got error %v, want %v", tc.line, err, tc.err)
		}
		if got := string(tr.Take()); got != tc.sent {
			t.Errorf("%q: sent %q, want %q", tc.line, got, tc.sent)
		}
	}
	tr.LoseConnection()
	if err := p.SendLine([]byte("late")); !errors.Is(err, reactor.ErrWriteAfterClose) {
		t.Errorf("after LoseConnection: got %v, want %v", err, reactor.ErrWriteAfterClose)
	}
}

// lineOnly is the receiver for lines and nothing else.
type lineOnly struct {
	basic.LineOnlyReceiver
	events []string
}

func newLineOnly() *lineOnly {
	p := &lineOnly{}
	p.Init(p)
	return p
}

func (p *lineOnly) LineReceived(line []byte) {
	p.events = append(p.events, string(line))
	if string(line) == "quit" {
		p.Transport().LoseConnection()
		return
	}
	_ = p.SendLine(line)
}

func TestLineOnlyReceiver(t *testing.T) {
	for cut, c := range cuts(t) {
		t.Run("P01 P10 lines until the connection is closed/"+cut, func(t *testing.T) {
			p := newLineOnly()
			tr := connect(p)
			feed(tr, "one\r\ntwo\r\nquit\r\nthree\r\n", c)
			expect(t, "lines", p.events, []string{"one", "two", "quit"})
			if got, want := string(tr.Take()), "one\r\ntwo\r\n"; got != want {
				t.Errorf("sent: got %q, want %q", got, want)
			}
		})
		t.Run("P02 too long/"+cut, func(t *testing.T) {
			p := newLineOnly()
			p.MaxLength, p.Delimiter = 3, []byte("\n")
			tr := connect(p)
			feed(tr, "123\n1234\n12\n", c)
			expect(t, "lines", p.events, []string{"123"})
			if !tr.Disconnecting() {
				t.Error("got an open connection, want it closing")
			}
		})
	}
}

func TestMisuseOfReceivers(t *testing.T) {
	const noInit = "basic: a receiver was not initialised; call p.Init(p) where the protocol p is made"
	mustPanic(t, noInit, func() { connect(&echo{}) })
	mustPanic(t, noInit, func() { (&echo{}).DataReceived([]byte("x")) })
	mustPanic(t, noInit, func() { connect(&lineOnly{}) })
	mustPanic(t, noInit, func() { connect(&strings16{}) })
	mustPanic(t, noInit, func() { connect(&netstrings{}) })
	mustPanic(t, noInit, func() { (&echo{}).SetLineMode([]byte("x")) })
	mustPanic(t, "basic: LineReceiver.Init with a nil handler", func() { (&echo{}).Init(nil) })
	mustPanic(t, "basic: LineOnlyReceiver.Init with a nil handler", func() { (&lineOnly{}).Init(nil) })
	mustPanic(t, "basic: NetstringReceiver.Init with a nil handler", func() { (&netstrings{}).Init(nil) })
	mustPanic(t, "basic: Init of a string receiver with a nil handler", func() { (&strings16{}).Init(nil) })
	mustPanic(t, "basic: IntNStringReceiver.Init: PrefixBytes is 9, not 1 to 8", func() {
		(&basic.IntNStringReceiver{PrefixBytes: 9}).Init(newStrings16())
	})
	mustPanic(t, "basic: SendLine before the connection is made", func() { _ = newEcho().SendLine(nil) })
	mustPanic(t, "basic: a receiver serves one connection; build another one for the next", func() {
		p := newEcho()
		connect(p)
		connect(p)
	})
}

// TestPanickingHandler: the reactor closes the connection; until then the receiver is in order.
func TestPanickingHandler(t *testing.T) {
	p := newLines()
	tr := connect(p)
	p.onLine = func(string) { panic("oh") }
	mustPanic(t, "oh", func() { tr.Receive([]byte("one\r\ntwo\r\nthr")) })
	p.onLine = nil
	if got := string(p.ClearLineBuffer()); got != "two\r\nthr" {
		t.Errorf("left: got %q, want %q", got, "two\r\nthr")
	}
}

// TestPanicOutsideDataReceived: units that have waited are delivered by whoever lets them go on, a timer for example; a panic of the
// handler ends the connection as ever.
func TestPanicOutsideDataReceived(t *testing.T) {
	for name, goOn := range map[string]func(p *lines){
		"ResumeProducing": func(p *lines) { p.ResumeProducing() },
		"SetLineMode":     func(p *lines) { p.SetLineMode([]byte("extra\r\n")) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newLines()
			tr := connect(p)
			p.onLine = func(string) { panic("oh") }
			if name == "ResumeProducing" {
				p.PauseProducing()
				p.DataReceived([]byte("waits\r\n"))
			}
			mustPanic(t, "oh", func() { goOn(p) })
			tr.Clock().Turn()
			var panicked *reactor.PanicError
			if !errors.As(tr.Reason(), &panicked) {
				t.Errorf("reason: got %v, want the panic", tr.Reason())
			}
		})
	}
}
