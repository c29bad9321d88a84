//go:build unix

package reactor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// exitCoder is an error of somebody else with an exit code.
type exitCoder struct{ code int }

func (e exitCoder) Error() string { return "exit status" }
func (e exitCoder) ExitCode() int { return e.code }

const encountered = "main function encountered error: "

func TestReact(t *testing.T) {
	refused := errors.New("the server \x1b[31mrefused")
	for _, c := range []struct {
		name   string
		d      func() *deferred.Deferred[int]
		want   int
		stderr string // its beginning; "" for nothing at all
	}{
		{"a code", func() *deferred.Deferred[int] { return deferred.Succeed(3) }, 3, ""},
		{"zero", func() *deferred.Deferred[int] { return deferred.Succeed(0) }, 0, ""},
		{"no exit code", func() *deferred.Deferred[int] { return deferred.Succeed(256) }, 1, encountered + "256 is no exit code\n"},
		{"an error", func() *deferred.Deferred[int] { return deferred.Fail[int](refused) }, 1, encountered + "the server \uFFFD[31mrefused\n"},
		{"an exit", func() *deferred.Deferred[int] { return deferred.Fail[int](&reactor.ExitError{Code: 7}) }, 7, ""},
		{"an exit with zero", func() *deferred.Deferred[int] { return deferred.Fail[int](&reactor.ExitError{}) }, 0, ""},
		{"an exit with a cause", func() *deferred.Deferred[int] {
			return deferred.Fail[int](fmt.Errorf("login: %w", &reactor.ExitError{Code: 67, Err: errors.New("no such user")}))
		}, 67, encountered + "login: no such user\n"},
		{"an error of others with a code", func() *deferred.Deferred[int] { return deferred.Fail[int](exitCoder{9}) }, 9, encountered + "exit status\n"},
		{"a code of others that is none", func() *deferred.Deferred[int] { return deferred.Fail[int](exitCoder{-1}) }, 1, encountered + "exit status\n"},
		{"an end of somebody else's context", func() *deferred.Deferred[int] { return deferred.Fail[int](context.Canceled) }, 1, encountered + "context canceled\n"},
		{"no Deferred", func() *deferred.Deferred[int] { return nil }, 1, encountered + "reactor: Main: the function answered no Deferred\n"},
		{"a panic", func() *deferred.Deferred[int] { panic("boom") }, 1, encountered + "deferred: panic in a callback: boom\ngoroutine "},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stderr bytes.Buffer
			got := reactor.ReactTo(&stderr, func(context.Context, *reactor.Reactor) *deferred.Deferred[int] { return c.d() })
			if got != c.want {
				t.Errorf("got code %d, want %d", got, c.want)
			}
			if text := stderr.String(); !strings.HasPrefix(text, c.stderr) || c.stderr == "" && text != "" {
				t.Errorf("got %q on standard error, want %q", text, c.stderr)
			}
		})
	}
	t.Run("a result that comes later, on a reactor that runs", func(t *testing.T) {
		got := reactor.React(func(_ context.Context, r *reactor.Reactor) *deferred.Deferred[int] {
			d := deferred.New[int]()
			r.CallLater(time.Millisecond, func() { d.Callback(4) })
			return d
		})
		if got != 4 {
			t.Errorf("got code %d, want 4", got)
		}
	})
	t.Run("its options are the reactor's", func(t *testing.T) {
		option, logs := observed()
		reactor.ReactTo(new(bytes.Buffer), func(context.Context, *reactor.Reactor) *deferred.Deferred[int] { panic("boom") }, option)
		wantPanicLogged(t, logs, "Main", "boom")
	})
	t.Run("a reactor that cannot run", func(t *testing.T) {
		start(t).finish()
		var stderr bytes.Buffer
		var got int
		_ = withoutDescriptors(t, func() error {
			got = reactor.ReactTo(&stderr, func(context.Context, *reactor.Reactor) *deferred.Deferred[int] { return deferred.Succeed(0) })
			return nil
		})
		if got != 1 || !strings.HasPrefix(stderr.String(), encountered) {
			t.Errorf("got code %d and %q, want 1 and an error", got, stderr.String())
		}
	})
	t.Run("no function", func(t *testing.T) {
		if got := panicOf(func() { reactor.React(nil) }); got != "reactor: Main: nil function" {
			t.Errorf("got panic %v, want one that says so", got)
		}
	})
}

func TestReactInterrupted(t *testing.T) {
	// Each way to stop it comes when the main function has begun and waits.
	stop := func(r *reactor.Reactor) { _ = r.Stop() }
	signal := func(s syscall.Signal) func(*reactor.Reactor) {
		return func(*reactor.Reactor) { _ = syscall.Kill(syscall.Getpid(), s) }
	}
	pending := func(*reactor.Reactor) *deferred.Deferred[int] { return deferred.New[int]() }
	answers := func(v int, err error) func(*reactor.Reactor) *deferred.Deferred[int] {
		return func(r *reactor.Reactor) *deferred.Deferred[int] { // takes its time to end
			return deferred.New[int]().AddErrback(func(error) (int, error) {
				d := deferred.New[int]()
				r.CallLater(time.Millisecond, func() {
					if err != nil {
						d.Errback(err)
						return
					}
					d.Callback(v)
				})
				return deferred.Chain(d)
			})
		}
	}
	stuck := func(*reactor.Reactor) *deferred.Deferred[int] {
		d := deferred.New[int]()
		d.Pause()
		return d
	}
	for _, c := range []struct {
		name   string
		stop   func(*reactor.Reactor)
		d      func(*reactor.Reactor) *deferred.Deferred[int]
		want   int
		stderr string
	}{
		{"SIGINT", signal(syscall.SIGINT), pending, 130, ""},
		{"SIGTERM", signal(syscall.SIGTERM), pending, 143, ""},
		{"Stop", stop, pending, 0, ""},
		{"SIGINT and a code", signal(syscall.SIGINT), answers(5, nil), 5, ""},
		{"SIGINT and zero", signal(syscall.SIGINT), answers(0, nil), 0, ""},
		{"Stop and a code", stop, answers(5, nil), 5, ""},
		{"SIGINT and an error with a code", signal(syscall.SIGINT), answers(0, &reactor.ExitError{Code: 6}), 6, ""},
		{"SIGINT and another error", signal(syscall.SIGINT), answers(0, errors.New("no")), 130, encountered + "no\n"},
		{"Stop and another error", stop, answers(0, errors.New("no")), 1, encountered + "no\n"},
		{"SIGTERM and no end", signal(syscall.SIGTERM), stuck, 143, encountered + "it did not end when the reactor was stopped\n"},
		{"Stop and no end", stop, stuck, 1, encountered + "it did not end when the reactor was stopped\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			limit := guard
			if strings.Contains(c.name, "no end") {
				limit = 10 * time.Millisecond
			}
			var ctx context.Context
			var stderr bytes.Buffer
			got := reactor.ReactTo(&stderr, func(x context.Context, r *reactor.Reactor) *deferred.Deferred[int] {
				ctx = x
				r.CallLater(0, func() { c.stop(r) })
				return c.d(r).AddBoth(func(v int, err error) (int, error) {
					if x.Err() == nil {
						t.Error("the context is open when the Deferred is cancelled, want its end")
					}
					return v, err
				})
			}, reactor.WithShutdownTimeout(limit))
			if got != c.want || stderr.String() != c.stderr {
				t.Errorf("got code %d and %q on standard error, want %d and %q", got, stderr.String(), c.want, c.stderr)
			}
			if ctx.Err() == nil {
				t.Error("the context is open, want its end")
			}
		})
	}
}

func init() {
	children["main"] = func() int {
		reactor.Main(func(context.Context, *reactor.Reactor) *deferred.Deferred[int] { return deferred.Succeed(42) })
		return 1
	}
}

func TestMainEndsTheProcess(t *testing.T) {
	err := child(t, "main").Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 42 {
		t.Errorf("the child ended with %v, want exit status 42", err)
	}
}

func ExampleReact() {
	code := reactor.React(func(ctx context.Context, r *reactor.Reactor) *deferred.Deferred[int] {
		answer := reactor.Go(r, func(context.Context) (string, error) { return "from a goroutine", nil })
		return deferred.Then(answer, func(text string) (int, error) {
			fmt.Println(text)
			return 3, nil
		})
	})
	fmt.Println("exit code", code)
	// Output:
	// from a goroutine
	// exit code 3
}

func ExampleReactor_AddSystemEventTrigger() {
	r := reactor.New()
	r.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, func() *deferred.Deferred[struct{}] {
		fmt.Println("logging out")
		d := deferred.New[struct{}]()
		r.CallLater(time.Millisecond, func() { d.Callback(struct{}{}) }) // the answer of the server
		return d
	})
	r.AddSystemEventTrigger(reactor.After, reactor.Shutdown, func() *deferred.Deferred[struct{}] {
		fmt.Println("all gone")
		return nil
	})
	r.CallWhenRunning(func() { _ = r.Stop() })
	_ = r.Run()
	// Output:
	// logging out
	// all gone
}
