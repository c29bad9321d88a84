package reactor_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/tconn/tconn/reactor"
)

// loop is a reactor under test that runs in a goroutine of its own.
type loop struct {
	*reactor.Reactor
	t    testing.TB
	done chan struct{} // closed when Run has returned
	err  error         // what Run answered
}

// start runs a reactor until the end of the test.
func start(t testing.TB, options ...reactor.Option) *loop {
	t.Helper()
	return run(t, reactor.New(options...))
}

// run runs r until the end of the test.
func run(t testing.TB, r *reactor.Reactor) *loop {
	t.Helper()
	l := &loop{Reactor: r, t: t, done: make(chan struct{})}
	up := make(chan struct{})
	r.CallWhenRunning(func() { close(up) })
	go func() {
		defer close(l.done)
		l.err = r.Run()
	}()
	wait(t, up, "the reactor to run")
	t.Cleanup(func() { l.finish() })
	return l
}

// finish stops the reactor, if it still runs, and waits for Run.
func (l *loop) finish() {
	l.t.Helper()
	_ = l.Stop()
	wait(l.t, l.done, "Run to return")
	if l.err != nil {
		l.t.Errorf("Run answered %v, want nil", l.err)
	}
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

// turn runs f in a turn of its own, and waits for its end.
func (l *loop) turn(f func()) {
	l.t.Helper()
	idle := func(s reactor.Stats) bool { return s.CurrentTurn == 0 }
	untilStats(l.t, l.Reactor, idle)
	l.do(f)
	untilStats(l.t, l.Reactor, idle)
}

// pass lets d pass by the clock of the reactor, and waits until the timers that were due by then have run, and what they left for the next
// turn. Two calls of do may share a turn, whose timers run after both of them: what a timer plans is planned from there.
func (l *loop) pass(c *clock, d time.Duration) {
	l.t.Helper()
	l.turn(func() { c.advance(d) })
	l.do(func() {})
}

// connect has f connect to addr.
func (l *loop) connect(addr net.Addr, f reactor.ClientFactory, options ...reactor.ConnectOption) (k *reactor.Connector) {
	l.t.Helper()
	a := netip.MustParseAddrPort(addr.String())
	l.do(func() { k = l.ConnectTCP(a.Addr().String(), int(a.Port()), f, options...) })
	return k
}

// listen has f accept on a free port of the loopback.
func (l *loop) listen(f reactor.Factory, options ...reactor.ListenOption) (p *reactor.Port) {
	l.t.Helper()
	l.do(func() {
		var err error
		if p, err = l.ListenTCP(0, f, append([]reactor.ListenOption{reactor.Interface("127.0.0.1")}, options...)...); err != nil {
			l.t.Errorf("ListenTCP answered %v, want nil", err)
		}
	})
	return p
}

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

// ended waits until no goroutine has function on its stack.
func ended(t testing.TB, function string) {
	t.Helper()
	stacks := make([]byte, 8<<20)
	for began := time.Now(); bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte(function)); {
		if time.Since(began) > guard {
			t.Fatalf("waited in vain for the end of %s", function)
		}
	}
}

// nothing fails the test if ch has something.
func nothing[T any](t testing.TB, ch <-chan T, what string) {
	t.Helper()
	select {
	case v := <-ch:
		t.Errorf("got %s (%v), want none", what, v)
	default:
	}
}

// journal keeps what happened, in order. Goroutine: any.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *journal) got() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

func (j *journal) want(t testing.TB, want ...string) {
	t.Helper()
	if got := j.got(); !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " | "), strings.Join(want, " | "))
	}
}

// probe is a protocol whose reactions a test sets and whose life it follows.
type probe struct {
	reactor.BaseProtocol
	made func(p *probe)
	data func(p *probe, data []byte) // nil keeps the bytes in in
	gone func(p *probe, reason error)

	up   chan *probe // has the probe once it is connected
	lost chan error  // has the reason of each loss: there must be one
	in   *inbox
}

func newProbe() *probe {
	return &probe{up: make(chan *probe, 1), lost: make(chan error, 8), in: newInbox()}
}

func (p *probe) ConnectionMade() {
	p.up <- p
	if p.made != nil {
		p.made(p)
	}
}

func (p *probe) DataReceived(data []byte) {
	if p.data != nil {
		p.data(p, data)
		return
	}
	p.in.add(data)
}

func (p *probe) ConnectionLost(reason error) {
	p.lost <- reason
	if p.gone != nil {
		p.gone(p, reason)
	}
}

// serve is a factory that always answers p.
func (p *probe) serve() reactor.Factory {
	return reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return p })
}

// inbox collects bytes. Goroutine: any.
type inbox struct {
	mu      sync.Mutex
	bytes   []byte
	changed chan struct{}
}

func newInbox() *inbox { return &inbox{changed: make(chan struct{}, 1)} }

func (b *inbox) add(p []byte) {
	b.mu.Lock()
	b.bytes = append(b.bytes, p...)
	b.mu.Unlock()
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

func (b *inbox) size() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.bytes)
}

func (b *inbox) got() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.bytes)
}

// wait answers everything once there are n bytes.
func (b *inbox) wait(t testing.TB, n int) string {
	t.Helper()
	for b.size() < n {
		wait(t, b.changed, fmt.Sprintf("%d bytes", n))
	}
	return b.got()
}

// client is a factory whose notifications a test follows.
type client struct {
	build   func(net.Addr) reactor.Protocol
	started func(*reactor.Connector)
	onFail  func(*reactor.Connector, error)
	onLost  func(*reactor.Connector, error)

	failed chan error // of ClientConnectionFailed
	lost   chan error // of ClientConnectionLost
}

func newClient(build func(net.Addr) reactor.Protocol) *client {
	return &client{build: build, failed: make(chan error, 64), lost: make(chan error, 64)}
}

// clientOf is a factory that always answers p.
func clientOf(p reactor.Protocol) *client {
	return newClient(func(net.Addr) reactor.Protocol { return p })
}

func (c *client) BuildProtocol(a net.Addr) reactor.Protocol { return c.build(a) }

func (c *client) StartedConnecting(k *reactor.Connector) {
	if c.started != nil {
		c.started(k)
	}
}

func (c *client) ClientConnectionFailed(k *reactor.Connector, reason error) {
	c.failed <- reason
	if c.onFail != nil {
		c.onFail(k, reason)
	}
}

func (c *client) ClientConnectionLost(k *reactor.Connector, reason error) {
	c.lost <- reason
	if c.onLost != nil {
		c.onLost(k, reason)
	}
}

// echo sends back what comes.
type echo struct{ reactor.BaseProtocol }

func (e *echo) DataReceived(data []byte) { _, _ = e.Transport().Write(data) }

var echoFactory = reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &echo{} })

// peer is a plain socket listening on the loopback, closed at the end of the test.
func peer(t testing.TB) *net.TCPListener {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	_ = l.SetDeadline(time.Now().Add(guard))
	return l
}

func accept(t testing.TB, l *net.TCPListener) *net.TCPConn {
	t.Helper()
	c, err := l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	return guarded(t, c)
}

func dial(t testing.TB, addr net.Addr) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	return guarded(t, c.(*net.TCPConn))
}

func guarded(t testing.TB, c *net.TCPConn) *net.TCPConn {
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(guard))
	return c
}

// reset closes c so that its other end sees a reset.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

func send(t testing.TB, c net.Conn, s string) {
	t.Helper()
	if _, err := c.Write([]byte(s)); err != nil {
		t.Errorf("peer cannot write: %v", err)
	}
}

// expect reads len(want) bytes.
func expect(t testing.TB, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(c, got)
	if err != nil || string(got) != want {
		t.Errorf("peer got %.80q and %v, want %.80q", got[:n], err, want)
	}
}

// expectEnd wants the end of the stream and nothing before.
func expectEnd(t testing.TB, c net.Conn) {
	t.Helper()
	var b [64]byte
	if n, err := c.Read(b[:]); n != 0 || err != io.EOF {
		t.Errorf("peer got %q and %v, want the end of the stream", b[:n], err)
	}
}

// expectReset reads until the connection fails, and wants a reset.
func expectReset(t testing.TB, c net.Conn) {
	t.Helper()
	if _, err := io.Copy(io.Discard, c); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("peer got %v, want %v", err, syscall.ECONNRESET)
	}
}

// wantText compares the text of an error.
func wantText(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("got text %q, want %q", fmt.Sprint(err), want)
	}
}

// wantIs wants err to match all of targets.
func wantIs(t testing.TB, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("got %v (%T), want a match of %v", err, err, target)
		}
	}
}

// clock is a clock moved by hand. Goroutine: any.
type clock struct{ offset atomic.Int64 }

var epoch = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

func (c *clock) Now() time.Time          { return epoch.Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

// observed is an option that logs into memory.
func observed() (reactor.Option, *observer.ObservedLogs) {
	core, logs := observer.New(zapcore.DebugLevel)
	return reactor.WithLogger(zap.New(core)), logs
}

// wantPanicLogged wants one entry for a panic with value, with a stack that names this package.
func wantPanicLogged(t testing.TB, logs *observer.ObservedLogs, callback, value string) {
	t.Helper()
	found := 0
	for _, e := range logs.All() {
		fields := e.ContextMap()
		if e.Level != zapcore.ErrorLevel || fmt.Sprint(fields["panic"]) != value {
			continue
		}
		found++
		if got := fields["callback"]; got != callback {
			t.Errorf("the panic is logged for callback %v, want %v", got, callback)
		}
		if stack := fmt.Sprintf("%s", fields["stack"]); !strings.Contains(stack, "reactor_test.") {
			t.Errorf("the logged stack does not show who panicked: %s", stack)
		}
	}
	if found != 1 {
		t.Errorf("the panic %q is logged %d times, want once; log: %v", value, found, logs.All())
	}
}

// resolver answers names from a table; a name that is not in it does not exist.
type resolver map[string][]netip.Addr

func (r resolver) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if addrs, ok := r[host]; ok {
		return addrs, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// pattern is n bytes of which no stretch looks like another.
func pattern(n int, seed uint64) []byte {
	p := make([]byte, n)
	r := rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, seed)))
	_, _ = r.Read(p)
	return p
}

// pieces cuts p at random places.
func pieces(p []byte, rnd *rand.Rand, most int) (cut [][]byte) {
	for len(p) > 0 {
		n := min(1+rnd.IntN(most), len(p))
		cut, p = append(cut, p[:n]), p[n:]
	}
	return cut
}

// sameBytes compares long contents without printing them.
func sameBytes(t testing.TB, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	t.Errorf("got %d bytes, want %d; they differ from byte %d", len(got), len(want), i)
}

// mappedLoopback is 127.0.0.1 as an IPv6 resolver may give it.
func mappedLoopback() []netip.Addr { return []netip.Addr{netip.MustParseAddr("::ffff:127.0.0.1")} }
