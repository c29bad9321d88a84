package reactor

import (
	"strings"
	"testing"
	"time"
)

// watched is a reactor whose watchdog is only looked after by hand: its timer is an hour away.
func watched(t *testing.T) *Reactor {
	t.Helper()
	r := New(WithStallWarning(time.Hour))
	r.watch.start()
	t.Cleanup(r.watch.stop)
	return r
}

func TestWatchRestsWithTheLoop(t *testing.T) {
	r := watched(t)
	r.watch.look()
	if r.watch.armed.Load() {
		t.Errorf("the loop waits: got a timer that runs, want none")
	}
	r.beginTurn(nil)
	if !r.watch.armed.Load() {
		t.Errorf("a turn has begun: got no timer, want one that runs")
	}
	r.watch.look()
	if !r.watch.armed.Load() {
		t.Errorf("a turn goes on: got no timer, want one that runs")
	}
	if !r.attention.Load() {
		t.Errorf("a turn was seen: got no wish to measure it, want one")
	}
	r.endTurn()
	r.watch.look()
	if r.watch.armed.Load() {
		t.Errorf("the loop waits again: got a timer that runs, want none")
	}
}

func TestWatchReportsATurnOnce(t *testing.T) {
	r := watched(t)
	r.beginTurn(nil)
	r.watch.limit = 1
	r.watch.look()
	if r.watch.seen != r.turnWord {
		t.Errorf("got %d as the turn that was reported, want %d", r.watch.seen, r.turnWord)
	}
	if r.watch.armed.Load() {
		t.Errorf("the turn was reported: got a timer that runs, want none until the next turn")
	}
	r.watch.limit = time.Hour // or the timer may come before this goroutine looks
	r.endTurn()
	r.beginTurn(nil)
	if !r.watch.armed.Load() {
		t.Errorf("the next turn has begun: got no timer, want one that runs")
	}
	r.endTurn()
}

func TestALookPublishesTheCounts(t *testing.T) {
	r := watched(t)
	r.poller = blind{}
	turn := func(look bool) uint64 {
		r.beginTurn(nil)
		if look {
			r.watch.look()
		}
		r.endTurn()
		return r.published.load().Turns
	}
	for i, want := range []uint64{0, 2, 2, 4} {
		if got := turn(i%2 == 1); got != want {
			t.Errorf("turn %d: got %d turns published, want %d", i+1, got, want)
		}
	}
	r.watch.look()
	r.beginTurn(nil)
	r.endTurn()
	r.watch.look()
	if got := r.published.load().Turns; got != 5 {
		t.Errorf("the loop waits: got %d turns published, want 5", got)
	}
	r.poller = nil
}

// TestSomeTurnsStandForAll counts on a turn to take some time, however short.
func TestSomeTurnsStandForAll(t *testing.T) {
	r := New()
	r.poller = blind{}
	measured := 0
	for i := range 10 * measureEach {
		before := r.count.TurnTime
		r.beginTurn(nil)
		r.turnBegan -= time.Second // by which it is longer
		r.watch.limit = 0
		r.endTurn()
		if took := r.count.TurnTime - before; took > 0 {
			measured++
			if took < measureEach*time.Second || (i+1)%measureEach != 0 {
				t.Errorf("turn %d: got %v more, want %d times a second or more at each %d. turn", i+1, took, measureEach, measureEach)
			}
		}
	}
	if measured != 10 {
		t.Errorf("got %d turns measured, want 10", measured)
	}
}

func TestStacksAreRare(t *testing.T) {
	r := watched(t)
	r.watch.mu.Lock()
	defer r.watch.mu.Unlock()
	first := string(r.watch.stack())
	if !strings.HasPrefix(first, "goroutine ") || !strings.Contains(first, "TestStacksAreRare") {
		t.Errorf("got stack %q, want that of this test", first)
	}
	r.watch.stackAt += time.Hour
	if again := r.watch.stack(); again != nil {
		t.Errorf("got another stack at once, want none: %s", again)
	}
	r.watch.stackAt -= time.Hour + stackPause
	if later := r.watch.stack(); later == nil {
		t.Errorf("got no stack after %v, want one", stackPause)
	}
}

func TestStackOf(t *testing.T) {
	const all = "goroutine 1 [running]:\nmain()\n\ngoroutine 12 [select]:\na()\n\ngoroutine 123 [IO wait]:\nb()\n"
	for _, c := range []struct{ head, want string }{
		{"goroutine 1 ", "goroutine 1 [running]:\nmain()"},
		{"goroutine 12 ", "goroutine 12 [select]:\na()"},
		{"goroutine 123 ", "goroutine 123 [IO wait]:\nb()\n"},
		{"goroutine 2 ", ""},
	} {
		if got := string(stackOf([]byte(all), []byte(c.head))); got != c.want {
			t.Errorf("%q: got %q, want %q", c.head, got, c.want)
		}
	}
}

func TestTurnMark(t *testing.T) {
	var m turnMark
	read := func() (began int64) {
		called := false
		got := m.hold(func(b int64) { called, began = true, b })
		if got != untimed && (!called || began != got) {
			t.Errorf("hold answered %d and called f: %v, with %d; want the same", got, called, began)
		}
		return got
	}
	for _, step := range []struct {
		what    string
		do      func()
		want    int64
		running bool
	}{
		{"new", func() {}, waiting, false},
		{"a turn begins", func() { m.move(waiting, 7) }, 7, true},
		{"it ends", func() { m.move(7, waiting) }, waiting, false},
		{"held by a test", func() { m.Store(true) }, untimed, true},
		{"a turn inside", func() { m.move(waiting, 9) }, 9, true},
		{"no longer held", func() { m.Store(false) }, waiting, false},
	} {
		step.do()
		if got := read(); got != step.want || m.value() != step.want || m.Load() != step.running {
			t.Errorf("%s: got %d, %d and running = %v, want %d and %v", step.what, got, m.value(), m.Load(), step.want, step.running)
		}
	}
	// While it is held the turn does not come to its end.
	m.move(waiting, 11)
	moved := make(chan struct{})
	m.hold(func(int64) {
		go func() { m.move(11, waiting); close(moved) }()
		if !m.Load() {
			t.Errorf("held: got a loop that waits, want one that runs callbacks")
		}
	})
	<-moved
	if m.value() != waiting {
		t.Errorf("got %d after the turn, want %d", m.value(), waiting)
	}
}
