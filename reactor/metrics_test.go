package reactor_test

import (
	"errors"
	"expvar"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// meter writes down what it is told, but for the turns.
type meter struct {
	reactor.NoMetrics
	journal
	now   *clock
	turns int // goroutine: reactor
	lost  chan struct{}
}

func newMeter() *meter { return &meter{now: &clock{}, lost: make(chan struct{}, 8)} }

func (m *meter) AttemptDone(took time.Duration, reason error) {
	m.add("attempt %v %v", took, kindOf(reason))
}

func (m *meter) ConnectionMade(d reactor.Direction) { m.add("made %v", d) }

func (m *meter) ConnectionLost(d reactor.Direction, lasted time.Duration, reason error) {
	m.add("lost %v %v %v", d, lasted, kindOf(reason))
	m.lost <- struct{}{}
}

func (m *meter) HandshakeDone(d reactor.Direction, took time.Duration, reason error) {
	m.add("handshake %v %v %v", d, took, kindOf(reason))
}

func (m *meter) TurnDone(time.Duration) { m.turns++ }

// kindOf names the kind of an error.
func kindOf(err error) string {
	for name, kind := range map[string]error{
		"refused": reactor.ErrConnectionRefused, "done": reactor.ErrConnectionDone, "aborted": reactor.ErrConnectionAborted,
		"no TLS": reactor.ErrNotTLS, "lookup": reactor.ErrDNSLookup,
	} {
		if errors.Is(err, kind) {
			return name
		}
	}
	return fmt.Sprint(err)
}

func TestMetrics(t *testing.T) {
	startMetered := func(t *testing.T) (*loop, *meter) {
		m := newMeter()
		l := start(t, reactor.WithClock(m.now.Now), reactor.WithMetrics(m))
		m.now.advance(time.Hour) // the beginning of time is no time that anything happens
		return l, m
	}
	t.Run("an accepted connection", func(t *testing.T) {
		l, m := startMetered(t)
		p := newProbe()
		raw := dial(t, l.listen(p.serve()).Addr())
		wait(t, p.up, "ConnectionMade")
		m.now.advance(time.Minute)
		_ = raw.Close()
		wait(t, m.lost, "the loss")
		m.want(t, "made incoming", "lost incoming 1m0s done")
	})
	t.Run("an outgoing connection", func(t *testing.T) {
		l, m := startMetered(t)
		p := newProbe()
		p.made = func(*probe) { m.add("ConnectionMade") }
		p.gone = func(*probe, error) { m.add("ConnectionLost") }
		connected(t, l, p)
		m.now.advance(time.Second)
		l.do(p.Transport().AbortConnection)
		wait(t, m.lost, "the loss")
		l.do(func() {})
		m.want(t, "attempt 0s <nil>", "made outgoing", "ConnectionMade", "lost outgoing 1s aborted", "ConnectionLost")
	})
	t.Run("an attempt that fails", func(t *testing.T) {
		l, m := startMetered(t)
		c := clientOf(newProbe())
		c.started = func(*reactor.Connector) { m.now.advance(3 * time.Second) }
		l.connect(closedPort(t), c)
		wait(t, c.failed, "the failure")
		m.want(t, "attempt 3s refused")
	})
	t.Run("handshakes", func(t *testing.T) {
		l, m := startMetered(t)
		addr := l.listenTLS(echoFactory, serverConfig())
		p := newProbe()
		p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("x")) }
		l.secure(addr, clientOf(p), trusting())
		p.in.wait(t, 1)
		l.do(func() {})
		counts := make(map[string]int) // the order of the two sides is open
		for _, line := range m.got() {
			counts[line]++
		}
		for _, line := range []string{"handshake outgoing 0s <nil>", "handshake incoming 0s <nil>", "attempt 0s <nil>", "made outgoing", "made incoming"} {
			want(t, line, counts[line], 1)
		}
	})
	t.Run("a handshake that fails: no connection that was made, none that was lost", func(t *testing.T) {
		l, m := startMetered(t)
		c := clientOf(newProbe())
		l.secure(rawPeer(t, func(raw net.Conn) { _, _ = raw.Write([]byte("220 plain text\r\n")) }), c, trusting())
		wait(t, c.failed, "the failure")
		m.want(t, "handshake outgoing 0s no TLS", "attempt 0s no TLS")
	})
	t.Run("every turn", func(t *testing.T) {
		m := newMeter()
		l := start(t, reactor.WithMetrics(m))
		turns := 0
		for range 30 {
			l.turn(func() { turns = m.turns })
		}
		l.do(func() { turns = m.turns })
		if turns < 30 {
			t.Errorf("got %d turns, want at least 30", turns)
		}
	})
	t.Run("a panic harms nothing", func(t *testing.T) {
		option, logs := observed()
		l := start(t, option, reactor.WithMetrics(&explosive{}))
		p := newProbe()
		raw := dial(t, l.listen(p.serve()).Addr())
		wait(t, p.up, "ConnectionMade")
		send(t, raw, "on")
		p.in.wait(t, 2)
		wantPanicLogged(t, logs, "Metrics", "boom")
	})
	t.Run("nil is nobody", func(t *testing.T) {
		l := start(t, reactor.WithMetrics(newMeter()), reactor.WithMetrics(nil))
		p := newProbe()
		connected(t, l, p)
		l.do(p.Transport().AbortConnection)
		wait(t, p.lost, "ConnectionLost")
	})
	t.Run("NoMetrics is complete", func(t *testing.T) {
		l := start(t, reactor.WithMetrics(reactor.NoMetrics{}))
		raw := dial(t, l.listenTLS(echoFactory, serverConfig()))
		send(t, raw, "no TLS")
		expectNoMore(t, raw)
		p := newProbe()
		connected(t, l, p)
	})
}

// expectNoMore reads to the end, whatever it is.
func expectNoMore(t *testing.T, c net.Conn) {
	t.Helper()
	for buf := make([]byte, 512); ; {
		if _, err := c.Read(buf); err != nil {
			return
		}
	}
}

// explosive panics.
type explosive struct{ reactor.NoMetrics }

func (explosive) ConnectionMade(reactor.Direction) { boom() }

// Exported keeps counters and a histogram as Prometheus has them, and publishes them with expvar.
type Exported struct {
	reactor.NoMetrics
	made, lost, failed *expvar.Map
	attempts           *Histogram
}

// NewExported publishes under name.
func NewExported(name string) *Exported {
	e := &Exported{made: new(expvar.Map), lost: new(expvar.Map), failed: new(expvar.Map), attempts: &Histogram{bounds: []time.Duration{
		10 * time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second,
	}}}
	all := expvar.NewMap(name)
	all.Set("made", e.made)
	all.Set("lost", e.lost)
	all.Set("failed", e.failed)
	all.Set("attempt_seconds", e.attempts)
	return e
}

func (e *Exported) ConnectionMade(d reactor.Direction) { e.made.Add(d.String(), 1) }

func (e *Exported) ConnectionLost(d reactor.Direction, _ time.Duration, _ error) {
	e.lost.Add(d.String(), 1)
}

func (e *Exported) AttemptDone(took time.Duration, reason error) {
	e.attempts.Observe(took)
	var failed *reactor.ConnectError
	if errors.As(reason, &failed) {
		e.failed.Add(failed.Kind.Error(), 1)
	}
}

// Histogram counts durations up to each of some bounds. The goroutine that publishes it is not the reactor's, hence the lock.
type Histogram struct {
	bounds []time.Duration

	mu     sync.Mutex
	counts map[time.Duration]int
	all    int
}

// Observe counts d.
func (h *Histogram) Observe(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.counts == nil {
		h.counts = make(map[time.Duration]int)
	}
	h.all++
	for _, bound := range h.bounds {
		if d <= bound {
			h.counts[bound]++
		}
	}
}

// String is JSON, as expvar wants it.
func (h *Histogram) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	text := "{"
	for _, bound := range h.bounds {
		text += fmt.Sprintf("%q: %d, ", fmt.Sprint(bound.Seconds()), h.counts[bound])
	}
	return text + fmt.Sprintf("%q: %d}", "+Inf", h.all)
}

// Counters and a histogram, as a monitoring system collects them, with nothing but the standard library. Totals of bytes and the like come
// from Stats, which may be called from the goroutine that answers the collector.
func ExampleWithMetrics() {
	loop := reactor.New(reactor.WithMetrics(NewExported("loop")))
	expvar.Publish("loop_stats", expvar.Func(func() any { return loop.Stats() }))

	port, err := loop.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &Echo{} }), reactor.Interface("127.0.0.1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	loop.ConnectTCP("127.0.0.1", port.Addr().(*net.TCPAddr).Port, &EchoFactory{loop: loop})
	if err := loop.Run(); err != nil {
		fmt.Println(err)
	}
	metrics := expvar.Get("loop").(*expvar.Map)
	fmt.Println("made:", metrics.Get("made"), "lost:", metrics.Get("lost"))
	fmt.Println("bytes read:", loop.Stats().BytesRead)
	// Output:
	// Server said: hello, world!
	// connection lost: Connection was closed cleanly.
	// Goodbye!
	// made: {"incoming": 1, "outgoing": 1} lost: {"incoming": 1, "outgoing": 1}
	// bytes read: 26
}
