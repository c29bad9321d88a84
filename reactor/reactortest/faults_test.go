package reactortest_test

import (
	"flag"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

var (
	faultSeed = flag.Uint64("faults.seed", 0, "seed of the fault schedules; 0 takes a new one each time")
	faultOnly = flag.Int("faults.only", -1, "number of the one schedule to run, with its trace")
)

const (
	schedules      = 10_000
	racedSchedules = 1_000 // under the race detector
	shortSchedules = 500   // with -short
	mostEvents     = 120   // of a schedule
)

// TestFaultSchedules plays random schedules of everything that can happen to connections, and holds each against what must be true.
func TestFaultSchedules(t *testing.T) {
	seed := *faultSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	if *faultOnly >= 0 {
		if !playOne(t, seed, uint64(*faultOnly)) {
			t.Log("nothing is wrong with it")
		}
		return
	}
	count := schedules
	switch {
	case testing.Short():
		count = shortSchedules
	case raced:
		count = racedSchedules
	}
	t.Logf("%d schedules; -faults.seed=%d", count, seed)
	failed := 0
	seen := make(map[string]int)
	for number := range uint64(count) {
		w := play(seed, number, mostEvents, false)
		w.tally(seen)
		if len(w.errors) > 0 {
			if !playOne(t, seed, number) {
				t.Errorf("-faults.seed=%d -faults.only=%d, and not each time:\n%s", seed, number, strings.Join(w.errors, "\n"))
			}
			if failed++; failed == 5 {
				t.Fatal("and perhaps more")
			}
		}
	}
	t.Logf("ends of connections and attempts: %v", seen)
	for _, o := range outcomes {
		if seen[o.text] == 0 && count == schedules { // fewer may miss what is rare
			t.Errorf("%s: got none in %d schedules, want some", o.text, count)
		}
	}
}

// play plays a schedule; errors of the world tell what was wrong.
func play(seed, number uint64, budget int, tracing bool) *world {
	w := newSimulation(seed, number, budget, tracing)
	defer func() {
		if p := recover(); p != nil {
			w.errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	w.simulate()
	return w
}

// playOne shows the smallest part of a schedule that goes wrong; false means that nothing does.
func playOne(t *testing.T, seed, number uint64) (wrong bool) {
	t.Helper()
	for budget := range mostEvents {
		if w := play(seed, number, budget, true); len(w.errors) > 0 {
			t.Errorf("-faults.seed=%d -faults.only=%d, with %d of its events:\n%s\n%s",
				seed, number, budget, strings.Join(w.errors, "\n"), strings.Join(w.lines, "\n"))
			return true
		}
	}
	return false
}
