package poplib

import (
	"errors"

	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor"
)

// Error is what the server has refused, or what is no POP3. After a refusal, a line that begins with "-ERR", the session goes on; after
// everything else it is over.
//
// Source: poplib.error_proto.
type Error struct {
	// Arg is the argument of poplib's exception: the server's line as sent, or a text of poplib's own, such as "line too long" and "-ERR EOF".
	Arg string
	// Bytes tells that it is the server's line.
	Bytes bool
	// Err is the error below, such as *pop3.ResponseError; nil where nothing was sent.
	Err error
}

// Error is Arg, to the letter. Repr is safe to print.
func (e *Error) Error() string { return e.Arg }

// Unwrap is the error below: errors.Is(err, pop3.ErrAuth).
func (e *Error) Unwrap() error { return e.Err }

// Repr is the error as Python prints it: error_proto(b'-ERR no such message').
func (e *Error) Repr() string {
	if e.Bytes {
		return "error_proto(" + Repr([]byte(e.Arg)) + ")"
	}
	return "error_proto(" + reprString(e.Arg) + ")"
}

// ErrClosed: a command after Quit, Close or an error that has ended the session, or one that Close has cut short.
// Source: the AttributeError of poplib.
var ErrClosed = errors.New("poplib: the session is over")

// closedError is a command that Close has cut short.
type closedError struct{ err error }

func closedBy(err error) error { return &closedError{err} }

func (e *closedError) Error() string   { return ErrClosed.Error() }
func (e *closedError) Unwrap() []error { return []error{ErrClosed, e.err} }

// timeoutError is a server that took too long, as a net.Error.
type timeoutError struct{ err error }

func (e *timeoutError) Error() string   { return "poplib: timed out: " + e.err.Error() }
func (e *timeoutError) Unwrap() error   { return e.err }
func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Temporary() bool { return true }

// translate makes poplib's error of one of package pop3; one that poplib has no exception of its own for stays as it is. line is the last
// status line.
func translate(err error, line []byte) error {
	var (
		unexpected *pop3.UnexpectedError
		response   *pop3.ResponseError
		greeting   *pop3.GreetingError
		syntax     *pop3.SyntaxError
		timeout    *pop3.TimeoutError
	)
	switch {
	case errors.As(err, &unexpected):
		return &Error{Arg: unexpected.Line, Bytes: true, Err: err}
	case errors.As(err, &response):
		return &Error{Arg: response.Line, Bytes: true, Err: err}
	case errors.As(err, &greeting):
		return &Error{Arg: greeting.Line, Bytes: true, Err: err}
	case errors.As(err, &syntax):
		return &Error{Arg: string(line), Bytes: true, Err: err}
	case errors.Is(err, pop3.ErrLineTooLong):
		return &Error{Arg: "line too long", Err: err}
	case errors.As(err, &timeout):
		return &timeoutError{err}
	case isEOF(err):
		return &Error{Arg: "-ERR EOF", Err: err}
	}
	return err
}

// isRefusal tells whether the server has refused the command, and said nothing else. If it has closed the connection then, the next command
// tells.
func isRefusal(err error) bool {
	return errors.As(err, new(*pop3.ResponseError)) && !errors.As(err, new(*pop3.UnexpectedError))
}

// isEOF tells whether the server has closed the connection.
func isEOF(err error) bool {
	return errors.Is(err, reactor.ErrConnectionDone) || errors.Is(err, reactor.ErrTLSTruncated)
}
