package imap4server

import (
	"fmt"
	"strings"
	"time"
)

// demoStart is the date of the first demo message; each further one came an hour later.
var demoStart = time.Date(2024, time.January, 15, 9, 30, 0, 0, time.UTC)

var demoTopics = []string{"Minutes of the meeting", "Lunch on Friday", "Your order has shipped", "Notes on the release", "A question"}

// NewDemoAccount gives an account for a try: an INBOX with n messages of fixed content and date, the same at every call. Every
// third is unseen. Less than 0 counts as 0.
func NewDemoAccount(n int) *MemoryAccount {
	a := &MemoryAccount{}
	inbox := &MemoryMailbox{}
	a.mailboxes = map[string]*MemoryMailbox{"INBOX": inbox}
	for i := range max(n, 0) {
		inbox.Add(demoMessage(i))
	}
	return a
}

func demoMessage(i int) Message {
	date := demoStart.Add(time.Duration(i) * time.Hour)
	m := Message{InternalDate: date, Data: demoData(i, date)}
	if i%3 != 2 {
		m.Flags = []string{`\Seen`}
	}
	return m
}

func demoData(i int, date time.Time) []byte {
	topic := demoTopics[i%len(demoTopics)]
	lines := []string{
		"Date: " + date.Format("Mon, 02 Jan 2006 15:04:05 -0700"),
		"From: Alice Example <alice@example.org>",
		"To: Demo User <demo@example.org>",
		fmt.Sprintf("Subject: %s (%d)", topic, i+1),
		fmt.Sprintf("Message-ID: <demo.%d@example.org>", i+1),
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=us-ascii",
		"",
		"Hello,",
		"",
		fmt.Sprintf("this is message %d of the demo mailbox. Nobody wrote it.", i+1),
		"",
		"Alice",
		"",
	}
	return []byte(strings.Join(lines, "\r\n"))
}
