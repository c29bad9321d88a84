// Package imap4server answers IMAP4 clients: a reactor.Protocol over mailboxes that the program supplies.
//
// It knows CAPABILITY, NOOP, LOGOUT, LOGIN, SELECT, EXAMINE, CLOSE and UNSELECT, takes literals of both kinds, and answers BAD to
// every other command. What it advertises is what it does: IMAP4rev1 LITERAL+ UNSELECT, and LOGINDISABLED where LOGIN is refused:
// without TLS, unless Options.AllowInsecureAuth.
//
//	factory := &imap4server.Factory{
//		Authenticate: imap4server.OneUser("alice", "secret", imap4server.NewDemoAccount(3)),
//		Options:      imap4server.Options{AllowInsecureAuth: true}, // on this machine only
//	}
//	reactor.ListenTCP(1143, factory, reactor.Interface("127.0.0.1"))
//	reactor.Run()
//
// One Server carries one connection. Commands are handled one after the other in the order received, however many arrive at once.
// While a Deferred of the program is waited for, and while the client does not read its answers, nothing more is read from it.
//
// Goroutine: reactor, for everything here; also the Deferreds that a program answers with have to be fired there
// (Reactor.CallFromThread brings one there).
//
// Where is what: server.go (a connection's life), flow.go (when to read on), timeout.go, state.go; command.go (the table of
// commands), literal.go, response.go; login.go, select.go, close.go, session.go (the commands); account.go and errors.go (what a
// program implements and answers); memory.go, demo.go (accounts in memory); factory.go, options.go.
//
// Sources: RFC 3501, RFC 9051 ([CLOSED]), RFC 3691 (UNSELECT), RFC 5530 (response codes), RFC 7888 (LITERAL+); Twisted's
// twisted.mail.imap4.IMAP4Server, IAccount and IMailbox.
package imap4server
