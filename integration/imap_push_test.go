package integration

import (
	"errors"
	"net"
	"slices"
	"time"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

// pushCases hear what others do.
var pushCases = []imapCase{
	{name: "idle", caps: []string{"IDLE"}, mails: mailservers.Mails(2), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		idling := e.c.Idle()
		if e.is(onTwisted) { // which tells nothing by itself
			must(e, e.c.Noop())
			must(e, idling.Stop())
			return
		}
		other := e.second()
		if other != nil {
			must(e, other.Append("INBOX", imap4.Bytes(mailservers.Mail(2).Raw)))
		}
		e.until("a third message", func() bool { return len(e.exists) > 0 && e.exists[len(e.exists)-1] == 3 })
		wantTrue(e, idling.Active(), "the server is in IDLE")
		m := fetched(e, imap4.SeqNums(3), imap4.FetchOptions{Items: imap4.ItemEnvelope})[0]
		want(e, "subject", m.Envelope.DecodedSubject(), "Message 2 in two forms")
		must(e, idling.Stop())
		must(e, e.c.Noop())
	}},
	{name: "idle hears flags and expunges", caps: []string{"IDLE"}, on: []string{onDovecot, onCyrus, onCourier}, mails: mailservers.Mails(3), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		idling := e.c.Idle()
		other := e.second()
		if other != nil {
			must(e, other.Select("INBOX"))
			must(e, other.AddFlags(imap4.SeqNums(2), flagged))
		}
		e.until("a flag", func() bool {
			return slices.ContainsFunc(e.flags, func(m *imap4.Message) bool { return m.SeqNum == 2 && m.HasFlag(imap4.FlagFlagged) })
		})
		if other != nil {
			must(e, other.AddFlags(imap4.SeqNums(1), deleted))
			must(e, other.Expunge())
		}
		e.until("an expunge", func() bool { return slices.Contains(e.expunged, 1) })
		must(e, idling.Stop())
		want(e, "messages", exists(e), 2)
	}},
	{name: "noop hears what others did", mails: mailservers.Mails(2), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		if other := e.second(); other != nil {
			must(e, other.Append("INBOX", imap4.Bytes(mailservers.Mail(2).Raw)))
			must(e, other.Select("INBOX"))
			must(e, other.AddFlags(imap4.SeqNums(1), flagged))
		}
		must(e, e.c.Noop())
		if !e.is(onTwisted) {
			must(e, e.c.Noop())
			wantTrue(e, slices.ContainsFunc(e.flags, func(m *imap4.Message) bool { return m.HasFlag(imap4.FlagFlagged) }), "flags: %v", e.flags)
		}
		want(e, "messages", exists(e), 3)
	}},
	{name: "notify", caps: []string{"NOTIFY"}, mails: mailservers.Mails(1), run: func(e *env) {
		must(e, e.c.Create("Work"))
		must(e, e.c.Select("INBOX"))
		must(e, e.c.Notify(true,
			imap4.NotifyGroup{Mailboxes: imap4.NotifySelected, Events: imap4.MessageEvents(), Fetch: imap4.ItemFlags | imap4.ItemUID},
			imap4.NotifyGroup{Mailboxes: imap4.NotifyPersonal, Events: append(imap4.MessageEvents(), imap4.EventMailboxName, imap4.EventSubscriptionChange)}))
		_, told := e.status("Work")
		wantTrue(e, told, "a STATUS of each mailbox at first: %v", e.statuses)
		other := e.second()
		if other != nil {
			must(e, other.Append("Work", imap4.Bytes(mailservers.Mail(2).Raw)))
		}
		e.until("a message in Work", func() bool { s, _ := e.status("Work"); return s.Messages == 1 })
		idling := e.c.Idle()
		if other != nil {
			must(e, other.Append("INBOX", imap4.Bytes(mailservers.Mail(3).Raw)))
		}
		e.until("a message in INBOX", func() bool { return slices.Contains(e.exists, 2) })
		if other != nil {
			must(e, other.Create("Neu & größer"))
		}
		e.until("a mailbox", func() bool {
			return slices.ContainsFunc(e.listed, func(l imap4.ListEntry) bool { return l.Name == "Neu & größer" })
		})
		must(e, idling.Stop())
		must(e, e.c.NotifyNone())
	}},
	{name: "the server is killed", live: true, on: []string{onDovecot, onCyrus, onCourier}, mails: mailservers.Mails(2), run: func(e *env) {
		victim, connected := e.dial(nil, e.server.IMAPPort)
		victim.Options.AllowInsecureAuth = true
		must(e, connected)
		must(e, victim.Login(e.user.Name, e.user.Password))
		must(e, victim.Select("INBOX"))
		want(e, "messages", len(must(e, victim.FetchUID(imap4.AllMessages()))), 2)
		pending := victim.SendCommand("NOOP")
		killPeer(e, victim.Transport().LocalAddr().(*net.TCPAddr).Port)
		_, err := wait(e, pending)
		if err == nil { // it was answered before the end
			_, err = wait(e, victim.Noop())
		}
		var failed *imap4.CommandError
		wantTrue(e, errors.As(err, &failed), "a CommandError, got %v", err)
		again := e.login(e.user)
		must(e, again.Select("INBOX"))
	}},
	{name: "nobody answers", live: true, on: []string{onDovecot}, run: func(e *env) {
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			e.fatalf("got %v, want none", err)
		}
		defer silent.Close()
		c, connected := e.dial(nil, silent.Addr().(*net.TCPAddr).Port)
		c.Options.GreetingTimeout = 100 * time.Millisecond
		must(e, connected)
		_, err = wait(e, c.Noop())
		var late *imap4.TimeoutError
		wantTrue(e, errors.As(err, &late), "TimeoutError, got %v", err)
	}},
}
