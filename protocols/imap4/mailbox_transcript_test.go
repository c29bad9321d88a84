package imap4_test

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
)

// notedSelect notes how many messages a mailbox has, and its UIDVALIDITY.
func notedSelect(u *user, d *deferred.Deferred[*imap4.MailboxInfo]) {
	d.Handle(
		func(i *imap4.MailboxInfo) { u.note("SELECT: %d messages of %d", i.Exists, i.UIDValidity) },
		func(err error) { u.note("SELECT failed: %s", failure(err)) },
	)
}

func mailboxSession(u *user) {
	noted(u, "NAMESPACE", u.Namespace())
	u.List("", "*", imap4.ListOptions{Status: imap4.StatusMessages}).Handle(
		func(entries []imap4.ListEntry) { u.note("LIST: %s", shownEntry(entries)) },
		func(err error) { u.note("LIST failed: %v", err) },
	)
	track(u, "CREATE", u.Create("neu"))
	notedSelect(u, u.Select("neu"))
	u.Expunge().Handle(func(e imap4.ExpungeData) { u.note("EXPUNGE: %v", e.SeqNums) }, func(err error) { u.note("EXPUNGE failed: %v", err) })
	notedSelect(u, u.Select("gone"))
	notedSelect(u, u.Examine("Entwürfe"))
	track(u, "UNSELECT", u.Unselect())
	track(u, "DELETE", u.Delete("neu"))
}

func qresync(u *user) {
	open := func(name string, q imap4.QResync) {
		d := u.Select(name, imap4.SelectOptions{QResync: &q, Changed: func(m *imap4.Message) { u.note("changed %d", m.UID) }})
		notedSelect(u, d.AddCallback(func(i *imap4.MailboxInfo) (*imap4.MailboxInfo, error) {
			u.note("vanished %v", i.Vanished)
			return i, nil
		}))
	}
	open("INBOX", imap4.QResync{UIDValidity: 5, ModSeq: 100, KnownUIDs: imap4.UIDRange(1, 40)})
	open("work", imap4.QResync{UIDValidity: 6, ModSeq: 1})
}
