package imap4

// Listener hears what the server says without having been asked, in the order of the wire.
//
// Embed BaseListener and write only the methods you need: this interface grows with the commands of the client, and what now
// comes as Untagged may get a method of its own. Goroutine: reactor.
// Source: the methods of twisted.mail.imap4.IMAP4Client that are there to be overridden.
type Listener interface {
	// ServerGreeting: the server has greeted, with text; preauth says that it needs no login.
	ServerGreeting(text string, preauth bool)
	// Alert: text must be shown to the user (RFC 9051 section 7.1).
	Alert(text string)
	// Bye: the server closes the connection, not on our LOGOUT; code is "" if it gave none.
	Bye(code, text string)
	// Untagged: anything that no command claimed and that has no method of its own above.
	Untagged(u Untagged)
}

// Untagged is a response that the client passes on as it is.
type Untagged struct {
	Number    uint32 // as in "* 23 EXISTS", if HasNumber
	HasNumber bool
	Name      string // in capitals: EXISTS, FLAGS, OK, ...
	Text      string // what follows the name, as it was sent
}

// BaseListener implements Listener with nothing in it; embed it in your own.
type BaseListener struct{}

// ServerGreeting does nothing.
func (BaseListener) ServerGreeting(string, bool) {}

// Alert does nothing.
func (BaseListener) Alert(string) {}

// Bye does nothing.
func (BaseListener) Bye(string, string) {}

// Untagged does nothing.
func (BaseListener) Untagged(Untagged) {}
