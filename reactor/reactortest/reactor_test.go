package reactortest_test

import (
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

func newReactor(t *testing.T, options ...reactor.Option) *reactortest.Reactor {
	t.Helper()
	r := reactortest.NewReactor(options...)
	t.Cleanup(r.Close)
	return r
}

// listen has p accept on port 25.
func listen(t *testing.T, r *reactortest.Reactor, f reactor.Factory) *reactor.Port {
	t.Helper()
	port, err := r.ListenTCP(25, f)
	if err != nil {
		t.Fatalf("ListenTCP: got %v, want none", err)
	}
	return port
}

func TestReactorRunsAndStops(t *testing.T) {
	r := newReactor(t)
	if !r.Running() || r.Stopped() {
		t.Fatalf("at first: got running %v, stopped %v", r.Running(), r.Stopped())
	}
	ran := 0
	r.CallWhenRunning(func() { ran++ })
	r.CallLater(0, func() { ran++ })
	r.CallLater(time.Minute, func() { t.Error("a planned call ran after Stop") })
	_ = r.CallFromThread(func() { ran++ })
	if !r.Turn() || ran != 3 {
		t.Errorf("after a turn: got %d calls, want 3", ran)
	}
	if err := r.Stop(); err != nil || !r.Running() {
		t.Errorf("Stop: got %v, running %v; want none, true", err, r.Running())
	}
	r.Turn()
	if r.Running() || !r.Stopped() {
		t.Errorf("after the turn that stops: got running %v, stopped %v", r.Running(), r.Stopped())
	}
	if err := r.CallFromThread(func() {}); !errors.Is(err, reactor.ErrStopped) {
		t.Errorf("CallFromThread after the stop: got %v, want ErrStopped", err)
	}
	if r.Turn() {
		t.Error("Turn after the stop: got something to do, want nothing")
	}
	r.Advance(time.Hour)
}

func TestStopWaitsForWhatWasWritten(t *testing.T) {
	server := &recorder{onMade: func(r *recorder) { r.Transport().PauseProducing() }}
	client := &recorder{}
	other := newReactor(t)
	listen(t, other, serve(server))
	r := other.Network().NewReactor()
	r.ConnectTCP("192.0.2.1", 25, clientOf(client))
	r.Flush()
	r.Network().ConnOf(client.Transport()).SetWindow(10)
	_, _ = client.Transport().Write([]byte("more than ten bytes"))
	_ = r.Stop()
	r.Flush()
	if r.Stopped() {
		t.Fatal("got stopped before the flush timeout, want to wait")
	}
	client.expect(t, "transport", "made")
	r.Advance(reactor.DefaultFlushTimeout)
	client.expect(t, lost)
	if !r.Stopped() || r.Descriptors() != 0 {
		t.Errorf("got stopped %v, %d descriptors; want true, 0", r.Stopped(), r.Descriptors())
	}
}

func TestTheTestCountsAsTheReactorGoroutine(t *testing.T) {
	r := newReactor(t)
	if !deferred.OnLoop(r.Reactor) {
		t.Error("between two turns: got not on the loop, want on it")
	}
	inside := false
	r.CallLater(0, func() { inside = deferred.OnLoop(r.Reactor) })
	r.Turn()
	if !inside {
		t.Error("in a callback: got not on the loop, want on it")
	}
	d := deferred.New[int]().BindTo(r.Reactor)
	d.Cancel()
	if _, err, ok := d.Result(); !ok || !errors.Is(err, deferred.ErrCancelled) {
		t.Errorf("Cancel by the test: got %v %v, want it to act at once", err, ok)
	}
	t.Run("in a subtest", func(t *testing.T) {
		r.Turn()
		if !deferred.OnLoop(r.Reactor) {
			t.Error("got not on the loop, want on it after a turn")
		}
	})
	r.Turn()
	r.Close()
	if deferred.OnLoop(r.Reactor) {
		t.Error("after Close: got on the loop, want not")
	}
}

func TestCancelFromAnotherGoroutineComesWithTheNextTurn(t *testing.T) {
	r := newReactor(t)
	d := deferred.New[int]().BindTo(r.Reactor)
	done := make(chan struct{})
	go func() { defer close(done); d.Cancel() }()
	<-done
	if _, _, ok := d.Result(); ok {
		t.Error("before the turn: got a result, want none")
	}
	r.Turn()
	if _, err, _ := d.Result(); !errors.Is(err, deferred.ErrCancelled) {
		t.Errorf("after the turn: got %v, want ErrCancelled", err)
	}
}

func TestConversation(t *testing.T) {
	echo := func(r *recorder, data string) { _, _ = r.Transport().Write([]byte("re: " + data)) }
	for _, c := range []struct {
		name    string
		listen  func(r *reactortest.Reactor, f reactor.Factory) error
		connect func(r *reactortest.Reactor, f reactor.ClientFactory)
	}{
		{"TCP by address", listenOn(25), func(r *reactortest.Reactor, f reactor.ClientFactory) { r.ConnectTCP("192.0.2.1", 25, f) }},
		{"TCP by name", listenOn(25), func(r *reactortest.Reactor, f reactor.ClientFactory) { r.ConnectTCP("server.example", 25, f) }},
		{"TCP over IPv6", listenOn(25), func(r *reactortest.Reactor, f reactor.ClientFactory) { r.ConnectTCP("2001:db8::1", 25, f) }},
		{"TLS", func(r *reactortest.Reactor, f reactor.Factory) error {
			_, err := r.ListenTLS(993, f, serving())
			return err
		}, func(r *reactortest.Reactor, f reactor.ClientFactory) {
			r.ConnectTLS("server.example", 993, f, trusting())
		}},
		{"UNIX", func(r *reactortest.Reactor, f reactor.Factory) error {
			_, err := r.ListenUNIX("/run/server", f)
			return err
		}, func(r *reactortest.Reactor, f reactor.ClientFactory) { r.ConnectUNIX("/run/server", f) }},
		{"abstract UNIX", func(r *reactortest.Reactor, f reactor.Factory) error {
			_, err := r.ListenUNIX("@server", f)
			return err
		}, func(r *reactortest.Reactor, f reactor.ClientFactory) { r.ConnectUNIX("@server", f) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := reactortest.NewNetwork()
			t.Cleanup(n.Close)
			n.SetHost("server.example", "192.0.2.1")
			serving, dialling := n.NewReactor(), n.NewReactor()
			server := &recorder{onData: echo}
			client := &recorder{onMade: func(r *recorder) { _, _ = r.Transport().Write([]byte("hello")) }}
			if err := c.listen(serving, serve(server)); err != nil {
				t.Fatal(err)
			}
			c.connect(dialling, clientOf(client))
			n.Flush()
			server.expect(t, "transport", "made", "data hello")
			client.expect(t, "transport", "made", "data re: hello")
			if len(n.Conns()) != 1 {
				t.Errorf("connections: got %d, want 1", len(n.Conns()))
			}
			client.Transport().LoseConnection()
			n.Flush()
			client.expect(t, done)
			server.expect(t, done)
			n.Advance(time.Minute)
			if got := dialling.Descriptors(); got != 0 || len(n.Conns()) != 0 {
				t.Errorf("afterwards: got %d descriptors and %d connections, want 0 and 0", got, len(n.Conns()))
			}
		})
	}
}

func listenOn(port int) func(r *reactortest.Reactor, f reactor.Factory) error {
	return func(r *reactortest.Reactor, f reactor.Factory) error {
		_, err := r.ListenTCP(port, f)
		return err
	}
}

func TestConnectingFails(t *testing.T) {
	for _, c := range []struct {
		name, host string
		set        func(n *reactortest.Network)
		wait       time.Duration
		want       []error
	}{
		{"nobody listens", "192.0.2.1", nil, 0, []error{reactor.ErrConnectionRefused, syscall.ECONNREFUSED}},
		{"unknown name", "nobody.example", nil, 0, []error{reactor.ErrDNSLookup}},
		{"forgotten name", "server.example", func(n *reactortest.Network) {
			n.SetHost("server.example", "192.0.2.1")
			n.SetHost("server.example")
		}, 0, []error{reactor.ErrDNSLookup}},
		{"unreachable", "192.0.2.1", func(n *reactortest.Network) { n.Unreachable("192.0.2.1") }, 0, []error{reactor.ErrNoRoute, syscall.EHOSTUNREACH}},
		{"unreachable port", "192.0.2.1", func(n *reactortest.Network) { n.Unreachable("192.0.2.1:26") }, 0, []error{reactor.ErrNoRoute}},
		{"another port unreachable", "192.0.2.1", func(n *reactortest.Network) { n.Unreachable("192.0.2.1:27") }, 0, []error{reactor.ErrConnectionRefused}},
		{"reachable again", "192.0.2.1", func(n *reactortest.Network) {
			n.Unreachable("192.0.2.1")
			n.FailConnect("192.0.2.1", nil)
		}, 0, []error{reactor.ErrConnectionRefused}},
		{"no answer", "192.0.2.1", func(n *reactortest.Network) { n.BlackHole("192.0.2.1") }, 30 * time.Second, []error{reactor.ErrTimeout}},
		{"out of descriptors", "192.0.2.1", func(n *reactortest.Network) { n.FailConnect("192.0.2.1", syscall.EMFILE) }, 0, []error{syscall.EMFILE}},
		{"out of ports", "192.0.2.1", func(n *reactortest.Network) { n.FailConnect("192.0.2.1", syscall.EAGAIN) }, 0, []error{reactor.ErrConnect}},
		{"refusal takes its time", "192.0.2.1", func(n *reactortest.Network) { n.SetLatency(time.Second) }, time.Second, []error{reactor.ErrConnectionRefused}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReactor(t)
			if c.set != nil {
				c.set(r.Network())
			}
			f := clientOf(&recorder{})
			r.ConnectTCP(c.host, 26, f)
			if len(f.failed) > 0 {
				t.Error("got ClientConnectionFailed inside ConnectTCP, want it later")
			}
			r.Flush()
			if c.wait > 0 {
				r.Advance(c.wait - 1)
				if len(f.failed) > 0 {
					t.Errorf("before %v: got %v, want none", c.wait, f.failed)
				}
				r.Advance(1)
			}
			if len(f.failed) != 1 {
				t.Fatalf("got %v, want one failure", f.failed)
			}
			for _, want := range c.want {
				if !errors.Is(f.failed[0], want) {
					t.Errorf("got %v, want a match of %v", f.failed[0], want)
				}
			}
			if got := r.Descriptors(); got != 0 {
				t.Errorf("descriptors: got %d, want 0", got)
			}
		})
	}
}

func TestTheNextAddressIsTriedAfterAHeadStart(t *testing.T) {
	t.Run("T40 first address dead", func(t *testing.T) {
		r := newReactor(t)
		r.Network().SetHost("dual.example", "2001:db8::1", "192.0.2.1")
		r.Network().BlackHole("2001:db8::1")
		listen(t, r, serve(&recorder{}))
		client := &recorder{}
		r.ConnectTCP("dual.example", 25, clientOf(client))
		r.Advance(250*time.Millisecond - 1)
		client.expect(t)
		r.Advance(1)
		client.expect(t, "transport", "made")
		if got := client.Transport().RemoteAddr().String(); got != "192.0.2.1:25" {
			t.Errorf("connected to %s, want 192.0.2.1:25", got)
		}
		if got, want := r.Descriptors(), 4; got != want { // two sides, the port and its spare
			t.Errorf("descriptors: got %d, want %d", got, want)
		}
	})
}

func TestListeningFails(t *testing.T) {
	r := newReactor(t)
	port := listen(t, r, serve(&recorder{}))
	for _, c := range []struct {
		name    string
		port    int
		options []reactor.ListenOption
		want    error
	}{
		{"T11 port in use", 25, nil, syscall.EADDRINUSE},
		{"port in use on all interfaces", 25, []reactor.ListenOption{reactor.Interface("192.0.2.1")}, syscall.EADDRINUSE},
		{"another port", 26, nil, nil},
		{"T12 any port", 0, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := r.ListenTCP(c.port, serve(&recorder{}), c.options...)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil && p.Addr().(*net.TCPAddr).Port == 0 {
				t.Error("got port 0, want a real one")
			}
		})
	}
	t.Run("T13 the port is free after StopListening", func(t *testing.T) {
		port.StopListening()
		if _, err := r.ListenTCP(25, serve(&recorder{})); err != nil {
			t.Errorf("got %v, want none", err)
		}
	})
	t.Run("a UNIX name that somebody has", func(t *testing.T) {
		first, err := r.ListenUNIX("/run/x", serve(&recorder{}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ListenUNIX("/run/x", serve(&recorder{})); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("got %v, want EADDRINUSE", err)
		}
		first.StopListening()
		f := clientOf(&recorder{})
		r.ConnectUNIX("/run/x", f)
		r.Flush()
		if len(f.failed) != 1 || !errors.Is(f.failed[0], syscall.ENOENT) {
			t.Errorf("connecting after that: got %v, want ENOENT", f.failed)
		}
	})
}

func TestTLSFailures(t *testing.T) {
	for _, c := range []struct {
		name   string
		config *tls.Config
		want   error
	}{
		{"unknown authority", &tls.Config{}, reactor.ErrTLSUnknownAuthority},
		{"wrong name", withName(trusting(), "other.example"), reactor.ErrTLSWrongName},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReactor(t)
			r.Network().SetHost("server.example", "192.0.2.1")
			if _, err := r.ListenTLS(993, serve(&recorder{}), serving()); err != nil {
				t.Fatal(err)
			}
			f := clientOf(&recorder{})
			r.ConnectTLS("server.example", 993, f, c.config)
			r.Flush()
			if len(f.failed) != 1 || !errors.Is(f.failed[0], c.want) {
				t.Errorf("got %v, want %v", f.failed, c.want)
			}
		})
	}
	t.Run("silence is a timeout of the clock", func(t *testing.T) {
		r := newReactor(t)
		listen(t, r, serve(&recorder{}))
		f := clientOf(&recorder{})
		r.ConnectTLS("192.0.2.1", 25, f, trusting(), reactor.Timeout(time.Minute))
		r.Advance(time.Minute - 1)
		if len(f.failed) != 0 {
			t.Fatalf("got %v before the time, want none", f.failed)
		}
		r.Advance(1)
		if len(f.failed) != 1 || !errors.Is(f.failed[0], reactor.ErrTimeout) {
			t.Errorf("got %v, want ErrTimeout", f.failed)
		}
	})
}

func withName(c *tls.Config, name string) *tls.Config {
	c.ServerName = name
	return c
}

func TestDescriptorsRunOut(t *testing.T) {
	t.Run("T38 the peer is turned away, and accepting goes on", func(t *testing.T) {
		n := reactortest.NewNetwork()
		t.Cleanup(n.Close)
		serving, dialling := n.NewReactor(), n.NewReactor()
		server := &recorder{}
		listen(t, serving, serve(server))
		n.Flush()
		serving.LimitDescriptors(2) // the port and its spare
		first, second := &recorder{}, &recorder{}
		dialling.ConnectTCP("192.0.2.1", 25, clientOf(first))
		n.Flush()
		first.expect(t, "transport", "made", done)
		server.expect(t)
		serving.LimitDescriptors(0)
		dialling.ConnectTCP("192.0.2.1", 25, clientOf(second))
		n.Flush()
		server.expect(t, "transport", "made")
	})
	t.Run("connecting fails", func(t *testing.T) {
		r := newReactor(t)
		listen(t, r, serve(&recorder{}))
		r.LimitDescriptors(2)
		f := clientOf(&recorder{})
		r.ConnectTCP("192.0.2.1", 25, f)
		r.Flush()
		if len(f.failed) != 1 || !errors.Is(f.failed[0], syscall.EMFILE) {
			t.Errorf("got %v, want EMFILE", f.failed)
		}
	})
}

func TestLeft(t *testing.T) {
	r := newReactor(t)
	r.CallLater(time.Minute, func() {})
	r.CallLater(time.Second, func() {})
	listen(t, r, serve(&recorder{}))
	r.ConnectTCP("192.0.2.1", 25, clientOf(&recorder{}))
	r.Network().BlackHole("192.0.2.2")
	r.ConnectTCP("192.0.2.2", 25, clientOf(&recorder{}))
	r.Flush()
	got := r.Left()
	want := []string{"call of reactor_test.go:", "call of reactor_test.go:", "attempt to connect to 192.0.2.2:25",
		"connection from 192.0.2.1:25 to 192.0.2.1:4", "connection from 192.0.2.1:4", "port [::]:25"}
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if !strings.HasSuffix(got[0], "planned in 1s") {
		t.Errorf("the first call: got %q, want the one in 1s", got[0])
	}
	if r.Pending() != 2 {
		t.Errorf("Pending: got %d, want 2", r.Pending())
	}
}

func TestMisuseOfReactor(t *testing.T) {
	for name, misuse := range map[string]func(r *reactortest.Reactor){
		"negative Advance":    func(r *reactortest.Reactor) { r.Advance(-1) },
		"Flush in a callback": func(r *reactortest.Reactor) { inCallback(r, r.Flush) },
		"Turn in a callback":  func(r *reactortest.Reactor) { inCallback(r, func() { r.Turn() }) },
		"a livelock": func(r *reactortest.Reactor) {
			var again func()
			again = func() { r.CallLater(0, again) }
			r.CallLater(0, again)
			defer func() { again = func() {} }()
			r.Flush()
		},
		"an address that is none": func(r *reactortest.Reactor) { r.Network().SetHost("a", "b") },
	} {
		t.Run(name, func(t *testing.T) {
			r := newReactor(t)
			defer func() {
				if recover() == nil {
					t.Error("got no panic, want one")
				}
			}()
			misuse(r)
		})
	}
}

// inCallback passes the panic of f on.
func inCallback(r *reactortest.Reactor, f func()) {
	var p any
	r.CallLater(0, func() {
		defer func() { p = recover() }()
		f()
	})
	r.Flush()
	if p != nil {
		panic(p)
	}
}

func TestACallbackMayEndTheTest(t *testing.T) {
	fake := &fakeTB{TB: t}
	fake.run(func() {
		r := reactortest.NewReactor()
		fake.Cleanup(r.Close)
		r.CallLater(0, func() { fake.Fatalf("enough") })
		r.Flush()
		t.Error("got past Flush, want the end of the test")
	})
	fake.want(t, "enough")
}
