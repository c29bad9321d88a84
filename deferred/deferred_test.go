package deferred_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
)

func TestCallbackOrder(t *testing.T) {
	t.Run("D01 a callback gets the value once", func(t *testing.T) {
		var j journal
		d := deferred.New[int]().AddCallbacks(j.ok("f", 0), j.fail("g", 0))
		d.Callback(7)
		j.want(t, "f(7)")
	})
	t.Run("D02 the second callback gets the answer of the first", func(t *testing.T) {
		var j journal
		d := deferred.New[int]().AddCallback(j.ok("f1", 1)).AddCallback(j.ok("f2", 2))
		d.Callback(0)
		j.want(t, "f1(0)", "f2(1)")
		wantValue(t, d, 2)
	})
	t.Run("D03 an error passes over a pair without errback", func(t *testing.T) {
		var j journal
		d := deferred.New[int]().AddCallbacks(j.ok("f", 0), nil)
		d.Errback(errA)
		d.AddErrback(j.fail("g", 1))
		j.want(t, "g(error A)")
	})
	t.Run("D03 a value passes over a pair without callback", func(t *testing.T) {
		var j journal
		d := deferred.New[int]().AddCallbacks(nil, j.fail("g", 1))
		d.Callback(4)
		j.want(t)
		wantValue(t, d, 4)
	})
	t.Run("D04 a callback of a succeeded Deferred runs at once", func(t *testing.T) {
		var j journal
		deferred.Succeed(3).AddCallback(j.ok("f", 0))
		j.want(t, "f(3)")
	})
	t.Run("D05 an errback of a failed Deferred runs at once", func(t *testing.T) {
		var j journal
		deferred.Fail[int](errA).AddErrback(j.fail("g", 0))
		j.want(t, "g(error A)")
	})
	t.Run("D09 the errback of the same pair is not run", func(t *testing.T) {
		var j journal
		d := deferred.New[int]()
		d.AddCallbacks(func(int) (int, error) { return 0, errA }, j.fail("same", 0)).AddErrback(j.fail("next", 0))
		d.Callback(1)
		j.want(t, "next(error A)")
	})
	t.Run("many callbacks keep their order", func(t *testing.T) {
		d := deferred.New[int]()
		for i := range 100 {
			d.AddCallback(func(v int) (int, error) {
				if v != i {
					t.Errorf("callback %d: got value %d, want %d", i, v, i)
				}
				return v + 1, nil
			})
		}
		d.Callback(0)
		wantValue(t, d, 100)
	})
}

func TestErrors(t *testing.T) {
	t.Run("D06 an error of a callback goes to the next errback", func(t *testing.T) {
		var j journal
		d := deferred.New[int]()
		d.AddCallback(func(int) (int, error) { return 9, errA }).AddErrback(j.fail("g", 0))
		d.Callback(1)
		j.want(t, "g(error A)")
	})
	t.Run("D06 a panic goes to the next errback with cause and stack", func(t *testing.T) {
		d := deferred.New[int]().AddCallback(panicking)
		d.Callback(1)
		wantError(t, d, errA)
		_, err, _ := d.Result()
		var p *deferred.PanicError
		if !errors.As(err, &p) {
			t.Fatalf("error: got %T, want *PanicError", err)
		}
		if p.Value != any(errA) || !strings.Contains(string(p.Stack), "panicking") {
			t.Errorf("PanicError: got value %v and stack %s, want error A and a stack that names panicking", p.Value, p.Stack)
		}
	})
	t.Run("D06 a panic without an error has no cause", func(t *testing.T) {
		p := &deferred.PanicError{Value: "text"}
		if errors.Unwrap(p) != nil || p.Error() != "deferred: panic in a callback: text" {
			t.Errorf("got cause %v, text %q", errors.Unwrap(p), p.Error())
		}
	})
	t.Run("D07 an errback that answers a value handles the error", func(t *testing.T) {
		var j journal
		d := deferred.New[int]().AddErrback(j.fail("f", 5)).AddCallback(j.ok("g", 6))
		d.Errback(errA)
		j.want(t, "f(error A)", "g(5)")
	})
	t.Run("D08 an errback that answers the error passes it on", func(t *testing.T) {
		var j journal
		d := deferred.New[int]().AddErrback(j.keep("f")).AddErrback(func(err error) (int, error) {
			if err != errA {
				t.Errorf("second errback: got %v, want the identical error", err)
			}
			return j.fail("g", 0)(err)
		})
		d.Errback(errA)
		j.want(t, "f(error A)", "g(error A)")
	})
	t.Run("AddBoth sees a value and an error", func(t *testing.T) {
		var j journal
		both := func(v int, err error) (int, error) {
			j.add("%d %v", v, err)
			return 8, errB
		}
		d := deferred.New[int]().AddBoth(both).AddBoth(both).AddErrback(j.fail("g", 0))
		d.Callback(1)
		j.want(t, "1 <nil>", "0 error B", "g(error B)")
	})
	t.Run("a nil error is refused", func(t *testing.T) {
		for name, f := range map[string]func(){
			"Errback":    func() { deferred.New[int]().Errback(nil) },
			"TryErrback": func() { deferred.New[int]().TryErrback(nil) },
			"Fail":       func() { deferred.Fail[int](nil) },
		} {
			text, _ := recovered(f).(string)
			if !strings.HasPrefix(text, "deferred: ") || !strings.Contains(text, "nil error") {
				t.Errorf("%s(nil): got panic %q, want one that names the nil error", name, text)
			}
		}
	})
	t.Run("a nil function is refused where it is added", func(t *testing.T) {
		for name, f := range map[string]func(){
			"AddCallback": func() { deferred.New[int]().AddCallback(nil) },
			"AddErrback":  func() { deferred.New[int]().AddErrback(nil) },
			"AddBoth":     func() { deferred.New[int]().AddBoth(nil) },
			"AddTimeout":  func() { deferred.New[int]().AddTimeout(nil, 1) },
			"Execute":     func() { deferred.Execute[int](nil) },
			"Then":        func() { deferred.Then[int, int](deferred.New[int](), nil) },
			"Then of nil": func() { deferred.Then(nil, func(int) (int, error) { return 0, nil }) },
			"New":         func() { deferred.New(func(*deferred.Deferred[int]) {}, func(*deferred.Deferred[int]) {}) },
		} {
			if text, _ := recovered(f).(string); !strings.HasPrefix(text, "deferred: ") {
				t.Errorf("%s: got panic %q, want a text of this package", name, text)
			}
		}
	})
	t.Run("a callback that ends its goroutine fails the chain", func(t *testing.T) {
		d := deferred.New[int]()
		d.AddCallback(func(int) (int, error) { runtime.Goexit(); return 1, nil })
		go d.Callback(1)
		_, err := d.Await(context.Background())
		if err == nil || !strings.Contains(err.Error(), "Goexit") {
			t.Errorf("Await: got %v, want an error that names Goexit", err)
		}
	})
}

func panicking(int) (int, error) { panic(errA) }

func TestPause(t *testing.T) {
	t.Run("D10 an errback of a paused failure waits for unpause", func(t *testing.T) {
		var j journal
		d := deferred.Fail[int](errA)
		d.Pause()
		d.AddErrback(j.fail("f", 0))
		j.want(t)
		d.Unpause()
		j.want(t, "f(error A)")
	})
	t.Run("D11 unpause without a result runs nothing", func(t *testing.T) {
		var j journal
		d := deferred.New[int]()
		d.Pause()
		d.AddCallback(j.ok("f", 0))
		d.Unpause()
		j.want(t)
		d.Callback(2)
		j.want(t, "f(2)")
	})
	t.Run("D12 pauses are counted", func(t *testing.T) {
		var j journal
		d := deferred.New[int]().AddCallback(j.ok("f", 0))
		d.Pause()
		d.Pause()
		d.Callback(2)
		d.Unpause()
		j.want(t)
		wantPending(t, d)
		d.Unpause()
		j.want(t, "f(2)")
	})
	t.Run("a pause inside a callback holds the next one back", func(t *testing.T) {
		var j journal
		d := deferred.New[int]()
		d.AddCallback(func(v int) (int, error) { d.Pause(); return v, nil }).AddCallback(j.ok("f", 0))
		d.Callback(1)
		j.want(t)
		d.Unpause()
		j.want(t, "f(1)")
	})
	t.Run("unpause without pause is refused", func(t *testing.T) {
		if got, want := recovered(deferred.New[int]().Unpause), "deferred: Unpause without Pause"; got != want {
			t.Errorf("panic: got %v, want %q", got, want)
		}
	})
}

func TestReentrance(t *testing.T) {
	t.Run("D13 callback added while running goes to the end", func(t *testing.T) {
		var j journal
		d := deferred.New[int]()
		d.AddCallback(func(v int) (int, error) {
			d.AddCallback(j.ok("f3", 3))
			return j.ok("f1", 1)(v)
		}).AddCallback(j.ok("f2", 2))
		d.Callback(0)
		j.want(t, "f1(0)", "f2(1)", "f3(2)")
	})
	t.Run("D14 callback added while running is not run inside", func(t *testing.T) {
		var j journal
		d := deferred.New[int]()
		d.AddCallback(func(int) (int, error) {
			j.add("in")
			d.AddCallback(j.ok("f2", 2))
			j.add("out")
			return 1, nil
		})
		d.Callback(0)
		j.want(t, "in", "out", "f2(1)")
	})
	t.Run("D15 a failing callback added while running fails the chain", func(t *testing.T) {
		var j journal
		d := deferred.New[int]()
		d.AddCallback(func(v int) (int, error) {
			d.AddCallback(func(int) (int, error) { return 0, errB })
			return v, nil
		})
		d.Callback(0)
		d.AddErrback(j.fail("g", 0))
		j.want(t, "g(error B)")
	})
}

func TestFiredTwice(t *testing.T) {
	value := func(d *deferred.Deferred[int]) { d.Callback(2) }
	failure := func(d *deferred.Deferred[int]) { d.Errback(errB) }
	for _, second := range []struct {
		name string
		fire func(*deferred.Deferred[int])
	}{{"value", value}, {"error", failure}} {
		t.Run("D16 value then "+second.name, func(t *testing.T) {
			d := deferred.New[int]()
			d.Callback(1)
			wantAlreadyCalled(t, "second firing", func() { second.fire(d) })
			wantValue(t, d, 1)
		})
		t.Run("D16 error then "+second.name, func(t *testing.T) {
			d := deferred.New[int]()
			d.Errback(errA)
			wantAlreadyCalled(t, "second firing", func() { second.fire(d) })
			wantError(t, d, errA)
		})
	}
	t.Run("D16 TryCallback and TryErrback answer false", func(t *testing.T) {
		d := deferred.New[int]()
		if !d.TryCallback(1) {
			t.Error("first TryCallback: got false, want true")
		}
		if d.TryCallback(2) || d.TryErrback(errA) {
			t.Error("second firing: got true, want false")
		}
		wantValue(t, d, 1)
	})
	t.Run("D16 the text of the panic", func(t *testing.T) {
		if got, want := (&deferred.AlreadyCalledError{}).Error(), "deferred: already called"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestString(t *testing.T) {
	inner := deferred.New[string]()
	waiting := deferred.Succeed("x").AddCallback(func(string) (string, error) { return deferred.Chain(inner) })
	failed := deferred.Fail[string](errA)
	for _, c := range []struct {
		name string
		d    *deferred.Deferred[string]
		want string
	}{
		{"D19 unfired", inner, " no result>"},
		{"D19 fired", deferred.Succeed("orange"), " current result: orange>"},
		{"D19 failed", failed, " current result: error: error A>"},
		{"D19 waiting", waiting, " waiting on Deferred at 0x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.d.String()
			if !strings.HasPrefix(got, "<Deferred[string] at 0x") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want it to hold %q", got, c.want)
			}
		})
	}
	t.Run("D19 running", func(t *testing.T) {
		d := deferred.New[string]()
		d.AddCallback(func(string) (string, error) { return d.String(), nil })
		d.Callback("x")
		if v, _, _ := d.Result(); !strings.HasSuffix(v, " running a callback>") {
			t.Errorf("got %q, want it to say that a callback runs", v)
		}
	})
	failed.Handle(nil, func(error) {})
}

func TestMakers(t *testing.T) {
	t.Run("D20 Succeed is New and Callback", func(t *testing.T) {
		made, fired := deferred.Succeed(4), deferred.New[int]()
		fired.Callback(4)
		for _, d := range []*deferred.Deferred[int]{made, fired} {
			wantValue(t, d, 4)
			if d.TryCallback(5) {
				t.Error("TryCallback: got true, want false")
			}
		}
	})
	t.Run("D20 Fail is New and Errback", func(t *testing.T) {
		made, fired := deferred.Fail[int](errA), deferred.New[int]()
		fired.Errback(errA)
		for _, d := range []*deferred.Deferred[int]{made, fired} {
			wantError(t, d, errA)
			if d.TryCallback(5) {
				t.Error("TryCallback: got true, want false")
			}
		}
	})
	t.Run("the zero value is an unfired Deferred", func(t *testing.T) {
		var d deferred.Deferred[int]
		wantPending(t, &d)
		d.Callback(1)
		wantValue(t, &d, 1)
	})
	t.Run("D21 Execute of a value", func(t *testing.T) {
		wantValue(t, deferred.Execute(func() (int, error) { return 4, nil }), 4)
	})
	t.Run("D21 Execute of an error", func(t *testing.T) {
		wantError(t, deferred.Execute(func() (int, error) { return 4, errA }), errA)
	})
	t.Run("D21 Execute of a Deferred gives that one", func(t *testing.T) {
		want := deferred.New[int]()
		if got := deferred.Execute(func() (int, error) { return deferred.Chain(want) }); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("D21 Execute of a panic", func(t *testing.T) {
		wantError(t, deferred.Execute(func() (int, error) { return panicking(0) }), errA)
	})
	t.Run("Execute of a nil Deferred", func(t *testing.T) {
		d := deferred.Execute(func() (int, error) { return deferred.Chain[int](nil) })
		wantChainError(t, d, "the Deferred is nil")
	})
}

func TestHandle(t *testing.T) {
	t.Run("a value goes to ok", func(t *testing.T) {
		var j journal
		d := deferred.Succeed(3)
		d.Handle(func(v int) { j.add("ok %d", v) }, func(err error) { j.add("fail %v", err) })
		j.want(t, "ok 3")
		wantValue(t, d, 0)
	})
	t.Run("an error goes to fail", func(t *testing.T) {
		var j journal
		d := deferred.Fail[int](errA)
		d.Handle(func(v int) { j.add("ok %d", v) }, func(err error) { j.add("fail %v", err) })
		j.want(t, "fail error A")
		wantValue(t, d, 0)
	})
	t.Run("a nil ok drops the value", func(t *testing.T) {
		d := deferred.Succeed(3)
		d.Handle(nil, func(error) { t.Error("fail was called") })
		wantValue(t, d, 0)
	})
	t.Run("a nil fail leaves the error", func(t *testing.T) {
		d := deferred.Fail[int](errA)
		d.Handle(func(int) { t.Error("ok was called") }, nil)
		wantError(t, d, errA)
	})
	t.Run("a panic in ok or fail is the result", func(t *testing.T) {
		d := deferred.Succeed(1)
		d.Handle(func(int) { panic(errB) }, nil)
		wantError(t, d, errB)
		d.Handle(nil, func(error) { panic(errA) })
		wantError(t, d, errA)
	})
}
