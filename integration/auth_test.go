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
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// authRig dials a server from the goroutine of the test.
type authRig struct {
	t       *testing.T
	ctx     context.Context
	server  *mailservers.Server
	reactor *reactor.Reactor
}

func newAuthRig(t *testing.T, server *mailservers.Server) *authRig {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	r := reactor.New()
	done := make(chan error, 1)
	go func() { done <- r.Run() }()
	t.Cleanup(func() {
		_ = r.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		cancel()
	})
	return &authRig{t: t, ctx: ctx, server: server, reactor: r}
}

// dial signs in, and answers what was said on the way.
func (a *authRig) dial(security imap4.Security, credentials *sasl.Credentials, config func(*tls.Config)) (c *imap4.Client, trace string, err error) {
	a.t.Helper()
	port := a.server.IMAPPort
	if security == imap4.ImplicitTLS {
		port = a.server.IMAPSPort
	}
	settings := &tls.Config{RootCAs: a.server.RootCAs(a.t)}
	if config != nil {
		config(settings)
	}
	var out bytes.Buffer
	transcript := policies.NewTranscript(&out)
	c, err = imap4.Dial(a.ctx, net.JoinHostPort("localhost", strconv.Itoa(port)), &imap4.DialOptions{
		Reactor: a.reactor, Security: security, TLS: settings, Credentials: credentials, Options: &imap4.Options{Trace: transcript},
	})
	if c != nil {
		a.t.Cleanup(c.Disconnect)
	}
	end := make(chan struct{})
	if a.reactor.CallFromThread(func() { transcript.Flush(); close(end) }) == nil {
		<-end
	}
	return c, out.String(), err
}

// inside fails the test unless the session is a user's.
func (a *authRig) inside(c *imap4.Client) {
	a.t.Helper()
	_, err := imap4.Await(a.ctx, c, func(c *imap4.Client) *deferred.Deferred[*imap4.MailboxInfo] { return c.Select("INBOX") })
	if err != nil {
		a.t.Errorf("SELECT INBOX: got %v, want nil", err)
	}
}

// offered are the mechanisms that the server offers on such a connection.
func (a *authRig) offered(security imap4.Security, config func(*tls.Config)) []string {
	a.t.Helper()
	c, _, err := a.dial(security, nil, config)
	if err != nil {
		a.t.Fatal(err)
	}
	caps, err := imap4.Await(a.ctx, c, (*imap4.Client).GetCapabilities)
	if err != nil {
		a.t.Fatal(err)
	}
	auth, _ := caps.Get("AUTH")
	return auth.Values()
}

// known are the mechanisms of package sasl; foreign those that servers offer besides: obsolete (RFC 6331).
var (
	known   = []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "XOAUTH2", "OAUTHBEARER"}
	foreign = []string{"DIGEST-MD5"}
)

// without13 leaves TLS 1.3 out: Cyrus 3.6 binds to none of the types that Go has under it.
func without13(config *tls.Config) { config.MaxVersion = tls.VersionTLS12 }

// credentials are those of a user, with his password or with one that is wrong.
func (a *authRig) credentials(user mailservers.User, mechanism string, right bool) *sasl.Credentials {
	c := &sasl.Credentials{Username: user.Name, Mechanisms: []string{mechanism}, AllowInsecure: true}
	if strings.Contains(mechanism, "OAUTH") {
		expires := time.Now().Add(time.Hour)
		if !right {
			expires = time.Now().Add(-time.Hour)
		}
		token := a.server.Token(a.t, user.Name, expires)
		c.Token = sasl.TokenFunc(func(context.Context) (sasl.Token, error) {
			return sasl.Token{Value: sasl.NewSecret(token), Expiry: expires}, nil
		})
		return c
	}
	c.Password = sasl.NewSecret(user.Password)
	if !right {
		c.Password = sasl.NewSecret("not " + user.Password)
	}
	return c
}

// securities are the ways to connect.
var securities = []imap4.Security{imap4.ImplicitTLS, imap4.RequireStartTLS, imap4.InTheClear}

// Every mechanism that a server offers lets its users in, however the connection came about, and others not.
func TestEachMechanism(t *testing.T) {
	mailservers.Each(t, func(t *testing.T, server *mailservers.Server) {
		user := server.NewUser(t)
		for _, security := range securities {
			t.Run(security.String(), func(t *testing.T) {
				a := newAuthRig(t, server)
				offered := a.offered(security, without13)
				for _, mechanism := range offered {
					if slices.Contains(foreign, mechanism) {
						continue
					}
					if !slices.Contains(known, mechanism) {
						t.Errorf("the server offers %s, want it to be known, or foreign", mechanism)
					}
					t.Run(mechanism, func(t *testing.T) { newAuthRig(t, server).try(user, security, mechanism) })
				}
				binds := slices.Contains(offered, "SCRAM-SHA-256-PLUS")
				if want := server.Product == "Cyrus" && security != imap4.InTheClear; binds != want {
					t.Errorf("channel binding offered: got %v, want %v", binds, want)
				}
			})
		}
	})
}

// try signs in by one mechanism, with what is right and with what is wrong.
func (a *authRig) try(user mailservers.User, security imap4.Security, mechanism string) {
	a.t.Helper()
	c, trace, err := a.dial(security, a.credentials(user, mechanism, true), without13)
	if err != nil {
		a.t.Fatalf("got %v, want nil; said was:\n%s", err, trace)
	}
	if !strings.Contains(trace, "AUTHENTICATE "+mechanism) {
		a.t.Errorf("said was:\n%s\nwant AUTHENTICATE %s", trace, mechanism)
	}
	a.inside(c)
	if strings.Contains(trace, user.Password+"\n") {
		a.t.Errorf("said was, with the password in it:\n%s", trace)
	}
	if security != imap4.ImplicitTLS { // servers take their time to refuse: once will do
		return
	}
	_, trace, err = a.dial(security, a.credentials(user, mechanism, false), without13)
	var refused *imap4.ResponseError
	if !errors.As(err, &refused) || refused.Status != "NO" {
		a.t.Errorf("what is wrong: got %v, want NO; said was:\n%s", err, trace)
	}
	var reason *sasl.OAuthError
	if strings.Contains(mechanism, "OAUTH") && !errors.As(err, &reason) {
		a.t.Errorf("what is wrong: got %v, want the server's reason", err)
	}
}

// Without a choice of the program's the best way in is found, on each server.
func TestSignInOnEachServer(t *testing.T) {
	best := map[string][3]string{ // under TLS, after STARTTLS, in the clear
		"Dovecot": {"AUTHENTICATE SCRAM-SHA-256 ***", "AUTHENTICATE SCRAM-SHA-256 ***", "AUTHENTICATE SCRAM-SHA-256 ***"},
		"Cyrus":   {"AUTHENTICATE SCRAM-SHA-256-PLUS ***", "AUTHENTICATE SCRAM-SHA-256-PLUS ***", "AUTHENTICATE SCRAM-SHA-256 ***"},
		"Courier": {"AUTHENTICATE PLAIN", "AUTHENTICATE PLAIN", "LOGIN"},
		"Twisted": {"AUTHENTICATE PLAIN", "AUTHENTICATE PLAIN", "AUTHENTICATE CRAM-MD5"},
	}
	mailservers.Each(t, func(t *testing.T, server *mailservers.Server) {
		user := server.NewUser(t)
		for i, security := range securities {
			t.Run(security.String(), func(t *testing.T) {
				a := newAuthRig(t, server)
				credentials := &sasl.Credentials{Username: user.Name, Password: sasl.NewSecret(user.Password), AllowInsecure: server.Product == "Courier"}
				c, trace, err := a.dial(security, credentials, without13)
				if err != nil {
					t.Fatalf("got %v, want nil; said was:\n%s", err, trace)
				}
				if want := " " + best[server.Product][i]; !strings.Contains(trace, want) {
					t.Errorf("said was:\n%s\nwant%s", trace, want)
				}
				a.inside(c)
			})
		}
	})
}

// Under TLS 1.3 Cyrus 3.6 offers binding and cannot do it with what Go has: the same mechanism without is next.
func TestFallbackOnCyrus(t *testing.T) {
	server := mailservers.Cyrus(t)
	user := server.NewUser(t)
	a := newAuthRig(t, server)
	credentials := &sasl.Credentials{Username: user.Name, Password: sasl.NewSecret(user.Password)}
	c, trace, err := a.dial(imap4.ImplicitTLS, credentials, func(config *tls.Config) { config.MinVersion = tls.VersionTLS13 })
	if err != nil {
		t.Fatalf("got %v, want nil; said was:\n%s", err, trace)
	}
	wantInOrder(t, trace, "AUTHENTICATE SCRAM-SHA-256-PLUS ***", " NO ", "AUTHENTICATE SCRAM-SHA-256 ***", " OK ")
	a.inside(c)
}

// A server that a password is kept from hears none.
func TestNoPasswordInTheClearOnEachServer(t *testing.T) {
	mailservers.Each(t, func(t *testing.T, server *mailservers.Server) {
		a := newAuthRig(t, server)
		credentials := &sasl.Credentials{Username: "test", Password: sasl.NewSecret("test"), Mechanisms: []string{"PLAIN", "LOGIN"}}
		_, trace, err := a.dial(imap4.InTheClear, credentials, nil)
		if !errors.Is(err, imap4.ErrInsecureAuth) || strings.Contains(trace, "LOGIN test") || strings.Contains(trace, "AUTHENTICATE") {
			t.Errorf("got %v, want %v; said was:\n%s", err, imap4.ErrInsecureAuth, trace)
		}
	})
}
