package imap4_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// extension is one command with its answer.
type extension struct {
	name   string
	issue  func(c *imap4.Client) *deferred.Deferred[any]
	sent   string
	server string // without the tagged line, or with it
	want   any    // a value, or the text of an error
}

// of makes the Deferred of any command one of any.
func of[T any](d *deferred.Deferred[T]) *deferred.Deferred[any] {
	return deferred.Then(d, func(v T) (any, error) { return v, nil })
}

const extensionCapabilities = "IMAP4rev1 QUOTA QUOTASET ACL METADATA NOTIFY UNAUTHENTICATE JMAPACCESS LITERAL+"

// playExtension runs the case with the server's bytes cut as cut says.
func playExtension(t *testing.T, e extension, cut reactortest.Chunking) {
	t.Helper()
	u := newUser(nil)
	u.Options = &imap4.Options{}
	s := start(t, u)
	s.server("* PREAUTH [CAPABILITY " + extensionCapabilities + "] ready\r\n")
	d := e.issue(&u.Client)
	s.clock.Turn()
	s.wrote(e.sent)
	s.serverCut(e.server, cut)
	v, err, fired := d.Result()
	switch want, isText := e.want.(errText); {
	case !fired:
		t.Errorf("%s: no result", e.name)
	case isText:
		if err == nil || err.Error() != string(want) {
			t.Errorf("%s: got %v, %v, want the error %q", e.name, v, err, want)
		}
	case err != nil || !reflect.DeepEqual(v, e.want):
		t.Errorf("%s:\n got %#v, %v\nwant %#v", e.name, v, err, e.want)
	}
	d.AddErrback(func(error) (any, error) { return nil, nil })
}

type errText string

var extensions = []extension{
	{
		"GETQUOTA", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.GetQuota("")) },
		"A1 GETQUOTA \"\"\r\n", "* QUOTA \"\" (STORAGE 10 512  MESSAGE 3 9223372036854775807)\r\nA1 OK done\r\n",
		imap4.Quota{Resources: []imap4.QuotaResource{{Name: "STORAGE", Usage: 10, Limit: 512}, {Name: "MESSAGE", Usage: 3, Limit: 9223372036854775807}}},
	},
	{
		"K01 GETQUOTAROOT", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.GetQuotaRoot("INBOX")) },
		"A1 GETQUOTAROOT INBOX\r\n",
		"* QUOTAROOT INBOX \"\" ROOT\r\n* QUOTA \"ROOT\" (STORAGE 54 111 MESSAGE 42  1000 X 1 9223372036854775807)\r\nA1 OK done\r\n",
		imap4.MailboxQuota{Mailbox: "INBOX", Roots: []string{"", "ROOT"}, Quotas: []imap4.Quota{
			{Root: "ROOT", Resources: []imap4.QuotaResource{{"STORAGE", 54, 111}, {"MESSAGE", 42, 1000}, {"X", 1, 9223372036854775807}}},
		}},
	},
	{
		"U06 GETQUOTAROOT, a root without limits", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.GetQuotaRoot("INBOX")) },
		"A1 GETQUOTAROOT INBOX\r\n", "* QUOTAROOT INBOX ROOT\r\n* QUOTA \"ROOT\"\r\nA1 OK done\r\n",
		imap4.MailboxQuota{Mailbox: "INBOX", Roots: []string{"ROOT"}, Quotas: []imap4.Quota{{Root: "ROOT"}}},
	},
	{
		"SETQUOTA", func(c *imap4.Client) *deferred.Deferred[any] {
			return of(c.SetQuota("ROOT", imap4.QuotaResource{Name: "STORAGE", Limit: 512}, imap4.QuotaResource{Name: "MESSAGE", Limit: 9}))
		},
		"A1 SETQUOTA ROOT (STORAGE 512 MESSAGE 9)\r\n", "A1 NO [NOPERM] no\r\n",
		errText(`imap4: SETQUOTA: the server said NO [NOPERM] "no"`),
	},
	{
		"SETQUOTA with a line end in a name", func(c *imap4.Client) *deferred.Deferred[any] {
			return of(c.SetQuota("ROOT", imap4.QuotaResource{Name: "A\r\nB", Limit: 512}))
		},
		"", "", errText("imap4: bad argument 2 of SETQUOTA: has a character that no atom has"),
	},
	{
		"GETACL", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.GetACL("a b")) },
		"A1 GETACL \"a b\"\r\n", "* ACL \"a b\" alice lrswipkxtea \"-bob\" l\r\nA1 OK done\r\n",
		[]imap4.ACLEntry{{"alice", "lrswipkxtea"}, {"-bob", "l"}},
	},
	{
		"SETACL", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.SetACL("box", "bob", "+lr")) },
		"A1 SETACL box bob +lr\r\n", "A1 OK done\r\n", struct{}{},
	},
	{
		"DELETEACL", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.DeleteACL("box", "bob")) },
		"A1 DELETEACL box bob\r\n", "A1 OK done\r\n", struct{}{},
	},
	{
		"LISTRIGHTS", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.ListRights("box", "bob")) },
		"A1 LISTRIGHTS box bob\r\n", "* LISTRIGHTS box bob \"\" la r swicdkxte\r\nA1 OK done\r\n",
		imap4.RightsList{Optional: []imap4.Rights{"la", "r", "swicdkxte"}},
	},
	{
		"MYRIGHTS", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.MyRights("box")) },
		"A1 MYRIGHTS box\r\n", "* MYRIGHTS box rwiptsldaex\r\nA1 OK done\r\n", imap4.Rights("rwiptsldaex"),
	},
	{
		"GETMETADATA", func(c *imap4.Client) *deferred.Deferred[any] {
			return of(c.GetMetadata("INBOX", imap4.MetadataOptions{MaxSize: 1024, Depth: imap4.MetadataInfinity}, "/shared/comment", "/private"))
		},
		"A1 GETMETADATA (MAXSIZE 1024 DEPTH infinity) INBOX (/shared/comment /private)\r\n",
		"* METADATA \"\" /shared/news\r\n* METADATA INBOX (/shared/comment \"a\" /private/x NIL)\r\n* METADATA INBOX (/private/y ~{2}\r\n\x00b)\r\n" +
			"A1 OK [METADATA LONGENTRIES 2199] done\r\n",
		imap4.Metadata{Mailbox: "INBOX", LongEntries: 2199, Entries: map[string][]byte{"/shared/comment": []byte("a"), "/private/x": nil, "/private/y": []byte("\x00b")}},
	},
	{
		"GETMETADATA of the server", func(c *imap4.Client) *deferred.Deferred[any] {
			return of(c.GetMetadata("", imap4.MetadataOptions{}, "/shared/admin"))
		},
		"A1 GETMETADATA \"\" (/shared/admin)\r\n", "* METADATA \"\" (/shared/admin \"mailto:a@example\")\r\nA1 OK done\r\n",
		imap4.Metadata{Entries: map[string][]byte{"/shared/admin": []byte("mailto:a@example")}},
	},
	{
		"SETMETADATA", func(c *imap4.Client) *deferred.Deferred[any] {
			return of(c.SetMetadata("INBOX", map[string][]byte{"/private/b": nil, "/private/a": []byte("x\r\ny"), "/private/c": {0}}))
		},
		"A1 SETMETADATA INBOX (/private/a {4+}\r\nx\r\ny /private/b NIL /private/c ~{1+}\r\n\x00)\r\n", "A1 OK done\r\n", struct{}{},
	},
	{
		"NOTIFY", func(c *imap4.Client) *deferred.Deferred[any] {
			return of(c.Notify(true,
				imap4.NotifyGroup{Mailboxes: imap4.NotifySelectedDelayed, Events: imap4.MessageEvents(), Fetch: imap4.ItemUID | imap4.ItemFlags},
				imap4.NotifyGroup{Mailboxes: imap4.NotifySubtree, Names: []string{"a", "b c"}, Events: []imap4.NotifyEvent{imap4.EventMailboxName}},
				imap4.NotifyGroup{Mailboxes: imap4.NotifyPersonal},
			))
		},
		"A1 NOTIFY SET STATUS (SELECTED-DELAYED (MessageNew (UID FLAGS) MessageExpunge FlagChange)) (SUBTREE (a \"b c\") (MailboxName)) (PERSONAL NONE)\r\n",
		"A1 OK done\r\n", struct{}{},
	},
	{
		"NOTIFY NONE", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.NotifyNone()) },
		"A1 NOTIFY NONE\r\n", "A1 OK done\r\n", struct{}{},
	},
	{
		"GETJMAPACCESS", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.GetJMAPAccess()) },
		"A1 GETJMAPACCESS\r\n", "* JMAPACCESS \"https://example.com/.s/jmap\"\r\nA1 OK done\r\n", "https://example.com/.s/jmap",
	},
	{
		"data that is broken is passed over", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.GetQuota("R")) },
		"A1 GETQUOTA R\r\n", "* QUOTA R (STORAGE x y)\r\n* QUOTA\r\n* QUOTA R (STORAGE 1 2)\r\nA1 OK done\r\n",
		imap4.Quota{Root: "R", Resources: []imap4.QuotaResource{{"STORAGE", 1, 2}}},
	},
}

func TestExtensions(t *testing.T) {
	for _, e := range extensions {
		t.Run(e.name, func(t *testing.T) {
			playExtension(t, e, reactortest.Whole)
			playExtension(t, e, reactortest.Bytewise)
			for n := 1; n < len(e.server) && !t.Failed(); n++ {
				playExtension(t, e, cutAt(n))
			}
		})
	}
}

func TestUnauthenticate(t *testing.T) {
	u := newUser(nil)
	s := start(t, u)
	s.server("* PREAUTH [CAPABILITY IMAP4rev1 UNAUTHENTICATE ENABLE] ready\r\n")
	s.take()
	track(u, "ENABLE", u.Enable("UTF8=ACCEPT"))
	s.server("* ENABLED UTF8=ACCEPT\r\nA1 OK done\r\n")
	track(u, "UNAUTHENTICATE", u.Unauthenticate())
	s.login("bob", "pw")
	s.server("A2 OK done\r\n")
	if got := u.Enabled(); len(got) != 0 {
		t.Errorf("Enabled after UNAUTHENTICATE: got %v, want none", got)
	}
	s.server("A3 OK done\r\n")
	s.wrote("A1 ENABLE UTF8=ACCEPT\r\nA2 UNAUTHENTICATE\r\nA3 LOGIN bob pw\r\n")
	s.happened("ENABLE: ok", "UNAUTHENTICATE: ok", "LOGIN: ok")
}

func TestListenerOfExtensions(t *testing.T) {
	s := greeted(t)
	s.server("* METADATA \"\" /shared/a /shared/b\r\n* OK [NOTIFICATIONOVERFLOW] too much\r\n* OK [REFERRAL imap://other/] go there\r\n")
	s.happened(`metadata "" [/shared/a /shared/b]`, "overflow", `referral "imap://other/"`)
}

func ExampleRights_Has() {
	fmt.Println(imap4.Rights("lrs").Has("ls"), imap4.Rights("lrs").Has("w"))
	// Output: true false
}
