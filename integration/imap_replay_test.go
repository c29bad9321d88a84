package integration

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/internal/transcript"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// TestIMAPReplay runs every case on what was recorded of each server: nothing needs to be installed.
func TestIMAPReplay(t *testing.T) {
	for i := range serverKinds {
		k := &serverKinds[i]
		for _, c := range allCases() {
			if _, err := os.Stat(k.file(c)); c.live || err != nil {
				continue
			}
			t.Run(k.product+"/"+c.name, func(t *testing.T) {
				script, user := loadRecording(t, k.file(c))
				t.Run("whole", func(t *testing.T) { replayCase(t, k, c, script, user, reactortest.Whole) })
				t.Run("random", func(t *testing.T) { replayCase(t, k, c, script, user, reactortest.Random(t, 1)) })
			})
		}
	}
}

// TestIMAPRecorded holds the recordings to the table of cases.
func TestIMAPRecorded(t *testing.T) {
	wanted := map[string]bool{}
	for _, c := range allCases() {
		found := false
		for i := range serverKinds {
			file := serverKinds[i].file(c)
			_, err := os.Stat(file)
			found = found || err == nil
			wanted[file] = !c.live
		}
		if found == c.live {
			t.Errorf("case %q: got recorded = %v, want %v (go test ./integration -run TestIMAP -update)", c.name, found, !c.live)
		}
	}
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("recordings: got %v, %v, want some", files, err)
	}
	for _, file := range files {
		if !wanted[file] {
			t.Errorf("%s: got a recording of no case, want none", file)
		}
	}
}

// loadRecording answers the conversation and the user whose it was.
func loadRecording(t *testing.T, file string) (*transcript.Script, mailservers.User) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	script, err := transcript.Parse(filepath.Base(file), bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "# user: "); ok {
			return script, mailservers.User{Name: name, Password: "pass"}
		}
	}
	t.Fatalf("%s: got no user, want one", file)
	return nil, mailservers.User{}
}

// player is the server of a recording. What the client sends is seen as its trace shows it, so that secrets compare as ***.
type player struct {
	script *transcript.Script
	sent   []byte // by the client, and not compared yet
	deflater
}

// Client notes what the client sends.
func (p *player) Client(b []byte) { p.sent = append(p.sent, b...) }

// Server has nothing to note.
func (p *player) Server([]byte) {}

// deflater compresses what the server sends, once COMPRESS was agreed upon.
type deflater struct {
	asked bool
	out   bytes.Buffer
	w     *flate.Writer
}

func (d *deflater) compress(b []byte) []byte {
	if d.w == nil {
		return b
	}
	d.out.Reset()
	_, _ = d.w.Write(b)
	_ = d.w.Flush()
	return bytes.Clone(d.out.Bytes())
}

// replayCase runs a case against a recording; how the bytes come is cut by cut.
func replayCase(t *testing.T, k *serverKind, c imapCase, script *transcript.Script, user mailservers.User, cut reactortest.Chunking) {
	p := &player{script: script}
	options := &imap4.Options{ID: selfID, Trace: p, Pipelining: imap4.Serial, AllowInsecureAuth: true}
	client := &imap4.Client{Options: options}
	e := &env{heard: &heard{}, t: t, user: user, kind: k, c: client}
	tr := reactortest.NewTransport(nil)
	defer func() {
		tr.AbortConnection()
		tr.Clock().Turn()
	}()
	tr.Connect(client)
	over := deferred.Inline(func(y *deferred.Yield) (struct{}, error) {
		e.y = y
		e.play(c)
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
		t.Errorf("got to the end of the recording, want the end of the case; the event it waits for: %q", e.waitsFor)
	case len(p.sent) > 0:
		t.Errorf("at the end: got %q sent besides, want nothing", p.sent)
	}
}

// run plays the script. The client may be ahead of it: whether it sends before or behind what comes unasked is chance.
func (p *player) run(tr *reactortest.Transport, cut reactortest.Chunking) error {
	tr.Clock().Advance(0)
	var stretch []byte
	for _, step := range p.script.Steps {
		switch step.Kind {
		case transcript.Client:
			p.feed(tr, cut, stretch)
			stretch = nil
			if err := p.expect(step); err != nil {
				return err
			}
		case transcript.Server:
			stretch = append(stretch, step.Data...)
		default:
			return fmt.Errorf("%s:%d: got a step that no recording has, want only C and S", p.script.Name, step.Line)
		}
	}
	p.feed(tr, cut, stretch)
	return nil
}

func (p *player) expect(step transcript.Step) error {
	n := len(step.Data)
	if len(p.sent) < n || !bytes.Equal(p.sent[:n], step.Data) {
		got := p.sent[:min(n+80, len(p.sent))]
		return &transcript.MismatchError{Name: p.script.Name, Line: step.Line, Got: got, Want: step.Data}
	}
	p.sent = p.sent[n:]
	p.asked = p.asked || bytes.HasSuffix(step.Data, []byte(" COMPRESS DEFLATE\r\n"))
	return nil
}

func (p *player) feed(tr *reactortest.Transport, cut reactortest.Chunking, data []byte) {
	agreed := p.asked && p.w == nil && bytes.Contains(data, []byte(" OK "))
	data = p.compress(data)
	for len(data) > 0 && !tr.Disconnecting() {
		n := cut.Next(len(data))
		tr.Receive(data[:n])
		tr.Clock().Advance(0)
		data = data[n:]
	}
	if agreed {
		p.w, _ = flate.NewWriter(&p.out, flate.DefaultCompression)
	}
}

// A client that does something else than what was recorded is found out.
func TestIMAPReplayFails(t *testing.T) {
	script, err := transcript.Parse("x.txt", strings.NewReader("S: * PREAUTH [CAPABILITY IMAP4rev1] x\nC: A1 NOOP\nS: A1 OK x\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		run  func(c *imap4.Client)
		ok   bool
	}{
		{"the same", func(c *imap4.Client) { c.Noop() }, true},
		{"another command", func(c *imap4.Client) { c.Namespace() }, false},
		{"nothing", func(*imap4.Client) {}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &player{script: script}
			client := &imap4.Client{Options: &imap4.Options{Trace: p}}
			tr := reactortest.NewTransport(nil)
			var _ reactor.Protocol = client
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
