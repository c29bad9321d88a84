package integration

import (
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

// flagged is what cases set.
var flagged = []imap4.Flag{imap4.FlagFlagged}

// deleted is what they set to expunge.
var deleted = []imap4.Flag{imap4.FlagDeleted}

// syncCases learn what has changed.
var syncCases = []imapCase{
	{name: "mod-sequences", caps: []string{"CONDSTORE", "ENABLE"}, mails: mailservers.Mails(3), run: func(e *env) {
		must(e, e.c.Enable("CONDSTORE"))
		info := must(e, e.c.Select("INBOX"))
		wantTrue(e, info.HighestModSeq > 0 && !info.NoModSeq, "%+v", info)
		stored := must(e, e.c.AddFlags(imap4.UIDs(2), flagged))
		wantTrue(e, stored.Messages[2] != nil && stored.Messages[2].ModSeq > info.HighestModSeq, "%+v", stored.Messages)
		changed := fetched(e, imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemFlags, ChangedSince: info.HighestModSeq})
		want(e, "changed messages", len(changed), 1)
		want(e, "UID", changed[0].UID, 2)
		want(e, "mod-sequence", changed[0].ModSeq, stored.Messages[2].ModSeq)
		late := must(e, e.c.AddFlags(imap4.UIDs(1, 2), deleted, imap4.StoreOptions{UnchangedSince: info.HighestModSeq}))
		wantSet(e, "left alone", late.Modified, "2")
		want(e, "flags of 1", flagTexts(e, imap4.UIDs(1))[1], `\Deleted \Seen`)
		want(e, "flags of 2", flagTexts(e, imap4.UIDs(2))[2], `\Flagged`)
	}},
	{name: "mod-sequences at select", caps: []string{"CONDSTORE"}, mails: mailservers.Mails(1), run: func(e *env) {
		info := must(e, e.c.Select("INBOX", imap4.SelectOptions{CondStore: true}))
		m := fetched(e, imap4.SeqNums(1), imap4.FetchOptions{Items: imap4.ItemModSeq})[0]
		wantTrue(e, m.ModSeq > 0 && m.ModSeq <= info.HighestModSeq, "%d in %d", m.ModSeq, info.HighestModSeq)
	}},
	{name: "resynchronisation", caps: []string{"QRESYNC", "ENABLE", "UIDPLUS"}, mails: mailservers.Mails(6), run: func(e *env) {
		must(e, e.c.Enable("QRESYNC"))
		before := must(e, e.c.Select("INBOX"))
		must(e, e.c.AddFlags(imap4.UIDs(2, 5), deleted))
		gone := must(e, e.c.UIDExpunge(imap4.UIDs(2, 5)))
		wantSet(e, "expunged", gone.UIDs, "2,5")
		wantAll(e, "heard", e.vanished, "2,5")
		want(e, "messages", exists(e), 4)
		must(e, e.c.AddFlags(imap4.UIDs(3), flagged))
		must(e, e.c.Unselect())
		since := &imap4.QResync{UIDValidity: before.UIDValidity, ModSeq: before.HighestModSeq, KnownUIDs: imap4.UIDRange(1, 6)}
		after := must(e, e.c.Select("INBOX", imap4.SelectOptions{QResync: since}))
		wantSet(e, "vanished since", after.Vanished, "2,5")
		want(e, "changed since", len(after.Changed), 1)
		want(e, "UID", after.Changed[0].UID, 3)
		want(e, "flags", flagText(after.Changed[0].Flags), `\Flagged`)
		var vanished imap4.MessageSet
		options := imap4.FetchOptions{Items: imap4.ItemFlags, ChangedSince: before.HighestModSeq, Vanished: func(uids imap4.MessageSet) { vanished = vanished.Union(uids) }}
		want(e, "changed, by FETCH", len(fetched(e, imap4.UIDRange(1, 6), options)), 1)
		wantSet(e, "vanished, by FETCH", vanished, "2,5")
		must(e, e.c.Unselect())
		stranger := &imap4.QResync{UIDValidity: before.UIDValidity + 1, ModSeq: before.HighestModSeq}
		other := must(e, e.c.Select("INBOX", imap4.SelectOptions{QResync: stranger}))
		wantTrue(e, other.Vanished.IsEmpty() && len(other.Changed) == 0, "nothing of another mailbox: %+v", other)
	}},
	{name: "resynchronisation by expunge", caps: []string{"QRESYNC", "ENABLE"}, mails: mailservers.Mails(4), run: func(e *env) {
		must(e, e.c.Enable("QRESYNC"))
		must(e, e.c.Select("INBOX"))
		must(e, e.c.AddFlags(imap4.SeqNums(1, 4), deleted))
		gone := must(e, e.c.Expunge())
		wantSet(e, "UIDs", gone.UIDs, "1,4")
		want(e, "messages", exists(e), 2)
	}},
}
