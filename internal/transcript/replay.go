package transcript

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// Options changes a replay. The zero value replays against a client in the clear.
type Options struct {
	// AsServer says that the protocol under test is the server: the C lines are fed to it and the S lines are expected.
	AsServer bool
	// TLS is the state that the protocol finds on its transport; nil means a connection in the clear.
	TLS *tls.ConnectionState
	// Seeds are those of the randomly cut replays of Run; empty means 1, 2, 3 and 4.
	Seeds []uint64
	// After is called at the end of each replay of Run that went well, before the connection is closed. Nil means nothing to check.
	After func(t testing.TB, p reactor.Protocol, tr *reactortest.Transport)
}

// MismatchError says where a replay left the script. Its text is "transcript: NAME:LINE: what happened".
type MismatchError struct {
	Name string
	Line int    // of the script: the line not sent as written, or the one before which too much came; 0 for the end
	Got  []byte // what the side under test sent since the last comparison
	Want []byte // what the script says
	Text string // what happened, if it is not a difference of bytes
}

// Error shows the place, and both sides quoted.
func (e *MismatchError) Error() string {
	where := e.Name + ": at the end"
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.Name, e.Line)
	}
	if e.Text != "" {
		return fmt.Sprintf("transcript: %s: %s", where, e.Text)
	}
	return fmt.Sprintf("transcript: %s: sent\n got %q\nwant %q", where, e.Got, e.Want)
}

// Load parses every .txt file of dir, in the order of their names. It ends the test if there is none, or one cannot be read.
func Load(t testing.TB, dir string) []*Script {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		t.Fatalf("transcript: %v", err)
	}
	if len(names) == 0 {
		t.Fatalf("transcript: no script in %s", dir)
	}
	var scripts []*Script
	for _, name := range names {
		s, err := load(name)
		if err != nil {
			t.Fatal(err)
		}
		scripts = append(scripts, s)
	}
	return scripts
}

func load(name string) (*Script, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("transcript: %w", err)
	}
	defer f.Close()
	return Parse(filepath.Base(name), f)
}

// Run replays the script as subtests: whole, byte by byte, and cut at random with several seeds, which are named. Each replay has
// a new protocol and a new clock.
func Run(t *testing.T, s *Script, newProtocol func() reactor.Protocol, o Options) {
	t.Helper()
	seeds := o.Seeds
	if len(seeds) == 0 {
		seeds = []uint64{1, 2, 3, 4}
	}
	t.Run("whole", func(t *testing.T) { run(t, s, newProtocol(), reactortest.Whole, o) })
	t.Run("bytewise", func(t *testing.T) { run(t, s, newProtocol(), reactortest.Bytewise, o) })
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("random seed %d", seed), func(t *testing.T) {
			run(t, s, newProtocol(), reactortest.Random(t, seed), o)
		})
	}
}

func run(t *testing.T, s *Script, p reactor.Protocol, cut reactortest.Chunking, o Options) {
	t.Helper()
	tr := reactortest.NewTransport(nil)
	defer finish(tr)
	if err := Replay(s, tr, p, cut, o); err != nil {
		t.Fatal(err)
	}
	if o.After != nil {
		o.After(t, p, tr)
	}
}

// finish ends what the script has left open, so that the protocol can settle what it has promised.
func finish(tr *reactortest.Transport) {
	tr.AbortConnection()
	tr.Clock().Turn()
}

// Replay connects p to tr and plays the other side of the script, its bytes cut by cut. It compares what p sends, to the byte, each
// time the script turns from p to anything else, and at the end; the connection is left as it is then.
//
// Fails with: *MismatchError.
func Replay(s *Script, tr *reactortest.Transport, p reactor.Protocol, cut reactortest.Chunking, o Options) error {
	r := &replay{script: s, tr: tr, cut: cut, feed: Server}
	if o.AsServer {
		r.feed = Client
	}
	tr.SetTLS(o.TLS)
	tr.Connect(p)
	tr.Clock().Advance(0)
	for i := 0; i < len(s.Steps); {
		n, err := r.step(s.Steps[i:])
		if err != nil {
			return err
		}
		i += n
	}
	return r.compare(0)
}

// replay is one run through a script.
type replay struct {
	script *Script
	tr     *reactortest.Transport
	cut    reactortest.Chunking
	feed   Kind   // Server or Client: whose bytes are played
	expect []Step // what the side under test is to have sent by the next comparison
}

// step plays what comes next and answers how many steps that was.
func (r *replay) step(steps []Step) (n int, err error) {
	first := steps[0]
	if (first.Kind == Client || first.Kind == Server) && first.Kind != r.feed {
		r.expect = append(r.expect, first)
		return 1, nil
	}
	if err := r.compare(first.Line); err != nil {
		return 0, err
	}
	switch first.Kind {
	case Wait:
		r.tr.Clock().Advance(first.Wait)
	case Lose:
		r.tr.Lose(nil)
	case Abort:
		r.tr.Lose(&reactor.LossError{Kind: reactor.ErrConnectionLost, Err: syscall.ECONNRESET})
	case Closed:
		if !r.tr.Disconnecting() {
			return 0, &MismatchError{Name: r.script.Name, Line: first.Line, Text: "the connection is still open"}
		}
	default:
		return r.play(steps)
	}
	r.tr.Clock().Advance(0)
	return 1, nil
}

// play feeds a stretch of bytes to the side under test.
func (r *replay) play(steps []Step) (n int, err error) {
	if r.tr.Disconnecting() {
		return 0, &MismatchError{Name: r.script.Name, Line: steps[0].Line, Text: "the connection is closed already"}
	}
	var stretch []byte
	for n < len(steps) && steps[n].Kind == r.feed {
		stretch = append(stretch, steps[n].Data...)
		n++
	}
	for len(stretch) > 0 {
		k := r.cut.Next(len(stretch))
		r.tr.Receive(stretch[:k])
		r.tr.Clock().Advance(0)
		stretch = stretch[k:]
	}
	return n, nil
}

// compare holds what was sent since the last time against the script. line is where the replay stands; 0 is the end.
func (r *replay) compare(line int) error {
	got := r.tr.Take()
	var want []byte
	at := line
	for _, step := range r.expect {
		if have := got[min(len(want), len(got)):]; at == line && !bytes.HasPrefix(have, step.Data) {
			at = step.Line
		}
		want = append(want, step.Data...)
	}
	r.expect = nil
	if bytes.Equal(got, want) {
		return nil
	}
	return &MismatchError{Name: r.script.Name, Line: at, Got: got, Want: want}
}
