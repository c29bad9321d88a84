package pop3_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/pop3"
)

// Each limit, exactly at it and one above.
func TestLimits(t *testing.T) {
	lines := func(n int, line string) string {
		return "+OK\r\n" + strings.Repeat(line, n) + ".\r\n"
	}
	for _, test := range []struct {
		name   string
		limits pop3.Limits
		issue  func(s *session)
		at     string
		above  string
		want   error
		goesOn bool
	}{
		{"Line of a status", pop3.Limits{Line: 20}, func(s *session) { track(s.user, "x", s.Noop()) },
			"+OK " + strings.Repeat("x", 16) + "\r\n", "+OK " + strings.Repeat("x", 17) + "\r\n", pop3.ErrLineTooLong, false},
		{"Line of a listing", pop3.Limits{Line: 20}, func(s *session) { track(s.user, "x", s.UIDL()) },
			"+OK\r\n1 " + strings.Repeat("x", 18) + "\r\n.\r\n", "+OK\r\n1 " + strings.Repeat("x", 19) + "\r\n.\r\n", pop3.ErrLineTooLong, false},
		{"Line that does not end", pop3.Limits{Line: 20}, func(s *session) { track(s.user, "x", s.Noop()) },
			"+OK " + strings.Repeat("x", 16) + "\r\n", "+OK " + strings.Repeat("x", 18), pop3.ErrLineTooLong, false},
		{"Message", pop3.Limits{Message: 10}, func(s *session) { track(s.user, "x", s.Retr(1)) },
			"+OK\r\n12345678\r\n.\r\n", "+OK\r\n123456789\r\n.\r\n", pop3.ErrMessageTooLarge, false},
		{"Message, without stuffed dots", pop3.Limits{Message: 10}, func(s *session) { track(s.user, "x", s.RetrTo(1, &noting{u: s.user})) },
			"+OK\r\n..2345678\r\n.\r\n", "+OK\r\n..23456789\r\n.\r\n", pop3.ErrMessageTooLarge, false},
		{"Message of TOP", pop3.Limits{Message: 10}, func(s *session) { track(s.user, "x", s.Top(1, 1)) },
			"+OK\r\n12345678\r\n.\r\n", "+OK\r\n123456789\r\n.\r\n", pop3.ErrMessageTooLarge, false},
		{"Message of SendMultiline", pop3.Limits{Message: 10}, func(s *session) { track(s.user, "x", s.SendMultiline("X")) },
			"+OK\r\n12345678\r\n.\r\n", "+OK\r\n12345678901", pop3.ErrMessageTooLarge, false},
		{"Message that is refused", pop3.Limits{Message: 10}, func(s *session) { track(s.user, "x", s.RetrTo(1, &noting{u: s.user, refuse: errFull})) },
			"+OK\r\n12345678\r\n.\r\n", "+OK\r\n12345678901", pop3.ErrMessageTooLarge, false},
		{"Lines", pop3.Limits{Lines: 3}, func(s *session) { track(s.user, "x", s.Retr(1)) }, lines(3, "\r\n"), lines(4, "\n"), pop3.ErrTooManyLines, true},
		{"Listing of LIST", pop3.Limits{Listing: 3}, func(s *session) { track(s.user, "x", s.List()) }, lines(3, "1 1\r\n"), lines(4, "1 1\r\n"), pop3.ErrListingTooLong, false},
		{"Listing of UIDL", pop3.Limits{Listing: 3}, func(s *session) { track(s.user, "x", s.UIDL()) }, lines(3, "1 1\r\n"), lines(4, "1 1\r\n"), pop3.ErrListingTooLong, false},
		{"Listing of LANG", pop3.Limits{Listing: 3}, func(s *session) { track(s.user, "x", s.Languages()) }, lines(3, "en\r\n"), lines(4, "en\r\n"), pop3.ErrListingTooLong, false},
		{"Listing of long lines", pop3.Limits{Listing: 100, Line: 1000}, func(s *session) { track(s.user, "x", s.UIDL()) },
			lines(13, "1 "+strings.Repeat("x", 998)+"\r\n"), lines(14, "1 "+strings.Repeat("x", 998)+"\r\n"), pop3.ErrListingTooLong, false},
		{"Listing of empty lines", pop3.Limits{Listing: 3}, func(s *session) { track(s.user, "x", s.List()) }, lines(3, "\r\n"), lines(4, "\r\n"), pop3.ErrListingTooLong, false},
		{"Capabilities", pop3.Limits{Capabilities: 3}, func(s *session) { track(s.user, "x", s.Capa()) }, lines(3, "X\r\n"), lines(4, "X\r\n"), pop3.ErrListingTooLong, false},
		{"Capabilities of empty lines", pop3.Limits{Capabilities: 3}, func(s *session) { track(s.user, "x", s.Capa()) }, lines(3, "\r\n"), lines(4, "\r\n"), pop3.ErrListingTooLong, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for how, cut := range map[string]func(string) []string{"whole": func(s string) []string { return []string{s} }, "bytewise": bytewise} {
				begin := func() *session {
					limits := test.limits
					return loggedIn(t, &pop3.Options{Limits: &limits})
				}
				if test.limits.Line > 0 {
					begin = func() *session { // the greeting of others is longer
						limits := test.limits
						s := start(t, &pop3.Options{Limits: &limits, AllowInsecureAuth: true}, nil)
						s.server("+OK hi\r\n")
						drop(s.Login("a", "b"))
						s.server("+OK\r\n")
						s.server("+OK\r\n")
						return s
					}
				}
				s := begin()
				test.issue(s)
				for _, p := range cut(test.at) {
					s.server(p)
				}
				if got := list(s.take()); strings.Contains(got, "x failed") && !strings.Contains(got, "the disk is full") || !strings.Contains(got, "x") {
					t.Errorf("%s, at the limit: got %s, want it to pass", how, got)
				}
				s.closed(false)
				s = begin()
				test.issue(s)
				for _, p := range cut(test.above) {
					s.server(p)
				}
				if got := list(s.take()); !strings.Contains(got, "x failed") || !strings.Contains(got, "limit ") {
					t.Errorf("%s, above the limit: got %s, want a *LimitError", how, got)
				}
				s.closed(!test.goesOn)
				if test.goesOn {
					continue
				}
				var err error
				s.Noop().Handle(nil, func(e error) { err = e })
				var exceeded *pop3.LimitError
				if !errors.Is(err, test.want) || !errors.As(err, &exceeded) {
					t.Errorf("%s: got %v, want %v", how, err, test.want)
				}
			}
		})
	}
}

// The largest limits are as good as none.
func TestLargestLimits(t *testing.T) {
	largest := &pop3.Limits{Line: math.MaxInt, Message: math.MaxInt64, Lines: math.MaxInt, Listing: math.MaxInt, Capabilities: math.MaxInt}
	s := loggedIn(t, &pop3.Options{
		Limits: largest, GreetingTimeout: math.MaxInt64, CommandTimeout: math.MaxInt64, MinRate: math.MaxInt, Window: math.MaxInt, Pipelining: pop3.PipelineNever,
	})
	track(s.user, "UIDL", s.UIDL())
	track(s.user, "RETR", s.Retr(1))
	s.clock.Advance(time.Hour)
	s.server("+OK\r\n1 a\r\n.\r\n")
	s.server("+OK\r\nx\r\n.\r\n")
	s.happened("UIDL: [{Number:1 UID:a}]", `RETR: "+OK" ["x"] 3`)
}

// A message with too many lines is not deleted by who has not got it.
func TestTooManyLinesAreNotDeleted(t *testing.T) {
	s := pipelining(t, &pop3.Options{Limits: &pop3.Limits{Lines: 1}})
	track(s.user, "RETR", s.Retr(1))
	track(s.user, "DELE", s.Dele(1))
	s.server("+OK\r\na\r\nb\r\n.\r\n")
	s.wrote("RETR 1\r\n")
	s.happened("RETR failed: pop3: RETR: limit Lines of 1 exceeded (sent true)",
		"DELE failed: pop3: DELE: the message was not deleted because it was not stored (sent false)")
}

// The commands of whose lines there are too many are named.
func TestTooManyLinesNamesTheCommand(t *testing.T) {
	s := loggedIn(t, &pop3.Options{Limits: &pop3.Limits{Lines: 1}})
	for name, issue := range map[string]func(){
		"RETR": func() { track(s.user, "x", s.Retr(1)) }, "TOP": func() { track(s.user, "x", s.Top(1, 0)) }, "XMORE": func() { track(s.user, "x", s.SendMultiline("XMORE")) },
	} {
		issue()
		s.server("+OK\r\na\r\nb\r\n.\r\n")
		s.happened("x failed: pop3: " + name + ": limit Lines of 1 exceeded (sent true)")
	}
}

func TestGreetingDeadline(t *testing.T) {
	for _, test := range []struct {
		set, want time.Duration
	}{{0, 30 * time.Second}, {time.Second, time.Second}, {-1, 0}} {
		for _, trickle := range []bool{false, true} {
			s := start(t, &pop3.Options{GreetingTimeout: test.set, MinRate: 1}, func(u *user) {
				track(u, "greeting", u.Greeting())
				track(u, "NOOP", u.Noop())
			})
			var passed time.Duration
			greeting := "+OK " // whose end never comes
			for !s.tr.Disconnecting() && passed < 30*time.Minute {
				s.clock.Advance(time.Second / 2)
				if passed += time.Second / 2; trickle && passed%time.Second == 0 && passed < 30*time.Minute {
					s.server(greeting)
					greeting = "xxx"
				}
			}
			if test.want == 0 {
				s.closed(false)
				continue
			}
			if passed != test.want {
				t.Errorf("%v, trickling %v: got the end after %v, want %v", test.set, trickle, passed, test.want)
			}
			text := fmt.Sprintf("timed out after %v waiting for the server's answer (greeting)", test.want)
			s.happened("greeting failed: pop3: "+text, "NOOP failed: pop3: NOOP: "+text+" (sent false)",
				"lost: Connection was aborted locally using ITCPTransport.abortConnection: pop3: "+text+".")
		}
	}
}

// What trickles in does not put the end off; what comes at MinRate does.
func TestCommandDeadline(t *testing.T) {
	const minute = time.Minute
	for _, test := range []struct {
		name  string
		o     pop3.Options
		issue func(s *session)
		each  string // every second
		want  time.Duration
	}{
		{"silence", pop3.Options{}, func(s *session) { drop(s.Noop()) }, "", minute},
		{"set", pop3.Options{CommandTimeout: 5 * time.Second}, func(s *session) { drop(s.Noop()) }, "", 5 * time.Second},
		{"a status line that trickles", pop3.Options{}, func(s *session) { drop(s.Noop()) }, "x", minute},
		{"a message that trickles", pop3.Options{}, func(s *session) { drop(s.Retr(1)) }, "line\r\n", minute},
		{"a listing that trickles", pop3.Options{}, func(s *session) { drop(s.List()) }, "1 1\r\n", minute},
		{"capabilities that trickle", pop3.Options{}, func(s *session) { drop(s.Capa()) }, "X\r\n", minute},
		{"a message at the least rate", pop3.Options{}, func(s *session) { drop(s.Retr(1)) }, strings.Repeat("x", 16<<10), 0},
		{"a message at three quarters of it", pop3.Options{}, func(s *session) { drop(s.Retr(1)) }, strings.Repeat("x", 12<<10), minute},
		{"a rate of one's own", pop3.Options{MinRate: 10}, func(s *session) { drop(s.Retr(1)) }, "0123456789", 0},
		{"none is negative", pop3.Options{CommandTimeout: -1}, func(s *session) { drop(s.Noop()) }, "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := loggedIn(t, &test.o)
			test.issue(s)
			if test.each != "" {
				s.server("+OK")
				if test.each != "x" {
					s.server("\r\n")
				}
			}
			var passed time.Duration
			for !s.tr.Disconnecting() && passed < 5*minute {
				s.server(test.each)
				s.clock.Advance(time.Second)
				passed += time.Second
			}
			if test.want == 0 {
				s.closed(false)
				return
			}
			if passed < test.want || passed > test.want+time.Second {
				t.Errorf("got the end after %v, want %v", passed, test.want)
			}
			var late *pop3.TimeoutError
			s.Noop().Handle(nil, func(err error) {
				if !errors.As(err, &late) || !late.Timeout() {
					t.Errorf("got %v, want a *TimeoutError", err)
				}
			})
		})
	}
	t.Run("what came fast is no credit for ever", func(t *testing.T) {
		s := loggedIn(t, nil)
		drop(s.Retr(1))
		s.server("+OK\r\n" + strings.Repeat("x", 8<<20)) // 512 s of MinRate
		s.clock.Advance(119 * time.Second)
		s.closed(false)
		s.clock.Advance(2 * time.Second)
		s.closed(true)
	})
	t.Run("each of several has its own", func(t *testing.T) {
		s := pipelining(t, nil)
		for range 3 {
			drop(s.Noop())
		}
		for range 2 {
			s.clock.Advance(59 * time.Second)
			s.server("+OK\r\n")
			s.closed(false)
		}
		s.clock.Advance(time.Minute)
		s.closed(true)
	})
	t.Run("none when nothing is asked", func(t *testing.T) {
		s := pipelining(t, nil)
		drop(s.Noop())
		s.server("+OK\r\n")
		s.clock.Advance(24 * time.Hour)
		s.closed(false)
		if n := s.clock.Pending(); n != 0 {
			t.Errorf("planned calls: got %d, want 0", n)
		}
	})
}
