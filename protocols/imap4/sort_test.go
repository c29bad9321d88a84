package imap4_test

import (
	"errors"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
)

func TestSort(t *testing.T) {
	type o = imap4.SearchOptions
	const tag = "* ESEARCH (TAG \"A2\") "
	byDate := []imap4.SortKey{imap4.SortDate.Reverse()}
	fuzzy := imap4.Fuzzy(imap4.Query{Text: "Helo"})
	for _, test := range []struct {
		name               string
		capabilities       string
		by                 []imap4.SortKey
		query              imap4.Query
		options            imap4.SearchOptions
		sent, server, want string
	}{
		{"sort", "SORT", byDate, imap4.Query{}, o{}, "(REVERSE DATE) UTF-8 ALL", "* SORT 5 10 1\r\n", "1,5,10 sorted [5 10 1] min 5 max 1 count 3"},
		{"sort", "SORT ESORT", byDate, imap4.Query{}, o{}, "RETURN (ALL) (REVERSE DATE) UTF-8 ALL", tag + "ALL 5,10,1\r\n", "1,5,10 sorted [5 10 1] min 5 max 1 count 3"},
		{"first and last", "SORT", byDate, imap4.Query{}, o{Min: true, Max: true}, "(REVERSE DATE) UTF-8 ALL", "* SORT 5 10 1\r\n", "min 5 max 1"},
		{"first and last", "SORT ESORT", byDate, imap4.Query{}, o{Min: true, Max: true}, "RETURN (MIN MAX) (REVERSE DATE) UTF-8 ALL", tag + "MIN 5 MAX 1\r\n", "min 5 max 1"},
		{"neighbours stay in their order", "SORT", byDate, imap4.Query{}, o{}, "(REVERSE DATE) UTF-8 ALL", "* SORT 3 4 2 1\r\n* SORT 9 (MODSEQ 17)\r\n", "1:4,9 sorted [3 4 2 1 9] min 3 max 9 count 5 modseq 17"},
		{"a range is ascending", "SORT ESORT", byDate, imap4.Query{}, o{}, "RETURN (ALL) (REVERSE DATE) UTF-8 ALL", tag + "ALL 7,12:10,2:3\r\n", "2:3,7,10:12 sorted [7 10 11 12 2 3] min 7 max 3 count 6"},
		{"nothing", "SORT", byDate, imap4.Query{}, o{}, "(REVERSE DATE) UTF-8 ALL", "* SORT\r\n", ""},
		{"several keys", "SORT", []imap4.SortKey{imap4.SortSubject, imap4.SortDate.Reverse().Reverse(), "X-OTHER"}, imap4.Query{From: "é"}, o{}, "(SUBJECT DATE X-OTHER) UTF-8 FROM {2+}\r\né", "", ""},
		{"names as shown", "SORT SORT=DISPLAY", []imap4.SortKey{imap4.SortDisplayFrom, imap4.SortDisplayTo}, imap4.Query{}, o{}, "(DISPLAYFROM DISPLAYTO) UTF-8 ALL", "* SORT 1\r\n", "1 sorted [1] min 1 max 1 count 1"},
		{"relevancy", "SORT ESORT SEARCH=FUZZY", []imap4.SortKey{imap4.SortRelevancy}, fuzzy, o{Relevancy: true}, "RETURN (ALL RELEVANCY) (RELEVANCY) UTF-8 FUZZY TEXT Helo", tag + "ALL 5,10,1 RELEVANCY (99 42 4)\r\n", "1,5,10 sorted [5 10 1] min 5 max 1 count 3 relevancy [99 42 4]"},
		{"partial", "SORT ESORT CONTEXT=SORT", byDate, imap4.Query{}, o{Partial: imap4.PartialRange{First: 1, Last: 3}}, "RETURN (PARTIAL 1:3) (REVERSE DATE) UTF-8 ALL", tag + "PARTIAL (1:3 42,9,34)\r\n", `partial 1:3 "9,34,42" sorted [42 9 34]`},
	} {
		for name, cut := range cuttings {
			t.Run(test.name+", "+test.capabilities+", "+name, func(t *testing.T) {
				s := searching(t, "IMAP4rev1 LITERAL+ "+test.capabilities)
				s.found("found", s.Sort(test.by, test.query, test.options))
				s.wrote("A2 SORT " + test.sent + "\r\n")
				s.serverCut(test.server+"A2 OK done\r\n", cut)
				s.happened("found: " + test.want)
			})
		}
	}
}

func TestSortFails(t *testing.T) {
	byDate := []imap4.SortKey{imap4.SortDate}
	for _, test := range []struct{ name, capabilities, server, want string }{
		{"NO", "SORT", "A2 NO not now\r\n", `found failed: imap4: UID SORT: the server said NO "not now"`},
		{"too many numbers", "SORT", "* SORT 1 2 3 4\r\nA2 OK done\r\n", "found failed: imap4: UID SORT: limit Untagged of 3 exceeded (sent true)"},
		{"a range of too many", "SORT ESORT", "* ESEARCH (TAG A2) ALL 1:4294967295\r\nA2 OK done\r\n", "found failed: imap4: UID SORT: limit Untagged of 3 exceeded (sent true)"},
		{"no SORT", "ESORT", "", "found failed: imap4: UID SORT: the server does not offer SORT (sent false)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := searching(t, "IMAP4rev1 "+test.capabilities)
			s.Options.Limits = &imap4.Limits{Untagged: 3}
			s.found("found", s.UIDSort(byDate, imap4.Query{}))
			s.server(test.server)
			s.closed(false)
			s.happened(test.want)
		})
	}
	for name, by := range map[string][]imap4.SortKey{
		"nothing to sort by":                 nil,
		"relevancy is of a Fuzzy query only": {imap4.SortRelevancy},
		"has a character that no atom has":   {"DATE) ALL\r\nA9 LOGOUT"},
		"is empty, an atom is not":           {imap4.SortKey("").Reverse()},
	} {
		t.Run(name, func(t *testing.T) {
			s := searching(t, allSearch)
			_, err, _ := s.Sort(by, imap4.Query{}).Result()
			var refused *imap4.ArgumentError
			if !errors.As(err, &refused) || refused.Reason != name {
				t.Errorf("got %v, want *ArgumentError: %s", err, name)
			}
			s.wrote("")
		})
	}
	t.Run("names as shown need SORT=DISPLAY", func(t *testing.T) {
		s := searching(t, "IMAP4rev1 SORT")
		s.found("found", s.Sort([]imap4.SortKey{imap4.SortDisplayFrom.Reverse()}, imap4.Query{}))
		s.happened("found failed: imap4: SORT: the server does not offer SORT=DISPLAY (sent false)")
	})
}

// A search and two sorts at a time: with tags all go, without them the sorts go one after the other.
func TestSortsTogether(t *testing.T) {
	byDate := []imap4.SortKey{imap4.SortDate}
	issue := func(s *session) {
		s.found("1", s.UIDSort(byDate, imap4.Query{}))
		s.found("2", s.UIDSearch(imap4.Query{}))
		s.found("3", s.UIDSort(byDate, imap4.Query{Seen: true}))
	}
	t.Run("with ESORT", func(t *testing.T) {
		s := searching(t, "IMAP4rev1 SORT ESEARCH ESORT")
		issue(s)
		s.server("* ESEARCH (TAG \"A4\") UID ALL 2\r\n* ESEARCH (TAG \"A3\") UID ALL 1:3\r\n* ESEARCH (TAG \"A2\") UID ALL 3,1,2\r\nA4 OK done\r\nA2 OK done\r\nA3 OK done\r\n")
		s.happened("3: 2 uid sorted [2] min 2 max 2 count 1", "1: 1:3 uid sorted [3 1 2] min 3 max 2 count 3", "2: 1:3 uid min 1 max 3 count 3")
	})
	t.Run("without", func(t *testing.T) {
		s := searching(t, "IMAP4rev1 SORT")
		issue(s)
		s.wrote("A2 UID SORT (DATE) UTF-8 ALL\r\nA3 UID SEARCH ALL\r\n")
		s.server("* SEARCH 1 2 3\r\n* SORT 3 1 2\r\nA3 OK done\r\nA2 OK done\r\n")
		s.wrote("A4 UID SORT (DATE) UTF-8 SEEN\r\n")
		s.server("* SORT 2\r\nA4 OK done\r\n")
		s.happened("2: 1:3 uid min 1 max 3 count 3", "1: 1:3 uid sorted [3 1 2] min 3 max 2 count 3", "3: 2 uid sorted [2] min 2 max 2 count 1")
	})
}
