package main

import (
	"github.com/tconn/tconn/protocols/imap4"
)

// What our client fetches: the same figures as those of the others, by meter.
func init() {
	for work, fetch := range map[string]func(c *tconnClient, j imapJob, done func(n int)){
		"metadata":     fetchMetadata(false),
		"bodies":       fetchBodies,
		"bodies-large": fetchBodies,
	} {
		imapTconnWorks[work] = func(j imapJob) { tconnFetch(j, fetch) }
	}
	imapViewWorks["metadata"] = func(j imapJob) { tconnFetch(j, fetchMetadata(true)) }
}

// tconnFetch fetches all messages of the mailbox, again and again until the time is up.
func tconnFetch(j imapJob, fetch func(c *tconnClient, j imapJob, done func(n int))) {
	d := newTconnDialer(j)
	units := 1.0
	if j.Work == "bodies-large" {
		units = megabytes(j.Bytes) / float64(j.Messages)
	}
	d.ready = func(c *tconnClient) {
		c.Select(j.Mailbox).Handle(func(*imap4.MailboxInfo) {
			m, all := startMeter(), 0
			var again func(n int)
			again = func(n int) {
				mustBe("messages", n, j.Messages)
				if all += n; m.over.Load() {
					m.report(float64(all) * units)
				}
				fetch(c, j, again)
			}
			fetch(c, j, again)
		}, failed)
	}
	d.run()
}

func fetchMetadata(borrow bool) func(c *tconnClient, j imapJob, done func(n int)) {
	options := imap4.FetchOptions{Items: imap4.ItemsAll | imap4.ItemBodyStructure, Borrow: borrow}
	return func(c *tconnClient, j imapJob, done func(n int)) {
		got := 0
		c.Fetch(imap4.SeqRange(1, uint32(j.Messages)), options, func(m *imap4.Message) {
			if m.UID != 0 && m.Envelope.MessageID != "" && m.BodyStructure != nil {
				got++
			}
		}).Handle(func(int) { done(got) }, failed)
	}
}

// fetchBodies takes each body as it comes.
func fetchBodies(c *tconnClient, j imapJob, done func(n int)) {
	sum := &bodySum{}
	options := imap4.FetchOptions{Sections: []imap4.BodySection{{Peek: true}}, Sink: func(imap4.LiteralMeta) imap4.LiteralSink { return sum }, Borrow: true}
	c.Fetch(imap4.SeqRange(1, uint32(j.Messages)), options, nil).Handle(func(int) {
		mustBe("bytes of bodies", sum.bytes, j.Bytes)
		done(sum.bodies)
	}, failed)
}

// bodySum counts what comes.
type bodySum struct{ bytes, bodies int }

func (s *bodySum) Write(p []byte) (int, error) {
	s.bytes += len(p)
	return len(p), nil
}

func (s *bodySum) Done(err error) {
	check(err)
	s.bodies++
}
