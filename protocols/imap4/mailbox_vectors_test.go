package imap4_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// mailboxVectors says what the vectors about mailboxes come to when their own command is out.
var mailboxVectors = map[string]string{
	"R01": "0 messages, 0 recent, unseen 0, validity 0, next 0, flags [], permanent [], rights , read-only false",
	"R02": `1 messages, 0 recent, unseen 0, validity 0, next 0, flags [\Answered \Flagged \Deleted \Draft \Seen $Forwarded], permanent [\Answered \Seen $Forwarded], rights , read-only false`,
	"R03": `1 messages, 0 recent, unseen 0, validity 0, next 0, flags [\Answered \Seen \*], permanent [], rights , read-only false`,
	"R04": `1 messages, 0 recent, unseen 0, validity 0, next 0, flags [\Seen kw[1] OIB-Seen-[Google Mail]/Alle Nachrichten], permanent [], rights , read-only false`,
	"R05": `5 messages, 0 recent, unseen 0, validity 0, next 0, flags [], permanent [\* \Seen kw[1] \*], rights acdilrsw, read-only false`,
	"R06": `imap4: SELECT: the server said NO [NONEXISTENT] "no such"`,
	"U01": "22279 messages, 0 recent, unseen 0, validity 0, next 0, flags [], permanent [], rights , read-only false",
	"L01": `"INBOX" "/" []` + "\n" + `"Folder1" "" [\HasNoChildren]` + "\n" + `"Folder2" "" [\HasNoChildren]`,
	"L03": `"[Gmail]" "." [\Noselect]` + "\n" + `"foo]bar" "/" []` + "\n" + `"a&b" "/" [] raw "a&-b"` + "\n" + `"NIL" "/" [\HasNoChildren]`,
	"L04": `"Tést & co" "/" [\HasNoChildren]` + "\n" + `"A&-B&AOk" "/" []`,
	"L05": `"a" "/" [\NonExistent \HasChildren] childinfo [SUBSCRIBED]` + "\n" + `"a\\b" "\\" []`,
	"L06": `"x" "/" []` + "\n" + `"y" "/" [\HasNoChildren]`,
	"S01": "MESSAGES: 0 messages, 0 unseen, modseq 0, id ",
	"S02": ": 0 messages, 0 unseen, modseq 0, id ",
	"S03": "MESSAGES UNSEEN: 9373600 messages, 1 unseen, modseq 0, id ",
	"S04": "MESSAGES HIGHESTMODSEQ MAILBOXID: 3 messages, 0 unseen, modseq 18446744073709551615, id F1",
	"N01": "personal [{INBOX. . []}], other [], shared [{#shared. . []} {shared. . []}]",
	"N02": "personal [{  []}], other [], shared [{#mh/ / [{X-PARAM [F1 F2]}]}]",
}

func TestMailboxVectors(t *testing.T) {
	played := 0
	for _, v := range loadVectors(t) {
		want, ok := mailboxVectors[v.ID]
		if !ok {
			continue
		}
		played++
		t.Run(v.ID+" "+v.Kind, func(t *testing.T) {
			server := strings.ReplaceAll(string(v.Data), "{TAG}", "A1")
			if !strings.Contains(server, "A1 ") {
				server += "A1 OK done\r\n"
			}
			cuts := []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise}
			for n := 1; n < len(server); n++ {
				cuts = append(cuts, cutAt(n))
			}
			for i, cut := range cuts {
				s := authenticated(t, "NAMESPACE")
				v.issue(s.user)
				s.serverCut(server, cut)
				events := s.take()
				if last := events[len(events)-1]; last != want {
					t.Fatalf("cut %d:\n got %s\nwant %s (%s)", i, last, want, v.Expect)
				}
				s.noop()
				s.server("A2 OK done\r\n")
				s.happened("NOOP: ok")
				s.end()
			}
		})
	}
	if played != len(mailboxVectors) {
		t.Errorf("vectors: got %d, want %d", played, len(mailboxVectors))
	}
}

// issue sends the vector's own command and notes what it comes to.
func (v vector) issue(u *user) {
	failed := func(err error) { u.note("%v", err) }
	switch v.Kind {
	case "select":
		u.Select("x").Handle(func(i *imap4.MailboxInfo) {
			u.note("%d messages, %d recent, unseen %d, validity %d, next %d, flags %v, permanent %v, rights %s, read-only %v",
				i.Exists, i.Recent, i.Unseen, i.UIDValidity, i.UIDNext, i.Flags, i.PermanentFlags, i.Rights, i.ReadOnly)
		}, failed)
	case "list":
		u.List("", "*").Handle(func(entries []imap4.ListEntry) { u.note("%s", shownEntry(entries)) }, failed)
	case "status":
		u.Status("INBOX", imap4.StatusMessages).Handle(func(s imap4.StatusData) {
			u.note("%v: %d messages, %d unseen, modseq %d, id %s", s.Items(), s.Messages, s.Unseen, s.HighestModSeq, s.MailboxID)
		}, failed)
	case "namespace":
		u.Namespace().Handle(func(n imap4.Namespaces) {
			u.note("%s", fmt.Sprintf("personal %v, other %v, shared %v", n.Personal, n.Other, n.Shared))
		}, failed)
	}
}
