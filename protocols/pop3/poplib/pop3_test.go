package poplib_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/pop3/poplib"
	"github.com/tconn/tconn/reactor"
)

// show is what a method has answered, as text: values with %q, errors as Python prints them.
func show(v any, err error) string {
	var refused *poplib.Error
	switch {
	case errors.As(err, &refused):
		return refused.Repr()
	case err != nil:
		return err.Error()
	}
	if r, ok := v.(*poplib.Result); ok {
		return fmt.Sprintf("%q %q %d", r.Response, r.Lines, r.Octets)
	}
	return fmt.Sprintf("%q", v)
}

func status(b []byte, err error) string         { return show(b, err) }
func result(r *poplib.Result, err error) string { return show(r, err) }
func numbers(n int, size int64, err error) string {
	if err != nil {
		return show(nil, err)
	}
	return fmt.Sprint(n, size)
}
func offers(caps map[string][]string, err error) string { return show(caps, err) }

// The answers are those that poplib has given to the same bytes.
func TestMethods(t *testing.T) {
	for _, c := range []struct {
		name, script string
		call         func(p *poplib.POP3) string
		want         string
	}{
		{"user", "C: USER alice\nS: +OK", func(p *poplib.POP3) string { return status(p.User("alice")) }, `"+OK"`},
		{"user with a space", "C: USER a b\nS: +OK", func(p *poplib.POP3) string { return status(p.User("a b")) }, `"+OK"`},
		{"pass", "C: PASS secret\nS: +OK Logged in.", func(p *poplib.POP3) string { return status(p.Pass("secret")) }, `"+OK Logged in."`},
		{"pass in UTF-8", "C: PASS grün\nclose", func(p *poplib.POP3) string { return status(p.Pass("grün")) }, `error_proto('-ERR EOF')`},
		{"pass refused", "C: PASS x\nS: -ERR [AUTH] Authentication failed.", func(p *poplib.POP3) string { return status(p.Pass("x")) },
			`error_proto(b'-ERR [AUTH] Authentication failed.')`},
		{"apop", "C: APOP mrose c4c9334bac560ecc979e58001b3e22fb\nS: +OK", func(p *poplib.POP3) string { return status(p.APOP("mrose", "tanstaaf")) }, `"+OK"`},
		{"rpop", "C: RPOP alice\nS: -ERR Unknown command: RPOP", func(p *poplib.POP3) string { return status(p.RPOP("alice")) }, `error_proto(b'-ERR Unknown command: RPOP')`},
		{"utf8", "C: UTF8\nS: +OK UTF8 enabled", func(p *poplib.POP3) string { return status(p.UTF8()) }, `"+OK UTF8 enabled"`},
		{"stat", "C: STAT\nS: +OK 13 110293", func(p *poplib.POP3) string { return numbers(p.Stat()) }, "13 110293"},
		{"stat and more", "C: STAT\nS: +OK  2\t50 octets", func(p *poplib.POP3) string { return numbers(p.Stat()) }, "2 50"},
		{"stat before the login", "C: STAT\nS: -ERR not yet", func(p *poplib.POP3) string { return numbers(p.Stat()) }, `error_proto(b'-ERR not yet')`},
		{"stat short", "C: STAT\nS: +OK 2", func(p *poplib.POP3) string { return numbers(p.Stat()) }, `error_proto('Invalid STAT response format')`},
		{"stat in words", "C: STAT\nS: +OK two 320", func(p *poplib.POP3) string { return numbers(p.Stat()) },
			`error_proto('Invalid STAT response data: non-numeric values')`},
		{"stat below zero", "C: STAT\nS: +OK 2 -1", func(p *poplib.POP3) string { return numbers(p.Stat()) },
			`error_proto('Invalid STAT response data: non-numeric values')`},
		{"list", "C: LIST\nS: +OK 2 messages:\nS: 1 301\nS: 2 306\nS: .", func(p *poplib.POP3) string { return result(p.List()) },
			`"+OK 2 messages:" ["1 301" "2 306"] 14`},
		{"list of one", "C: LIST 2\nS: +OK 2 306", func(p *poplib.POP3) string { return status(p.ListOne(2)) }, `"+OK 2 306"`},
		{"list of none", "C: LIST 99\nS: -ERR There's no message 99.", func(p *poplib.POP3) string { return status(p.ListOne(99)) },
			`error_proto(b"-ERR There's no message 99.")`},
		{"numbers are the server's business", "C: LIST -1\nS: -ERR no", func(p *poplib.POP3) string { return status(p.ListOne(-1)) }, `error_proto(b'-ERR no')`},
		{"uidl", "C: UIDL\nS: +OK\nS:\nS: 1 abc\nS: .", func(p *poplib.POP3) string { return result(p.UIDL()) }, `"+OK" ["" "1 abc"] 9`},
		{"uidl of one", "C: UIDL 2\nS: +OK 2 abc", func(p *poplib.POP3) string { return status(p.UIDLOne(2)) }, `"+OK 2 abc"`},
		{"retr", "C: RETR 2\nS: +OK 306 octets\nS: Subject: x\nS:\nS: ..\nS: ...\nS: ....\nS: ..leading dot\nS: .x\nS: end\nS: .",
			func(p *poplib.POP3) string { return result(p.Retr(2)) }, `"+OK 306 octets" ["Subject: x" "" "." ".." "..." ".leading dot" ".x" "end"] 49`},
		{"retr refused", "C: RETR 9\nS: -ERR [IN-USE] locked", func(p *poplib.POP3) string { return result(p.Retr(9)) }, `error_proto(b'-ERR [IN-USE] locked')`},
		{"retr of nothing", "C: RETR 1\nS: +OK\nS: .", func(p *poplib.POP3) string { return result(p.Retr(1)) }, `"+OK" [] 0`},
		{"bare LF", "C: RETR 1\nS= \"+OK\\na\\n..b\\n.c\\n.\\n\"", func(p *poplib.POP3) string { return result(p.Retr(1)) }, `"+OK" ["a" ".b" ".c"] 8`},
		{"CR first", "C: RETR 1\nS= \"+OK\\r\\n\\rxx\\n.\\r\\n\"", func(p *poplib.POP3) string { return result(p.Retr(1)) }, `"+OK" ["xx"] 4`},
		{"CR before dots", "C: RETR 1\nS= \"+OK\\r\\n\\r..x\\n\\r\\n\\ry\\r\\n.\\r\\n\"", func(p *poplib.POP3) string { return result(p.Retr(1)) },
			`"+OK" [".x" "" "\ry"] 10`},
		{"CR CR LF", "C: RETR 1\nS= \"+OK\\r\\nxx\\r\\r\\n.\\r\\n\"", func(p *poplib.POP3) string { return result(p.Retr(1)) }, `"+OK" ["xx\r"] 5`},
		{"odd octets", "C: RETR 1\nS= \"+OK\\r\\nnul \\x00 inside\\r\\nbare\\rcr\\xff\\r\\n.\\r\\n\"", func(p *poplib.POP3) string { return result(p.Retr(1)) },
			`"+OK" ["nul \x00 inside" "bare\rcr\xff"] 24`},
		{"long line", "C: RETR 1\nS: +OK\nS: " + strings.Repeat("x", 100_000) + "\nS: .",
			func(p *poplib.POP3) string {
				r, err := p.Retr(1)
				return fmt.Sprint(len(r.Lines[0]), r.Octets, err)
			}, "100000 100002 <nil>"},
		{"top", "C: TOP 1 0\nS: +OK\nS: Subject: x\nS:\nS: .", func(p *poplib.POP3) string { return result(p.Top(1, 0)) }, `"+OK" ["Subject: x" ""] 14`},
		{"dele", "C: DELE 1\nS: +OK Marked to be deleted.", func(p *poplib.POP3) string { return status(p.Dele(1)) }, `"+OK Marked to be deleted."`},
		{"noop", "C: NOOP\nS: +OK", func(p *poplib.POP3) string { return status(p.Noop()) }, `"+OK"`},
		{"rset", "C: RSET\nS: +OK", func(p *poplib.POP3) string { return status(p.Rset()) }, `"+OK"`},
		{"small letters", "C: NOOP\nS: +ok hi", func(p *poplib.POP3) string { return status(p.Noop()) }, `"+ok hi"`},
		{"quit", "C: QUIT\nS: +OK Logging out.", func(p *poplib.POP3) string { return status(p.Quit()) }, `"+OK Logging out."`},
		{"capa", "C: CAPA\nS: +OK\nS: TOP\nS: sasl PLAIN\nS: sasl  plain login\nS:\nS: EXPIRE NEVER\nS: .",
			func(p *poplib.POP3) string { return offers(p.Capa()) }, `map["EXPIRE":["NEVER"] "TOP":[] "sasl":["plain" "login"]]`},
		{"capa refused", "C: CAPA\nS: -ERR what", func(p *poplib.POP3) string { return offers(p.Capa()) }, `error_proto('-ERR CAPA not supported by server')`},
		{"capa cut off", "C: CAPA\nS: +OK\nclose", func(p *poplib.POP3) string { return offers(p.Capa()) }, `error_proto('-ERR CAPA not supported by server')`},
		{"short command", "C: BOGUS a b\nS: -ERR Unknown command: BOGUS", func(p *poplib.POP3) string { return status(p.ShortCmd("BOGUS a b")) },
			`error_proto(b'-ERR Unknown command: BOGUS')`},
		{"short command that has a method", "", func(p *poplib.POP3) string { return status(p.ShortCmd("PASS secret")) },
			"pop3: PASS is refused: the client has a method for it, which keeps its state"},
		{"long command", "C: XTND HEAD\nS: +OK\nS: a\nS: .", func(p *poplib.POP3) string { return result(p.LongCmd("XTND HEAD")) }, `"+OK" ["a"] 3`},
		{"long command that is a short one", "", func(p *poplib.POP3) string { return result(p.LongCmd("NOOP")) },
			"pop3: NOOP is refused: its answer has one line; use SendCommand"},
		{"two commands in one", "", func(p *poplib.POP3) string { return status(p.User("x\r\nDELE 1")) }, "pop3: bad argument 1 of USER: it holds a control character"},
		{"signed in already", "C: PASS x\nS: +OK", func(p *poplib.POP3) string { return status(p.Pass("x")) + " " + status(p.User("y")) },
			`"+OK" pop3: USER: the command is not allowed in this state of the session`},
		{"garbage for an answer", "C: NOOP\nS: CCCC", func(p *poplib.POP3) string { return status(p.Noop()) }, `error_proto(b'CCCC')`},
		{"a line too long", "C: NOOP\nS: +OK " + strings.Repeat("x", 9000), func(p *poplib.POP3) string { return status(p.Noop()) }, `error_proto('line too long')`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := open(t, poplib.Options{}, "S: +OK ready <1896.697170952@dbc.mtview.ca.us>\n"+strings.TrimSpace(c.script))
			if got := c.call(p); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestBytesAreThoseOfTheWire(t *testing.T) {
	p := open(t, poplib.Options{}, "S: +OK\nC: RETR 1\nS= \"+OK\\r\\na\\r\\n..b\\n.\\r\\n\"")
	r, err := p.Retr(1)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(r.Bytes()), "a\r\n.b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestGreetings(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"S: +OK Dovecot ready.", `"+OK Dovecot ready."`},
		{"S: + Hola mundo", `"+ Hola mundo"`},
		{"S: -ERR [SYS/TEMP] busy", `error_proto(b'-ERR [SYS/TEMP] busy')`},
		{"S: * OK imap", `error_proto(b'* OK imap')`},
		{"close", `error_proto('-ERR EOF')`},
		{"S: +OK " + strings.Repeat("x", 9000), `error_proto('line too long')`},
	} {
		p, err := poplib.NewPOP3("127.0.0.1", &poplib.Options{Port: serve(t, c.script)})
		got := show(nil, err)
		if err == nil {
			got = show(p.GetWelcome(), nil)
			_ = p.Close()
		}
		if got != c.want {
			t.Errorf("%.40s:\n got %s\nwant %s", c.script, got, c.want)
		}
	}
}

func TestAPOPNeedsAChallenge(t *testing.T) {
	p := open(t, poplib.Options{}, "S: +OK <no challenge>")
	_, err := p.APOP("alice", "secret")
	if got, want := show(nil, err), "error_proto('-ERR APOP not supported by server')"; got != want || !errors.Is(err, pop3.ErrNoChallenge) {
		t.Errorf("got %s, want %s that matches ErrNoChallenge", got, want)
	}
}

func TestPasswordsNeedTLS(t *testing.T) {
	port := serve(t, "S: +OK")
	p, err := poplib.NewPOP3("127.0.0.1", &poplib.Options{Port: port, DebugOutput: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, pass := p.Pass("secret")
	_, auth := p.Auth("PLAIN", nil, []byte("\x00alice\x00secret"))
	for _, err := range []error{pass, auth} {
		if !errors.Is(err, pop3.ErrInsecureAuth) {
			t.Errorf("got %v, want ErrInsecureAuth", err)
		}
	}
}

func TestOnAReactor(t *testing.T) {
	r, over := reactor.New(), make(chan error)
	go func() { over <- r.Run() }()
	p := open(t, poplib.Options{Reactor: r}, "S: +OK\nC: NOOP\nS: +OK")
	var inside []error
	asked := make(chan struct{})
	_ = r.CallFromThread(func() {
		_, err1 := p.Noop()
		_, err2 := p.Capa()
		_, err3 := p.STLS(nil)
		_, err4 := p.Quit()
		_, err5 := p.Auth("X", nil, nil)
		inside = []error{err1, err2, err3, err4, err5}
		close(asked)
	})
	<-asked
	for i, err := range inside {
		if err != deferred.ErrAwaitOnLoop {
			t.Errorf("call %d on the reactor: got %v, want ErrAwaitOnLoop", i, err)
		}
	}
	if got, want := status(p.Noop()), `"+OK"`; got != want {
		t.Errorf("afterwards: got %s, want %s", got, want)
	}
	closed := make(chan struct{})
	_ = r.CallFromThread(func() { _ = p.Close(); close(closed) })
	<-closed
	_ = r.Stop()
	if err := <-over; err != nil {
		t.Errorf("Run: got %v, want nil", err)
	}
}
