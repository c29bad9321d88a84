package deferred_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
)

func TestChain(t *testing.T) {
	t.Run("C01 the value of a fired inner is taken at once", func(t *testing.T) {
		var j journal
		inner, outer := deferred.Succeed(2), deferred.New[int]()
		outer.AddCallback(j.chainTo("outer", inner)).AddCallback(j.ok("f", 3))
		outer.Callback(1)
		j.want(t, "outer(1)", "f(2)")
		wantValue(t, inner, 0)
	})
	t.Run("C02 an unfired inner is waited for", func(t *testing.T) {
		var j journal
		inner, outer := deferred.New[int](), deferred.New[int]()
		outer.AddCallback(j.chainTo("outer", inner)).AddCallback(j.ok("f", 3))
		outer.Callback(1)
		j.want(t, "outer(1)")
		wantPending(t, outer)
		inner.Callback(2)
		j.want(t, "outer(1)", "f(2)")
	})
	t.Run("C03 the error of a failed inner is taken", func(t *testing.T) {
		var j journal
		inner, outer := deferred.Fail[int](errA), deferred.New[int]()
		outer.AddCallback(j.chainTo("outer", inner)).AddErrback(j.fail("g", 3))
		outer.Callback(1)
		j.want(t, "outer(1)", "g(error A)")
		wantValue(t, inner, 0)
	})
	t.Run("C04 a later error of inner goes to outer", func(t *testing.T) {
		var j journal
		inner, outer := deferred.New[int](), deferred.New[int]()
		outer.AddCallback(j.chainTo("outer", inner)).AddErrback(j.fail("g", 3))
		outer.Callback(1)
		inner.Errback(errA)
		j.want(t, "outer(1)", "g(error A)")
		wantValue(t, inner, 0)
	})
	t.Run("C05 an errback may answer a Deferred", func(t *testing.T) {
		var j journal
		d, d2 := deferred.New[int](), deferred.New[int]()
		d.AddErrback(func(error) (int, error) { return deferred.Chain(d2) }).AddCallback(j.ok("f", 0))
		d.Errback(errA)
		d2.Callback(6)
		j.want(t, "f(6)")
	})
	t.Run("C06 two levels", func(t *testing.T) {
		var j journal
		first, second, third := deferred.New[int](), deferred.New[int](), deferred.New[int]()
		second.AddCallback(j.chainTo("second", first))
		third.AddCallback(j.chainTo("third", second)).AddCallback(j.ok("f", 0))
		third.Callback(3)
		second.Callback(2)
		first.Callback(1)
		j.want(t, "third(3)", "second(2)", "f(1)")
	})
	t.Run("C07 callbacks of inner come first", func(t *testing.T) {
		var j journal
		inner, outer, third := deferred.New[int](), deferred.New[int](), deferred.New[int]()
		inner.AddCallback(j.chainTo("f1", third)).AddCallback(func(v int) (int, error) { return j.ok("f2", v*2)(v) })
		outer.AddCallback(j.chainTo("outer", inner)).AddCallback(j.ok("next", 0))
		outer.Callback(1)
		inner.Callback(2)
		third.Callback(21)
		j.want(t, "outer(1)", "f1(2)", "f2(21)", "next(42)")
	})
	t.Run("C08 a callback added to outer while it waits", func(t *testing.T) {
		var j journal
		inner, outer := deferred.New[int]().AddCallback(j.ok("inner", 5)), deferred.New[int]()
		outer.AddCallback(j.chainTo("outer", inner))
		outer.Callback(1)
		outer.AddCallback(j.ok("f", 0))
		inner.Callback(2)
		j.want(t, "outer(1)", "inner(2)", "f(5)")
	})
	t.Run("C08 a callback added to inner while outer waits sees the empty value", func(t *testing.T) {
		var j journal
		inner, outer := deferred.New[int](), deferred.New[int]()
		outer.AddCallback(j.chainTo("outer", inner)).AddCallback(j.ok("f", 0))
		outer.Callback(1)
		inner.AddCallback(j.ok("inner", 5))
		inner.Callback(2)
		j.want(t, "outer(1)", "f(2)", "inner(0)")
		wantValue(t, inner, 5)
	})
	t.Run("C09 the Deferred in the middle stays usable", func(t *testing.T) {
		var j journal
		first, second, third := deferred.New[int](), deferred.New[int](), deferred.New[int]()
		first.AddCallback(j.chainTo("first", second))
		second.AddCallback(j.chainTo("second", third))
		first.Callback(1)
		second.Callback(2)
		third.Callback(3)
		second.AddCallback(j.ok("f", 0))
		j.want(t, "first(1)", "second(2)", "f(0)")
		wantValue(t, first, 3)
	})
	t.Run("C10 a fired but paused inner is waited for", func(t *testing.T) {
		var j journal
		inner, outer := deferred.Succeed(2), deferred.New[int]()
		inner.Pause()
		outer.AddCallback(j.chainTo("outer", inner)).AddCallback(j.ok("f", 0))
		outer.Callback(1)
		j.want(t, "outer(1)")
		inner.Unpause()
		j.want(t, "outer(1)", "f(2)")
	})
	t.Run("C11 an inner paused before it fires", func(t *testing.T) {
		var j journal
		inner, outer := deferred.New[int](), deferred.New[int]()
		inner.Pause()
		outer.AddCallback(j.chainTo("outer", inner)).AddCallback(j.ok("f", 0))
		outer.Callback(1)
		inner.Callback(2)
		j.want(t, "outer(1)")
		inner.Unpause()
		j.want(t, "outer(1)", "f(2)")
	})
	t.Run("C12 a paused outer does not hold inner back", func(t *testing.T) {
		var j journal
		inner, outer := deferred.New[int](), deferred.New[int]()
		outer.AddCallback(j.chainTo("outer", inner)).AddCallback(j.ok("f", 0))
		outer.Callback(1)
		outer.Pause()
		inner.Callback(2)
		inner.AddCallback(j.ok("inner", 0))
		j.want(t, "outer(1)", "inner(0)")
		outer.Unpause()
		j.want(t, "outer(1)", "inner(0)", "f(2)")
	})
}

// stackDepth counts the frames of the calling goroutine, up to a number no test reaches with a flat stack.
func stackDepth() int { return runtime.Callers(0, make([]uintptr, 4096)) }

func TestFlatStack(t *testing.T) {
	const flat = 30 // frames of the test itself and of one round of the loop
	for _, n := range []int{1, 2, many / 10, many} {
		t.Run(fmt.Sprintf("C13 depth of %d nested Deferreds", n), func(t *testing.T) {
			depth, value := nest(n)
			if base, _ := nest(1); depth != base || depth > flat {
				t.Errorf("stack at the last callback: got %d frames, want %d as for one", depth, base)
			}
			if value != 7 {
				t.Errorf("value of the last Deferred at the first: got %d, want 7", value)
			}
		})
	}
	t.Run("C13 depth of 100000 steps of Then", func(t *testing.T) {
		source := deferred.New[int]()
		depth := 0
		d := source
		for range 100_000 {
			d = deferred.Then(d, func(v int) (int, error) { return v + 1, nil })
		}
		d.AddCallback(func(v int) (int, error) { depth = stackDepth(); return v, nil })
		source.Callback(0)
		wantValue(t, d, 100_000)
		if depth > flat {
			t.Errorf("stack at the last callback: got %d frames, want at most %d", depth, flat)
		}
	})
	t.Run("C13 depth of 100000 inners that are left with callbacks", func(t *testing.T) {
		depth, ran := 0, 0
		last := deferred.New[int]()
		d := last
		for range 100_000 {
			inner := d
			d = deferred.Succeed(0).AddCallback(func(int) (int, error) { return deferred.Chain(inner) })
			inner.AddCallback(func(v int) (int, error) { ran++; return v, nil })
		}
		d.AddCallback(func(v int) (int, error) { depth = stackDepth(); return v, nil })
		last.Callback(7)
		wantValue(t, d, 7)
		if depth > flat || ran != 100_000 {
			t.Errorf("got %d frames and %d callbacks of inners, want at most %d and 100000", depth, ran, flat)
		}
	})
}

// nest chains n Deferreds, each answering the next, and fires all but the last, then the last.
func nest(n int) (depth, value int) {
	ds := make([]*deferred.Deferred[int], n+1)
	for i := range ds {
		ds[i] = deferred.New[int]()
	}
	for i, d := range ds[:n] {
		d.AddCallback(func(int) (int, error) { return deferred.Chain(ds[i+1]) })
	}
	ds[0].AddCallback(func(v int) (int, error) { depth, value = stackDepth(), v; return v, nil })
	for _, d := range ds[:n] {
		d.Callback(0)
	}
	fireLast(ds[n])
	return depth, value
}

//go:noinline
func fireLast(d *deferred.Deferred[int]) { d.Callback(7) }

func wantChainError[T any](t *testing.T, d *deferred.Deferred[T], reason string) {
	t.Helper()
	_, err, _ := d.Result()
	var c *deferred.ChainError
	if !errors.As(err, &c) || !strings.Contains(c.Reason, reason) {
		t.Fatalf("result: got %v, want a *ChainError about %q", err, reason)
	}
	if !strings.HasPrefix(err.Error(), "deferred: Chain: ") {
		t.Errorf("text: got %q, want the prefix %q", err, "deferred: Chain: ")
	}
}

func TestChainMisused(t *testing.T) {
	t.Run("C14 a callback that answers its own Deferred", func(t *testing.T) {
		d := deferred.New[int]()
		d.AddCallback(func(int) (int, error) { return deferred.Chain(d) })
		d.Callback(1)
		wantChainError(t, d, "its own Deferred")
	})
	t.Run("a nil Deferred", func(t *testing.T) {
		d := deferred.Succeed(1).AddCallback(func(int) (int, error) { return deferred.Chain[int](nil) })
		wantChainError(t, d, "the Deferred is nil")
	})
	t.Run("a wrapped answer", func(t *testing.T) {
		d := deferred.Succeed(1).AddCallback(func(int) (int, error) {
			_, err := deferred.Chain(deferred.New[int]())
			return 0, fmt.Errorf("login: %w", err)
		})
		wantChainError(t, d, "wrapped")
	})
	t.Run("a joined answer", func(t *testing.T) {
		d := deferred.Succeed(1).AddCallback(func(int) (int, error) {
			_, err := deferred.Chain(deferred.New[int]())
			return 0, errors.Join(errA, err)
		})
		wantChainError(t, d, "wrapped")
	})
	t.Run("an answer of another type", func(t *testing.T) {
		d := deferred.Succeed(1).AddCallback(func(int) (int, error) {
			_, err := deferred.Chain(deferred.New[string]())
			return 0, err
		})
		wantChainError(t, d, "another type")
	})
	t.Run("an answer given to Errback", func(t *testing.T) {
		d := deferred.New[int]()
		_, err := deferred.Chain(deferred.New[int]())
		d.Errback(err)
		wantChainError(t, d, "given to Errback")
	})
	t.Run("an ordinary joined error passes", func(t *testing.T) {
		wantError(t, deferred.Fail[int](errors.Join(errA, errB)), errB)
	})
	t.Run("the text outside of a return says what it is", func(t *testing.T) {
		_, err := deferred.Chain(deferred.New[int]())
		want := "deferred: the answer of Chain is to be returned from a callback, unchanged; it is no error"
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	})
}

func TestThen(t *testing.T) {
	length := func(s string) (int, error) { return len(s), nil }
	t.Run("changes the type", func(t *testing.T) {
		d := deferred.New[string]()
		n := deferred.Then(d, length)
		wantPending(t, n)
		d.Callback("four")
		wantValue(t, n, 4)
		wantValue(t, d, "")
	})
	t.Run("its function runs before steps added to the result", func(t *testing.T) {
		var j journal
		n := deferred.Then(deferred.Succeed("abc"), func(s string) (int, error) { j.add("then %s", s); return 3, nil })
		n.AddCallback(j.ok("f", 0))
		j.want(t, "then abc", "f(3)")
	})
	t.Run("an error passes over and leaves the source", func(t *testing.T) {
		d := deferred.New[string]()
		n := deferred.Then(d, func(string) (int, error) { t.Error("called"); return 0, nil })
		d.Errback(errA)
		wantError(t, n, errA)
		wantValue(t, d, "")
	})
	t.Run("an error and a panic of the function", func(t *testing.T) {
		wantError(t, deferred.Then(deferred.Succeed(""), func(string) (int, error) { return 5, errA }), errA)
		wantError(t, deferred.Then(deferred.Succeed(""), func(string) (int, error) { panic(errB) }), errB)
	})
	t.Run("the function may answer a Deferred", func(t *testing.T) {
		inner := deferred.New[int]()
		n := deferred.Then(deferred.Succeed("x"), func(string) (int, error) { return deferred.Chain(inner) })
		wantPending(t, n)
		inner.Callback(9)
		wantValue(t, n, 9)
	})
	t.Run("steps of the source after it run after the result's", func(t *testing.T) {
		var j journal
		d := deferred.New[string]()
		deferred.Then(d, length).AddCallback(j.ok("n", 0))
		d.AddCallback(func(s string) (string, error) { j.add("d %q", s); return s, nil })
		d.Callback("abc")
		j.want(t, "n(3)", `d ""`)
	})
	t.Run("somebody else fires the result", func(t *testing.T) {
		d := deferred.New[string]()
		n := deferred.Then(d, func(string) (int, error) { t.Error("called"); return 0, nil })
		n.Callback(6)
		d.Callback("late")
		wantValue(t, n, 6)
	})
	t.Run("a late result after Cancel is dropped", func(t *testing.T) {
		d := deferred.Succeed("x")
		d.Pause()
		n := deferred.Then(d, length)
		n.Cancel()
		wantError(t, n, deferred.ErrCancelled)
		d.Unpause()
		wantError(t, n, deferred.ErrCancelled)
		wantValue(t, d, "")
	})
}
