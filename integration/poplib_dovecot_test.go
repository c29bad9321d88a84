package integration

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/pop3/poplib"
)

// dovecotCalls are a whole session with the odd mails: every method, and what the server refuses.
func dovecotCalls(user mailservers.User) []popCall {
	login := []popCall{call("getwelcome"), call("capa"), call("user", user.Name), call("pass_", user.Password)}
	listed := []popCall{call("stat"), call("list"), call("list", 2), call("list", 99), call("uidl"), call("uidl", 2), call("uidl", 99)}
	var fetched []popCall
	for n := range mailservers.Quirks() {
		fetched = append(fetched, call("retr", n+1), call("top", n+1, 2))
	}
	fetched = append(fetched, call("retr", 99), call("top", 1, 0), call("top", 1, 99), call("top", 99, 0), call("noop"))
	deleted := []popCall{call("dele", 1), call("stat"), call("dele", 1), call("retr", 1), call("list"), call("uidl"), call("rset"), call("stat"), call("dele", 99)}
	state := func(of popCall, command string) popCall {
		return of.but("state", "raised error_proto(b'-ERR Unknown command: "+command+"')", "raised ErrState")
	}
	refused := []popCall{
		state(call("utf8"), "UTF8"), state(call("rpop", "x"), "RPOP"), state(call("apop", "test", "test"), "APOP"),
		call("_shortcmd", "BOGUS"), call("_longcmd", "XMANY"), call("quit"),
	}
	return slices.Concat(login, listed, fetched, deleted, refused)
}

// TestPoplibOnDovecot has Python's poplib and the facade lead the same session with Dovecot, in the clear, by STLS and under TLS from the first byte.
func TestPoplibOnDovecot(t *testing.T) {
	server := mailservers.Dovecot(t)
	server.NeedsPOP3(t)
	user := server.NewUser(t)
	server.Fill(t, user, "INBOX", server.Quirks()...)
	ca, err := os.ReadFile(server.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	calls, level := dovecotCalls(user), func(n int) popCall { return call("set_debuglevel", n) }
	apop := []popCall{level(2), call("apop", user.Name, user.Password), call("stat"), call("quit")}
	wrong := []popCall{level(2), call("user", user.Name), call("pass_", "wrong"), call("user", user.Name), call("pass_", user.Password), call("quit")}
	table := []*onServer{
		{name: "plain", calls: calls},
		{name: "debug level 1", calls: append([]popCall{level(1)}, calls...)},
		{name: "debug level 2", calls: append([]popCall{level(2)}, calls...)},
		{name: "STLS", calls: append([]popCall{level(2), call("stls"), call("stls")}, calls...), limited: true},
		{name: "TLS", calls: append([]popCall{level(2), call("stls")}, calls...), tls: true, limited: true},
		{name: "APOP", calls: apop},
		{name: "wrong password", calls: wrong},
	}
	order := pythonOrder{CA: string(ca)}
	for _, c := range table {
		c.server, c.roots = server, server.RootCAs(t)
		order.Cases = append(order.Cases, c.order())
	}
	python, doc := runPython(t, order), readPoplibDoc(t)
	for i, c := range table {
		t.Run(c.name, func(t *testing.T) {
			checkDocumented(t, doc, c.calls)
			compareOutcomes(t, append([]popCall{{}}, c.calls...), withoutChallenges(python.Results[i]), withoutChallenges(c.perform()), python.known())
		})
	}
}

// onServer is a session with a real server.
type onServer struct {
	name    string
	server  *mailservers.Server
	roots   *x509.CertPool
	calls   []popCall
	tls     bool // from the first byte
	limited bool // no password over a connection in the clear
}

func (c *onServer) port() int {
	if c.tls {
		return c.server.POP3SPort
	}
	return c.server.POP3Port
}

// order is the session as Python is told it. The mails have lines that are too long for poplib's limit.
func (c *onServer) order() pythonCase {
	const noLimit = 1 << 20
	return pythonCase{Host: c.server.Host, Port: c.port(), TLS: c.tls, Verify: true, Trust: true, Timeout: patience.Seconds(), MaxLine: noLimit, Calls: pythonCalls(c.calls)}
}

func (c *onServer) perform() []outcome {
	f := &facade{config: &tls.Config{RootCAs: c.roots}}
	return f.perform(c.server.Host, c.tls, &poplib.Options{
		Port: c.port(), Timeout: patience, TLS: f.config, AllowInsecureAuth: !c.limited, DebugOutput: &f.printed, ShowSecrets: true,
	}, c.calls)
}

// challenges are what differs from session to session: that of the greeting, and its digest.
var challenges = regexp.MustCompile(`<[\w./+=]+@[\w.-]+>'|[0-9a-f]{32}'`)

func withoutChallenges(all []outcome) []outcome {
	for i := range all {
		all[i].Result = challenges.ReplaceAllString(all[i].Result, "...'")
		all[i].Printed = challenges.ReplaceAllString(all[i].Printed, "...'")
	}
	return all
}
