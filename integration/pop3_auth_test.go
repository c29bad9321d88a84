package integration

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/sasl"
)

// popSecurities are the ways to a server, the safest first.
var popSecurities = []pop3.Security{pop3.ImplicitTLS, pop3.RequireStartTLS, pop3.InTheClear}

// popRig dials a server from the goroutine of the test.
type popRig struct{ *authRig }

func newPopRig(t *testing.T, server *mailservers.Server) popRig {
	t.Helper()
	server.NeedsPOP3(t)
	return popRig{newAuthRig(t, server)}
}

// dial signs in, and answers what was said on the way.
func (a popRig) dial(security pop3.Security, credentials *sasl.Credentials, config func(*tls.Config)) (c *pop3.Client, trace string, err error) {
	a.t.Helper()
	port := a.server.POP3Port
	if security == pop3.ImplicitTLS {
		port = a.server.POP3SPort
	}
	settings := &tls.Config{RootCAs: a.server.RootCAs(a.t)}
	if config != nil {
		config(settings)
	}
	var out bytes.Buffer
	transcript := policies.NewTranscript(&out)
	c, err = pop3.Dial(a.ctx, net.JoinHostPort("localhost", strconv.Itoa(port)), &pop3.DialOptions{
		Reactor: a.reactor, Security: security, TLS: settings, Credentials: credentials, Options: &pop3.Options{Trace: transcript},
	})
	if c != nil {
		a.t.Cleanup(c.Disconnect)
	}
	end := make(chan struct{})
	if a.reactor.CallFromThread(func() { _ = transcript.Flush(); close(end) }) == nil {
		<-end
	}
	return c, out.String(), err
}

// inside fails the test unless the session is a user's. It ends it.
func (a popRig) inside(c *pop3.Client) {
	a.t.Helper()
	if stat, err := pop3.Await(a.ctx, c, (*pop3.Client).Stat); err != nil || stat != (pop3.Stat{}) {
		a.t.Errorf("STAT: got %v, %v, want no messages and nil", stat, err)
	}
	if _, err := pop3.Await(a.ctx, c, (*pop3.Client).Quit); err != nil {
		a.t.Errorf("QUIT: got %v, want nil", err)
	}
}

// offered are the mechanisms that the server offers on such a connection.
func (a popRig) offered(security pop3.Security) []string {
	a.t.Helper()
	c, _, err := a.dial(security, nil, without13)
	if err != nil {
		a.t.Fatal(err)
	}
	caps, err := pop3.Await(a.ctx, c, (*pop3.Client).Capabilities)
	if err != nil {
		a.t.Fatal(err)
	}
	return caps.Mechanisms()
}

// noSTLS tells whether the server has no STLS; the test is over then.
func (a popRig) noSTLS(security pop3.Security) bool {
	a.t.Helper()
	if security != pop3.RequireStartTLS || a.server.Product != onTwisted {
		return false
	}
	_, trace, err := a.dial(security, &sasl.Credentials{Username: "test", Password: sasl.NewSecret("test")}, nil)
	var none *pop3.NoTLSError
	if !errors.As(err, &none) || strings.Contains(trace, "USER") || strings.Contains(trace, "AUTH") {
		a.t.Errorf("got %v, want a NoTLSError, and no user told; said was:\n%s", err, trace)
	}
	return true
}

// Every mechanism that a server offers and the library has signs in, on each kind of connection.
func TestPOP3MechanismsOnEachServer(t *testing.T) {
	offers := map[string][]string{ // in the clear
		onDovecot: {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER"},
		onCyrus:   {"PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"},
		onTwisted: {"CRAM-MD5"},
	}
	mailservers.Each(t, func(t *testing.T, server *mailservers.Server) {
		for _, security := range popSecurities {
			t.Run(security.String(), func(t *testing.T) {
				a := newPopRig(t, server)
				if a.noSTLS(security) {
					return
				}
				offered := a.offered(security)
				for _, mechanism := range offers[server.Product] {
					if !slices.Contains(offered, mechanism) {
						t.Errorf("offered: got %q, want %s among it", offered, mechanism)
					}
				}
				for _, mechanism := range offered {
					if slices.Contains(foreign, mechanism) {
						continue
					}
					if !slices.Contains(known, mechanism) {
						t.Errorf("the server offers %s, want it to be known, or foreign", mechanism)
					}
					t.Run(mechanism, func(t *testing.T) {
						t.Parallel()
						newPopRig(t, server).try(server.NewUser(t), security, mechanism)
					})
				}
				binds := slices.Contains(offered, "SCRAM-SHA-256-PLUS")
				if want := server.Product == onCyrus && security != pop3.InTheClear; binds != want {
					t.Errorf("channel binding offered: got %v, want %v", binds, want)
				}
			})
		}
	})
}

// try signs in by one mechanism, with what is right and with what is wrong.
func (a popRig) try(user mailservers.User, security pop3.Security, mechanism string) {
	a.t.Helper()
	c, trace, err := a.dial(security, a.credentials(user, mechanism, true), without13)
	if err != nil {
		a.t.Fatalf("got %v, want nil; said was:\n%s", err, trace)
	}
	if !strings.Contains(trace, "C: AUTH "+mechanism) {
		a.t.Errorf("said was:\n%s\nwant AUTH %s", trace, mechanism)
	}
	a.inside(c)
	if strings.Contains(trace, user.Password+"\n") {
		a.t.Errorf("said was, with the password in it:\n%s", trace)
	}
	if security != pop3.ImplicitTLS { // servers take their time to refuse: once will do
		return
	}
	_, trace, err = a.dial(security, a.credentials(user, mechanism, false), without13)
	var refused *pop3.ResponseError
	if !errors.As(err, &refused) || !errors.Is(err, pop3.ErrAuth) {
		a.t.Errorf("what is wrong: got %v, want ErrAuth; said was:\n%s", err, trace)
	}
	var reason *sasl.OAuthError
	if strings.Contains(mechanism, "OAUTH") && !errors.As(err, &reason) {
		a.t.Errorf("what is wrong: got %v, want the server's reason", err)
	}
}

// Without a choice of the program's the best way in is found, on each server.
func TestPOP3SignInOnEachServer(t *testing.T) {
	best := map[string][3]string{ // under TLS, after STLS, in the clear
		onDovecot: {"AUTH SCRAM-SHA-256 ***", "AUTH SCRAM-SHA-256 ***", "AUTH SCRAM-SHA-256 ***"},
		onCyrus:   {"AUTH SCRAM-SHA-256-PLUS ***", "AUTH SCRAM-SHA-256-PLUS ***", "AUTH SCRAM-SHA-256 ***"},
		onCourier: {"USER ", "USER ", "USER "},
		onTwisted: {"AUTH CRAM-MD5", "", "AUTH CRAM-MD5"},
	}
	mailservers.Each(t, func(t *testing.T, server *mailservers.Server) {
		user := server.NewUser(t)
		for i, security := range popSecurities {
			t.Run(security.String(), func(t *testing.T) {
				a := newPopRig(t, server)
				if a.noSTLS(security) {
					return
				}
				credentials := &sasl.Credentials{Username: user.Name, Password: sasl.NewSecret(user.Password), AllowInsecure: server.Product == onCourier}
				c, trace, err := a.dial(security, credentials, without13)
				if err != nil {
					t.Fatalf("got %v, want nil; said was:\n%s", err, trace)
				}
				if want := "C: " + best[server.Product][i]; !strings.Contains(trace, want) {
					t.Errorf("said was:\n%s\nwant %s", trace, want)
				}
				a.inside(c)
			})
		}
	})
}

// Under TLS 1.3 Cyrus 3.6 offers binding and cannot do it with what Go has: the same mechanism without is next.
func TestPOP3FallbackOnCyrus(t *testing.T) {
	server := mailservers.Cyrus(t)
	user := server.NewUser(t)
	a := newPopRig(t, server)
	credentials := &sasl.Credentials{Username: user.Name, Password: sasl.NewSecret(user.Password)}
	c, trace, err := a.dial(pop3.ImplicitTLS, credentials, func(config *tls.Config) { config.MinVersion = tls.VersionTLS13 })
	if err != nil {
		t.Fatalf("got %v, want nil; said was:\n%s", err, trace)
	}
	wantInOrder(t, trace, "AUTH SCRAM-SHA-256-PLUS ***", "-ERR", "AUTH SCRAM-SHA-256 ***", "+OK")
	a.inside(c)
}

// A server that a password is kept from hears none.
func TestPOP3NoPasswordInTheClearOnEachServer(t *testing.T) {
	mailservers.Each(t, func(t *testing.T, server *mailservers.Server) {
		a := newPopRig(t, server)
		credentials := &sasl.Credentials{Username: "test", Password: sasl.NewSecret("test"), Mechanisms: []string{"PLAIN", "LOGIN"}}
		_, trace, err := a.dial(pop3.InTheClear, credentials, nil)
		if !errors.Is(err, pop3.ErrInsecureAuth) || strings.Contains(trace, "USER test") || strings.Contains(trace, "C: AUTH") {
			t.Errorf("got %v, want %v; said was:\n%s", err, pop3.ErrInsecureAuth, trace)
		}
	})
}

// Dovecot lets one session of a user at a time in; it keeps the second waiting for 10 s.
func TestPOP3InUse(t *testing.T) {
	t.Parallel()
	server := mailservers.Dovecot(t)
	user := server.NewUser(t)
	a := newPopRig(t, server)
	credentials := func() *sasl.Credentials { return a.credentials(user, "PLAIN", true) }
	first, _, err := a.dial(pop3.ImplicitTLS, credentials(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, trace, err := a.dial(pop3.ImplicitTLS, credentials(), nil)
	var refused *pop3.ResponseError
	if !errors.As(err, &refused) || !errors.Is(err, pop3.ErrInUse) || errors.Is(err, pop3.ErrAuth) || refused.Code != "IN-USE" {
		t.Errorf("got %v, want ErrInUse by its code; said was:\n%s", err, trace)
	}
	a.inside(first)
	second, _, err := a.dial(pop3.ImplicitTLS, credentials(), nil)
	if err != nil {
		t.Fatalf("when the first has ended: got %v, want nil", err)
	}
	a.inside(second)
}

// A context that ends gives up what the server keeps waiting.
func TestPOP3AwaitGivesUp(t *testing.T) {
	server := mailservers.Dovecot(t)
	a := newPopRig(t, server)
	c, _, err := a.dial(pop3.ImplicitTLS, a.credentials(server.NewUser(t), "PLAIN", true), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(a.ctx)
	cancel()
	if _, err := pop3.Await(ctx, c, func(c *pop3.Client) *deferred.Deferred[*pop3.Multiline] { return c.Retr(1) }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	a.inside(c)
}
