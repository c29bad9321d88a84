package integration

import (
	"crypto/tls"
	"errors"

	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor"
)

// popSecureCases make connections of their own, up to the login.
var popSecureCases = []popCase{
	{name: "STLS", caps: []string{"STLS"}, live: true, outside: true, run: func(e *env, c *pop3.Client) {
		plain := must(e, popOther(e, c, nil, nil))
		before := must(e, plain.Capa())
		wantTrue(e, before.Has("STLS"), "STLS before: %v", before)
		popFails(e, "a password in the clear", plain.Login(e.user.Name, e.user.Password), pop3.ErrInsecureAuth)
		must(e, plain.StartTLS(e.tls()))
		after := must(e, plain.Capabilities())
		wantTrue(e, !after.Has("STLS") && after.Has("TOP"), "capabilities under TLS: %v", after)
		popFails(e, "STLS again", plain.StartTLS(e.tls()), reactor.ErrTLSStarted)
		must(e, plain.Login(e.user.Name, e.user.Password))
		want(e, "messages", must(e, plain.Stat()), pop3.Stat{})
		must(e, plain.Quit())
	}},
	{name: "STLS without asking what there is", on: []string{onDovecot, onCyrus, onCourier}, live: true, outside: true, run: func(e *env, c *pop3.Client) {
		plain := must(e, popOther(e, c, nil, nil))
		begun := plain.StartTLS(e.tls())
		in := plain.Login(e.user.Name, e.user.Password) // waits for it
		must(e, begun)
		must(e, in)
		must(e, plain.Quit())
	}},
	{name: "STLS where there is none", on: []string{onTwisted}, live: true, outside: true, run: func(e *env, c *pop3.Client) {
		plain := must(e, popOther(e, c, nil, nil))
		popRefused(e, "STLS", plain.StartTLS(e.tls()), nil)
		must(e, plain.Capa())
		popFails(e, "STLS, when it is known what there is", plain.StartTLS(e.tls()), errors.ErrUnsupported)
		popFails(e, "a password in the clear", plain.Login(e.user.Name, e.user.Password), pop3.ErrInsecureAuth)
		must(e, plain.Quit())
	}},
	{name: "STLS with nobody to trust", caps: []string{"STLS"}, live: true, outside: true, run: func(e *env, c *pop3.Client) {
		plain := must(e, popOther(e, c, nil, nil))
		popFails(e, "STLS", plain.StartTLS(&tls.Config{ServerName: "localhost"}), reactor.ErrTLS)
		_, err := wait(e, plain.Capa())
		wantTrue(e, err != nil, "the connection is not used in the clear")
	}},
	{name: "TLS with nobody to trust", live: true, outside: true, run: func(e *env, c *pop3.Client) {
		popFails(e, "TLS", popOther(e, c, &tls.Config{ServerName: "localhost"}, nil), reactor.ErrTLS)
	}},
	{name: "login in the clear", live: true, outside: true, run: func(e *env, c *pop3.Client) {
		plain := must(e, popOther(e, c, nil, &pop3.Options{AllowInsecureAuth: true}))
		must(e, plain.Login(e.user.Name, e.user.Password))
		must(e, plain.Quit())
	}},
	{name: "APOP in the clear", on: []string{onDovecot, onCyrus, onTwisted}, live: true, outside: true, run: func(e *env, c *pop3.Client) {
		plain := must(e, popOther(e, c, nil, nil))
		must(e, plain.APOP(e.user.Name, e.user.Password))
		must(e, plain.Quit())
	}},
	{name: "STLS is refused under TLS", caps: []string{"STLS"}, outside: true, live: true, run: func(e *env, c *pop3.Client) {
		popFails(e, "STLS", c.StartTLS(e.tls()), reactor.ErrTLSStarted)
		must(e, c.Login(e.user.Name, e.user.Password))
	}},
}
