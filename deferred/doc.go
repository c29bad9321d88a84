// Package deferred gives a result that is not there yet: a Deferred, with Twisted's names and Twisted's order.
//
// A producer makes a Deferred with New, hands it out, and later fires it once with Callback or Errback. A consumer adds
// steps. Each step gets the result of the step before it and answers the result for the step after it:
//
//	d := c.GetCapabilities()                                              // *Deferred[Capabilities]
//	d.AddCallback(func(caps Capabilities) (Capabilities, error) { ... })  // runs on a value
//	d.AddErrback(func(err error) (Capabilities, error) { ... })           // runs on an error
//	n := deferred.Then(d, func(caps Capabilities) (int, error) { ... })   // changes the type
//
// A step answers one of three things: a value (v, nil), an error (_, err), or another Deferred (return Chain(other)). In the
// last case the chain waits until the other Deferred has its result and goes on with that. A step that panics answers a
// *PanicError.
//
// # Several at once
//
// All and Gather wait for every Deferred, Race for the first value, Parallel works through a sequence with a bounded number under
// way. Lock and Semaphore put those who use something in a line (With), Queue hands values over. Each answers a Deferred and can
// be cancelled.
//
// # Straight-line code
//
// Inline runs a function that waits in the middle, as Twisted's inlineCallbacks do, without a goroutine beside the others:
//
//	d := deferred.Inline(func(y *deferred.Yield) (int, error) {
//		caps, err := deferred.Wait(y, c.GetCapabilities())
//		...
//	})
//
// # Order
//
// Steps run in the order they were added, never one inside another: a step added by a running step goes to the end. They
// run in the goroutine that fires the Deferred or, when the result is already there, in the one that adds the step. Chains
// of any length run in a loop, so a million nested Deferreds use the stack of one.
//
// # Goroutines
//
// Every method may be called from any goroutine. Steps of one Deferred never run at the same time. In a program built on a
// reactor all of this happens on the reactor's goroutine and nothing has to be locked; other goroutines use Await or AsCompleted.
//
// # Errors nobody took
//
// When the last result of a Deferred is an error and the Deferred becomes garbage, the error is reported through the
// handler of OnUnhandled, by default to slog. End a chain with AddErrback, Handle or Await to take the error. The report names
// the callback the error comes from or the last one it passed over; with SetDebug also who made and who fired the Deferred. Tests
// fail on such errors with deferredtest.NoUnhandled.
package deferred
