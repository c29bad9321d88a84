package reactor

import (
	"net"
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

// shared is a factory whose uses count, as several reactors call it, one at a time. It hears of its first and its last use by any of them.
type shared struct {
	g     *Group
	key   any // of the factory
	refs  int // calls and reactors that have it in use; guarded by g.mu
	users int // reactors that have it in use; guarded by g.turns
}

// share answers what all reactors of the group have in common of f, and nil if f does not want to hear of its uses or cannot be told
// apart. The caller releases it.
func (g *Group) share(f Factory) *shared {
	key, counted := factoryKey(f)
	if !counted {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.shared[key]
	if s == nil {
		s = &shared{g: g, key: key}
		g.shared[key] = s
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
	if s == nil {
		return
	}
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	if s.refs--; s.refs == 0 {
		delete(s.g.shared, s.key)
	}
}

// groupFactory is a factory as one reactor of the group sees it. To the reactor all of them with the same s are one.
type groupFactory struct {
	g      *Group
	r      *Reactor
	f      Factory
	client ClientFactory // f, if it is for a Connector
	s      *shared
}

// renew makes g share what the other uses of its factory share now: since a Connector used it last, the factory may have gone out of use and
// come into use again. The caller releases the answer.
func (g *groupFactory) renew() *shared {
	if g.s != nil {
		g.s = g.g.share(g.f)
	}
	return g.s
}

// BuildProtocol asks the factory.
func (g *groupFactory) BuildProtocol(addr net.Addr) (p Protocol) {
	g.g.turns.take(g.r, func() { p = g.f.BuildProtocol(addr) })
	return p
}

// StartFactory counts this reactor in. It is not called if s is nil, nor is StopFactory.
func (g *groupFactory) StartFactory() {
	g.s.retain()
	g.g.turns.take(g.r, func() {
		g.s.users++
		if f, ok := g.f.(Starter); ok && g.s.users == 1 {
			f.StartFactory()
		}
	})
}

// StopFactory counts this reactor out.
func (g *groupFactory) StopFactory() (err error) {
	defer g.s.release()
	g.g.turns.take(g.r, func() {
		g.s.users--
		if f, ok := g.f.(Stopper); ok && g.s.users == 0 {
			err = f.StopFactory()
		}
	})
	return err
}

// StartedConnecting tells the factory.
func (g *groupFactory) StartedConnecting(c *Connector) {
	g.g.turns.take(g.r, func() { g.client.StartedConnecting(c) })
}

// ClientConnectionFailed tells the factory.
func (g *groupFactory) ClientConnectionFailed(c *Connector, reason error) {
	g.g.turns.take(g.r, func() { g.client.ClientConnectionFailed(c, reason) })
}

// ClientConnectionLost tells the factory.
func (g *groupFactory) ClientConnectionLost(c *Connector, reason error) {
	g.g.turns.take(g.r, func() { g.client.ClientConnectionLost(c, reason) })
}
