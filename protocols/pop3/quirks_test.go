package pop3_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/sasl"
)

// What servers have been seen to do, and other clients have stumbled over.
var quirks = []struct {
	name string
	test func(t *testing.T)
}{
	{"lines longer than 2048 and 16384 octets in mail", quirkLongLines},
	{"no CAPA, and a CAPA that changes with the login", quirkCapa},
	{"a challenge for APOP that is none", quirkAPOP},
	{"XOAUTH2 in two steps only", quirkXOAUTH2},
	{"+OK in place of + behind AUTH", quirkExchange},
	{"status lines without text, and without spaces", quirkStatusLines},
	{"LF alone, an empty first line, and more words than there should be", quirkLines},
	{"an advertised size that is not the size", quirkSizes},
	{"dots that are not stuffed", quirkDots},
	{"pipelining only where it is offered, and a DELE never ahead", quirkPipelining},
	{"a mailbox that shows some messages at a time", quirkGmail},
	{"QUIT without an answer", quirkQuit},
	{"-ERR that means wait, and -ERR that means wrong password", quirkErrors},
	{"unique-ids that two messages have", quirkUIDs},
	{"control characters in a password, and passwords that are not ASCII", quirkPasswords},
}

func TestQuirks(t *testing.T) {
	if got, want := len(quirks), 15; got != want {
		t.Errorf("got %d quirks, want %d", got, want)
	}
	for _, q := range quirks {
		t.Run(q.name, q.test)
	}
}

func quirkLongLines(t *testing.T) {
	s := loggedIn(t, nil)
	for _, n := range []int{2047, 2048, 2049, 16384, 16385, 1 << 20} {
		line := strings.Repeat("x", n)
		var got *pop3.Multiline
		s.Retr(1).Handle(func(m *pop3.Multiline) { got = m }, func(err error) { t.Error(err) })
		s.server("+OK\r\n" + line + "\r\n+OK\r\n.\r\n")
		if got == nil || len(got.Lines) != 2 || string(got.Lines[0]) != line || string(got.Lines[1]) != "+OK" || got.Octets != int64(n+2+5) {
			t.Errorf("a line of %d octets: got %d lines", n, len(got.Lines))
		}
	}
	track(s.user, "NOOP", s.Noop())
	s.server("+OK\r\n")
	s.happened(`NOOP: "+OK"`)
}

func quirkCapa(t *testing.T) {
	s := greeted(t, nil)
	track(s.user, "caps", s.Capabilities())
	s.server("-ERR unknown command\r\n")
	track(s.user, "caps", s.Capabilities()) // it is known that there are none
	s.wrote("CAPA\r\n")
	s.happened("caps: ", "caps: ")
	track(s.user, "login", s.Login("a", "b"))
	s.server("+OK\r\n")
	s.server("+OK\r\n")
	s.wrote("USER a\r\nPASS b\r\n")
	track(s.user, "caps", s.Capabilities())
	s.wrote("CAPA\r\n")
	s.server("+OK\r\nPIPELINING\r\n.\r\n")
	s.happened(`login: "+OK"`, "caps: PIPELINING")
	track(s.user, "a", s.UIDL()) // not listed, and tried all the same
	track(s.user, "b", s.Noop())
	s.wrote("UIDL\r\nNOOP\r\n")
}

func quirkAPOP(t *testing.T) {
	for _, test := range []struct{ greeting, challenge string }{
		{"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>"},
		{"+OK <1896.697170952@dbc.mtview.ca.us> in front", "<1896.697170952@dbc.mtview.ca.us>"},
		{"+OK see <http://x.y> or <1.2@h>", "<1.2@h>"},
		{"+OK <<a@b>", "<a@b>"},
		{"+OK <a@b@c>", "<a@b@c>"},
		{"+OK <nothing>", ""}, {"+OK <a b@c>", ""}, {"+OK <@b>", ""}, {"+OK <a@>", ""}, {"+OK <>", ""}, {"+OK <a@b", ""}, {"+OK", ""},
		{"+OK <a@caf\xc3\xa9>", ""}, {"+OK <a\x00@b>", ""}, {"+OK >a@b<", ""},
	} {
		challenge, ok := pop3.Challenge(test.greeting)
		if challenge != test.challenge || ok != (test.challenge != "") {
			t.Errorf("%q: got %q, %v, want %q", test.greeting, challenge, ok, test.challenge)
		}
		s := start(t, nil, nil)
		s.server(test.greeting + "\r\n")
		track(s.user, "login", s.Login("a", "b"))
		s.wrote("USER a\r\n") // not APOP
		s.server("-ERR\r\n")
		s.take()
		track(s.user, "APOP", s.APOP("a", "b"))
		if test.challenge == "" {
			s.wrote("")
			s.happened("APOP failed: pop3: APOP: the greeting of the server has no challenge for APOP (sent false)")
		} else if got := string(s.tr.Take()); !strings.HasPrefix(got, "APOP a ") || len(got) != len("APOP a \r\n")+32 {
			t.Errorf("%q: got %q sent", test.greeting, got)
		}
	}
}

func quirkXOAUTH2(t *testing.T) {
	s := greeted(t, nil)
	m, err := sasl.NewXOAuth2(&sasl.Credentials{Username: "u", Token: fixedToken("tok")})
	if err != nil {
		t.Fatal(err)
	}
	track(s.user, "AUTH", s.AuthenticateWith(prompt{m}))
	s.wrote("AUTH XOAUTH2\r\n")
	s.server("+ \r\n")
	s.wrote(b64("user=u\x01auth=Bearer tok\x01\x01") + "\r\n")
	s.server("+OK in\r\n")
	s.happened(`AUTH: "+OK in"`)
}

func quirkExchange(t *testing.T) {
	for _, ask := range []string{"+OK\r\n", "+OK send it\r\n", "+\r\n", "+ \r\n", "+ go on\r\n"} {
		s := greeted(t, &pop3.Options{NoInitialResponse: true, AllowInsecureAuth: true})
		track(s.user, "AUTH", s.AuthenticateWith(plain(t)))
		s.wrote("AUTH PLAIN\r\n")
		s.server(ask)
		s.wrote(b64("\x00tim\x00tanstaaf") + "\r\n")
		s.server("+OK in\r\n")
		s.happened(`AUTH: "+OK in"`)
	}
}

func quirkStatusLines(t *testing.T) {
	s := loggedIn(t, nil)
	for _, line := range []string{"+OK", "+OK ", "+ok", "+", "+ Hola mundo", "+OK[X]y"} {
		track(s.user, "x", s.Noop())
		s.server(line + "\r\n")
		s.happened(`x: "` + line + `"`)
	}
	for line, want := range map[string]error{"-ERR[IN-USE]": pop3.ErrInUse, "-ERR [sys/temp/disk full]": pop3.ErrSysTemp, "-err [AUTH] x": pop3.ErrAuth, "-": nil, "-ERR": nil, "- no": nil} {
		var got error
		s.Noop().Handle(nil, func(err error) { got = err })
		s.server(line + "\r\n")
		if got == nil || want != nil && !errors.Is(got, want) {
			t.Errorf("%q: got %v, want %v", line, got, want)
		}
	}
	s.closed(false)
}

func quirkLines(t *testing.T) {
	s := loggedIn(t, nil)
	track(s.user, "UIDL", s.UIDL())
	s.server("+OK\n\n1 a\n2  b  c d\n.\n")
	track(s.user, "LIST", s.List())
	s.server("+OK\n1\t5 octets\n.\n")
	track(s.user, "STAT", s.Stat())
	s.server("+OK 2 320 octets in 2 messages\n")
	track(s.user, "LIST", s.ListMessage(1))
	s.server("+OK 1 5 octets\n")
	track(s.user, "RETR", s.Retr(1))
	s.server("+OK\na\r\n..\nb\n.\n")
	s.happened("UIDL: [{Number:1 UID:a} {Number:2 UID:b}]", "LIST: [{Number:1 Size:5}]", "STAT: {Count:2 Size:320}", "LIST: {Number:1 Size:5}",
		`RETR: "+OK" ["a" "." "b"] 7`)
}

func quirkSizes(t *testing.T) {
	s := loggedIn(t, nil)
	for _, size := range []string{"0", "1", "5", "7", "1000000000", "99999999999999999999", "-5", "x"} {
		track(s.user, "RETR", s.Retr(1))
		s.server("+OK " + size + " octets\r\nabcde\r\n.\r\n")
		s.happened(`RETR: "+OK ` + size + ` octets" ["abcde"] 7`)
	}
}

func quirkDots(t *testing.T) {
	s := loggedIn(t, nil)
	track(s.user, "RETR", s.Retr(1))
	s.server("+OK\r\n.bashrc\r\n.\ttab\r\n. \r\n..two\r\n.\r\n") // lines that are more than a dot come whole, stuffed or not
	s.happened(`RETR: "+OK" [".bashrc" ".\ttab" ". " ".two"] 26`)
	track(s.user, "RETR", s.Retr(1))
	s.server("+OK\r\nthe end:\r\n.\r\nand what follows it\r\n.\r\n")
	s.happened(`RETR: "+OK" ["the end:"] 10`,
		`lost: Connection was aborted locally using ITCPTransport.abortConnection: pop3: the server said "and what follows it" although nothing was asked.`)
}

func quirkPipelining(t *testing.T) {
	s := loggedIn(t, nil)
	drop(s.Noop())
	drop(s.Noop())
	s.wrote("NOOP\r\n") // the first was alone when it was issued
	s.server("+OK\r\n")
	drop(s.Noop())
	s.wrote("NOOP\r\n")
	s.server("+OK\r\n")
	s.wrote("NOOP\r\n")
	s.server("+OK\r\n")
	for _, caps := range []string{"PIPELINE\r\n", "", "XPIPELINING\r\n"} {
		s := loggedIn(t, nil)
		drop(s.Capa())
		s.server("+OK\r\n" + caps + ".\r\n")
		s.tr.Take()
		drop(s.Noop())
		drop(s.Noop())
		s.wrote("NOOP\r\n")
		s.server("+OK\r\n")
		s.wrote("NOOP\r\n")
	}
}

func quirkGmail(t *testing.T) {
	s := greeted(t, nil)
	drop(s.Capabilities())
	s.server("+OK\r\nUSER\r\nRESP-CODES\r\nEXPIRE 0\r\nLOGIN-DELAY 300\r\nTOP\r\nUIDL\r\nX-GOOGLE-RICO\r\nSASL PLAIN XOAUTH2 OAUTHBEARER\r\n.\r\n")
	caps := value(t, s.Capabilities())
	days, perUser, ok := caps.Expire()
	if days != 0 || perUser || !ok {
		t.Errorf("Expire: got %d, %v, %v, want 0, false, true", days, perUser, ok)
	}
	if delay, _, ok := caps.LoginDelay(); delay != 5*time.Minute || !ok {
		t.Errorf("LoginDelay: got %v, %v, want 5 minutes", delay, ok)
	}
	if got := caps.Mechanisms(); !slices.Equal(got, []string{"PLAIN", "XOAUTH2", "OAUTHBEARER"}) {
		t.Errorf("Mechanisms: got %q", got)
	}
	track(s.user, "login", s.Login("recent:me@gmail.com", "x"))
	s.server("+OK send PASS\r\n")
	s.server("-ERR [LOGIN-DELAY] minimum time between logins is 300 seconds, wait 300 seconds\r\n")
	s.wrote("CAPA\r\nUSER recent:me@gmail.com\r\nPASS x\r\n")
	s.closed(false)
}

func quirkQuit(t *testing.T) {
	s := loggedIn(t, nil)
	drop(s.Dele(1))
	s.server("+OK\r\n")
	var got error
	s.Quit().Handle(nil, func(err error) { got = err })
	s.tr.Lose(nil)
	if !errors.Is(got, pop3.ErrDeletionsUnknown) {
		t.Errorf("got %v, want ErrDeletionsUnknown", got)
	}
	s = loggedIn(t, nil)
	s.Disconnect()
	s.clock.Turn()
	s.wrote("")
	s.closed(true)
}

func quirkErrors(t *testing.T) {
	for _, test := range []struct {
		line string
		want error
		wait time.Duration
	}{
		{"-ERR [IN-USE] Do you have another POP session running?", pop3.ErrInUse, 0},
		{"-ERR [AUTH] Authentication failed.", pop3.ErrAuth, 0},
		{"-ERR [LOGIN-DELAY] wait 60 seconds", pop3.ErrLoginDelay, time.Minute},
		{"-ERR [LOGIN-DELAY 60] no", pop3.ErrLoginDelay, time.Minute},
		{"-ERR [LOGIN-DELAY 99999999999] no", pop3.ErrLoginDelay, 24 * time.Hour},
		{"-ERR [LOGIN-DELAY 9223372036854775807] no", pop3.ErrLoginDelay, 24 * time.Hour},
		{"-ERR [LOGIN-DELAY -5] no", pop3.ErrLoginDelay, 0},
		{"-ERR please wait 999999999 min", pop3.ErrLoginDelay, 24 * time.Hour},
		{"-ERR try again in 5 minutes", nil, 5 * time.Minute},
		{"-ERR try again in 2 hours", nil, 2 * time.Hour},
		{"-ERR please wait 3 days", pop3.ErrLoginDelay, 24 * time.Hour},
		{"-ERR [SYS/TEMP] x", pop3.ErrSysTemp, 0},
		{"-ERR [SYS/PERM/ACCOUNT] x", pop3.ErrSysPerm, 0},
		{"-ERR [UTF8] use it", pop3.ErrUTF8, 0},
		{"-ERR maildrop already locked", pop3.ErrInUse, 0},
		{"-ERR Mailbox in use, invalid password?", pop3.ErrInUse, 0},
		{"-ERR login too frequent", pop3.ErrLoginDelay, 0},
		{"-ERR server temporarily out of order", pop3.ErrSysTemp, 0},
		{"-ERR authentication failed: internal error", pop3.ErrSysTemp, 0},
		{"-ERR Password incorrect", pop3.ErrAuth, 0},
		{"-ERR Invalid login or password", pop3.ErrAuth, 0},
		{"-ERR [X-OTHER] invalid password", nil, 0},
		{"-ERR Download exceed. msg=10", nil, 0},
	} {
		s := greeted(t, nil)
		var got error
		s.Login("a", "b").Handle(nil, func(err error) { got = err })
		s.server("+OK\r\n")
		s.server(test.line + "\r\n")
		var refusal *pop3.ResponseError
		if !errors.As(got, &refusal) || refusal.RetryAfter != test.wait {
			t.Errorf("%q: got %v, and to wait %v, want %v", test.line, got, refusal.RetryAfter, test.wait)
		}
		for _, e := range []error{pop3.ErrInUse, pop3.ErrAuth, pop3.ErrLoginDelay, pop3.ErrSysTemp, pop3.ErrSysPerm, pop3.ErrUTF8} {
			if is := errors.Is(got, e); is != (e == test.want) {
				t.Errorf("%q is %v: got %v", test.line, e, is)
			}
		}
		s.closed(false)
	}
	s := loggedIn(t, nil)
	var got error
	s.Retr(1).Handle(nil, func(err error) { got = err })
	s.server("-ERR this message is locked, invalid password\r\n")
	if errors.Is(got, pop3.ErrInUse) || errors.Is(got, pop3.ErrAuth) {
		t.Errorf("words behind RETR: got %v, want no meaning", got)
	}
}

func quirkUIDs(t *testing.T) {
	s := loggedIn(t, nil)
	track(s.user, "UIDL", s.UIDL())
	s.server("+OK\r\n1 same\r\n2 same\r\n5000000 x\r\n.\r\n")
	s.happened("UIDL: [{Number:1 UID:same} {Number:2 UID:same} {Number:5000000 UID:x}]")
}

func quirkPasswords(t *testing.T) {
	for _, bad := range []string{"a\r\nDELE 1", "a\n", "\x00", "a\x7f", "tab\t"} {
		s := greeted(t, nil)
		var got error
		s.Login("a", bad).Handle(nil, func(err error) { got = err })
		var refused *pop3.ArgumentError
		if !errors.As(got, &refused) || strings.Contains(got.Error(), bad) {
			t.Errorf("%q: got %v, want *ArgumentError without it", bad, got)
		}
		s.wrote("")
	}
	s := greeted(t, nil)
	s.Login("käthe", "pässword ").Handle(nil, nil)
	s.server("+OK\r\n")
	s.server("+OK\r\n")
	s.wrote("USER käthe\r\nPASS pässword \r\n")
}

// value is the result of a Deferred that has fired.
func value[T any](t testing.TB, d *deferred.Deferred[T]) (v T) {
	t.Helper()
	fired := false
	d.Handle(func(got T) { v, fired = got, true }, func(err error) { t.Fatal(err) })
	if !fired {
		t.Fatal("no result")
	}
	return v
}
