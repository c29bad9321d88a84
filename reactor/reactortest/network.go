package reactortest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tconn/tconn/reactor"
)

// Network is a world in memory: names, addresses, listening sockets, connections, and one clock for all reactors in it.
//
// Every address is at home in it. A connection to a TCP port that nobody listens on is refused, a name without SetHost is not found, a
// UNIX path is a name like any other and touches no file. What goes on is the same in each run, but for what a test draws at
// random itself; see Shuffle.
//
// Goroutine: that of the test, for everything. The reactors' callbacks run one at a time while Turn, Flush or Advance does; they may
// change the network, but must not turn it.
type Network struct {
	passed   atomic.Int64 // nanoseconds since start
	woken    chan struct{}
	turning  bool
	shuffle  *rand.Rand // nil: always in the same order
	latency  time.Duration
	window   int
	onConn   []func(*Conn)
	routes   map[string]route
	reactors []*Reactor

	conns     []*Conn
	dials     []*dial
	listeners []*listener
	files     map[string]uint64 // UNIX paths, with the number of their file
	lastFile  uint64
	lastPort  uint16

	mu    sync.Mutex // names are looked up in other goroutines
	hosts map[string][]netip.Addr
}

// route is what becomes of connections to an address.
type route struct {
	err  error
	lost bool // no answer ever comes
}

const (
	// DefaultWindow is how many bytes are on their way, or wait to be read, in one direction before the sender has to wait.
	DefaultWindow = 256 << 10
	// firstPort is the first of the ports that are given out.
	firstPort = 49152
	// never is a moment that does not come.
	never = time.Duration(math.MaxInt64)
	// answerWithin is how long a name lookup or the computing of a TLS handshake may take, in time of the wall.
	answerWithin = 30 * time.Second
)

// NewNetwork makes a network without reactors. Its clock stands at midnight UTC of 1 January 2000.
func NewNetwork() *Network {
	return &Network{
		woken: make(chan struct{}, 1), window: DefaultWindow, lastPort: firstPort - 1,
		routes: make(map[string]route), files: make(map[string]uint64), hosts: make(map[string][]netip.Addr),
	}
}

// Now is the time of the network's clock. Goroutine: any.
func (n *Network) Now() time.Time { return start.Add(n.now()) }

func (n *Network) now() time.Duration { return time.Duration(n.passed.Load()) }

// SetHost gives name the addresses, in this order; without addresses the name is unknown again. An address that is none is a panic.
func (n *Network) SetHost(name string, addrs ...string) {
	var parsed []netip.Addr
	for _, a := range addrs {
		parsed = append(parsed, netip.MustParseAddr(a))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(parsed) == 0 {
		delete(n.hosts, name)
		return
	}
	n.hosts[name] = parsed
}

// LookupNetIP makes the network a reactor.Resolver: it knows what SetHost has told it, and nothing else. Goroutine: any.
func (n *Network) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if addrs, ok := n.hosts[host]; ok {
		return slices.Clone(addrs), nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// Unreachable makes connecting to addr fail with "no route to host". addr is an IP address, an IP address with a port, or a UNIX path.
func (n *Network) Unreachable(addr string) { n.FailConnect(addr, syscall.EHOSTUNREACH) }

// BlackHole lets connections to addr go unanswered, for ever. addr is as for Unreachable.
func (n *Network) BlackHole(addr string) { n.routes[addr] = route{lost: true} }

// FailConnect makes connecting to addr fail at once with err, as the system call would: syscall.ENETUNREACH, syscall.EAGAIN,
// syscall.EMFILE. A nil err makes everything as it was at first. addr is as for Unreachable.
func (n *Network) FailConnect(addr string, err error) {
	if err == nil {
		delete(n.routes, addr)
		return
	}
	n.routes[addr] = route{err: err}
}

// SetLatency sets how long everything takes to the other side, in each direction, on connections that are made from now on. It is zero at
// first. Conn.ToServer and Conn.ToClient change it for one connection.
func (n *Network) SetLatency(d time.Duration) { n.latency = max(d, 0) }

// SetWindow sets how many bytes fit in one direction of the connections that are made from now on: DefaultWindow at first.
func (n *Network) SetWindow(bytes int) { n.window = max(bytes, 1) }

// OnConnect has f called for each connection that is made from now on, before anything is sent on it: the place to set its faults.
func (n *Network) OnConnect(f func(*Conn)) { n.onConn = append(n.onConn, f) }

// Shuffle makes the order random in which what is ready at the same time is served, and whether sockets or calls from other
// goroutines come first. The same seed gives the same order.
func (n *Network) Shuffle(seed uint64) { n.shuffle = rand.New(rand.NewPCG(seed, 1)) }

// Conns are the connections that are open at one side at least, the oldest first.
func (n *Network) Conns() []*Conn { return slices.Clone(n.conns) }

// ConnOf finds the connection t belongs to by the addresses of its two sides; nil if it is gone. UNIX sockets without a name cannot be
// told from each other: Conns has them.
func (n *Network) ConnOf(t reactor.Transport) *Conn {
	local, remote := t.LocalAddr().String(), t.RemoteAddr().String()
	for _, c := range n.conns {
		client, server := c.ClientAddr().String(), c.ServerAddr().String()
		if client == local && server == remote || client == remote && server == local {
			return c
		}
	}
	return nil
}

// Turn gives each reactor one turn of its loop and tells whether any had something to do.
func (n *Network) Turn() bool {
	defer n.enter()()
	return n.turn(slices.Clone(n.reactors))
}

// Flush turns until nothing moves any more without the clock: no bytes, no calls, no timers that are due, no name lookup and no TLS
// handshake under way. It panics with an error that matches ErrLivelock when that never comes.
func (n *Network) Flush() {
	defer n.enter()()
	n.flush()
}

// Advance moves the clock by d, and flushes at each moment on the way at which something falls due, and at the end. A negative d panics.
func (n *Network) Advance(d time.Duration) {
	if d < 0 {
		panic(fmt.Sprintf("reactortest: Advance: time does not go back (%v)", d))
	}
	defer n.enter()()
	target := n.now() + d
	n.flush()
	for next := n.next(); next <= target; next = n.next() {
		n.passed.Store(int64(next))
		n.flush()
	}
	n.passed.Store(int64(target))
	n.flush()
}

// Close stops the reactors that still run.
func (n *Network) Close() {
	for _, r := range slices.Clone(n.reactors) {
		r.Close()
	}
}

// enter keeps callbacks from turning what turns them. A panic leaves by the same door.
func (n *Network) enter() (leave func()) {
	if n.turning {
		panic("reactortest: a callback must not turn the network, only the test does")
	}
	n.turning = true
	for _, r := range n.reactors {
		r.follow()
	}
	return func() { n.turning = false }
}

func (n *Network) turn(reactors []*Reactor) (busy bool) {
	if n.shuffle != nil {
		n.shuffle.Shuffle(len(reactors), func(i, j int) { reactors[i], reactors[j] = reactors[j], reactors[i] })
	}
	for _, r := range reactors {
		n.arrive()
		busy = r.turn() || busy
	}
	n.arrive()
	return busy
}

func (n *Network) flush() {
	for turns := 0; ; turns++ {
		if turns == maxTurns {
			panic(fmt.Errorf("%w: still something to do at %v after %d turns", ErrLivelock, n.Now(), turns))
		}
		computing := n.computing() // asked first: what it hands over later is seen by the next turn
		if n.turn(slices.Clone(n.reactors)) || n.pending() {
			continue
		}
		if computing == nil {
			return
		}
		n.await(computing)
	}
}

// pending tells whether the next turn will have something to do.
func (n *Network) pending() bool {
	return slices.ContainsFunc(n.reactors, func(r *Reactor) bool { return r.sys.poller.pending() })
}

// computing answers a reactor for which a goroutine is at work that will hand something over; nil if there is none.
func (n *Network) computing() *Reactor {
	for _, r := range n.reactors {
		if r.inside.Lookups()+r.inside.Handshakes() > 0 {
			return r
		}
	}
	return nil
}

// await waits for what such a goroutine has to say.
func (n *Network) await(r *Reactor) {
	timer := time.NewTimer(answerWithin)
	defer timer.Stop()
	answered := true
	switch {
	case r.inside.Handshakes() > 0:
		answered = r.inside.Wait(n.woken, timer.C)
	case r.inside.Lookups() > 0:
		select {
		case <-n.woken:
		case <-timer.C:
			answered = false
		}
	}
	if !answered {
		panic(errors.New("reactortest: a name lookup, or a callback of a tls.Config, blocks"))
	}
}

// next is the next moment at which something happens by itself.
func (n *Network) next() time.Duration {
	next := never
	for _, r := range n.reactors {
		if p := r.sys.poller; p.armed {
			next = min(next, p.due)
		}
	}
	for _, d := range n.dials {
		next = min(next, d.at)
	}
	for _, c := range n.conns {
		next = min(next, c.toServer.next(), c.toClient.next())
	}
	return next
}
