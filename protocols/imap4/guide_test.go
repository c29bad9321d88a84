package imap4_test

import (
	"bytes"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// scripted is the server of the examples in docs/imap4.md: it greets, and answers each command with the text it has for it. A "TAG" in the
// text stands for the command's tag. What stands in literals it does not look at.
type scripted struct {
	reactor.BaseProtocol
	greeting string
	answers  map[string]string
	heard    func(command string) // nil is nobody

	partial []byte
	command string // up to a literal that was announced
	literal int    // octets of it that have not come
	idling  string // the tag of the last IDLE
}

func (s *scripted) ConnectionMade() { s.say(s.greeting) }

func (s *scripted) say(text string) { _, _ = s.Transport().Write([]byte(text)) }

func (s *scripted) DataReceived(data []byte) {
	s.partial = append(s.partial, data...)
	for {
		n := min(s.literal, len(s.partial))
		s.partial, s.literal = s.partial[n:], s.literal-n
		line, rest, whole := bytes.Cut(s.partial, []byte("\r\n"))
		if !whole || s.literal > 0 {
			return
		}
		s.partial, s.command = rest, s.command+string(line)
		if found := announced.FindSubmatch(line); found != nil {
			s.literal, _ = strconv.Atoi(string(found[1]))
			if len(found[2]) == 0 {
				s.say("+ go on\r\n")
			}
			continue
		}
		s.answer()
	}
}

var announced = regexp.MustCompile(`\{(\d+)(\+?)\}$`)

func (s *scripted) answer() {
	tag, command, _ := strings.Cut(s.command, " ")
	s.command = ""
	switch {
	case command == "IDLE":
		s.idling = tag
	case tag == "DONE":
		tag, command = s.idling, "DONE"
	}
	if s.heard != nil {
		s.heard(command)
	}
	text, ok := s.answers[command]
	if !ok {
		text = "TAG BAD what is " + command + "\r\n"
	}
	s.say(strings.ReplaceAll(text, "TAG", tag))
}

// signedIn is a server that knows who the user is, with INBOX to open and what else the example needs.
func signedIn(capabilities string, answers map[string]string) *scripted {
	all := map[string]string{
		"SELECT INBOX":  "* 3 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\nTAG OK [READ-WRITE] done\r\n",
		"EXAMINE INBOX": "* 3 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\nTAG OK [READ-ONLY] done\r\n",
		"DONE":          "TAG OK done\r\n",
		"LOGOUT":        "* BYE see you\r\nTAG OK done\r\n",
	}
	for command, text := range answers {
		all[command] = text
	}
	return &scripted{greeting: "* PREAUTH [CAPABILITY IMAP4rev1 " + capabilities + "] ready\r\n", answers: all}
}

// with connects c to the server, in memory, and has use called when the connection is made.
func (s *scripted) with(c *imap4.Client, use func(c *imap4.Client)) {
	pump := reactortest.NewPump(nil, &dialed{Client: *c, made: use}, s)
	if err := pump.Flush(); err != nil {
		fmt.Println(err)
	}
}

// listen has s serve connections on loopback, by a reactor that runs until end is called.
func listen(servers ...func() *scripted) (r *reactor.Reactor, addrs []string, end func()) {
	r = reactor.New()
	for _, build := range servers {
		port, err := r.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return build() }), reactor.Interface("127.0.0.1"))
		if err != nil {
			panic(err)
		}
		addrs = append(addrs, port.Addr().String())
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = r.Run()
	}()
	return r, addrs, func() {
		_ = r.Stop()
		<-over
	}
}

// failed prints what a Deferred of an example fails with.
func failed(err error) { fmt.Println(err) }
