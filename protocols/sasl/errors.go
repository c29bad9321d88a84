package sasl

import (
	"errors"
	"fmt"
	"strings"
)

// ErrServerNotVerified: the server says that the user is who he is, but has not proved that it knows his password, as SCRAM asks of it
// (RFC 5802 section 5). It may be somebody else: close the connection, and send nothing over it.
var ErrServerNotVerified = errors.New("sasl: the server has not proved that it knows the password")

// ErrUnfinished: the server has accepted before the client had said all there was to say.
var ErrUnfinished = errors.New("sasl: the server accepted before the client had identified its user")

// ErrOutOfTurn: a call of a Conversation while the answer to the one before is not there yet, or before Start, or after the end.
var ErrOutOfTurn = errors.New("sasl: it is not the server's turn in this authentication")

// ArgumentError: what the program has set cannot be sent, and nothing was. It never holds the value.
type ArgumentError struct {
	Mechanism string // "" for all of them
	Field     string // of Credentials or Channel
	Reason    string
	Err       error // the cause, if there is one
}

// Error names the mechanism and the field.
func (e *ArgumentError) Error() string {
	if e.Mechanism == "" {
		return "sasl: " + e.Field + " " + e.Reason
	}
	return "sasl: " + e.Mechanism + ": " + e.Field + " " + e.Reason
}

// Unwrap is the cause.
func (e *ArgumentError) Unwrap() error { return e.Err }

// ChallengeError: the server's challenge is none of the mechanism's.
type ChallengeError struct {
	Mechanism string // "" if it was not even base64
	Reason    string
}

// Error says what is wrong.
func (e *ChallengeError) Error() string {
	if e.Mechanism == "" {
		return "sasl: the server's challenge " + e.Reason
	}
	return "sasl: " + e.Mechanism + ": the server's challenge " + e.Reason
}

// LimitError: the server has exceeded a limit.
type LimitError struct {
	Limit string // MaxChallenge, or Challenges for how many of them
	Max   int    // its value: bytes, or challenges
}

// Error names the limit and its value.
func (e *LimitError) Error() string {
	return fmt.Sprintf("sasl: limit %s of %d exceeded", e.Limit, e.Max)
}

// IterationError: a SCRAM server asks for an iteration count outside Credentials.MinIterations and MaxIterations. Nothing that depends on
// the password was sent.
type IterationError struct {
	Iterations string // as the server has sent it, digits only
	Min, Max   int
}

// Error says what was asked for and what is allowed.
func (e *IterationError) Error() string {
	return fmt.Sprintf("sasl: the server asks for %s SCRAM iterations, allowed are %d to %d (Credentials.MinIterations, MaxIterations)",
		printable(e.Iterations), e.Min, e.Max)
}

// ServerError is a SCRAM server's own word on why it refused.
type ServerError struct {
	Mechanism string
	Value     string // such as invalid-proof or channel-bindings-dont-match (RFC 5802 section 7)
	Err       error  // the protocol's refusal
}

// Error shows the server's word.
func (e *ServerError) Error() string {
	return "sasl: " + e.Mechanism + ": the server refused with " + printable(e.Value) + because(e.Err)
}

// Unwrap is the protocol's refusal.
func (e *ServerError) Unwrap() error { return e.Err }

// NoMechanismError: of the mechanisms that the server offers none can be used. Reason says why, and what to do.
type NoMechanismError struct {
	Offered []string // by the server, in capitals
	Usable  []string // what these Credentials could use on this connection, best first
	Reason  string
	Err     error // the first *ArgumentError that ruled a mechanism out, if there was one
}

// Error shows what was offered, what could be used, and the reason.
func (e *NoMechanismError) Error() string {
	return fmt.Sprintf("sasl: no mechanism to authenticate with: the server offers %s; usable here: %s; %s",
		list(e.Offered), list(e.Usable), e.Reason)
}

// Unwrap is what ruled a mechanism out.
func (e *NoMechanismError) Unwrap() error { return e.Err }

const (
	maxShown      = 80 // bytes of a text of the server's in an error
	maxShownNames = 20
)

// list shows the first names of a list.
func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	shown := make([]string, 0, maxShownNames)
	for _, name := range names[:min(len(names), maxShownNames)] {
		shown = append(shown, printable(name))
	}
	if len(names) > maxShownNames {
		shown = append(shown, "...")
	}
	return strings.Join(shown, " ")
}

// printable is the beginning of s with all that is no visible ASCII, or SPACE, as question marks.
func printable(s string) string {
	s = s[:min(len(s), maxShown)]
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

// because is what an error of a mechanism adds of the protocol's refusal.
func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}
