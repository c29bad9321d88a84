package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

func TestRun(t *testing.T) {
	t.Run("R01 stop before run", func(t *testing.T) {
		err := reactor.New().Stop()
		wantIs(t, err, reactor.ErrNotRunning)
		wantText(t, err, "Can't stop reactor that isn't running.")
	})
	t.Run("R02 second stop is refused, the first one returns before anything is torn down", func(t *testing.T) {
		l := start(t)
		l.do(func() {
			if err := l.Stop(); err != nil {
				t.Errorf("first Stop answered %v, want nil", err)
			}
			if !l.Running() {
				t.Error("Running is false inside the callback that stopped, want true")
			}
			wantIs(t, l.Stop(), reactor.ErrNotRunning)
		})
		l.finish()
		if l.Running() {
			t.Error("Running is true after Run returned, want false")
		}
		wantIs(t, l.Stop(), reactor.ErrNotRunning)
	})
	t.Run("R03 run again", func(t *testing.T) {
		l := start(t)
		l.finish()
		err := l.Run()
		wantIs(t, err, reactor.ErrNotRestartable)
		wantText(t, err, "reactor: a stopped reactor cannot run again; reactor.New gives another one.")
	})
	t.Run("R04 run from inside", func(t *testing.T) {
		l := start(t)
		l.do(func() { wantIs(t, l.Run(), reactor.ErrAlreadyRunning) })
		wantIs(t, l.RunContext(t.Context()), reactor.ErrAlreadyRunning)
	})
	t.Run("R05 callWhenRunning runs in order, and at once while running", func(t *testing.T) {
		var j journal
		r := reactor.New()
		r.CallWhenRunning(func() { j.add("a") })
		r.CallWhenRunning(func() { j.add("b") })
		j.want(t)
		l := run(t, r)
		l.do(func() {
			l.CallWhenRunning(func() { j.add("c") })
			j.add("after")
		})
		j.want(t, "a", "b", "c", "after")
	})
	t.Run("R17 callFromThread(stop) wakes an idle loop", func(t *testing.T) {
		l := start(t)
		_ = l.CallFromThread(func() { _ = l.Stop() })
		wait(t, l.done, "Run to return")
	})
	t.Run("stop from CallWhenRunning, with nothing to wait for", func(t *testing.T) {
		r := reactor.New(reactor.WithFlushTimeout(time.Hour))
		up := make(chan struct{})
		r.CallWhenRunning(func() { _ = r.Stop(); close(up) })
		done := make(chan error, 1)
		go func() { done <- r.Run() }()
		wait(t, up, "the reactor to run")
		if err := wait(t, done, "Run to return"); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
	})
	t.Run("a panic in CallWhenRunning does not keep the next one from running", func(t *testing.T) {
		option, logs := observed()
		r := reactor.New(option)
		r.CallWhenRunning(func() { panic("early") })
		r.CallWhenRunning(func() { _ = r.Stop() })
		if err := r.Run(); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
		wantPanicLogged(t, logs, "CallWhenRunning", "early")
	})
}

func TestRunContext(t *testing.T) {
	t.Run("answers the cause of the context that stops it", func(t *testing.T) {
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		r := reactor.New()
		r.CallWhenRunning(func() { cancel(cause) })
		if err := r.RunContext(ctx); err != cause {
			t.Errorf("got %v, want %v", err, cause)
		}
	})
	t.Run("answers nil after Stop", func(t *testing.T) {
		r := reactor.New()
		r.CallWhenRunning(func() { _ = r.Stop() })
		if err := r.RunContext(t.Context()); err != nil {
			t.Errorf("got %v, want nil", err)
		}
	})
	t.Run("a context that has ended stops it at once", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantIs(t, reactor.New().RunContext(ctx), context.Canceled)
	})
}

func TestCallFromThread(t *testing.T) {
	t.Run("R16 calls run in order, before the timers of the same turn", func(t *testing.T) {
		var j journal
		r := reactor.New(reactor.WithClock(new(clock).Now))
		r.CallLater(0, func() { j.add("timer") })
		for i := range 5 {
			_ = r.CallFromThread(func() { j.add("%d", i) })
		}
		r.RunUntilCurrent()
		j.want(t, "0", "1", "2", "3", "4", "timer")
	})
	t.Run("R16 the same in the first turn of Run", func(t *testing.T) {
		var j journal
		r := reactor.New(reactor.WithClock(new(clock).Now))
		r.CallLater(0, func() { j.add("timer"); _ = r.Stop() })
		for i := range 5 {
			_ = r.CallFromThread(func() { j.add("%d", i) })
		}
		if err := r.Run(); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
		j.want(t, "0", "1", "2", "3", "4", "timer")
	})
	t.Run("a call made by a call waits for the next turn", func(t *testing.T) {
		var j journal
		r := reactor.New()
		_ = r.CallFromThread(func() {
			j.add("a")
			_ = r.CallFromThread(func() { j.add("c") })
		})
		_ = r.CallFromThread(func() { j.add("b") })
		r.RunUntilCurrent()
		j.want(t, "a", "b")
		r.RunUntilCurrent()
		j.want(t, "a", "b", "c")
	})
	t.Run("from many goroutines each keeps its order", func(t *testing.T) {
		const callers, each = 8, 2000
		l := start(t)
		next := make([]int, callers)
		var wg sync.WaitGroup
		for g := range callers {
			wg.Go(func() {
				for i := range each {
					_ = l.CallFromThread(func() {
						if next[g] != i {
							t.Errorf("goroutine %d: got call %d, want %d", g, i, next[g])
						}
						next[g]++
					})
				}
			})
		}
		wg.Wait()
		l.do(func() {
			for g, n := range next {
				if n != each {
					t.Errorf("goroutine %d: got %d calls, want %d", g, n, each)
				}
			}
		})
	})
	t.Run("after stop it answers ErrStopped and what was accepted before has run", func(t *testing.T) {
		l := start(t)
		ran, accepted := 0, 0
		l.do(func() {
			_ = l.Stop()
			for range 10 {
				if l.CallFromThread(func() { ran++ }) == nil {
					accepted++
				}
			}
		})
		l.finish()
		if ran != accepted || accepted != 10 {
			t.Errorf("got %d calls run of %d accepted, want 10 of 10", ran, accepted)
		}
		err := l.CallFromThread(func() { t.Error("a call ran after the stop") })
		wantIs(t, err, reactor.ErrStopped, reactor.ErrNotRunning)
		l.RunUntilCurrent()
	})
	t.Run("a function that hands itself over again and again does not starve the connections", func(t *testing.T) {
		l := start(t)
		port := l.listen(echoFactory)
		var again func()
		again = func() { _ = l.CallFromThread(again) }
		again()
		c := dial(t, port.Addr())
		send(t, c, "still here")
		expect(t, c, "still here")
	})
	t.Run("calls and timers that plan each other do not starve the connections", func(t *testing.T) {
		l := start(t)
		port := l.listen(echoFactory)
		var call, timer func()
		call = func() { l.CallLater(0, timer) }
		timer = func() { _ = l.CallFromThread(call) }
		_ = l.CallFromThread(call)
		c := dial(t, port.Addr())
		send(t, c, "still here")
		expect(t, c, "still here")
	})
	t.Run("a clock moved to the moment of a timer does not swallow the next wake-up", func(t *testing.T) {
		now, ran := new(clock), make(chan struct{})
		l := start(t, reactor.WithClock(now.Now))
		l.do(func() { l.CallLater(time.Hour, func() {}) })
		l.do(func() {
			now.advance(time.Hour)
			_ = l.CallFromThread(func() { close(ran) })
		})
		wait(t, ran, "the next call")
	})
	t.Run("nil is a mistake", func(t *testing.T) {
		wantPanic(t, "reactor: CallFromThread: nil function", func() { _ = reactor.New().CallFromThread(nil) })
	})
}

func wantPanic(t testing.TB, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); fmt.Sprint(got) != want {
			t.Errorf("got panic %v, want %v", got, want)
		}
	}()
	f()
}

// byHand is a reactor that is driven by a clock moved by hand.
func byHand() (*clock, *reactor.Reactor) {
	c := new(clock)
	return c, reactor.New(reactor.WithClock(c.Now))
}

func TestCallLater(t *testing.T) {
	t.Run("R09 in order of time", func(t *testing.T) {
		var j journal
		c, r := byHand()
		r.CallLater(50*time.Millisecond, func() { j.add("b") })
		r.CallLater(10*time.Millisecond, func() { j.add("a") })
		c.advance(time.Second)
		r.RunUntilCurrent()
		j.want(t, "a", "b")
	})
	t.Run("R10 zero delays run in order, in a later turn than the call", func(t *testing.T) {
		var j journal
		_, r := byHand()
		r.CallLater(0, func() {
			j.add("x")
			r.CallLater(0, func() { j.add("z") })
		})
		r.CallLater(0, func() { j.add("y") })
		j.want(t)
		r.RunUntilCurrent()
		j.want(t, "x", "y")
		r.RunUntilCurrent()
		j.want(t, "x", "y", "z")
	})
	t.Run("R11 cancelled twice", func(t *testing.T) {
		_, r := byHand()
		call := r.CallLater(0, func() { t.Error("a cancelled call ran") })
		if err := call.Cancel(); err != nil || call.Active() {
			t.Errorf("got %v and active %v, want nil and false", err, call.Active())
		}
		r.RunUntilCurrent()
		for _, err := range []error{call.Cancel(), call.Reset(1), call.Delay(1)} {
			wantIs(t, err, reactor.ErrAlreadyCancelled)
			wantText(t, err, "Tried to cancel an already-cancelled event.")
		}
	})
	t.Run("R11 already called, also from inside", func(t *testing.T) {
		_, r := byHand()
		var call *reactor.DelayedCall
		check := func() {
			for _, err := range []error{call.Cancel(), call.Reset(1), call.Delay(1)} {
				wantIs(t, err, reactor.ErrAlreadyCalled)
				wantText(t, err, "Tried to cancel an already-called event.")
			}
			if call.Active() {
				t.Error("got active, want false")
			}
		}
		call = r.CallLater(0, check)
		if !call.Active() {
			t.Error("got inactive before the call, want active")
		}
		r.RunUntilCurrent()
		check()
	})
	t.Run("R12 reset sooner, reset later, delay, delay backwards", func(t *testing.T) {
		for _, test := range []struct {
			name string
			move func(c *reactor.DelayedCall) error
			want time.Duration
		}{
			{"reset(1)", func(c *reactor.DelayedCall) error { return c.Reset(time.Second) }, 3 * time.Second},
			{"reset(10)", func(c *reactor.DelayedCall) error { return c.Reset(10 * time.Second) }, 12 * time.Second},
			{"delay(3)", func(c *reactor.DelayedCall) error { return c.Delay(3 * time.Second) }, 8 * time.Second},
			{"delay(-2)", func(c *reactor.DelayedCall) error { return c.Delay(-2 * time.Second) }, 3 * time.Second},
			{"delay(-9) stops at now", func(c *reactor.DelayedCall) error { return c.Delay(-9 * time.Second) }, 2 * time.Second},
		} {
			t.Run(test.name, func(t *testing.T) {
				c, r := byHand()
				ran := false
				call := r.CallLater(5*time.Second, func() { ran = true })
				c.advance(2 * time.Second)
				if err := test.move(call); err != nil {
					t.Fatalf("got %v, want nil", err)
				}
				if got := call.Time(); !got.Equal(epoch.Add(test.want)) {
					t.Errorf("Time is %v, want %v", got, epoch.Add(test.want))
				}
				c.advance(test.want - 2*time.Second - 1)
				if r.RunUntilCurrent(); ran && test.want > 2*time.Second {
					t.Error("ran a nanosecond early")
				}
				c.advance(1)
				if r.RunUntilCurrent(); !ran {
					t.Errorf("did not run at %v", test.want)
				}
			})
		}
	})
	t.Run("R13 a panic is logged and harms nothing else", func(t *testing.T) {
		option, logs := observed()
		l := start(t, option)
		port := l.listen(echoFactory)
		c := dial(t, port.Addr())
		send(t, c, "1")
		expect(t, c, "1")
		ran := make(chan struct{})
		l.do(func() {
			l.CallLater(0, func() { panic("late") })
			l.CallLater(0, func() { close(ran) })
		})
		wait(t, ran, "the timer behind the one that panicked")
		send(t, c, "2")
		expect(t, c, "2")
		wantPanicLogged(t, logs, "CallLater", "late")
	})
	t.Run("R14 a negative delay is refused", func(t *testing.T) {
		_, r := byHand()
		wantPanic(t, "reactor: CallLater: negative delay -1ns", func() { r.CallLater(-1, func() {}) })
		call := r.CallLater(1, func() {})
		wantPanic(t, "reactor: Reset: negative delay -1ns", func() { _ = call.Reset(-1) })
		if got := len(r.DelayedCalls()); got != 1 || !call.Active() {
			t.Errorf("got %d calls and active %v, want 1 and true", got, call.Active())
		}
		wantPanic(t, "reactor: CallLater: nil function", func() { r.CallLater(1, nil) })
	})
	t.Run("R15 years and centuries", func(t *testing.T) {
		c, r := byHand()
		c.advance(time.Hour)
		call := r.CallLater(math.MaxInt64, func() { t.Error("ran early") })
		_ = r.CallLater(100*365*24*time.Hour, func() { t.Error("ran early") }).Delay(math.MaxInt64)
		c.advance(200 * 365 * 24 * time.Hour)
		r.RunUntilCurrent()
		if !call.Active() {
			t.Error("the call of the far future is gone")
		}
	})
	t.Run("R15 the kernel's timer takes it, too", func(t *testing.T) {
		l := start(t)
		ran := make(chan struct{})
		l.do(func() { l.CallLater(math.MaxInt64, func() { t.Error("ran early") }) })
		l.do(func() { l.CallLater(time.Millisecond, func() { close(ran) }) })
		wait(t, ran, "a short timer beside a long one")
	})
	t.Run("R18 advance runs what is due, in order", func(t *testing.T) {
		var j journal
		c, r := byHand()
		for i := range 3 {
			r.CallLater(time.Duration(i+1)*time.Second, func() { j.add("%d at %v", i+1, r.Now().Sub(epoch)) })
		}
		c.advance(2 * time.Second)
		r.RunUntilCurrent()
		j.want(t, "1 at 2s", "2 at 2s")
		if got := len(r.DelayedCalls()); got != 1 {
			t.Errorf("got %d pending calls, want 1", got)
		}
	})
	t.Run("AfterFunc stops only what has not run", func(t *testing.T) {
		c, r := byHand()
		n := 0
		stopFirst := r.AfterFunc(time.Second, func() { n++ })
		stopSecond := r.AfterFunc(time.Second, func() { n++ })
		if !stopFirst() || stopFirst() {
			t.Error("the first stop must answer true, the second false")
		}
		c.advance(time.Second)
		r.RunUntilCurrent()
		if stopSecond() || n != 1 {
			t.Errorf("got n = %d, want 1 and a stop that answers false", n)
		}
	})
	t.Run("a zero delay that plans itself again does not starve the connections", func(t *testing.T) {
		l := start(t)
		port := l.listen(echoFactory)
		l.do(func() {
			var again func()
			again = func() { l.CallLater(0, again) }
			again()
		})
		c := dial(t, port.Addr())
		send(t, c, "still here")
		expect(t, c, "still here")
	})
	t.Run("a stopped reactor leaves the timers of others alone", func(t *testing.T) {
		first := start(t, reactor.WithFlushTimeout(24*time.Hour))
		first.finish()
		second := start(t) // its descriptors get the numbers that the first one's had
		p := newProbe()
		p.data = func(*probe, []byte) {
			second.CallLater(time.Millisecond, func() { _ = second.Stop() })
			first.CallLater(time.Hour, func() {})
		}
		send(t, dial(t, second.listen(p.serve()).Addr()), "x")
		wait(t, second.done, "the second reactor's timer")
	})
}

func TestMustBeInTurn(t *testing.T) {
	l := start(t)
	client := clientOf(newProbe())
	for !panics(func() { l.CallWhenRunning(func() {}) }) { // the loop still turns
		runtime.Gosched()
	}
	for verb, f := range map[string]func(){
		"CallLater":       func() { l.CallLater(0, func() {}) },
		"CallWhenRunning": func() { l.CallWhenRunning(func() {}) },
		"ConnectTCP":      func() { l.ConnectTCP("127.0.0.1", 1, client) },
		"ConnectTLS":      func() { l.ConnectTLS("127.0.0.1", 1, client, nil) },
		"ListenTCP":       func() { _, _ = l.ListenTCP(0, echoFactory) },
	} {
		t.Run(verb, func(t *testing.T) {
			wantPanic(t, "reactor: "+verb+" called outside the reactor goroutine; hand it over with CallFromThread", f)
		})
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

func TestManyReactors(t *testing.T) {
	t.Run("one after the other", func(t *testing.T) {
		for range 50 {
			l := start(t)
			talk(t, l)
			l.finish()
		}
	})
	t.Run("four side by side", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 4 {
			l := start(t)
			wg.Go(func() {
				for range 20 {
					talk(t, l)
				}
			})
		}
		wg.Wait()
	})
}

// talk has a client and a server on one loop exchange a word.
func talk(t testing.TB, l *loop) {
	port := l.listen(echoFactory)
	p := newProbe()
	p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("word")) }
	p.data = func(p *probe, data []byte) {
		p.in.add(data)
		p.Transport().LoseConnection()
	}
	c := clientOf(p)
	l.connect(port.Addr(), c)
	wantIs(t, wait(t, c.lost, "the end of the talk"), reactor.ErrConnectionDone)
	if got := p.in.got(); got != "word" {
		t.Errorf("got %q, want %q", got, "word")
	}
	l.do(func() { port.StopListening() })
}

func TestReactorsShareAResolver(t *testing.T) {
	var wg sync.WaitGroup
	table := resolver{"dual.example": mappedLoopback()}
	for range 4 {
		l := start(t, reactor.WithResolver(table))
		port := l.listen(echoFactory)
		wg.Go(func() {
			c := clientOf(newProbe())
			l.do(func() { l.ConnectTCP("dual.example", port.Addr().(*net.TCPAddr).Port, c) })
			l.do(func() {})
		})
	}
	wg.Wait()
	if got, want := fmt.Sprint(table["dual.example"]), fmt.Sprint(mappedLoopback()); got != want {
		t.Errorf("the resolver's answer was changed to %s, want %s", got, want)
	}
}
