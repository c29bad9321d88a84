package reactortest_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// talker sends a text when connected and keeps what it gets, with the sizes of the pieces.
type talker struct {
	recorder
	opening string
	got     bytes.Buffer
	sizes   []int
}

func (k *talker) ConnectionMade() {
	k.recorder.ConnectionMade()
	_, _ = k.Transport().Write([]byte(k.opening))
}

func (k *talker) DataReceived(data []byte) {
	k.got.Write(data)
	k.sizes = append(k.sizes, len(data))
}

func flush(t *testing.T, p *reactortest.Pump) {
	t.Helper()
	if err := p.Flush(); err != nil {
		t.Fatalf("Flush() = %v, want nil", err)
	}
}

func TestPumpChunking(t *testing.T) {
	long := strings.Repeat("0123456789", 1000)
	tests := []struct {
		name  string
		cut   reactortest.Chunking
		check func(sizes []int) bool
	}{
		{"whole", reactortest.Whole, func(s []int) bool { return slices.Equal(s, []int{10_000}) }},
		{"nil is whole", nil, func(s []int) bool { return slices.Equal(s, []int{10_000}) }},
		{"bytewise", reactortest.Bytewise, func(s []int) bool { return len(s) == 10_000 && slices.Max(s) == 1 }},
		{"random", reactortest.Random(nil, 7), func(s []int) bool { return len(s) > 3 && slices.Max(s) > 10*slices.Min(s) }},
		{"own", func(int) int { return 4000 }, func(s []int) bool { return slices.Equal(s, []int{4000, 4000, 2000}) }},
		{"too little is one", func(int) int { return -1 }, func(s []int) bool { return len(s) == 10_000 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, b := &talker{opening: long}, &talker{opening: "hello"}
			p := reactortest.NewPump(nil, a, b)
			p.SetChunking(test.cut)
			flush(t, p)
			if b.got.String() != long || a.got.String() != "hello" {
				t.Errorf("got %d and %d bytes, want %d and 5, the same as sent", b.got.Len(), a.got.Len(), len(long))
			}
			if !test.check(b.sizes) {
				t.Errorf("%d pieces, the first of them %v", len(b.sizes), b.sizes[:min(10, len(b.sizes))])
			}
		})
	}
	t.Run("the same seed cuts the same way and is logged", func(t *testing.T) {
		log := &logger{TB: t}
		one, two := reactortest.Random(log, 42), reactortest.Random(nil, 42)
		for i := range 1000 {
			if a, b := one(5000), two(5000); a != b {
				t.Fatalf("cut %d: %d and %d", i, a, b)
			}
		}
		if got := strings.Join(log.lines, "\n"); !strings.Contains(got, "seed 42") {
			t.Errorf("logged %q, want the seed", got)
		}
	})
}

// logger keeps what is logged.
type logger struct {
	testing.TB
	lines []string
}

func (l *logger) Helper() {}
func (l *logger) Logf(format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func TestPumpSteps(t *testing.T) {
	t.Run("nothing moves before a step; addresses mirror each other", func(t *testing.T) {
		a, b := &talker{opening: "a"}, &talker{opening: "b"}
		p := reactortest.NewPump(nil, a, b)
		if a.got.Len()+b.got.Len() > 0 {
			t.Fatal("bytes moved before Step")
		}
		if got := string(p.A.Written()); got != "a" {
			t.Errorf("A.Written() = %q, want a", got)
		}
		if got, want := p.B.RemoteAddr().String(), p.A.LocalAddr().String(); got != want {
			t.Errorf("B talks to %s, want %s", got, want)
		}
		if !p.Step() {
			t.Error("Step() = false, want true")
		}
		if got := a.got.String() + b.got.String(); got != "ba" {
			t.Errorf("got %q, want %q", got, "ba")
		}
		if p.Step() {
			t.Error("second Step() = true, want false")
		}
	})
	t.Run("a step is one round: answers go with the next", func(t *testing.T) {
		a := &talker{opening: "ping"}
		b := &recorder{onData: func(r *recorder, data string) { _, _ = r.Transport().Write([]byte("pong")) }}
		p := reactortest.NewPump(nil, a, b)
		p.Step()
		if a.got.Len() != 0 {
			t.Fatalf("after one step A has %q, want nothing", a.got.String())
		}
		p.Step()
		if got := a.got.String(); got != "pong" {
			t.Errorf("after two steps A has %q, want pong", got)
		}
	})
	t.Run("two sides that never stop are a livelock", func(t *testing.T) {
		echo := func(r *recorder, data string) { _, _ = r.Transport().Write([]byte(data)); r.events = nil }
		p := reactortest.NewPump(nil, &recorder{onData: echo}, &recorder{onData: echo})
		flush(t, p)
		_, _ = p.A.Write([]byte("x"))
		if err := p.Flush(); !errors.Is(err, reactortest.ErrLivelock) {
			t.Fatalf("Flush() = %v, want ErrLivelock", err)
		}
		p.SetMaxSteps(3)
		if err := p.Flush(); err == nil || !strings.Contains(err.Error(), "after 3 steps") {
			t.Errorf("Flush() = %v, want one after 3 steps", err)
		}
	})
	t.Run("Flush runs what is due now and leaves what needs time", func(t *testing.T) {
		clock := reactortest.NewClock()
		p := reactortest.NewPump(clock, &talker{}, &talker{})
		r := clock.Reactor()
		ran := 0
		r.CallLater(time.Second, func() { t.Error("a call of the future ran") })
		r.CallLater(0, func() {
			ran++
			r.CallLater(0, func() {
				ran++
				_ = r.CallFromThread(func() {
					ran++
					_ = r.CallFromThread(func() { ran++ })
				})
			})
		})
		flush(t, p)
		if ran != 4 {
			t.Errorf("%d calls ran, want 4", ran)
		}
	})
	t.Run("a pull producer is pumped to its end", func(t *testing.T) {
		b := &talker{}
		p := reactortest.NewPump(nil, &talker{}, b)
		left := 100
		s := &source{}
		s.onResume = func() {
			if left--; left < 0 {
				p.A.UnregisterProducer()
				p.A.LoseConnection()
				return
			}
			_, _ = p.A.Write([]byte("0123456789"))
		}
		_ = p.A.RegisterProducer(s, false)
		flush(t, p)
		if got := b.got.Len(); got != 1000 {
			t.Errorf("%d bytes, want 1000", got)
		}
		b.expect(t, "transport", "made", done)
	})
	t.Run("Join wants one clock", func(t *testing.T) {
		got := panics(t, func() { reactortest.Join(reactortest.NewTransport(nil), reactortest.NewTransport(nil)) })
		if !strings.Contains(got, "different clocks") {
			t.Errorf("panic %q", got)
		}
	})
}

func TestPumpEnds(t *testing.T) {
	pair := func() (a, b *recorder, p *reactortest.Pump) {
		a, b = &recorder{}, &recorder{}
		p = reactortest.NewPump(nil, a, b)
		a.events, b.events = nil, nil
		return a, b, p
	}
	t.Run("T01 bytes, then the end, at both sides clean", func(t *testing.T) {
		for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
			a, b, p := pair()
			p.SetChunking(cut)
			_, _ = p.A.Write([]byte("b"))
			p.A.LoseConnection()
			flush(t, p)
			a.expect(t, done)
			b.expect(t, "data b", done)
		}
	})
	t.Run("both close at the same time", func(t *testing.T) {
		a, b, p := pair()
		p.A.LoseConnection()
		p.B.LoseConnection()
		flush(t, p)
		a.expect(t, done)
		b.expect(t, done)
	})
	t.Run("T18 abort: aborted here, lost there, what was on its way is destroyed", func(t *testing.T) {
		a, b, p := pair()
		_, _ = p.B.Write([]byte("never arrives"))
		p.B.AbortConnection()
		flush(t, p)
		a.expect(t, lost)
		b.expect(t, aborted)
		if !errors.Is(p.A.Reason(), syscall.ECONNRESET) {
			t.Errorf("A's reason %v, want ECONNRESET in it", p.A.Reason())
		}
	})
	t.Run("a loss made by the test is a loss for both", func(t *testing.T) {
		a, b, p := pair()
		p.A.Lose(reactor.ErrConnectionLost)
		flush(t, p)
		a.expect(t, lost)
		b.expect(t, lost)
	})
	t.Run("what comes for a side that has closed is dropped", func(t *testing.T) {
		a, b, p := pair()
		p.A.LoseConnection()
		_, _ = p.B.Write([]byte("too late"))
		flush(t, p)
		a.expect(t, done)
		b.expect(t, done)
	})
	t.Run("T27 a paused side gets bytes and end when it resumes", func(t *testing.T) {
		a, b, p := pair()
		p.B.PauseProducing()
		_, _ = p.A.Write([]byte("last words"))
		p.A.LoseConnection()
		flush(t, p)
		a.expect(t, done)
		b.expect(t)
		if got := string(p.A.Written()); got != "last words" {
			t.Errorf("on the way: %q, want %q", got, "last words")
		}
		p.B.ResumeProducing()
		flush(t, p)
		b.expect(t, "data last words", done)
	})
	t.Run("a paused side that has nothing to get notices the end when it resumes", func(t *testing.T) {
		_, b, p := pair()
		p.B.PauseProducing()
		p.A.AbortConnection()
		flush(t, p)
		b.expect(t)
		p.B.ResumeProducing()
		flush(t, p)
		b.expect(t, lost)
	})
	t.Run("a side that still sends does not notice the clean end, and comes to rest", func(t *testing.T) {
		a, b, p := pair()
		p.B.Hold()
		_, _ = p.B.Write([]byte("slow"))
		p.B.LoseConnection()
		p.A.LoseConnection()
		flush(t, p)
		a.expect(t, done)
		b.expect(t)
		p.B.Release()
		flush(t, p)
		b.expect(t, done)
	})
}
