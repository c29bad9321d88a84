// Package deferredtest helps a test to look at Deferreds: at their result now, without waiting, and at errors nobody took.
//
// The names are those of Twisted's trial:
//
//	func TestLogin(t *testing.T) {
//		deferredtest.NoUnhandled(t)
//		d := client.Login("alice", password)
//		deferredtest.NoResult(t, d)
//		server.Answer("A1 OK")
//		caps := deferredtest.SuccessResultOf(t, d)
//		...
//	}
//
// Package reactor/reactortest has a clock and transports that do not wait either.
package deferredtest
