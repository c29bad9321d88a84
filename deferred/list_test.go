package deferred_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/tconn/tconn/deferred"
)

// three gives unfired Deferreds.
func three() []*deferred.Deferred[string] {
	return []*deferred.Deferred[string]{deferred.New[string](), deferred.New[string](), deferred.New[string]()}
}

var orders = [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}

func TestAll(t *testing.T) {
	for _, order := range orders {
		t.Run("L01 results in the order of the arguments", func(t *testing.T) {
			ds := three()
			all := deferred.All(ds...)
			fire := []func(){
				func() { ds[0].Callback("1") },
				func() { ds[1].Errback(errA) },
				func() { ds[2].Callback("3") },
			}
			for _, i := range order {
				wantPending(t, all)
				fire[i]()
			}
			got, err, ok := all.Result()
			want := []deferred.Result[string]{{Value: "1"}, {Err: errA}, {Value: "3"}}
			if !slices.Equal(got, want) || err != nil || !ok {
				t.Errorf("order %v: got %v, %v, %v, want %v", order, got, err, ok, want)
			}
		})
	}
	t.Run("L02 no members", func(t *testing.T) {
		got, err, ok := deferred.All[int]().Result()
		if got == nil || len(got) != 0 || err != nil || !ok {
			t.Errorf("got %v, %v, %v, want an empty list at once", got, err, ok)
		}
	})
	t.Run("L05 the error of a member is consumed, its value is not", func(t *testing.T) {
		ok, failed := deferred.Succeed(4), deferred.Fail[int](errA)
		deferred.All(ok, failed)
		wantValue(t, ok, 4)
		wantValue(t, failed, 0)
	})
	t.Run("a member that fired and one given twice", func(t *testing.T) {
		d := deferred.New[int]()
		all := deferred.All(deferred.Succeed(1), d, d)
		d.Callback(2)
		got, _, _ := all.Result()
		if want := []deferred.Result[int]{{Value: 1}, {Value: 2}, {Value: 2}}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("a nil member is refused", func(t *testing.T) {
		if p := recovered(func() { deferred.All(deferred.Succeed(1), nil) }); p == nil {
			t.Error("All: got no panic, want one")
		}
		if p := recovered(func() { deferred.Gather[int](nil) }); p == nil {
			t.Error("Gather: got no panic, want one")
		}
	})
	t.Run("the caller's slice is copied", func(t *testing.T) {
		ds := three()
		first := ds[0]
		all := deferred.All(ds...)
		ds[0] = nil
		all.Cancel()
		wantValue(t, first, "")
	})
}

func TestGather(t *testing.T) {
	for _, order := range orders {
		t.Run("L08 values in the order of the arguments", func(t *testing.T) {
			ds := three()
			all := deferred.Gather(ds...)
			for _, i := range order {
				wantPending(t, all)
				ds[i].Callback(string(rune('a' + i)))
			}
			got, err, ok := all.Result()
			if want := []string{"a", "b", "c"}; !slices.Equal(got, want) || err != nil || !ok {
				t.Errorf("order %v: got %v, %v, %v, want %v", order, got, err, ok, want)
			}
		})
	}
	t.Run("L02 no members", func(t *testing.T) {
		got, err, ok := deferred.Gather[int]().Result()
		if got == nil || len(got) != 0 || err != nil || !ok {
			t.Errorf("got %v, %v, %v, want an empty list at once", got, err, ok)
		}
	})
	t.Run("L03 L08 the first failure wins, later results are ignored", func(t *testing.T) {
		ds := three()
		all := deferred.Gather(ds...)
		ds[1].Errback(errA)
		wantFirstError(t, all, 1, errA)
		ds[0].Errback(errB)
		ds[2].Callback("late")
		wantFirstError(t, all, 1, errA)
		wantValue(t, ds[0], "")
		wantValue(t, ds[1], "")
		wantValue(t, ds[2], "late")
	})
	t.Run("L04 a member that failed before", func(t *testing.T) {
		all := deferred.Gather(deferred.New[int](), deferred.Fail[int](errA))
		wantFirstError(t, all, 1, errA)
	})
	t.Run("L08 the text of FirstError", func(t *testing.T) {
		err := &deferred.FirstError{Index: 2, Err: errA}
		if got, want := err.Error(), "deferred: member 2 failed: error A"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func wantFirstError[T any](t *testing.T, d *deferred.Deferred[T], index int, cause error) {
	t.Helper()
	_, err, _ := d.Result()
	var first *deferred.FirstError
	if !errors.As(err, &first) || first.Index != index || !errors.Is(err, cause) {
		t.Fatalf("result: got %v, want *FirstError of member %d with %v", err, index, cause)
	}
}

func TestCancelList(t *testing.T) {
	// members gives three Deferreds whose cancellers note their index; the first one panics after that.
	members := func(j *journal) (ds []*deferred.Deferred[int]) {
		for i := range 3 {
			ds = append(ds, deferred.New(func(*deferred.Deferred[int]) {
				j.add("cancel %d", i)
				if i == 0 {
					panic(errB)
				}
			}))
		}
		return ds
	}
	t.Run("L06 All cancels every member", func(t *testing.T) {
		r := collect(t)
		var j journal
		all := deferred.All(members(&j)...)
		all.Cancel()
		j.want(t, "cancel 0", "cancel 1", "cancel 2")
		got, err, _ := all.Result()
		want := deferred.Result[int]{Err: deferred.ErrCancelled}
		if err != nil || !slices.Equal(got, []deferred.Result[int]{want, want, want}) {
			t.Errorf("result: got %v, %v, want ErrCancelled of each member", got, err)
		}
		r.want(t, errB, 1)
	})
	t.Run("L06 Gather cancels every member", func(t *testing.T) {
		r := collect(t)
		var j journal
		all := deferred.Gather(members(&j)...)
		all.Cancel()
		j.want(t, "cancel 0", "cancel 1", "cancel 2")
		wantFirstError(t, all, 0, deferred.ErrCancelled)
		r.want(t, errB, 1)
	})
	t.Run("L07 a Gather that failed leaves the other members", func(t *testing.T) {
		var j journal
		ds := members(&j)
		all := deferred.Gather(ds...)
		ds[1].Errback(errA)
		all.Cancel()
		j.want(t)
		wantFirstError(t, all, 1, errA)
	})
}
