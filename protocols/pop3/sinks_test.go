package pop3_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
)

func TestRetrTo(t *testing.T) {
	s := pipelining(t, nil)
	k := &noting{u: s.user, name: "sink"}
	track(s.user, "RETR", s.RetrTo(3, k))
	s.wrote("RETR 3\r\n")
	s.server("+OK 9 octets\r\nab")
	if got := string(k.got); got != "ab" {
		t.Errorf("before the end of the line: got %q, want what has come", got)
	}
	s.server("\r\n..\n.\r")
	s.server("\n")
	s.happened("sink done", `RETR: 3 "+OK 9 octets" 6`)
	if got := string(k.got); got != "ab\r\n.\n" {
		t.Errorf("got %q", got)
	}
	k = &noting{u: s.user, name: "sink"}
	track(s.user, "TOP", s.TopTo(3, 7, k))
	s.wrote("TOP 3 7\r\n")
	s.server("-ERR no\r\n")
	s.happened(`sink done: pop3: TOP: the server said "-ERR no"`, `TOP failed: pop3: TOP: the server said "-ERR no"`)
}

// Done is called once, whatever happens.
func TestSinksHearOfTheEnd(t *testing.T) {
	const refused = "RETR failed: pop3: RETR: the disk is full (sent true)"
	for _, test := range []struct {
		name string
		do   func(s *session, k *noting, d *deferred.Deferred[pop3.Retrieved])
		want []string
	}{
		{"refused at once", func(s *session, k *noting, d *deferred.Deferred[pop3.Retrieved]) {
			k.refuse = errFull
			s.server("+OK\r\nx\r\ny")
			s.server("z\r\n.\r\n")
		}, []string{"sink done: the disk is full", refused}},
		{"refused and lost", func(s *session, k *noting, d *deferred.Deferred[pop3.Retrieved]) {
			k.refuse = errFull
			s.server("+OK\r\nx\r\n")
			s.tr.Lose(nil)
		}, []string{"sink done: the disk is full", "RETR failed: pop3: RETR: Connection was closed cleanly. (sent true)", "lost: Connection was closed cleanly."}},
		{"lost in the midst", func(s *session, k *noting, d *deferred.Deferred[pop3.Retrieved]) {
			s.server("+OK\r\nx\r\n.")
			s.tr.Lose(nil)
		}, []string{"sink done: pop3: RETR: Connection was closed cleanly.", "RETR failed: pop3: RETR: Connection was closed cleanly. (sent true)", "lost: Connection was closed cleanly."}},
		{"cancelled in the midst", func(s *session, k *noting, d *deferred.Deferred[pop3.Retrieved]) {
			s.server("+OK\r\nx\r\n")
			d.Cancel()
			s.server("y\r\n.\r\n")
		}, []string{"sink done: deferred: cancelled", "RETR failed: deferred: cancelled"}},
		{"cancelled, and refused by the server", func(s *session, k *noting, d *deferred.Deferred[pop3.Retrieved]) {
			d.Cancel()
			s.server("-ERR\r\n")
		}, []string{"sink done: deferred: cancelled", "RETR failed: deferred: cancelled"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := pipelining(t, nil)
			k := &noting{u: s.user, name: "sink"}
			d := s.RetrTo(1, k)
			track(s.user, "RETR", d)
			test.do(s, k, d)
			s.happened(test.want...)
			if !s.tr.Disconnecting() {
				track(s.user, "NOOP", s.Noop())
				s.server("+OK\r\n")
				s.happened(`NOOP: "+OK"`)
			}
			if strings.Contains(string(k.got), "z") || strings.Contains(string(k.got), "y") && test.name != "refused at once" {
				t.Errorf("got %q, want nothing behind the end", k.got)
			}
		})
	}
	t.Run("before it was sent", func(t *testing.T) {
		s := pipelining(t, &pop3.Options{Window: 1})
		drop(s.Noop())
		k := &noting{u: s.user, name: "sink"}
		d := s.RetrTo(1, k)
		track(s.user, "RETR", d)
		d.Cancel()
		s.happened("sink done: deferred: cancelled", "RETR failed: deferred: cancelled")
		s.server("+OK\r\n")
		s.wrote("NOOP\r\n")
	})
	t.Run("without a connection, and with a bad number", func(t *testing.T) {
		u := &user{}
		track(u, "RETR", u.RetrTo(1, &noting{u: u, name: "sink"}))
		track(u, "RETR", u.RetrTo(0, &noting{u: u, name: "sink"}))
		if got := list(u.take()); strings.Count(got, "sink done: pop3: ") != 2 || strings.Count(got, "RETR failed: ") != 2 {
			t.Errorf("got %s, want both to fail and both sinks to hear of it", got)
		}
	})
}

// A sink that takes less than all without an error has not got the message, which is not deleted.
func TestSinkThatTakesLess(t *testing.T) {
	s := pipelining(t, nil)
	k := &noting{u: s.user, name: "sink", less: 1}
	var failed error
	s.RetrTo(1, k).Handle(nil, func(err error) { failed = err })
	track(s.user, "DELE", s.Dele(1))
	s.server("+OK\r\nx\r\n.\r\n")
	if !errors.Is(failed, io.ErrShortWrite) {
		t.Errorf("got %v, want io.ErrShortWrite", failed)
	}
	s.happened("sink done: short write", "DELE failed: pop3: DELE: the message was not deleted because it was not stored (sent false)")
	s.wrote("RETR 1\r\n")
}

// A sink that panics fails its own command, and keeps no other one from its end.
func TestSinksThatPanic(t *testing.T) {
	for _, where := range []string{"Write", "Done", "Stored"} {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprintf("in %s, lost %v", where, lost), func(t *testing.T) {
				s := pipelining(t, nil)
				k := newStoring(s.user, "sink")
				k.panics = where
				first, second := s.RetrTo(1, k), s.Noop()
				track(s.user, "DELE", s.Dele(1))
				quietly(func() {
					s.server("+OK\r\n")
					if !lost {
						s.server("x\r\n.\r\n+OK\r\n")
					}
				})
				if where == "Write" || lost { // a reactor ends the connection then
					quietly(func() { s.tr.Lose(nil) })
					s.clock.Turn()
				}
				var failed error
				fired := 0
				first.Handle(nil, func(err error) { failed, fired = err, fired+1 })
				second.Handle(func(pop3.Reply) { fired++ }, func(error) { fired++ })
				if fired != 2 || failed == nil {
					t.Errorf("got %d fired, and %v, want both, and an error", fired, failed)
				}
				var panicked *deferred.PanicError
				if !lost && where != "Write" && !errors.As(failed, &panicked) {
					t.Errorf("got %v, want a *deferred.PanicError", failed)
				}
				if sent := string(s.tr.Take()); strings.Contains(sent, "DELE") {
					t.Errorf("got %q sent, want no DELE", sent)
				}
				if events := list(s.take()); !strings.Contains(events, "DELE failed") || strings.Count(events, "sink done") != 1 {
					t.Errorf("got %s, want the DELE to fail and Done once", events)
				}
			})
		}
	}
}

// A sink that pauses is paused: nothing comes, and no deadline passes.
func TestPauseInsideASink(t *testing.T) {
	s := pipelining(t, nil)
	k := &noting{u: s.user, name: "sink"}
	k.each = s.PauseProducing
	track(s.user, "RETR", s.RetrTo(1, k))
	track(s.user, "NOOP", s.Noop())
	s.server("+OK\r\none\r\n") // and what was read already
	if !s.tr.Paused() {
		t.Fatal("the connection is not paused")
	}
	s.server("two\r\n.\r\n+OK\r\n")
	s.clock.Advance(time.Hour)
	if got := string(k.got); got != "one\r\n" {
		t.Errorf("paused: got %q, want nothing of the second line", got)
	}
	s.closed(false)
	k.each = nil
	s.ResumeProducing()
	s.clock.Turn()
	s.happened("sink done", `RETR: 1 "+OK" 10`, `NOOP: "+OK"`)
	s.ResumeProducing()
	drop(s.Noop())
	s.clock.Advance(time.Minute)
	s.closed(true)
	var idle pop3.Client
	idle.PauseProducing() // without a connection it does nothing
	idle.ResumeProducing()
}

// Behind a pause the server has its whole time again, and no more.
func TestPauseAndDeadlines(t *testing.T) {
	s := pipelining(t, nil)
	drop(s.Noop())
	s.clock.Advance(59 * time.Second)
	s.PauseProducing()
	s.PauseProducing()
	s.clock.Advance(time.Hour)
	s.ResumeProducing()
	s.clock.Advance(59 * time.Second)
	s.closed(false)
	s.clock.Advance(time.Second)
	s.closed(true)
	if n := s.clock.Pending(); n != 0 {
		t.Errorf("planned calls: got %d, want 0", n)
	}
}
