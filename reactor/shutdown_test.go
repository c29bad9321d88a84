package reactor_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

func TestStop(t *testing.T) {
	t.Run("R06 every connection is lost, then its factory told, then stopped; timers do not run", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		s := newStoried(func(net.Addr) reactor.Protocol { return p })
		p.gone = func(_ *probe, err error) { s.journal.add("connectionLost %v", err) }
		target := peer(t)
		l.connect(target.Addr(), s)
		far := accept(t, target)
		wait(t, p.up, "the connection")
		l.do(func() {
			_ = l.Stop()
			l.CallLater(0, func() { t.Error("a timer ran after the stop") })
			nothing(t, p.lost, "a loss inside Stop")
		})
		l.finish()
		const lost = "Connection to the other side was lost in a non-clean fashion."
		s.journal.want(t, "startFactory", "startedConnecting connecting", "buildProtocol",
			"connectionLost "+lost, "clientConnectionLost disconnected "+lost, "stopFactory")
		expectEnd(t, far)
	})
	t.Run("R06 ports are closed, their factories told", func(t *testing.T) {
		l := start(t)
		s := newStoried(nil)
		port := l.listen(s)
		l.finish()
		s.journal.want(t, "startFactory", "stopFactory")
		if c, err := net.Dial("tcp", port.Addr().String()); err == nil {
			_ = c.Close()
			t.Error("the port still takes connections")
		}
		wantFired(t, port.StopListening(), reactor.ErrNotListening)
	})
	t.Run("R06 attempts fail with ErrUserAbort, whatever they are doing", func(t *testing.T) {
		silent := peer(t)
		names := newBlockingResolver()
		l := start(t, reactor.WithResolver(names))
		c := clientOf(newProbe())
		hole := blackHole(t, "127.0.0.1", 0)
		l.do(func() {
			l.ConnectTCP("slow.example", 25, c)
			l.ConnectTCP("127.0.0.1", hole.Port, c)
			l.ConnectTLS("127.0.0.1", silent.Addr().(*net.TCPAddr).Port, c, nil)
		})
		wait(t, names.asked, "the lookup")
		far := accept(t, silent)
		if _, err := io.ReadFull(far, make([]byte, 5)); err != nil { // the TLS handshake has begun
			t.Fatal(err)
		}
		l.finish()
		if got := len(c.failed); got != 3 {
			t.Fatalf("got %d failures, want 3", got)
		}
		for range 3 {
			wantIs(t, <-c.failed, reactor.ErrUserAbort)
		}
	})
	t.Run("R06 an attempt after the stop is refused", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		c := clientOf(p)
		c.onLost = func(k *reactor.Connector, _ error) { wantIs(t, k.Connect(), reactor.ErrStopped) }
		target := peer(t)
		k := l.connect(target.Addr(), c)
		wait(t, p.up, "the connection")
		l.finish()
		wantIs(t, k.Connect(), reactor.ErrStopped)
		if k.State() != reactor.Disconnected {
			t.Errorf("the state is %v, want disconnected", k.State())
		}
	})
	t.Run("what was written before is flushed to a slow reader", func(t *testing.T) {
		l := start(t, reactor.WithFlushTimeout(guard))
		want := pattern(16<<20, 60)
		p := newProbe()
		far, _ := connected(t, l, p)
		l.do(func() {
			_, _ = p.Transport().Write(want)
			_ = l.Stop()
		})
		got, err := io.ReadAll(far)
		if err != nil {
			t.Errorf("got %v, want the end of the stream", err)
		}
		sameBytes(t, got, want)
		_ = far.Close()
		l.finish()
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionLost)
	})
	for _, limit := range []time.Duration{0, 20 * time.Millisecond} {
		t.Run(fmt.Sprintf("a reader that does not read holds it up for %v at most, and sees that something is missing", limit), func(t *testing.T) {
			l := start(t, reactor.WithFlushTimeout(limit))
			p := newProbe()
			far, _ := connected(t, l, p)
			l.do(func() {
				_, _ = p.Transport().Write(make([]byte, 32<<20))
				_ = l.Stop()
			})
			l.finish()
			wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionLost)
			expectReset(t, far)
		})
	}
	t.Run("a producer is stopped", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		connected(t, l, p)
		s := &streamer{}
		l.do(func() { _ = p.Transport().RegisterProducer(s, true) })
		l.finish()
		if s.stops != 1 {
			t.Errorf("got %d stops, want 1", s.stops)
		}
	})
	t.Run("from another goroutine, many at once: one answers nil", func(t *testing.T) {
		l := start(t)
		answers := make(chan error, 16)
		for range cap(answers) {
			go func() { answers <- l.Stop() }()
		}
		nils := 0
		for range cap(answers) {
			if wait(t, answers, "an answer of Stop") == nil {
				nils++
			}
		}
		if nils != 1 {
			t.Errorf("got %d times nil, want once", nils)
		}
	})
	t.Run("from DataReceived", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		p.data = func(p *probe, _ []byte) {
			_, _ = p.Transport().Write([]byte("farewell"))
			_ = l.Stop()
		}
		far, _ := connected(t, l, p)
		send(t, far, "x")
		wait(t, l.done, "Run to return")
		expect(t, far, "farewell")
		expectEnd(t, far)
	})
	t.Run("with a thousand connections", func(t *testing.T) {
		l := start(t)
		p := make(chan *probe, 1000)
		port := l.listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { q := newProbe(); p <- q; return q }))
		for range cap(p) {
			dial(t, port.Addr())
		}
		var all []*probe
		for range cap(p) {
			all = append(all, wait(t, p, "an accepted connection"))
		}
		l.finish()
		for _, q := range all {
			wantIs(t, wait(t, q.lost, "ConnectionLost"), reactor.ErrConnectionLost)
		}
	})
	t.Run("when the system has no poller to give, everybody is told", func(t *testing.T) {
		l := start(t)
		l.finish() // the runtime has what it needs for a loop
		r := reactor.New()
		s := newStoried(nil)
		port, err := r.ListenTCP(0, s, reactor.Interface("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		c := clientOf(newProbe())
		r.ConnectTCP("127.0.0.1", 1, c)
		err = withoutDescriptors(t, r.Run)
		wantIs(t, err, syscall.EMFILE)
		wantIs(t, wait(t, c.failed, "ClientConnectionFailed"), reactor.ErrUserAbort)
		s.journal.want(t, "startFactory", "stopFactory")
		wantFired(t, port.StopListening(), reactor.ErrNotListening)
		wantIs(t, r.Run(), reactor.ErrNotRestartable)
	})
}

func init() {
	children["signals"] = func() int {
		p := newProbe()
		p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("hello")) }
		p.gone = func(_ *probe, err error) { fmt.Println("lost:", err) }
		port, err := reactor.ListenTCP(0, p.serve(), reactor.Interface("127.0.0.1"))
		if err != nil {
			return 3
		}
		reactor.CallWhenRunning(func() {
			fmt.Println("addr:", port.Addr())
			reactor.CallLater(guard, func() { os.Exit(4) })
			reactor.ConnectTCP("127.0.0.1", port.Addr().(*net.TCPAddr).Port, clientOf(&hello{}))
		})
		_ = reactor.CallFromThread(func() { fmt.Println("running:", reactor.Running(), reactor.Default().Running()) })
		if err := reactor.Run(); err != nil {
			return 5
		}
		fmt.Println("stop:", reactor.Stop())
		return 0
	}
}

// hello says so when the server has greeted it.
type hello struct{ reactor.BaseProtocol }

func (*hello) DataReceived([]byte) { fmt.Println("connected") }

func TestSignals(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String()+" stops the default reactor in an orderly way", func(t *testing.T) {
			cmd := child(t, "signals")
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			var got []string
			for lines.Scan() {
				got = append(got, lines.Text())
				if lines.Text() == "connected" {
					if err := cmd.Process.Signal(signal); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("the child ended with %v, want success", err)
			}
			const want = "running: true true|connected|lost: Connection to the other side was lost in a non-clean fashion.|stop: Can't stop reactor that isn't running."
			if joined := strings.Join(got, "|"); !strings.HasPrefix(joined, "addr: 127.0.0.1:") || !strings.HasSuffix(joined, want) {
				t.Errorf("the child printed %q, want an address and then %q", joined, want)
			}
		})
	}
}
