package integration

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// popSessionCases are about the session itself.
var popSessionCases = []popCase{
	{name: "greeting", outside: true, run: func(e *env, c *pop3.Client) {
		greeting := must(e, c.Greeting())
		wantTrue(e, greeting.OK && strings.HasPrefix(greeting.Line, "+OK ") && greeting.Line == "+OK "+greeting.Text, "%+v", greeting)
		want(e, "greeting, asked again", must(e, c.Greeting()), greeting)
		_, found := pop3.Challenge(greeting.Line)
		want(e, "a challenge in it", found, !e.is(onCourier))
	}},
	{name: "capabilities", caps: []string{"TOP", "UIDL", "USER"}, outside: true, run: func(e *env, c *pop3.Client) {
		before := must(e, c.Capa())
		want(e, "known without asking", must(e, c.Capabilities()), before)
		wantTrue(e, before.Has("TOP") && before.Has("UIDL") && before.Has("USER"), "TOP, UIDL and USER before the login: %v", before)
		must(e, c.Login(e.user.Name, e.user.Password))
		after := must(e, c.Capabilities())
		want(e, "known without asking", must(e, c.Capabilities()), after)
		want(e, "the same after the login", after == before, e.is(onCourier))
		want(e, "mechanisms after the login", len(after.Mechanisms()) > 0, e.is(onCyrus, onTwisted))
		want(e, "PIPELINING", after.Has("pipelining"), !e.is(onTwisted))
	}},
	{name: "EXPIRE", caps: []string{"EXPIRE"}, outside: true, run: func(e *env, c *pop3.Client) {
		days, perUser, ok := must(e, c.Capa()).Expire()
		wantTrue(e, ok, "EXPIRE is understood")
		if e.is(onCyrus) {
			want(e, "days", days, pop3.ExpireNever)
			want(e, "for each user", perUser, false)
			return
		}
		want(e, "days", days, 60)
		want(e, "for each user", perUser, true)
		must(e, c.Login(e.user.Name, e.user.Password))
		days, perUser, _ = must(e, c.Capabilities()).Expire()
		want(e, "days of this user", days, 30)
		want(e, "for each user, when it is known which", perUser, false)
	}},
	{name: "LOGIN-DELAY", caps: []string{"LOGIN-DELAY"}, outside: true, run: func(e *env, c *pop3.Client) {
		delays := map[string][2]time.Duration{onCyrus: {0, 0}, onCourier: {10 * time.Second, 10 * time.Second}, onTwisted: {120 * time.Second, 5 * time.Second}}
		delay, perUser, ok := must(e, c.Capa()).LoginDelay()
		wantTrue(e, ok, "LOGIN-DELAY is understood")
		want(e, "delay", delay, delays[e.kind.product][0])
		want(e, "for each user", perUser, e.is(onTwisted))
		must(e, c.Login(e.user.Name, e.user.Password))
		delay, perUser, ok = must(e, c.Capabilities()).LoginDelay()
		wantTrue(e, ok && !perUser, "LOGIN-DELAY is understood after the login, and is that of this user")
		want(e, "delay after the login", delay, delays[e.kind.product][1])
	}},
	{name: "IMPLEMENTATION", caps: []string{"IMPLEMENTATION"}, run: func(e *env, c *pop3.Client) {
		text := must(e, c.Capa()).Implementation()
		wantTrue(e, strings.Contains(text, e.kind.product), "%q in %q", e.kind.product, text)
	}},
	{name: "noop", run: func(e *env, c *pop3.Client) {
		must(e, c.Noop())
		reply := must(e, c.Noop())
		wantTrue(e, reply.OK && strings.HasPrefix(reply.Line, "+OK"), "%+v", reply)
	}},
	{name: "what belongs before the login", run: func(e *env, c *pop3.Client) {
		popFails(e, "LOGIN", c.Login(e.user.Name, e.user.Password), pop3.ErrState)
		popFails(e, "USER", c.User(e.user.Name), pop3.ErrState)
		popFails(e, "PASS", c.Pass(e.user.Password), pop3.ErrState)
		popFails(e, "APOP", c.APOP(e.user.Name, e.user.Password), pop3.ErrState)
		popFails(e, "AUTH", c.SignIn(&sasl.Credentials{Username: e.user.Name, Password: sasl.NewSecret(e.user.Password)}), pop3.ErrState)
		popFails(e, "STLS", c.StartTLS(nil), pop3.ErrState)
		popFails(e, "UTF8", c.UTF8(), pop3.ErrState)
		popFails(e, "RPOP", c.RPOP(e.user.Name), pop3.ErrState)
		must(e, c.Noop())
	}},
	{name: "what belongs behind the login", outside: true, run: func(e *env, c *pop3.Client) {
		popFails(e, "STAT", c.Stat(), pop3.ErrState)
		popFails(e, "LIST", c.List(), pop3.ErrState)
		popFails(e, "UIDL 1", c.UIDLMessage(1), pop3.ErrState)
		popFails(e, "DELE", c.Dele(1), pop3.ErrState)
		popFails(e, "RSET", c.Rset(), pop3.ErrState)
		popFails(e, "NOOP", c.Noop(), pop3.ErrState)
		sink := &popSink{}
		popFails(e, "RETR", c.RetrTo(1, sink), pop3.ErrState)
		wantTrue(e, len(sink.done) == 1 && errors.Is(sink.done[0], pop3.ErrState), "the sink hears of it, got %v", sink.done)
		popFails(e, "all of them", c.RetrieveAll(pop3.RetrieveOptions{Sink: dropAll}), pop3.ErrState)
	}},
	{name: "quit before the login", outside: true, run: func(e *env, c *pop3.Client) {
		reply := must(e, c.Quit())
		wantTrue(e, reply.OK, "%+v", reply)
		popFails(e, "a command behind it", c.Capa(), pop3.ErrNotConnected)
	}},
	{name: "a command of one's own", mails: mailservers.Mails(2), run: func(e *env, c *pop3.Client) {
		one := must(e, c.SendCommand("LIST", "2"))
		wantTrue(e, strings.HasPrefix(one.Text, "2 "), "%+v", one)
		all := must(e, c.SendMultiline("UIDL"))
		wantTrue(e, len(all.Lines) == 2 && strings.HasPrefix(string(all.Lines[1]), "2 "), "%q", all.Lines)
		want(e, "octets", all.Octets, int64(len(all.Bytes())))
		top := must(e, c.SendMultiline("TOP", "1", "0"))
		wantBytes(e, "header", top.Bytes(), headerOf(mailservers.Mail(0).Raw))
		capa := must(e, c.SendMultiline("capa"))
		wantTrue(e, slices.ContainsFunc(capa.Lines, func(line []byte) bool { return string(line) == "TOP" }), "%q", capa.Lines)
	}},
	{name: "an unknown command", run: func(e *env, c *pop3.Client) {
		no := popRefused(e, "XTND", c.SendCommand("XTND", "XMIT", "a b"), nil)
		want(e, "command", no.Command, "XTND")
		wantTrue(e, strings.HasPrefix(no.Line, "-ERR ") && !no.OK, "%+v", no.Reply)
		popRefused(e, "XLST", c.SendMultiline("XLST"), nil)
		must(e, c.Noop())
	}},
	{name: "LANG where there is none", run: func(e *env, c *pop3.Client) {
		popRefused(e, "LANG", c.Languages(), nil)
		popRefused(e, "LANG en", c.Lang("en"), nil)
	}},
	{name: "bad input", mails: mailservers.Mails(1), run: func(e *env, c *pop3.Client) {
		badArgument(e, "RETR 0", func() error { _, err := wait(e, c.Retr(0)); return err })
		badArgument(e, "RETR -1", func() error { _, err := wait(e, c.Retr(-1)); return err })
		badArgument(e, "RETR without a sink", func() error { _, err := wait(e, c.RetrTo(1, nil)); return err })
		badArgument(e, "TOP 1 -1", func() error { _, err := wait(e, c.Top(1, -1)); return err })
		badArgument(e, "DELE 0", func() error { _, err := wait(e, c.Dele(0)); return err })
		badArgument(e, "LIST 0", func() error { _, err := wait(e, c.ListMessage(0)); return err })
		badArgument(e, "UIDL 0", func() error { _, err := wait(e, c.UIDLMessage(0)); return err })
		badArgument(e, "two commands in one", func() error { _, err := wait(e, c.SendCommand("NOOP", "x\r\nDELE 1")); return err })
		badArgument(e, "LF in a name", func() error { _, err := wait(e, c.SendCommand("NOOP\nDELE 1")); return err })
		badArgument(e, "NUL", func() error { _, err := wait(e, c.SendCommand("NOOP", "\x00")); return err })
		badArgument(e, "LIST with its lines", func() error { _, err := wait(e, c.SendCommand("LIST")); return err })
		badArgument(e, "NOOP with lines", func() error { _, err := wait(e, c.SendMultiline("NOOP")); return err })
		badArgument(e, "QUIT by hand", func() error { _, err := wait(e, c.SendCommand("quit")); return err })
		badArgument(e, "no sinks", func() error { _, err := wait(e, c.RetrieveAll(pop3.RetrieveOptions{})); return err })
		want(e, "messages", must(e, c.Stat()).Count, 1)
	}},
	{name: "bad input before the login", outside: true, run: func(e *env, c *pop3.Client) {
		for _, bad := range []string{"", "x\r\nQUIT", "x\ny", "x\x00", "x\x7f"} {
			badArgument(e, "USER", func() error { _, err := wait(e, c.User(bad)); return err })
			badArgument(e, "PASS", func() error { _, err := wait(e, c.Pass(bad)); return err })
			badArgument(e, "the password of a login", func() error { _, err := wait(e, c.Login("test", bad)); return err })
			badArgument(e, "APOP", func() error { _, err := wait(e, c.APOP(bad, "test")); return err })
			badArgument(e, "LANG", func() error { _, err := wait(e, c.Lang(bad)); return err })
		}
	}},
	{name: "a server that ends the connection", on: []string{onDovecot}, outside: true, live: true, run: func(e *env, c *pop3.Client) {
		var err error
		for range 10 { // it suffers a few commands that it does not know
			if _, err = wait(e, c.SendCommand("XTND")); !errors.As(err, new(*pop3.ResponseError)) {
				break
			}
		}
		wantTrue(e, errors.Is(err, reactor.ErrConnectionDone) || errors.Is(err, reactor.ErrConnectionLost), "the end of the connection, got %v", err)
		wantTrue(e, errors.As(err, new(*pop3.CommandError)), "a CommandError, got %v", err)
		_, err = wait(e, c.Capa())
		wantTrue(e, err != nil, "no command afterwards")
	}},
}

func dropAll(pop3.Entry) pop3.MessageSink { return nil }

func badArgument(e *env, what string, f func() error) {
	e.t.Helper()
	var bad *pop3.ArgumentError
	if err := f(); !errors.As(err, &bad) {
		e.t.Errorf("%s: got %v, want an ArgumentError", what, err)
	}
}
