package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server answers each command with the text it has for it.
type server struct {
	reactor.BaseProtocol
	partial []byte
}

var answers = map[string]string{
	"LOGIN alice secret": "TAG OK [CAPABILITY IMAP4rev1] done\r\n",
	"EXAMINE INBOX":      "* 3 EXISTS\r\nTAG OK [READ-ONLY] done\r\n",
	"UID SEARCH UNSEEN":  "* SEARCH 4 7\r\nTAG OK done\r\n",
	"UID FETCH 4,7 (UID ENVELOPE)": "* 1 FETCH (UID 4 ENVELOPE (NIL \"Lunch\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n" +
		"* 3 FETCH (UID 7 ENVELOPE (NIL \"=?utf-8?q?Gr=C3=BC=C3=9Fe?=\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\nTAG OK done\r\n",
}

func (s *server) ConnectionMade() { s.say("* OK [CAPABILITY IMAP4rev1] ready\r\n") }

func (s *server) say(text string) { _, _ = s.Transport().Write([]byte(text)) }

func (s *server) DataReceived(data []byte) {
	s.partial = append(s.partial, data...)
	for {
		line, rest, whole := bytes.Cut(s.partial, []byte("\r\n"))
		if !whole {
			return
		}
		s.partial = rest
		tag, command, _ := strings.Cut(string(line), " ")
		text, ok := answers[command]
		if !ok {
			text = "TAG BAD what is " + command + "\r\n"
		}
		s.say(strings.ReplaceAll(text, "TAG", tag))
	}
}

func Example() {
	r := reactor.New()
	port, err := r.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &server{} }), reactor.Interface("127.0.0.1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	over := make(chan error)
	go func() { over <- r.Run() }()

	err = subjects(context.Background(), os.Stdout, port.Addr().String(), &imap4.DialOptions{
		Reactor: r, Security: imap4.InTheClear, // the server is in this process
		Credentials: &sasl.Credentials{Username: "alice", Password: sasl.NewSecret("secret"), AllowInsecure: true},
	})
	fmt.Println(err)
	_ = r.Stop()
	fmt.Println(<-over)
	// Output:
	// 4 Lunch
	// 7 Grüße
	// <nil>
	// <nil>
}
