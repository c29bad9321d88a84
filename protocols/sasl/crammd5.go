package sasl

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/hex"
)

// NewCRAMMD5 proves by a keyed hash of the server's challenge (RFC 2195). It wants Username and Password and cannot say AuthorizationID.
//
// The password does not go over the wire, but who reads the exchange can try passwords on it at the full speed of MD5; and the server
// proves nothing. Fails with: *ArgumentError. Source: twisted.cred.credentials.CramMD5Credentials' client,
// twisted.mail.smtp.CramMD5ClientAuthenticator.
func NewCRAMMD5(c *Credentials) (Mechanism, error) {
	const name = "CRAM-MD5"
	if err := checkPassword(name, c); err != nil {
		return nil, err
	}
	if err := onlyHimself(name, c); err != nil {
		return nil, err
	}
	return &cramMD5{user: c.Username, password: c.Password}, nil
}

type cramMD5 struct {
	user     string
	password Secret
	answered bool
}

func (*cramMD5) Name() string { return "CRAM-MD5" }

func (*cramMD5) Start(context.Context) ([]byte, bool, error) { return nil, false, nil }

// Next answers the user, a space, and the digest in lower case. An empty challenge would make an answer that is good for ever.
func (m *cramMD5) Next(_ context.Context, challenge []byte) ([]byte, error) {
	switch {
	case m.answered:
		return nil, tooMany("CRAM-MD5")
	case len(challenge) == 0:
		return nil, &ChallengeError{Mechanism: "CRAM-MD5", Reason: "is empty"}
	}
	m.answered = true
	h := hmac.New(md5.New, []byte(m.password.Reveal()))
	h.Write(challenge)
	return hex.AppendEncode([]byte(m.user+" "), h.Sum(nil)), nil
}

// Finish: a server that has not asked does not know who it accepts.
func (m *cramMD5) Finish(verdict error) error { return unlessDone(verdict, m.answered) }
