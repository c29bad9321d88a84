package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor"
)

// Login tells the server who the user is, with a password.
//
// Command: LOGIN (RFC 9051 section 6.2.3). Legal in: not authenticated.
// Fires when the server has accepted.
// Fails with: *ResponseError (AUTHENTICATIONFAILED and others, RFC 5530), *ArgumentError for NUL in an argument; ErrInsecureAuth,
// ErrLoginDisabled and ErrState, in a *CommandError, before anything is sent.
// The password is sent under TLS only, unless Options.AllowInsecureAuth; a trace shows it as ***.
func (c *Client) Login(user, password string) *deferred.Deferred[struct{}] {
	cmd := &command{name: "LOGIN", class: classStream}
	var age uint32
	cmd.ready = func() error {
		age = c.capsAge
		return c.mayLogin()
	}
	cmd.arguments = func(b *wire.CommandBuilder) { b.SP().AString(user).SP().SecretAString(password) }
	return issue(c, cmd, func(*wire.Response) (struct{}, error) {
		c.loggedIn(age)
		return struct{}{}, nil
	})
}

// loggedIn: the server knows who we are. Of what it could do before nothing holds any more (RFC 9051 section 6.1.1), unless it has told
// since the capabilities were of that age.
func (c *Client) loggedIn(age uint32) {
	if c.capsAge == age {
		c.forgetCapabilities()
	} else {
		c.capsFull = true
	}
	c.setState(stateAuthenticated)
}

// mayLogin is asked when LOGIN is about to be sent.
func (c *Client) mayLogin() error {
	switch {
	case c.state != stateNotAuthenticated:
		return ErrState
	case !c.encrypted() && !c.options().AllowInsecureAuth:
		return ErrInsecureAuth
	case c.caps.Has("LOGINDISABLED"):
		return ErrLoginDisabled
	}
	return nil
}

// encrypted tells whether the connection is under TLS now.
func (c *Client) encrypted() bool {
	t, ok := c.transport.(reactor.TLSTransport)
	if !ok {
		return false
	}
	_, ok = t.TLSState()
	return ok
}
