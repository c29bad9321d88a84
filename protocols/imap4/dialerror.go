package imap4

import (
	"errors"
	"strings"
)

// DialError is a Dial that has come to nothing. No connection is left.
type DialError struct {
	Addr string // as it was given, or the endpoint as text
	Step string // how far it came: connect, greeting, STARTTLS or sign in; "" if it did not begin
	Err  error
}

// Error names the address, the step and the reason.
func (e *DialError) Error() string {
	text := "imap4: dial " + e.Addr + ": "
	if e.Step != "" {
		text += e.Step + ": "
	}
	return text + strings.TrimPrefix(e.Err.Error(), "imap4: ")
}

// Unwrap is the reason.
func (e *DialError) Unwrap() error { return e.Err }

// NoTLSError is a connection that had to go under TLS, and could not: somebody may have seen to that. The user's name and password were not
// sent.
type NoTLSError struct {
	Reason string
	Err    error // *UnsupportedError or *ResponseError, in a *CommandError; nil if nothing was asked
}

// Error says that TLS is missing, and why.
func (e *NoTLSError) Error() string { return "imap4: no TLS, which is required: " + e.Reason }

// Unwrap is the server's part in it.
func (e *NoTLSError) Unwrap() error { return e.Err }

// noTLS tells a server that has no STARTTLS, or refuses it, from a handshake that failed and a connection that ended.
func noTLS(err error) error {
	var refusal *ResponseError
	switch {
	case errors.As(err, new(*UnsupportedError)):
		return &NoTLSError{Reason: "the server does not offer STARTTLS", Err: err}
	case errors.As(err, &refusal) && refusal.Command == "STARTTLS":
		return &NoTLSError{Reason: "the server refuses STARTTLS", Err: err}
	}
	return err
}
