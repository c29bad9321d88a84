package transcript

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// hearer answers each line with "hear" and the line, says something every ten minutes, and answers quit with bye.
type hearer struct {
	reactor.BaseProtocol
	in     []byte
	reason error
}

func (h *hearer) ConnectionMade() { h.sayLater() }

func (h *hearer) sayLater() {
	tr := h.Transport()
	stop := tr.Reactor().AfterFunc(10*time.Minute, func() {
		h.say("still here")
		h.sayLater()
	})
	tr.OnLost(func(error) { stop() })
}

func (h *hearer) say(line string) { _, _ = h.Transport().Write([]byte(line + "\r\n")) }

func (h *hearer) DataReceived(data []byte) {
	h.in = append(h.in, data...)
	for !h.Transport().Disconnecting() {
		line, rest, ok := bytes.Cut(h.in, []byte("\r\n"))
		if !ok {
			return
		}
		h.hear(string(line))
		h.in = rest
	}
}

func (h *hearer) hear(line string) {
	if line == "quit" {
		h.say("bye")
		h.Transport().LoseConnection()
		return
	}
	h.say("hear " + line)
}

func (h *hearer) ConnectionLost(reason error) { h.reason = reason }

func newHearer() reactor.Protocol { return &hearer{} }

func TestLoadAndRun(t *testing.T) {
	scripts := Load(t, "testdata/transcripts")
	want := "greet-and-quit.txt keep-alive.txt reset.txt"
	var names []string
	for _, s := range scripts {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != want {
		t.Fatalf("loaded %s, want %s", got, want)
	}
	reasons := map[string]error{
		"greet-and-quit.txt": reactor.ErrConnectionDone,
		"keep-alive.txt":     reactor.ErrConnectionDone,
		"reset.txt":          syscall.ECONNRESET,
	}
	for _, s := range scripts {
		t.Run(s.Name, func(t *testing.T) {
			replays := 0
			Run(t, s, newHearer, Options{After: func(t testing.TB, p reactor.Protocol, tr *reactortest.Transport) {
				replays++
				if got, want := p.(*hearer).reason, reasons[s.Name]; !errors.Is(got, want) {
					t.Errorf("reason %v, want %v", got, want)
				}
			}})
			if replays != 6 {
				t.Errorf("%d replays, want 6", replays)
			}
		})
	}
}

func parse(t *testing.T, text string) *Script {
	t.Helper()
	s, err := Parse("x.txt", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReplayFails(t *testing.T) {
	tests := []struct {
		name, script, want string
	}{
		{"other bytes", "S: a\nC: hear b\n", `transcript: x.txt:2: sent
 got "hear a\r\n"
want "hear b\r\n"`},
		{"the second line differs", "S: a\nS: b\nC: hear a\nC: hear c\nS: d\n", `transcript: x.txt:4: sent
 got "hear a\r\nhear b\r\n"
want "hear a\r\nhear c\r\n"`},
		{"nothing came, seen at the next S", "C: hello\nS: a\n", `transcript: x.txt:1: sent
 got ""
want "hello\r\n"`},
		{"nothing came, seen at the end", "C: hello\n", `transcript: x.txt:1: sent
 got ""
want "hello\r\n"`},
		{"half a line", "S: a\nC: hear a\nC= \"he\"\n", `transcript: x.txt:3: sent
 got "hear a\r\n"
want "hear a\r\nhe"`},
		{"too much, seen at the next S", "S: a\nS: b\nC: hear a\n# x\nS: c\n", `transcript: x.txt:5: sent
 got "hear a\r\nhear b\r\n"
want "hear a\r\n"`},
		{"too much, seen at wait", "S: a\n-- wait 1s\n", `transcript: x.txt:2: sent
 got "hear a\r\n"
want ""`},
		{"too much, seen at lose", "S: a\n-- lose\n", `transcript: x.txt:2: sent`},
		{"too much, seen at abort", "S: a\n-- abort\n", `transcript: x.txt:2: sent`},
		{"too much, seen at the end", "S: a\n", `transcript: x.txt: at the end: sent
 got "hear a\r\n"
want ""`},
		{"a timer's bytes too early in the script", "S: a\nC: hear a\nC: still here\n-- wait 10m\n", `transcript: x.txt:3: sent`},
		{"a timer's bytes too late in the script", "-- wait 10m\nS: a\nC: still here\nC: hear a\n", `transcript: x.txt:2: sent`},
		{"still open", "S: a\nC: hear a\n-- closed\n", `transcript: x.txt:3: the connection is still open`},
		{"closed already", "S: quit\nC: bye\nS: a\n", `transcript: x.txt:3: the connection is closed already`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
				tr := reactortest.NewTransport(nil)
				err := Replay(parse(t, test.script), tr, newHearer(), cut, Options{})
				var mismatch *MismatchError
				if !errors.As(err, &mismatch) || !strings.HasPrefix(err.Error(), test.want) {
					t.Errorf("Replay:\n got %v\nwant %v", err, test.want)
				}
			}
		})
	}
}

func TestReplayOptions(t *testing.T) {
	t.Run("as a server the C lines are fed and the S lines expected", func(t *testing.T) {
		s := parse(t, "C: a\nS: hear a\nC: quit\nS: bye\n-- closed\n")
		Run(t, s, newHearer, Options{AsServer: true, Seeds: []uint64{9}})
		tr := reactortest.NewTransport(nil)
		if err := Replay(s, tr, newHearer(), reactortest.Whole, Options{}); err == nil {
			t.Error("Replay as a client = nil, want an error")
		}
	})
	t.Run("TLS state", func(t *testing.T) {
		state := &tls.ConnectionState{ServerName: "mail.example.com"}
		Run(t, parse(t, ""), newHearer, Options{TLS: state, After: func(t testing.TB, p reactor.Protocol, tr *reactortest.Transport) {
			if got, ok := tr.TLSState(); !ok || got.ServerName != "mail.example.com" {
				t.Errorf("TLSState = %q, %v, want mail.example.com, true", got.ServerName, ok)
			}
		}})
	})
	t.Run("Run ends what the script leaves open", func(t *testing.T) {
		var all []*hearer
		t.Run("inner", func(t *testing.T) {
			Run(t, parse(t, ""), func() reactor.Protocol {
				h := &hearer{}
				all = append(all, h)
				return h
			}, Options{})
		})
		for i, h := range all {
			if !errors.Is(h.reason, reactor.ErrConnectionAborted) {
				t.Errorf("replay %d ended with %v, want ErrConnectionAborted", i, h.reason)
			}
		}
		if len(all) != 6 {
			t.Errorf("%d protocols, want 6", len(all))
		}
	})
}

// A protocol that keeps borrowed bytes works when all comes whole, and is caught byte by byte.
func TestReplayCatchesBorrowing(t *testing.T) {
	s := parse(t, "S: abc\nC: abc\n")
	for _, test := range []struct {
		name string
		cut  reactortest.Chunking
		ok   bool
	}{{"whole", reactortest.Whole, true}, {"bytewise", reactortest.Bytewise, false}} {
		t.Run(test.name, func(t *testing.T) {
			err := Replay(s, reactortest.NewTransport(nil), &borrower{}, test.cut, Options{})
			if (err == nil) != test.ok {
				t.Errorf("Replay = %v, want success: %v", err, test.ok)
			}
		})
	}
}

// After each piece the protocol gets what it has planned for this moment, and what it has paused.
func TestReplayTurnsTheClock(t *testing.T) {
	Run(t, parse(t, "S: abc\nS: def\nC: abc\nC: def\n"), func() reactor.Protocol { return &hesitant{} }, Options{})
}

// hesitant sends back what it gets, later, and pauses until it has.
type hesitant struct{ reactor.BaseProtocol }

func (h *hesitant) DataReceived(data []byte) {
	tr, data := h.Transport(), bytes.Clone(data)
	tr.PauseProducing()
	tr.Reactor().CallLater(0, func() {
		tr.Reactor().CallLater(0, func() {
			_, _ = tr.Write(data)
			tr.ResumeProducing()
		})
	})
}

// borrower keeps the pieces it gets without copying them, until a line is complete.
type borrower struct {
	reactor.BaseProtocol
	pieces [][]byte
}

func (b *borrower) DataReceived(data []byte) {
	b.pieces = append(b.pieces, data)
	if bytes.HasSuffix(data, []byte("\n")) {
		_, _ = b.Transport().WriteSequence(b.pieces...)
	}
}

// A session that was traced is a script that replays.
func TestTraceReplays(t *testing.T) {
	var out bytes.Buffer
	w := policies.NewTranscript(&out)
	tr := reactortest.NewTransport(nil)
	tr.Connect(newHearer())
	for _, p := range []string{"one\r\ntw", "o\r\n", "\x00\xff\r\n", "quit\r\n"} {
		tr.Receive([]byte(p))
		w.Server([]byte(p))
		w.Client(tr.Take())
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	tr.Clock().Turn()
	Run(t, parse(t, out.String()), newHearer, Options{})
}

func TestLoadFails(t *testing.T) {
	t.Run("no such file", func(t *testing.T) {
		if _, err := load("testdata/none.txt"); err == nil || !strings.HasPrefix(err.Error(), "transcript: ") {
			t.Errorf("load = %v, want an error of this package", err)
		}
	})
	t.Run("no script in the directory ends the test", func(t *testing.T) {
		f := &fatal{TB: t}
		func() {
			defer func() { _ = recover() }()
			Load(f, "testdata")
		}()
		if !strings.Contains(f.text, "no script in testdata") {
			t.Errorf("ended with %q, want one about no script", f.text)
		}
	})
}

// fatal notes why the test would have ended.
type fatal struct {
	testing.TB
	text string
}

func (f *fatal) Helper() {}

func (f *fatal) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	panic(f.text)
}
