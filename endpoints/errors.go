package endpoints

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/tconn/tconn/reactor"
)

// kind is a named error that is a case of reactor.ErrConnect.
type kind struct{ text string }

func (k *kind) Error() string        { return k.text }
func (k *kind) Is(target error) bool { return target == reactor.ErrConnect }

// Why a proxy made no tunnel, as far as package reactor has no name for it. All match reactor.ErrConnect.
var (
	// ErrProxyAuth: the proxy wants credentials, or does not like those it got.
	ErrProxyAuth error = &kind{"endpoints: the proxy refuses the credentials"}
	// ErrProxyDenied: the proxy's rules forbid this connection.
	ErrProxyDenied error = &kind{"endpoints: the proxy's rules forbid the connection"}
	// ErrProxyReply: what the proxy says does not follow its protocol, or is too long.
	ErrProxyReply error = &kind{"endpoints: the proxy does not speak its protocol"}
)

// ProxyError says why a proxy made no tunnel. The connection to the proxy is closed.
//
// errors.Is matches the Kind, reactor.ErrConnect, and the cause.
type ProxyError struct {
	Proxy  string // "socks5" or "http"
	Target string // host:port that was asked for
	Code   int    // reply of a SOCKS5 proxy (1 to 8), status of an HTTP proxy; 0 if it did not come to that
	Kind   error  // reactor.ErrConnectionRefused, ErrNoRoute, ErrTCPTimedOut, ErrTimeout, ErrConnect, or one of the above
	Err    error  // more about it; may be nil
}

// Error tells proxy, target, code and cause.
func (e *ProxyError) Error() string {
	text := "endpoints: " + e.Proxy + " proxy: no connection to " + e.Target
	if e.Code != 0 {
		text += ": " + strconv.Itoa(e.Code)
	}
	if e.Err != nil {
		return text + ": " + e.Err.Error()
	}
	return text + ": " + e.Kind.Error()
}

// Unwrap gives errors.Is the kind, what it is a case of, and the cause.
func (e *ProxyError) Unwrap() []error {
	all := []error{e.Kind, reactor.ErrConnect}
	if e.Err != nil {
		all = append(all, e.Err)
	}
	return all
}

// Timeout tells whether waiting was the problem.
func (e *ProxyError) Timeout() bool {
	return errors.Is(e.Kind, reactor.ErrTimeout) || errors.Is(e.Kind, reactor.ErrTCPTimedOut)
}

// Temporary is the other half of net.Error: what waiting spoiled may succeed later.
func (e *ProxyError) Temporary() bool { return e.Timeout() }

// ArgumentError says which argument of an endpoint makes no sense, before anything is connected or sent. It never shows a value
// that may be a secret.
type ArgumentError struct {
	Endpoint string // the kind of endpoint: "tcp", "socks5", ...
	Argument string // its name as in the string form; "" when it is not about a single one
	Problem  string
	Err      error // the cause, of a file for example; may be nil
}

// Error names the endpoint, the argument and the problem.
func (e *ArgumentError) Error() string {
	text := "endpoints: "
	if e.Endpoint != "" {
		text += e.Endpoint + ": "
	}
	if e.Argument != "" {
		text += e.Argument + ": "
	}
	if e.Err != nil {
		return text + e.Problem + ": " + e.Err.Error()
	}
	return text + e.Problem
}

// Unwrap gives the cause.
func (e *ArgumentError) Unwrap() error { return e.Err }

func badArgument(endpoint, argument, format string, args ...any) *ArgumentError {
	return &ArgumentError{Endpoint: endpoint, Argument: argument, Problem: fmt.Sprintf(format, args...)}
}
