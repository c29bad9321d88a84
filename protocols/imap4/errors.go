package imap4

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Errors of the layer below, under this package's name.
type (
	// SyntaxError: the peer broke the grammar.
	//
	//	Offset    int    // byte of the response
	//	Want, Got string // what the grammar has there, and what stood there
	SyntaxError = wire.SyntaxError
	// LimitError: the peer exceeded a limit; it matches ErrLineTooLong, ErrResponseTooLarge, ErrLiteralTooLarge or ErrTooDeep.
	//
	//	Limit string // the field of Limits, Options or WatchOptions; Capabilities, or Budget for what is read of a response: these are fixed
	//	Max   int64  // its value
	LimitError = wire.LimitError
	// ArgumentError: an argument cannot be sent, and nothing was. It never holds the value.
	//
	//	Command string // its name; "" outside a command
	//	Arg     int    // 1 is the first behind the name; 0 is the name, or no argument of a command
	//	Reason  string
	ArgumentError = wire.ArgumentError
)

// The limits that a LimitError can be about.
var (
	ErrLineTooLong      = wire.ErrLineTooLong
	ErrResponseTooLarge = wire.ErrResponseTooLarge
	ErrLiteralTooLarge  = wire.ErrLiteralTooLarge
	ErrTooDeep          = wire.ErrTooDeep
)

// What the caller cannot do now. They come wrapped in a *CommandError whose Sent is false.
var (
	// ErrNotConnected: a command on a client that has no connection yet, or has closed it.
	ErrNotConnected = errors.New("imap4: there is no connection")
	// ErrState: a command that the state of the session does not allow, such as a second LOGIN.
	ErrState = errors.New("imap4: the command is not allowed in this state of the session")
	// ErrInsecureAuth: a password or token was not sent because the connection is not under TLS; use TLS, or Options.AllowInsecureAuth.
	ErrInsecureAuth = errors.New("imap4: the password was not sent because the connection is not encrypted")
	// ErrLoginDisabled: the server says LOGINDISABLED; it wants TLS first, or another mechanism.
	ErrLoginDisabled = errors.New("imap4: the server has disabled LOGIN on this connection")
)

// UnsupportedError is a command that was not sent because the server does not offer the capability it needs. It comes
// in a *CommandError.
type UnsupportedError struct {
	Capability string // as in RFC 9051: "QUOTA"; or several of which one would do
}

// Error names what is missing.
func (e *UnsupportedError) Error() string { return "imap4: the server does not offer " + e.Capability }

// Is matches errors.ErrUnsupported.
func (e *UnsupportedError) Is(target error) bool { return target == errors.ErrUnsupported }

// ResponseError is a command that the server answered with NO or BAD. The connection lives on.
//
// It matches the Err... of its code (RFC 5530), or of its text where servers say it in words only: errors.Is(err, ErrAuthenticationFailed).
// Source: Twisted's IMAP4Exception of a failed command.
type ResponseError struct {
	Command    string        // LOGIN, ...
	Status     string        // NO or BAD
	Code       string        // the response code's word in capitals, such as AUTHENTICATIONFAILED (RFC 5530); "" for none
	CodeArgs   string        // what follows it in the brackets, as sent
	Text       string        // for people
	RetryAfter time.Duration // how long the server asks to wait before the next try, at most an hour; zero if it does not
}

func responseError(command string, r *wire.Response) *ResponseError {
	return &ResponseError{
		Command: command, Status: r.Name, Code: r.Code, CodeArgs: r.CodeArgs, Text: r.Text,
		RetryAfter: retryAfter(r.RawCode + " " + r.Text),
	}
}

// Error quotes the server's text, so that no control character of it reaches a terminal.
func (e *ResponseError) Error() string {
	code := ""
	if e.Code != "" {
		code = " [" + printable(e.Code) + "]"
	}
	return fmt.Sprintf("imap4: %s: the server said %s%s %q", e.Command, e.Status, code, e.Text)
}

// ByeError is a connection that the server has ended with BYE. Err says how the connection ended then, nil if it had not yet.
type ByeError struct {
	Code string // the response code's word in capitals, "" for none
	Text string // for people
	Err  error
}

// Error quotes the server's text, so that no control character of it reaches a terminal.
func (e *ByeError) Error() string {
	return fmt.Sprintf("imap4: the server said BYE %q", e.Text)
}

// Unwrap is how the connection ended.
func (e *ByeError) Unwrap() error { return e.Err }

// GreetingError is a server whose first line is no IMAP greeting: most likely it speaks another protocol.
type GreetingError struct {
	Line string // as sent
}

// Error shows the beginning of the line, quoted.
func (e *GreetingError) Error() string {
	line := e.Line
	if len(line) > maxShownBytes {
		line = line[:maxShownBytes]
	}
	return fmt.Sprintf("imap4: the server does not greet as an IMAP server: %q", line)
}

const maxShownBytes = 80

// TimeoutError is a server that took too long. It matches context.DeadlineExceeded.
type TimeoutError struct {
	Waiting string // for what: "greeting" or the command
	After   time.Duration
}

// Error says what was waited for, and how long.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("imap4: timed out after %v waiting for the server's answer (%s)", e.After, e.Waiting)
}

// Timeout is true: it is net.Error's way to ask.
func (e *TimeoutError) Timeout() bool { return true }

// Is matches context.DeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// CommandError is a command that got no answer: the connection ended first, or it could not be sent.
// Sent tells whether the server may have seen some of it, and so may have carried it out.
type CommandError struct {
	Command string
	Sent    bool
	Err     error // the reason: what ConnectionLost got, *ByeError, *TimeoutError, *LimitError, ErrState, ...
}

// Error names the command and the reason.
func (e *CommandError) Error() string {
	return "imap4: " + e.Command + ": " + strings.TrimPrefix(e.Err.Error(), "imap4: ")
}

// Unwrap is the reason.
func (e *CommandError) Unwrap() error { return e.Err }

// printable escapes what is no printable ASCII.
func printable(s string) string {
	for _, b := range []byte(s) {
		if b < ' ' || b > '~' {
			q := strconv.QuoteToASCII(s)
			return q[1 : len(q)-1]
		}
	}
	return s
}
