package imap4server_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/imap4server"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

var (
	_ reactor.Protocol = (*imap4server.Server)(nil)
	_ reactor.Factory  = (*imap4server.Factory)(nil)
)

const selected = `
	S: * FLAGS (\Seen \Answered \Flagged \Deleted \Draft)
	S: * 3 EXISTS
	S: * 3 RECENT
	S: * OK [UNSEEN 3] First unseen message
	S: * OK [PERMANENTFLAGS (\Seen \Answered \Flagged \Deleted \Draft)] Flags that can be changed
	S: * OK [UIDVALIDITY 1] UIDs valid
	S: * OK [UIDNEXT 4] Predicted next UID`

// selectedAgain is for a second look: nothing is recent any more.
var selectedAgain = strings.Replace(selected, "3 RECENT", "0 RECENT", 1)

// examined is for a session that may not change anything.
var examined = strings.Replace(selectedAgain, `(\Seen \Answered \Flagged \Deleted \Draft)] F`, "()] F", 1)

var transcripts = []struct{ name, script string }{
	{"capability, noop, logout", `
	C: a1 CAPABILITY
	S: * CAPABILITY IMAP4rev1 LITERAL+ UNSELECT
	S: a1 OK CAPABILITY completed
	C: a2 noop
	S: a2 OK NOOP completed
	C: a3 LOGOUT
	C: a4 NOOP
	S: * BYE tconn IMAP4rev1 server logging out
	S: a3 OK LOGOUT completed`},
	{"login with atoms", `
	C: a LOGIN alice secret
	S: a OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] LOGIN completed`},
	{"login with quoted strings", `
	C: a LOGIN "alice" "secret"
	S: a OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] LOGIN completed`},
	{"login with literals that wait", `
	C: a LOGIN {5}
	S: + Ready for literal data
	C: alice {6}
	S: + Ready for literal data
	C: secret
	S: a OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] LOGIN completed`},
	{"login with literals that do not wait", `
	C: a LOGIN {5+}
	C: alice {6+}
	C: secret
	C: b NOOP
	S: a OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] LOGIN completed
	S: b OK NOOP completed`},
	{"wrong password", `
	C: a LOGIN alice wrong
	S: a NO [AUTHENTICATIONFAILED] Authentication failed
	C: b LOGIN bob secret
	S: b NO [AUTHENTICATIONFAILED] Authentication failed
	C: c LOGIN alice secret
	S: c OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] LOGIN completed`},
	{"login needs two strings", `
	C: a LOGIN alice
	S: a BAD LOGIN wants a user name and a password
	C: b LOGIN
	S: b BAD LOGIN wants a user name and a password
	C: c LOGIN alice secret more
	S: c BAD LOGIN wants a user name and a password
	C: d LOGIN (alice) secret
	S: d BAD LOGIN wants a user name and a password
	C: e LOGIN alice "secret
	S: e BAD LOGIN wants a user name and a password
	C= "f LOGIN {3+}\r\na\x00b secret\r\n"
	S: f BAD LOGIN wants a user name and a password`},
	{"select and examine", `
	C: a LOGIN alice secret
	S: a OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] LOGIN completed
	C: b SELECT inBox` + selected + `
	S: b OK [READ-WRITE] SELECT completed
	C: c EXAMINE {5+}
	C: INBOX
	S: * OK [CLOSED] Previous mailbox is closed` + strings.TrimPrefix(examined, "") + `
	S: c OK [READ-ONLY] EXAMINE completed
	C: d CLOSE
	S: d OK CLOSE completed
	C: e SELECT "INBOX" ` + selectedAgain + `
	S: e OK [READ-WRITE] SELECT completed
	C: f UNSELECT
	S: f OK UNSELECT completed
	C: g UNSELECT
	S: g BAD UNSELECT is not allowed in state authenticated`},
	{"a failed select leaves the mailbox", `
	C: a LOGIN alice secret
	S: a OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] LOGIN completed
	C: b SELECT nowhere
	S: b NO [NONEXISTENT] No such mailbox
	C: c SELECT INBOX` + selected + `
	S: c OK [READ-WRITE] SELECT completed
	C: d SELECT nowhere
	S: * OK [CLOSED] Previous mailbox is closed
	S: d NO [NONEXISTENT] No such mailbox
	C: e CLOSE
	S: e BAD CLOSE is not allowed in state authenticated
	C: f SELECT &&
	S: f NO [CANNOT] Mailbox name is not modified UTF-7`},
	{"a select that is no command leaves the mailbox open", `
	C: a LOGIN alice secret
	C: b SELECT INBOX
	S: a OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] LOGIN completed` + selected + `
	S: b OK [READ-WRITE] SELECT completed
	C: c SELECT
	S: c BAD SELECT wants a mailbox name
	C: d SELECT INBOX (CONDSTORE)
	S: d BAD SELECT wants a mailbox name
	C= "d SELECT {3+}\r\na\x00b\r\n"
	S: d BAD SELECT wants a mailbox name
	C: d SELECT IN*
	S: d BAD SELECT wants a mailbox name
	C: e CLOSE
	S: e OK CLOSE completed`},
	{"unknown and broken commands", `
	C: a FETCH 1 ALL
	S: a BAD Unknown command
	C: b UID NOOP
	S: b BAD Unknown command
	C: c NOOP now
	S: c BAD This command has no arguments
	C: d
	S: d BAD Syntax error
	C:
	S: * BAD Syntax error
	C: * NOOP
	S: * BAD Syntax error
	C: e+ NOOP
	S: * BAD Syntax error
	C: f NOOP  
	S: f OK NOOP completed
	C= "g NOOP\n"
	S: g OK NOOP completed`},
	{"literals of commands that will not run are refused at once", `
	C: a APPEND INBOX {400}
	S: a BAD Unknown command
	C: b NOOP {4}
	S: b BAD This command has no arguments
	C: c SELECT {5}
	S: c BAD SELECT is not allowed in state not authenticated
	C: d {5}
	S: d BAD Syntax error
	C: e NOOP
	S: e OK NOOP completed
	C: f APPEND INBOX {12+}
	C: g LOGOUT
	C: 12 ({7}
	S: f BAD Unknown command`},
	{"logout with a mailbox open", `
	C: a LOGIN alice secret
	C: b EXAMINE INBOX
	C: c LOGOUT
	S: a OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] LOGIN completed` + strings.Replace(examined, "0 RECENT", "3 RECENT", 1) + `
	S: b OK [READ-ONLY] EXAMINE completed
	S: * BYE tconn IMAP4rev1 server logging out
	S: c OK LOGOUT completed`},
}

func TestTranscripts(t *testing.T) {
	for _, tc := range transcripts {
		t.Run(tc.name, func(t *testing.T) {
			replay(t, tc.script, func(t testing.TB) *session { return start(t, imap4server.Options{}) })
		})
	}
}

// TestStates tries every command in every state.
func TestStates(t *testing.T) {
	const all = "not authenticated,authenticated,selected"
	legal := map[string]string{
		"CAPABILITY": all, "NOOP": all, "LOGOUT": all,
		"LOGIN alice secret": "not authenticated",
		"SELECT INBOX":       "authenticated,selected", "EXAMINE INBOX": "authenticated,selected",
		"CLOSE": "selected", "UNSELECT": "selected",
		"FETCH 1 ALL": "", "IDLE": "", "STARTTLS": "", "AUTHENTICATE PLAIN": "",
	}
	setUp := map[string]string{"not authenticated": "", "authenticated": loginLine, "selected": loginLine + selectLine}
	for command, where := range legal {
		for name, before := range setUp {
			t.Run(command+" when "+name, func(t *testing.T) {
				s := start(t, imap4server.Options{})
				s.send(before)
				s.tr.Clear()
				s.send("x " + command + "\r\n")
				answers := strings.Split(string(s.tr.Take()), "\r\n")
				got := answers[len(answers)-2]
				verb, _, _ := strings.Cut(command, " ")
				want := "x OK "
				switch {
				case where == "":
					want = "x BAD Unknown command"
				case !strings.Contains(","+where+",", ","+name+","):
					want = fmt.Sprintf("x BAD %s is not allowed in state %s", verb, name)
				}
				if !strings.HasPrefix(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
				s.wantClosed(command == "LOGOUT")
			})
		}
	}
}

func TestMailboxStatusAsSent(t *testing.T) {
	cases := []struct {
		name   string
		status imap4server.MailboxStatus
		script string
	}{
		{"nothing known", imap4server.MailboxStatus{}, `
		C: s SELECT box
		S: * FLAGS ()
		S: * 0 EXISTS
		S: * 0 RECENT
		S: * OK [PERMANENTFLAGS ()] Flags that can be changed
		S: s OK [READ-ONLY] SELECT completed`},
		{"new keywords allowed", imap4server.MailboxStatus{Flags: []string{`\Seen`, "$Junk"}, PermanentFlags: []string{`\Seen`, `\*`},
			MessageCount: 4294967295, RecentCount: 2, FirstUnseen: 9, UIDValidity: 7, UIDNext: 8, IsWriteable: true}, `
		C: s SELECT box
		S: * FLAGS (\Seen $Junk)
		S: * 4294967295 EXISTS
		S: * 2 RECENT
		S: * OK [UNSEEN 9] First unseen message
		S: * OK [PERMANENTFLAGS (\Seen \*)] Flags that can be changed
		S: * OK [UIDVALIDITY 7] UIDs valid
		S: * OK [UIDNEXT 8] Predicted next UID
		S: s OK [READ-WRITE] SELECT completed`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			s := open(t, boxes{by: map[string]imap4server.Mailbox{"box": &box{status: tc.status}}}.login(), imap4server.Options{})
			s.send(loginLine)
			s.tr.Clear()
			for _, st := range parse(t, tc.script) {
				s.send(st.client)
				s.want(st.server)
			}
		})
	}
}

func TestMailboxNames(t *testing.T) {
	cases := []struct{ wire, want string }{
		{"inbox", "INBOX"},
		{`"InBoX"`, "INBOX"},
		{"Inbox/sub", "Inbox/sub"},
		{"Entw&APw-rfe", "Entwürfe"},
		{"a&-b", "a&b"},
		{`""`, ""},
		{`"two words"`, "two words"},
		{"NIL", "NIL"},
		{"{4+}\r\na\"b]", `a"b]`},
	}
	for _, tc := range cases {
		t.Run(tc.wire, func(t *testing.T) {
			a := &slow{}
			s := open(t, imap4server.OneUser("alice", "secret", a), imap4server.Options{})
			s.send(loginLine + "s SELECT " + tc.wire + "\r\n")
			if len(a.names) != 1 || a.names[0] != tc.want {
				t.Errorf("Select got names %q, want one: %q", a.names, tc.want)
			}
		})
	}
}

// TestBackendErrors: a Refusal's words are sent, others are not, and go to OnUnhandled.
func TestBackendErrors(t *testing.T) {
	broken := errors.New("dial tcp 10.0.0.1:5432: secret detail")
	wrapped := fmt.Errorf("backend: %w", imap4server.ErrNoSuchMailbox)
	cases := []struct {
		name     string
		err      error
		want     string
		reported bool
	}{
		{"refusal", &imap4server.Refusal{Code: "INUSE", Text: "Locked"}, "NO [INUSE] Locked", false},
		{"refusal without code", &imap4server.Refusal{Text: "Come back later"}, "NO Come back later", false},
		{"wrapped refusal", wrapped, "NO [NONEXISTENT] No such mailbox", false},
		{"refusal that cannot be sent", &imap4server.Refusal{Code: "X", Text: "a\r\nb OK injected"}, "NO Refused", false},
		{"refusal with a broken code", &imap4server.Refusal{Code: "X] b", Text: "c"}, "NO Refused", false},
		{"any other", broken, "NO [UNAVAILABLE] Server error", true},
	}
	for _, tc := range cases {
		t.Run("select: "+tc.name, func(t *testing.T) {
			errs := unhandled(t)
			s := open(t, boxes{err: tc.err}.login(), imap4server.Options{})
			s.send(loginLine)
			s.tr.Clear()
			s.send(selectLine + "n NOOP\r\n")
			s.want("s " + tc.want + "\r\nn OK NOOP completed\r\n")
			wantReported(t, errs(), tc.err, tc.reported)
		})
		t.Run("login: "+tc.name, func(t *testing.T) {
			errs := unhandled(t)
			login := func(imap4server.Login) *deferred.Deferred[imap4server.Account] {
				return deferred.Fail[imap4server.Account](tc.err)
			}
			s := open(t, login, imap4server.Options{})
			s.tr.Clear()
			s.send(loginLine)
			s.want("l " + tc.want + "\r\n")
			wantReported(t, errs(), tc.err, tc.reported)
		})
	}
}

func wantReported(t *testing.T, got []error, err error, reported bool) {
	t.Helper()
	switch {
	case reported && (len(got) != 1 || !errors.Is(got[0], err)):
		t.Errorf("reported as unhandled: got %v, want %v alone", got, err)
	case !reported && len(got) != 0:
		t.Errorf("reported as unhandled: got %v, want none", got)
	}
}

func TestBackendFaults(t *testing.T) {
	noFlag := &box{status: imap4server.MailboxStatus{Flags: []string{"a b"}}}
	noPermanent := &box{status: imap4server.MailboxStatus{PermanentFlags: []string{`\Seen`, "\r\n"}, IsWriteable: true}}
	cases := []struct {
		name  string
		login imap4server.Authenticate
		want  string
	}{
		{"Authenticate panics", func(imap4server.Login) *deferred.Deferred[imap4server.Account] { panic("oops") }, "l NO [UNAVAILABLE] Server error\r\n"},
		{"Authenticate answers nil", func(imap4server.Login) *deferred.Deferred[imap4server.Account] { return nil }, "l NO [UNAVAILABLE] Server error\r\n"},
		{"the account is nil", imap4server.OneUser("alice", "secret", nil), "l NO [UNAVAILABLE] Server error\r\n"},
		{"the mailbox is nil", boxes{by: map[string]imap4server.Mailbox{"INBOX": nil}}.login(), "l" + loggedIn + "s NO [UNAVAILABLE] Server error\r\n"},
		{"a flag is none", boxes{by: map[string]imap4server.Mailbox{"INBOX": noFlag}}.login(), "l" + loggedIn + "s NO [UNAVAILABLE] Server error\r\n"},
		{"a permanent flag is none", boxes{by: map[string]imap4server.Mailbox{"INBOX": noPermanent}}.login(), "l" + loggedIn + "s NO [UNAVAILABLE] Server error\r\n"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			errs := unhandled(t)
			s := open(t, tc.login, imap4server.Options{})
			s.tr.Clear()
			s.send(loginLine)
			if strings.Contains(tc.want, "completed") {
				s.send(selectLine)
			}
			s.want(tc.want)
			s.wantClosed(false)
			if got := len(errs()); got != 1 {
				t.Errorf("errors reported: got %d, want 1", got)
			}
		})
	}
	if noFlag.closed != 1 || noPermanent.closed != 1 {
		t.Errorf("mailboxes with bad flags closed %d and %d times, want 1 and 1", noFlag.closed, noPermanent.closed)
	}
}

func TestPanicInMailboxEndsConnection(t *testing.T) {
	errs := unhandled(t)
	m := &panicBox{}
	s := open(t, boxes{by: map[string]imap4server.Mailbox{"INBOX": m}}.login(), imap4server.Options{})
	s.send(loginLine + selectLine)
	if !s.tr.Aborted() {
		t.Error("connection aborted: got false, want true")
	}
	if m.closed != 1 {
		t.Errorf("mailbox closed %d times, want 1", m.closed)
	}
	var p *deferred.PanicError
	if got := errs(); len(got) != 1 || !errors.As(got[0], &p) {
		t.Errorf("reported: got %v, want one panic", got)
	}
}

type panicBox struct{ box }

func (*panicBox) Status() imap4server.MailboxStatus { panic("oops") }

func TestMailboxIsClosedOnce(t *testing.T) {
	cases := []struct {
		name string
		end  func(s *session)
	}{
		{"CLOSE", func(s *session) { s.send("x CLOSE\r\n") }},
		{"UNSELECT", func(s *session) { s.send("x UNSELECT\r\n") }},
		{"LOGOUT", func(s *session) { s.send("x LOGOUT\r\n") }},
		{"SELECT of another", func(s *session) { s.send("x SELECT nowhere\r\n") }},
		{"loss", func(s *session) { s.tr.Lose(reactor.ErrConnectionLost) }},
		{"line too long", func(s *session) { s.send(strings.Repeat("x", imap4server.DefaultLineBytes+1)) }},
		{"timeout", func(s *session) { s.clock.Advance(imap4server.DefaultIdleTimeout) }},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			m := &box{status: imap4server.MailboxStatus{IsWriteable: true}}
			s := open(t, boxes{by: map[string]imap4server.Mailbox{"INBOX": m}}.login(), imap4server.Options{})
			s.send(loginLine + selectLine)
			if m.closed != 0 {
				t.Fatalf("closed %d times before, want 0", m.closed)
			}
			tc.end(s)
			s.tr.Lose(nil)
			if m.closed != 1 {
				t.Errorf("closed %d times, want 1", m.closed)
			}
		})
	}
}

// shadow is a user's type that embeds the server and has all the hooks for itself.
type shadow struct {
	imap4server.Server
	made bool
	lost error
}

func (p *shadow) ConnectionMade()             { p.made = true }
func (p *shadow) ConnectionLost(reason error) { p.lost = reason }

func TestEmbedded(t *testing.T) {
	m := &box{}
	p := &shadow{}
	p.Authenticate = boxes{by: map[string]imap4server.Mailbox{"INBOX": m}}.login()
	p.Options.AllowInsecureAuth = true
	clock := reactortest.NewClock()
	tr := reactortest.NewTransport(clock)
	tr.Connect(p)
	if got := string(tr.Take()); got != greeting || !p.made {
		t.Errorf("greeting %q, ConnectionMade called %v; want %q, true", got, p.made, greeting)
	}
	if p.Transport() != reactor.Transport(tr) {
		t.Errorf("Transport: got %v, want the one given", p.Transport())
	}
	tr.Receive([]byte(loginLine + selectLine))
	tr.Lose(nil)
	if p.lost != reactor.ErrConnectionDone || m.closed != 1 || clock.Pending() != 0 {
		t.Errorf("after the loss: reason %v, mailbox closed %d times, %d timers; want %v, 1, 0", p.lost, m.closed, clock.Pending(), reactor.ErrConnectionDone)
	}
}

func TestSecondConnection(t *testing.T) {
	second := func(t *testing.T, s *session) {
		t.Helper()
		other := reactortest.NewTransport(nil)
		defer func() {
			want := "imap4server: a Server serves one connection; build another one for the next"
			if got := recover(); got != want {
				t.Errorf("MakeConnection once more: got panic %v, want %q", got, want)
			}
			if got := string(other.Take()); got != "" {
				t.Errorf("sent on the second connection: got %q, want nothing", got)
			}
		}()
		s.server.MakeConnection(other)
	}
	t.Run("beside the first", func(t *testing.T) {
		s := start(t, imap4server.Options{})
		second(t, s)
		s.send("a NOOP\r\n")
		s.want("a OK NOOP completed\r\n")
	})
	t.Run("after the loss of the first", func(t *testing.T) {
		s := start(t, imap4server.Options{})
		s.tr.Lose(nil)
		second(t, s)
	})
}

func TestFactory(t *testing.T) {
	f := &imap4server.Factory{Authenticate: alice(), Options: imap4server.Options{AllowInsecureAuth: true, LoginTries: 1}}
	a, b := f.BuildProtocol(nil), f.BuildProtocol(nil)
	if a == b {
		t.Error("BuildProtocol: the same protocol twice, want one for each connection")
	}
	tr := reactortest.NewTransport(nil)
	tr.Connect(a)
	tr.Receive([]byte("a LOGIN alice wrong\r\n"))
	want := greeting + "a NO [AUTHENTICATIONFAILED] Authentication failed\r\n* BYE Too many failed logins\r\n"
	if got := string(tr.Take()); got != want {
		t.Errorf("server sent %q, want %q", got, want)
	}
	tr.AbortConnection()
	tr.Clock().Turn()
}

// TestNoSecretInAnswers sends a password in every wrong way.
func TestNoSecretInAnswers(t *testing.T) {
	for _, line := range []string{
		"a LOGIN alice hunter2", "a LOGIN alice hunter2 x", "a LOGIN hunter2", `a LOGIN alice "hunter2`, "a LOGINhunter2 x", "hunter2+ LOGIN a b",
		"a AUTHENTICATE hunter2", "a LOGIN alice {7+}\r\nhunter2 x", "a LOGIN alice (hunter2", "hunter2\x00", "a hunter2",
	} {
		s := start(t, imap4server.Options{})
		s.send(line + "\r\n")
		if got := string(s.tr.Take()); strings.Contains(got, "hunter2") {
			t.Errorf("to %q the server sent %q, want no password in it", line, got)
		}
	}
}
