package sasl

import "context"

// NewLogin proves by sending user and password, each when asked: what there was before PLAIN (draft-murchison-sasl-login). It wants Username
// and Password and cannot say AuthorizationID.
//
// The first challenge gets the user and the second the password, whatever they say: servers spell them in many ways.
// Fails with: *ArgumentError. Source: twisted.mail.imap4.LOGINAuthenticator.
func NewLogin(c *Credentials) (Mechanism, error) {
	const name = "LOGIN"
	if err := checkPassword(name, c); err != nil {
		return nil, err
	}
	if err := onlyHimself(name, c); err != nil {
		return nil, err
	}
	return &login{user: c.Username, password: c.Password}, nil
}

type login struct {
	user     string
	password Secret
	answered int
}

func (*login) Name() string { return "LOGIN" }

func (*login) Start(context.Context) ([]byte, bool, error) { return nil, false, nil }

func (l *login) Next(context.Context, []byte) ([]byte, error) {
	l.answered++
	switch l.answered {
	case 1:
		return []byte(l.user), nil
	case 2:
		return []byte(l.password.Reveal()), nil
	}
	return nil, tooMany("LOGIN")
}

// Finish: a server that has not asked for the password does not know who it accepts.
func (l *login) Finish(verdict error) error { return unlessDone(verdict, l.answered == 2) }

// unlessDone is the verdict, but success only if the client has said all.
func unlessDone(verdict error, done bool) error {
	if verdict == nil && !done {
		return ErrUnfinished
	}
	return verdict
}

// onlyHimself refuses an authorization identity where there is no way to say it.
func onlyHimself(mechanism string, c *Credentials) error {
	if c.AuthorizationID != "" {
		return &ArgumentError{Mechanism: mechanism, Field: "AuthorizationID", Reason: "cannot be said with this mechanism"}
	}
	return nil
}
