package basic_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/basic"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// noted is the handler of the string receivers of the tests.
type noted struct {
	events   []string
	onString func(s string)
}

func (n *noted) StringReceived(s []byte) {
	n.events = append(n.events, string(s))
	if n.onString != nil {
		n.onString(string(s))
	}
}

type strings8 struct {
	basic.Int8StringReceiver
	noted
}

type strings16 struct {
	basic.Int16StringReceiver
	noted
}

type strings32 struct {
	basic.Int32StringReceiver
	noted
}

type strings24 struct {
	basic.IntNStringReceiver
	noted
}

type netstrings struct {
	basic.NetstringReceiver
	noted
}

func newStrings16() *strings16 {
	p := &strings16{}
	p.Init(p)
	return p
}

func newNetstrings() *netstrings {
	p := &netstrings{}
	p.Init(p)
	return p
}

// stringProtocol is what the tests need of each of them.
type stringProtocol interface {
	reactor.Protocol
	reactor.Producer
	SendString(s []byte) error
	note() *noted
}

func (n *noted) note() *noted { return n }

// stringKinds make a fresh receiver of each kind, with a limit for what it takes.
var stringKinds = map[string]func(limit int) stringProtocol{
	"int8": func(limit int) stringProtocol {
		p := &strings8{}
		p.MaxLength = limit
		p.Init(p)
		return p
	},
	"int16": func(limit int) stringProtocol {
		p := newStrings16()
		p.MaxLength = limit
		return p
	},
	"int24": func(limit int) stringProtocol {
		p := &strings24{}
		p.MaxLength, p.PrefixBytes = limit, 3
		p.Init(p)
		return p
	},
	"int32": func(limit int) stringProtocol {
		p := &strings32{}
		p.MaxLength = limit
		p.Init(p)
		return p
	},
	"netstring": func(limit int) stringProtocol {
		p := newNetstrings()
		p.MaxLength = limit
		return p
	},
}

// encoded is what a receiver of that kind sends for the strings.
func encoded(t *testing.T, kind string, texts ...string) string {
	t.Helper()
	p := stringKinds[kind](0)
	tr := connect(p)
	for _, s := range texts {
		if err := p.SendString([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	return string(tr.Take())
}

func TestStringWire(t *testing.T) {
	for kind, want := range map[string]string{
		"int8":      "\x00\x03abc",
		"int16":     "\x00\x00\x00\x03abc",
		"int24":     "\x00\x00\x00\x00\x00\x03abc",
		"int32":     "\x00\x00\x00\x00\x00\x00\x00\x03abc",
		"netstring": "0:,3:abc,",
	} {
		if got := encoded(t, kind, "", "abc"); got != want {
			t.Errorf("%s: got %q, want %q", kind, got, want)
		}
	}
	if got, want := encoded(t, "int16", strings.Repeat("x", 0x1234))[:2], "\x12\x34"; got != want {
		t.Errorf("most significant first: got %q, want %q", got, want)
	}
}

func TestStringsWhateverTheCut(t *testing.T) {
	want := []string{"", "a", "", "", "two words", ",:0\r\n", strings.Repeat("x", 255), "end"}
	for kind, build := range stringKinds {
		input := encoded(t, kind, want...)
		for cut, c := range cuts(t) {
			t.Run("P11 "+kind+"/"+cut, func(t *testing.T) {
				p := build(0)
				tr := connect(p)
				feed(tr, input, c)
				expect(t, "strings", p.note().events, want)
				if tr.Disconnecting() {
					t.Errorf("got a closing connection (%v), want an open one", tr.Reason())
				}
			})
		}
	}
}

func TestStringsPauseAndEnd(t *testing.T) {
	for kind, build := range stringKinds {
		input := encoded(t, kind, "one", "", "two", "", "three")
		t.Run("P07 P11 paused "+kind, func(t *testing.T) {
			p := build(0)
			tr := connect(p)
			p.note().onString = func(string) { p.PauseProducing() }
			tr.Receive([]byte(input))
			for i := range 5 {
				if got := len(p.note().events); got != i+1 {
					t.Fatalf("strings: got %q, want %d", p.note().events, i+1)
				}
				p.ResumeProducing()
			}
		})
		t.Run("P10 P11 closed "+kind, func(t *testing.T) {
			p := build(0)
			tr := connect(p)
			p.note().onString = func(s string) {
				if s == "two" {
					tr.LoseConnection()
				}
			}
			tr.Receive([]byte(input))
			expect(t, "strings", p.note().events, []string{"one", "", "two"})
		})
	}
}

func TestStringTooLong(t *testing.T) {
	for kind, build := range stringKinds {
		good, bad := encoded(t, kind, strings.Repeat("x", 20)), encoded(t, kind, strings.Repeat("y", 21))
		for cut, c := range cuts(t) {
			t.Run("P11 received "+kind+"/"+cut, func(t *testing.T) {
				p := build(20)
				tr := connect(p)
				feed(tr, good+bad+good, c)
				expect(t, "strings", p.note().events, []string{strings.Repeat("x", 20)})
				var too *basic.StringTooLongError
				if !errors.As(tr.Reason(), &too) || *too != (basic.StringTooLongError{Length: 21, Limit: 20}) {
					t.Errorf("reason: got %v, want a *StringTooLongError of 21 and 20", tr.Reason())
				}
				if !tr.Aborted() || !errors.Is(tr.Reason(), reactor.ErrConnectionAborted) {
					t.Errorf("aborted: got %v, %v; want true", tr.Aborted(), tr.Reason())
				}
			})
		}
	}
	for _, tc := range []struct {
		kind   string
		limit  int
		refuse bool
	}{{"int8", 255, true}, {"int16", 65535, true}, {"int24", 1<<24 - 1, true}, {"int32", 1 << 17, false}, {"netstring", 1 << 17, false}} {
		t.Run("P11 sent "+tc.kind, func(t *testing.T) {
			p := stringKinds[tc.kind](10) // the limit is for what comes in
			tr := connect(p)
			if err := p.SendString(make([]byte, tc.limit)); err != nil {
				t.Errorf("%d bytes: got %v, want no error", tc.limit, err)
			}
			tr.Clear()
			err := p.SendString(make([]byte, tc.limit+1))
			var too *basic.StringTooLongError
			if got := errors.As(err, &too); got != tc.refuse {
				t.Errorf("one more: got %v, want refused = %v", err, tc.refuse)
			}
			if got := len(tr.Take()); tc.refuse && got > 0 {
				t.Errorf("one more: sent %d bytes, want none", got)
			}
		})
	}
	t.Run("P11 the default is 99999", func(t *testing.T) {
		for _, n := range []uint32{99999, 100000} {
			p := stringKinds["int32"](0)
			tr := connect(p)
			tr.Receive(binary.BigEndian.AppendUint32(nil, n))
			if got, want := tr.Disconnecting(), n > 99999; got != want {
				t.Errorf("closing after a length of %d: got %v, want %v", n, got, want)
			}
		}
	})
}

// polite wants to know of strings that are too long, and says so.
type polite struct {
	strings16
	lengths []uint64
	answer  func(p *polite)
}

func (p *polite) LengthLimitExceeded(length uint64) {
	p.lengths = append(p.lengths, length)
	p.answer(p)
}

func TestLengthLimitExceeded(t *testing.T) {
	for _, tc := range []struct {
		name    string
		answer  func(p *polite)
		aborted bool
		sent    string
	}{
		{"P11 it closes after an answer", func(p *polite) {
			_ = p.SendString([]byte("no"))
			p.Transport().LoseConnection()
		}, false, "\x00\x02no"},
		{"P11 it leaves that to the receiver", func(*polite) {}, true, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &polite{answer: tc.answer}
			p.MaxLength = 3
			p.Init(p)
			tr := connect(p)
			tr.Receive([]byte("\x00\x01a\xff\xfexxxxx"))
			tr.Clock().Turn()
			expect(t, "strings", p.events, []string{"a"})
			expect(t, "lengths", p.lengths, []uint64{0xfffe})
			if got := string(tr.Take()); got != tc.sent || tr.Aborted() != tc.aborted {
				t.Errorf("got %q sent, aborted %v; want %q, %v", got, tr.Aborted(), tc.sent, tc.aborted)
			}
		})
	}
}

func TestNetstringGrammar(t *testing.T) {
	for _, tc := range []struct {
		name, input string
		got         byte
		want        string
	}{
		{"P11 a leading zero", "1:a,01:a,", '1', "a colon: a length has no leading zeros"},
		{"P11 two zeros", "1:a,00:,", '0', "a colon: a length has no leading zeros"},
		{"P11 no length", "1:a,:a,", ':', "a digit"},
		{"P11 a space before it", "1:a, 1:a,", ' ', "a digit"},
		{"P11 a sign", "1:a,+1:a,", '+', "a digit"},
		{"P11 a minus", "1:a,-1:a,", '-', "a digit"},
		{"P11 a space behind it", "1:a,1 :a,", ' ', "a digit or a colon"},
		{"P11 no digit in the middle", "1:a,1x1:a,", 'x', "a digit or a colon"},
		{"P11 a letter behind zero", "1:a,0x,", 'x', "a digit or a colon"},
		{"P11 no comma", "1:a,1:ab", 'b', "a comma behind the string"},
		{"P11 no comma behind nothing", "1:a,0:a", 'a', "a comma behind the string"},
		{"P11 too long", "1:a,21:", '1', "a length within the limit"},
		{"P11 too many digits", "1:a,999999999999999999999999", '9', "a length within the limit"},
	} {
		for cut, c := range cuts(t) {
			t.Run(tc.name+"/"+cut, func(t *testing.T) {
				p := newNetstrings()
				p.MaxLength = 20
				tr := connect(p)
				feed(tr, tc.input, c)
				expect(t, "strings", p.events, []string{"a"})
				var broken *basic.NetstringError
				if !errors.As(tr.Reason(), &broken) || broken.Got != tc.got || broken.Want != tc.want {
					t.Errorf("reason: got %v, want a *NetstringError of %q, wanting %s", tr.Reason(), tc.got, tc.want)
				}
			})
		}
	}
	t.Run("P11 the greatest length there is", func(t *testing.T) {
		for _, digits := range []string{fmt.Sprint(math.MaxInt), fmt.Sprint(uint64(math.MaxUint64)), "99999999999999999999"} {
			p := newNetstrings()
			p.MaxLength = math.MaxInt
			tr := connect(p)
			tr.Receive([]byte(digits + ":abc"))
			var broken *basic.NetstringError
			if !errors.As(tr.Reason(), &broken) {
				t.Errorf("%s: got %v, want a *NetstringError", digits, tr.Reason())
			}
		}
	})
}

func TestErrorTexts(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want string
	}{
		{&basic.StringTooLongError{Length: 300, Limit: 255}, "basic: a string of 300 bytes is too long, the limit is 255"},
		{&basic.NetstringError{Got: '\x1b', Want: "a digit"}, `basic: no netstring: got "\x1b", want a digit`},
	} {
		if got := tc.err.Error(); got != tc.want {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
}

// TestAnnouncedIsNotTaken: memory comes with the bytes, not with their announcement.
func TestAnnouncedIsNotTaken(t *testing.T) {
	p := stringKinds["int32"](1 << 30)
	connect(p)
	p.DataReceived([]byte{0x3f, 0, 0, 0})
	few := testing.AllocsPerRun(1, func() { p.DataReceived([]byte{0}) })
	if few > 2 {
		t.Errorf("allocations: got %v, want at most 2", few)
	}
	feed(connect(stringKinds["netstring"](1<<30)), "999999999:", reactortest.Bytewise)
}
