package reactor

import (
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"time"

	"github.com/tconn/tconn/reactor/internal/engine"
	"github.com/tconn/tconn/reactor/internal/inmemory"
)

// This file is what package reactortest sees of a reactor.
func init() {
	inmemory.Option = func(system any) any { return Option(func(r *Reactor) { r.sys = system.(engine.System) }) }
	inmemory.Look = func(r any) inmemory.Inside { return inside{r.(*Reactor)} }
}

type inside struct{ r *Reactor }

// Hold lets the test call what only the reactor goroutine may.
func (i inside) Hold() { i.r.inTurn.Store(true) }

// Lookups counts the name lookups somebody waits for.
func (i inside) Lookups() (n int) {
	for a := range i.r.attempts {
		if a.cancel != nil {
			n++
		}
	}
	return n
}

// Handshakes counts the handshakes that do not wait for their peers.
func (i inside) Handshakes() (n int) {
	for _, c := range i.r.conns.list {
		if t := c.tls(); t != nil && t.busy() {
			n++
		}
	}
	return n
}

func (t *tlsLayer) busy() bool {
	t.wire.mu.Lock()
	defer t.wire.mu.Unlock()
	return t.started && t.shaking && !t.wire.waiting
}

// Wait takes all permits to compute, which can be had only when nobody computes, and gives them back.
func (i inside) Wait(woken <-chan struct{}, giveUp <-chan time.Time) bool {
	permits := i.r.handshakes
	taken := 0
	defer func() {
		for range taken {
			<-permits
		}
	}()
	for taken < cap(permits) {
		select {
		case permits <- struct{}{}:
			taken++
		case <-woken:
			return true
		case <-giveUp:
			return false
		}
	}
	runtime.Gosched() // one that has been told to go on may not have its permit yet
	return true
}

// Left lists planned calls first, then ports, attempts and connections.
func (i inside) Left() (left []string) {
	r := i.r
	calls := r.DelayedCalls()
	slices.SortFunc(calls, func(a, b *DelayedCall) int {
		if r.timers.before(a, b) {
			return -1
		}
		return 1
	})
	for _, c := range calls {
		left = append(left, fmt.Sprintf("call of %s planned in %v", functionName(c.f), c.when-r.timers.now()))
	}
	var others []string
	for p := range r.ports {
		others = append(others, fmt.Sprintf("port %v of %T", p.Addr(), p.f))
	}
	for a := range r.attempts {
		others = append(others, fmt.Sprintf("attempt to connect to %v", a.k.Destination()))
	}
	for _, c := range r.conns.list {
		others = append(others, fmt.Sprintf("connection from %v to %v of %T", c.LocalAddr(), c.RemoteAddr(), c.proto))
	}
	slices.Sort(others)
	return append(left, others...)
}

// functionName is where f begins, as "file.go:123 (package.function)".
func functionName(f func()) string {
	pc := reflect.ValueOf(f).Pointer()
	fn := runtime.FuncForPC(pc)
	if fn == nil {
		return "a function"
	}
	file, line := fn.FileLine(pc)
	return fmt.Sprintf("%s:%d (%s)", filepath.Base(file), line, filepath.Base(fn.Name()))
}
