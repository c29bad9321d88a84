package imap4_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// FuzzSearch answers a search, a sort and a thread with any bytes. Each must end once, with a result that holds together, however the
// bytes are cut.
func FuzzSearch(f *testing.F) {
	for _, input := range []string{
		"* SEARCH 1 2 3 \r\n* SEARCH 9\r\n",
		"* SEARCH 1 2 (MODSEQ 7)\r\n",
		"* SEARCH \r\n",
		"* ESEARCH (TAG \"A2\") UID\r\n",
		"* ESEARCH (TAG \"A2\") UID PARTIAL (1:100 NIL) COUNT 0\r\n",
		"* ESEARCH (TAG \"A2\") UID ALL 2,10:11 MIN 2 MAX 11 COUNT 3 MODSEQ 9 RELEVANCY (1 2 100)\r\n",
		"* ESEARCH (TAG \"A2\") UID PARTIAL (-1:-100 7:9,1) REMOVEFROM (0 5) ADDTO (1 2733 1 2732:2731)\r\n* NO [NOUPDATE \"A2\"] no\r\n",
		"* ESEARCH (TAG {2}\r\nA3) ALL {3}\r\n3:1\r\n",
		"* ESEARCH (TAG A3 MAILBOX x) X-Y (1 (2)) ALL 4294967295,1\r\n",
		"* ESEARCH UID ALL 1:4294967295\r\n",
		"* SORT 5 10 1\r\n* SORT 3 (MODSEQ 4)\r\n",
		"* THREAD ((352)(381))(2)(3 6 (4 23)(44 7 96))\r\n",
		"* THREAD (1 (2 (3) 4) () (((5))))\r\n* THREAD",
		"A2 OK [MESSAGELIMIT 1000 23007] partial\r\nA4 NO [BADCHARSET (US-ASCII {3}\r\nx)] no\r\n",
	} {
		f.Add([]byte(input), uint64(len(input)))
	}
	f.Fuzz(func(t *testing.T, input []byte, seed uint64) {
		for _, capabilities := range []string{
			"IMAP4rev1 SORT THREAD=REFS",
			"IMAP4rev1 ESEARCH SORT ESORT THREAD=REFS CONTEXT=SEARCH PARTIAL",
		} {
			whole := fuzzedSearch(t, capabilities, input, reactortest.Whole)
			for _, cut := range []reactortest.Chunking{reactortest.Bytewise, reactortest.Random(t, seed)} {
				wantEvents(t, fuzzedSearch(t, capabilities, input, cut), whole)
			}
		}
	})
}

func fuzzedSearch(t *testing.T, capabilities string, input []byte, cut reactortest.Chunking) []string {
	t.Helper()
	s := searching(t, capabilities)
	s.Options.Limits = &imap4.Limits{Line: 4 << 10, Response: 16 << 10, Literal: 1 << 10, Literals: 10, Depth: 5, Untagged: 20}
	var options imap4.SearchOptions
	if strings.Contains(capabilities, "PARTIAL") {
		options = imap4.SearchOptions{
			Count: true, Partial: imap4.PartialRange{First: -1, Last: -9},
			Update: func(u imap4.SearchUpdate) { s.note("update %+v", u) },
		}
	}
	holds := func(data *imap4.SearchData) (*imap4.SearchData, error) {
		holdsTogether(t, data)
		return data, nil
	}
	s.found("search", s.UIDSearch(imap4.Query{}, options).AddCallback(holds))
	s.found("sort", s.UIDSort([]imap4.SortKey{imap4.SortDate}, imap4.Query{}).AddCallback(holds))
	s.threads(s.UIDThread(imap4.ThreadRefs, imap4.Query{}))
	s.serverCut(string(input), cut)
	s.serverCut("\r\nA2 OK done\r\nA3 OK done\r\nA4 OK done\r\n", cut)
	s.clock.Advance(time.Hour)
	s.tr.Lose(nil)
	s.clock.Turn()
	events, got := s.take(), 0
	for _, e := range events {
		for _, name := range []string{"search", "sort", "threads"} {
			if strings.HasPrefix(e, name+": ") || strings.HasPrefix(e, name+" ") {
				got++
			}
		}
	}
	if got != 3 {
		t.Errorf("got %d ends, want 3, in %s", got, list(events))
	}
	s.end()
	return events
}

// holdsTogether checks what is true of every result.
func holdsTogether(t *testing.T, data *imap4.SearchData) {
	t.Helper()
	last := uint64(0)
	for _, r := range data.Messages.Ranges() {
		if uint64(r.First) <= last+1 && last != 0 || r.First == 0 || r.Last < r.First {
			t.Errorf("ranges: got %v, want them ascending with gaps", data.Messages)
		}
		last = uint64(r.Last)
	}
	if n, _ := data.Messages.Len(); n > 0 && data.Count != uint32(n) {
		t.Errorf("count: got %d, want %d", data.Count, n)
	}
	for _, n := range data.Sorted {
		if !data.Messages.Contains(n) {
			t.Errorf("sorted: got %d, want one of %v", n, data.Messages)
		}
	}
}
