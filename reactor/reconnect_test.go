package reactor_test

import (
	"math"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// stubborn is a reconnecting factory as a program writes one.
type stubborn struct {
	reactor.ReconnectingClientFactory
	build func(net.Addr) reactor.Protocol
}

func (s *stubborn) BuildProtocol(a net.Addr) reactor.Protocol { return s.build(a) }

// trial drives a stubborn factory on a reactor that does not run: an attempt is under way until fail ends it.
type trial struct {
	t     *testing.T
	clock *reactortest.Clock
	f     *stubborn
	k     *reactor.Connector
}

func newTrial(t *testing.T, settings reactor.ReconnectingClientFactory) *trial {
	c := &trial{t: t, clock: reactortest.NewClock(), f: &stubborn{ReconnectingClientFactory: settings}}
	c.k = c.clock.Reactor().ConnectTCP("192.0.2.1", 143, c.f)
	return c
}

// fail ends the attempt without a connection.
func (c *trial) fail() {
	c.t.Helper()
	if err := c.k.StopConnecting(); err != nil {
		c.t.Fatalf("StopConnecting answered %v, want an attempt under way", err)
	}
	c.clock.Turn()
}

// planned wants one reconnection to come, and answers in how long.
func (c *trial) planned() time.Duration {
	c.t.Helper()
	calls := c.clock.Reactor().DelayedCalls()
	if len(calls) != 1 {
		c.t.Fatalf("got %d planned calls, want 1", len(calls))
	}
	return calls[0].Time().Sub(c.clock.Now())
}

// delays fails n attempts in a row and answers the waiting times between them.
func (c *trial) delays(n int) (delays []time.Duration) {
	c.t.Helper()
	for range n {
		c.fail()
		d := c.planned()
		delays = append(delays, d)
		c.clock.Advance(d)
		c.state(reactor.Connecting)
	}
	return delays
}

func (c *trial) state(want reactor.ConnState) {
	c.t.Helper()
	if got := c.k.State(); got != want {
		c.t.Errorf("got the connector %v, want %v", got, want)
	}
}

func (c *trial) pending(want int) {
	c.t.Helper()
	if got := c.clock.Pending(); got != want {
		c.t.Errorf("got %d planned calls, want %d", got, want)
	}
}

func always(v float64) func() float64 { return func() float64 { return v } }

func TestReconnectingDelays(t *testing.T) {
	const e, j = reactor.DefaultDelayFactor, reactor.DefaultDelayJitter
	for _, c := range []struct {
		name     string
		settings reactor.ReconnectingClientFactory
		want     []float64 // seconds
	}{
		{"P16 defaults: from one second by e to an hour", reactor.ReconnectingClientFactory{Normal: always(0)},
			[]float64{e, e * e, math.Pow(e, 3), math.Pow(e, 4), math.Pow(e, 5), math.Pow(e, 6), math.Pow(e, 7), math.Pow(e, 8), 3600, 3600}},
		{"P16 jitter is relative, and part of what grows", reactor.ReconnectingClientFactory{Normal: always(1)},
			[]float64{e * (1 + j), e * (1 + j) * e * (1 + j)}},
		{"P16 jitter comes after the limit", reactor.ReconnectingClientFactory{MaxDelay: time.Second, Jitter: 0.5, Normal: always(1)},
			[]float64{1.5, 1.5}},
		{"P16 own settings", reactor.ReconnectingClientFactory{InitialDelay: 2 * time.Second, Factor: 3, MaxDelay: 50 * time.Second, Jitter: -1},
			[]float64{6, 18, 50, 50}},
		{"P16 a huge delay does not overflow",
			reactor.ReconnectingClientFactory{InitialDelay: 100 * 365 * 24 * time.Hour, Factor: 100, MaxDelay: math.MaxInt64, Jitter: 1, Normal: always(3)},
			[]float64{float64(math.MaxInt64) / 1e9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := newTrial(t, c.settings)
			if len(c.want) == 1 { // too far away to get there
				tr.fail()
				if got := tr.planned().Seconds(); math.Abs(got-c.want[0]) > 1e-3*c.want[0] {
					t.Errorf("got a delay of %v s, want %v s", got, c.want[0])
				}
				return
			}
			for i, got := range tr.delays(len(c.want)) {
				if math.Abs(got.Seconds()-c.want[i]) > 1e-6*c.want[i] {
					t.Errorf("delay %d: got %v s, want %v s", i, got.Seconds(), c.want[i])
				}
			}
		})
	}
}

func TestReconnectingDefaultJitterIsRandom(t *testing.T) {
	delays := newTrial(t, reactor.ReconnectingClientFactory{Factor: 1, MaxDelay: time.Second}).delays(8)
	slices.Sort(delays)
	if got := len(slices.Compact(delays)); got < 2 {
		t.Errorf("got %d different delays in %v, want several", got, delays)
	}
}

func TestReconnectingControl(t *testing.T) {
	plain := reactor.ReconnectingClientFactory{Factor: 2, Jitter: -1}
	for _, c := range []struct {
		name string
		run  func(t *testing.T, tr *trial)
	}{
		{"P16 MaxRetries is the number of further attempts", func(t *testing.T, tr *trial) {
			tr.f.MaxRetries = 2
			tr.delays(2)
			tr.fail()
			tr.pending(0)
			tr.state(reactor.Disconnected)
		}},
		{"P16 ResetDelay begins anew", func(t *testing.T, tr *trial) {
			tr.f.MaxRetries = 2
			want := tr.delays(2)
			tr.f.ResetDelay()
			if got := tr.delays(2); !slices.Equal(got, want) {
				t.Errorf("got delays %v after ResetDelay, want %v", got, want)
			}
		}},
		{"P16 StopTrying takes the plan back", func(t *testing.T, tr *trial) {
			tr.fail()
			tr.pending(1)
			tr.f.StopTrying()
			tr.pending(0)
			tr.f.Retry(tr.k)
			tr.pending(0)
		}},
		{"P16 StopTrying ends the attempt", func(t *testing.T, tr *trial) {
			tr.f.StopTrying()
			tr.state(reactor.Connecting) // the news comes in a later turn
			tr.clock.Turn()
			tr.state(reactor.Disconnected)
			tr.pending(0)
		}},
		{"P16 StopTrying lets no lost connection come back", func(t *testing.T, tr *trial) {
			tr.f.StopTrying()
			tr.clock.Turn()
			tr.f.ClientConnectionLost(tr.k, reactor.ErrConnectionDone)
			tr.pending(0)
		}},
		{"P16 ResetDelay undoes StopTrying", func(t *testing.T, tr *trial) {
			tr.f.StopTrying()
			tr.clock.Turn()
			tr.f.ResetDelay()
			tr.f.ClientConnectionLost(tr.k, reactor.ErrConnectionDone)
			tr.pending(1)
			tr.clock.Advance(2 * time.Second)
			tr.state(reactor.Connecting)
		}},
		{"P16 jitter makes no delay negative", func(t *testing.T, tr *trial) {
			tr.f.Jitter, tr.f.Normal = 1, always(-20)
			tr.fail()
			tr.state(reactor.Connecting) // at once
		}},
		{"P16 Retry plans once", func(t *testing.T, tr *trial) {
			tr.fail()
			tr.f.Retry(tr.k)
			if got, want := tr.planned(), 2*time.Second; got != want {
				t.Errorf("got a delay of %v, want %v", got, want)
			}
		}},
		{"P16 Connect by hand replaces the plan", func(t *testing.T, tr *trial) {
			tr.fail()
			if err := tr.k.Connect(); err != nil {
				t.Errorf("Connect answered %v, want nil", err)
			}
			tr.pending(0)
			tr.f.StopTrying()
			tr.clock.Turn()
			tr.state(reactor.Disconnected)
		}},
		{"P16 Retry of nothing panics", func(t *testing.T, tr *trial) {
			defer func() {
				if got := recover(); got == nil {
					t.Error("got no panic, want one")
				}
			}()
			tr.f.Retry(nil)
		}},
		{"P16 one factory for two connectors", func(t *testing.T, tr *trial) {
			other := tr.clock.Reactor().ConnectTCP("192.0.2.2", 143, tr.f)
			_ = other.StopConnecting()
			tr.fail()
			tr.pending(2)
			tr.clock.Advance(time.Hour)
			tr.state(reactor.Connecting)
			if got := other.State(); got != reactor.Connecting {
				t.Errorf("got the other connector %v, want %v", got, reactor.Connecting)
			}
			tr.f.StopTrying()
			tr.clock.Turn()
			tr.state(reactor.Disconnected)
			if got := other.State(); got != reactor.Disconnected {
				t.Errorf("got the other connector %v, want %v", got, reactor.Disconnected)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, newTrial(t, plain)) })
	}
}

func TestConnectorKnowsItsReactor(t *testing.T) {
	tr := newTrial(t, reactor.ReconnectingClientFactory{})
	if got, want := tr.k.Reactor(), tr.clock.Reactor(); got != want {
		t.Errorf("got reactor %p, want %p", got, want)
	}
}

// A server that closes each connection at once, twice, and then keeps one.
func TestReconnectingOverSockets(t *testing.T) {
	l := start(t)
	p := peer(t)
	third := newProbe()
	built := 0
	f := &stubborn{ReconnectingClientFactory: reactor.ReconnectingClientFactory{InitialDelay: time.Millisecond, Factor: 1, Jitter: -1}}
	f.build = func(net.Addr) reactor.Protocol {
		if built++; built == 3 {
			return third
		}
		return newProbe()
	}
	k := l.connect(p.Addr(), f)
	for range 2 {
		_ = accept(t, p).Close()
	}
	accept(t, p)
	wait(t, third.up, "the third connection")
	l.do(func() {
		if got, want := k.State(), reactor.Connected; got != want {
			t.Errorf("got the connector %v, want %v", got, want)
		}
		f.StopTrying()
		third.Transport().LoseConnection()
	})
	wait(t, third.lost, "the end of the third connection")
	l.do(func() {
		if got := len(l.DelayedCalls()); got != 0 {
			t.Errorf("got %d planned calls after StopTrying, want 0", got)
		}
	})
}
