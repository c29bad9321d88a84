package imap4_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
)

// threadText is a tree as the server writes it, with _ for a message that is not there, and each message that has several children or
// stands in for one with brackets round them.
func threadText(nodes []imap4.ThreadNode) string {
	var b strings.Builder
	for _, n := range nodes {
		b.WriteByte('(')
		for depth, node := range n.All() {
			fmt.Fprintf(&b, " %d:%d", depth, node.Number)
		}
		b.WriteString(" )")
	}
	return b.String()
}

func (u *user) threads(d *deferred.Deferred[[]imap4.ThreadNode]) {
	d.Handle(
		func(nodes []imap4.ThreadNode) { u.note("threads %s", threadText(nodes)) },
		func(err error) { u.note("threads failed: %s", failure(err)) },
	)
}

func TestThread(t *testing.T) {
	for _, test := range []struct{ name, server, want string }{
		{
			"T01 long threads", "* THREAD ((352)(381))(2)(3 6 (4 23)(44 7 96))\r\n",
			"( 0:0 1:352 1:381 )( 0:2 )( 0:3 1:6 2:4 3:23 2:44 3:7 4:96 )",
		},
		{"one chain", "* THREAD (1 2 3)\r\n", "( 0:1 1:2 2:3 )"},
		{"several lines, spaces", "* THREAD (1 )( 2)\r\n* THREAD  (3)\r\n", "( 0:1 )( 0:2 )( 0:3 )"},
		{"nothing", "* THREAD\r\n", ""},
		{"nothing, with a space", "* THREAD \r\n", ""},
		{"no line at all", "", ""},
		{"an empty thread", "* THREAD ()(1)\r\n", "( 0:1 )"},
		{"nested for nothing", "* THREAD (((1)))\r\n", "( 0:0 1:0 2:1 )"},
		{"siblings below siblings", "* THREAD (1 (2 (3)(4))(5))\r\n", "( 0:1 1:2 2:3 2:4 1:5 )"},
		{"a member behind its branches", "* THREAD (1 (2) 3 4)\r\n", "( 0:1 1:2 1:3 2:4 )"},
	} {
		for name, cut := range cuttings {
			t.Run(test.name+", "+name, func(t *testing.T) {
				s := searching(t, "IMAP4rev1 THREAD=REFERENCES")
				s.threads(s.UIDThread(imap4.ThreadReferences, imap4.Query{Unseen: true}))
				s.wrote("A2 UID THREAD REFERENCES UTF-8 UNSEEN\r\n")
				s.serverCut(test.server+"A2 OK done\r\n", cut)
				s.happened("threads " + test.want)
			})
		}
	}
}

func TestThreadFails(t *testing.T) {
	const syntax = "threads failed: imap4: THREAD: syntax error at byte "
	for _, test := range []struct{ name, server, want string }{
		{"NO", "A2 NO [BADCHARSET (US-ASCII)] no\r\n", `threads failed: imap4: THREAD: the server said NO [BADCHARSET] "no"`},
		{"a number outside", "* THREAD (1) 2\r\nA2 OK done\r\n", syntax + `13: want "(", got "2" (sent true)`},
		{"a word", "* THREAD (1 x)\r\nA2 OK done\r\n", syntax + `12: want number, got "x)" (sent true)`},
		{"too much closed", "* THREAD (1))\r\nA2 OK done\r\n", syntax + `12: want "(", got ")" (sent true)`},
		{"too many", "* THREAD (1 2)(3 4 5)\r\nA2 OK done\r\n", "threads failed: imap4: THREAD: limit Untagged of 4 exceeded (sent true)"},
		{
			"too deep", "* THREAD " + strings.Repeat("(", 10_001) + strings.Repeat(")", 10_001) + "\r\nA2 OK done\r\n",
			"threads failed: imap4: THREAD: limit Untagged of 4 exceeded (sent true)",
		},
		{"not all", "* THREAD (1)\r\nA2 OK [MESSAGELIMIT 5] done\r\n", "threads failed: imap4: THREAD: the server has done only part of it: it takes 5 messages at a time"},
	} {
		for name, cut := range cuttings {
			t.Run(test.name+", "+name, func(t *testing.T) {
				s := searching(t, "IMAP4rev1 THREAD=ORDEREDSUBJECT")
				s.Options.Limits = &imap4.Limits{Untagged: 4}
				s.threads(s.Thread(imap4.ThreadOrderedSubject, imap4.Query{}))
				s.wrote("A2 THREAD ORDEREDSUBJECT UTF-8 ALL\r\n")
				s.serverCut(test.server, cut)
				s.happened(test.want)
				s.closed(false)
			})
		}
	}
	t.Run("branches within branches", func(t *testing.T) {
		s := searching(t, "IMAP4rev1 THREAD=REFS")
		d := s.Thread(imap4.ThreadRefs, imap4.Query{})
		s.server("* THREAD " + strings.Repeat("(", 10_001) + strings.Repeat(")", 10_001) + "\r\nA2 OK done\r\n")
		if _, err, _ := d.Result(); !errors.Is(err, imap4.ErrTooDeep) {
			t.Errorf("got %v, want ErrTooDeep", err)
		}
	})
	t.Run("the algorithm is not offered", func(t *testing.T) {
		s := searching(t, "IMAP4rev1 THREAD=REFERENCES")
		s.threads(s.Thread(imap4.ThreadRefs, imap4.Query{}))
		s.happened("threads failed: imap4: THREAD: the server does not offer THREAD=REFS (sent false)")
	})
	t.Run("bad arguments", func(t *testing.T) {
		s := searching(t, allSearch)
		for _, d := range []*deferred.Deferred[[]imap4.ThreadNode]{
			s.Thread("REFS\r\nA9 LOGOUT", imap4.Query{}),
			s.UIDThread("", imap4.Query{}),
			s.UIDThread(imap4.ThreadRefs, imap4.Query{Larger: -1}),
		} {
			var refused *imap4.ArgumentError
			if _, err, _ := d.Result(); !errors.As(err, &refused) {
				t.Errorf("got %v, want *ArgumentError", err)
			}
		}
		s.wrote("")
	})
}

// A thread may be as long as it likes, branches and all: neither the client nor ThreadNode.All recurses.
func TestThreadLong(t *testing.T) {
	const n = 9_000
	var line strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&line, "(%d %d (%d)", 3*i, 3*i+1, 3*i+2)
	}
	s := searching(t, "IMAP4rev1 THREAD=REFS")
	d := s.UIDThread(imap4.ThreadRefs, imap4.Query{})
	s.serverCut("* THREAD "+line.String()+strings.Repeat(")", n)+"\r\nA2 OK done\r\n", func(int) int { return 1448 })
	nodes, err, _ := d.Result()
	if err != nil || len(nodes) != 1 {
		t.Fatalf("got %d threads, %v, want 1", len(nodes), err)
	}
	count, deepest := 0, 0
	for depth := range nodes[0].All() {
		count++
		deepest = max(deepest, depth)
	}
	if count != 3*n || deepest != 2*n {
		t.Errorf("got %d messages, the deepest at %d, want %d and %d", count, deepest, 3*n, 2*n)
	}
	for range nodes[0].All() {
		break // stops where the caller stops
	}
}
