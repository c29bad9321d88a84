package pop3

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tconn/tconn/protocols/pop3/internal/wire"
)

// Errors of the layer below, under this package's name.
type (
	// SyntaxError: what the server said is no POP3. The connection is closed.
	//
	//	Want, Got string // what has to stand there, and what stood there
	SyntaxError = wire.SyntaxError
	// LimitError: the server exceeded a limit; it matches ErrLineTooLong, ErrMessageTooLarge, ErrTooManyLines or ErrListingTooLong. The connection
	// is closed, but for ErrTooManyLines.
	//
	//	Limit string // the name of the field of Limits
	//	Max   int64  // its value
	LimitError = wire.LimitError
	// ArgumentError: an argument cannot be sent, and nothing was. It never holds the value.
	//
	//	Command string // its name
	//	Arg     int    // 1 is the first behind the name; 0 is the name
	//	Reason  string
	ArgumentError = wire.ArgumentError
)

// The limits that a LimitError can be about.
var (
	ErrLineTooLong     = wire.ErrLineTooLong
	ErrMessageTooLarge = wire.ErrMessageTooLarge
	ErrTooManyLines    = wire.ErrTooManyLines
	ErrListingTooLong  = wire.ErrListingTooLong
)

// What the caller cannot do now. They come wrapped in a *CommandError whose Sent is false.
var (
	// ErrNotConnected: a command on a client that has no connection yet, or has closed it.
	ErrNotConnected = errors.New("pop3: there is no connection")
	// ErrState: a command that the state of the session does not allow, such as STAT before the login.
	ErrState = errors.New("pop3: the command is not allowed in this state of the session")
	// ErrInsecureAuth: a password or token was not sent because the connection is not under TLS; use TLS, or Options.AllowInsecureAuth.
	ErrInsecureAuth = errors.New("pop3: the password was not sent because the connection is not encrypted")
	// ErrNoChallenge: APOP on a server whose greeting has no challenge in it, or none of the form of RFC 1939 section 7; use Login or SignIn.
	ErrNoChallenge = errors.New("pop3: the greeting of the server has no challenge for APOP")
	// ErrNotStored: a DELE behind a RETR of the same message that did not come to its end, or whose sink has not kept it. The message stays.
	ErrNotStored = errors.New("pop3: the message was not deleted because it was not stored")
)

// ErrDeletionsUnknown is what the error of Quit matches when messages were to be deleted and the server has not said that they are: some may
// be, all, or none. Connect again and look at what UIDL says; forget nothing before.
var ErrDeletionsUnknown = errors.New("pop3: it is not known whether the messages were deleted")

// UnsupportedError is a command that was not sent because the server does not offer the capability it needs. It comes
// in a *CommandError.
type UnsupportedError struct {
	Capability string // as in RFC 2449: "STLS"
}

// Error names what is missing.
func (e *UnsupportedError) Error() string { return "pop3: the server does not offer " + e.Capability }

// Is matches errors.ErrUnsupported.
func (e *UnsupportedError) Is(target error) bool { return target == errors.ErrUnsupported }

// ResponseError is a command that the server answered with -ERR. The connection lives on.
//
// It matches the Err... of its code (RFC 2449, RFC 3206): errors.Is(err, ErrInUse).
// Source: poplib.error_proto of a server's line; Twisted's ServerErrorResponse.
type ResponseError struct {
	Command string // RETR, ..., or "greeting"
	Reply          // what the server said
	// RetryAfter is how long the server asks to wait before the next try, at most a day; zero if it does not.
	RetryAfter time.Duration
}

func responseError(command string, r Reply) *ResponseError {
	return &ResponseError{Command: command, Reply: r, RetryAfter: retryAfter(r)}
}

// Error quotes the server's line, so that no control character of it reaches a terminal.
func (e *ResponseError) Error() string {
	return fmt.Sprintf("pop3: %s: the server said %q", e.Command, shown(e.Line))
}

// UnexpectedError is a line that the server has said although nothing was asked. The connection is closed, because an answer could be taken
// for that of another command. Servers that end the connection by themselves say why in this way.
type UnexpectedError struct {
	Line string // as sent, without the line's end
	Err  error  // *ResponseError if the line is a -ERR, otherwise nil
}

// Error shows the beginning of the line, quoted.
func (e *UnexpectedError) Error() string {
	return fmt.Sprintf("pop3: the server said %q although nothing was asked", shown(e.Line))
}

// Unwrap is what the line says.
func (e *UnexpectedError) Unwrap() error { return e.Err }

// GreetingError is a server whose first line is no POP3 greeting: most likely it speaks another protocol.
type GreetingError struct {
	Line string // as sent
}

// Error shows the beginning of the line, quoted.
func (e *GreetingError) Error() string {
	return fmt.Sprintf("pop3: the server does not greet as a POP3 server: %q", shown(e.Line))
}

// maxShownBytes is how much of a server's line an error shows.
const maxShownBytes = 200

func shown(line string) string { return line[:min(len(line), maxShownBytes)] }

// TimeoutError is a server that took too long. It matches context.DeadlineExceeded.
type TimeoutError struct {
	Waiting string // for what: "greeting" or the command
	After   time.Duration
}

// Error says what was waited for, and how long.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("pop3: timed out after %v waiting for the server's answer (%s)", e.After, e.Waiting)
}

// Timeout is true: it is net.Error's way to ask.
func (e *TimeoutError) Timeout() bool { return true }

// Is matches context.DeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// CommandError is a command that got no answer: the connection ended first, or it could not be sent; or its answer could not be used.
// Sent tells whether the server may have seen it, and so may have carried it out.
type CommandError struct {
	Command string
	Sent    bool
	Err     error // the reason: what ConnectionLost got, *TimeoutError, *LimitError, ErrState, what a sink said, ...
}

// Error names the command and the reason.
func (e *CommandError) Error() string {
	return "pop3: " + e.Command + ": " + strings.TrimPrefix(e.Err.Error(), "pop3: ")
}

// Unwrap is the reason.
func (e *CommandError) Unwrap() error { return e.Err }

// QuitError is a QUIT that the server has not answered with +OK, after messages were deleted: whether they are gone is not known. It matches
// ErrDeletionsUnknown.
type QuitError struct {
	Deleted []int // the numbers of the messages, in their order
	Err     error // *CommandError or *ResponseError
}

// Error says how many messages it is about, and the reason.
func (e *QuitError) Error() string {
	return "pop3: it is not known whether " + strconv.Itoa(len(e.Deleted)) + " messages were deleted: " + strings.TrimPrefix(e.Err.Error(), "pop3: ")
}

// Is matches ErrDeletionsUnknown.
func (e *QuitError) Is(target error) bool { return target == ErrDeletionsUnknown }

// Unwrap is the reason.
func (e *QuitError) Unwrap() error { return e.Err }
