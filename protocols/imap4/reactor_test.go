package imap4_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

// What needs a reactor that runs: other goroutines, and panics.

// guard is how long a test waits for what must happen. It only ends a test that has failed.
const guard = time.Minute

// running is a reactor in a goroutine of its own, with a server listening.
type running struct {
	t       *testing.T
	r       *reactor.Reactor
	port    int
	servers chan *server
}

func run(t *testing.T, answers map[string]string) *running {
	t.Helper()
	w := &running{t: t, r: reactor.New(), servers: make(chan *server, 10)}
	port, err := w.r.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
		s := &server{answers: answers}
		w.servers <- s
		return s
	}), reactor.Interface("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	w.port = port.Addr().(*net.TCPAddr).Port
	stopped := make(chan error, 1)
	go func() { stopped <- w.r.Run() }()
	t.Cleanup(func() {
		w.do(func() { _ = w.r.Stop() })
		if err := <-stopped; err != nil {
			t.Errorf("Run: got %v, want nil", err)
		}
	})
	return w
}

// do runs f on the reactor and waits for its end.
func (w *running) do(f func()) {
	w.t.Helper()
	done := make(chan struct{})
	if err := w.r.CallFromThread(func() { defer close(done); f() }); err != nil {
		w.t.Fatal(err)
	}
	<-done
}

// connect answers a connected client and its server.
func (w *running) connect(f reactor.ClientFactory) *server {
	w.t.Helper()
	w.do(func() { w.r.ConnectTCP("127.0.0.1", w.port, f) })
	select {
	case s := <-w.servers:
		return s
	case <-time.After(guard):
		w.t.Fatal("no connection")
		return nil
	}
}

// await waits for a result in this goroutine.
func await[T any](t *testing.T, d *deferred.Deferred[T]) (T, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	v, err := d.Await(ctx)
	if ctx.Err() != nil {
		t.Fatal("no result")
	}
	return v, err
}

// clients makes clients and hands them over when they are connected and when they are lost.
type clients struct {
	reactor.BaseClientFactory
	listener imap4.Listener
	made     chan *imap4.Client
	lost     chan error
}

func newClients(l imap4.Listener) *clients {
	return &clients{listener: l, made: make(chan *imap4.Client, 1), lost: make(chan error, 1)}
}

func (f *clients) BuildProtocol(net.Addr) reactor.Protocol {
	d := &dialed{made: func(c *imap4.Client) { f.made <- c }}
	d.Listener, d.Options = f.listener, &imap4.Options{Pipelining: imap4.Serial}
	return d
}

func (f *clients) ClientConnectionLost(_ *reactor.Connector, reason error) { f.lost <- reason }

func TestAwait(t *testing.T) {
	w := run(t, answers)
	f := newClients(nil)
	w.connect(f)
	c := <-f.made
	var caps *deferred.Deferred[imap4.Capabilities]
	var out *deferred.Deferred[struct{}]
	w.do(func() { caps, out = c.GetCapabilities(), c.Logout() })
	got, err := await(t, caps)
	if want := "IMAP4rev1 SASL-IR IDLE AUTH=PLAIN AUTH=LOGIN SORT SORT=DISPLAY"; got.String() != want || err != nil {
		t.Errorf("capabilities: got [%v], %v, want [%s], nil", got, err, want)
	}
	if _, err := await(t, out); err != nil {
		t.Errorf("LOGOUT: got %v, want nil", err)
	}
	if reason := <-f.lost; reason != reactor.ErrConnectionDone {
		t.Errorf("lost: got %v, want %v", reason, reactor.ErrConnectionDone)
	}
}

func TestAwaitAByeThatIsStillEnding(t *testing.T) {
	w := run(t, map[string]string{"NOOP": "* BYE out\r\nTAG OK done\r\n"})
	f := newClients(nil)
	w.connect(f)
	c := <-f.made
	var waiting *deferred.Deferred[struct{}]
	w.do(func() {
		c.Noop()
		waiting = c.Noop()
	})
	_, err := await(t, waiting)
	var bye *imap4.ByeError
	if !errors.As(err, &bye) || bye.Text != "out" || errors.Is(err, reactor.ErrConnectionLost) {
		t.Errorf("NOOP: got %v, want the server's BYE", err)
	}
	<-f.lost
}

func TestCancelFromAnotherGoroutine(t *testing.T) {
	w := run(t, map[string]string{"CAPABILITY": answers["CAPABILITY"], "LOGOUT": answers["LOGOUT"]}) // no answer to NOOP
	f := newClients(nil)
	s := w.connect(f)
	c := <-f.made
	var sent, waits, out *deferred.Deferred[struct{}]
	var caps *deferred.Deferred[imap4.Capabilities]
	w.do(func() { sent, caps, waits, out = c.Noop(), c.GetCapabilities(), c.Noop(), c.Logout() })
	for _, d := range []*deferred.Deferred[struct{}]{waits, sent} {
		onLoop := false
		d.AddErrback(func(err error) (struct{}, error) {
			onLoop = deferred.OnLoop(w.r)
			return struct{}{}, err
		})
		d.Cancel()
		if _, err := await(t, d); !errors.Is(err, deferred.ErrCancelled) || !onLoop {
			t.Errorf("cancelled NOOP: got %v, on the reactor %v, want %v, true", err, onLoop, deferred.ErrCancelled)
		}
	}
	w.do(func() { s.say("A1 OK late\r\n") })
	if _, err := await(t, caps); err != nil {
		t.Errorf("CAPABILITY behind it: got %v, want nil", err)
	}
	if _, err := await(t, out); err != nil {
		t.Errorf("LOGOUT: got %v, want nil", err)
	}
	<-f.lost
	var heard []string
	w.do(func() { heard = s.heard })
	if want := []string{"A1 NOOP", "A2 CAPABILITY", "A4 LOGOUT"}; !slices.Equal(heard, want) {
		t.Errorf("the server heard %q, want %q", heard, want)
	}
}

// A panic in a Listener ends its own connection and fails its commands; the reactor and the other connections live.
func TestPanicOfAListenerEndsOneConnection(t *testing.T) {
	w := run(t, answers)
	bad, good := newClients(onExists{f: func() { panic("boom") }}), newClients(nil)
	w.connect(good)
	w.connect(bad)
	b, g := <-bad.made, <-good.made
	var first, second *deferred.Deferred[struct{}]
	w.do(func() { first, second = b.Noop(), b.Logout() })
	_, err := await(t, first)
	var panicked *deferred.PanicError
	if !errors.As(err, &panicked) || panicked.Value != "boom" || !asCommandError(t, err, "NOOP").Sent {
		t.Errorf("NOOP: got %v, want the panic, sent", err)
	}
	if _, err := await(t, second); !errors.As(err, &panicked) || asCommandError(t, err, "LOGOUT").Sent {
		t.Errorf("LOGOUT: got %v, want the panic, not sent", err)
	}
	if reason := <-bad.lost; !errors.As(reason, &panicked) {
		t.Errorf("lost: got %v, want the panic", reason)
	}
	var alive *deferred.Deferred[struct{}]
	w.do(func() { alive = g.Noop() })
	if _, err := await(t, alive); err != nil {
		t.Errorf("NOOP of the other connection: got %v, want nil", err)
	}
	w.do(func() { g.Logout() })
	<-good.lost
}
