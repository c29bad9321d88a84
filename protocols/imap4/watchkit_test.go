package imap4_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// watching is a Watch whose server is the test. It is its own endpoint, and notes what is told.
type watching struct {
	session
	*imap4.Watch
	client    *imap4.Client // the last one that was given to Up
	connected int
	told      func(event string) // called with each event
}

// watchOver makes a Watch that has connected, to a server that has greeted with PREAUTH and answered what the Watch asks first.
func watchOver(t *testing.T, caps string, o imap4.WatchOptions) *watching {
	t.Helper()
	w := newWatching(t, o)
	w.Start()
	w.clock.Turn()
	w.greet(caps)
	return w
}

func newWatching(t *testing.T, o imap4.WatchOptions) *watching {
	w := &watching{session: session{t: t, clock: reactortest.NewClock(), user: &user{}}}
	o.Handler = watchNotes{w}
	if o.Client == nil {
		o.Client = &imap4.Options{NoID: true, AllowInsecureAuth: true}
	}
	if o.Service.RetryPolicy == nil {
		o.Service.RetryPolicy = func(int) time.Duration { return time.Second }
	}
	w.Watch = imap4.NewWatch(w, o)
	t.Cleanup(func() {
		w.Stop()
		if w.tr != nil {
			w.tr.AbortConnection()
		}
		w.clock.Turn()
		if n := w.clock.Pending(); n != 0 {
			t.Errorf("planned calls at the end: got %d, want 0", n)
		}
	})
	return w
}

// Connect connects to the test.
func (w *watching) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	p := f.BuildProtocol(&net.TCPAddr{})
	w.tr = reactortest.NewTransport(w.clock)
	w.connected++
	w.tr.Connect(p)
	return deferred.Succeed(p)
}

func (w *watching) Reactor() *reactor.Reactor { return w.clock.Reactor() }

// greet is what each connection begins with.
func (w *watching) greet(caps string) {
	w.t.Helper()
	w.server("* PREAUTH [CAPABILITY " + caps + "] ready\r\n")
	w.expect("CAPABILITY", "* CAPABILITY "+caps)
	if strings.Contains(caps, "QRESYNC") {
		w.expect("ENABLE QRESYNC", "* ENABLED QRESYNC")
	}
}

// expect takes the next command, which must be this one, and answers it with lines and OK.
func (w *watching) expect(command string, lines ...string) {
	w.t.Helper()
	w.answer("OK done", command, lines...)
}

func (w *watching) answer(status, command string, lines ...string) {
	w.t.Helper()
	tag, got, _ := strings.Cut(strings.TrimSuffix(string(w.tr.Take()), "\r\n"), " ")
	if got != command {
		w.t.Fatalf("command:\n got %s\nwant %s", got, command)
	}
	w.tell(append(lines, tag+" "+status)...)
}

// tell lets the server say lines.
func (w *watching) tell(lines ...string) {
	for _, line := range lines {
		w.server(line + "\r\n")
	}
}

// idling takes the IDLE that follows when all was told.
func (w *watching) idling() {
	w.t.Helper()
	w.clock.Advance(50 * time.Millisecond)
	if _, command, _ := strings.Cut(string(w.tr.Take()), " "); command != "IDLE\r\n" {
		w.t.Fatalf("command: got %q, want IDLE", command)
	}
	w.tell("+ idling")
}

// leaves takes the end of an IDLE.
func (w *watching) leaves(tag string) {
	w.t.Helper()
	w.wrote("DONE\r\n")
	w.tell(tag + " OK done")
}

// cut loses the connection, and makes the next one.
func (w *watching) cut() {
	w.tr.Lose(reactor.ErrConnectionLost)
	w.clock.Turn()
	w.clock.Advance(time.Second)
}

// watchNotes notes what is told.
type watchNotes struct{ w *watching }

func (n watchNotes) note(format string, args ...any) {
	n.w.note(format, args...)
	if n.w.told != nil {
		n.w.told(n.w.events[len(n.w.events)-1])
	}
}

func (n watchNotes) Up(c *imap4.Client) {
	n.w.client = c
	n.note("up")
}
func (n watchNotes) Down(err error)      { n.note("down: %v", err) }
func (n watchNotes) Synced(*imap4.Watch) { n.note("synced") }
func (n watchNotes) New(mailbox string, m *imap4.Message) {
	text := ""
	if m.Err != nil {
		text = " (" + m.Err.Error() + ")"
	}
	n.note("new %s %d %v size %d%s", mailbox, m.UID, m.Flags, m.Size, text)
}
func (n watchNotes) Flags(mailbox string, m *imap4.Message) {
	n.note("flags %s %d %v", mailbox, m.UID, m.Flags)
}
func (n watchNotes) Vanished(mailbox string, uids imap4.MessageSet) {
	n.note("vanished %s %v", mailbox, uids)
}
func (n watchNotes) Reset(mailbox string, validity uint32) { n.note("reset %s %d", mailbox, validity) }
func (n watchNotes) Mailbox(e *imap4.ListEntry)            { n.note("mailbox %s", e.Name) }
func (n watchNotes) MailboxRenamed(from, to string)        { n.note("renamed %s %s", from, to) }
func (n watchNotes) MailboxGone(name string)               { n.note("gone %s", name) }
func (n watchNotes) Skipped(name string, err error) {
	var refused *imap4.ResponseError
	n.note("skipped %s %v", name, errors.As(err, &refused))
}
