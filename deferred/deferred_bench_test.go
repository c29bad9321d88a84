package deferred_test

import (
	"testing"
	"unsafe"

	"github.com/tconn/tconn/deferred"
)

func increment(v int) (int, error) { return v + 1, nil }
func forgive(error) (int, error)   { return 0, nil }

func BenchmarkAddAndFire(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		d := deferred.New[int]()
		d.AddCallback(increment)
		d.Callback(1)
	}
}

func BenchmarkChainOfTen(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		d := deferred.New[int]()
		for range 10 {
			d.AddCallback(increment)
		}
		d.Callback(1)
	}
}

func BenchmarkNested(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		inner, outer := deferred.New[int](), deferred.New[int]()
		outer.AddCallback(func(int) (int, error) { return deferred.Chain(inner) })
		outer.AddCallback(increment)
		outer.Callback(1)
		inner.Callback(2)
	}
}

func BenchmarkThen(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		d := deferred.New[int]()
		deferred.Then(d, increment)
		d.Callback(1)
	}
}

func BenchmarkFailAndHandle(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		deferred.Fail[int](errA).AddErrback(forgive)
	}
}

func BenchmarkOnLoop(b *testing.B) {
	l := &loop{}
	defer deferred.EnterLoop(l)()
	b.ReportAllocs()
	for b.Loop() {
		deferred.OnLoop(l)
	}
}

func BenchmarkInline(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		d := deferred.New[int]()
		deferred.Inline(func(y *deferred.Yield) (int, error) { return deferred.Wait(y, d) })
		d.Callback(1)
	}
}

func BenchmarkWait(b *testing.B) {
	for _, c := range []struct {
		name  string
		fired bool
	}{{"fired", true}, {"unfired", false}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			next := deferred.New[int]()
			deferred.Inline(func(y *deferred.Yield) (int, error) {
				for b.Loop() {
					d := deferred.New[int]()
					if c.fired {
						d.Callback(1)
					} else {
						next = d
					}
					deferred.Wait(y, d)
				}
				next = nil
				return 0, nil
			})
			for next != nil && !c.fired {
				next.Callback(1)
			}
		})
	}
}

func BenchmarkParallel(b *testing.B) {
	b.ReportAllocs()
	done := deferred.Succeed(1)
	deferred.Parallel(10, func(yield func(int) bool) {
		for b.Loop() {
			if !yield(1) {
				return
			}
		}
	}, func(int) *deferred.Deferred[int] { return done }, func(int, int, error) {})
}

func BenchmarkRaceOfTwo(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		first, second := deferred.New[int](), deferred.New[int]()
		deferred.Race(first, second)
		first.Callback(1)
	}
}

func BenchmarkLock(b *testing.B) {
	b.ReportAllocs()
	var l deferred.Lock
	for b.Loop() {
		l.Acquire()
		l.Acquire()
		l.Release()
		l.Release()
	}
}

func BenchmarkQueue(b *testing.B) {
	b.ReportAllocs()
	var q deferred.Queue[int]
	for b.Loop() {
		q.Get()
		q.Put(1)
	}
}

func BenchmarkDebug(b *testing.B) {
	defer deferred.SetDebug(true)()
	b.ReportAllocs()
	for b.Loop() {
		deferred.New[int]().Callback(1)
	}
}

func TestAllocations(t *testing.T) {
	for _, c := range []struct {
		name string
		want float64
		f    func()
	}{
		{"New, AddCallback and Callback", 1, func() {
			d := deferred.New[int]()
			d.AddCallback(increment)
			d.Callback(1)
		}},
		{"two steps and an error", 1, func() {
			d := deferred.New[int]()
			d.AddCallback(increment).AddErrback(forgive)
			d.Errback(errA)
		}},
		{"Succeed and AddBoth", 1, func() {
			deferred.Succeed(1).AddBoth(func(v int, err error) (int, error) { return v, err })
		}},
		{"a chain of two", 3, func() { // the closure holds inner
			inner, outer := deferred.New[int](), deferred.New[int]()
			outer.AddCallback(func(int) (int, error) { return deferred.Chain(inner) })
			outer.Callback(1)
			inner.Callback(2)
		}},
		{"Result", 1, func() { deferred.Succeed(1).Result() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := testing.AllocsPerRun(100, c.f); got > c.want {
				t.Errorf("allocations: got %v, want at most %v", got, c.want)
			}
		})
	}
	t.Run("a Deferred of a pointer", func(t *testing.T) {
		if got, want := unsafe.Sizeof(deferred.Deferred[*int]{}), uintptr(128); got > want {
			t.Errorf("size: got %d bytes, want at most %d", got, want)
		}
	})
}
