package reactor_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// startGroup runs a group of n until the end of the test.
func startGroup(t *testing.T, n int) *reactor.Group {
	t.Helper()
	g := reactor.NewGroup(n)
	done := make(chan error, 1)
	var up sync.WaitGroup
	for _, r := range g.Reactors() {
		up.Add(1)
		r.CallWhenRunning(up.Done)
	}
	go func() { done <- g.Run() }()
	up.Wait()
	t.Cleanup(func() {
		_ = g.Stop()
		if err := wait(t, done, "Run"); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
	})
	return g
}

// counting is a factory that would be broken by two calls at once.
type counting struct {
	reactor.BaseClientFactory
	t       *testing.T
	inside  atomic.Int32
	started []string // no lock: the group promises that none is needed
	built   map[*reactor.Reactor]int
	onLost  func(c *reactor.Connector, reason error)
	lost    chan error
	proto   func() reactor.Protocol
}

func newCounting(t *testing.T, proto func() reactor.Protocol) *counting {
	return &counting{t: t, proto: proto, built: make(map[*reactor.Reactor]int), lost: make(chan error, 1000)}
}

func (c *counting) enter() func() {
	if c.inside.Add(1) != 1 {
		c.t.Error("two reactors are in the factory at once")
	}
	return func() { c.inside.Add(-1) }
}

func (c *counting) StartFactory() { defer c.enter()(); c.started = append(c.started, "start") }
func (c *counting) StopFactory() error {
	defer c.enter()()
	c.started = append(c.started, "stop")
	return nil
}

func (c *counting) BuildProtocol(net.Addr) reactor.Protocol {
	defer c.enter()()
	return &located{c: c, Protocol: c.proto()}
}

func (c *counting) ClientConnectionLost(k *reactor.Connector, reason error) {
	func() { defer c.enter()() }()
	if c.onLost != nil {
		c.onLost(k, reason)
	}
	c.lost <- reason
}

// located tells its factory where it lives.
type located struct {
	reactor.Protocol
	c *counting
}

var locating sync.Mutex

func (l *located) MakeConnection(t reactor.Transport) {
	locating.Lock()
	l.c.built[t.Reactor()]++
	locating.Unlock()
	if !deferred.OnLoop(t.Reactor()) {
		l.c.t.Error("a protocol is not on the goroutine of its reactor")
	}
	l.Protocol.MakeConnection(t)
}

func TestGroup(t *testing.T) {
	t.Run("accepted connections are spread, and each lives on its reactor", func(t *testing.T) {
		g := startGroup(t, 3)
		f := newCounting(t, func() reactor.Protocol { return &echo{} })
		p, err := g.ListenTCP(0, f, reactor.Interface("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		var raws []*net.TCPConn
		for i := range 30 {
			raw := dial(t, p.Addr())
			send(t, raw, fmt.Sprintf("%02d", i))
			expect(t, raw, fmt.Sprintf("%02d", i)) // placed, before the next one comes
			raws = append(raws, raw)
		}
		locating.Lock()
		for _, r := range g.Reactors() {
			if n := f.built[r]; n != 10 {
				t.Errorf("a reactor has %d of 30 connections, want 10", n)
			}
		}
		locating.Unlock()
		if _, err := p.StopListening().Await(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := net.Dial("tcp", p.Addr().String()); err == nil {
			t.Error("the port is still open")
		}
		send(t, raws[0], "alive")
		expect(t, raws[0], "alive")
	})
	t.Run("outgoing connections are spread; one factory, started and stopped once, reconnects where it was", func(t *testing.T) {
		g := startGroup(t, 2)
		l := peer(t)
		f := newCounting(t, func() reactor.Protocol { return &echo{} })
		again := atomic.Int32{}
		f.onLost = func(k *reactor.Connector, _ error) {
			if again.Add(1) <= 4 {
				if err := k.Connect(); err != nil {
					t.Errorf("Connect answered %v, want nil", err)
				}
			}
		}
		addr := l.Addr().(*net.TCPAddr)
		for range 4 {
			if err := g.ConnectTCP("127.0.0.1", addr.Port, f); err != nil {
				t.Fatal(err)
			}
		}
		for range 8 {
			raw := accept(t, l)
			send(t, raw, "x")
			expect(t, raw, "x")
			_ = raw.Close()
		}
		for range 8 {
			wait(t, f.lost, "a loss")
		}
		_ = g.Stop()
		for _, r := range g.Reactors() {
			for r.Running() { // until Run has returned
			}
		}
		if got := fmt.Sprint(f.started); got != "[start stop]" {
			t.Errorf("the factory was told %s, want [start stop]", got)
		}
		locating.Lock()
		total := 0
		for _, r := range g.Reactors() {
			if f.built[r] < 2 {
				t.Errorf("a reactor has had %d of 8 connections", f.built[r])
			}
			total += f.built[r]
		}
		locating.Unlock()
		if total != 8 {
			t.Errorf("%d connections were made, want 8", total)
		}
	})
	t.Run("a stopped group refuses, and a call that would wait for itself too", func(t *testing.T) {
		g := startGroup(t, 2)
		asked := make(chan error, 1)
		_ = g.Reactors()[1].CallFromThread(func() {
			_, err := g.ListenTCP(0, echoFactory)
			asked <- err
		})
		wantIs(t, wait(t, asked, "the answer"), reactor.ErrGroupGoroutine)
		p, err := g.ListenTCP(0, echoFactory, reactor.Interface("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		raw := dial(t, p.Addr())
		send(t, raw, "x")
		expect(t, raw, "x")
		if err := g.Stop(); err != nil {
			t.Errorf("Stop answered %v, want nil", err)
		}
		if _, err := io.ReadAll(raw); err != nil {
			t.Error(err)
		}
		for _, r := range g.Reactors() {
			for r.Running() { // until Run has returned
			}
		}
		wantIs(t, g.ConnectTCP("127.0.0.1", 1, newCounting(t, nil)), reactor.ErrStopped)
		_, err = g.ListenTCP(0, echoFactory)
		if !errors.Is(err, reactor.ErrStopped) {
			t.Errorf("ListenTCP answered %v, want %v", err, reactor.ErrStopped)
		}
		wantIs(t, g.Stop(), reactor.ErrNotRunning)
		_, err = p.StopListening().Await(t.Context())
		wantIs(t, err, reactor.ErrStopped)
	})
	t.Run("Stop before Run ends Run at once", func(t *testing.T) {
		g := reactor.NewGroup(2)
		wantIs(t, g.Stop(), reactor.ErrNotRunning)
		if err := g.Run(); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
	})
}

// TestGroupFactoriesOfEachOther has two factories that connect each other's Connector when an attempt fails, as a service with a
// stand-in does, on two reactors at the same time.
func TestGroupFactoriesOfEachOther(t *testing.T) {
	g := startGroup(t, 2)
	const rounds = 20
	var inside [2]atomic.Bool
	var factories [2]*client
	var connectors sync.Map // [2]any{reactor, factory}: *reactor.Connector
	on := func() int {
		for i, r := range g.Reactors() {
			if deferred.OnLoop(r) {
				return i
			}
		}
		return -1
	}
	failed := make(chan struct{}, 4*rounds)
	left := [2]int{rounds, rounds} // of each reactor
	for i := range factories {
		f := newClient(nil)
		f.failed = make(chan error, 4*rounds)
		f.started = func(k *reactor.Connector) { connectors.Store([2]int{on(), i}, k) }
		f.onFail = func(*reactor.Connector, error) {
			here := on()
			failed <- struct{}{}
			if left[here]--; left[here] < 0 {
				return
			}
			inside[here].Store(true)
			for range 1000 { // gives the other reactor the time to come here, too, if it can
				if inside[1-here].Load() {
					break
				}
				runtime.Gosched()
			}
			if other, ok := connectors.Load([2]int{here, 1 - i}); ok {
				_ = other.(*reactor.Connector).Connect()
			}
			inside[here].Store(false)
		}
		factories[i] = f
	}
	placed := make(chan struct{})
	for _, r := range g.Reactors() { // none fails, and makes room, before all have their places
		_ = r.CallFromThread(func() { <-placed })
	}
	for _, f := range factories {
		for range 2 { // one on each reactor
			if err := g.ConnectTCP("127.0.0.1", 0, f); err != nil {
				t.Error(err)
			}
		}
	}
	close(placed)
	for range 2 * rounds {
		wait(t, failed, "a failure")
	}
}

// TestGroupListenWhileRunBegins has nothing to wait for between the two.
func TestGroupListenWhileRunBegins(t *testing.T) {
	for range 50 {
		g, done := reactor.NewGroup(2), make(chan error, 1)
		go func() { done <- g.Run() }()
		p, err := g.ListenTCP(0, echoFactory, reactor.Interface("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		raw := dial(t, p.Addr())
		send(t, raw, "x")
		expect(t, raw, "x")
		_ = g.Stop()
		if err := wait(t, done, "Run"); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
	}
}

// TestGroupConnectorUsedAgain has a Connector connect again after the last use of its factory, when the factory has come into use anew.
func TestGroupConnectorUsedAgain(t *testing.T) {
	g := startGroup(t, 2)
	f := newCounting(t, func() reactor.Protocol { return &echo{} })
	connectors, lost := make(chan *reactor.Connector, 1), make(chan error, 1)
	f.onLost = func(k *reactor.Connector, _ error) { connectors <- k }
	l := peer(t)
	if err := g.ConnectTCP("127.0.0.1", l.Addr().(*net.TCPAddr).Port, f); err != nil {
		t.Fatal(err)
	}
	_ = accept(t, l).Close()
	k := wait(t, connectors, "the Connector")
	_ = k.Reactor().CallFromThread(func() { lost <- nil }) // behind the end of its use
	wait(t, lost, "the end of the first use")
	p, err := g.ListenTCP(0, f, reactor.Interface("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	f.onLost = nil
	again := make(chan error, 1)
	_ = k.Reactor().CallFromThread(func() { again <- k.Connect() })
	if err := wait(t, again, "Connect"); err != nil {
		t.Errorf("Connect answered %v, want nil", err)
	}
	raw := accept(t, l)
	send(t, raw, "x")
	expect(t, raw, "x")
	if _, err := p.StopListening().Await(t.Context()); err != nil {
		t.Error(err)
	}
	_ = g.Stop()
	for _, r := range g.Reactors() {
		for r.Running() { // until Run has returned
		}
	}
	if got := fmt.Sprint(f.started); got != "[start stop start stop]" {
		t.Errorf("the factory was told %s, want [start stop start stop]", got)
	}
}
