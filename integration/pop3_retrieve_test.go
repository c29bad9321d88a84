package integration

import (
	"errors"
	"strconv"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/pop3"
)

// popRetrieveCases are about RetrieveAll.
var popRetrieveCases = []popCase{
	retrieveAllCase(0), retrieveAllCase(1), retrieveAllCase(5), retrieveAllCase(100),
	{name: "retrieve headers", mails: mailservers.Mails(12), window: 5, run: func(e *env, c *pop3.Client) {
		sinks := newPopSinks()
		done := must(e, c.RetrieveAll(pop3.RetrieveOptions{Sink: sinks.open, Header: true}))
		want(e, "fetched", done.Messages, 12)
		for i := range 12 {
			sinks.all[i+1].whole(e, "header "+strconv.Itoa(i+1), headerOf(mailservers.Mail(i).Raw))
		}
		must(e, c.RetrieveAll(pop3.RetrieveOptions{Sink: sinks.open, Header: true, Lines: 1_000_000}))
		sinks.all[12].whole(e, "all of the last", mailservers.Mail(11).Raw)
	}},
	{name: "retrieve what is wanted", mails: mailservers.Mails(6), caps: []string{"UIDL"}, window: 5, run: func(e *env, c *pop3.Client) {
		uids := must(e, c.UIDL())
		sinks := newPopSinks()
		done := must(e, c.RetrieveAll(pop3.RetrieveOptions{Sink: sinks.open, UIDs: true, Delete: true, Want: func(m pop3.Entry) bool {
			want(e, "unique-id", m.UID, uids[m.Number-1].UID)
			want(e, "size", m.Size, int64(len(mailservers.Mail(m.Number-1).Raw)))
			return m.Number%2 == 0
		}}))
		want(e, "fetched", done.Messages, 3)
		want(e, "marked", done.Deleted, 3)
		wantAll(e, "in this order", sinks.order, 2, 4, 6)
		popLeft(e, c, 3)
	}},
	{name: "retrieve where sinks fail", mails: mailservers.Mails(6), window: 5, run: func(e *env, c *pop3.Client) {
		full := errors.New("the disk is full")
		done := must(e, c.RetrieveAll(pop3.RetrieveOptions{Delete: true, Sink: func(m pop3.Entry) pop3.MessageSink {
			switch m.Number {
			case 2:
				return &popSink{fails: full}
			case 5:
				return &storedSink{stored: deferred.Fail[struct{}](full)}
			}
			return &storedSink{stored: deferred.Succeed(struct{}{})}
		}}))
		want(e, "stored", done.Messages, 4)
		want(e, "marked", done.Deleted, 4)
		if len(done.Failed) != 2 {
			e.fatalf("failed: got %v, want 2", done.Failed)
		}
		for i, n := range []int{2, 5} {
			wantTrue(e, done.Failed[i].Number == n && errors.Is(done.Failed[i], full), "message %d in place %d, got %v", n, i, done.Failed[i])
		}
		popLeft(e, c, 2)
	}},
	{name: "retrieve without what is deleted", mails: mailservers.Mails(3), on: []string{onDovecot, onCyrus, onCourier}, window: 5, run: func(e *env, c *pop3.Client) {
		must(e, c.Dele(2))
		sinks := newPopSinks()
		done := must(e, c.RetrieveAll(pop3.RetrieveOptions{Sink: sinks.open}))
		want(e, "fetched", done.Messages, 2)
		wantAll(e, "in this order", sinks.order, 1, 3)
	}},
}

// retrieveAllCase fetches and deletes with a window.
func retrieveAllCase(window int) popCase {
	const count = 12
	c := popCase{name: "retrieve all with a window of " + strconv.Itoa(window), mails: mailservers.Mails(count), window: window}
	if window > 0 {
		c.caps = []string{"PIPELINING"}
	}
	c.run = func(e *env, c *pop3.Client) {
		sinks := newPopSinks()
		done := must(e, c.RetrieveAll(pop3.RetrieveOptions{Sink: sinks.open, Delete: true}))
		want(e, "fetched", done.Messages, count)
		want(e, "marked", done.Deleted, count)
		want(e, "failed", len(done.Failed), 0)
		octets := int64(0)
		for i, m := range mailservers.Mails(count) {
			octets += int64(len(m.Raw))
			want(e, "in order", sinks.order[i], i+1)
			sinks.all[i+1].whole(e, m.Name, m.Raw)
		}
		want(e, "octets", done.Octets, octets)
		popLeft(e, c, 0)
	}
	return c
}

// popSinks makes a sink for each message.
type popSinks struct {
	order []int
	all   map[int]*popSink
}

func newPopSinks() *popSinks { return &popSinks{all: map[int]*popSink{}} }

func (s *popSinks) open(m pop3.Entry) pop3.MessageSink {
	s.order = append(s.order, m.Number)
	s.all[m.Number] = &popSink{}
	return s.all[m.Number]
}

// storedSink is a sink that says when it has stored.
type storedSink struct {
	popSink
	stored *deferred.Deferred[struct{}]
}

func (s *storedSink) Stored() *deferred.Deferred[struct{}] { return s.stored }
