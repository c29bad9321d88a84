// Package dialing is what the Dial functions of the protocols share: how an address is read, and how a goroutine waits for a reactor that
// runs in another one.
package dialing

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// SplitAddr reads host:port, or a host, which gets the port given. Errors are *net.AddrError.
func SplitAddr(addr string, port int) (host string, _ int, err error) {
	_, bare := netip.ParseAddr(addr)
	bracketed := strings.HasPrefix(addr, "[") && strings.HasSuffix(addr, "]")
	switch {
	case addr == "":
		return "", 0, &net.AddrError{Err: "missing host"}
	case bare == nil || bracketed || !strings.Contains(addr, ":"):
		return strings.Trim(addr, "[]"), port, nil
	}
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
		return "", 0, &net.AddrError{Err: "invalid port", Addr: addr}
	}
	if host == "" {
		return "", 0, &net.AddrError{Err: "missing host", Addr: addr}
	}
	return host, port, nil
}

// StartGrace is how long a reactor may take to begin to run.
const StartGrace = 5 * time.Second

// AwaitStart waits until begun is closed by r, which has been told to run in another goroutine. Fails with: the cause of ctx, as Over has it;
// what matches reactor.ErrNotRunning when r does not run after grace.
func AwaitStart(ctx context.Context, r *reactor.Reactor, begun <-chan struct{}, grace time.Duration) error {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-begun:
		return nil
	case <-ctx.Done():
		if r.Running() {
			return Over(ctx)
		}
		return &notRunningError{Over(ctx)}
	case <-timer.C:
		if r.Running() {
			return nil // it is busy
		}
		return &notRunningError{reactor.ErrNotRunning}
	}
}

// Over is the error of Await for a context that has ended.
func Over(ctx context.Context) error {
	_, err := deferred.New[struct{}]().Await(ctx)
	return err
}

// notRunningError is a reactor that did not begin to run.
type notRunningError struct{ cause error }

func (e *notRunningError) Error() string {
	return "the reactor does not run; call its Run in another goroutine, or give DialOptions.Reactor one that does"
}

func (e *notRunningError) Is(target error) bool { return target == reactor.ErrNotRunning }
func (e *notRunningError) Unwrap() error        { return e.cause }
