package integration

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/pop3"
)

const (
	manyMails   = 2000
	largeOctets = 50 << 20
)

var (
	many  = sync.OnceValue(func() []mailservers.Message { return mailservers.Mails(manyMails) })
	large = sync.OnceValue(makeLarge)
)

// makeLarge repeats the body of a smaller mail: that is quicker than to make one.
func makeLarge() mailservers.Message {
	m := mailservers.Sized(0, 1<<20)
	body := m.Raw[len(headerOf(m.Raw)):]
	m.Raw = append(bytes.Clone(m.Raw), bytes.Repeat(body, largeOctets/len(body))...)
	return m
}

// popBigCases are about many messages, and large ones.
var popBigCases = []popCase{
	{name: "many messages", live: true, window: 100, fill: func(t *testing.T, server *mailservers.Server, user mailservers.User) {
		popFill(t, server, user, many())
	}, run: func(e *env, c *pop3.Client) {
		want(e, "messages", must(e, c.Stat()).Count, manyMails)
		want(e, "listed", len(must(e, c.List())), manyMails)
		want(e, "unique-ids", len(must(e, c.UIDL())), manyMails)
		next := 0
		done := must(e, c.RetrieveAll(pop3.RetrieveOptions{Delete: true, UIDs: true, Sink: func(m pop3.Entry) pop3.MessageSink {
			next++
			want(e, "in order", m.Number, next)
			return &comparing{e: e, text: many()[m.Number-1].Raw}
		}}))
		want(e, "fetched", done.Messages, manyMails)
		want(e, "marked", done.Deleted, manyMails)
		popLeft(e, c, 0)
	}},
	{name: "a large message", on: []string{onDovecot, onCyrus, onCourier}, live: true, fill: func(t *testing.T, server *mailservers.Server, user mailservers.User) {
		popFill(t, server, user, []mailservers.Message{large(), mailservers.Mail(1)})
	}, run: func(e *env, c *pop3.Client) {
		sink := &pausing{comparing: comparing{e: e, text: large().Raw}, c: c}
		got := must(e, c.RetrTo(1, sink))
		want(e, "octets", got.Octets, int64(len(large().Raw)))
		wantTrue(e, sink.pauses > 10, "it pauses, got %d times", sink.pauses)
		wantBytes(e, "the next", must(e, c.Retr(2)).Bytes(), mailservers.Mail(1).Raw)
	}},
}

// comparing is a sink that compares as the octets come, and keeps nothing.
type comparing struct {
	e      *env
	text   []byte // still to come
	failed bool
}

func (s *comparing) Write(p []byte) (int, error) {
	rest, same := bytes.CutPrefix(s.text, p)
	if !same && !s.failed {
		s.failed = true
		s.e.t.Errorf("got other octets, want the next of %d", len(s.text))
	}
	s.text = rest
	return len(p), nil
}

func (s *comparing) Done(err error) {
	if err != nil || len(s.text) > 0 {
		s.e.t.Errorf("the end: got %v, with %d octets to come, want nil and 0", err, len(s.text))
	}
}

// pausing stops the reading at each megabyte for a while.
type pausing struct {
	comparing
	c      *pop3.Client
	pauses int
	taken  int // since the last pause
	paused int // octets that came during a pause
	asleep bool
}

// pauseRoom is how many octets may come after PauseProducing: one buffer that was read already.
const pauseRoom = 256 << 10

func (s *pausing) Write(p []byte) (int, error) {
	if s.asleep {
		if s.paused += len(p); s.paused > pauseRoom {
			s.e.t.Errorf("got %d octets during a pause, want %d at most", s.paused, pauseRoom)
		}
	}
	if s.taken += len(p); s.taken > 1<<20 && !s.asleep {
		s.asleep, s.taken, s.paused = true, 0, 0
		s.pauses++
		s.c.PauseProducing()
		s.c.Transport().Reactor().CallLater(time.Millisecond, func() {
			s.asleep = false
			s.c.ResumeProducing()
		})
	}
	return s.comparing.Write(p)
}
