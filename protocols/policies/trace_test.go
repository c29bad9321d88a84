package policies_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestTrace(t *testing.T) {
	for _, tc := range []struct {
		name string
		role policies.Role
		want string
	}{
		{"as a client", policies.Client, "#1 S: ready\n#1 C: hello\n#2 S= \"\\x1b[31m\\r\\n\"\n#1 C: more\n#1 S= \"half\"\n"},
		{"as a server", policies.Server, "#1 C: ready\n#1 S: hello\n#2 C= \"\\x1b[31m\\r\\n\"\n#1 S: more\n#1 C= \"half\"\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			trace := policies.Trace(&out, tc.role)
			first, second := &plain{}, &plain{}
			tr1, tr2 := open(t, nil, trace(of(first))), open(t, nil, trace(of(second)))
			tr1.Receive([]byte("ready\r\n"))
			first.write("hello\r\n")
			tr2.Receive([]byte("\x1b[31m\r\n"))
			_, _ = first.Transport().WriteSequence([]byte("mo"), []byte("re\r\n"))
			tr1.Receive([]byte("half"))
			tr1.LoseConnection()
			first.write("refused\r\n")
			tr1.Clock().Turn()
			if got := out.String(); got != tc.want {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
			if got := string(tr1.Take()); got != "hello\r\nmore\r\n" {
				t.Errorf("written: got %q, want all of it", got)
			}
		})
	}
}

// closer notes that it was closed.
type closer struct {
	bytes.Buffer
	closed int
	err    error
}

func (c *closer) Close() error { c.closed++; return nil }

func (c *closer) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	return c.Buffer.Write(p)
}

// exploding is a writer that panics once it is armed.
type exploding struct{ armed bool }

func (e *exploding) Write(p []byte) (int, error) {
	if e.armed {
		panic("full")
	}
	return len(p), nil
}

func (e *exploding) Close() error { _, err := e.Write(nil); return err }

// TestTraceOfAWriterThatPanics: the protocol hears of the end all the same.
func TestTraceOfAWriterThatPanics(t *testing.T) {
	w, p := &exploding{}, &plain{}
	tr := open(t, nil, policies.Wrap(of(p), policies.TraceEach(func(net.Addr) io.WriteCloser { return w }, policies.Server)))
	tr.Receive([]byte("no end"))
	w.armed = true
	mustPanic(t, "full", func() { tr.Lose(nil) })
	expect(t, "events", p.events, []string{"transport", "made", "data no end", "lost Connection was closed cleanly."})
}

func TestTraceEach(t *testing.T) {
	t.Run("a writer for each, closed at the end", func(t *testing.T) {
		out := &closer{}
		var from []string
		trace := policies.TraceEach(func(addr net.Addr) io.WriteCloser {
			from = append(from, addr.String())
			return out
		}, policies.Server)
		p := &plain{}
		tr := open(t, nil, trace(of(p)))
		tr.Receive([]byte("hello\r\n"))
		p.write("welcome\r\nto")
		if out.closed != 0 {
			t.Error("closed too soon")
		}
		tr.Lose(nil)
		if got, want := out.String(), "C: hello\nS: welcome\nS= \"to\"\n"; got != want || out.closed != 1 {
			t.Errorf("got %q, closed %d times; want %q, once", got, out.closed, want)
		}
		expect(t, "from", from, []string{"192.0.2.2:143"})
	})
	t.Run("none for this one", func(t *testing.T) {
		p := &plain{}
		tr := open(t, nil, policies.TraceEach(func(net.Addr) io.WriteCloser { return nil }, policies.Client)(of(p)))
		tr.Receive([]byte("in"))
		p.write("out")
		tr.Lose(nil)
		expect(t, "events", p.events, []string{"transport", "made", "data in", "lost Connection was closed cleanly."})
	})
	t.Run("a writer that fails harms only the trace", func(t *testing.T) {
		out := &closer{err: errors.New("disk full")}
		p := &plain{}
		tr := open(t, nil, policies.TraceEach(func(net.Addr) io.WriteCloser { return out }, policies.Client)(of(p)))
		tr.Receive([]byte("in\r\n"))
		p.write("out\r\n")
		if got := string(tr.Take()); got != "out\r\n" {
			t.Errorf("written: got %q, want %q", got, "out\r\n")
		}
		tr.Lose(nil)
		if out.closed != 1 {
			t.Errorf("closed %d times, want once", out.closed)
		}
	})
	t.Run("nothing is opened for a connection that is not made", func(t *testing.T) {
		opened := 0
		f := policies.TraceEach(func(net.Addr) io.WriteCloser { opened++; return &closer{} }, policies.Client)(fresh)
		f.BuildProtocol(nil)
		if opened != 0 {
			t.Errorf("opened %d, want 0", opened)
		}
		reactortest.NewTransport(nil).Connect(f.BuildProtocol(nil))
		if opened != 1 {
			t.Errorf("opened %d, want 1", opened)
		}
	})
}
