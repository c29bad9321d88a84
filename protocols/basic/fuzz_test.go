package basic_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/basic"
	"github.com/tconn/tconn/reactor/reactortest"
)

// splitLines is a LineReceiver for the whole input at once: the lines, and whether one was too long.
func splitLines(input, delimiter string, limit int) (lines []string, tooLong bool) {
	for {
		line, rest, found := strings.Cut(input, delimiter)
		switch {
		case found && len(line) > limit:
			return lines, true
		case !found:
			return lines, !canEnd(line, delimiter, limit)
		}
		lines, input = append(lines, line), rest
	}
}

// canEnd tells whether there is any way to go on from the beginning of a line to one that is not too long.
func canEnd(line, delimiter string, limit int) bool {
	for from := range len(delimiter) {
		if whole, _, found := strings.Cut(line+delimiter[from:], delimiter); found && len(whole) <= limit {
			return true
		}
	}
	return false
}

// FuzzLineReceiver: any cutting, with any pauses, gives the lines of splitLines.
func FuzzLineReceiver(f *testing.F) {
	f.Add([]byte("one\r\ntwo\r\n\r\nthree"), "\r\n", uint8(10), uint64(1))
	f.Add([]byte("1234\r\n12345\r\n"), "\r\n", uint8(4), uint64(2))
	f.Add([]byte("1234\r1234\r\r\n"), "\r\n", uint8(4), uint64(3))
	f.Add([]byte("aaab|aabaaaab"), "aab", uint8(2), uint64(4))
	f.Add([]byte("{--"), "{--", uint8(1), uint64(80))
	f.Add([]byte("ababababc"), "ababc", uint8(200), uint64(5))
	f.Fuzz(func(t *testing.T, input []byte, delimiter string, limit uint8, seed uint64) {
		if delimiter == "" || limit == 0 || len(input) > 16<<10 {
			return
		}
		want, tooLong := splitLines(string(input), delimiter, int(limit))
		p := newLines()
		p.MaxLength, p.Delimiter = int(limit), []byte(delimiter)
		tr := connect(p)
		pauses := reactortest.Random(nil, seed+1)
		p.onLine = func(string) {
			if pauses.Next(4) == 1 {
				p.PauseProducing()
			}
		}
		feed(tr, string(input), reactortest.Random(nil, seed))
		for tr.Paused() && !tr.Disconnecting() {
			p.ResumeProducing()
			tr.Clock().Turn()
		}
		if !slices.Equal(p.events, want) || tr.Disconnecting() != tooLong {
			t.Errorf("got %q, too long %v; want %q, %v", p.events, tr.Disconnecting(), want, tooLong)
		}
	})
}

// FuzzNetstring: any cutting gives the same strings and the same end, and what was received is what is sent.
func FuzzNetstring(f *testing.F) {
	f.Add([]byte("0:,3:abc,12:hello world!,"), uint64(1))
	f.Add([]byte("3:abc,03:abc,"), uint64(2))
	f.Add([]byte("1001:,"), uint64(3))
	f.Add([]byte("3:abcd"), uint64(4))
	f.Fuzz(func(t *testing.T, input []byte, seed uint64) {
		run := func(c reactortest.Chunking) (p *netstrings, end string) {
			p = newNetstrings()
			p.MaxLength = 1000
			tr := connect(p)
			feed(tr, string(input), c)
			if tr.Reason() != nil {
				end = tr.Reason().Error()
			}
			return p, end
		}
		whole, end := run(reactortest.Whole)
		cut, cutEnd := run(reactortest.Random(nil, seed))
		if !slices.Equal(whole.events, cut.events) || end != cutEnd {
			t.Errorf("cut: got %q, %s; whole: %q, %s", cut.events, cutEnd, whole.events, end)
		}
		if sent := encoded(t, "netstring", whole.events...); !bytes.HasPrefix(input, []byte(sent)) {
			t.Errorf("sent again: got %q, want the beginning of %q", sent, input)
		}
	})
}

// splitStrings is an IntNStringReceiver for the whole input at once.
func splitStrings(input []byte, prefix, limit int) (list []string, tooLong bool) {
	for len(input) >= prefix {
		var wide [8]byte
		copy(wide[8-prefix:], input)
		length := binary.BigEndian.Uint64(wide[:])
		if length > uint64(limit) {
			return list, true
		}
		input = input[prefix:]
		if uint64(len(input)) < length {
			break
		}
		list, input = append(list, string(input[:length])), input[length:]
	}
	return list, false
}

// FuzzIntN: any cutting gives the strings of splitStrings.
func FuzzIntN(f *testing.F) {
	f.Add([]byte("\x00\x03abc\x00"), uint8(1), uint64(1))
	f.Add([]byte("\x00\x03abc\x00\x00\x01\xf5"), uint8(2), uint64(2))
	f.Add([]byte("\x00\x00\x00\x01x\x00\x00\x00\x00\xff\xff\xff\xff"), uint8(4), uint64(3))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff"), uint8(8), uint64(4))
	f.Fuzz(func(t *testing.T, input []byte, prefix uint8, seed uint64) {
		const limit = 500
		p := &strings24{IntNStringReceiver: basic.IntNStringReceiver{PrefixBytes: int(prefix%8) + 1, MaxLength: limit}}
		p.Init(p)
		want, tooLong := splitStrings(input, p.PrefixBytes, limit)
		tr := connect(p)
		feed(tr, string(input), reactortest.Random(nil, seed))
		if !slices.Equal(p.events, want) || tr.Disconnecting() != tooLong {
			t.Errorf("got %q, too long %v; want %q, %v", p.events, tr.Disconnecting(), want, tooLong)
		}
	})
}
