package pop3_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/pop3"
)

// pipelining is a session whose server takes commands ahead of its answers.
func pipelining(t testing.TB, o *pop3.Options) *session {
	t.Helper()
	s := loggedIn(t, o)
	drop(s.Capa())
	s.wrote("CAPA\r\n")
	s.server("+OK\r\nTOP\r\nPIPELINING\r\nUIDL\r\n.\r\n")
	return s
}

// poisoned wants the connection closed, and a command that is issued now to fail with a reason.
func (s *session) poisoned(want any) {
	s.t.Helper()
	s.closed(true)
	var err error
	s.Noop().Handle(nil, func(e error) { err = e })
	var unanswered *pop3.CommandError
	if !errors.As(err, &unanswered) || unanswered.Sent || !errors.As(err, want) {
		s.t.Errorf("a later command: got %v, want a *CommandError around %T, unsent", err, want)
	}
	s.wrote("")
}

func unexpected() any   { return new(*pop3.UnexpectedError) }
func brokenSyntax() any { return new(*pop3.SyntaxError) }

const unasked = `the server said "+OK" although nothing was asked`

// An answer that was there, in whole or in part, before the command was sent is not its answer.
func TestAnswersAheadOfCommands(t *testing.T) {
	for _, early := range []string{"+OK\r\n", "-ERR [IN-USE] out\r\n", "\r\n", "+ go on\r\n", "220 hello\r\n", ".\r\n", "+OK\n+OK\n"} {
		t.Run(fmt.Sprintf("%q with nothing asked", early), func(t *testing.T) {
			s := loggedIn(t, nil)
			s.server(early)
			s.poisoned(unexpected())
		})
		t.Run(fmt.Sprintf("%q behind an answer, with a command issued by the callback", early), func(t *testing.T) {
			s := loggedIn(t, nil)
			s.Noop().Handle(func(pop3.Reply) { track(s.user, "STAT", s.Stat()) }, nil)
			track(s.user, "second", s.Noop())
			s.server("+OK\r\n" + early)
			if got := s.take(); len(got) != 3 || strings.Contains(got[0]+got[1], ": \"+OK") || !strings.Contains(got[0], "second failed") || !strings.Contains(got[1], "STAT failed") {
				t.Errorf("got %s, want both to fail", list(got))
			}
			s.tr.Take()
			s.poisoned(unexpected())
		})
	}
	for n := 1; n < len("+OK\r\n"); n++ {
		t.Run(fmt.Sprintf("%d octets of it", n), func(t *testing.T) {
			s := loggedIn(t, nil)
			s.server("+OK\r\n"[:n])
			track(s.user, "NOOP", s.Noop())
			s.wrote("NOOP\r\n")
			s.server("+OK\r\n"[n:])
			if got := s.take(); len(got) != 2 || got[0] != "NOOP failed: pop3: NOOP: "+unasked+" (sent true)" {
				t.Errorf("got %s, want the command to fail", list(got))
			}
			s.poisoned(unexpected())
		})
	}
	t.Run("before the greeting was whole", func(t *testing.T) {
		s := start(t, nil, func(u *user) { track(u, "QUIT", u.Quit()) })
		s.server("+OK hi\r\n+OK\r\n")
		if got := s.take(); len(got) != 2 || got[0] != "QUIT failed: pop3: QUIT: "+unasked+" (sent true)" {
			t.Errorf("got %s", list(got))
		}
	})
	t.Run("the beginning of a challenge", func(t *testing.T) {
		s := greeted(t, nil)
		track(s.user, "AUTH", s.AuthenticateWith(saying{name: "X", text: "a"}))
		s.server("+ \r\n+")
		s.take()
		s.server(" \r\n")
		s.tr.Take()
		s.poisoned(unexpected())
	})
	t.Run("but one whose first octet comes behind it is", func(t *testing.T) {
		s := pipelining(t, nil)
		track(s.user, "a", s.Noop())
		track(s.user, "b", s.Noop())
		for _, b := range bytewise("+OK 1\r\n+OK 2\r\n") {
			s.server(b)
		}
		s.happened(`a: "+OK 1"`, `b: "+OK 2"`)
	})
}

// The server says why it ends the connection: who sends a command then hears it.
func TestUnaskedWords(t *testing.T) {
	s := loggedIn(t, nil)
	s.server("-ERR [SYS/TEMP] going down\r\n")
	var err error
	s.Noop().Handle(nil, func(e error) { err = e })
	var refusal *pop3.ResponseError
	if !errors.Is(err, pop3.ErrSysTemp) || !errors.As(err, &refusal) || refusal.Text != "[SYS/TEMP] going down" {
		t.Errorf("got %v, want ErrSysTemp and the *ResponseError", err)
	}
	if want := `pop3: NOOP: the server said "-ERR [SYS/TEMP] going down" although nothing was asked`; err.Error() != want {
		t.Errorf("got %q, want %q", err.Error(), want)
	}
}

// What is no status line where one has to stand.
func TestGarbage(t *testing.T) {
	for _, line := range []string{"", ".", "OK", "* OK IMAP", "220 x", "From: me", "+1 555 1234", "-- \t", "\x16\x03\x01", "A1 OK", " +OK"} {
		t.Run(line, func(t *testing.T) {
			s := loggedIn(t, &pop3.Options{Pipelining: pop3.PipelineNever})
			track(s.user, "a", s.Noop())
			track(s.user, "b", s.Stat())
			s.tr.Take()
			s.server(line + "\r\n+OK\r\n+OK 1 2\r\n")
			got := s.take()
			if len(got) != 3 || !strings.HasPrefix(got[0], `a failed: pop3: NOOP: the server breaks the protocol: want "+OK" or "-ERR" as the answer to NOOP, got `) ||
				!strings.HasSuffix(got[0], "(sent true)") || !strings.HasSuffix(got[1], "(sent false)") {
				t.Errorf("got %s, want both to fail", list(got))
			}
			s.poisoned(brokenSyntax())
		})
	}
}

// Two answers to one command: the second is nobody's.
func TestTwoAnswers(t *testing.T) {
	for _, second := range []string{"+OK\r\n", "-ERR no\r\n"} {
		for _, pipelined := range []bool{false, true} {
			t.Run(fmt.Sprintf("%q, pipelined %v", second, pipelined), func(t *testing.T) {
				s := loggedIn(t, &pop3.Options{Pipelining: pop3.PipelineNever})
				if pipelined {
					s = pipelining(t, nil)
				}
				track(s.user, "RSET", s.Rset())
				track(s.user, "DELE", s.Dele(1))
				track(s.user, "NOOP", s.Noop())
				s.wrote("RSET\r\n")
				s.server("+OK\r\n" + second) // DELE goes out between the two
				got := s.take()
				if len(got) != 4 || got[0] != `RSET: "+OK"` || !strings.Contains(got[1], "DELE failed") || !strings.Contains(got[2], "NOOP failed") {
					t.Errorf("got %s, want RSET answered and the others failed", list(got))
				}
				s.tr.Take()
				s.poisoned(unexpected())
			})
		}
	}
}

// A server that does not stuff dots: the message ends early, and the rest looks like this or that.
func TestUnstuffedDots(t *testing.T) {
	for _, rest := range []string{"and more\r\n.\r\n", "+OK\r\n.\r\n", "+OK 5 octets\r\nx\r\n.\r\n", "-ERR\r\n", "\r\n-- \r\nme\r\n.\r\n", ".\r\n", "..\r\n.\r\n"} {
		t.Run(fmt.Sprintf("one by one, %q", rest), func(t *testing.T) {
			s := loggedIn(t, &pop3.Options{Pipelining: pop3.PipelineNever})
			track(s.user, "RETR", s.Retr(1))
			track(s.user, "DELE", s.Dele(1))
			track(s.user, "second", s.Retr(2))
			s.tr.Take()
			s.server("+OK\r\nx\r\n.\r\n" + rest)
			got := s.take()
			if len(got) != 4 || !strings.HasPrefix(got[0], "RETR: ") || !strings.Contains(got[1], "DELE failed") || !strings.Contains(got[2], "second failed") {
				t.Errorf("got %s, want all behind the message to fail", list(got))
			}
			s.tr.Take()
			s.poisoned(unexpected())
		})
	}
	for _, rest := range []string{"and more\r\n.\r\n", "\r\n-- \r\nme\r\n.\r\n", ".\r\n", "..\r\n.\r\n", "+1 555\r\n.\r\n", "-->\r\n"} {
		t.Run(fmt.Sprintf("pipelined, %q", rest), func(t *testing.T) {
			s := pipelining(t, nil)
			track(s.user, "first", s.Retr(1))
			track(s.user, "second", s.Retr(2))
			track(s.user, "DELE", s.Dele(2))
			s.wrote("RETR 1\r\nRETR 2\r\n")
			s.server("+OK\r\nx\r\n.\r\n" + rest + "+OK\r\ny\r\n.\r\n")
			got := s.take()
			if len(got) != 4 || !strings.HasPrefix(got[0], "first: ") || !strings.Contains(got[1], "second failed") || !strings.Contains(got[2], "DELE failed") {
				t.Errorf("got %s, want all behind the message to fail", list(got))
			}
			s.tr.Take()
			s.poisoned(brokenSyntax())
		})
	}
}

// An answer about another message is none.
func TestAnswersAboutOthers(t *testing.T) {
	for _, test := range []struct {
		answer string
		issue  func(s *session)
	}{
		{"+OK 2 100\r\n", func(s *session) { track(s.user, "x", s.ListMessage(1)) }},
		{"+OK 2 abc\r\n", func(s *session) { track(s.user, "x", s.UIDLMessage(1)) }},
		{"+OK\r\n", func(s *session) { track(s.user, "x", s.UIDLMessage(1)) }},
		{"+OK\r\n", func(s *session) { track(s.user, "x", s.ListMessage(1)) }},
		{"+OK\r\n", func(s *session) { track(s.user, "x", s.Stat()) }},
		{"+OK two messages\r\n", func(s *session) { track(s.user, "x", s.Stat()) }},
		{"+OK\r\n", func(s *session) { track(s.user, "x", s.Lang("en")) }},
		{"+OK\r\n1\r\n.\r\n", func(s *session) { track(s.user, "x", s.List()) }},
		{"+OK\r\n1 100\r\nmessage two\r\n.\r\n", func(s *session) { track(s.user, "x", s.List()) }},
		{"+OK\r\n1\r\n.\r\n", func(s *session) { track(s.user, "x", s.UIDL()) }},
		{"+OK\r\n0 a\r\n.\r\n", func(s *session) { track(s.user, "x", s.UIDL()) }},
	} {
		t.Run(test.answer, func(t *testing.T) {
			s := pipelining(t, nil)
			test.issue(s)
			track(s.user, "behind", s.Noop())
			s.tr.Take()
			s.server(test.answer + "+OK\r\n")
			got := s.take()
			if len(got) != 3 || !strings.HasPrefix(got[0]+got[1], "x failed: ") && !strings.HasPrefix(got[1]+got[0], "x failed: ") || strings.Contains(list(got), "behind: ") {
				t.Errorf("got %s, want both to fail", list(got))
			}
			s.poisoned(brokenSyntax())
		})
	}
}

// bytewise is the text in pieces of one byte.
func bytewise(text string) (pieces []string) {
	for i := range len(text) {
		pieces = append(pieces, text[i:i+1])
	}
	return pieces
}
