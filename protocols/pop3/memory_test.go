package pop3_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/tconn/tconn/protocols/pop3"
)

const maxClientBytes = 256

func TestSizeOfAClient(t *testing.T) {
	if got := unsafe.Sizeof(pop3.Client{}); got > maxClientBytes {
		t.Errorf("a Client: got %d bytes, want at most %d", got, maxClientBytes)
	}
}

// counting is a sink that keeps nothing.
type counting struct {
	octets int64
	each   func()
}

func (c *counting) Write(p []byte) (int, error) {
	if c.octets += int64(len(p)); c.each != nil {
		c.each()
	}
	return len(p), nil
}

func (c *counting) Done(error) {}

// heap is what is in use now.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A message of 1 GiB through RetrTo costs no memory that grows with it.
func TestLargeMessageCostsNoMemory(t *testing.T) {
	const (
		total   = largeMessageBytes
		allowed = 1 << 20
	)
	s := loggedIn(t, &pop3.Options{Limits: &pop3.Limits{Message: 2 << 30}})
	piece := bytes.Repeat([]byte("A line of a message that is about as long as lines of messages are.\r\n..\r\n"), 900)
	octets := int64(len(piece) - 900)
	k := new(counting)
	var got pop3.Retrieved
	s.RetrTo(1, k).Handle(func(r pop3.Retrieved) { got = r }, func(err error) { t.Error(err) })
	s.server("+OK 1073741824 octets\r\n")
	before, most := heap(), uint64(0)
	var sent, want int64
	for next := int64(0); sent < total; {
		s.DataReceived(piece)
		sent += int64(len(piece))
		want += octets
		if sent >= next {
			most = max(most, heap())
			next += total / 16
		}
	}
	s.server(".\r\n")
	if got.Octets != want || k.octets != want {
		t.Errorf("got %d octets, and %d in the sink, want %d", got.Octets, k.octets, want)
	}
	if most > before+allowed {
		t.Errorf("heap: got %d more than before, want at most %d", most-before, allowed)
	}
}

func TestLongListing(t *testing.T) {
	const n = 1_000_000
	for _, above := range []int{0, 1} {
		s := loggedIn(t, nil)
		var got []pop3.Scan
		var failed error
		s.List().Handle(func(list []pop3.Scan) { got = list }, func(err error) { failed = err })
		s.server("+OK\r\n")
		lines := []byte(strings.Repeat("1000000 123456\r\n", 1000))
		for range n / 1000 {
			s.DataReceived(lines)
		}
		s.server(strings.Repeat("7 7\r\n", above) + ".\r\n")
		if above == 0 && (len(got) != n || got[n-1] != pop3.Scan{Number: 1000000, Size: 123456}) {
			t.Errorf("got %d messages, %v, want %d", len(got), failed, n)
		}
		if above == 1 && failed == nil {
			t.Errorf("one more: got %d messages, want an error", len(got))
		}
	}
}

// A client that waits for nothing keeps no timer, and what it has answered is garbage.
func TestIdleClientHoldsNothing(t *testing.T) {
	s := pipelining(t, nil)
	use := func() {
		drop(s.Noop())
		drop(s.Retr(1))
		drop(s.List())
		s.server("+OK\r\n+OK\r\nx\r\n.\r\n+OK\r\n1 5\r\n.\r\n")
		s.tr.Clear()
	}
	use()
	before := heap()
	for range 2000 {
		use()
	}
	if after := heap(); after > before+64<<10 {
		t.Errorf("heap: got %d more than before", after-before)
	}
	if n := s.clock.Pending(); n != 0 {
		t.Errorf("planned calls: got %d, want 0", n)
	}
}

// What a server says of a size is not believed.
func TestAdvertisedSizeIsNotBelieved(t *testing.T) {
	s := loggedIn(t, nil)
	drop(s.Retr(1))
	before := heap()
	s.server("+OK 268435456 octets\r\n")
	if after := heap(); after > before+2<<20 {
		t.Errorf("heap: got %d more for a number, want at most 2 MiB", after-before)
	}
	s.end()
}

// A message that is smaller than the server has said keeps no memory for the rest, however many there are.
func TestAdvertisedSizeIsNotKept(t *testing.T) {
	const n = 32
	s := loggedIn(t, &pop3.Options{Pipelining: pop3.PipelineNever})
	var kept []*pop3.Multiline
	before := heap()
	for range n {
		s.Top(1, 0).Handle(func(m *pop3.Multiline) { kept = append(kept, m) }, func(err error) { t.Error(err) })
		s.server("+OK 268435456 octets\r\nA: b\r\n.\r\n")
	}
	if after := heap(); after > before+64<<10 || len(kept) != n || string(kept[n-1].Bytes()) != "A: b\r\n" {
		t.Errorf("heap: got %d more for %d small messages, want at most 64 KiB", after-before, len(kept))
	}
}

// An answer of eight times the length costs about eight times as much.
func TestWorkIsLinear(t *testing.T) {
	for name, test := range map[string]struct {
		issue func(s *session)
		unit  string
	}{
		"lines of a message":           {func(s *session) { drop(s.Retr(1)) }, "x\r\n"},
		"dots":                         {func(s *session) { drop(s.Retr(1)) }, "..\r\n"},
		"one line":                     {func(s *session) { drop(s.Retr(1)) }, "xxxx"},
		"CRs":                          {func(s *session) { drop(s.Retr(1)) }, ".\r.\r"},
		"a listing":                    {func(s *session) { drop(s.List()) }, "1 1\r\n"},
		"unique-ids":                   {func(s *session) { drop(s.UIDL()) }, "1 a\r\n"},
		"capabilities":                 {func(s *session) { drop(s.Capa()) }, "X Y Z\r\n"},
		"one line of a status, slowly": {func(s *session) { drop(s.Noop()) }, "<a@b"},
	} {
		cost := func(n int) int64 {
			s := loggedIn(t, &pop3.Options{Limits: &pop3.Limits{Line: 1 << 30, Capabilities: 1 << 30}})
			test.issue(s)
			s.server("+OK")
			if name != "one line of a status, slowly" {
				s.server("\r\n")
			}
			input := []byte(strings.Repeat(test.unit, n))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for len(input) > 0 {
				k := min(len(input), 7)
				s.DataReceived(input[:k])
				input = input[k:]
			}
			runtime.ReadMemStats(&after)
			s.end()
			return int64(after.TotalAlloc - before.TotalAlloc)
		}
		short, long := cost(4000), cost(32000)
		if long > 16*short+1<<20 {
			t.Errorf("%s: got %d bytes asked for, want in proportion to %d for an eighth of it", name, long, short)
		}
	}
}

func BenchmarkRetr(b *testing.B) {
	s := loggedIn(b, &pop3.Options{Pipelining: pop3.PipelineNever})
	message := []byte("+OK 5000 octets\r\n" + strings.Repeat("A line of a message that is about as long as lines of messages are.\r\n", 72) + ".\r\n")
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		drop(s.Retr(1))
		s.DataReceived(message)
		s.tr.Clear()
	}
}

func BenchmarkList(b *testing.B) {
	s := loggedIn(b, &pop3.Options{Pipelining: pop3.PipelineNever})
	var answer strings.Builder
	answer.WriteString("+OK\r\n")
	for i := range 2000 {
		fmt.Fprintf(&answer, "%d %d\r\n", i+1, 5000+i)
	}
	listing := []byte(answer.String() + ".\r\n")
	b.SetBytes(int64(len(listing)))
	b.ReportAllocs()
	for b.Loop() {
		drop(s.List())
		s.DataReceived(listing)
		s.tr.Clear()
	}
}
