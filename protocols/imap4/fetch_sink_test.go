package imap4_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// sink notes what it gets.
type sink struct {
	s     *session
	name  string
	got   []byte
	fails error
	write func()
}

func (k *sink) Write(p []byte) (int, error) {
	k.got = append(k.got, p...)
	if k.write != nil {
		k.write()
	}
	if k.fails != nil {
		return 0, k.fails
	}
	return len(p), nil
}

func (k *sink) Done(err error) {
	k.s.note("%s: %q, %v", k.name, k.got, err)
	k.name += " once more"
}

// bodies fetches whole messages into sinks that note.
func (s *session) bodies(set imap4.MessageSet, change func(k *sink)) {
	s.fetch("FETCH", set, imap4.FetchOptions{Sections: []imap4.BodySection{whole}, Sink: func(m imap4.LiteralMeta) imap4.LiteralSink {
		k := &sink{s: s, name: fmt.Sprintf("%d/%d %v %d %v", m.SeqNum, m.UID, m.Section, m.Size, m.Binary)}
		if change != nil {
			change(k)
		}
		return k
	}})
}

func TestSink(t *testing.T) {
	for _, test := range []struct {
		name, server string
		want         []string
	}{
		{"octets as they come", "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nA1 OK done\r\n",
			[]string{`1/1 BODY[] 3 false: "abc", <nil>`, `FETCH: 1/1 UID BODY[]=2:""`, "FETCH: 1"}},
		{"an empty literal", "* 1 FETCH (UID 1 BODY[] {0}\r\n)\r\nA1 OK done\r\n",
			[]string{`1/1 BODY[] 0 false: "", <nil>`, `FETCH: 1/1 UID BODY[]=2:""`, "FETCH: 1"}},
		{"the UID behind it", "* 1 FETCH (BODY[] ~{3}\r\na\x00c UID 9)\r\nA1 OK done\r\n",
			[]string{`1/0 BODY[] 3 true: "a\x00c", <nil>`, `FETCH: 1/9 UID BODY[]=2:""`, "FETCH: 1"}},
		{"two messages", "* 1 FETCH (UID 1 BODY[] {1}\r\na)\r\n* 2 FETCH (UID 2 BODY[] {1}\r\nb)\r\nA1 OK done\r\n",
			[]string{`1/1 BODY[] 1 false: "a", <nil>`, `FETCH: 1/1 UID BODY[]=2:""`, `2/2 BODY[] 1 false: "b", <nil>`, `FETCH: 2/2 UID BODY[]=2:""`, "FETCH: 2"}},
		{"a quoted string is kept", "* 1 FETCH (UID 1 BODY[] \"abc\")\r\nA1 OK done\r\n", []string{`FETCH: 1/1 UID BODY[]=0:"abc"`, "FETCH: 1"}},
		{"a literal in an envelope is none of a section", "* 1 FETCH (UID 1 ENVELOPE (NIL {1}\r\nx NIL NIL NIL NIL NIL NIL NIL NIL) BODY[] {1}\r\na)\r\nA1 OK done\r\n",
			[]string{`1/1 BODY[] 1 false: "a", <nil>`, `message data 1 1 UID ENVELOPE []`, `FETCH: 1/1 UID ENVELOPE BODY[]=2:""`, "FETCH: 1"}},
		{"UIDFETCH", "* 7 UIDFETCH (BODY[] {1}\r\na)\r\nA1 OK done\r\n", []string{`0/7 BODY[] 1 false: "a", <nil>`, `FETCH: 0/7 UID BODY[]=2:""`, "FETCH: 1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
				s := opened(t, "")
				s.bodies(imap4.AllUIDs(), nil)
				s.serverCut(test.server, cut)
				s.happened(test.want...)
			}
		})
	}
	t.Run("no other FETCH is out that the octets could be for while the UID is not told", func(t *testing.T) {
		s := opened(t, "")
		s.bodies(imap4.UIDs(1), nil)
		s.bodies(imap4.UIDs(2), nil)
		s.wrote("A1 UID FETCH 1 (UID BODY[])\r\n")
		s.server("* 1 FETCH (BODY[] {3}\r\none UID 1)\r\nA1 OK done\r\n")
		s.wrote("A2 UID FETCH 2 (UID BODY[])\r\n")
		s.server("* 2 FETCH (BODY[] {3}\r\ntwo UID 2)\r\nA2 OK done\r\n")
		s.happened(`1/0 BODY[] 3 false: "one", <nil>`, `FETCH: 1/1 UID BODY[]=2:""`, "FETCH: 1",
			`2/0 BODY[] 3 false: "two", <nil>`, `FETCH: 2/2 UID BODY[]=2:""`, "FETCH: 1")
	})
	t.Run("once a server has told the UID before the octets such FETCHes are out together, until it does not", func(t *testing.T) {
		s := opened(t, "")
		for i := range uint32(9) {
			s.bodies(imap4.UIDs(i+1), nil)
		}
		s.wrote("A1 UID FETCH 1 (UID BODY[])\r\n")
		s.server("* 1 FETCH (UID 1 BODY[] {3}\r\none)\r\nA1 OK done\r\n")
		s.wrote("A2 UID FETCH 2 (UID BODY[])\r\nA3 UID FETCH 3 (UID BODY[])\r\nA4 UID FETCH 4 (UID BODY[])\r\nA5 UID FETCH 5 (UID BODY[])\r\n" +
			"A6 UID FETCH 6 (UID BODY[])\r\nA7 UID FETCH 7 (UID BODY[])\r\nA8 UID FETCH 8 (UID BODY[])\r\nA9 UID FETCH 9 (UID BODY[])\r\n")
		s.server("* 3 FETCH (UID 3 BODY[] {5}\r\nthree)\r\n* 4 FETCH (BODY[] {4}\r\nfour UID 4)\r\n* 2 FETCH (UID 2 BODY[] {3}\r\ntwo)\r\n")
		s.happened(`1/1 BODY[] 3 false: "one", <nil>`, `FETCH: 1/1 UID BODY[]=2:""`, "FETCH: 1",
			`3/3 BODY[] 5 false: "three", <nil>`, `FETCH: 3/3 UID BODY[]=2:""`,
			`FETCH: 4/4 UID BODY[]=0:"four"`, // nobody could know for whom it was
			`2/2 BODY[] 3 false: "two", <nil>`, `FETCH: 2/2 UID BODY[]=2:""`)
		s.server("A2 OK done\r\nA3 OK done\r\nA4 OK done\r\nA5 OK done\r\nA6 OK done\r\nA7 OK done\r\nA8 OK done\r\nA9 OK done\r\n")
		s.take()
		s.bodies(imap4.UIDs(10), nil)
		s.bodies(imap4.UIDs(11), nil)
		s.wrote("A10 UID FETCH 10 (UID BODY[])\r\n")
	})
	t.Run("what may be for another FETCH is kept although one was cancelled", func(t *testing.T) {
		s := opened(t, "")
		o := imap4.FetchOptions{Sections: []imap4.BodySection{whole}}
		d := s.fetch("cancelled", imap4.UIDs(1), o)
		s.fetch("FETCH", imap4.UIDs(2), o)
		d.Cancel()
		s.take()
		s.server("* 2 FETCH (BODY[] {3}\r\ntwo UID 2)\r\n* 1 FETCH (BODY[] {3}\r\none UID 1)\r\nA2 OK done\r\nA1 OK done\r\n")
		s.happened(`FETCH: 2/2 UID BODY[]=0:"two"`, "FETCH: 1")
	})
	t.Run("nil keeps it in memory", func(t *testing.T) {
		s := opened(t, "")
		s.fetch("FETCH", imap4.AllUIDs(), imap4.FetchOptions{Sections: []imap4.BodySection{whole}, Sink: func(imap4.LiteralMeta) imap4.LiteralSink { return nil }})
		s.server("* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nA1 OK done\r\n")
		s.happened(`FETCH: 1/1 UID BODY[]=0:"abc"`, "FETCH: 1")
	})
	t.Run("an error fails that command only, and drops the rest", func(t *testing.T) {
		s := opened(t, "")
		s.bodies(imap4.AllUIDs(), func(k *sink) { k.fails = errors.New("disk full") })
		s.noop()
		s.server("* 1 FETCH (UID 1 BODY[] {3}\r\na")
		s.server("bc)\r\nA1 OK done\r\nA2 OK done\r\n")
		s.happened(`1/1 BODY[] 3 false: "a", disk full`, `FETCH: 1/1 UID BODY[]=2:""`, "FETCH failed: imap4: UID FETCH: disk full (sent true)", "NOOP: ok")
		s.closed(false)
	})
	t.Run("literals that nobody wants are dropped", func(t *testing.T) {
		s := opened(t, "")
		s.fetch("FETCH", imap4.UIDs(1), imap4.FetchOptions{Items: imap4.ItemFlags})
		s.server("* 2 FETCH (UID 2 BODY[] {3}\r\nabc)\r\n* 1 FETCH (UID 1 FLAGS () BODY[TEXT] {3}\r\nabc)\r\nA1 OK done\r\n")
		s.happened(`message data 2 2 UID []`, `FETCH: 1/1 UID FLAGS [] BODY[TEXT]=3:""`, "FETCH: 1")
	})
	t.Run("one that is too large for the memory is told as damage", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.end()
		u := newUser(nil)
		u.Options.Limits = &imap4.Limits{Literal: 4}
		s = start(t, u)
		s.server("* PREAUTH ready\r\n* CAPABILITY IMAP4rev1\r\n")
		s.Open("INBOX")
		s.take()
		var got error
		s.Fetch(imap4.AllUIDs(), imap4.FetchOptions{Sections: []imap4.BodySection{whole}}, func(m *imap4.Message) { got = m.Err })
		s.server("* 1 FETCH (UID 1 BODY[] {5}\r\nabcde)\r\nA1 OK done\r\n")
		if !errors.Is(got, imap4.ErrLiteralTooLarge) {
			t.Errorf("Message.Err: got %v, want ErrLiteralTooLarge", got)
		}
	})
	t.Run("a sink that pauses stops the reading, and the clock", func(t *testing.T) {
		s := opened(t, "")
		s.bodies(imap4.AllUIDs(), func(k *sink) {
			k.write = func() { s.PauseProducing() }
		})
		s.server("* 1 FETCH (UID 1 BODY[] {3}\r\na")
		s.server("bc)\r\nA1 OK done\r\n")
		s.clock.Advance(1 << 40)
		s.happened()
		if !s.tr.Paused() {
			t.Error("reading: got on, want paused")
		}
		s.ResumeProducing()
		s.clock.Turn()
		s.happened(`1/1 BODY[] 3 false: "abc", <nil>`, `FETCH: 1/1 UID BODY[]=2:""`, "FETCH: 1")
	})
	t.Run("the clock of the next command stands still, too", func(t *testing.T) {
		s := opened(t, "")
		s.bodies(imap4.AllUIDs(), func(k *sink) {
			k.write = func() { s.PauseProducing() }
		})
		s.noop()
		s.server("* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nA1 OK done\r\n")
		s.clock.Advance(1 << 40)
		s.closed(false)
		s.ResumeProducing()
		s.clock.Turn()
		s.clock.Advance(1 << 40)
		s.closed(true)
	})
	t.Run("a sink that pauses for each piece gives no time to who trickles", func(t *testing.T) {
		s := opened(t, "")
		s.bodies(imap4.AllUIDs(), func(k *sink) {
			k.write = func() { s.PauseProducing() }
		})
		s.server("* 1 FETCH (UID 1 BODY[] {1000}\r\n")
		for range 5 { // it comes, is taken care of for a second, and then nothing
			s.clock.Advance(10 * time.Second)
			s.server("x")
			s.clock.Advance(time.Second)
			s.ResumeProducing()
			s.clock.Turn()
		}
		s.clock.Advance(9 * time.Second)
		s.closed(false)
		s.clock.Advance(time.Second)
		s.closed(true)
	})
	t.Run("a sink whose fetch is cancelled", func(t *testing.T) {
		s := opened(t, "")
		var k *sink
		d := s.Fetch(imap4.AllUIDs(), imap4.FetchOptions{Sections: []imap4.BodySection{whole}, Sink: func(imap4.LiteralMeta) imap4.LiteralSink {
			k = &sink{s: s, name: "sink"}
			return k
		}}, nil)
		s.server("* 1 FETCH (UID 1 BODY[] {3}\r\na")
		d.Cancel()
		wantCancelled(t, d)
		s.server("bc)\r\n* 2 FETCH (UID 2 BODY[] {1}\r\nx)\r\nA1 OK done\r\n")
		s.happened(`sink: "a", deferred: cancelled`)
	})
	t.Run("a sink that is made as the connection ends", func(t *testing.T) {
		s := opened(t, "")
		s.fetch("FETCH", imap4.AllUIDs(), imap4.FetchOptions{Sections: []imap4.BodySection{whole}, Sink: func(imap4.LiteralMeta) imap4.LiteralSink {
			s.tr.AbortConnection()
			return &sink{s: s, name: "sink"}
		}})
		s.server("* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nA1 OK done\r\n")
		events := strings.Join(s.take(), "\n")
		if got := strings.Count(events, "sink: "); got != 1 {
			t.Errorf("Done: got %d calls, want 1, in %s", got, events)
		}
	})
}

func TestSinkLoss(t *testing.T) {
	const input = "* 1 FETCH (UID 1 BODY[] {3}\r\nabc FLAGS ())\r\nA1 OK done\r\n"
	begins, ends := strings.Index(input, "abc"), strings.Index(input, " FLAGS")
	for _, e := range endings {
		for n := 0; n <= len(input); n++ {
			s := opened(t, "")
			s.bodies(imap4.AllUIDs(), nil)
			s.server(input[:n])
			e.lose(s)
			s.clock.Turn()
			got := 0
			for _, event := range s.take() {
				if strings.HasPrefix(event, "1/1 BODY[] 3 false") {
					got++
					if whole := strings.HasSuffix(event, "<nil>"); whole != (n >= ends) {
						t.Errorf("%s behind %q: got %s, want nil = %v", e.name, input[:n], event, n >= ends)
					}
				}
			}
			if want := map[bool]int{true: 1}[n >= begins]; got != want {
				t.Errorf("%s behind %q: got %d calls of Done, want %d", e.name, input[:n], got, want)
			}
		}
	}
}

// counter is a sink that only counts.
type counter struct{ n, done int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}
func (c *counter) Done(error) { c.done++ }

// A message of 1 GiB costs no memory to speak of.
func TestSinkMemory(t *testing.T) {
	const size, most = 1 << 30, 1 << 20
	s := opened(t, "")
	s.Listener = nil
	k := new(counter)
	d := s.Fetch(imap4.UIDs(1), imap4.FetchOptions{Sections: []imap4.BodySection{whole}, Sink: func(imap4.LiteralMeta) imap4.LiteralSink { return k }}, nil)
	piece := make([]byte, 64<<10)
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	s.DataReceived(fmt.Appendf(nil, "* 1 FETCH (UID 1 BODY[] {%d}\r\n", size))
	for sent := 0; sent < size; sent += len(piece) {
		s.DataReceived(piece) // borrowed, as from a socket
		if sent%(size/4) == 0 {
			if got := heap() - before; got > most {
				t.Fatalf("heap behind %d octets: got %d bytes more, want at most %d", sent, got, most)
			}
		}
	}
	s.server(")\r\nA1 OK done\r\n")
	if n, err, ok := d.Result(); n != 1 || err != nil || !ok || k.n != size || k.done != 1 {
		t.Errorf("got %d messages, %v, %d octets, %d calls of Done, want 1, nil, %d, 1", n, err, k.n, k.done, size)
	}
}
