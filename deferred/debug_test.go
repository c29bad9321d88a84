package deferred_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
)

func makeHere() *deferred.Deferred[int]  { return deferred.New[int]() }
func fireHere(d *deferred.Deferred[int]) { d.Callback(1) }
func failHere(d *deferred.Deferred[int]) { d.Errback(errOrigin) }
func secondResult(fire func()) error     { err, _ := recovered(fire).(error); return err }
func beginsWith(stack, function string) bool {
	line, _, _ := strings.Cut(stack, "\n")
	return strings.HasPrefix(line, "debug_test.go:") && strings.HasSuffix(line, "(deferred_test."+function+")")
}

func TestDebug(t *testing.T) {
	seconds := []struct {
		name string
		fire func(*deferred.Deferred[int])
	}{
		{"Callback", func(d *deferred.Deferred[int]) { d.Callback(2) }},
		{"Errback", func(d *deferred.Deferred[int]) { d.Errback(errA) }},
	}
	for _, second := range seconds {
		t.Run("D17 a second "+second.name+" tells where the Deferred was made and fired", func(t *testing.T) {
			defer deferred.SetDebug(true)()
			d := makeHere()
			fireHere(d)
			var already *deferred.AlreadyCalledError
			if err := secondResult(func() { second.fire(d) }); !errors.As(err, &already) {
				t.Fatalf("panic: got %v, want *AlreadyCalledError", err)
			}
			if !beginsWith(already.Created, "makeHere") || !strings.Contains(already.Created, "TestDebug") {
				t.Errorf("created: got %q, want a stack from makeHere to TestDebug", already.Created)
			}
			if !beginsWith(already.Fired, "fireHere") {
				t.Errorf("fired: got %q, want a stack from fireHere", already.Fired)
			}
			text := already.Error()
			if !strings.HasPrefix(text, "deferred: already called; made at debug_test.go:") || strings.Contains(text, "\n") ||
				!strings.Contains(text, "first fired at debug_test.go:") {
				t.Errorf("text: got %q, want one line with both places", text)
			}
		})
		t.Run("D18 no stacks without debug mode, "+second.name, func(t *testing.T) {
			d := makeHere()
			fireHere(d)
			var already *deferred.AlreadyCalledError
			if err := secondResult(func() { second.fire(d) }); !errors.As(err, &already) || *already != (deferred.AlreadyCalledError{}) {
				t.Errorf("panic: got %#v, want an empty *AlreadyCalledError", err)
			}
		})
	}
	t.Run("D18 a Deferred made before debug mode keeps nothing", func(t *testing.T) {
		d := makeHere()
		defer deferred.SetDebug(true)()
		fireHere(d)
		var already *deferred.AlreadyCalledError
		if err := secondResult(func() { fireHere(d) }); !errors.As(err, &already) || *already != (deferred.AlreadyCalledError{}) {
			t.Errorf("panic: got %#v, want an empty *AlreadyCalledError", err)
		}
	})
	t.Run("restore brings the mode before back", func(t *testing.T) {
		outer := deferred.SetDebug(true)
		deferred.SetDebug(false)()
		stays := makeHere()
		outer()
		off := makeHere()
		for d, want := range map[*deferred.Deferred[int]]bool{stays: true, off: false} {
			fireHere(d)
			already, _ := recovered(func() { fireHere(d) }).(*deferred.AlreadyCalledError)
			if got := already.Created != ""; got != want {
				t.Errorf("a stack of the maker: got %v, want %v", got, want)
			}
		}
	})
	for _, c := range []struct {
		name           string
		build          func()
		created, fired string
	}{
		{"U03 made and fired", func() { failHere(makeHere()) }, "makeHere", "failHere"},
		{"U03 Fail", failing, "failing", "failing"},
		{"U03 Then", func() { thenHere(makeHere(), failHere) }, "thenHere", "failHere"},
		{"U03 Inline", inlineHere, "inlineHere", "inlineHere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer deferred.SetDebug(true)()
			r := collect(t)
			buildAlone(c.build)
			deferred.ReportUnhandled()
			u := r.want(t, errOrigin, 1)[0]
			if !beginsWith(u.Created, c.created) {
				t.Errorf("created: got %q, want a stack from %s", u.Created, c.created)
			}
			if !beginsWith(u.Fired, c.fired) {
				t.Errorf("fired: got %q, want a stack from %s", u.Fired, c.fired)
			}
		})
	}
	t.Run("U03 no stacks without debug mode", func(t *testing.T) {
		r := collect(t)
		buildAlone(func() { failHere(makeHere()) })
		deferred.ReportUnhandled()
		if u := r.want(t, errOrigin, 1)[0]; u.Created != "" || u.Fired != "" {
			t.Errorf("got %q and %q, want neither", u.Created, u.Fired)
		}
	})
	t.Run("U03 the default handler logs them", func(t *testing.T) {
		defer deferred.SetDebug(true)()
		log := captureLog(t)
		t.Cleanup(deferred.OnUnhandled(nil))
		buildAlone(func() { failHere(makeHere()) })
		deferred.ReportUnhandled()
		for _, want := range []string{`created="debug_test.go:`, `fired="debug_test.go:`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("log: got %s, want it to hold %s", log, want)
			}
		}
	})
}

func failing() { deferred.Fail[int](errOrigin) }

func thenHere(d *deferred.Deferred[int], fire func(*deferred.Deferred[int])) {
	deferred.Then(d, increment)
	fire(d)
}

func inlineHere() {
	deferred.Inline(func(*deferred.Yield) (int, error) { return 0, errOrigin })
}

func TestPassed(t *testing.T) {
	both := func(v int, err error) (int, error) { return v, err }
	for _, c := range []struct {
		name   string
		build  func()
		passed string // the function that Passed names, empty for none
	}{
		{"no callback", func() { deferred.Fail[int](errOrigin) }, ""},
		{"the last callback", func() { deferred.Fail[int](errOrigin).AddCallback(increment).AddCallback(namedStep) }, "namedStep"},
		{"the callback of a pair", func() { deferred.Fail[int](errOrigin).AddCallbacks(namedStep, nil) }, "namedStep"},
		{"Handle", func() { deferred.Fail[int](errOrigin).Handle(namedEnd, nil) }, "namedEnd"},
		{"Then", func() { deferred.Then(deferred.Fail[int](errOrigin), namedStep) }, "namedStep"},
		{"moved by Then", func() {
			deferred.Then(deferred.Fail[int](errOrigin).AddCallback(namedStep), increment).AddCallback(namedStep)
		}, "namedStep"},
		{"moved by Chain", func() {
			inner := deferred.Fail[int](errOrigin).AddCallback(namedStep)
			deferred.Succeed(1).AddCallback(func(int) (int, error) { return deferred.Chain(inner) })
		}, "namedStep"},
		{"moved by ChainTo", func() {
			deferred.Fail[int](errOrigin).AddCallback(namedStep).ChainTo(deferred.New[int]())
		}, "namedStep"},
		{"past a timeout", func() { deferred.Fail[int](errOrigin).AddCallback(namedStep).AddTimeout(&clock{}, 1) }, "namedStep"},
		{"answered after it", func() { deferred.Fail[int](errOrigin).AddCallback(namedStep).AddBoth(both) }, ""},
		{"answered before it", func() { deferred.Succeed(1).AddCallback(namedCallback).AddCallback(namedStep) }, ""},
		{"of an error before", func() {
			deferred.Fail[int](errA).AddCallback(namedStep).AddErrback(func(error) (int, error) { return 0, nil }).AddCallback(namedCallback)
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := collect(t)
			buildAlone(c.build)
			deferred.ReportUnhandled()
			u := r.want(t, errOrigin, 1)[0]
			if c.passed == "" && u.Passed != "" || !strings.Contains(u.Passed, c.passed) {
				t.Errorf("Passed: got %q, want %q", u.Passed, c.passed)
			}
			if c.passed != "" && (u.Origin != "" || !strings.HasPrefix(u.Passed, "debug_test.go:")) {
				t.Errorf("got origin %q and passed %q, want no origin and a place in this file", u.Origin, u.Passed)
			}
		})
	}
}

func namedStep(v int) (int, error) { return v, nil }
func namedEnd(int)                 {}
