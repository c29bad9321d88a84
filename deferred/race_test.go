package deferred_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/tconn/tconn/deferred"
)

// noted gives n Deferreds whose cancellers note their index.
func noted(j *journal, n int) (ds []*deferred.Deferred[int]) {
	for i := range n {
		ds = append(ds, deferred.New(func(*deferred.Deferred[int]) { j.add("cancel %d", i) }))
	}
	return ds
}

func wantGroup[T any](t *testing.T, d *deferred.Deferred[T], errs ...error) {
	t.Helper()
	_, err, ok := d.Result()
	var group *deferred.GroupError
	if !ok || !errors.As(err, &group) || !slices.Equal(group.Errs, errs) {
		t.Fatalf("result: got %v, %v, want *GroupError of %v", err, ok, errs)
	}
}

func TestRace(t *testing.T) {
	t.Run("L09 the first value wins, the others are cancelled before", func(t *testing.T) {
		var j journal
		ds := noted(&j, 3)
		race := deferred.Race(ds...)
		race.AddCallback(func(v deferred.Indexed[int]) (deferred.Indexed[int], error) {
			j.add("won by %d with %d", v.Index, v.Value)
			return v, nil
		})
		wantPending(t, race)
		ds[1].AddCallback(j.ok("winner's own step", 8))
		ds[1].Callback(7)
		j.want(t, "cancel 0", "cancel 2", "won by 1 with 7", "winner's own step(7)")
		wantValue(t, race, deferred.Indexed[int]{Index: 1, Value: 7})
		wantValue(t, ds[1], 8)
		wantValue(t, ds[0], 0)
	})
	t.Run("L09 a member that had its value before", func(t *testing.T) {
		var j journal
		ds := append(noted(&j, 1), deferred.Succeed(5))
		wantValue(t, deferred.Race(ds...), deferred.Indexed[int]{Index: 1, Value: 5})
		j.want(t, "cancel 0")
	})
	t.Run("L09 a failure is no result as long as there are others", func(t *testing.T) {
		var j journal
		ds := noted(&j, 3)
		race := deferred.Race(ds...)
		ds[0].Errback(errA)
		wantPending(t, race)
		ds[2].Callback(3)
		wantValue(t, race, deferred.Indexed[int]{Index: 2, Value: 3})
		j.want(t, "cancel 1")
	})
	t.Run("L09 a loser that answers its Cancel with a value", func(t *testing.T) {
		loser := deferred.New(func(d *deferred.Deferred[int]) { d.Callback(1) })
		winner := deferred.New[int]()
		race := deferred.Race(loser, winner)
		winner.Callback(2)
		wantValue(t, race, deferred.Indexed[int]{Index: 1, Value: 2})
		wantValue(t, loser, 1)
	})
	t.Run("L09 a Cancel when it is won does not lose the value", func(t *testing.T) {
		var race *deferred.Deferred[deferred.Indexed[int]]
		winner := deferred.New[int]()
		race = deferred.Race(winner, deferred.New(func(*deferred.Deferred[int]) { race.Cancel() }))
		winner.Callback(6)
		wantValue(t, race, deferred.Indexed[int]{Index: 0, Value: 6})
	})
	for _, order := range orders {
		t.Run("L10 all fail: the causes in the order of the arguments", func(t *testing.T) {
			ds := three()
			causes := []error{errA, errB, errOrigin}
			race := deferred.Race(ds...)
			for _, i := range order {
				wantPending(t, race)
				ds[i].Errback(causes[i])
			}
			wantGroup(t, race, causes...)
		})
	}
	t.Run("L11 Cancel cancels every member", func(t *testing.T) {
		var j journal
		ds := noted(&j, 3)
		race := deferred.Race(ds...)
		race.Cancel()
		j.want(t, "cancel 0", "cancel 1", "cancel 2")
		wantGroup(t, race, deferred.ErrCancelled, deferred.ErrCancelled, deferred.ErrCancelled)
		wantError(t, race, deferred.ErrCancelled)
	})
	t.Run("L11 a canceller that gives a value wins", func(t *testing.T) {
		var j journal
		ds := append(noted(&j, 1), deferred.New(func(d *deferred.Deferred[int]) { d.Callback(4) }))
		race := deferred.Race(ds...)
		race.Cancel()
		wantValue(t, race, deferred.Indexed[int]{Index: 1, Value: 4})
	})
	t.Run("L07 Cancel after the end touches nothing", func(t *testing.T) {
		var j journal
		ds := noted(&j, 2)
		race := deferred.Race(ds...)
		ds[0].Callback(1)
		race.Cancel()
		j.want(t, "cancel 1")
	})
	t.Run("L02 no members fail at once", func(t *testing.T) {
		race := deferred.Race[int]()
		wantGroup(t, race)
		_, err, _ := race.Result()
		if got, want := err.Error(), "deferred: no members, so none of them can have a value"; got != want {
			t.Errorf("text: got %q, want %q", got, want)
		}
	})
	t.Run("L10 the text of GroupError", func(t *testing.T) {
		err := &deferred.GroupError{Errs: []error{errA, errB}}
		if got, want := err.Error(), "deferred: all 2 members failed: error A; error B"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("a member given twice", func(t *testing.T) {
		d := deferred.New[int]()
		race := deferred.Race(d, d)
		d.Callback(1)
		wantValue(t, race, deferred.Indexed[int]{Index: 0, Value: 1})
	})
	t.Run("a nil member is refused", func(t *testing.T) {
		if p := recovered(func() { deferred.Race(deferred.Succeed(1), nil) }); p == nil {
			t.Error("got no panic, want one")
		}
	})
	t.Run("one that was fired by somebody else keeps that", func(t *testing.T) {
		d := deferred.New[int]()
		race := deferred.Race(d)
		race.Callback(deferred.Indexed[int]{Index: 9})
		d.Callback(1)
		wantValue(t, race, deferred.Indexed[int]{Index: 9})
	})
}

func TestCollectorsNeedNoStack(t *testing.T) {
	const n = many / 10
	for _, c := range []struct {
		name string
		wrap func(*deferred.Deferred[int]) *deferred.Deferred[int]
	}{
		{"Race", func(d *deferred.Deferred[int]) *deferred.Deferred[int] {
			return deferred.Then(deferred.Race(d), func(v deferred.Indexed[int]) (int, error) { return v.Value, nil })
		}},
		{"Gather", func(d *deferred.Deferred[int]) *deferred.Deferred[int] {
			return deferred.Then(deferred.Gather(d), func(v []int) (int, error) { return v[0], nil })
		}},
		{"All", func(d *deferred.Deferred[int]) *deferred.Deferred[int] {
			return deferred.Then(deferred.All(d), func(v []deferred.Result[int]) (int, error) { return v[0].Value, nil })
		}},
		{"ChainTo", func(d *deferred.Deferred[int]) *deferred.Deferred[int] {
			next := deferred.New[int]()
			d.ChainTo(next)
			return next
		}},
	} {
		t.Run(fmt.Sprintf("C13 depth of %d nested calls of %s", n, c.name), func(t *testing.T) {
			depth := func(n int) (depth int) {
				first := deferred.New[int]()
				d := first
				for range n {
					d = c.wrap(d)
				}
				d.AddCallback(func(v int) (int, error) { depth = stackDepth(); return v, nil })
				first.Callback(7)
				wantValue(t, d, 7)
				return depth
			}
			if got, want := depth(n), depth(1); got != want {
				t.Errorf("stack at the last callback: got %d frames, want %d as for one", got, want)
			}
			if c.name == "ChainTo" { // a Cancel of its Deferred does not go back
				return
			}
			cancelDepth := func(n int) (depth int) {
				d := deferred.New(func(*deferred.Deferred[int]) { depth = stackDepth() })
				for range n {
					d = c.wrap(d)
				}
				d.Cancel()
				if _, _, ok := d.Result(); !ok {
					t.Error("Cancel of the last: got no result, want one")
				}
				return depth
			}
			if got, want := cancelDepth(n), cancelDepth(1); got != want {
				t.Errorf("stack in the canceller of the first: got %d frames, want %d as for one", got, want)
			}
		})
	}
}
