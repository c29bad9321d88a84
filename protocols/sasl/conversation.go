package sasl

import (
	"context"
	"fmt"
	"io"

	"github.com/tconn/tconn/deferred"
)

// Step is what the client says next.
type Step struct {
	// Response is what to send, before base64. It is secret.
	Response []byte
	// Send is false for a start without an initial response. An empty Response is sent, if Send is true.
	Send bool
}

// Format writes *** for every verb: the response is secret.
func (Step) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText answers ***.
func (Step) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Work is a call of a Mechanism that may block. Its context ends when nobody waits for it any more.
type Work = func(ctx context.Context) (Step, error)

// Worker does work where it may block, and fires the Deferred on the goroutine that uses the Conversation. With a reactor it is
// reactor.Go:
//
//	func(work sasl.Work) *deferred.Deferred[sasl.Step] { return reactor.Go(r, work) }
type Worker func(work Work) *deferred.Deferred[Step]

// Conversation leads one authentication with a Mechanism, for protocols of lines.
//
// The protocol sends its command with what Start answers, then for each challenge what Next answers. If Next fails it sends
// "*" and waits for the server's refusal. The server's verdict it gives to Finish. If the connection is lost it cancels the Deferred that
// it waits for, and does not call Finish.
//
// Goroutine: one, and that of the Worker's Deferreds.
type Conversation struct {
	// MaxChallenge is how many bytes a challenge may have when decoded. Zero is DefaultMaxChallenge. Above: *LimitError.
	MaxChallenge int

	m       Mechanism
	worker  Worker
	started bool
	busy    bool   // a call of the mechanism is under way
	asked   int    // challenges that have come
	holding bool   // the initial response was not sent with the command
	held    Secret // that response
	ended   bool   // Finish was called
	err     error  // why the mechanism is not to be called any more
}

// NewConversation begins nothing yet. Without a Worker, nil, the mechanism is called here even if it blocks. A nil m panics.
func NewConversation(m Mechanism, w Worker) *Conversation {
	if m == nil {
		panic("sasl: NewConversation with a nil mechanism")
	}
	return &Conversation{m: m, worker: w}
}

// Mechanism is what the conversation is led with.
func (c *Conversation) Mechanism() Mechanism { return c.m }

// Start makes ready what the client says first, before anything is sent: a token is fetched here.
//
// With initial, which means that the protocol's command can carry it (SASL-IR), the Step has what goes there; see AppendInitial. Without, the
// Conversation keeps it and gives it as the answer to the first challenge, which then is not looked at.
// Fails with: ErrOutOfTurn on a second call, *TokenError, *ArgumentError, what else the mechanism fails with; nothing is to be sent then.
func (c *Conversation) Start(initial bool) *deferred.Deferred[Step] {
	if c.started {
		return deferred.Fail[Step](ErrOutOfTurn)
	}
	c.started = true
	d := c.call(func(ctx context.Context) (Step, error) {
		response, ok, err := c.m.Start(ctx)
		return Step{Response: response, Send: ok}, err
	})
	if initial {
		return d
	}
	return d.AddCallback(func(s Step) (Step, error) {
		c.holding, c.held = s.Send, NewSecret(string(s.Response))
		return Step{}, nil
	})
}

// maxChallenges is how many an authentication may have: a server could go on asking for ever. The mechanisms here have a few.
const maxChallenges = 100

// Next answers a challenge: text is what the server has sent behind "+ ", in base64.
//
// Fails with: *ChallengeError, *LimitError, also behind 100 challenges, ErrOutOfTurn, what else the mechanism fails with; the protocol cancels then, with "*".
// Lifetime: text is borrowed until the call returns.
func (c *Conversation) Next(text []byte) *deferred.Deferred[Step] {
	switch {
	case c.err != nil:
		return deferred.Fail[Step](c.err)
	case !c.started || c.busy || c.ended:
		return c.fail(ErrOutOfTurn)
	case c.holding:
		c.holding = false
		return deferred.Succeed(Step{Response: []byte(c.held.Reveal()), Send: true})
	}
	if c.asked++; c.asked > maxChallenges {
		return c.fail(&LimitError{Limit: "Challenges", Max: maxChallenges})
	}
	challenge, err := DecodeChallenge(text, c.MaxChallenge)
	if err != nil {
		return c.fail(err)
	}
	return c.call(func(ctx context.Context) (Step, error) {
		response, err := c.m.Next(ctx, challenge)
		return Step{Response: response, Send: true}, err
	})
}

// Finish takes the server's verdict, nil for success, and answers what the authentication ends with.
//
// It is nil only if the server has accepted, the mechanism is through, and with SCRAM the server has proved itself. Else it is the reason
// why a Start or Next failed; ErrServerNotVerified, ErrUnfinished; *OAuthError or *ServerError around the verdict; or the verdict itself.
func (c *Conversation) Finish(verdict error) error {
	switch {
	case c.err != nil:
		return c.err
	case c.ended:
		return ErrOutOfTurn
	}
	c.ended = true
	switch {
	case verdict == nil && (!c.started || c.busy || c.holding):
		c.err = ErrUnfinished
		return c.err
	case !c.started || c.busy: // the mechanism is in use
		c.err = verdict
		return verdict
	}
	f, ok := c.m.(Finisher)
	if !ok {
		return verdict
	}
	err := f.Finish(verdict)
	if verdict == nil { // an error now is a server that is not believed
		c.err = err
	}
	return err
}

// Fallback answers, after Finish, the mechanism to try when the server has refused this one, on the same connection; nil for none.
//
// There is one for SCRAM with channel binding: the same without. Some servers offer -PLUS with a type of binding that no client
// can have (Cyrus IMAP 3.6 under TLS 1.3) and refuse all others. There is none if the server has proved itself, or tried to and
// failed, or has said that the reason is another; if the certificate was not verified, because then the binding was all there was against
// a man in the middle; and if Credentials.Mechanisms does not name it. A server whose refusal says that the password is wrong, such as by
// AUTHENTICATIONFAILED (RFC 5530), had better not be asked again.
func (c *Conversation) Fallback() Mechanism {
	if s, ok := c.m.(*scram); ok && c.ended && c.err == nil {
		if weaker := s.withoutBinding(); weaker != nil {
			return weaker
		}
	}
	return nil
}

// call does a call of the mechanism, here or in the Worker.
func (c *Conversation) call(work Work) *deferred.Deferred[Step] {
	c.busy = true
	var d *deferred.Deferred[Step]
	if b, ok := c.m.(Blocker); ok && b.Blocks() && c.worker != nil {
		d = c.worker(work)
	} else {
		d = deferred.Execute(func() (Step, error) { return work(context.Background()) })
	}
	return d.AddBoth(func(s Step, err error) (Step, error) {
		c.busy = false
		if err != nil && c.err == nil { // work that was cancelled may still run: the mechanism is not called again
			c.err = err
		}
		return s, err
	})
}

// fail ends the conversation.
func (c *Conversation) fail(err error) *deferred.Deferred[Step] {
	c.err = err
	return deferred.Fail[Step](err)
}
