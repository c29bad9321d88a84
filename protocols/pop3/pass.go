package pop3

import "github.com/tconn/tconn/deferred"

// Pass sends the password of the user that User has named.
//
// It goes under TLS only, unless Options.AllowInsecureAuth; a trace shows it as ***.
// Command: PASS (RFC 1939 section 7). Legal in: authorization.
// Fires with: the server's line, when it has accepted.
// Fails with: *ResponseError, which matches ErrAuth, ErrInUse, ErrLoginDelay, ErrSysTemp or ErrSysPerm; *ArgumentError for a control character;
// ErrInsecureAuth and ErrState in a *CommandError, before anything is sent.
// Source: poplib.POP3.pass_; Twisted's password.
func (c *Client) Pass(password string) *deferred.Deferred[Reply] {
	cmd, err := c.passCommand(password)
	if err != nil {
		return deferred.Fail[Reply](err)
	}
	cmd.ready = func() error { return c.mayShowPassword(c.options().AllowInsecureAuth) }
	return issue(c, cmd, asIs)
}

func (c *Client) passCommand(password string) (*command, error) {
	cmd, err := newCommand("PASS", password)
	if err != nil {
		return nil, err
	}
	cmd.shown, cmd.needs, cmd.alone, cmd.answered = "PASS ***", beforeLogin, true, c.noteLogin
	return cmd, nil
}

// mayShowPassword answers why a password must not go over this connection. insecure allows it in the clear.
func (c *Client) mayShowPassword(insecure bool) error {
	if !c.encrypted() && !insecure {
		return ErrInsecureAuth
	}
	return nil
}

// noteLogin: the server has answered somebody who signs in. Of what it offered before nothing holds any more.
func (c *Client) noteLogin(r Reply) {
	if r.OK {
		c.forgetCapabilities()
		c.setState(stateTransaction)
	}
}
