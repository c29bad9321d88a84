package reactor

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// model is the plain version of timers: a slice that is sorted when asked.
type model struct {
	calls []*modelCall
	seq   int
}

type modelCall struct {
	id   int
	when time.Duration
	seq  int
}

func (m *model) plan(c *modelCall, when time.Duration) {
	m.seq++
	c.when, c.seq = when, m.seq
}

func (m *model) remove(c *modelCall) {
	m.calls = slices.DeleteFunc(m.calls, func(o *modelCall) bool { return o == c })
}

// due answers the ids of what is due, in order, and takes it out.
func (m *model) due(now time.Duration) (ids []int) {
	slices.SortFunc(m.calls, func(a, b *modelCall) int {
		if a.when != b.when {
			return int(a.when - b.when)
		}
		return a.seq - b.seq
	})
	for len(m.calls) > 0 && m.calls[0].when <= now {
		ids, m.calls = append(ids, m.calls[0].id), m.calls[1:]
	}
	return ids
}

func TestTimersAgainstModel(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 18))
		var (
			now     time.Duration
			base    = time.Unix(1e9, 0)
			q       = newTimers(func() time.Time { return base.Add(now) })
			m       model
			planned []*DelayedCall
			shadow  []*modelCall
			ran     []int
		)
		for step := range 2000 {
			some := rnd.IntN(max(len(planned), 1))
			delay := time.Duration(rnd.IntN(50))
			switch action := rnd.IntN(10); {
			case action < 4 || len(planned) == 0:
				id := len(planned)
				planned = append(planned, q.add(delay, func() { ran = append(ran, id) }))
				c := &modelCall{id: id}
				m.plan(c, now+delay)
				m.calls = append(m.calls, c)
				shadow = append(shadow, c)
			case action < 5:
				alive := slices.Contains(m.calls, shadow[some])
				if err := planned[some].Cancel(); (err == nil) != alive {
					t.Fatalf("seed %d step %d: Cancel answered %v, the model has it alive: %v", seed, step, err, alive)
				}
				m.remove(shadow[some])
			case action < 6:
				if planned[some].Reset(delay) == nil {
					m.plan(shadow[some], now+delay)
				}
			case action < 7:
				by := delay - 25
				if planned[some].Delay(by) == nil {
					m.plan(shadow[some], max(shadow[some].when+by, now))
				}
			default:
				now += time.Duration(rnd.IntN(20))
				ran = nil
				for mark := q.mark(); ; {
					f := q.popDue(now, mark)
					if f == nil {
						break
					}
					f()
				}
				if want := m.due(now); !slices.Equal(ran, want) {
					t.Fatalf("seed %d step %d: got %v, want %v", seed, step, ran, want)
				}
			}
			checkHeap(t, q, len(m.calls))
		}
	}
}

// checkHeap wants every call in its place, and as many as the model has.
func checkHeap(t testing.TB, q *timers, size int) {
	t.Helper()
	if len(q.heap) != size {
		t.Fatalf("got %d calls, want %d", len(q.heap), size)
	}
	for i, c := range q.heap {
		if int(c.index) != i || i > 0 && q.before(c, q.heap[(i-1)/2]) {
			t.Fatalf("the call at %d has index %d, or comes before its parent", i, c.index)
		}
	}
}

func TestTimersTellTheEarliest(t *testing.T) {
	var armed []time.Duration
	now := time.Unix(1e9, 0)
	q := newTimers(func() time.Time { return now })
	q.armed = func(first time.Duration) { armed = append(armed, first) }
	a := q.add(5, func() {})
	q.add(9, func() {})
	q.add(3, func() {})
	_ = a.Reset(1)
	if want := []time.Duration{5, 3, 1}; !slices.Equal(armed, want) {
		t.Errorf("got %v, want %v", armed, want)
	}
}

func BenchmarkTimers(b *testing.B) {
	const pending = 1_000_000
	fill := func() (*timers, []*DelayedCall, *rand.Rand) {
		rnd := rand.New(rand.NewPCG(1, 1))
		now := time.Unix(1e9, 0)
		q := newTimers(func() time.Time { return now })
		calls := make([]*DelayedCall, pending)
		for i := range calls {
			calls[i] = q.add(time.Duration(rnd.Int64N(1<<40)), func() {})
		}
		return q, calls, rnd
	}
	b.Run("add and cancel, a million pending", func(b *testing.B) {
		q, _, rnd := fill()
		b.ReportAllocs()
		for b.Loop() {
			_ = q.add(time.Duration(rnd.Int64N(1<<40)), func() {}).Cancel()
		}
	})
	b.Run("reset, a million pending", func(b *testing.B) {
		_, calls, rnd := fill()
		b.ReportAllocs()
		for b.Loop() {
			_ = calls[rnd.IntN(pending)].Reset(time.Duration(rnd.Int64N(1 << 40)))
		}
	})
	b.Run("fire", func(b *testing.B) {
		q, _, rnd := fill()
		b.ReportAllocs()
		for b.Loop() {
			q.popDue(1<<62, q.mark())()
			q.add(time.Duration(rnd.Int64N(1<<40)), func() {})
		}
	})
}
