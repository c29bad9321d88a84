package clientservice_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

const (
	simTick     = 5 * time.Millisecond
	simServices = 10_000
	simBig      = 1000 // of them on the host "big", the others on simHosts hosts
	simHosts    = 90
)

// simLimits are those of the simulation.
var simLimits = clientservice.GovernorOptions{DialsPerSecond: 1000, Burst: 50, HostDialsPerSecond: 100, HostBurst: 10, MaxDialing: 150, MaxPerHost: simBig}

// world is a simulation: services, a governor, servers that answer after a while, and time by hand.
type world struct {
	t        *testing.T
	now      time.Time
	r        *reactor.Reactor
	rnd      *rand.Rand
	g        *clientservice.Governor
	services []*simService
	open     map[string]int // connections and attempts by host
	dialing  int
	up       int                        // services whose connection is ready, or closing
	starts   []time.Duration            // of attempts, since the beginning
	byHost   map[string][]time.Duration // the same for each host
	order    map[string][]int           // the number of the service of each attempt, by host
	began    time.Time
}

// simService is a service, its endpoint and its server.
type simService struct {
	*clientservice.Service
	w        *world
	host     string
	number   int
	attempts int
	dialing  bool
	conn     *simTransport
}

// simTransport is as much of a connection as a service needs.
type simTransport struct {
	reactor.Transport
	s      *simService
	proto  reactor.Protocol
	onLost []func(error)
	ended  bool
}

func (c *simTransport) OnLost(f func(error)) { c.onLost = append(c.onLost, f) }
func (c *simTransport) AbortConnection()     { c.LoseConnection() }
func (c *simTransport) LoseConnection() {
	if !c.ended {
		c.ended = true
		c.s.w.r.CallLater(c.s.w.latency(), func() { c.lose(reactor.ErrConnectionDone) })
	}
}

func (c *simTransport) lose(reason error) {
	c.ended = true
	c.s.conn = nil
	c.s.settle()
	c.s.w.open[c.s.host]--
	for _, f := range c.onLost {
		f(reason)
	}
	c.proto.ConnectionLost(reason)
}

func newWorld(t *testing.T, limits clientservice.GovernorOptions) *world {
	w := &world{t: t, now: time.Unix(0, 0), rnd: rand.New(rand.NewPCG(7, 11)), open: make(map[string]int),
		byHost: make(map[string][]time.Duration), order: make(map[string][]int)}
	w.began = w.now
	w.r = reactor.New(reactor.WithClock(func() time.Time { return w.now }))
	limits.Random = w.rnd.Float64
	w.g = clientservice.NewGovernor(limits)
	return w
}

func (w *world) latency() time.Duration {
	return 20*time.Millisecond + time.Duration(w.rnd.Int64N(int64(100*time.Millisecond)))
}

func (w *world) add(host string) *simService {
	s := &simService{w: w, host: host, number: len(w.services)}
	s.Service = clientservice.New(s, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &user{} }), clientservice.Options{
		Reactor: w.r, Governor: w.g, Host: host, Prepare: s.prepare,
		RetryPolicy: clientservice.Backoff{Random: w.rnd.Float64}.Delay,
		OnConnected: func(reactor.Protocol, clientservice.Counts) { s.settle(); w.up++ },
		OnLost:      func(error, clientservice.Counts) { w.up-- },
	})
	w.services = append(w.services, s)
	return s
}

// Connect is the endpoint: the server takes its time.
func (s *simService) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	w := s.w
	at := w.now.Sub(w.began)
	w.starts = append(w.starts, at)
	w.byHost[s.host] = append(w.byHost[s.host], at)
	w.order[s.host] = append(w.order[s.host], s.number)
	s.attempts++
	s.dialing = true
	w.dialing++
	w.open[s.host]++
	if w.dialing > simLimits.MaxDialing {
		w.t.Errorf("at %v: got %d connections in the making, want at most %d", at, w.dialing, simLimits.MaxDialing)
	}
	if w.open[s.host] > simLimits.MaxPerHost {
		w.t.Errorf("at %v: got %d connections to %s, want at most %d", at, w.open[s.host], s.host, simLimits.MaxPerHost)
	}
	var planned *reactor.DelayedCall
	d := deferred.New(func(*deferred.Deferred[reactor.Protocol]) {
		_ = planned.Cancel()
		s.settle()
		w.open[s.host]--
	})
	planned = w.r.CallLater(w.latency(), func() {
		p := f.BuildProtocol(nil)
		s.conn = &simTransport{s: s, proto: p}
		p.MakeConnection(s.conn)
		p.ConnectionMade()
		d.Callback(p)
	})
	return d
}

// settle is the end of what counts as in the making.
func (s *simService) settle() {
	if s.dialing {
		s.dialing = false
		s.w.dialing--
	}
}

func (s *simService) prepare(reactor.Protocol) *deferred.Deferred[struct{}] {
	var planned *reactor.DelayedCall
	d := deferred.New(func(*deferred.Deferred[struct{}]) { _ = planned.Cancel() })
	planned = s.w.r.CallLater(s.w.latency(), func() { d.Callback(struct{}{}) })
	return d
}

// pass lets time go by until done, at most for limit.
func (w *world) pass(limit time.Duration, what string, done func() bool) {
	w.t.Helper()
	end := w.now.Add(limit)
	for w.r.RunUntilCurrent(); !done(); w.r.RunUntilCurrent() {
		if w.now.After(end) {
			w.t.Fatalf("%s: got no end within %v, want one; %+v", what, limit, w.g.Stats())
		}
		w.now = w.now.Add(simTick)
	}
}

// loseAll ends all connections at the same moment.
func (w *world) loseAll() {
	for _, s := range w.services {
		if s.conn != nil {
			s.conn.lose(errRefused)
		}
	}
}

// keptRate wants at most burst + rate attempts in each second. A permit may be on its way for a tick.
func (w *world) keptRate(what string, starts []time.Duration, rate float64, burst int) {
	w.t.Helper()
	most, first := 0, 0
	for i, at := range starts {
		for starts[first] < at-time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	if want := burst + int(rate*(time.Second+simTick).Seconds()+1e-6); most > want {
		w.t.Errorf("%s: got %d attempts in a second, want at most %d", what, most, want)
	}
}

func (w *world) keptRates() {
	w.t.Helper()
	w.keptRate("all hosts", w.starts, simLimits.DialsPerSecond, simLimits.Burst)
	for host, starts := range w.byHost {
		w.keptRate(host, starts, simLimits.HostDialsPerSecond, simLimits.HostBurst)
	}
}

// fair wants the line of each host to have been served in order, and the hosts of the same size at the same time.
func (w *world) fair() {
	w.t.Helper()
	for host, numbers := range w.order {
		for i := 1; i < len(numbers); i++ {
			if numbers[i] < numbers[i-1] {
				w.t.Fatalf("%s: service %d got its permit after %d, want the order of Start", host, numbers[i], numbers[i-1])
			}
		}
	}
	earliest, latest := time.Hour, time.Duration(0)
	for n := range simHosts {
		starts := w.byHost[hostName(n)]
		half := starts[len(starts)/2]
		earliest, latest = min(earliest, half), max(latest, half)
	}
	if spread := latest - earliest; spread > 500*time.Millisecond {
		w.t.Errorf("got half of the connections of one host %v before half of those of another, want all at about the same time", spread)
	}
}

func hostName(n int) string { return fmt.Sprintf("host%d", n) }

func TestTenThousandServices(t *testing.T) {
	w := newWorld(t, simLimits)
	for range simBig {
		w.add("big")
	}
	for n := range simServices - simBig {
		w.add(hostName(n % simHosts))
	}
	got := 0
	for _, s := range w.services {
		s.Start()
		s.WhenConnected(1).Handle(func(reactor.Protocol) { got++ }, func(err error) { t.Errorf("WhenConnected: got error %v, want a protocol", err) })
	}
	all := func() bool { return w.up == simServices }
	w.pass(40*time.Second, "all come up", all)
	if got != simServices {
		t.Errorf("got %d results of WhenConnected, want %d", got, simServices)
	}
	w.keptRates()
	w.fair()

	extra := []*simService{w.add("big"), w.add("big")}
	for _, s := range extra {
		s.Start()
	}
	w.now = w.now.Add(time.Minute)
	w.pass(time.Minute, "nothing", func() bool { return true })
	if got := w.g.Stats(); got.Waiting != 2 || got.Open != simServices {
		t.Errorf("got %+v, want 2 who wait for room at their host", got)
	}
	w.services[0].Stop()
	w.services[1].Stop()
	w.pass(time.Minute, "those beyond the limit of their host come up", all)

	w.loseAll()
	w.pass(time.Minute, "all come back", all)
	w.keptRates()
	for _, s := range w.services[2:simServices] {
		if s.attempts != 2 {
			t.Fatalf("service %d: got %d attempts, want 2", s.number, s.attempts)
		}
	}

	w.loseAll()
	w.pass(time.Minute, "some are back, many wait", func() bool { return w.up > 500 && w.g.Stats().Waiting > 5000 })
	half, answers, waiting := 0, 0, w.g.Stats().Waiting
	for i, s := range w.services {
		if i%2 == 0 {
			half++
			s.Stop().Handle(func(struct{}) { answers++ }, nil)
		}
	}
	if got := w.g.Stats().Waiting; got > waiting*6/10 {
		t.Errorf("got %d who wait after half of %d were stopped, want about half", got, waiting)
	}
	attempts := len(w.starts)
	w.pass(time.Minute, "the other half comes back, and the stopped ones end", func() bool {
		return w.up == len(w.services)-half-1 && answers == half // service 1 was stopped before
	})
	if most := len(w.services) - half; len(w.starts)-attempts > most {
		t.Errorf("got %d attempts after the stop, want at most %d", len(w.starts)-attempts, most)
	}
	for _, s := range w.services {
		s.Stop().Handle(func(struct{}) { answers++ }, nil)
	}
	w.pass(time.Minute, "all end", func() bool { return answers == half+len(w.services) })
	w.keptRates()
	if got := w.g.Stats(); got.Waiting+got.Dialing+got.Open != 0 {
		t.Errorf("got %+v at the end, want nothing", got)
	}
	if got := len(w.r.DelayedCalls()); got != 0 {
		t.Errorf("got %d planned calls at the end, want none", got)
	}
	if w.dialing != 0 {
		t.Errorf("got %d attempts at the end, want none", w.dialing)
	}
}

// One governor for several reactors, each in its goroutine: nothing is lost, and the limits hold.
func TestGovernorForSeveralReactors(t *testing.T) {
	const reactors, each, most, perHost = 4, 250, 16, 6
	g := clientservice.NewGovernor(clientservice.GovernorOptions{DialsPerSecond: 5000, Burst: 10, HostDialsPerSecond: -1, MaxDialing: most, MaxPerHost: perHost})
	var dialing, served atomic.Int32
	var open [7]atomic.Int32
	ended := make(chan error, reactors)
	for n := range reactors {
		r := reactor.New()
		left := each
		var ask func(i int)
		ask = func(i int) {
			host := (n + i) % len(open)
			d := g.Acquire(r, hostName(host))
			if i%10 == 9 { // this one changes its mind, and asks again
				d.Handle(func(p *clientservice.Permit) { p.Release() }, func(error) {})
				r.CallLater(0, func() {
					d.Cancel()
					ask(i + 1)
				})
				return
			}
			d.Handle(func(p *clientservice.Permit) {
				if !deferred.OnLoop(r) {
					t.Error("got a permit on another goroutine, want the one of the reactor")
				}
				if now := dialing.Add(1); now > most {
					t.Errorf("got %d in the making, want at most %d", now, most)
				}
				if now := open[host].Add(1); now > perHost {
					t.Errorf("got %d for one host, want at most %d", now, perHost)
				}
				r.CallLater(0, func() {
					dialing.Add(-1)
					p.Connected()
					r.CallLater(0, func() {
						open[host].Add(-1)
						p.Release()
						served.Add(1)
						if left--; left == 0 {
							_ = r.Stop()
						}
					})
				})
			}, func(err error) { t.Errorf("Acquire: got error %v, want a permit", err) })
		}
		r.CallWhenRunning(func() {
			for i := range each {
				ask(i)
			}
		})
		go func() { ended <- r.Run() }()
	}
	for range reactors {
		if err := <-ended; err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
	}
	if got, want := int(served.Load()), reactors*each; got != want {
		t.Errorf("got %d permits, want %d", got, want)
	}
	if got := g.Stats(); got.Waiting+got.Dialing+got.Open != 0 {
		t.Errorf("got %+v at the end, want nothing", got)
	}
}
