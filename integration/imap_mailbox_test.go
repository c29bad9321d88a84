package integration

import (
	"errors"
	"slices"
	"strings"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

// mailboxCases are about whole mailboxes.
var mailboxCases = []imapCase{
	{name: "select", mails: mailservers.Mails(4), run: func(e *env) {
		info := must(e, e.c.Select("INBOX"))
		want(e, "Exists", info.Exists, 4)
		want(e, "ReadOnly", info.ReadOnly, false)
		wantTrue(e, info.UIDValidity > 0, "a UIDVALIDITY, %+v", info)
		wantTrue(e, slices.Contains(info.Flags, imap4.FlagDeleted), "\\Deleted in %v", info.Flags)
		if e.is(onDovecot, onCyrus) {
			want(e, "UIDNext", info.UIDNext, 5)
			want(e, "Unseen", info.Unseen, 2)
			wantTrue(e, slices.Contains(info.PermanentFlags, imap4.FlagAny), "\\* in %v", info.PermanentFlags)
		}
		if e.is(onCourier) {
			want(e, "UIDNext, which Courier does not tell", info.UIDNext, 0)
			wantTrue(e, info.Rights != "", "Courier tells the rights")
		}
		box, ok := e.c.Mailbox()
		wantTrue(e, ok && box.Name == "INBOX" && box.Exists == 4 && !box.ReadOnly, "%+v", box)
		must(e, e.c.Check())
		must(e, e.c.Close())
		_, ok = e.c.Mailbox()
		want(e, "selected after Close", ok, false)
	}},
	{name: "examine", mails: mailservers.Mails(2), run: func(e *env) {
		info := must(e, e.c.Examine("INBOX"))
		want(e, "Exists", info.Exists, 2)
		if e.is(onDovecot, onCyrus) { // Courier lets flags be changed, Twisted forgets that it is read only
			want(e, "ReadOnly", info.ReadOnly, true)
			_, err := wait(e, e.c.AddFlags(imap4.SeqNums(1), []imap4.Flag{imap4.FlagFlagged}))
			flags := must(e, e.c.FetchFlags(imap4.SeqNums(1)))
			wantTrue(e, err != nil || !flags[1].HasFlag(imap4.FlagFlagged), "nothing can be stored: %v", flags[1].Flags)
		}
		must(e, e.c.Close())
	}},
	{name: "unselect", caps: []string{"UNSELECT"}, mails: mailservers.Mails(1), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		must(e, e.c.AddFlags(imap4.SeqNums(1), []imap4.Flag{imap4.FlagDeleted}))
		must(e, e.c.Unselect())
		want(e, "messages that are left", must(e, e.c.Status("INBOX", imap4.StatusMessages)).Messages, 1)
	}},
	{name: "no such mailbox", run: func(e *env) {
		var target error
		if e.is(onDovecot, onCyrus) {
			target = imap4.ErrNonexistent
		}
		must(e, e.c.Select("INBOX"))
		refused(e, "Select", e.c.Select(e.box("None")), target)
		_, ok := e.c.Mailbox()
		want(e, "selected after the refusal", ok, false)
		refused(e, "Status", e.c.Status(e.box("None"), imap4.StatusMessages), target)
		refused(e, "Delete", e.c.Delete(e.box("None")), target)
		if e.is(onTwisted) {
			return // its APPEND to no mailbox is never answered well
		}
		refused(e, "Append", e.c.Append(e.box("None"), imap4.Bytes([]byte("Subject: x\r\n\r\n"))), imap4.ErrTryCreate)
		_, err := wait(e, e.c.Noop())
		want(e, "the connection lives", err, nil)
	}},
	{name: "create rename delete", run: func(e *env) {
		work, plans := e.box("Work"), e.box("Work", "Plans")
		must(e, e.c.Create(work))
		must(e, e.c.Create(plans))
		refused(e, "Create again", e.c.Create(work), nil)
		must(e, e.c.Rename(work, e.box("Home")))
		names := namesOf(must(e, e.c.List("", e.box("*"))))
		for _, name := range []string{"Home"} {
			wantTrue(e, hasName(names, e.box(name)), "%s in %v", name, names)
		}
		wantTrue(e, hasName(names, e.box("Home", "Plans")), "Home/Plans in %v", names)
		wantTrue(e, !hasName(names, plans), "no Work/Plans in %v", names)
		must(e, e.c.Delete(e.box("Home", "Plans")))
		must(e, e.c.Delete(e.box("Home")))
		refused(e, "Select", e.c.Select(e.box("Home")), nil)
	}},
	{name: "names in other letters", run: func(e *env) {
		names := []string{"Entwürfe", "送信済み & more", "a&b", "quote\"d", "with (parens)", "50% *"}
		if e.is(onTwisted) {
			names = names[:3] // its LIST does not quote what it sends
		}
		if e.is(onCyrus) {
			names = append(names[:3], "with (parens)") // it takes neither quotes nor wildcards
		}
		for _, name := range names {
			if _, err := wait(e, e.c.Create(e.box(name))); err != nil {
				e.t.Errorf("Create %q: got %v, want none", name, err)
				continue
			}
			info, err := wait(e, e.c.Select(e.box(name)))
			if err != nil || info.Name != e.box(name) {
				e.t.Errorf("Select %q: got %+v, %v", name, info, err)
			}
			want(e, "Status of "+name, must(e, e.c.Status(e.box(name), imap4.StatusMessages)).Mailbox, e.box(name))
		}
		got := namesOf(must(e, e.c.List("", "*")))
		for _, name := range names {
			wantTrue(e, hasName(got, e.box(name)), "%q in %q", name, got)
		}
	}},
	{name: "names that are refused", run: func(e *env) {
		var bad *imap4.ArgumentError
		_, err := wait(e, e.c.Create("a\xff"))
		wantTrue(e, errors.As(err, &bad), "ArgumentError, got %v", err)
		if !e.is(onDovecot) {
			refused(e, "Create INBOX", e.c.Create("INBOX"), nil)
		}
		must(e, e.c.Noop())
	}},
	{name: "subscribe", run: func(e *env) {
		must(e, e.c.Create(e.box("News")))
		must(e, e.c.Subscribe(e.box("News")))
		wantTrue(e, hasName(namesOf(must(e, e.c.LSub("", "*"))), e.box("News")), "News is subscribed")
		subscribed := must(e, e.c.List("", "*", imap4.ListOptions{Subscribed: true}))
		wantTrue(e, hasName(namesOf(subscribed), e.box("News")), "News in the list of those subscribed")
		must(e, e.c.Unsubscribe(e.box("News")))
		wantTrue(e, !hasName(namesOf(must(e, e.c.LSub("", "*"))), e.box("News")), "News is subscribed no more")
	}},
	{name: "status", mails: mailservers.Mails(5), run: func(e *env) {
		s := must(e, e.c.Status("INBOX", imap4.StatusMessages|imap4.StatusUIDNext|imap4.StatusUIDValidity|imap4.StatusUnseen|imap4.StatusRecent))
		want(e, "Messages", s.Messages, 5)
		want(e, "Unseen", s.Unseen, 3)
		want(e, "UIDNext", s.UIDNext, 6)
		wantTrue(e, s.UIDValidity > 0 && s.Has(imap4.StatusRecent), "%+v", s)
	}},
	{name: "status size", caps: []string{"STATUS=SIZE"}, mails: mailservers.Mails(5), run: func(e *env) {
		var sum uint64
		for _, m := range mailservers.Mails(5) {
			sum += uint64(len(m.Raw))
		}
		want(e, "Size", must(e, e.c.Status("INBOX", imap4.StatusSize)).Size, sum)
	}},
	{name: "status of mod-sequences", caps: []string{"CONDSTORE"}, mails: mailservers.Mails(1), run: func(e *env) {
		s := must(e, e.c.Status("INBOX", imap4.StatusHighestModSeq))
		info := must(e, e.c.Select("INBOX", imap4.SelectOptions{CondStore: true}))
		wantTrue(e, s.HighestModSeq > 0, "a mod-sequence: %+v", s)
		want(e, "Select tells the same", info.HighestModSeq, s.HighestModSeq)
	}},
	{name: "append limit", caps: []string{"APPENDLIMIT=4294967295"}, run: func(e *env) {
		var large *imap4.TooLargeError
		_, err := wait(e, e.c.Append("INBOX", imap4.AppendMessage{Body: &lines{left: 1 << 32}, Size: 1 << 32}))
		wantTrue(e, errors.As(err, &large) && large.Limit == 1<<32-1, "TooLargeError before anything is sent, got %v", err)
	}},
	{name: "object ids", caps: []string{"OBJECTID"}, mails: mailservers.Mails(5), run: func(e *env) {
		created := must(e, e.c.Create(e.box("Work")))
		info := must(e, e.c.Select(e.box("Work")))
		status := must(e, e.c.Status(e.box("Work"), imap4.StatusMailboxID))
		wantTrue(e, created.MailboxID != "", "an id at Create")
		want(e, "id at Select", info.MailboxID, created.MailboxID)
		want(e, "id at Status", status.MailboxID, created.MailboxID)
		must(e, e.c.Select("INBOX"))
		all := fetched(e, imap4.AllMessages(), imap4.FetchOptions{Items: imap4.ItemEmailID | imap4.ItemThreadID})
		wantTrue(e, all[0].EmailID != "" && all[0].ThreadID != "" && all[0].EmailID != all[1].EmailID, "ids: %+v", all[0])
		found := must(e, e.c.UIDSearch(imap4.Query{EmailID: all[0].EmailID}))
		wantSet(e, "search by EMAILID", found.Messages, "1")
		found = must(e, e.c.UIDSearch(imap4.Query{ThreadID: all[0].ThreadID}))
		wantTrue(e, found.Messages.Contains(1), "search by THREADID: %v", found.Messages)
	}},
}

func namesOf(list []imap4.ListEntry) []string {
	var names []string
	for _, each := range list {
		names = append(names, each.Name)
	}
	return names
}

// hasName compares as Twisted's server, which has no small letters, wants it.
func hasName(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}
