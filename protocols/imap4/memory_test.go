package imap4_test

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/tconn/tconn/protocols/imap4"
)

const maxClientBytes = 256

func TestSizeOfAClient(t *testing.T) {
	if got := unsafe.Sizeof(imap4.Client{}); got > maxClientBytes {
		t.Errorf("a Client: got %d bytes, want at most %d", got, maxClientBytes)
	}
}

// A client that waits for nothing keeps nothing: no bytes, no commands, no timer.
func TestIdleClientHoldsNothing(t *testing.T) {
	s := start(t, newUser(inTurn(capability, login("alice", "a\r\nb"), noop)))
	check := func(when string) {
		t.Helper()
		if bytes, commands, timer := s.Held(); bytes != 0 || commands != 0 || timer || s.clock.Pending() != 0 {
			t.Errorf("%s: got %d bytes, %d commands, timer %v, %d planned calls held, want nothing", when, bytes, commands, timer, s.clock.Pending())
		}
	}
	s.server("* OK ready\r\n* CAPABILITY IMAP4rev1\r\nA1 OK done\r\n+\r\nA2 OK done\r\nA3 OK done\r\n")
	check("after three commands")
	s.server("* LIST () \"/\" {3}\r\nabc\r\n* OK Still here\r\n")
	check("after a literal")
	first, second := s.Noop(), s.Noop()
	second.Cancel()
	wantCancelled(t, second)
	s.server("A4 OK done\r\n")
	first.Handle(nil, nil)
	check("after a command that was cancelled")
}

func TestAllocations(t *testing.T) {
	s := greeted(t)
	s.Listener = nil
	active := s.GetCapabilities()
	defer active.Handle(nil, func(error) {})
	for _, test := range []struct {
		line string
		want float64
	}{
		{"* 23 EXISTS\r\n", 0}, // the active command is asked
		{"* 23 EXISTS\r\n", 0},
		{"* 1 FETCH (FLAGS (\\Seen) UID 7)\r\n", 0},
		{"* FLAGS (\\Seen \\Draft)\r\n", 0}, // the table is asked
		{"* VANISHED 1:5\r\n", 0},
		{"+ \r\n", 0},
	} {
		line := []byte(test.line)
		if got := testing.AllocsPerRun(100, func() { s.DataReceived(line) }); got != test.want {
			t.Errorf("%q: got %v allocations, want %v", test.line, got, test.want)
		}
		s.server("A1 OK done\r\n")
	}
}

// BenchmarkUntagged is the cost of one line that nobody asked for and nobody hears.
func BenchmarkUntagged(b *testing.B) {
	s := start(b, &user{})
	s.server("* OK ready\r\n")
	line := []byte("* 23 EXISTS\r\n")
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		s.DataReceived(line)
	}
}

// BenchmarkNoop is a whole command, without the transport.
func BenchmarkNoop(b *testing.B) {
	s := start(b, &user{})
	s.server("* OK ready\r\n")
	b.ReportAllocs()
	for n := 1; b.Loop(); n++ {
		s.Noop()
		s.DataReceived(fmt.Appendf(nil, "A%d OK done\r\n", n))
		s.tr.Clear()
	}
}
