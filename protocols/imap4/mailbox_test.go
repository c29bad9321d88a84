package imap4_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// authenticated is a session with a server that needs no login and has told all it can do.
func authenticated(t testing.TB, capabilities string) *session {
	t.Helper()
	u := newUser(nil)
	u.Options.Pipelining = imap4.Safe
	s := start(t, u)
	s.server("* PREAUTH ready\r\n* CAPABILITY IMAP4rev1 " + capabilities + "\r\n")
	s.take()
	return s
}

// working is authenticated with a mailbox of three messages open.
func working(t testing.TB, capabilities string) *session {
	t.Helper()
	s := authenticated(t, capabilities)
	s.Select("work").Handle(nil, func(err error) { t.Errorf("Select: %v", err) })
	s.tr.Take()
	s.server("* FLAGS ()\r\n* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\nA1 OK [READ-WRITE] done\r\n")
	s.take()
	return s
}

// got is the value of a Deferred that must have fired with one.
func got[T any](t testing.TB, d *deferred.Deferred[T]) (v T) {
	t.Helper()
	v, err, fired := d.Result()
	if !fired || err != nil {
		t.Fatalf("got %v, fired %v, want a value", err, fired)
	}
	return v
}

// gotError is the error of a Deferred that must have fired with one.
func gotError[T any](t testing.TB, d *deferred.Deferred[T]) error {
	t.Helper()
	_, err, fired := d.Result()
	if !fired || err == nil {
		t.Fatalf("got %v, fired %v, want an error", err, fired)
	}
	d.Handle(nil, func(error) {})
	return err
}

func wantEqual(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// refusedUnsent wants d to have failed, with nothing sent and the connection alive, because of what target points to.
func refusedUnsent[T any](t *testing.T, s *session, d *deferred.Deferred[T], target any) {
	t.Helper()
	if err := gotError(t, d); !errors.As(err, target) {
		t.Errorf("error: got %v (%T), want %T", err, err, target)
	}
	s.wrote("")
	s.closed(false)
}

// boxExchange is one command against one answer: what is sent, and how it ends.
type boxExchange struct {
	name   string
	caps   string
	issue  func(u *user)
	sent   string
	server string
	want   []string
}

// run plays it in state selected, its command being A2, with the answer whole, bytewise and cut at every place.
func (e boxExchange) run(t *testing.T) {
	t.Helper()
	cuts := []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise}
	for n := 1; n < len(e.server); n++ {
		cuts = append(cuts, cutAt(n))
	}
	for i, cut := range cuts {
		s := working(t, e.caps)
		e.issue(s.user)
		s.wrote(e.sent)
		s.serverCut(e.server, cut)
		s.happened(e.want...)
		s.end()
		if t.Failed() {
			t.Fatalf("cut %d", i)
		}
	}
}

// everyEnd wants the command of e to end exactly once, with an error, when the connection is lost anywhere before its answer is
// complete.
func (e boxExchange) everyEnd(t *testing.T) {
	t.Helper()
	end := strings.LastIndex(e.server, "\r\n")
	for n := 0; n <= end; n++ {
		s := working(t, e.caps)
		e.issue(s.user)
		s.server(e.server[:n])
		s.take()
		s.tr.Lose(nil)
		s.clock.Turn()
		events := s.take()
		if len(events) != 2 || !strings.Contains(events[0], "failed: ") || !strings.Contains(events[0], "(sent true)") {
			t.Fatalf("lost behind byte %d: got %s, want the command to fail, and the end", n, list(events))
		}
	}
}

// noted is track with the value.
func noted[T any](u *user, name string, d *deferred.Deferred[T]) {
	d.Handle(
		func(v T) { u.note("%s: %+v", name, v) },
		func(err error) { u.note("%s failed: %s", name, failure(err)) },
	)
}

func TestMailboxChanges(t *testing.T) {
	for _, test := range []struct {
		name, server string
		want         []string
		box          imap4.Mailbox
	}{
		{"U03 VANISHED of before does not count", "* VANISHED (EARLIER) 300:310,405\r\n", []string{"vanished 300:310,405 true"},
			imap4.Mailbox{Name: "work", Exists: 3, UIDValidity: 7}},
		{"VANISHED takes messages away", "* VANISHED 300:301\r\n", []string{"vanished 300:301 false"},
			imap4.Mailbox{Name: "work", Exists: 1, UIDValidity: 7}},
		{"VANISHED of more than there are", "* VANISHED 1:4294967295\r\n", []string{"vanished 1:4294967295 false"},
			imap4.Mailbox{Name: "work", UIDValidity: 7}},
		{"VANISHED with *", "* VANISHED 1:*\r\n", []string{`* VANISHED "1:*"`}, imap4.Mailbox{Name: "work", Exists: 3, UIDValidity: 7}},
		{"VANISHED of nothing", "* VANISHED\r\n* VANISHED (EARLIER)\r\n", []string{`* VANISHED ""`, `* VANISHED "(EARLIER)"`},
			imap4.Mailbox{Name: "work", Exists: 3, UIDValidity: 7}},
		{"EXPUNGE and EXISTS", "* 2 EXPUNGE\r\n* 9 EXISTS\r\n* 1 EXPUNGE\r\n", []string{"expunge 2", "exists 9", "expunge 1"},
			imap4.Mailbox{Name: "work", Exists: 8, UIDValidity: 7}},
		{"U04 flags", "* FLAGS (\\draft kw[1] a]b)\r\n* OK [PERMANENTFLAGS (\\* kw[1])] Limited\r\n",
			[]string{`flags [\Draft kw[1] a]b] false`, `flags [\* kw[1]] true`}, imap4.Mailbox{Name: "work", Exists: 3, UIDValidity: 7}},
		{"flags that cannot be read", "* FLAGS (\\Seen\r\n* OK [PERMANENTFLAGS x] Limited\r\n* 5 FLAGS ()\r\n",
			[]string{`* FLAGS "(\\Seen"`, `* OK "[PERMANENTFLAGS x] Limited"`, `* 5 FLAGS "()"`}, imap4.Mailbox{Name: "work", Exists: 3, UIDValidity: 7}},
		{"mode", "* OK [READ-ONLY] now\r\n* OK [READ-ONLY] still\r\n", []string{"writeable false", `* OK "[READ-ONLY] still"`},
			imap4.Mailbox{Name: "work", Exists: 3, UIDValidity: 7, ReadOnly: true}},
		{"mode and back", "* OK [READ-ONLY] now\r\n* OK [READ-WRITE] again\r\n", []string{"writeable false", "writeable true"},
			imap4.Mailbox{Name: "work", Exists: 3, UIDValidity: 7}},
		{"UIDVALIDITY", "* OK [UIDVALIDITY 7] same\r\n* OK [UIDVALIDITY 8] new\r\n* OK [UIDVALIDITY x] odd\r\n",
			[]string{`* OK "[UIDVALIDITY 7] same"`, "uidvalidity 8", `* OK "[UIDVALIDITY x] odd"`}, imap4.Mailbox{Name: "work", Exists: 3, UIDValidity: 8}},
		{"UIDNEXT and HIGHESTMODSEQ, which does not go down", "* OK [UIDNEXT 44] x\r\n* OK [HIGHESTMODSEQ 12] x\r\n* OK [HIGHESTMODSEQ 11] x\r\n",
			[]string{`* OK "[UIDNEXT 44] x"`, `* OK "[HIGHESTMODSEQ 12] x"`, `* OK "[HIGHESTMODSEQ 11] x"`},
			imap4.Mailbox{Name: "work", Exists: 3, UIDValidity: 7, UIDNext: 44, HighestModSeq: 12}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
				s := working(t, "")
				s.serverCut(test.server, cut)
				s.happened(test.want...)
				box, ok := s.Mailbox()
				wantEqual(t, "Mailbox", box, test.box)
				if !ok {
					t.Error("Mailbox: got none")
				}
				s.Listener = nil
				s.serverCut(test.server, cut)
				s.closed(false)
			}
		})
	}
	t.Run("with an answer, too", func(t *testing.T) {
		s := working(t, "")
		s.noop()
		s.server("A2 OK [READ-ONLY] done\r\n")
		s.happened("writeable false", "NOOP: ok")
	})
	t.Run("no mailbox is open", func(t *testing.T) {
		s := authenticated(t, "")
		s.server("* VANISHED 5\r\n* 4 EXISTS\r\n* OK [READ-ONLY] x\r\n* OK [UIDVALIDITY 5] x\r\n")
		s.happened("vanished 5 false", "exists 4", `* OK "[READ-ONLY] x"`, `* OK "[UIDVALIDITY 5] x"`)
	})
}

// The commands that say no more than OK.
func TestMailboxCommands(t *testing.T) {
	nothing := func(issue func(u *user) *deferred.Deferred[struct{}]) func(u *user) {
		return func(u *user) { track(u, "it", issue(u)) }
	}
	for _, e := range []boxExchange{
		{"Delete", "", nothing(func(u *user) *deferred.Deferred[struct{}] { return u.Delete("a b") }), "A2 DELETE \"a b\"\r\n", "A2 OK done\r\n", []string{"it: ok"}},
		{"Delete refused", "", nothing(func(u *user) *deferred.Deferred[struct{}] { return u.Delete("inbox") }), "A2 DELETE INBOX\r\n",
			"A2 NO [CANNOT] never\r\n", []string{`it failed: imap4: DELETE: the server said NO [CANNOT] "never"`}},
		{"Rename", "", nothing(func(u *user) *deferred.Deferred[struct{}] { return u.Rename("Entwürfe", "a&b") }),
			"A2 RENAME Entw&APw-rfe a&-b\r\n", "A2 OK done\r\n", []string{"it: ok"}},
		{"Rename refused", "", nothing(func(u *user) *deferred.Deferred[struct{}] { return u.Rename("a", "b") }), "A2 RENAME a b\r\n",
			"A2 BAD what\r\n", []string{`it failed: imap4: RENAME: the server said BAD "what"`}},
		{"Subscribe", "", nothing(func(u *user) *deferred.Deferred[struct{}] { return u.Subscribe("#news.comp") }), "A2 SUBSCRIBE #news.comp\r\n",
			"A2 OK done\r\n", []string{"it: ok"}},
		{"Unsubscribe", "", nothing(func(u *user) *deferred.Deferred[struct{}] { return u.Unsubscribe("x") }), "A2 UNSUBSCRIBE x\r\n",
			"A2 OK done\r\n", []string{"it: ok"}},
		{"Check", "", nothing(func(u *user) *deferred.Deferred[struct{}] { return u.Check() }), "A2 CHECK\r\n", "* 4 EXISTS\r\nA2 OK done\r\n",
			[]string{"exists 4", "it: ok"}},
		{"Create", "", func(u *user) { noted(u, "it", u.Create("foo/")) }, "A2 CREATE foo/\r\n", "A2 OK done\r\n", []string{"it: {MailboxID:}"}},
		{"Create tells a MAILBOXID", "", func(u *user) { noted(u, "it", u.Create("foo")) }, "A2 CREATE foo\r\n",
			"A2 OK [MAILBOXID (F22-6097)] done\r\n", []string{"it: {MailboxID:F22-6097}"}},
		{"Create tells an odd MAILBOXID", "", func(u *user) { noted(u, "it", u.Create("foo")) }, "A2 CREATE foo\r\n",
			"A2 OK [MAILBOXID F22 (] done\r\n", []string{"it: {MailboxID:}"}},
		{"Create with a use", "CREATE-SPECIAL-USE", func(u *user) { noted(u, "it", u.Create("foo", imap4.AttrSent, imap4.AttrArchive)) },
			"A2 CREATE foo (USE (\\Sent \\Archive))\r\n", "A2 OK done\r\n", []string{"it: {MailboxID:}"}},
		{"Create refused", "", func(u *user) { noted(u, "it", u.Create("foo")) }, "A2 CREATE foo\r\n",
			"A2 NO [ALREADYEXISTS] there\r\n", []string{`it failed: imap4: CREATE: the server said NO [ALREADYEXISTS] "there"`}},
	} {
		t.Run(e.name, func(t *testing.T) {
			e.run(t)
			e.everyEnd(t)
		})
	}
}

func TestMailboxCommandsRefuseArguments(t *testing.T) {
	for _, bad := range []string{"\xff\xfe", "a\xc3"} {
		for name, issue := range map[string]func(s *session) *deferred.Deferred[struct{}]{
			"Delete":         func(s *session) *deferred.Deferred[struct{}] { return s.Delete(bad) },
			"Rename, first":  func(s *session) *deferred.Deferred[struct{}] { return s.Rename(bad, "x") },
			"Rename, second": func(s *session) *deferred.Deferred[struct{}] { return s.Rename("x", bad) },
			"Subscribe":      func(s *session) *deferred.Deferred[struct{}] { return s.Subscribe(bad) },
			"Unsubscribe":    func(s *session) *deferred.Deferred[struct{}] { return s.Unsubscribe(bad) },
		} {
			t.Run(name, func(t *testing.T) {
				s := working(t, "")
				refusedUnsent(t, s, issue(s), new(*imap4.ArgumentError))
			})
		}
	}
	t.Run("Create, use", func(t *testing.T) {
		s := working(t, "CREATE-SPECIAL-USE")
		refusedUnsent(t, s, s.Create("x", "\\a b)\r\n"), new(*imap4.ArgumentError))
	})
	t.Run("Create, use that the server does not know", func(t *testing.T) {
		s := working(t, "")
		refusedUnsent(t, s, s.Create("x", imap4.AttrSent), new(*imap4.UnsupportedError))
	})
}

func TestMailboxCommandsGoAlone(t *testing.T) {
	s := working(t, "")
	s.noop()
	noted(s.user, "CREATE", s.Create("a"))
	noted(s.user, "STATUS", s.Status("a", imap4.StatusMessages))
	s.wrote("A2 NOOP\r\n")
	s.server("A2 OK done\r\n")
	s.wrote("A3 CREATE a\r\n")
	s.server("A3 OK done\r\n")
	s.wrote("A4 STATUS a (MESSAGES)\r\n")
}

func TestCheckUnderRev2(t *testing.T) {
	s := authenticated(t, "IMAP4rev2 ENABLE")
	s.Select("x").Handle(nil, nil)
	s.server("* ENABLED IMAP4rev2\r\nA2 OK done\r\nA1 OK done\r\n")
	s.tr.Take()
	track(s.user, "CHECK", s.Check())
	s.wrote("A3 NOOP\r\n")
	s.server("A3 OK done\r\n")
	s.happened("CHECK: ok")
}
