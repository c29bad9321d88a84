package poplib

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
)

// User tells the server whose mailbox it is. Pass has to follow.
//
// Command: USER (RFC 1939 section 7). Answers the server's line, which may be +OK for a user that there is not.
// Errors: *Error; *pop3.ArgumentError for a control character, pop3.ErrState, before anything is sent. Source: poplib.POP3.user.
func (p *POP3) User(name string) ([]byte, error) {
	return p.status("USER "+name, func(c *pop3.Client) *deferred.Deferred[pop3.Reply] { return c.User(name) })
}

// Pass sends the password of the user that User has named. The server locks the mailbox from here to Quit.
//
// Command: PASS (RFC 1939 section 7). Answers the server's line.
// Errors: *Error, which matches pop3.ErrAuth, pop3.ErrInUse and others; pop3.ErrInsecureAuth without TLS, unless Options.AllowInsecureAuth;
// *pop3.ArgumentError, pop3.ErrState. Source: poplib.POP3.pass_.
func (p *POP3) Pass(password string) ([]byte, error) {
	return p.status(p.secretLine("PASS ", password), func(c *pop3.Client) *deferred.Deferred[pop3.Reply] { return c.Pass(password) })
}

// APOP signs in with a digest of the password and the challenge in the server's greeting.
//
// Command: APOP (RFC 1939 section 7). Answers the server's line.
// Errors: as Pass; *Error with poplib's text if the greeting has no challenge of the form <text@host>. Source: poplib.POP3.apop.
func (p *POP3) APOP(user, password string) ([]byte, error) {
	challenge, ok := pop3.Challenge(string(p.welcome))
	if !ok {
		return nil, &Error{Arg: "-ERR APOP not supported by server", Err: pop3.ErrNoChallenge}
	}
	line := p.secretLine("APOP "+user+" ", digest(challenge, password))
	return p.status(line, func(c *pop3.Client) *deferred.Deferred[pop3.Reply] { return c.APOP(user, password) })
}

// RPOP names the remote user, to a server that trusts the host by its address.
//
// Command: RPOP (RFC 1081, page 7). Answers the server's line. Errors: as User. Source: poplib.POP3.rpop.
func (p *POP3) RPOP(user string) ([]byte, error) {
	return p.status("RPOP "+user, func(c *pop3.Client) *deferred.Deferred[pop3.Reply] { return c.RPOP(user) })
}

// UTF8 lets the server send messages with UTF-8 in their headers, and take names and passwords in UTF-8.
//
// Command: UTF8 (RFC 6856). Answers the server's line. Errors: as User. Source: poplib.POP3.utf8.
func (p *POP3) UTF8() ([]byte, error) { return p.status("UTF8", (*pop3.Client).UTF8) }
