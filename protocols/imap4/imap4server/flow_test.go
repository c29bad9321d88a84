package imap4server_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/imap4server"
	"github.com/tconn/tconn/reactor"
)

func TestPipeliningWhileADeferredIsWaitedFor(t *testing.T) {
	for _, cut := range []int{1, 7, 1000} {
		t.Run(fmt.Sprintf("cut every %d bytes", cut), func(t *testing.T) {
			a := &slow{}
			s := open(t, a.authenticate, imap4server.Options{})
			s.want(greeting)
			input := "a NOOP\r\nb LOGIN alice secret\r\nc SELECT INBOX\r\nd NOOP\r\ne SELECT {3}\r\nSub\r\nf LOGOUT\r\n"
			for len(input) > 0 {
				n := min(cut, len(input))
				s.send(input[:n])
				input = input[n:]
			}
			s.want("a OK NOOP completed\r\n")
			if !s.tr.Paused() {
				t.Error("reading is paused while LOGIN waits: got false, want true")
			}
			a.logins[0].Callback(a)
			s.clock.Turn()
			s.want("b" + loggedIn)
			a.selects[0].Errback(imap4server.ErrNoSuchMailbox)
			s.clock.Turn()
			s.want("c NO [NONEXISTENT] No such mailbox\r\nd OK NOOP completed\r\n+ Ready for literal data\r\n")
			m := &box{}
			a.selects[1].Callback(m)
			s.clock.Turn()
			if got := string(s.tr.Take()); !strings.HasSuffix(got, "\r\ne OK [READ-ONLY] SELECT completed\r\n* BYE tconn IMAP4rev1 server logging out\r\nf OK LOGOUT completed\r\n") {
				t.Errorf("server sent %q, want the answers to e and f, in this order", got)
			}
			if m.closed != 1 {
				t.Errorf("mailbox closed %d times, want 1", m.closed)
			}
			if got, want := a.names, []string{"INBOX", "Sub"}; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("selected %q, want %q", got, want)
			}
		})
	}
}

func TestReadingGoesOnAfterTheAnswer(t *testing.T) {
	a := &slow{}
	s := open(t, a.authenticate, imap4server.Options{})
	s.send("a LOGIN alice secret\r\n")
	a.logins[0].Callback(a)
	s.clock.Turn()
	if s.tr.Paused() {
		t.Error("paused after the answer: got true, want false")
	}
	s.tr.Clear()
	s.send("b NOOP\r\n")
	s.want("b OK NOOP completed\r\n")
}

func TestThousandsOfCommandsInOneRead(t *testing.T) {
	const n = 5000
	var in, want strings.Builder
	for i := range n {
		fmt.Fprintf(&in, "t%d NOOP\r\n", i)
		fmt.Fprintf(&want, "t%d OK NOOP completed\r\n", i)
	}
	s := start(t, imap4server.Options{})
	s.send(in.String())
	s.want(want.String())
}

func TestLossWhileADeferredIsWaitedFor(t *testing.T) {
	late := errors.New("backend is gone")
	t.Run("login succeeds too late", func(t *testing.T) {
		errs := unhandled(t)
		a := &slow{}
		s := open(t, a.authenticate, imap4server.Options{})
		s.send(loginLine + "n NOOP\r\n")
		s.tr.Clear()
		s.tr.AbortConnection()
		s.clock.Turn()
		a.logins[0].Callback(a)
		s.want("")
		wantReported(t, errs(), nil, false)
	})
	t.Run("login fails too late", func(t *testing.T) {
		errs := unhandled(t)
		a := &slow{}
		s := open(t, a.authenticate, imap4server.Options{LoginTries: 1})
		s.send(loginLine)
		s.tr.Clear()
		s.tr.AbortConnection()
		s.clock.Turn()
		a.logins[0].Errback(imap4server.ErrAuthenticationFailed)
		s.want("")
		wantReported(t, errs(), nil, false)
	})
	t.Run("a mailbox that comes too late is closed", func(t *testing.T) {
		a := &slow{}
		s := open(t, imap4server.OneUser("alice", "secret", a), imap4server.Options{})
		s.send(loginLine + selectLine)
		s.tr.Clear()
		s.clock.Advance(imap4server.DefaultIdleTimeout)
		s.want("* BYE Autologout; connection idle too long\r\n")
		m := &box{}
		a.selects[0].Callback(m)
		if m.closed != 1 {
			t.Errorf("mailbox closed %d times, want 1", m.closed)
		}
		s.want("")
	})
	t.Run("an error of the backend that comes too late is reported", func(t *testing.T) {
		errs := unhandled(t)
		a := &slow{}
		s := open(t, imap4server.OneUser("alice", "secret", a), imap4server.Options{})
		s.send(loginLine + selectLine)
		s.tr.AbortConnection()
		s.clock.Turn()
		a.selects[0].Errback(late)
		a.selects = nil
		wantReported(t, errs(), late, true)
	})
	t.Run("expunge ends too late", func(t *testing.T) {
		errs := unhandled(t)
		m := &expungeBox{}
		m.status.IsWriteable = true
		s := open(t, boxes{by: map[string]imap4server.Mailbox{"INBOX": m}}.login(), imap4server.Options{})
		s.send(loginLine + selectLine + "c CLOSE\r\n")
		s.tr.Clear()
		s.tr.Lose(nil) // not noticed: reading is paused
		s.tr.AbortConnection()
		s.clock.Turn()
		m.expunges[0].Callback(nil)
		m.expunges = nil
		s.want("")
		wantReported(t, errs(), nil, false)
		if m.closed != 1 {
			t.Errorf("mailbox closed %d times, want 1", m.closed)
		}
	})
}

// expungeBox is a mailbox that can remove messages when the test says so.
type expungeBox struct {
	box
	expunges []*deferred.Deferred[[]uint32]
}

func (b *expungeBox) Expunge() *deferred.Deferred[[]uint32] {
	d := deferred.New[[]uint32]()
	b.expunges = append(b.expunges, d)
	return d
}

func TestCloseExpunges(t *testing.T) {
	cases := []struct {
		name      string
		open, end string
		expunges  int
	}{
		{"CLOSE after SELECT", "SELECT", "CLOSE", 1},
		{"CLOSE after EXAMINE", "EXAMINE", "CLOSE", 0},
		{"UNSELECT", "SELECT", "UNSELECT", 0},
		{"LOGOUT", "SELECT", "LOGOUT", 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			m := &expungeBox{}
			m.status.IsWriteable = true
			s := open(t, boxes{by: map[string]imap4server.Mailbox{"INBOX": m}}.login(), imap4server.Options{})
			s.send(loginLine + "s " + tc.open + " INBOX\r\nc " + tc.end + "\r\nn NOOP\r\n")
			if got := len(m.expunges); got != tc.expunges {
				t.Fatalf("Expunge called %d times, want %d", got, tc.expunges)
			}
			if tc.expunges == 0 {
				return
			}
			s.tr.Clear()
			m.expunges[0].Callback([]uint32{1})
			s.want("c OK CLOSE completed\r\nn OK NOOP completed\r\n")
			if m.closed != 1 {
				t.Errorf("mailbox closed %d times, want 1", m.closed)
			}
		})
	}
	t.Run("a failure leaves the mailbox open", func(t *testing.T) {
		m := &expungeBox{}
		m.status.IsWriteable = true
		s := open(t, boxes{by: map[string]imap4server.Mailbox{"INBOX": m}}.login(), imap4server.Options{})
		s.send(loginLine + selectLine + "c CLOSE\r\nu UNSELECT\r\n")
		s.tr.Clear()
		m.expunges[0].Errback(&imap4server.Refusal{Code: "INUSE", Text: "Locked"})
		s.want("c NO [INUSE] Locked\r\nu OK UNSELECT completed\r\n")
	})
}

// TestClientThatDoesNotRead: commands wait while more than 64 KiB of answers do.
func TestClientThatDoesNotRead(t *testing.T) {
	const commands = 10_000
	one := "t OK NOOP completed\r\n"
	s := start(t, imap4server.Options{})
	s.tr.Hold()
	s.tr.Receive([]byte(strings.Repeat("t NOOP\r\n", commands)))
	s.tr.Receive([]byte("u NOOP\r\n"))
	s.clock.Turn()
	if got, low, high := s.tr.Buffered(), 64<<10, 64<<10+len(one); got <= low || got > high {
		t.Errorf("answers waiting: got %d bytes, want more than %d and at most %d", got, low, high)
	}
	if !s.tr.Paused() {
		t.Error("reading is paused: got false, want true")
	}
	s.tr.Drain(s.tr.Buffered() - 1)
	before := s.tr.Buffered()
	s.clock.Turn()
	if got := s.tr.Buffered(); got != before {
		t.Errorf("answers waiting while the client has not read all: got %d, want %d as before", got, before)
	}
	for range 10 {
		s.tr.Drain(s.tr.Buffered())
		s.clock.Turn()
	}
	s.tr.Release()
	s.clock.Turn()
	if got, want := string(s.tr.Take()), strings.Repeat(one, commands)+"u OK NOOP completed\r\n"; got != want {
		t.Errorf("server sent %d bytes ending in %q, want %d", len(got), tail(got), len(want))
	}
	if s.tr.Paused() {
		t.Error("reading is paused at the end: got true, want false")
	}
}

func TestClientThatDoesNotReadIsEndedByTheTimeout(t *testing.T) {
	s := startSelected(t, imap4server.Options{})
	s.tr.Hold()
	s.send(strings.Repeat("t NOOP\r\n", 10_000))
	s.clock.Advance(imap4server.DefaultIdleTimeout)
	s.wantClosed(true)
	s.tr.Release()
	s.clock.Turn()
	if got, want := tail(string(s.tr.Take())), "* BYE Autologout; connection idle too long\r\n"; !strings.HasSuffix(got, want) {
		t.Errorf("server sent at last %q, want %q", got, want)
	}
	if got := s.tr.Reason(); got != reactor.ErrConnectionDone {
		t.Errorf("reason: got %v, want %v", got, reactor.ErrConnectionDone)
	}
}

// TestForeignProducer: a type that embeds the server and has registered a producer of its own goes on being served.
func TestForeignProducer(t *testing.T) {
	s := start(t, imap4server.Options{})
	if err := s.tr.RegisterProducer(foreign{}, true); err != nil {
		t.Fatal(err)
	}
	s.tr.Hold()
	s.send(strings.Repeat("t NOOP\r\n", 10_000))
	s.tr.Release()
	if got, want := strings.Count(string(s.tr.Take()), "t OK"), 10_000; got != want {
		t.Errorf("answers: got %d, want %d", got, want)
	}
	s.tr.UnregisterProducer()
}

type foreign struct{}

func (foreign) PauseProducing()  {}
func (foreign) ResumeProducing() {}
func (foreign) StopProducing()   {}

func tail(s string) string { return s[max(0, len(s)-60):] }
