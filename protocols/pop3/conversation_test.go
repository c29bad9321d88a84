package pop3_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
)

// exchange is a command as the server hears it, and what it answers.
type exchange struct{ line, answer string }

// The session of a client that does everything. What is issued at once is pipelined.
var (
	greeting = "+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n"
	signing  = []exchange{
		{"UTF8", "+OK\r\n"},
		{"CAPA", "+OK capabilities\r\nTOP\r\nUIDL\r\nSASL PLAIN\r\n.\r\n"},
		{"AUTH PLAIN " + b64("\x00tim\x00tanstaaf"), "-ERR [AUTH] no\r\n"},
		{"USER tim", "+OK\r\n"},
		{"PASS tanstaaf", "+OK [X] in\r\n"},
	}
	work = []exchange{
		{"CAPA", "+OK\r\nTOP\r\nPIPELINING\r\n.\r\n"},
		{"STAT", "+OK 3 60\r\n"},
		{"LIST", "+OK\r\n1 10\r\n2 20\r\n3 30\r\n.\r\n"},
		{"UIDL", "+OK\r\n1 a\r\n2 b\r\n3 c\r\n.\r\n"},
		{"LIST 2", "+OK 2 20\r\n"},
		{"UIDL 2", "+OK 2 b\r\n"},
		{"RETR 1", "+OK 10 octets\r\nA: b\r\n\r\n..\r\n..dot\r\n.\r\n"},
		{"RETR 2", "+OK\r\nrefused\r\nby the sink\r\n.\r\n"},
		{"RETR 3", "-ERR no such message\r\n"},
		{"TOP 1 0", "+OK\r\nA: b\r\n\r\n.\r\n"},
		{"DELE 1", "+OK deleted\r\n"},
		{"DELE 5", "-ERR no\r\n"},
		{"RSET", "+OK\r\n"},
		{"NOOP", "+OK\r\n"},
		{"XMORE", "+OK\r\nof it\r\n.\r\n"},
		{"LIST", "+OK\r\n1 10\r\n2 20\r\n.\r\n"},
		{"UIDL", "+OK\r\n1 a\r\n2 b\r\n.\r\n"},
		{"RETR 1", "+OK\r\none\r\n.\r\n"},
		{"RETR 2", "+OK\r\ntwo\r\n.\r\n"},
		{"DELE 1", "+OK\r\n"},
		{"DELE 2", "+OK\r\n"},
		{"QUIT", "+OK bye\r\n"},
	}
)

// signIn issues the commands of signing, and then those of next.
func signIn(u *user) {
	track(u, "UTF8", u.UTF8())
	track(u, "caps", u.Capabilities())
	m, err := u.newPlain()
	if err != nil {
		panic(err)
	}
	track(u, "AUTH", u.AuthenticateWith(m))
	track(u, "login", u.Login("tim", "tanstaaf"))
}

// doWork issues the commands of work.
func doWork(u *user) {
	track(u, "CAPA", u.Capa())
	track(u, "STAT", u.Stat())
	track(u, "LIST", u.List())
	track(u, "UIDL", u.UIDL())
	track(u, "LIST 2", u.ListMessage(2))
	track(u, "UIDL 2", u.UIDLMessage(2))
	track(u, "RETR 1", u.Retr(1))
	track(u, "RETR 2", u.RetrTo(2, &noting{u: u, name: "refusing sink", refuse: errFull}))
	track(u, "RETR 3", u.RetrTo(3, &noting{u: u, name: "sink"}))
	track(u, "TOP 1", u.Top(1, 0))
	track(u, "DELE 1", u.Dele(1))
	track(u, "DELE 5", u.SendCommand("DELE", "5"))
	track(u, "RSET", u.Rset())
	track(u, "NOOP", u.Noop())
	track(u, "XMORE", u.SendMultiline("XMORE"))
	all := u.RetrieveAll(pop3.RetrieveOptions{UIDs: true, Delete: true, Sink: func(e pop3.Entry) pop3.MessageSink {
		u.note("sink of %s begun", e.UID)
		return &noting{u: u, name: "sink of " + e.UID}
	}})
	quit := deferred.Then(all, func(r pop3.RetrieveResult) (pop3.Reply, error) {
		u.note("all: %d messages, %d octets, %d deleted, %d failed", r.Messages, r.Octets, r.Deleted, len(r.Failed))
		return deferred.Chain(u.Quit())
	})
	track(u, "QUIT", quit)
}

// allEnds are the names of the commands of both, in their order.
var allEnds = strings.Fields("UTF8 caps AUTH login CAPA STAT LIST UIDL LIST_2 UIDL_2 RETR_1 RETR_2 RETR_3 TOP_1 DELE_1 DELE_5 RSET NOOP XMORE QUIT")

// scripted is a server that hears the lines of a script and nothing else, and has the answers to them.
type scripted struct {
	left    []exchange
	partial string
}

// hear takes what the client has sent and gives the answers.
func (s *scripted) hear(sent []byte) (answers string, err error) {
	s.partial += string(sent)
	for {
		line, rest, whole := strings.Cut(s.partial, "\r\n")
		if !whole {
			return answers, nil
		}
		s.partial = rest
		if len(s.left) == 0 || s.left[0].line != line {
			return answers, fmt.Errorf("the client sent %q, want %v", line, s.left[:min(1, len(s.left))])
		}
		answers += s.left[0].answer
		s.left = s.left[1:]
	}
}

// noted is what happened behind each byte of a conversation.
type noted struct {
	input  string // of the server
	events []string
	at     []int // how many bytes had come
}

// converse plays the first n bytes of the conversation, cut as cut says, which is given how many bytes wait.
func converse(t *testing.T, s *session, greeting string, script []exchange, n int, cut func(waiting int) int) (r noted) {
	t.Helper()
	server := &scripted{left: script}
	waiting := greeting
	for waiting != "" && len(r.input) < n {
		k := min(max(cut(len(waiting)), 1), len(waiting), n-len(r.input))
		r.input += waiting[:k]
		s.server(waiting[:k])
		waiting = waiting[k:]
		for range len(s.events) - len(r.at) {
			r.at = append(r.at, len(r.input))
		}
		more, err := server.hear(s.tr.Take())
		if err != nil {
			t.Fatal(err)
		}
		waiting += more
	}
	r.events = s.take()
	if n > 1<<20 && len(server.left) > 0 {
		t.Fatalf("the client has not sent %v, in %s", server.left[0], list(r.events))
	}
	return r
}

// ends are the names of the commands that have come to an end, in order.
func ends(events []string) (names []string) {
	for _, e := range events {
		name, _, ok := strings.Cut(e, ": ")
		name = strings.TrimSuffix(name, " failed")
		if ok && name != "lost" && name != "all" && !strings.Contains(name, "sink") {
			names = append(names, strings.ReplaceAll(name, " ", "_"))
		}
	}
	return names
}
