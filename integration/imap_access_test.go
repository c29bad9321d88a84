package integration

import (
	"slices"
	"strings"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

// accessCases are about rights, quotas and annotations.
var accessCases = []imapCase{
	{name: "rights", caps: []string{"ACL"}, run: func(e *env) {
		must(e, e.c.Create(e.box("Team")))
		mine := must(e, e.c.MyRights(e.box("Team")))
		wantTrue(e, mine.Has("lrswi"), "mine: %q", mine)
		must(e, e.c.SetACL(e.box("Team"), "user1", "lr"))
		list := must(e, e.c.GetACL(e.box("Team")))
		wantTrue(e, slices.ContainsFunc(list, func(a imap4.ACLEntry) bool {
			return a.Identifier == "user1" && a.Rights.Has("lr") && !a.Rights.Has("s")
		}), "user1 has lr: %v", list)
		must(e, e.c.SetACL(e.box("Team"), "user1", "+s"))
		list = must(e, e.c.GetACL(e.box("Team")))
		wantTrue(e, slices.ContainsFunc(list, func(a imap4.ACLEntry) bool { return a.Identifier == "user1" && a.Rights.Has("lrs") }), "user1 has lrs: %v", list)
		rights := must(e, e.c.ListRights(e.box("Team"), "user1"))
		wantTrue(e, len(rights.Optional)+len(rights.Required) > 0, "rights that can be given: %+v", rights)
		must(e, e.c.DeleteACL(e.box("Team"), "user1"))
		list = must(e, e.c.GetACL(e.box("Team")))
		wantTrue(e, !slices.ContainsFunc(list, func(a imap4.ACLEntry) bool { return a.Identifier == "user1" }), "user1 is gone: %v", list)
		refused(e, "GetACL", e.c.GetACL(e.box("None")), nil)
	}},
	{name: "rights of today", caps: []string{"RIGHTS=texk"}, run: func(e *env) {
		wantTrue(e, must(e, e.c.MyRights("INBOX")).Has("te"), "t and e")
	}},
	{name: "more rights of today", caps: []string{"RIGHTS=kxten"}, run: func(e *env) {
		wantTrue(e, must(e, e.c.MyRights("INBOX")).Has("te"), "t and e")
	}},
	{name: "rights of several", caps: []string{"ACL2=UNION"}, run: func(e *env) {
		wantTrue(e, must(e, e.c.MyRights("INBOX")).Has("lr"), "l and r")
	}},
	{name: "quota", caps: []string{"QUOTA"}, mails: mailservers.Mails(2), run: func(e *env) {
		box := must(e, e.c.GetQuotaRoot("INBOX"))
		want(e, "mailbox", box.Mailbox, "INBOX")
		if len(box.Roots) == 0 {
			e.fatalf("got no root, want one: %+v", box)
		}
		if e.is(onCourier) { // which limits nothing here
			_, err := wait(e, e.c.GetQuota(box.Roots[0]))
			want(e, "GetQuota", err, nil)
			return
		}
		if e.is(onCyrus) { // whose GETQUOTA is for administrators
			storage, ok := box.Quotas[0].Resource("STORAGE")
			wantTrue(e, ok && storage.Limit == 1<<20, "%+v", box)
			refused(e, "GetQuota by a user", e.c.GetQuota(box.Roots[0]), nil)
			return
		}
		quota := must(e, e.c.GetQuota(box.Roots[0]))
		storage, ok := quota.Resource("STORAGE")
		wantTrue(e, ok && storage.Limit == 1<<20 && storage.Usage > 0, "%+v", quota)
		refused(e, "SetQuota by a user", e.c.SetQuota(box.Roots[0], imap4.QuotaResource{Name: "STORAGE", Limit: 5}), nil)
	}},
	{name: "an administrator's quota", caps: []string{"X-QUOTA=STORAGE"}, live: true, run: func(e *env) {
		admin := e.login(mailservers.CyrusAdmin)
		root := "user/" + e.user.Name
		must(e, admin.SetQuota(root, imap4.QuotaResource{Name: "STORAGE", Limit: 1}))
		quota := must(e, admin.GetQuota(root))
		storage, _ := quota.Resource("STORAGE")
		want(e, "limit", storage.Limit, 1)
		big := imap4.Bytes([]byte("Subject: big\r\n\r\n" + strings.Repeat("0123456789\r\n", 1000)))
		refused(e, "Append", e.c.Append("INBOX", big), imap4.ErrOverQuota)
	}},
	{name: "an administrator's other quotas", caps: []string{"X-QUOTA=MESSAGE", "X-QUOTA=X-NUM-FOLDERS", "X-QUOTA=X-ANNOTATION-STORAGE"}, live: true, run: func(e *env) {
		admin := e.login(mailservers.CyrusAdmin)
		limits := []imap4.QuotaResource{{Name: "MESSAGE", Limit: 1}, {Name: "X-NUM-FOLDERS", Limit: 50}, {Name: "X-ANNOTATION-STORAGE", Limit: 60}}
		must(e, admin.SetQuota("user/"+e.user.Name, limits...))
		quota := must(e, admin.GetQuota("user/"+e.user.Name))
		for _, limit := range limits {
			got, _ := quota.Resource(limit.Name)
			want(e, limit.Name, got.Limit, limit.Limit)
		}
		must(e, e.c.Append("INBOX", imap4.Bytes([]byte("Subject: one\r\n\r\n"))))
		refused(e, "a second message", e.c.Append("INBOX", imap4.Bytes([]byte("Subject: two\r\n\r\n"))), imap4.ErrOverQuota)
	}},
	{name: "metadata", caps: []string{"METADATA"}, run: func(e *env) {
		must(e, e.c.SetMetadata("INBOX", map[string][]byte{"/private/comment": []byte("a \"comment\"\r\nof two lines")}))
		got := must(e, e.c.GetMetadata("INBOX", imap4.MetadataOptions{}, "/private/comment"))
		want(e, "comment", string(got.Entries["/private/comment"]), "a \"comment\"\r\nof two lines")
		must(e, e.c.SetMetadata("INBOX", map[string][]byte{"/private/comment": nil}))
		got = must(e, e.c.GetMetadata("INBOX", imap4.MetadataOptions{}, "/private/comment"))
		want(e, "comment that is gone", string(got.Entries["/private/comment"]), "")
	}},
	{name: "metadata of many", caps: []string{"METADATA"}, on: []string{onDovecot}, run: func(e *env) {
		must(e, e.c.SetMetadata("", map[string][]byte{"/private/vendor/tconn": []byte("all")}))
		server := must(e, e.c.GetMetadata("", imap4.MetadataOptions{}, "/private/vendor/tconn"))
		want(e, "entry of the server", string(server.Entries["/private/vendor/tconn"]), "all")
		must(e, e.c.SetMetadata("INBOX", map[string][]byte{"/private/vendor/tconn/a": []byte("1"), "/private/vendor/tconn/b": []byte("22222")}))
		below := must(e, e.c.GetMetadata("INBOX", imap4.MetadataOptions{Depth: imap4.MetadataInfinity}, "/private/vendor"))
		want(e, "entries below", len(below.Entries), 2)
		short := must(e, e.c.GetMetadata("INBOX", imap4.MetadataOptions{MaxSize: 2}, "/private/vendor/tconn/a", "/private/vendor/tconn/b"))
		want(e, "long entries", short.LongEntries, 5)
		want(e, "short entries", string(short.Entries["/private/vendor/tconn/a"]), "1")
	}},
	{name: "names in UTF-8", caps: []string{"ENABLE", "UTF8=ACCEPT"}, run: func(e *env) {
		must(e, e.c.Create(e.box("Früher")))
		must(e, e.c.Enable("UTF8=ACCEPT"))
		must(e, e.c.Create(e.box("送信済み")))
		names := namesOf(must(e, e.c.List("", "*")))
		wantTrue(e, hasName(names, e.box("Früher")) && hasName(names, e.box("送信済み")), "both in %q", names)
		must(e, e.c.Select(e.box("送信済み")))
		message := imap4.AppendMessage{Body: strings.NewReader("Subject: Grüße\r\n\r\nx\r\n"), UTF8: !e.is(onCourier)} // Courier takes no UTF8 (~{n}, but the message as it is
		must(e, e.c.Append(e.box("送信済み"), message))
		must(e, e.c.Noop())
		want(e, "subject", must(e, e.c.FetchEnvelope(imap4.SeqNums(1)))[1].Envelope.Subject, "Grüße")
	}},
}
