package reactor_test

import (
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// stats are those of now.
func (l *loop) stats() (s reactor.Stats) {
	l.t.Helper()
	l.do(func() { s = l.Stats() })
	return s
}

// untilStats waits for stats that fit, as another goroutine sees them.
func untilStats(t testing.TB, r *reactor.Reactor, fit func(reactor.Stats) bool) reactor.Stats {
	t.Helper()
	for began := time.Now(); ; runtime.Gosched() {
		s := r.Stats()
		if fit(s) {
			return s
		}
		if time.Since(began) > guard {
			t.Fatalf("waited in vain; the statistics are %+v", s)
		}
	}
}

func want[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestStats(t *testing.T) {
	t.Run("connections and bytes of both sides", func(t *testing.T) {
		l := start(t)
		port := l.listen(echoFactory)
		p := newProbe()
		p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("hello")) }
		c := clientOf(p)
		l.connect(port.Addr(), c)
		p.in.wait(t, 5)
		s := l.stats()
		want(t, "Connections", s.Connections, 2)
		want(t, "Accepted", s.Accepted, 1)
		want(t, "Connected", s.Connected, 1)
		want(t, "Failed", s.Failed, 0)
		want(t, "BytesRead", s.BytesRead, 10)
		want(t, "BytesWritten", s.BytesWritten, 10)
		want(t, "Buffered", s.Buffered, 0)
		l.do(p.Transport().AbortConnection)
		wait(t, c.lost, "the loss")
		untilStats(t, l.Reactor, func(s reactor.Stats) bool { return s.Connections == 0 })
	})
	t.Run("attempts", func(t *testing.T) {
		l := start(t)
		c := clientOf(newProbe())
		hole := blackHole(t, "127.0.0.1", 0)
		k := l.connect(hole, c)
		want(t, "Attempts", l.stats().Attempts, 1)
		l.do(func() { _ = k.StopConnecting() })
		wait(t, c.failed, "the failure")
		s := l.stats()
		want(t, "Attempts", s.Attempts, 0)
		want(t, "Failed", s.Failed, 1)
		want(t, "Connected", s.Connected, 0)
	})
	t.Run("T16 writes after LoseConnection are counted", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		connected(t, l, p)
		l.do(func() {
			tr := p.Transport()
			_, _ = tr.Write([]byte("one"))
			tr.LoseConnection()
			_, _ = tr.Write([]byte("two"))
			_, _ = tr.WriteSequence([]byte("three"), []byte("four"))
		})
		wait(t, p.lost, "ConnectionLost")
		l.do(func() { _, _ = p.Transport().Write([]byte("five")) })
		want(t, "DroppedWrites", l.stats().DroppedWrites, 3)
	})
	t.Run("timers and calls", func(t *testing.T) {
		l := start(t)
		before := l.stats()
		l.do(func() {
			for range 3 {
				l.CallLater(time.Hour, func() {})
			}
			_ = l.CallLater(time.Hour, func() {}).Cancel()
		})
		s := l.stats()
		want(t, "Timers", s.Timers, 3)
		want(t, "Calls", s.Calls-before.Calls, 2)
		if s.Turns == 0 {
			t.Errorf("Turns: got 0, want more")
		}
	})
	t.Run("after the end", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		connected(t, l, p)
		l.finish()
		s := l.Stats()
		want(t, "Connections", s.Connections, 0)
		want(t, "Connected", s.Connected, 1)
		want(t, "CurrentTurn", s.CurrentTurn, 0)
	})
}

func TestStatsBuffered(t *testing.T) {
	big := make([]byte, 32<<20)
	t.Run("what the peer does not take waits, and is gone with the connection", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		connected(t, l, p)
		l.do(func() {
			_, _ = p.Transport().Write(big)
			if waiting := p.Transport().Buffered(); waiting == 0 || l.Stats().Buffered != int64(waiting) {
				t.Errorf("Buffered: got %d, want %d, and not 0", l.Stats().Buffered, waiting)
			}
			p.Transport().AbortConnection()
		})
		wait(t, p.lost, "ConnectionLost")
		want(t, "Buffered", l.stats().Buffered, 0)
	})
	t.Run("what was sent does not wait", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		far, _ := connected(t, l, p)
		l.do(func() {
			_, _ = p.Transport().Write(big)
			p.Transport().LoseConnection()
		})
		for buf := make([]byte, 1<<20); ; {
			if _, err := far.Read(buf); err != nil {
				break
			}
		}
		wait(t, p.lost, "ConnectionLost")
		s := l.stats()
		want(t, "Buffered", s.Buffered, 0)
		want(t, "BytesWritten", s.BytesWritten, uint64(len(big)))
	})
	t.Run("what waits for a TLS handshake", func(t *testing.T) {
		for _, succeeds := range []bool{true, false} {
			l := start(t)
			p := newProbe()
			p.made = func(p *probe) {
				p.Transport().(reactor.TLSTransport).StartTLS(trusting()).Handle(nil, func(error) {})
				_, _ = p.Transport().Write(make([]byte, 1000))
				if got := l.Stats().Buffered; got != 1000 {
					t.Errorf("Buffered: got %d, want 1000", got)
				}
			}
			c := clientOf(p)
			if succeeds {
				addr := l.listenTLS(echoFactory, serverConfig())
				l.connect(addr, c)
				p.in.wait(t, 1000)
				s := l.stats()
				want(t, "Handshakes", s.Handshakes, 2)
			} else {
				l.connect(rawPeer(t, func(raw net.Conn) { _, _ = raw.Write([]byte("no TLS here\r\n")) }), c)
				wait(t, p.lost, "ConnectionLost")
				want(t, "HandshakesFailed", l.stats().HandshakesFailed, 1)
			}
			want(t, "Buffered", l.stats().Buffered, 0)
		}
	})
	t.Run("a streaming producer is paused", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		connected(t, l, p)
		l.do(func() {
			_ = p.Transport().RegisterProducer(&streamer{}, true)
			_, _ = p.Transport().Write(big)
			_, _ = p.Transport().Write(big[:1000])
		})
		want(t, "ProducerPauses", l.stats().ProducerPauses, 1)
	})
}

func TestStatsOfTurns(t *testing.T) {
	t.Run("the longest, by the reactor's clock", func(t *testing.T) {
		var now clock
		l := start(t, reactor.WithClock(now.Now))
		l.turn(func() { now.advance(40 * time.Millisecond) })
		l.turn(func() { now.advance(3 * time.Second) })
		now.advance(time.Hour) // the loop waits
		l.turn(func() { now.advance(20 * time.Millisecond) })
		s := l.stats()
		want(t, "LongestTurn", s.LongestTurn, 3*time.Second)
		want(t, "TurnTime", s.TurnTime, 3060*time.Millisecond)
		want(t, "Stalls", s.Stalls, 1)
	})
	t.Run("a clock that goes back", func(t *testing.T) {
		var now clock
		l := start(t, reactor.WithClock(now.Now))
		l.turn(func() { now.advance(-time.Hour) })
		s := l.stats()
		want(t, "TurnTime", s.TurnTime, 0)
	})
	t.Run("of a reactor that is run by hand", func(t *testing.T) {
		var now clock
		r := reactor.New(reactor.WithClock(now.Now))
		r.CallLater(0, func() {
			now.advance(time.Second)
			r.RunUntilCurrent() // is a part of the same turn
		})
		r.RunUntilCurrent()
		s := r.Stats()
		want(t, "Turns", s.Turns, 1)
		want(t, "LongestTurn", s.LongestTurn, time.Second)
		want(t, "CurrentTurn", s.CurrentTurn, 0)
	})
	t.Run("one that hangs is seen from outside", func(t *testing.T) {
		l := start(t, reactor.WithStallWarning(0))
		want(t, "Connections", l.stats().Connections, 0)
		inside, release := make(chan struct{}), make(chan struct{})
		_ = l.CallFromThread(func() { close(inside); <-release })
		wait(t, inside, "the turn")
		first := untilStats(t, l.Reactor, func(s reactor.Stats) bool { return s.CurrentTurn > 0 })
		second := untilStats(t, l.Reactor, func(s reactor.Stats) bool { return s.CurrentTurn > first.CurrentTurn })
		want(t, "Turns", second.Turns, first.Turns)
		close(release)
		untilStats(t, l.Reactor, func(s reactor.Stats) bool { return s.CurrentTurn == 0 && s.Turns > first.Turns })
	})
}

// TestStatsFromAnywhere reads while the reactor is busy: the race detector watches, and nothing counts backwards.
func TestStatsFromAnywhere(t *testing.T) {
	const trips = 3000
	l := start(t)
	port := l.listen(echoFactory)
	over := make(chan struct{})
	p := newProbe()
	got := 0
	p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("x")) }
	p.data = func(p *probe, data []byte) {
		if got += len(data); got == trips {
			close(over)
			return
		}
		_, _ = p.Transport().Write([]byte("x"))
	}
	l.connect(port.Addr(), clientOf(p))
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for before := (reactor.Stats{}); ; {
				s := l.Stats()
				if s.Turns < before.Turns || s.BytesRead < before.BytesRead || s.TurnTime < before.TurnTime || s.LongestTurn < before.LongestTurn {
					t.Errorf("got %+v after %+v, want nothing to go back", s, before)
					return
				}
				before = s
				select {
				case <-over:
					return
				default:
				}
			}
		})
	}
	wait(t, over, "the end of the talk")
	wg.Wait()
	untilStats(t, l.Reactor, func(s reactor.Stats) bool { return s.BytesRead == 2*trips && s.BytesWritten == 2*trips })
}
