package reactor_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

type none = deferred.Deferred[struct{}]

// note is a trigger that writes a line and is done.
func (j *journal) note(line string) func() *none {
	return func() *none { j.add("%s", line); return nil }
}

// noteAnd is a trigger that writes a line and answers d.
func (j *journal) noteAnd(line string, d *none) func() *none {
	return func() *none { j.add("%s", line); return d }
}

// noteAll adds a trigger that writes its name to each phase of an event.
func (j *journal) noteAll(r *reactor.Reactor, event reactor.SystemEvent) {
	for _, phase := range []reactor.Phase{reactor.Before, reactor.During, reactor.After} {
		r.AddSystemEventTrigger(phase, event, j.note(fmt.Sprint(phase)))
	}
}

// waiting runs a reactor and asks it to stop; it waits before Shutdown for the Deferred.
func waiting(t testing.TB, options ...reactor.Option) (*loop, *none) {
	t.Helper()
	l, d := start(t, options...), deferred.New[struct{}]()
	l.do(func() {
		l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, func() *none { return d })
		_ = l.Stop()
	})
	l.do(func() {}) // the turn in which the shutdown begins
	return l, d
}

// fire gives d its result on the reactor goroutine.
func (l *loop) fire(d *none) {
	l.t.Helper()
	l.do(func() { d.Callback(struct{}{}) })
}

// until waits for the turn at whose end the journal has these lines: the reactor may run many calls in one.
func (l *loop) until(j *journal, want ...string) {
	l.t.Helper()
	for range 10_000 {
		if slices.Equal(j.got(), want) {
			return
		}
		l.do(func() {})
	}
	j.want(l.t, want...)
}

func logged(logs *observer.ObservedLogs, level zapcore.Level, message string) []map[string]any {
	var found []map[string]any
	for _, e := range logs.FilterMessage(message).All() {
		if e.Level == level {
			found = append(found, e.ContextMap())
		}
	}
	return found
}

func TestShutdownTriggers(t *testing.T) {
	t.Run("R06 before, then connections and factories, then during, then after", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		s := newStoried(func(net.Addr) reactor.Protocol { return p })
		p.gone = func(*probe, error) { s.journal.add("connectionLost") }
		l.do(func() {
			l.AddSystemEventTrigger(reactor.After, reactor.Shutdown, s.journal.note("after"))
			l.AddSystemEventTrigger(reactor.During, reactor.Shutdown, s.journal.note("during 1"))
			l.AddSystemEventTrigger(reactor.During, reactor.Shutdown, s.journal.note("during 2"))
			l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, s.journal.note("before"))
		})
		target := peer(t)
		l.connect(target.Addr(), s)
		accept(t, target)
		wait(t, p.up, "the connection")
		l.finish()
		s.journal.want(t, "startFactory", "startedConnecting connecting", "buildProtocol", "before", "connectionLost",
			"clientConnectionLost disconnected Connection to the other side was lost in a non-clean fashion.", "stopFactory",
			"during 1", "during 2", "after")
	})
	t.Run("R06 no trigger waits: a planned call does not run after the stop", func(t *testing.T) {
		l := start(t)
		late := func() { t.Error("a planned call ran") }
		l.do(func() {
			for _, phase := range []reactor.Phase{reactor.Before, reactor.During, reactor.After} {
				l.AddSystemEventTrigger(phase, reactor.Shutdown, func() *none {
					l.CallLater(0, late)
					return deferred.Succeed(struct{}{})
				})
			}
			_ = l.Stop()
			l.CallLater(0, late)
		})
		l.finish()
	})
	t.Run("R06 planned calls do not run while a trigger during it is waited for", func(t *testing.T) {
		l, d := start(t), deferred.New[struct{}]()
		l.do(func() {
			l.AddSystemEventTrigger(reactor.During, reactor.Shutdown, func() *none {
				l.CallLater(0, func() { t.Error("a planned call ran") })
				return d
			})
			_ = l.Stop()
		})
		l.do(func() {})
		l.do(func() {})
		l.fire(d)
		wait(t, l.done, "Run to return")
	})
	t.Run("R07 later phases wait for a Deferred; meanwhile everything works", func(t *testing.T) {
		var j journal
		l, d := start(t), deferred.New[struct{}]()
		p := newProbe()
		p.gone = func(*probe, error) { j.add("lost") }
		far, _ := connected(t, l, p)
		witness := dial(t, l.listen(echoFactory).Addr())
		l.do(func() {
			l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, j.noteAnd("before", d))
			l.AddSystemEventTrigger(reactor.During, reactor.Shutdown, j.note("during"))
			l.AddSystemEventTrigger(reactor.After, reactor.Shutdown, j.note("after"))
			_ = l.Stop()
		})
		timer := make(chan struct{})
		l.do(func() { l.CallLater(time.Millisecond, func() { close(timer) }) })
		wait(t, timer, "a planned call")
		send(t, witness, "still there?")
		expect(t, witness, "still there?")
		send(t, far, "logged out")
		p.in.wait(t, len("logged out"))
		late := dial(t, l.listen(echoFactory).Addr())
		send(t, late, "too")
		expect(t, late, "too")
		wantIs(t, l.Stop(), reactor.ErrNotRunning)
		j.want(t, "before")
		l.fire(d)
		wait(t, l.done, "Run to return")
		j.want(t, "before", "lost", "during", "after")
	})
	t.Run("R07 all of a phase are waited for, whoever fires them", func(t *testing.T) {
		var j journal
		l := start(t, reactor.WithFlushTimeout(0)) // which must not cut the wait short
		var ds []*none
		l.do(func() {
			for _, phase := range []reactor.Phase{reactor.Before, reactor.During, reactor.After} {
				for range 2 {
					d := deferred.New[struct{}]()
					ds = append(ds, d)
					l.AddSystemEventTrigger(phase, reactor.Shutdown, j.noteAnd(phase.String(), d))
				}
			}
			_ = l.Stop()
		})
		var want []string
		for _, pair := range []struct{ phase string }{{"before"}, {"during"}, {"after"}} {
			want = append(want, pair.phase, pair.phase)
			l.until(&j, want...)
			ds[1].Callback(struct{}{}) // by this goroutine
			l.do(func() {})
			l.do(func() {})
			j.want(t, want...)
			ds[0].Callback(struct{}{})
			ds = ds[2:]
			if pair.phase != "after" {
				l.do(func() {})
			}
		}
		wait(t, l.done, "Run to return")
	})
	t.Run("R08 what fails or panics is logged, the rest still runs", func(t *testing.T) {
		var j journal
		option, logs := observed()
		l, slow := start(t, option), deferred.New[struct{}]()
		failure := errors.New("server is busy")
		l.do(func() {
			for _, f := range []func() *none{
				func() *none { panic("boom") },
				func() *none { return deferred.Fail[struct{}](failure) },
				func() *none { return slow },
			} {
				l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, f)
			}
			j.noteAll(l.Reactor, reactor.Shutdown)
			_ = l.Stop()
		})
		l.do(func() { slow.Errback(failure) })
		wait(t, l.done, "Run to return")
		j.want(t, "before", "during", "after")
		wantPanicLogged(t, logs, "before shutdown", "boom")
		got := logged(logs, zapcore.ErrorLevel, "system event trigger failed")
		if len(got) != 2 {
			t.Fatalf("got %d failures logged, want 2: %v", len(got), got)
		}
		for _, fields := range got {
			if fields["event"] != "shutdown" || fields["phase"] != "before" || fields["error"] != failure.Error() {
				t.Errorf("got %v logged, want event shutdown, phase before and the error", fields)
			}
		}
	})
	t.Run("a trigger that never finishes is cancelled when the time is up", func(t *testing.T) {
		var j journal
		option, logs := observed()
		l := start(t, option, reactor.WithShutdownTimeout(10*time.Millisecond))
		l.do(func() {
			for _, phase := range []reactor.Phase{reactor.Before, reactor.During, reactor.After} {
				l.AddSystemEventTrigger(phase, reactor.Shutdown, func() *none {
					return deferred.New(func(*none) { j.add("%v cancelled", phase) })
				})
			}
		})
		l.finish()
		j.want(t, "before cancelled", "during cancelled", "after cancelled")
		got := logged(logs, zapcore.WarnLevel, "system event triggers did not finish in time")
		if len(got) != 3 || got[0]["phase"] != "before" || got[0]["triggers"] != int64(1) {
			t.Errorf("got %v logged, want one entry for each phase", got)
		}
		if got := logged(logs, zapcore.ErrorLevel, "system event trigger failed"); len(got) != 0 {
			t.Errorf("got %v logged, want no failure of what was given up", got)
		}
	})
	t.Run("each phase has the time anew", func(t *testing.T) {
		var j journal
		c := new(clock)
		l := start(t, reactor.WithClock(c.Now), reactor.WithShutdownTimeout(time.Hour))
		quick, slow := deferred.New[struct{}](), deferred.New(func(*none) { j.add("cancelled") })
		l.do(func() {
			l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, j.noteAnd("quick", quick))
			l.AddSystemEventTrigger(reactor.During, reactor.Shutdown, j.noteAnd("slow", slow))
			_ = l.Stop()
		})
		l.pass(c, 40*time.Minute)
		l.fire(quick)
		l.until(&j, "quick", "slow")
		l.pass(c, 40*time.Minute)
		j.want(t, "quick", "slow")
		_ = l.CallFromThread(func() { c.advance(20 * time.Minute) })
		wait(t, l.done, "Run to return")
		j.want(t, "quick", "slow", "cancelled")
	})
	t.Run("without a shutdown timeout nothing is waited for", func(t *testing.T) {
		var j journal
		l := start(t, reactor.WithShutdownTimeout(-1))
		l.do(func() {
			l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, j.noteAnd("never", deferred.New[struct{}]()))
			j.noteAll(l.Reactor, reactor.Shutdown)
		})
		l.finish()
		j.want(t, "never", "before", "during", "after")
	})
	t.Run("a trigger that calls Stop is refused", func(t *testing.T) {
		l := start(t)
		asked := 0
		l.do(func() {
			for _, phase := range []reactor.Phase{reactor.Before, reactor.During, reactor.After} {
				l.AddSystemEventTrigger(phase, reactor.Shutdown, func() *none {
					asked++
					wantIs(t, l.Stop(), reactor.ErrNotRunning)
					return nil
				})
			}
		})
		l.finish()
		if asked != 3 {
			t.Errorf("got %d triggers called, want 3", asked)
		}
	})
	t.Run("a trigger that connects gets its connection, and its loss", func(t *testing.T) {
		l, d := start(t), deferred.New[struct{}]()
		p := newProbe()
		p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("bye")); d.Callback(struct{}{}) }
		target := peer(t)
		l.do(func() {
			l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, func() *none {
				l.ConnectTCP("127.0.0.1", target.Addr().(*net.TCPAddr).Port, clientOf(p))
				return d
			})
			_ = l.Stop()
		})
		far := accept(t, target)
		wait(t, p.up, "the connection")
		expect(t, far, "bye")
		expectEnd(t, far)
		wait(t, l.done, "Run to return")
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionLost)
	})
	t.Run("a trigger during it that connects is refused", func(t *testing.T) {
		l := start(t)
		var err error
		l.do(func() {
			l.AddSystemEventTrigger(reactor.During, reactor.Shutdown, func() *none {
				err = l.ConnectTCP("127.0.0.1", 1, clientOf(newProbe())).Connect()
				return nil
			})
		})
		l.finish()
		wantIs(t, err, reactor.ErrStopped)
	})
	t.Run("when the system's poller fails all are called and none is waited for", func(t *testing.T) {
		start(t).finish()
		var j journal
		r := reactor.New()
		r.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, j.noteAnd("never", deferred.New[struct{}]()))
		j.noteAll(r, reactor.Shutdown)
		j.noteAll(r, reactor.Startup)
		wantIs(t, withoutDescriptors(t, r.Run), syscall.EMFILE)
		j.want(t, "never", "before", "during", "after")
	})
}

func TestAddingTriggers(t *testing.T) {
	t.Run("to the phase under way, to a later one, to one that is over", func(t *testing.T) {
		var j journal
		l := start(t)
		l.do(func() {
			l.AddSystemEventTrigger(reactor.During, reactor.Shutdown, func() *none {
				l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, j.note("over"))
				l.AddSystemEventTrigger(reactor.During, reactor.Shutdown, j.note("under way"))
				l.AddSystemEventTrigger(reactor.After, reactor.Shutdown, j.note("later"))
				return nil
			})
			l.AddSystemEventTrigger(reactor.During, reactor.Shutdown, j.note("second"))
		})
		l.finish()
		j.want(t, "second", "under way", "later")
	})
	t.Run("to the phase that waits: it is called, and waited for", func(t *testing.T) {
		var j journal
		l, d := waiting(t)
		added := deferred.New[struct{}]()
		l.do(func() {
			j.noteAll(l.Reactor, reactor.Shutdown)
			l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, j.noteAnd("added", added))
			j.want(t) // not inside the call
		})
		l.do(func() {})
		j.want(t, "before", "added")
		l.fire(d)
		l.do(func() {})
		j.want(t, "before", "added")
		l.fire(added)
		wait(t, l.done, "Run to return")
		j.want(t, "before", "added", "during", "after")
	})
	t.Run("in the same callback that ends the wait", func(t *testing.T) {
		var j journal
		l, d := waiting(t)
		l.do(func() {
			d.Callback(struct{}{})
			l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, j.note("in time"))
		})
		wait(t, l.done, "Run to return")
		j.want(t, "in time")
	})
	t.Run("removed", func(t *testing.T) {
		var j journal
		l := start(t)
		l.do(func() {
			remove := l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, j.note("a"))
			remove()
			remove()
			var own, next func()
			own = l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, func() *none {
				j.add("b")
				own()
				next()
				return nil
			})
			next = l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, j.note("c"))
			l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, j.note("d"))
		})
		l.finish()
		j.want(t, "b", "d")
	})
	t.Run("with arguments that make no sense", func(t *testing.T) {
		r := reactor.New()
		f := func() *none { return nil }
		for _, c := range []struct {
			want string
			add  func()
		}{
			{"reactor: AddSystemEventTrigger: nil function", func() { r.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, nil) }},
			{"reactor: AddSystemEventTrigger: phase is unknown (3)", func() { r.AddSystemEventTrigger(3, reactor.Shutdown, f) }},
			{"reactor: AddSystemEventTrigger: phase is unknown (-1)", func() { r.AddSystemEventTrigger(-1, reactor.Shutdown, f) }},
			{"reactor: AddSystemEventTrigger: event is unknown (2)", func() { r.AddSystemEventTrigger(reactor.After, 2, f) }},
		} {
			if got := panicOf(c.add); got != c.want {
				t.Errorf("got panic %v, want %q", got, c.want)
			}
		}
	})
	t.Run("from another goroutine", func(t *testing.T) {
		l := start(t)
		l.do(func() {})
		var got any
		for got == nil && l.Running() { // until the loop waits
			got = panicOf(func() {
				l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, func() *none { return nil })
			})
		}
		if got != "reactor: AddSystemEventTrigger called outside the reactor goroutine; hand it over with CallFromThread" {
			t.Errorf("got panic %v, want a word about the goroutine", got)
		}
	})
}

// panicOf answers what f panics with; nil if it does not.
func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

func TestStartupTriggers(t *testing.T) {
	t.Run("R05 before, ports, during, CallWhenRunning, after", func(t *testing.T) {
		var j journal
		r, d := reactor.New(), deferred.New[struct{}]()
		j.noteAll(r, reactor.Startup)
		r.AddSystemEventTrigger(reactor.Before, reactor.Startup, j.noteAnd("waits", d))
		r.CallWhenRunning(func() { j.add("running") })
		p := newProbe()
		p.made = func(*probe) { j.add("accepted") }
		port, err := r.ListenTCP(0, p.serve(), reactor.Interface("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		far := newProbe()
		r.ConnectTCP("127.0.0.1", port.Addr().(*net.TCPAddr).Port, clientOf(far))
		done := make(chan error, 1)
		go func() { done <- r.Run() }()
		l := &loop{Reactor: r, t: t}
		l.do(func() {})
		l.do(func() { j.want(t, "before", "waits"); d.Callback(struct{}{}) })
		wait(t, p.up, "the connection accepted")
		wait(t, far.up, "the connection made")
		l.do(func() { _ = r.Stop() })
		if err := wait(t, done, "Run to return"); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
		j.want(t, "before", "waits", "during", "running", "after", "accepted")
	})
	t.Run("a Stop while they wait skips the rest of the startup", func(t *testing.T) {
		var j journal
		r := reactor.New()
		r.AddSystemEventTrigger(reactor.Before, reactor.Startup, j.noteAnd("starting", deferred.New(func(*none) { j.add("cancelled") })))
		j.noteAll(r, reactor.Startup)
		r.CallWhenRunning(func() { j.add("running") })
		c := clientOf(newProbe())
		r.ConnectTCP("127.0.0.1", 1, c)
		for _, phase := range []reactor.Phase{reactor.Before, reactor.After} {
			r.AddSystemEventTrigger(phase, reactor.Shutdown, j.note(fmt.Sprint(phase, " shutdown")))
		}
		_ = r.CallFromThread(func() { _ = r.Stop() })
		if err := r.Run(); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
		j.want(t, "starting", "before", "cancelled", "before shutdown", "after shutdown")
		wantIs(t, wait(t, c.failed, "ClientConnectionFailed"), reactor.ErrUserAbort)
	})
	t.Run("a trigger added after that Stop is skipped, too", func(t *testing.T) {
		r := reactor.New()
		r.AddSystemEventTrigger(reactor.Before, reactor.Startup, func() *none { return deferred.New[struct{}]() })
		r.CallWhenRunning(func() { t.Error("the startup went on") })
		_ = r.CallFromThread(func() {
			_ = r.Stop()
			r.AddSystemEventTrigger(reactor.Before, reactor.Startup, func() *none { t.Error("it was called"); return nil })
		})
		if err := r.Run(); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
	})
	t.Run("a Stop inside one of them comes after all of them", func(t *testing.T) {
		var j journal
		r := reactor.New()
		r.AddSystemEventTrigger(reactor.Before, reactor.Startup, func() *none { j.add("stop: %v", r.Stop()); return nil })
		j.noteAll(r, reactor.Startup)
		r.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, j.note("shutdown"))
		if err := r.Run(); err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
		j.want(t, "stop: <nil>", "before", "during", "after", "shutdown")
	})
	t.Run("one that fails is logged, the reactor starts", func(t *testing.T) {
		option, logs := observed()
		r := reactor.New(option)
		r.AddSystemEventTrigger(reactor.During, reactor.Startup, func() *none { return deferred.Fail[struct{}](errors.New("no")) })
		run(t, r)
		if got := logged(logs, zapcore.ErrorLevel, "system event trigger failed"); len(got) != 1 || got[0]["event"] != "startup" {
			t.Errorf("got %v logged, want one failure at startup", got)
		}
	})
}

func init() {
	children["stuck"] = func() int {
		reactor.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, func() *none {
			fmt.Println("stopping")
			return deferred.New[struct{}]()
		})
		reactor.CallWhenRunning(func() { fmt.Println("running") })
		_ = reactor.Run()
		return 0
	}
}

func TestSecondSignalEndsTheProcess(t *testing.T) {
	cmd := child(t, "stuck")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	signals := 0
	for lines := bufio.NewScanner(out); lines.Scan(); signals++ {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait()
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGINT || signals != 2 {
		t.Errorf("after %d signals the child ended with %v, want the end by SIGINT after 2", signals, cmd.ProcessState)
	}
}
