package imap4_test

import (
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

const manyStatus = imap4.StatusMessages | imap4.StatusRecent | imap4.StatusUIDNext | imap4.StatusUIDValidity | imap4.StatusUnseen

func TestStatus(t *testing.T) {
	for _, test := range []struct {
		name   string
		server string
		has    imap4.StatusItems
		check  func(s imap4.StatusData) bool
		events []string
	}{
		{"all", "* STATUS INBOX (MESSAGES 1 RECENT 2 UIDNEXT 3 UIDVALIDITY 4 UNSEEN 5 DELETED 6 SIZE 7 HIGHESTMODSEQ 8 APPENDLIMIT 9 MAILBOXID (F1) DELETED-STORAGE 10)\r\n",
			1<<11 - 1, func(s imap4.StatusData) bool {
				return s.Mailbox == "INBOX" && s.RawName == "INBOX" && s.Messages == 1 && s.Recent == 2 && s.UIDNext == 3 && s.UIDValidity == 4 && s.Unseen == 5 &&
					s.Deleted == 6 && s.Size == 7 && s.HighestModSeq == 8 && s.AppendLimit == 9 && s.MailboxID == "F1" && s.DeletedStorage == 10 && s.Extra == nil
			}, nil},
		{"S01 a space behind", "* STATUS INBOX (MESSAGES 0) \r\n", imap4.StatusMessages, func(s imap4.StatusData) bool { return s.Messages == 0 }, nil},
		{"S02 empty", "* STATUS INBOX ()\r\n", 0, func(s imap4.StatusData) bool { return s.Mailbox == "INBOX" }, nil},
		{"S03 a number with an exponent", "* STATUS INBOX (MESSAGES 9.3736e+06 UNSEEN 1)\r\n", imap4.StatusMessages | imap4.StatusUnseen,
			func(s imap4.StatusData) bool { return s.Messages == 9373600 && s.Unseen == 1 }, nil},
		{"S04 a literal for a name, 64 bits, what is not known",
			"* STATUS {5}\r\nINBOX (MESSAGES 3 HIGHESTMODSEQ 18446744073709551615 X-NEW 5 MAILBOXID (F1))\r\n",
			imap4.StatusMessages | imap4.StatusHighestModSeq | imap4.StatusMailboxID, func(s imap4.StatusData) bool {
				return s.Messages == 3 && s.HighestModSeq == 18446744073709551615 && s.MailboxID == "F1" &&
					len(s.Extra) == 1 && s.Extra[0] == imap4.ExtraItem{Name: "X-NEW", Raw: "5"}
			}, nil},
		{"values that are none", "* STATUS inbox (MESSAGES NIL UNSEEN -1 UIDNEXT 4294967296 MAILBOXID F1 x-list (a (b)) SIZE \"7\" APPENDLIMIT NIL)\r\n",
			imap4.StatusAppendLimit | imap4.StatusMailboxID, func(s imap4.StatusData) bool { return s.AppendLimit == -1 && len(s.Extra) == 5 }, nil},
		{"none told", "", 0, func(s imap4.StatusData) bool { return s.Mailbox == "inbox" }, nil},
		{"another mailbox, too", "* STATUS other (MESSAGES 5)\r\n* STATUS INBOX (MESSAGES 1)\r\n* STATUS third (UNSEEN 1)\r\n", imap4.StatusMessages,
			func(s imap4.StatusData) bool { return s.Messages == 1 }, []string{`status "other" MESSAGES`, `status "third" UNSEEN`}},
		{"one that cannot be read", "* STATUS INBOX (MESSAGES\r\n* STATUS INBOX\r\n* 3 STATUS INBOX (MESSAGES 1)\r\n", 0,
			func(s imap4.StatusData) bool { return true }, []string{`* STATUS "INBOX (MESSAGES"`, `* STATUS "INBOX"`, `* 3 STATUS "INBOX (MESSAGES 1)"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := test.server + "A1 OK done\r\n"
			cuts := []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise}
			for n := 1; n < len(server); n++ {
				cuts = append(cuts, cutAt(n))
			}
			for _, cut := range cuts {
				s := authenticated(t, "")
				d := s.Status("inbox", manyStatus)
				s.wrote("A1 STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)\r\n")
				s.serverCut(server, cut)
				v := got(t, d)
				if test.name == "values that are none" {
					v.Extra = v.Extra[:5:5]
				}
				if v.Items() != test.has && test.name != "values that are none" || !test.check(v) {
					t.Fatalf("got %v: %+v, want items %v", v.Items(), v, test.has)
				}
				s.happened(test.events...)
				s.end()
			}
		})
	}
}

func TestStatusItems(t *testing.T) {
	offers := map[imap4.StatusItems]string{
		imap4.StatusDeleted: "QUOTA=RES-MESSAGE", imap4.StatusSize: "STATUS=SIZE", imap4.StatusHighestModSeq: "CONDSTORE",
		imap4.StatusAppendLimit: "APPENDLIMIT", imap4.StatusMailboxID: "OBJECTID", imap4.StatusDeletedStorage: "QUOTA=RES-STORAGE",
	}
	for item, capability := range offers {
		t.Run(item.String(), func(t *testing.T) {
			s := authenticated(t, capability)
			s.Status("x", imap4.StatusUnseen, item).Handle(nil, func(error) {})
			s.wrote("A1 STATUS x (UNSEEN " + item.String() + ")\r\n")
			s = authenticated(t, "X APPENDLIMIT=1000")
			refusedUnsent(t, s, s.Status("x", imap4.StatusUnseen|item), new(*imap4.UnsupportedError))
		})
	}
	t.Run("the server is asked what it can do if that may not be all", func(t *testing.T) {
		s := preauth(t, imap4.Options{})
		d := s.Status("x", imap4.StatusSize)
		s.wrote("A2 CAPABILITY\r\n")
		s.server("* CAPABILITY IMAP4rev1 STATUS=SIZE\r\nA2 OK done\r\n")
		s.wrote("A1 STATUS x (SIZE)\r\n")
		s.server("* STATUS x (SIZE 44)\r\nA1 OK done\r\n")
		wantEqual(t, "Size", got(t, d).Size, uint64(44))
	})
	t.Run("no items, or none that are", func(t *testing.T) {
		s := authenticated(t, "")
		for _, d := range []*deferred.Deferred[imap4.StatusData]{s.Status("x"), s.Status("x", 0), s.Status("x", 1<<31), s.Status("\xff", imap4.StatusUnseen)} {
			refusedUnsent(t, s, d, new(*imap4.ArgumentError))
		}
	})
}

func TestStatusesAreToldApart(t *testing.T) {
	s := authenticated(t, "")
	a, b, again := s.Status("a", imap4.StatusMessages), s.Status("A", imap4.StatusMessages), s.Status("a", imap4.StatusMessages)
	s.wrote("A1 STATUS a (MESSAGES)\r\nA2 STATUS A (MESSAGES)\r\n")
	s.server("* STATUS A (MESSAGES 2)\r\n* STATUS a (MESSAGES 1)\r\nA2 OK done\r\nA1 OK done\r\n")
	s.wrote("A3 STATUS a (MESSAGES)\r\n")
	s.server("* STATUS a (MESSAGES 3)\r\nA3 OK done\r\n")
	wantEqual(t, "Messages", []uint32{got(t, a).Messages, got(t, b).Messages, got(t, again).Messages}, []uint32{1, 2, 3})
	t.Run("a server that does not care about case", func(t *testing.T) {
		d := s.Status("Work", imap4.StatusMessages)
		s.server("* STATUS work (MESSAGES 9)\r\nA4 OK done\r\n")
		wantEqual(t, "Messages", got(t, d).Messages, uint32(9))
	})
	s.end()
	boxExchange{
		issue: func(u *user) { noted(u, "it", u.Status("x", imap4.StatusUnseen)) }, sent: "A2 STATUS x (UNSEEN)\r\n",
		server: "A2 NO [NONEXISTENT] none\r\n", want: []string{`it failed: imap4: STATUS: the server said NO [NONEXISTENT] "none"`},
	}.run(t)
	boxExchange{issue: func(u *user) { noted(u, "it", u.Status("x", imap4.StatusUnseen)) }, server: "* STATUS x (UNSEEN 1)\r\nA2 OK done\r\n"}.everyEnd(t)
}
