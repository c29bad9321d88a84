package reactor_test

import (
	"math/rand/v2"
	"net"
	"testing"

	"github.com/tconn/tconn/reactor"
)

// actor is a protocol that does something at random each time it is called.
type actor struct {
	reactor.BaseProtocol
	l     *loop
	rnd   *rand.Rand
	steps int
	made  int
	lost  int
	after int // calls of DataReceived after the loss
}

func (a *actor) ConnectionMade() {
	a.made++
	a.act()
	a.l.CallLater(0, a.tick)
}

func (a *actor) DataReceived([]byte) {
	if a.lost > 0 {
		a.after++
	}
	a.act()
}

func (a *actor) ConnectionLost(error) {
	a.lost++
	if a.rnd.IntN(8) == 0 {
		panic("actor lost")
	}
	a.act()
}

// tick acts from a timer, a few times, and then makes sure that the connection ends.
func (a *actor) tick() {
	if a.lost > 0 {
		return
	}
	if a.steps--; a.steps <= 0 {
		a.Transport().AbortConnection()
		return
	}
	a.l.CallLater(0, a.tick)
	a.act()
}

func (a *actor) act() {
	tr := a.Transport()
	switch a.rnd.IntN(16) {
	case 0:
		tr.LoseConnection()
	case 1:
		tr.AbortConnection()
	case 2:
		panic("actor")
	case 3, 4:
		tr.PauseProducing()
	case 5, 6, 7:
		tr.ResumeProducing()
	case 8:
		_ = tr.RegisterProducer(&streamer{}, a.rnd.IntN(2) == 0)
	case 9:
		tr.UnregisterProducer()
	case 10:
		_, _ = tr.Write(make([]byte, a.rnd.IntN(200_000)))
	default:
		_, _ = tr.Write(make([]byte, a.rnd.IntN(2000)))
	}
}

// misbehave is the other end: a plain socket that writes, reads and ends in some way.
func misbehave(c *net.TCPConn, rnd *rand.Rand) {
	defer c.Close()
	buf := make([]byte, 1<<16)
	for range 1 + rnd.IntN(6) {
		switch rnd.IntN(6) {
		case 0:
			_ = c.CloseWrite()
		case 1:
			reset(c)
			return
		case 2:
			return
		case 3:
			_, _ = c.Write(buf[:1+rnd.IntN(len(buf))])
		case 4:
			_, _ = c.Write(buf[:1+rnd.IntN(100)])
		default:
			_, _ = c.Read(buf)
		}
	}
}

// TestRandomFaults wants exactly one end for each connection and one outcome for each attempt, whatever both ends do.
func TestRandomFaults(t *testing.T) {
	const rounds = 600
	l := start(t, reactor.WithFlushTimeout(0))
	addr := rawPeer(t, func(raw net.Conn) {
		seed := uint64(raw.RemoteAddr().(*net.TCPAddr).Port)
		misbehave(raw.(*net.TCPConn), rand.New(rand.NewPCG(seed, 2)))
	})
	dead := closedPort(t)
	var actors []*actor
	over := make(chan struct{}, 4*rounds)
	started, outcomes := 0, 0
	c := newClient(func(net.Addr) reactor.Protocol {
		a := &actor{l: l, rnd: rand.New(rand.NewPCG(uint64(len(actors)), 1)), steps: 40}
		if len(actors)%31 == 30 {
			panic("no protocol")
		}
		actors = append(actors, a)
		return a
	})
	c.failed, c.lost = make(chan error, 4*rounds), make(chan error, 4*rounds)
	c.started = func(*reactor.Connector) { started++ }
	ended := func(k *reactor.Connector, _ error) {
		outcomes++
		over <- struct{}{}
		if k.State() != reactor.Disconnected {
			t.Errorf("after its end the state is %v, want disconnected", k.State())
		}
	}
	c.onFail, c.onLost = ended, ended
	for i := range rounds {
		to := addr
		if i%10 == 9 {
			to = dead
		}
		k := l.connect(to, c)
		if i%17 == 16 {
			l.do(func() { _ = k.StopConnecting() })
		}
	}
	for range rounds {
		wait(t, over, "an end")
	}
	l.finish()
	if started != rounds || outcomes != rounds {
		t.Errorf("got %d outcomes of %d attempts, want %d of each", outcomes, started, rounds)
	}
	for i, a := range actors {
		if a.made != 1 || a.lost != 1 || a.after != 0 {
			t.Errorf("actor %d: ConnectionMade %d times, ConnectionLost %d times, %d DataReceived after it; want 1, 1, 0", i, a.made, a.lost, a.after)
		}
	}
}

// TestRandomFaultsInside is the same between two protocols of one reactor.
func TestRandomFaultsInside(t *testing.T) {
	const rounds = 150
	l := start(t, reactor.WithFlushTimeout(0))
	var actors []*actor
	build := func(net.Addr) reactor.Protocol {
		a := &actor{l: l, rnd: rand.New(rand.NewPCG(uint64(len(actors)), 3)), steps: 40}
		actors = append(actors, a)
		return a
	}
	port := l.listen(reactor.FactoryFunc(build))
	c := newClient(build)
	c.failed, c.lost = make(chan error, rounds), make(chan error, rounds)
	over := make(chan struct{}, rounds)
	c.onFail = func(*reactor.Connector, error) { over <- struct{}{} }
	c.onLost = c.onFail
	for range rounds {
		l.connect(port.Addr(), c)
	}
	for range rounds {
		wait(t, over, "an end")
	}
	l.finish()
	if got := len(c.failed) + len(c.lost); got != rounds {
		t.Errorf("got %d outcomes, want %d", got, rounds)
	}
	for i, a := range actors {
		if a.made != 1 || a.lost != 1 || a.after != 0 {
			t.Errorf("actor %d: ConnectionMade %d times, ConnectionLost %d times, %d DataReceived after it; want 1, 1, 0", i, a.made, a.lost, a.after)
		}
	}
}
