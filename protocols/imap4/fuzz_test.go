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
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor/reactortest"
)

// spokenAll are all commands there are, for a fuzzer to choose from: by their place, so new ones go to the end.
var spokenAll = slices.Concat(before, opening, searches, fetches, changes, after, []spoken{
	{"Idle", "IDLE", func(u *user) { u.Idle() }, ""},
	{"StartTLS", "STARTTLS", func(u *user) { result(u, "StartTLS", u.StartTLS(nil)) }, ""},
	{"Authenticate", "AUTHENTICATE", func(u *user) {
		result(u, "Authenticate", u.Authenticate(&sasl.Credentials{Username: "a", Password: sasl.NewSecret("b"), AllowInsecure: true, Mechanisms: []string{"PLAIN"}}))
	}, ""},
})

// maxScript is how many commands a script has at most.
const maxScript = 24

// FuzzClient feeds a client that has commands queued with any bytes, cut anyhow, then lets time pass and the connection end. The script
// says which commands, and in its first byte how they are pipelined; an empty one means some that are looked at more closely.
// The client must not panic, each command must end exactly once, and what it takes in memory must be in proportion to the bytes; how they are
// cut must make no difference; and the server gets whole commands only.
func FuzzClient(f *testing.F) {
	for _, v := range loadVectors(f) {
		f.Add([]byte{}, []byte(v.server()), uint64(len(v.Data)))
		if i := slices.IndexFunc(spokenAll, func(s spoken) bool { return strings.EqualFold(s.method, v.Kind) }); i >= 0 {
			f.Add([]byte{0, byte(i)}, []byte(loggedInto+v.response()), uint64(len(v.Data)))
		}
	}
	first := 0
	for _, c := range longTalks {
		r := record(f, c)
		script := []byte{byte(imap4.Serial)}
		for _, one := range c.commands[:min(len(c.commands), maxScript)] {
			script = append(script, byte(slices.IndexFunc(spokenAll, func(s spoken) bool { return s.method == one.method })))
		}
		f.Add(script, []byte(r.input), uint64(first))
		first++
	}
	f.Fuzz(func(t *testing.T, script, input []byte, seed uint64) {
		if len(input) > 8<<10 || len(script) > 1+maxScript {
			return
		}
		whole, sent := fuzzed(t, script, input, reactortest.Whole)
		if len(script) == 0 {
			checkEvents(t, whole)
			checkSent(t, sent)
		} else {
			checkEnds(t, script, whole)
		}
		for _, cut := range []reactortest.Chunking{reactortest.Bytewise, reactortest.Random(t, seed)} {
			events, written := fuzzed(t, script, input, cut)
			wantEvents(t, events, whole)
			if !bytes.Equal(written, sent) {
				t.Errorf("client sent\n got %q\nwant %q", written, sent)
			}
		}
		checkCost(t, script, input)
	})
}

// fuzzLimits are those that a fuzzer can reach.
var fuzzLimits = &imap4.Limits{Line: 4 << 10, Response: 16 << 10, Literal: 1 << 10, Literals: 10, Depth: 5, Untagged: 100}

// scriptOf are the commands of a script.
func scriptOf(script []byte) (commands []spoken) {
	for _, b := range script[1:] {
		commands = append(commands, spokenAll[int(b)%len(spokenAll)])
	}
	return commands
}

func fuzzUser(script []byte) *user {
	u := newUser(func(u *user) {
		if len(script) == 0 {
			six(u)
			return
		}
		for _, c := range scriptOf(script) {
			c.issue(u)
		}
	})
	u.Options.Limits = fuzzLimits
	if len(script) > 0 {
		u.Options.Pipelining = imap4.PipelineMode(script[0] % 3)
		u.Options.NoID = script[0]&4 != 0
		u.Options.NoRev2 = script[0]&8 != 0
	}
	u.Listener = wholeListener{listener{u}}
	return u
}

// checkEnds wants each command of a script to end once.
func checkEnds(t *testing.T, script []byte, events []string) {
	t.Helper()
	var want []string
	for _, c := range scriptOf(script) {
		if c.method != "Idle" {
			want = append(want, c.method)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(ends(events))); !slices.Equal(got, want) {
		t.Errorf("ends of commands: got %q, want %q, in %s", got, want, list(events))
	}
	counts := map[string]int{}
	for _, e := range events {
		counts[e]++
		switch {
		case strings.HasPrefix(e, "lost: "):
			counts["lost"]++
		case strings.HasPrefix(e, "sink: "):
			counts["sink ended"]++
		}
	}
	if begun, ended := counts["sink begun"], counts["sink ended"]+counts["sink failed"]; begun != ended || counts["lost"] != 1 {
		t.Errorf("got %d sinks begun and %d ended, %d losses, want as many ended and one loss, in %s", begun, ended, counts["lost"], list(events))
	}
}

// checkCost wants what the input leads to, beside the commands themselves, to be in proportion to it.
func checkCost(t *testing.T, script, input []byte) {
	t.Helper()
	most := 128*int64(len(input)) + int64(len(script)+6)<<14
	var asked int64
	for range 3 { // others may be at work
		u := fuzzUser(script)
		u.Listener, u.quiet = nil, true
		s := start(t, u)
		before := allocated()
		s.DataReceived(input)
		asked = int64(allocated() - before)
		s.end()
		if asked <= most {
			return
		}
	}
	t.Errorf("%d bytes cost %d, want at most %d", len(input), asked, most)
}

const fuzzLiteral = "a\r\nb\xff"

// fuzzCommands is how many commands a client under fuzz has.
const fuzzCommands = 6

// six are the commands of an empty script.
func six(u *user) {
	track(u, "command 1", u.GetCapabilities())
	track(u, "command 2", u.Login("al\"ice", fuzzLiteral))
	track(u, "command 3", u.Noop())
	track(u, "command 4", u.Login("alice", ""))
	track(u, "command 5", u.Noop())
	track(u, "command 6", u.Logout())
}

// fuzzed answers what happened and what the client sent. The notes of the commands are numbered.
func fuzzed(t *testing.T, script, input []byte, cut reactortest.Chunking) (events []string, sent []byte) {
	t.Helper()
	u := fuzzUser(script)
	s := start(t, u)
	for len(input) > 0 {
		n := cut.Next(len(input))
		s.tr.Receive(input[:n])
		input = input[n:]
	}
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
