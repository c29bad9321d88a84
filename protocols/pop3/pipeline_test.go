package pop3_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
)

func TestWindow(t *testing.T) {
	for _, test := range []struct{ window, want int }{{0, 50}, {-1, 50}, {1, 1}, {2, 2}, {7, 7}, {1000, 120}} {
		s := pipelining(t, &pop3.Options{Window: test.window})
		var got []string
		for i := range 120 {
			s.Retr(i+1).Handle(func(m *pop3.Multiline) { got = append(got, m.Response) }, func(err error) { t.Error(err) })
		}
		out := strings.Count(string(s.tr.Take()), "\r\n")
		if out != test.want {
			t.Errorf("window %d: got %d commands out, want %d", test.window, out, test.want)
		}
		for i := range 120 {
			s.server(fmt.Sprintf("+OK %d\r\n.\r\n", i+1))
			if more := strings.Count(string(s.tr.Take()), "\r\n"); more != min(1, 120-out) {
				t.Fatalf("window %d: got %d commands behind answer %d, want one", test.window, more, i+1)
			} else {
				out += more
			}
		}
		for i, r := range got {
			if r != fmt.Sprintf("+OK %d", i+1) {
				t.Fatalf("window %d: answer %d: got %q", test.window, i+1, r)
			}
		}
		if len(got) != 120 {
			t.Errorf("window %d: got %d answers, want 120", test.window, len(got))
		}
	}
}

func TestCapaIsAskedOnce(t *testing.T) {
	s := loggedIn(t, nil)
	for i := range 5 {
		track(s.user, fmt.Sprint(i), s.Noop())
	}
	s.wrote("NOOP\r\n")
	s.server("+OK 0\r\n")
	s.wrote("CAPA\r\n")
	s.server("+OK\r\nPIPELINING\r\n.\r\n")
	s.wrote("NOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\n")
	s.server("+OK 1\r\n+OK 2\r\n+OK 3\r\n+OK 4\r\n")
	s.happened(`0: "+OK 0"`, `1: "+OK 1"`, `2: "+OK 2"`, `3: "+OK 3"`, `4: "+OK 4"`)
	drop(s.Noop())
	drop(s.Noop())
	s.wrote("NOOP\r\nNOOP\r\n")
	t.Run("one behind the other never asks", func(t *testing.T) {
		s := loggedIn(t, nil)
		for range 5 {
			drop(s.Noop())
			s.wrote("NOOP\r\n")
			s.server("+OK\r\n")
		}
	})
	t.Run("nor before the login, nor for commands that go alone", func(t *testing.T) {
		s := greeted(t, nil)
		drop(s.UTF8())
		drop(s.Lang("de"))
		s.wrote("UTF8\r\n")
		s.server("+OK\r\n")
		s.wrote("LANG de\r\n")
		s = loggedIn(t, nil)
		drop(s.Rset())
		drop(s.Rset())
		drop(s.Rset())
		s.wrote("RSET\r\n")
		s.server("+OK\r\n")
		s.wrote("RSET\r\n")
	})
	t.Run("nor when it has failed", func(t *testing.T) {
		s := loggedIn(t, nil)
		for range 4 {
			drop(s.Noop())
		}
		s.server("+OK\r\n")
		s.server("-ERR no such command\r\n")
		s.server("+OK\r\n")
		s.server("+OK\r\n")
		s.wrote("NOOP\r\nCAPA\r\nNOOP\r\nNOOP\r\nNOOP\r\n")
	})
	t.Run("nor with PipelineNever", func(t *testing.T) {
		s := pipelining(t, &pop3.Options{Pipelining: pop3.PipelineNever})
		for range 3 {
			drop(s.Noop())
		}
		s.wrote("NOOP\r\n")
		s.server("+OK\r\n")
		s.wrote("NOOP\r\n")
	})
	t.Run("the program's own does", func(t *testing.T) {
		s := loggedIn(t, nil)
		track(s.user, "caps", s.Capa())
		track(s.user, "a", s.Noop())
		track(s.user, "b", s.Noop())
		s.wrote("CAPA\r\n")
		s.server("+OK\r\npipelining\r\n.\r\n")
		s.wrote("NOOP\r\nNOOP\r\n")
	})
}

// Commands that change the session wait for all before them, and all behind wait for them.
func TestAlone(t *testing.T) {
	for _, test := range []struct {
		sent  string
		issue func(u *user)
	}{
		{"RSET", func(u *user) { track(u, "x", u.Rset()) }},
		{"CAPA", func(u *user) { track(u, "x", u.Capa()) }},
		{"QUIT", func(u *user) { track(u, "x", u.Quit()) }},
		{"LANG en", func(u *user) { track(u, "x", u.Lang("en")) }},
		{"X", func(u *user) { track(u, "x", u.SendCommand("X")) }},
		{"Y", func(u *user) { track(u, "x", u.SendMultiline("Y")) }},
	} {
		s := pipelining(t, nil)
		drop(s.Noop())
		drop(s.Noop())
		test.issue(s.user)
		drop(s.Noop())
		s.wrote("NOOP\r\nNOOP\r\n")
		s.server("+OK\r\n")
		s.wrote("")
		s.server("+OK\r\n")
		s.wrote(test.sent + "\r\n")
		s.server("-ERR\r\n")
		if test.sent != "QUIT" {
			s.wrote("NOOP\r\n")
		}
	}
}

func TestDeleNeverAheadOfItsStore(t *testing.T) {
	begin := func(t *testing.T) (*session, *storing) {
		t.Helper()
		s := pipelining(t, nil)
		k := newStoring(s.user, "sink")
		track(s.user, "RETR", s.RetrTo(1, k))
		track(s.user, "DELE", s.Dele(1))
		track(s.user, "other", s.Noop())
		s.wrote("RETR 1\r\n")
		s.server("+OK\r\nx\r\n.\r\n")
		return s, k
	}
	t.Run("pending, then stored", func(t *testing.T) {
		s, k := begin(t)
		s.wrote("")
		s.happened("sink done", "sink stores")
		k.stored.TryCallback(struct{}{})
		s.clock.Turn()
		s.happened(`RETR: 1 "+OK" 3`)
		s.wrote("DELE 1\r\nNOOP\r\n")
	})
	t.Run("failing", func(t *testing.T) {
		s, k := begin(t)
		k.stored.TryErrback(errFull)
		s.clock.Turn()
		s.wrote("NOOP\r\n")
		s.happened("sink done", "sink stores", "RETR failed: pop3: RETR: the disk is full (sent true)",
			"DELE failed: pop3: DELE: the message was not deleted because it was not stored (sent false)")
	})
	t.Run("that is nil", func(t *testing.T) {
		s := pipelining(t, nil)
		k := &storing{noting: noting{u: s.user, name: "sink"}}
		track(s.user, "RETR", s.RetrTo(1, k))
		track(s.user, "DELE", s.Dele(1))
		s.server("+OK\r\nx\r\n.\r\n")
		s.wrote("RETR 1\r\nDELE 1\r\n")
		s.happened("sink done", "sink stores", `RETR: 1 "+OK" 3`)
	})
	t.Run("the connection ends before it is stored", func(t *testing.T) {
		s, k := begin(t)
		s.tr.Lose(nil)
		k.stored.TryCallback(struct{}{})
		s.clock.Turn()
		s.happened("sink done", "sink stores", "DELE failed: pop3: DELE: Connection was closed cleanly. (sent false)",
			"other failed: pop3: NOOP: Connection was closed cleanly. (sent false)", "lost: Connection was closed cleanly.", `RETR: 1 "+OK" 3`)
	})
	t.Run("nobody waits for the store any more", func(t *testing.T) {
		s := pipelining(t, nil)
		k := newStoring(s.user, "sink")
		d := s.RetrTo(1, k)
		track(s.user, "DELE", s.Dele(1))
		s.server("+OK\r\nx\r\n.\r\n")
		s.tr.Take()
		d.Cancel()
		drop(d)
		s.wrote("")
		k.stored.TryCallback(struct{}{})
		s.clock.Turn()
		s.wrote("DELE 1\r\n")
	})
	t.Run("a DELE of another message goes", func(t *testing.T) {
		s := pipelining(t, nil)
		drop(s.RetrTo(1, newStoring(s.user, "sink")))
		drop(s.Dele(2))
		s.wrote("RETR 1\r\nDELE 2\r\n")
	})
	t.Run("a DELE that waits can be cancelled", func(t *testing.T) {
		s := pipelining(t, nil)
		drop(s.RetrTo(1, newStoring(s.user, "sink")))
		d := s.Dele(1)
		drop(s.Noop())
		s.wrote("RETR 1\r\n")
		d.Cancel()
		drop(d)
		s.wrote("NOOP\r\n")
	})
	for _, failing := range []int{0, 1} {
		t.Run(fmt.Sprintf("two of the same message under way, and %d fails", failing), func(t *testing.T) {
			s := pipelining(t, nil)
			sinks := []*storing{newStoring(s.user, "first"), newStoring(s.user, "second")}
			for _, k := range sinks {
				drop(s.RetrTo(1, k))
			}
			s.server("+OK\r\nx\r\n.\r\n+OK\r\nx\r\n.\r\n")
			sinks[1-failing].stored.TryCallback(struct{}{})
			s.clock.Turn()
			s.tr.Take()
			s.take()
			track(s.user, "DELE", s.Dele(1))
			s.wrote("")
			sinks[failing].stored.TryErrback(errFull)
			s.clock.Turn()
			s.wrote("")
			s.happened("DELE failed: pop3: DELE: the message was not deleted because it was not stored (sent false)")
		})
	}
	t.Run("what is over does not count", func(t *testing.T) {
		s := pipelining(t, nil)
		drop(s.Retr(1))
		s.server("-ERR\r\n")
		drop(s.Retr(1))
		s.server("+OK\r\n.\r\n")
		drop(s.Dele(1))
		s.wrote("RETR 1\r\nRETR 1\r\nDELE 1\r\n")
	})
}

func TestCommandsInsideCallbacks(t *testing.T) {
	s := pipelining(t, nil)
	s.Noop().Handle(func(pop3.Reply) {
		track(s.user, "c", s.Stat())
		track(s.user, "d", s.ListMessage(1))
	}, nil)
	track(s.user, "b", s.Noop())
	s.server("+OK\r\n")
	s.wrote("NOOP\r\nNOOP\r\nSTAT\r\nLIST 1\r\n")
	s.server("+OK b\r\n+OK 1 2\r\n+OK 1 5\r\n")
	s.happened(`b: "+OK b"`, "c: {Count:1 Size:2}", "d: {Number:1 Size:5}")

	var deep func(n int)
	deep = func(n int) {
		if n > 0 {
			s.Noop().Handle(func(pop3.Reply) { deep(n - 1) }, nil)
		}
	}
	deep(1000)
	for range 1000 {
		s.server("+OK\r\n")
	}
	s.closed(false)
	s.tr.Take()
	s.wrote("")
}

func TestCommandsIssuedAtTheEnd(t *testing.T) {
	s := pipelining(t, nil)
	s.Noop().Handle(nil, func(error) { track(s.user, "again", s.Noop()) })
	track(s.user, "second", s.Stat())
	s.tr.Lose(nil)
	s.happened("again failed: pop3: NOOP: Connection was closed cleanly. (sent false)",
		"second failed: pop3: STAT: Connection was closed cleanly. (sent true)", "lost: Connection was closed cleanly.")
}

// Cancel, for each place in the queue, whatever is out.
func TestCancelInAllPlaces(t *testing.T) {
	const n = 5
	for _, window := range []int{1, 2, 10} {
		for place := range n {
			s := pipelining(t, &pop3.Options{Window: window})
			ds := make([]*deferred.Deferred[*pop3.Multiline], n)
			for i := range ds {
				ds[i] = s.Retr(i + 1)
			}
			sent := string(s.tr.Take())
			ds[place].Cancel()
			for i, d := range ds {
				track(s.user, fmt.Sprint(i), d)
			}
			out := place < window
			var want []string
			answers := 0
			for i := range ds {
				if i != place || out {
					answers++
				}
			}
			for range answers {
				sent += string(s.tr.Take())
				s.server("+OK\r\nx\r\n.\r\n")
			}
			sent += string(s.tr.Take())
			for i := range ds {
				if i != place || out {
					want = append(want, fmt.Sprintf("RETR %d\r\n", i+1))
				}
			}
			if sent != strings.Join(want, "") {
				t.Errorf("window %d, place %d: got %q sent, want %q", window, place, sent, want)
			}
			got := s.take()
			if len(got) != n || !slices.ContainsFunc(got, func(e string) bool { return strings.HasPrefix(e, fmt.Sprintf("%d failed: ", place)) }) ||
				strings.Count(strings.Join(got, "\n"), `"+OK" ["x"] 3`) != n-1 {
				t.Errorf("window %d, place %d: got %s", window, place, list(got))
			}
			s.closed(false)
			s.end()
		}
	}
}

func TestCancelOfALogin(t *testing.T) {
	t.Run("before USER is sent", func(t *testing.T) {
		s := start(t, nil, nil)
		d := s.Login("a", "b")
		d.Cancel()
		drop(d)
		s.server("+OK\r\n")
		s.wrote("")
	})
	t.Run("behind USER: no password goes", func(t *testing.T) {
		s := greeted(t, nil)
		d := s.Login("a", "b")
		d.Cancel()
		drop(d)
		s.server("+OK\r\n")
		s.wrote("USER a\r\n")
		track(s.user, "login", s.Login("c", "d"))
		s.wrote("USER c\r\n")
		s.server("+OK\r\n")
		s.server("+OK in\r\n")
		s.happened(`login: "+OK in"`)
	})
	t.Run("behind PASS: somebody is in", func(t *testing.T) {
		s := greeted(t, nil)
		d := s.Login("a", "b")
		s.server("+OK\r\n")
		d.Cancel()
		drop(d)
		s.server("+OK in\r\n")
		s.tr.Take()
		drop(s.Noop())
		s.wrote("NOOP\r\n")
	})
}

// A callback that panics keeps nobody from hearing the answer.
func TestCallbacksThatPanic(t *testing.T) {
	s := pipelining(t, nil)
	oops := s.Noop()
	oops.AddCallback(func(pop3.Reply) (pop3.Reply, error) { panic("oops") })
	oops.Handle(nil, func(error) {})
	track(s.user, "b", s.Noop())
	s.server("+OK\r\n+OK b\r\n")
	s.happened(`b: "+OK b"`)
	oops = s.Noop()
	oops.AddErrback(func(error) (pop3.Reply, error) { panic("oops") })
	oops.Handle(nil, func(error) {})
	track(s.user, "c", s.Noop())
	s.tr.Lose(nil)
	s.happened("c failed: pop3: NOOP: Connection was closed cleanly. (sent true)", "lost: Connection was closed cleanly.")
}
