package imap4

import (
	"errors"
	"slices"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/protocols/internal/session"
	"github.com/tconn/tconn/protocols/sasl"
)

// Login tells the server who the user is, with a password.
//
// Command: LOGIN (RFC 9051 section 6.2.3). Legal in: not authenticated.
// Fires when the server has accepted.
// Fails with: *ResponseError (AUTHENTICATIONFAILED and others, RFC 5530), *ArgumentError for NUL in an argument; ErrInsecureAuth,
// ErrLoginDisabled and ErrState, in a *CommandError, before anything is sent.
// The password is sent under TLS only, unless Options.AllowInsecureAuth; a trace shows it as ***.
func (c *Client) Login(user, password string) *deferred.Deferred[struct{}] {
	cmd := &command{name: "LOGIN", class: classStream, fixed: true}
	cmd.ready = func() error { return c.mayLogin(c.options().AllowInsecureAuth) }
	cmd.arguments = func(b *wire.CommandBuilder) { b.SP().AString(user).SP().SecretAString(password) }
	return issue(c, cmd, func(*wire.Response) (struct{}, error) {
		c.loggedIn(cmd.readyAge)
		return struct{}{}, nil
	})
}

// SignIn tells the server who the user is in the best way there is: it is Authenticate, or LOGIN where no mechanism fits.
//
// LOGIN needs Username and Password, no AuthorizationID, and Mechanisms that are nil or name PLAIN or LOGIN, which show a password as it does;
// it goes under TLS only, as those do, and not where the server says LOGINDISABLED. A Username with a backslash, as Exchange has them
// (DOMAIN\user), goes by LOGIN rather than by PLAIN, which Exchange reads otherwise.
//
// Command: AUTHENTICATE or LOGIN (RFC 9051 sections 6.2.2 and 6.2.3). Legal in: not authenticated.
// Fires, and fails, as Authenticate does; the error matches ErrLoginDisabled if that is what stands in the way.
// Source: twisted.mail.imap4.IMAP4Client.authenticate and login, of which the program had to choose one.
func (c *Client) SignIn(credentials *sasl.Credentials) *deferred.Deferred[struct{}] {
	return c.authenticate(credentials, true)
}

// mayLogin tells what stands in the way of LOGIN with these credentials.
func (a *authentication) mayLogin() error {
	m := &a.credentials
	shown := func(name string) bool { return strings.EqualFold(name, "PLAIN") || strings.EqualFold(name, "LOGIN") }
	if m.Username == "" || m.Password.IsZero() || m.AuthorizationID != "" || m.Mechanisms != nil && !slices.ContainsFunc(m.Mechanisms, shown) {
		return errNoPassword
	}
	return a.c.mayLogin(a.insecure())
}

var errNoPassword = errors.New("imap4: the credentials are not for LOGIN")

// likesLogin tells whether LOGIN is better than the mechanism.
func (a *authentication) likesLogin(m sasl.Mechanism) bool {
	return strings.Contains(a.credentials.Username, `\`) && (m.Name() == "PLAIN" || m.Name() == "LOGIN")
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

// mayLogin is asked when LOGIN is about to be sent. insecure allows it in the clear.
func (c *Client) mayLogin(insecure bool) error {
	switch {
	case c.state != stateNotAuthenticated:
		return ErrState
	case !c.encrypted() && !insecure:
		return ErrInsecureAuth
	case c.caps.Has("LOGINDISABLED"):
		return ErrLoginDisabled
	}
	return nil
}

// encrypted tells whether the connection is under TLS now.
func (c *Client) encrypted() bool { return session.Encrypted(c.transport) }
