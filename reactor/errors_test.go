package reactor_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/tconn/tconn/reactor"
)

// TestErrorTexts holds the texts to Twisted's, letter by letter.
func TestErrorTexts(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{reactor.ErrConnectionDone, "Connection was closed cleanly."},
		{reactor.ErrConnectionLost, "Connection to the other side was lost in a non-clean fashion."},
		{&reactor.LossError{Kind: reactor.ErrConnectionLost}, "Connection to the other side was lost in a non-clean fashion."},
		{&reactor.LossError{Kind: reactor.ErrConnectionLost, Err: errors.New("foo")}, "Connection to the other side was lost in a non-clean fashion: foo."},
		{&reactor.LossError{Kind: reactor.ErrConnectionLost, Err: os.NewSyscallError("read", syscall.ECONNRESET)},
			"Connection to the other side was lost in a non-clean fashion: 104: Connection reset by peer."},
		{&reactor.LossError{Kind: reactor.ErrConnectionLost, Err: reactor.ErrTLSTruncated},
			"Connection to the other side was lost in a non-clean fashion: reactor: TLS stream ended without close_notify."},
		{reactor.ErrConnectionAborted, "Connection was aborted locally using ITCPTransport.abortConnection."},
		{&reactor.ConnectError{Kind: reactor.ErrConnectionRefused, Err: syscall.ECONNREFUSED}, "Connection was refused by other side: 111: Connection refused."},
		{&reactor.ConnectError{Kind: reactor.ErrNoRoute, Err: syscall.ENETUNREACH}, "No route to host: 101: Network is unreachable."},
		{&reactor.ConnectError{Kind: reactor.ErrTCPTimedOut, Err: syscall.ETIMEDOUT}, "TCP connection timed out: 110: Connection timed out."},
		{&reactor.ConnectError{Kind: reactor.ErrTimeout}, "User timeout caused connection failure."},
		{&reactor.ConnectError{Kind: reactor.ErrUserAbort}, "User aborted connection."},
		{&reactor.ConnectError{Kind: reactor.ErrDNSLookup, Host: "x.example", Err: errors.New("secret detail")}, "DNS lookup failed: x.example."},
		{reactor.ErrDNSLookup, "DNS lookup failed."},
		{&reactor.ConnectError{Kind: reactor.ErrConnectBind, Err: syscall.EADDRINUSE}, "Couldn't bind: 98: Address already in use."},
		{&reactor.ConnectError{Kind: reactor.ErrConnect}, "An error occurred while connecting."},
		{&reactor.ConnectError{Kind: reactor.ErrConnect, Err: errors.New("boo")}, "An error occurred while connecting: boo."},
		{&reactor.ConnectError{Kind: reactor.ErrConnect, Err: errors.New("boo.")}, "An error occurred while connecting: boo."},
		{&reactor.ConnectError{Kind: reactor.ErrTLS}, "An SSL error occurred."},
		{&reactor.ListenError{Interface: "127.0.0.1", Port: 25, Err: syscall.EADDRINUSE}, "Couldn't listen on 127.0.0.1:25: [Errno 98] Address already in use."},
		{&reactor.ListenError{Port: 25, Err: syscall.EACCES}, "Couldn't listen on any:25: [Errno 13] Permission denied."},
		{&reactor.ListenError{Interface: "/run/x", UNIX: true, Err: syscall.EADDRINUSE}, "Couldn't listen on /run/x: [Errno 98] Address already in use."},
		{&reactor.ConnectError{Kind: reactor.ErrNotTLS, Err: tls.RecordHeaderError{Msg: "m"}}, "An SSL error occurred: tls: m."},
		{reactor.ErrNotTLS, "An SSL error occurred: the peer does not speak TLS."},
		{reactor.ErrCannotListen, "An error occurred binding to an interface."},
		{reactor.ErrAlreadyCalled, "Tried to cancel an already-called event."},
		{reactor.ErrAlreadyCancelled, "Tried to cancel an already-cancelled event."},
		{reactor.ErrNotConnecting, "The Connector was not connecting when it was asked to stop connecting: we're not trying to connect."},
		{reactor.ErrNotListening, "The Port was not listening when it was asked to stop listening."},
		{reactor.ErrNotRunning, "Can't stop reactor that isn't running."},
	} {
		wantText(t, test.err, test.want)
	}
}

// TestErrorTree checks which errors are cases of which, in both directions.
func TestErrorTree(t *testing.T) {
	names := map[string]error{
		"Done": reactor.ErrConnectionDone, "Lost": reactor.ErrConnectionLost, "Aborted": reactor.ErrConnectionAborted,
		"BufferFull": reactor.ErrBufferFull, "Truncated": reactor.ErrTLSTruncated, "Connect": reactor.ErrConnect,
		"Refused": reactor.ErrConnectionRefused, "NoRoute": reactor.ErrNoRoute, "TCPTimedOut": reactor.ErrTCPTimedOut,
		"UserAbort": reactor.ErrUserAbort, "Timeout": reactor.ErrTimeout, "DNS": reactor.ErrDNSLookup, "Bind": reactor.ErrConnectBind,
		"TLS": reactor.ErrTLS, "CannotListen": reactor.ErrCannotListen, "NotRunning": reactor.ErrNotRunning, "Stopped": reactor.ErrStopped,
		"deadline": context.DeadlineExceeded, "os deadline": os.ErrDeadlineExceeded, "EOF": io.EOF,
		"WrongName": reactor.ErrTLSWrongName, "UnknownAuthority": reactor.ErrTLSUnknownAuthority, "Expired": reactor.ErrTLSExpired,
		"Certificate": reactor.ErrTLSCertificate, "NotTLS": reactor.ErrNotTLS, "TLSRefused": reactor.ErrTLSRefused,
		"TLSTimeout": reactor.ErrTLSTimeout, "TLSStarted": reactor.ErrTLSStarted, "AfterStartTLS": reactor.ErrPlaintextAfterStartTLS,
	}
	cases := map[string][]string{
		"Aborted": {"Lost"}, "BufferFull": {"Lost"}, "Refused": {"Connect"}, "NoRoute": {"Connect"}, "TCPTimedOut": {"Connect"},
		"UserAbort": {"Connect"}, "Timeout": {"UserAbort", "Connect", "deadline", "os deadline"}, "DNS": {"Connect"},
		"Bind": {"Connect"}, "Truncated": {"TLS"}, "WrongName": {"TLS"}, "UnknownAuthority": {"TLS"}, "Expired": {"TLS"}, "Certificate": {"TLS"},
		"NotTLS": {"TLS"}, "TLSRefused": {"TLS"}, "TLSTimeout": {"TLS", "deadline", "os deadline"}, "TLSStarted": {"TLS"},
		"AfterStartTLS": {"TLS"}, "Stopped": {"NotRunning"},
	}
	for name, err := range names {
		for other, target := range names {
			want := name == other
			for _, general := range cases[name] {
				want = want || general == other
			}
			if got := errors.Is(err, target); got != want {
				t.Errorf("Is(%s, %s): got %v, want %v", name, other, got, want)
			}
		}
	}
}

func TestErrorChain(t *testing.T) {
	cause := os.NewSyscallError("connect", syscall.ECONNREFUSED)
	wrapped := fmt.Errorf("more: %w", &reactor.ConnectError{Kind: reactor.ErrConnectionRefused, Host: "h", Port: 1, Err: cause})
	wantIs(t, wrapped, reactor.ErrConnectionRefused, reactor.ErrConnect, syscall.ECONNREFUSED)
	var (
		ce *reactor.ConnectError
		se *os.SyscallError
		ne net.Error
	)
	if !errors.As(wrapped, &ce) || ce.Host != "h" || !errors.As(wrapped, &se) || se.Syscall != "connect" {
		t.Errorf("got %#v and %#v, want both in the chain", ce, se)
	}
	for _, test := range []struct {
		kind error
		want bool
	}{{reactor.ErrTimeout, true}, {reactor.ErrTCPTimedOut, true}, {reactor.ErrConnectionRefused, false}, {reactor.ErrUserAbort, false}} {
		err := error(&reactor.ConnectError{Kind: test.kind})
		if !errors.As(err, &ne) || ne.Timeout() != test.want || os.IsTimeout(err) != test.want {
			t.Errorf("%v: is a timeout: %v, want %v", err, ne.Timeout(), test.want)
		}
	}
	var header tls.RecordHeaderError
	loss := &reactor.LossError{Kind: reactor.ErrConnectionLost, Err: fmt.Errorf("x: %w", tls.RecordHeaderError{Msg: "m"})}
	if !errors.As(loss, &header) || header.Msg != "m" {
		t.Errorf("the cause of %v is not in its chain", loss)
	}
	wantIs(t, &reactor.ConnectError{Kind: reactor.ErrTLSWrongName}, reactor.ErrTLS, reactor.ErrConnect, reactor.ErrTLSWrongName)
	le := &reactor.ListenError{Port: 1, Err: syscall.EACCES}
	wantIs(t, le, reactor.ErrCannotListen, syscall.EACCES, os.ErrPermission)
}
