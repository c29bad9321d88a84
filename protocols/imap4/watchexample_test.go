package imap4_test

import (
	"fmt"

	"github.com/tconn/tconn/protocols/imap4"
)

// newsPrinter prints what happens in a mailbox.
type newsPrinter struct{ imap4.BaseWatchHandler }

func (newsPrinter) New(mailbox string, m *imap4.Message) {
	fmt.Println("new in", mailbox, "is", m.UID, "of", m.Size, "octets")
}
func (newsPrinter) Flags(_ string, m *imap4.Message)         { fmt.Println("flags of", m.UID, "are", m.Flags) }
func (newsPrinter) Vanished(_ string, uids imap4.MessageSet) { fmt.Println("gone:", uids) }
func (newsPrinter) Down(error)                               { fmt.Println("the connection is lost") }
func (newsPrinter) Synced(w *imap4.Watch) {
	fmt.Println("all told:", w.State().Mailboxes["INBOX"].UIDs)
}

// A program hears what happens in its mailbox, once, whatever becomes of the connection. Here the server lives in memory; endpoints.TLS
// finds a real one, and WatchOptions.Login logs in there.
func ExampleWatch() {
	server := newMailSim(1, "IMAP4rev1 IDLE ENABLE CONDSTORE QRESYNC")
	inbox := server.box("INBOX")
	server.deliver(inbox)

	w := imap4.NewWatch(server, imap4.WatchOptions{
		Fetch:   imap4.FetchOptions{Items: imap4.ItemSize},
		Handler: newsPrinter{},
		Service: quickRetry,
		Client:  &imap4.Options{NoID: true},
	})
	w.Start()
	server.run()

	server.drop(inbox) // while there is no connection, one message changes and another one comes
	server.run()
	server.flag(inbox, 0, `\Seen`)
	server.deliver(inbox)
	server.clock.Advance(quickRetry.RetryPolicy(1))
	server.run()
	w.Stop()
	server.run()
	// Output:
	// new in INBOX is 1 of 1001 octets
	// all told: 1
	// the connection is lost
	// flags of 1 are [\Seen]
	// new in INBOX is 2 of 1002 octets
	// all told: 1:2
}
