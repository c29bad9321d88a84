package imap4_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// TestMain checks at the end that no test has left a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// user is a client as a program writes one: it embeds imap4.Client, shadows both hooks without calling the library's, and notes
// all that happens to it.
type user struct {
	imap4.Client
	made   func(u *user)
	lost   func(u *user)
	events []string
	quiet  bool // it notes nothing
}

func (u *user) ConnectionMade() {
	if u.made != nil {
		u.made(u)
	}
}

func (u *user) ConnectionLost(reason error) {
	u.note("lost: %v", reason)
	if u.lost != nil {
		u.lost(u)
	}
}

func (u *user) note(format string, args ...any) {
	if u.quiet {
		return
	}
	u.events = append(u.events, fmt.Sprintf(format, args...))
}

// take answers what was noted since the last time.
func (u *user) take() []string {
	events := u.events
	u.events = nil
	return events
}

func (u *user) noop() { track(u, "NOOP", u.Noop()) }

func (u *user) logout() { track(u, "LOGOUT", u.Logout()) }

func (u *user) capability() { track(u, "CAPABILITY", u.GetCapabilities()) }

func (u *user) login(name, password string) { track(u, "LOGIN", u.Login(name, password)) }

// track notes how a command ends.
func track[T any](u *user, name string, d *deferred.Deferred[T]) {
	d.Handle(
		func(v T) { u.note("%s: %s", name, outcome(v)) },
		func(err error) { u.note("%s failed: %s", name, failure(err)) },
	)
}

func outcome(v any) string {
	if caps, ok := v.(imap4.Capabilities); ok {
		return fmt.Sprintf("[%v]", caps)
	}
	return "ok"
}

// failure is the text of err and, for a *CommandError, whether it was sent.
func failure(err error) string {
	var unanswered *imap4.CommandError
	if errors.As(err, &unanswered) {
		return fmt.Sprintf("%v (sent %v)", err, unanswered.Sent)
	}
	return err.Error()
}

// listener notes what the server says unasked.
type listener struct{ u *user }

func (l listener) Capabilities(imap4.Capabilities) {}
func (l listener) Warning(status, code, text string) {
	l.u.note("warning %s %q %q", status, code, text)
}
func (l listener) Referral(url string)       { l.u.note("referral %q", url) }
func (l listener) Progress(p imap4.Progress) { l.u.note("progress %v", p) }
func (l listener) Metadata(mailbox string, entries []string) {
	l.u.note("metadata %q %v", mailbox, entries)
}
func (l listener) NotificationOverflow() { l.u.note("overflow") }
func (l listener) MessageData(m *imap4.Message) {
	l.u.note("message data %d %d %v %v", m.SeqNum, m.UID, m.Items(), m.Flags)
}
func (l listener) Exists(n uint32)  { l.u.note("exists %d", n) }
func (l listener) Recent(n uint32)  { l.u.note("recent %d", n) }
func (l listener) Expunge(n uint32) { l.u.note("expunge %d", n) }

func (l listener) ServerGreeting(text string, preauth bool) {
	l.u.note("greeting %q %v", text, preauth)
}
func (l listener) Alert(text string)     { l.u.note("alert %q", text) }
func (l listener) Bye(code, text string) { l.u.note("bye %q %q", code, text) }
func (l listener) Vanished(uids imap4.MessageSet, earlier bool) {
	l.u.note("vanished %v %v", uids, earlier)
}
func (l listener) MailboxFlags(flags []imap4.Flag, permanent bool) {
	l.u.note("flags %v %v", flags, permanent)
}
func (l listener) ModeChanged(writeable bool) { l.u.note("writeable %v", writeable) }
func (l listener) UIDValidity(n uint32)       { l.u.note("uidvalidity %d", n) }
func (l listener) Status(s imap4.StatusData)  { l.u.note("status %q %v", s.Mailbox, s.Items()) }
func (l listener) Listed(e imap4.ListEntry)   { l.u.note("list %q %q %v", e.Name, e.Delimiter, e.Attrs) }
func (l listener) Untagged(g imap4.Untagged) {
	if g.HasNumber {
		l.u.note("* %d %s %q", g.Number, g.Name, g.Text)
		return
	}
	l.u.note("* %s %q", g.Name, g.Text)
}

// newUser makes a client that listens, may send passwords in the clear, and does made in its ConnectionMade.
func newUser(made func(u *user)) *user {
	u := &user{made: made}
	u.Options = &imap4.Options{AllowInsecureAuth: true, Pipelining: imap4.Serial}
	u.Listener = listener{u}
	return u
}

// session is a user on a transport in memory; the test is the server.
type session struct {
	t     testing.TB
	clock *reactortest.Clock
	tr    *reactortest.Transport
	*user
}

func start(t testing.TB, u *user) *session {
	t.Helper()
	clock := reactortest.NewClock()
	s := &session{t: t, clock: clock, tr: reactortest.NewTransport(clock), user: u}
	t.Cleanup(s.end)
	s.tr.Connect(u)
	s.clock.Turn()
	return s
}

// greeted is start for a client that does nothing by itself, with the greeting taken and forgotten.
func greeted(t testing.TB) *session {
	t.Helper()
	s := start(t, newUser(nil))
	s.server("* OK ready\r\n")
	s.take()
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

// serverCut lets bytes come in as cut says.
func (s *session) serverCut(bytes string, cut reactortest.Chunking) {
	for len(bytes) > 0 {
		n := cut.Next(len(bytes))
		s.server(bytes[:n])
		bytes = bytes[n:]
	}
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
	wantEvents(s.t, s.take(), want)
}

func (s *session) closed(want bool) {
	s.t.Helper()
	if got := s.tr.Disconnecting(); got != want {
		s.t.Errorf("connection closed: got %v, want %v", got, want)
	}
}

func wantEvents(t testing.TB, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("events:\n got %s\nwant %s", list(got), list(want))
	}
}

func list(lines []string) string { return "[\n\t" + strings.Join(lines, "\n\t") + "\n]" }

// underTLS is the state of a connection under TLS.
var underTLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true}

var _ reactor.Protocol = (*user)(nil)
