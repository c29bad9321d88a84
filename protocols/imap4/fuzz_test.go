package imap4_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor/reactortest"
)

// FuzzClient feeds a client that has some commands queued with any bytes, cut anyhow, then lets time pass and the connection end.
// It must not panic, each command must end exactly once, in their order; how the bytes are cut must make no difference; and
// the server gets whole commands only.
func FuzzClient(f *testing.F) {
	for _, v := range loadVectors(f) {
		f.Add([]byte(v.server()), uint64(len(v.Data)))
	}
	f.Fuzz(func(t *testing.T, input []byte, seed uint64) {
		whole, sent := fuzzed(t, input, reactortest.Whole)
		checkEvents(t, whole)
		checkSent(t, sent)
		for _, cut := range []reactortest.Chunking{reactortest.Bytewise, reactortest.Random(t, seed)} {
			events, written := fuzzed(t, input, cut)
			wantEvents(t, events, whole)
			if !bytes.Equal(written, sent) {
				t.Errorf("client sent\n got %q\nwant %q", written, sent)
			}
		}
	})
}

const fuzzLiteral = "a\r\nb\xff"

// fuzzCommands is how many commands a client under fuzz has.
const fuzzCommands = 6

// fuzzed answers what happened and what the client sent. The notes of the commands are numbered.
func fuzzed(t *testing.T, input []byte, cut reactortest.Chunking) (events []string, sent []byte) {
	t.Helper()
	u := newUser(func(u *user) {
		track(u, "command 1", u.GetCapabilities())
		track(u, "command 2", u.Login("al\"ice", fuzzLiteral))
		track(u, "command 3", u.Noop())
		track(u, "command 4", u.Login("alice", ""))
		track(u, "command 5", u.Noop())
		track(u, "command 6", u.Logout())
	})
	u.Options.Limits = &imap4.Limits{Line: 4 << 10, Response: 16 << 10, Literal: 1 << 10, Literals: 10, Depth: 5}
	s := start(t, u)
	s.serverCut(string(input), cut)
	s.clock.Advance(time.Hour)
	s.tr.Lose(nil)
	s.clock.Turn()
	if bytes, commands, timer := s.Held(); commands != 0 || timer || bytes > 32<<10 {
		t.Errorf("held at the end: got %d bytes, %d commands, timer %v, want at most 32 KiB and nothing else", bytes, commands, timer)
	}
	caps, known := u.Capabilities()
	u.note("known %v %v", caps, known)
	return s.take(), s.tr.Take()
}

// checkEvents wants each command once, in order, and the end of the connection once, behind them.
func checkEvents(t *testing.T, events []string) {
	t.Helper()
	var got, want []string
	for _, e := range events {
		if strings.HasPrefix(e, "command ") || strings.HasPrefix(e, "lost") {
			got = append(got, e[:min(len(e), len("command 1"))])
		}
	}
	for i := range fuzzCommands {
		want = append(want, fmt.Sprintf("command %d", i+1))
	}
	if want = append(want, "lost: Con"); !slices.Equal(got, want) {
		t.Errorf("ends of commands: got %q, want %q, in %s", got, want, list(events))
	}
}

var fuzzNames = []string{"CAPABILITY", "LOGIN", "NOOP", "LOGIN", "NOOP", "LOGOUT"}

// checkSent reads what the client sent as a server does: whole commands, each at most once, in order.
func checkSent(t *testing.T, sent []byte) {
	t.Helper()
	scanner := wire.NewScanner(wire.Server, nil)
	last := 0
	for {
		u, n, err := scanner.Next(sent)
		if err != nil {
			t.Fatalf("scanning %q: %v", sent, err)
		}
		sent = sent[n:]
		switch u.Kind {
		case wire.LiteralStart:
			if !u.Literal.NonSync && len(sent) > 0 && !bytes.HasPrefix(sent, []byte(fuzzLiteral)) {
				scanner.RefuseLiteral() // the server has answered instead of asking for it
				last = 2
			}
		case wire.Line:
			last = checkCommand(t, u, last)
		case wire.None:
			if !scanner.Idle() && last != 1 {
				t.Errorf("a command has been begun and not ended behind A%d, want only the LOGIN that waits for \"+\" to be unfinished", last)
			}
			return
		}
	}
}

func checkCommand(t *testing.T, u wire.Unit, last int) int {
	t.Helper()
	c, err := wire.DecodeCommand(u, nil)
	if err != nil {
		t.Fatalf("command %q: %v", u.Bytes, err)
	}
	var n int
	if _, err := fmt.Sscanf(c.Tag, "A%d", &n); err != nil || n <= last || n > fuzzCommands || c.Name != fuzzNames[n-1] {
		t.Errorf("command %q behind A%d: want the next of %v", u.Bytes, last, fuzzNames)
	}
	if c.Name != "LOGIN" {
		c.Args.EOL()
	} else {
		c.Args.AString()
		c.Args.SP()
		c.Args.AString()
		c.Args.EOL()
	}
	if err := c.Args.Err(); err != nil {
		t.Errorf("command %q: %v", u.Bytes, err)
	}
	return n
}
