package imap4_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor/reactortest"
)

// moody is a server that answers each command as it likes: as it should, as if it had been another one, with NO, with a line of a server that
// is known to be odd, and with news in between.
type moody struct {
	*rand.Rand
	t       testing.TB
	scanner *wire.Scanner
	odd     []vector
	said    strings.Builder
}

func (m *moody) pick(texts ...string) string { return texts[m.IntN(len(texts))] }

// oddLines are lines of a vector, without its tagged one.
func (m *moody) oddLines() string {
	v := m.odd[m.IntN(len(m.odd))]
	text := string(v.Data)
	if v.ID == "G09" || v.ID == "G17" || v.ID == "G18" || strings.Contains(text, "{TAG} ") {
		return "* OK [X-ODD] nothing\r\n"
	}
	return strings.ReplaceAll(text, "{TAG}", "A2")
}

// answer says what the server says to what has been sent.
func (m *moody) answer(sent []byte) {
	for {
		u, n, err := m.scanner.Next(sent)
		if err != nil {
			m.t.Fatalf("the client sent %q: %v", sent, err)
		}
		sent = sent[n:]
		switch u.Kind {
		case wire.None:
			return
		case wire.LiteralStart:
			if !u.Literal.NonSync {
				m.said.WriteString(m.pick("", "* 5 EXISTS\r\n") + "+ go on\r\n")
			}
		case wire.Line:
			c, err := wire.DecodeCommand(u, nil)
			if err != nil {
				m.t.Fatalf("the client sent %q: %v", u.Bytes, err)
			}
			m.said.WriteString(m.response(c))
		}
	}
}

func (m *moody) response(c wire.Command) string {
	name := c.Name
	if c.UID {
		name = "UID " + name
	}
	answer := ""
	for _, s := range spokenAll {
		if s.wire == name && (answer == "" || m.IntN(3) == 0) {
			answer = s.answer
		}
	}
	switch m.IntN(8) {
	case 0:
		answer = m.oddLines() + answer
	case 1:
		answer = spokenAll[m.IntN(len(spokenAll))].answer + answer
	case 2:
		answer = m.pick("* 4 EXISTS\r\n", "* 1 EXPUNGE\r\n", "* STATUS b (MESSAGES 1)\r\n", "+ what?\r\n", "* BAD odd\r\n", "* 2 FETCH (FLAGS (\\Deleted))\r\n") + answer
	case 3:
		answer = m.pick("{T} NO [CANNOT] no\r\n", "{T} BAD what?\r\n", "{T} NO\r\n")
	}
	before, _, _ := strings.Cut("\r\n"+answer, "\r\n{T} ")
	last := strings.TrimPrefix(("\r\n" + answer)[len(before):], "\r\n")
	last, _, _ = strings.Cut(last, "\r\n")
	if last == "" {
		last = "{T} OK done"
	}
	text := strings.TrimPrefix(before+"\r\n", "\r\n") + last + "\r\n"
	return strings.ReplaceAll(strings.TrimPrefix(text, "\r\n"), "{T}", c.Tag)
}

// stays tells whether the stream stays as it is behind a command.
func stays(s spoken) bool {
	switch s.method {
	case "Compress", "StartTLS", "Idle", "Authenticate", "Logout":
		return false
	}
	return true
}

// record plays a script live and answers what the server has said.
func (m *moody) record(script []byte) []byte {
	s := start(m.t, fuzzUser(script))
	m.said.WriteString(m.pick("* OK ready\r\n", loggedInto, knowsAll, "* PREAUTH ready\r\n"))
	at := 0
	for range 200 {
		if at == m.said.Len() {
			break
		}
		text := m.said.String()[at:]
		at = m.said.Len()
		s.server(text)
		m.answer(s.tr.Take())
	}
	s.end()
	return []byte(m.said.String())
}

// Random commands, a server that answers as it likes, and any way to cut what it says: the result is the same.
func TestRandomSessions(t *testing.T) {
	odd := loadVectors(t)
	answered := 0
	for seed := range uint64(300 / cutStep) {
		m := &moody{Rand: rand.New(rand.NewPCG(seed, 7)), t: t, scanner: wire.NewScanner(wire.Server, nil), odd: odd}
		script := []byte{byte(m.IntN(16))}
		for len(script) <= 1+m.IntN(maxScript) {
			if i := m.IntN(len(spokenAll)); stays(spokenAll[i]) {
				script = append(script, byte(i))
			}
		}
		input := m.record(script)
		whole, sent := fuzzed(t, script, input, reactortest.Whole)
		checkEnds(t, script, whole)
		for _, e := range whole {
			if strings.Contains(e, ": ") && !strings.Contains(e, "failed") {
				answered++
			}
		}
		for i, cut := range []reactortest.Chunking{reactortest.Bytewise, reactortest.Random(nil, seed), cutAt(1 + m.IntN(len(input)))} {
			events, written := fuzzed(t, script, input, cut)
			wantEvents(t, events, whole)
			if !bytes.Equal(written, sent) {
				t.Errorf("client sent\n got %q\nwant %q", written, sent)
			}
			if t.Failed() {
				t.Fatalf("seed %d, cutting %d, script %v, the server said %q", seed, i, script, input)
			}
		}
	}
	if answered < 300/cutStep {
		t.Errorf("commands that were answered with a value: got %d, want some in each session", answered)
	}
}
