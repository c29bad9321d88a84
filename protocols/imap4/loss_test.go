package imap4_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// exchange is a session that is cut off behind each of its bytes. commands are issued in ConnectionMade; answers holds, for each,
// the line that answers it.
type exchange struct {
	name     string
	commands []command
	server   []string
	answers  []string
}

type command struct {
	name  string
	issue func(u *user) pending
}

// pending is a command's Deferred, whatever its type.
type pending func(ok func(), fail func(error))

func pend[T any](d *deferred.Deferred[T]) pending {
	return func(ok func(), fail func(error)) { d.Handle(func(T) { ok() }, fail) }
}

var (
	capabilityCommand = command{"CAPABILITY", func(u *user) pending { return pend(u.GetCapabilities()) }}
	noopCommand       = command{"NOOP", func(u *user) pending { return pend(u.Noop()) }}
	logoutCommand     = command{"LOGOUT", func(u *user) pending { return pend(u.Logout()) }}
	loginCommand      = command{"LOGIN", func(u *user) pending { return pend(u.Login("alice", "a\r\nb")) }}
)

var exchanges = []exchange{
	{
		"CAPABILITY", []command{capabilityCommand},
		[]string{"* OK ready", "* CAPABILITY IMAP4rev1 IDLE", "A1 OK done"}, []string{"A1 OK done"},
	},
	{
		"LOGIN with a literal", []command{loginCommand},
		[]string{"* OK ready", "+ go on", "A1 OK [CAPABILITY IMAP4rev1] done"}, []string{"A1 OK [CAPABILITY IMAP4rev1] done"},
	},
	{
		"NOOP with a literal on the way", []command{noopCommand},
		[]string{"* OK ready", "* LIST () \"/\" {3}", "a\tb", "* 3 EXISTS", "A1 OK done"}, []string{"A1 OK done"},
	},
	{
		"LOGOUT", []command{logoutCommand},
		[]string{"* OK ready", "* BYE out", "A1 OK done"}, []string{"* BYE out"},
	},
	{
		"many", []command{capabilityCommand, loginCommand, noopCommand, noopCommand, logoutCommand},
		[]string{"* OK ready", "* CAPABILITY X", "A1 OK done", "+", "A2 OK done", "A3 OK done", "* 1 EXISTS", "A4 OK done", "* BYE out", "A5 OK done"},
		[]string{"A1 OK done", "A2 OK done", "A3 OK done", "A4 OK done", "* BYE out"},
	},
	{
		"BYE under NOOP", []command{noopCommand, noopCommand},
		[]string{"* OK ready", "* BYE [UNAVAILABLE] out", "* OK still"}, []string{"", ""},
	},
	{
		"no greeting", []command{noopCommand, loginCommand, logoutCommand},
		[]string{"* OK Welcome"}, []string{"", "", ""},
	},
}

// ending is a way to lose a connection.
type ending struct {
	name   string
	lose   func(s *session)
	reason error
}

var reset = &reactor.LossError{Kind: reactor.ErrConnectionLost, Err: syscall.ECONNRESET}

var endings = []ending{
	{"clean end", func(s *session) { s.tr.Lose(nil) }, reactor.ErrConnectionDone},
	{"reset", func(s *session) { s.tr.Lose(reset) }, syscall.ECONNRESET},
	{"abort", func(s *session) { s.Transport().AbortConnection() }, reactor.ErrConnectionAborted},
	{"close", func(s *session) { s.Transport().LoseConnection() }, reactor.ErrConnectionDone},
}

func TestLossBehindEachByte(t *testing.T) {
	for _, x := range exchanges {
		for _, e := range endings {
			t.Run(x.name+", "+e.name, func(t *testing.T) {
				input := strings.Join(x.server, "\r\n") + "\r\n"
				for n := 0; n <= len(input) && !t.Failed(); n++ {
					for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
						x.loseBehind(t, e, input[:n], cut)
					}
				}
			})
		}
	}
}

func (x exchange) loseBehind(t *testing.T, e ending, input string, cut reactortest.Chunking) {
	t.Helper()
	s := start(t, newUser(func(u *user) {
		u.Listener = nil
		for _, c := range x.commands {
			x.watch(t, u, c, e.reason)
		}
	}))
	s.serverCut(input, cut)
	sent := string(s.tr.Written())
	e.lose(s)
	s.clock.Turn()
	var want []string
	for i, c := range x.commands {
		if x.answers[i] != "" && strings.Contains(input, x.answers[i]+"\r\n") {
			want = append(want, c.name+" ok")
			continue
		}
		want = append(want, fmt.Sprintf("%s failed, sent %v", c.name, strings.Contains(sent, fmt.Sprintf("A%d ", i+1))), "its NOOP failed, sent false")
	}
	events := s.take()
	if len(events) == 0 || !strings.HasPrefix(events[len(events)-1], "lost: ") {
		t.Fatalf("behind %q: got %s, want lost: at the end", input, list(events))
	}
	wantEvents(t, events[:len(events)-1], want)
	if t.Failed() {
		t.Fatalf("the connection was lost behind %q", input)
	}
	if _, commands, timer := s.Held(); commands != 0 || timer || s.clock.Pending() != 0 {
		t.Fatalf("behind %q: got %d commands kept, timer %v, %d planned calls, want nothing", input, commands, timer, s.clock.Pending())
	}
}

// watch issues a command, and another one if it fails.
func (x exchange) watch(t *testing.T, u *user, c command, reason error) {
	c.issue(u)(func() { u.note("%s ok", c.name) }, func(err error) {
		u.note("%s failed, sent %v", c.name, asCommandError(t, err, c.name).Sent)
		bye := new(imap4.ByeError)
		if !errors.Is(err, reason) && !errors.As(err, &bye) {
			t.Errorf("reason: got %v, want %v", err, reason)
		}
		pend(u.Noop())(func() { t.Error("NOOP at the loss: got a value, want an error") }, func(err error) {
			u.note("its NOOP failed, sent %v", asCommandError(t, err, "NOOP").Sent)
		})
	})
}

func asCommandError(t *testing.T, err error, name string) *imap4.CommandError {
	t.Helper()
	var ce *imap4.CommandError
	if !errors.As(err, &ce) {
		t.Errorf("error: got %T %v, want *CommandError", err, err)
		return &imap4.CommandError{}
	}
	if ce.Command != name {
		t.Errorf("command of the error: got %s, want %s", ce.Command, name)
	}
	return ce
}

func TestCommandsOutsideAConnection(t *testing.T) {
	t.Run("before MakeConnection", func(t *testing.T) {
		u := newUser(nil)
		if u.Transport() != nil {
			t.Errorf("Transport: got %v, want nil", u.Transport())
		}
		for _, c := range []command{capabilityCommand, noopCommand, logoutCommand, loginCommand} {
			c.issue(u)(func() { t.Error("got a value, want an error") }, func(err error) {
				wantUnsent(t, err, imap4.ErrNotConnected, c.name)
			})
		}
	})
	t.Run("after LoseConnection", func(t *testing.T) {
		s := greeted(t)
		s.Transport().LoseConnection()
		_, err, _ := s.Noop().Result()
		wantUnsent(t, err, imap4.ErrNotConnected, "NOOP")
	})
	for _, e := range endings {
		t.Run("after the loss, "+e.name, func(t *testing.T) {
			s := greeted(t)
			e.lose(s)
			s.clock.Turn()
			_, err, _ := s.Noop().Result()
			wantUnsent(t, err, e.reason, "NOOP")
			s.wrote("")
		})
		t.Run("in ConnectionLost, "+e.name, func(t *testing.T) {
			u := newUser(nil)
			s := start(t, u)
			u.lost = func(u *user) {
				_, err, _ := u.Noop().Result()
				wantUnsent(t, err, e.reason, "NOOP")
				u.note("tried")
			}
			e.lose(s)
			s.clock.Turn()
			if got := u.events[len(u.events)-1]; got != "tried" {
				t.Errorf("last event: got %q, want tried", got)
			}
		})
	}
	t.Run("after BYE and the end", func(t *testing.T) {
		s := greeted(t)
		s.server("* BYE [UNAVAILABLE] out\r\n")
		_, err, _ := s.Noop().Result()
		var bye *imap4.ByeError
		if !errors.As(err, &bye) || bye.Text != "out" || bye.Code != "UNAVAILABLE" {
			t.Errorf("error: got %#v, want a *ByeError with the server's words", err)
		}
		wantUnsent(t, err, reactor.ErrConnectionDone, "NOOP")
	})
	t.Run("a second connection", func(t *testing.T) {
		s := greeted(t)
		defer func() {
			if got := recover(); got == nil {
				t.Error("MakeConnection once more: got no panic, want one")
			}
		}()
		s.MakeConnection(reactortest.NewTransport(nil))
	})
}

// What an errback got does not change any more: it may be read in another goroutine.
func TestByeErrorDoesNotChange(t *testing.T) {
	s := greeted(t)
	s.noop()
	var got *imap4.ByeError
	var was imap4.ByeError
	s.Noop().Handle(nil, func(err error) {
		if !errors.As(err, &got) {
			t.Fatalf("error: got %T, want *ByeError in it", err)
		}
		was = *got
	})
	s.server("* BYE out\r\nA1 OK done\r\n")
	if want := (imap4.ByeError{Text: "out"}); was != want {
		t.Errorf("before the end: got %#v, want %#v", was, want)
	}
	if s.tr.Reason() == nil || *got != was {
		t.Errorf("after the end (%v): got %#v, want %#v", s.tr.Reason(), *got, was)
	}
}

// The reason for which the client has closed is the one that commands get from then on.
func TestReasonStays(t *testing.T) {
	for _, test := range []struct{ name, server, want string }{
		{"deadline", "", timedOut("NOOP", "1m0s", "CAPABILITY")},
		{"BYE and deadline", "* BYE out\r\n", `imap4: NOOP: the server said BYE "out"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := greeted(t)
			s.capability()
			s.server(test.server)
			s.clock.Advance(time.Hour)
			_, err, _ := s.Noop().Result()
			if err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
			wantUnsent(t, err, context.DeadlineExceeded, "NOOP")
		})
	}
}

// A command that the transport did not take was not sent.
func TestWriteRefused(t *testing.T) {
	s := greeted(t)
	s.tr.SetMaxBuffered(1)
	s.tr.Hold()
	s.noop() // fills it
	s.noop()
	s.capability()
	s.server("A1 OK done\r\n")
	s.happened(
		"NOOP: ok",
		"NOOP failed: imap4: NOOP: reactor: write buffer is full because the peer does not read. (sent false)",
		"CAPABILITY failed: imap4: CAPABILITY: reactor: write buffer is full because the peer does not read. (sent false)",
		"lost: reactor: write buffer is full because the peer does not read.",
	)
}
