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
	users int
}

// borrow answers the reactor, and what has to be called once when it is not needed any more. The last one stops it, and waits for that.
func borrow() (r *reactor.Reactor, giveBack func()) {
	engine.mu.Lock()
	defer engine.mu.Unlock()
	if engine.users == 0 {
		r, over := reactor.New(), make(chan struct{})
		engine.r, engine.over = r, over
		go func() {
			defer close(over)
			_ = r.Run() // Dial tells if it does not run
		}()
	}
	engine.users++
	return engine.r, giveBackEngine
}

func giveBackEngine() {
	engine.mu.Lock()
	engine.users--
	last, r, over := engine.users == 0, engine.r, engine.over
	engine.mu.Unlock()
	if !last {
		return
	}
	_ = r.CallFromThread(func() { _ = r.Stop() }) // it may not have begun to run
	if !deferred.OnAnyLoop() {
		<-over
	}
}
