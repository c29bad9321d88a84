// Package reactortest lets a protocol be tested without sockets, without waiting, and with every fault of a network.
//
// # How do I test my own protocol?
//
// There are four ways, from the smallest to the most real. In the first three time is a clock that only the test moves, nothing blocks,
// and a run is like every other run.
//
// One protocol alone: the test is the peer. A [Transport] takes what the protocol writes, [Transport.Receive] gives it bytes, and a [Clock] makes a
// minute of silence pass at once.
//
//	tr := reactortest.NewTransport(nil)
//	tr.Connect(&Echo{})
//	tr.Receive([]byte("hello"))
//	if got := string(tr.Take()); got != "hello" { ... }
//
// Two protocols face to face: a [Pump] carries the bytes from one Transport to the other, whole, byte by byte ([Bytewise]) or at random ([Random]).
//
// Everything but the sockets: a [Reactor] is the real reactor on a [Network] in memory. ConnectTCP, names, several addresses, ListenTLS, StartTLS,
// UNIX sockets, half close, reconnecting, timeouts and Stop are the code that runs in production; Flush lets everything happen that can happen now,
// and Advance what takes time. [Network.ConnOf] gives the connection of a transport, where the test cuts bytes into pieces, delays them, makes
// windows small, resets, ends or silences one direction or both. [Network.Unreachable], [Network.BlackHole], [Network.FailConnect] and
// [Reactor.LimitDescriptors] spoil what comes before a connection. Two reactors that share a Network are two programs.
//
//	r := reactortest.NewReactor()
//	defer r.Close()
//	r.Network().SetHost("mail.example", "192.0.2.1")
//	r.ListenTCP(143, servers)
//	r.ConnectTCP("mail.example", 143, clients)
//	r.Flush()
//	r.Advance(28 * time.Minute)
//
// Real sockets: [Run] calls a function on a running reactor, waits for the Deferred that it answers, and checks that nothing was left open. It is
// for what a network in memory cannot show: other programs, and the kernel.
//
// [NoLeaks] fails a test that leaves goroutines, descriptors or unhandled errors behind; [Track] one whose Deferreds have not all fired.
//
// # What is where
//
// Everything but Run takes place in the goroutine of the test, which stands for the reactor's. As on a real connection nothing is called from
// inside something else: what a call brings about later (a ConnectionLost, bytes after ResumeProducing) comes with the next turn. A callback may
// end the test with t.Fatal.
//
// A panic in a method of the protocol is not caught by a Transport: it goes on to the test. A Reactor, and the reactor of a Clock in a function that
// was planned or handed over, catch and log it, as in production: give them a reactor.WithLogger to see it.
//
// Sources: twisted.internet.task.Clock, twisted.internet.testing.StringTransport and MemoryReactorClock, twisted.test.iosim, twisted.trial.
package reactortest
