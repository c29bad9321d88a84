package pop3_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
)

// issued issues a command and notes how it ends.
type issued func(u *user)

// as notes the end of a command under a name.
func as[T any](name string, f func(u *user) *deferred.Deferred[T]) issued {
	return func(u *user) { track(u, name, f(u)) }
}

// each command: what goes out, what may come back, and what that means.
var commandTests = []struct {
	name   string
	issue  issued
	sent   string // without CRLF
	answer string
	want   string
	before bool // the login
}{
	{"USER", as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.User("mrose smith") }), "USER mrose smith", "+OK mrose is a real hoopy frood\r\n", `"+OK mrose is a real hoopy frood"`, true},
	{"PASS", as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.Pass(" tan staaf ") }), "PASS  tan staaf ", "+OK locked and ready\r\n", `"+OK locked and ready"`, true},
	{"APOP", as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.APOP("mrose", "tanstaaf") }), "APOP mrose c4c9334bac560ecc979e58001b3e22fb", "+OK maildrop has 1 message\r\n", `"+OK maildrop has 1 message"`, true},
	{"RPOP", as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.RPOP("mrose") }), "RPOP mrose", "+OK\r\n", `"+OK"`, true},
	{"UTF8", as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.UTF8() }), "UTF8", "+OK\r\n", `"+OK"`, true},
	{"CAPA", as("x", func(u *user) *deferred.Deferred[pop3.Capabilities] { return u.Capa() }), "CAPA", "+OK list\r\nTOP\r\n\r\nSASL CRAM-MD5 PLAIN\r\n.\r\n", "TOP, SASL CRAM-MD5 PLAIN", true},
	{"LANG", as("x", func(u *user) *deferred.Deferred[pop3.Language] { return u.Lang("*") }), "LANG *", "+OK en English\r\n", "{Tag:en Description:English}", true},
	{"LANG with a tag only", as("x", func(u *user) *deferred.Deferred[pop3.Language] { return u.Lang("de") }), "LANG de", "+OK de\r\n", "{Tag:de Description:}", true},
	{"LANG without arguments", as("x", func(u *user) *deferred.Deferred[[]pop3.Language] { return u.Languages() }), "LANG", "+OK\r\nen English\r\ni-default x y\r\n.\r\n",
		"[{Tag:en Description:English} {Tag:i-default Description:x y}]", true},
	{"STAT", as("x", func(u *user) *deferred.Deferred[pop3.Stat] { return u.Stat() }), "STAT", "+OK 2 320\r\n", "{Count:2 Size:320}", false},
	{"STAT with more", as("x", func(u *user) *deferred.Deferred[pop3.Stat] { return u.Stat() }), "STAT", "+OK  2  320 octets\r\n", "{Count:2 Size:320}", false},
	{"STAT of an empty mailbox", as("x", func(u *user) *deferred.Deferred[pop3.Stat] { return u.Stat() }), "STAT", "+OK 0 0\n", "{Count:0 Size:0}", false},
	{"LIST", as("x", func(u *user) *deferred.Deferred[[]pop3.Scan] { return u.List() }), "LIST", "+OK 2 messages\r\n1 120\r\n2 200 x\r\n.\r\n", "[{Number:1 Size:120} {Number:2 Size:200}]", false},
	{"LIST of nothing", as("x", func(u *user) *deferred.Deferred[[]pop3.Scan] { return u.List() }), "LIST", "+OK\r\n.\r\n", "[]", false},
	{"LIST n", as("x", func(u *user) *deferred.Deferred[pop3.Scan] { return u.ListMessage(2) }), "LIST 2", "+OK 2 200 octets\r\n", "{Number:2 Size:200}", false},
	{"UIDL", as("x", func(u *user) *deferred.Deferred[[]pop3.UniqueID] { return u.UIDL() }), "UIDL", "+OK\r\n1 abc\r\n3 d.f x\r\n.\r\n", "[{Number:1 UID:abc} {Number:3 UID:d.f}]", false},
	{"UIDL n", as("x", func(u *user) *deferred.Deferred[pop3.UniqueID] { return u.UIDLMessage(2) }), "UIDL 2", "+OK 2 QhdPYR:00WBw1Ph7x7\r\n", "{Number:2 UID:QhdPYR:00WBw1Ph7x7}", false},
	{"UIDL n of Twisted's server", as("x", func(u *user) *deferred.Deferred[pop3.UniqueID] { return u.UIDLMessage(2) }), "UIDL 2", "+OK QhdPYR\r\n", "{Number:2 UID:QhdPYR}", false},
	{"RETR", as("x", func(u *user) *deferred.Deferred[*pop3.Multiline] { return u.Retr(1) }), "RETR 1", "+OK 120 octets\r\na\r\n..b\r\n.\r\n", `"+OK 120 octets" ["a" ".b"] 7`, false},
	{"RETR of nothing", as("x", func(u *user) *deferred.Deferred[*pop3.Multiline] { return u.Retr(1) }), "RETR 1", "+OK\r\n.\r\n", `"+OK" [] 0`, false},
	{"TOP", as("x", func(u *user) *deferred.Deferred[*pop3.Multiline] { return u.Top(1, 0) }), "TOP 1 0", "+OK\r\nA: b\r\n\r\n.\r\n", `"+OK" ["A: b" ""] 8`, false},
	{"DELE", as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.Dele(1) }), "DELE 1", "+OK message 1 deleted\r\n", `"+OK message 1 deleted"`, false},
	{"RSET", as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.Rset() }), "RSET", "+OK\r\n", `"+OK"`, false},
	{"NOOP", as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.Noop() }), "NOOP", "+OK\r\n", `"+OK"`, false},
	{"QUIT", as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.Quit() }), "QUIT", "+OK bye\r\n", `"+OK bye"`, false},
	{"QUIT before the login", as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.Quit() }), "QUIT", "+OK bye\r\n", `"+OK bye"`, true},
	{"SendCommand", as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.SendCommand("XTND", "XMIT", "a b") }), "XTND XMIT a b", "+OK go\r\n", `"+OK go"`, true},
	{"SendCommand LAST", as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.SendCommand("LAST") }), "LAST", "+OK 1\r\n", `"+OK 1"`, false},
	{"SendMultiline", as("x", func(u *user) *deferred.Deferred[*pop3.Multiline] { return u.SendMultiline("XLIST") }), "XLIST", "+OK\r\n..\r\n.\r\n", `"+OK" ["."] 3`, true},
}

func TestCommands(t *testing.T) {
	for _, test := range commandTests {
		begin := func(t *testing.T) *session {
			t.Helper()
			if test.before {
				return greeted(t, nil)
			}
			return loggedIn(t, nil)
		}
		t.Run(test.name, func(t *testing.T) {
			for how, pieces := range map[string][]string{"whole": {test.answer}, "bytewise": bytewise(test.answer)} {
				s := begin(t)
				test.issue(s.user)
				s.wrote(test.sent + "\r\n")
				for _, p := range pieces {
					s.server(p)
				}
				got := s.take()
				if len(got) == 0 || got[0] != "x: "+test.want {
					t.Errorf("%s: got %s, want x: %s", how, list(got), test.want)
				}
				s.closed(strings.HasPrefix(test.sent, "QUIT"))
			}
		})
		t.Run(test.name+", refused", func(t *testing.T) {
			s := begin(t)
			test.issue(s.user)
			s.tr.Take()
			s.server("-ERR [SYS/PERM] no\r\n")
			name, _, _ := strings.Cut(test.sent, " ")
			want := fmt.Sprintf(`x failed: pop3: %s: the server said "-ERR [SYS/PERM] no"`, name)
			if name == "CAPA" {
				want = "x: "
			}
			if got := s.take(); len(got) == 0 || got[0] != want {
				t.Errorf("got %s, want %s", list(got), want)
			}
			s.closed(name == "QUIT")
		})
		t.Run(test.name+", before the connection and behind it", func(t *testing.T) {
			u := &user{}
			test.issue(u)
			if got := u.take(); len(got) != 1 || !strings.HasSuffix(got[0], "there is no connection (sent false)") {
				t.Errorf("before: got %s, want ErrNotConnected", list(got))
			}
			s := begin(t)
			s.tr.Lose(nil)
			s.take()
			test.issue(s.user)
			if got := s.take(); len(got) != 1 || !strings.HasSuffix(got[0], "Connection was closed cleanly. (sent false)") {
				t.Errorf("behind: got %s, want the reason of the end", list(got))
			}
		})
		t.Run(test.name+", in the wrong state", func(t *testing.T) {
			if name := strings.Fields(test.sent)[0]; name == "QUIT" || name == "CAPA" || name == "LANG" || name[0] == 'X' || name == "LAST" {
				return // any will do
			}
			s := greeted(t, nil)
			if test.before {
				s = loggedIn(t, nil)
			}
			test.issue(s.user)
			s.wrote("")
			if got := s.take(); len(got) != 1 || !strings.HasSuffix(got[0], "not allowed in this state of the session (sent false)") {
				t.Errorf("got %s, want ErrState", list(got))
			}
		})
	}
}

func TestArgumentsAreRefused(t *testing.T) {
	s := loggedIn(t, nil)
	for _, test := range []struct {
		issue issued
		want  string
	}{
		{as("x", func(u *user) *deferred.Deferred[*pop3.Multiline] { return u.Retr(-1) }), "bad argument 1 of RETR: messages are numbered from 1"},
		{as("x", func(u *user) *deferred.Deferred[*pop3.Multiline] { return u.Top(0, 1) }), "bad argument 1 of TOP: messages are numbered from 1"},
		{as("x", func(u *user) *deferred.Deferred[*pop3.Multiline] { return u.Top(1, -1) }), "bad argument 2 of TOP: a number of lines is not negative"},
		{as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.Dele(0) }), "bad argument 1 of DELE: messages are numbered from 1"},
		{as("x", func(u *user) *deferred.Deferred[pop3.Scan] { return u.ListMessage(0) }), "bad argument 1 of LIST: messages are numbered from 1"},
		{as("x", func(u *user) *deferred.Deferred[pop3.UniqueID] { return u.UIDLMessage(0) }), "bad argument 1 of UIDL: messages are numbered from 1"},
		{as("x", func(u *user) *deferred.Deferred[pop3.Retrieved] { return u.RetrTo(1, nil) }), "bad argument: there is no sink"},
		{as("x", func(u *user) *deferred.Deferred[pop3.Retrieved] { return u.TopTo(1, 1, nil) }), "bad argument: there is no sink"},
		{as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.User("") }), "bad argument 1 of USER: it is empty"},
		{as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.Pass("a\nb") }), "bad argument 1 of PASS: it holds a control character"},
		{as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.Login("a", "\x00") }), "bad argument 1 of PASS: it holds a control character"},
		{as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.APOP("\r", "x") }), "bad argument 1 of APOP: it holds a control character"},
		{as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.Authenticate(nil) }), "bad argument 1 of AUTH: there are no credentials"},
		{as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.SignIn(nil) }), "bad argument 1 of AUTH: there are no credentials"},
		{as("x", func(u *user) *deferred.Deferred[pop3.Reply] { return u.AuthenticateWith(nil) }), "bad argument 1 of AUTH: there is no mechanism"},
		{as("x", func(u *user) *deferred.Deferred[pop3.RetrieveResult] { return u.RetrieveAll(pop3.RetrieveOptions{}) }), "bad argument: RetrieveAll: Sink is nil"},
	} {
		test.issue(s.user)
		s.happened("x failed: pop3: " + test.want)
		s.wrote("")
	}
}

// Commands that have a method because they change what the client knows, or whose answers have another form, are not sent by the wrong way.
func TestSendCommandRefuses(t *testing.T) {
	s := loggedIn(t, nil)
	for _, test := range []struct {
		lines bool
		words string
		ok    bool
	}{
		{false, "user a", false}, {false, "PASS a", false}, {false, "APOP a b", false}, {false, "Auth PLAIN", false}, {false, "STLS", false},
		{false, "QUIT", false}, {false, "RPOP a", false}, {false, "UTF8", false}, {false, "capa", false}, {false, "RETR 1", false}, {false, "TOP 1 1", false},
		{false, "LIST", false}, {false, "UIDL", false}, {false, "LANG", false}, {false, "LIST 1", true}, {false, "UIDL 1", true}, {false, "LANG en", true},
		{false, "STAT", true}, {false, "NOOP", true}, {false, "XSENDER 1", true},
		{true, "USER a", false}, {true, "stls", false}, {true, "AUTH", false}, {true, "QUIT", false}, {true, "STAT", false}, {true, "DELE 1", false},
		{true, "RSET", false}, {true, "NOOP", false}, {true, "LAST", false}, {true, "LIST 1", false}, {true, "UIDL 1", false},
		{true, "CAPA", true}, {true, "RETR 1", true}, {true, "TOP 1 1", true}, {true, "LIST", true}, {true, "uidl", true}, {true, "LANG", true}, {true, "XMORE", true},
	} {
		words := strings.Fields(test.words)
		if test.lines {
			track(s.user, "x", s.SendMultiline(words[0], words[1:]...))
		} else {
			track(s.user, "x", s.SendCommand(words[0], words[1:]...))
		}
		sent := string(s.tr.Take())
		if test.ok {
			if sent != test.words+"\r\n" {
				t.Errorf("%s: got %q sent", test.words, sent)
			}
			s.server("-ERR\r\n")
			s.take()
			continue
		}
		got := s.take()
		if want := "x failed: pop3: " + strings.ToUpper(words[0]) + " is refused: "; sent != "" || len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%s, several lines %v: got %q sent and %s, want %s...", test.words, test.lines, sent, list(got), want)
		}
	}
}

// What SendCommand deletes, and takes back, Quit knows.
func TestSendCommandKeepsState(t *testing.T) {
	for _, test := range []struct {
		words []string
		want  string
	}{
		{[]string{"dele", "3"}, "[3]"},
		{[]string{"DELE", " 3 "}, "[3]"},
		{[]string{"DELE", "3", "x"}, "[3]"},
		{[]string{"RSET"}, ""},
		{[]string{"NOOP"}, "[5]"},
	} {
		s := loggedIn(t, nil)
		if test.words[0] == "RSET" || test.words[0] == "NOOP" {
			drop(s.Dele(5))
			s.server("+OK\r\n")
		}
		s.SendCommand(test.words[0], test.words[1:]...)
		s.server("+OK\r\n")
		var got error
		s.Quit().Handle(nil, func(err error) { got = err })
		s.tr.Lose(nil)
		if text := unknownDeletions(got); text != test.want {
			t.Errorf("%q: got %q of %v, want %q", test.words, text, got, test.want)
		}
	}
}

func TestSendCommandGuardsDeletions(t *testing.T) {
	s := loggedIn(t, nil)
	track(s.user, "RETR", s.SendMultiline("retr", "1"))
	track(s.user, "DELE", s.SendCommand("dele", " 1"))
	track(s.user, "Dele", s.Dele(1))
	s.wrote("retr 1\r\n")
	s.server("-ERR no\r\n")
	s.wrote("")
	s.happened(`RETR failed: pop3: retr: the server said "-ERR no"`,
		"DELE failed: pop3: dele: the message was not deleted because it was not stored (sent false)",
		"Dele failed: pop3: DELE: the message was not deleted because it was not stored (sent false)")
}
