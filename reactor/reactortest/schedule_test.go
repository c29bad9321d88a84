package reactortest_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// longest bounds the delays of a schedule in memory.
const longest = 5 * time.Second

// world is one schedule: who takes part in it, what chance does to them, and what was found wrong.
type world struct {
	rnd      *rand.Rand
	budget   int // how many things may still happen; then everything comes to its end
	startTLS bool
	overTLS  bool
	unit     time.Duration // of the delays
	tracing  bool
	lines    []string
	errors   []string
	reasons  []error // of all ends

	net      *reactortest.Network // nil on the loopback
	sims     []*reactortest.Reactor
	peers    []*peer
	attempts []*dialer
	ports    []*reactor.Port
	follows  []*followed
	stops    bool // a reactor has been stopped in the middle
	touched  map[string]bool
}

// followed is a Deferred and how often it has fired.
type followed struct {
	name  string
	fired int
}

var epoch = reactortest.NewNetwork().Now()

func (w *world) tls() bool { return w.startTLS || w.overTLS }

func (w *world) errorf(format string, args ...any) {
	w.errors = append(w.errors, fmt.Sprintf(format, args...))
	w.trace("WRONG: "+format, args...)
}

func (w *world) trace(format string, args ...any) {
	if w.tracing {
		at := ""
		if w.net != nil {
			at = fmt.Sprintf("%.3f ", w.net.Now().Sub(epoch).Seconds())
		}
		w.lines = append(w.lines, at+fmt.Sprintf(format, args...))
	}
}

// spent takes one thing off the budget and tells whether none was left.
func (w *world) spent() bool {
	w.budget--
	return w.budget < 0
}

// size is a number of bytes: mostly small.
func (w *world) size() int {
	switch n := w.rnd.IntN(20); {
	case n < 12:
		return 1 + w.rnd.IntN(40)
	case n < 18:
		return 1 + w.rnd.IntN(3000)
	default:
		return 1 + w.rnd.IntN(20_000)
	}
}

func (w *world) delay() time.Duration {
	if w.rnd.IntN(4) == 0 {
		return 0
	}
	return time.Duration(w.rnd.Int64N(int64(w.unit)))
}

// follow counts how often a Deferred fires.
func (w *world) follow(name string, add func(count func())) {
	f := &followed{name: name}
	w.follows = append(w.follows, f)
	add(func() { f.fired++ })
}

// BuildProtocol makes the world the factory of its servers.
func (w *world) BuildProtocol(net.Addr) reactor.Protocol { return w.build("s", true) }

func (w *world) build(prefix string, server bool) reactor.Protocol {
	switch w.rnd.IntN(60) {
	case 0:
		return nil
	case 1:
		panic(errSchedule)
	}
	p := &peer{w: w, name: fmt.Sprintf("%s%d", prefix, len(w.peers)), server: server}
	w.peers = append(w.peers, p)
	if w.rnd.IntN(2) == 0 {
		return &halfPeer{p}
	}
	return p
}

// disturb has the network do harm to the connection of p, or to anything; on the loopback it only closes.
func (w *world) disturb(p *peer) {
	if w.net == nil {
		if w.rnd.IntN(4) == 0 {
			p.closed, p.abrupt = true, true
			p.call("AbortWith, for a reset", func() { p.t.AbortWith(errSchedule) })
		}
		return
	}
	c := w.net.ConnOf(p.t)
	if c == nil {
		return
	}
	w.harm(c)
}

// harm is one fault of a connection.
func (w *world) harm(c *reactortest.Conn) {
	direction := c.ToServer()
	if w.rnd.IntN(2) == 0 {
		direction = c.ToClient()
	}
	what := w.rnd.IntN(12)
	w.trace("fault %d on %v", what, c.ClientAddr())
	switch what {
	case 0:
		c.Reset()
	case 1:
		direction.Reset()
	case 2:
		direction.End()
	case 3:
		direction.Cut()
	case 4:
		c.Cut()
	case 5, 6:
		c.Spurious()
	case 7:
		direction.SetWindow(1 + w.rnd.IntN(5000))
	case 8:
		direction.SetLatency(w.delay())
	case 9:
		direction.SetChunking(reactortest.Bytewise)
	default:
		direction.SetChunking(reactortest.Random(nil, w.rnd.Uint64()))
	}
	if what <= 4 {
		w.touched[c.ClientAddr().String()] = true
	}
}

// newSimulation is a world in memory.
func newSimulation(seed, number uint64, budget int, tracing bool) *world {
	w := &world{rnd: rand.New(rand.NewPCG(seed, number)), unit: longest, tracing: tracing, touched: make(map[string]bool)}
	w.budget = min(budget, 10+w.rnd.IntN(80))
	switch w.rnd.IntN(40) {
	case 0:
		w.startTLS = true
	case 1:
		w.overTLS = true
	}
	w.net = reactortest.NewNetwork()
	w.net.Shuffle(w.rnd.Uint64())
	w.net.SetHost("server.example", "192.0.2.1")
	w.net.SetHost("dual.example", "2001:db8::1", "192.0.2.1", "198.51.100.1")
	w.net.BlackHole("198.51.100.1")
	w.net.Unreachable("2001:db8::1")
	if w.rnd.IntN(3) == 0 {
		w.net.SetLatency(w.delay() / 10)
	}
	w.net.OnConnect(w.connected)
	for range 1 + w.rnd.IntN(2) {
		w.sims = append(w.sims, w.net.NewReactor(reactor.WithMaxBuffered(5_000+w.rnd.IntN(100_000))))
	}
	return w
}

// connected gives a new connection its way of cutting.
func (w *world) connected(c *reactortest.Conn) {
	switch w.rnd.IntN(6) {
	case 0:
		c.SetChunking(reactortest.Random(nil, w.rnd.Uint64()))
	case 1:
		c.SetWindow(1 + w.rnd.IntN(2000))
	case 2:
		c.ToClient().SetWindow(1 + w.rnd.IntN(20))
	}
}

func (w *world) any() *reactortest.Reactor { return w.sims[w.rnd.IntN(len(w.sims))] }

// simulate plays the schedule and holds it against the oracle.
func (w *world) simulate() {
	w.listen()
	for range 1 + w.rnd.IntN(3) {
		w.dial()
	}
	for range 5 + w.rnd.IntN(25) {
		if !w.spent() {
			w.step()
		}
	}
	w.end()
	w.judge()
}

func (w *world) listen() {
	r := w.sims[0]
	var err error
	var p *reactor.Port
	if w.overTLS {
		p, err = r.ListenTLS(25, w, serving())
	} else {
		p, err = r.ListenTCP(25, w)
	}
	if err != nil {
		w.errorf("listening: got %v, want none", err)
		return
	}
	w.ports = append(w.ports, p)
}

var hosts = []string{"192.0.2.1", "192.0.2.1", "192.0.2.1", "server.example", "server.example", "dual.example", "198.51.100.1", "2001:db8::1", "nobody.example"}

func (w *world) dial() {
	r := w.any()
	if !r.Running() {
		return
	}
	port := 25
	if w.rnd.IntN(15) == 0 {
		port = 26
	}
	host := hosts[w.rnd.IntN(len(hosts))]
	d := &dialer{w: w, name: fmt.Sprintf("dial%d to %s", len(w.attempts), host)}
	w.attempts = append(w.attempts, d)
	timeout := reactor.Timeout(w.delay() + time.Second)
	if w.overTLS {
		d.k = r.ConnectTLS(host, port, d, trusting(), timeout)
	} else {
		d.k = r.ConnectTCP(host, port, d, timeout)
	}
}

// step is one thing that the test does to the world from outside.
func (w *world) step() {
	switch n := w.rnd.IntN(100); {
	case n < 30:
		w.any().Turn()
	case n < 55:
		w.net.Flush()
	case n < 70:
		w.net.Advance(w.delay())
	case n < 78:
		w.dial()
	case n < 90:
		if len(w.peers) > 0 {
			if p := w.peers[w.rnd.IntN(len(w.peers))]; p.t != nil {
				p.one("from outside", false)
			}
		}
	case n < 94:
		if conns := w.net.Conns(); len(conns) > 0 {
			w.harm(conns[w.rnd.IntN(len(conns))])
		}
	case n < 96:
		w.attempts[w.rnd.IntN(len(w.attempts))].disconnect()
	case n < 97:
		w.any().LimitDescriptors(w.rnd.IntN(6))
	case n < 98:
		w.net.FailConnect("192.0.2.1", []error{nil, syscall.EAGAIN, syscall.EMFILE, syscall.ENETUNREACH}[w.rnd.IntN(4)])
	case n < 99:
		w.stopListening()
	default:
		w.stops = true
		r := w.any()
		w.trace("Stop")
		_ = r.Stop()
	}
}

func (w *world) stopListening() {
	if len(w.ports) == 0 {
		return
	}
	w.trace("StopListening")
	d := w.ports[0].StopListening()
	w.follow("StopListening", func(count func()) {
		d.Handle(func(struct{}) { count() }, func(error) { count() })
	})
}

// end brings everything to its end: in good order, or by stopping the reactors.
func (w *world) end() {
	w.budget = 0
	if w.rnd.IntN(3) > 0 {
		w.trace("the end, in good order")
		for _, r := range w.sims {
			r.LimitDescriptors(0)
		}
		w.net.Advance(time.Minute) // attempts end, and what was planned
		for _, p := range w.peers {
			p.finish()
		}
		w.net.Advance(3 * time.Minute)
		for _, p := range w.peers {
			if p.t != nil && p.lost != 1 {
				w.errorf("%v: still there 3 minutes after LoseConnection", p)
			}
		}
		for _, r := range w.sims {
			if left := slices.DeleteFunc(r.Left(), isPort); len(left) > 0 && !r.Stopped() {
				w.errorf("left after the end: got %q, want nothing", left)
			}
			if got := r.Descriptors(); got > 2 {
				w.errorf("descriptors after the end: got %d, want those of the port", got)
			}
		}
	} else {
		w.trace("the end, by Stop")
		w.stops = true
	}
	w.net.Close()
	w.net.Advance(time.Hour)
}

func isPort(line string) bool { return len(line) > 4 && line[:4] == "port" }
