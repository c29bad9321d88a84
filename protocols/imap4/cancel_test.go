package imap4_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
)

// ignored is an errback that takes any error.
func ignored[T any](error) (none T, _ error) { return none, nil }

func TestCancel(t *testing.T) {
	t.Run("of a command that waits: nothing is sent", func(t *testing.T) {
		s := greeted(t)
		s.noop()
		d := s.Login("alice", "secret")
		s.capability()
		d.Cancel()
		wantCancelled(t, d)
		s.server("A1 OK done\r\n")
		s.wrote("A1 NOOP\r\nA3 CAPABILITY\r\n")
		s.server("A2 OK not mine\r\nA3 OK done\r\n")
		s.happened("NOOP: ok", "CAPABILITY: []")
	})
	t.Run("of the only one that waits for the greeting", func(t *testing.T) {
		s := start(t, newUser(nil))
		d := s.Noop()
		d.Cancel()
		wantCancelled(t, d)
		s.server("* OK ready\r\n")
		s.wrote("")
		s.noop()
		s.wrote("A2 NOOP\r\n")
	})
	t.Run("of all that wait, first to last and last to first", func(t *testing.T) {
		for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}} {
			s := greeted(t)
			s.noop()
			waiting := []*deferred.Deferred[struct{}]{s.Noop(), s.Noop(), s.Noop()}
			for _, i := range order {
				waiting[i].Cancel()
				wantCancelled(t, waiting[i])
			}
			s.capability()
			s.server("A1 OK done\r\n")
			s.wrote("A1 NOOP\r\nA5 CAPABILITY\r\n")
		}
	})
	t.Run("of one that was sent: its answer is dropped and the next one goes on", func(t *testing.T) {
		s := greeted(t)
		d := s.Noop()
		s.capability()
		d.Cancel()
		wantCancelled(t, d)
		s.wrote("A1 NOOP\r\n")
		s.server("* 3 EXISTS\r\nA1 NO late\r\n")
		s.wrote("A2 CAPABILITY\r\n")
		s.server("A2 OK done\r\n")
		s.happened("exists 3", "CAPABILITY: []")
	})
	t.Run("of one that was sent: its functions are not called any more", func(t *testing.T) {
		gone := func(s *session) func(imap4.MessageSet) {
			return func(uids imap4.MessageSet) { s.note("called with %v", uids) }
		}
		for name, test := range map[string]struct {
			issue func(s *session) interface{ Cancel() }
			data  string
		}{
			"Fetch": {func(s *session) interface{ Cancel() } {
				return s.Fetch(imap4.AllUIDs(), imap4.FetchOptions{ChangedSince: 3, Vanished: gone(s)}, nil).AddErrback(ignored[int])
			}, "* VANISHED (EARLIER) 3:4\r\n"},
			"Select": {func(s *session) interface{ Cancel() } {
				o := imap4.SelectOptions{QResync: &imap4.QResync{UIDValidity: 1, ModSeq: 2}, Vanished: gone(s), Changed: func(m *imap4.Message) { s.note("called with %d", m.UID) }}
				return s.Select("x", o).AddErrback(ignored[*imap4.MailboxInfo])
			}, "* OK [CLOSED] x\r\n* OK [UIDVALIDITY 1] x\r\n* VANISHED (EARLIER) 3:4\r\n* 1 FETCH (UID 7 FLAGS ())\r\n"},
			"Search": {func(s *session) interface{ Cancel() } {
				o := imap4.SearchOptions{Update: func(u imap4.SearchUpdate) { s.note("called with %v", u) }}
				return s.UIDSearch(imap4.Query{}, o).AddErrback(ignored[*imap4.SearchData])
			}, "* ESEARCH (TAG \"A1\") UID ADDTO (0 5)\r\n"},
		} {
			s := opened(t, "QRESYNC CONTEXT=SEARCH ESEARCH")
			s.SetEnabled("QRESYNC")
			s.tr.Take()
			d := test.issue(s)
			if sent := string(s.tr.Take()); sent == "" {
				t.Errorf("%s: got nothing sent, want a command", name)
			}
			d.Cancel()
			s.server(test.data + "A1 OK done\r\n" + "* ESEARCH (TAG \"A1\") UID ADDTO (0 6)\r\n")
			for _, e := range s.take() {
				if strings.HasPrefix(e, "called") {
					t.Errorf("%s: %s after Cancel", name, e)
				}
			}
		}
	})
	t.Run("of one that was sent: its deadline stays", func(t *testing.T) {
		s := greeted(t)
		d := s.Noop()
		d.Cancel()
		wantCancelled(t, d)
		s.clock.Advance(time.Minute)
		s.happened(aborted("imap4: " + timeout("1m0s", "NOOP")))
	})
	t.Run("of a LOGIN that was sent: the session is logged in all the same", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* OK [CAPABILITY IMAP4rev1] ready\r\n")
		s.take()
		d := s.Login("alice", "a\r\nb")
		d.Cancel()
		wantCancelled(t, d)
		s.server("+ go on\r\nA1 OK done\r\n")
		s.wrote("A1 LOGIN alice {4}\r\na\r\nb\r\n")
		s.login("alice", "secret")
		known(s.user)
		s.server("A3 OK done\r\n")
		s.happened("LOGIN failed: imap4: LOGIN: the command is not allowed in this state of the session (sent false)", "known false: []")
	})
	t.Run("of a LOGOUT that was sent: the connection is closed all the same", func(t *testing.T) {
		s := greeted(t)
		d := s.Logout()
		d.Cancel()
		wantCancelled(t, d)
		s.server("* BYE out\r\nA1 OK done\r\n")
		s.closed(true)
		s.happened(cleanEnd)
	})
	t.Run("of one that has its answer: nothing", func(t *testing.T) {
		s := greeted(t)
		d := s.Noop()
		s.server("A1 OK done\r\n")
		d.Cancel()
		if _, err, ok := d.Result(); err != nil || !ok {
			t.Errorf("result: got %v, %v, want nil, true", err, ok)
		}
	})
	t.Run("by an errback at the loss: each fires once, in order", func(t *testing.T) {
		s := greeted(t)
		first := s.Noop()
		second, third := s.Noop(), s.Noop()
		first.Handle(nil, func(err error) {
			s.note("first: %s", failure(err))
			third.Cancel()
			second.Cancel()
		})
		second.Handle(nil, func(err error) { s.note("second: %s", failure(err)) })
		third.Handle(nil, func(err error) { s.note("third: %s", failure(err)) })
		s.tr.Lose(nil)
		s.happened("first: imap4: NOOP: Connection was closed cleanly. (sent true)", "third: deferred: cancelled", "second: deferred: cancelled", cleanEnd)
	})
	t.Run("by the callback of the command before", func(t *testing.T) {
		s := greeted(t)
		first := s.Noop()
		second := s.Noop()
		s.capability()
		first.Handle(func(struct{}) { second.Cancel() }, nil)
		s.server("A1 OK done\r\n")
		wantCancelled(t, second)
		s.wrote("A1 NOOP\r\nA3 CAPABILITY\r\n")
	})
}

func TestAddTimeout(t *testing.T) {
	t.Run("of a command that was sent", func(t *testing.T) {
		s := greeted(t)
		d := s.Noop().AddTimeout(s.clock.Reactor(), time.Second)
		s.noop()
		s.clock.Advance(time.Second)
		wantTimeout(t, d)
		s.closed(false)
		s.server("A1 OK late\r\nA2 OK done\r\n")
		s.happened("NOOP: ok")
	})
	t.Run("of a command that waits", func(t *testing.T) {
		s := greeted(t)
		s.noop()
		d := s.GetCapabilities().AddTimeout(s.clock.Reactor(), time.Second)
		s.clock.Advance(time.Second)
		wantTimeout(t, d)
		s.server("A1 OK done\r\n")
		s.wrote("A1 NOOP\r\n")
		s.happened("NOOP: ok")
	})
	t.Run("in time", func(t *testing.T) {
		s := greeted(t)
		track(s.user, "NOOP", s.Noop().AddTimeout(s.clock.Reactor(), time.Second))
		s.clock.Advance(time.Second - 1)
		s.server("A1 OK done\r\n")
		s.clock.Advance(time.Hour)
		s.happened("NOOP: ok")
	})
}

func wantCancelled[T any](t *testing.T, d *deferred.Deferred[T]) {
	t.Helper()
	if _, err, ok := d.Result(); !ok || !errors.Is(err, deferred.ErrCancelled) {
		t.Errorf("result: got %v, %v, want %v, true", err, ok, deferred.ErrCancelled)
	}
}

func wantTimeout[T any](t *testing.T, d *deferred.Deferred[T]) {
	t.Helper()
	var late *deferred.TimeoutError
	if _, err, ok := d.Result(); !ok || !errors.As(err, &late) {
		t.Errorf("result: got %v, %v, want *deferred.TimeoutError, true", err, ok)
	}
}
