package imap4_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestLimits(t *testing.T) {
	for _, test := range []struct {
		name   string
		limits *imap4.Limits
		server []string // sent one after the other until the client closes
		want   string   // the limit's name
		is     error    // nil for a limit that has no error of its own
	}{
		{"a line without an end", nil, []string{strings.Repeat("x", 4<<10)}, "Line", imap4.ErrLineTooLong},
		{"a line without an end, behind a bit of a response", nil, []string{"* LIST ", strings.Repeat("x", 4<<10)}, "Line", imap4.ErrLineTooLong},
		{"an own limit", &imap4.Limits{Line: 100}, []string{strings.Repeat("x", 101)}, "Line", imap4.ErrLineTooLong},
		{"numbers without an end", &imap4.Limits{Response: 100_000}, []string{"* SEARCH", strings.Repeat(" 1", 4<<10)}, "Response", imap4.ErrResponseTooLarge},
		{"literals without an end", nil, []string{"* X", " {1}\r\na"}, "Literals", nil},
		{"a literal too large to be announced", &imap4.Limits{LiteralSize: 1000}, []string{"* X {1001}\r\n"}, "LiteralSize", imap4.ErrLiteralTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := newUser(nil)
			u.Options.Limits = test.limits
			s := start(t, u)
			s.server("* OK ready\r\n")
			d := s.Noop()
			waiting := s.Noop()
			for i := 0; i < 100_000 && !s.tr.Disconnecting(); i++ {
				s.server(test.server[min(i, len(test.server)-1)])
			}
			s.closed(true)
			_, sent, _ := d.Result()
			_, unsent, _ := waiting.Result()
			for _, err := range []error{sent, unsent, s.tr.Reason()} {
				var limit *imap4.LimitError
				if !errors.As(err, &limit) || limit.Limit != test.want || test.is != nil && !errors.Is(err, test.is) {
					t.Errorf("error: got %v, want limit %s and %v", err, test.want, test.is)
				}
			}
			if !asCommandError(t, sent, "NOOP").Sent || asCommandError(t, unsent, "NOOP").Sent {
				t.Errorf("Sent: got %v and %v, want true and false", sent, unsent)
			}
			if reason := s.tr.Reason(); !errors.Is(reason, reactor.ErrConnectionAborted) {
				t.Errorf("reason of the loss: got %v, want it aborted", reason)
			}
		})
	}
	t.Run("a greeting without an end", func(t *testing.T) {
		s := start(t, newUser(nil))
		d := s.Noop()
		for i := 0; i < 1000 && !s.tr.Disconnecting(); i++ {
			s.server(strings.Repeat("* OK ", 1<<10))
		}
		_, err, _ := d.Result()
		wantUnsent(t, err, imap4.ErrLineTooLong, "NOOP")
	})
}

// A literal above what is kept is passed over; the connection lives, and so does what stands around it.
func TestLiteralAboveTheLimit(t *testing.T) {
	u := newUser(nil)
	u.Options.Limits = &imap4.Limits{Literal: 10}
	s := start(t, u)
	s.server("* OK ready\r\n")
	s.take()
	s.noop()
	s.serverCut("* X {11}\r\n0123456789a (y)\r\n* 3 EXISTS\r\nA1 OK done\r\n", reactortest.Bytewise)
	s.happened(`* X "{11}\r\n (y)"`, "exists 3", "NOOP: ok")
}

// A literal of nearly 2^63 octets takes no memory, and the command's deadline ends it.
func TestLiteralWithoutEnd(t *testing.T) {
	s := greeted(t)
	s.Options.MinRate = 1 << 40
	s.noop()
	s.server("* X {9223372036854775807}\r\n")
	piece := make([]byte, 64<<10)
	before := allocated()
	for range 1000 {
		s.DataReceived(piece)
	}
	if got, want := allocated()-before, uint64(64<<10); got > want {
		t.Errorf("allocated for 64 MB of a literal: got %d bytes, want at most %d", got, want)
	}
	if bytes, _, _ := s.Held(); bytes > 100 {
		t.Errorf("bytes held: got %d, want at most 100", bytes)
	}
	s.clock.Advance(time.Minute)
	s.happened(
		"NOOP failed: "+timedOut("NOOP", "1m0s", "NOOP")+" (sent true)",
		aborted("imap4: "+timeout("1m0s", "NOOP")),
	)
}

// What came fast is no credit for silence: a server that stops in the midst of a large answer has one more CommandTimeout.
func TestSilenceInALargeAnswer(t *testing.T) {
	s := greeted(t)
	s.noop()
	s.server("* X {9223372036854775807}\r\n")
	for range 128 {
		s.DataReceived(make([]byte, 64<<10)) // together 512 s of MinRate
	}
	s.clock.Advance(119 * time.Second)
	s.happened()
	s.clock.Advance(2 * time.Second)
	s.happened(
		"NOOP failed: "+timedOut("NOOP", "1m0s", "NOOP")+" (sent true)",
		aborted("imap4: "+timeout("1m0s", "NOOP")),
	)
}

// An answer may last as long as it comes at MinRate.
func TestALongAnswer(t *testing.T) {
	s := greeted(t)
	s.noop()
	s.server("* X {9223372036854775807}\r\n")
	for range 100 {
		s.DataReceived(make([]byte, 10*16<<10))
		s.clock.Advance(10 * time.Second)
	}
	s.happened()
}

// Data without an end under one command: nothing is kept of it, and the deadline ends it.
func TestLinesWithoutEnd(t *testing.T) {
	u := newUser(nil)
	u.Listener = nil
	u.Options.MinRate = 1 << 40
	s := start(t, u)
	s.server("* OK ready\r\n")
	s.capability()
	const perPiece, pieces = 1000, 1000
	piece := []byte(strings.Repeat("* 23 EXISTS\r\n", perPiece))
	s.DataReceived(piece)
	before := heap()
	for range pieces {
		s.DataReceived(piece)
	}
	if got, want := heap()-before, int64(64<<10); got > want {
		t.Errorf("heap after a million lines: got %d bytes more, want at most %d", got, want)
	}
	if bytes, commands, _ := s.Held(); bytes != 0 || commands != 1 {
		t.Errorf("held: got %d bytes and %d commands, want 0 and 1", bytes, commands)
	}
	s.clock.Advance(time.Minute)
	s.happened(
		"CAPABILITY failed: "+timedOut("CAPABILITY", "1m0s", "CAPABILITY")+" (sent true)",
		aborted("imap4: "+timeout("1m0s", "CAPABILITY")),
	)
}

// allocated is how many bytes this process has ever asked for.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
