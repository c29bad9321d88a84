package deferred_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tconn/tconn/deferred"
)

// reported runs build, whose Deferreds become garbage, and gives what ReportUnhandled reports about err.
func reported(t *testing.T, build func(err error)) (r *reports, err error) {
	t.Helper()
	r, err = collect(t), errors.New("the error of "+t.Name())
	buildAlone(func() { build(err) })
	deferred.ReportUnhandled()
	return r, err
}

// buildAlone keeps the variables of f out of the frame of the test.
//
//go:noinline
func buildAlone(f func()) { f() }

func TestUnhandled(t *testing.T) {
	fails := func(err error) func(int) (int, error) { return func(int) (int, error) { return 0, err } }
	takes := func(error) (int, error) { return 0, nil }
	for _, c := range []struct {
		name  string
		build func(err error)
		want  int
	}{
		{"U01 a failed Deferred", func(err error) { deferred.Fail[int](err) }, 1},
		{"U01 a callback that fails", func(err error) { deferred.Succeed(1).AddCallback(fails(err)) }, 1},
		{"U01 a callback that panics", func(err error) {
			deferred.Succeed(1).AddCallback(func(int) (int, error) { panic(err) })
		}, 1},
		{"U01 an error that passes callbacks", func(err error) {
			deferred.Fail[int](err).AddCallback(fails(errA)).AddCallback(fails(errB))
		}, 1},
		{"U01 an error on a paused Deferred", func(err error) {
			d := deferred.New[int]()
			d.Pause()
			d.Errback(err)
		}, 1},
		{"U01 an errback that answers the error", func(err error) {
			deferred.Fail[int](err).AddErrback(func(err error) (int, error) { return 0, err })
		}, 1},
		{"U01 a Handle without fail", func(err error) { deferred.Fail[int](err).Handle(func(int) {}, nil) }, 1},
		{"U01 a Handle that panics", func(err error) { deferred.Succeed(1).Handle(func(int) { panic(err) }, nil) }, 1},
		{"U01 a Deferred inside of another struct", func(err error) {
			holder := &struct {
				name string
				d    deferred.Deferred[int]
			}{}
			holder.d.Errback(err)
		}, 1},
		{"U02 a cycle of Deferred and closure", func(err error) {
			var d *deferred.Deferred[func()]
			d = deferred.New(func(x *deferred.Deferred[func()]) { d.Pause() })
			d.AddCallback(func(func()) (func(), error) { d.Pause(); d.Unpause(); return func() { d.Cancel() }, nil })
			d.AddCallback(func(func()) (func(), error) { d.Pause(); d.Unpause(); return nil, err })
			d.AddErrback(func(err error) (func(), error) { return func() { d.Cancel() }, err })
			d.Callback(func() { d.Cancel() })
			d.AddTimeout(&clock{}, 1)
		}, 1},
		{"U04 the outer of a chain handles it", func(err error) {
			inner := deferred.Fail[int](err)
			deferred.Succeed(1).AddCallback(func(int) (int, error) { return deferred.Chain(inner) }).AddErrback(takes)
		}, 0},
		{"U04 nobody handles it at the end of a chain", func(err error) {
			inner := deferred.Fail[int](err)
			deferred.Succeed(1).AddCallback(func(int) (int, error) { return deferred.Chain(inner) })
		}, 1},
		{"U05 an errback answers an unfired Deferred", func(err error) {
			inner := deferred.New[int]()
			deferred.Fail[int](err).AddErrback(func(error) (int, error) { return deferred.Chain(inner) })
		}, 0},
		{"U06 an errback added later", func(err error) {
			d := deferred.Fail[int](err)
			deferred.ReportUnhandled()
			d.AddErrback(takes)
		}, 0},
		{"U06 Handle", func(err error) { deferred.Fail[int](err).Handle(nil, func(error) {}) }, 0},
		{"U06 Await of a result that is there", func(err error) { deferred.Fail[int](err).Await(context.Background()) }, 0},
		{"U06 Result", func(err error) { deferred.Fail[int](err).Result() }, 0},
		{"U01 Done alone does not take the error", func(err error) {
			d := deferred.New[int]()
			d.Done()
			d.Errback(err)
		}, 1},
		{"U01 String alone does not take the error", func(err error) { _ = deferred.Fail[int](err).String() }, 1},
		{"U01 a new error after Await", func(err error) {
			d := deferred.Fail[int](errA)
			d.Await(context.Background())
			d.AddErrback(func(error) (int, error) { return 0, err })
		}, 1},
		{"X19 an Await given up takes the later error", func(err error) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			deferred.New(func(d *deferred.Deferred[int]) { d.Errback(err) }).Await(ctx)
		}, 0},
		{"U01 the result of a Then", func(err error) {
			deferred.Then(deferred.Fail[int](err), func(int) (string, error) { return "", nil })
		}, 1},
		{"U04 a handled result of a Then", func(err error) {
			deferred.Then(deferred.Fail[int](err), func(int) (int, error) { return 0, nil }).AddErrback(takes)
		}, 0},
		{"L05 members of All", func(err error) { deferred.All(deferred.Fail[int](err), deferred.Fail[int](err)) }, 0},
		{"L05 members of Gather, their first error is the result", func(err error) {
			deferred.Gather(deferred.Fail[int](err), deferred.Fail[int](err))
		}, 1},
		{"L05 a later error of a member of Gather", func(err error) {
			late := deferred.New[int]()
			deferred.Gather(deferred.Fail[int](errA), late).Handle(nil, func(error) {})
			late.Errback(err)
		}, 0},
		{"X02 a late error after Cancel", func(err error) {
			d := deferred.New[int]()
			d.Cancel()
			d.Errback(err)
			d.AddErrback(takes)
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := reported(t, c.build)
			r.want(t, err, c.want)
			settleGarbage()
			deferred.ReportUnhandled()
			r.want(t, err, c.want)
		})
	}
	t.Run("U01 the garbage collector alone reports, once", func(t *testing.T) {
		r, err := collect(t), errors.New("dropped")
		buildAlone(func() { deferred.Fail[int](err) })
		for len(r.of(err)) == 0 {
			runtime.GC()
			<-r.news
		}
		settleGarbage()
		deferred.ReportUnhandled()
		r.want(t, err, 1)
	})
	t.Run("U01 a panic is reported with its stack", func(t *testing.T) {
		r, err := reported(t, func(err error) {
			deferred.Succeed(1).AddCallback(func(int) (int, error) { panic(err) })
		})
		var p *deferred.PanicError
		if u := r.want(t, err, 1)[0]; !errors.As(u.Err, &p) || !strings.Contains(string(p.Stack), "unhandled_test.go") {
			t.Errorf("report: got %v, want a *PanicError whose stack names this file", u.Err)
		}
	})
	t.Run("U06 a Deferred that is kept stays armed", func(t *testing.T) {
		r, err := collect(t), errors.New("kept")
		d := deferred.Fail[int](err)
		if n := deferred.ReportUnhandled(); len(r.of(err)) != 0 {
			t.Errorf("ReportUnhandled: got %d reports, one of them of a Deferred in use", n)
		}
		runtime.KeepAlive(d)
		d = nil
		deferred.ReportUnhandled()
		r.want(t, err, 1)
	})
}

func TestReportUnhandled(t *testing.T) {
	r := collect(t)
	first, second := errors.New("first"), errors.New("second")
	buildAlone(func() { deferred.Fail[int](first); deferred.Fail[string](second) })
	if n := deferred.ReportUnhandled(); n != 2 || len(r.list) != 2 {
		t.Fatalf("got %d with %d reports, want 2 with 2", n, len(r.list))
	}
	if r.list[0].Err != first || r.list[1].Err != second {
		t.Errorf("got %v then %v, want first then second", r.list[0].Err, r.list[1].Err)
	}
	if n := deferred.ReportUnhandled(); n != 0 {
		t.Errorf("second call: got %d, want 0", n)
	}
}

func TestReportUnhandledWaits(t *testing.T) {
	stopCollector(t)
	entered, release := make(chan struct{}), make(chan struct{})
	var over atomic.Bool
	defer deferred.OnUnhandled(func(*deferred.Unhandled) {
		close(entered)
		<-release
		over.Store(true)
	})()
	buildAlone(func() { deferred.Fail[int](errA) })
	runtime.GC() // the report comes from the collector's goroutine
	<-entered
	go close(release)
	if deferred.ReportUnhandled(); !over.Load() {
		t.Error("ReportUnhandled: returned while a report was under way, want it to wait")
	}
}

func TestReportUnhandledTwiceAtOnce(t *testing.T) {
	const rounds, each = 10, 20
	r, err := collect(t), errors.New("many")
	for range rounds {
		buildAlone(func() {
			for range each {
				deferred.Fail[int](err)
			}
		})
		var group sync.WaitGroup
		var total atomic.Int64
		for range 2 {
			group.Go(func() { total.Add(int64(deferred.ReportUnhandled())) })
		}
		group.Wait()
		if total.Load() != each {
			t.Fatalf("both calls together: got %d, want %d", total.Load(), each)
		}
	}
	settleGarbage()
	r.want(t, err, rounds*each)
}

func namedCallback(int) (int, error) { return 0, errOrigin }

var errOrigin = errors.New("error with an origin")

type client struct{}

func (*client) onGreeting(int) (int, error) { return 0, errOrigin }

func TestOrigin(t *testing.T) {
	chained := func() *deferred.Deferred[int] {
		inner := deferred.Succeed(1).AddCallback(namedCallback)
		return deferred.Succeed(1).AddCallback(func(int) (int, error) { return deferred.Chain(inner) })
	}
	for _, c := range []struct {
		name  string
		build func()
		want  []string
	}{
		{"fired with the error", func() { deferred.Fail[int](errOrigin) }, nil},
		{"a named function", func() { deferred.Succeed(1).AddCallback(namedCallback) }, []string{"unhandled_test.go:", "(deferred_test.namedCallback)"}},
		{"a method", func() { deferred.Succeed(1).AddCallback((&client{}).onGreeting) }, []string{"(deferred_test.(*client).onGreeting-fm)"}},
		{"a closure", func() {
			deferred.Succeed(1).AddCallback(func(int) (int, error) { return 0, errOrigin })
		}, []string{"unhandled_test.go:", "(deferred_test.TestOrigin.func"}},
		{"the last one that answered it", func() {
			deferred.Fail[int](errA).AddErrback(func(error) (int, error) { return 0, errB }).
				AddCallback(func(int) (int, error) { return 0, errA }).
				AddErrback(func(error) (int, error) { return namedCallback(0) }).AddBoth(func(_ int, err error) (int, error) { return 0, err })
		}, []string{"unhandled_test.go:", "(deferred_test.TestOrigin.func"}},
		{"through a chain", func() { chained() }, []string{"(deferred_test.namedCallback)"}},
		{"through Then", func() {
			deferred.Then(chained(), func(int) (string, error) { return "", nil })
		}, []string{"(deferred_test.namedCallback)"}},
		{"the function of Then", func() { deferred.Then(deferred.Succeed(1), namedCallback) }, []string{"(deferred_test.namedCallback)"}},
		{"the function of Execute", func() { deferred.Execute(func() (int, error) { return namedCallback(0) }) }, []string{"(deferred_test.TestOrigin.func"}},
		{"AddCallbacks", func() { deferred.Succeed(1).AddCallbacks(namedCallback, nil) }, []string{"(deferred_test.namedCallback)"}},
		{"past AddTimeout", func() { deferred.Succeed(1).AddCallback(namedCallback).AddTimeout(&clock{}, 1) }, []string{"(deferred_test.namedCallback)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := collect(t)
			buildAlone(c.build)
			deferred.ReportUnhandled()
			origin := r.want(t, errOrigin, 1)[0].Origin
			if c.want == nil && origin != "" {
				t.Errorf("origin: got %q, want none", origin)
			}
			for _, part := range c.want {
				if !strings.Contains(origin, part) {
					t.Errorf("origin: got %q, want it to hold %q", origin, part)
				}
			}
		})
	}
}

func TestOnUnhandled(t *testing.T) {
	t.Run("restore brings the handler before back", func(t *testing.T) {
		outer := collect(t)
		restore := deferred.OnUnhandled(func(*deferred.Unhandled) {})
		restore()
		err := errors.New("after restore")
		buildAlone(func() { deferred.Fail[int](err) })
		deferred.ReportUnhandled()
		outer.want(t, err, 1)
	})
	t.Run("the handler may use Deferreds", func(t *testing.T) {
		err, again := errors.New("to the handler"), errors.New("of the handler")
		r := collect(t)
		restore := deferred.OnUnhandled(func(u *deferred.Unhandled) {
			if u.Err == err {
				deferred.Fail[int](again)
				deferred.Fail[int](errB).AddErrback(func(error) (int, error) { return 0, nil })
			}
		})
		buildAlone(func() { deferred.Fail[int](err) })
		deferred.ReportUnhandled()
		restore()
		deferred.ReportUnhandled()
		r.want(t, again, 1)
	})
	t.Run("the default logs error, origin and the stack of a panic", func(t *testing.T) {
		log := captureLog(t)
		t.Cleanup(deferred.OnUnhandled(nil))
		buildAlone(func() {
			deferred.Fail[int](errors.New("plain"))
			deferred.Succeed(1).AddCallback(func(int) (int, error) { panic("boom") })
		})
		deferred.ReportUnhandled()
		for _, want := range []string{
			"level=ERROR", `msg="unhandled error in Deferred"`, "error=plain", `origin=""`,
			`error="deferred: panic in a callback: boom"`, `origin="unhandled_test.go:`, `stack="goroutine `,
		} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("log: got %s, want it to hold %s", log, want)
			}
		}
	})
	t.Run("a handler that panics is logged", func(t *testing.T) {
		log := captureLog(t)
		t.Cleanup(deferred.OnUnhandled(func(*deferred.Unhandled) { panic("bad handler") }))
		buildAlone(func() { deferred.Fail[int](errA) })
		if n := deferred.ReportUnhandled(); n != 1 {
			t.Errorf("ReportUnhandled: got %d, want 1", n)
		}
		if !strings.Contains(log.String(), `panic="bad handler"`) {
			t.Errorf("log: got %s, want the panic", log)
		}
	})
}

// captureLog makes slog.Default write to the buffer given back.
func captureLog(t *testing.T) *bytes.Buffer {
	stopCollector(t)
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &log
}

// global is outside of the heap, where the garbage collector never looks.
var global deferred.Deferred[int]

func TestUnhandledGlobal(t *testing.T) {
	r := collect(t)
	err := errors.New("in a global variable")
	global = deferred.Deferred[int]{}
	global.Errback(err)
	deferred.ReportUnhandled()
	r.want(t, err, 0)
	global.AddErrback(func(error) (int, error) { return 1, nil })
	wantValue(t, &global, 1)
}
