// Package imap4 is an IMAP4 client for the reactor: RFC 3501 and RFC 9051.
//
// A Client is a reactor.Protocol to embed. Its commands answer Deferreds:
//
//	type client struct{ imap4.Client }
//
//	func (c *client) ConnectionMade() {
//		c.GetCapabilities().Handle(c.gotCapabilities, c.failed)
//	}
//
// Where is what: client.go takes the bytes and ends the session; command.go queues, sends and completes commands; response.go
// sees to status responses and their codes; dispatch.go says who takes which untagged data; state.go what is allowed when. Each
// command has a file of its own: capability.go, login.go, noop.go, logout.go. The bytes themselves are the business of
// internal/wire.
//
// What a FETCH answers: message.go with flag.go, envelope.go, bodystructure.go, section.go and clone.go is what callers see; fetchdata.go
// with fetchitems.go, envelopedata.go, bodydata.go, sectiondata.go and internaldate.go reads it; literalmeta.go says of which section
// a literal is before it comes. messageset.go and uidlist.go are the numbers of messages.
//
// Who the user is: authenticate.go and login.go choose how to say it, authentication.go leads the exchange; package sasl has the mechanisms.
// dial.go and await.go are for goroutines of their own: Dial answers a client that is ready, Await calls a method where it belongs and waits.
//
// The client never hangs and never guesses: each wait has a deadline that trickled data cannot extend, each length the server
// controls has a limit, and whatever ends the connection fails every command that was not answered, once, with the reason.
package imap4
