package pop3_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor/reactortest"
)

// TestMain checks at the end that no test has left a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// user is a client as a program writes one: it embeds pop3.Client, shadows both hooks without calling the library's, and notes
// all that happens to it.
type user struct {
	pop3.Client
	made   func(u *user)
	events []string
}

func (u *user) ConnectionMade() {
	if u.made != nil {
		u.made(u)
	}
}

func (u *user) ConnectionLost(reason error) { u.note("lost: %v", reason) }

func (u *user) note(format string, args ...any) {
	u.events = append(u.events, fmt.Sprintf(format, args...))
}

// take answers what was noted since the last time.
func (u *user) take() []string {
	events := u.events
	u.events = nil
	return events
}

// track notes how a command ends.
func track[T any](u *user, name string, d *deferred.Deferred[T]) {
	d.Handle(
		func(v T) { u.note("%s: %s", name, outcome(v)) },
		func(err error) { u.note("%s failed: %s", name, failure(err)) },
	)
}

// outcome is what a command has brought, as text.
func outcome(v any) string {
	switch v := v.(type) {
	case *pop3.Multiline:
		return fmt.Sprintf("%q %q %d", v.Response, v.Lines, v.Octets)
	case pop3.Reply:
		return fmt.Sprintf("%q", v.Line)
	case pop3.Retrieved:
		return fmt.Sprintf("%d %q %d", v.Number, v.Reply.Line, v.Octets)
	}
	return fmt.Sprintf("%+v", v)
}

// failure is the text of err and, for a *CommandError, whether it was sent.
func failure(err error) string {
	var unanswered *pop3.CommandError
	if errors.As(err, &unanswered) {
		return fmt.Sprintf("%v (sent %v)", err, unanswered.Sent)
	}
	return err.Error()
}

// session is a user on a transport in memory; the test is the server.
type session struct {
	t     testing.TB
	clock *reactortest.Clock
	tr    *reactortest.Transport
	*user
}

// start makes a client that may send passwords in the clear, and does made in its ConnectionMade.
func start(t testing.TB, o *pop3.Options, made func(u *user)) *session {
	t.Helper()
	if o == nil {
		o = &pop3.Options{AllowInsecureAuth: true}
	}
	clock := reactortest.NewClock()
	s := &session{t: t, clock: clock, tr: reactortest.NewTransport(clock), user: &user{made: made}}
	s.Options = o
	t.Cleanup(s.end)
	s.tr.Connect(s.user)
	s.clock.Turn()
	return s
}

// greeted is start for a client that does nothing by itself, with the greeting taken.
func greeted(t testing.TB, o *pop3.Options) *session {
	t.Helper()
	s := start(t, o, nil)
	s.server("+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n")
	return s
}

// loggedIn is greeted, with somebody signed in.
func loggedIn(t testing.TB, o *pop3.Options) *session {
	t.Helper()
	s := greeted(t, o)
	s.tr.SetTLS(underTLS)
	s.Login("alice", "secret").Handle(nil, func(err error) { t.Fatal(err) })
	s.wrote("USER alice\r\n")
	s.server("+OK\r\n")
	s.wrote("PASS secret\r\n")
	s.server("+OK in\r\n")
	return s
}

func (s *session) end() {
	s.tr.AbortConnection()
	s.clock.Turn()
}

// server lets bytes come in, in one piece.
func (s *session) server(bytes string) {
	s.tr.Receive([]byte(bytes))
	s.clock.Turn()
}

// wrote compares what the client has sent since the last time.
func (s *session) wrote(want string) {
	s.t.Helper()
	if got := string(s.tr.Take()); got != want {
		s.t.Errorf("client sent\n got %q\nwant %q", got, want)
	}
}

// happened compares what was noted since the last time.
func (s *session) happened(want ...string) {
	s.t.Helper()
	if got := s.take(); !slices.Equal(got, want) {
		s.t.Errorf("events:\n got %s\nwant %s", list(got), list(want))
	}
}

func (s *session) closed(want bool) {
	s.t.Helper()
	if got := s.tr.Disconnecting(); got != want {
		s.t.Errorf("connection closed: got %v, want %v", got, want)
	}
}

func list(lines []string) string { return "[\n\t" + strings.Join(lines, "\n\t") + "\n]" }

// underTLS is the state of a connection under TLS.
var underTLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true}
