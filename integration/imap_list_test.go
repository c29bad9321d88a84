package integration

import (
	"slices"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

// entry is that of a mailbox in a list.
func entry(e *env, list []imap4.ListEntry, name string) imap4.ListEntry {
	e.t.Helper()
	for _, each := range list {
		if each.Name == name {
			return each
		}
	}
	e.fatalf("got %v, want %s in it", namesOf(list), name)
	return imap4.ListEntry{}
}

// listCases ask which mailboxes there are.
var listCases = []imapCase{
	{name: "list", run: func(e *env) {
		all := must(e, e.c.List("", "*"))
		inbox := entry(e, all, "INBOX")
		want(e, "delimiter", inbox.Delimiter, e.kind.separator)
		root := must(e, e.c.List("", ""))
		if e.is(onTwisted) {
			return // which lists nothing then
		}
		want(e, "entries for an empty pattern", len(root), 1)
		want(e, "delimiter for an empty pattern", root[0].Delimiter, e.kind.separator)
	}},
	{name: "list levels", on: []string{onDovecot, onCyrus, onCourier}, run: func(e *env) {
		must(e, e.c.Create(e.box("A")))
		must(e, e.c.Create(e.box("A", "B")))
		must(e, e.c.Create(e.box("A", "B", "C")))
		one := namesOf(must(e, e.c.List("", e.box("%"))))
		wantTrue(e, hasName(one, e.box("A")) && !hasName(one, e.box("A", "B")), "one level: %v", one)
		two := namesOf(must(e, e.c.List("", e.box("A", "%"))))
		wantTrue(e, hasName(two, e.box("A", "B")) && !hasName(two, e.box("A", "B", "C")), "two levels: %v", two)
		if !e.is(onCourier) { // whose references are another thing
			under := namesOf(must(e, e.c.List(e.box("A")+e.kind.separator, "*")))
			wantTrue(e, hasName(under, e.box("A", "B", "C")) && !hasName(under, "INBOX"), "with a reference: %v", under)
		}
		several := must(e, e.c.List("", e.box("A"), imap4.ListOptions{Patterns: []string{e.box("A", "B"), "None"}}))
		want(e, "of several patterns", len(several), 2)
		must(e, e.c.Delete(e.box("A", "B", "C")))
		must(e, e.c.Delete(e.box("A", "B")))
	}},
	{name: "children", caps: []string{"CHILDREN"}, run: func(e *env) {
		must(e, e.c.Create(e.box("A")))
		must(e, e.c.Create(e.box("A", "B")))
		all := must(e, e.c.List("", "*", imap4.ListOptions{ReturnChildren: true}))
		a, b := entry(e, all, e.box("A")), entry(e, all, e.box("A", "B"))
		wantTrue(e, a.Has(imap4.AttrHasChildren), "A has children: %v", a.Attrs)
		wantTrue(e, b.Has(imap4.AttrHasNoChildren), "A/B has none: %v", b.Attrs)
	}},
	{name: "list extended", caps: []string{"LIST-EXTENDED"}, run: func(e *env) {
		must(e, e.c.Create(e.box("A")))
		must(e, e.c.Create(e.box("A", "B")))
		must(e, e.c.Subscribe(e.box("A", "B")))
		if e.is(onDovecot) {
			must(e, e.c.Create("Gone"))
			must(e, e.c.Subscribe("Gone"))
			must(e, e.c.Delete("Gone"))
		}
		subscribed := must(e, e.c.List("", "*", imap4.ListOptions{Subscribed: true, ReturnChildren: true}))
		b := entry(e, subscribed, e.box("A", "B"))
		wantTrue(e, b.Has(imap4.AttrSubscribed), "%v", b.Attrs)
		if e.is(onDovecot) {
			gone := entry(e, subscribed, e.box("Gone"))
			wantTrue(e, gone.Has(imap4.AttrNonExistent), "%v", gone.Attrs)
		}
		top := must(e, e.c.List("", "%", imap4.ListOptions{Subscribed: true, RecursiveMatch: true}))
		wantAll(e, "what is below A", entry(e, top, e.box("A")).ChildInfo, "SUBSCRIBED")
		told := must(e, e.c.List("", "*", imap4.ListOptions{ReturnSubscribed: true}))
		wantTrue(e, slices.Contains(entry(e, told, e.box("A", "B")).Attrs, imap4.AttrSubscribed), "A/B is subscribed")
		a := entry(e, told, e.box("A"))
		wantTrue(e, !a.Has(imap4.AttrSubscribed), "A is not: %v", a.Attrs)
	}},
	{name: "list with status", caps: []string{"LIST-STATUS"}, mails: mailservers.Mails(3), run: func(e *env) {
		all := must(e, e.c.List("", "*", imap4.ListOptions{Status: imap4.StatusMessages | imap4.StatusUnseen}))
		inbox := entry(e, all, "INBOX")
		if inbox.Status == nil {
			e.fatalf("got no status of INBOX, want one: %+v", all)
		}
		want(e, "messages", inbox.Status.Messages, 3)
		want(e, "unseen", inbox.Status.Unseen, 2)
		want(e, "in Sent", entry(e, all, "Sent").Status.Messages, 0)
	}},
	{name: "list with status by hand", on: []string{onCourier, onTwisted}, mails: mailservers.Mails(3), run: func(e *env) {
		all := must(e, e.c.List("", "*", imap4.ListOptions{Status: imap4.StatusMessages}))
		want(e, "messages", entry(e, all, "INBOX").Status.Messages, 3)
	}},
	{name: "special uses", caps: []string{"SPECIAL-USE"}, run: func(e *env) {
		all := must(e, e.c.List("", "*", imap4.ListOptions{ReturnSpecialUse: true}))
		for name, use := range map[string]imap4.MailboxAttr{"Sent": imap4.AttrSent, "Junk": imap4.AttrJunk, "INBOX": ""} {
			box := entry(e, all, name)
			want(e, "use of "+name, box.SpecialUse(), use)
		}
		only := must(e, e.c.List("", "*", imap4.ListOptions{SpecialUse: true}))
		want(e, "with a use", len(only), 5)
	}},
	{name: "create for a special use", caps: []string{"CREATE-SPECIAL-USE"}, run: func(e *env) {
		must(e, e.c.Create(e.box("Old"), imap4.AttrImportant))
		all := must(e, e.c.List("", "*", imap4.ListOptions{ReturnSpecialUse: true}))
		old := entry(e, all, e.box("Old"))
		want(e, "use", old.SpecialUse(), imap4.AttrImportant)
	}},
	{name: "xlist", caps: []string{"XLIST"}, run: func(e *env) {
		all := must(e, e.c.XList("", "*"))
		sent := entry(e, all, "Sent")
		want(e, "use", sent.SpecialUse(), imap4.AttrSent)
	}},
	{name: "list with rights", caps: []string{"LIST-MYRIGHTS"}, run: func(e *env) {
		all := must(e, e.c.List("", "*", imap4.ListOptions{ReturnMyRights: true}))
		wantTrue(e, imap4.Rights(entry(e, all, "INBOX").MyRights).Has("lrs"), "rights: %+v", all)
	}},
	{name: "list with metadata", caps: []string{"LIST-METADATA"}, run: func(e *env) {
		must(e, e.c.SetMetadata("Sent", map[string][]byte{"/private/comment": []byte("mine")}))
		all := must(e, e.c.List("", "*", imap4.ListOptions{Metadata: []string{"/private/comment"}}))
		want(e, "comment", entry(e, all, "Sent").Metadata["/private/comment"], "mine")
	}},
}
