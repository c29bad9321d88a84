package imap4_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

const (
	plainReady = "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n"
	tlsReady   = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n"
	timPlain   = "AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm"
)

func wantHeard(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("the server heard\n got %q\nwant %q", got, want)
	}
}

func TestDialUnderTLS(t *testing.T) {
	h := serve(t, tlsReady, map[string]string{timPlain: "TAG OK welcome\r\n", "NOOP": "* 3 EXISTS\r\nTAG OK done\r\n"})
	existing := make(chan uint32, 1)
	c, err := imap4.Dial(soon(t), h.addrTLS, &imap4.DialOptions{
		Reactor: h.r, TLS: trusting(), Credentials: tim(), Listener: onExists{f: func() { existing <- 1 }},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := imap4.Await(soon(t), c, (*imap4.Client).Noop); err != nil {
		t.Errorf("NOOP: got %v, want nil", err)
	}
	if len(existing) != 1 {
		t.Error("the Listener has heard nothing, want EXISTS")
	}
	c.Disconnect()
	s := h.closed()
	c.Disconnect()
	wantHeard(t, s.heard, "A1 "+timPlain, "A2 NOOP")
	if _, err := imap4.Await(soon(t), c, (*imap4.Client).Noop); !errors.Is(err, reactor.ErrConnectionDone) && !errors.Is(err, imap4.ErrNotConnected) {
		t.Errorf("NOOP after Disconnect: got %v, want %v", err, reactor.ErrConnectionDone)
	}
}

// SCRAM derives its keys beside the reactor, and the server's word from before TLS is heard by nobody.
func TestDialStartTLS(t *testing.T) {
	h := serve(t, "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n* OK [ALERT] send your password to mallory\r\n", map[string]string{
		"STARTTLS":   "TAG OK go\r\n" + switches,
		"CAPABILITY": "* CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-1\r\nTAG OK done\r\n",
		"AUTHENTICATE SCRAM-SHA-1 " + b64("y,,n=user,r="+scram1Nonce): "+ " + b64(scram1First) + "\r\n",
		"AUTHENTICATE SCRAM-SHA-1 " + b64("n,,n=user,r="+scram1Nonce): "+ " + b64(scram1First) + "\r\n",
		b64(scram1Proof): "+ " + b64(scram1Final) + "\r\n",
		"":               "TAG OK welcome\r\n",
	})
	credentials := pencil(scram1Nonce)
	credentials.Mechanisms = []string{"SCRAM-SHA-1"} // alone: nobody could have stripped -PLUS
	alerts := make(chan string, 10)
	c, err := imap4.Dial(soon(t), h.addr, &imap4.DialOptions{
		Reactor: h.r, Security: imap4.RequireStartTLS, TLS: trusting(), Credentials: credentials, Listener: onAlert{f: func(s string) { alerts <- s }},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Disconnect()
	wantHeard(t, h.heard(), "A1 STARTTLS", "A2 CAPABILITY", "A3 AUTHENTICATE SCRAM-SHA-1 "+b64("n,,n=user,r="+scram1Nonce), b64(scram1Proof), "")
	if len(alerts) != 0 {
		t.Errorf("the Listener heard %q in the clear, want nothing", <-alerts)
	}
}

type onAlert struct {
	imap4.BaseListener
	f func(text string)
}

func (l onAlert) Alert(text string) { l.f(text) }

func TestDialTokens(t *testing.T) {
	h := serve(t, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] ready\r\n", map[string]string{"*": "TAG OK welcome\r\n"})
	_, port, _ := net.SplitHostPort(h.addrTLS)
	c, err := imap4.Dial(soon(t), h.addrTLS, &imap4.DialOptions{Reactor: h.r, TLS: trusting(), Credentials: &sasl.Credentials{Username: "tim", Token: fixedToken("x")}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Disconnect()
	wantHeard(t, h.heard(), "A1 AUTHENTICATE OAUTHBEARER "+b64("n,a=tim,\x01host=localhost\x01port="+port+"\x01auth=Bearer x\x01\x01"))
}

// A client certificate and nothing else to prove who the user is means EXTERNAL.
func TestDialClientCertificate(t *testing.T) {
	for _, certificate := range []bool{true, false} {
		h := serve(t, "* OK [CAPABILITY IMAP4rev1 SASL-IR STARTTLS AUTH=EXTERNAL] ready\r\n", map[string]string{
			"STARTTLS":                "TAG OK go\r\n" + switches,
			"CAPABILITY":              "* CAPABILITY IMAP4rev1 SASL-IR AUTH=EXTERNAL\r\nTAG OK done\r\n",
			"AUTHENTICATE EXTERNAL =": "TAG OK welcome\r\n",
		})
		for security, addr := range map[imap4.Security]string{imap4.ImplicitTLS: h.addrTLS, imap4.RequireStartTLS: h.addr} {
			config := trusting()
			if certificate {
				config.Certificates = []tls.Certificate{certified()}
			}
			c, err := imap4.Dial(soon(t), addr, &imap4.DialOptions{Reactor: h.r, Security: security, TLS: config, Credentials: &sasl.Credentials{}})
			if certificate != (err == nil) {
				t.Errorf("%v: got %v, want success: %v", security, err, certificate)
			}
			if c != nil {
				c.Disconnect()
			}
		}
	}
}

// A server that knows who the user is needs no credentials, but under TLS only it is the server.
func TestDialPreauth(t *testing.T) {
	h := serve(t, "* PREAUTH [CAPABILITY IMAP4rev1 AUTH=PLAIN STARTTLS] welcome\r\n", nil)
	for security, addr := range map[imap4.Security]string{imap4.ImplicitTLS: h.addrTLS, imap4.InTheClear: h.addr} {
		c, err := imap4.Dial(soon(t), addr, &imap4.DialOptions{Reactor: h.r, Security: security, TLS: trusting(), Credentials: tim()})
		if err != nil {
			t.Fatalf("%v: got %v, want nil", security, err)
		}
		wantHeard(t, h.heard())
		c.Disconnect()
	}
}

func TestDialErrors(t *testing.T) {
	var (
		noTLS    *imap4.NoTLSError
		greeting *imap4.GreetingError
		bye      *imap4.ByeError
		refused  *imap4.ResponseError
		none     *sasl.NoMechanismError
	)
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	as := func(target any) func(error) bool { return func(err error) bool { return errors.As(err, target) } }
	starttls, implicit, clear := imap4.RequireStartTLS, imap4.ImplicitTLS, imap4.InTheClear
	for _, test := range []struct {
		name, greeting string
		answers        map[string]string
		security       imap4.Security
		tls            *tls.Config
		step           string
		is             func(error) bool
		heard          []string
	}{
		{"STARTTLS is stripped from the greeting", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n",
			map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\nTAG OK done\r\n"},
			starttls, nil, "STARTTLS", as(&noTLS), []string{"A2 CAPABILITY"}},
		{"STARTTLS is not supported", "* OK ready\r\n", map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK done\r\n"},
			starttls, nil, "STARTTLS", is(errors.ErrUnsupported), []string{"A2 CAPABILITY"}},
		{"STARTTLS is refused", plainReady, map[string]string{"STARTTLS": "TAG NO not today\r\n"}, starttls, nil, "STARTTLS", as(&noTLS), []string{"A1 STARTTLS"}},
		{"STARTTLS is bad", plainReady, map[string]string{"STARTTLS": "TAG BAD what\r\n"}, starttls, nil, "STARTTLS", as(&refused), []string{"A1 STARTTLS"}},
		{"PREAUTH before STARTTLS", "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome\r\n", nil, starttls, nil, "STARTTLS", as(&noTLS), nil},
		{"bytes behind the OK of STARTTLS", plainReady, map[string]string{"STARTTLS": "TAG OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"},
			starttls, nil, "STARTTLS", is(reactor.ErrPlaintextAfterStartTLS), []string{"A1 STARTTLS"}},
		{"a certificate that nobody knows, STARTTLS", plainReady, map[string]string{"STARTTLS": "TAG OK go\r\n" + switches}, starttls, &tls.Config{}, "STARTTLS",
			is(reactor.ErrTLSUnknownAuthority), []string{"A1 STARTTLS"}},
		{"a certificate that nobody knows", tlsReady, nil, implicit, &tls.Config{}, "connect", is(reactor.ErrTLS), nil},
		{"BYE", "* BYE [UNAVAILABLE] too many\r\n", nil, implicit, nil, "greeting", as(&bye), nil},
		{"another protocol", "HTTP/1.1 400 Bad Request\r\n", nil, implicit, nil, "greeting", as(&greeting), nil},
		{"a wrong password", tlsReady, map[string]string{timPlain: "TAG NO [AUTHENTICATIONFAILED] wrong\r\n"}, implicit, nil, "sign in",
			is(imap4.ErrAuthenticationFailed), []string{"A1 " + timPlain}},
		{"a password in the clear", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n",
			map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK done\r\n"}, clear, nil, "sign in", is(imap4.ErrInsecureAuth), []string{"A2 CAPABILITY"}},
		{"no way to sign in", "* OK [CAPABILITY IMAP4rev1] ready\r\n",
			map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nTAG OK done\r\n"}, implicit, nil, "sign in", as(&none), []string{"A2 CAPABILITY"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := serve(t, test.greeting, test.answers)
			addr := h.addr
			if test.security == implicit {
				addr = h.addrTLS
			}
			config := test.tls
			if config == nil {
				config = trusting()
			}
			c, err := imap4.Dial(soon(t), addr, &imap4.DialOptions{Reactor: h.r, Security: test.security, TLS: config, Credentials: tim()})
			var failed *imap4.DialError
			if c != nil || !errors.As(err, &failed) {
				t.Fatalf("got %v, %v, want *DialError", c, err)
			}
			if failed.Step != test.step || failed.Addr != addr || !test.is(err) {
				t.Errorf("got %v (step %q, %s), want step %q, %s and another error", err, failed.Step, failed.Addr, test.step, addr)
			}
			if !strings.HasPrefix(err.Error(), "imap4: dial "+addr+": "+test.step+": ") {
				t.Errorf("text: got %q, want address and step in front", err)
			}
			if test.step == "connect" {
				return
			}
			wantHeard(t, h.closed().heard, test.heard...)
		})
	}
}

func TestDialAddresses(t *testing.T) {
	r := reactor.New()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for addr, good := range map[string]bool{
		"localhost": true, "localhost:143": true, "127.0.0.1": true, "127.0.0.1:993": true, "::1": true, "[::1]": true, "[::1]:993": true,
		"": false, ":993": false, "localhost:": false, "localhost:imap": false, "localhost:0": false, "localhost:65536": false, "a:b:c": false, "[::1]x": false,
	} {
		_, err := imap4.Dial(ctx, addr, &imap4.DialOptions{Reactor: r})
		var wrong *net.AddrError
		if errors.As(err, &wrong) == good || errors.Is(err, context.Canceled) != good {
			t.Errorf("%q: got %v, want it to be good: %v", addr, err, good)
		}
	}
	if _, err := imap4.Dial(context.Background(), "localhost", &imap4.DialOptions{Reactor: r, Security: 9}); !errors.As(err, new(*imap4.ArgumentError)) {
		t.Errorf("Security 9: got %v, want *ArgumentError", err)
	}
}

// The end of the context ends each step, and leaves no connection.
func TestDialContext(t *testing.T) {
	for _, test := range []struct {
		step, greeting string
		security       imap4.Security
		last           string // what the server hears before it falls silent
		answers        map[string]string
	}{
		{"greeting", "", imap4.ImplicitTLS, "", nil},
		{"STARTTLS", plainReady, imap4.RequireStartTLS, "STARTTLS", nil},
		{"STARTTLS", plainReady, imap4.RequireStartTLS, "CAPABILITY", map[string]string{"STARTTLS": "TAG OK go\r\n" + switches}},
		{"sign in", tlsReady, imap4.ImplicitTLS, timPlain, nil},
	} {
		t.Run(test.step+" "+test.last, func(t *testing.T) {
			reached := make(chan struct{})
			answers := map[string]string{}
			for line, answer := range test.answers {
				answers[line] = answer
			}
			h := serve(t, test.greeting, answers)
			ctx, cancel := context.WithCancelCause(context.Background())
			cause := errors.New("the user has closed the window")
			trace := &wordsTrace{want: test.last, reached: reached}
			result := make(chan error, 1)
			go func() {
				addr := h.addr
				if test.security == imap4.ImplicitTLS {
					addr = h.addrTLS
				}
				_, err := imap4.Dial(ctx, addr, &imap4.DialOptions{Reactor: h.r, Security: test.security, TLS: trusting(), Credentials: tim(), Options: &imap4.Options{Trace: trace}})
				result <- err
			}()
			var s *script
			if test.last == "" {
				s = <-h.scripts
			} else {
				<-reached
				s = <-h.scripts
			}
			cancel(cause)
			err := <-result
			var failed *imap4.DialError
			if !errors.As(err, &failed) || !errors.Is(err, cause) || !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, want *DialError with the cause of the context", err)
			}
			if test.last != "" && failed.Step != test.step {
				t.Errorf("step: got %q, want %q", failed.Step, test.step)
			}
			select {
			case <-s.ended:
			case <-time.After(guard):
				t.Error("the connection was not closed")
			}
		})
	}
}

// wordsTrace is a Trace that tells when the client has sent a command.
type wordsTrace struct {
	want    string
	reached chan struct{}
}

func (l *wordsTrace) Client(p []byte) {
	name, _, _ := strings.Cut(l.want, " ")
	if name != "" && strings.Contains(string(p), name) {
		close(l.reached)
	}
}
func (l *wordsTrace) Server([]byte) {}

func TestDialConnectionRefused(t *testing.T) {
	h := serve(t, tlsReady, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	_, err = imap4.Dial(soon(t), addr, &imap4.DialOptions{Reactor: h.r})
	if !errors.Is(err, reactor.ErrConnectionRefused) {
		t.Errorf("got %v, want %v", err, reactor.ErrConnectionRefused)
	}
}

func TestDialReactor(t *testing.T) {
	t.Run("it does not run", func(t *testing.T) {
		defer imap4.SetStartGrace(0)()
		_, err := imap4.Dial(context.Background(), "localhost", &imap4.DialOptions{Reactor: reactor.New()})
		if !errors.Is(err, reactor.ErrNotRunning) || !strings.Contains(err.Error(), "call its Run in another goroutine") {
			t.Errorf("got %v, want %v and what to do", err, reactor.ErrNotRunning)
		}
	})
	t.Run("it does not run in time", func(t *testing.T) {
		ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(time.Millisecond))
		defer cancel()
		_, err := imap4.Dial(ctx, "localhost", &imap4.DialOptions{Reactor: reactor.New()})
		if !errors.Is(err, reactor.ErrNotRunning) && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %v or %v", err, reactor.ErrNotRunning, context.DeadlineExceeded)
		}
	})
	t.Run("it has stopped", func(t *testing.T) {
		r := reactor.New()
		r.CallWhenRunning(func() { _ = r.Stop() })
		if err := r.Run(); err != nil {
			t.Fatal(err)
		}
		_, err := imap4.Dial(context.Background(), "localhost", &imap4.DialOptions{Reactor: r})
		if !errors.Is(err, reactor.ErrStopped) {
			t.Errorf("got %v, want %v", err, reactor.ErrStopped)
		}
	})
	t.Run("on its own goroutine", func(t *testing.T) {
		h := serve(t, tlsReady, nil)
		h.do(func() {
			if _, err := imap4.Dial(context.Background(), h.addrTLS, &imap4.DialOptions{Reactor: h.r}); !errors.Is(err, deferred.ErrAwaitOnLoop) {
				t.Errorf("got %v, want %v", err, deferred.ErrAwaitOnLoop)
			}
		})
	})
}

func TestDialEndpoint(t *testing.T) {
	h := serve(t, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN STARTTLS] ready\r\n", map[string]string{
		timPlain: "TAG OK welcome\r\n", "STARTTLS": "TAG OK go\r\n" + switches, "CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\nTAG OK done\r\n"})
	port := func(addr string) int {
		_, text, _ := net.SplitHostPort(addr)
		n, _ := strconv.Atoi(text)
		return n
	}
	plain := endpoints.TCP(h.r, "localhost", port(h.addr))
	secure := endpoints.TLS(h.r, "localhost", port(h.addrTLS), trusting())
	for _, test := range []struct {
		name     string
		endpoint endpoints.ClientEndpoint
		security imap4.Security
		good     bool
		heard    []string
	}{
		{"TLS", secure, imap4.ImplicitTLS, true, []string{"A1 " + timPlain}},
		{"TLS where STARTTLS would do", secure, imap4.RequireStartTLS, true, []string{"A1 " + timPlain}},
		{"STARTTLS", plain, imap4.RequireStartTLS, true, []string{"A1 STARTTLS", "A2 CAPABILITY", "A3 " + timPlain}},
		{"in the clear where TLS is required", plain, imap4.ImplicitTLS, false, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := imap4.DialEndpoint(soon(t), test.endpoint, &imap4.DialOptions{Security: test.security, TLS: trusting(), Credentials: tim()})
			var noTLS *imap4.NoTLSError
			if test.good != (err == nil) || !test.good && !errors.As(err, &noTLS) {
				t.Fatalf("got %v, want success: %v", err, test.good)
			}
			if c != nil {
				c.Disconnect()
			}
			wantHeard(t, h.closed().heard, test.heard...)
		})
	}
}

func TestAwaitFunction(t *testing.T) {
	h := serve(t, tlsReady, map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK done\r\n", "NOOP": ""})
	c, err := imap4.Dial(soon(t), h.addr, &imap4.DialOptions{Reactor: h.r, Security: imap4.InTheClear})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Disconnect()
	t.Run("a value", func(t *testing.T) {
		caps, err := imap4.Await(soon(t), c, (*imap4.Client).GetCapabilities)
		if err != nil || caps.String() != "IMAP4rev1 IDLE" {
			t.Errorf("got [%v], %v, want [IMAP4rev1 IDLE], nil", caps, err)
		}
	})
	t.Run("it is called on the reactor", func(t *testing.T) {
		on := false
		_, _ = imap4.Await(soon(t), c, func(c *imap4.Client) *deferred.Deferred[bool] {
			on = deferred.OnLoop(h.r)
			return deferred.Succeed(true)
		})
		if !on {
			t.Error("got another goroutine, want that of the reactor")
		}
	})
	t.Run("an error", func(t *testing.T) {
		_, err := imap4.Await(soon(t), c, func(c *imap4.Client) *deferred.Deferred[struct{}] { return c.Login("a", "b") })
		if !errors.Is(err, imap4.ErrInsecureAuth) {
			t.Errorf("got %v, want %v", err, imap4.ErrInsecureAuth)
		}
	})
	t.Run("a panic", func(t *testing.T) {
		_, err := imap4.Await(soon(t), c, func(*imap4.Client) *deferred.Deferred[int] { panic("boom") })
		var panicked *deferred.PanicError
		if !errors.As(err, &panicked) {
			t.Errorf("got %v, want *PanicError", err)
		}
	})
	t.Run("no Deferred", func(t *testing.T) {
		_, err := imap4.Await(soon(t), c, func(*imap4.Client) *deferred.Deferred[int] { return nil })
		if err == nil {
			t.Error("got nil, want an error")
		}
	})
	t.Run("the context ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancelled := make(chan struct{})
		_, err := imap4.Await(ctx, c, func(c *imap4.Client) *deferred.Deferred[int] {
			cancel()
			return deferred.New(func(*deferred.Deferred[int]) { close(cancelled) })
		})
		if !errors.Is(err, context.Canceled) || !errors.Is(err, deferred.ErrCancelled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
		<-cancelled
	})
	t.Run("on the reactor", func(t *testing.T) {
		h.do(func() {
			if _, err := imap4.Await(context.Background(), c, (*imap4.Client).Noop); err != deferred.ErrAwaitOnLoop {
				t.Errorf("got %v, want %v", err, deferred.ErrAwaitOnLoop)
			}
		})
	})
	t.Run("no connection", func(t *testing.T) {
		n := &imap4.Client{}
		n.Disconnect()
		if _, err := imap4.Await(soon(t), n, (*imap4.Client).Noop); err != imap4.ErrNotConnected {
			t.Errorf("got %v, want %v", err, imap4.ErrNotConnected)
		}
	})
}
