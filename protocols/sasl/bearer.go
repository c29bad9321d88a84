package sasl

import (
	"context"
	"errors"
)

// bearer is what OAUTHBEARER and XOAUTH2 have in common: a token goes out, and a challenge means that it was refused.
type bearer struct {
	name   string
	source TokenSource
	first  func(token string) string // the initial response
	dummy  string                    // the answer to the refusal, so that the server can end the exchange

	token   Token
	refused *OAuthError
}

var (
	errEmptyToken = errors.New("the source has given an empty one")
	errTokenBytes = errors.New("it holds a byte that is no visible ASCII, such as a space or a line end")
)

// newBearer checks what both want.
func newBearer(name string, c *Credentials) (*bearer, error) {
	if c.Token == nil {
		return nil, &ArgumentError{Mechanism: name, Field: "Token", Reason: "is missing"}
	}
	return &bearer{name: name, source: c.Token}, nil
}

func (b *bearer) Name() string { return b.name }

// Blocks: the source may go to the network.
func (b *bearer) Blocks() bool { return b.token.Value.IsZero() }

func (b *bearer) Start(ctx context.Context) ([]byte, bool, error) {
	t, err := b.source.Token(ctx)
	if err == nil {
		err = checkToken(t.Value)
	}
	if err != nil {
		return nil, false, &TokenError{err}
	}
	b.token = t
	return []byte(b.first(t.Value.Reveal())), true, nil
}

func checkToken(token Secret) error {
	if token.IsZero() {
		return errEmptyToken
	}
	for _, c := range []byte(token.Reveal()) {
		if c <= ' ' || c > '~' {
			return errTokenBytes
		}
	}
	return nil
}

func (b *bearer) Next(_ context.Context, challenge []byte) ([]byte, error) {
	if b.refused != nil {
		return nil, tooMany(b.name)
	}
	b.refused = newOAuthError(b.name, challenge, b.token.Value)
	b.reject() // now: a server may hang up and say no more
	return []byte(b.dummy), nil
}

// reject tells the source.
func (b *bearer) reject() {
	if r, ok := b.source.(TokenRejecter); ok {
		r.Rejected(b.token)
	}
}

// Finish puts the server's reason around its refusal.
func (b *bearer) Finish(verdict error) error {
	if verdict == nil {
		return nil
	}
	if b.refused == nil {
		b.reject()
		return verdict
	}
	b.refused.Err = verdict
	return b.refused
}
