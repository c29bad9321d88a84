package imap4server_test

import (
	"crypto/tls"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/imap4server"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	greeting   = "* OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] tconn IMAP4rev1 server ready\r\n"
	loggedIn   = " OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] LOGIN completed\r\n"
	loginLine  = "l LOGIN alice secret\r\n"
	selectLine = "s SELECT INBOX\r\n"
)

// session is a server on a transport in memory; the test is the client.
type session struct {
	t      testing.TB
	clock  *reactortest.Clock
	tr     *reactortest.Transport
	server *imap4server.Server
}

// open connects a server that allows LOGIN in the clear, without taking its greeting.
func open(t testing.TB, authenticate imap4server.Authenticate, o imap4server.Options) *session {
	t.Helper()
	o.AllowInsecureAuth = true
	return connect(t, authenticate, o, nil)
}

// connect connects a server with these very options, under TLS unless state is nil.
func connect(t testing.TB, authenticate imap4server.Authenticate, o imap4server.Options, state *tls.ConnectionState) *session {
	t.Helper()
	clock := reactortest.NewClock()
	s := &session{t: t, clock: clock, tr: reactortest.NewTransport(clock)}
	s.tr.SetTLS(state)
	s.server = &imap4server.Server{Authenticate: authenticate, Options: o}
	s.tr.Connect(s.server)
	t.Cleanup(func() {
		s.tr.Lose(nil)
		s.tr.AbortConnection()
		s.clock.Turn()
	})
	return s
}

// start is open for alice with the demo account, the greeting taken.
func start(t testing.TB, o imap4server.Options) *session {
	t.Helper()
	s := open(t, alice(), o)
	s.want(greeting)
	return s
}

// startSelected is start with INBOX open.
func startSelected(t testing.TB, o imap4server.Options) *session {
	t.Helper()
	s := start(t, o)
	s.send(loginLine + selectLine)
	s.tr.Clear()
	return s
}

// insecure are the options of a server that allows LOGIN in the clear.
var insecure = imap4server.Options{AllowInsecureAuth: true}

func alice() imap4server.Authenticate {
	return imap4server.OneUser("alice", "secret", imap4server.NewDemoAccount(3))
}

func (s *session) send(bytes string) {
	s.tr.Receive([]byte(bytes))
	s.clock.Turn()
}

// want compares what the server has sent since the last look.
func (s *session) want(want string) {
	s.t.Helper()
	if got := string(s.tr.Take()); got != want {
		s.t.Errorf("server sent\n%q\nwant\n%q", got, want)
	}
}

// wantClosed tells whether the server has closed the connection.
func (s *session) wantClosed(want bool) {
	s.t.Helper()
	if got := s.tr.Disconnecting(); got != want {
		s.t.Errorf("connection closed: got %v, want %v", got, want)
	}
}

// step is a stretch of the client's bytes and all that the server says to it.
type step struct{ client, server string }

// parse reads "C: line" and "S: line" (line ends added), and C= with a quoted piece.
func parse(t testing.TB, script string) []step {
	t.Helper()
	steps := []step{{}}
	for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
		line = strings.TrimLeft(line, "\t")
		last := &steps[len(steps)-1]
		text := ""
		if len(line) > 3 {
			text = line[3:]
		}
		switch {
		case strings.HasPrefix(line, "S: "):
			last.server += text + "\r\n"
			continue
		case last.server != "":
			steps = append(steps, step{})
			last = &steps[len(steps)-1]
		}
		switch {
		case strings.HasPrefix(line, "C:"):
			last.client += text + "\r\n"
		case strings.HasPrefix(line, "C= "):
			raw, err := strconv.Unquote(text)
			if err != nil {
				t.Fatalf("script line %q: %v", line, err)
			}
			last.client += raw
		default:
			t.Fatalf("script line %q", line)
		}
	}
	return steps
}

// replay runs a script against servers made by start: whole, byte by byte, and cut at random.
func replay(t *testing.T, script string, newSession func(t testing.TB) *session) {
	t.Helper()
	cuttings := map[string]func(t testing.TB) reactortest.Chunking{
		"whole":    func(testing.TB) reactortest.Chunking { return reactortest.Whole },
		"bytewise": func(testing.TB) reactortest.Chunking { return reactortest.Bytewise },
		"random 1": func(t testing.TB) reactortest.Chunking { return reactortest.Random(t, 1) },
		"random 2": func(t testing.TB) reactortest.Chunking { return reactortest.Random(t, 2) },
	}
	for name, cutting := range cuttings {
		t.Run(name, func(t *testing.T) {
			s := newSession(t)
			cut := cutting(t)
			for _, st := range parse(t, script) {
				s.sendCut(st.client, cut)
				s.want(st.server)
			}
		})
	}
}

func (s *session) sendCut(client string, cut reactortest.Chunking) {
	for len(client) > 0 {
		n := cut.Next(len(client))
		s.tr.Receive([]byte(client[:n]))
		client = client[n:]
	}
	s.clock.Turn()
}

// slow is an account whose Deferreds the test fires.
type slow struct {
	logins  []*deferred.Deferred[imap4server.Account]
	got     []imap4server.Login
	selects []*deferred.Deferred[imap4server.Mailbox]
	names   []string
}

func (a *slow) authenticate(l imap4server.Login) *deferred.Deferred[imap4server.Account] {
	a.got = append(a.got, l)
	d := deferred.New[imap4server.Account]()
	a.logins = append(a.logins, d)
	return d
}

func (a *slow) Select(name string, _ bool) *deferred.Deferred[imap4server.Mailbox] {
	a.names = append(a.names, name)
	d := deferred.New[imap4server.Mailbox]()
	a.selects = append(a.selects, d)
	return d
}

// box is a mailbox that counts.
type box struct {
	status imap4server.MailboxStatus
	closed int
}

func (b *box) Status() imap4server.MailboxStatus { return b.status }
func (b *box) Close()                            { b.closed++ }

// boxes is an account of given mailboxes; a missing one fails with err, or with ErrNoSuchMailbox.
type boxes struct {
	by  map[string]imap4server.Mailbox
	err error
}

func (a boxes) Select(name string, _ bool) *deferred.Deferred[imap4server.Mailbox] {
	if m, ok := a.by[name]; ok {
		return deferred.Succeed(m)
	}
	if a.err != nil {
		return deferred.Fail[imap4server.Mailbox](a.err)
	}
	return deferred.Fail[imap4server.Mailbox](imap4server.ErrNoSuchMailbox)
}

func (a boxes) login() imap4server.Authenticate { return imap4server.OneUser("alice", "secret", a) }

// unhandled collects the errors that Deferreds report as nobody's, among those of the running test.
func unhandled(t testing.TB) (take func() []error) {
	t.Helper()
	var errs []error
	t.Cleanup(deferred.OnUnhandled(func(u *deferred.Unhandled) { errs = append(errs, u.Err) }))
	return func() []error {
		deferred.ReportUnhandled()
		return errs
	}
}
