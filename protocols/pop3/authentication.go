package pop3

import (
	"context"
	"errors"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3/internal/wire"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// authentication is a user who signs in: AUTH with a mechanism, perhaps a second time with the one to fall back to, or USER and PASS.
type authentication struct {
	c           *Client
	credentials sasl.Credentials
	given       sasl.Mechanism // to use, whatever is offered; nil for one that is chosen
	orLogin     bool           // USER and PASS will do
	fallsBack   bool           // given is what another mechanism falls back to: it shows no more than that
	gone        bool           // nobody waits for the result any more
	result      *deferred.Deferred[Reply]
	attempt     // that is under way
}

// attempt is one try.
type attempt struct {
	command *command
	login   *login                        // nil for AUTH
	talk    *sasl.Conversation            // nil for USER and PASS
	step    *deferred.Deferred[sasl.Step] // what the mechanism works at, nil for nothing
	initial *sasl.Step                    // the initial response, until it was sent
	fault   error                         // why this side cannot go on
	begun   bool                          // it is known what to send
	stopped bool                          // "*" was sent
	ignored int                           // challenges behind it
	over    bool
}

// maxIgnored is how often a server may ask on after "*".
const maxIgnored = 10

// maxCommandLine is how long an AUTH with its initial response may be, CRLF included (RFC 5034 section 4, RFC 2449 section 4).
const maxCommandLine = 255

func (a *authentication) issue() *deferred.Deferred[Reply] {
	if err := a.c.ended(); err != nil {
		return deferred.Fail[Reply](&CommandError{Command: "AUTH", Err: err})
	}
	a.result = deferred.New(func(*deferred.Deferred[Reply]) { a.cancel() })
	a.result.BindTo(a.c.transport.Reactor())
	a.c.enqueue(a.next())
	return a.result
}

// next makes the command of the next attempt.
func (a *authentication) next() *command {
	a.attempt = attempt{command: &command{
		name: "AUTH", needs: beforeLogin, alone: true, detour: a.prepare, ready: a.ready, challenge: a.onLine, answered: a.onAnswer, done: a.done,
	}}
	return a.command
}

// prepare makes ready what is sent first. It answers true when that takes its time, or when the server has to be asked what it offers.
func (a *authentication) prepare() (wait bool) {
	c := a.c
	if a.begun {
		return false
	}
	if a.given == nil && !c.capsKnown {
		c.askCapabilities()
		return true
	}
	a.begun = true
	m, err := a.choose()
	switch {
	case err != nil:
		a.fault = err
		return false
	case m == nil:
		return a.logIn()
	}
	a.talk = sasl.NewConversation(m, a.worker)
	inside := true
	c.composing = true
	a.work(a.talk.Start(true), func(s sasl.Step, err error) {
		c.composing = false
		if a.fault = err; s.Send {
			a.initial = &s
		}
		if !inside {
			c.sendNext()
		}
	})
	inside = false
	return c.composing
}

// logIn puts USER in the place of the command. It answers true if that has worked.
func (a *authentication) logIn() bool {
	l := &login{c: a.c, insecure: a.insecure()}
	cmd, err := l.command(a.credentials.Username, a.credentials.Password.Reveal())
	if err != nil {
		a.fault = err
		return false
	}
	a.c.waiting.remove(a.command)
	a.command, a.login, cmd.done = cmd, l, a.done
	a.c.waiting.pushFront(cmd)
	return true
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

// ready makes the line, with the initial response if it may go there.
func (a *authentication) ready() error {
	if a.fault != nil {
		return a.fault
	}
	name := a.talk.Mechanism().Name()
	line, err := wire.AppendCommand(nil, "AUTH", name)
	if err != nil {
		return err
	}
	a.command.line = line
	if a.initial == nil || a.c.options().NoInitialResponse || strings.EqualFold(name, "XOAUTH2") {
		return nil
	}
	withInitial, err := wire.AppendCommand(nil, "AUTH", name, string(sasl.AppendInitial(nil, a.initial.Response)))
	if err == nil && len(withInitial) <= maxCommandLine {
		a.command.line, a.command.shown, a.initial = withInitial, "AUTH "+name+" ***", nil
	}
	return nil
}

// onLine takes challenges. Exchange 2003 writes +OK where it waits for the initial response.
//
//	challenge = "+" SP [base64] CRLF (RFC 5034 section 6)
func (a *authentication) onLine(line []byte) bool {
	text, ok := wire.IsContinuation(line)
	if s, isStatus := wire.ParseStatus(line); !ok && (a.initial == nil || a.stopped || !isStatus || !s.OK) {
		return false
	}
	switch {
	case a.stopped: // it goes on asking after "*", and gets no answer
		if a.ignored++; a.ignored > maxIgnored {
			a.c.onUnexpected(line)
		}
	case a.gone:
		a.stop(deferred.ErrCancelled)
	case a.step != nil: // it did not wait for the answer to the one before
		a.stop(sasl.ErrOutOfTurn)
	case a.initial != nil:
		response := a.initial.Response
		a.initial = nil
		a.say(response)
	default:
		a.c.stall()
		a.work(a.talk.Next(text), a.answer)
	}
	return true
}

// answer sends what the mechanism has come to.
func (a *authentication) answer(s sasl.Step, err error) {
	a.c.unstall()
	switch {
	case a.c.ending():
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
	a.c.unstall()
	a.sendLine("*", "*")
}

// sendLine sends a line, of which a trace shows something else.
func (a *authentication) sendLine(line, shown string) {
	c := a.c
	if t := c.options().Trace; t != nil {
		t.Client([]byte(shown + "\r\n"))
	}
	a.command.sentIn = c.turn
	_, _ = c.transport.Write([]byte(line + "\r\n"))
}

// onAnswer sees the answer first. An +OK that is not believed ends the connection.
func (a *authentication) onAnswer(r Reply) {
	if !r.OK {
		return
	}
	err := a.fault
	switch {
	case err != nil:
	case a.initial != nil:
		err = sasl.ErrUnfinished
	default:
		err = a.talk.Finish(nil)
	}
	if err != nil {
		a.fault = err
		return
	}
	a.c.noteLogin(r)
}

// done is the end of an attempt.
func (a *authentication) done(r Reply, err error) {
	if a.over {
		return
	}
	a.over = true
	refusal, refused := err.(*ResponseError)
	if !refused || a.talk == nil {
		a.leaveWork()
	}
	switch {
	case err == nil && a.fault != nil: // not believed
		err = &CommandError{Command: "AUTH", Sent: true, Err: a.fault}
		a.c.close(a.fault)
		a.result.TryErrback(err)
	case err == nil:
		a.result.TryCallback(r)
	case refused && a.talk != nil:
		a.refused(refusal)
	default:
		a.result.TryErrback(err)
	}
}

// refused: the server has said -ERR. The mechanism may know more of it, and of another way.
func (a *authentication) refused(refusal *ResponseError) {
	err := a.talk.Finish(refusal) // before the work is given up, which has a result of its own
	a.leaveWork()
	next := a.talk.Fallback()
	switch {
	case a.fault != nil:
		err = &CommandError{Command: "AUTH", Sent: true, Err: a.fault}
	case next != nil && !a.gone && !wrongCredentials(refusal):
		a.given, a.fallsBack = next, true
		a.c.waiting.pushFront(a.next())
		return
	}
	a.result.TryErrback(err)
}

// wrongCredentials tells whether a server has refused the user or the password, and not the way they came. Cyrus (seen: 3.6.1) puts the code AUTH
// before every failure of an exchange; what its SASL library calls the failure of a channel binding tells them apart.
func wrongCredentials(refusal *ResponseError) bool {
	return refusal.Code == "AUTH" && !strings.Contains(strings.ToLower(refusal.Text), "bad protocol")
}

// cancel gives up. What was sent has to be answered still.
func (a *authentication) cancel() {
	a.gone = true
	switch {
	case a.over:
	case a.login != nil:
		a.c.cancel(a.command)
	case a.command.in == &a.c.waiting:
		if a.step != nil {
			a.c.composing = false
		}
		a.leaveWork()
		a.c.cancel(a.command)
	case a.step != nil:
		a.stop(deferred.ErrCancelled)
	}
}
