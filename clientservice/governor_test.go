package clientservice_test

import (
	"fmt"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// unlimited has no limit at all; tests set those that they are about.
func unlimited() clientservice.GovernorOptions {
	return clientservice.GovernorOptions{DialsPerSecond: -1, HostDialsPerSecond: -1, MaxDialing: -1, MaxPerHost: -1, Jitter: -1}
}

// desk is a governor, and who has come to it.
type desk struct {
	t       *testing.T
	clock   *reactortest.Clock
	g       *clientservice.Governor
	came    int
	granted []string // host and number of those who got a permit, in order
	permits map[string]*clientservice.Permit
	lines   map[string]*deferred.Deferred[*clientservice.Permit]
}

func newDesk(t *testing.T, o clientservice.GovernorOptions) *desk {
	return &desk{t: t, clock: reactortest.NewClock(), g: clientservice.NewGovernor(o),
		permits: make(map[string]*clientservice.Permit), lines: make(map[string]*deferred.Deferred[*clientservice.Permit])}
}

// ask has somebody ask for each host of a text such as "a a b"; they are called a1, a2, b3.
func (k *desk) ask(hosts string) {
	for _, host := range strings.Fields(hosts) {
		k.askOn(k.clock.Reactor(), host)
	}
	k.clock.Turn()
}

func (k *desk) askOn(r *reactor.Reactor, host string) {
	k.came++
	name := fmt.Sprintf("%s%d", host, k.came)
	d := k.g.Acquire(r, host)
	k.lines[name] = d
	d.Handle(func(p *clientservice.Permit) {
		k.granted = append(k.granted, name)
		k.permits[name] = p
	}, func(error) {})
}

// want compares who got a permit since the last time.
func (k *desk) want(want string) {
	k.t.Helper()
	if got := strings.Join(k.granted, " "); got != want {
		k.t.Errorf("got permits for %q, want %q", got, want)
	}
	k.granted = nil
}

// after lets time pass.
func (k *desk) after(d time.Duration) *desk {
	k.clock.Advance(d)
	return k
}

func (k *desk) release(names string) {
	for _, name := range strings.Fields(names) {
		k.permits[name].Release()
	}
	k.clock.Turn()
}

func (k *desk) connected(names string) {
	for _, name := range strings.Fields(names) {
		k.permits[name].Connected()
	}
	k.clock.Turn()
}

func (k *desk) cancel(names string) {
	for _, name := range strings.Fields(names) {
		k.lines[name].Cancel()
	}
}

func (k *desk) planned(want int) {
	k.t.Helper()
	if got := k.clock.Pending(); got != want {
		k.t.Errorf("got %d planned calls, want %d", got, want)
	}
}

func (k *desk) stats(want clientservice.GovernorStats) {
	k.t.Helper()
	if got := k.g.Stats(); got != want {
		k.t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestGovernorLimits(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name  string
		limit func(o *clientservice.GovernorOptions)
		run   func(k *desk)
	}{
		{"without limits all get a permit, in a later turn", func(*clientservice.GovernorOptions) {}, func(k *desk) {
			k.askOn(k.clock.Reactor(), "a")
			k.want("")
			k.clock.Turn()
			k.want("a1")
			k.ask("b c a")
			k.want("b2 c3 a4")
			k.stats(clientservice.GovernorStats{Dialing: 4, Open: 4, Hosts: 3})
			k.planned(0)
		}},
		{"a burst, and then the rate", func(o *clientservice.GovernorOptions) { o.DialsPerSecond, o.Burst = 10, 3 }, func(k *desk) {
			k.ask("a b c d e f")
			k.want("a1 b2 c3")
			k.planned(1)
			k.after(100*ms - 1).want("")
			k.after(1).want("d4")
			k.after(100 * ms).want("e5")
			k.after(50 * ms).want("")
			k.after(50 * ms).want("f6")
			k.planned(0)
		}},
		{"a rest gives a burst again, and no more", func(o *clientservice.GovernorOptions) { o.DialsPerSecond, o.Burst = 10, 3 }, func(k *desk) {
			k.ask("a b c")
			k.after(time.Hour).want("a1 b2 c3")
			k.ask("a b c d")
			k.want("a4 b5 c6")
			k.after(100 * ms).want("d7")
		}},
		{"the rate of a host holds up nobody else", func(o *clientservice.GovernorOptions) { o.HostDialsPerSecond, o.HostBurst = 10, 1 }, func(k *desk) {
			k.ask("a a a b b")
			k.want("a1 b4")
			k.after(100 * ms).want("a2 b5")
			k.ask("c")
			k.want("c6")
			k.after(100 * ms).want("a3")
		}},
		{"what is in the making is limited until Connected or Release", func(o *clientservice.GovernorOptions) { o.MaxDialing = 2 }, func(k *desk) {
			k.ask("a b c d e")
			k.want("a1 b2")
			k.planned(0)
			k.connected("b2")
			k.want("c3")
			k.release("a1")
			k.want("d4")
			k.release("b2") // was in the making no more
			k.want("")
			k.stats(clientservice.GovernorStats{Waiting: 1, Dialing: 2, Open: 2, Hosts: 3})
		}},
		{"a host at its limit holds up nobody else", func(o *clientservice.GovernorOptions) { o.MaxPerHost = 2 }, func(k *desk) {
			k.ask("a a a a b")
			k.want("a1 a2 b5")
			k.connected("a1 a2")
			k.want("")
			k.release("a1")
			k.want("a3")
			k.release("a3 a2")
			k.want("a4")
			k.planned(0)
		}},
		{"hosts take turns, each line is in order", func(o *clientservice.GovernorOptions) { o.MaxDialing = 1 }, func(k *desk) {
			k.ask("a a a a b b c")
			for _, name := range []string{"a1", "a2", "b5", "c7", "a3", "b6", "a4"} {
				k.want(name)
				k.release(name)
			}
			k.want("")
		}},
		{"one who comes late does not wait for a long line", func(o *clientservice.GovernorOptions) { o.MaxDialing = 1 }, func(k *desk) {
			k.ask(strings.Repeat("a ", 1000) + "b")
			k.want("a1")
			k.release("a1")
			k.want("a2") // was the next one before b came
			k.release("a2")
			k.want("b1001")
		}},
		{"one more in a line does not cost the host its turn", func(o *clientservice.GovernorOptions) { o.MaxDialing = 1 }, func(k *desk) {
			k.ask("a b c b b")
			k.want("a1")
			k.release("a1")
			k.want("b2")
		}},
		{"Cancel leaves the line at once", func(o *clientservice.GovernorOptions) { o.MaxDialing = 1 }, func(k *desk) {
			k.ask("a a a b")
			k.cancel("a2 b4")
			k.stats(clientservice.GovernorStats{Waiting: 1, Dialing: 1, Open: 1, Hosts: 1})
			k.want("a1")
			k.release("a1")
			k.want("a3")
		}},
		{"Cancel of the last one leaves no timer", func(o *clientservice.GovernorOptions) { o.DialsPerSecond, o.Burst = 1, 1 }, func(k *desk) {
			k.ask("a b c")
			k.planned(1)
			k.cancel("b2")
			k.planned(1)
			k.cancel("c3")
			k.planned(0)
		}},
		{"Cancel of a permit on its way gives it to the next one", func(o *clientservice.GovernorOptions) { o.MaxDialing = 1 }, func(k *desk) {
			k.askOn(k.clock.Reactor(), "a")
			k.askOn(k.clock.Reactor(), "b")
			k.cancel("a1")
			k.clock.Turn()
			k.want("b2")
			k.stats(clientservice.GovernorStats{Dialing: 1, Open: 1, Hosts: 1})
		}},
		{"Cancel from the callback of another one", func(*clientservice.GovernorOptions) {}, func(k *desk) {
			k.g.Acquire(k.clock.Reactor(), "a").Handle(func(*clientservice.Permit) { k.cancel("b1") }, nil)
			k.askOn(k.clock.Reactor(), "b")
			k.clock.Turn()
			k.want("")
			k.stats(clientservice.GovernorStats{Dialing: 1, Open: 1, Hosts: 1})
		}},
		{"a permit that its Deferred does not take is free again", func(o *clientservice.GovernorOptions) { o.MaxDialing = 1 }, func(k *desk) {
			k.g.Acquire(k.clock.Reactor(), "a").Callback(nil) // by somebody who has no business to
			k.ask("b")
			k.clock.Turn()
			k.want("b1")
		}},
		{"Connected and Release may come again, in any order", func(o *clientservice.GovernorOptions) { o.MaxDialing, o.MaxPerHost = 1, 1 }, func(k *desk) {
			k.ask("a a a")
			k.connected("a1 a1")
			k.release("a1 a1")
			k.want("a1 a2")
			k.connected("a1")
			k.stats(clientservice.GovernorStats{Waiting: 1, Dialing: 1, Open: 1, Hosts: 1})
			var none *clientservice.Permit
			none.Connected()
			none.Release()
		}},
		{"jitter delays, and the rate stays", func(o *clientservice.GovernorOptions) {
			o.DialsPerSecond, o.Burst, o.Jitter, o.Random = 10, 2, 0.5, func() float64 { return 1 }
		}, func(k *desk) {
			k.ask("a b c d e")
			k.want("a1 b2")
			k.after(150*ms - 1).want("")
			k.after(1).want("c3")
			k.after(100 * ms).want("d4")
			k.after(100 * ms).want("e5")
		}},
		{"one timer for all who wait", func(o *clientservice.GovernorOptions) { o.DialsPerSecond, o.Burst, o.HostDialsPerSecond = 1, 1, 7 }, func(k *desk) {
			for n := range 1000 {
				k.askOn(k.clock.Reactor(), fmt.Sprint(n%30))
			}
			k.clock.Turn()
			k.planned(1)
			k.after(10 * time.Second)
			k.planned(1)
			if got := len(k.granted); got != 11 {
				k.t.Errorf("got %d permits after 10 s, want 11", got)
			}
		}},
		{"the timer moves forward when a host may go earlier", func(o *clientservice.GovernorOptions) {
			o.DialsPerSecond, o.Burst, o.HostDialsPerSecond, o.HostBurst = 10, 2, 0.1, 1
		}, func(k *desk) {
			k.ask("a a b")
			k.want("a1 b3")
			k.ask("c")
			k.want("")
			k.after(100 * ms).want("c4")
			k.after(10*time.Second - 100*ms - 1).want("")
			k.after(1).want("a2")
		}},
		{"a host that rests can have the rest of its burst", func(o *clientservice.GovernorOptions) {
			o.HostDialsPerSecond, o.HostBurst = 10, 2
		}, func(k *desk) {
			k.ask("a")
			k.release("a1")
			k.ask("a a")
			k.want("a1 a2")
			k.after(100 * ms).want("a3")
		}},
		{"a host that is not used any more is forgotten when its rate allows", func(o *clientservice.GovernorOptions) {
			o.HostDialsPerSecond, o.HostBurst = 10, 1
		}, func(k *desk) {
			k.ask("a b")
			k.release("a1 b2")
			k.stats(clientservice.GovernorStats{Hosts: 2})
			k.ask("a")
			k.want("a1 b2")
			k.after(100 * ms).want("a3")
			k.after(100 * ms).release("a3")
			k.stats(clientservice.GovernorStats{})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := unlimited()
			c.limit(&o)
			c.run(newDesk(t, o))
		})
	}
}

// Each field of GovernorOptions has a zero, and a way to say none.
func TestGovernorDefaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   func(o *clientservice.GovernorOptions) // on top of no limits
		hosts int
		want  int // of 1000 who come at once
	}{
		{"no limits", func(*clientservice.GovernorOptions) {}, 1, 1000},
		{"Burst 0", func(o *clientservice.GovernorOptions) { o.DialsPerSecond = 1 }, 1, clientservice.DefaultBurst},
		{"Burst negative", func(o *clientservice.GovernorOptions) { o.DialsPerSecond, o.Burst = 1, -1 }, 1, 1},
		{"DialsPerSecond 0", func(o *clientservice.GovernorOptions) { o.DialsPerSecond = 0 }, 1, clientservice.DefaultBurst},
		{"DialsPerSecond infinite", func(o *clientservice.GovernorOptions) { o.DialsPerSecond = math.Inf(1) }, 1, 1000},
		{"HostBurst 0", func(o *clientservice.GovernorOptions) { o.HostDialsPerSecond = 1 }, 2, 2 * clientservice.DefaultHostBurst},
		{"HostBurst negative", func(o *clientservice.GovernorOptions) { o.HostDialsPerSecond, o.HostBurst = 1, -1 }, 2, 2},
		{"HostDialsPerSecond 0", func(o *clientservice.GovernorOptions) { o.HostDialsPerSecond = 0 }, 1, clientservice.DefaultHostBurst},
		{"MaxDialing 0", func(o *clientservice.GovernorOptions) { o.MaxDialing = 0 }, 1, clientservice.DefaultMaxDialing},
		{"MaxPerHost 0", func(o *clientservice.GovernorOptions) { o.MaxPerHost = 0 }, 1, 1000},
		{"MaxPerHost 7", func(o *clientservice.GovernorOptions) { o.MaxPerHost = 7 }, 3, 21},
		{"a rate next to nothing", func(o *clientservice.GovernorOptions) { o.DialsPerSecond, o.Burst = 1e-300, math.MaxInt }, 1, 1000},
		{"all zero", func(o *clientservice.GovernorOptions) { *o = clientservice.GovernorOptions{} }, 1000, clientservice.DefaultBurst},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := unlimited()
			c.set(&o)
			k := newDesk(t, o)
			for n := range 1000 {
				k.askOn(k.clock.Reactor(), fmt.Sprint(n%c.hosts))
			}
			k.clock.Turn()
			if got := len(k.granted); got != c.want {
				t.Errorf("got %d permits at once, want %d", got, c.want)
			}
		})
	}
	for _, c := range []struct {
		name string
		o    clientservice.GovernorOptions
		want time.Duration // until the permit after the burst
	}{
		{"DialsPerSecond 0", clientservice.GovernorOptions{Burst: 1, HostDialsPerSecond: -1, Jitter: -1}, time.Second / clientservice.DefaultDialsPerSecond},
		{"HostDialsPerSecond 0", clientservice.GovernorOptions{HostBurst: 1, DialsPerSecond: -1, Jitter: -1}, time.Second / clientservice.DefaultHostDialsPerSecond},
		{"Jitter 0", clientservice.GovernorOptions{Burst: 1, DialsPerSecond: 1, Random: func() float64 { return 1 }}, 1500 * time.Millisecond},
		{"Jitter beyond 1 is 1", clientservice.GovernorOptions{Burst: 1, DialsPerSecond: 1, Jitter: 9, Random: func() float64 { return 1 }}, 2 * time.Second},
	} {
		t.Run(c.name+" in time", func(t *testing.T) {
			k := newDesk(t, c.o)
			k.ask("a a")
			k.want("a1")
			k.after(c.want - 1).want("")
			k.after(1).want("a2")
		})
	}
}

func TestGovernorRefusesNonsense(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"rate", func() { clientservice.NewGovernor(clientservice.GovernorOptions{DialsPerSecond: nan}) }},
		{"host rate", func() { clientservice.NewGovernor(clientservice.GovernorOptions{HostDialsPerSecond: nan}) }},
		{"jitter", func() { clientservice.NewGovernor(clientservice.GovernorOptions{Jitter: nan}) }},
		{"reactor", func() { clientservice.NewGovernor(clientservice.GovernorOptions{}).Acquire(nil, "a") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("got no panic, want one")
				}
			}()
			c.f()
		})
	}
}

// stopped runs a reactor to its end.
func stopped(t *testing.T, r *reactor.Reactor) {
	t.Helper()
	r.CallWhenRunning(func() { _ = r.Stop() })
	if err := r.Run(); err != nil {
		t.Fatalf("Run answered %v, want nil", err)
	}
}

func TestGovernorAndStoppedReactors(t *testing.T) {
	t.Run("Acquire says so", func(t *testing.T) {
		k := newDesk(t, unlimited())
		r := reactor.New(reactor.WithClock(k.clock.Now))
		stopped(t, r)
		failed(t, "Acquire", k.g.Acquire(r, "a"), reactor.ErrStopped)
		k.stats(clientservice.GovernorStats{})
		k.ask("a")
		k.want("a1")
	})
	t.Run("Acquire says so also behind others", func(t *testing.T) {
		o := unlimited()
		o.DialsPerSecond, o.Burst = 1, 1
		k := newDesk(t, o)
		k.ask("a")
		r := reactor.New(reactor.WithClock(k.clock.Now))
		stopped(t, r)
		failed(t, "Acquire", k.g.Acquire(r, "a"), reactor.ErrStopped)
		k.stats(clientservice.GovernorStats{Dialing: 1, Open: 1, Hosts: 1})
	})
	t.Run("those who waited there hold up nobody", func(t *testing.T) {
		o := unlimited()
		o.MaxDialing = 1
		k := newDesk(t, o)
		r := reactor.New(reactor.WithClock(k.clock.Now))
		k.ask("a")
		for range 3 {
			k.askOn(r, "b")
		}
		k.ask("b c")
		stopped(t, r)
		k.want("a1")
		k.release("a1")
		k.want("c6")
		k.release("c6")
		k.want("b5")
		k.release("b5")
		k.stats(clientservice.GovernorStats{})
	})
}

func TestServiceWithGovernor(t *testing.T) {
	o := unlimited()
	o.MaxDialing = 1
	newGoverned := func(t *testing.T) (*scene, *clientservice.Governor) {
		g := clientservice.NewGovernor(o)
		l := &login{}
		s := newScene(t, clientservice.Options{Governor: g, Host: "h", Prepare: func(p reactor.Protocol) *deferred.Deferred[struct{}] {
			d := l.prepare(p)
			if p.(*user).received == "ready" {
				d.Callback(struct{}{})
			}
			return d
		}})
		return s, g
	}
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s *scene, g *clientservice.Governor)
	}{
		{"it waits for its permit", func(t *testing.T, s *scene, g *clientservice.Governor) {
			other := g.Acquire(s.clock.Reactor(), "h")
			s.Start()
			s.turn()
			s.state(clientservice.Queued)
			s.calls(0)
			done(t, "Acquire", other).Release()
			s.turn()
			s.state(clientservice.Connecting)
			s.calls(1)
		}},
		{"Stop leaves the line at once", func(t *testing.T, s *scene, g *clientservice.Governor) {
			other := g.Acquire(s.clock.Reactor(), "h")
			s.Start()
			s.turn()
			wait := s.WhenConnected(0)
			done(t, "Stop", s.Stop())
			failed(t, "WhenConnected", wait, clientservice.ErrStopped)
			if got, want := g.Stats(), (clientservice.GovernorStats{Dialing: 1, Open: 1, Hosts: 1}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			done(t, "Acquire", other).Release()
			s.turn()
			s.calls(0)
		}},
		{"Stop gives back a permit on its way", func(t *testing.T, s *scene, g *clientservice.Governor) {
			s.Start()
			done(t, "Stop", s.Stop())
			s.turn()
			s.calls(0)
		}},
		{"a failed attempt gives it back", func(t *testing.T, s *scene, g *clientservice.Governor) {
			s.Start()
			s.turn()
			s.call(0).fail(errRefused)
		}},
		{"a cancelled attempt gives it back", func(t *testing.T, s *scene, g *clientservice.Governor) {
			s.Start()
			s.turn()
			s.Stop()
		}},
		{"it keeps it while preparing and until the end of the connection", func(t *testing.T, s *scene, g *clientservice.Governor) {
			dialing := func(what string, want clientservice.GovernorStats) {
				t.Helper()
				if got := g.Stats(); got != want {
					t.Errorf("%s: got %+v, want %+v", what, got, want)
				}
			}
			s.Start()
			s.turn()
			s.call(0).connect()
			s.state(clientservice.Preparing)
			dialing("preparing", clientservice.GovernorStats{Dialing: 1, Open: 1, Hosts: 1})
			s.made = func(u *user) { u.received = "ready" }
			s.call(0).tr.Lose(nil)
			dialing("lost", clientservice.GovernorStats{})
			s.clock.Advance(longEnough)
			s.call(1).connect()
			s.state(clientservice.Connected)
			dialing("connected", clientservice.GovernorStats{Open: 1, Hosts: 1})
			s.Stop()
			dialing("stopping", clientservice.GovernorStats{Open: 1, Hosts: 1})
			s.turn()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, g := newGoverned(t)
			c.run(t, s, g)
			if slices.Contains([]string{"it waits for its permit"}, c.name) {
				s.Stop()
			}
			s.turn()
			if got := g.Stats(); got != (clientservice.GovernorStats{}) {
				t.Errorf("got %+v at the end, want nothing", got)
			}
		})
	}
}

// named is an endpoint that knows its host.
type named struct{ *place }

func (named) Host() string { return "mail.example.org" }

func TestServiceKnowsItsHost(t *testing.T) {
	for _, c := range []struct{ name, host, want string }{
		{"from the endpoint", "", "mail.example.org"},
		{"from the options", "other.example.org", "other.example.org"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := unlimited()
			o.MaxPerHost = 1
			clock := reactortest.NewClock()
			g := clientservice.NewGovernor(o)
			s := clientservice.New(named{&place{clock: clock}}, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &user{} }),
				clientservice.Options{Reactor: clock.Reactor(), Governor: g, Host: c.host})
			s.Start()
			taken := g.Acquire(clock.Reactor(), c.want)
			clock.Turn()
			open(t, "a second one for "+c.want, taken)
			s.Stop()
			clock.Turn()
			done(t, "a second one for "+c.want, taken)
		})
	}
}

// TestRandomThatPanics: the governor goes on, and lets permits go as if the number were 0.
func TestRandomThatPanics(t *testing.T) {
	o := unlimited()
	o.Jitter, o.DialsPerSecond, o.Burst = 1, 10, 1
	o.Random = func() float64 { panic("boom") }
	k := newDesk(t, o)
	turn := func(f func()) { // the clock hands the panic on, where a reactor logs it
		defer func() { _ = recover() }()
		f()
	}
	turn(func() { k.ask("a a") })
	k.clock.Turn()
	k.want("a1")
	turn(func() { k.clock.Advance(100 * time.Millisecond) })
	k.clock.Turn()
	k.want("a2")
	if got := k.g.Stats(); got.Open != 2 || got.Waiting != 0 {
		t.Errorf("got %+v, want 2 open and none waiting", got)
	}
}
