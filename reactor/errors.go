package reactor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/tconn/tconn/deferred"
)

// kind is a named error. Its text is Twisted's, without the full stop, so that details can follow.
type kind struct {
	text string
	lead string // stands for text before a cause that says the rest
	also []error
}

func (k *kind) Error() string { return k.text + "." }

// Is reports the more general errors that k is a case of.
func (k *kind) Is(target error) bool {
	for _, err := range k.also {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// Why a connection ended. The reason of a ConnectionLost is ErrConnectionDone or matches one of the others with errors.Is.
var (
	// ErrConnectionDone: closed cleanly, by either side.
	ErrConnectionDone error = &kind{text: "Connection was closed cleanly"}
	// ErrConnectionLost: reset, timed out, cut off, or the reactor was stopped.
	ErrConnectionLost error = &kind{text: "Connection to the other side was lost in a non-clean fashion"}
	// ErrConnectionAborted: closed by AbortConnection here. It matches ErrConnectionLost too.
	ErrConnectionAborted error = &kind{text: "Connection was aborted locally using ITCPTransport.abortConnection", also: []error{ErrConnectionLost}}
	// ErrBufferFull: the peer did not read and more than the limit (WithMaxBuffered) waited. It matches ErrConnectionLost too.
	ErrBufferFull error = &kind{text: "reactor: write buffer is full because the peer does not read", also: []error{ErrConnectionLost}}
)

// Why a connection did not come about. They are the Kind of a *ConnectError.
var (
	// ErrConnect: any cause that has no name of its own. Every *ConnectError matches it.
	ErrConnect error = &kind{text: "An error occurred while connecting"}
	// ErrConnectionRefused: nobody listens there.
	ErrConnectionRefused error = &kind{text: "Connection was refused by other side", also: []error{ErrConnect}}
	// ErrNoRoute: the network or the host cannot be reached.
	ErrNoRoute error = &kind{text: "No route to host", also: []error{ErrConnect}}
	// ErrTCPTimedOut: the kernel gave up.
	ErrTCPTimedOut error = &kind{text: "TCP connection timed out", also: []error{ErrConnect}}
	// ErrUserAbort: StopConnecting was called, or the reactor was stopped meanwhile.
	ErrUserAbort error = &kind{text: "User aborted connection", also: []error{ErrConnect}}
	// ErrTimeout: the timeout of the attempt passed. It matches ErrUserAbort, context.DeadlineExceeded and os.ErrDeadlineExceeded too.
	ErrTimeout error = &kind{text: "User timeout caused connection failure", also: []error{ErrUserAbort, context.DeadlineExceeded, os.ErrDeadlineExceeded}}
	// ErrDNSLookup: the name has no address, or no name server answered.
	ErrDNSLookup error = &kind{text: "DNS lookup failed", also: []error{ErrConnect}}
	// ErrConnectBind: the local address asked for cannot be used.
	ErrConnectBind error = &kind{text: "Couldn't bind", also: []error{ErrConnect}}
	// ErrTLS: TLS failed, in the handshake or later. There are closer names: ErrTLSWrongName, ErrNotTLS and others.
	ErrTLS error = &kind{text: sslError}
)

// Misuse and the state of things.
var (
	// ErrCannotListen is matched by every *ListenError.
	ErrCannotListen error = &kind{text: "An error occurred binding to an interface"}
	// ErrNotRunning: the reactor does not run (yet, or any more).
	ErrNotRunning error = &kind{text: "Can't stop reactor that isn't running"}
	// ErrStopped: the reactor has stopped, so a call handed over will not run. It matches ErrNotRunning too.
	ErrStopped error = &kind{text: "reactor: the reactor has stopped", also: []error{ErrNotRunning}}
	// ErrAlreadyRunning: Run inside Run.
	ErrAlreadyRunning error = &kind{text: "reactor: Run called while the reactor runs"}
	// ErrNotRestartable: a stopped reactor does not run again.
	ErrNotRestartable error = &kind{text: "reactor: a stopped reactor cannot run again; reactor.New gives another one"}
	// ErrGroupGoroutine: a call of a Group that waits, made on the goroutine of one of its reactors.
	ErrGroupGoroutine error = &kind{text: "reactor: this call of a Group waits for a reactor, and was made on one of its reactors"}
	// ErrNotConnecting: StopConnecting with no attempt under way.
	ErrNotConnecting error = &kind{text: "The Connector was not connecting when it was asked to stop connecting: we're not trying to connect"}
	// ErrConnectorBusy: Connect while connecting or connected.
	ErrConnectorBusy error = &kind{text: "reactor: the Connector is connecting or connected already"}
	// ErrNotListening: StopListening on a port that was stopped before.
	ErrNotListening error = &kind{text: "The Port was not listening when it was asked to stop listening"}
	// ErrAlreadyCancelled and ErrAlreadyCalled: a DelayedCall that can no longer be changed.
	ErrAlreadyCancelled error = &kind{text: "Tried to cancel an already-cancelled event"}
	ErrAlreadyCalled    error = &kind{text: "Tried to cancel an already-called event"}
	// ErrWriteAfterClose: a write after LoseConnection, AbortConnection or the loss; nothing of it was sent.
	ErrWriteAfterClose error = &kind{text: "reactor: write on a connection that is closing or closed"}
	// ErrProducerRegistered: a transport has one producer at a time.
	ErrProducerRegistered error = &kind{text: "reactor: a producer is registered already"}
)

// PanicError is a recovered panic as an error: the value and the stack. It is the reason of a connection that a panic ended.
type PanicError = deferred.PanicError

// ConnectError is the reason of every ClientConnectionFailed.
//
// errors.Is matches the Kind (ErrConnectionRefused, ...), what that is a case of (ErrConnect) and the cause
// (syscall.ECONNREFUSED, *net.DNSError, ...). The text is Twisted's:
// "Connection was refused by other side: 111: Connection refused."
type ConnectError struct {
	Kind error  // one of the variables above
	Host string // as given to ConnectTCP
	Port int
	Err  error // the cause; nil for ErrTimeout and ErrUserAbort
}

// Error is Twisted's text.
func (e *ConnectError) Error() string {
	if errors.Is(e.Kind, ErrDNSLookup) {
		return explain(e.Kind, errors.New(e.Host))
	}
	return explain(e.Kind, e.Err)
}

// Is matches ErrConnect, whatever the kind.
func (e *ConnectError) Is(target error) bool { return target == ErrConnect }

// Unwrap gives errors.Is both the kind and the cause.
func (e *ConnectError) Unwrap() []error { return pair(e.Kind, e.Err) }

// Timeout tells net.Error's story: whether waiting was the problem.
func (e *ConnectError) Timeout() bool {
	return errors.Is(e.Kind, ErrTimeout) || errors.Is(e.Kind, ErrTCPTimedOut)
}

// Temporary is the other half of net.Error: what waiting spoiled may succeed later.
func (e *ConnectError) Temporary() bool { return e.Timeout() }

// LossError is the reason of a ConnectionLost that has a cause worth telling:
// "Connection to the other side was lost in a non-clean fashion: 104: Connection reset by peer."
type LossError struct {
	Kind error // ErrConnectionLost, ErrConnectionAborted, ...
	Err  error // the cause: a syscall.Errno, ErrTLSTruncated, ...
}

// Error is the text of the kind, with the cause behind it.
func (e *LossError) Error() string { return explain(e.Kind, e.Err) }

// Unwrap gives errors.Is both the kind and the cause.
func (e *LossError) Unwrap() []error { return pair(e.Kind, e.Err) }

// ListenError says why a port cannot be listened on: "Couldn't listen on 127.0.0.1:143: [Errno 13] Permission denied."
// It matches ErrCannotListen and the cause.
type ListenError struct {
	Interface string // as asked for; "" is all interfaces, shown as "any"; the path of a UNIX socket
	Port      int
	UNIX      bool // Interface is a path, and there is no Port
	Err       error
}

// Error is Twisted's text.
func (e *ListenError) Error() string {
	name := e.Interface
	if name == "" {
		name = "any"
	}
	if !e.UNIX {
		name += ":" + strconv.Itoa(e.Port)
	}
	var errno syscall.Errno
	if errors.As(e.Err, &errno) {
		return fmt.Sprintf("Couldn't listen on %s: [Errno %d] %s.", name, int(errno), capital(errno.Error()))
	}
	return fmt.Sprintf("Couldn't listen on %s: %s.", name, strings.TrimSuffix(e.Err.Error(), "."))
}

// Unwrap gives errors.Is both ErrCannotListen and the cause.
func (e *ListenError) Unwrap() []error { return pair(ErrCannotListen, e.Err) }

// explain writes "KIND: 111: Connection refused." as Twisted does, or "KIND: cause.", or "KIND.".
func explain(what, cause error) string {
	text := strings.TrimSuffix(what.Error(), ".")
	if cause == nil {
		return text + "."
	}
	if k, ok := what.(*kind); ok && k.lead != "" {
		text = k.lead
	}
	var errno syscall.Errno
	if errors.As(cause, &errno) {
		return text + ": " + strconv.Itoa(int(errno)) + ": " + capital(errno.Error()) + "."
	}
	return text + ": " + strings.TrimSuffix(cause.Error(), ".") + "."
}

// abortReason is the reason of an AbortWith.
func abortReason(cause error) error {
	if cause == nil {
		return ErrConnectionAborted
	}
	return &LossError{Kind: ErrConnectionAborted, Err: cause}
}

func pair(a, b error) []error {
	if b == nil {
		return []error{a}
	}
	return []error{a, b}
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// connectKind names the cause of a failed connect(2).
func connectKind(err error) error {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return ErrConnectionRefused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return ErrNoRoute
	case errors.Is(err, syscall.ETIMEDOUT):
		return ErrTCPTimedOut
	}
	return ErrConnect
}
