package imap4_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// The programs of docs/imap4.md that run on the reactor.

// subjects prints what is in INBOX, and takes its leave.
type subjects struct{ imap4.Client }

func (s *subjects) ConnectionMade() {
	opened := s.Examine("INBOX")
	fetched := deferred.Then(opened, func(box *imap4.MailboxInfo) (int, error) {
		fmt.Println(box.Exists, "messages")
		return deferred.Chain(s.Fetch(imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemEnvelope}, s.message))
	})
	left := deferred.Then(fetched, func(int) (struct{}, error) { return deferred.Chain(s.Logout()) })
	left.Handle(nil, failed)
}

func (s *subjects) message(m *imap4.Message) { fmt.Println(m.UID, m.Envelope.DecodedSubject()) }

var threeSubjects = "* 1 FETCH (UID 4 ENVELOPE (NIL \"Lunch\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n" +
	"* 2 FETCH (UID 7 ENVELOPE (NIL \"=?utf-8?q?Gr=C3=BC=C3=9Fe?=\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n" +
	"* 3 FETCH (UID 9 ENVELOPE (NIL \"Minutes\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\nTAG OK done\r\n"

// A program in callbacks: each step answers with the Deferred of the next one.
func Example_callbacks() {
	server := signedIn("", map[string]string{"UID FETCH 1:* (UID ENVELOPE)": threeSubjects})
	if err := reactortest.NewPump(nil, &subjects{}, server).Flush(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 3 messages
	// 4 Lunch
	// 7 Grüße
	// 9 Minutes
}

// The same as straight-line code, on the reactor all the same: Wait lets other things happen meanwhile.
func Example_inline() {
	server := signedIn("", map[string]string{"UID FETCH 1:* (UID ENVELOPE)": threeSubjects})
	server.with(&imap4.Client{}, func(c *imap4.Client) {
		read := deferred.Inline(func(y *deferred.Yield) (int, error) {
			box, err := deferred.Wait(y, c.Examine("INBOX"))
			if err != nil {
				return 0, err
			}
			fmt.Println(box.Exists, "messages")
			return deferred.Wait(y, c.Fetch(imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemEnvelope}, func(m *imap4.Message) {
				fmt.Println(m.UID, m.Envelope.DecodedSubject())
			}))
		})
		read.Handle(func(n int) { fmt.Println(n, "read") }, failed)
	})
	// Output:
	// 3 messages
	// 4 Lunch
	// 7 Grüße
	// 9 Minutes
	// 3 read
}

// sum takes the octets of one message and keeps none.
type sum struct {
	hash.Hash
	uid uint32
}

func (s sum) Done(err error) {
	if err == nil {
		fmt.Printf("%d %x\n", s.uid, s.Sum(nil)[:4])
	}
}

// Octets go to a sink as they come: a message of a gigabyte takes no more memory than a short one.
func Example_sink() {
	server := signedIn("", map[string]string{
		"UID FETCH 4,7 (UID BODY.PEEK[])": "* 1 FETCH (UID 4 BODY[] {3}\r\nabc)\r\n* 2 FETCH (UID 7 BODY[] {4}\r\nabcd)\r\nTAG OK done\r\n",
	})
	server.with(&imap4.Client{}, func(c *imap4.Client) {
		c.Select("INBOX").Handle(nil, failed)
		all := c.Fetch(imap4.UIDs(4, 7), imap4.FetchOptions{
			Sections: []imap4.BodySection{{Peek: true}},
			Sink:     func(m imap4.LiteralMeta) imap4.LiteralSink { return sum{sha256.New(), m.UID} },
		}, nil)
		all.Handle(func(n int) { fmt.Println(n, "messages") }, failed)
	})
	// Output:
	// 4 ba7816bf
	// 7 88d4266f
	// 2 messages
}

// Borrowed messages cost no memory: what is wanted of them is taken in the callback.
func Example_borrow() {
	server := signedIn("", map[string]string{
		"UID FETCH 1:* (UID FLAGS RFC822.SIZE)": "* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 100)\r\n* 2 FETCH (UID 7 FLAGS (\\Seen) RFC822.SIZE 250)\r\n" +
			"* 3 FETCH (UID 9 FLAGS () RFC822.SIZE 30)\r\nTAG OK done\r\n",
	})
	server.with(&imap4.Client{}, func(c *imap4.Client) {
		c.Select("INBOX").Handle(nil, failed)
		var octets int64
		unseen := 0
		c.Fetch(imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemFlags | imap4.ItemSize, Borrow: true}, func(m *imap4.Message) {
			octets += m.Size
			if !m.HasFlag(imap4.FlagSeen) {
				unseen++
			}
		}).Handle(func(n int) { fmt.Println(n, "messages,", unseen, "unseen,", octets, "octets") }, failed)
	})
	// Output:
	// 3 messages, 2 unseen, 380 octets
}

// arrivals fetches what is new.
type arrivals struct {
	imap4.BaseListener
	c    *imap4.Client
	next uint32 // the lowest UID that is new
}

func (a *arrivals) Exists(uint32) {
	if a.next == 0 {
		return // the mailbox is being opened
	}
	a.c.Fetch(imap4.UIDRange(a.next, imap4.Star), imap4.FetchOptions{Items: imap4.ItemSize}, func(m *imap4.Message) {
		if m.UID < a.next {
			return // n:* holds the last message in any case
		}
		a.next = m.UID + 1
		fmt.Println("new:", m.UID, "of", m.Size, "octets")
	}).Handle(nil, failed)
}

// A client that is in IDLE whenever it has nothing else to do. Commands may be issued at any time.
func ExampleClient_Idle() {
	server := signedIn("IDLE", map[string]string{
		"SELECT INBOX":                     "* 3 EXISTS\r\n* OK [UIDNEXT 10] ok\r\nTAG OK [READ-WRITE] done\r\n",
		"IDLE":                             "+ idling\r\n* 4 EXISTS\r\n",
		"UID FETCH 10:* (UID RFC822.SIZE)": "* 4 FETCH (UID 12 RFC822.SIZE 900)\r\nTAG OK done\r\n",
	})
	server.with(&imap4.Client{}, func(c *imap4.Client) {
		news := &arrivals{c: c}
		c.Listener = news
		c.Select("INBOX").Handle(func(box *imap4.MailboxInfo) {
			news.next = max(box.UIDNext, 1)
			c.Idle()
		}, failed)
	})
	// Output:
	// new: 12 of 900 octets
}

// others hears what happens in mailboxes that are not selected.
type others struct{ imap4.BaseListener }

func (others) Status(s imap4.StatusData) { fmt.Println(s.Mailbox, "has", s.Messages, "messages") }

// One connection for all mailboxes, where the server has NOTIFY.
func ExampleClient_Notify() {
	server := signedIn("NOTIFY", map[string]string{
		"NOTIFY SET (PERSONAL (MessageNew MessageExpunge FlagChange))": "TAG OK done\r\n* STATUS Work (MESSAGES 12 UIDNEXT 40 UIDVALIDITY 1)\r\n",
	})
	server.with(&imap4.Client{Listener: others{}}, func(c *imap4.Client) {
		c.Notify(false, imap4.NotifyGroup{Mailboxes: imap4.NotifyPersonal, Events: imap4.MessageEvents()}).Handle(nil, failed)
	})
	// Output:
	// Work has 12 messages
}

// Commands whose answers cannot be confused are out together: three mailboxes cost one round trip.
func Example_pipelining() {
	server := signedIn("", map[string]string{
		"STATUS INBOX (UNSEEN)": "* STATUS INBOX (UNSEEN 3)\r\nTAG OK done\r\n",
		"STATUS Work (UNSEEN)":  "* STATUS Work (UNSEEN 0)\r\nTAG OK done\r\n",
		"STATUS Lists (UNSEEN)": "* STATUS Lists (UNSEEN 41)\r\nTAG OK done\r\n",
	})
	server.with(&imap4.Client{}, func(c *imap4.Client) {
		deferred.Gather(
			c.Status("INBOX", imap4.StatusUnseen),
			c.Status("Work", imap4.StatusUnseen),
			c.Status("Lists", imap4.StatusUnseen),
		).Handle(func(all []imap4.StatusData) {
			for _, s := range all {
				fmt.Println(s.Mailbox, s.Unseen)
			}
		}, failed)
	})
	// Output:
	// INBOX 3
	// Work 0
	// Lists 41
}

// Two messages in one command, all or none, where the server has MULTIAPPEND.
func ExampleClient_Append_several() {
	server := signedIn("LITERAL+ UIDPLUS MULTIAPPEND", map[string]string{
		`APPEND Archive (\Seen) "14-Nov-2023 22:00:00 +0000" {15+} {15+}`: "TAG OK [APPENDUID 1 20:21] done\r\n",
	})
	server.with(&imap4.Client{}, func(c *imap4.Client) {
		first := imap4.Bytes([]byte("Subject: a\r\n\r\nx"))
		first.Flags = []imap4.Flag{imap4.FlagSeen}
		first.Date = time.Date(2023, time.November, 14, 22, 0, 0, 0, time.UTC)
		second := imap4.Bytes([]byte("Subject: b\r\n\r\ny"))
		c.Append("Archive", first, second).Handle(func(stored imap4.AppendData) {
			fmt.Println(stored.Stored, "stored, UIDs", stored.UIDs, "of UIDVALIDITY", stored.UIDValidity)
		}, failed)
	})
	// Output:
	// 2 stored, UIDs 20:21 of UIDVALIDITY 1
}

// next says what to do after an error.
func next(err error) string {
	var refused *imap4.ResponseError
	var unanswered *imap4.CommandError
	switch {
	case errors.Is(err, imap4.ErrAuthenticationFailed):
		return "ask the user for the password"
	case errors.Is(err, imap4.ErrNonexistent), errors.Is(err, imap4.ErrTryCreate):
		return "make the mailbox"
	case errors.Is(err, errors.ErrUnsupported):
		return "do without: the server cannot do it, and nothing was sent"
	case errors.As(err, &refused) && refused.RetryAfter > 0:
		return "try again in " + refused.RetryAfter.String()
	case errors.As(err, &refused):
		return "give up this command; the connection is fine"
	case errors.As(err, &unanswered) && !unanswered.Sent:
		return "try again on another connection: the server has seen nothing"
	case errors.Is(err, context.DeadlineExceeded):
		return "the server was too slow, and may have done it"
	case errors.As(err, &unanswered):
		return "the connection is gone, and the server may have done it"
	}
	return "give up"
}

// What became of a command, and what to do next.
func Example_errors() {
	server := signedIn("", map[string]string{
		"CREATE Work":      "TAG NO [OVERQUOTA] full; try again in 30 seconds\r\n",
		"SELECT Nowhere":   "TAG NO [NONEXISTENT] no such mailbox\r\n",
		"RENAME Work Play": "TAG NO not today\r\n",
	})
	server.with(&imap4.Client{}, func(c *imap4.Client) {
		say := func(err error) { fmt.Println(next(err)) }
		c.Create("Work").Handle(nil, say)
		c.Select("Nowhere").Handle(nil, say)
		c.Rename("Work", "Play").Handle(nil, say)
		c.GetQuotaRoot("INBOX").Handle(nil, say)
	})
	// Output:
	// try again in 30s
	// make the mailbox
	// give up this command; the connection is fine
	// do without: the server cannot do it, and nothing was sent
}
