// Package pop3 is a POP3 client for the reactor: RFC 1939 and its extensions.
//
// A Client is a reactor.Protocol to embed. Its commands answer Deferreds:
//
//	type client struct{ pop3.Client }
//
//	func (c *client) ConnectionMade() {
//		deferred.Then(c.Login(user, password), func(pop3.Reply) (pop3.Stat, error) {
//			return deferred.Chain(c.Stat())
//		}).Handle(c.gotStat, c.failed)
//	}
//
// A goroutine of its own gets a ready client from Dial and calls its methods by Await. Programs written for Python's poplib find its methods,
// which wait, in package poplib.
//
// The client never hangs and never guesses: each wait has a deadline that trickled data cannot extend, each length the server controls has a
// limit, and what is no POP3 ends the connection at once, so that no answer is ever taken for that of another command. What was not answered
// fails then, once, with the reason.
//
// # Where is what
//
// A command has a file of its name: apop.go, authenticate.go, capa.go, dele.go, lang.go, list.go, login.go, noop.go, pass.go, quit.go, retr.go,
// rpop.go, rset.go, starttls.go, stat.go, top.go, uidl.go, user.go, utf8.go; retrieveall.go for all messages at once, sendcommand.go for what
// has none.
//
//	client.go        takes the bytes, ends the session        state.go       what is allowed when
//	command.go       from the issue of a command to its answer; queue.go what waits and what is out
//	reply.go         what the server has answered             multiline.go   the same, with lines
//	retrieval.go     a message on its way to its sink         capability.go  what the server offers
//	wait.go          deadlines                                hold.go        who has stopped the reading
//	options.go       settings and defaults                    errors.go      what a command fails with; responsecode.go what codes mean
//
// Signing in: login.go and authenticate.go choose how to say who the user is, authentication.go leads the exchange; the mechanisms are those
// of package sasl. dial.go, dialerror.go and await.go are for goroutines. The bytes themselves are the business of internal/wire.
//
// # Sources
//
// RFC 1939 (POP3), 1957 (what servers do), 2449 (CAPA, response codes, PIPELINING, EXPIRE, LOGIN-DELAY), 2595 and 8314 (TLS), 3206 (SYS and AUTH
// codes), 5034 (SASL), 6856 (UTF8, LANG), RFC 1725's and 1460's RPOP and LAST; the names of Python's poplib and twisted.mail.pop3.
package pop3
