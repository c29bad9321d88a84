package imap4_test

import (
	"fmt"
	"strings"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// exampleServer answers a client that is logged in, on a transport where the example is the server.
func exampleServer() (*imap4.Client, *reactortest.Transport) {
	c := &imap4.Client{Options: &imap4.Options{NoID: true}}
	tr := reactortest.NewTransport(nil)
	tr.Connect(c)
	tr.Receive([]byte("* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+ UIDPLUS QUOTA] ready\r\n"))
	return c, tr
}

// A draft is added, and the server tells its UID.
func ExampleClient_Append() {
	c, tr := exampleServer()
	draft := imap4.Bytes([]byte("Subject: hi\r\n\r\nhello\r\n"))
	draft.Flags = []imap4.Flag{imap4.FlagDraft, imap4.FlagSeen}
	c.Append("Drafts", draft).Handle(func(stored imap4.AppendData) {
		fmt.Println("UID", stored.UIDs)
	}, func(err error) { fmt.Println(err) })

	line, _, _ := strings.Cut(string(tr.Take()), "\r\n")
	fmt.Println(line)
	tr.Receive([]byte("A1 OK [APPENDUID 1700000000 42] done\r\n"))
	// Output:
	// A1 APPEND Drafts (\Draft \Seen) {22+}
	// UID 42
}

// A command for which there is no method, with the answer as it came.
func ExampleClient_SendCommand() {
	c, tr := exampleServer()
	c.SendCommand("X-STATS", imap4.MailboxName("INBOX"), imap4.List(imap4.Atom("DAY"), imap4.Number(7))).Handle(func(r imap4.CommandResult) {
		fmt.Println(r.Untagged[0].Name, r.Untagged[0].Text)
	}, func(err error) { fmt.Println(err) })

	fmt.Print(strings.ReplaceAll(string(tr.Take()), "\r\n", "\n"))
	tr.Receive([]byte("* X-STATS (12 3)\r\nA1 OK done\r\n"))
	// Output:
	// A1 X-STATS INBOX (DAY 7)
	// X-STATS (12 3)
}

// NOOP follows NOOP, with the memory of one.
func ExampleClient_Do() {
	c, tr := exampleServer()
	rounds := 0
	noop := &imap4.Command{Name: "NOOP"}
	noop.Done = func(err error) {
		rounds++
		fmt.Println(rounds, noop.Result().Text, err)
		if err == nil && rounds < 3 {
			if err := c.Do(noop); err != nil {
				fmt.Println(err)
			}
		}
	}
	if err := c.Do(noop); err != nil {
		fmt.Println(err)
	}
	tr.Receive([]byte("A1 OK one\r\nA2 OK two\r\nA3 OK three\r\n"))
	// Output:
	// 1 one <nil>
	// 2 two <nil>
	// 3 three <nil>
}
