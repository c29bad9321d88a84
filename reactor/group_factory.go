package reactor

import (
	"net"
	"reflect"
	"sync"
	"sync/atomic"
)

// turns lets one reactor at a time into the factories of a group. There is one for all of them: a factory may have another
// one's Connector connect, and two that did so for each other would wait for ever.
type turns struct {
	mu    sync.Mutex
	owner atomic.Pointer[Reactor] // whose goroutine is in a factory
}

// take runs f while no other reactor is in a factory. A reactor that is in one already goes straight on.
func (t *turns) take(r *Reactor, f func()) {
	if t.owner.Load() == r {
		f()
		return
	}
	t.mu.Lock()
	t.owner.Store(r)
	defer func() {
		t.owner.Store(nil)
		t.mu.Unlock()
	}()
	f()
}

// shared is a factory that several reactors call, one at a time. It hears of its first and its last use by any of them.
type shared struct {
	g     *Group
	f     Factory
	refs  int // calls and reactors that have it in use; guarded by g.mu
	users int // reactors that have it in use; guarded by g.turns
}

// share answers what all reactors of the group have in common of f. The caller releases it.
func (g *Group) share(f Factory) *shared {
	if !reflect.ValueOf(f).Comparable() {
		return &shared{g: g, refs: 1}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.shared[f]
	if s == nil {
		s = &shared{g: g, f: f}
		g.shared[f] = s
	}
	s.refs++
	return s
}

func (s *shared) retain() {
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	s.refs++
}

// release forgets the factory with its last use.
func (s *shared) release() {
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	if s.refs--; s.refs == 0 && s.f != nil {
		delete(s.g.shared, s.f)
	}
}

// on is the factory as one of the reactors sees it. It is comparable: the reactor knows it again.
func (s *shared) on(r *Reactor, f Factory) Factory { return groupFactory{s: s, r: r, f: f} }

func (s *shared) clientOn(r *Reactor, f ClientFactory) ClientFactory {
	return groupClientFactory{groupFactory: groupFactory{s: s, r: r, f: f}, client: f}
}

type groupFactory struct {
	s *shared
	r *Reactor
	f Factory
}

// BuildProtocol asks the factory.
func (g groupFactory) BuildProtocol(addr net.Addr) (p Protocol) {
	g.s.g.turns.take(g.r, func() { p = g.f.BuildProtocol(addr) })
	return p
}

// StartFactory counts this reactor in.
func (g groupFactory) StartFactory() {
	g.s.retain()
	g.s.g.turns.take(g.r, func() {
		g.s.users++
		if f, ok := g.f.(Starter); ok && g.s.users == 1 {
			f.StartFactory()
		}
	})
}

// StopFactory counts this reactor out.
func (g groupFactory) StopFactory() (err error) {
	defer g.s.release()
	g.s.g.turns.take(g.r, func() {
		g.s.users--
		if f, ok := g.f.(Stopper); ok && g.s.users == 0 {
			err = f.StopFactory()
		}
	})
	return err
}

type groupClientFactory struct {
	groupFactory
	client ClientFactory
}

// StartedConnecting tells the factory.
func (g groupClientFactory) StartedConnecting(c *Connector) {
	g.s.g.turns.take(g.r, func() { g.client.StartedConnecting(c) })
}

// ClientConnectionFailed tells the factory.
func (g groupClientFactory) ClientConnectionFailed(c *Connector, reason error) {
	g.s.g.turns.take(g.r, func() { g.client.ClientConnectionFailed(c, reason) })
}

// ClientConnectionLost tells the factory.
func (g groupClientFactory) ClientConnectionLost(c *Connector, reason error) {
	g.s.g.turns.take(g.r, func() { g.client.ClientConnectionLost(c, reason) })
}
