package imap4_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// server is the other side of the examples: it greets, and answers each command with the text it has for its name.
// A "TAG" in the text stands for the command's.
type server struct {
	reactor.BaseProtocol
	answers map[string]string
	heard   []string
	partial []byte
}

func (s *server) ConnectionMade() { s.say("* OK ready\r\n") }

func (s *server) say(text string) { _, _ = s.Transport().Write([]byte(text)) }

func (s *server) DataReceived(data []byte) {
	s.partial = append(s.partial, data...)
	for {
		line, rest, whole := bytes.Cut(s.partial, []byte("\r\n"))
		if !whole {
			return
		}
		s.partial = rest
		s.heard = append(s.heard, string(line))
		tag, name, _ := strings.Cut(string(line), " ")
		s.say(strings.ReplaceAll(s.answers[name], "TAG", tag))
	}
}

var answers = map[string]string{
	"CAPABILITY": "* CAPABILITY IMAP4rev1 SASL-IR IDLE AUTH=PLAIN AUTH=LOGIN SORT SORT=DISPLAY\r\nTAG OK done\r\n",
	"NOOP":       "* 23 EXISTS\r\nTAG OK done\r\n",
	"LOGOUT":     "* BYE see you\r\nTAG OK done\r\n",
}

// tconn is the client of the classic first Twisted program.
type tconn struct{ imap4.Client }

func (c *tconn) ConnectionMade() {
	fmt.Println("I have successfully connected to the server!")
	c.GetCapabilities().Handle(c.gotCapabilities, c.failed)
}

func (c *tconn) gotCapabilities(caps imap4.Capabilities) {
	if caps.Len() == 0 {
		fmt.Println("Server did not return a capability list.")
	}
	for capability := range caps.All() {
		fmt.Println(capability)
	}
	c.Logout().Handle(nil, c.failed)
}

func (c *tconn) failed(err error) { fmt.Println(err) }

func (c *tconn) ConnectionLost(reason error) { fmt.Println(reason) }

// A client asks what the server can do, prints it as the Twisted program does, and takes its leave.
// Here the server lives in memory; reactor.ConnectTCP finds a real one.
func ExampleClient() {
	pump := reactortest.NewPump(nil, &tconn{}, &server{answers: answers})
	if err := pump.Flush(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// I have successfully connected to the server!
	// IMAP4rev1: None
	// SASL-IR: None
	// IDLE: None
	// AUTH: ['PLAIN', 'LOGIN']
	// SORT: [None, 'DISPLAY']
	// Connection was closed cleanly.
}

// A program that does not want to live in callbacks awaits the Deferreds in goroutines of its own. The client's methods
// are called on the reactor nevertheless.
func ExampleClient_await() {
	r := reactor.New()
	port, err := r.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
		return &server{answers: answers}
	}), reactor.Interface("127.0.0.1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	commands := make(chan *deferred.Deferred[imap4.Capabilities], 1)
	r.ConnectTCP("127.0.0.1", port.Addr().(*net.TCPAddr).Port, &dialer{made: func(c *imap4.Client) {
		commands <- c.GetCapabilities()
	}})
	stopped := make(chan error)
	go func() { stopped <- r.Run() }()

	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	caps, err := (<-commands).Await(ctx)
	fmt.Println(caps.Has("IDLE"), err)
	_ = r.Stop()
	fmt.Println(<-stopped)
	// Output:
	// true <nil>
	// <nil>
}

// dialer makes clients that do something when they are connected.
type dialer struct {
	reactor.BaseClientFactory
	made func(c *imap4.Client)
}

func (d *dialer) BuildProtocol(net.Addr) reactor.Protocol { return &dialed{made: d.made} }

type dialed struct {
	imap4.Client
	made func(c *imap4.Client)
}

func (d *dialed) ConnectionMade() { d.made(&d.Client) }

// What a server can do, asked for in several ways.
func ExampleCapabilities() {
	c := &imap4.Client{}
	reactortest.NewTransport(nil).Connect(c)
	c.DataReceived([]byte("* OK [CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN AUTH=LOGIN SORT SORT=DISPLAY] ready\r\n"))

	caps, known := c.Capabilities()
	fmt.Println(known, caps.Len(), caps)
	fmt.Println(caps.Has("idle"), caps.Has("AUTH=PLAIN"), caps.Has("AUTH"))
	auth, ok := caps.Get("AUTH")
	fmt.Println(ok, auth.Values(), auth.Bare())
	for capability := range caps.All() {
		fmt.Println(capability)
	}
	// Output:
	// true 4 IMAP4rev1 IDLE AUTH=PLAIN AUTH=LOGIN SORT SORT=DISPLAY
	// true true false
	// true [PLAIN LOGIN] false
	// IMAP4rev1: None
	// IDLE: None
	// AUTH: ['PLAIN', 'LOGIN']
	// SORT: [None, 'DISPLAY']
}

func ExampleMessageSet() {
	set := imap4.UIDs(7, 3, 4, 5).AddRange(100, imap4.Star)
	fmt.Println(set)
	fmt.Println(set.Remove(imap4.UIDs(4)))
	fmt.Println(set.Contains(4), set.Contains(6), set.IsOpen())
	for part := range imap4.SeqNums(1, 3, 5, 7, 9).Split(5) {
		fmt.Println(part)
	}
	// Output:
	// 3:5,7,100:*
	// 3,5,7,100:*
	// true false true
	// 1,3,5
	// 7,9
}

func ExamplePairs() {
	from, _ := imap4.ParseUIDList("20:19,7")
	to, _ := imap4.ParseUIDList("101:103")
	for old, new := range imap4.Pairs(from, to) {
		fmt.Println(old, "is now", new)
	}
	// Output:
	// 20 is now 101
	// 19 is now 102
	// 7 is now 103
}

func ExampleBodySection() {
	fmt.Println(imap4.BodySection{Peek: true, Count: 1024})
	fmt.Println(imap4.BodySection{Part: []int{2, 1}, Specifier: imap4.SpecifierMIME})
	fmt.Println(imap4.BodySection{Specifier: imap4.SpecifierHeaderFields, Fields: []string{"From", "Subject"}, Peek: true})
	// Output:
	// BODY.PEEK[]<0.1024>
	// BODY[2.1.MIME]
	// BODY.PEEK[HEADER.FIELDS (From Subject)]
}

func ExampleBodyStructure_Walk() {
	message := imap4.BodyStructure{Type: "multipart", Subtype: "mixed", Children: []imap4.BodyStructure{
		{Type: "text", Subtype: "plain"},
		{Type: "application", Subtype: "pdf", Extension: &imap4.BodyExtension{Disposition: imap4.Disposition{
			Value: "attachment", Params: imap4.Params{{Name: "filename*", Value: "utf-8''caf%C3%A9.pdf"}},
		}}},
	}}
	message.Walk(func(path []int, part *imap4.BodyStructure) bool {
		fmt.Printf("%v %s/%s %q\n", path, part.Type, part.Subtype, part.Filename())
		return true
	})
	// Output:
	// [] multipart/mixed ""
	// [1] text/plain ""
	// [2] application/pdf "café.pdf"
}
