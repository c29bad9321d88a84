package reactortest

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/tconn/tconn/reactor"
)

// ErrLivelock: Flush has moved bytes back and forth, or run planned calls, for as many steps as it may, and there were still more.
var ErrLivelock = errors.New("reactortest: the two sides do not come to rest")

// maxSteps is how many steps Flush makes at most, unless SetMaxSteps says otherwise.
const maxSteps = 10_000

// Pump carries bytes and ends of connections between two Transports, one step at a time.
//
// What one side has written stays in its Transport (Written) until a step takes it over. A side that has paused is
// given nothing, and an abort destroys what was still on its way.
//
// Goroutine: that of the test. Source: twisted.test.iosim.FakeTransport and connect.
type Pump struct {
	// A and B are the two connections.
	A, B *Transport

	chunking Chunking
	maxSteps int
}

// NewPump connects a, then b, each with a Transport of its own on clock (nil: a new one), and joins them. Nothing moves before Step or
// Flush.
func NewPump(clock *Clock, a, b reactor.Protocol) *Pump {
	if clock == nil {
		clock = NewClock()
	}
	p := Join(NewTransport(clock), NewTransport(clock))
	p.B.SetAddrs(p.A.remote, p.A.local)
	p.A.Connect(a)
	p.B.Connect(b)
	return p
}

// Join makes a pump between two Transports of the same clock that the test has set up, and connects before the first Step.
func Join(a, b *Transport) *Pump {
	if a.clock != b.clock {
		panic("reactortest: Join: the transports live by different clocks")
	}
	return &Pump{A: a, B: b, chunking: Whole, maxSteps: maxSteps}
}

// SetChunking sets how the bytes are cut in both directions, Whole at first.
func (p *Pump) SetChunking(c Chunking) { p.chunking = c }

// SetMaxSteps sets how many steps Flush makes before it calls it a livelock, 10,000 at first.
func (p *Pump) SetMaxSteps(n int) { p.maxSteps = n }

// Step makes one round and tells whether there was anything to do: a turn of the clock, then all bytes that were waiting at that moment,
// piece by piece and by turns from A and from B, then the ends of connections that have no bytes before them any more.
func (p *Pump) Step() bool {
	busy := !p.A.clock.idle()
	p.A.clock.Turn()
	fromA, fromB := len(p.A.written), len(p.B.written)
	for fromA+fromB > 0 {
		fromA = p.move(p.A, p.B, fromA, &busy)
		fromB = p.move(p.B, p.A, fromB, &busy)
	}
	p.close(p.A, p.B, &busy)
	p.close(p.B, p.A, &busy)
	return busy
}

// Flush makes steps until nothing is left to do but to wait for time to pass. It answers an error that matches ErrLivelock if that
// never comes.
func (p *Pump) Flush() error {
	quiet := 0
	for range p.maxSteps {
		if p.Step() {
			quiet = 0
			continue
		}
		if quiet++; quiet == quietSteps {
			return nil
		}
	}
	return fmt.Errorf("%w after %d steps: %d bytes wait at A, %d at B", ErrLivelock, p.maxSteps, len(p.A.written), len(p.B.written))
}

// quietSteps is how many steps without any work mean rest. One is not enough: a function handed over with
// CallFromThread by another one cannot be seen waiting.
const quietSteps = 3

// move hands one piece of the next left bytes over and answers how many of them are left; none if they cannot move now.
func (p *Pump) move(from, to *Transport, left int, busy *bool) int {
	left = min(left, len(from.written))
	if left <= 0 || from.aborted || to.paused && to.phase == phaseOpen {
		return 0
	}
	n := p.chunking.Next(left)
	piece := from.written[:n]
	from.written = from.written[n:]
	if len(from.written) == 0 {
		from.written = nil
	}
	*busy = true
	to.Receive(piece)
	return left - n
}

// close passes the end of from on to the other side.
func (p *Pump) close(from, to *Transport, busy *bool) {
	if from.aborted {
		from.Clear()
	}
	if from.phase != phaseLost || len(from.written) > 0 || to.phase >= phaseDoomed || to.end != nil {
		return
	}
	clean := from.reason == reactor.ErrConnectionDone
	switch {
	case clean && to.phase == phaseClosing: // it is not read any more, so it does not notice
	case clean:
		*busy = true
		to.Lose(nil)
	default:
		*busy = true
		to.Lose(&reactor.LossError{Kind: reactor.ErrConnectionLost, Err: syscall.ECONNRESET})
	}
}
