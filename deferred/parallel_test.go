package deferred_test

import (
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"testing"

	"github.com/tconn/tconn/deferred"
)

// parallelFunc is Parallel or ParallelOrdered for ints.
type parallelFunc func(int, iter.Seq[int], func(int) *deferred.Deferred[int], func(int, int, error)) *deferred.Deferred[int]

var parallels = []struct {
	name string
	run  parallelFunc
}{
	{"Parallel", deferred.Parallel[int, int]},
	{"ParallelOrdered", deferred.ParallelOrdered[int, int]},
}

// count gives 0 to n-1 and notes the end.
func (j *journal) count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		defer j.add("end")
		for i := range n {
			j.add("read %d", i)
			if !yield(i) {
				return
			}
		}
	}
}

func (j *journal) each(in, out int, err error) { j.add("each %d: %d %v", in, out, err) }

// at gives a function that answers the Deferred of its argument.
func at(ds []*deferred.Deferred[int]) func(int) *deferred.Deferred[int] {
	return func(i int) *deferred.Deferred[int] { return ds[i] }
}

func TestParallel(t *testing.T) {
	t.Run("Parallel gives results as they come, with at most limit under way", func(t *testing.T) {
		var j journal
		ds := noted(&j, 4)
		d := deferred.Parallel(2, j.count(4), at(ds), j.each)
		j.want(t, "read 0", "read 1")
		ds[1].Callback(11)
		j.want(t, "read 0", "read 1", "each 1: 11 <nil>", "read 2")
		ds[2].Errback(errA)
		ds[0].Callback(10)
		wantPending(t, d)
		ds[3].Callback(13)
		j.want(t, "read 0", "read 1", "each 1: 11 <nil>", "read 2", "each 2: 0 error A", "read 3", "each 0: 10 <nil>", "end", "each 3: 13 <nil>")
		wantValue(t, d, 4)
		wantValue(t, ds[1], 11)
		wantValue(t, ds[2], 0)
	})
	t.Run("ParallelOrdered gives results in the order of the items", func(t *testing.T) {
		var j journal
		ds := noted(&j, 4)
		d := deferred.ParallelOrdered(2, j.count(4), at(ds), j.each)
		ds[1].Callback(11)
		j.want(t, "read 0", "read 1")
		ds[0].Callback(10)
		j.want(t, "read 0", "read 1", "each 0: 10 <nil>", "each 1: 11 <nil>", "read 2", "read 3")
		ds[3].Callback(13)
		ds[2].Errback(errA)
		j.want(t, "read 0", "read 1", "each 0: 10 <nil>", "each 1: 11 <nil>", "read 2", "read 3", "each 2: 0 error A", "each 3: 13 <nil>", "end")
		wantValue(t, d, 4)
	})
	for _, p := range parallels {
		t.Run(p.name+" of nothing", func(t *testing.T) {
			var j journal
			wantValue(t, p.run(1, j.count(0), none, j.each), 0)
			j.want(t, "end")
		})
		t.Run(p.name+" of what is there", func(t *testing.T) {
			var j journal
			d := p.run(3, j.count(2), func(i int) *deferred.Deferred[int] { return deferred.Succeed(i * i) }, j.each)
			wantValue(t, d, 2)
			j.want(t, "read 0", "each 0: 0 <nil>", "read 1", "each 1: 1 <nil>", "end")
		})
		t.Run(p.name+" refuses bad arguments", func(t *testing.T) {
			each := func(int, int, error) {}
			for name, f := range map[string]func(){
				"limit":    func() { p.run(0, slices.Values([]int{1}), none, each) },
				"sequence": func() { p.run(1, nil, none, each) },
				"function": func() { p.run(1, slices.Values([]int{1}), nil, each) },
				"each":     func() { p.run(1, slices.Values([]int{1}), none, nil) },
			} {
				if recovered(f) == nil {
					t.Errorf("%s: got no panic, want one", name)
				}
			}
		})
		t.Run(p.name+" in a chain that goes on", func(t *testing.T) {
			gate := deferred.New[int]()
			d := p.run(2, slices.Values([]int{1, 2, 3}), func(i int) *deferred.Deferred[int] {
				return deferred.Then(deferred.Succeed(i), func(int) (int, error) { return deferred.Chain(gate) })
			}, func(int, int, error) {})
			wantPending(t, d)
			gate.Callback(1)
			wantValue(t, d, 3)
		})
	}
}

func none(int) *deferred.Deferred[int] { return nil }

func TestParallelCancel(t *testing.T) {
	for _, p := range parallels {
		t.Run(p.name+" reads no more and cancels what is under way", func(t *testing.T) {
			var j journal
			ds := noted(&j, 4)
			d := p.run(2, j.count(4), at(ds), j.each)
			d.Cancel()
			wantError(t, d, deferred.ErrCancelled)
			j.want(t, "read 0", "read 1", "cancel 0", "each 0: 0 deferred: cancelled", "end", "cancel 1", "each 1: 0 deferred: cancelled")
		})
		t.Run(p.name+" waits for those that end later", func(t *testing.T) {
			var j journal
			slow := deferred.New[int]()
			stubborn := deferred.Inline(func(y *deferred.Yield) (int, error) {
				deferred.Wait(y, deferred.New[int]())
				return deferred.Wait(y, slow)
			})
			d := p.run(2, j.count(3), at([]*deferred.Deferred[int]{stubborn, deferred.New[int]()}), func(int, int, error) {})
			d.Cancel()
			wantPending(t, d)
			slow.Callback(1)
			wantError(t, d, deferred.ErrCancelled)
			j.want(t, "read 0", "read 1", "end")
		})
		t.Run(p.name+" cancelled by each", func(t *testing.T) {
			var d *deferred.Deferred[int]
			gate := deferred.New[int]()
			calls := 0
			d = p.run(1, func(yield func(int) bool) {
				for yield(0) {
				}
			}, func(int) *deferred.Deferred[int] { return gate }, func(int, int, error) {
				calls++
				d.Cancel()
			})
			gate.Callback(1)
			if wantError(t, d, deferred.ErrCancelled); calls != 1 {
				t.Errorf("calls of each: got %d, want 1", calls)
			}
		})
		t.Run(p.name+" cancelled by the sequence", func(t *testing.T) {
			var d *deferred.Deferred[int]
			var j journal
			ds := noted(&j, 3)
			d = p.run(1, func(yield func(int) bool) {
				defer j.add("end")
				if yield(0) {
					d.Cancel()
					yield(1)
				}
			}, at(ds), j.each)
			ds[0].Callback(5)
			wantError(t, d, deferred.ErrCancelled)
			j.want(t, "each 0: 5 <nil>", "end")
		})
	}
}

func TestParallelPanic(t *testing.T) {
	for _, p := range parallels {
		wantPanic := func(t *testing.T, d *deferred.Deferred[int], j *journal, lines ...string) {
			t.Helper()
			_, err, ok := d.Result()
			var panicked *deferred.PanicError
			if !ok || !errors.As(err, &panicked) || !errors.Is(err, errB) {
				t.Errorf("result: got %v, %v, want *PanicError of %v", err, ok, errB)
			}
			j.want(t, lines...)
		}
		t.Run(p.name+": of the function", func(t *testing.T) {
			var j journal
			ds := noted(&j, 1)
			d := p.run(3, j.count(3), func(i int) *deferred.Deferred[int] {
				if i == 1 {
					panic(errB)
				}
				return ds[i]
			}, j.each)
			wantPanic(t, d, &j, "read 0", "read 1", "cancel 0", "each 0: 0 deferred: cancelled", "end")
		})
		t.Run(p.name+": of the sequence", func(t *testing.T) {
			var j journal
			ds := noted(&j, 1)
			d := p.run(3, func(yield func(int) bool) { yield(0); panic(errB) }, at(ds), j.each)
			wantPanic(t, d, &j, "cancel 0", "each 0: 0 deferred: cancelled")
		})
		t.Run(p.name+": of the sequence when it is stopped", func(t *testing.T) {
			r := collect(t)
			var j journal
			ds := noted(&j, 1)
			d := p.run(1, func(yield func(int) bool) {
				defer panic(errB)
				yield(0)
			}, at(ds), j.each)
			d.Cancel()
			wantError(t, d, deferred.ErrCancelled)
			r.want(t, errB, 1)
		})
		t.Run(p.name+": of each", func(t *testing.T) {
			r := collect(t)
			var j journal
			ds := noted(&j, 3)
			d := p.run(2, j.count(3), at(ds), func(in, out int, err error) {
				j.each(in, out, err)
				panic(errB)
			})
			ds[0].Callback(5)
			wantPanic(t, d, &j, "read 0", "read 1", "each 0: 5 <nil>", "cancel 1", "each 1: 0 deferred: cancelled", "end")
			r.want(t, errB, 1) // the second one; the first is the result
		})
		t.Run(p.name+": a nil Deferred", func(t *testing.T) {
			var j journal
			d := p.run(1, j.count(2), none, j.each)
			_, err, _ := d.Result()
			if panicked := (*deferred.PanicError)(nil); !errors.As(err, &panicked) {
				t.Errorf("result: got %v, want *PanicError", err)
			}
			j.want(t, "read 0", "end")
		})
		for _, place := range []string{"function", "sequence", "each"} {
			t.Run(p.name+": runtime.Goexit of the "+place, func(t *testing.T) {
				leave := func(here string) {
					if here == place {
						runtime.Goexit()
					}
				}
				gate := deferred.New[int]()
				d := p.run(1, func(yield func(int) bool) {
					yield(0)
					leave("sequence")
					yield(1)
				}, func(i int) *deferred.Deferred[int] {
					if i == 1 {
						leave("function")
					}
					return gate
				}, func(int, int, error) { leave("each") })
				done := make(chan struct{})
				go func() {
					defer close(done)
					gate.Callback(1)
				}()
				<-done
				if _, err, ok := d.Result(); !ok || err == nil {
					t.Errorf("result: got %v, %v, want an error", err, ok)
				}
			})
		}
	}
}

func TestParallelOnLoop(t *testing.T) {
	for _, p := range parallels {
		t.Run(p.name, func(t *testing.T) {
			l := newLoop(t)
			gate := deferred.New[int]()
			check := func(where string) {
				if !deferred.OnLoop(l) {
					t.Errorf("OnLoop in %s: got false, want true", where)
				}
			}
			var d *deferred.Deferred[int]
			l.do(func() {
				d = p.run(1, func(yield func(int) bool) {
					check("the sequence, at its beginning")
					yield(0)
					check("the sequence, later")
					yield(1)
				}, func(int) *deferred.Deferred[int] { check("the function"); return gate },
					func(int, int, error) { check("each") })
			})
			l.do(func() { gate.Callback(1) })
			wantValue(t, d, 2)
		})
	}
}

func TestParallelNeedsNoStack(t *testing.T) {
	const n = many
	for _, p := range parallels {
		t.Run(fmt.Sprintf("C13 depth of %d items that are ready at once, %s", n, p.name), func(t *testing.T) {
			items := func(yield func(int) bool) {
				for i := 0; i < n && yield(i); i++ {
				}
			}
			done := deferred.Succeed(1)
			depth, calls := [2]int{}, 0
			d := p.run(10, items, func(int) *deferred.Deferred[int] { return done }, func(int, int, error) {
				if calls == 0 || calls == n-1 {
					depth[min(calls, 1)] = stackDepth()
				}
				calls++
			})
			if wantValue(t, d, n); calls != n || depth[0] != depth[1] {
				t.Errorf("got %d calls of each and %d frames at the last, want %d and %d as at the first", calls, depth[1], n, depth[0])
			}
		})
		const nested = 2000
		t.Run(fmt.Sprintf("C13 depth of %d nested calls of %s", nested, p.name), func(t *testing.T) {
			depth := func(n int) (depth int) {
				first := deferred.New[int]()
				d := first
				for range n {
					inner := d
					d = p.run(1, slices.Values([]int{1}), func(int) *deferred.Deferred[int] { return inner }, func(int, int, error) {})
				}
				d.AddCallback(func(v int) (int, error) { depth = stackDepth(); return v, nil })
				first.Callback(7)
				wantValue(t, d, 1)
				return depth
			}
			if got, want := depth(nested), depth(1); got != want {
				t.Errorf("stack at the last callback: got %d frames, want %d as for one", got, want)
			}
		})
	}
}
