package integration

import (
	"bytes"
	"errors"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor"
)

// popMailCases are about messages: what there is, and what is in them.
var popMailCases = []popCase{
	{name: "an empty mailbox", run: func(e *env, c *pop3.Client) {
		want(e, "STAT", must(e, c.Stat()), pop3.Stat{})
		wantAll(e, "LIST", must(e, c.List()))
		wantAll(e, "UIDL", must(e, c.UIDL()))
		noSuchMessage(e, c, 1)
		done := must(e, c.RetrieveAll(pop3.RetrieveOptions{Sink: dropAll, UIDs: true, Delete: true}))
		want(e, "fetched", done.Messages, 0)
	}},
	{name: "stat list uidl", mails: mailservers.Mails(12), run: func(e *env, c *pop3.Client) {
		var sizes []pop3.Scan
		var all pop3.Stat
		for i, m := range mailservers.Mails(12) {
			sizes = append(sizes, pop3.Scan{Number: i + 1, Size: int64(len(m.Raw))})
			all.Count++
			all.Size += int64(len(m.Raw))
		}
		want(e, "STAT", must(e, c.Stat()), all)
		wantAll(e, "LIST", must(e, c.List()), sizes...)
		want(e, "LIST 7", must(e, c.ListMessage(7)), sizes[6])
		uids := must(e, c.UIDL())
		seen := map[string]bool{}
		for i, u := range uids {
			want(e, "number", u.Number, i+1)
			wantTrue(e, u.UID != "" && !seen[u.UID], "the unique-id %q occurs once", u.UID)
			seen[u.UID] = true
		}
		want(e, "unique-ids", len(uids), 12)
		want(e, "UIDL 7", must(e, c.UIDLMessage(7)), uids[6])
		must(e, c.Quit())
		if e.server != nil {
			again := popAgain(e, c)
			wantAll(e, "UIDL the next time", must(e, again.UIDL()), uids...)
			must(e, again.Quit())
		}
	}},
	{name: "no such message", mails: mailservers.Mails(2), run: func(e *env, c *pop3.Client) {
		noSuchMessage(e, c, 3)
		noSuchMessage(e, c, 1<<31-1)
		want(e, "messages", must(e, c.Stat()).Count, 2)
	}},
	{name: "no such message to delete", mails: mailservers.Mails(1), on: []string{onDovecot, onCyrus, onCourier}, run: func(e *env, c *pop3.Client) {
		popRefused(e, "DELE 2", c.Dele(2), nil)
		popRefused(e, "TOP 2", c.Top(2, 0), nil)
		want(e, "messages", must(e, c.Stat()).Count, 1)
	}},
	{name: "a server that breaks", mails: mailservers.Mails(1), on: []string{onTwisted}, live: true, run: func(e *env, c *pop3.Client) {
		// It ends the connection where it does not find a message to delete.
		dele, noop := c.Dele(2), c.Noop()
		_, err := wait(e, dele)
		var cut *pop3.CommandError
		wantTrue(e, errors.As(err, &cut) && cut.Sent, "a CommandError of a command that was sent, got %v", err)
		wantTrue(e, errors.Is(err, reactor.ErrConnectionDone) || errors.Is(err, reactor.ErrConnectionLost), "the end of the connection, got %v", err)
		_, err = wait(e, noop)
		wantTrue(e, errors.As(err, &cut) && !cut.Sent, "a CommandError of a command that was not sent, got %v", err)
	}},
	{name: "retr", mails: mailservers.Mails(12), run: func(e *env, c *pop3.Client) {
		for i, m := range mailservers.Mails(12) {
			got := must(e, c.Retr(i+1))
			wantBytes(e, m.Name, got.Bytes(), m.Raw)
			wantBytes(e, m.Name+" by lines", append(bytes.Join(got.Lines, []byte("\r\n")), "\r\n"...), m.Raw)
			want(e, "octets of "+m.Name, got.Octets, int64(len(m.Raw)))
			wantTrue(e, strings.HasPrefix(got.Response, "+OK"), "%q", got.Response)
		}
	}},
	{name: "odd mails", odd: true, run: func(e *env, c *pop3.Client) {
		for i, m := range oddMails(e) {
			got := must(e, c.Retr(i+1))
			wantBytes(e, m.Name, got.Bytes(), asServed(e.kind.product, m))
			want(e, "octets of "+m.Name, got.Octets, int64(len(got.Bytes())))
		}
		must(e, c.Noop())
	}},
	{name: "odd mails one behind the other", odd: true, live: true, window: 50, caps: []string{"PIPELINING"}, run: func(e *env, c *pop3.Client) {
		sinks := map[int]*popSink{}
		done := must(e, c.RetrieveAll(pop3.RetrieveOptions{Sink: func(m pop3.Entry) pop3.MessageSink {
			sinks[m.Number] = &popSink{}
			return sinks[m.Number]
		}}))
		want(e, "fetched", done.Messages, len(oddMails(e)))
		for i, m := range oddMails(e) {
			sinks[i+1].whole(e, m.Name, asServed(e.kind.product, m))
		}
	}},
	{name: "top of odd mails", odd: true, live: true, run: func(e *env, c *pop3.Client) {
		for i, m := range oddMails(e) {
			whole := asServed(e.kind.product, m)
			got := must(e, c.Top(i+1, 1_000_000)).Bytes()
			if !losesLinesInTop(e, m) {
				wantBytes(e, m.Name+" with many lines", got, whole)
			}
			got = must(e, c.Top(i+1, 0)).Bytes()
			wantTrue(e, len(got) < len(whole)+3 && bytes.HasPrefix(got, bytes.TrimSuffix(headerOf(whole), []byte("\r\n\r\n"))), "header of %s: %q", m.Name, got)
		}
		must(e, c.Noop())
	}},
	{name: "top", mails: mailservers.Mails(3), run: func(e *env, c *pop3.Client) {
		text := mailservers.Mail(2).Raw
		header := headerOf(text)
		body := bytes.SplitAfter(text[len(header):], []byte("\r\n"))
		for _, n := range []int{0, 1, 3} {
			got := must(e, c.Top(3, n))
			wantBytes(e, "lines", got.Bytes(), append(bytes.Clone(header), bytes.Join(body[:n], nil)...))
		}
		sink := &popSink{}
		top := must(e, c.TopTo(3, len(body)+1000, sink))
		sink.whole(e, "all lines", text)
		want(e, "octets", top.Octets, int64(len(text)))
	}},
	{name: "retr to a sink", mails: mailservers.Mails(3), run: func(e *env, c *pop3.Client) {
		good, bad := &popSink{}, &popSink{fails: errors.New("the disk is full")}
		got := must(e, c.RetrTo(1, good))
		good.whole(e, "message 1", mailservers.Mail(0).Raw)
		want(e, "octets", got.Octets, int64(len(mailservers.Mail(0).Raw)))
		want(e, "number", got.Number, 1)
		wantTrue(e, got.Reply.OK, "%+v", got.Reply)
		dele := c.Dele // a message that was not stored is not deleted
		retr := c.RetrTo(2, bad)
		marked := dele(2)
		popFails(e, "RETR 2", retr, bad.fails)
		popFails(e, "DELE 2", marked, pop3.ErrNotStored)
		wantTrue(e, len(bad.done) == 1 && bad.done[0] == bad.fails, "the sink hears of its error, got %v", bad.done)
		none := &popSink{}
		popRefused(e, "RETR 4", c.RetrTo(4, none), nil)
		wantTrue(e, len(none.done) == 1 && errors.As(none.done[0], new(*pop3.ResponseError)), "the sink hears of a message that is not there, got %v", none.done)
		wantBytes(e, "message 3", must(e, c.Retr(3)).Bytes(), mailservers.Mail(2).Raw)
		want(e, "messages", must(e, c.Stat()).Count, 3)
	}},
	{name: "retr that nobody waits for any more", mails: mailservers.Mails(3), run: func(e *env, c *pop3.Client) {
		sink := &popSink{}
		first, second := c.RetrTo(1, sink), c.Retr(2)
		first.Cancel()
		popFails(e, "RETR 1", first, deferred.ErrCancelled)
		wantTrue(e, len(sink.done) == 1 && errors.Is(sink.done[0], deferred.ErrCancelled), "the sink hears of it, got %v", sink.done)
		wantBytes(e, "message 2", must(e, second).Bytes(), mailservers.Mail(1).Raw)
	}},
}

// oddMails are those of a case with odd mails, also in a replay.
func oddMails(e *env) []mailservers.Message {
	c := popCase{odd: true}
	return c.mailsOn(e.kind.product)
}

// losesLinesInTop: Twisted's TOP loses a last line that does not end, and lines longer than what it reads at once.
func losesLinesInTop(e *env, m mailservers.Message) bool {
	return e.is(onTwisted) && (m.Name == "no line end at the end" || m.Name == "a line of 100,000 octets")
}

// noSuchMessage wants every command about a message to be refused. Twisted ends the connection at TOP and DELE.
func noSuchMessage(e *env, c *pop3.Client, n int) {
	e.t.Helper()
	no := popRefused(e, "RETR", c.Retr(n), nil)
	want(e, "command", no.Command, "RETR")
	popRefused(e, "LIST", c.ListMessage(n), nil)
	popRefused(e, "UIDL", c.UIDLMessage(n), nil)
	if e.is(onTwisted) {
		return
	}
	popRefused(e, "TOP", c.Top(n, 1), nil)
	popRefused(e, "DELE", c.Dele(n), nil)
}
