package imap4_test

import (
	"errors"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
)

func TestClose(t *testing.T) {
	for _, test := range []struct {
		name, caps string
		issue      func(s *session) *deferred.Deferred[struct{}]
		readOnly   bool
		sent       string
	}{
		{"Close", "", func(s *session) *deferred.Deferred[struct{}] { return s.Close() }, false, "A2 CLOSE\r\n"},
		{"Unselect", "UNSELECT", func(s *session) *deferred.Deferred[struct{}] { return s.Unselect() }, false, "A2 UNSELECT\r\n"},
		{"Unselect of what is read-only", "UNSELECT", func(s *session) *deferred.Deferred[struct{}] { return s.Unselect() }, true, "A2 UNSELECT\r\n"},
		{"Unselect, not offered, of what is read-only", "", func(s *session) *deferred.Deferred[struct{}] { return s.Unselect() }, true, "A2 CLOSE\r\n"},
	} {
		for _, answer := range []string{"OK", "NO", "BAD"} {
			t.Run(test.name+" "+answer, func(t *testing.T) {
				s := working(t, test.caps)
				if test.readOnly {
					s.server("* OK [READ-ONLY] now\r\n")
					s.take()
				}
				d := test.issue(s)
				s.noop()
				s.wrote(test.sent)
				s.server("A2 " + answer + " done\r\n")
				s.wrote("A3 NOOP\r\n")
				_, open := s.Mailbox()
				if answer == "OK" {
					got(t, d)
				} else {
					var refused *imap4.ResponseError
					if err := gotError(t, d); !errors.As(err, &refused) || refused.Status != answer {
						t.Errorf("error: got %v, want %s", err, answer)
					}
				}
				if want := answer != "OK"; open != want {
					t.Errorf("a mailbox is open: got %v, want %v", open, want)
				}
			})
		}
	}
	t.Run("Unselect, not offered, would expunge", func(t *testing.T) {
		s := working(t, "")
		refusedUnsent(t, s, s.Unselect(), new(*imap4.UnsupportedError))
		if _, open := s.Mailbox(); !open {
			t.Error("a mailbox is open: got false, want true")
		}
	})
	t.Run("Unselect asks first what the server can do", func(t *testing.T) {
		u := newUser(nil)
		s := start(t, u)
		s.server("* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")
		s.Select("x").Handle(nil, nil)
		s.server("A1 OK done\r\n")
		s.tr.Take()
		d := s.Unselect()
		s.wrote("A3 CAPABILITY\r\n")
		s.server("* CAPABILITY IMAP4rev1 UNSELECT\r\nA3 OK done\r\n")
		s.wrote("A2 UNSELECT\r\n")
		s.server("A2 OK done\r\n")
		got(t, d)
	})
	t.Run("no mailbox is open", func(t *testing.T) {
		for _, issue := range []func(s *session) *deferred.Deferred[struct{}]{
			func(s *session) *deferred.Deferred[struct{}] { return s.Close() },
			func(s *session) *deferred.Deferred[struct{}] { return s.Unselect() },
			func(s *session) *deferred.Deferred[struct{}] { return s.Check() },
		} {
			s := authenticated(t, "UNSELECT")
			if err := gotError(t, issue(s)); !errors.Is(err, imap4.ErrState) {
				t.Errorf("error: got %v, want ErrState", err)
			}
			s.wrote("")
		}
	})
}
