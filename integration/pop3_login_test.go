package integration

import (
	"errors"
	"strings"

	"github.com/tconn/tconn/protocols/pop3"
)

// popLoginCases are about who the user is: USER and PASS, APOP, and what else there is without AUTH.
var popLoginCases = []popCase{
	{name: "user and pass", outside: true, run: func(e *env, c *pop3.Client) {
		must(e, c.User(e.user.Name))
		must(e, c.Pass(e.user.Password))
		want(e, "messages", must(e, c.Stat()), pop3.Stat{})
	}},
	{name: "pass without user", outside: true, run: func(e *env, c *pop3.Client) {
		no := popRefused(e, "PASS", c.Pass(e.user.Password), nil)
		want(e, "command", no.Command, "PASS")
	}},
	{name: "wrong password", outside: true, run: func(e *env, c *pop3.Client) {
		no := popRefused(e, "a wrong password", c.Login(e.user.Name, "wrong"), pop3.ErrAuth)
		want(e, "command", no.Command, "PASS")
		wantTrue(e, !strings.Contains(no.Error(), "wrong"), "no password in %v", no)
		must(e, c.Login(e.user.Name, e.user.Password))
		must(e, c.Noop())
	}},
	{name: "response codes", caps: []string{"RESP-CODES", "AUTH-RESP-CODE"}, outside: true, run: func(e *env, c *pop3.Client) {
		no := popRefused(e, "a wrong password", c.Login(e.user.Name, "wrong"), pop3.ErrAuth)
		want(e, "code", no.Code, "AUTH")
		want(e, "to wait", no.RetryAfter, 0)
	}},
	{name: "APOP", on: []string{onDovecot, onCyrus, onTwisted}, outside: true, run: func(e *env, c *pop3.Client) {
		must(e, c.APOP(e.user.Name, e.user.Password))
		want(e, "messages", must(e, c.Stat()), pop3.Stat{})
	}},
	{name: "APOP with a wrong password", on: []string{onDovecot, onCyrus, onTwisted}, outside: true, run: func(e *env, c *pop3.Client) {
		popRefused(e, "APOP", c.APOP(e.user.Name, "wrong"), pop3.ErrAuth)
		must(e, c.Login(e.user.Name, e.user.Password))
	}},
	{name: "APOP where there is none", on: []string{onCourier}, outside: true, run: func(e *env, c *pop3.Client) {
		popFails(e, "APOP", c.APOP(e.user.Name, e.user.Password), pop3.ErrNoChallenge)
		must(e, c.Login(e.user.Name, e.user.Password))
	}},
	{name: "RPOP where there is none", outside: true, run: func(e *env, c *pop3.Client) {
		popRefused(e, "RPOP", c.RPOP(e.user.Name), nil)
	}},
	{name: "UTF8", caps: []string{"UTF8"}, outside: true, run: func(e *env, c *pop3.Client) {
		args, _ := must(e, c.Capa()).Get("UTF8")
		wantAll(e, "arguments", args, "USER")
		must(e, c.UTF8())
		must(e, c.Login(e.user.Name, e.user.Password))
		want(e, "messages", must(e, c.Stat()), pop3.Stat{})
	}},
	{name: "UTF8 where there is none", on: []string{onDovecot, onCyrus, onTwisted}, outside: true, run: func(e *env, c *pop3.Client) {
		no := popRefused(e, "UTF8", c.UTF8(), nil)
		wantTrue(e, !errors.Is(no, pop3.ErrUTF8), "%v is not about a missing UTF8", no)
		must(e, c.Login(e.user.Name, e.user.Password))
	}},
}
