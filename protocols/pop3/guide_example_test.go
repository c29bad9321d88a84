package pop3_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// The programs of docs/pop3.md that run on the reactor.

// pretended is a server that has an answer for each command, and a greeting.
type pretended struct {
	reactor.BaseProtocol
	answers map[string]string
	partial []byte
}

func (s *pretended) ConnectionMade() { s.say("+OK ready\r\n") }

func (s *pretended) say(text string) { _, _ = s.Transport().Write([]byte(text)) }

func (s *pretended) DataReceived(data []byte) {
	s.partial = append(s.partial, data...)
	for {
		line, rest, whole := bytes.Cut(s.partial, []byte("\r\n"))
		if !whole {
			return
		}
		s.partial = rest
		answer := s.answers[string(line)]
		if answer == "" {
			answer = "+OK"
		}
		s.say(strings.ReplaceAll(answer, "\n", "\r\n") + "\r\n")
	}
}

var threeMessages = map[string]string{
	"CAPA":   "+OK\nUIDL\nTOP\nPIPELINING\n.",
	"STAT":   "+OK 3 57",
	"LIST":   "+OK\n1 19\n2 19\n3 19\n.",
	"UIDL":   "+OK\n1 a\n2 b\n3 c\n.",
	"RETR 1": "+OK\nSubject: Lunch\n\n\n.",
	"RETR 2": "+OK\nSubject: Tea\n\n\n.",
	"RETR 3": "-ERR [SYS/TEMP] later",
}

// talk lets a client and a server talk to each other.
func talk(c reactor.Protocol) {
	if err := reactortest.NewPump(nil, c, &pretended{answers: threeMessages}).Flush(); err != nil {
		fmt.Println(err)
	}
}

func failed(err error) { fmt.Println(err) }

// file keeps a message; a real one writes to disk.
type file struct {
	bytes.Buffer
	kept func(*file)
}

func (f *file) Done(err error) {
	if err == nil {
		f.kept(f)
	}
}

// mover fetches everything and has the server delete what it has.
type mover struct{ pop3.Client }

func (m *mover) ConnectionMade() {
	fetched := deferred.Then(m.Login("alice", "secret"), func(pop3.Reply) (pop3.RetrieveResult, error) {
		return deferred.Chain(m.RetrieveAll(pop3.RetrieveOptions{Sink: m.open, Delete: true}))
	})
	left := deferred.Then(fetched, func(done pop3.RetrieveResult) (pop3.Reply, error) {
		fmt.Println(done.Messages, "fetched,", done.Deleted, "to be deleted")
		for _, message := range done.Failed {
			fmt.Println(message)
		}
		return deferred.Chain(m.Quit())
	})
	left.Handle(func(pop3.Reply) { fmt.Println("deleted") }, func(err error) {
		if errors.Is(err, pop3.ErrDeletionsUnknown) {
			fmt.Println("some may be deleted: look at UIDL the next time")
		}
		failed(err)
	})
}

func (m *mover) open(e pop3.Entry) pop3.MessageSink {
	return &file{kept: func(f *file) { fmt.Printf("%d: %q\n", e.Number, f.String()) }}
}

// Mail is moved: a message is marked when it was stored, and the server deletes at Quit.
func Example_move() {
	m := &mover{}
	m.Options = &pop3.Options{AllowInsecureAuth: true} // there is no TLS in this example
	talk(m)
	// Output:
	// 1: "Subject: Lunch\r\n\r\n\r\n"
	// 2: "Subject: Tea\r\n\r\n\r\n"
	// 2 fetched, 2 to be deleted
	// pop3: message 3: RETR: the server said "-ERR [SYS/TEMP] later"
	// deleted
}

// reader fetches what it has not seen and leaves everything on the server.
type reader struct {
	pop3.Client
	seen map[string]bool // kept from run to run
}

func (r *reader) ConnectionMade() {
	fetched := deferred.Then(r.Login("alice", "secret"), func(pop3.Reply) (pop3.RetrieveResult, error) {
		return deferred.Chain(r.RetrieveAll(pop3.RetrieveOptions{
			UIDs: true,
			Want: func(e pop3.Entry) bool { return !r.seen[e.UID] },
			Sink: func(e pop3.Entry) pop3.MessageSink {
				return &file{kept: func(*file) { r.seen[e.UID] = true }}
			},
		}))
	})
	fetched.Handle(func(done pop3.RetrieveResult) { fmt.Println(done.Messages, "new") }, failed)
}

// Mail stays on the server: UIDL tells what is new.
func Example_leaveOnServer() {
	r := &reader{seen: map[string]bool{"a": true}}
	r.Options = &pop3.Options{AllowInsecureAuth: true} // there is no TLS in this example
	talk(r)
	fmt.Println(r.seen)
	// Output:
	// 1 new
	// map[a:true b:true]
}
