package integration

import (
	"errors"
	"slices"
	"strings"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

// sessionCases are about the session itself.
var sessionCases = []imapCase{
	{name: "capabilities", caps: []string{"IMAP4rev1"}, run: func(e *env) {
		caps := must(e, e.c.GetCapabilities())
		wantTrue(e, caps.Has("IMAP4rev1"), "IMAP4rev1 in %v", caps)
		known, ok := e.c.Capabilities()
		wantTrue(e, ok && known == caps, "Capabilities is what was answered: %v", known)
	}},
	{name: "noop", run: func(e *env) {
		must(e, e.c.Noop())
		must(e, e.c.Noop())
	}},
	{name: "a second login", run: func(e *env) {
		_, err := wait(e, e.c.Login(e.user.Name, e.user.Password))
		wantTrue(e, errors.Is(err, imap4.ErrState), "ErrState, got %v", err)
	}},
	{name: "ID", caps: []string{"ID"}, run: func(e *env) {
		server := must(e, e.c.ID(map[string]string{"name": "tconn", "support-url": "http://example.org/\"a\""}))
		wantTrue(e, server["name"] != "" || server["NAME"] != "", "a name in %v", server)
	}},
	{name: "namespace", caps: []string{"NAMESPACE"}, run: func(e *env) {
		n := must(e, e.c.Namespace())
		if len(n.Personal) == 0 {
			e.fatalf("got no personal namespace, want one: %+v", n)
		}
		want(e, "prefix", n.Personal[0].Prefix, e.kind.prefix)
		want(e, "delimiter", n.Personal[0].Delimiter, e.kind.separator)
		if e.is(onDovecot) {
			want(e, "other users", n.Other[0].Prefix, "Shared.")
			want(e, "shared", n.Shared[0].Prefix, "Public.")
		}
	}},
	{name: "enable", caps: []string{"ENABLE"}, run: func(e *env) {
		for _, word := range []string{"CONDSTORE", "QRESYNC", "UTF8=ACCEPT"} {
			must(e, e.c.Enable(word))
			want(e, word+" is enabled", slices.Contains(e.c.Enabled(), word), e.has(word))
		}
	}},
	{name: "compress", caps: []string{"COMPRESS=DEFLATE"}, mails: mailservers.Mails(12), run: func(e *env) {
		must(e, e.c.Compress())
		must(e, e.c.Select("INBOX"))
		bodies := must(e, e.c.FetchMessage(imap4.AllMessages()))
		for i, m := range mailservers.Mails(12) {
			want(e, "body of "+m.Name, string(bodies[uint32(i+1)].Body()), string(m.Raw))
		}
		_, err := wait(e, e.c.Compress())
		wantTrue(e, errors.Is(err, imap4.ErrCompressed), "ErrCompressed, got %v", err)
		must(e, e.c.Append("INBOX", imap4.Bytes(mailservers.Mail(1).Raw)))
		must(e, e.c.Noop())
		want(e, "messages then", exists(e), 13)
	}},
	{name: "a command of one's own", run: func(e *env) {
		done := must(e, e.c.SendCommand("STATUS", imap4.MailboxName("INBOX"), imap4.Raw("(MESSAGES)")))
		wantTrue(e, len(done.Untagged) == 1 && done.Untagged[0].Name == "STATUS" && strings.Contains(done.Untagged[0].Text, "MESSAGES 0"), "%+v", done)
	}},
	{name: "URLs with a key", caps: []string{"URLAUTH", "URLAUTH=BINARY"}, mails: mailservers.Mails(1), run: func(e *env) {
		url := "imap://" + e.user.Name + "@localhost/INBOX/;UID=1;URLAUTH=user+" + e.user.Name
		made := must(e, e.c.SendCommand("GENURLAUTH", imap4.Quoted(url), imap4.Atom("INTERNAL")))
		if len(made.Untagged) != 1 || made.Untagged[0].Name != "GENURLAUTH" {
			e.fatalf("got %+v, want one GENURLAUTH", made)
		}
		got := must(e, e.c.SendCommand("URLFETCH", imap4.Quoted(strings.Trim(made.Untagged[0].Text, `"`))))
		wantTrue(e, len(got.Untagged) == 1 && strings.Contains(got.Untagged[0].Text, string(mailservers.Mail(0).Raw)), "%+v", got)
	}},
	{name: "an unknown command", run: func(e *env) {
		no := refused(e, "X-NONSENSE", e.c.SendCommand("X-NONSENSE", imap4.Quoted("a b")), nil)
		want(e, "command", no.Command, "X-NONSENSE")
		must(e, e.c.Noop())
	}},
}

// exists is how many messages the selected mailbox has, as the client knows it.
func exists(e *env) uint32 {
	e.t.Helper()
	box, ok := e.c.Mailbox()
	wantTrue(e, ok, "a mailbox is selected")
	return box.Exists
}
