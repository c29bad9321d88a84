package imap4_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// noteCopy notes what comes of a COPY.
func (s *session) noteCopy(d *deferred.Deferred[imap4.CopyUID]) {
	d.Handle(func(u imap4.CopyUID) { s.note("COPY: %s", pairs(u)) }, func(err error) { s.note("COPY failed: %s", failure(err)) })
}

// pairs is where messages have gone.
func pairs(u imap4.CopyUID) string {
	text := fmt.Sprint(u.UIDValidity)
	for from, to := range imap4.Pairs(u.Source, u.Dest) {
		text += fmt.Sprintf(" %d->%d", from, to)
	}
	return text
}

func TestCopy(t *testing.T) {
	for _, test := range []struct {
		name          string
		set           imap4.MessageSet
		mailbox       string
		wrote, server string
		want          []string
	}{
		{"by UID", imap4.UIDs(304, 319, 320), "meeting", "UID COPY 304,319:320 meeting", "A1 OK [COPYUID 38505 304,319:320 3956:3958] done\r\n", []string{"COPY: 38505 304->3956 319->3957 320->3958"}},
		{"R14 in the server's order", imap4.UIDs(1), "x", "UID COPY 1 x", "A1 OK [copyUID 9999 20:19,500:495 92:97,101:100] Done\r\n",
			[]string{"COPY: 9999 20->92 19->93 500->94 499->95 498->96 497->97 496->101 495->100"}},
		{"by number, without UIDPLUS", imap4.SeqNums(2, 3, 4), "Entwürfe \"x\"", `COPY 2:4 "Entw&APw-rfe \"x\""`, "A1 OK done\r\n", []string{"COPY: 0"}},
		{"in an untagged OK", imap4.UIDs(1), "x", "UID COPY 1 x", "* OK [COPYUID 5 1 9] copied\r\nA1 OK done\r\n", []string{"COPY: 5 1->9"}},
		{"lists that do not fit", imap4.UIDs(1), "x", "UID COPY 1 x", "A1 OK [COPYUID 5 1:3 9] odd\r\n", []string{"COPY: 0"}},
		{"a code that is none", imap4.UIDs(1), "x", "UID COPY 1 x", "A1 OK [COPYUID 5 x 9] odd\r\n", []string{"COPY: 0"}},
		{"an empty code", imap4.UIDs(1), "x", "UID COPY 1 x", "A1 OK [COPYUID] odd\r\n", []string{"COPY: 0"}},
		{"TRYCREATE", imap4.UIDs(1), "x", "UID COPY 1 x", "A1 NO [TRYCREATE] make it first\r\n", []string{`COPY failed: imap4: UID COPY: the server said NO [TRYCREATE] "make it first"`}},
		{"an expunge in between", imap4.UIDs(1), "x", "UID COPY 1 x", "* 1 EXPUNGE\r\nA1 OK done\r\n", []string{"expunge 1", "COPY: 0"}},
		{"some at a time", imap4.UIDRange(1, 9), "x", "UID COPY 1:9 x", "A1 OK [MESSAGELIMIT 5 5] rest\r\nA2 OK [COPYUID 7 1:4 11:14] done\r\n", []string{"COPY: 7 1->11 2->12 3->13 4->14"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
				s := opened(t, allCaps)
				s.noteCopy(s.Copy(test.set, test.mailbox))
				s.wrote("A1 " + test.wrote + "\r\n")
				s.serverCut(test.server, cut)
				s.happened(test.want...)
			}
		})
	}
	t.Run("bad arguments", func(t *testing.T) {
		s := opened(t, allCaps)
		for _, d := range []*deferred.Deferred[imap4.CopyUID]{s.Copy(imap4.UIDs(), "x"), s.Copy(imap4.UIDs(1), "a\xff")} {
			_, err, _ := d.Result()
			if bad := new(imap4.ArgumentError); !errors.As(err, &bad) {
				t.Errorf("got %v, want an *ArgumentError", err)
			}
		}
		s.wrote("")
	})
	t.Run("a long set", func(t *testing.T) {
		s := opened(t, "")
		s.noteCopy(s.Copy(scattered(2500), "x"))
		for n := 1; n <= 3; n++ {
			line := string(s.tr.Take())
			if got := strings.Count(line, "\r\n"); got != 1 || len(line) > 8000 {
				t.Errorf("command %d: got %d lines of %d bytes, want one of at most 8,000", n, got, len(line))
			}
			s.server(fmt.Sprintf("A%d OK [COPYUID 1 %d %d] done\r\n", n, n, n+10))
		}
		s.happened("COPY: 1 1->11 2->12 3->13")
	})
	t.Run("by number goes alone", func(t *testing.T) {
		s := opened(t, "")
		s.fetch("FETCH", imap4.SeqNums(1), imap4.FetchOptions{})
		s.noteCopy(s.Copy(imap4.SeqNums(1), "x"))
		s.fetch("FETCH", imap4.SeqNums(1), imap4.FetchOptions{})
		s.wrote("A1 FETCH 1 (UID)\r\n")
		s.server("A1 OK done\r\n")
		s.wrote("A2 COPY 1 x\r\n")
		s.server("A2 OK done\r\n")
		s.wrote("A3 FETCH 1 (UID)\r\n")
	})
}

// noteMove notes what comes of a MOVE.
func (s *session) noteMove(set imap4.MessageSet) {
	s.Move(set, "Trash").Handle(
		func(m *imap4.MoveData) { s.note("MOVE: %s copied=%v left=%v", pairs(m.CopyUID), m.Copied, m.Left) },
		func(err error) { s.note("MOVE failed: %s", failure(err)) })
}

func TestMove(t *testing.T) {
	for _, test := range []struct {
		name   string
		server string
		want   []string
	}{
		{"with the code before the expunges", "* OK [COPYUID 432432 42:43 1202:1203] done\r\n* 22 EXPUNGE\r\n* 22 EXPUNGE\r\nA1 OK done\r\n",
			[]string{"expunge 22", "expunge 22", "MOVE: 432432 42->1202 43->1203 copied=false left=false"}},
		{"R08 without OK", "* [COPYUID 38505 304 3956] done\r\n* 1 EXPUNGE\r\nA1 OK done\r\n", []string{"expunge 1", "MOVE: 38505 304->3956 copied=false left=false"}},
		{"R09 without the star", "[COPYUID 124 10 233]\r\n* 1 EXPUNGE\r\nA1 OK MOVE completed.\r\n", []string{"expunge 1", "MOVE: 124 10->233 copied=false left=false"}},
		{"with the code at the end", "A1 OK [COPYUID 1 42 43] done\r\n", []string{"MOVE: 1 42->43 copied=false left=false"}},
		{"NO", "A1 NO [OVERQUOTA] full\r\n", []string{`MOVE failed: imap4: UID MOVE: the server said NO [OVERQUOTA] "full"`}},
		{"some at a time", "* OK [COPYUID 1 43 50] a\r\nA1 OK [MESSAGELIMIT 1 43] rest\r\n* OK [COPYUID 1 42 51] b\r\nA2 OK done\r\n", []string{"MOVE: 1 43->50 42->51 copied=false left=false"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
				s := opened(t, allCaps)
				s.noteMove(imap4.UIDs(42, 43))
				s.wrote("A1 UID MOVE 42:43 Trash\r\n")
				s.serverCut(test.server, cut)
				s.happened(test.want...)
			}
		})
	}
}

func TestMoveWithoutMOVE(t *testing.T) {
	type step struct{ wrote, server string }
	for _, test := range []struct {
		name, caps string
		set        imap4.MessageSet
		steps      []step
		want       []string
	}{
		{"with UIDPLUS", "UIDPLUS", imap4.UIDs(4, 5), []step{
			{"A2 UID COPY 4:5 Trash\r\n", "A2 OK [COPYUID 1 4:5 8:9] done\r\n"},
			{"A3 UID STORE 4:5 +FLAGS.SILENT (\\Deleted)\r\n", "A3 OK done\r\n"},
			{"A4 UID EXPUNGE 4:5\r\n", "* 1 EXPUNGE\r\n* 1 EXPUNGE\r\nA4 OK done\r\n"},
		}, []string{"expunge 1", "expunge 1", "MOVE: 1 4->8 5->9 copied=true left=false"}},
		{"only what was copied is deleted", "UIDPLUS", imap4.UIDs(4, 5), []step{
			{"A2 UID COPY 4:5 Trash\r\n", "A2 OK [COPYUID 1 5 9] done\r\n"},
			{"A3 UID STORE 5 +FLAGS.SILENT (\\Deleted)\r\n", "A3 OK done\r\n"},
			{"A4 UID EXPUNGE 5\r\n", "A4 OK done\r\n"},
		}, []string{"MOVE: 1 5->9 copied=true left=false"}},
		{"by number", "UIDPLUS", imap4.SeqNums(1, 2), []step{
			{"A2 FETCH 1:2 (UID)\r\n", "* 1 FETCH (UID 4)\r\n* 2 FETCH (UID 7)\r\nA2 OK done\r\n"},
			{"A3 UID COPY 4,7 Trash\r\n", "A3 OK done\r\n"},
			{"A4 UID STORE 4,7 +FLAGS.SILENT (\\Deleted)\r\n", "A4 OK done\r\n"},
			{"A5 UID EXPUNGE 4,7\r\n", "A5 OK done\r\n"},
		}, []string{"MOVE: 0 copied=true left=false"}},
		{"an open set gets its end first", "UIDPLUS", imap4.AllUIDs(), []step{
			{"A2 UID FETCH 1:* (UID)\r\n", "* 1 FETCH (UID 4)\r\nA2 OK done\r\n"},
			{"A3 UID COPY 4 Trash\r\n", "A3 NO no\r\n"},
		}, []string{`MOVE failed: imap4: UID COPY: the server said NO "no"`}},
		{"of nothing", "UIDPLUS", imap4.AllUIDs(), []step{{"A2 UID FETCH 1:* (UID)\r\n", "A2 OK done\r\n"}}, []string{"MOVE: 0 copied=true left=false"}},
		{"without UIDPLUS nothing is expunged", "IDLE", imap4.UIDs(4), []step{
			{"A2 UID COPY 4 Trash\r\n", "A2 OK done\r\n"},
			{"A3 UID STORE 4 +FLAGS.SILENT (\\Deleted)\r\n", "A3 OK done\r\n"},
			{"", ""},
		}, []string{"MOVE: 0 copied=true left=true"}},
		{"a STORE that fails", "UIDPLUS", imap4.UIDs(4), []step{
			{"A2 UID COPY 4 Trash\r\n", "A2 OK done\r\n"},
			{"A3 UID STORE 4 +FLAGS.SILENT (\\Deleted)\r\n", "A3 NO read-only\r\n"},
			{"", ""},
		}, []string{`MOVE failed: imap4: UID STORE: the server said NO "read-only"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := opened(t, test.caps)
			s.noteMove(test.set)
			for _, step := range test.steps {
				s.wrote(step.wrote)
				s.server(step.server)
			}
			s.happened(test.want...)
		})
	}
}
