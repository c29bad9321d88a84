package integration

import (
	"slices"
	"strings"
	"time"
)

// poplibCase is a conversation that poplib and the facade both have with a server that says the same to both.
type poplibCase struct {
	name    string
	server  script
	calls   []popCall
	connect popCall       // the constructor, if it has two results
	unknown bool          // nobody signs in first
	inOne   bool          // the server's answers are not cut: what comes with them, and what later, makes a difference
	verify  bool          // poplib verifies the certificate, too
	trust   bool          // the facade trusts the server's authority; it verifies in any case
	refused bool          // nobody listens
	host    string        // in place of 127.0.0.1
	crossed bool          // the client begins with TLS where the server does not, or the other way round
	timeout time.Duration // zero is patience
	maxLine int           // of poplib; zero is its own
	sent    string        // what the facade sends behind the sign-in, "-" for nothing, where that is not what poplib sends
	limited bool          // no password over a connection in the clear, as it is by default
}

// popCall is a call: a method of poplib and its arguments. Where results differ on purpose, id names the deviation in docs/from-poplib.md, and the
// results are those of poplib and of the facade.
type popCall struct {
	do           string
	args         []any
	id           string
	python, ours string
}

func call(name string, args ...any) popCall { return popCall{do: name, args: args} }

// but gives a call two results. notMade as the facade's says that it has no such call.
func (c popCall) but(id, python, ours string) popCall {
	c.id, c.python, c.ours = id, python, ours
	return c
}

// notMade is the result of a call that the facade's types do not allow.
const notMade = "-"

// Results that several cases have.
const (
	isClosed = "raised AttributeError" // of a session that is closed, as a call behind poplib's quit or close has it
	ready    = "+OK ready\r\n"
)

// signIn is before everything else, but in conversations without a user.
var (
	signInSteps = []step{{to: "USER test", say: "+OK\r\n"}, {to: "PASS secret", say: "+OK Logged in.\r\n"}}
	signInCalls = []popCall{call("user", "test"), call("pass_", "secret")}
)

const signInSent = "USER test\r\nPASS secret\r\n"

// allSteps and allCalls are those of the case, with the sign-in.
func (c *poplibCase) allSteps() []step {
	if c.unknown {
		return c.server.steps
	}
	return append(slices.Clone(signInSteps), c.server.steps...)
}

func (c *poplibCase) allCalls() []popCall {
	if c.unknown {
		return c.calls
	}
	return append(slices.Clone(signInCalls), c.calls...)
}

// poplibCases is the table.
func poplibCases() []poplibCase {
	return slices.Concat(statusCases(), statCases(), listingCases(), retrCases(), mailCases(), randomCases(), capaCases(), greetingCases(), endCases(),
		apopCases(), tlsCases(), argumentCases(), debugCases(), wholeSessionCases())
}

// answers makes a case for each answer to a command, with a NOOP behind it that tells whether the session lives on.
func answers(what string, of popCall, command string, all ...string) (cases []poplibCase) {
	for _, say := range all {
		cases = append(cases, answer(what, of, command, say, call("noop")))
	}
	return cases
}

func answer(what string, of popCall, command, say string, next popCall) poplibCase {
	name := what + " " + strings.TrimSuffix(shortened(say), `\r\n`)
	steps := []step{{to: command, say: say}, {to: "NOOP", say: "+OK second\r\n"}}
	return poplibCase{name: name, server: script{greeting: ready, steps: steps}, calls: []popCall{of, next}}
}

// shortened is a text as a part of a name.
func shortened(text string) string {
	text = pythonBytes([]byte(text))
	text = strings.Trim(strings.TrimPrefix(text, "b"), `'"`)
	if len(text) > 60 {
		text = text[:60] + "..."
	}
	return text
}
