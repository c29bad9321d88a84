package integration

import (
	"crypto/tls"
	"errors"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

// secureCases make connections of their own, up to the login.
var secureCases = []imapCase{
	{name: "starttls", caps: []string{"STARTTLS"}, live: true, run: func(e *env) {
		c, connected := e.dial(nil, e.server.IMAPPort)
		must(e, connected)
		before := must(e, c.GetCapabilities())
		wantTrue(e, before.Has("STARTTLS"), "STARTTLS before: %v", before)
		_, err := wait(e, c.Login(e.user.Name, e.user.Password))
		wantTrue(e, errors.Is(err, imap4.ErrInsecureAuth) || errors.Is(err, imap4.ErrLoginDisabled), "no password in the clear, got %v", err)
		after := must(e, c.StartTLS(e.tls()))
		wantTrue(e, !after.Has("STARTTLS") && after.Has("IMAP4rev1"), "capabilities under TLS: %v", after)
		must(e, c.Login(e.user.Name, e.user.Password))
		must(e, c.Select("INBOX"))
		must(e, c.Logout())
	}},
	{name: "starttls with nobody to trust", caps: []string{"STARTTLS"}, live: true, run: func(e *env) {
		c, connected := e.dial(nil, e.server.IMAPPort)
		must(e, connected)
		_, err := wait(e, c.StartTLS(&tls.Config{ServerName: "localhost"}))
		wantTrue(e, errors.Is(err, reactor.ErrTLS), "ErrTLS, got %v", err)
		_, err = wait(e, c.Noop())
		wantTrue(e, err != nil, "the connection is not used in the clear")
	}},
	{name: "TLS with nobody to trust", live: true, run: func(e *env) {
		_, connected := e.dial(&tls.Config{ServerName: "localhost"}, e.server.IMAPSPort)
		_, err := wait(e, connected)
		wantTrue(e, errors.Is(err, reactor.ErrTLS), "ErrTLS, got %v", err)
	}},
	{name: "login in the clear", live: true, on: []string{onDovecot, onCyrus, onCourier}, run: func(e *env) {
		c, connected := e.dial(nil, e.server.IMAPPort)
		c.Options.AllowInsecureAuth = true
		must(e, connected)
		must(e, c.Login(e.user.Name, e.user.Password))
		must(e, c.Logout())
	}},
	{name: "login disabled", caps: []string{"LOGINDISABLED"}, live: true, run: func(e *env) {
		if e.is(onCyrus) { // which says so after the login
			wantTrue(e, must(e, e.c.GetCapabilities()).Has("LOGINDISABLED"), "LOGINDISABLED")
			must(e, e.c.Select("INBOX"))
			return
		}
		c, connected := e.dial(nil, e.server.IMAPPort)
		c.Options.AllowInsecureAuth = true
		must(e, connected)
		must(e, c.GetCapabilities())
		_, err := wait(e, c.Login(e.user.Name, e.user.Password))
		wantTrue(e, errors.Is(err, imap4.ErrLoginDisabled), "ErrLoginDisabled, got %v", err)
	}},
	{name: "wrong password", live: true, run: func(e *env) {
		c, connected := e.dial(e.tls(), e.server.IMAPSPort)
		must(e, connected)
		wrong := "wr\"o\\ng"
		if e.is(onTwisted) {
			wrong = "wrong" // it cannot read quoted characters
		}
		_, err := wait(e, c.Login(e.user.Name, wrong))
		var no *imap4.ResponseError
		wantTrue(e, errors.As(err, &no) && no.Status == "NO", "NO, got %v", err)
		wantTrue(e, errors.Is(err, imap4.ErrAuthenticationFailed), "ErrAuthenticationFailed, got %v", err)
		must(e, c.Login(e.user.Name, e.user.Password))
		must(e, c.Logout())
	}},
}
