package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The mailboxes of the replay server.
const (
	manyMails   = 20_000
	largeMails  = 50
	manyBox     = "INBOX"  // manyMails of smallBody bytes
	unlikeBox   = "unlike" // manyMails, no two of which have the same structure
	largeBox    = "large"  // largeMails of largeBody bytes
	trafficBody = trafficBytes
)

const (
	replayCapability = "CAPABILITY IMAP4rev1 LITERAL+ ENABLE IDLE NAMESPACE UIDPLUS UNSELECT ESEARCH"
	replayGreeting   = "* OK [" + replayCapability + "] ready\r\n"
)

// replayServer answers IMAP commands with bytes that were prepared before, so that it costs as little as a server can.
//
// PUSH and TRAFFIC are its own commands: they make it write "* n EXISTS", or a body of trafficBytes and then that, to every connection that
// has logged in. n is the time of the write, see stamp.
type replayServer struct {
	metadata, small prepared
	unlike          func() prepared
	large           func() []byte

	mu    sync.Mutex
	users []net.Conn
}

// prepared are answers one behind the other; answer i ends at ends[i].
type prepared struct {
	bytes []byte
	ends  []int
}

func prepare(n int, answer func(m mail) string) (p prepared) {
	p.ends = append(p.ends, 0)
	for i := range n {
		p.bytes = append(p.bytes, answer(mail(i+1))...)
		p.ends = append(p.ends, len(p.bytes))
	}
	return p
}

// part is answers first to last, counted from 1.
func (p prepared) part(first, last int) []byte { return p.bytes[p.ends[first-1]:p.ends[last]] }

func newReplayServer(mails int) *replayServer {
	return &replayServer{
		metadata: prepare(mails, mail.metadata),
		small: prepare(mails, func(m mail) string {
			return fmt.Sprintf("* %d FETCH (BODY[] {%d}\r\n%s)\r\n", int(m), smallBody, m.text())
		}),
		unlike: sync.OnceValue(func() prepared { return prepare(mails, mail.unlike) }),
		large:  sync.OnceValue(func() []byte { return []byte(filling(largeBody)) }),
	}
}

// serveIMAP and serveIMAPTLS are the roles.
func serveIMAP([]string) {
	s := newReplayServer(manyMails)
	l, err := net.Listen("tcp", "0.0.0.0:0")
	check(err)
	announce(l.Addr())
	s.serve(l)
}

func serveIMAPTLS([]string) {
	s := newReplayServer(manyMails)
	l, err := tls.Listen("tcp", "0.0.0.0:0", &tls.Config{Certificates: []tls.Certificate{selfSigned()}})
	check(err)
	announce(l.Addr())
	s.serve(l)
}

// serve accepts until the listener is closed.
func (s *replayServer) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		check(err)
		go (&replaySession{server: s, conn: c}).run()
	}
}

// replaySession is one connection. Answers wait in out until all commands that have arrived are answered.
type replaySession struct {
	server  *replayServer
	conn    net.Conn
	out     []byte
	box     string
	user    bool // has logged in
	idleTag string
	over    bool
}

func (s *replaySession) run() {
	defer s.close()
	in := bufio.NewReaderSize(s.conn, 2048)
	s.out = append(s.out, replayGreeting...)
	for !s.over {
		if in.Buffered() == 0 {
			s.flush()
		}
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		s.command(bytes.TrimRight(line, "\r\n"))
	}
	s.flush()
}

func (s *replaySession) close() {
	_ = s.conn.Close()
	if s.user {
		s.server.remove(s.conn)
	}
}

func (s *replaySession) flush() {
	if len(s.out) > 0 {
		s.write(s.out)
		s.out = s.out[:0]
	}
}

func (s *replaySession) write(p []byte) {
	if _, err := s.conn.Write(p); err != nil {
		s.over = true
	}
}

func (s *replaySession) say(parts ...string) {
	for _, part := range parts {
		s.out = append(s.out, part...)
	}
}

func (s *replaySession) command(line []byte) {
	tag, rest, _ := bytes.Cut(line, []byte(" "))
	name, rest, _ := bytes.Cut(rest, []byte(" "))
	done := " OK done\r\n"
	switch string(name) {
	case "NOOP":
	case "CAPABILITY":
		s.say("* ", replayCapability, "\r\n")
	case "LOGIN":
		s.user = true
		s.server.add(s.conn)
		done = " OK [" + replayCapability + "] welcome\r\n"
	case "SELECT", "EXAMINE":
		s.choose(strings.Trim(string(rest), `"`))
		done = " OK [READ-WRITE] selected\r\n"
	case "FETCH":
		s.fetch(rest)
	case "IDLE":
		s.idleTag = string(tag)
		s.say("+ idling\r\n")
		return
	case "PUSH":
		s.server.push("")
	case "TRAFFIC":
		s.server.push(fmt.Sprintf("* 1 FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", mail(1).uid(), trafficBody, filling(trafficBody)))
	case "LOGOUT":
		s.say("* BYE see you\r\n")
		s.over = true
	default:
		if string(tag) == "DONE" {
			tag = []byte(s.idleTag)
		} else {
			done = " BAD what?\r\n"
		}
	}
	s.out = append(s.out, tag...)
	s.say(done)
}

func (s *replaySession) choose(box string) {
	messages := s.server.messages(box)
	if box == unlikeBox { // made now, not while somebody measures
		s.server.unlike()
	}
	s.say("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] limited\r\n",
		"* ", strconv.Itoa(messages), " EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1700000000] ids\r\n* OK [UIDNEXT 999999] next\r\n")
	s.box = box
}

func (s *replayServer) messages(box string) int {
	if box == largeBox {
		return largeMails
	}
	return len(s.metadata.ends) - 1
}

// fetch answers FETCH first:last with the metadata or the bodies, whatever is asked for in detail.
func (s *replaySession) fetch(args []byte) {
	set, items, _ := bytes.Cut(args, []byte(" "))
	from, to, found := bytes.Cut(set, []byte(":"))
	first, err := strconv.Atoi(string(from))
	last := first
	if found && err == nil {
		last, err = strconv.Atoi(string(to))
	}
	if err != nil || first < 1 || last < first || last > s.server.messages(s.box) {
		fail("a set that the replay server does not know: " + string(set))
	}
	s.flush()
	switch {
	case bytes.Contains(items, []byte("ENVELOPE")) && s.box == unlikeBox:
		s.write(s.server.unlike().part(first, last))
	case bytes.Contains(items, []byte("ENVELOPE")):
		s.write(s.server.metadata.part(first, last))
	case s.box == largeBox:
		for i := first; i <= last && !s.over; i++ {
			s.write(fmt.Appendf(nil, "* %d FETCH (BODY[] {%d}\r\n", i, largeBody))
			s.write(s.server.large())
			s.write([]byte(")\r\n"))
		}
	default:
		s.write(s.server.small.part(first, last))
	}
}

func (s *replayServer) add(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = append(s.users, c)
}

func (s *replayServer) remove(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.users, c); i >= 0 {
		s.users = slices.Delete(s.users, i, i+1)
	}
}

// push writes before and "* n EXISTS" to every connection that has logged in.
func (s *replayServer) push(before string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var line []byte
	for _, c := range s.users {
		line = append(line[:0], before...)
		line = fmt.Appendf(line, "* %d EXISTS\r\n", stamp())
		_, _ = c.Write(line) // whoever has gone is noticed where his commands are read
	}
}

// stamp is the time in µs, modulo 2^32: a number that EXISTS can carry from one process to the other.
func stamp() uint32 { return uint32(time.Now().UnixMicro()) }
