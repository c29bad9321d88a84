package reactor

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"sync"

	"github.com/tconn/tconn/deferred"
)

// Group is several reactors that share the work of one program, for more than one core. Each connection lives on one of them: the one
// with the fewest connections when it begins. So a protocol is as single-threaded as ever, but two protocols may run at the same
// time: what they share needs a lock.
//
// A factory is shared by all of them. No two reactors are in factories of the group at the same time.
//
// Goroutine: any, for every method.
type Group struct {
	reactors []*Reactor

	mu     sync.Mutex
	shared map[any]*shared // factories in use that hear of it, by factoryKey
	turns  turns

	preparing sync.Mutex // held while something is prepared before Run
	begun     bool       // Run was called; guarded by preparing
}

// NewGroup makes a group of n reactors with the same options each; zero and less mean one for each core that Go uses. A function that
// an option holds may be called on any of them.
func NewGroup(n int, options ...Option) *Group {
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	g := &Group{shared: make(map[any]*shared)}
	for range n {
		g.reactors = append(g.reactors, New(options...))
	}
	return g
}

// Reactors are the members, in a fixed order.
func (g *Group) Reactors() []*Reactor { return append([]*Reactor(nil), g.reactors...) }

// Run runs all reactors until Stop, or until one of them ends, which stops the others. It answers their errors, joined.
func (g *Group) Run() error {
	return g.run(func(r *Reactor) error { return r.Run() })
}

// RunContext is Run until Stop or the end of ctx; then it answers the cause of ctx.
func (g *Group) RunContext(ctx context.Context) error {
	err := g.run(func(r *Reactor) error { return r.RunContext(ctx) })
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, cause) {
		return cause
	}
	return err
}

func (g *Group) run(run func(*Reactor) error) error {
	g.preparing.Lock()
	g.begun = true
	g.preparing.Unlock()
	errs := make([]error, len(g.reactors))
	var wg sync.WaitGroup
	for i, r := range g.reactors {
		wg.Go(func() {
			errs[i] = run(r)
			if !errors.Is(errs[i], ErrAlreadyRunning) && !errors.Is(errs[i], ErrNotRestartable) {
				_ = g.Stop()
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Stop stops all reactors; one that has not begun to run will end as soon as it does. It answers ErrNotRunning if none ran.
func (g *Group) Stop() error {
	answer := ErrNotRunning
	for _, r := range g.reactors {
		if r.Stop() == nil {
			answer = nil
			continue
		}
		_ = r.CallFromThread(func() { _ = r.Stop() })
	}
	return answer
}

// place is the reactor for the next connection. It counts as one of its connections from now on. Among equals it is the one that is in a
// factory now: most likely that factory asks, and is spared the way to another one.
func (g *Group) place() *Reactor {
	least := cmp.Or(g.turns.owner.Load(), g.reactors[0])
	for _, r := range g.reactors {
		if r.load.Load() < least.load.Load() {
			least = r
		}
	}
	least.load.Add(1)
	return least
}

// ConnectTCP is Reactor.ConnectTCP on the reactor with the fewest connections. f hears of the Connector, and of its reactor, in
// StartedConnecting. It answers ErrStopped, and f hears nothing, when that reactor has stopped.
func (g *Group) ConnectTCP(host string, port int, f ClientFactory, options ...ConnectOption) error {
	return g.connect(&Connector{host: host, port: portOf(port)}, f, options, nil)
}

// ConnectTLS is Reactor.ConnectTLS on the reactor with the fewest connections. See ConnectTCP.
func (g *Group) ConnectTLS(host string, port int, f ClientFactory, config *tls.Config, options ...ConnectOption) error {
	return g.connect(&Connector{host: host, port: portOf(port)}, f, options, func(k *Connector) { k.config = k.r.clientConfig(config, host) })
}

// ConnectUNIX is Reactor.ConnectUNIX on the reactor with the fewest connections. See ConnectTCP.
func (g *Group) ConnectUNIX(path string, f ClientFactory, options ...ConnectOption) error {
	return g.connect(&Connector{host: path, unix: true}, f, options, nil)
}

// connect has the reactor with the fewest connections use k. What prepare does, if it is there, is done on that reactor too.
func (g *Group) connect(k *Connector, f ClientFactory, options []ConnectOption, prepare func(*Connector)) error {
	r, s := g.place(), g.share(f)
	k.r, k.client = r, &groupFactory{g: g, r: r, f: f, client: f, s: s}
	err := r.CallFromThread(func() {
		r.load.Add(-1) // the attempt counts itself from here on
		if prepare != nil {
			prepare(k)
		}
		r.connect(k, options)
		s.release()
	})
	if err != nil {
		r.load.Add(-1)
		s.release()
	}
	return err
}

// GroupPort is a port of a Group. Goroutine: any.
type GroupPort struct{ p *Port }

// Addr is the address listened on, with the real port.
func (p *GroupPort) Addr() net.Addr { return p.p.Addr() }

// StopListening closes the port as Port.StopListening does. The Deferred fires on the group's first reactor.
func (p *GroupPort) StopListening() *deferred.Deferred[struct{}] {
	d := deferred.New[struct{}]()
	err := p.p.r.CallFromThread(func() {
		p.p.StopListening().Handle(func(v struct{}) { d.TryCallback(v) }, func(err error) { d.TryErrback(err) })
	})
	if err != nil {
		d.TryErrback(err)
	}
	return d
}

// ListenTCP is Reactor.ListenTCP; each connection that comes in lives on the reactor with the fewest. It may be called before Run
// and while the group runs, but not on one of its reactors: a call from there would wait for itself, and answers ErrGroupGoroutine.
func (g *Group) ListenTCP(port int, f Factory, options ...ListenOption) (*GroupPort, error) {
	return g.listen(f, func(r *Reactor, f Factory) (*Port, error) { return r.ListenTCP(port, f, options...) })
}

// ListenTLS is Reactor.ListenTLS. See ListenTCP.
func (g *Group) ListenTLS(port int, f Factory, config *tls.Config, options ...ListenOption) (*GroupPort, error) {
	return g.listen(f, func(r *Reactor, f Factory) (*Port, error) { return r.ListenTLS(port, f, config, options...) })
}

// ListenUNIX is Reactor.ListenUNIX. See ListenTCP.
func (g *Group) ListenUNIX(path string, f Factory, options ...ListenOption) (*GroupPort, error) {
	return g.listen(f, func(r *Reactor, f Factory) (*Port, error) { return r.ListenUNIX(path, f, options...) })
}

// listen has the first reactor accept.
func (g *Group) listen(f Factory, listen func(*Reactor, Factory) (*Port, error)) (*GroupPort, error) {
	s := g.share(f)
	defer s.release()
	var p *Port
	var err error
	refused := g.callFirst(func() {
		first := g.reactors[0]
		on := func(r *Reactor) Factory { return &groupFactory{g: g, r: r, f: f, s: s} }
		if p, err = listen(first, on(first)); err == nil {
			p.place, p.twigs, p.on = g.place, make(map[*Reactor]*Port), on
		}
	})
	if err := cmp.Or(refused, err); err != nil {
		return nil, err
	}
	return &GroupPort{p: p}, nil
}

// callFirst runs f on the goroutine of the first reactor, or here before Run.
func (g *Group) callFirst(f func()) error {
	for _, r := range g.reactors {
		if deferred.OnLoop(r) {
			return ErrGroupGoroutine
		}
	}
	if g.prepare(f) {
		return nil
	}
	done := make(chan struct{})
	if err := g.reactors[0].CallFromThread(func() { defer close(done); f() }); err != nil {
		return err
	}
	<-done
	return nil
}

// prepare runs f if the first reactor does not run, and keeps Run from beginning meanwhile.
func (g *Group) prepare(f func()) bool {
	first := g.reactors[0]
	g.preparing.Lock()
	defer g.preparing.Unlock()
	if g.begun || first.state.Load() != stateNew {
		return false
	}
	defer deferred.EnterLoop(first)() // what f calls must not come here again
	f()
	return true
}
