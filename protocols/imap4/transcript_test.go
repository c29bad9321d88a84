package imap4_test

import (
	"slices"
	"testing"

	"github.com/tconn/tconn/internal/transcript"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// replayed is what the client does in the script of that name, and what it notes.
type replayed struct {
	name string
	made func(u *user)
	want []string
}

const (
	cleanEnd    = "lost: Connection was closed cleanly."
	resetByPeer = "lost: Connection to the other side was lost in a non-clean fashion: 104: Connection reset by peer."
)

// The clients of the scripts.
var (
	noop       = (*user).noop
	capability = (*user).capability
	logout     = (*user).logout
	nobody     = func(*user) {}
)

func login(name, password string) func(u *user) {
	return func(u *user) { u.login(name, password) }
}

func inTurn(steps ...func(u *user)) func(u *user) {
	return func(u *user) {
		for _, step := range steps {
			step(u)
		}
	}
}

// whenGreeted does what follows when the greeting has come: its capabilities are known then.
func whenGreeted(f func(u *user)) func(u *user) {
	return func(u *user) { u.Listener = onGreeting{listener{u}, f} }
}

type onGreeting struct {
	listener
	f func(u *user)
}

func (l onGreeting) ServerGreeting(string, bool) { l.f(l.u) }

// known notes what the client knows of the capabilities when the commands so far are done.
func known(u *user) {
	u.Noop().Handle(func(struct{}) {
		caps, ok := u.Capabilities()
		u.note("known %v: [%v]", ok, caps)
	}, func(err error) { u.note("NOOP failed: %v", err) })
}

var replays = []replayed{
	{"greeting_ok", noop, []string{`greeting "IMAP4rev1 Service Ready" false`, "NOOP: ok"}},
	{"greeting_preauth", inTurn(login("a", "b"), noop), []string{
		`greeting "logged in as Smith" true`,
		"LOGIN failed: imap4: LOGIN: the command is not allowed in this state of the session (sent false)",
		"NOOP: ok",
	}},
	{"greeting_bye", noop, []string{
		`bye "UNAVAILABLE" "Too many connections"`,
		`NOOP failed: imap4: NOOP: the server said BYE "Too many connections" (sent false)`,
		cleanEnd,
	}},
	{"greeting_no_text", noop, []string{`greeting "" false`, "NOOP: ok"}},
	{"greeting_two_lines", capability, []string{
		`greeting "Waiting for authentication process to respond.." false`,
		`* OK "[CAPABILITY IMAP4rev1 IDLE] Dovecot ready."`,
		"CAPABILITY: [IMAP4rev1 IDLE STARTTLS]",
	}},
	{"greeting_smtp", noop, noGreeting(`220 mail.example ESMTP`)},
	{"greeting_pop3", noop, noGreeting(`+OK POP3 ready`)},
	{"greeting_http", noop, noGreeting(`HTTP/1.1 400 Bad Request`)},
	{"greeting_code_only", noop, noGreeting(`[CAPABILITY IMAP4rev1] ready`)},
	{"greeting_no", noop, noGreeting(`* NO [UNAVAILABLE] come back later`)},

	{"capability_forms", capability, []string{
		`greeting "ready" false`,
		"CAPABILITY: [IMAP4rev1 IDLE AUTH=PLAIN SORT AUTH=LOGIN SORT=DISPLAY X=Y=Z EMPTY= STARTTLS STARTTLS]",
	}},
	{"capability_in_tagged_ok", capability, []string{`greeting "ready" false`, "CAPABILITY: [IMAP4rev1 IDLE]"}},
	{"capability_none", capability, []string{`greeting "ready" false`, "CAPABILITY: []"}},
	{"capability_twice", capability, []string{`greeting "ready" false`, "CAPABILITY: [IMAP4rev1 IDLE]"}},
	{"capability_refused", inTurn(capability, noop), []string{
		`greeting "ready" false`,
		`CAPABILITY failed: imap4: CAPABILITY: the server said BAD [CLIENTBUG] "what is that?"`,
		"NOOP: ok",
	}},
	{"capability_spaces", capability, []string{`greeting "ready" false`, "CAPABILITY: [IMAP4rev1 IDLE]"}},

	{"login_plain", inTurn(login("alice", "s3cret"), noop), []string{`greeting "ready" false`, "LOGIN: ok", "NOOP: ok"}},
	{"login_quoted", login("alice smith", `a"b\c (d)`), loggedIn},
	{"login_empty", login("NIL", ""), []string{
		`greeting "ready" false`,
		`LOGIN failed: imap4: LOGIN: the server said NO [AUTHENTICATIONFAILED] "Invalid credentials"`,
	}},
	{"login_literal", login("alice", "x\r\nA2 DELETE INBOX\r\n"), loggedIn},
	{"login_literal_bare_plus", login("alice", "a\rb\n"), loggedIn},
	{"login_literal_both", login("jos\xc3\xa9", "caf\xc3\xa9s"), loggedIn},
	{"login_literal_plus", whenGreeted(login("alice", "caf\xc3\xa9s")), []string{"LOGIN: ok"}},
	{"login_literal_minus", whenGreeted(login("alice", "a\r\nb")), []string{"LOGIN: ok"}},
	{"login_literal_unasked", login("alice", "a\r\nb"), []string{
		`greeting "ready" false`,
		`LOGIN failed: imap4: LOGIN: syntax error at byte 0: want "+" for the literal of LOGIN, or NO, got OK (sent true)`,
		"lost: Connection was aborted locally using ITCPTransport.abortConnection: imap4: syntax error at byte 0: want \"+\" for the literal of LOGIN, or NO, got OK.",
	}},
	{"login_literal_refused", inTurn(login("alice", "a\r\nb"), noop), []string{
		`greeting "ready" false`,
		`LOGIN failed: imap4: LOGIN: the server said NO "literals are not welcome"`,
		"NOOP: ok",
	}},
	{"login_refused", inTurn(login("alice", "wrong"), login("alice", "s3cret")), []string{
		`greeting "ready" false`,
		`LOGIN failed: imap4: LOGIN: the server said NO [AUTHENTICATIONFAILED] "Invalid credentials"`,
		"LOGIN: ok",
	}},
	{"login_disabled", inTurn(login("alice", "s3cret"), noop), []string{
		`greeting "ready" false`,
		"LOGIN failed: imap4: LOGIN: the server has disabled LOGIN on this connection (sent false)",
		"NOOP: ok",
	}},
	{"login_capabilities", inTurn(login("alice", "s3cret"), known), []string{
		`greeting "ready" false`,
		"LOGIN: ok",
		"known true: [IMAP4rev1 LOGINDISABLED UIDPLUS]",
	}},

	{"logout", logout, []string{`greeting "ready" false`, "LOGOUT: ok", cleanEnd}},
	{"logout_bye_and_end", logout, []string{`greeting "ready" false`, "LOGOUT: ok", cleanEnd}},
	{"logout_bye_and_reset", logout, []string{`greeting "ready" false`, "LOGOUT: ok", resetByPeer}},
	{"logout_bye_and_silence", logout, []string{`greeting "ready" false`, "LOGOUT: ok", aborted(byeTimeout)}},
	{"logout_no_bye", logout, []string{`greeting "ready" false`, "LOGOUT: ok", cleanEnd}},
	{"logout_lost", logout, []string{
		`greeting "ready" false`,
		"LOGOUT failed: imap4: LOGOUT: Connection was closed cleanly. (sent true)",
		cleanEnd,
	}},

	{"queue", inTurn(capability, login("alice", "s3cret"), noop, logout), []string{
		`greeting "ready" false`,
		"CAPABILITY: [IMAP4rev1]", "LOGIN: ok", "NOOP: ok", "LOGOUT: ok",
		cleanEnd,
	}},
	{"queue_one_answer_ahead", inTurn(noop, noop), []string{
		`greeting "ready" false`,
		"NOOP: ok",
		`NOOP failed: imap4: NOOP: the server said NO "not now"`,
	}},
	{"stray_lines", nobody, []string{`greeting "ready" false`}},
	{"stray_lines_in_command", inTurn(noop, noop), []string{`greeting "ready" false`, "NOOP: ok", "NOOP: ok"}},
	{"bare_lf", capability, []string{`greeting "ready" false`, "CAPABILITY: [IMAP4rev1 IDLE]"}},
	{"lower_case", inTurn(capability, noop), []string{
		`greeting "ready" false`,
		"CAPABILITY: [IMAP4rev1 idle]",
		`NOOP failed: imap4: NOOP: the server said NO [INUSE] "later"`,
	}},
	{"no_text", inTurn(noop, noop), []string{
		`greeting "" false`,
		`warning NO "" ""`,
		"NOOP: ok",
		`NOOP failed: imap4: NOOP: the server said NO ""`,
	}},

	{"silent_greeting", inTurn(noop, noop), []string{
		"NOOP failed: " + timedOut("NOOP", "30s", "greeting") + " (sent false)",
		"NOOP failed: " + timedOut("NOOP", "30s", "greeting") + " (sent false)",
		aborted("imap4: " + timeout("30s", "greeting")),
	}},
	{"silent_command", inTurn(noop, capability), []string{
		`greeting "ready" false`,
		"exists 1",
		`* OK "Still here"`,
		"NOOP failed: " + timedOut("NOOP", "1m0s", "NOOP") + " (sent true)",
		"CAPABILITY failed: " + timedOut("CAPABILITY", "1m0s", "NOOP") + " (sent false)",
		aborted("imap4: " + timeout("1m0s", "NOOP")),
	}},
	{"silence_between_commands", inTurn(noop, noop), []string{
		`greeting "ready" false`, "NOOP: ok", "NOOP: ok", "exists 3",
	}},

	{"bye_answered", inTurn(noop, capability), []string{
		`greeting "ready" false`,
		`bye "UNAVAILABLE" "going down"`,
		"NOOP: ok",
		`CAPABILITY failed: imap4: CAPABILITY: the server said BYE "going down" (sent false)`,
		cleanEnd,
	}},
	{"bye_not_answered", inTurn(noop, capability), []string{
		`greeting "ready" false`,
		`alert "Account's mailbox directory is not owned by the correct uid or gid"`,
		`bye "ALERT" "Account's mailbox directory is not owned by the correct uid or gid"`,
		`NOOP failed: imap4: NOOP: the server said BYE "Account's mailbox directory is not owned by the correct uid or gid" (sent true)`,
		`CAPABILITY failed: imap4: CAPABILITY: the server said BYE "Account's mailbox directory is not owned by the correct uid or gid" (sent false)`,
		cleanEnd,
	}},
	{"bye_and_silence", inTurn(noop, capability), []string{
		`greeting "ready" false`,
		`bye "" "going down"`,
		`* OK "any minute now"`,
		`NOOP failed: imap4: NOOP: the server said BYE "going down" (sent true)`,
		`CAPABILITY failed: imap4: CAPABILITY: the server said BYE "going down" (sent false)`,
		aborted(byeTimeout),
	}},
	{"mailbox_session", mailboxSession, []string{
		`greeting "ready" true`,
		"NAMESPACE: {Personal:[{Prefix: Delimiter:. Extensions:[]}] Other:[] Shared:[]}",
		`LIST: "INBOX" "." [] status MESSAGES 3` + "\n" + `"Entwürfe" "." [] raw "Entw&APw-rfe" status MESSAGES 1`,
		"CREATE: ok", "SELECT: 2 messages of 5", "expunge 1", "EXPUNGE: [1]",
		`* OK "[CLOSED] closed"`, `SELECT failed: imap4: SELECT: the server said NO [NONEXISTENT] "no such mailbox"`,
		"SELECT: 1 messages of 0", "UNSELECT: ok", "DELETE: ok",
	}},
	{"qresync", qresync, []string{
		`greeting "ready" true`,
		`* OK "[CLOSED] nothing was open, but so some servers say"`,
		"changed 13", "vanished 7,30", "SELECT: 38 messages of 5",
		"vanished 12 false", `* OK "[CLOSED] closed"`, "vanished ", "SELECT: 1 messages of 0",
	}},
	{"bye_idle", nobody, []string{`greeting "ready" false`, `bye "" "idle for too long"`, cleanEnd}},
	{"bye_before_literal", login("alice", "a\r\nb"), []string{
		`greeting "ready" false`,
		`bye "" "going down"`,
		`LOGIN failed: imap4: LOGIN: the server said BYE "going down" (sent true)`,
		cleanEnd,
	}},
	{"last_words", noop, []string{
		`greeting "ready" false`,
		`bye "" "Server Unavailable. 15"`,
		`NOOP failed: imap4: NOOP: the server said BYE "Server Unavailable. 15" (sent true)`,
		aborted(byeTimeout),
	}},
}

var loggedIn = []string{`greeting "ready" false`, "LOGIN: ok"}

var byeTimeout = "imap4: " + timeout("5s", "end of the connection after BYE")

func timeout(after, waiting string) string {
	return "timed out after " + after + " waiting for the server's answer (" + waiting + ")"
}

func timedOut(command, after, waiting string) string {
	return "imap4: " + command + ": " + timeout(after, waiting)
}

func aborted(cause string) string {
	return "lost: Connection was aborted locally using ITCPTransport.abortConnection: " + cause + "."
}

// noGreeting is what a NOOP meets at a server of another kind.
func noGreeting(line string) []string {
	text := "the server does not greet as an IMAP server: \"" + line + "\""
	return []string{"NOOP failed: imap4: NOOP: " + text + " (sent false)", aborted("imap4: " + text)}
}

func TestTranscripts(t *testing.T) {
	scripts := transcript.Load(t, "testdata/transcripts")
	if len(scripts) != len(replays) {
		t.Errorf("scripts: got %d, want %d", len(scripts), len(replays))
	}
	for _, s := range scripts {
		t.Run(s.Name, func(t *testing.T) {
			i := slices.IndexFunc(replays, func(r replayed) bool { return r.name+".txt" == s.Name })
			if i < 0 {
				t.Fatal("no client is written for this script")
			}
			transcript.Run(t, s, func() reactor.Protocol { return newUser(replays[i].made) }, transcript.Options{
				After: func(t testing.TB, p reactor.Protocol, _ *reactortest.Transport) {
					wantEvents(t, p.(*user).events, replays[i].want)
				},
			})
		})
	}
}
