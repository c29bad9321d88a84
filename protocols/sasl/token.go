package sasl

import (
	"context"
	"time"
)

// Token is an OAuth 2.0 access token.
type Token struct {
	Value Secret
	// Expiry is when it ends; zero is never, or not known.
	Expiry time.Time
}

// TokenSource gives the token to authenticate with. It is asked at each authentication; CachedToken keeps what a slow one has given.
//
// Goroutine: any, several at the same time; Token may block until ctx ends. A source that is a TokenRejecter, too, hears of tokens that a server has
// refused.
type TokenSource interface {
	Token(ctx context.Context) (Token, error)
}

// TokenFunc makes a TokenSource of a function.
type TokenFunc func(ctx context.Context) (Token, error)

// Token calls f.
func (f TokenFunc) Token(ctx context.Context) (Token, error) { return f(ctx) }

// TokenRejecter is a TokenSource that is told when a server has refused a token of its.
type TokenRejecter interface {
	// Rejected must not block. Goroutine: that of the Conversation.
	Rejected(t Token)
}

// TokenError: there is no token, so nothing was sent. Err is why.
type TokenError struct{ Err error }

// Error shows the source's error.
func (e *TokenError) Error() string { return "sasl: no token: " + e.Err.Error() }

// Unwrap is the source's error.
func (e *TokenError) Unwrap() error { return e.Err }
