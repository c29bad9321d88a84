package reactor_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// storied is a factory, client or server, that writes down all it hears.
type storied struct {
	*client
	journal *journal
	stopErr error
	stopped chan struct{} // has something for each StopFactory
}

func newStoried(build func(net.Addr) reactor.Protocol) *storied {
	s := &storied{client: newClient(build), journal: new(journal), stopped: make(chan struct{}, 64)}
	s.started = func(k *reactor.Connector) { s.journal.add("startedConnecting %v", k.State()) }
	s.onFail = func(k *reactor.Connector, err error) { s.journal.add("clientConnectionFailed %v %v", k.State(), err) }
	s.onLost = func(k *reactor.Connector, err error) { s.journal.add("clientConnectionLost %v %v", k.State(), err) }
	return s
}

func (s *storied) StartFactory() { s.journal.add("startFactory") }

func (s *storied) StopFactory() error {
	s.journal.add("stopFactory")
	s.stopped <- struct{}{}
	return s.stopErr
}

func (s *storied) BuildProtocol(a net.Addr) reactor.Protocol {
	s.journal.add("buildProtocol")
	return s.client.BuildProtocol(a)
}

// connected is a client protocol of l and the socket at its other end.
func connected(t testing.TB, l *loop, p *probe) (far *net.TCPConn, c *client) {
	t.Helper()
	target := peer(t)
	c = clientOf(p)
	l.connect(target.Addr(), c)
	far = accept(t, target)
	wait(t, p.up, "ConnectionMade")
	l.do(func() {}) // ConnectionMade has returned
	return far, c
}

func TestClientLife(t *testing.T) {
	const done = "Connection was closed cleanly."
	t.Run("T01 the server says bye and closes", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		s := newStoried(func(net.Addr) reactor.Protocol { return p })
		p.made = func(p *probe) { s.journal.add("connectionMade %v", p.Transport().Connector().State()) }
		p.data = func(_ *probe, data []byte) { s.journal.add("dataReceived %s", data) }
		p.gone = func(_ *probe, err error) { s.journal.add("connectionLost %v", err) }
		target := peer(t)
		l.connect(target.Addr(), s)
		far := accept(t, target)
		send(t, far, "bye")
		_ = far.Close()
		wait(t, s.stopped, "StopFactory")
		s.journal.want(t, "startFactory", "startedConnecting connecting", "buildProtocol", "connectionMade connected", "dataReceived bye",
			"connectionLost "+done, "clientConnectionLost disconnected "+done, "stopFactory")
	})
	t.Run("T02 refused: stopFactory comes last, buildProtocol never", func(t *testing.T) {
		l := start(t)
		s := newStoried(nil)
		l.connect(closedPort(t), s)
		wait(t, s.stopped, "StopFactory")
		s.journal.want(t, "startFactory", "startedConnecting connecting",
			"clientConnectionFailed disconnected Connection was refused by other side: 111: Connection refused.", "stopFactory")
	})
	t.Run("T07 connect in clientConnectionLost keeps the factory", func(t *testing.T) {
		l := start(t)
		s := newStoried(func(net.Addr) reactor.Protocol { return newProbe() })
		again := 2
		s.onLost = func(k *reactor.Connector, err error) {
			s.journal.add("clientConnectionLost")
			if again--; again > 0 {
				if err := k.Connect(); err != nil || k.State() != reactor.Connecting {
					t.Errorf("Connect answered %v and the state is %v, want nil and connecting", err, k.State())
				}
			}
		}
		target := peer(t)
		l.connect(target.Addr(), s)
		_ = accept(t, target).Close()
		_ = accept(t, target).Close()
		wait(t, s.stopped, "StopFactory")
		s.journal.want(t, "startFactory", "startedConnecting connecting", "buildProtocol", "clientConnectionLost",
			"startedConnecting connecting", "buildProtocol", "clientConnectionLost", "stopFactory")
	})
	t.Run("T07 connect in clientConnectionFailed, ten thousand times", func(t *testing.T) {
		l := start(t)
		left, over := 10_000, make(chan struct{})
		c := newClient(nil)
		c.failed = make(chan error, left+1)
		c.onFail = func(k *reactor.Connector, err error) {
			if left--; left == 0 {
				close(over)
				return
			}
			_ = k.Connect()
		}
		l.connect(closedPort(t), c)
		wait(t, over, "the last failure")
	})
	t.Run("T08 buildProtocol answers nothing: client", func(t *testing.T) {
		l := start(t)
		c := newClient(func(net.Addr) reactor.Protocol { return nil })
		target := peer(t)
		l.connect(target.Addr(), c)
		expectEnd(t, accept(t, target))
		if err := wait(t, c.lost, "ClientConnectionLost"); err != reactor.ErrConnectionDone {
			t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
		}
	})
	t.Run("T08 buildProtocol answers nothing: server", func(t *testing.T) {
		l := start(t)
		port := l.listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil }))
		expectEnd(t, dial(t, port.Addr()))
	})
	t.Run("T20 reset by the peer", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		far, c := connected(t, l, p)
		reset(far)
		for _, err := range []error{wait(t, p.lost, "ConnectionLost"), wait(t, c.lost, "ClientConnectionLost")} {
			wantIs(t, err, reactor.ErrConnectionLost, syscall.ECONNRESET)
			wantText(t, err, "Connection to the other side was lost in a non-clean fashion: 104: Connection reset by peer.")
			var loss *reactor.LossError
			if !errors.As(err, &loss) || errors.Is(err, reactor.ErrConnectionDone) || errors.Is(err, reactor.ErrConnectionAborted) {
				t.Errorf("got %#v, want a *LossError that is neither done nor aborted", err)
			}
		}
	})
	t.Run("a peer that resets before it is accepted is known by its address", func(t *testing.T) {
		r := reactor.New()
		seen := make(chan net.Addr, 1)
		p := newProbe()
		port, err := r.ListenTCP(0, reactor.FactoryFunc(func(a net.Addr) reactor.Protocol { seen <- a; return p }), reactor.Interface("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		c := dial(t, port.Addr())
		reset(c)
		run(t, r)
		if got, want := wait(t, seen, "BuildProtocol").String(), c.LocalAddr().String(); got != want {
			t.Errorf("BuildProtocol got %s, want %s", got, want)
		}
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionLost)
	})
}

func TestListen(t *testing.T) {
	t.Run("T11 port in use", func(t *testing.T) {
		l := start(t)
		busy := peer(t).Addr().(*net.TCPAddr).Port
		var err error
		l.do(func() { _, err = l.ListenTCP(busy, echoFactory, reactor.Interface("127.0.0.1")) })
		wantIs(t, err, reactor.ErrCannotListen, syscall.EADDRINUSE)
		wantText(t, err, fmt.Sprintf("Couldn't listen on 127.0.0.1:%d: [Errno 98] Address already in use.", busy))
		var le *reactor.ListenError
		if !errors.As(err, &le) || le.Port != busy {
			t.Errorf("got %#v, want a *ListenError for port %d", err, busy)
		}
	})
	t.Run("T11 bad arguments", func(t *testing.T) {
		r := reactor.New()
		for _, test := range []struct {
			port int
			on   string
			want string
		}{
			{70000, "", "Couldn't listen on any:70000: invalid port."},
			{-1, "", "Couldn't listen on any:-1: invalid port."},
			{25, "localhost", "Couldn't listen on localhost:25: not an IP address."},
			{0, "198.51.100.7", "Couldn't listen on 198.51.100.7:0: [Errno 99] Cannot assign requested address."},
		} {
			_, err := r.ListenTCP(test.port, echoFactory, reactor.Interface(test.on))
			wantIs(t, err, reactor.ErrCannotListen)
			wantText(t, err, test.want)
		}
	})
	t.Run("T12 port 0 gets a real one, also before Run", func(t *testing.T) {
		r := reactor.New()
		port, err := r.ListenTCP(0, echoFactory)
		if err != nil {
			t.Fatal(err)
		}
		if port.Addr().(*net.TCPAddr).Port == 0 {
			t.Errorf("got %v, want a port", port.Addr())
		}
		run(t, r)
		c := dial(t, port.Addr())
		send(t, c, "x")
		expect(t, c, "x")
	})
	t.Run("T13 stopListening frees the port and leaves open connections", func(t *testing.T) {
		l := start(t)
		port := l.listen(echoFactory)
		c := dial(t, port.Addr())
		send(t, c, "1")
		expect(t, c, "1")
		number := port.Addr().(*net.TCPAddr).Port
		l.do(func() {
			wantFired(t, port.StopListening(), nil)
			again, err := l.ListenTCP(number, echoFactory, reactor.Interface("127.0.0.1"))
			if err != nil {
				t.Fatalf("listening again: got %v, want nil", err)
			}
			err = wantFired(t, port.StopListening(), reactor.ErrNotListening)
			wantText(t, err, "The Port was not listening when it was asked to stop listening.")
			wantFired(t, again.StopListening(), nil)
		})
		send(t, c, "2")
		expect(t, c, "2")
		if c, err := net.Dial("tcp", port.Addr().String()); err == nil {
			_ = c.Close()
			t.Error("the stopped port still takes connections")
		}
	})
	t.Run("T13 stopListening in buildProtocol", func(t *testing.T) {
		l := start(t)
		ports := make(chan *reactor.Port, 1)
		port := l.listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
			(<-ports).StopListening()
			return &echo{}
		}))
		ports <- port
		c := dial(t, port.Addr())
		send(t, c, "last")
		expect(t, c, "last")
	})
	t.Run("T14 one factory on three ports", func(t *testing.T) {
		l := start(t)
		s := newStoried(nil)
		ports := []*reactor.Port{l.listen(s), l.listen(s), l.listen(s)}
		s.journal.want(t, "startFactory")
		l.do(func() {
			ports[1].StopListening()
			ports[0].StopListening()
			s.journal.want(t, "startFactory")
			ports[2].StopListening()
			s.journal.want(t, "startFactory", "stopFactory")
		})
	})
	t.Run("T15 stopFactory fails: the Deferred fails with it, and the factory can be used again", func(t *testing.T) {
		l := start(t)
		s := newStoried(nil)
		s.stopErr = errors.New("no")
		for range 2 {
			port := l.listen(s)
			l.do(func() { wantFired(t, port.StopListening(), s.stopErr) })
		}
		s.journal.want(t, "startFactory", "stopFactory", "startFactory", "stopFactory")
	})
	t.Run("a backlog of one, and of less than none", func(t *testing.T) {
		l := start(t)
		for _, n := range []int{1, -5} {
			c := dial(t, l.listen(echoFactory, reactor.Backlog(n)).Addr())
			send(t, c, "x")
			expect(t, c, "x")
		}
	})
	t.Run("a factory that cannot be compared is not counted, and does no harm", func(t *testing.T) {
		l := start(t)
		port := l.listen(uncomparable{extra: []int{1}})
		c := dial(t, port.Addr())
		send(t, c, "x")
		expect(t, c, "x")
		l.do(func() { wantFired(t, port.StopListening(), nil) })
	})
	t.Run("not while the reactor stops, nor afterwards", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		p.gone = func(*probe, error) {
			_, err := l.ListenTCP(0, echoFactory)
			wantIs(t, err, reactor.ErrCannotListen, reactor.ErrStopped)
		}
		connected(t, l, p)
		l.finish()
		_, err := l.ListenTCP(0, echoFactory)
		wantIs(t, err, reactor.ErrCannotListen, reactor.ErrStopped)
		wantText(t, err, "Couldn't listen on any:0: reactor: the reactor has stopped.")
	})
}

// uncomparable has a comparable type, but a content that is not.
type uncomparable struct{ extra any }

func (uncomparable) BuildProtocol(net.Addr) reactor.Protocol { return &echo{} }
func (uncomparable) StartFactory()                           {}

func wantFired(t testing.TB, d *deferred.Deferred[struct{}], want error) error {
	t.Helper()
	_, err, ok := d.Result()
	if !ok || !errors.Is(err, want) || want == nil && err != nil {
		t.Errorf("the Deferred has fired: %v, with %v; want true and %v", ok, err, want)
	}
	return err
}

func TestLoseConnection(t *testing.T) {
	t.Run("T16 everything written before arrives, a later write is refused", func(t *testing.T) {
		l := start(t)
		server, p := newProbe(), newProbe()
		want := strings.Repeat("0123456789", 30_000)
		server.made = func(p *probe) {
			_, _ = p.Transport().Write([]byte(want))
			p.Transport().LoseConnection()
			n, err := p.Transport().Write([]byte("too late"))
			wantIs(t, err, reactor.ErrWriteAfterClose)
			if n != 0 || !p.Transport().Disconnecting() {
				t.Errorf("got n = %d and disconnecting %v, want 0 and true", n, p.Transport().Disconnecting())
			}
			nothing(t, p.lost, "a loss inside LoseConnection")
		}
		port := l.listen(server.serve())
		l.connect(port.Addr(), clientOf(p))
		for _, side := range []*probe{server, p} {
			if err := wait(t, side.lost, "ConnectionLost"); err != reactor.ErrConnectionDone {
				t.Errorf("got %v, want %v", err, reactor.ErrConnectionDone)
			}
		}
		if got := p.in.got(); got != want {
			t.Errorf("got %d bytes, want the %d written", len(got), len(want))
		}
	})
	t.Run("T17 nothing is received afterwards, and never is ConnectionLost called inside", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		calls := 0
		p.data = func(p *probe, _ []byte) {
			calls++
			p.Transport().LoseConnection()
			nothing(t, p.lost, "a loss inside LoseConnection")
			_, _ = p.Transport().Write(nil)
		}
		far, _ := connected(t, l, p)
		l.do(func() {
			send(t, far, "first")
		})
		wait(t, p.lost, "ConnectionLost")
		if calls != 1 {
			t.Errorf("got %d calls of DataReceived, want 1", calls)
		}
	})
	t.Run("T17 the peer keeps sending while output is pending", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		p.data = func(*probe, []byte) { t.Error("DataReceived after LoseConnection") }
		far, _ := connected(t, l, p)
		want := pattern(20<<20, 1)
		l.do(func() {
			_, _ = p.Transport().Write(want)
			p.Transport().LoseConnection()
		})
		go func() {
			for err := error(nil); err == nil; {
				_, err = far.Write(want[:1<<16])
			}
		}()
		got, err := io.ReadAll(far)
		if err != nil {
			t.Errorf("the peer got %v, want the end of the stream", err)
		}
		sameBytes(t, got, want)
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
	})
	t.Run("T23 everything is ignored after the loss", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		ignored := func(p *probe, reason error) {
			tr := p.Transport().(reactor.TCPTransport)
			n, err := tr.Write([]byte("x"))
			wantIs(t, err, reactor.ErrWriteAfterClose)
			m, err := tr.WriteSequence([]byte("x"), []byte("y"))
			wantIs(t, err, reactor.ErrWriteAfterClose)
			wantIs(t, tr.SetNoDelay(true), reactor.ErrWriteAfterClose)
			wantIs(t, tr.SetKeepAlive(true), reactor.ErrWriteAfterClose)
			tr.LoseConnection()
			tr.AbortConnection()
			tr.StopProducing()
			tr.PauseProducing()
			tr.ResumeProducing()
			tr.UnregisterProducer()
			if n+m+tr.Buffered() != 0 || !tr.Disconnecting() {
				t.Errorf("got %d and %d bytes written, %d buffered, disconnecting %v", n, m, tr.Buffered(), tr.Disconnecting())
			}
			heard := false
			tr.OnLost(func(err error) { heard = err == reason })
			if !heard {
				t.Error("OnLost on a lost transport did not run at once, with the reason")
			}
		}
		p.gone = ignored
		far, c := connected(t, l, p)
		_ = far.Close()
		wait(t, c.lost, "ClientConnectionLost")
		l.do(func() { ignored(p, reactor.ErrConnectionDone) })
	})
	t.Run("socket options", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		connected(t, l, p)
		l.do(func() {
			tr := p.Transport().(reactor.TCPTransport)
			for _, on := range []bool{true, false} {
				if err := errors.Join(tr.SetNoDelay(on), tr.SetKeepAlive(on)); err != nil {
					t.Errorf("%v: got %v, want nil", on, err)
				}
			}
		})
	})
	t.Run("addresses and owners stay known", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		far, c := connected(t, l, p)
		_ = far.Close()
		wait(t, c.lost, "ClientConnectionLost")
		l.do(func() {
			tr := p.Transport()
			if tr.LocalAddr().String() != far.RemoteAddr().String() || tr.RemoteAddr().String() != far.LocalAddr().String() {
				t.Errorf("got %v and %v, want %v and %v", tr.LocalAddr(), tr.RemoteAddr(), far.RemoteAddr(), far.LocalAddr())
			}
			if tr.Reactor() != l.Reactor || tr.Connector() == nil || tr.Connector().Destination().String() != far.LocalAddr().String() {
				t.Error("Reactor or Connector is not that of the connection")
			}
		})
	})
	t.Run("OnLost runs first, in order of registration, with the same reason", func(t *testing.T) {
		l := start(t)
		var j journal
		p := newProbe()
		p.made = func(p *probe) {
			for i := range 3 {
				p.Transport().OnLost(func(err error) {
					j.add("%d %v", i, err)
					p.Transport().OnLost(func(error) { j.add("%d at once", i) })
				})
			}
		}
		p.gone = func(_ *probe, err error) { j.add("lost %v", err) }
		_, c := connected(t, l, p)
		l.do(p.Transport().AbortConnection)
		wait(t, c.lost, "ClientConnectionLost")
		const aborted = "Connection was aborted locally using ITCPTransport.abortConnection."
		j.want(t, "0 "+aborted, "0 at once", "1 "+aborted, "1 at once", "2 "+aborted, "2 at once", "lost "+aborted)
	})
}

func TestAbortConnection(t *testing.T) {
	t.Run("T18 what is buffered is dropped and the peer is reset", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		p.data = func(p *probe, _ []byte) {
			_, _ = p.Transport().Write(make([]byte, 32<<20))
			p.Transport().AbortConnection()
			nothing(t, p.lost, "a loss inside AbortConnection")
			if _, err := p.Transport().Write([]byte("x")); !errors.Is(err, reactor.ErrWriteAfterClose) {
				t.Errorf("got %v, want %v", err, reactor.ErrWriteAfterClose)
			}
		}
		far, _ := connected(t, l, p)
		send(t, far, "x")
		err := wait(t, p.lost, "ConnectionLost")
		wantIs(t, err, reactor.ErrConnectionAborted, reactor.ErrConnectionLost)
		wantText(t, err, "Connection was aborted locally using ITCPTransport.abortConnection.")
		expectReset(t, far)
	})
	t.Run("AbortWith is AbortConnection with a cause", func(t *testing.T) {
		cause := errors.New("the peer broke the rules")
		for _, test := range []struct {
			cause error
			want  string
		}{
			{cause, "Connection was aborted locally using ITCPTransport.abortConnection: the peer broke the rules."},
			{nil, "Connection was aborted locally using ITCPTransport.abortConnection."},
		} {
			l := start(t)
			p := newProbe()
			far, _ := connected(t, l, p)
			l.do(func() {
				p.Transport().AbortWith(test.cause)
				p.Transport().AbortWith(errors.New("too late"))
				nothing(t, p.lost, "a loss inside AbortWith")
			})
			err := wait(t, p.lost, "ConnectionLost")
			wantIs(t, err, reactor.ErrConnectionAborted, reactor.ErrConnectionLost)
			wantText(t, err, test.want)
			if test.cause != nil {
				wantIs(t, err, test.cause)
			}
			expectReset(t, far)
		}
	})
	t.Run("T18 between two reactor connections the peer is LOST", func(t *testing.T) {
		l := start(t)
		server, p := newProbe(), newProbe()
		server.data = func(p *probe, _ []byte) { p.Transport().AbortConnection() }
		p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("x")) }
		port := l.listen(server.serve())
		l.connect(port.Addr(), clientOf(p))
		wantIs(t, wait(t, server.lost, "ConnectionLost"), reactor.ErrConnectionAborted)
		err := wait(t, p.lost, "ConnectionLost")
		wantIs(t, err, reactor.ErrConnectionLost)
		if errors.Is(err, reactor.ErrConnectionAborted) {
			t.Error("the peer's reset matches ErrConnectionAborted")
		}
	})
	for name, f := range map[string]func(tr reactor.Transport){
		"T19 abort twice":      func(tr reactor.Transport) { tr.AbortConnection(); tr.AbortConnection() },
		"T19 abort, then lose": func(tr reactor.Transport) { tr.AbortConnection(); tr.LoseConnection() },
		"T19 lose, then abort": func(tr reactor.Transport) { tr.LoseConnection(); tr.AbortConnection() },
		"T19 abort while losing": func(tr reactor.Transport) {
			_, _ = tr.Write(make([]byte, 32<<20))
			tr.LoseConnection()
			tr.AbortConnection()
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := start(t)
			p := newProbe()
			far, c := connected(t, l, p)
			l.do(func() { f(p.Transport()) })
			wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionAborted)
			wantIs(t, wait(t, c.lost, "ClientConnectionLost"), reactor.ErrConnectionAborted)
			expectReset(t, far)
			l.finish()
			nothing(t, p.lost, "a second loss")
		})
	}
	t.Run("re-entrancy: ConnectTCP in ClientConnectionLost", func(t *testing.T) {
		l := start(t)
		second := newProbe()
		target := peer(t)
		p := newProbe()
		c := clientOf(p)
		c.onLost = func(*reactor.Connector, error) {
			l.ConnectTCP("127.0.0.1", target.Addr().(*net.TCPAddr).Port, clientOf(second))
		}
		l.connect(target.Addr(), c)
		wait(t, p.up, "the first connection")
		l.do(p.Transport().AbortConnection)
		wait(t, second.up, "the second connection")
	})
}
