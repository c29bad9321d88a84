package pop3

import (
	"crypto/tls"
	"fmt"
	"slices"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/internal/session"
	"github.com/tconn/tconn/protocols/sasl"
)

// Authenticate tells the server who the user is, by the strongest SASL mechanism that it offers and the credentials allow: see
// sasl.Choose. SignIn also knows what to do where none fits.
//
// What shows a secret to who listens goes under TLS only, unless Options.AllowInsecureAuth or the AllowInsecure of the credentials says
// otherwise: whatever a server, or somebody on the way, says. The mechanism is chosen, and a token fetched, when everything before has been
// answered; nothing else is sent until the end. The initial response goes with the command where that has at most 255 octets; see
// Options.NoInitialResponse. When the client cannot answer a challenge it ends the exchange with "*". If a server cannot do the channel
// binding that it offers, the mechanism is tried once more without, as sasl.Conversation.Fallback says, unless the server says that user or
// password are wrong.
//
// Key derivation and token sources run beside the reactor (reactor.Go); each may take as long as a command, and the server's time stands
// still meanwhile. A trace shows what the client says as ***.
//
// Commands: AUTH (RFC 5034); CAPA, if it is not known what the server offers. Legal in: authorization.
// Fires with: the server's line, when it has accepted and, with SCRAM, has proved that it knows the password.
// Fails with: *ResponseError, which matches ErrAuth and others, in a *sasl.OAuthError or *sasl.ServerError if the mechanism has more to tell.
// In a *CommandError: before anything is sent, *sasl.NoMechanismError, which matches ErrInsecureAuth if TLS is what is missing,
// *sasl.TokenError, *sasl.ArgumentError, ErrState; later *sasl.ChallengeError, *sasl.LimitError, *sasl.IterationError, *deferred.TimeoutError,
// the errors of a mechanism of the program's own; sasl.ErrServerNotVerified and sasl.ErrUnfinished, which also end the connection. Cancel
// ends the exchange.
// Lifetime: the credentials are copied.
// Source: the auth of later versions of poplib.
func (c *Client) Authenticate(credentials *sasl.Credentials) *deferred.Deferred[Reply] {
	return c.authenticate(credentials, false)
}

// AuthenticateWith is Authenticate with a mechanism that is given, whether the server offers it or not. It serves one attempt.
//
// It is not known what a mechanism shows to who listens: it goes under TLS only, unless Options.AllowInsecureAuth.
// Command: AUTH (RFC 5034). Legal in: authorization. Fires, and fails, as Authenticate does.
func (c *Client) AuthenticateWith(m sasl.Mechanism) *deferred.Deferred[Reply] {
	if m == nil {
		return deferred.Fail[Reply](&ArgumentError{Command: "AUTH", Arg: 1, Reason: "there is no mechanism"})
	}
	a := &authentication{c: c, given: m}
	return a.issue()
}

// RegisterAuthenticator adds a mechanism of the program's own. It is chosen before those of package sasl, behind the Authenticators of the
// credentials, and replaces one of the same name.
func (c *Client) RegisterAuthenticator(a sasl.Authenticator) {
	r := c.unusual()
	r.authenticators = append(r.authenticators, a)
}

func (c *Client) authenticate(credentials *sasl.Credentials, orLogin bool) *deferred.Deferred[Reply] {
	if credentials == nil {
		return deferred.Fail[Reply](&ArgumentError{Command: "AUTH", Arg: 1, Reason: "there are no credentials"})
	}
	a := &authentication{c: c, credentials: *credentials, orLogin: orLogin}
	return a.issue()
}

// choose says how to sign in: with a mechanism, or else, by none, with USER and PASS.
func (a *authentication) choose() (m sasl.Mechanism, err error) {
	c := a.c
	if a.given != nil {
		return a.given, c.mayShowPassword(a.insecure() || a.fallsBack)
	}
	credentials := a.credentials
	credentials.AllowInsecure = a.insecure()
	if c.rare != nil {
		credentials.Authenticators = slices.Concat(credentials.Authenticators, c.rare.authenticators)
	}
	offered, channel := c.caps.Mechanisms(), c.channel()
	m, err = sasl.Choose(offered, &credentials, channel)
	var login error
	if a.orLogin && (err != nil || a.likesLogin(m)) {
		if login = a.mayLogin(); login == nil {
			return nil, nil
		}
	}
	if err == nil {
		return m, nil
	}
	if !c.encrypted() && !credentials.AllowInsecure {
		credentials.AllowInsecure = true
		if _, otherwise := sasl.Choose(offered, &credentials, channel); otherwise == nil {
			login = ErrInsecureAuth
		}
	}
	if login == ErrInsecureAuth {
		err = fmt.Errorf("%w: %w", login, err)
	}
	return nil, err
}

// noteCertificate: the connection is put under TLS with this configuration.
func (c *Client) noteCertificate(config *tls.Config) {
	if session.HasCertificate(config) {
		c.unusual().certificate = true
	}
}

// insecure tells whether secrets may go in the clear.
func (a *authentication) insecure() bool {
	return a.credentials.AllowInsecure || a.c.options().AllowInsecureAuth
}

// channel is what mechanisms have to know of the connection.
func (c *Client) channel() sasl.Channel {
	return session.Channel(c.transport, c.rare != nil && c.rare.certificate)
}
