package imap4_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
)

// allSearch is what a server has that has every extension of SEARCH.
const allSearch = "IMAP4rev1 LITERAL+ ESEARCH SEARCHRES WITHIN CONDSTORE OBJECTID SAVEDATE SEARCH=FUZZY PARTIAL CONTEXT=SEARCH CONTEXT=SORT " +
	"X-GM-EXT-1 SORT ESORT SORT=DISPLAY THREAD=REFERENCES THREAD=ORDEREDSUBJECT"

// searching is a session with a mailbox selected, whose server has those capabilities and no more. The next tag is A2.
func searching(t testing.TB, capabilities string) *session {
	t.Helper()
	u := newUser(nil)
	u.Options.Pipelining = imap4.Safe
	u.Options.NoID, u.Options.NoRev2 = true, true
	s := start(t, u)
	s.server("* PREAUTH ready\r\n")
	s.capability()
	s.server("* CAPABILITY " + capabilities + "\r\nA1 OK done\r\n")
	u.SelectHere()
	s.take()
	s.tr.Take()
	return s
}

func onDay(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 23, 30, 0, 0, time.FixedZone("far east", 14*3600))
}

func TestQueryKeys(t *testing.T) {
	day := onDay(1994, time.February, 1)
	for _, test := range []struct {
		name  string
		query imap4.Query
		want  string
	}{
		{"all", imap4.Query{}, "ALL"},
		{"answered", imap4.Query{Answered: true}, "ANSWERED"},
		{"bcc", imap4.Query{BCC: "bob"}, "BCC bob"},
		{"before", imap4.Query{Before: day}, "BEFORE 1-Feb-1994"},
		{"body", imap4.Query{Body: "two words"}, `BODY "two words"`},
		{"cc", imap4.Query{CC: `a"b\c`}, `CC "a\"b\\c"`},
		{"deleted", imap4.Query{Deleted: true}, "DELETED"},
		{"draft", imap4.Query{Draft: true}, "DRAFT"},
		{"flagged", imap4.Query{Flagged: true}, "FLAGGED"},
		{"from", imap4.Query{From: "NIL"}, `FROM "NIL"`},
		{"header", imap4.Query{Header: []imap4.HeaderMatch{{"Message-ID", "<1@x>"}, {"X-Spam", ""}}}, `HEADER Message-ID <1@x> HEADER X-Spam ""`},
		{"keyword", imap4.Query{Keyword: "$Junk"}, "KEYWORD $Junk"},
		{"larger", imap4.Query{Larger: 5_000_000_000}, "LARGER 5000000000"},
		{"new", imap4.Query{New: true}, "NEW"},
		{"old", imap4.Query{Old: true}, "OLD"},
		{"on", imap4.Query{On: onDay(2026, time.November, 23)}, "ON 23-Nov-2026"},
		{"recent", imap4.Query{Recent: true}, "RECENT"},
		{"seen", imap4.Query{Seen: true}, "SEEN"},
		{"sentbefore", imap4.Query{SentBefore: day}, "SENTBEFORE 1-Feb-1994"},
		{"senton", imap4.Query{SentOn: day}, "SENTON 1-Feb-1994"},
		{"sentsince", imap4.Query{SentSince: day}, "SENTSINCE 1-Feb-1994"},
		{"since", imap4.Query{Since: onDay(12, time.March, 9)}, "SINCE 9-Mar-0012"},
		{"smaller", imap4.Query{Smaller: 1}, "SMALLER 1"},
		{"subject", imap4.Query{Subject: "hello(world)"}, `SUBJECT "hello(world)"`},
		{"text", imap4.Query{Text: "100%"}, `TEXT "100%"`},
		{"to", imap4.Query{To: "a]b"}, "TO a]b"},
		{"messages", imap4.Query{}.In(imap4.SeqNums(4, 2, 3)), "2:4"},
		{"uid", imap4.Query{}.In(imap4.UIDRange(7, imap4.Star)), "UID 7:*"},
		{"unanswered", imap4.Query{Unanswered: true}, "UNANSWERED"},
		{"undeleted", imap4.Query{Undeleted: true}, "UNDELETED"},
		{"undraft", imap4.Query{Undraft: true}, "UNDRAFT"},
		{"unflagged", imap4.Query{Unflagged: true}, "UNFLAGGED"},
		{"unkeyword", imap4.Query{Unkeyword: imap4.FlagForwarded}, "UNKEYWORD $Forwarded"},
		{"unseen", imap4.Query{Unseen: true}, "UNSEEN"},

		{"younger", imap4.Query{Younger: 72 * time.Hour}, "YOUNGER 259200"},
		{"older, not whole seconds", imap4.Query{Older: 1500 * time.Millisecond}, "OLDER 2"},
		{"younger than less than a second", imap4.Query{Younger: 1}, "YOUNGER 1"},
		{"modseq", imap4.Query{ModSeq: 620162338}, "MODSEQ 620162338"},
		{"modseq of a flag", imap4.Query{ModSeq: 1, ModSeqFlag: imap4.FlagDraft}, `MODSEQ "/flags/\\Draft" all 1`},
		{"modseq of a keyword", imap4.Query{ModSeqFlag: "$Junk", ModSeqScope: "priv"}, `MODSEQ "/flags/$Junk" priv 0`},
		{"emailid", imap4.Query{EmailID: "M6d99ac3275bb4e"}, "EMAILID M6d99ac3275bb4e"},
		{"threadid", imap4.Query{ThreadID: "T64b478a-75b7_ea9"}, "THREADID T64b478a-75b7_ea9"},
		{"savedbefore", imap4.Query{SavedBefore: day}, "SAVEDBEFORE 1-Feb-1994"},
		{"savedon", imap4.Query{SavedOn: day}, "SAVEDON 1-Feb-1994"},
		{"savedsince", imap4.Query{SavedSince: day}, "SAVEDSINCE 1-Feb-1994"},
		{"savedatesupported", imap4.Query{SaveDateSupported: true}, "SAVEDATESUPPORTED"},
		{"x-gm-raw", imap4.Query{GmailRaw: "has:attachment"}, `X-GM-RAW "has:attachment"`},
		{"x-gm-labels", imap4.Query{GmailLabel: "Reçu"}, "X-GM-LABELS Re&AOc-u"},
		{"x-gm-labels of the system", imap4.Query{GmailLabel: `\Important`}, `X-GM-LABELS "\\Important"`},
		{"x-gm-msgid", imap4.Query{GmailMsgID: 1278455344230334865}, "X-GM-MSGID 1278455344230334865"},
		{"x-gm-thrid", imap4.Query{GmailThreadID: 1266894439832287888}, "X-GM-THRID 1266894439832287888"},
		{"fuzzy", imap4.Fuzzy(imap4.Query{Subject: "IMAP break"}), `FUZZY SUBJECT "IMAP break"`},
		{"fuzzy of several", imap4.Fuzzy(imap4.Query{From: "Dave", Since: day}), "FUZZY (SINCE 1-Feb-1994 FROM Dave)"},
		{"saved result", imap4.Query{}.In(imap4.SavedResult(false)), "$"},
		{"saved result, by UID", imap4.Query{Smaller: 4096}.In(imap4.SavedResult(true)), "SMALLER 4096 UID $"},
		{"raw", imap4.RawQuery(`X-TUNED (1 "a")`), `X-TUNED (1 "a")`},

		{"a line end goes as a literal", imap4.Query{Subject: "a\r\nA9 LOGOUT"}, "SUBJECT {12+}\r\na\r\nA9 LOGOUT"},
		{"8-bit", imap4.Query{From: "Zoë"}, "CHARSET UTF-8 FROM {4+}\r\nZoë"},
		{"8-bit in raw keys", imap4.RawQuery(`TEXT "é"`), `CHARSET UTF-8 TEXT "é"`},
		{"order", imap4.Query{Text: "x", From: "bob", Unseen: true, Since: day, Larger: 9}, "UNSEEN LARGER 9 SINCE 1-Feb-1994 FROM bob TEXT x"},

		{"not", imap4.Not(imap4.Query{From: "Smith"}), "NOT FROM Smith"},
		{"not of several", imap4.Not(imap4.Query{Seen: true, From: "Smith"}), "NOT (SEEN FROM Smith)"},
		{"not of all", imap4.Not(imap4.Query{}), "NOT ALL"},
		{"not not", imap4.Not(imap4.Not(imap4.Query{Seen: true})), "NOT NOT SEEN"},
		{"not of raw", imap4.Not(imap4.RawQuery("A B")), "NOT (A B)"},
		{"or", imap4.Or(imap4.Query{Seen: true}, imap4.Query{From: "b", Flagged: true}), "OR SEEN (FLAGGED FROM b)"},
		{"or of one", imap4.Or(imap4.Query{Seen: true}), "SEEN"},
		{"or of three", imap4.Or(imap4.Query{Seen: true}, imap4.Query{Draft: true}, imap4.Query{Flagged: true}), "OR SEEN OR DRAFT FLAGGED"},
		{
			"or of four",
			imap4.Or(imap4.Query{Seen: true}, imap4.Query{Draft: true}, imap4.Query{Flagged: true}, imap4.Query{}),
			"OR OR SEEN DRAFT OR FLAGGED ALL",
		},
		{"and", imap4.And(imap4.Query{From: "a"}, imap4.Query{From: "b"}), "FROM a FROM b"},
		{"and of none", imap4.And(), "ALL"},
		{"and in or", imap4.Or(imap4.And(imap4.Query{From: "a"}, imap4.Query{From: "b"}), imap4.Query{To: "c"}), "OR (FROM a FROM b) TO c"},
		{"or in not in a field's query", imap4.And(imap4.Query{Seen: true}, imap4.Not(imap4.Or(imap4.Query{To: "a"}, imap4.Query{CC: "a"}))), "SEEN NOT OR TO a CC a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := searching(t, strings.Replace(allSearch, " ESEARCH", "", 1))
			s.found("found", s.Search(test.query))
			s.wrote("A2 SEARCH " + test.want + "\r\n")
		})
	}
}

func TestQueryIsRefused(t *testing.T) {
	for _, test := range []struct {
		name  string
		query imap4.Query
		want  string
	}{
		{"empty set", imap4.Query{}.In(imap4.UIDs()), "a set of messages is empty"},
		{"broken set", imap4.Query{}.In(imap4.UIDs(0)), "a set of messages is broken"},
		{"or of nothing", imap4.Or(), "OR of nothing"},
		{"keyword with a backslash", imap4.Query{Keyword: imap4.FlagSeen}, "a keyword is none"},
		{"keyword that injects", imap4.Query{Unkeyword: "a\r\nb"}, "a keyword is none"},
		{"negative size", imap4.Query{Larger: -1}, "a size is negative"},
		{"negative interval", imap4.Query{Younger: -time.Second}, "an interval is negative or too long"},
		{"interval above 32 bits", imap4.Query{Older: (1 << 32) * time.Second}, "an interval is negative or too long"},
		{"year", imap4.Query{Since: onDay(10000, time.March, 1)}, "a year has not four digits"},
		{"no UTF-8", imap4.Query{Text: "a\xff"}, "text to search for is no UTF-8"},
		{"NUL", imap4.Query{Body: "a\x00"}, "text to search for contains NUL"},
		{"name of a field", imap4.Query{Header: []imap4.HeaderMatch{{"a:", "b"}}}, "the name of a header field is none"},
		{"object id", imap4.Query{EmailID: "a b"}, "an object id is none"},
		{"scope", imap4.Query{ModSeq: 1, ModSeqScope: "x 1"}, `the scope of a mod-sequence is not "all", "priv" or "shared"`},
		{"mod-sequence", imap4.Query{ModSeq: 1 << 63}, "a mod-sequence has more than 63 bits"},
		{"label", imap4.Query{GmailLabel: "\xff"}, "a label is no UTF-8"},
		{"raw with a line end", imap4.RawQuery("ALL\r\nA9 LOGOUT"), "raw search keys are empty or contain CR, LF or NUL"},
		{"raw of nothing", imap4.RawQuery(" "), "raw search keys are empty or contain CR, LF or NUL"},
		{"within", imap4.Not(imap4.Or(imap4.Query{Seen: true}, imap4.Query{Larger: -1})), "a size is negative"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := searching(t, allSearch)
			_, err, _ := s.UIDSearch(test.query).Result()
			var refused *imap4.ArgumentError
			if !errors.As(err, &refused) || refused.Reason != test.want || refused.Command != "UID SEARCH" {
				t.Errorf("got %v, want *ArgumentError of UID SEARCH: %s", err, test.want)
			}
			s.wrote("")
			if got := test.query.String(); got != "" {
				t.Errorf("String: got %q, want nothing", got)
			}
		})
	}
}

func TestQueryNeeds(t *testing.T) {
	for capability, query := range map[string]imap4.Query{
		"WITHIN":                 {Younger: time.Hour},
		"CONDSTORE or QRESYNC":   {ModSeq: 1},
		"OBJECTID":               {ThreadID: "T1"},
		"SAVEDATE":               {SavedOn: onDay(2026, time.March, 1)},
		"X-GM-EXT-1":             {GmailRaw: "x"},
		"SEARCH=FUZZY":           imap4.Fuzzy(imap4.Query{Text: "x"}),
		"SEARCHRES or IMAP4rev2": imap4.Query{}.In(imap4.SavedResult(true)),
	} {
		t.Run(capability, func(t *testing.T) {
			s := searching(t, "IMAP4rev1 ESEARCH")
			_, err, _ := s.UIDSearch(query).Result()
			var lacks *imap4.UnsupportedError
			if !errors.As(err, &lacks) || lacks.Capability != capability {
				t.Errorf("got %v, want *UnsupportedError of %s", err, capability)
			}
			s.wrote("")
		})
	}
	t.Run("two, of which the server lacks the second", func(t *testing.T) {
		s := searching(t, "IMAP4rev1 ESEARCH WITHIN")
		track(s.user, "UID SEARCH", s.UIDSearch(imap4.Query{Younger: time.Hour, EmailID: "M1"}))
		s.happened("UID SEARCH failed: imap4: UID SEARCH: the server does not offer OBJECTID (sent false)")
	})
	t.Run("two, asked before the server has told what it has", func(t *testing.T) {
		u := newUser(nil)
		u.Options.NoID = true
		s := start(t, u)
		s.server("* PREAUTH ready\r\n")
		u.SelectHere()
		s.take()
		s.found("found", s.UIDSearch(imap4.Query{Younger: time.Hour, EmailID: "M1"}))
		s.server("* CAPABILITY IMAP4rev1 WITHIN\r\nA2 OK done\r\n")
		s.happened("found failed: imap4: UID SEARCH: the server does not offer OBJECTID (sent false)")
		s.wrote("A2 CAPABILITY\r\n")
	})
	t.Run("a server that has told a part only is asked", func(t *testing.T) {
		u := newUser(nil)
		u.Options.NoID = true
		s := start(t, u)
		s.server("* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")
		u.SelectHere()
		s.found("found", s.UIDSearch(imap4.Query{Younger: time.Hour}))
		s.wrote("A2 CAPABILITY\r\n")
		s.server("* CAPABILITY IMAP4rev1 WITHIN\r\nA2 OK done\r\n")
		s.wrote("A1 UID SEARCH YOUNGER 3600\r\n")
	})
}

func TestQueryIsAValue(t *testing.T) {
	fields := []imap4.HeaderMatch{{"X", "1"}}
	either := []imap4.Query{{Seen: true}, {Draft: true}}
	base := imap4.And(imap4.Query{Header: fields}, imap4.Or(either...))
	first, second := base.In(imap4.UIDs(1)), base.In(imap4.UIDs(2))
	either[0] = imap4.Query{Flagged: true}
	if got, want := first.String()+"; "+second.String(), `HEADER "X" "1" OR SEEN DRAFT UID 1; HEADER "X" "1" OR SEEN DRAFT UID 2`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	three := first.In(imap4.UIDs(2))
	fourth, other := three.In(imap4.UIDs(4)), three.In(imap4.UIDs(5))
	if got, want := fourth.String()+"; "+other.String(), three.String()+" UID 4; "+three.String()+" UID 5"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s := searching(t, "IMAP4rev1")
	s.found("found", s.Search(imap4.Query{}))
	s.found("found", s.Search(base))
	fields[0].Text = "changed"
	s.server("* CAPABILITY IMAP4rev1 ESEARCH\r\nA2 OK done\r\n") // so it is built anew
	s.wrote("A2 SEARCH ALL\r\nA3 SEARCH RETURN (ALL) HEADER X 1 OR SEEN DRAFT\r\n")
}

// A query as Twisted's programs have it, and what is sent for it.
func ExampleQuery() {
	monday := time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)
	fmt.Println(imap4.Query{Unseen: true, From: "bob", Since: monday})
	fmt.Println(imap4.Or(imap4.Query{From: "bob"}, imap4.Query{To: "bob", Larger: 1 << 20}))
	fmt.Println(imap4.And(imap4.Query{Subject: "urgent"}, imap4.Not(imap4.Query{Header: []imap4.HeaderMatch{{Name: "List-Id"}}})))
	fmt.Println(imap4.Query{Flagged: true}.In(imap4.UIDRange(1000, imap4.Star)))
	// Output:
	// UNSEEN SINCE 23-Nov-2026 FROM "bob"
	// OR FROM "bob" (LARGER 1048576 TO "bob")
	// SUBJECT "urgent" NOT HEADER "List-Id" ""
	// FLAGGED UID 1000:*
}
