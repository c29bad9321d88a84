package pop3_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/pop3"
)

// unknownDeletions are the messages of which err says that nobody knows whether they are deleted; "" for none.
func unknownDeletions(err error) string {
	var unknown *pop3.QuitError
	if !errors.As(err, &unknown) || !errors.Is(err, pop3.ErrDeletionsUnknown) {
		return ""
	}
	return fmt.Sprint(unknown.Deleted)
}

func TestQuitSaysWhatIsDeleted(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(s *session)
		want string
	}{
		{"not answered", func(s *session) { s.tr.Lose(nil) }, "[2 7]"},
		{"half an answer", func(s *session) { s.server("+O"); s.tr.Lose(nil) }, "[2 7]"},
		{"silence", func(s *session) { s.clock.Advance(time.Hour) }, "[2 7]"},
		{"refused", func(s *session) { s.server("-ERR some deleted messages not removed\r\n") }, "[2 7]"},
		{"answered with something else", func(s *session) { s.server("221 bye\r\n") }, "[2 7]"},
		{"answered", func(s *session) { s.server("+OK bye\r\n") }, ""},
		{"answered, with more behind it", func(s *session) { s.server("+OK bye\r\n-ERR\r\nx") }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := loggedIn(t, nil)
			for _, n := range []int{7, 2, 5} {
				drop(s.Dele(n))
				s.server(map[bool]string{true: "-ERR\r\n", false: "+OK\r\n"}[n == 5])
			}
			var got error
			fired := 0
			s.Quit().Handle(func(pop3.Reply) { fired++ }, func(err error) { got, fired = err, fired+1 })
			test.end(s)
			if text := unknownDeletions(got); text != test.want || fired != 1 || (got == nil) != (test.want == "") {
				t.Errorf("got %v, fired %d times, want the messages %q", got, fired, test.want)
			}
			s.closed(true)
			s.clock.Advance(time.Hour)
			if s.tr.Reason() == nil || s.clock.Pending() != 0 {
				t.Errorf("the end: got %v, %d planned calls, want the connection gone and none", s.tr.Reason(), s.clock.Pending())
			}
		})
	}
	t.Run("nothing was to be deleted", func(t *testing.T) {
		s := loggedIn(t, nil)
		drop(s.Dele(1))
		s.server("+OK\r\n")
		drop(s.Rset())
		s.server("+OK\r\n")
		track(s.user, "QUIT", s.Quit())
		s.tr.Lose(nil)
		s.happened("QUIT failed: pop3: QUIT: Connection was closed cleanly. (sent true)", "lost: Connection was closed cleanly.")
	})
	t.Run("a RSET that was refused takes nothing back", func(t *testing.T) {
		s := loggedIn(t, nil)
		drop(s.Dele(1))
		s.server("+OK\r\n")
		drop(s.Rset())
		s.server("-ERR\r\n")
		track(s.user, "QUIT", s.Quit())
		s.tr.Lose(nil)
		s.happened("QUIT failed: pop3: it is not known whether 1 messages were deleted: QUIT: Connection was closed cleanly. (sent true)", "lost: Connection was closed cleanly.")
	})
	t.Run("a DELE whose answer nobody waits for counts", func(t *testing.T) {
		s := loggedIn(t, nil)
		d := s.Dele(1)
		d.Cancel()
		drop(d)
		s.server("+OK\r\n")
		var got error
		s.Quit().Handle(nil, func(err error) { got = err })
		s.tr.Lose(nil)
		if text := unknownDeletions(got); text != "[1]" {
			t.Errorf("got %v, want [1]", got)
		}
	})
	t.Run("not sent: the connection stays, and so does what is deleted", func(t *testing.T) {
		s := loggedIn(t, nil)
		drop(s.Dele(1))
		quit := s.Quit()
		quit.Cancel()
		quit.Handle(nil, func(err error) {
			if unknownDeletions(err) != "" {
				t.Errorf("got %v, want no word of deletions", err)
			}
		})
		s.server("+OK\r\n")
		s.closed(false)
	})
}

func TestQuitGoesLast(t *testing.T) {
	s := pipelining(t, nil)
	for i := range 3 {
		track(s.user, fmt.Sprint("NOOP ", i), s.Noop())
	}
	track(s.user, "QUIT", s.Quit())
	track(s.user, "behind", s.Noop())
	s.wrote("NOOP\r\nNOOP\r\nNOOP\r\n")
	s.server("+OK\r\n+OK\r\n")
	s.wrote("")
	s.server("+OK\r\n")
	s.wrote("QUIT\r\n")
	s.server("+OK bye\r\n")
	s.happened(`NOOP 0: "+OK"`, `NOOP 1: "+OK"`, `NOOP 2: "+OK"`, `QUIT: "+OK bye"`,
		"behind failed: pop3: NOOP: Connection was closed cleanly. (sent false)", "lost: Connection was closed cleanly.")
	s.wrote("")
}

// A server that does not read cannot keep the connection, and neither can a program that has stopped reading.
func TestQuitEndsInTime(t *testing.T) {
	s := loggedIn(t, nil)
	s.tr.Hold()
	s.Quit().Handle(func(pop3.Reply) { s.PauseProducing() }, nil)
	s.server("+OK\r\n")
	s.clock.Advance(4 * time.Second)
	if s.tr.Reason() != nil {
		t.Fatal("it has ended at once")
	}
	s.clock.Advance(time.Second)
	if s.tr.Reason() == nil {
		t.Error("the connection stands")
	}
}
