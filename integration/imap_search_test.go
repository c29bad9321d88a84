package integration

import (
	"errors"
	"time"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

// november is a day at the time of Mail.
func november(day int) time.Time { return time.Date(2023, time.November, day, 0, 0, 0, 0, time.UTC) }

// largerThan are the numbers of the first twelve mails that are.
func largerThan(size int) string {
	set := imap4.SeqNums()
	for i, m := range mailservers.Mails(12) {
		if len(m.Raw) > size {
			set = set.Add(uint32(i + 1))
		}
	}
	return set.String()
}

// searchCases look for messages.
var searchCases = []imapCase{
	{name: "search forms", mails: mailservers.Mails(12), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		for _, s := range []struct {
			q    imap4.Query
			want string
			not  string // the product that cannot: Twisted's server fails to compare text with bytes
		}{
			{imap4.Query{}, "1:12", ""},
			{imap4.Query{Seen: true}, "1,4,7,10", ""},
			{imap4.Query{Unseen: true}, "2:3,5:6,8:9,11:12", ""},
			{imap4.Not(imap4.Query{Seen: true}), "2:3,5:6,8:9,11:12", ""},
			{imap4.Query{From: "sender3@"}, "4", onTwisted},
			{imap4.Query{Subject: "with a file"}, "4", onTwisted},
			{imap4.Query{To: "test@example.org"}, "1:12", onTwisted},
			{imap4.Query{Larger: 1500}, largerThan(1500), ""},
			{imap4.Query{Smaller: 1500}.In(imap4.SeqRange(1, 3)), "1:3", ""},
			{imap4.Query{Since: november(14), Before: november(15)}, "1:12", onTwisted},
			{imap4.Query{SentOn: november(14)}, "1:12", onTwisted},
			{imap4.Query{SentSince: november(15)}, "", onTwisted},
			{imap4.Or(imap4.Query{From: "sender1@"}, imap4.Query{From: "sender2@"}, imap4.Query{From: "sender5@"}), "2:3,6", onTwisted},
			{imap4.And(imap4.Query{Unseen: true}, imap4.Not(imap4.Query{From: "sender1@"})).In(imap4.SeqRange(1, 5)), "3,5", onTwisted},
			{imap4.Query{}.In(imap4.UIDs(3, 5)), "3,5", ""},
			{imap4.Query{Header: []imap4.HeaderMatch{{Name: "Message-ID", Text: "<mail-7@example.org>"}}}, "8", onTwisted},
			{imap4.Query{Body: "leading dot"}, "11", ""},
			{imap4.Query{Text: "sender11@example.org"}, "12", onTwisted},
			{imap4.Query{Flagged: true}, "", ""},
		} {
			if s.not == e.kind.product {
				continue
			}
			found, err := wait(e, e.c.Search(s.q))
			if err != nil {
				e.t.Errorf("%s: got %v, want none", s.q, err)
				continue
			}
			wantSet(e, s.q.String(), found.Messages, s.want)
			wantSet(e, "by UID "+s.q.String(), must(e, e.c.UIDSearch(s.q)).Messages, s.want)
		}
	}},
	{name: "search in other letters", on: []string{onDovecot, onCyrus, onCourier}, mails: mailservers.Mails(3), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		wantSet(e, "subject", must(e, e.c.Search(imap4.Query{Subject: "Grüße aus Köln"})).Messages, "2")
		wantSet(e, "body", must(e, e.c.Search(imap4.Query{Body: "äöü"})).Messages, "2")
		want(e, "nothing", must(e, e.c.Search(imap4.Query{Subject: "送信"})).Count, 0)
		want(e, "quotes", must(e, e.c.Search(imap4.Query{Subject: `a "quoted" \ text`})).Count, 0)
	}},
	{name: "letters of either case", caps: []string{"I18NLEVEL=1"}, mails: mailservers.Mails(3), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		wantSet(e, "subject", must(e, e.c.Search(imap4.Query{Subject: "KÖLN"})).Messages, "2")
	}},
	{name: "search for numbers", mails: mailservers.Mails(9), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		found := must(e, e.c.UIDSearch(imap4.Query{Unseen: true}, imap4.SearchOptions{Min: true, Max: true, Count: true}))
		want(e, "Min", found.Min, 2)
		want(e, "Max", found.Max, 9)
		want(e, "Count", found.Count, 6)
	}},
	{name: "esearch", caps: []string{"ESEARCH"}, mails: mailservers.Mails(9), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		found := must(e, e.c.Search(imap4.Query{Seen: true}, imap4.SearchOptions{All: true, Min: true, Max: true, Count: true}))
		wantSet(e, "All", found.Messages, "1,4,7")
		want(e, "Count", found.Count, 3)
		none := must(e, e.c.UIDSearch(imap4.Query{Flagged: true}, imap4.SearchOptions{All: true, Min: true, Count: true}))
		want(e, "Count of nothing", none.Count, 0)
		want(e, "Min of nothing", none.Min, 0)
	}},
	{name: "saved results", caps: []string{"SEARCHRES"}, mails: mailservers.Mails(6), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		saved := must(e, e.c.UIDSearch(imap4.Query{Seen: true}, imap4.SearchOptions{Save: true}))
		want(e, "Saved", saved.Saved, true)
		want(e, "fetched", len(must(e, e.c.FetchFlags(imap4.SavedResult(true)))), 2)
		must(e, e.c.AddFlags(imap4.SavedResult(false), []imap4.Flag{imap4.FlagFlagged}))
		wantSet(e, "within", must(e, e.c.Search(imap4.Query{Flagged: true}.In(imap4.SavedResult(false)))).Messages, "1,4")
	}},
	{name: "within", caps: []string{"WITHIN"}, mails: mailservers.Mails(2), run: func(e *env) {
		must(e, e.c.Append("INBOX", imap4.Bytes(mailservers.Mail(2).Raw)))
		must(e, e.c.Select("INBOX"))
		wantSet(e, "younger", must(e, e.c.Search(imap4.Query{Younger: time.Hour})).Messages, "3")
		wantSet(e, "older", must(e, e.c.Search(imap4.Query{Older: time.Hour})).Messages, "1:2")
	}},
	{name: "a search that goes on", caps: []string{"CONTEXT=SEARCH"}, mails: mailservers.Mails(6), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		var updates []imap4.SearchUpdate
		options := imap4.SearchOptions{All: true, Context: true, Update: func(u imap4.SearchUpdate) { updates = append(updates, u) }}
		found := must(e, e.c.UIDSearch(imap4.Query{Flagged: true}, options))
		want(e, "found", found.Count, 0)
		wantTrue(e, found.UpdateTag != "", "a tag for updates")
		must(e, e.c.AddFlags(imap4.UIDs(3), []imap4.Flag{imap4.FlagFlagged}))
		must(e, e.c.Noop())
		must(e, e.c.RemoveFlags(imap4.UIDs(3), []imap4.Flag{imap4.FlagFlagged}))
		must(e, e.c.Noop())
		if len(updates) != 2 {
			e.fatalf("got %+v, want two updates", updates)
		}
		want(e, "the first removes", updates[0].Changes[0].Removed, false)
		want(e, "the second removes", updates[1].Changes[0].Removed, true)
		want(e, "message", updates[0].Changes[0].Ranges[0], imap4.Range{First: 3, Last: 3})
		must(e, e.c.CancelUpdate(found.UpdateTag))
		must(e, e.c.AddFlags(imap4.UIDs(4), []imap4.Flag{imap4.FlagFlagged}))
		must(e, e.c.Noop())
		want(e, "updates after the end", len(updates), 2)
	}},
	{name: "a part of a search", caps: []string{"CONTEXT=SEARCH"}, mails: mailservers.Mails(12), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		found := must(e, e.c.UIDSearch(imap4.Query{}, imap4.SearchOptions{Partial: imap4.PartialRange{First: 3, Last: 5}}))
		if found.Partial == nil {
			e.fatalf("got no part, want one: %+v", found)
		}
		wantSet(e, "part", found.Partial.Messages, "3:5")
	}},
	{name: "search by mod-sequence", caps: []string{"CONDSTORE"}, mails: mailservers.Mails(4), run: func(e *env) {
		info := must(e, e.c.Select("INBOX", imap4.SelectOptions{CondStore: true}))
		must(e, e.c.AddFlags(imap4.UIDs(2), []imap4.Flag{imap4.FlagFlagged}))
		found := must(e, e.c.UIDSearch(imap4.Query{ModSeq: info.HighestModSeq + 1}))
		wantSet(e, "changed", found.Messages, "2")
		wantTrue(e, found.ModSeq > info.HighestModSeq, "%d > %d", found.ModSeq, info.HighestModSeq)
	}},
	{name: "fuzzy search", caps: []string{"SEARCH=FUZZY"}, mails: mailservers.Mails(4), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		found := must(e, e.c.Search(imap4.Fuzzy(imap4.Query{Subject: "file"})))
		wantTrue(e, found.Messages.IsEmpty() || found.Messages.Contains(4), "%v", found.Messages)
	}},
	{name: "search for what the server has not", mails: mailservers.Mails(1), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		if !e.has("X-GM-EXT-1") {
			_, err := wait(e, e.c.Search(imap4.Query{GmailRaw: "in:inbox"}))
			wantTrue(e, errors.Is(err, errors.ErrUnsupported), "UnsupportedError, got %v", err)
		}
		must(e, e.c.Noop())
	}},
}
