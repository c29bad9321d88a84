package pop3_test

import (
	"slices"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/internal/transcript"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

const (
	cleanEnd = "lost: Connection was closed cleanly."
	aborted  = "lost: Connection was aborted locally using ITCPTransport.abortConnection: "
)

// behind issues commands one behind the other: the next when the one before has succeeded.
func behind[T any](u *user, name string, d *deferred.Deferred[T], next func()) {
	track(u, name, d.AddCallback(func(v T) (T, error) {
		next()
		return v, nil
	}))
}

// replays are what the client does in the script of that name, and what it notes.
var replays = map[string]struct {
	made func(u *user)
	want []string
}{
	"session.txt": {func(u *user) {
		behind(u, "APOP", u.APOP("mrose", "tanstaaf"), func() {
			behind(u, "STAT", u.Stat(), func() {
				behind(u, "LIST", u.List(), func() {
					track(u, "RETR", u.Retr(1))
					track(u, "DELE", u.Dele(1))
					track(u, "QUIT", u.Quit())
				})
			})
		})
	}, []string{
		`APOP: "+OK mrose's maildrop has 2 messages (320 octets)"`, "STAT: {Count:2 Size:320}", "LIST: [{Number:1 Size:120} {Number:2 Size:200}]",
		`RETR: "+OK 120 octets" ["Subject: one" "" "." "..and more"] 31`, `DELE: "+OK message 1 deleted"`,
		`QUIT: "+OK dewey POP3 server signing off (maildrop empty)"`, cleanEnd,
	}},
	"pipelined.txt": {func(u *user) {
		track(u, "login", u.Login("tim", "tanstaaf"))
		track(u, "STAT", u.Stat())
		track(u, "UIDL", u.UIDL())
		track(u, "RETR", u.Retr(1))
		track(u, "TOP", u.Top(2, 0))
		track(u, "RSET", u.Rset())
	}, []string{
		`login: "+OK in"`, "STAT: {Count:2 Size:9}", "UIDL: [{Number:1 UID:a} {Number:2 UID:b}]", `RETR: "+OK" ["one"] 5`,
		`TOP failed: pop3: TOP: the server said "-ERR no such message"`, `RSET: "+OK"`,
	}},
	"lf_only.txt": {func(u *user) {
		behind(u, "login", u.Login("tim", "tanstaaf"), func() {
			behind(u, "UIDL", u.UIDL(), func() { track(u, "RETR", u.Retr(1)) })
		})
	}, []string{`login: "+OK"`, "UIDL: [{Number:1 UID:a} {Number:2 UID:b}]", `RETR: "+OK" ["a" "." "b"] 6`, cleanEnd}},
	"exchange_auth.txt": {func(u *user) {
		m, err := u.newPlain()
		if err != nil {
			panic(err)
		}
		o := *u.Options
		o.NoInitialResponse = true
		u.Options = &o
		track(u, "AUTH", u.AuthenticateWith(m))
		track(u, "STAT", u.Stat())
	}, []string{`AUTH: "+OK User successfully logged on"`, "STAT: {Count:0 Size:0}"}},
	"silence.txt": {func(u *user) { track(u, "QUIT", u.Quit()) }, []string{
		"QUIT failed: pop3: QUIT: timed out after 1m0s waiting for the server's answer (QUIT) (sent true)",
		aborted + "pop3: timed out after 1m0s waiting for the server's answer (QUIT).",
	}},
	"poisoned.txt": {func(u *user) {
		behind(u, "login", u.Login("tim", "tanstaaf"), func() { track(u, "RETR", u.Retr(1)) })
	}, []string{`login: "+OK"`, `RETR: "+OK" ["the end of the file is"] 24`,
		aborted + `pop3: the server said "and this is the rest" although nothing was asked.`}},
	"bye.txt": {func(u *user) { track(u, "login", u.Login("tim", "tanstaaf")) }, []string{
		`login failed: pop3: PASS: the server said "-ERR [IN-USE] Mailbox is locked by another session"`,
		aborted + `pop3: the server said "-ERR [SYS/TEMP] Disconnected for inactivity" although nothing was asked.`,
	}},
}

func TestTranscripts(t *testing.T) {
	scripts := transcript.Load(t, "testdata/transcripts")
	if len(scripts) != len(replays) {
		t.Errorf("scripts: got %d, want %d", len(scripts), len(replays))
	}
	for _, s := range scripts {
		t.Run(s.Name, func(t *testing.T) {
			r, ok := replays[s.Name]
			if !ok {
				t.Fatal("no client is written for this script")
			}
			transcript.Run(t, s, func() reactor.Protocol {
				u := &user{made: r.made}
				u.Options = &pop3.Options{AllowInsecureAuth: true}
				return u
			}, transcript.Options{After: func(t testing.TB, p reactor.Protocol, _ *reactortest.Transport) {
				if got := p.(*user).events; !slices.Equal(got, r.want) {
					t.Errorf("events:\n got %s\nwant %s", list(got), list(r.want))
				}
			}})
		})
	}
}
