package basic_test

import (
	"fmt"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/tconn/tconn/protocols/basic"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cuts are the ways a stream is cut in the tests.
func cuts(t testing.TB) map[string]reactortest.Chunking {
	all := map[string]reactortest.Chunking{"whole": reactortest.Whole, "bytewise": reactortest.Bytewise}
	for n := 2; n <= 9; n++ {
		all[fmt.Sprintf("by %d", n)] = func(int) int { return n }
	}
	for seed := range uint64(5) {
		all[fmt.Sprintf("random %d", seed)] = reactortest.Random(t, seed)
	}
	return all
}

// connect gives p a connection in memory.
func connect(p reactor.Protocol) *reactortest.Transport {
	tr := reactortest.NewTransport(nil)
	tr.Connect(p)
	return tr
}

// feed lets input come in, cut by c.
func feed(tr *reactortest.Transport, input string, c reactortest.Chunking) {
	for len(input) > 0 {
		n := c.Next(len(input))
		tr.Receive([]byte(input[:n]))
		input = input[n:]
	}
}

func expect[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %#v\nwant %#v", what, got, want)
	}
}

// mustPanic calls f and wants a panic with that text.
func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := fmt.Sprint(recover()); got != want {
			t.Errorf("panic:\n got %s\nwant %s", got, want)
		}
	}()
	f()
}

// lines is a LineReceiver that notes what it gets; the hooks run after the note.
type lines struct {
	basic.LineReceiver
	events []string
	onLine func(line string)
	onRaw  func(data []byte)
	lost   error
}

func newLines() *lines {
	p := &lines{}
	p.Init(p)
	return p
}

func (p *lines) LineReceived(line []byte) {
	p.events = append(p.events, string(line))
	if p.onLine != nil {
		p.onLine(string(line))
	}
}

func (p *lines) RawDataReceived(data []byte) {
	if p.onRaw == nil {
		p.events = append(p.events, "raw "+string(data))
		return
	}
	p.onRaw(data)
}

func (p *lines) ConnectionLost(reason error) { p.lost = reason }

// greedy is lines that gets to see what is too long.
type greedy struct {
	lines
	exceeded []string
	onLong   func(rest []byte)
}

func newGreedy(limit int) *greedy {
	p := &greedy{}
	p.MaxLength = limit
	p.Init(p)
	return p
}

func (p *greedy) LineLengthExceeded(rest []byte) {
	p.exceeded = append(p.exceeded, string(rest))
	if p.onLong != nil {
		p.onLong(rest)
	}
}
