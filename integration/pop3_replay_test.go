package integration

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/internal/transcript"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor/reactortest"
)

// maxBytewise is how large a recording may be to be replayed byte by byte, too, which takes its time.
const maxBytewise = 4 << 10

// TestPOP3Replay runs every case on what was recorded of each server: nothing needs to be installed.
func TestPOP3Replay(t *testing.T) {
	for _, k := range popServers() {
		for _, c := range popCases() {
			if _, err := os.Stat(k.file(c)); c.live || err != nil {
				continue
			}
			t.Run(k.product+"/"+c.name, func(t *testing.T) {
				script, user := loadRecording(t, k.file(c))
				t.Run("whole", func(t *testing.T) { replayPop(t, k, c, script, user, reactortest.Whole) })
				t.Run("random", func(t *testing.T) { replayPop(t, k, c, script, user, reactortest.Random(t, 1)) })
				if info, err := os.Stat(k.file(c)); err == nil && info.Size() <= maxBytewise {
					t.Run("bytewise", func(t *testing.T) { replayPop(t, k, c, script, user, reactortest.Bytewise) })
				}
			})
		}
	}
}

// TestPOP3Recorded holds the recordings to the table of cases.
func TestPOP3Recorded(t *testing.T) {
	wanted := map[string]bool{}
	for _, c := range popCases() {
		found := false
		for _, k := range popServers() {
			_, err := os.Stat(k.file(c))
			found = found || err == nil
			wanted[k.file(c)] = !c.live
		}
		if found == c.live {
			t.Errorf("case %q: got recorded = %v, want %v (go test ./integration -run TestPOP3 -update)", c.name, found, !c.live)
		}
	}
	files, err := filepath.Glob("testdata/pop3/*/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("recordings: got %v, %v, want some", files, err)
	}
	for _, file := range files {
		if !wanted[file] {
			t.Errorf("%s: got a recording of no case, want none", file)
		}
	}
}

// replayPop runs a case against a recording; how the bytes come is cut by cut.
func replayPop(t *testing.T, k popServer, c popCase, script *transcript.Script, user mailservers.User, cut reactortest.Chunking) {
	p := &player{script: script}
	client := &pop3.Client{Options: c.options(p)}
	e := &env{heard: &heard{}, t: t, user: user, kind: k.serverKind}
	tr := reactortest.NewTransport(nil)
	defer func() {
		tr.AbortConnection()
		tr.Clock().Turn()
	}()
	tr.Connect(client)
	over := deferred.Inline(func(y *deferred.Yield) (struct{}, error) {
		e.y = y
		e.playPop(c, client)
		return struct{}{}, nil
	})
	ended := false
	over.Handle(func(struct{}) { ended = true }, func(err error) {
		ended = true
		if err := result(err); err != nil {
			t.Error(err)
		}
	})
	err := p.run(tr, cut)
	switch {
	case t.Failed():
	case err != nil:
		t.Error(err)
	case !ended:
		t.Error("got to the end of the recording, want the end of the case")
	case len(p.sent) > 0:
		t.Errorf("at the end: got %q sent besides, want nothing", p.sent)
	}
}

// A client that does something else than what was recorded is found out.
func TestPOP3ReplayFails(t *testing.T) {
	script, err := transcript.Parse("x.txt", strings.NewReader("S: +OK x\nC: CAPA\nS: -ERR x\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		run  func(c *pop3.Client)
		ok   bool
	}{
		{"the same", func(c *pop3.Client) { c.Capa() }, true},
		{"another command", func(c *pop3.Client) { c.Quit() }, false},
		{"nothing", func(*pop3.Client) {}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &player{script: script}
			client := &pop3.Client{Options: &pop3.Options{Trace: p}}
			tr := reactortest.NewTransport(nil)
			tr.Connect(client)
			tt.run(client)
			err := p.run(tr, reactortest.Whole)
			var mismatch *transcript.MismatchError
			if (err == nil) != tt.ok || err != nil && !errors.As(err, &mismatch) {
				t.Errorf("got %v, want ok = %v", err, tt.ok)
			}
		})
	}
}
