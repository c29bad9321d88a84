package poplib

import (
	"sync"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// engine is the package's own reactor. It runs in a goroutine while there are clients.
var engine struct {
	mu    sync.Mutex
	r     *reactor.Reactor
	over  chan struct{} // closed when Run has returned
	err   *error        // what it has returned then
	users int
}

// borrow answers the reactor, and what has to be called once when it is not needed any more. The last one stops it, waits for that, and answers
// what has kept it from running.
func borrow() (r *reactor.Reactor, giveBack func() error) {
	engine.mu.Lock()
	defer engine.mu.Unlock()
	if engine.users == 0 {
		r, over, err := reactor.New(), make(chan struct{}), new(error)
		engine.r, engine.over, engine.err = r, over, err
		go func() {
			defer close(over)
			*err = r.Run()
		}()
	}
	engine.users++
	return engine.r, giveBackEngine
}

func giveBackEngine() error {
	engine.mu.Lock()
	engine.users--
	last, r, over, err := engine.users == 0, engine.r, engine.over, engine.err
	engine.mu.Unlock()
	if !last {
		return nil
	}
	_ = r.CallFromThread(func() { _ = r.Stop() }) // it may not have begun to run
	if deferred.OnAnyLoop() {
		return nil
	}
	<-over
	return *err
}
