package imap4_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// foundText is a result in short: what is zero is left out.
func foundText(d *imap4.SearchData) string {
	text := d.Messages.String()
	add := func(set bool, format string, args ...any) {
		if set {
			text += fmt.Sprintf(format, args...)
		}
	}
	add(d.Messages.IsUID(), " uid")
	add(d.Sorted != nil, " sorted %v", d.Sorted)
	add(d.Min != 0, " min %d", d.Min)
	add(d.Max != 0, " max %d", d.Max)
	add(d.Count != 0, " count %d", d.Count)
	add(d.ModSeq != 0, " modseq %d", d.ModSeq)
	if p := d.Partial; p != nil {
		add(true, " partial %v %q", p.Range, p.Messages.String())
		add(p.Sorted != nil, " sorted %v", p.Sorted)
	}
	add(d.Relevancy != nil, " relevancy %v", d.Relevancy)
	add(d.Saved, " saved")
	add(d.UpdateTag != "", " updates %s", d.UpdateTag)
	if e := d.Incomplete; e != nil {
		add(true, " limit %d to %d", e.Limit, e.Lowest)
	}
	return strings.TrimSpace(text)
}

func (u *user) found(name string, d *deferred.Deferred[*imap4.SearchData]) {
	d.Handle(
		func(data *imap4.SearchData) { u.note("%s: %s", name, foundText(data)) },
		func(err error) { u.note("%s failed: %s", name, failure(err)) },
	)
}

// cuttings are how the tests let bytes come in.
var cuttings = map[string]reactortest.Chunking{"whole": reactortest.Whole, "bytewise": reactortest.Bytewise}

func TestSearchAnswers(t *testing.T) {
	const classic, extended = "IMAP4rev1", "IMAP4rev1 ESEARCH"
	for _, test := range []struct {
		name, capabilities string
		sent, server, want string
	}{
		{"Q01 trailing space, several lines", classic, "A2 UID SEARCH ALL", "* SEARCH 1 2 3 \r\n* SEARCH 9\r\n", "1:3,9 uid min 1 max 9 count 4"},
		{"Q02 with a mod-sequence", classic, "A2 UID SEARCH ALL", "* SEARCH 1 2 (MODSEQ 7)\r\n", "1:2 uid min 1 max 2 count 2 modseq 7"},
		{"Q03 nothing, with a space", classic, "A2 UID SEARCH ALL", "* SEARCH \r\n", "uid"},
		{"nothing", classic, "A2 UID SEARCH ALL", "* SEARCH\r\n", "uid"},
		{"no line at all", classic, "A2 UID SEARCH ALL", "", "uid"},
		{"not in order, twice, zero", classic, "A2 UID SEARCH ALL", "* SEARCH 9 3 0 4 4\r\n", "3:4,9 uid min 3 max 9 count 3"},
		{"mod-sequence that is none", classic, "A2 UID SEARCH ALL", "* SEARCH 2 (MODSEQ -1)\r\n", "2 uid min 2 max 2 count 1"},
		{"the largest number", classic, "A2 UID SEARCH ALL", "* SEARCH 4294967294 4294967295 1\r\n", "1,4294967294:4294967295 uid min 1 max 4294967295 count 3"},
		{"ESEARCH unasked", classic, "A2 UID SEARCH ALL", "* ESEARCH (TAG \"A2\") UID ALL 3,5:6\r\n", "3,5:6 uid min 3 max 6 count 3"},

		{"Q05 nothing", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"A2\") UID\r\n", "uid"},
		{"ESEARCH", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"A2\") UID ALL 2,10:11\r\n", "2,10:11 uid min 2 max 11 count 3"},
		{"in any order and case", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* esearch (tag A2) uid all 11:10,2 \r\n", "2,10:11 uid min 2 max 11 count 3"},
		{"no tag", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* ESEARCH UID ALL 2\r\n", "2 uid min 2 max 2 count 1"},
		{"no UID", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"A2\") ALL 2\r\n", "2 uid min 2 max 2 count 1"},
		{"NIL", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"A2\") UID ALL NIL COUNT 0\r\n", "uid"},
		{"in quotes", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"A2\") UID ALL \"1:2\"\r\n", "1:2 uid min 1 max 2 count 2"},
		{"in a literal", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG {2}\r\nA2) UID ALL {3}\r\n1:2\r\n", "1:2 uid min 1 max 2 count 2"},
		{"unknown data", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"A2\" MAILBOX {1}\r\nx) UID X-A (1 (2 \"b\")) ALL 2 X-B\r\n", "2 uid min 2 max 2 count 1"},
		{"two", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"A2\") UID ALL 2\r\n* ESEARCH (TAG \"A2\") UID ALL 1\r\n", "1:2 uid min 1 max 2 count 2"},
		{"mod-sequence", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"A2\") UID ALL 2 MODSEQ 917162500\r\n", "2 uid min 2 max 2 count 1 modseq 917162500"},
		{"SEARCH in its place", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* SEARCH 4 5\r\n", "4:5 uid min 4 max 5 count 2"},
		{"for another tag", extended, "A2 UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"A1\") UID ALL 7\r\n", "uid"},
	} {
		for name, cut := range cuttings {
			t.Run(test.name+", "+name, func(t *testing.T) {
				s := searching(t, test.capabilities)
				s.Listener = nil
				s.found("found", s.UIDSearch(imap4.Query{}))
				s.wrote(test.sent + "\r\n")
				s.serverCut(test.server+"A2 OK done\r\n", cut)
				s.happened("found: " + test.want)
				s.closed(false)
			})
		}
	}
}

// The options, and what is the same whether the server has ESEARCH or not.
func TestSearchOptions(t *testing.T) {
	type o = imap4.SearchOptions
	const tag = "* ESEARCH (TAG \"A2\") "
	fuzzy := imap4.Fuzzy(imap4.Query{Text: "Helo"})
	for _, test := range []struct {
		name               string
		capabilities       string
		query              imap4.Query
		options            imap4.SearchOptions
		sent, server, want string
	}{
		{"min", "", imap4.Query{}, o{Min: true}, "ALL", "* SEARCH 5 2 3\r\n", "min 2"},
		{"min", "ESEARCH", imap4.Query{}, o{Min: true}, "RETURN (MIN) ALL", tag + "MIN 2\r\n", "min 2"},
		{"max and count", "", imap4.Query{}, o{Max: true, Count: true}, "ALL", "* SEARCH 5 2 3\r\n", "max 5 count 3"},
		{"max and count", "ESEARCH", imap4.Query{}, o{Max: true, Count: true}, "RETURN (MAX COUNT) ALL", tag + "COUNT 3 MAX 5\r\n", "max 5 count 3"},
		{"count", "", imap4.Query{}, o{Count: true}, "ALL", "* SEARCH\r\n", ""},
		{"count", "ESEARCH", imap4.Query{}, o{Count: true}, "RETURN (COUNT) ALL", tag + "COUNT 0\r\n", ""},
		{"all and count", "", imap4.Query{}, o{All: true, Count: true}, "ALL", "* SEARCH 2 3\r\n", "2:3 min 2 max 3 count 2"},
		{"all and count", "ESEARCH", imap4.Query{}, o{All: true, Count: true}, "RETURN (ALL COUNT) ALL", tag + "COUNT 2 ALL 2:3\r\n", "2:3 min 2 max 3 count 2"},
		{"a zero is none", "ESEARCH", imap4.Query{}, o{Min: true, Max: true}, "RETURN (MIN MAX) ALL", tag + "MIN 0 MAX NIL\r\n", ""},

		{"save", "ESEARCH SEARCHRES", imap4.Query{}, o{Save: true}, "RETURN (SAVE) ALL", "", "saved"},
		{"save and all", "ESEARCH SEARCHRES", imap4.Query{}, o{Save: true, All: true}, "RETURN (ALL SAVE) ALL", tag + "ALL 1:3\r\n", "1:3 min 1 max 3 count 3 saved"},
		{"saved result", "ESEARCH SEARCHRES", imap4.Query{Seen: true}.In(imap4.SavedResult(false)), o{}, "RETURN (ALL) SEEN $", tag + "ALL 1\r\n", "1 min 1 max 1 count 1"},
		{"partial", "ESEARCH CONTEXT=SEARCH", imap4.Query{}, o{Partial: imap4.PartialRange{First: 1, Last: 500}}, "RETURN (PARTIAL 1:500) ALL", tag + "PARTIAL (1:500 2,4:5)\r\n", `partial 1:500 "2,4:5"`},
		{"partial from the end", "ESEARCH PARTIAL", imap4.Query{}, o{Partial: imap4.PartialRange{First: -1, Last: -100}, Count: true}, "RETURN (COUNT PARTIAL -1:-100) ALL", tag + "PARTIAL (-1:-100 7) COUNT 1\r\n", `count 1 partial -1:-100 "7"`},
		{"Q06 partial beyond the end", "ESEARCH PARTIAL", imap4.Query{}, o{Partial: imap4.PartialRange{First: 1, Last: 100}, Count: true}, "RETURN (COUNT PARTIAL 1:100) ALL", tag + "UID PARTIAL (1:100 NIL) COUNT 0\r\n", `partial 1:100 ""`},
		{"relevancy", "ESEARCH SEARCH=FUZZY", fuzzy, o{Relevancy: true}, "RETURN (ALL RELEVANCY) FUZZY TEXT Helo", tag + "ALL 1,5,10 RELEVANCY (4 99 42)\r\n", "1,5,10 min 1 max 10 count 3 relevancy [4 99 42]"},
		{"context", "ESEARCH CONTEXT=SEARCH", imap4.Query{}, o{Context: true, Count: true}, "RETURN (COUNT CONTEXT) ALL", tag + "COUNT 23765\r\n", "count 23765"},
		{"IMAP4rev2 alone", "IMAP4rev2", imap4.Query{Text: "é"}, o{}, "RETURN (ALL) CHARSET UTF-8 TEXT {2+}\r\né", tag + "ALL 2\r\n", "2 min 2 max 2 count 1"},
	} {
		t.Run(test.name+", "+test.capabilities, func(t *testing.T) {
			capabilities := test.capabilities
			if capabilities != "IMAP4rev2" {
				capabilities = "IMAP4rev1 " + capabilities
			}
			s := searching(t, capabilities)
			s.found("found", s.Search(test.query, test.options))
			s.wrote("A2 SEARCH " + test.sent + "\r\n")
			s.server(test.server + "A2 OK done\r\n")
			s.happened("found: " + test.want)
		})
	}
}

func TestSearchFails(t *testing.T) {
	const syntax = "found failed: imap4: UID SEARCH: syntax error at byte "
	numbers := "* SEARCH" + strings.Repeat(" 1 3", 3) + "\r\n"
	for _, test := range []struct{ name, capabilities, server, want string }{
		{"NO", "IMAP4rev1", "A2 NO [NOTSAVED] not now\r\n", `found failed: imap4: UID SEARCH: the server said NO [NOTSAVED] "not now"`},
		{"BAD", "IMAP4rev1", "* SEARCH 1\r\nA2 BAD what?\r\n", `found failed: imap4: UID SEARCH: the server said BAD "what?"`},
		{"a word among the numbers", "IMAP4rev1", "* SEARCH 1 x 2\r\nA2 OK done\r\n", syntax + `11: want number, got "x 2" (sent true)`},
		{"a number above 32 bits", "IMAP4rev1", "* SEARCH 4294967296\r\nA2 OK done\r\n", syntax + `9: want number of at most 32 bits, got "4294967296" (sent true)`},
		{"a broken set", "IMAP4rev1 ESEARCH", "* ESEARCH (TAG A2) ALL 1,,2\r\nA2 OK done\r\n", syntax + `2: want message number, got ",2" (sent true)`},
		{"a set up to the end", "IMAP4rev1 ESEARCH", "* ESEARCH (TAG A2) ALL 1:*\r\nA2 OK done\r\n", syntax + `2: want message number, got "*" (sent true)`},
		{"too many ranges", "IMAP4rev1", numbers + "A2 OK done\r\n", "found failed: imap4: UID SEARCH: limit Untagged of 5 exceeded (sent true)"},
		{"too many ranges in one set", "IMAP4rev1 ESEARCH", "* ESEARCH (TAG A2) ALL 1,3,5,7,9,11\r\nA2 OK done\r\n", "found failed: imap4: UID SEARCH: limit Untagged of 5 exceeded (sent true)"},
		{"the connection", "IMAP4rev1", "", "found failed: imap4: UID SEARCH: Connection was closed cleanly. (sent true)"},
	} {
		for name, cut := range cuttings {
			t.Run(test.name+", "+name, func(t *testing.T) {
				s := searching(t, test.capabilities)
				s.Options.Limits = &imap4.Limits{Untagged: 5}
				s.found("found", s.UIDSearch(imap4.Query{}))
				s.serverCut(test.server, cut)
				if test.server == "" {
					s.tr.Lose(nil)
					s.clock.Turn()
				} else {
					s.closed(false)
				}
				if got := s.take(); len(got) == 0 || got[0] != test.want {
					t.Errorf("got %s, want first %s", list(got), test.want)
				}
			})
		}
	}
	t.Run("a range may hold any number", func(t *testing.T) {
		s := searching(t, "IMAP4rev1 ESEARCH")
		s.Options.Limits = &imap4.Limits{Untagged: 1}
		s.found("found", s.UIDSearch(imap4.Query{}))
		s.server("* ESEARCH (TAG A2) ALL 1:4294967295\r\nA2 OK done\r\n")
		s.happened("found: 1:4294967295 uid min 1 max 4294967295 count 4294967295")
	})
}

func TestSearchIsRefused(t *testing.T) {
	for _, test := range []struct {
		name    string
		options []imap4.SearchOptions
		want    string
	}{
		{"two options", make([]imap4.SearchOptions, 2), "more than one SearchOptions"},
		{"partial and all", []imap4.SearchOptions{{All: true, Partial: imap4.PartialRange{First: 1, Last: 2}}}, "Partial and All do not go together"},
		{"partial from both sides", []imap4.SearchOptions{{Partial: imap4.PartialRange{First: 1, Last: -2}}}, "Partial is no range"},
		{"half a partial", []imap4.SearchOptions{{Partial: imap4.PartialRange{First: 1}}}, "Partial is no range"},
		{"partial out of range", []imap4.SearchOptions{{Partial: imap4.PartialRange{First: 1, Last: 1 << 32}}}, "Partial is no range"},
		{"relevancy of what is not fuzzy", []imap4.SearchOptions{{Relevancy: true}}, "relevancy is of a Fuzzy query only"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := searching(t, allSearch)
			_, err, _ := s.Search(imap4.Query{}, test.options...).Result()
			var refused *imap4.ArgumentError
			if !errors.As(err, &refused) || refused.Reason != test.want {
				t.Errorf("got %v, want *ArgumentError: %s", err, test.want)
			}
			s.wrote("")
		})
	}
	for capability, options := range map[string]imap4.SearchOptions{
		"SEARCHRES or IMAP4rev2":    {Save: true},
		"PARTIAL":                   {Partial: imap4.PartialRange{First: -1, Last: -2}},
		"PARTIAL or CONTEXT=SEARCH": {Partial: imap4.PartialRange{First: 1, Last: 2}},
		"CONTEXT=SEARCH":            {Context: true},
	} {
		t.Run(capability, func(t *testing.T) {
			s := searching(t, "IMAP4rev1 ESEARCH")
			s.found("found", s.Search(imap4.Query{}, options))
			s.happened("found failed: imap4: SEARCH: the server does not offer " + capability + " (sent false)")
			s.wrote("")
		})
	}
	t.Run("no mailbox is selected", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.server("* PREAUTH ready\r\n")
		s.take()
		s.found("found", s.Search(imap4.Query{}))
		s.happened("found failed: imap4: SEARCH: the command is not allowed in this state of the session (sent false)")
	})
}

func TestSearchUIDOnly(t *testing.T) {
	s := searching(t, "IMAP4rev1 ENABLE UIDONLY SORT THREAD=REFS SEARCHRES ESEARCH")
	track(s.user, "ENABLE", s.Enable("UIDONLY"))
	s.server("* ENABLED UIDONLY\r\nA2 OK done\r\n")
	s.take()
	s.tr.Take()
	for name, d := range map[string]*deferred.Deferred[*imap4.SearchData]{
		"SEARCH":            s.Search(imap4.Query{}),
		"SORT":              s.Sort([]imap4.SortKey{imap4.SortDate}, imap4.Query{}),
		"numbers in a key":  s.UIDSearch(imap4.Not(imap4.Query{}.In(imap4.SeqNums(1)))),
		"numbers in a sort": s.UIDSort([]imap4.SortKey{imap4.SortDate}, imap4.Query{}.In(imap4.AllMessages())),
	} {
		if _, err, _ := d.Result(); !errors.Is(err, imap4.ErrUIDOnly) {
			t.Errorf("%s: got %v, want ErrUIDOnly", name, err)
		}
	}
	if _, err, _ := s.Thread(imap4.ThreadRefs, imap4.Query{}).Result(); !errors.Is(err, imap4.ErrUIDOnly) {
		t.Errorf("THREAD: got %v, want ErrUIDOnly", err)
	}
	s.wrote("")
	s.found("found", s.UIDSearch(imap4.Query{}.In(imap4.SavedResult(false))))
	s.wrote("A8 UID SEARCH RETURN (ALL) $\r\n")
}

func TestSearchCharset(t *testing.T) {
	for _, test := range []struct{ code, want string }{
		{"[BADCHARSET (US-ASCII \"ISO-8859-1\")]", "[US-ASCII ISO-8859-1]"},
		{"[BADCHARSET US-ASCII UTF-7]", "[US-ASCII UTF-7]"},
		{"[BADCHARSET]", "[]"},
		{"[BADCHARSET ()]", "[]"},
	} {
		s := searching(t, "IMAP4rev1 LITERAL-")
		d := s.UIDSearch(imap4.Query{Subject: "мать"})
		s.wrote("A2 UID SEARCH CHARSET UTF-8 SUBJECT {8+}\r\nмать\r\n")
		s.server("A2 NO " + test.code + " no such thing\r\n")
		_, err, _ := d.Result()
		var charset *imap4.CharsetError
		var response *imap4.ResponseError
		if !errors.As(err, &charset) || fmt.Sprint(charset.Charsets) != test.want || !errors.As(err, &response) || response.Command != "UID SEARCH" {
			t.Errorf("%s: got %v, want *CharsetError with %s and *ResponseError in it", test.code, err, test.want)
		}
		if got, want := err.Error(), `imap4: UID SEARCH: the server said NO [BADCHARSET] "no such thing"`; got != want {
			t.Errorf("text: got %s, want %s", got, want)
		}
	}
	t.Run("none where UTF-8 is enabled", func(t *testing.T) {
		s := searching(t, "IMAP4rev1 ENABLE UTF8=ACCEPT LITERAL+")
		track(s.user, "ENABLE", s.Enable("UTF8=ACCEPT"))
		s.server("* ENABLED UTF8=ACCEPT\r\nA2 OK done\r\n")
		s.tr.Take()
		s.found("found", s.UIDSearch(imap4.Query{Subject: "мать"}))
		s.wrote("A3 UID SEARCH SUBJECT \"мать\"\r\n")
	})
	t.Run("a literal that has to be asked for", func(t *testing.T) {
		s := searching(t, "IMAP4rev1")
		s.found("found", s.UIDSearch(imap4.Query{Subject: "é"}))
		s.wrote("A2 UID SEARCH CHARSET UTF-8 SUBJECT {2}\r\n")
		s.server("+ go on\r\n")
		s.wrote("é\r\n")
		s.server("* SEARCH 3\r\nA2 OK done\r\n")
		s.happened("found: 3 uid min 3 max 3 count 1")
	})
}

func TestSearchMessageLimit(t *testing.T) {
	for code, want := range map[string]string{
		"[MESSAGELIMIT 1000 23007]": "5 uid min 5 max 5 count 1 limit 1000 to 23007",
		"[MESSAGELIMIT 1000]":       "5 uid min 5 max 5 count 1 limit 1000 to 0",
	} {
		s := searching(t, "IMAP4rev1 ESEARCH MESSAGELIMIT=1000")
		s.found("found", s.UIDSearch(imap4.Query{}))
		s.server("* ESEARCH (TAG \"A2\") UID ALL 5\r\nA2 OK " + code + " partial\r\n")
		s.happened("found: " + want)
	}
}

// R13: a server that takes its time says so, and the search does not mind.
func TestSearchProgress(t *testing.T) {
	s := searching(t, "IMAP4rev1 ESEARCH")
	s.found("found", s.UIDSearch(imap4.Query{}))
	s.server("* OK Still here\r\n* OK [INPROGRESS (\"A2\" 454 1000)] Processing\r\n* ESEARCH (TAG \"A2\") UID ALL 5\r\nA2 OK done\r\n")
	s.happened(`* OK "Still here"`, "progress {A2 454 1000 Processing}", "found: 5 uid min 5 max 5 count 1")
}

// A hundred thousand numbers take a few bytes each while they come and next to nothing then.
func TestSearchLarge(t *testing.T) {
	const n = 100_000
	var numbers, odd strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&numbers, " %d", i+7_000_000)
		fmt.Fprintf(&odd, ",%d", 2*i+1)
	}
	s := searching(t, "IMAP4rev1")
	s.found("found", s.UIDSearch(imap4.Query{}))
	s.serverCut("* SEARCH"+numbers.String()+"\r\nA2 OK done\r\n", func(int) int { return 1448 })
	s.happened("found: 7000001:7100000 uid min 7000001 max 7100000 count 100000")
	s = searching(t, "IMAP4rev1 ESEARCH")
	d := s.UIDSearch(imap4.Query{})
	s.serverCut("* ESEARCH (TAG \"A2\") UID ALL "+odd.String()[1:]+"\r\nA2 OK done\r\n", func(int) int { return 1448 })
	data, err, _ := d.Result()
	if err != nil || data.Count != n || data.Max != 2*n+1 || len(data.Messages.Ranges()) != n {
		t.Errorf("got %v, %v, want %d ranges", data, err, n)
	}
}

// Pipelined searches with the answers in the order of Dovecot's: whatever the order, each gets its own.
func TestSearchesTogether(t *testing.T) {
	queries := []imap4.Query{{Seen: true}, {Flagged: true}, {}}
	issue := func(s *session) {
		for i, q := range queries {
			s.found(fmt.Sprint(i+1), s.UIDSearch(q))
		}
	}
	for name, cut := range cuttings {
		t.Run("with ESEARCH, out of order, "+name, func(t *testing.T) {
			s := searching(t, "IMAP4rev1 ESEARCH")
			issue(s)
			s.wrote("A2 UID SEARCH RETURN (ALL) SEEN\r\nA3 UID SEARCH RETURN (ALL) FLAGGED\r\nA4 UID SEARCH RETURN (ALL) ALL\r\n")
			s.serverCut("* ESEARCH (TAG \"A3\") UID ALL 3\r\n* ESEARCH (TAG \"A4\") UID ALL 3:4\r\n* ESEARCH (TAG \"A2\") UID\r\n"+
				"A4 OK done\r\nA2 OK done\r\nA3 OK done\r\n", cut)
			s.happened("3: 3:4 uid min 3 max 4 count 2", "1: uid", "2: 3 uid min 3 max 3 count 1")
		})
		t.Run("without ESEARCH, "+name, func(t *testing.T) {
			s := searching(t, "IMAP4rev1")
			issue(s)
			track(s.user, "NOOP", s.Noop())
			s.wrote("A2 UID SEARCH SEEN\r\n")
			s.serverCut("* SEARCH\r\nA2 OK done\r\n", cut)
			s.wrote("A3 UID SEARCH FLAGGED\r\n")
			s.serverCut("* SEARCH 3\r\nA3 OK done\r\n", cut)
			s.wrote("A4 UID SEARCH ALL\r\nA5 NOOP\r\n")
			s.serverCut("A5 OK done\r\n* SEARCH 3 4\r\nA4 OK done\r\n", cut)
			s.happened("1: uid", "2: 3 uid min 3 max 3 count 1", "NOOP: ok", "3: 3:4 uid min 3 max 4 count 2")
		})
	}
	t.Run("capabilities that come between", func(t *testing.T) {
		u := newUser(nil)
		u.Options.Pipelining, u.Options.NoID = imap4.Safe, true
		s := start(t, u)
		s.server("* PREAUTH ready\r\n")
		u.SelectHere()
		issue(s)
		s.wrote("A2 CAPABILITY\r\n")
		s.server("* CAPABILITY IMAP4rev1 ESEARCH\r\nA2 OK done\r\n")
		if sent := string(s.tr.Take()); strings.Count(sent, " UID SEARCH RETURN (ALL) ") != len(queries) {
			t.Errorf("client sent %q, want all %d searches with RETURN", sent, len(queries))
		}
	})
	t.Run("data that could be for either fails both", func(t *testing.T) {
		for _, data := range []string{"* ESEARCH UID ALL 5", "* SEARCH 5"} {
			s := searching(t, "IMAP4rev1 ESEARCH")
			s.Listener = nil
			s.found("1", s.UIDSearch(imap4.Query{}))
			s.found("2", s.UIDSearch(imap4.Query{Seen: true}))
			s.server(data + "\r\nA2 OK done\r\nA3 OK done\r\n")
			events := s.take()
			if !slices.ContainsFunc(events, isAmbiguous("1")) || !slices.ContainsFunc(events, isAmbiguous("2")) || len(events) != 2 {
				t.Errorf("%s: got %s, want both to fail", data, list(events))
			}
		}
	})
	t.Run("by number and by UID do not go together", func(t *testing.T) {
		s := searching(t, "IMAP4rev1 ESEARCH")
		s.found("1", s.Search(imap4.Query{}))
		s.found("2", s.Search(imap4.Query{Seen: true}))
		s.found("3", s.UIDSearch(imap4.Query{}))
		s.wrote("A2 SEARCH RETURN (ALL) ALL\r\nA3 SEARCH RETURN (ALL) SEEN\r\n")
		s.server("A3 OK done\r\nA2 OK done\r\n")
		s.wrote("A4 UID SEARCH RETURN (ALL) ALL\r\n")
	})
	t.Run("by UID with numbers in its keys goes alone", func(t *testing.T) {
		s := searching(t, "IMAP4rev1 ESEARCH")
		for i, q := range []imap4.Query{imap4.Query{}.In(imap4.SeqNums(5)), {}, imap4.RawQuery("7"), {}} {
			s.found(fmt.Sprint(i+1), s.UIDSearch(q))
		}
		s.wrote("A2 UID SEARCH RETURN (ALL) 5\r\n")
		s.server("A2 OK done\r\n")
		s.wrote("A3 UID SEARCH RETURN (ALL) ALL\r\n")
		s.server("A3 OK done\r\n")
		s.wrote("A4 UID SEARCH RETURN (ALL) 7\r\n")
		s.server("A4 OK done\r\n")
		s.wrote("A5 UID SEARCH RETURN (ALL) ALL\r\n")
	})
}

func isAmbiguous(name string) func(string) bool {
	return func(event string) bool {
		return strings.HasPrefix(event, name+" failed: imap4: UID SEARCH: syntax error at byte ") && strings.Contains(event, "want tag of a command")
	}
}

// A search by what Twisted's programs ask, and what the server has found.
func ExampleClient_UIDSearch() {
	c := &imap4.Client{Options: &imap4.Options{NoID: true}}
	tr := reactortest.NewTransport(nil)
	tr.Connect(c)
	c.DataReceived([]byte("* PREAUTH [CAPABILITY IMAP4rev1 ESEARCH] ready\r\n"))
	c.SelectHere() // in a program: c.Select("INBOX")

	c.UIDSearch(imap4.Query{Unseen: true, From: "bob"}).Handle(func(found *imap4.SearchData) {
		fmt.Println(found.Count, "messages:", found.Messages)
	}, func(err error) { fmt.Println(err) })
	fmt.Println(strings.TrimSpace(string(tr.Take())))
	c.DataReceived([]byte("* ESEARCH (TAG \"A1\") UID ALL 17,900:901\r\nA1 OK done\r\n"))
	// Output:
	// A1 UID SEARCH RETURN (ALL) UNSEEN FROM bob
	// 3 messages: 17,900:901
}
