package pop3_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

const (
	dialGreeting = "+OK ready\r\n"
	saslPlain    = "+OK\r\nSASL PLAIN\r\nSTLS\r\n.\r\n"
)

var timPlain = "AUTH PLAIN " + b64("\x00tim\x00tanstaaf")

func TestDial(t *testing.T) {
	for _, test := range []struct {
		security    pop3.Security
		credentials *sasl.Credentials
		answers     map[string]string
		heard       []string
	}{
		{pop3.ImplicitTLS, tim(), map[string]string{"CAPA": saslPlain}, []string{"CAPA", timPlain}},
		{pop3.ImplicitTLS, tim(), map[string]string{"CAPA": "-ERR\r\n"}, []string{"CAPA", "USER tim", "PASS tanstaaf"}},
		{pop3.ImplicitTLS, nil, nil, nil},
		{pop3.RequireStartTLS, tim(), map[string]string{"STLS": "+OK begin\r\n" + beginsTLS, "CAPA": saslPlain}, []string{"STLS", "CAPA", timPlain}},
		{pop3.RequireStartTLS, nil, map[string]string{"STLS": "+OK begin\r\n" + beginsTLS}, []string{"STLS"}},
		{pop3.InTheClear, nil, nil, nil},
		{pop3.InTheClear, &sasl.Credentials{Username: "tim", Password: sasl.NewSecret("tanstaaf"), AllowInsecure: true}, map[string]string{"CAPA": "-ERR\r\n"}, []string{"CAPA", "USER tim", "PASS tanstaaf"}},
	} {
		answers := map[string]string{"*": "+OK\r\n", "STAT": "+OK 2 320\r\n", "LIST 1": "+OK 1 120\r\n", "QUIT": "+OK bye\r\n"}
		for line, answer := range test.answers {
			answers[line] = answer
		}
		h := serve(t, dialGreeting, answers)
		addr := h.addr
		if test.security == pop3.ImplicitTLS {
			addr = h.addrTLS
		}
		c, err := pop3.Dial(soon(t), addr, &pop3.DialOptions{Reactor: h.r, Security: test.security, TLS: trusting(), Credentials: test.credentials})
		if err != nil {
			t.Fatalf("%v: %v", test.security, err)
		}
		heard := test.heard
		if test.credentials != nil {
			stat, err := pop3.Await(soon(t), c, (*pop3.Client).Stat)
			if stat != (pop3.Stat{Count: 2, Size: 320}) || err != nil {
				t.Errorf("STAT: got %+v, %v", stat, err)
			}
			one, err := pop3.Await(soon(t), c, func(c *pop3.Client) *deferred.Deferred[pop3.Scan] { return c.ListMessage(1) })
			if one != (pop3.Scan{Number: 1, Size: 120}) || err != nil {
				t.Errorf("LIST 1: got %+v, %v", one, err)
			}
			heard = append(heard, "STAT", "LIST 1")
		}
		if r, err := pop3.Await(soon(t), c, (*pop3.Client).Quit); r.Text != "bye" || err != nil {
			t.Errorf("QUIT: got %v, %v", r, err)
		}
		h.server().closed(append(heard, "QUIT")...)
		if _, err := pop3.Await(soon(t), c, (*pop3.Client).Noop); !errors.Is(err, pop3.ErrNotConnected) && !errors.Is(err, reactor.ErrConnectionDone) {
			t.Errorf("NOOP behind the end: got %v", err)
		}
		c.Disconnect()
	}
}

func TestDialErrors(t *testing.T) {
	var (
		noTLS    *pop3.NoTLSError
		greeting *pop3.GreetingError
		refused  *pop3.ResponseError
		late     *pop3.TimeoutError
	)
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	as := func(target any) func(error) bool { return func(err error) bool { return errors.As(err, target) } }
	stls, implicit, clear := pop3.RequireStartTLS, pop3.ImplicitTLS, pop3.InTheClear
	options := &pop3.Options{GreetingTimeout: 1, CommandTimeout: 0}
	for _, test := range []struct {
		name, greeting string
		answers        map[string]string
		security       pop3.Security
		tls            *tls.Config
		options        *pop3.Options
		step           string
		is             func(error) bool
		heard          []string
	}{
		{"STLS is refused", dialGreeting, map[string]string{"STLS": "-ERR not today\r\n"}, stls, nil, nil, "STLS", as(&noTLS), []string{"STLS"}},
		{"STLS is refused, in the server's words", dialGreeting, map[string]string{"STLS": "-ERR what\r\n"}, stls, nil, nil, "STLS", as(&refused), []string{"STLS"}},
		{"bytes behind the +OK of STLS", dialGreeting, map[string]string{"STLS": "+OK\r\n+OK in\r\n"}, stls, nil, nil, "STLS", is(reactor.ErrPlaintextAfterStartTLS), []string{"STLS"}},
		{"a certificate that nobody knows, STLS", dialGreeting, map[string]string{"STLS": "+OK\r\n" + beginsTLS}, stls, &tls.Config{}, nil, "STLS", is(reactor.ErrTLSUnknownAuthority), []string{"STLS"}},
		{"a certificate that nobody knows", dialGreeting, nil, implicit, &tls.Config{}, nil, "connect", is(reactor.ErrTLS), nil},
		{"no greeting but -ERR", "-ERR [SYS/TEMP] full\r\n", nil, implicit, nil, nil, "greeting", is(pop3.ErrSysTemp), nil},
		{"another protocol", "* OK IMAP4rev1\r\n", nil, implicit, nil, nil, "greeting", as(&greeting), nil},
		{"silence", "", nil, clear, nil, options, "greeting", as(&late), nil},
		{"a wrong password", dialGreeting, map[string]string{"CAPA": saslPlain, timPlain: "-ERR [AUTH] wrong\r\n"}, implicit, nil, nil, "sign in", is(pop3.ErrAuth), []string{"CAPA", timPlain}},
		{"a mailbox in use", dialGreeting, map[string]string{"CAPA": "-ERR\r\n", "PASS tanstaaf": "-ERR [IN-USE] x\r\n", "*": "+OK\r\n"}, implicit, nil, nil, "sign in", is(pop3.ErrInUse), []string{"CAPA", "USER tim", "PASS tanstaaf"}},
		{"a password in the clear", dialGreeting, map[string]string{"CAPA": saslPlain}, clear, nil, nil, "sign in", is(pop3.ErrInsecureAuth), []string{"CAPA"}},
		{"garbage in place of an answer", dialGreeting, map[string]string{"CAPA": "what?\r\n"}, implicit, nil, nil, "sign in", as(new(*pop3.SyntaxError)), []string{"CAPA"}},
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
			c, err := pop3.Dial(soon(t), addr, &pop3.DialOptions{Reactor: h.r, Security: test.security, TLS: config, Credentials: tim(), Options: test.options})
			var failed *pop3.DialError
			if c != nil || !errors.As(err, &failed) {
				t.Fatalf("got %v, %v, want *DialError", c, err)
			}
			if failed.Step != test.step || failed.Addr != addr || !test.is(err) || !strings.HasPrefix(err.Error(), "pop3: dial "+addr+": "+test.step+": ") {
				t.Errorf("got %v (step %q, %s), want step %q, %s and another error", err, failed.Step, failed.Addr, test.step, addr)
			}
			if test.step != "connect" {
				h.server().closed(test.heard...)
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		h := serve(t, "", nil)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := l.Addr().String()
		_ = l.Close()
		_, err = pop3.Dial(soon(t), addr, &pop3.DialOptions{Reactor: h.r, Security: clear})
		var failed *pop3.DialError
		if !errors.As(err, &failed) || failed.Step != "connect" || !errors.As(err, new(*reactor.ConnectError)) {
			t.Errorf("got %v, want *DialError at connect", err)
		}
	})
	t.Run("with the wrong arguments", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		r := reactor.New()
		for addr, good := range map[string]bool{"localhost": true, "localhost:110": true, "::1": true, "[::1]:995": true, "": false, ":995": false, "localhost:pop3": false, "localhost:0": false, "a:b:c": false} {
			_, err := pop3.Dial(ctx, addr, &pop3.DialOptions{Reactor: r})
			if errors.As(err, new(*net.AddrError)) == good || errors.Is(err, context.Canceled) != good {
				t.Errorf("%q: got %v, want it to be good: %v", addr, err, good)
			}
		}
		if _, err := pop3.Dial(soon(t), "localhost", &pop3.DialOptions{Reactor: r, Security: 9}); !errors.As(err, new(*pop3.ArgumentError)) {
			t.Errorf("Security 9: got %v, want *ArgumentError", err)
		}
		h := serve(t, dialGreeting, nil)
		var onLoop error
		h.do(func() {
			_, onLoop = pop3.Dial(context.Background(), h.addr, &pop3.DialOptions{Reactor: h.r, Security: clear})
		})
		if !errors.Is(onLoop, deferred.ErrAwaitOnLoop) {
			t.Errorf("on the reactor: got %v, want ErrAwaitOnLoop", onLoop)
		}
	})
}

// sentTrace tells when the client has sent a command.
type sentTrace struct {
	want string
	sent chan struct{}
}

func (s *sentTrace) Client(p []byte) {
	if strings.HasPrefix(string(p), s.want) {
		close(s.sent)
	}
}
func (s *sentTrace) Server([]byte) {}

// The end of the context ends each step, and leaves no connection.
func TestDialContext(t *testing.T) {
	for _, test := range []struct {
		step, greeting string
		security       pop3.Security
		last           string // what the server hears before it falls silent
		answers        map[string]string
	}{
		{"greeting", "", pop3.InTheClear, "", nil},
		{"STLS", dialGreeting, pop3.RequireStartTLS, "STLS", nil},
		{"sign in", dialGreeting, pop3.RequireStartTLS, "CAPA", map[string]string{"STLS": "+OK\r\n" + beginsTLS}},
		{"sign in", dialGreeting, pop3.ImplicitTLS, "AUTH", map[string]string{"CAPA": saslPlain}},
		{"sign in", dialGreeting, pop3.ImplicitTLS, "PASS", map[string]string{"CAPA": "-ERR\r\n", "USER tim": "+OK\r\n"}},
	} {
		t.Run(test.step+" "+test.last, func(t *testing.T) {
			h := serve(t, test.greeting, test.answers)
			ctx, cancel := context.WithCancelCause(context.Background())
			cause := errors.New("the user has closed the window")
			trace := &sentTrace{want: test.last, sent: make(chan struct{})}
			addr := h.addr
			if test.security == pop3.ImplicitTLS {
				addr = h.addrTLS
			}
			result := make(chan error, 1)
			go func() {
				_, err := pop3.Dial(ctx, addr, &pop3.DialOptions{Reactor: h.r, Security: test.security, TLS: trusting(), Credentials: tim(), Options: &pop3.Options{Trace: trace}})
				result <- err
			}()
			s := h.server()
			if test.last != "" {
				<-trace.sent
			}
			cancel(cause)
			err := <-result
			var failed *pop3.DialError
			if !errors.As(err, &failed) || !errors.Is(err, cause) || !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, want *DialError with the cause of the context", err)
			}
			if test.last != "" && failed.Step != test.step {
				t.Errorf("step: got %q, want %q", failed.Step, test.step)
			}
			<-s.ended
		})
	}
}

func TestDialEndpoint(t *testing.T) {
	h := serve(t, dialGreeting, map[string]string{"STLS": "+OK\r\n" + beginsTLS, "CAPA": saslPlain, timPlain: "+OK\r\n"})
	to := func(addr string, secure bool) endpoints.ClientEndpoint {
		name, port, _ := net.SplitHostPort(addr)
		n, _ := strconv.Atoi(port)
		if secure {
			return endpoints.TLS(h.r, name, n, trusting())
		}
		return endpoints.TCP(h.r, name, n)
	}
	for _, test := range []struct {
		ep       endpoints.ClientEndpoint
		security pop3.Security
		ok       bool
	}{
		{to(h.addrTLS, true), pop3.ImplicitTLS, true},
		{to(h.addr, false), pop3.ImplicitTLS, false}, // it has not put TLS on
		{to(h.addr, false), pop3.RequireStartTLS, true},
		{to(h.addrTLS, true), pop3.RequireStartTLS, true}, // it is there already
	} {
		c, err := pop3.DialEndpoint(soon(t), test.ep, &pop3.DialOptions{Security: test.security, TLS: trusting(), Credentials: tim()})
		var noTLS *pop3.NoTLSError
		if (err == nil) != test.ok || !test.ok && !errors.As(err, &noTLS) {
			t.Errorf("%v by %v: got %v, want it to work: %v", test.security, test.ep, err, test.ok)
		}
		if c != nil {
			c.Disconnect()
		}
		<-h.server().ended
	}
	defer func() {
		if recover() == nil {
			t.Error("a nil endpoint: got no panic")
		}
	}()
	_, _ = pop3.DialEndpoint(soon(t), nil, nil)
}

func TestAwait(t *testing.T) {
	h := serve(t, dialGreeting, map[string]string{"NOOP": "+OK\r\n"})
	c, err := pop3.Dial(soon(t), h.addr, &pop3.DialOptions{Reactor: h.r, Security: pop3.InTheClear})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("enough")
	started := make(chan struct{})
	go func() {
		<-started
		cancel(cause)
	}()
	_, err = pop3.Await(ctx, c, func(c *pop3.Client) *deferred.Deferred[pop3.Reply] { close(started); return c.SendCommand("XSILENT") })
	if !errors.Is(err, deferred.ErrCancelled) || !errors.Is(err, cause) {
		t.Errorf("got %v, want ErrCancelled and the cause", err)
	}
	_, err = pop3.Await(soon(t), c, func(*pop3.Client) *deferred.Deferred[pop3.Reply] { panic("oops") })
	if !errors.As(err, new(*deferred.PanicError)) {
		t.Errorf("got %v, want *deferred.PanicError", err)
	}
	var onLoop error
	h.do(func() { _, onLoop = pop3.Await(context.Background(), c, (*pop3.Client).Noop) })
	if !errors.Is(onLoop, deferred.ErrAwaitOnLoop) {
		t.Errorf("on the reactor: got %v, want ErrAwaitOnLoop", onLoop)
	}
	if _, err := pop3.Await(soon(t), new(pop3.Client), (*pop3.Client).Noop); !errors.Is(err, pop3.ErrNotConnected) {
		t.Errorf("without a connection: got %v, want ErrNotConnected", err)
	}
	c.Disconnect()
	c.Disconnect()
	h.server().closed("XSILENT")
	new(pop3.Client).Disconnect()
}
