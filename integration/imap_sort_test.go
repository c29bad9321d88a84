package integration

import (
	"errors"
	"slices"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

// twelveDown are the messages from the last to the first.
var twelveDown = []uint32{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}

// numbersOf are all numbers of threads, in their order.
func numbersOf(threads []imap4.ThreadNode) []uint32 {
	var all []uint32
	for i := range threads {
		for _, n := range threads[i].All() {
			if n.Number != 0 {
				all = append(all, n.Number)
			}
		}
	}
	return all
}

// threaded is a case for an algorithm.
func threaded(algorithm imap4.ThreadAlgorithm, roots int) imapCase {
	word := "THREAD=" + string(algorithm)
	return imapCase{name: "thread by " + string(algorithm), caps: []string{word}, mails: mailservers.Mails(12), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		threads := must(e, e.c.Thread(algorithm, imap4.Query{}))
		if roots > 0 {
			want(e, "threads", len(threads), roots)
		}
		all := numbersOf(threads)
		slices.Sort(all)
		wantAll(e, "messages", all, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
		byUID := must(e, e.c.UIDThread(algorithm, imap4.Query{From: "sender3@"}))
		wantAll(e, "messages by UID", numbersOf(byUID), 4)
		none := must(e, e.c.Thread(algorithm, imap4.Query{Flagged: true}))
		want(e, "of nothing", len(none), 0)
	}}
}

// sortCases put messages into an order.
var sortCases = []imapCase{
	{name: "sort", caps: []string{"SORT"}, mails: mailservers.Mails(12), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		for _, key := range []imap4.SortKey{imap4.SortArrival, imap4.SortDate} {
			wantAll(e, string(key), must(e, e.c.Sort([]imap4.SortKey{key.Reverse()}, imap4.Query{})).Sorted, twelveDown...)
		}
		bySize := must(e, e.c.UIDSort([]imap4.SortKey{imap4.SortSize.Reverse()}, imap4.Query{Seen: true}))
		want(e, "found", len(bySize.Sorted), 4)
		size := func(n uint32) int { return len(mailservers.Mail(int(n) - 1).Raw) }
		wantTrue(e, slices.IsSortedFunc(bySize.Sorted, func(a, b uint32) int { return size(b) - size(a) }), "by size: %v", bySize.Sorted)
		for _, key := range []imap4.SortKey{imap4.SortFrom, imap4.SortSubject, imap4.SortTo, imap4.SortCC} {
			want(e, string(key), len(must(e, e.c.Sort([]imap4.SortKey{key, imap4.SortArrival}, imap4.Query{})).Sorted), 12)
		}
		want(e, "nothing", len(must(e, e.c.Sort([]imap4.SortKey{imap4.SortDate}, imap4.Query{Flagged: true})).Sorted), 0)
	}},
	{name: "sort by what is shown", caps: []string{"SORT=DISPLAY"}, mails: mailservers.Mails(12), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		got := must(e, e.c.Sort([]imap4.SortKey{imap4.SortDisplayFrom}, imap4.Query{}.In(imap4.SeqRange(1, 9)))).Sorted
		wantAll(e, "DISPLAYFROM", got, 1, 2, 3, 4, 5, 6, 7, 8, 9)
		want(e, "DISPLAYTO", len(must(e, e.c.Sort([]imap4.SortKey{imap4.SortDisplayTo}, imap4.Query{})).Sorted), 12)
	}},
	{name: "sort by number", caps: []string{"SORT=UID"}, mails: mailservers.Mails(3), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		wantAll(e, "UID", must(e, e.c.Sort([]imap4.SortKey{imap4.SortKey("UID").Reverse()}, imap4.Query{})).Sorted, 3, 2, 1)
	}},
	{name: "sort by change", caps: []string{"SORT=MODSEQ"}, mails: mailservers.Mails(3), run: func(e *env) {
		must(e, e.c.Select("INBOX", imap4.SelectOptions{CondStore: true}))
		must(e, e.c.AddFlags(imap4.UIDs(2), flagged))
		wantAll(e, "MODSEQ", must(e, e.c.Sort([]imap4.SortKey{imap4.SortKey("MODSEQ")}, imap4.Query{})).Sorted, 1, 3, 2)
	}},
	{name: "esort", caps: []string{"ESORT"}, mails: mailservers.Mails(12), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		found := must(e, e.c.UIDSort([]imap4.SortKey{imap4.SortDate.Reverse()}, imap4.Query{Unseen: true}, imap4.SearchOptions{Min: true, Max: true, Count: true, All: true}))
		want(e, "first", found.Min, 12)
		want(e, "last", found.Max, 2)
		want(e, "count", found.Count, 8)
		wantAll(e, "all", found.Sorted, 12, 11, 9, 8, 6, 5, 3, 2)
	}},
	threaded(imap4.ThreadReferences, 0),
	threaded(imap4.ThreadOrderedSubject, 0),
	threaded(imap4.ThreadRefs, 3),
	{name: "sort and thread where there is neither", on: []string{onTwisted}, mails: mailservers.Mails(1), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		_, err := wait(e, e.c.Sort([]imap4.SortKey{imap4.SortDate}, imap4.Query{}))
		wantTrue(e, errors.Is(err, errors.ErrUnsupported), "UnsupportedError, got %v", err)
		_, err = wait(e, e.c.Thread(imap4.ThreadReferences, imap4.Query{}))
		wantTrue(e, errors.Is(err, errors.ErrUnsupported), "UnsupportedError, got %v", err)
	}},
}
