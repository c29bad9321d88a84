package poplib_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/pop3/poplib"
	"github.com/tconn/tconn/reactor"
)

// short is a deadline that passes while a test waits.
const short = 30 * time.Millisecond

// over checks that the session takes no command any more.
func over(t *testing.T, p *poplib.POP3) {
	t.Helper()
	if _, err := p.Noop(); !errors.Is(err, poplib.ErrClosed) {
		t.Errorf("the next command: got %v, want ErrClosed", err)
	}
}

func wantError(t *testing.T, got error, text string, is ...error) {
	t.Helper()
	if show(nil, got) != text {
		t.Errorf("got %s, want %s", show(nil, got), text)
	}
	for _, target := range is {
		if !errors.Is(got, target) {
			t.Errorf("%v: got no match with %v, want one", got, target)
		}
	}
}

func wantTimeout(t *testing.T, err error) {
	t.Helper()
	var late net.Error
	if !errors.As(err, &late) || !late.Timeout() || !late.Temporary() || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want a net.Error that is a timeout", err)
	}
}

func TestAfterTheEnd(t *testing.T) {
	t.Run("quit", func(t *testing.T) {
		p := open(t, poplib.Options{}, "S: +OK\nC: QUIT\nS: +OK")
		if got, want := status(p.Quit()), `"+OK"`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		over(t, p)
		_, auth := p.Auth("PLAIN", nil, nil)
		_, quit := p.Quit()
		for _, err := range []error{auth, quit} {
			wantError(t, err, "poplib: the session is over", poplib.ErrClosed)
		}
		if err := p.Close(); err != nil {
			t.Errorf("Close: got %v, want nil", err)
		}
	})
	t.Run("close sends nothing", func(t *testing.T) {
		p := open(t, poplib.Options{}, "S: +OK\nC: DELE 1\nS: +OK")
		_, _ = p.Dele(1)
		_ = p.Close()
		over(t, p)
	})
	t.Run("close cuts a command short", func(t *testing.T) {
		port, told := serveBadly(t, "S: +OK\nC: RETR 1\nS: +OK\ntell\nS: line")
		p, err := poplib.NewPOP3("127.0.0.1", &poplib.Options{Port: port})
		if err != nil {
			t.Fatal(err)
		}
		failed := make(chan error)
		go func() { _, err := p.Retr(1); failed <- err }()
		<-told
		_ = p.Close()
		if err := <-failed; !errors.Is(err, poplib.ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
	})
}

func TestCloseDuringAHandshake(t *testing.T) {
	port, told := serveBadly(t, "S: +OK\nC: CAPA\nS: +OK\nS: STLS\nS: .\nC: STLS\nS: +OK\ntell\nS=  \"\"")
	p, err := poplib.NewPOP3("127.0.0.1", &poplib.Options{Port: port})
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-told; _ = p.Close() }()
	if _, err := p.STLS(nil); !errors.Is(err, poplib.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

func TestWhatEndsTheSession(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"end", "C: RETR 1\nclose", "error_proto('-ERR EOF')"},
		{"end in a message", "C: RETR 1\nS: +OK\nS: half\nclose", "error_proto('-ERR EOF')"},
		{"no status line", "C: RETR 1\nS: what?", "error_proto(b'what?')"},
		{"two answers", "C: RETR 1\nS= \"-ERR one\\r\\n+OK two\\r\\n\"", "error_proto(b'-ERR one')"},
		{"message too large", "C: RETR 1\nS: +OK\nS: " + strings.Repeat("x", 2000), "pop3: RETR: limit Message of 1000 exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := open(t, poplib.Options{Limits: &pop3.Limits{Message: 1000}}, "S: +OK\n"+c.script)
			_, err := p.Retr(1)
			wantError(t, err, c.want)
			_, next := p.Noop()
			if c.name == "two answers" { // it is the next command that hears of it
				wantError(t, next, "error_proto(b'+OK two')")
				over(t, p)
				return
			}
			wantError(t, next, "poplib: the session is over", poplib.ErrClosed)
		})
	}
}

func TestRefusalsDoNotEndTheSession(t *testing.T) {
	p := open(t, poplib.Options{Limits: &pop3.Limits{Lines: 2}}, "S: +OK\nC: RETR 1\nS: -ERR [IN-USE] locked\nC: RETR 2\nS: +OK\nS: a\nS: b\nS: c\nS: .\nC: NOOP\nS: +OK")
	_, err := p.Retr(1)
	wantError(t, err, "error_proto(b'-ERR [IN-USE] locked')", pop3.ErrInUse)
	_, err = p.Retr(2)
	wantError(t, err, "pop3: RETR: limit Lines of 2 exceeded", pop3.ErrTooManyLines)
	if got, want := status(p.Noop()), `"+OK"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTooManyCapabilities(t *testing.T) {
	p := open(t, poplib.Options{Limits: &pop3.Limits{Capabilities: 1}}, "S: +OK\nC: CAPA\nS: +OK\nS: a\nS: .\nC: CAPA\nS: +OK\nS: a\nS: b\nS: .")
	if got, want := offers(p.Capa()), `map["a":[]]`; got != want {
		t.Errorf("as many as may be: got %s, want %s", got, want)
	}
	_, err := p.Capa()
	wantError(t, err, "pop3: limit Capabilities of 1 exceeded", pop3.ErrListingTooLong)
	over(t, p)
}

// Servers say why before they close a connection on which nothing happens.
func TestUnaskedRefusalEndsTheSession(t *testing.T) {
	p := open(t, poplib.Options{}, "S: +OK\nC: NOOP\nS= \"+OK\\r\\n-ERR [SYS/TEMP] idle too long\\r\\n\"")
	if got, want := status(p.Noop()), `"+OK"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	_, err := p.Noop()
	wantError(t, err, "error_proto(b'-ERR [SYS/TEMP] idle too long')", pop3.ErrSysTemp)
	over(t, p)
}

func TestMalformedStatEndsTheSession(t *testing.T) {
	p := open(t, poplib.Options{}, "S: +OK\nC: STAT\nS: +OK two 320")
	_, _, err := p.Stat()
	if !errors.As(err, new(*pop3.SyntaxError)) {
		t.Errorf("got %v, want a *pop3.SyntaxError", err)
	}
	over(t, p)
}

// The line in an error is the one that was wrong, not one before it.
func TestTheWrongLineIsShown(t *testing.T) {
	p := open(t, poplib.Options{}, "S: +OK\nC: AUTH X\nS: + \nC:\nS: junk")
	_, err := p.Auth("X", func([]byte) ([]byte, error) { return nil, nil }, nil)
	wantError(t, err, "error_proto(b'junk')")
	over(t, p)
}

// A server that cuts TLS off without its end says no more than one that closes the connection.
func TestTLSCutOff(t *testing.T) {
	port, _ := serveBadly(t, "starttls\nS: +OK\nC: NOOP\ncut")
	p, err := poplib.NewPOP3SSL("127.0.0.1", &poplib.Options{Port: port, TLS: &tls.Config{RootCAs: trusted}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Noop()
	wantError(t, err, "error_proto('-ERR EOF')", reactor.ErrTLSTruncated)
	over(t, p)
}

func TestQuitWithoutAnAnswer(t *testing.T) {
	t.Run("closed", func(t *testing.T) {
		p := open(t, poplib.Options{}, "S: +OK\nC: DELE 1\nS: +OK\nC: QUIT\nclose")
		_, _ = p.Dele(1)
		_, err := p.Quit()
		wantError(t, err, "error_proto('-ERR EOF')", pop3.ErrDeletionsUnknown)
		over(t, p)
	})
	t.Run("silent", func(t *testing.T) {
		p := open(t, poplib.Options{Timeout: short}, "S: +OK\nC: QUIT")
		_, err := p.Quit()
		wantTimeout(t, err)
		over(t, p)
	})
	t.Run("refused", func(t *testing.T) {
		p := open(t, poplib.Options{}, "S: +OK\nC: QUIT\nS: -ERR some messages were not removed")
		_, err := p.Quit()
		wantError(t, err, "error_proto(b'-ERR some messages were not removed')")
		over(t, p)
	})
}

func TestTimeouts(t *testing.T) {
	t.Run("greeting", func(t *testing.T) {
		_, err := poplib.NewPOP3("127.0.0.1", &poplib.Options{Port: serve(t, ""), Timeout: short})
		wantTimeout(t, err)
	})
	t.Run("answer", func(t *testing.T) {
		p := open(t, poplib.Options{Timeout: short}, "S: +OK\nC: NOOP\nS= \"+O\"")
		_, err := p.Noop()
		wantTimeout(t, err)
		over(t, p)
	})
	t.Run("negative", func(t *testing.T) {
		_, err := poplib.NewPOP3("127.0.0.1", &poplib.Options{Timeout: -1})
		wantError(t, err, "poplib: Options.Timeout is negative", poplib.ErrTimeout)
	})
}

func TestContextEndsTheSession(t *testing.T) {
	reason := errors.New("enough")
	t.Run("before a command", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		p := open(t, poplib.Options{Context: ctx}, "S: +OK")
		cancel(reason)
		_, err := p.Noop()
		wantError(t, err, "enough", reason)
		over(t, p)
	})
	t.Run("before an AUTH", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		p := open(t, poplib.Options{Context: ctx}, "S: +OK")
		cancel(reason)
		_, err := p.Auth("ANONYMOUS", nil, []byte{})
		wantError(t, err, "enough", reason)
		over(t, p)
	})
	t.Run("while it waits", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		port, told := serveBadly(t, "S: +OK\nC: RETR 1\nS: +OK\ntell\nS: line")
		p, err := poplib.NewPOP3("127.0.0.1", &poplib.Options{Port: port, Context: ctx})
		if err != nil {
			t.Fatal(err)
		}
		go func() { <-told; cancel(reason) }()
		_, err = p.Retr(1)
		if !errors.Is(err, reason) {
			t.Errorf("got %v, want %v", err, reason)
		}
		over(t, p)
	})
	t.Run("before all", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(reason)
		if _, err := poplib.NewPOP3("127.0.0.1", &poplib.Options{Context: ctx}); !errors.Is(err, reason) {
			t.Errorf("got %v, want %v", err, reason)
		}
	})
}

func TestNoConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	_, err = poplib.NewPOP3("127.0.0.1", &poplib.Options{Port: closed})
	if !errors.Is(err, syscall.ECONNREFUSED) || !errors.Is(err, reactor.ErrConnectionRefused) {
		t.Errorf("got %v, want ECONNREFUSED", err)
	}
	_, err = poplib.NewPOP3("127.0.0.1", &poplib.Options{Port: 99999})
	if !errors.As(err, new(*net.AddrError)) {
		t.Errorf("got %v, want a *net.AddrError", err)
	}
}

func TestNoSuchHost(t *testing.T) {
	r := reactor.New(reactor.WithResolver(noNames{}))
	stopped := make(chan error)
	go func() { stopped <- r.Run() }()
	_, err := poplib.NewPOP3("pop.example.org", &poplib.Options{Reactor: r})
	if !errors.As(err, new(*net.DNSError)) {
		t.Errorf("got %v, want a *net.DNSError", err)
	}
	_ = r.Stop()
	<-stopped
}

type noNames struct{}

func (noNames) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func TestTLS(t *testing.T) {
	const script = "starttls\nS: +OK ready\nC: PASS secret\nS: -ERR no\nC: QUIT\nS: +OK"
	p, err := poplib.NewPOP3SSL("127.0.0.1", &poplib.Options{Port: serve(t, script), TLS: &tls.Config{RootCAs: trusted}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Pass("secret")
	wantError(t, err, "error_proto(b'-ERR no')")
	_, err = p.STLS(nil)
	wantError(t, err, "error_proto('-ERR TLS session already established')")
	if got, want := status(p.Quit()), `"+OK"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTLSVerifies(t *testing.T) {
	port, _ := serveBadly(t, "starttls")
	_, err := poplib.NewPOP3SSL("127.0.0.1", &poplib.Options{Port: port})
	if !errors.As(err, new(x509.UnknownAuthorityError)) || !errors.Is(err, reactor.ErrTLS) {
		t.Errorf("implicit: got %v, want an x509.UnknownAuthorityError", err)
	}
	port, _ = serveBadly(t, "S: +OK\nC: CAPA\nS: +OK\nS: STLS\nS: .\nC: STLS\nS: +OK\nstarttls")
	p, err := poplib.NewPOP3("127.0.0.1", &poplib.Options{Port: port})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.STLS(nil)
	if !errors.As(err, new(x509.UnknownAuthorityError)) || !errors.Is(err, reactor.ErrTLS) {
		t.Errorf("STLS: got %v, want an x509.UnknownAuthorityError", err)
	}
	over(t, p)
}

func TestTLSToAPlainPort(t *testing.T) {
	port, _ := serveBadly(t, "S: +OK ready")
	_, err := poplib.NewPOP3SSL("127.0.0.1", &poplib.Options{Port: port})
	if !errors.As(err, new(tls.RecordHeaderError)) || !errors.Is(err, reactor.ErrNotTLS) {
		t.Errorf("got %v, want a tls.RecordHeaderError", err)
	}
}

func TestSTLSRefused(t *testing.T) {
	p := open(t, poplib.Options{}, "S: +OK\nC: CAPA\nS: +OK\nS: TOP\nS: .\nC: CAPA\nS: -ERR\nC: CAPA\nS: +OK\nS: STLS\nS: .\nC: STLS\nS: -ERR not now\nC: NOOP\nS: +OK")
	for _, want := range []string{"error_proto('-ERR STLS not supported by server')", "error_proto('-ERR CAPA not supported by server')", "error_proto(b'-ERR not now')"} {
		_, err := p.STLS(nil)
		wantError(t, err, want)
	}
	if got, want := status(p.Noop()), `"+OK"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestErrorsNeverHoldSecrets(t *testing.T) {
	p := open(t, poplib.Options{DebugOutput: io.Discard}, "S: +OK\nC: PASS hunter2\nS: -ERR no\nC: PASS hunter2\nclose")
	p.SetDebugLevel(2)
	_, refused := p.Pass("hunter2")
	_, bad := p.Pass("hunter2\n")
	_, cut := p.Pass("hunter2")
	_, closed := p.Pass("hunter2")
	for _, err := range []error{refused, bad, cut, closed} {
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want an error without the password", err)
		}
	}
}
