package endpoints_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// guard is how long a test waits for what must happen. It only ends a test that has failed.
const guard = time.Minute

// wait receives from ch, and fails the test if that takes for ever.
func wait[T any](t testing.TB, ch <-chan T, what string) T {
	t.Helper()
	timer := time.NewTimer(guard)
	defer timer.Stop()
	select {
	case v := <-ch:
		return v
	case <-timer.C:
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// loop is a reactor that runs in a goroutine of its own until the end of the test.
type loop struct {
	*reactor.Reactor
	t testing.TB
}

func start(t testing.TB, options ...reactor.Option) *loop {
	t.Helper()
	l := &loop{Reactor: reactor.New(options...), t: t}
	up, done := make(chan struct{}), make(chan error, 1)
	l.CallWhenRunning(func() { close(up) })
	go func() { done <- l.Run() }()
	wait(t, up, "the reactor to run")
	t.Cleanup(func() {
		_ = l.Stop()
		if err := wait(t, done, "Run to return"); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
	})
	return l
}

// do runs f on the reactor goroutine and waits for it.
func (l *loop) do(f func()) {
	l.t.Helper()
	done := make(chan struct{})
	if err := l.CallFromThread(func() { defer close(done); f() }); err != nil {
		l.t.Fatalf("CallFromThread answered %v, want nil", err)
	}
	wait(l.t, done, "a call on the reactor goroutine")
}

// lookedUp waits until no name is looked up any more, and what was found is the reactor's.
func (l *loop) lookedUp() {
	l.t.Helper()
	stacks := make([]byte, 8<<20)
	for began := time.Now(); bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("(*attempt).lookUp")); {
		if time.Since(began) > guard {
			l.t.Fatal("waited in vain for the end of the name lookup")
		}
	}
	l.do(func() {})
}

// connect has ep connect p.
func (l *loop) connect(ep endpoints.ClientEndpoint, p reactor.Protocol) *outcome {
	l.t.Helper()
	var o *outcome
	l.do(func() { o = observe(ep.Connect(serve(p))) })
	return o
}

// listen has ep listen, until the end of the test, and answers where.
func (l *loop) listen(ep endpoints.ServerEndpoint, f reactor.Factory) net.Addr {
	l.t.Helper()
	ports := make(chan *reactor.Port, 1)
	l.do(func() {
		ep.Listen(f).Handle(func(p *reactor.Port) { ports <- p }, func(err error) {
			l.t.Errorf("Listen failed with %v", err)
			close(ports)
		})
	})
	p := wait(l.t, ports, "the port")
	if p == nil {
		l.t.FailNow()
	}
	return p.Addr()
}

// serve is a factory that always answers p.
func serve(p reactor.Protocol) reactor.Factory {
	return reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return p })
}

// outcome is how a Connect ended.
type outcome struct {
	done  chan struct{}
	d     *deferred.Deferred[reactor.Protocol]
	times int
	proto reactor.Protocol
	err   error
}

func observe(d *deferred.Deferred[reactor.Protocol]) *outcome {
	o := &outcome{done: make(chan struct{}), d: d}
	d.Handle(func(p reactor.Protocol) {
		o.proto = p
		o.fired()
	}, func(err error) {
		o.err = err
		o.fired()
	})
	return o
}

func (o *outcome) fired() {
	if o.times++; o.times == 1 {
		close(o.done)
	}
}

// pending fails the test if the Deferred has fired.
func (o *outcome) pending(t testing.TB) {
	t.Helper()
	if o.times != 0 {
		t.Errorf("Connect has fired with %v and %v, want no result yet", o.proto, o.err)
	}
}

// wantProto wants the Deferred to have fired with p.
func (o *outcome) wantProto(t testing.TB, p reactor.Protocol) {
	t.Helper()
	if o.times != 1 || o.proto != p || o.err != nil {
		t.Fatalf("Connect fired %d times, with %v and error %v; want once with %v", o.times, o.proto, o.err, p)
	}
}

// wantErr wants the Deferred to have failed with an error that matches all of targets.
func (o *outcome) wantErr(t testing.TB, targets ...error) {
	t.Helper()
	if o.times != 1 || o.err == nil {
		t.Fatalf("Connect fired %d times, with %v and error %v; want an error, once", o.times, o.proto, o.err)
	}
	wantIs(t, o.err, targets...)
}

func wantIs(t testing.TB, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("got %v (%T), want a match of %v", err, err, target)
		}
	}
}

func wantText(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("got text  %q\nwant text %q", fmt.Sprint(err), want)
	}
}

// probe is a protocol that keeps what comes and notes what happens.
type probe struct {
	reactor.BaseProtocol
	made func(p *probe)
	data func(p *probe, data []byte)

	mu     sync.Mutex
	in     bytes.Buffer
	events []string
	more   chan struct{}
	up     chan struct{}
	lost   chan error
}

func newProbe() *probe {
	return &probe{more: make(chan struct{}, 1), up: make(chan struct{}, 1), lost: make(chan error, 4)}
}

func (p *probe) note(event string) {
	p.mu.Lock()
	p.events = append(p.events, event)
	p.mu.Unlock()
}

func (p *probe) MakeConnection(t reactor.Transport) {
	p.note("MakeConnection")
	p.BaseProtocol.MakeConnection(t)
}

func (p *probe) ConnectionMade() {
	p.note("ConnectionMade")
	if p.made != nil {
		p.made(p)
	}
	p.up <- struct{}{}
}

func (p *probe) DataReceived(data []byte) {
	p.mu.Lock()
	p.in.Write(data)
	if n := len(p.events); n == 0 || p.events[n-1] != "DataReceived" {
		p.events = append(p.events, "DataReceived")
	}
	p.mu.Unlock()
	if p.data != nil {
		p.data(p, data)
	}
	select {
	case p.more <- struct{}{}:
	default:
	}
}

func (p *probe) ConnectionLost(reason error) {
	p.note("ConnectionLost")
	p.lost <- reason
}

func (p *probe) got() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.in.String()
}

func (p *probe) happened() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.events, " ")
}

// waitFor waits until want has come in.
func (p *probe) waitFor(t testing.TB, want string) {
	t.Helper()
	for len(p.got()) < len(want) {
		wait(t, p.more, "bytes")
	}
	if got := p.got(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// memory is a client endpoint that ends in the test: the peer of its connection is a reactortest.Transport.
type memory struct {
	clock *reactortest.Clock
	tr    *reactortest.Transport
	count int
}

func newMemory() *memory { return &memory{clock: reactortest.NewClock()} }

func (m *memory) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	m.count++
	m.tr = reactortest.NewTransport(m.clock)
	p := f.BuildProtocol(m.tr.RemoteAddr())
	if p == nil {
		return deferred.Fail[reactor.Protocol](reactor.ErrNoProtocol)
	}
	m.tr.Connect(p)
	return deferred.Succeed(p)
}

func (m *memory) String() string { return "memory" }

// feed gives the bytes to the protocol, cut by c.
func (m *memory) feed(text string, c reactortest.Chunking) {
	for len(text) > 0 {
		n := c.Next(len(text))
		m.tr.Receive([]byte(text[:n]))
		text = text[n:]
	}
}

// take wants the bytes written since the last time.
func (m *memory) take(t testing.TB, want string) {
	t.Helper()
	if got := string(m.tr.Take()); got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

// eachChunking runs f for each way to cut what comes in.
func eachChunking(t *testing.T, f func(t *testing.T, c reactortest.Chunking)) {
	t.Helper()
	t.Run("whole", func(t *testing.T) { f(t, reactortest.Whole) })
	t.Run("bytewise", func(t *testing.T) { f(t, reactortest.Bytewise) })
	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("random %d", seed), func(t *testing.T) { f(t, reactortest.Random(t, seed)) })
	}
}

// handClock is a clock moved by hand. Goroutine: any.
type handClock struct{ offset atomic.Int64 }

func (c *handClock) Now() time.Time {
	return time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC).Add(time.Duration(c.offset.Load()))
}

func (c *handClock) advance(d time.Duration) { c.offset.Add(int64(d)) }

// netPeer is a plain server on the loopback that has handle talk to each of its clients, in a goroutine of its own. The test ends
// only after all of them.
func netPeer(t testing.TB, handle func(c net.Conn)) *net.TCPAddr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(guard))
			wg.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().(*net.TCPAddr)
}

func portOf(a net.Addr) int { return int(netip.MustParseAddrPort(a.String()).Port()) }

// wantNoSecret wants a text without any of the secrets.
func wantNoSecret(t testing.TB, text string, secrets ...string) {
	t.Helper()
	if slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(text, s) }) {
		t.Errorf("%q shows a secret", text)
	}
}
