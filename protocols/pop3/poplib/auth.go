package poplib

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"sync"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/sasl"
)

// Auth signs in with a SASL mechanism that the caller speaks.
//
// authobject answers each challenge of the server, both without base64; an error, or "*" for an answer, ends the exchange, and Auth fails
// with it. initialResponse goes with the command; it is for mechanisms of one step, and instead of authobject. Without both the server must
// accept at once. SignIn speaks the mechanisms of package sasl by itself.
//
// Command: AUTH (RFC 5034). Answers the server's line. An initial response that does not fit 255 octets with its command, and that of XOAUTH2,
// follows the server's "+" in a line of its own.
// Errors: *Error; pop3.ErrInsecureAuth without TLS, unless Options.AllowInsecureAuth; *pop3.ArgumentError for both an authobject and an
// initialResponse; what authobject said.
// Goroutine: authobject is called in another one, while Auth waits; it must not use p. Source: auth of later versions of poplib.POP3.
func (p *POP3) Auth(mechanism string, authobject func(challenge []byte) ([]byte, error), initialResponse []byte) ([]byte, error) {
	if authobject != nil && initialResponse != nil {
		return nil, &pop3.ArgumentError{Command: "AUTH", Arg: 3, Reason: "authobject and initialResponse are mutually exclusive"}
	}
	m := &caller{name: mechanism, authobject: authobject, initial: initialResponse}
	return p.signIn(m.spoken, func(c *pop3.Client) *deferred.Deferred[pop3.Reply] {
		if authobject == nil {
			return c.AuthenticateWith(m)
		}
		return c.AuthenticateWith(&blockingCaller{m})
	})
}

// SignIn signs in by the strongest way that the server offers and the credentials allow, SCRAM or OAUTHBEARER for example, as
// pop3.Client.SignIn says. Debug output never shows its secrets.
//
// Commands: CAPA, then AUTH, or USER and PASS. Answers the server's line. Errors: *Error, and those of pop3.Client.SignIn. poplib has no such
// method.
func (p *POP3) SignIn(credentials *sasl.Credentials) ([]byte, error) {
	none := func() []string { return nil }
	return p.signIn(none, func(c *pop3.Client) *deferred.Deferred[pop3.Reply] { return c.SignIn(credentials) })
}

// signIn leads an exchange, and shows it when it is over. spoken is what the secrets were.
func (p *POP3) signIn(spoken func() []string, f func(c *pop3.Client) *deferred.Deferred[pop3.Reply]) ([]byte, error) {
	if deferred.OnAnyLoop() {
		return nil, deferred.ErrAwaitOnLoop
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	if p.over.Load() {
		return nil, ErrClosed
	}
	ctx := p.options.context()
	if ctx.Err() != nil {
		p.end()
		return nil, context.Cause(ctx)
	}
	p.recorder.begin(p.prints(levelCommands))
	r, err := pop3.Await(ctx, p.client, f)
	var said []string
	if p.options.ShowSecrets {
		said = spoken()
	}
	p.printAuth(said, err)
	if err != nil {
		return nil, p.failed(err)
	}
	return []byte(r.Line), nil
}

var (
	errNoAuthObject = errors.New("poplib: the server has a challenge, and there is no authobject to answer it")
	errGivenUp      = errors.New("poplib: the authobject has ended the exchange")
)

// caller is a sasl.Mechanism that the caller of Auth speaks.
type caller struct {
	name       string
	authobject func(challenge []byte) ([]byte, error)
	initial    []byte

	mu   sync.Mutex
	said []string
}

func (m *caller) Name() string { return m.name }

func (m *caller) Start(context.Context) (initial []byte, ok bool, err error) {
	if m.initial == nil {
		return nil, false, nil
	}
	m.note(sasl.AppendInitial(nil, m.initial))
	return m.initial, true, nil
}

func (m *caller) Next(_ context.Context, challenge []byte) ([]byte, error) {
	if m.authobject == nil {
		return nil, errNoAuthObject
	}
	response, err := m.authobject(challenge)
	switch {
	case err != nil:
		return nil, err
	case string(response) == "*":
		return nil, errGivenUp
	}
	m.note(sasl.AppendResponse(nil, response))
	return response, nil
}

func (m *caller) note(encoded []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.said = append(m.said, string(encoded))
}

// spoken are the responses so far, in base64.
func (m *caller) spoken() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.said
}

// blockingCaller is one whose authobject may take its time.
type blockingCaller struct{ *caller }

func (blockingCaller) Blocks() bool { return true }

// digest is APOP's, of RFC 1939 section 7.
func digest(challenge, password string) string {
	sum := md5.Sum([]byte(challenge + password))
	return hex.EncodeToString(sum[:])
}
