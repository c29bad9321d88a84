package reactortest_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

const (
	// loopbackDials is how many attempts the schedule over real sockets makes. A few are refused, or given up.
	loopbackDials = 400
	// loopbackSides is how many sides of connections must come of them: those of 300.
	loopbackSides = 600
)

// TestFaultScheduleOverLoopback plays one big schedule over real sockets.
func TestFaultScheduleOverLoopback(t *testing.T) {
	for _, mode := range []string{"plain", "TLS", "STARTTLS"} {
		t.Run(mode, func(t *testing.T) {
			seed := *faultSeed
			if seed == 0 {
				seed = uint64(time.Now().UnixNano())
			}
			dials := loopbackDials
			if mode != "plain" {
				dials /= 10
			}
			t.Logf("-faults.seed=%d", seed)
			w := &world{
				rnd: rand.New(rand.NewPCG(seed, 0)), budget: 12 * dials, unit: 30 * time.Millisecond, touched: make(map[string]bool),
				overTLS: mode == "TLS", startTLS: mode == "STARTTLS",
			}
			reactortest.Run(t, func(r *reactor.Reactor) *deferred.Deferred[struct{}] { return w.overLoopback(t, r, dials) },
				reactor.WithHandshakeTimeout(time.Second))
			w.judge()
			if len(w.errors) > 0 {
				t.Errorf("%d errors:\n%s", len(w.errors), strings.Join(w.errors[:min(len(w.errors), 20)], "\n"))
			}
			if mode == "plain" && len(w.peers) < loopbackSides {
				t.Errorf("got %d sides of connections, want %d or more", len(w.peers), loopbackSides)
			}
		})
	}
}

// overLoopback fires when everything has ended.
func (w *world) overLoopback(t *testing.T, r *reactor.Reactor, dials int) *deferred.Deferred[struct{}] {
	p, err := r.ListenTCP(0, w, reactor.Interface("127.0.0.1"))
	if w.overTLS {
		_ = p.StopListening()
		p, err = r.ListenTLS(0, w, serving(), reactor.Interface("127.0.0.1"))
	}
	if err != nil {
		t.Fatal(err)
	}
	port := p.Addr().(*net.TCPAddr).Port
	for i := range dials {
		d := &dialer{w: w, name: fmt.Sprintf("dial%d", i)}
		w.attempts = append(w.attempts, d)
		r.CallLater(w.delay(), func() { w.dialLoopback(r, d, port) })
	}
	end := deferred.New[struct{}]()
	w.whenDialled(r, func() {
		w.budget = 0
		d := p.StopListening()
		w.follow("StopListening", func(count func()) { d.Handle(func(struct{}) { count() }, nil) })
		w.endLoopback(r, end)
	})
	return end
}

func (w *world) dialLoopback(r *reactor.Reactor, d *dialer, port int) {
	if w.rnd.IntN(15) == 0 {
		port = 1 // nobody listens there
	}
	if w.overTLS {
		d.k = r.ConnectTLS("127.0.0.1", port, d, trusting())
	} else {
		d.k = r.ConnectTCP("127.0.0.1", port, d)
	}
	if w.rnd.IntN(10) == 0 {
		r.CallLater(w.delay()/10, d.disconnect)
	}
}

// whenDialled calls f when it is known of each attempt how it went, and a few delays later at the earliest.
func (w *world) whenDialled(r *reactor.Reactor, f func()) {
	r.CallLater(5*w.unit, func() {
		for _, d := range w.attempts {
			if d.k == nil || d.k.State() == reactor.Connecting {
				w.whenDialled(r, f)
				return
			}
		}
		f()
	})
}

// endLoopback ends what is left, and looks again until nothing is.
func (w *world) endLoopback(r *reactor.Reactor, end *deferred.Deferred[struct{}]) {
	left := false
	for _, p := range w.peers {
		left = left || p.lost == 0
		p.finish()
	}
	for _, d := range w.attempts {
		left = left || d.failed+d.lost < d.started
	}
	if left {
		r.CallLater(time.Millisecond, func() { w.endLoopback(r, end) })
		return
	}
	end.Callback(struct{}{})
}
