// Package reactortest lets a protocol be tested without sockets, goroutines or waiting.
//
//   - A Clock is time that stands still until the test moves it, and the reactor that lives by it.
//   - A Transport is a connection in memory: the test is the peer.
//   - A Pump joins two protocols by two Transports and cuts the bytes between them as the test likes.
//
// Everything runs in the goroutine of the test, which stands for the reactor's. As on a real connection nothing is called from
// inside something else: what a call brings about later (a ConnectionLost, bytes after ResumeProducing) comes with Clock.Turn.
//
// A panic in a method of the protocol is not caught here: it goes on to the test. A panic in a function given to CallLater or
// CallFromThread is caught by the reactor, which logs it: give NewClock a reactor.WithLogger to see it.
//
// Sources: twisted.internet.task.Clock, twisted.internet.testing.StringTransport, twisted.test.iosim.
package reactortest
