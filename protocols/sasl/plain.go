package sasl

import (
	"context"
	"strings"
)

// NewPlain proves by sending user and password (RFC 4616). It wants Username and Password, and says AuthorizationID.
//
// Fails with: *ArgumentError. Source: twisted.mail.imap4.PLAINAuthenticator.
func NewPlain(c *Credentials) (Mechanism, error) {
	const name = "PLAIN"
	if err := checkPassword(name, c); err != nil {
		return nil, err
	}
	if err := checkText(name, "AuthorizationID", c.AuthorizationID); err != nil {
		return nil, err
	}
	return &plain{authzid: c.AuthorizationID, user: c.Username, password: c.Password}, nil
}

type plain struct {
	authzid, user string
	password      Secret
}

func (*plain) Name() string { return "PLAIN" }

// Start:
//
//	message = [authzid] UTF8NUL authcid UTF8NUL passwd
func (p *plain) Start(context.Context) ([]byte, bool, error) {
	return []byte(p.authzid + "\x00" + p.user + "\x00" + p.password.Reveal()), true, nil
}

func (*plain) Next(context.Context, []byte) ([]byte, error) { return nil, tooMany("PLAIN") }

// tooMany is a challenge after the last one that the mechanism has.
func tooMany(mechanism string) error {
	return &ChallengeError{Mechanism: mechanism, Reason: "is one more than there may be"}
}

// checkPassword tells what is missing, or wrong, in the name and password for a mechanism that sends or hashes them as they are.
func checkPassword(mechanism string, c *Credentials) error {
	if err := checkUser(mechanism, c); err != nil {
		return err
	}
	if c.Password.IsZero() {
		return &ArgumentError{Mechanism: mechanism, Field: "Password", Reason: "is missing"}
	}
	return checkText(mechanism, "Password", c.Password.Reveal())
}

func checkUser(mechanism string, c *Credentials) error {
	if c.Username == "" {
		return &ArgumentError{Mechanism: mechanism, Field: "Username", Reason: "is missing"}
	}
	return checkText(mechanism, "Username", c.Username)
}

// checkText refuses NUL and what ends a line or separates fields: no mechanism has a way to say it that every server reads alike.
func checkText(mechanism, field, text string) error {
	if strings.ContainsAny(text, "\x00\x01\r\n") {
		return &ArgumentError{Mechanism: mechanism, Field: field, Reason: "holds NUL, SOH or a line end"}
	}
	return nil
}
