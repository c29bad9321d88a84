package imap4_test

import (
	"errors"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestSelect(t *testing.T) {
	const dovecot = "* FLAGS (\\Answered \\seen Junk)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] Flags permitted.\r\n* 3 EXISTS\r\n* 1 RECENT\r\n" +
		"* OK [UNSEEN 2] First unseen.\r\n* OK [UIDVALIDITY 1700000000] UIDs valid\r\n* OK [UIDNEXT 45] Predicted next UID\r\n" +
		"* OK [HIGHESTMODSEQ 12345678901] Highest\r\n"
	plain := imap4.MailboxInfo{
		Name: "work", Flags: []imap4.Flag{imap4.FlagAnswered, imap4.FlagSeen, "Junk"}, PermanentFlags: []imap4.Flag{imap4.FlagSeen, imap4.FlagAny},
		Exists: 3, Recent: 1, Unseen: 2, UIDValidity: 1700000000, UIDNext: 45, HighestModSeq: 12345678901,
	}
	readOnly := plain
	readOnly.ReadOnly = true
	cyrus := imap4.MailboxInfo{Name: "work", NoModSeq: true, UIDNotSticky: true, MailboxID: "F22-60", Rights: "acdilrsw"}
	for _, test := range []struct {
		name    string
		examine bool
		server  string
		want    imap4.MailboxInfo
	}{
		{"SELECT", false, dovecot + "A1 OK [READ-WRITE] Select completed.\r\n", plain},
		{"SELECT without a code", false, dovecot + "A1 OK Select completed.\r\n", plain},
		{"SELECT of what cannot be changed", false, dovecot + "A1 OK [READ-ONLY] Select completed.\r\n", readOnly},
		{"EXAMINE", true, dovecot + "A1 OK [READ-ONLY] Examine completed.\r\n", readOnly},
		{"EXAMINE without a code", true, dovecot + "A1 OK Examine completed.\r\n", readOnly},
		{"nothing told", false, "A1 OK\r\n", imap4.MailboxInfo{Name: "work"}},
		{
			"less usual codes", false,
			"* OK [NOMODSEQ] x\r\n* NO [uidnotsticky] x\r\n* OK [MYRIGHTS \"acdilrsw\"] ACL\r\nA1 OK [MAILBOXID (F22-60)] x\r\n", cyrus,
		},
		{
			"odd ones", false,
			"* OK [UIDVALIDITY x] a\r\n* OK [UIDNEXT 99999999999] b\r\n* OK [HIGHESTMODSEQ -1] c\r\n* OK [PERMANENTFLAGS \\Seen] d\r\n* FLAGS (\\Seen\r\n" +
				"* OK [MAILBOXID] e\r\n* EXISTS\r\n* OK [NEW (a b)] f\r\nA1 OK done\r\n", imap4.MailboxInfo{Name: "work"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			cuts := []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise}
			for n := 1; n < len(test.server); n++ {
				cuts = append(cuts, cutAt(n))
			}
			for _, cut := range cuts {
				s := authenticated(t, "")
				open, sent := s.Select, "A1 SELECT work\r\n"
				if test.examine {
					open, sent = s.Examine, "A1 EXAMINE work\r\n"
				}
				d := open("work")
				s.wrote(sent)
				if _, selected := s.Mailbox(); selected {
					t.Fatal("a mailbox is open before the answer")
				}
				s.serverCut(test.server, cut)
				wantEqual(t, "MailboxInfo", withoutVanished(*got(t, d)), test.want)
				box, _ := s.Mailbox()
				wantEqual(t, "Mailbox", box, imap4.Mailbox{
					Name: "work", ReadOnly: test.want.ReadOnly, Exists: test.want.Exists, UIDValidity: test.want.UIDValidity,
					UIDNext: test.want.UIDNext, HighestModSeq: test.want.HighestModSeq,
				})
				s.end()
				if t.Failed() {
					t.FailNow()
				}
			}
		})
	}
}

// withoutVanished makes an info comparable whose Vanished is empty.
func withoutVanished(i imap4.MailboxInfo) imap4.MailboxInfo {
	if i.Vanished.IsEmpty() {
		i.Vanished = imap4.MessageSet{}
	}
	return i
}

func TestSelectHearsOfOtherThings(t *testing.T) {
	s := authenticated(t, "")
	d := s.Select("work")
	s.server("* OK [ALERT] full\r\n* NO [INUSE] later\r\n* OK just text\r\n* STATUS other (MESSAGES 1)\r\n* 1 FETCH (FLAGS ())\r\n* OK [NEW] x\r\nA1 OK done\r\n")
	got(t, d)
	s.happened(`alert "full"`, `warning NO "INUSE" "later"`, `* OK "just text"`, `status "other" MESSAGES`, "message data 1 0 FLAGS []", `* OK "[NEW] x"`)
}

func TestSelectAnother(t *testing.T) {
	t.Run("R06 refused after [CLOSED]: none is open", func(t *testing.T) {
		s := working(t, "")
		d := s.Select("gone")
		s.server("* OK [CLOSED] Previous mailbox closed.\r\nA2 NO [NONEXISTENT] no such\r\n")
		if err := gotError(t, d); !errors.Is(err, imap4.ErrNonexistent) {
			t.Errorf("error: got %v, want ErrNonexistent", err)
		}
		notOpen(t, s)
	})
	for _, answer := range []string{"NO", "BAD"} {
		t.Run("refused without [CLOSED], "+answer+": none is open either", func(t *testing.T) {
			s := working(t, "")
			d := s.Select("gone")
			if box, open := s.Mailbox(); !open || box.Name != "work" {
				t.Errorf("Mailbox before the answer: got %v %v, want work", box, open)
			}
			s.server("A2 " + answer + " no such\r\n")
			gotError(t, d)
			notOpen(t, s)
		})
	}
	t.Run("what comes before [CLOSED] is about the one before", func(t *testing.T) {
		s := working(t, "")
		d := s.Select("b")
		s.server("* 2 EXPUNGE\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* VANISHED 5\r\n* 9 EXISTS\r\n")
		s.happened("expunge 2", `message data 1 0 FLAGS [\Seen]`, "vanished 5 false")
		if box, _ := s.Mailbox(); box.Exists != 1 {
			t.Errorf("Exists of the one before: got %d, want 1", box.Exists)
		}
		s.server("* OK [CLOSED] closed\r\n")
		s.happened("exists 9", `* OK "[CLOSED] closed"`)
		if _, open := s.Mailbox(); open {
			t.Error("a mailbox is open behind [CLOSED]: got true, want false")
		}
		s.server("* OK [UIDVALIDITY 5] x\r\nA2 OK done\r\n")
		info := got(t, d)
		wantEqual(t, "Exists", info.Exists, uint32(0))
		wantEqual(t, "UIDValidity", info.UIDValidity, uint32(5))
	})
	t.Run("what comes before [CLOSED] is heard in the order of the wire", func(t *testing.T) {
		for line, event := range map[string]string{
			"5 EXPUNGE": "expunge 5", "VANISHED 7": "vanished 7 false", "5 FETCH (FLAGS ())": "message data 5 0 FLAGS []",
		} {
			s := working(t, "")
			s.Select("b").Handle(nil, nil)
			s.server("* 5 EXISTS\r\n* " + line + "\r\n")
			s.happened("exists 5", event)
			box, _ := s.Mailbox()
			if want := uint32(4); event[0] != 'm' && box.Exists != want {
				t.Errorf("Exists behind %s: got %d, want %d", line, box.Exists, want)
			}
			s.server("* OK [CLOSED] closed\r\n")
			s.happened(`* OK "[CLOSED] closed"`)
		}
	})
	t.Run("without [CLOSED] counts and codes are about the new one", func(t *testing.T) {
		s := working(t, "")
		d := s.Examine("b")
		s.server("* 9 EXISTS\r\n* FLAGS ()\r\n* 1 RECENT\r\n* OK [UIDVALIDITY 8] x\r\n* OK [PERMANENTFLAGS ()] x\r\nA2 OK [READ-ONLY] done\r\n")
		info := got(t, d)
		wantEqual(t, "Exists", info.Exists, uint32(9))
		s.happened()
	})
	t.Run("what is issued behind waits, and is for the new one", func(t *testing.T) {
		s := working(t, "")
		s.noop()
		s.Select("b").Handle(nil, nil)
		s.noop()
		s.wrote("A2 NOOP\r\n")
		s.server("A2 OK done\r\n")
		s.wrote("A3 SELECT b\r\n")
		s.server("A3 OK done\r\n")
		s.wrote("A4 NOOP\r\n")
	})
	t.Run("cancelled when it was sent: the mailbox is open nevertheless", func(t *testing.T) {
		s := working(t, "")
		d := s.Select("b")
		d.Cancel()
		wantCancelled(t, d)
		s.server("* 4 EXISTS\r\nA2 OK done\r\n")
		if box, _ := s.Mailbox(); box.Name != "b" || box.Exists != 4 {
			t.Errorf("Mailbox: got %v, want b with 4 messages", box)
		}
	})
	t.Run("lost", func(t *testing.T) {
		boxExchange{
			issue:  func(u *user) { noted(u, "it", u.Select("b")) },
			server: "* 4 EXISTS\r\nA2 OK done\r\n",
		}.everyEnd(t)
		s := working(t, "")
		s.tr.Lose(nil)
		s.clock.Turn()
		notOpen(t, s)
	})
}

func notOpen(t *testing.T, s *session) {
	t.Helper()
	if box, open := s.Mailbox(); open {
		t.Errorf("Mailbox: got %v, want none", box)
	}
}

func TestSelectNotLoggedIn(t *testing.T) {
	s := greeted(t)
	d := s.Select("x")
	s.wrote("")
	if err := gotError(t, d); !errors.Is(err, imap4.ErrState) {
		t.Errorf("error: got %v, want ErrState", err)
	}
}

func TestSelectCondStore(t *testing.T) {
	s := authenticated(t, "CONDSTORE")
	d := s.Select("x", imap4.SelectOptions{CondStore: true})
	s.wrote("A1 SELECT x (CONDSTORE)\r\n")
	s.server("* OK [HIGHESTMODSEQ 7] x\r\nA1 OK done\r\n")
	wantEqual(t, "HighestModSeq", got(t, d).HighestModSeq, uint64(7))
	s = authenticated(t, "")
	refusedUnsent(t, s, s.Select("x", imap4.SelectOptions{CondStore: true}), new(*imap4.UnsupportedError))
}

func TestSelectListed(t *testing.T) {
	s := authenticated(t, "")
	d := s.Select("inbox")
	s.wrote("A1 SELECT INBOX\r\n")
	s.server("* LIST () \"/\" INBOX (\"OLDNAME\" (inbox))\r\n* LIST broken\r\nA1 OK done\r\n")
	listed := got(t, d).Listed
	if listed == nil || listed.Name != "INBOX" || listed.OldName != "inbox" {
		t.Errorf("Listed: got %+v, want INBOX that was inbox", listed)
	}
	s.happened(`* LIST "broken"`)
	for _, test := range []struct{ name, line, event, listed string }{
		{"another mailbox has come", `* LIST () "/" Lab`, `list "Lab" "/" []`, ""},
		{"another mailbox is gone", `* LIST (\NonExistent) "/" Lab`, `list "Lab" "/" [\NonExistent]`, ""},
		{"this mailbox is gone", `* LIST (\NonExistent) "/" Work`, `list "Work" "/" [\NonExistent]`, ""},
		{"this mailbox has another name", `* LIST () "/" Job ("OLDNAME" (Work))`, `list "Job" "/" []`, "Job"},
	} {
		s := authenticated(t, "")
		d := s.Select("Work")
		s.server(test.line + "\r\n* 1 EXISTS\r\nA1 OK done\r\n")
		s.happened(test.event)
		name := ""
		if e := got(t, d).Listed; e != nil {
			name = e.Name
		}
		if name != test.listed {
			t.Errorf("%s: Listed: got %q, want %q", test.name, name, test.listed)
		}
	}
}

func TestQResync(t *testing.T) {
	known := &imap4.QResync{
		UIDValidity: 67890007, ModSeq: 90060115194045000, KnownUIDs: imap4.UIDRange(41, 211),
		KnownSeqNums: imap4.SeqNums(1, 3, 9), SeqNumUIDs: imap4.UIDs(41, 43, 211),
	}
	const (
		enable = "A2 ENABLE QRESYNC\r\n"
		sent   = "A1 SELECT x (QRESYNC (67890007 90060115194045000 41:211 (1,3,9 41,43,211)))\r\n"
		server = "* OK [CLOSED] x\r\n* 100 EXISTS\r\n* OK [UIDVALIDITY 67890007] x\r\n* OK [HIGHESTMODSEQ 90060115205545359] x\r\n" +
			"* VANISHED (EARLIER) 41,43:116\r\n* VANISHED (EARLIER) 118\r\n* 49 FETCH (UID 117 FLAGS (\\Seen \\answered) MODSEQ (90060115194045001) X (a b))\r\n" +
			"* 50 FETCH (UID 119 FLAGS (\\Draft\r\n* 51 FETCH (UID 120 FLAGS (\\Draft) MODSEQ (-1))\r\nA1 OK [READ-WRITE] done\r\n"
	)
	open := func(t *testing.T, o imap4.SelectOptions) (*session, *deferred.Deferred[*imap4.MailboxInfo]) {
		s := authenticated(t, "ENABLE CONDSTORE QRESYNC")
		o.QResync = known
		d := s.Select("x", o)
		s.noop()
		s.wrote(enable)
		s.server("* ENABLED QRESYNC\r\nA2 OK done\r\n")
		s.wrote(sent)
		return s, d
	}
	t.Run("what has happened is in the result", func(t *testing.T) {
		for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
			s, d := open(t, imap4.SelectOptions{})
			s.serverCut(server, cut)
			info := got(t, d)
			wantEqual(t, "Vanished", info.Vanished.String(), "41,43:116,118")
			if len(info.Changed) != 3 {
				t.Fatalf("Changed: got %d messages, want 3", len(info.Changed))
			}
			m, broken, odd := info.Changed[0], info.Changed[1], info.Changed[2]
			if broken.Err == nil || broken.UID != 119 || broken.Has(imap4.ItemFlags) {
				t.Errorf("a message that cannot be read: got %+v, want UID 119 and an error", broken)
			}
			wantEqual(t, "SeqNum, UID", []uint32{m.SeqNum, m.UID}, []uint32{49, 117})
			wantEqual(t, "Flags", m.Flags, []imap4.Flag{imap4.FlagSeen, imap4.FlagAnswered})
			wantEqual(t, "ModSeq", m.ModSeq, uint64(90060115194045001))
			if odd.UID != 120 || odd.Has(imap4.ItemModSeq) || !odd.Has(imap4.ItemFlags|imap4.ItemUID) {
				t.Errorf("with a MODSEQ of -1: got %+v, want UID 120 and flags", odd)
			}
			box, _ := s.Mailbox()
			wantEqual(t, "Mailbox", box, imap4.Mailbox{Name: "x", Exists: 100, UIDValidity: 67890007, HighestModSeq: 90060115205545359})
			s.happened(`* OK "[CLOSED] x"`)
			s.wrote("A3 NOOP\r\n")
		}
	})
	t.Run("callbacks hear it as it comes", func(t *testing.T) {
		var s *session
		s, d := open(t, imap4.SelectOptions{
			Vanished: func(uids imap4.MessageSet) { s.note("gone %v", uids) },
			Changed:  func(m *imap4.Message) { s.note("changed %d %v", m.UID, m.Items()) },
		})
		s.server(server)
		s.happened(`* OK "[CLOSED] x"`, "gone 41,43:116", "gone 118", "changed 117 UID FLAGS MODSEQ", "changed 119 UID", "changed 120 UID FLAGS")
		if info := got(t, d); info.Changed != nil || info.Vanished.String() != "41,43:116,118" {
			t.Errorf("result: got %v changed and %v vanished, want none and 41,43:116,118", info.Changed, info.Vanished)
		}
	})
	t.Run("enabled already", func(t *testing.T) {
		s, d := open(t, imap4.SelectOptions{})
		s.server(server)
		got(t, d)
		s.tr.Take()
		s.server("A3 OK done\r\n")
		s.Examine("y", imap4.SelectOptions{QResync: &imap4.QResync{UIDValidity: 1, ModSeq: 2}, CondStore: true}).Handle(nil, func(error) {})
		s.wrote("A4 EXAMINE y (QRESYNC (1 2))\r\n")
	})
	t.Run("an ENABLE that tells nothing is tried once", func(t *testing.T) {
		s := authenticated(t, "ENABLE QRESYNC")
		d := s.Select("x", imap4.SelectOptions{QResync: &imap4.QResync{UIDValidity: 1, ModSeq: 2}})
		s.wrote("A2 ENABLE QRESYNC\r\n")
		s.server("A2 OK done\r\n")
		s.wrote("A1 SELECT x (QRESYNC (1 2))\r\n")
		s.server("A1 BAD not enabled\r\n")
		gotError(t, d)
	})
	t.Run("not offered", func(t *testing.T) {
		s := authenticated(t, "CONDSTORE ENABLE")
		refusedUnsent(t, s, s.Select("x", imap4.SelectOptions{QResync: known}), new(*imap4.UnsupportedError))
	})
	t.Run("of a mailbox that was open no FETCH is taken before [CLOSED]", func(t *testing.T) {
		s := working(t, "ENABLE QRESYNC")
		d := s.Select("x", imap4.SelectOptions{QResync: known})
		s.server("A3 OK done\r\n* 2 FETCH (UID 4 FLAGS ())\r\n* OK [CLOSED] x\r\n* 3 FETCH (UID 5 FLAGS ())\r\nA2 OK done\r\n")
		if changed := got(t, d).Changed; len(changed) != 1 || changed[0].UID != 5 {
			t.Errorf("Changed: got %v, want UID 5", changed)
		}
		s.happened("message data 2 4 UID FLAGS []", `* OK "[CLOSED] x"`)
	})
	t.Run("limits", func(t *testing.T) {
		for _, line := range []string{"* VANISHED (EARLIER) 1,3\r\n* VANISHED (EARLIER) 5\r\n", "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n"} {
			s, d := open(t, imap4.SelectOptions{})
			s.Options.Limits = &imap4.Limits{Untagged: 2}
			s.server("* OK [CLOSED] x\r\n" + line + "A1 OK done\r\n")
			var limit *imap4.LimitError
			if err := gotError(t, d); !errors.As(err, &limit) || limit.Limit != "Untagged" {
				t.Errorf("error: got %v, want limit Untagged", err)
			}
			if box, _ := s.Mailbox(); box.Name != "x" {
				t.Errorf("Mailbox: got %v, want x: it is open", box)
			}
		}
	})
}

func TestQResyncRefusesArguments(t *testing.T) {
	for name, q := range map[string]imap4.QResync{
		"nothing":          {},
		"no UIDVALIDITY":   {ModSeq: 1},
		"no mod-sequence":  {UIDValidity: 1},
		"ModSeq too large": {UIDValidity: 1, ModSeq: 1 << 63},
		"an open set":      {UIDValidity: 1, ModSeq: 1, KnownUIDs: imap4.AllUIDs()},
		"sequence numbers": {UIDValidity: 1, ModSeq: 1, KnownUIDs: imap4.SeqNums(1)},
		"a broken set":     {UIDValidity: 1, ModSeq: 1, KnownUIDs: imap4.UIDs(0)},
		"the saved result": {UIDValidity: 1, ModSeq: 1, KnownUIDs: imap4.SavedResult(true)},
		"half a match":     {UIDValidity: 1, ModSeq: 1, KnownSeqNums: imap4.SeqNums(1)},
		"an uneven match":  {UIDValidity: 1, ModSeq: 1, KnownSeqNums: imap4.SeqNums(1), SeqNumUIDs: imap4.UIDs(1, 2)},
		"kinds exchanged":  {UIDValidity: 1, ModSeq: 1, KnownSeqNums: imap4.UIDs(1), SeqNumUIDs: imap4.SeqNums(1)},
	} {
		t.Run(name, func(t *testing.T) {
			s := authenticated(t, "ENABLE QRESYNC")
			refusedUnsent(t, s, s.Select("x", imap4.SelectOptions{QResync: &q}), new(*imap4.ArgumentError))
		})
	}
	s := authenticated(t, "")
	refusedUnsent(t, s, s.Select("\xff"), new(*imap4.ArgumentError))
	refusedUnsent(t, s, s.Examine("\xff"), new(*imap4.ArgumentError))
}
