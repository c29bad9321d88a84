package integration

import (
	"testing"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

func fillMany(t *testing.T, server *mailservers.Server, user mailservers.User) {
	server.Fill(t, user, "INBOX", mailservers.Mails(200)...)
}

// bigCases are about many messages.
var bigCases = []imapCase{
	{name: "many messages", live: true, prepare: fillMany, run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		n := 0
		must(e, e.c.Fetch(imap4.AllMessages(), imap4.FetchOptions{Items: imap4.ItemsFull}, func(m *imap4.Message) {
			n++
			wantTrue(e, m.Err == nil && m.Has(imap4.ItemsFull), "message %d is whole", m.SeqNum)
		}))
		want(e, "messages", n, 200)
		must(e, e.c.AddFlags(imap4.AllUIDs(), deleted))
		gone := must(e, e.c.Expunge())
		want(e, "expunged", len(gone.SeqNums), 200)
		want(e, "left", exists(e), 0)
		want(e, "found in an empty mailbox", must(e, e.c.Search(imap4.Query{})).Count, 0)
	}},
}
