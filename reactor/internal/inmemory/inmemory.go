// Package inmemory is the door through which package reactortest puts a reactor on a system in memory, and looks into it. Package
// reactor opens it; nothing of it is seen by users.
package inmemory

import "time"

// What package reactor answers. The types stand for themselves: a system is an engine.System, an option a reactor.Option.
var (
	// Option puts a reactor on another system.
	Option func(system any) (option any)
	// Look gives what there is to see of r, a *reactor.Reactor.
	Look func(r any) Inside
)

// Inside is a reactor from within. Goroutine: reactor, but for Wait, which is called while the reactor rests.
type Inside interface {
	// Hold makes the code between two turns count as the reactor goroutine's.
	Hold()
	// Lookups and Handshakes count the goroutines that the reactor has started and that will hand something over by themselves: those
	// which look a name up, and those which compute for a TLS handshake. A handshake that waits for its peer does not count.
	Lookups() int
	Handshakes() int
	// Wait returns when no TLS handshake computes, or earlier: when something comes from woken. False means that giveUp had something.
	Wait(woken <-chan struct{}, giveUp <-chan time.Time) bool
	// Left describes what a user has left in the reactor, one line each: planned calls, ports, attempts, connections.
	Left() []string
}
