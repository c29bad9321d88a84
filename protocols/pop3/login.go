package pop3

import (
	"errors"
	"slices"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/internal/session"
	"github.com/tconn/tconn/protocols/sasl"
)

// Login tells the server who the user is, with a password: USER and PASS, with nothing between.
//
// The password goes under TLS only, unless Options.AllowInsecureAuth; otherwise nothing is sent.
// Commands: USER, PASS (RFC 1939 section 7). Legal in: authorization.
// Fires with: the server's answer to PASS, when it has accepted.
// Fails with: as Pass does. Cancel takes back what was not sent.
// Source: the user and pass_ of poplib.POP3. Twisted's login also asks for TLS, and sends APOP where the greeting looks like it: those are
// StartTLS and APOP here.
func (c *Client) Login(user, password string) *deferred.Deferred[Reply] {
	l := &login{c: c, insecure: c.options().AllowInsecureAuth}
	cmd, err := l.command(user, password)
	if err != nil {
		return deferred.Fail[Reply](err)
	}
	return issue(c, cmd, asIs)
}

// login is a USER behind which PASS follows.
type login struct {
	c        *Client
	insecure bool // in the clear, too
	gone     bool // nobody waits for it any more
	pass     *command
}

// command is the USER, whose done is called with the answer to PASS if it comes to that.
func (l *login) command(user, password string) (*command, error) {
	first, err := newCommand("USER", user)
	if err != nil {
		return nil, err
	}
	if l.pass, err = l.c.passCommand(password); err != nil {
		return nil, err
	}
	allowed := func() error { return l.c.mayShowPassword(l.insecure) }
	first.needs, first.alone, first.ready, l.pass.ready = beforeLogin, true, allowed, allowed
	first.then = func() *command {
		if l.gone {
			return nil
		}
		l.pass.done = first.done
		return l.pass
	}
	first.cancelled = func() { l.gone = true; l.c.cancel(l.pass) }
	return first, nil
}

// SignIn tells the server who the user is in the best way there is: it is Authenticate, or Login where no mechanism fits.
//
// Login needs Username and Password, no AuthorizationID, and Mechanisms that are nil or name PLAIN or LOGIN, which show a password as it does;
// it goes under TLS only, as those do. A Username with a backslash, as Exchange has them (DOMAIN\user), goes by Login rather than by PLAIN,
// which Exchange reads otherwise. APOP is never used.
//
// Commands: AUTH, or USER and PASS (RFC 5034, RFC 1939 section 7); CAPA, if it is not known what the server offers. Legal in: authorization.
// Fires, and fails, as Authenticate does. Source: Twisted's login.
func (c *Client) SignIn(credentials *sasl.Credentials) *deferred.Deferred[Reply] {
	return c.authenticate(credentials, true)
}

// mayLogin tells what stands in the way of USER and PASS with these credentials.
func (a *authentication) mayLogin() error {
	m := &a.credentials
	shown := func(name string) bool { return strings.EqualFold(name, "PLAIN") || strings.EqualFold(name, "LOGIN") }
	if m.Username == "" || m.Password.IsZero() || m.AuthorizationID != "" || m.Mechanisms != nil && !slices.ContainsFunc(m.Mechanisms, shown) {
		return errNoPassword
	}
	return a.c.mayShowPassword(a.insecure())
}

var errNoPassword = errors.New("pop3: the credentials are not for USER and PASS")

// likesLogin tells whether USER and PASS are better than the mechanism.
func (a *authentication) likesLogin(m sasl.Mechanism) bool {
	return strings.Contains(a.credentials.Username, `\`) && (m.Name() == "PLAIN" || m.Name() == "LOGIN")
}

// encrypted tells whether the connection is under TLS now.
func (c *Client) encrypted() bool { return session.Encrypted(c.transport) }
