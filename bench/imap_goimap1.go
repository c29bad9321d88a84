package main

import (
	"crypto/tls"
	"io"
	"sync"

	"github.com/emersion/go-imap"
	"github.com/emersion/go-imap/client"
)

// imapGo1Works is go-imap v1. It has no pipelining: its writer belongs to one goroutine at a time.
var imapGo1Works = map[string]func(imapJob){
	"metadata":     go1Metadata,
	"bodies":       func(j imapJob) { go1Bodies(j, 1) },
	"bodies-large": func(j imapJob) { go1Bodies(j, megabytes(j.Bytes)/float64(j.Messages)) },
	"idle":         func(j imapJob) { holdIdlers(j, inGoroutines(j, go1Idle)) },
	"push":         func(j imapJob) { pushIdlers(j, inGoroutines(j, go1Idle)) },
	"noop":         go1Noop,
	"login":        go1Login,
}

func go1Dial(addr string, overTLS bool) *client.Client {
	var c *client.Client
	var err error
	if overTLS {
		c, err = client.DialTLS(addr, &tls.Config{InsecureSkipVerify: true})
	} else {
		c, err = client.Dial(addr)
	}
	check(err)
	check(c.Login(imapUser, imapPassword))
	return c
}

func go1Selected(j imapJob) *client.Client {
	c := go1Dial(j.Addr, false)
	_, err := c.Select(j.Mailbox, false)
	check(err)
	check(c.Noop())
	return c
}

// go1Fetch asks for all the messages and calls each.
func go1Fetch(c *client.Client, j imapJob, items []imap.FetchItem, each func(*imap.Message)) {
	set := new(imap.SeqSet)
	set.AddRange(1, uint32(j.Messages))
	messages := make(chan *imap.Message, 10) // as in its examples
	failed := make(chan error, 1)
	go func() { failed <- c.Fetch(set, items, messages) }()
	for message := range messages {
		each(message)
	}
	check(<-failed)
}

func go1Metadata(j imapJob) {
	c := go1Selected(j)
	items := []imap.FetchItem{imap.FetchUid, imap.FetchFlags, imap.FetchInternalDate, imap.FetchRFC822Size, imap.FetchEnvelope, imap.FetchBodyStructure}
	m := startMeter()
	done := 0
	for !m.over.Load() {
		got := 0
		go1Fetch(c, j, items, func(message *imap.Message) {
			if message.Uid != 0 && message.Envelope.MessageId != "" && message.BodyStructure != nil {
				got++
			}
		})
		mustBe("messages", got, j.Messages)
		done += got
	}
	m.report(float64(done))
}

func go1Bodies(j imapJob, units float64) {
	c := go1Selected(j)
	section := &imap.BodySectionName{Peek: true}
	m := startMeter()
	done := 0
	for !m.over.Load() {
		var size int64
		go1Fetch(c, j, []imap.FetchItem{section.FetchItem()}, func(message *imap.Message) {
			n, err := io.Copy(io.Discard, message.GetBody(section))
			check(err)
			size += n
		})
		mustBe("bytes of bodies", int(size), j.Bytes)
		done += j.Messages
	}
	m.report(float64(done) * units)
}

// go1Idle idles; that the server has agreed to it go-imap v1 does not tell, and it makes no difference to this server.
func go1Idle(j imapJob, i int, exists func(n uint32)) {
	c := go1Dial(j.at(i), j.TLS)
	_, err := c.Select(j.Mailbox, false)
	check(err)
	c.Updates = go1Updates(exists)
	go func() { check(c.Idle(nil, nil)) }()
}

// go1Updates is the channel of all connections, with a goroutine that takes from it.
func go1Updates(exists func(n uint32)) chan<- client.Update {
	go1Shared.Do(func() {
		go1Channel = make(chan client.Update, 1024)
		go func() {
			for update := range go1Channel {
				if box, ok := update.(*client.MailboxUpdate); ok {
					exists(box.Mailbox.Messages)
				}
			}
		}()
	})
	return go1Channel
}

var (
	go1Shared  sync.Once
	go1Channel chan client.Update
)

func go1Noop(j imapJob) {
	clients := make([]*client.Client, j.Connections)
	for i := range clients {
		clients[i] = go1Dial(j.Addr, false)
	}
	m := startMeter()
	m.report(float64(inParallel(j.Connections, func(i int) (done int) {
		for ; !m.over.Load(); done++ {
			check(clients[i].Noop())
		}
		return done
	})))
}

func go1Login(j imapJob) {
	m := startMeter()
	m.report(float64(inParallel(j.Connections, func(i int) (done int) {
		for ; !m.over.Load(); done++ {
			c := go1Dial(j.at(i+done), false)
			check(c.Logout())
		}
		return done
	})))
}
