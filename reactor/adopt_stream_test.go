package reactor_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/internal/engine"
)

// pipes is a process as a stream: its standard input and output.
type pipes struct {
	io.ReadCloser
	in io.WriteCloser
}

func (p *pipes) Write(b []byte) (int, error) { return p.in.Write(b) }
func (p *pipes) CloseWrite() error           { return p.in.Close() }
func (p *pipes) Close() error                { return errors.Join(p.ReadCloser.Close(), p.in.Close()) }

func TestAdoptReadWriter(t *testing.T) {
	t.Run("a net.Conn: there and back, addresses, the end", func(t *testing.T) {
		l, n, p := start(t), peer(t), newProbe()
		c := dial(t, n.Addr())
		far := accept(t, n)
		l.adopts(c, p.serve())
		wait(t, p.up, "the connection")
		l.do(func() {
			tr := p.Transport()
			if tr.LocalAddr().String() != c.LocalAddr().String() || tr.RemoteAddr().String() != n.Addr().String() || tr.Connector() != nil {
				t.Errorf("got %v to %v by %v, want %v to %v by nobody", tr.LocalAddr(), tr.RemoteAddr(), tr.Connector(), c.LocalAddr(), n.Addr())
			}
			_, _ = tr.Write([]byte("hello"))
		})
		expect(t, far, "hello")
		send(t, far, "welcome")
		if got := p.in.wait(t, 7); got != "welcome" {
			t.Errorf("got %q, want welcome", got)
		}
		_ = far.CloseWrite()
		if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
		}
		expectEnd(t, far)
		ended(t, "reactor.(*pump)")
	})
	t.Run("10 MiB through net.Pipe, both ways at the same time", func(t *testing.T) {
		l, p := start(t), newProbe()
		near, far := net.Pipe()
		there, back := pattern(10<<20, 1), pattern(10<<20, 2)
		p.made = func(p *probe) { _, _ = p.Transport().Write(there) }
		l.adopts(near, p.serve())
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = far.Write(back) })
		got := make([]byte, len(there))
		if _, err := io.ReadFull(far, got); err != nil {
			t.Error(err)
		}
		sameBytes(t, got, there)
		sameBytes(t, []byte(p.in.wait(t, len(back))), back)
		wg.Wait()
		_ = far.Close()
		if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
		}
	})
	t.Run("a process: LoseWriteConnection is the end of its input", func(t *testing.T) {
		l, h := start(t), newHalves()
		cmd := exec.Command("cat")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = cmd.Wait() }()
		text := pattern(1<<20, 3)
		h.made = func(p *probe) {
			_, _ = p.Transport().Write(text)
			p.Transport().(reactor.TCPTransport).LoseWriteConnection()
		}
		l.adopts(&pipes{out, in}, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return h }))
		if got := wait(t, h.told, "the end of our half"); got != "write" {
			t.Errorf("got %s, want write", got)
		}
		if got := wait(t, h.told, "the end of the other half"); got != "read" {
			t.Errorf("got %s, want read", got)
		}
		if err := wait(t, h.lost, "the end"); err != reactor.ErrConnectionDone {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
		}
		sameBytes(t, []byte(h.in.got()), text)
	})
	t.Run("the end of the input, and the protocol goes on writing", func(t *testing.T) {
		l, h, s := start(t), newHalves(), newStream()
		var written bytes.Buffer
		s.read = func([]byte) (int, error) { return 0, io.EOF }
		s.write = written.Write
		h.readLost = func() {
			_, _ = h.Transport().Write([]byte("last words"))
			h.Transport().LoseConnection()
		}
		l.adopts(s, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return h }))
		if err := wait(t, h.lost, "the end"); err != reactor.ErrConnectionDone {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
		}
		wait(t, s.closed, "the stream's Close")
		if written.String() != "last words" {
			t.Errorf("got %q, want last words", written.String())
		}
	})
	t.Run("LoseConnection waits for a stream that takes its time", func(t *testing.T) {
		l, p, s := start(t), newProbe(), newStream()
		step := make(chan struct{})
		var written bytes.Buffer
		s.write = func(b []byte) (int, error) { <-step; return written.Write(b) }
		text := pattern(1<<20, 4)
		p.made = func(p *probe) {
			_, _ = p.Transport().Write(text)
			p.Transport().LoseConnection()
		}
		l.adopts(s, p.serve())
		wait(t, p.up, "the connection")
		for open := true; open; {
			select {
			case step <- struct{}{}:
			case <-s.closed:
				open = false
			}
		}
		sameBytes(t, written.Bytes(), text)
		if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
		}
		if got := s.closes.Load(); got != 1 {
			t.Errorf("the stream was closed %d times, want once", got)
		}
	})
	t.Run("AbortConnection closes at once a stream that takes nothing", func(t *testing.T) {
		l, p, s := start(t), newProbe(), newStream()
		writing := make(chan struct{}, 1)
		s.write = func(b []byte) (int, error) { writing <- struct{}{}; <-s.closed; return 0, net.ErrClosed }
		p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("hello")) }
		l.adopts(s, p.serve())
		wait(t, p.up, "the connection")
		wait(t, writing, "the write")
		l.do(p.Transport().AbortConnection)
		wait(t, s.closed, "the stream's Close")
		if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionAborted {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionAborted)
		}
		ended(t, "reactor.(*pump)")
		if got := s.closes.Load(); got != 1 {
			t.Errorf("the stream was closed %d times, want once", got)
		}
	})
	t.Run("PauseProducing backs up to the stream", func(t *testing.T) {
		l, p, s := start(t), newProbe(), newStream()
		left := make(chan []byte, 64)
		for range cap(left) {
			left <- make([]byte, 32<<10)
		}
		s.read = func(b []byte) (int, error) {
			select {
			case piece := <-left:
				return copy(b, piece), nil
			default:
				return 0, io.EOF
			}
		}
		p.made = func(p *probe) { p.Transport().PauseProducing() }
		l.adopts(s, p.serve())
		wait(t, p.up, "the connection")
		blockedIn(t, "reactor.(*pump).read", "waitWrite")
		if len(left) == 0 || p.in.size() != 0 {
			t.Errorf("%d pieces are left and %d bytes received, want some left and none received", len(left), p.in.size())
		}
		l.do(p.Transport().ResumeProducing)
		p.in.wait(t, cap(left)*32<<10)
		if err := wait(t, p.lost, "the end"); err != reactor.ErrConnectionDone {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
		}
	})
}

// blockedIn waits until a goroutine has both functions on its stack.
func blockedIn(t testing.TB, outer, inner string) {
	t.Helper()
	stacks := make([]byte, 8<<20)
	for began := time.Now(); time.Since(began) < guard; {
		for stack := range bytes.SplitSeq(stacks[:runtime.Stack(stacks, true)], []byte("\n\n")) {
			if bytes.Contains(stack, []byte(outer)) && bytes.Contains(stack, []byte(inner)) {
				return
			}
		}
	}
	t.Fatalf("waited in vain for %s in %s", inner, outer)
}

func TestAdoptReadWriterFailures(t *testing.T) {
	broken := errors.New("the tunnel fell in")
	for _, test := range []struct {
		name string
		set  func(s *stream)
		is   []error
		text string
	}{
		{"a read fails, after some bytes", func(s *stream) {
			s.read = func(p []byte) (int, error) { return copy(p, "some bytes"), broken }
		}, []error{reactor.ErrConnectionLost, broken}, "Connection to the other side was lost in a non-clean fashion: the tunnel fell in."},
		{"a write fails", func(s *stream) {
			s.write = func([]byte) (int, error) { return 0, broken }
		}, []error{reactor.ErrConnectionLost, broken}, "Connection to the other side was lost in a non-clean fashion: the tunnel fell in."},
		{"a read makes no progress", func(s *stream) {
			s.read = func([]byte) (int, error) { return 0, nil }
		}, []error{reactor.ErrConnectionLost, io.ErrNoProgress}, "Connection to the other side was lost in a non-clean fashion: multiple Read calls return no data or error."},
		{"a read panics", func(s *stream) {
			s.read = func([]byte) (int, error) { panic(broken) }
		}, []error{reactor.ErrConnectionLost, broken}, "Connection to the other side was lost in a non-clean fashion: deferred: panic in a callback: the tunnel fell in."},
		{"a write panics", func(s *stream) {
			s.write = func([]byte) (int, error) { panic(broken) }
		}, []error{reactor.ErrConnectionLost, broken}, "Connection to the other side was lost in a non-clean fashion: deferred: panic in a callback: the tunnel fell in."},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, p, s := start(t), newProbe(), newStream()
			test.set(s)
			factory := &counted{Factory: p.serve()}
			p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("hello")) }
			l.adopts(s, factory)
			err := wait(t, p.lost, "the loss")
			wantIs(t, err, test.is...)
			wantText(t, err, test.text)
			wait(t, s.closed, "the stream's Close")
			ended(t, "reactor.(*pump)")
			if got := s.closes.Load(); got != 1 {
				t.Errorf("the stream was closed %d times, want once", got)
			}
			if test.name == "a read fails, after some bytes" && p.in.got() != "some bytes" {
				t.Errorf("got %q before the loss, want some bytes", p.in.got())
			}
			l.do(func() { factory.life.want(t, "start", "stop") })
		})
	}
	t.Run("the peer of a socket resets", func(t *testing.T) {
		l, n, p := start(t), peer(t), newProbe()
		c := dial(t, n.Addr())
		l.adopts(c, p.serve())
		wait(t, p.up, "the connection")
		reset(accept(t, n))
		wantIs(t, wait(t, p.lost, "the loss"), reactor.ErrConnectionLost, syscall.ECONNRESET)
	})
	t.Run("a protocol that panics closes the stream", func(t *testing.T) {
		l, p, s := start(t), newProbe(), newStream()
		p.made = func(*probe) { panic("made") }
		l.adopts(s, p.serve())
		var panicked *reactor.PanicError
		if err := wait(t, p.lost, "the loss"); !errors.As(err, &panicked) {
			t.Errorf("got %v, want the panic", err)
		}
		wait(t, s.closed, "the stream's Close")
	})
	t.Run("a factory that declines closes the stream", func(t *testing.T) {
		l, s := start(t), newStream()
		l.adopts(s, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil }))
		wait(t, s.closed, "the stream's Close")
	})
	t.Run("bad arguments", func(t *testing.T) {
		for name, f := range map[string]func(r *reactor.Reactor){
			"AdoptReadWriter: nil stream or factory": func(r *reactor.Reactor) { _ = r.AdoptReadWriter(nil, echoFactory) },
			"StandardIO: nil protocol":               func(r *reactor.Reactor) { _ = r.StandardIO(nil) },
		} {
			func() {
				defer func() {
					if got := recover(); got != "reactor: "+name {
						t.Errorf("got the panic %v, want %s", got, name)
					}
				}()
				f(reactor.New())
			}()
		}
	})
}

// noPoller is a system on which no reactor can run.
type noPoller struct {
	engine.System
	engine.Files
}

func (noPoller) Open(_, _ func()) (engine.Poller, error) { return nil, syscall.ENOMEM }

func TestAdoptReadWriterStop(t *testing.T) {
	t.Run("Stop waits for what was written", func(t *testing.T) {
		l, p, s := start(t, reactor.WithFlushTimeout(guard)), newProbe(), newStream()
		writing, goOn := make(chan struct{}, 1), make(chan struct{})
		var written bytes.Buffer
		s.write = func(b []byte) (int, error) { writing <- struct{}{}; <-goOn; return written.Write(b) }
		p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("last words")) }
		l.adopts(s, p.serve())
		wait(t, writing, "the write")
		_ = l.Stop()
		wantIs(t, wait(t, p.lost, "the loss"), reactor.ErrConnectionLost)
		nothing(t, l.done, "the end of Run")
		close(goOn)
		l.finish()
		if written.String() != "last words" {
			t.Errorf("got %q, want last words", written.String())
		}
	})
	t.Run("R06 the triggers during Shutdown come when UDP ports and streams are gone", func(t *testing.T) {
		l, p, u, s := start(t, reactor.WithFlushTimeout(guard)), newProbe(), newPackets(), newStream()
		order := u.life
		s.write = func(b []byte) (int, error) { order.add("wrote %s", b); return len(b), nil }
		p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("last words")) }
		l.adopts(s, p.serve())
		l.datagrams(u)
		l.do(func() {
			l.AddSystemEventTrigger(reactor.During, reactor.Shutdown, func() *deferred.Deferred[struct{}] {
				order.add("during")
				return nil
			})
		})
		wait(t, p.up, "the connection")
		l.finish()
		got := order.got()
		slices.Sort(got[:len(got)-1]) // the stream has a goroutine of its own
		if want := []string{"start", "stop", "wrote last words", "during"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("but not for ever", func(t *testing.T) {
		l, p, s := start(t, reactor.WithFlushTimeout(0)), newProbe(), newStream()
		writing := make(chan struct{}, 1)
		s.write = func([]byte) (int, error) { writing <- struct{}{}; <-s.closed; return 0, net.ErrClosed }
		p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("last words")) }
		l.adopts(s, p.serve())
		wait(t, writing, "the write")
		l.finish()
		wantIs(t, wait(t, p.lost, "the loss"), reactor.ErrConnectionLost)
		wait(t, s.closed, "the stream's Close")
		ended(t, "reactor.(*pump)")
	})
	t.Run("a reactor that cannot run closes what it was given", func(t *testing.T) {
		r := reactor.New(reactor.WithSystem(noPoller{engine.OS, engine.OS.(engine.Files)}))
		s, n := newStream(), peer(t)
		f := &counted{Factory: echoFactory}
		if err := errors.Join(r.AdoptReadWriter(s, f), r.AdoptStreamConnection(fileOf(t, dial(t, n.Addr())), f)); err != nil {
			t.Fatal(err)
		}
		wantIs(t, r.RunContext(context.Background()), syscall.ENOMEM)
		wait(t, s.closed, "the stream's Close")
		f.life.want(t, "start", "stop")
	})
}
