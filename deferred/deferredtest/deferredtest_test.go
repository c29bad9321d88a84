package deferredtest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/deferred/deferredtest"
)

// paper is a testing.TB that writes down what a test would tell.
type paper struct {
	testing.TB
	silent   bool
	lines    []string
	cleanups []func()
}

// fatal is what Fatalf panics with here: it ends the test, as that of a real one does.
type fatal struct{}

func newPaper() *paper { return &paper{} }

func (p *paper) Helper()          {}
func (p *paper) Cleanup(f func()) { p.cleanups = append(p.cleanups, f) }

func (p *paper) Errorf(format string, args ...any) { p.write("error: "+format, args...) }

func (p *paper) Fatalf(format string, args ...any) {
	p.write("fatal: "+format, args...)
	panic(fatal{})
}

func (p *paper) write(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	p.lines = append(p.lines, line)
	if !p.silent {
		fmt.Println(line)
	}
}

// run calls f, which may end with Fatalf.
func (p *paper) run(f func()) {
	defer func() {
		if r := recover(); r != nil && r != (fatal{}) {
			panic(r)
		}
	}()
	f()
}

// finish runs the cleanups, the last one first.
func (p *paper) finish() {
	for _, f := range slices.Backward(p.cleanups) {
		f()
	}
	p.cleanups = nil
}

var errBusy = errors.New("busy")

func TestResults(t *testing.T) {
	paused := deferred.Succeed(3)
	paused.Pause()
	success := func(d *deferred.Deferred[int]) func(testing.TB) {
		return func(t testing.TB) {
			if v := deferredtest.SuccessResultOf(t, d); v != 3 {
				t.Errorf("SuccessResultOf: got %d, want 3", v)
			}
		}
	}
	failure := func(d *deferred.Deferred[int]) func(testing.TB) {
		return func(t testing.TB) {
			if err := deferredtest.FailureResultOf(t, d); err != errBusy {
				t.Errorf("FailureResultOf: got %v, want %v", err, errBusy)
			}
		}
	}
	none := func(d *deferred.Deferred[int]) func(testing.TB) {
		return func(t testing.TB) { deferredtest.NoResult(t, d) }
	}
	for _, c := range []struct {
		name string
		look func(testing.TB)
		want string // what is told, up to its own end; empty for nothing
	}{
		{"success of a value", success(deferred.Succeed(3)), ""},
		{"success of an error", success(deferred.Fail[int](errBusy)), `fatal: Deferred: got the error "busy" (*errors.errorString), want a value`},
		{"success of none", success(deferred.New[int]()), "fatal: Deferred: got no result yet, want a value: <Deferred[int] at 0x"},
		{"success of a paused one", success(paused), "fatal: Deferred: got no result yet, want a value: <Deferred[int] at 0x"},
		{"failure of an error", failure(deferred.Fail[int](errBusy)), ""},
		{"failure of a value", failure(deferred.Succeed(3)), "fatal: Deferred: got the value 3, want an error"},
		{"failure of none", failure(deferred.New[int]()), "fatal: Deferred: got no result yet, want an error: <Deferred[int] at 0x"},
		{"none of none", none(deferred.New[int]()), ""},
		{"none of a paused one", none(paused), ""},
		{"none of a value", none(deferred.Succeed(3)), "fatal: Deferred: got the value 3, want no result yet"},
		{"none of an error", none(deferred.Fail[int](errBusy)), `fatal: Deferred: got the error "busy" (*errors.errorString), want no result yet`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &paper{silent: true}
			p.run(func() { c.look(p) })
			got := strings.Join(p.lines, "\n")
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
				t.Errorf("told: got %q, want %q", got, c.want)
			}
		})
	}
}

func fails(int) (int, error)    { return 0, errBusy }
func passes(v int) (int, error) { return v, nil }

func TestNoUnhandled(t *testing.T) {
	for _, c := range []struct {
		name string
		test func()
		want []string // parts of what is told, one for each error
	}{
		{"nothing", func() {}, nil},
		{"a value", func() { deferred.Succeed(1) }, nil},
		{"an error that is taken", func() { deferred.Fail[int](errBusy).Handle(nil, func(error) {}) }, nil},
		{"an error that is looked at", func() { deferredtest.FailureResultOf(t, deferred.Fail[int](errBusy)) }, nil},
		{"an error", func() { deferred.Fail[int](errBusy) }, []string{"error: Deferred: got an error nobody took: busy"}},
		{"the error of a callback", func() { deferred.Succeed(1).AddCallback(fails) }, []string{"busy; answered by deferredtest_test.go:"}},
		{"an error that passes a callback", func() {
			deferred.Fail[int](errBusy).AddCallback(passes)
		}, []string{"busy; no errback after deferredtest_test.go:"}},
		{"two", func() {
			deferred.Fail[int](errBusy)
			deferred.Fail[string](errors.New("full"))
		}, []string{"nobody took: busy", "nobody took: full"}},
		{"in debug mode", func() {
			defer deferred.SetDebug(true)()
			deferred.Fail[int](errBusy)
		}, []string{"busy\nmade at:\ndeferredtest_test.go:"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &paper{silent: true}
			deferredtest.NoUnhandled(p)
			alone(c.test)
			p.finish()
			if len(p.lines) != len(c.want) {
				t.Fatalf("told: got %q, want %d errors", p.lines, len(c.want))
			}
			for i, want := range c.want {
				if !strings.Contains(p.lines[i], want) {
					t.Errorf("told: got %q, want it to hold %q", p.lines[i], want)
				}
			}
		})
	}
	t.Run("errors from before are not those of the test", func(t *testing.T) {
		var before []error
		defer deferred.OnUnhandled(func(u *deferred.Unhandled) { before = append(before, u.Err) })()
		alone(func() { deferred.Fail[int](errBusy) })
		p := &paper{silent: true}
		deferredtest.NoUnhandled(p)
		if p.finish(); len(p.lines) != 0 || len(before) != 1 {
			t.Errorf("got %q, and %v for the handler before, want nothing and one error", p.lines, before)
		}
	})
	t.Run("the handler before is back", func(t *testing.T) {
		after := 0
		defer deferred.OnUnhandled(func(*deferred.Unhandled) { after++ })()
		p := &paper{silent: true}
		deferredtest.NoUnhandled(p)
		p.finish()
		alone(func() { deferred.Fail[int](errBusy) })
		if deferred.ReportUnhandled(); after != 1 || len(p.lines) != 0 {
			t.Errorf("got %d reports and %q, want 1 and nothing", after, p.lines)
		}
	})
}

// alone keeps the variables of f out of the frame of the test.
//
//go:noinline
func alone(f func()) { f() }
