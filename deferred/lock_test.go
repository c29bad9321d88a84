package deferred_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tconn/tconn/deferred"
)

// takes adds steps to an Acquire that note its result and do not release.
func takes[L any](j *journal, name string, d *deferred.Deferred[L]) *deferred.Deferred[L] {
	return d.AddBoth(func(l L, err error) (L, error) {
		j.add("%s %v", name, err)
		return l, nil
	})
}

func TestLock(t *testing.T) {
	t.Run("L12 lock: strict FIFO, and the value is the lock", func(t *testing.T) {
		var l deferred.Lock
		var j journal
		for _, name := range []string{"a", "b", "c"} {
			wait := takes(&j, name, l.Acquire())
			wait.AddCallback(func(got *deferred.Lock) (*deferred.Lock, error) {
				if got != &l {
					t.Errorf("value: got %p, want the lock %p", got, &l)
				}
				return got, nil
			})
		}
		j.want(t, "a <nil>")
		l.Release()
		j.want(t, "a <nil>", "b <nil>")
		l.Release()
		j.want(t, "a <nil>", "b <nil>", "c <nil>")
		if !l.Locked() {
			t.Error("Locked while c has it: got false, want true")
		}
		if l.Release(); l.Locked() {
			t.Error("Locked after the last Release: got true, want false")
		}
	})
	t.Run("L13 one that waits is cancelled", func(t *testing.T) {
		var l deferred.Lock
		var j journal
		l.Acquire()
		second := takes(&j, "second", l.Acquire())
		takes(&j, "third", l.Acquire())
		second.Cancel()
		j.want(t, "second deferred: cancelled")
		l.Release()
		j.want(t, "second deferred: cancelled", "third <nil>")
		l.Release()
		wantValue(t, l.Acquire(), &l)
	})
	t.Run("one that waits is fired by somebody else", func(t *testing.T) {
		var l deferred.Lock
		var j journal
		l.Acquire()
		l.Acquire().Callback(nil)
		takes(&j, "third", l.Acquire())
		l.Release()
		j.want(t, "third <nil>")
	})
	t.Run("Cancel of one that has it changes nothing", func(t *testing.T) {
		var l deferred.Lock
		l.Acquire().Cancel()
		if !l.Locked() {
			t.Error("Locked: got false, want true")
		}
	})
	t.Run("L12 one that releases and asks again waits behind the others", func(t *testing.T) {
		var l deferred.Lock
		var j journal
		l.Acquire()
		l.Acquire().AddCallback(func(*deferred.Lock) (*deferred.Lock, error) {
			l.Release()
			takes(&j, "again", l.Acquire())
			return nil, nil
		})
		takes(&j, "other", l.Acquire())
		l.Release()
		j.want(t, "other <nil>")
		l.Release()
		j.want(t, "other <nil>", "again <nil>")
	})
	t.Run("L15 over-release is refused", func(t *testing.T) {
		var l deferred.Lock
		l.Acquire()
		l.Release()
		wantReleaseError(t, "deferred: Release of a Lock that nobody holds", l.Release)
		wantValue(t, l.Acquire(), &l)
	})
	const n = many / 10
	t.Run(fmt.Sprintf("C13 depth of %d waiters that release at once", n), func(t *testing.T) {
		var l deferred.Lock
		var depths [2]int
		l.Acquire()
		for i := range n {
			l.Acquire().AddCallback(func(*deferred.Lock) (*deferred.Lock, error) {
				if i == 0 || i == n-1 {
					depths[min(i, 1)] = stackDepth()
				}
				l.Release()
				return nil, nil
			})
		}
		if l.Release(); l.Locked() || depths[0] != depths[1] {
			t.Errorf("got locked %v, %d frames at the last, want false, %d as at the first", l.Locked(), depths[1], depths[0])
		}
	})
}

func wantReleaseError(t *testing.T, text string, release func()) {
	t.Helper()
	p, ok := recovered(release).(*deferred.ReleaseError)
	if !ok || p.Error() != text {
		t.Errorf("panic: got %v, want *ReleaseError %q", p, text)
	}
}

func TestSemaphore(t *testing.T) {
	t.Run("L15 less than one is refused", func(t *testing.T) {
		for _, n := range []int{0, -1} {
			if p := recovered(func() { deferred.NewSemaphore(n) }); p == nil {
				t.Errorf("NewSemaphore(%d): got no panic, want one", n)
			}
		}
		var zero deferred.Semaphore
		if p := recovered(func() { zero.Acquire() }); p == nil {
			t.Error("Acquire of the zero value: got no panic, want one")
		}
	})
	t.Run("L15 over-release is refused", func(t *testing.T) {
		s := deferred.NewSemaphore(2)
		wantReleaseError(t, "deferred: Release of a Semaphore that nobody holds", s.Release)
		if got := s.Free(); got != 2 {
			t.Errorf("Free: got %d, want 2", got)
		}
	})
	t.Run("L12 as many as there are places, then FIFO", func(t *testing.T) {
		s := deferred.NewSemaphore(2)
		var j journal
		for _, name := range []string{"a", "b", "c", "d"} {
			takes(&j, name, s.Acquire())
		}
		if j.want(t, "a <nil>", "b <nil>"); s.Free() != 0 {
			t.Errorf("Free: got %d, want 0", s.Free())
		}
		s.Release()
		s.Release()
		j.want(t, "a <nil>", "b <nil>", "c <nil>", "d <nil>")
		s.Release()
		if s.Free() != 1 {
			t.Errorf("Free: got %d, want 1", s.Free())
		}
	})
	t.Run("L13 one that waits is cancelled", func(t *testing.T) {
		s := deferred.NewSemaphore(1)
		wantValue(t, s.Acquire(), s)
		second := s.Acquire()
		second.Cancel()
		wantError(t, second, deferred.ErrCancelled)
		if s.Release(); s.Free() != 1 {
			t.Errorf("Free: got %d, want 1", s.Free())
		}
	})
}

func TestWith(t *testing.T) {
	var l deferred.Lock
	held := func(t *testing.T, want bool) {
		t.Helper()
		if got := l.Locked(); got != want {
			t.Fatalf("Locked: got %v, want %v", got, want)
		}
	}
	t.Run("L14 released after a value", func(t *testing.T) {
		work := deferred.New[int]()
		d := deferred.With(&l, func() *deferred.Deferred[int] { return work })
		held(t, true)
		work.Callback(3)
		held(t, false)
		wantValue(t, d, 3)
	})
	t.Run("L14 released after an error, which is passed", func(t *testing.T) {
		work := deferred.New[int]()
		d := deferred.With(&l, func() *deferred.Deferred[int] { return work })
		work.Errback(errA)
		held(t, false)
		wantError(t, d, errA)
	})
	t.Run("released after a panic and a nil", func(t *testing.T) {
		wantError(t, deferred.With(&l, func() *deferred.Deferred[int] { panic(errB) }), errB)
		held(t, false)
		_, err, _ := deferred.With(&l, func() *deferred.Deferred[int] { return nil }).Result()
		if chain := (*deferred.ChainError)(nil); !errors.As(err, &chain) {
			t.Errorf("result: got %v, want *ChainError", err)
		}
		held(t, false)
	})
	t.Run("one after the other", func(t *testing.T) {
		var j journal
		first, second := deferred.New[int](), deferred.New[int]()
		deferred.With(&l, func() *deferred.Deferred[int] { j.add("first"); return first })
		deferred.With(&l, func() *deferred.Deferred[int] { j.add("second"); return second })
		j.want(t, "first")
		first.Callback(1)
		j.want(t, "first", "second")
		second.Callback(1)
		held(t, false)
	})
	t.Run("L13 Cancel in the line", func(t *testing.T) {
		first := deferred.New[int]()
		deferred.With(&l, func() *deferred.Deferred[int] { return first })
		d := deferred.With(&l, func() *deferred.Deferred[int] { t.Error("called"); return nil })
		d.Cancel()
		wantError(t, d, deferred.ErrCancelled)
		first.Callback(1)
		held(t, false)
	})
	t.Run("X11 Cancel goes to the work", func(t *testing.T) {
		var j journal
		ds := noted(&j, 1)
		d := deferred.With(&l, func() *deferred.Deferred[int] { return ds[0] })
		d.Cancel()
		j.want(t, "cancel 0")
		wantError(t, d, deferred.ErrCancelled)
		held(t, false)
	})
	t.Run("fired by somebody else in the line", func(t *testing.T) {
		l.Acquire()
		d := deferred.With(&l, func() *deferred.Deferred[int] { t.Error("called"); return nil })
		d.Callback(7)
		l.Release()
		held(t, false)
		wantValue(t, d, 7)
	})
	t.Run("a Semaphore", func(t *testing.T) {
		s := deferred.NewSemaphore(1)
		wantValue(t, deferred.With(s, func() *deferred.Deferred[string] { return deferred.Succeed("x") }), "x")
		if s.Free() != 1 {
			t.Errorf("Free: got %d, want 1", s.Free())
		}
	})
	t.Run("the origin of an error is kept", func(t *testing.T) {
		r := collect(t)
		buildAlone(func() {
			deferred.With(&l, func() *deferred.Deferred[int] { return deferred.Succeed(1).AddCallback(namedCallback) })
		})
		deferred.ReportUnhandled()
		u := r.want(t, errOrigin, 1)[0]
		if got, want := u.Origin, "namedCallback)"; len(got) < len(want) || got[len(got)-len(want):] != want {
			t.Errorf("origin: got %q, want it to end in %q", got, want)
		}
	})
	t.Run("nil is refused", func(t *testing.T) {
		if p := recovered(func() { deferred.With[*deferred.Lock, int](&l, nil) }); p == nil {
			t.Error("got no panic, want one")
		}
		held(t, false)
	})
}
