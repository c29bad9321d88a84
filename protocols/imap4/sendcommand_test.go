package imap4_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/reactor/reactortest"
)

func (s *session) result(d *deferred.Deferred[imap4.CommandResult]) {
	d.Handle(func(r imap4.CommandResult) {
		s.note("[%s] [%s] %q %v", r.Code, r.CodeArgs, r.Text, r.Untagged)
	}, func(err error) { s.note("failed: %s", failure(err)) })
}

func TestSendCommandArguments(t *testing.T) {
	flags := imap4.List(imap4.FlagArg(imap4.FlagSeen), imap4.FlagArg("$x"))
	for _, tc := range []struct {
		name, command, caps string
		args                []imap4.Arg
		want                string
	}{
		{"none", "X-PING", "", nil, "X-PING\r\n"},
		{"atoms and numbers", "X", "", []imap4.Arg{imap4.Atom("a.b"), imap4.Number(1 << 40)}, "X a.b 1099511627776\r\n"},
		{"text", "X", "", []imap4.Arg{imap4.AString("a"), imap4.AString("a b"), imap4.AString(""), imap4.Quoted("a"), imap4.AString("NIL")}, "X a \"a b\" \"\" \"a\" \"NIL\"\r\n"},
		{"a literal", "X", "LITERAL+", []imap4.Arg{imap4.AString("a\r\nb"), imap4.LiteralBytes([]byte("c\r\nd"))}, "X {4+}\r\na\r\nb {4+}\r\nc\r\nd\r\n"},
		{"a mailbox", "X", "", []imap4.Arg{imap4.MailboxName("Büro"), imap4.MailboxName("inbox")}, "X B&APw-ro INBOX\r\n"},
		{"a list", "X", "", []imap4.Arg{flags, imap4.List(), imap4.List(imap4.List(imap4.Atom("a")), imap4.Atom("b"))}, "X (\\Seen $x) () ((a) b)\r\n"},
		{"a set", "UID X", "", []imap4.Arg{imap4.SetArg(imap4.UIDs(1, 2, 3, 7))}, "UID X 1:3,7\r\n"},
		{"raw", "X", "", []imap4.Arg{imap4.Raw(`(a "b)" {c}`)}, "X (a \"b)\" {c}\r\n"},
		{"braces", "X", "", []imap4.Arg{imap4.Raw("{}"), imap4.Raw("5}"), imap4.Raw("{+}"), imap4.Raw("{5"), imap4.Raw(`"{5}"`)}, "X {} 5} {+} {5 \"{5}\"\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := ready(t, tc.caps)
			s.result(s.SendCommand(tc.command, tc.args...))
			s.wrote("A1 " + tc.want)
			s.server("A1 OK done\r\n")
			s.happened(`[] [] "done" []`)
		})
	}
}

func TestSendCommandRefusesArguments(t *testing.T) {
	for _, tc := range []struct {
		name, command string
		arg           imap4.Arg
		place         int
	}{
		{"an empty name", "", imap4.Atom("a"), 0},
		{"a name with CRLF", "X\r\nA2 LOGOUT", imap4.Atom("a"), 0},
		{"a name with a list", "X (", imap4.Atom("a"), 0},
		{"the zero Arg", "X", imap4.Arg{}, 1},
		{"the zero Arg in a list", "X", imap4.List(imap4.Arg{}), 1},
		{"an empty atom", "X", imap4.Atom(""), 1},
		{"an atom with a space", "X", imap4.Atom("a b"), 1},
		{"an atom with CRLF", "X", imap4.Atom("a\r\nb"), 1},
		{"NUL in text", "X", imap4.AString("a\x00"), 1},
		{"NUL in quotes", "X", imap4.Quoted("\x00"), 1},
		{"NUL in a secret", "X", imap4.Secret("a\x00"), 1},
		{"NUL in a literal", "X", imap4.LiteralBytes([]byte("a\x00")), 1},
		{"a mailbox that is no UTF-8", "X", imap4.MailboxName("\xff"), 1},
		{"a flag that is none", "X", imap4.FlagArg(`\a b`), 1},
		{"an empty set", "X", imap4.SetArg(imap4.MessageSet{}), 1},
		{"CR", "X", imap4.Raw("a\rb"), 1},
		{"LF", "X", imap4.Raw("a\nb"), 1},
		{"NUL", "X", imap4.Raw("a\x00b"), 1},
		{"a literal's announcement", "X", imap4.Raw("{5}"), 1},
		{"one that does not wait", "X", imap4.Raw("a ~{5+}"), 1},
		{"LF in a list", "X", imap4.List(imap4.Raw("a\nb")), 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := ready(t, "LITERAL+")
			_, err, _ := s.SendCommand(tc.command, tc.arg).Result()
			var bad *imap4.ArgumentError
			if !errors.As(err, &bad) || bad.Arg != tc.place {
				t.Errorf("got %v, want an *ArgumentError of argument %d", err, tc.place)
			}
			s.wrote("")
			s.noop()
			s.wrote("A1 NOOP\r\n")
		})
	}
	for _, name := range []string{"login", "LOGIN bob", "Authenticate", "STARTTLS", "COMPRESS", "LOGOUT", "select", "EXAMINE", "CLOSE", "UNSELECT", "ENABLE", "IDLE", "UNAUTHENTICATE"} {
		s := ready(t, "")
		_, err, _ := s.SendCommand(name, imap4.Atom("a")).Result()
		if want := "imap4: bad argument 0 of "; err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), "the command has a method of its own") {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
		s.wrote("")
	}
}

func TestSendCommandAnswers(t *testing.T) {
	for _, tc := range []struct {
		name, server string
		want         []string
	}{
		{"NO", "A1 NO [NOPERM] no\r\n", []string{`failed: imap4: X: the server said NO [NOPERM] "no"`}},
		{"BAD", "A1 BAD what\r\n", []string{`failed: imap4: X: the server said BAD "what"`}},
		{"a code", "A1 OK [X-Y (1 2)] done\r\n", []string{`[X-Y] [(1 2)] "done" []`}},
		{"a + for nobody", "+ more\r\nA1 OK done\r\n", []string{`[] [] "done" []`}},
		{"all that comes", "* 3 EXISTS\r\n* X-DATA (a {3}\r\nb\r\n)\r\n* NO careful\r\nA1 OK done\r\n", []string{
			"exists 3", "* X-DATA \"(a {3}\\r\\nb\\r\\n)\"", `warning NO "" "careful"`,
			`[] [] "done" [{3 true EXISTS } {0 false X-DATA (a {3}` + "\r\nb\r\n" + `)} {0 false NO careful}]`}},
	} {
		for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
			t.Run(tc.name, func(t *testing.T) {
				s := ready(t, "")
				s.result(s.SendCommand("X"))
				s.serverCut(tc.server, cut)
				s.happened(tc.want...)
			})
		}
	}
	t.Run("loss", func(t *testing.T) {
		s := ready(t, "")
		s.Listener = nil
		s.result(s.SendCommand("X"))
		s.tr.Lose(nil)
		if got := s.take(); len(got) != 2 || !strings.HasPrefix(got[0], "failed: imap4: X: ") || !strings.HasSuffix(got[0], "(sent true)") {
			t.Errorf("got %q, want the X failed as sent", got)
		}
		_, err, _ := s.SendCommand("X").Result()
		var command *imap4.CommandError
		if !errors.As(err, &command) || command.Sent {
			t.Errorf("afterwards: got %v, want a *CommandError that was not sent", err)
		}
	})
	t.Run("before the connection", func(t *testing.T) {
		var c imap4.Client
		if _, err, _ := c.SendCommand("X").Result(); !errors.Is(err, imap4.ErrNotConnected) {
			t.Errorf("got %v, want %v", err, imap4.ErrNotConnected)
		}
	})
	t.Run("cancelled before it is sent", func(t *testing.T) {
		s := ready(t, "")
		first := s.SendCommand("X")
		second := s.SendCommand("Y")
		second.Cancel()
		wantCancelled(t, second)
		s.server("A1 OK done\r\n")
		s.wrote("A1 X\r\n")
		s.result(first)
		s.happened(`[] [] "done" []`)
	})
}

func TestSendSettings(t *testing.T) {
	t.Run("what it takes is told to nobody else", func(t *testing.T) {
		s := ready(t, "")
		s.result(s.Send(imap4.Command{Name: "X", Takes: []string{"X-DATA"}}))
		s.server("* x-data 1\r\n* X-OTHER 2\r\n* 5 X-DATA\r\nA1 OK done\r\n")
		s.happened(`* X-OTHER "2"`, `[] [] "done" [{0 false X-DATA 1} {5 true X-DATA }]`)
	})
	t.Run("a capability is missing", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")
		s.take()
		s.result(s.Send(imap4.Command{Name: "X", Requires: []string{"X-TWO", "X-THREE"}}))
		s.wrote("A2 CAPABILITY\r\n") // a greeting may name a part only
		s.server("* CAPABILITY IMAP4rev1 X-ONE\r\nA2 OK done\r\n")
		s.wrote("")
		s.happened("failed: imap4: X: the server does not offer X-TWO or X-THREE (sent false)")
		s.result(s.Send(imap4.Command{Name: "X", Requires: []string{"X-TWO", "X-ONE"}}))
		s.wrote("A3 X\r\n")
	})
	t.Run("classes", func(t *testing.T) {
		for _, tc := range []struct {
			a, b     imap4.Command
			together bool
		}{
			{imap4.Command{Name: "X"}, imap4.Command{Name: "Y"}, false},
			{imap4.Command{Name: "X", Class: imap4.ClassUID}, imap4.Command{Name: "Y", Class: imap4.ClassUID}, true},
			{imap4.Command{Name: "X", Class: imap4.ClassUID}, imap4.Command{Name: "Y", Class: imap4.ClassNumbers}, false},
			{imap4.Command{Name: "X", Class: imap4.ClassNumbers}, imap4.Command{Name: "Y", Class: imap4.ClassNumbers}, true},
			{imap4.Command{Name: "X", Class: imap4.ClassFree}, imap4.Command{Name: "Y"}, true},
			{imap4.Command{Name: "X", Class: imap4.ClassUID, Takes: []string{"QUOTA"}}, imap4.Command{Name: "Y", Class: imap4.ClassUID, Takes: []string{"QUOTA"}}, false},
			{imap4.Command{Name: "X", Class: imap4.ClassUID, Takes: []string{"QUOTA"}}, imap4.Command{Name: "Y", Class: imap4.ClassUID, Takes: []string{"LIST"}}, true},
			{imap4.Command{Name: "X", Class: imap4.ClassUID, Takes: []string{"X-A"}}, imap4.Command{Name: "Y", Class: imap4.ClassUID, Takes: []string{"X-B"}}, false},
			{imap4.Command{Name: "X", Class: imap4.ClassUID, Continuation: func(string) ([]byte, error) { return nil, nil }}, imap4.Command{Name: "Y", Class: imap4.ClassFree}, false},
		} {
			s := ready(t, "")
			s.Options.Pipelining = imap4.Safe
			s.result(s.Send(tc.a))
			s.result(s.Send(tc.b))
			want := "A1 X\r\n"
			if tc.together {
				want += "A2 Y\r\n"
			}
			s.wrote(want)
		}
	})
	t.Run("a time of its own", func(t *testing.T) {
		s := ready(t, "")
		s.Listener = nil
		s.result(s.Send(imap4.Command{Name: "X", Timeout: 5 * time.Minute}))
		s.clock.Advance(4 * time.Minute)
		s.closed(false)
		s.clock.Advance(2 * time.Minute)
		s.closed(true)
	})
	t.Run("limits", func(t *testing.T) {
		s := ready(t, "")
		s.Options.Limits = &imap4.Limits{Untagged: 2}
		s.result(s.Send(imap4.Command{Name: "X", Takes: []string{"Y"}}))
		s.server("* Y 1\r\n* Y 2\r\n* Y 3\r\n* Y 4\r\nA1 OK done\r\n")
		s.happened("failed: imap4: X: limit Untagged of 2 exceeded (sent true)")
		s.Options.Limits = &imap4.Limits{Response: 100}
		s.result(s.Send(imap4.Command{Name: "X", Takes: []string{"Y"}}))
		s.server(strings.Repeat("* Y 7890123456789012345678901234567890\r\n", 3) + "A2 OK done\r\n")
		s.happened("failed: imap4: X: limit Response of 100 exceeded (sent true)")
		s.closed(false)
	})
}

func TestSendContinuation(t *testing.T) {
	issue := func(t *testing.T, answers ...any) (s *session, asked *[]string, trace *strings.Builder) {
		t.Helper()
		u := newUser(nil)
		trace = new(strings.Builder)
		u.Options.Trace = policies.NewTranscript(trace)
		s = start(t, u)
		s.server("* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")
		s.take()
		asked = new([]string)
		s.result(s.Send(imap4.Command{Name: "X", Args: []imap4.Arg{imap4.Secret("s3cret")}, Continuation: func(text string) ([]byte, error) {
			*asked = append(*asked, text)
			answer := answers[0]
			answers = answers[1:]
			if err, ok := answer.(error); ok {
				return nil, err
			}
			return []byte(answer.(string)), nil
		}}))
		s.wrote("A1 X s3cret\r\n")
		return s, asked, trace
	}
	t.Run("answers", func(t *testing.T) {
		s, asked, trace := issue(t, "Zm9v", "")
		s.server("+ one\r\n")
		s.wrote("Zm9v\r\n")
		s.server("+\r\n")
		s.wrote("\r\n")
		s.server("A1 OK done\r\n")
		s.happened(`[] [] "done" []`)
		wantEvents(t, *asked, []string{"one", ""})
		for _, secret := range []string{"s3cret", "Zm9v"} {
			if strings.Contains(trace.String(), secret) {
				t.Errorf("the trace shows %s:\n%s", secret, trace)
			}
		}
	})
	t.Run("an error", func(t *testing.T) {
		s, _, _ := issue(t, errors.New("no token"))
		s.server("+ one\r\n")
		s.wrote("*\r\n")
		s.server("+ two\r\n")
		s.wrote("")
		s.server("A1 BAD ended\r\n")
		s.happened(`failed: imap4: X: the server said BAD "ended"`)
	})
	t.Run("an error, and OK", func(t *testing.T) {
		s, _, _ := issue(t, errors.New("no token"))
		s.server("+ one\r\nA1 OK done\r\n")
		s.happened("failed: imap4: X: no token (sent true)")
	})
	t.Run("a line that is two", func(t *testing.T) {
		s, _, _ := issue(t, "a\r\nA2 LOGOUT")
		s.server("+ one\r\n")
		s.wrote("*\r\n")
		s.server("A1 OK done\r\n")
		s.happened("failed: imap4: X: bad argument 0 of X: the answer to + contains CR, LF or NUL (sent true)")
	})
}

func TestDo(t *testing.T) {
	t.Run("again and again", func(t *testing.T) {
		s := ready(t, "")
		cmd := &imap4.Command{Name: "STATUS", Args: []imap4.Arg{imap4.MailboxName("INBOX"), imap4.List(imap4.Atom("UNSEEN"))}, Takes: []string{"STATUS"}}
		rounds := 0
		cmd.Done = func(err error) {
			s.note("%v %+v", err, cmd.Result())
			if rounds++; rounds < 3 {
				if err := s.Do(cmd); err != nil {
					t.Errorf("in Done: got %v, want nil", err)
				}
			}
		}
		if err := s.Do(cmd); err != nil {
			t.Fatal(err)
		}
		for i, answer := range []string{"OK one", "OK [X y] two", "NO three"} {
			n := strconv.Itoa(i + 1)
			s.wrote("A" + n + " STATUS INBOX (UNSEEN)\r\n")
			s.server("* STATUS INBOX (UNSEEN " + n + ")\r\nA" + n + " " + answer + "\r\n")
		}
		s.happened("<nil> {Code: CodeArgs: Text:one Untagged:[{Number:0 HasNumber:false Name:STATUS Text:INBOX (UNSEEN 1)}]}",
			"<nil> {Code:X CodeArgs:y Text:two Untagged:[{Number:0 HasNumber:false Name:STATUS Text:INBOX (UNSEEN 2)}]}",
			`imap4: STATUS: the server said NO "three" {Code: CodeArgs: Text: Untagged:[{Number:0 HasNumber:false Name:STATUS Text:INBOX (UNSEEN 3)}]}`)
	})
	t.Run("with tags of any length, and other commands between", func(t *testing.T) {
		s := ready(t, "")
		cmd := &imap4.Command{Name: "NOOP"}
		for i := 1; i <= 101; i++ {
			if err := s.Do(cmd); err != nil {
				t.Fatal(err)
			}
			n := strconv.Itoa(i)
			s.wrote("A" + n + " NOOP\r\n")
			s.server("A" + n + " OK done\r\n")
		}
	})
	t.Run("with a literal", func(t *testing.T) {
		s := ready(t, "")
		cmd := &imap4.Command{Name: "X", Args: []imap4.Arg{imap4.LiteralBytes([]byte("a\r\nb"))}}
		for _, n := range []string{"1", "2"} {
			if err := s.Do(cmd); err != nil {
				t.Fatal(err)
			}
			s.wrote("A" + n + " X {4}\r\n")
			s.server("+\r\n")
			s.wrote("a\r\nb\r\n")
			s.server("A" + n + " OK done\r\n")
		}
	})
	t.Run("capabilities that change between rounds", func(t *testing.T) {
		s := ready(t, "")
		cmd := &imap4.Command{Name: "X", Args: []imap4.Arg{imap4.LiteralBytes([]byte("ab"))}}
		_ = s.Do(cmd)
		s.server("+\r\n* CAPABILITY IMAP4rev1 LITERAL+\r\nA1 OK done\r\n")
		s.tr.Clear()
		_ = s.Do(cmd)
		s.wrote("A2 X {2+}\r\nab\r\n")
	})
	t.Run("OK before the literal was sent", func(t *testing.T) {
		s := ready(t, "")
		s.Listener = nil
		var got []error
		cmd := &imap4.Command{Name: "X", Args: []imap4.Arg{imap4.LiteralBytes([]byte("ab"))}, Done: func(err error) { got = append(got, err) }}
		_ = s.Do(cmd)
		s.server("A1 OK done\r\n")
		if len(got) != 1 || !errors.As(got[0], new(*imap4.SyntaxError)) {
			t.Errorf("got %v, want a *SyntaxError", got)
		}
		s.closed(true)
	})
	t.Run("reading is paused and resumed in Done: no deadline is left", func(t *testing.T) {
		s := ready(t, "")
		cmd := &imap4.Command{Name: "X", Done: func(error) { s.PauseProducing(); s.ResumeProducing() }}
		_ = s.Do(cmd)
		s.server("A1 OK done\r\n")
		if _, _, timer := s.Held(); timer || s.clock.Pending() != 0 {
			t.Errorf("got timer %v, %d planned calls; want none", timer, s.clock.Pending())
		}
		s.clock.Advance(time.Hour)
		s.closed(false)
	})
	t.Run("refused", func(t *testing.T) {
		s := ready(t, "")
		cmd := &imap4.Command{Name: "X", Done: func(error) { t.Error("Done was called") }}
		if err := s.Do(&imap4.Command{Name: "X", Args: []imap4.Arg{imap4.Atom("a b")}, Done: cmd.Done}); err == nil {
			t.Error("a bad argument: got nil, want an error")
		}
		if err := s.Do(cmd); err != nil {
			t.Errorf("got %v, want nil", err)
		}
		if err := s.Do(cmd); !errors.Is(err, imap4.ErrCommandOut) {
			t.Errorf("while it is out: got %v, want %v", err, imap4.ErrCommandOut)
		}
		other := ready(t, "")
		if err := other.Do(cmd); !errors.Is(err, imap4.ErrCommandOut) {
			t.Errorf("with another client: got %v, want %v", err, imap4.ErrCommandOut)
		}
		cmd.Done = nil
		s.tr.Lose(nil)
		var command *imap4.CommandError
		if err := s.Do(cmd); !errors.As(err, &command) || command.Sent {
			t.Errorf("after the loss: got %v, want a *CommandError that was not sent", err)
		}
	})
	t.Run("loss", func(t *testing.T) {
		s := ready(t, "")
		var got []error
		cmd := &imap4.Command{Name: "X", Done: func(err error) { got = append(got, err) }}
		_ = s.Do(cmd)
		s.tr.Lose(nil)
		var command *imap4.CommandError
		if len(got) != 1 || !errors.As(got[0], &command) || !command.Sent {
			t.Errorf("got %v, want one *CommandError that was sent", got)
		}
	})
}

// noops makes a session in which NOOP follows NOOP, and answers a function for one round.
func noops(t testing.TB) (s *session, round func()) {
	t.Helper()
	s = start(t, &user{})
	s.server("* PREAUTH ready\r\n")
	cmd := &imap4.Command{Name: "NOOP"}
	cmd.Done = func(err error) {
		if err != nil {
			s.note("%v", err)
			return
		}
		if err := s.Do(cmd); err != nil {
			t.Error(err)
		}
	}
	if err := s.Do(cmd); err != nil {
		t.Fatal(err)
	}
	var line []byte
	n := uint64(0)
	return s, func() {
		n++
		line = append(strconv.AppendUint(append(line[:0], 'A'), n, 10), " OK NOOP completed (0.001 + 0.000 secs).\r\n"...)
		s.DataReceived(line)
	}
}

func TestDoAllocatesNothing(t *testing.T) {
	s, round := noops(t)
	round()
	if got := testing.AllocsPerRun(1000, round); got != 0 {
		t.Errorf("got %v allocations a round, want 0", got)
	}
	if _, commands, timer := s.Held(); commands != 1 || !timer {
		t.Errorf("got %d commands, timer %v; want one under its deadline", commands, timer)
	}
	s.clock.Advance(61 * time.Second)
	if got := s.take(); len(got) != 2 || !strings.Contains(got[0], "timed out after 1m0s") {
		t.Errorf("got %q, want a timeout", got)
	}
}

// BenchmarkDo is a whole round of a NOOP that is repeated, without the transport.
func BenchmarkDo(b *testing.B) {
	s, round := noops(b)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if round(); n%1000 == 0 {
			s.tr.Clear()
		}
	}
}
