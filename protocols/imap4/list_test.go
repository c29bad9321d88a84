package imap4_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// shown is entries in short, for tests.
func shownEntry(entries []imap4.ListEntry) string {
	var lines []string
	for _, e := range entries {
		line := fmt.Sprintf("%q %q %v", e.Name, e.Delimiter, e.Attrs)
		if e.RawName != e.Name {
			line += fmt.Sprintf(" raw %q", e.RawName)
		}
		if e.ChildInfo != nil {
			line += fmt.Sprintf(" childinfo %v", e.ChildInfo)
		}
		if e.OldName != "" {
			line += fmt.Sprintf(" oldname %q", e.OldName)
		}
		if e.Extra != nil {
			line += fmt.Sprintf(" extra %v", e.Extra)
		}
		if e.Status != nil {
			line += fmt.Sprintf(" status %v %d", e.Status.Items(), e.Status.Messages)
		}
		if e.MyRights != "" {
			line += " rights " + e.MyRights
		}
		if e.Metadata != nil {
			line += fmt.Sprintf(" metadata %v", e.Metadata)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func wantList(t *testing.T, d *deferred.Deferred[[]imap4.ListEntry], want ...string) {
	t.Helper()
	if entries, want := shownEntry(got(t, d)), strings.Join(want, "\n"); entries != want {
		t.Errorf("list:\n got %s\nwant %s", entries, want)
	}
}

func TestListResponses(t *testing.T) {
	for _, test := range []struct {
		name, server string
		want         []string
		events       []string
	}{
		{"L01 no delimiter", "* LIST () \"/\" INBOX\r\n* LIST (\\HasNoChildren) NIL \"Folder1\"\r\n* LIST (\\HasNoChildren) \"\" \"Folder2\"\r\n",
			[]string{`"INBOX" "/" []`, `"Folder1" "" [\HasNoChildren]`, `"Folder2" "" [\HasNoChildren]`}, nil},
		{"L03 odd names", "* LIST (\\Noselect) \".\" [Gmail]\r\n* LIST () \"/\" foo]bar\r\n* LIST () \"/\" a&-b\r\n* LIST (\\HasNoChildren) \"/\" NIL\r\n",
			[]string{`"[Gmail]" "." [\Noselect]`, `"foo]bar" "/" []`, `"a&b" "/" [] raw "a&-b"`, `"NIL" "/" [\HasNoChildren]`}, nil},
		{"L04 names that are no UTF-7", "* LIST (\\HasNoChildren) \"/\" {10}\r\nT\xc3\xa9st & co\r\n* LIST () \"/\" \"A&-B&AOk\"\r\n",
			[]string{`"Tést & co" "/" [\HasNoChildren]`, `"A&-B&AOk" "/" []`}, nil},
		{"L05 extended items, and a backslash", "* LIST (\\NonExistent \\HasChildren) \"/\" a (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n* LIST () \"\\\\\" \"a\\\\b\"\r\n",
			[]string{`"a" "/" [\NonExistent \HasChildren] childinfo [SUBSCRIBED]`, `"a\\b" "\\" []`}, nil},
		{"L06 attributes", "* LIST NIL \"/\" x\r\n* LIST (\\HasNoChildren ) \"/\" y\r\n", []string{`"x" "/" []`, `"y" "/" [\HasNoChildren]`}, nil},
		{"attributes in letters of any case", "* list (\\NOSELECT \\sent \\X-New Plain) \"/\" x\r\n", []string{`"x" "/" [\Noselect \Sent \X-New Plain]`}, nil},
		{"other extended items", "* LIST () \"/\" new (OLDNAME (\"&AOk-\") X-A (1 (2)) \"x-b\" \"y\")\r\n",
			[]string{`"new" "/" [] oldname "é" extra [{X-A (1 (2))} {X-B "y"}]`}, []string{`list "new" "/" []`}},
		{"meanwhile one gets another name, and one goes", "* LIST () \"/\" a\r\n* LIST () \"/\" b\r\n* LIST (\\NonExistent) \"/\" b\r\n* LIST () \"/\" c (OLDNAME (a))\r\n",
			[]string{`"a" "/" []`, `"b" "/" [\NonExistent]`, `"c" "/" [] oldname "a"`}, []string{`list "b" "/" [\NonExistent]`, `list "c" "/" []`}},
		{"a name with spaces, not quoted", "* LIST () \"/\" Sent Items \r\n", []string{`"Sent Items" "/" []`}, nil},
		{"twice the same", "* LIST () \"/\" INBOX\r\n* LIST () \"/\" inbox\r\n* LIST () \"/\" a\r\n* LIST () \"/\" a\r\n* LIST () \"/\" A\r\n",
			[]string{`"INBOX" "/" []`, `"a" "/" []`, `"A" "/" []`}, nil},
		{"an empty name: the delimiter was asked for", "* LIST (\\Noselect) \"/\" \"\"\r\n", []string{`"" "/" [\Noselect]`}, nil},
		{"what cannot be read", "* LIST\r\n* LIST (\\A \"/\" a\r\n* LIST () \"/\"\r\n* LIST () \"/\" a (b\r\n* 5 LIST () \"/\" a\r\n* LIST () \"/\" ok\r\n",
			[]string{`"ok" "/" []`}, []string{`* LIST ""`, `* LIST "(\\A \"/\" a"`, `* LIST "() \"/\""`, `* LIST "() \"/\" a (b"`, `* 5 LIST "() \"/\" a"`}},
		{"U06 other lists", "* LSUB () \".\" #news.comp\r\n* LIST () \"/\" a\r\n", []string{`"a" "/" []`}, []string{`* LSUB "() \".\" #news.comp"`}},
		{"nothing", "", nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := test.server + "A1 OK done\r\n"
			cuts := []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise}
			for n := 1; n < len(server); n++ {
				cuts = append(cuts, cutAt(n))
			}
			for i, cut := range cuts {
				s := authenticated(t, "")
				d := s.List("", "*")
				s.wrote("A1 LIST \"\" \"*\"\r\n")
				s.serverCut(server, cut)
				wantList(t, d, test.want...)
				s.happened(test.events...)
				s.end()
				if t.Failed() {
					t.Fatalf("cut %d", i)
				}
			}
		})
	}
	t.Run("unasked", func(t *testing.T) {
		s := authenticated(t, "")
		s.server("* LIST (\\NonExistent) \"/\" gone\r\n* XLIST (\\Inbox) \"/\" INBOX\r\n* LIST x\r\n")
		s.happened(`list "gone" "/" [\NonExistent]`, `* XLIST "(\\Inbox) \"/\" INBOX"`, `* LIST "x"`)
		s.Listener = nil
		s.server("* LIST () \"/\" a\r\n")
	})
	t.Run("refused, and lost", func(t *testing.T) {
		boxExchange{
			issue: func(u *user) { noted(u, "it", u.List("ref/", "%")) }, sent: "A2 LIST ref/ \"%\"\r\n", server: "* LIST () NIL a\r\nA2 NO never\r\n",
			want: []string{`it failed: imap4: LIST: the server said NO "never"`},
		}.run(t)
		boxExchange{issue: func(u *user) { noted(u, "it", u.List("", "*")) }, server: "* LIST () NIL a\r\nA2 OK done\r\n"}.everyEnd(t)
	})
	t.Run("limit", func(t *testing.T) {
		s := authenticated(t, "")
		s.Options.Limits = &imap4.Limits{Untagged: 1}
		d := s.List("", "*")
		s.server("* LIST () NIL a\r\n* LIST () NIL b\r\nA1 OK done\r\n")
		var limit *imap4.LimitError
		if err := gotError(t, d); !errors.As(err, &limit) || limit.Limit != "Untagged" {
			t.Errorf("error: got %v, want limit Untagged", err)
		}
		s.closed(false)
	})
}

func TestListEntry(t *testing.T) {
	e := imap4.ListEntry{Attrs: []imap4.MailboxAttr{`\nonexistent`, `\SENT`}}
	if !e.Has(imap4.AttrNonExistent) || !e.Has(imap4.AttrNoSelect) || e.Has(imap4.AttrMarked) {
		t.Errorf("Has: got %v %v %v, want true true false", e.Has(imap4.AttrNonExistent), e.Has(imap4.AttrNoSelect), e.Has(imap4.AttrMarked))
	}
	wantEqual(t, "SpecialUse", e.SpecialUse(), imap4.MailboxAttr(`\SENT`))
	wantEqual(t, "SpecialUse of none", (&imap4.ListEntry{Attrs: []imap4.MailboxAttr{imap4.AttrRemote}}).SpecialUse(), imap4.MailboxAttr(""))
	for _, use := range []imap4.MailboxAttr{imap4.AttrAll, imap4.AttrTrash} {
		if !use.IsSpecialUse() {
			t.Errorf("%s: got no special use, want one", use)
		}
	}
}

const extended = "LIST-EXTENDED LIST-STATUS LIST-MYRIGHTS LIST-METADATA SPECIAL-USE CHILDREN"

// step is what the client sends, and what the server answers.
type step struct{ sent, server string }

func TestListOptions(t *testing.T) {
	for _, test := range []struct {
		name, caps string
		o          imap4.ListOptions
		steps      []step
		want       []string
	}{
		{
			"all in one", extended,
			imap4.ListOptions{
				Patterns: []string{"INBOX", "&x"}, Subscribed: true, RecursiveMatch: true, Remote: true, SpecialUse: true, ReturnSubscribed: true, ReturnChildren: true,
				ReturnSpecialUse: true, ReturnMyRights: true, Status: imap4.StatusMessages | imap4.StatusUnseen, Metadata: []string{"/shared/comment", "/x y"},
			},
			[]step{{
				"A1 LIST (SUBSCRIBED SPECIAL-USE REMOTE RECURSIVEMATCH) \"\" (\"%\" INBOX &-x) " +
					"RETURN (SUBSCRIBED CHILDREN SPECIAL-USE MYRIGHTS STATUS (MESSAGES UNSEEN) METADATA (/shared/comment \"/x y\"))\r\n",
				"* LIST (\\Subscribed) \"/\" a\r\n* MYRIGHTS a lrs\r\n* STATUS a (MESSAGES 4 UNSEEN 1)\r\n* METADATA a (/shared/comment {2}\r\nhi \"/x y\" NIL)\r\n" +
					"* LIST () \"/\" b\r\nA1 OK done\r\n",
			}},
			[]string{`"a" "/" [\Subscribed] status MESSAGES UNSEEN 4 rights lrs metadata map[/shared/comment:hi]`, `"b" "/" []`},
		},
		{
			"under IMAP4rev2", "IMAP4rev2 ENABLE", imap4.ListOptions{Subscribed: true, ReturnSpecialUse: true, Status: imap4.StatusSize},
			[]step{
				{"A2 ENABLE IMAP4rev2\r\n", "* ENABLED IMAP4rev2\r\nA2 OK done\r\n"},
				{"A1 LIST (SUBSCRIBED) \"\" \"%\" RETURN (SPECIAL-USE STATUS (SIZE))\r\n", "* LIST () \"/\" \"caf\xc3\xa9 &\"\r\n* STATUS \"caf\xc3\xa9 &\" (SIZE 1)\r\nA1 OK done\r\n"},
			},
			[]string{`"café &" "/" [] status SIZE 0`},
		},
		{
			"several patterns, plain", "", imap4.ListOptions{Patterns: []string{"a*"}},
			[]step{
				{"A1 LIST \"\" \"%\"\r\n", "* LIST () \"/\" a\r\n* LIST () \"/\" b\r\nA1 OK done\r\n"},
				{"A2 LIST \"\" \"a*\"\r\n", "* LIST () \"/\" a\r\n* LIST () \"/\" a/b\r\nA2 OK done\r\n"},
			},
			[]string{`"a" "/" []`, `"b" "/" []`, `"a/b" "/" []`},
		},
		{
			"subscribed, by LSUB", "", imap4.ListOptions{Subscribed: true, ReturnSubscribed: true},
			[]step{{"A1 LSUB \"\" \"%\"\r\n", "* LSUB () \"/\" a\r\n* LSUB (\\Noselect) \"/\" b\r\n* LSUB (\\NonExistent) \"/\" c\r\nA1 OK done\r\n"}},
			[]string{`"a" "/" [\Subscribed]`, `"c" "/" [\NonExistent \Subscribed]`},
		},
		{
			"which are subscribed, by LSUB", "", imap4.ListOptions{ReturnSubscribed: true, ReturnChildren: true},
			[]step{
				{"A1 LIST \"\" \"%\"\r\n", "* LIST () \"/\" a\r\n* LIST () \"/\" INBOX\r\n* LIST () \"/\" c\r\nA1 OK done\r\n"},
				{"A2 LSUB \"\" \"%\"\r\n", "* LSUB () \"/\" c\r\n* LSUB (\\Noselect) \"/\" a\r\n* LSUB () \"/\" inbox\r\n* LSUB () \"/\" gone\r\nA2 OK done\r\n"},
			},
			[]string{`"a" "/" []`, `"INBOX" "/" [\Subscribed]`, `"c" "/" [\Subscribed]`},
		},
		{
			"special uses, from LIST", "SPECIAL-USE XLIST", imap4.ListOptions{SpecialUse: true},
			[]step{{"A1 LIST \"\" \"%\"\r\n", "* LIST () \"/\" a\r\n* LIST (\\sent) \"/\" b\r\nA1 OK done\r\n"}}, []string{`"b" "/" [\Sent]`},
		},
		{
			"special uses, from XLIST", "XLIST", imap4.ListOptions{ReturnSpecialUse: true},
			[]step{{"A1 XLIST \"\" \"%\"\r\n", "* XLIST (\\Inbox) \"/\" Inbox\r\n* XLIST (\\AllMail) \"/\" all\r\n* LIST (\\Spam) \"/\" spam\r\nA1 OK done\r\n"}},
			[]string{`"Inbox" "/" [\Inbox]`, `"all" "/" [\All]`, `"spam" "/" [\Junk]`},
		},
		{
			"special uses where there are none", "", imap4.ListOptions{SpecialUse: true, ReturnSpecialUse: true},
			[]step{{"A1 LIST \"\" \"%\"\r\n", "* LIST () \"/\" a\r\nA1 OK done\r\n"}}, nil,
		},
		{
			"status by STATUS", "LIST-EXTENDED", imap4.ListOptions{Status: imap4.StatusMessages},
			[]step{
				{"A1 LIST \"\" \"%\"\r\n", "* LIST () \"/\" a\r\n* LIST (\\Noselect) \"/\" b\r\n* LIST () \"/\" \"&bad\"\r\n* LIST () \"/\" d\r\nA1 OK done\r\n"},
				{"A2 STATUS a (MESSAGES)\r\nA3 STATUS &bad (MESSAGES)\r\nA4 STATUS d (MESSAGES)\r\n",
					"* STATUS d (MESSAGES 4)\r\n* STATUS \"&bad\" (MESSAGES 3)\r\nA4 OK done\r\nA3 OK done\r\nA2 NO [NOPERM] not yours\r\n"},
			},
			[]string{`"a" "/" []`, `"b" "/" [\Noselect]`, `"&bad" "/" [] status MESSAGES 3`, `"d" "/" [] status MESSAGES 4`},
		},
		{
			"BAD to what is offered", extended, imap4.ListOptions{SpecialUse: true, Status: imap4.StatusMessages},
			[]step{
				{"A1 LIST (SPECIAL-USE) \"\" \"%\" RETURN (STATUS (MESSAGES))\r\n", "A1 BAD syntax\r\n"},
				{"A2 LIST \"\" \"%\"\r\n", "* LIST () \"/\" a\r\n* LIST (\\Sent) \"/\" b\r\nA2 OK done\r\n"},
				{"A3 STATUS b (MESSAGES)\r\n", "* STATUS b (MESSAGES 2)\r\nA3 OK done\r\n"},
			},
			[]string{`"b" "/" [\Sent] status MESSAGES 2`},
		},
		{
			"BAD to a selection that is offered", extended, imap4.ListOptions{Subscribed: true},
			[]step{
				{"A1 LIST (SUBSCRIBED) \"\" \"%\"\r\n", "A1 BAD syntax\r\n"},
				{"A2 LSUB \"\" \"%\"\r\n", "* LSUB () \"/\" a\r\nA2 OK done\r\n"},
			},
			[]string{`"a" "/" [\Subscribed]`},
		},
		{
			"RETURN makes the server tell nothing", extended, imap4.ListOptions{ReturnSpecialUse: true},
			[]step{
				{"A1 LIST \"\" \"%\" RETURN (SPECIAL-USE)\r\n", "A1 OK done\r\n"},
				{"A2 LIST \"\" \"%\"\r\n", "* LIST (\\Sent) \"/\" b\r\nA2 OK done\r\n"},
			},
			[]string{`"b" "/" [\Sent]`},
		},
		{
			"what is told of mailboxes that are not in the list", extended, imap4.ListOptions{ReturnMyRights: true, Status: imap4.StatusMessages, Metadata: []string{"/a"}},
			[]step{{
				"A1 LIST \"\" \"%\" RETURN (MYRIGHTS STATUS (MESSAGES) METADATA (/a))\r\n",
				"* STATUS x (MESSAGES 1)\r\n* MYRIGHTS x l\r\n* METADATA x (/a b)\r\n* LIST () \"/\" a\r\n* MYRIGHTS\r\n* METADATA a\r\n* METADATA a (/a NIL)\r\nA1 OK done\r\n",
			}},
			[]string{`"a" "/" [] metadata map[]`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
				s := authenticated(t, test.caps)
				d := s.List("", "%", test.o)
				for _, step := range test.steps {
					s.wrote(step.sent)
					s.serverCut(step.server, cut)
				}
				s.wrote("")
				wantList(t, d, test.want...)
			}
		})
	}
}

func TestListNeeds(t *testing.T) {
	for name, test := range map[string]struct {
		caps string
		o    imap4.ListOptions
	}{
		"Remote":                   {"LIST-STATUS", imap4.ListOptions{Remote: true}},
		"RecursiveMatch":           {"", imap4.ListOptions{Subscribed: true, RecursiveMatch: true}},
		"ReturnMyRights":           {"LIST-EXTENDED", imap4.ListOptions{ReturnMyRights: true}},
		"Metadata":                 {"LIST-EXTENDED", imap4.ListOptions{Metadata: []string{"/a"}}},
		"Metadata, no extended":    {"LIST-METADATA", imap4.ListOptions{Metadata: []string{"/a"}}},
		"an item of STATUS":        {extended, imap4.ListOptions{Status: imap4.StatusSize}},
		"an item, without a LIST-": {"", imap4.ListOptions{Status: imap4.StatusMailboxID}},
	} {
		t.Run(name, func(t *testing.T) {
			s := authenticated(t, test.caps)
			refusedUnsent(t, s, s.List("", "*", test.o), new(*imap4.UnsupportedError))
		})
	}
	for name, o := range map[string]imap4.ListOptions{
		"RecursiveMatch alone":  {RecursiveMatch: true},
		"an item that is none":  {Status: 1 << 30},
		"a pattern not UTF-8":   {Patterns: []string{"\xff"}},
		"an entry with NUL":     {Metadata: []string{"/a\x00"}},
		"the same, no extended": {Patterns: []string{"\xff"}, Subscribed: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := authenticated(t, extended)
			refusedUnsent(t, s, s.List("", "*", o), new(*imap4.ArgumentError))
		})
	}
	s := authenticated(t, "")
	for _, d := range []*deferred.Deferred[[]imap4.ListEntry]{s.List("\xff", ""), s.List("", "\xff"), s.LSub("\xff", ""), s.LSub("", "\xff")} {
		refusedUnsent(t, s, d, new(*imap4.ArgumentError))
	}
	refusedUnsent(t, s, s.XList("", "*"), new(*imap4.UnsupportedError))
	t.Run("the server is asked what it can do if that may not be all", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		s.List("", "*", imap4.ListOptions{ReturnChildren: true}).Handle(nil, func(error) {})
		s.wrote("A2 CAPABILITY\r\n")
		s.server("* CAPABILITY IMAP4rev1 LIST-EXTENDED\r\nA2 OK done\r\n")
		s.wrote("A1 LIST \"\" \"*\" RETURN (CHILDREN)\r\n")
	})
	t.Run("an error that is not BAD is told", func(t *testing.T) {
		s := authenticated(t, extended)
		d := s.List("", "*", imap4.ListOptions{ReturnChildren: true})
		s.server("A1 NO never\r\n")
		gotError(t, d)
	})
	t.Run("lost between LIST and STATUS", func(t *testing.T) {
		s := authenticated(t, "")
		d := s.List("", "*", imap4.ListOptions{Status: imap4.StatusUnseen})
		s.server("* LIST () NIL a\r\n* LIST () NIL b\r\nA1 OK done\r\n* STATUS a (UNSEEN 1)\r\nA2 OK done\r\n")
		s.tr.Lose(nil)
		s.clock.Turn()
		var lost *imap4.CommandError
		if err := gotError(t, d); !errors.As(err, &lost) {
			t.Errorf("error: got %v, want *CommandError", err)
		}
	})
}

func TestLSubAndXList(t *testing.T) {
	s := authenticated(t, "XLIST")
	lsub, xlist, list := s.LSub("#news.", "*"), s.XList("", "*"), s.List("", "INBOX")
	s.wrote("A1 LSUB #news. \"*\"\r\nA2 XLIST \"\" \"*\"\r\n")
	s.server("* XLIST (\\Starred) \"/\" s\r\n* LSUB () \".\" #news.comp\r\nA2 OK done\r\nA1 OK done\r\n")
	s.wrote("A3 LIST \"\" INBOX\r\n")
	s.server("* LIST () \"/\" INBOX\r\nA3 OK done\r\n")
	wantList(t, lsub, `"#news.comp" "." []`)
	wantList(t, xlist, `"s" "/" [\Flagged]`)
	wantList(t, list, `"INBOX" "/" []`)
}

// What LIST has told of mailboxes could be the answer to STATUS as well, and what LSUB tells that to LSUB.
func TestListIsNotConfused(t *testing.T) {
	s := authenticated(t, extended)
	s.List("", "*", imap4.ListOptions{Status: imap4.StatusMessages}).Handle(nil, func(error) {})
	s.Status("a", imap4.StatusMessages).Handle(nil, func(error) {})
	s.wrote("A1 LIST \"\" \"*\" RETURN (STATUS (MESSAGES))\r\n")
	s.server("* LIST () NIL a\r\nA1 OK done\r\n")
	s.wrote("A2 STATUS a (MESSAGES)\r\n")
	s = authenticated(t, "")
	s.List("", "*", imap4.ListOptions{Subscribed: true}).Handle(nil, func(error) {})
	s.LSub("", "*").Handle(nil, func(error) {})
	s.wrote("A1 LSUB \"\" \"*\"\r\n")
	s.server("A1 OK done\r\n")
	s.wrote("A2 LSUB \"\" \"*\"\r\n")
}
