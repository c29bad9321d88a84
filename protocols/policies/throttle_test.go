package policies_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

func throttled(t *testing.T, clock *reactortest.Clock, p *plain, o policies.ThrottleOptions) *reactortest.Transport {
	t.Helper()
	return open(t, clock, policies.Wrap(of(p), policies.Throttle(o)))
}

func bytesOf(n int) []byte { return []byte(strings.Repeat("x", n)) }

func TestThrottleReading(t *testing.T) {
	const s = time.Second
	t.Run("a second's worth at once, then as fast as the rate", func(t *testing.T) {
		tr := throttled(t, nil, &plain{}, policies.ThrottleOptions{ReadPerSecond: 100})
		clock := tr.Clock()
		tr.Receive(bytesOf(100))
		if tr.Paused() {
			t.Error("after 100 bytes: got paused, want not")
		}
		tr.Receive(bytesOf(50))
		if !tr.Paused() {
			t.Error("after 150 bytes: got not paused, want paused")
		}
		clock.Advance(s/2 - 1)
		if !tr.Paused() {
			t.Error("before half a second: got not paused, want paused")
		}
		clock.Advance(1)
		if tr.Paused() {
			t.Error("after half a second: got paused, want not")
		}
		tr.Receive(bytesOf(1))
		if !tr.Paused() {
			t.Error("the budget is used up: got not paused, want paused")
		}
		clock.Advance(s)
		tr.Receive(bytesOf(99))
		if tr.Paused() {
			t.Error("a second later: got paused, want not")
		}
	})
	t.Run("the average holds", func(t *testing.T) {
		p := &plain{}
		clock := reactortest.NewClock()
		f := policies.Wrap(of(p), policies.Throttle(policies.ThrottleOptions{ReadPerSecond: 1000}))
		got := 0
		p.onData = func(data string) { got += len(data); p.events = nil }
		tr := open(t, clock, f)
		for range 10_000 {
			tr.Receive(bytesOf(70)) // waits while paused
		}
		for second := 1; second <= 60; second++ {
			clock.Advance(s)
			if most := 1000*(second+1) + 70; got > most || got < 1000*second {
				t.Fatalf("after %d s: got %d bytes, want %d to %d", second, got, 1000*second, most)
			}
		}
	})
	t.Run("total over all connections, each in its turn", func(t *testing.T) {
		clock := reactortest.NewClock()
		limit := policies.Throttle(policies.ThrottleOptions{ReadPerSecond: 100})
		var order []string
		var conns []*reactortest.Transport
		for _, name := range []string{"a", "b", "c"} {
			p := &plain{}
			p.onData = func(string) { order = append(order, name) }
			tr := open(t, clock, limit(of(p)))
			for range 3 {
				tr.Receive(bytesOf(100))
			}
			conns = append(conns, tr)
		}
		expect(t, "read at once", order, []string{"a", "a", "b", "c"}) // the burst is a's
		order = nil
		clock.Advance(4 * s)
		expect(t, "read later", order, []string{"a", "b", "c"})
		for i, tr := range conns {
			tr.Lose(nil)
			tr.AbortConnection()
			if clock.Turn(); !tr.Disconnecting() {
				t.Errorf("connection %d does not end", i)
			}
		}
		if got := clock.Pending(); got != 0 {
			t.Errorf("timers at the end: got %d, want 0", got)
		}
	})
	t.Run("no limit", func(t *testing.T) {
		p := &plain{}
		tr := throttled(t, nil, p, policies.ThrottleOptions{})
		tr.Receive(bytesOf(1 << 20))
		p.write(string(bytesOf(1 << 20)))
		if tr.Paused() || tr.Clock().Pending() != 0 {
			t.Error("got paused, want not")
		}
	})
}

// TestThrottleAndProtocolPause: neither resumes over the other.
func TestThrottleAndProtocolPause(t *testing.T) {
	const s = time.Second
	for _, tc := range []struct {
		name  string
		steps func(p *plain, tr *reactortest.Transport, check func(paused bool))
	}{
		{"the protocol resumes while the throttle waits", func(p *plain, tr *reactortest.Transport, check func(bool)) {
			p.Transport().PauseProducing()
			check(true)
			p.write(string(bytesOf(300)))
			p.Transport().ResumeProducing()
			check(true)
			tr.Clock().Advance(2 * s)
			check(false)
		}},
		{"the throttle is done while the protocol waits", func(p *plain, tr *reactortest.Transport, check func(bool)) {
			tr.Receive(bytesOf(200))
			check(true)
			p.Transport().PauseProducing()
			tr.Clock().Advance(10 * s)
			check(true)
			p.Transport().ResumeProducing()
			check(false)
		}},
		{"both directions wait", func(p *plain, tr *reactortest.Transport, check func(bool)) {
			tr.Receive(bytesOf(200))
			p.write(string(bytesOf(400)))
			check(true)
			tr.Clock().Advance(s)
			check(true)
			tr.Clock().Advance(2 * s)
			check(false)
		}},
		{"the protocol resumes what it has not paused", func(p *plain, tr *reactortest.Transport, check func(bool)) {
			tr.Receive(bytesOf(200))
			p.Transport().ResumeProducing()
			check(true)
			tr.Clock().Advance(s)
			p.Transport().ResumeProducing()
			check(false)
		}},
		{"the protocol pauses twice and resumes once", func(p *plain, _ *reactortest.Transport, check func(bool)) {
			p.Transport().PauseProducing()
			p.Transport().PauseProducing()
			p.Transport().ResumeProducing()
			check(false)
		}},
		{"more writes while it waits make it wait longer", func(p *plain, tr *reactortest.Transport, check func(bool)) {
			p.write(string(bytesOf(200)))
			p.write(string(bytesOf(100)))
			tr.Clock().Advance(2*s - 1)
			check(true)
			tr.Clock().Advance(1)
			check(false)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &plain{}
			tr := throttled(t, nil, p, policies.ThrottleOptions{ReadPerSecond: 100, WritePerSecond: 100})
			n := 0
			tc.steps(p, tr, func(paused bool) {
				t.Helper()
				if n++; tr.Paused() != paused {
					t.Errorf("check %d: got paused = %v, want %v", n, tr.Paused(), paused)
				}
			})
		})
	}
}

// source is a producer that notes what it is asked for.
type source struct {
	events   []string
	onResume func()
}

func (s *source) PauseProducing() { s.events = append(s.events, "pause") }
func (s *source) StopProducing()  { s.events = append(s.events, "stop") }
func (s *source) ResumeProducing() {
	s.events = append(s.events, "resume")
	if s.onResume != nil {
		s.onResume()
	}
}

func TestThrottledProducer(t *testing.T) {
	const s = time.Second
	const water = 64 << 10 // above which a transport pauses
	for _, tc := range []struct {
		name      string
		streaming bool
		steps     func(p *plain, tr *reactortest.Transport, check func(...string))
	}{
		{"streaming: paused and resumed by the throttle", true, func(p *plain, tr *reactortest.Transport, check func(...string)) {
			check()
			p.write(string(bytesOf(3 * water)))
			check("pause")
			p.write(string(bytesOf(water)))
			check()
			tr.Clock().Advance(3 * s)
			check("resume")
		}},
		{"streaming: the connection is full and the budget spent; the connection is first", true, func(p *plain, tr *reactortest.Transport, check func(...string)) {
			tr.Hold()
			p.write(string(bytesOf(2 * water)))
			check("pause")
			tr.Release()
			check()
			tr.Clock().Advance(s)
			check("resume")
		}},
		{"streaming: the budget is first", true, func(p *plain, tr *reactortest.Transport, check func(...string)) {
			tr.Hold()
			p.write(string(bytesOf(2 * water)))
			check("pause")
			tr.Clock().Advance(s)
			check()
			tr.Release()
			check("resume")
		}},
		{"streaming: full while the budget is spent", true, func(p *plain, tr *reactortest.Transport, check func(...string)) {
			p.write(string(bytesOf(2 * water)))
			check("pause")
			tr.Hold()
			p.write(string(bytesOf(2 * water)))
			check()
			tr.Release()
			check()
			tr.Clock().Advance(3 * s)
			check("resume")
		}},
		{"streaming: the loss", true, func(p *plain, tr *reactortest.Transport, check func(...string)) {
			p.write(string(bytesOf(2 * water)))
			tr.AbortConnection()
			tr.Clock().Advance(s)
			check("pause", "stop")
		}},
		{"pull: asked at once, then when the bytes are paid for", false, func(p *plain, tr *reactortest.Transport, check func(...string)) {
			check("resume")
			p.write(string(bytesOf(2 * water)))
			tr.Clock().Turn()
			check()
			tr.Clock().Advance(s)
			check("resume")
			tr.Clock().Advance(10 * s)
			check()
		}},
		{"pull: the connection asks late", false, func(p *plain, tr *reactortest.Transport, check func(...string)) {
			check("resume")
			tr.Hold()
			p.write(string(bytesOf(2 * water)))
			tr.Clock().Advance(s)
			check()
			tr.Release()
			check("resume")
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, producer := &plain{}, &source{}
			tr := throttled(t, nil, p, policies.ThrottleOptions{WritePerSecond: water})
			if err := p.Transport().RegisterProducer(producer, tc.streaming); err != nil {
				t.Fatal(err)
			}
			n := 0
			tc.steps(p, tr, func(want ...string) {
				t.Helper()
				if n++; !slices.Equal(producer.events, want) {
					t.Errorf("check %d: got %q, want %q", n, producer.events, want)
				}
				producer.events = nil
			})
		})
	}

	t.Run("streaming: registered while the throttle waits", func(t *testing.T) {
		p, producer := &plain{}, &source{}
		tr := throttled(t, nil, p, policies.ThrottleOptions{WritePerSecond: 100})
		p.write(string(bytesOf(200)))
		if err := p.Transport().RegisterProducer(producer, true); err != nil {
			t.Fatal(err)
		}
		tr.Clock().Advance(s)
		expect(t, "producer", producer.events, []string{"pause", "resume"})
	})
	t.Run("a second one is refused and harms nothing", func(t *testing.T) {
		p, producer, second := &plain{}, &source{}, &source{}
		tr := throttled(t, nil, p, policies.ThrottleOptions{WritePerSecond: 100})
		_ = p.Transport().RegisterProducer(producer, true)
		if err := p.Transport().RegisterProducer(second, true); err != reactor.ErrProducerRegistered {
			t.Errorf("got %v, want %v", err, reactor.ErrProducerRegistered)
		}
		p.write(string(bytesOf(200)))
		expect(t, "producer", producer.events, []string{"pause"})
		p.Transport().UnregisterProducer()
		tr.Clock().Advance(s)
		expect(t, "producer", producer.events, []string{"pause"})
		expect(t, "second", second.events, nil)
	})
	t.Run("a pull producer sends a long stream at the rate", func(t *testing.T) {
		p, producer := &plain{}, &source{}
		left := 100
		clock := reactortest.NewClock()
		producer.onResume = func() {
			p.write(string(bytesOf(1000)))
			if left--; left == 0 {
				p.Transport().UnregisterProducer()
				p.Transport().LoseConnection()
			}
		}
		p.onMake = func() { _ = p.Transport().RegisterProducer(producer, false) }
		tr := throttled(t, clock, p, policies.ThrottleOptions{WritePerSecond: 10_000})
		for second := 1; second <= 8; second++ {
			for range 20 { // the transport asks once a turn
				clock.Turn()
			}
			clock.Advance(s)
			got, most := len(tr.Written()), 10_000*(second+1)+1000
			if got > most || got < 10_000*second {
				t.Fatalf("after %d s: got %d bytes, want %d to %d", second, got, 10_000*second, most)
			}
		}
		clock.Advance(10 * s)
		if got := len(tr.Written()); got != 100_000 || tr.Reason() != reactor.ErrConnectionDone {
			t.Errorf("at the end: got %d bytes, %v; want 100000, %v", got, tr.Reason(), reactor.ErrConnectionDone)
		}
	})
	t.Run("T36 a producer that is a connection is not waited for once that has ended", func(t *testing.T) {
		p, other := &plain{}, reactortest.NewTransport(nil)
		tr := throttled(t, nil, p, policies.ThrottleOptions{WritePerSecond: 100})
		_ = p.Transport().RegisterProducer(other, true)
		other.AbortConnection()
		p.Transport().LoseConnection()
		tr.Clock().Turn()
		if got, want := tr.Reason(), reactor.ErrConnectionDone; got != want {
			t.Errorf("reason: got %v, want %v", got, want)
		}
	})
	t.Run("the end of a half is passed on from a producer that is a connection", func(t *testing.T) {
		p, other := &plain{}, reactortest.NewTransport(nil)
		other.Connect(&listener{})
		tr := throttled(t, nil, p, policies.ThrottleOptions{WritePerSecond: 100})
		_ = p.Transport().RegisterProducer(other, true)
		other.Lose(nil)
		p.Transport().(reactor.TCPTransport).LoseWriteConnection()
		tr.Clock().Turn()
		if !tr.WriteEnded() {
			t.Error("got an open half, want it ended")
		}
	})
	t.Run("a producer that panics when its turn comes ends the connection", func(t *testing.T) {
		p, producer := &plain{}, &source{}
		tr := throttled(t, nil, p, policies.ThrottleOptions{WritePerSecond: 100})
		_ = p.Transport().RegisterProducer(producer, true)
		p.write(string(bytesOf(200)))
		producer.onResume = func() { panic("oh") }
		tr.Clock().Advance(s)
		tr.Clock().Turn()
		if !tr.Aborted() {
			t.Error("got an open connection, want it aborted")
		}
	})
}

// TestThrottledEcho: a protocol that answers what it is asked keeps the write limit by being asked less.
func TestThrottledEcho(t *testing.T) {
	p := &plain{}
	clock := reactortest.NewClock()
	p.onData = func(data string) { p.write(data); p.events = nil }
	tr := throttled(t, clock, p, policies.ThrottleOptions{WritePerSecond: 100})
	for range 100 {
		tr.Receive(bytesOf(50))
	}
	clock.Advance(10 * time.Second)
	if got := len(tr.Take()); got < 1000 || got > 1150 {
		t.Errorf("echoed in 10 s: got %d bytes, want 1000 to 1150", got)
	}
}

// listener goes on when its peer has ended its half.
type listener struct{ plain }

func (*listener) ReadConnectionLost()  {}
func (*listener) WriteConnectionLost() {}
