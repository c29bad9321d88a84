// Package reactor is an event loop in Twisted's manner: it drives any number of connections from one goroutine.
//
// The threading rule: everything of a reactor (protocols, factories, timers, Deferred callbacks) runs on one goroutine, that of
// Run. Nothing there needs a lock, and nothing there may block; Go runs what does. From any other goroutine call CallFromThread, Go, Stop,
// Stats, or Await on a Deferred; nothing else. NetConn, NetListener and Group are made for other goroutines, too.
//
// The life of an outgoing connection, all of it on the reactor goroutine:
//
//	ConnectTCP ── StartedConnecting ─┬─ no connection ── ClientConnectionFailed(connector, reason)
//	                                 │
//	                                 └─ BuildProtocol ── MakeConnection ── ConnectionMade ── DataReceived ...
//	                                       ... ConnectionLost(reason) ── ClientConnectionLost(connector, reason)
//
// An accepted connection is the same from BuildProtocol to ConnectionLost. Every attempt ends in exactly one of the two
// notifications, every connection in exactly one ConnectionLost.
//
// A turn of the loop: each connection that is ready sends what waits and is read, up to 256 KiB before the others have their turn;
// then calls from other goroutines run in their order, then the timers that are due. What a callback writes leaves when it
// returns, in as few system calls as it takes; a write of 16 KiB and more goes to the kernel at once.
//
// Sources: twisted.internet.interfaces (IReactorCore, IReactorTime, IReactorTCP, ITCPTransport, IConnector).
package reactor
