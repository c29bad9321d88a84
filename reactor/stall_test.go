package reactor_test

import (
	"io"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// idler is a producer that never has anything by itself.
type idler struct{ stops int }

func (*idler) PauseProducing()  {}
func (*idler) ResumeProducing() {}
func (s *idler) StopProducing() { s.stops++ }

// A closing connection is given up when its peer takes nothing for a minute, and only then: a producer may take its time.
func TestCloseStalls(t *testing.T) {
	const stuck = 32 << 20 // more than the kernels hold
	begin := func(t *testing.T) (l *loop, now *clock, p *probe) {
		now = new(clock)
		return start(t, reactor.WithClock(now.Now)), now, newProbe()
	}
	// givenUp lets minutes pass: the kernels may still move a little from one to the other, and that is progress.
	givenUp := func(t *testing.T, l *loop, now *clock, p *probe) {
		for range 20 {
			l.pass(now, 61*time.Second)
			select {
			case reason := <-p.lost:
				wantIs(t, reason, reactor.ErrConnectionLost, reactor.ErrTimeout)
				return
			default:
			}
		}
		t.Error("twenty minutes have passed, and the connection is still there")
	}
	t.Run("a peer that takes nothing", func(t *testing.T) {
		l, now, p := begin(t)
		connected(t, l, p)
		l.do(func() {
			_, _ = p.Transport().Write(make([]byte, stuck))
			p.Transport().LoseConnection()
		})
		l.pass(now, 59*time.Second)
		l.do(func() { nothing(t, p.lost, "a loss before the minute is over") })
		givenUp(t, l, now, p)
	})
	t.Run("a peer that takes nothing of what a producer writes after LoseConnection", func(t *testing.T) {
		l, now, p := begin(t)
		connected(t, l, p)
		l.do(func() {
			_ = p.Transport().RegisterProducer(&idler{}, true)
			p.Transport().LoseConnection()
		})
		l.pass(now, time.Hour)
		l.do(func() {
			nothing(t, p.lost, "a loss while nothing waits for the peer")
			_, _ = p.Transport().Write(make([]byte, stuck))
		})
		givenUp(t, l, now, p)
	})
	t.Run("a producer that takes its time", func(t *testing.T) {
		l, now, p := begin(t)
		far, _ := connected(t, l, p)
		l.do(func() {
			_ = p.Transport().RegisterProducer(&idler{}, true)
			_, _ = p.Transport().Write(make([]byte, stuck))
			p.Transport().LoseConnection()
		})
		if _, err := io.ReadFull(far, make([]byte, stuck)); err != nil {
			t.Fatal(err)
		}
		for left := 1; left > 0; {
			l.do(func() { left = p.Transport().Buffered() })
		}
		l.pass(now, time.Hour)
		l.do(func() {
			nothing(t, p.lost, "a loss although everything was taken")
			_, _ = p.Transport().Write([]byte("the rest"))
			p.Transport().UnregisterProducer()
		})
		expect(t, far, "the rest")
		expectEnd(t, far)
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
	})
	t.Run("a producer that comes after LoseConnection is told to stop", func(t *testing.T) {
		l, _, p := begin(t)
		far, _ := connected(t, l, p)
		l.do(func() {
			_, _ = p.Transport().Write([]byte("all"))
			p.Transport().LoseConnection()
			s := &idler{}
			if err := p.Transport().RegisterProducer(s, true); err != nil || s.stops != 1 {
				t.Errorf("got %v and %d stops, want nil and 1", err, s.stops)
			}
			_, err := p.Transport().Write([]byte("more"))
			wantIs(t, err, reactor.ErrWriteAfterClose)
		})
		expect(t, far, "all")
		expectEnd(t, far)
	})
}
