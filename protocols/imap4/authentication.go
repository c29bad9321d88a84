package imap4

import (
	"context"
	"errors"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// authentication is a user who signs in: AUTHENTICATE with a mechanism, perhaps a second time with the one to fall back to, or LOGIN.
type authentication struct {
	c           *Client
	credentials sasl.Credentials
	given       sasl.Mechanism // to use, whatever is offered; nil for one that is chosen
	orLogin     bool           // LOGIN will do
	result      *deferred.Deferred[struct{}]

	// The attempt that is under way.
	command *command
	talk    *sasl.Conversation            // nil for LOGIN
	step    *deferred.Deferred[sasl.Step] // what the mechanism works at, nil for nothing
	initial sasl.Step                     // what goes with the command
	later   *sasl.Step                    // the initial response, if it goes as the answer to the first challenge
	fault   error                         // why this side cannot go on
	begun   bool                          // it is known what to send
	stopped bool                          // "*" was sent
	ignored int                           // challenges behind it
	over    bool                          // the attempt has ended
	age     uint32                        // of the capabilities, when the command was sent

	gone bool // result was cancelled
}

// maxInitialBytes is how long an initial response in base64 may be to go with the command. Servers take command lines of 8,000 octets at
// least (RFC 2683 section 3.2.1.5).
const maxInitialBytes = 7900

// maxIgnored is how often a server may ask on after "*".
const maxIgnored = 10

func (a *authentication) issue() *deferred.Deferred[struct{}] {
	c := a.c
	if err := c.ended(); err != nil {
		return deferred.Fail[struct{}](&CommandError{Command: "AUTHENTICATE", Err: err})
	}
	cmd := a.attempt()
	if err := c.begin(cmd); err != nil {
		return deferred.Fail[struct{}](err)
	}
	a.result = deferred.New(func(*deferred.Deferred[struct{}]) { a.cancel() })
	a.result.BindTo(c.transport.Reactor())
	c.busy()
	c.waiting.push(cmd)
	c.sendNext()
	c.throttle()
	return a.result
}

// attempt makes the command for one.
func (a *authentication) attempt() *command {
	*a = authentication{c: a.c, credentials: a.credentials, given: a.given, orLogin: a.orLogin, result: a.result, gone: a.gone}
	a.command = &command{
		name: "AUTHENTICATE", class: classStream, needs: beforeLogin, adapts: true,
		detour: a.prepare, ready: a.ready, arguments: a.arguments, plus: a.onPlus, believes: a.believes, done: a.done,
	}
	return a.command
}

// prepare makes ready what is sent first. It answers true when that takes its time, or when the server has to be asked what it offers.
func (a *authentication) prepare() (wait bool) {
	if a.begun {
		return false
	}
	m, err := a.choose()
	var none *sasl.NoMechanismError
	if (err == nil && m == nil || errors.As(err, &none)) && a.c.learnAll() { // a greeting may name a part only
		return true
	}
	a.begun = true
	if err != nil || m == nil {
		a.fault = err
		return false
	}
	a.talk = sasl.NewConversation(m, a.worker)
	withCommand := a.c.offers([]string{"SASL-IR", "IMAP4rev2"})
	inside := true
	a.c.composing = true
	a.work(a.talk.Start(withCommand), func(s sasl.Step, err error) {
		a.c.composing = false
		a.initial, a.fault = s, err
		if !inside {
			a.c.sendNext()
		}
	})
	inside = false
	return a.c.composing
}

// worker does what would block the reactor beside it.
func (a *authentication) worker(work sasl.Work) *deferred.Deferred[sasl.Step] {
	return reactor.Go(a.c.transport.Reactor(), func(ctx context.Context) (sasl.Step, error) { return work(ctx) })
}

// work hands over what the mechanism comes to, unless nobody wants it any more. It may take as long as a command.
func (a *authentication) work(step *deferred.Deferred[sasl.Step], then func(s sasl.Step, err error)) {
	a.step = step
	if limit := a.c.options().commandTimeout(); limit > 0 {
		if _, _, ok := step.Result(); !ok {
			step.AddTimeout(a.c.transport.Reactor(), limit)
		}
	}
	finish := func(s sasl.Step, err error) {
		if a.step == step {
			a.step = nil
			then(s, err)
		}
	}
	step.Handle(func(s sasl.Step) { finish(s, nil) }, func(err error) { finish(sasl.Step{}, err) })
}

// leaveWork gives up what the mechanism works at.
func (a *authentication) leaveWork() {
	if step := a.step; step != nil {
		a.step = nil
		step.Cancel()
	}
}

// ready gives the command its bytes.
func (a *authentication) ready() error {
	if a.fault != nil {
		return a.fault
	}
	c := a.c
	a.age = c.capsAge
	if a.talk == nil {
		return c.sendAs(a.command, "LOGIN")
	}
	if s := a.initial; s.Send && len(sasl.AppendInitial(nil, s.Response)) > maxInitialBytes {
		a.initial, a.later = sasl.Step{}, &s
	}
	return c.encode(a.command)
}

func (a *authentication) arguments(b *wire.CommandBuilder) {
	switch {
	case !a.begun || a.fault != nil:
	case a.talk == nil:
		b.SP().AString(a.credentials.Username).SP().SecretAString(a.credentials.Password.Reveal())
	default:
		b.SP().Atom(a.talk.Mechanism().Name())
		if a.initial.Send {
			b.SP().SecretAString(string(sasl.AppendInitial(nil, a.initial.Response)))
		}
	}
}

// onPlus answers a challenge. A server that goes on asking after "*" gets no answer.
//
//	authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp] *(CRLF base64)
func (a *authentication) onPlus(text string) {
	switch {
	case a.talk == nil:
	case a.stopped:
		if a.ignored++; a.ignored > maxIgnored {
			a.c.close(&SyntaxError{Want: `an answer to AUTHENTICATE behind "*"`, Got: `"+"`})
		}
	case a.gone:
		a.stop(deferred.ErrCancelled)
	case a.step != nil: // it did not wait for the answer to the one before
		a.stop(sasl.ErrOutOfTurn)
	case a.later != nil:
		response := a.later.Response
		a.later = nil
		a.say(response)
	default:
		a.c.stall(a.command)
		a.work(a.talk.Next([]byte(text)), a.answer)
	}
}

// answer sends what the mechanism has come to.
func (a *authentication) answer(s sasl.Step, err error) {
	a.c.unstall(a.command)
	switch {
	case a.c.saidBye() != nil || a.c.ending():
	case errors.Is(err, sasl.ErrServerNotVerified):
		a.c.close(err)
	case err != nil:
		a.stop(err)
	default:
		a.say(s.Response)
	}
}

func (a *authentication) say(response []byte) {
	a.sendLine(string(sasl.AppendResponse(nil, response)), "***")
}

// stop ends the exchange; the server has to answer the command still.
func (a *authentication) stop(err error) {
	a.stopped, a.fault = true, err
	a.leaveWork()
	a.c.unstall(a.command)
	a.sendLine("*", "*")
}

// sendLine sends a line, of which a trace shows something else.
func (a *authentication) sendLine(line, shown string) {
	if t := a.c.options().Trace; t != nil {
		t.Client([]byte(shown + "\r\n"))
	}
	a.c.write([]byte(line + "\r\n"))
}

// believes is asked when the server says OK. An error is one that is not believed: the connection ends.
func (a *authentication) believes() error {
	switch {
	case a.talk == nil:
		return nil
	case a.fault != nil:
		return a.fault
	case a.later != nil:
		return sasl.ErrUnfinished
	}
	return a.talk.Finish(nil)
}

// done is the end of an attempt.
func (a *authentication) done(r *wire.Response, err error) {
	if a.over {
		return
	}
	a.over = true
	refusal, refused := err.(*ResponseError)
	switch {
	case r != nil:
		a.c.loggedIn(a.age)
		a.result.TryCallback(struct{}{})
	case refused && a.talk != nil:
		a.refused(refusal)
	default:
		a.leaveWork()
		a.result.TryErrback(err)
	}
}

// refused: the server has said NO or BAD. The mechanism may know more of it, and of another way.
func (a *authentication) refused(refusal *ResponseError) {
	err := a.talk.Finish(refusal)
	a.leaveWork()
	next := a.talk.Fallback()
	switch {
	case a.fault != nil:
		err = &CommandError{Command: "AUTHENTICATE", Sent: true, Err: a.fault}
	case next != nil && !a.gone && refusal.Code != "AUTHENTICATIONFAILED":
		a.given = next
		a.c.queueFirst(a.attempt())
		return
	}
	a.result.TryErrback(err)
}

// cancel gives up. What was sent has to be answered still.
func (a *authentication) cancel() {
	a.gone = true
	switch {
	case a.over:
	case a.c.waiting.has(a.command):
		if a.step != nil {
			a.c.composing = false
		}
		a.leaveWork()
		a.c.cancel(a.command)
	case a.step != nil:
		a.stop(deferred.ErrCancelled)
	}
}
