package sasl

import (
	"context"
	"errors"
	"sync"
	"time"
)

// CachedToken is a TokenSource that asks another one only when it has to: its token is good until a time before its expiry, or until a
// server refuses it. One without an expiry is good until it is refused. Those who ask at the same time share one answer.
//
// Goroutine: any.
type CachedToken struct {
	source TokenSource
	now    func() time.Time
	skew   time.Duration

	mu      sync.Mutex // guards everything below
	token   Token
	current bool   // token is there, and not refused
	asking  *asked // somebody asks the source
}

// asked is a question to the source. Done is closed when the rest is there.
type asked struct {
	done   chan struct{}
	token  Token
	err    error
	gaveUp bool // who asked did not wait for the answer
}

var errNoAnswer = errors.New("sasl: the token source panicked")

// NewCachedToken keeps the tokens of source until skew before they expire, by the clock now: time.Now, or a reactor's Now. A nil source or
// clock panics.
func NewCachedToken(source TokenSource, now func() time.Time, skew time.Duration) *CachedToken {
	if source == nil || now == nil {
		panic("sasl: NewCachedToken with a nil source or clock")
	}
	return &CachedToken{source: source, now: now, skew: skew}
}

// Token answers the token at hand or asks the source. Fails with: the source's error, which all who wait get; the cause of ctx's end.
func (c *CachedToken) Token(ctx context.Context) (Token, error) {
	for {
		c.mu.Lock()
		if c.good() {
			defer c.mu.Unlock()
			return c.token, nil
		}
		a := c.asking
		if a == nil {
			a = &asked{done: make(chan struct{})}
			c.asking = a
			c.mu.Unlock()
			return c.ask(ctx, a)
		}
		c.mu.Unlock()
		select {
		case <-a.done:
		case <-ctx.Done():
			return Token{}, context.Cause(ctx)
		}
		if a.err == nil || !a.gaveUp {
			return a.token, a.err
		}
	}
}

// good tells whether the token at hand can be used. c is locked.
func (c *CachedToken) good() bool {
	return c.current && (c.token.Expiry.IsZero() || c.now().Add(c.skew).Before(c.token.Expiry))
}

// ask asks the source, in the goroutine of the first who wants to know.
func (c *CachedToken) ask(ctx context.Context, a *asked) (Token, error) {
	a.err = errNoAnswer
	defer func() {
		a.gaveUp = a.err != nil && ctx.Err() != nil
		c.mu.Lock()
		c.asking = nil
		c.token, c.current = a.token, a.err == nil
		c.mu.Unlock()
		close(a.done)
	}()
	a.token, a.err = c.source.Token(ctx)
	return a.token, a.err
}

// Rejected forgets t, if it is the token at hand: the next who asks gets a new one.
func (c *CachedToken) Rejected(t Token) {
	c.mu.Lock()
	if c.current && c.token.Value.Reveal() == t.Value.Reveal() {
		c.token, c.current = Token{}, false
	}
	c.mu.Unlock()
	if r, ok := c.source.(TokenRejecter); ok {
		r.Rejected(t)
	}
}
