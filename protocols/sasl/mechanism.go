package sasl

import "context"

// Mechanism is the client's half of one authentication: one value for each attempt.
//
// Its methods are called one at a time: Start once, then Next for each challenge. They get and give bytes without base64. What Start and
// Next answer is secret. The context ends when nobody waits for the answer any more; those who do not block ignore it. A mechanism that
// has more to say is a Blocker or a Finisher as well.
//
// Goroutine: that of the Conversation, or of its Worker if the mechanism is a Blocker; never two at the same time.
// Source: twisted.mail.interfaces.IClientAuthentication, with its state in the value.
type Mechanism interface {
	// Name is what the server calls the mechanism, in capitals: PLAIN.
	Name() string
	// Start begins. With ok the client speaks first, and initial is what it says, which may be empty; without, the server does.
	Start(ctx context.Context) (initial []byte, ok bool, err error)
	// Next answers a challenge. An error ends the authentication: the protocol cancels it.
	//
	// Lifetime: challenge may be kept.
	Next(ctx context.Context, challenge []byte) (response []byte, err error)
}

// Blocker is a Mechanism whose calls may block or compute for long.
type Blocker interface {
	// Blocks tells whether the next call of Start or Next may take more than a millisecond.
	Blocks() bool
}

// Finisher is a Mechanism that has a say in how the authentication ends.
type Finisher interface {
	// Finish is called once, with nil when the server has accepted and else with its refusal, and answers what the
	// authentication ends with: nil for success. An error of its own wraps the refusal, if there was one.
	Finish(verdict error) error
}

// Authenticator makes a mechanism for each attempt. It is how a program adds a mechanism of its own: Credentials.Authenticators.
//
// Source: twisted.mail.imap4.IMAP4Client.registerAuthenticator.
type Authenticator struct {
	// Name of the mechanism, as the server offers it; case does not matter.
	Name string
	// NeedsTLS keeps the mechanism from connections in the clear, unless Credentials.AllowInsecure: set it if what goes out holds
	// a secret that can be read.
	NeedsTLS bool
	// New makes a mechanism. With an error the next one in the order is taken. Nil rules the Authenticator out.
	New func(c *Credentials, ch Channel) (Mechanism, error)
}
