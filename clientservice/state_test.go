package clientservice

import (
	"fmt"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

func TestStateMoves(t *testing.T) {
	all := []State{Idle, Queued, Connecting, Preparing, Connected, Closing, Waiting, Stopping, Restarting, Stopped}
	// legal has a + for each legal move, from the row's state to the column's, in the order of all.
	legal := map[State]string{
		Idle:       ".++......+",
		Queued:     "..+......+",
		Connecting: "...+++++..",
		Preparing:  "....++++..",
		Connected:  "......++..",
		Closing:    "......++..",
		Waiting:    ".++......+",
		Stopping:   "........++",
		Restarting: ".++....+..",
		Stopped:    ".++.......",
	}
	for _, from := range all {
		for i, to := range all {
			t.Run(fmt.Sprintf("%v to %v", from, to), func(t *testing.T) {
				want := legal[from][i] == '+'
				s := &Service{state: from}
				defer func() {
					if got := recover() == nil; got != want {
						t.Errorf("got legal: %v, want %v", got, want)
					}
				}()
				s.setState(to)
				if s.state != to {
					t.Errorf("got state %v, want %v", s.state, to)
				}
			})
		}
	}
}

// nobody is an endpoint that answers nothing.
type nobody struct{}

func (nobody) Connect(reactor.Factory) *deferred.Deferred[reactor.Protocol] { return nil }

func TestCancelledWaitsAreForgotten(t *testing.T) {
	s := New(nobody{}, reactor.FactoryFunc(nil), Options{Reactor: reactor.New()})
	s.WhenConnected(0)
	d := s.WhenConnected(0)
	d.Cancel()
	if got := s.waiting.Len(); got != 1 {
		t.Errorf("got %d who wait, want 1", got)
	}
	if _, err, _ := d.Result(); err == nil {
		t.Error("got no error, want one")
	}
}

func TestReactorsAreForgotten(t *testing.T) {
	g := NewGovernor(GovernorOptions{Burst: 1})
	r := reactor.New()
	g.Acquire(r, "a").Handle(func(p *Permit) { p.Release() }, nil)
	r.RunUntilCurrent()
	second := g.Acquire(r, "a")
	if got := len(g.lanes); got != 1 {
		t.Errorf("got %d reactors while somebody waits, want 1", got)
	}
	second.Cancel() // while the reactor has yet to hear of it
	third := g.Acquire(r, "a")
	r.RunUntilCurrent()
	if got := len(g.lanes); got != 1 {
		t.Errorf("got %d reactors while somebody waits, want 1", got)
	}
	third.Cancel()
	for _, d := range []*deferred.Deferred[*Permit]{second, third} {
		if _, err, _ := d.Result(); err == nil {
			t.Error("got no error, want one")
		}
	}
	if got := len(g.lanes); got != 0 {
		t.Errorf("got %d reactors, want none", got)
	}
}
