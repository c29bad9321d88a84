package imap4_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/reactor"
)

// steps is a reader that gives what the test puts in, when it does. It blocks until then, as a pipe.
type steps struct {
	read chan []byte // a closed one is the end
	fail error       // in place of io.EOF
	rest []byte
}

func newSteps() *steps { return &steps{read: make(chan []byte)} }

func (r *steps) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		next, ok := <-r.read
		switch {
		case !ok && r.fail != nil:
			return 0, r.fail
		case !ok:
			return 0, io.EOF
		}
		r.rest = next
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// turnsUntil lets the loop turn until done is true. What other goroutines hand over comes when it comes, so it gives way to them.
func (s *session) turnsUntil(what string, done func() bool) {
	s.t.Helper()
	for range 10_000_000 {
		if done() {
			return
		}
		s.clock.Turn()
		for range 20 {
			runtime.Gosched()
		}
	}
	s.t.Fatalf("never came: %s", what)
}

// sent waits until n bytes have been sent since the last time, and takes them.
func (s *session) sent(n int) string {
	s.t.Helper()
	s.turnsUntil(fmt.Sprintf("%d bytes", n), func() bool { return len(s.tr.Written()) >= n })
	return string(s.tr.Take())
}

// over waits for something to have happened, and takes it.
func (s *session) over() string {
	s.t.Helper()
	s.turnsUntil("an event", func() bool { return len(s.events) > 0 })
	return strings.Join(s.take(), "\n")
}

func TestAppendStreams(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789abcde\n"), 20_000) // 320,000 octets
	for _, tc := range []struct {
		name   string
		reader func() io.Reader
	}{
		{"bytes", func() io.Reader { return bytes.NewReader(text) }},
		{"a string", func() io.Reader { return strings.NewReader(string(text)) }},
		{"a buffer", func() io.Reader { return bytes.NewBuffer(bytes.Clone(text)) }},
		{"a file", func() io.Reader { return onlyReader{bytes.NewReader(text)} }},
		{"halves", func() io.Reader { return iotest.HalfReader(bytes.NewReader(text)) }},
		{"the end together with octets", func() io.Reader { return iotest.DataErrReader(bytes.NewReader(text)) }},
		{"more than Size", func() io.Reader { return onlyReader{bytes.NewReader(append(bytes.Clone(text), "more"...))} }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := ready(t, "LITERAL+")
			s.add("x", imap4.AppendMessage{Body: tc.reader(), Size: int64(len(text))})
			s.wrote("A1 APPEND x {320000}\r\n")
			s.server("+\r\n")
			if got, want := s.sent(len(text)+2), string(text)+"\r\n"; got != want {
				t.Errorf("sent %d bytes, want the text's %d", len(got), len(want))
			}
			s.server("A1 OK [APPENDUID 1 2] done\r\n")
			s.happened("stored 1 1 [2]")
			if bytes, commands, timer := s.Held(); bytes != 0 || commands != 0 || timer || s.clock.Pending() != 0 {
				t.Errorf("held afterwards: %d bytes, %d commands, timer %v, %d calls; want nothing", bytes, commands, timer, s.clock.Pending())
			}
		})
	}
}

// onlyReader hides what else a reader can do.
type onlyReader struct{ io.Reader }

// The server's pace is the sender's: never more than a piece waits.
func TestAppendNoFasterThanTheServer(t *testing.T) {
	for _, kind := range []string{"memory", "other"} {
		t.Run(kind, func(t *testing.T) {
			s := ready(t, "")
			body := io.Reader(bytes.NewReader(large(300_000)))
			if kind == "other" {
				body = onlyReader{body}
			}
			s.add("x", imap4.AppendMessage{Body: body, Size: 300_000})
			s.server("+\r\n")
			s.tr.Hold()
			total := len(s.tr.Take()) - len("A1 APPEND x {300000}\r\n")
			for total < 300_002 {
				s.turnsUntil("a piece", func() bool { return s.tr.Buffered() > 0 })
				for range 20 {
					s.clock.Turn()
				}
				n := s.tr.Buffered()
				if n > 64<<10+2 {
					t.Fatalf("got %d bytes that wait, want at most 64 KiB", n)
				}
				total += n
				s.tr.Drain(n)
			}
			s.tr.Release()
			s.server("A1 OK done\r\n")
			s.happened("stored 1 0 []")
		})
	}
}

// Many messages in one command do not pile up either.
func TestAppendSeveralNoFasterThanTheServer(t *testing.T) {
	const most = 64<<10 + 60_000 + 100
	s := ready(t, "MULTIAPPEND LITERAL+")
	s.Options.MaxNonSync = 1 << 30
	s.tr.Hold()
	var messages []imap4.AppendMessage
	for i := range 20 {
		m := imap4.Bytes(large(60_000))
		if i%4 == 3 {
			m = imap4.AppendMessage{Body: endless{}, Size: 70_000}
		}
		messages = append(messages, m)
	}
	s.add("x", messages...)
	total := 0
	for !bytes.HasSuffix(s.tr.Take(), []byte("\r\n")) || total < 15*60_000+5*70_000 {
		s.turnsUntil("a piece", func() bool { return s.tr.Buffered() > 0 })
		n := s.tr.Buffered()
		if n > most {
			t.Fatalf("got %d bytes that wait, want at most %d", n, most)
		}
		total += n
		s.tr.Drain(n)
	}
	s.server("A1 OK done\r\n")
	s.happened("stored 20 0 []")
}

func TestAppendBrokenReader(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, tc := range []struct {
		name   string
		reader io.Reader
		size   int64
		sent   int64
		is     error
	}{
		{"too short", iotest.OneByteReader(strings.NewReader("abc")), 5, 3, io.ErrUnexpectedEOF},
		{"an error", io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), 5, 3, broken},
		{"an error with octets", iotest.DataErrReader(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken))), 5, 3, broken},
		{"nothing at all", stuckReader{}, 5, 0, io.ErrNoProgress},
		{"a panic", panicReader{}, 5, 0, nil},
		{"too many", boastfulReader{}, 5, 0, nil},
		{"runtime.Goexit", exitReader{}, 5, 0, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := ready(t, "")
			d := s.Append("x", imap4.AppendMessage{Body: tc.reader, Size: tc.size})
			next := s.Noop()
			s.server("+\r\n")
			var err error
			s.turnsUntil("the end", func() bool {
				var fired bool
				_, err, fired = d.Result()
				return fired
			})
			var short *imap4.ShortBodyError
			var command *imap4.CommandError
			if !errors.As(err, &short) || short.Size != tc.size || short.Sent != tc.sent || tc.is != nil && !errors.Is(err, tc.is) {
				t.Fatalf("got %v, want a *ShortBodyError of %d of %d octets, %v", err, tc.sent, tc.size, tc.is)
			}
			if !errors.As(err, &command) || command.Command != "APPEND" || !command.Sent {
				t.Errorf("got %v, want a *CommandError of an APPEND that was sent", err)
			}
			if _, err, _ := next.Result(); !errors.As(err, &short) {
				t.Errorf("the next command: got %v, want the same reason", err)
			}
			s.closed(true)
		})
	}
	t.Run("a buffer that was read by somebody else", func(t *testing.T) {
		s := ready(t, "")
		body := bytes.NewBufferString("abcde")
		d := s.Append("x", imap4.AppendMessage{Body: body})
		body.Next(2)
		s.server("+\r\n")
		_, err, _ := d.Result()
		var short *imap4.ShortBodyError
		if !errors.As(err, &short) || short.Size != 5 || short.Sent != 3 {
			t.Errorf("got %v, want a *ShortBodyError of 3 of 5 octets", err)
		}
		s.closed(true)
	})
}

type stuckReader struct{}

func (stuckReader) Read([]byte) (int, error) { return 0, nil }

type panicReader struct{}

func (panicReader) Read([]byte) (int, error) { panic("boom") }

type boastfulReader struct{}

func (boastfulReader) Read(p []byte) (int, error) { return len(p) + 1, nil }

type exitReader struct{}

func (exitReader) Read([]byte) (int, error) { runtime.Goexit(); return 0, nil }

func TestAppendAndTime(t *testing.T) {
	t.Run("the clock stands still while the reader has nothing", func(t *testing.T) {
		s := ready(t, "")
		body := newSteps()
		s.add("x", imap4.AppendMessage{Body: body, Size: 6})
		s.server("+\r\n")
		s.tr.Clear()
		s.clock.Advance(time.Hour)
		s.closed(false)
		body.read <- []byte("abc")
		s.sent(3)
		s.clock.Advance(time.Hour)
		s.closed(false)
		body.read <- []byte("def")
		s.sent(3 + 2)
		s.clock.Advance(59 * time.Second)
		s.closed(false)
		s.clock.Advance(2 * time.Second)
		if got := s.over(); !strings.Contains(got, "timed out after 1m0s") || !strings.Contains(got, "(sent true)") {
			t.Errorf("got %q, want a timeout", got)
		}
		s.closed(true)
	})
	t.Run("and runs on when it has", func(t *testing.T) {
		s := ready(t, "")
		body := newSteps()
		s.add("x", imap4.AppendMessage{Body: body, Size: 6})
		s.clock.Advance(50 * time.Second) // the server thinks about its +
		s.server("+\r\n")
		s.clock.Advance(time.Hour)
		s.tr.Clear()
		s.tr.Hold()
		body.read <- []byte("abc")
		s.turnsUntil("a piece", func() bool { return s.tr.Buffered() > 0 })
		s.clock.Advance(9 * time.Second)
		s.closed(false)
		s.clock.Advance(2 * time.Second)
		s.closed(true)
		close(body.read)
		s.over()
	})
	t.Run("a server that takes nothing is given up", func(t *testing.T) {
		s := ready(t, "")
		s.tr.Hold()
		s.add("x", imap4.Bytes(large(200_000)))
		s.tr.Drain(1000)
		s.server("+\r\n")
		s.clock.Advance(61 * time.Second)
		s.closed(true)
		s.over()
	})
	t.Run("its time begins anew behind the last octet", func(t *testing.T) {
		s := ready(t, "")
		s.add("x", imap4.Bytes(large(70_000)))
		s.tr.Hold()
		s.server("+\r\n")
		s.clock.Advance(50 * time.Second)
		s.tr.Release()
		s.sent(70_002)
		s.clock.Advance(59 * time.Second)
		s.closed(false)
		s.server("A1 OK done\r\n")
		s.happened("stored 1 0 []")
	})
}

func TestAppendLoss(t *testing.T) {
	t.Run("while Read blocks", func(t *testing.T) {
		s := ready(t, "")
		body := newSteps()
		s.add("x", imap4.AppendMessage{Body: body, Size: 6})
		s.server("+\r\n")
		s.tr.Lose(reactor.ErrConnectionLost)
		if got := s.over(); !strings.Contains(got, "failed: imap4: APPEND:") || !strings.Contains(got, "(sent true)") {
			t.Errorf("got %q, want the APPEND failed", got)
		}
		close(body.read)
	})
	t.Run("LoseConnection in the middle", func(t *testing.T) {
		s := ready(t, "")
		s.add("x", imap4.Bytes(large(300_000)))
		s.tr.Hold()
		s.server("+\r\n")
		s.tr.LoseConnection()
		s.tr.Release()
		s.clock.Turn()
		if got := s.over(); !strings.Contains(got, "failed: imap4: APPEND:") {
			t.Errorf("got %q, want the APPEND failed", got)
		}
		if n := len(s.tr.Take()); n > 100_000 {
			t.Errorf("got %d bytes sent, want the rest left out", n)
		}
	})
	t.Run("at every byte", func(t *testing.T) {
		const script = "+\r\n* 2 EXISTS\r\nA1 OK [APPENDUID 1 2] done\r\n"
		for n := range len(script) {
			s := ready(t, "")
			s.Listener = nil
			fired := 0
			s.Append("x", imap4.Bytes([]byte(mail))).Handle(func(imap4.AppendData) { fired += 1000 }, func(error) { fired++ })
			s.server(script[:n])
			s.tr.Lose(nil)
			s.clock.Turn()
			if fired != 1 {
				t.Errorf("cut at byte %d: got %d, want one failure", n, fired)
			}
		}
	})
	t.Run("NO while octets are on their way", func(t *testing.T) {
		s := ready(t, "LITERAL+")
		s.Options.MaxNonSync = 1 << 30
		body := newSteps()
		s.add("x", imap4.AppendMessage{Body: body, Size: 6})
		s.noop()
		s.server("A1 NO [OVERQUOTA] full\r\n")
		s.happened()
		body.read <- []byte("abc")
		s.turnsUntil("the first half", func() bool { return strings.HasSuffix(string(s.tr.Written()), "abc") })
		body.read <- []byte("def")
		s.turnsUntil("the end", func() bool { return len(s.events) > 0 })
		s.wrote("A1 APPEND x {6+}\r\nabcdef\r\nA2 NOOP\r\n")
		s.happened(`failed: imap4: APPEND: the server said NO [OVERQUOTA] "full"`)
		s.closed(false)
	})
	t.Run("a second + while octets are on their way", func(t *testing.T) {
		s := ready(t, "")
		body := newSteps()
		s.add("x", imap4.AppendMessage{Body: body, Size: 6})
		s.server("+\r\n+\r\n")
		body.read <- []byte("abc")
		s.turnsUntil("the first half", func() bool { return strings.HasSuffix(string(s.tr.Written()), "abc") })
		s.server("+\r\n")
		body.read <- []byte("def")
		s.turnsUntil("the end", func() bool { return strings.HasSuffix(string(s.tr.Written()), "\r\n") })
		s.wrote("A1 APPEND x {6}\r\nabcdef\r\n")
		s.server("A1 OK done\r\n")
		s.happened("stored 1 0 []")
	})
	t.Run("cancelled: it goes on to its end", func(t *testing.T) {
		s := ready(t, "")
		d := s.Append("x", imap4.Bytes(large(300_000)))
		s.tr.Hold()
		s.server("+\r\n")
		d.Cancel()
		wantCancelled(t, d)
		s.tr.Release()
		s.sent(300_002)
		s.noop()
		s.server("A1 OK done\r\n")
		s.wrote("A2 NOOP\r\n")
		s.closed(false)
	})
}

func TestAppendInTheTrace(t *testing.T) {
	var text strings.Builder
	u := newUser(nil)
	u.Options.NoID = true
	u.Options.Trace = policies.NewTranscript(&text)
	s := start(t, u)
	s.server("* PREAUTH ready\r\n* CAPABILITY IMAP4rev1\r\n")
	s.add("x", imap4.AppendMessage{Body: onlyReader{strings.NewReader(mail)}, Size: int64(len(mail))})
	s.server("+ go\r\n")
	s.sent(len(mail) + 2)
	s.server("A1 OK done\r\n")
	want := "S: * PREAUTH ready\nS: * CAPABILITY IMAP4rev1\nC: A1 APPEND x {22}\nS: + go\nC: Subject: hi\nC:\nC: hello\nC:\nS: A1 OK done\n"
	if text.String() != want {
		t.Errorf("got\n%swant\n%s", text.String(), want)
	}
}

// endless gives octets without end, and costs nothing.
type endless struct{}

var someOctets = large(64 << 10)

func (endless) Read(p []byte) (int, error) {
	return copy(p, someOctets), nil
}

// A message of 1 GiB (128 MiB under the race detector) costs one piece here and one in the transport.
func TestAppendHeap(t *testing.T) {
	const size = heapTestBytes
	s := ready(t, "LITERAL+")
	s.add("x", imap4.AppendMessage{Body: endless{}, Size: size})
	s.tr.Take()
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s.server("+\r\n")
	for sent, pieces := 0, 0; sent < size+2; pieces++ {
		s.turnsUntil("a piece", func() bool {
			n := len(s.tr.Take())
			sent += n
			return n > 0
		})
		if pieces%4000 == 3999 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			if grown := int64(now.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
				t.Fatalf("after %d bytes: got %d bytes more on the heap, want less than 1 MiB", sent, grown)
			}
		}
		if sent > size+2 {
			t.Fatalf("sent %d bytes, want %d", sent, size+2)
		}
	}
	s.server("A1 OK done\r\n")
	s.happened("stored 1 0 []")
}

// appendServer takes one APPEND and counts its octets.
type appendServer struct {
	reactor.BaseProtocol
	line []byte
	left int
	got  chan int
	n    int
}

func (p *appendServer) ConnectionMade() { p.say("* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n") }

func (p *appendServer) say(line string) { _, _ = p.Transport().Write([]byte(line)) }

func (p *appendServer) DataReceived(data []byte) {
	octets := data[:min(p.left, len(data))]
	p.left -= len(octets)
	p.n += bytes.Count(octets, []byte("x"))
	p.line = append(p.line, data[len(octets):]...)
	line, rest, ok := bytes.Cut(p.line, []byte("\r\n"))
	if !ok {
		return
	}
	p.line = bytes.Clone(rest)
	if _, err := fmt.Sscanf(string(line), "A1 APPEND x {%d}", &p.left); err == nil {
		p.say("+ go\r\n")
		return
	}
	p.got <- p.n
	p.say("A1 OK done\r\n")
}

// The octets go over real sockets: from a pipe that another goroutine fills, and from memory.
func TestAppendOnALoopback(t *testing.T) {
	const size = 5 << 20
	for _, kind := range []string{"pipe", "memory"} {
		t.Run(kind, func(t *testing.T) {
			message := imap4.Bytes(large(size))
			if kind == "pipe" {
				pipe, in := io.Pipe()
				go func() {
					_, err := io.Copy(in, io.LimitReader(endless{}, size))
					in.CloseWithError(err)
				}()
				message = imap4.AppendMessage{Body: pipe, Size: size}
			}
			w := run(t, nil)
			f, got := newClients(nil), make(chan int, 1)
			w.do(func() {
				port, err := w.r.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &appendServer{got: got} }), reactor.Interface("127.0.0.1"))
				if err != nil {
					t.Error(err)
					return
				}
				w.r.ConnectTCP("127.0.0.1", port.Addr().(*net.TCPAddr).Port, f)
			})
			c := <-f.made
			var d *deferred.Deferred[imap4.AppendData]
			w.do(func() { d = c.Append("x", message) })
			if data, err := await(t, d); err != nil || data.Stored != 1 {
				t.Errorf("got %+v, %v; want one stored message", data, err)
			}
			if n := <-got; n != size {
				t.Errorf("the server got %d octets, want %d", n, size)
			}
		})
	}
}
