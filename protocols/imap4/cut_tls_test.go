package imap4_test

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// A conversation that goes over to TLS, with everything in it that can be cut in an odd place: a handshake, a literal each way, a body
// for a sink. The connection is lost behind each byte of what the server's side sends, sealed or not.
var sealed = talk{"under TLS", "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n", slices.Concat(
	[]spoken{
		{"StartTLS", "STARTTLS", func(u *user) {
			d := u.StartTLS(trusting())
			d.AddCallback(func(caps imap4.Capabilities) (imap4.Capabilities, error) {
				for _, c := range underSeal {
					c.issue(u)
				}
				return caps, nil
			})
			result(u, "StartTLS", d)
		}, ""},
		{"GetCapabilities", "CAPABILITY", nil, "* CAPABILITY IMAP4rev1 QRESYNC ENABLE\r\n"}, // by StartTLS
	},
	underSeal,
)}

var underSeal = slices.Concat(before[1:2], opening[:1], opening[3:], fetches[1:2], after[5:])

func TestCutUnderTLS(t *testing.T) {
	whole, total := sealed.through(t, 1<<30)
	if got := ends(whole); len(got) != len(underSeal)+1 || total < 1000 {
		t.Fatalf("whole: got %d bytes and the ends %q, want all of them, in %s", total, got, list(whole))
	}
	lengths := map[int]bool{}
	for n := 0; n <= total+1 && !t.Failed(); n += cutStep {
		events, _ := sealed.through(t, n)
		lengths[checkPrefix(t, events, whole)] = true
		if t.Failed() {
			t.Fatalf("cut behind byte %d of %d", n, total)
		}
	}
	if cutStep == 1 && len(lengths) < len(sealed.commands) {
		t.Errorf("got %d different lengths, want one for each command and more", len(lengths))
	}
}

// checkPrefix wants the events up to the loss to be those of the whole conversation, and each command to end once. It answers how many
// came before the loss.
func checkPrefix(t *testing.T, events, whole []string) int {
	t.Helper()
	n := 0
	for n < len(events) && n < len(whole) && events[n] == whole[n] && !strings.HasPrefix(events[n], "lost: ") {
		n++
	}
	checkRest(t, events[:n], events[n:])
	want := ends(whole)
	if slices.ContainsFunc(events, func(e string) bool { return strings.HasPrefix(e, "StartTLS failed") }) {
		want = want[:1] // the others were not issued
	}
	if got := ends(events); !slices.Equal(got, want) {
		t.Errorf("ends: got %q, want %q, in %s", got, want, list(events))
	}
	return n
}

// through plays the conversation, whose first command issues the others, over a line that breaks when the server's side has sent n bytes. It answers what happened, and how many
// bytes there were.
func (c talk) through(t *testing.T, n int) (events []string, passed int) {
	t.Helper()
	r := reactortest.NewReactor()
	defer r.Close()
	server := reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
		return &speaking{t: t, talk: c, answering: &answering{scanner: wire.NewScanner(wire.Server, nil), left: slices.Clone(c.commands)}}
	})
	line := &line{r: r, left: n}
	if _, err := r.ListenTCP(143, server); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ListenTCP(1143, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &lineEnd{line: line} })); err != nil {
		t.Fatal(err)
	}
	u := newUser(func(u *user) {
		u.Listener = wholeListener{listener{u}}
		c.commands[0].issue(u)
	})
	u.Options.NoRev2, u.Options.NoID = true, true
	r.ConnectTCP("127.0.0.1", 1143, only{u: u})
	r.Flush()
	for range 20 { // TLS is computed beside the reactor
		r.Advance(time.Millisecond)
	}
	if _, commands, timer := u.Held(); commands != 0 || timer || !line.broken && n < 1<<30 && line.passed >= n {
		t.Errorf("cut behind byte %d: got %d commands held, timer %v, want none, in %s", n, commands, timer, list(u.events))
	}
	return u.take(), line.passed
}

// only is a factory of one client.
type only struct {
	reactor.BaseClientFactory
	u *user
}

func (f only) BuildProtocol(net.Addr) reactor.Protocol { return f.u }

// speaking is the server's side of a talk.
type speaking struct {
	reactor.BaseProtocol
	t *testing.T
	talk
	*answering
}

func (p *speaking) ConnectionMade() { p.say(p.greeting) }

func (p *speaking) say(text string) { _, _ = p.Transport().Write([]byte(text)) }

func (p *speaking) DataReceived(data []byte) {
	begins := p.left[0].wire == "STARTTLS"
	p.say(p.answer(p.t, data))
	if begins && len(p.left) < len(p.commands) {
		p.Transport().(reactor.TLSTransport).StartTLS(serverTLS()).Handle(nil, func(error) {})
	}
}

// line is a line between a client and a server that breaks behind so many bytes to the client.
type line struct {
	r      *reactortest.Reactor
	left   int
	passed int
	broken bool
	client *lineEnd
}

// lineEnd is one of its two ends; peer is the other.
type lineEnd struct {
	reactor.BaseProtocol
	*line
	peer    *lineEnd
	waiting []byte // until the peer is there
}

func (e *lineEnd) ConnectionMade() {
	if e.peer == nil { // the client's
		e.client = e
		e.peer = &lineEnd{line: e.line, peer: e}
		e.r.ConnectTCP("127.0.0.1", 143, onlyEnd{e: e.peer})
		return
	}
	e.pass(e.peer.waiting)
}

func (e *lineEnd) DataReceived(data []byte) {
	if e == e.client {
		if e.peer.Transport() == nil {
			e.waiting = append(e.waiting, data...)
			return
		}
		e.peer.pass(data)
		return
	}
	k := min(len(data), e.left-e.passed)
	e.passed += k
	e.peer.pass(data[:k])
	if e.passed == e.left {
		e.broken = true
		e.peer.Transport().LoseConnection()
		e.Transport().AbortConnection()
	}
}

func (e *lineEnd) pass(data []byte) { _, _ = e.Transport().Write(data) }

func (e *lineEnd) ConnectionLost(error) {
	if e.peer != nil && e.peer.Transport() != nil {
		e.peer.Transport().LoseConnection()
	}
}

type onlyEnd struct {
	reactor.BaseClientFactory
	e *lineEnd
}

func (f onlyEnd) BuildProtocol(net.Addr) reactor.Protocol { return f.e }
