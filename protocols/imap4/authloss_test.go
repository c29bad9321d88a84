package imap4_test

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// A session that is cut off behind each of its bytes.
func TestAuthenticateLossBehindEachByte(t *testing.T) {
	with := func(m func() sasl.Mechanism) command {
		return command{"AUTHENTICATE", func(u *user) pending { return pend(u.AuthenticateWith(m())) }}
	}
	conversation := func(name string) saslTalk {
		return saslTalks[slices.IndexFunc(saslTalks, func(c saslTalk) bool { return c.name == name })]
	}
	scram, cram, login := conversation("SCRAM-SHA-1"), conversation("CRAM-MD5"), conversation("LOGIN")
	greeting := "* OK [CAPABILITY IMAP4rev1] ready"
	for _, x := range []exchange{
		{"CRAM-MD5", []command{with(cram.make), noopCommand},
			[]string{greeting, "+ " + b64(cram.rounds[0][0]), "A1 OK [CAPABILITY IMAP4rev1] done", "A2 OK done"},
			[]string{"A1 OK [CAPABILITY IMAP4rev1] done", "A2 OK done"}},
		{"SCRAM-SHA-1", []command{with(scram.make), noopCommand},
			[]string{greeting, "+ ", "+ " + b64(scram1First), "+ " + b64(scram1Final), "A1 OK done", "A2 OK done"}, []string{"A1 OK done", "A2 OK done"}},
		{"LOGIN", []command{with(login.make), noopCommand}, []string{greeting, "+ VXNlcm5hbWU6", "+ UGFzc3dvcmQ6", "A1 OK done", "A2 OK done"},
			[]string{"A1 OK done", "A2 OK done"}},
	} {
		for _, e := range endings {
			if x.name == "SCRAM-SHA-1" && e.name != "clean end" {
				continue // deriving keys takes its time
			}
			t.Run(x.name+", "+e.name, func(t *testing.T) {
				input := strings.Join(x.server, "\r\n") + "\r\n"
				for n := 0; n <= len(input) && !t.Failed(); n++ {
					x.loseBehind(t, e, input[:n], reactortest.Whole)
					if x.name != "SCRAM-SHA-1" {
						x.loseBehind(t, e, input[:n], reactortest.Bytewise)
					}
				}
			})
		}
	}
}

// Under TLS the session is cut off behind each byte of the ciphertext that follows the handshake.
func TestAuthenticateLossUnderTLS(t *testing.T) {
	for n := 0; n < 1000; n++ {
		if events := loseUnderTLS(t, n); slices.Contains(events, "NOOP: ok") {
			wantEvents(t, events[:2], []string{"AUTHENTICATE: ok", "NOOP: ok"})
			if n < 120 { // four records at least, with 22 bytes each besides what is said
				t.Errorf("all was said in %d bytes, want at least 120", n)
			}
			return
		}
		if t.Failed() {
			t.Fatalf("the connection was lost behind %d bytes", n)
		}
	}
	t.Error("the session never came to its end")
}

// loseUnderTLS lets n bytes through once the hands are shaken, and answers what happened to the commands.
func loseUnderTLS(t *testing.T, n int) []string {
	t.Helper()
	r := reactortest.NewReactor()
	defer r.Close()
	r.Network().SetHost("localhost", "192.0.2.1")
	_, err := r.ListenTLS(993, reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
		return &script{greeting: "* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] ready\r\n", ended: make(chan struct{}), answers: map[string]string{
			"AUTHENTICATE LOGIN": "+ VXNlcm5hbWU6\r\n", "dGlt": "+ UGFzc3dvcmQ6\r\n", b64("tanstaaftanstaaf"): "TAG OK welcome\r\n", "NOOP": "TAG OK done\r\n"}}
	}), serverTLS())
	if err != nil {
		t.Fatal(err)
	}
	u := &user{}
	u.made = func(u *user) {
		through := 0
		flow := r.Network().Conns()[0].ToClient()
		flow.SetWindow(1)
		flow.SetChunking(func(int) int {
			if through++; through >= n {
				flow.Cut()
			}
			return 1
		})
		if n == 0 {
			flow.Cut()
		}
		track(u, "AUTHENTICATE", u.Authenticate(tim()))
		u.noop()
	}
	r.ConnectTLS("localhost", 993, &single{u: u}, trusting())
	r.Flush()
	if u.Transport() == nil {
		t.Fatal("the hands were not shaken")
	}
	u.Transport().AbortConnection()
	r.Flush()
	events := u.take()
	if commands := len(events) - 1; commands != 2 || !strings.HasPrefix(events[2], "lost: ") {
		t.Errorf("got %s, want an end of both commands, and the loss", list(events))
	}
	if slices.Contains(events, "AUTHENTICATE: ok") && n < 100 {
		t.Errorf("logged in behind %d bytes: %s", n, list(events))
	}
	return events
}

// single is the factory of one client.
type single struct {
	reactor.BaseClientFactory
	u *user
}

func (f *single) BuildProtocol(net.Addr) reactor.Protocol { return f.u }
